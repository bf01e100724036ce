// A year is rolled over to the next in 4 clicks and sent in 3, with nothing typed, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const LOCAL = "Local primary care services 2026 to 2027";
const NEXT = "Local primary care services 2027 to 2028";

for (const scripting of [true, false]) {
  describe(`rolling over, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let priya;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      priya = await Person.signIn(browser, server.address, "Priya Shah", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** All rows: the box in the table's heading, or without scripting the link above it. */
    async function selectAll() {
      if (scripting) await priya.click("checkbox", "Select all");
      else await priya.click("link", "Select all");
    }

    test("nothing chosen is asked about", async () => {
      await priya.open("/services");
      priya.expectStatus(422);
      await priya.click("button", "Roll over to 2027 to 2028");
      await priya.sees("There is a problem");
      await priya.sees("Select at least 1 service to roll over");
      await priya.checkPage();
    });

    test("a service that nothing follows yet stays, and says why", async () => {
      await priya.open("/services?year=2025");
      await priya.click("checkbox", "Select Network winter home visits 2025 to 2026");
      await priya.click("checkbox", "Select Shingles vaccination 2025 to 2026");
      await priya.click("button", "Roll over to 2026 to 2027");
      await priya.sees(/No service of 2026 to 2027 that follows it has been published/);
      await priya.sees(/The service that follows it, SHIN2627, is already in contract C-2026-/);
      await priya.sees("None of the services that you selected can be rolled over now.");
      await priya.checkPage();
    });

    test("a commissioner rolls a year over", async () => {
      await priya.open("/");
      priya.startCounting();
      await priya.click("link", "Services");
      await priya.checkPage();
      await selectAll();
      await priya.click("button", "Roll over to 2027 to 2028");
      await priya.sees("£3.25 for each", { row: "Price of Blood tests (PHL001)" });
      await priya.sees("Quarterly", { row: "How often it is paid" });
      await priya.sees(/New in .*: Heart monitor at home/, { row: "Rolled over from" });
      await priya.checkPage();
      await priya.click("button", "Create 5 drafts");
      await priya.sees("5 drafts created. Nothing has been sent to providers yet.");
      await priya.sees("Draft", { row: NEXT });
      priya.assertClicks(4, "roll a year over");
      assert.equal(priya.fields, 0, "nothing is typed");
      await priya.checkPage();
    });

    test("the same services are not rolled over again", async () => {
      await priya.open("/services");
      await priya.click("checkbox", `Select ${LOCAL}`);
      await priya.click("button", "Roll over to 2027 to 2028");
      await priya.sees(/The service that follows it, LCS2728, is already in the draft C-2026-/);
    });

    test("and sends the drafts", async () => {
      await priya.open("/contracts?status=draft&year=2027");
      priya.startCounting();
      await selectAll();
      await priya.click("button", "Send offers");
      await priya.sees("75 providers", { row: NEXT });
      await priya.checkPage();
      await priya.click("button", "Send 309 offers");
      await priya.sees("5 drafts sent: 309 offers.");
      await priya.sees("0 accepted of 75", { row: NEXT });
      priya.assertClicks(3, "send what was rolled over");
      assert.equal(priya.fields, 0, "nothing is typed");
    });

    test("no browser had anything to complain about", async () => {
      await priya.leave();
    });
  });
}
