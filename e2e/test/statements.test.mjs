// What people keep: receipts of declaring and approving, the Achievement Summary Report and the year statement, with
// scripting on and off.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** The rows of a file without quotes in what is read, by the names of their columns. */
function rows(file) {
  const [header, ...lines] = file.trim().split("\n");
  const names = header.split(",");
  const cells = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((found) => found[1].replaceAll('"', ""));
  return lines.map((line) => Object.fromEntries(cells(line).slice(0, names.length).map((cell, place) => [names[place], cell])));
}

/** `£1,234.50` of a page as `1234.50` of a file. */
const plain = (pounds) => pounds.replaceAll(/[£,]/g, "");

/** The sum of a file's rows of one kind, in pence. */
const pence = (table, record) =>
  table.filter((row) => row.record === record).reduce((sum, row) => sum + Number(row.amount_gbp.replace(".", "")), 0);

for (const scripting of [true, false]) {
  describe(`statements, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let jo;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      jo = await Person.signIn(browser, server.address, "Jo Lee", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("declaring leads to a receipt that anybody can hash", async () => {
      await jo.open("/achievement/declare");
      await jo.click("checkbox", /^Select Shingles vaccination 2026 to 2027/);
      await jo.click("button", "Declare Achievement");
      await jo.click("link", "View or print your receipt");
      await jo.sees("Receipt of a declaration");
      await jo.sees(/^Jo Lee, for /);
      await jo.checkPage();
      const printed = await jo.page.locator("#content-hash").innerText();
      const text = await jo.download("link", "Download this receipt as plain text");
      assert.equal(sha256(text), printed.trim());
      assert.match(text, /^Amount: £[\d,]+\.\d\d$/m);
      await jo.click("link", /^Back to /);
      await jo.sees("Receipt: Declared,");
      await jo.checkPage();
    });

    test("an approver finds the receipts of what was approved at once", async () => {
      const tom = await Person.signIn(browser, server.address, "Tom Hill", { scripting });
      await tom.open("/declarations?status=awaiting_commissioner&show=chosen");
      const boxes = tom.page.getByRole("checkbox", { name: /^Select .+, / });
      const count = await boxes.count();
      assert.ok(count > 2, `${count} rows can be approved`);
      for (const place of [0, 1]) await boxes.nth(place).check();
      await tom.click("button", "Approve");
      await tom.click("link", "View or print the 2 receipts");
      await tom.sees(/^2 receipts of what Tom Hill did on /);
      await tom.checkPage();
      await tom.click("link", /-R\d+$/);
      await tom.sees("Receipt of an approval");
      await tom.checkPage(scripting ? "receipt-of-approval" : undefined);
      await tom.leave();
    });

    test("a receipt is printed without what leads elsewhere", async () => {
      await jo.open("/achievement/declare");
      await jo.click("link", "Shingles vaccination 2026 to 2027");
      await jo.click("link", /^Receipt: Declared/);
      await jo.page.emulateMedia({ media: "print" });
      assert.equal(await jo.page.getByRole("link", { name: "Download this receipt as plain text" }).isVisible(), false);
      assert.equal(await jo.page.getByRole("heading", { name: "Receipt of a declaration" }).isVisible(), true);
      await jo.page.emulateMedia({ media: "screen" });
    });

    test("the summary report is taken away as a file that agrees with it", async () => {
      await jo.open("/achievement/declare");
      jo.startCounting();
      await jo.click("link", "Run Achievement Summary Report");
      await jo.page.getByLabel("Service and financial year").selectOption({ index: 1 });
      await jo.click("button", "Run report");
      jo.assertClicks(2, "run the summary report");
      await jo.sees(/registered patients on /);
      await jo.checkPage();
      const said = await jo.page.getByText(/^Total value: £/).first().innerText();
      const file = rows(await jo.download("link", "as text (CSV)"));
      const total = file.find((row) => row.record === "TOTAL");
      assert.equal(total.amount_gbp, plain(said.replace("Total value: ", "")));
      assert.equal(pence(file, "DATE_TOTAL"), pence(file, "TOTAL"));
      const book = await jo.download("link", "as a spreadsheet (XLSX)");
      assert.ok(book.startsWith("PK"), "a workbook");
    });

    test("a practice takes the statement of a year away", async () => {
      const sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
      await sam.click("link", "Payments");
      await sam.click("link", "Year statement");
      sam.assertClicks(2, "open the year statement");
      await sam.sees(/^Year statement 20/);
      await sam.checkPage(scripting ? "year-statement" : undefined);
      const said = await sam.page.getByText(/^\d+ payments?, £[\d,.]+ in all$/).first().innerText();
      const file = rows(await sam.download("link", "as text (CSV)"));
      assert.equal(file.find((row) => row.record === "TOTAL").amount_gbp, plain(said.match(/£[\d,.]+/)[0]));
      assert.equal(pence(file, "PAYMENT"), pence(file, "SERVICE_TOTAL"));
      assert.equal(file.filter((row) => row.record === "PAYMENT").length, Number(said.split(" ")[0]));
      await sam.click("link", /^D-2026-/);
      await sam.sees("Receipt: Paid,");

      // The same payments, as they stand on a bank statement: all of one credit in one line.
      const paid = file.filter((row) => row.record === "PAYMENT");
      const { bank_reference: credit, paid_on: day } = paid.at(-1);
      const total = pence(paid.filter((row) => row.bank_reference === credit), "PAYMENT");
      await sam.open("/payments");
      await sam.click("link", "Compare with your bank statement");
      await sam.checkPage();
      sam.expectStatus(400);
      await sam.click("button", "Compare");
      await sam.sees("Paste lines of your bank statement, or choose a file");
      await sam.checkPage();
      const line = `${day},PCSE ${credit},${(total / 100).toFixed(2)}`;
      await sam.type("Lines of your statement", `Date,Description,Amount\n${line}\n${day},Window cleaner,-40.00`);
      await sam.click("button", "Compare");
      await sam.sees(/^1 line agrees with what the payer says it paid/);
      await sam.checkPage(scripting ? "bank-statement" : undefined);
      await sam.click("link", credit);
      await sam.sees(credit);
      await sam.leave();
    });

    test("no browser had anything to complain about", async () => {
      await jo.leave();
    });
  });
}
