// The calendar of deadlines: a practice and its commissioner find what is due when, and take it into their own calendar,
// with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

/** The events of an iCalendar file, each as its properties by name. */
function events(file) {
  assert.ok(file.startsWith("BEGIN:VCALENDAR\r\n"), "a calendar");
  const lines = file.replaceAll("\r\n ", "").split("\r\n");
  const found = [];
  for (const line of lines) {
    if (line === "BEGIN:VEVENT") found.push({});
    const [, name, value] = line.match(/^([A-Z-]+)(?:;[^:]*)?:(.*)$/) ?? [];
    if (name && found.length) found.at(-1)[name] = value;
  }
  return found;
}

for (const scripting of [true, false]) {
  describe(`calendar, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let server;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("a practice finds its deadlines and goes from one to where it is done", async () => {
      const sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
      await sam.click("link", "Calendar", { exact: true });
      assert.equal(sam.clicks, 1);
      await sam.sees("May 2026");
      await sam.sees("2 working days left");
      await sam.checkPage();
      const file = await sam.download("link", "Download your deadlines for a calendar");
      const declare = events(file).find((one) => one.UID.endsWith("-SHIN2627-2026-04-30-declare@accord"));
      assert.equal(declare.DTSTART, "20260524");
      assert.match(declare.SUMMARY, /^Last day to declare: Shingles vaccination 2026 to 2027\\, April 2026$/);
      await sam.click("link", "Later months");
      await sam.sees("August 2026");
      await sam.click("link", "This month");
      await sam.click("link", /^Shingles vaccination 2026 to 2027 ?: Last day to declare, 24 May 2026/);
      await sam.sees("Declare achievement");
    });

    test("a commissioner sees how many of its providers are left", async () => {
      const tom = await Person.signIn(browser, server.address, "Tom Hill", { scripting });
      await tom.click("link", "See what is due when");
      await tom.sees("Last day for providers to declare");
      await tom.sees(/^\d+ of \d+ to do/);
      await tom.checkPage();
      const own = events(await tom.download("link", "Download your deadlines for a calendar"));
      assert.ok(own.some((one) => one.UID.endsWith("-approve@accord")));
      assert.ok(!own.some((one) => one.UID.endsWith("-declare@accord")));
    });
  });
}
