// A practice lets its network answer its offers until a date, and the network answers for its members, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const LOCAL = "Local primary care services 2026 to 2027";
const SAMS = "Riverside Surgery, Ashdale";
const OMARS = "Hill Top Practice, Ashdale";

for (const scripting of [true, false]) {
  describe(`delegating, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      for (const name of ["Priya Shah", "Sam Ahmed", "Omar Tate", "Nia Rees", "Mo Quinn"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
      const priya = people["Priya Shah"];
      await priya.open("/catalogue/CVDP2627/offer");
      await priya.click("radio", /^All eligible providers/);
      await priya.click("button", "Continue");
      await priya.click("button", /^Send 75 offers/);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    async function home(name) {
      await people[name].open("/");
      people[name].startCounting();
      return people[name];
    }

    test("a practice lets its network answer until a date", async () => {
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Services");
      await sam.click("link", "Who can answer for you");
      await sam.sees("No other organisation can answer for you.");
      await sam.checkPage();
      await sam.click("button", "Let it answer for you");
      await sam.sees(/Ashdale PCN can answer your service offers until 31 March 2027/);
      await sam.checkPage(kept("delegations"));
      sam.assertClicks(3, "let the network answer");
      assert.equal(sam.fields, 0, "nothing is typed");
    });

    test("what cannot be is said at the field, and a name is looked up", async () => {
      const sam = people["Sam Ahmed"];
      sam.expectStatus(422);
      await sam.type(/ODS code/, "hill top");
      await sam.type("Year", "2030");
      await sam.click("button", "Let it answer for you");
      await sam.sees("There is a problem");
      await sam.sees("Hill Top Practice, Ashdale: Z81002");
      await sam.type(/ODS code/, "UZ001");
      await sam.click("button", "Let it answer for you");
      await sam.sees("The last day must be from 20 May 2026 to 20 May 2028");
      await sam.checkPage();
    });

    test("a colleague without the right sees who can do it", async () => {
      const mo = await home("Mo Quinn");
      await mo.open("/delegations");
      await mo.sees("Ashdale PCN");
      await mo.sees(/At .* these people can: Sam Ahmed/);
      assert.equal(await mo.find("button", "Let it answer for you").count(), 0);
      await mo.checkPage();
    });

    test("the network answers the offers of its members in 4 clicks", async () => {
      const nia = await home("Nia Rees");
      await nia.sees("All are for 3 organisations that you answer for.");
      await nia.click("link", "Respond to 6 service offers");
      await nia.sees(OMARS, { row: LOCAL });
      await nia.checkPage(kept("services-for-members"));
      if (scripting) await nia.click("checkbox", "Select all");
      else await nia.click("link", "Select all");
      await nia.click("button", "Accept selected");
      await nia.checkPage(kept("answer-for-members"));
      await nia.click("button", "Accept 6 offers");
      await nia.sees("You accepted 6 offers.");
      nia.assertClicks(4, "accept 6 offers of 3 members");
      assert.equal(nia.fields, 0, "nothing is typed");
    });

    test("it narrows the list to one member and changes an answer there", async () => {
      const nia = await home("Nia Rees");
      await nia.click("link", "Services");
      await nia.page.locator("summary", { hasText: "For whom" }).click();
      await nia.page.getByRole("combobox", { name: "Show offers for" }).selectOption({ label: OMARS });
      await nia.click("button", "Apply filters");
      await nia.click("link", "View", { row: LOCAL });
      await nia.sees(/Accepted on 20 May 2026 by Nia Rees, Ashdale PCN, for Hill Top Practice, Ashdale/);
      await nia.checkPage();
      await nia.page.locator("summary", { hasText: "Change your answer" }).click();
      await nia.type(/Why are you rejecting/, "The practice has no room.");
      await nia.click("button", "Reject");
      await nia.hasStatus("Rejected");
    });

    test("the member reads who answered, from where and for whom", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Read your messages");
      await omar.sees("2 offers were accepted for you");
      await omar.sees(`An offer was rejected for you: ${LOCAL}`);
      await omar.open("/services");
      await omar.click("link", "View", { row: LOCAL });
      await omar.sees(/Rejected on 20 May 2026 by Nia Rees, Ashdale PCN, for Hill Top Practice, Ashdale/);
      await omar.checkPage();
    });

    test("the practice ends it, and the network's open page is refused", async () => {
      const nia = people["Nia Rees"];
      await nia.open("/services?for=Z81001");
      await nia.click("link", "View", { row: LOCAL });
      await nia.page.locator("summary", { hasText: "Change your answer" }).click();
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Services");
      await sam.click("link", "Who can answer for you");
      await sam.click("button", /^End/);
      await sam.sees("Ashdale PCN can no longer answer for you.");
      sam.assertClicks(3, "end that the network can answer");
      await nia.type(/Why are you rejecting/, "Too late.");
      nia.expectStatus(409);
      await nia.click("button", "Reject");
      await nia.sees(`${SAMS} ended on 20 May 2026 that you can answer for it. Nothing was changed.`);
      await nia.checkPage();
      await sam.open("/organisation");
      await sam.sees("Ashdale PCN can no longer answer service offers");
      await sam.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
