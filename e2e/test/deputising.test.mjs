// An approver hands over to a colleague before leave, who approves in both names until somebody ends it, with scripting on
// and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`deputising, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      for (const name of ["Tom Hill", "Hugh Marsh", "Grace Lowe", "Jack Dunn"]) {
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

    async function lastDay(person, day, month, year) {
      const boxes = person.page.getByRole("group", { name: "Last day" });
      await boxes.getByLabel("Day").fill(day);
      await boxes.getByLabel("Month").fill(month);
      await boxes.getByLabel("Year").fill(year);
    }

    test("what is missing or not possible is said at its field", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", /hand over to a colleague/);
      await tom.sees("Grace Lowe");
      await tom.sees("Not begun yet");
      await tom.checkPage(kept("deputies"));
      tom.expectStatus(422);
      await tom.click("button", "Hand over");
      await tom.sees("Select a colleague of your organisation");
      await tom.sees("Enter last day");
      await tom.checkPage();
    });

    test("an approver hands over to a colleague in 2 clicks", async () => {
      const tom = await home("Tom Hill");
      await tom.click("link", /hand over to a colleague/);
      await tom.page.getByRole("combobox", { name: "Colleague" }).selectOption({ label: "Hugh Marsh" });
      await lastDay(tom, "24", "5", "2026");
      await tom.type("Reason", "Annual leave");
      await tom.click("button", "Hand over");
      await tom.sees("Hugh Marsh acts for you from 20 May 2026 to 24 May 2026. You can end this at any time.");
      await tom.checkPage();
      tom.assertClicks(2, "hand over to a colleague");
    });

    test("the deputy approves in both names", async () => {
      const hugh = await home("Hugh Marsh");
      await hugh.sees("You act for Tom Hill until 24 May 2026: Approval Management.");
      await hugh.checkPage(kept("home-of-a-deputy"));
      await hugh.click("link", /^Approve \d+ payment declarations/);
      await hugh.page.getByRole("link", { name: /^D-2026-/ }).or(hugh.page.locator('a[href^="/declarations/D-"]')).first().click();
      await hugh.click("button", /^Approve/);
      await hugh.sees("Hugh Marsh for Tom Hill");
      await hugh.checkPage();
    });

    test("who manages people ends it, and the page of the deputy says who can act", async () => {
      const jack = await home("Jack Dunn");
      await jack.click("link", /hand over to a colleague/);
      await jack.sees("Hugh Marsh for Tom Hill");
      await jack.checkPage();
      await jack.click("button", "End that Hugh Marsh acts for Tom Hill");
      await jack.sees("Hugh Marsh no longer acts for Tom Hill.");
      const hugh = await home("Hugh Marsh");
      assert.equal(await hugh.page.getByText("You act for").count(), 0);
      await hugh.open("/declarations");
      await hugh.sees(/At .* these people can: .*Tom Hill/);
      await hugh.open("/messages");
      await hugh.sees("You no longer act for a colleague");
    });

    test("no browser had anything to complain about", async () => {
      for (const person of Object.values(people)) await person.leave();
    });
  });
}
