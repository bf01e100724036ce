// Roles that check each other are refused to one person, allowed for a reason and then given, with scripting on and off.

import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`separation of duties, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    let ines;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      ines = await Person.signIn(browser, server.address, "Ines Prior", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const give = async () => {
      await ines.open("/people");
      await ines.click("link", "Tom Hill");
      await ines.click("checkbox", "Finance Management");
      await ines.click("button", "Save roles");
    };

    test("two roles that check each other are refused by name", async () => {
      ines.expectStatus(409);
      await give();
      await ines.sees("One person may not approve and give financial approval here");
      await ines.checkPage();
    });

    test("an organisation administrator allows them for a reason", async () => {
      await ines.open("/organisation");
      ines.startCounting();
      await ines.click("link", "See which roles one person may hold together");
      await ines.sees("Nobody sends a payment file that they made");
      await ines.checkPage();
      ines.expectStatus(422);
      await ines.click("button", "Allow that one person may approve and give financial approval");
      await ines.sees("Enter a reason");
      await ines.checkPage();
      await ines.page.getByLabel("Reason for a change of whether one person may approve and give financial approval").fill("A team of two until June");
      await ines.click("button", "Allow that one person may approve and give financial approval");
      await ines.sees("One person may approve and give financial approval now.");
      await ines.sees("The reason given: A team of two until June");
      await ines.checkPage();
      ines.assertClicks(3, "allow two roles together, with one mistake");
    });

    test("the roles are given and the person is on the list", async () => {
      await give();
      await ines.open("/people/together");
      await ines.sees("Approve and give financial approval: allowed", { row: "Tom Hill" });
      await ines.checkPage();
    });
  });
}
