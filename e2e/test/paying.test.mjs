// A payment file is made by one person, sent by a second, and answered by the payer; a provider explains a bank credit and
// finance tries a failed payment again, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

/** The payments of a file without an answer, filled in as the payer would: the first one rejected, all others paid. */
function answered(blank) {
  const [header, ...rows] = blank.trim().split("\n");
  assert.equal(header, "payment_reference,amount_gbp,status,paid_on,bank_reference,reason");
  const filled = rows.map((row, place) => {
    const [reference, amount] = row.split(",");
    return place === 0 ? `${reference},${amount},rejected,,,Account closed` : `${reference},${amount},paid,2026-05-20,BACS 2005,`;
  });
  return { text: [header, ...filled].join("\n"), count: rows.length, first: rows[0].split(",")[0] };
}

for (const scripting of [true, false]) {
  describe(`paying, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let ana;
    let rosa;
    let file;
    let failed;

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

    test("finance creates a payment file and downloads it", async () => {
      ana.startCounting();
      await ana.click("link", /^Create a payment file for \d+ payment declarations/);
      await ana.checkPage();
      await ana.click("button", /^Create payment file, £/);
      file = new URL(ana.page.url()).pathname.split("/").at(-1);
      const content = await ana.download("button", /^Download payment file/);
      assert.match(content, new RegExp(`^LINE,${file},D-`, "m"));
      ana.assertClicks(3, "create and download a payment file");
      await ana.sees("You created this payment file. Another person of finance must check it");
      await ana.checkPage();
    });

    test("a second person checks it and marks it as sent", async () => {
      await rosa.open("/");
      rosa.startCounting();
      await rosa.click("link", "Check and send 1 payment file");
      await rosa.checkPage();
      await rosa.click("link", file, { exact: true });
      await rosa.click("button", "Check and send");
      await rosa.sees("Ana Ruiz created this file.");
      await rosa.checkPage();
      await rosa.click("button", /^Mark as sent, £/);
      await rosa.sees(/0 of \d+ confirmed/);
      rosa.assertClicks(4, "check and send a payment file");
      assert.equal(rosa.fields, 0, "nothing is typed");
      await rosa.checkPage();
    });

    test("an answer that cannot be read says where and why", async () => {
      await rosa.click("button", "Load the payer's answer");
      await rosa.checkPage();
      await rosa.type("Or paste what is in it", "payment_reference,amount_gbp,status,paid_on,bank_reference,reason\nX,1,gone,,,");
      rosa.expectStatus(422);
      await rosa.click("button", "Check the answer");
      await rosa.sees("paid or rejected", { row: '"gone"' });
      await rosa.checkPage();
    });

    test("the payer's answer is checked, then loaded", async () => {
      const blank = await rosa.download("link", "Download the payments without an answer");
      const answer = answered(blank);
      failed = answer.first;
      await rosa.page.locator("input[type=file]").setInputFiles({ name: "answer.csv", mimeType: "text/csv", buffer: Buffer.from(answer.text) });
      await rosa.click("button", "Check the answer");
      await rosa.sees("Account closed", { row: failed });
      await rosa.checkPage();
      await rosa.click("button", `Load answer of ${answer.count} payments`);
      await rosa.sees(`Answer loaded: ${answer.count - 1} paid, 1 failed.`);
      await rosa.sees("Account closed", { row: failed });
      await rosa.checkPage();
    });

    test("finance tries a payment that failed again", async () => {
      await ana.open("/");
      ana.startCounting();
      await ana.click("link", /^See \d+ payments? that failed/);
      await ana.checkPage();
      await ana.click("checkbox", `Select ${failed}`);
      await ana.click("button", "Try selected payments again");
      await ana.sees("1 payment goes into the next payment file.");
      ana.assertClicks(3, "try a failed payment again");
      await ana.open("/payments/new");
      await ana.sees(`${failed}/2`);
      await ana.checkPage();
    });

    test("a practice explains a bank credit", async () => {
      const sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
      await sam.click("link", "Payments");
      await sam.checkPage();
      const reference = "QZ1 PF-2026-000003";
      await sam.click("link", /^D-2026-/, { row: reference });
      await sam.sees(`Payments with bank reference ${reference}`);
      sam.assertClicks(2, "explain a bank credit");
      await sam.checkPage();
      await sam.open("/payments");
      await sam.type("Bank reference", reference);
      await sam.click("button", "Find what it was for");
      await sam.sees(`Payments with bank reference ${reference}`);
      await sam.checkPage();
      await sam.leave();
    });

    test("a practice reads why a payment failed", async () => {
      const omar = await Person.signIn(browser, server.address, "Omar Tate", { scripting });
      await omar.click("link", "Payments");
      await omar.click("link", /^D-2026-/, { row: "The payer could not pay: The bank account has been closed." });
      await omar.sees("Payment failed: The bank account has been closed.");
      await omar.checkPage();
      await omar.leave();
    });

    test("no browser had anything to complain about", async () => {
      await ana.leave();
      await rosa.leave();
    });
  });
}
