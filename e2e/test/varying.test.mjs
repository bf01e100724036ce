// New terms of a service are offered to who takes part and accepted by a practice, with scripting on and off.

import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const LOCAL = "Local primary care services 2026 to 2027";

for (const scripting of [true, false]) {
  describe(`new terms, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let priya;
    let sam;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      priya = await Person.signIn(browser, server.address, "Priya Shah", { scripting });
      sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
      await sam.open("/services");
      await sam.click("link", new RegExp(`^View ${LOCAL}`), { row: "Pending" });
      await sam.click("button", "Accept service offer");
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("a commissioner sees what changes and offers the new terms", async () => {
      await priya.open("/contracts");
      await priya.click("link", new RegExp(`^View ${LOCAL}`));
      await priya.click("link", /^Offer them to 43 providers/);
      await priya.sees("£38.50");
      await priya.sees("£41.00");
      await priya.checkPage();
      await priya.click("button", "Offer the new terms to 43 providers");
      await priya.sees("You offered the new terms to 43 providers.");
      await priya.sees("0 providers accepted, 43 to answer, 0 rejected.");
      await priya.checkPage();
      await priya.click("link", /^See what changes/);
      await priya.sees("Nobody can get the new terms now.");
      await priya.checkPage();
    });

    test("a practice rejects them, changes its mind and accepts", async () => {
      await sam.open("/");
      sam.startCounting();
      await sam.click("link", "Answer new terms of 1 service");
      await sam.checkPage();
      await sam.click("link", LOCAL);
      await sam.sees("£41.00");
      await sam.checkPage();
      sam.expectStatus(422);
      await sam.click("button", "Reject new terms");
      await sam.sees("Enter why you are rejecting the new terms");
      await sam.type("Why are you rejecting the new terms?", "We want to ask our partners first");
      await sam.click("button", "Reject new terms");
      await sam.sees("You rejected the new terms");
      await sam.click("link", /^See what changes/);
      await sam.click("button", "Accept new terms");
      await sam.sees(/You accepted the new terms .* They count from 30 September 2026/);
      await sam.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      await priya.leave();
      await sam.leave();
    });
  });
}
