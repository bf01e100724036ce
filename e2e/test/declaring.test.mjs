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

    test("a practice sees how an amount was worked out, and declares one achievement", async () => {
      await sam.open("/achievement/declare");
      sam.startCounting();
      await sam.click("link", /^How we worked this out/);
      sam.assertClicks(1, "see how an amount was worked out");
      await sam.open("/");
      sam.startCounting();
      await sam.click("link", "Declare 5 achievements");
      await sam.checkPage();
      await sam.click("checkbox", /^Select (?!all)/);
      await sam.click("button", "Declare Achievement");
      await sam.sees(/Payment declaration submitted for 1 service/);
      sam.assertClicks(3, "declare one achievement");
    });

    test("a practice declares all 4 that are left", async () => {
      await sam.open("/");
      sam.startCounting();
      await sam.click("link", "Declare 4 achievements");
      const boxes = sam.page.locator('input[name="declaration"]');
      assert.equal(await boxes.count(), 4);
      if (scripting) {
        await sam.click("checkbox", "Select all");
        await sam.sees("4 selected");
      } else {
        await sam.click("link", "Select all");
        assert.equal(await boxes.and(sam.page.locator(":checked")).count(), 4);
      }
      await sam.click("button", "Declare Achievement");
      await sam.sees(/Payment declaration submitted for/);
      sam.assertClicks(3, "declare all achievements");
      await sam.checkPage();
      assert.equal(await boxes.count(), 0, "nothing is left to declare");
    });
  });
}
