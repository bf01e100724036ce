// Offers are answered, answers changed, contracts ended and offers moved many at a time, with scripting on and off.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const AUDIT = "Cardiovascular disease prevention audit 2026 to 2027";
const LOCAL = "Local primary care services 2026 to 2027";

for (const scripting of [true, false]) {
  describe(`answering, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      for (const name of ["Priya Shah", "Sam Ahmed"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
      const priya = people["Priya Shah"];
      await priya.open("/catalogue/CVDP2627/offer");
      await priya.click("radio", /^All eligible providers/);
      await priya.click("button", "Continue");
      await priya.click("button", /^Send 75 offers/);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    async function home(name) {
      await people[name].open("/");
      people[name].startCounting();
      return people[name];
    }

    /** Opens what is folded under a text: one click. */
    async function unfold(person, text) {
      await person.page.locator("summary", { hasText: text }).first().click();
      person.clicks += 1;
    }

    test("a practice accepts all its offers at once", async () => {
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Respond to 2 service offers");
      await sam.checkPage();
      if (scripting) await sam.click("checkbox", "Select all");
      else await sam.click("link", "Select all");
      await sam.click("button", "Accept selected");
      await sam.checkPage(kept("answer-many"));
      await sam.click("button", "Accept 2 offers");
      await sam.sees("You accepted 2 offers.");
      sam.assertClicks(4, "accept all offers");
      assert.equal(sam.fields, 0, "nothing is typed");
    });

    test("it changes an answer without anybody else, and back", async () => {
      const sam = people["Sam Ahmed"];
      await sam.open("/services");
      await sam.click("link", "View", { row: AUDIT });
      await unfold(sam, "Change your answer");
      await sam.type(/Why are you rejecting/, "Taken by mistake.");
      await sam.click("button", "Reject");
      await sam.hasStatus("Rejected");
      await sam.open("/services");
      sam.startCounting();
      await sam.click("link", "View", { row: AUDIT });
      await sam.checkPage();
      await unfold(sam, "Change your answer");
      await sam.click("button", "Accept service offer");
      await sam.hasStatus("Active");
      sam.assertClicks(3, "undo a rejection before the response date");
    });

    test("it keeps a receipt of what it accepted, and the commissioner reads the same", async () => {
      const sam = await home("Sam Ahmed");
      await sam.open("/services");
      await sam.click("link", "View", { row: AUDIT });
      await sam.click("link", /^Receipt/);
      await sam.checkPage(kept("receipt"));
      await sam.sees("Check this receipt");
      const text = await sam.download("link", "Download this receipt as plain text");
      const hash = createHash("sha256").update(text).digest("hex");
      await sam.sees(hash);
      const priya = people["Priya Shah"];
      const { pathname, search } = new URL(sam.page.url());
      await priya.open(pathname + search);
      await priya.sees(hash);
      await priya.checkPage();
    });

    test("it gives notice to the end of a payment period", async () => {
      const sam = people["Sam Ahmed"];
      await sam.open("/services");
      await sam.click("link", "View", { row: LOCAL });
      await unfold(sam, "Give notice");
      await sam.checkPage(kept("notice"));
      await sam.choose(/Last day of the contract/, "30 September 2026");
      await sam.type(/Why does the contract end/, "We merge with Hill Top Practice.");
      await sam.click("button", "Give notice");
      await sam.hasStatus("Notice given");
      await sam.sees("The contract is active from 1 April 2026 to 30 September 2026.");
    });

    test("it takes the notice back", async () => {
      const sam = people["Sam Ahmed"];
      await unfold(sam, "Take the notice back");
      await sam.checkPage(kept("notice-back"));
      await sam.click("button", "Take the notice back");
      await sam.hasStatus("Active");
      await sam.sees("The contract is active from 1 April 2026 to 31 March 2027.");
      await unfold(sam, "Give notice");
      await sam.choose(/Last day of the contract/, "30 September 2026");
      await sam.type(/Why does the contract end/, "We merge after all.");
      await sam.click("button", "Give notice");
      await sam.hasStatus("Notice given");
    });

    test("the commissioner sees who has looked at the offer", async () => {
      const omar = await Person.signIn(browser, server.address, "Omar Tate", { scripting });
      await omar.open("/services");
      await omar.click("link", "View", { row: AUDIT });
      await omar.leave();
      const priya = people["Priya Shah"];
      await priya.open("/contracts");
      await priya.click("link", "View", { row: AUDIT });
      await priya.sees(/Looked at on .* by Omar Tate/, { row: "Z81002" });
      await priya.sees("73 of 75 have neither answered nor looked at their offer yet.");
    });

    test("the commissioner sees all answers in one table", async () => {
      const priya = await home("Priya Shah");
      await priya.click("link", /offers accepted/);
      await priya.checkPage(kept("answers"));
      await priya.sees("Notice given", { row: "Z81001" });
      priya.assertClicks(1, "see the answers of all providers");
    });

    test("it gives everybody who has not answered more time, and takes the offers back", async () => {
      const priya = people["Priya Shah"];
      await priya.open("/contracts");
      await priya.click("link", "View", { row: AUDIT });
      await priya.checkPage();
      await priya.sees("1%", { row: "Answered" });
      await priya.sees(/neither answered nor looked at their offer/);
      await priya.click("link", /^Pending|Pending$/, { within: ".app-numbers" });
      await priya.click("link", "Extend the response date");
      await priya.checkPage(kept("extend-many"));
      await priya.type("Month", "8");
      await priya.click("button", /Extend the response date/);
      await priya.sees(/You extended the response date of 74 offers/);
      await priya.click("link", "Withdraw");
      await priya.sees("The provider has accepted this offer, so it cannot be withdrawn.");
      await priya.checkPage();
      await priya.click("button", "Withdraw 74 offers");
      await priya.sees(/You withdrew 74 offers/);
    });

    test("who takes part on a day is a list and a file", async () => {
      const priya = people["Priya Shah"];
      await priya.open("/catalogue/CVDP2627");
      await priya.click("link", "See who takes part on a day");
      await priya.checkPage();
      const file = await priya.download("link", "Download this list (CSV)");
      assert.match(file, /^Service,ODS code,Provider,.*\r?\nCVDP2627,Z81001,/);
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
