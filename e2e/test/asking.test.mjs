// The two parties of a declaration ask each other: asked in 3 clicks, answered, closed, returned, and about a payment, with
// scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`asking, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let tom;
    let omar;
    let sam;
    let ana;
    let reference;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      const names = ["Tom Hill", "Omar Tate", "Sam Ahmed", "Ana Ruiz"];
      const signIn = (name) => Person.signIn(browser, server.address, name, { scripting });
      [tom, omar, sam, ana] = await Promise.all(names.map(signIn));
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("the demo has an open question of each side and a closed one", async () => {
      await tom.open("/questions");
      await tom.sees("2 open questions");
      await tom.sees("Provider's turn", { row: "Hill Top Practice, Ashdale" });
      await tom.sees("About payment D-", { row: "Riverside Surgery, Ashdale" });
      await tom.checkPage();
      await sam.open("/questions");
      await sam.sees("1 open question");
      await sam.checkPage();
    });

    test("a practice answers the question that waits for it", async () => {
      await omar.open("/");
      omar.startCounting();
      await omar.click("link", "Answer or close 1 question");
      await omar.checkPage();
      await omar.click("link", /D-2026-/);
      await omar.checkPage(kept("question"));
      await omar.type("Your answer", "No. The new clinic has been open since March.");
      await omar.click("button", "Send answer");
      await omar.sees("Sent. It is the turn of");
      omar.assertClicks(3, "answer a question");
      assert.equal(omar.fields, 1, "the answer is typed");
      await omar.checkPage();
    });

    test("the approver sees that the answer closes the question and can then approve", async () => {
      await tom.open("/declarations?question=open");
      await tom.sees("1 row has an open question and cannot be approved until it is closed");
      await tom.checkPage();
      await tom.click("link", "Hill Top Practice, Ashdale");
      await tom.sees("There is an open question about this declaration. Close it before you approve.");
      await tom.checkPage();
      await tom.click("button", "This answers my question");
      await tom.sees("Question closed.");
      await tom.click("button", /^Approve £/);
      await tom.sees("1 payment declaration approved");
      await tom.checkPage();
    });

    test("the approver asks about a declaration in 3 clicks and 1 field", async () => {
      await tom.open("/declarations");
      tom.startCounting();
      await tom.click("link", /Practice|Surgery|Centre|Medical|Health/, { within: "tbody" });
      reference = new URL(tom.page.url()).pathname.split("/").at(-1);
      await tom.click("button", "Ask a question");
      await tom.checkPage();
      await tom.type("What do you want to ask?", "Is the outreach clinic in these figures?");
      await tom.click("button", "Send question");
      await tom.sees("Question open, provider's turn, day 1");
      tom.assertClicks(3, "ask a question");
      assert.equal(tom.fields, 1, "the question is typed");
      await tom.checkPage();
    });

    test("what looks like an NHS number is refused and what was typed stays", async () => {
      tom.expectStatus(422);
      await tom.type("Add to your question", "Is 943 476 5919 in it?");
      await tom.click("button", "Send addition");
      await tom.sees("There is a problem");
      await tom.sees(/looks like an NHS number/);
      assert.equal(await tom.find("textbox", "Add to your question").inputValue(), "Is 943 476 5919 in it?");
      await tom.checkPage();
      await tom.open(`/declarations/${reference}`);
      await tom.click("button", "Close without an answer");
      await tom.sees("Question closed.");
    });

    test("a second question returns the declaration to the provider", async () => {
      await tom.click("button", "Ask a question");
      await tom.type("What do you want to ask?", "The clinic is missing. Can you add it?");
      await tom.click("checkbox", "Return it to the provider");
      await tom.click("button", "Send question");
      await tom.sees("Question sent. The provider must answer it and declare again.");
      await tom.sees("Awaiting Service Provider Approval");
      await tom.sees("The commissioner asked a question, and returned to the provider");
      await tom.checkPage();
    });

    test("a practice asks about a payment from its payments", async () => {
      await sam.open("/");
      sam.startCounting();
      await sam.click("link", "Payments");
      await sam.checkPage();
      const rows = sam.page.locator("tbody tr").filter({ hasText: "Ask about this payment" });
      const asks = rows.filter({ hasNotText: /uestion open/ }).nth(2).getByRole("link", { name: "Ask about this payment" });
      await Promise.all([sam.page.waitForURL(/question\?payment=1/), asks.click()]);
      sam.clicks += 1;
      await sam.sees("Your question is about the payment D-");
      await sam.checkPage();
      await sam.type("What do you want to ask?", "This does not match my bank.");
      await sam.click("button", "Send question");
      await sam.sees("Question sent.");
      await sam.sees("Question open, commissioner's turn, day 1");
      sam.assertClicks(3, "ask about a payment");
      assert.equal(sam.fields, 1, "the question is typed");
      await sam.checkPage();
    });

    test("finance sees it among its tasks", async () => {
      await ana.open("/");
      ana.startCounting();
      await ana.click("link", "Answer or close 2 questions");
      await ana.sees("Commissioner's turn");
      await ana.checkPage();
      await ana.open("/messages");
      await ana.sees(/^Question about/);
    });

    test("no browser had anything to complain about", async () => {
      for (const person of [tom, omar, sam, ana]) await person.leave();
    });
  });
}
