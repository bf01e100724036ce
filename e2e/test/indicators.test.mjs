// A network declares the indicators of a service by themselves, and then the whole, with scripting on and off.

import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const SERVICE = "Network winter home visits 2025 to 2026";
// The practice that has not counted yet.
const LATE = "/achievement/record/Z81004/NWV2526/2026-03-31/VISITS";

for (const scripting of [true, false]) {
  describe(`declaring by indicator, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      for (const name of ["Femi Okoro", "Nia Rees", "Tom Hill"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
      const femi = people["Femi Okoro"];
      await femi.open(LATE);
      await femi.type("Home visits", "21");
      await femi.type(/visited again/, "2");
      await femi.click("button", /Submit/);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("a network declares each indicator, one press for those it selects, then the whole", async () => {
      const nia = people["Nia Rees"];
      await nia.open("/achievement/declare");
      nia.startCounting();
      await nia.checkPage();
      await nia.click("link", "Declare 2 indicators first");
      await nia.sees("2 indicators of 2 wait to be declared.");
      await nia.checkPage(kept("indicators"));
      nia.expectStatus(422);
      await nia.click("button", "Declare selected indicators");
      await nia.sees("Select at least 1 indicator to declare");
      await nia.checkPage();
      await nia.click("checkbox", "Select NWV001");
      await nia.click("button", "Declare selected indicators");
      await nia.sees("Declared. 1 indicator is left.");
      await nia.click("checkbox", "Select NWV003");
      await nia.click("button", "Declare selected indicators");
      await nia.sees("All indicators are declared. You can now declare the achievement.");
      await nia.checkPage();
      await nia.click("button", "Go to Declare");
      await nia.click("checkbox", new RegExp(`^Select ${SERVICE}`));
      await nia.click("button", "Declare Achievement");
      await nia.sees("Payment declaration submitted for 1 service.");
      nia.assertClicks(9, "declare 2 indicators one by one with one mistake, and the whole");
    });

    test("the commissioner reads who declared which", async () => {
      const tom = people["Tom Hill"];
      await tom.open("/declarations?service=NWV2526");
      await tom.click("link", "Ashdale PCN");
      await tom.sees("Nia Rees", { row: "NWV003" });
      await tom.checkPage();
    });
  });
}
