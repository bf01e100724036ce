// A person at a browser: signs in, clicks and types, and every click is counted.

import assert from "node:assert/strict";
import { assertAccessible } from "./axe.mjs";
import { newContext } from "./browser.mjs";
import { assertReflows, picture } from "./picture.mjs";

const PATIENCE_MS = 10_000;

export class Person {
  /** Clicks and typed fields since the last `startCounting`. */
  clicks = 0;
  fields = 0;
  #complaints = [];
  #expected = new Set();
  #seen = new Set();

  constructor(name, address, context, page) {
    Object.assign(this, { name, address, context, page });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.#complaints.push(`${page.url()}: ${error}`));
    page.on("console", (message) => {
      // Chromium reports a broken content security policy as an error too.
      if (message.type() !== "error") return;
      const status = message.text().match(/status of (\d+)/)?.[1];
      if (!this.#expected.has(Number(status))) this.#complaints.push(`${page.url()}: ${message.text()}`);
    });
  }

  /** Somebody who has opened the first page and not signed in. */
  static async arrive(browser, address, { scripting = true, name = "a visitor" } = {}) {
    const context = await newContext(browser, { scripting });
    const person = new Person(name, address, context, await context.newPage());
    person.scripting = scripting;
    await person.page.goto(address);
    return person;
  }

  /** Somebody of the demo, signed in by the button with that name. */
  static async signIn(browser, address, name, options = {}) {
    const person = await Person.arrive(browser, address, { ...options, name });
    await person.click("button", new RegExp(name));
    person.startCounting();
    return person;
  }

  /** Counts from here: the home page after sign-in. */
  startCounting() {
    this.clicks = 0;
    this.fields = 0;
  }

  /** What is on the page under that role and name; `row` narrows it to the table row or list item with that text. */
  find(role, name, { row, within, exact = false } = {}) {
    let place = this.page.locator(within ?? "body");
    if (row) place = place.locator("tr, li, .nhsuk-summary-list__row, .nhsuk-card").filter({ hasText: row });
    return place.getByRole(role, { name, exact }).first();
  }

  /** One activation of a link, button, tab, radio or tick box: one click. */
  async click(role, name, options = {}) {
    const target = this.find(role, name, options);
    const moves = ["link", "button", "tab"].includes(role) && !options.stays;
    const moved = moves ? this.page.waitForEvent("framenavigated", { timeout: PATIENCE_MS }) : undefined;
    moved?.catch(() => {}); // when the click itself fails, its own message is the one to show
    try {
      await target.click();
      await moved;
    } catch (error) {
      throw new Error(await this.#where(`${role} ${name}${options.row ? ` in the row ${options.row}` : ""}`, error));
    }
    this.clicks += 1;
    if (moves) await this.page.waitForLoadState("load");
  }

  /** Types into the field with that label. */
  async type(label, text, options = {}) {
    const field = this.find("textbox", label, options);
    await field.fill(String(text)).catch(async (error) => {
      throw new Error(await this.#where(`field ${label}`, error));
    });
    this.fields += 1;
  }

  /** Chooses in a list with that label: one click to open it, one to choose. */
  async choose(label, option) {
    await this.page.getByRole("combobox", { name: label }).first().selectOption({ label: option });
    this.clicks += 2;
  }

  /** Clicks what downloads a file and gives its text back. */
  async download(role, name, options = {}) {
    const coming = this.page.waitForEvent("download", { timeout: PATIENCE_MS });
    coming.catch(() => {});
    await this.click(role, name, { ...options, stays: true });
    const parts = [];
    for await (const part of await (await coming).createReadStream()) parts.push(part);
    return Buffer.concat(parts).toString("utf8");
  }

  /** The page must say this, in `row` when given. */
  async sees(text, { row } = {}) {
    let place = this.page.locator("body");
    if (row) place = place.locator("tr, li, .nhsuk-summary-list__row, .nhsuk-card").filter({ hasText: row });
    await place.getByText(text).first().waitFor({ state: "attached" }).catch(async (error) => {
      throw new Error(await this.#where(`the words ${text}${row ? ` in the row ${row}` : ""}`, error));
    });
  }

  /** The record in front of the person has that status. */
  async hasStatus(word) {
    const found = (await this.page.locator("#status").innerText()).trim();
    assert.equal(found, word, `the status at ${this.page.url()} for ${this.name}`);
  }

  /** Goes by address, which is no click: only to look at a page from outside a journey. */
  async open(path, { status = 200 } = {}) {
    this.expectStatus(status);
    const answer = await this.page.goto(new URL(path, this.address).href);
    assert.equal(answer.status(), status, `${path} for ${this.name}`);
  }

  /** A page that refuses on purpose is reported by the browser as an error: say so before. */
  expectStatus(status) {
    if (status >= 400) this.#expected.add(status);
  }

  /** Holds the page in front of the person to all that every page must keep, once for each address. */
  async checkPage(name) {
    const { pathname } = new URL(this.page.url());
    const pattern = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}");
    if (!this.#seen.has(pattern)) {
      this.#seen.add(pattern);
      assert.equal(await this.page.locator("h1").count(), 1, `${pathname} has one h1`);
      // Axe needs timers, which a page without scripting has not; the same page is seen with scripting too.
      if (this.scripting) await assertAccessible(this.page);
      await assertReflows(this.page);
    }
    if (name) await picture(this.page, name);
  }

  /** The journey may need no more clicks than this. */
  assertClicks(most, journey) {
    console.log(`${journey}: ${this.clicks} clicks, ${this.fields} typed, at most ${most} (${this.name}, scripting ${this.scripting ? "on" : "off"})`);
    assert.ok(this.clicks <= most, `${journey} took ${this.clicks} clicks; ${most} are allowed`);
  }

  /** Goes home, and says whether the browser had anything to complain about. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.#complaints, [], `${this.name}'s browser complained`);
  }

  async #where(what, error) {
    const said = await this.page.locator("main").innerText({ timeout: 1000 }).catch(() => "(no main)");
    return `${this.name} at ${this.page.url()} did not find ${what}: ${error.message.split("\n")[0]}\nThe page said:\n${said.slice(0, 3000)}`;
  }
}
