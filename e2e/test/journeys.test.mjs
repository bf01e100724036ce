// The two journeys of the product, from a service offer to an approved payment, walked with scripting on and off.
// No journey may need more clicks than the guides that people were trained with.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const CONTRACT = "Heart disease audit 2026 to 2027";
const AUDIT = /Cardiovascular disease prevention audit 2026 to 2027/;
const ADVICE = /Advice and guidance 2026 to 2027/;
const SHINGLES = /Shingles vaccination 2026 to 2027/;
const MINE = /^Select Riverside Surgery, Ashdale, Shingles vaccination 2026 to 2027/;

/** The file's lines agree with its control totals, and one of them pays that provider. */
function assertPays(file, code) {
  const rows = file.trim().split(/\r?\n/).map((line) => line.split(","));
  const lines = rows.filter(([kind]) => kind === "LINE");
  const total = rows.find(([kind]) => kind === "TOTAL");
  const pence = (row) => Math.round(Number(row.at(-1)) * 100);
  assert.equal(Number(total[2]), lines.length, "the number of lines");
  assert.equal(pence(total), lines.map(pence).reduce((sum, one) => sum + one, 0), "the sum of the lines");
  assert.ok(lines.some((line) => line.includes(code)), `a line for ${code}`);
}

for (const scripting of [true, false]) {
  describe(`scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    const people = new Map();

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** That person at home, with nothing counted yet. */
    async function home(name) {
      if (!people.has(name)) people.set(name, await Person.signIn(browser, server.address, name, { scripting }));
      const person = people.get(name);
      await person.open("/");
      person.startCounting();
      return person;
    }

    // A picture is taken once, with scripting.
    const kept = (name) => (scripting ? name : undefined);

    test("a commissioner offers a service to all its providers", async () => {
      const priya = await home("Priya Shah");
      await priya.checkPage(kept("home-commissioner"));
      await priya.click("link", "Contracts");
      await priya.checkPage();
      await priya.click("button", "New Contract");
      await priya.checkPage();
      await priya.click("checkbox", "Is this an offer contract?");
      await priya.type("Contract Name", CONTRACT);
      await priya.click("button", "Next");
      await priya.sees(/75 GP practices and 9 primary care networks/);
      await priya.checkPage();
      await priya.click("button", "Next");
      await priya.click("checkbox", AUDIT);
      await priya.checkPage();
      await priya.click("button", "Next");
      await priya.sees(CONTRACT);
      await priya.click("checkbox", /I confirm/);
      await priya.checkPage(kept("contract-review"));
      await priya.click("button", "Confirm");
      await priya.sees("Pending", { row: "Z81001" });
      await priya.checkPage();
      priya.assertClicks(9, "offer a service to all providers");
    });

    test("a practice accepts the offer", async () => {
      const sam = await home("Sam Ahmed");
      await sam.checkPage(kept("home-practice"));
      await sam.click("link", "Services");
      await sam.checkPage();
      await sam.click("link", "View", { row: AUDIT });
      await sam.hasStatus("Pending");
      await sam.checkPage(kept("offer"));
      await sam.click("button", "Accept service offer");
      await sam.hasStatus("Active");
      sam.assertClicks(3, "accept an offer");
    });

    test("a colleague without the right sees why there is no button", async () => {
      const mo = await home("Mo Quinn");
      await mo.click("link", "Services");
      await mo.click("link", "View", { row: AUDIT });
      await mo.hasStatus("Active");
      assert.equal(await mo.find("button", "Accept service offer").count(), 0);
    });

    test("a rejection without a reason says what to do and keeps the offer", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Services");
      await omar.click("link", "View", { row: AUDIT });
      omar.expectStatus(422);
      await omar.click("button", "Reject");
      await omar.sees("There is a problem");
      await omar.checkPage();
      await omar.hasStatus("Pending");
    });

    test("another practice rejects the offer, with a reason", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Services");
      await omar.click("link", "View", { row: AUDIT });
      await omar.type(/Why are you rejecting/, "We do not have the staff this year.");
      await omar.click("button", "Reject");
      await omar.hasStatus("Rejected");
      omar.assertClicks(3, "reject an offer");
      assert.equal(omar.fields, 1, "nothing but the reason is typed");
    });

    test("the commissioner sees who has answered", async () => {
      const priya = await home("Priya Shah");
      await priya.click("link", "Contracts");
      await priya.sees("1 accepted of 75", { row: CONTRACT });
      await priya.click("link", "View", { row: CONTRACT });
      await priya.sees("Accepted", { row: "Z81001" });
      await priya.sees("Rejected", { row: "Z81002" });
      await priya.checkPage(kept("contract"));
      priya.assertClicks(2, "see the answers");
    });

    test("the practice asks for the service after all", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Services");
      await omar.click("link", "View", { row: AUDIT });
      await omar.click("button", "Request this service from the commissioner");
      await omar.hasStatus("Requested");
      await omar.checkPage();
      omar.assertClicks(3, "request a service");
    });

    test("the commissioner reissues it", async () => {
      const priya = await home("Priya Shah");
      await priya.click("link", "Contracts");
      await priya.click("link", "View", { row: CONTRACT });
      await priya.click("button", "Reissue", { row: "Z81002" });
      await priya.sees("Pending", { row: "Z81002" });
      priya.assertClicks(3, "reissue an offer");
    });

    test("the practice accepts, and the commissioner sees it", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Services");
      await omar.click("link", "View", { row: AUDIT });
      await omar.click("button", "Accept service offer");
      await omar.hasStatus("Active");
      omar.assertClicks(3, "accept a reissued offer");
      const priya = await home("Priya Shah");
      await priya.click("link", "Contracts");
      await priya.sees("2 accepted of 75", { row: CONTRACT });
      await priya.click("link", "View", { row: CONTRACT });
      await priya.sees("Accepted", { row: "Z81002" });
    });

    test("a practice types the counts of a month, and the achievement is there at once", async () => {
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Data submission");
      await sam.checkPage(kept("data-submission"));
      await sam.click("link", /^30 April 2026/, { row: ADVICE });
      await sam.sees("0 of 1");
      await sam.checkPage();
      await sam.click("link", "Advice and guidance", { within: "main table" });
      await sam.type(/episodes of advice and guidance/, "7");
      await sam.checkPage(kept("figures"));
      await sam.click("button", "Submit Achievement Data");
      sam.assertClicks(5, "type the counts of a period");
      await sam.sees("1 of 1");
      await sam.checkPage();
      await sam.click("link", "See the achievement and its history");
      await sam.sees("£140.00");
      await sam.checkPage(kept("achievement"));
      await sam.click("link", "How we worked this out");
      await sam.sees("Sam Ahmed, typed in, 20 May 2026");
      await sam.checkPage(kept("working"));
    });

    test("a wrong count keeps what was typed and says what is allowed", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Data submission");
      await omar.click("link", /^30 April 2026/, { row: ADVICE });
      await omar.click("link", "Advice and guidance", { within: "main table" });
      await omar.type(/episodes of advice and guidance/, "seven");
      omar.expectStatus(422);
      await omar.click("button", "Submit Achievement Data");
      await omar.sees("There is a problem");
      await omar.checkPage();
      assert.equal(await omar.find("textbox", /episodes of advice and guidance/).inputValue(), "seven");
    });

    test("a commissioner enters for a practice, and an unlikely count is asked about", async () => {
      const femi = await home("Femi Okoro");
      await femi.click("link", "Achievement");
      await femi.click("link", "Record Provider Achievement");
      await femi.sees("0 of 1", { row: /Hill Top Practice, Ashdale/ });
      await femi.checkPage(kept("record-provider-achievement"));
      await femi.click("link", /^Hill Top Practice, Ashdale/);
      await femi.sees("You are entering figures for Hill Top Practice, Ashdale (Z81002).");
      await femi.click("link", "Advice and guidance", { within: "main table" });
      await femi.type(/episodes of advice and guidance/, "90000");
      await femi.click("button", "Submit Achievement Data");
      await femi.sees("Check these figures");
      await femi.checkPage(kept("unlikely-figure"));
      await femi.type(/episodes of advice and guidance/, "9");
      await femi.click("button", "Submit Achievement Data");
      femi.assertClicks(6, "enter for a provider, with one question");
      await femi.sees("1 of 1");
      await femi.click("link", "See the achievement and its history");
      await femi.click("link", "See every submission");
      await femi.sees(/typed in for Hill Top Practice, Ashdale/);
      await femi.checkPage();
    });

    test("a nil return says that nothing was done", async () => {
      const femi = await home("Femi Okoro");
      await femi.open("/achievement/record?service=LCS2627&provider=Z81007");
      await femi.click("link", /^Church Lane Medical Centre, Ashdale/);
      await femi.checkPage();
      await femi.click("link", "Nil return for Minor surgery");
      await femi.checkPage();
      await femi.click("button", "Submit nil return");
      femi.assertClicks(3, "make a nil return");
      await femi.sees(/Nil return by Femi Okoro on/);
      await femi.checkPage();
    });

    test("a partner declares an achievement", async () => {
      const jo = await home("Jo Lee");
      await jo.click("link", "Achievement");
      await jo.sees("Achievement Results");
      await jo.checkPage(kept("achievement-results"));
      await jo.click("link", /^Declare/);
      await jo.sees("Run Achievement Summary Report");
      await jo.checkPage(kept("declare"));
      await jo.click("checkbox", /^Select Shingles vaccination 2026 to 2027/);
      await jo.click("button", "Declare Achievement");
      jo.assertClicks(4, "declare an achievement");
      await jo.sees(/Awaiting Commissioning Organisation Approval/i, { row: SHINGLES });
      await jo.checkPage();
      await jo.click("link", "Run Achievement Summary Report");
      await jo.checkPage();
    });

    test("a service without approval goes on by itself and says so", async () => {
      const jo = await home("Jo Lee");
      await jo.click("link", "Achievement");
      await jo.click("link", /^Declare/);
      await jo.click("checkbox", /^Select Advice and guidance 2026 to 2027/);
      await jo.click("button", "Declare Achievement");
      await jo.sees(/Awaiting Finance Approval/i, { row: ADVICE });
      await jo.click("link", ADVICE);
      await jo.sees("No Approval Required");
      await jo.checkPage();
    });

    test("the commissioner approves the declaration", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", "Declarations");
      await tom.checkPage(kept("declaration-management"));
      await tom.click("checkbox", MINE);
      await tom.click("button", "Approve");
      tom.assertClicks(3, "approve a declaration");
      assert.equal(await tom.find("checkbox", MINE).count(), 0);
      await tom.checkPage();
    });

    test("finance approves it and makes the payment file", async () => {
      const ana = await home("Ana Ruiz");
      await ana.click("link", "Declarations");
      await ana.click("checkbox", MINE);
      await ana.click("button", "Approve");
      ana.assertClicks(3, "approve a declaration for finance");
      await ana.open("/");
      ana.startCounting();
      await ana.click("link", "Payments");
      await ana.checkPage();
      await ana.click("button", "Create payment file");
      await ana.checkPage();
      await ana.click("button", /^Create payment file/);
      ana.assertClicks(3, "make a payment file");
      await ana.checkPage(kept("payment-file"));
      assertPays(await ana.download("button", /^Download payment file/), "Z81001");
    });

    test("the practice sees that it is paid", async () => {
      const lena = await home("Lena Fox");
      await lena.click("link", "Payments");
      await lena.sees("In payment file", { row: SHINGLES });
      await lena.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      for (const person of people.values()) await person.leave();
    });
  });
}
