// A practice declares everything that awaits it, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`declaring all, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let sam;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("a practice declares 5 achievements and reads their receipts", async () => {
      await sam.open("/");
      sam.startCounting();
      await sam.click("link", "Declare 5 achievements");
      const boxes = sam.page.locator('input[name="declaration"]');
      assert.equal(await boxes.count(), 5);
      if (scripting) {
        await sam.click("checkbox", "Select all");
        await sam.sees("5 selected");
      } else {
        for (let place = 0; place < 5; place += 1) await boxes.nth(place).check();
      }
      await sam.click("button", "Declare Achievement");
      await sam.sees(/Payment declaration submitted for/);
      sam.assertClicks(3, "declare all achievements");
      await sam.checkPage();
      assert.equal(await boxes.count(), 0, "nothing is left to declare");
    });
  });
}
