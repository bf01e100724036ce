// After the lock: a supplementary declaration that everybody agrees to, and a recovery in instalments that a practice proposes.

import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`correcting after the lock, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;
    const people = {};

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      for (const name of ["Omar Tate", "Tom Hill", "Ana Ruiz", "Sam Ahmed", "Rosa Vint"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
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

    test("a practice agrees to a supplementary declaration in 3 clicks", async () => {
      const omar = await home("Omar Tate");
      await omar.click("link", "Answer 1 correction");
      await omar.checkPage();
      await omar.click("link", "CR-2026-000003");
      await omar.sees("A late figure of your system reached us after the lock.");
      await omar.checkPage();
      await omar.click("button", /^Agree to £/);
      await omar.sees("You have agreed. The commissioner must approve it.");
      omar.assertClicks(3, "agree to a correction");
    });

    test("the commissioner and finance approve it, and it goes into the next file", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", "Approve 1 correction");
      await tom.click("link", "CR-2026-000003");
      await tom.click("button", /^Approve £/);
      await tom.sees("Correction approved. Finance must approve it.");
      tom.assertClicks(3, "approve a correction");
      const ana = await home("Ana Ruiz");
      await ana.click("link", "Approve for finance 1 correction");
      await ana.click("link", "CR-2026-000003");
      await ana.click("button", /^Approve £/);
      await ana.sees("The declaration stands at the corrected amount.");
      await ana.checkPage();
      await ana.open("/payments/new");
      await ana.sees("CR-2026-000003");
      await ana.checkPage();
    });

    test("the original says what it was and what it stands at", async () => {
      const omar = people["Omar Tate"];
      await omar.click("link", /^Back to payment declaration/);
      await omar.sees("Originally £");
      await omar.checkPage();
      await omar.open("/payments");
      await omar.sees("Corrections and recoveries on their way");
      await omar.checkPage();
    });

    test("a practice proposes other instalments, with one mistake", async () => {
      const sam = await home("Sam Ahmed");
      await sam.click("link", "Answer the notice of 1 recovery");
      await sam.click("link", "CR-2026-000002");
      await sam.sees("Notice given");
      await sam.click("link", "Propose other instalments");
      await sam.checkPage();
      await sam.type("How many monthly instalments?", "6");
      sam.expectStatus(422);
      await sam.click("button", "Send proposal");
      await sam.sees("Enter a reason");
      await sam.checkPage();
      await sam.type("Why?", "We cannot pay it faster.");
      await sam.click("button", "Send proposal");
      await sam.sees("Your proposal has been sent. The commissioner must decide.");
      sam.assertClicks(5, "propose other instalments, with one mistake");
      await sam.checkPage();
    });

    test("the commissioner accepts, and both see what is next", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", "Decide about 1 recovery");
      await tom.click("link", "CR-2026-000002");
      await tom.sees("We cannot pay it faster.");
      await tom.checkPage();
      await tom.click("button", "Accept what the provider proposes");
      await tom.sees("Instalments accepted. Each is taken when it is due.");
      tom.assertClicks(3, "accept other instalments");
      await tom.checkPage();
      const sam = people["Sam Ahmed"];
      await sam.open("/corrections/CR-2026-000002");
      await sam.sees("£0.00 taken, £25.00 left. Next: £4.16 from 11 June 2026.");
      await sam.checkPage();
    });

    test("somebody of finance asks for a correction", async () => {
      const rosa = people["Rosa Vint"];
      await rosa.open("/corrections");
      await rosa.checkPage();
      await rosa.click("link", "D-2026-000002");
      await rosa.click("link", "Ask for a correction");
      await rosa.checkPage();
      rosa.expectStatus(422);
      await rosa.click("button", "Ask for this correction");
      await rosa.sees("Select whether more is owed or money is taken back");
      await rosa.checkPage();
      await rosa.click("radio", "Too much was paid");
      await rosa.type("By how much?", "10.00");
      await rosa.type("Why?", "One more test was counted twice.");
      await rosa.click("button", "Ask for this correction");
      await rosa.sees("The provider must say whether it is right.");
      await rosa.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
