// Finance makes a payment file in the layout of a ledger: one more click than a file in the layout that is chosen already.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`layouts of payment files, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let ana;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      ana = await Person.signIn(browser, server.address, "Ana Ruiz", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("finance sees what a file will be and chooses its layout", async () => {
      ana.startCounting();
      await ana.click("link", /^Create a payment file for \d+ payment declarations/);
      assert.ok(await ana.find("radio", "Accord CSV").isChecked(), "a layout is chosen already");
      await ana.click("radio", "Payables import, header and line rows");
      await ana.checkPage();
      await ana.click("button", /^Create payment file, £/);
      const file = new URL(ana.page.url()).pathname.split("/").at(-1);
      const content = await ana.download("button", "Download payment file (CSV)");
      ana.assertClicks(4, "create and download a payment file in another layout");
      await ana.sees("Payables import, header and line rows");
      await ana.checkPage();
      const rows = content.trim().split("\r\n");
      const [headers, lines] = ["HEADER,", "LINE,"].map((kind) => rows.filter((row) => row.startsWith(kind)).length);
      assert.ok(headers > 0 && headers === lines, `${headers} headers and ${lines} lines`);
      assert.match(rows[0], new RegExp(`,${file},STANDARD$`));
    });

    test("no browser had anything to complain about", async () => {
      await ana.leave();
    });
  });
}
