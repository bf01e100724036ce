// A payment fails three times, and a second person of finance records how it was settled by hand; its provider reads that.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

/** The payer's answer to a file: what was tried before is rejected, all others are paid. */
function answered(blank) {
  const [header, ...rows] = blank.trim().split("\n");
  const filled = rows.map((row) => {
    const [reference, amount] = row.split(",");
    return reference.includes("/") ? `${reference},${amount},rejected,,,Account closed` : `${reference},${amount},paid,2026-05-20,BACS 2005,`;
  });
  return { text: [header, ...filled].join("\n"), count: rows.length };
}

for (const scripting of [true, false]) {
  describe(`settling by hand, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let ana;
    let rosa;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      ana = await Person.signIn(browser, server.address, "Ana Ruiz", { scripting });
      rosa = await Person.signIn(browser, server.address, "Rosa Vint", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("a payment fails for the third time", async () => {
      for (const attempt of [2, 3]) {
        await ana.open("/payments/failed");
        await ana.click("checkbox", /^Select D-2026-/);
        await ana.click("button", "Try selected payments again");
        await ana.open("/payments/new");
        await ana.sees(`/${attempt}`);
        await ana.checkPage();
        await ana.click("button", /^Create payment file, £/);
        const file = new URL(ana.page.url()).pathname;
        await rosa.open(`${file}/send`);
        await rosa.click("button", /^Mark as sent, £/);
        await rosa.open(`${file}/answer`);
        const answer = answered(await rosa.download("link", "Download the payments without an answer"));
        await rosa.type("Or paste what is in it", answer.text);
        await rosa.click("button", "Check the answer");
        await rosa.click("button", /^Load answer of/);
        await rosa.sees("1 failed.");
      }
    });

    test("a second person records how it was settled", async () => {
      await rosa.open("/");
      rosa.startCounting();
      await rosa.click("link", /^See 1 payment that failed/);
      await rosa.checkPage();
      await rosa.click("link", /^Settle it by hand/);
      await rosa.checkPage();
      rosa.expectStatus(422);
      await rosa.click("button", /^Record as settled, £/);
      await rosa.sees("Enter the reference of the payment, as it stands on the bank statement");
      await rosa.checkPage();
      await rosa.type("Reference", "CHAPS 88123");
      await rosa.type("Why and how it was settled", "Paid to the new account from the ledger.");
      await rosa.click("button", /^Record as settled, £/);
      await rosa.sees("recorded as settled outside the files.");
      rosa.assertClicks(4, "record how a payment was settled, with one mistake");
      await rosa.click("link", "View or print the receipt");
      await rosa.sees("Receipt of a payment settled outside the files");
      await rosa.checkPage();
    });

    test("its practice reads how", async () => {
      const omar = await Person.signIn(browser, server.address, "Omar Tate", { scripting });
      await omar.click("link", "Payments");
      await omar.sees("Paid to the new account from the ledger.", { row: "CHAPS 88123" });
      await omar.checkPage();
      assert.equal(omar.clicks, 1);
      await omar.leave();
    });

    test("no browser had anything to complain about", async () => {
      await ana.leave();
      await rosa.leave();
    });
  });
}
