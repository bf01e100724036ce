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
