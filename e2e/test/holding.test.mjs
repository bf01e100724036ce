// A commissioner puts a service on hold, takes back what was declared, and lifts the hold; a provider reads why and declares
// again, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const SERVICE = "Shingles vaccination 2026 to 2027";
const REASON = "Doses of April are counted again.";
const BANNER = `NHS Ashdale and Fenbrook ICB has put declarations and payments of ${SERVICE} on hold since 20 May 2026: ${REASON}`;

for (const scripting of [true, false]) {
  describe(`holding, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      for (const name of ["Tom Hill", "Ana Ruiz", "Hugh Marsh", "Omar Tate", "Sam Ahmed"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
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

    test("an approver puts a service on hold, and what is missing is said", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", "Declarations");
      await tom.click("link", "Holds", { exact: true });
      await tom.checkPage();
      await tom.sees("Fernleaf system", { row: SERVICE });
      await tom.click("button", "Put a service on hold");
      await tom.choose("Service", SERVICE);
      await tom.checkPage();
      tom.expectStatus(422);
      await tom.click("button", "Put on hold");
      await tom.sees("Enter a reason for the hold");
      await tom.checkPage();
      assert.equal(await tom.page.getByRole("combobox", { name: "Service" }).inputValue(), "SHIN2627", "the choice stays");
      await tom.type("Reason", REASON);
      await tom.click("button", "Put on hold");
      await tom.sees(`${SERVICE} is on hold.`);
      await tom.sees("All providers", { row: "Providers" });
      tom.assertClicks(7, "put a service on hold, with one mistake");
      assert.equal(tom.fields, 1, "only the reason is typed");
      await tom.checkPage(kept("hold"));
    });

    test("both sides read it where their rows stand", async () => {
      const tom = people["Tom Hill"];
      for (const path of ["/", "/declarations"]) {
        await tom.open(path);
        await tom.sees(BANNER);
        await tom.checkPage();
      }
      const ana = await home("Ana Ruiz");
      await ana.open("/payments");
      await ana.sees(BANNER);
      await ana.checkPage();
      await ana.open("/payments/new");
      await ana.sees(BANNER);
      await ana.checkPage(kept("payment-file-with-holds"));
      const sam = await home("Sam Ahmed");
      await sam.sees(BANNER);
      await sam.open("/achievement/declare");
      await sam.sees(BANNER);
      await sam.sees(/You cannot declare yet\. .* has put declarations and payments of this service on hold/, { row: SERVICE });
      assert.equal(await sam.find("checkbox", `Select ${SERVICE}`).count(), 0, "it cannot be ticked");
      await sam.checkPage(kept("declare-on-hold"));
      await sam.open("/payments");
      await sam.sees(BANNER);
      await sam.checkPage();
      await sam.open("/holds");
      await sam.sees(REASON);
      await sam.checkPage();
    });

    test("who sees no money reads the hold without an amount", async () => {
      const hugh = await home("Hugh Marsh");
      await hugh.open("/holds");
      await hugh.click("link", SERVICE, { exact: true });
      await hugh.sees(/At .* these people can: /);
      assert.equal(await hugh.find("button", "Lift the hold").count(), 0);
      assert.doesNotMatch(await hugh.page.locator("main").innerText(), /£/);
      await hugh.checkPage();
    });

    test("the approver takes back what was declared, from the hold", async () => {
      const tom = await home("Tom Hill");
      await tom.open("/holds");
      await tom.click("link", SERVICE, { row: REASON });
      tom.startCounting();
      await tom.click("link", "Take declarations of this service back");
      await tom.checkPage();
      await tom.click("button", "Continue");
      await tom.sees(/Finance has approved this, so it is locked/);
      await tom.checkPage(kept("take-back"));
      tom.expectStatus(422);
      await tom.click("button", /^Take back \d+ declarations/);
      await tom.sees("Enter a reason for taking declarations back");
      await tom.checkPage();
      await tom.type("Reason", REASON);
      await tom.click("button", /^Take back \d+ declarations/);
      await tom.sees(/You took back \d+ declarations, £.* people were told\./);
      tom.assertClicks(4, "take back what was declared, with one mistake");
      await tom.open("/declarations/take-back?service=SHIN2627&go=check");
      await tom.sees("There is nothing to take back here.");
      await tom.checkPage();
    });

    test("finance lifts the hold with a note, and the practice declares", async () => {
      const ana = await home("Ana Ruiz");
      await ana.open("/holds");
      await ana.click("link", SERVICE, { row: REASON });
      ana.startCounting();
      await ana.click("button", "Lift the hold");
      await ana.checkPage();
      await ana.type("Note", "Counted again.");
      await ana.click("button", "Lift the hold");
      await ana.sees("Hold lifted: Counted again.");
      ana.assertClicks(2, "lift a hold");
      await ana.checkPage();
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Read your messages");
      await sam.sees(`No longer on hold: ${SERVICE}`);
      await sam.open("/achievement/declare");
      await sam.click("checkbox", `Select ${SERVICE}`);
      await sam.click("button", "Declare Achievement");
      await sam.sees("Payment declaration submitted for 1 service.");
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
