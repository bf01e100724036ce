// A service is offered from its own page, in 6 clicks with nothing typed, with scripting on and off; and to providers
// that are chosen.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const AUDIT = "Cardiovascular disease prevention audit 2026 to 2027";

for (const scripting of [true, false]) {
  describe(`offering, scripting ${scripting ? "on" : "off"}`, () => {
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

    async function home() {
      await priya.open("/");
      priya.startCounting();
    }

    test("nothing chosen is asked about", async () => {
      await home();
      await priya.click("link", "Services");
      await priya.click("link", AUDIT);
      await priya.click("button", "Offer this service");
      priya.expectStatus(422);
      await priya.click("button", "Continue");
      await priya.sees("There is a problem");
      await priya.sees("Select who you want to offer the service to");
    });

    test("a draft is left on the way and stays among the contracts", async () => {
      await priya.open("/catalogue/CVDP2627/offer");
      await priya.click("radio", /^All eligible providers/);
      await priya.click("button", "Continue");
      await priya.open("/contracts");
      await priya.sees("Draft", { row: AUDIT });
    });

    test("providers are searched for, ticked and pasted", async () => {
      await priya.open("/catalogue/CVDP2627/offer");
      await priya.click("radio", "Choose providers");
      await priya.click("button", "Continue");
      await priya.checkPage();
      await priya.page.getByRole("searchbox", { name: /^Search by name/ }).fill("Hill Top");
      await priya.click("button", "Search");
      await priya.click("checkbox", /^Hill Top Practice/);
      await priya.type(/paste a list/, "Z81001\nZ81007, A82000X");
      priya.expectStatus(422);
      await priya.click("button", "Next");
      await priya.sees("Line 2: A82000X is not an ODS code that is known here");
      await priya.type(/paste a list/, "Z81001\nZ81007");
      await priya.click("button", "Next");
      await priya.click("button", "Next");
      await priya.sees("Providers that you choose");
      await priya.sees("3", { row: "Providers that get it" });
      await priya.checkPage();
    });

    test("an administrator keeps a cluster, and a commissioner adds it to a contract", async () => {
      const ines = await Person.signIn(browser, server.address, "Ines Prior", { scripting });
      await ines.click("link", "Contracts");
      await ines.click("link", "your provider clusters");
      await ines.checkPage();
      await ines.click("button", "New cluster");
      await ines.checkPage(scripting ? "cluster" : undefined);
      await ines.type("Cluster name", "Coast");
      await ines.type(/paste a list/, "Z81003\nZ81004");
      await ines.click("button", "Save cluster");
      await ines.sees("Cluster Coast saved.");
      await ines.sees("Cluster Coast created with 2 providers");
      await ines.checkPage();
      ines.assertClicks(4, "keep a cluster");
      await ines.click("link", "delete it");
      await ines.checkPage();
      await ines.leave();
      await priya.open("/catalogue/CVDP2627/offer");
      await priya.click("radio", "Choose providers");
      await priya.click("button", "Continue");
      await priya.choose(/add the providers of a cluster/, "Coast (2 providers)");
      await priya.click("button", "Add cluster");
      await priya.sees("2 providers of Coast ticked.");
      await priya.checkPage(scripting ? "cluster-added" : undefined);
      await priya.click("button", "Next");
      await priya.click("button", "Next");
      await priya.sees("2", { row: "Providers that get it" });
    });

    test("and discards the drafts that nobody needs", async () => {
      await priya.open("/contracts?status=draft");
      await priya.click("link", /^Discard/);
      await priya.checkPage(scripting ? "discard" : undefined);
      await priya.click("button", "Discard draft");
      await priya.sees(/discarded\./);
      await priya.open("/contracts?status=discarded");
      await priya.click("link", "View");
      await priya.hasStatus("Discarded");
      await priya.checkPage();
    });

    test("a commissioner offers a service from its own page", async () => {
      await home();
      await priya.click("link", "Services");
      await priya.click("link", AUDIT);
      await priya.checkPage();
      await priya.click("button", "Offer this service");
      await priya.checkPage();
      await priya.click("radio", "All eligible providers (75)");
      await priya.click("button", "Continue");
      await priya.checkPage();
      await priya.click("button", "Send 75 offers");
      await priya.sees("75 offers sent.");
      await priya.sees("Pending", { row: "Z81001" });
      priya.assertClicks(6, "offer a service from its own page");
      assert.equal(priya.fields, 0, "nothing is typed");
    });

    test("who has a service already is named", async () => {
      await priya.open("/catalogue/LCS2627/offer");
      await priya.checkPage();
      await priya.sees("Who cannot get it now");
      await priya.sees(/already have this service or an offer of it/);
    });

    test("no browser had anything to complain about", async () => {
      await priya.leave();
    });
  });
}
