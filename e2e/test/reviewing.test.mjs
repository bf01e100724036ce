// The queue of those who approve: what needs a look and why, all that is within tolerance approved at once, and the limits
// changed by whoever makes contracts, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`reviewing, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let tom;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      tom = await Person.signIn(browser, server.address, "Tom Hill", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("an approver sees what needs a look and why", async () => {
      await tom.click("link", "Declarations");
      await tom.checkPage();
      await tom.click("link", /^Needs a look \([1-9]\d*\)/);
      await tom.sees(/Check: /);
      await tom.checkPage(scripting ? "needs-a-look" : undefined);
    });

    test("all that is within tolerance is approved at once", async () => {
      await tom.open("/");
      tom.startCounting();
      await tom.click("link", "Declarations");
      await tom.click("link", /^Within tolerance \([1-9]\d*\)/);
      await tom.click("button", /^Select all [\d,]+ that match/);
      await tom.sees("The list is kept as it stood on");
      await tom.checkPage(scripting ? "approve-all" : undefined);
      await tom.click("button", /^Approve [\d,]+ payment declarations/);
      await tom.sees(/payment declarations approved, £[\d,.]+ in all\. Finance must approve next\./);
      tom.assertClicks(4, "approve all that is within tolerance");
      assert.equal(tom.fields, 0, "nothing is typed");
      // What has an open question or is on hold stays.
      await tom.sees("There is an open question about this declaration. Close it before you approve.");
      await tom.checkPage();
      await tom.click("link", "Go to Declaration Management");
      await tom.sees(/^Within tolerance \([1-9]\)/);
    });

    test("a second person approves a large amount, and rejects another", async () => {
      const nadia = await Person.signIn(browser, server.address, "Nadia Quinn", { scripting });
      nadia.startCounting();
      await nadia.click("link", /^Give second approval to \d+ payment declarations/);
      await nadia.sees("Awaiting Second Approval");
      await nadia.checkPage(scripting ? "second-approval" : undefined);
      await nadia.click("checkbox", /^Select Elm Tree Practice/);
      await nadia.click("button", /^Approve/);
      await nadia.sees(/1 payment declaration approved, £[\d,.]+ in all\. Finance must approve next\./);
      nadia.assertClicks(3, "give a second approval");
      await nadia.click("link", /^Northgate Surgery/);
      await nadia.sees("Medium band: 2 people approve it for the commissioner, then finance does.");
      await nadia.checkPage();
      await nadia.click("link", "Reject this declaration");
      await nadia.checkPage();
      nadia.expectStatus(400);
      await nadia.click("button", "Reject");
      await nadia.sees("Enter a reason");
      await nadia.checkPage();
      await nadia.type("Why?", "There is no evidence for 12 of the tests.");
      await nadia.click("button", "Reject");
      await nadia.sees("Declaration rejected. It has gone back to the provider with your reason.");
    });

    test("an approver pays what is not in dispute", async () => {
      await tom.open("/declarations?status=awaiting_commissioner&show=chosen&look=needs");
      await tom.click("link", /(Surgery|Practice|Medical Centre)/);
      await tom.click("link", "Approve a different amount");
      await tom.checkPage(scripting ? "approve-less" : undefined);
      await tom.type("Amount that you approve", "100.00");
      await tom.type("Why? Name the lines that you do not agree with", "3 doses were counted twice.");
      await tom.click("button", "Approve this amount");
      await tom.sees("1 payment declaration approved, £100.00 in all. Finance must approve next.");
      await tom.sees("The reason: 3 doses were counted twice.");
      await tom.checkPage();
    });

    test("whoever makes contracts says what is within tolerance", async () => {
      await tom.open("/declarations/limits");
      await tom.sees("You need the role Commissioning Management");
      const priya = await Person.signIn(browser, server.address, "Priya Shah", { scripting });
      await priya.open("/declarations/limits");
      await priya.checkPage();
      await priya.type("Change on the period before, in percent", "a lot");
      priya.expectStatus(400);
      await priya.click("button", "Save and check again");
      await priya.sees("The change must be a whole number, like 25");
      await priya.checkPage();
      await priya.type("Change on the period before, in percent", "");
      await priya.click("button", "Save and check again");
      await priya.sees("Declarations that wait for an approval were checked again.");
      await priya.checkPage();
    });
  });
}
