// Every persona of the demo can sign in and open every page of its menu, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function personas() {
  const visitor = await Person.arrive(browser, server.address);
  const names = await visitor.page.getByRole("button", { name: /^Sign in as / }).allInnerTexts();
  await visitor.checkPage("sign-in");
  await visitor.leave();
  return names.map((name) => name.replace(/\s+/g, " ").trim());
}

test("the sign-in page lists people of the demo", async () => {
  const names = await personas();
  assert.ok(names.length >= 4, `there are at least four people to be: ${names.join("; ")}`);
  assert.equal(new Set(names).size, names.length, "no two buttons have the same name");
});

test("everything is set in Arial", async () => {
  const visitor = await Person.arrive(browser, server.address);
  const families = await visitor.page
    .locator("body, h1, p, button, input:not([type=hidden]), label, a")
    .evaluateAll((elements) => [...new Set(elements.map((element) => getComputedStyle(element).fontFamily))]);
  assert.deepEqual(families, ["arial, sans-serif"]);
  await visitor.leave();
});

for (const scripting of [true, false]) {
  test(`every page of everybody's menu opens, scripting ${scripting ? "on" : "off"}`, async () => {
    for (const name of await personas()) {
      const person = await Person.arrive(browser, server.address, { scripting, name });
      await person.click("button", name);
      await person.checkPage();
      const menu = person.page.getByRole("navigation", { name: "Menu" }).getByRole("link");
      const addresses = await menu.evaluateAll((links) => links.map((link) => link.getAttribute("href")));
      assert.ok(addresses.length >= 2, `${name} has a menu`);
      for (const address of addresses) {
        await person.open(address);
        await person.checkPage();
      }
      await person.leave();
    }
  });
}

test("an unknown address says what to do next", async () => {
  const visitor = await Person.arrive(browser, server.address);
  await visitor.open("/no-such-page", { status: 404 });
  await visitor.checkPage();
  await visitor.leave();
});
