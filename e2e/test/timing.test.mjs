// Finance says by when payment files must reach the payer, and finds a payer to chase, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`times of payment files, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      for (const name of ["Ana Ruiz", "Tom Hill"]) {
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

    test("a payer that has not answered is a task that leads to its file", async () => {
      const ana = await home("Ana Ruiz");
      await ana.sees("The time for May 2026 is over.");
      await ana.click("link", /^Chase the payer: 291 of 291 not answered since 13 May 2026/);
      await ana.sees("0 of 291 confirmed");
      ana.assertClicks(1, "find the file to chase");
    });

    test("finance changes by when files must reach the payer", async () => {
      const ana = await home("Ana Ruiz");
      await ana.click("link", "Payments");
      await ana.sees("These go with the next file, for June 2026");
      await ana.checkPage(kept("payments-after-the-time"));
      await ana.click("link", "See or change by when files must reach the payer");
      await ana.checkPage(kept("payment-times"));
      ana.expectStatus(422);
      await ana.type(/^Working day of each month/, "25");
      await ana.click("button", "Save");
      await ana.sees("The working day must be from 1 to 18, or empty");
      await ana.checkPage();
      await ana.type(/^Working day of each month/, "14");
      await ana.type("Time on that day", "4:30pm");
      await ana.click("button", "Save");
      await ana.sees("Times of payment files changed.");
      await ana.sees("The next file must reach the payer by 4:30pm on Thursday 21 May 2026 (1 working day left).");
    });

    test("who approves reads it and sees who changes it", async () => {
      const tom = await home("Tom Hill");
      await tom.open("/payments/timing");
      await tom.sees(/At .* these people can: Ana Ruiz/);
      assert.equal(await tom.page.getByRole("button", { name: "Save" }).count(), 0);
      await tom.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
