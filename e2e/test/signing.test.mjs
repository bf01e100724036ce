// Somebody sets a forgotten password anew by email, switches on codes of an app and signs in with one, with scripting on and off.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { startBrowser } from "../lib/browser.mjs";
import { startMail } from "../lib/mail.mjs";
import { code } from "../lib/one-time.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const ADDRESS = "https://accord.icb.example";
const EMAIL = "nora.page.z81001@example.nhs.uk";
const PASSWORD = "seven green bicycles";

for (const scripting of [true, false]) {
  describe(`signing in, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let mail;
    let server;
    let nora;
    let key;
    // The demo has a clock of its own: how far it is from this machine's is what the date of an email says.
    let ahead;

    before(async () => {
      [mail, browser] = await Promise.all([startMail(), startBrowser()]);
      server = await startServer({
        ACCORD_MAIL: mail.address,
        ACCORD_MAIL_FROM: "Accord <accord@icb.example>",
        ACCORD_ADDRESS: ADDRESS,
      });
      nora = await Person.arrive(browser, server.address, { scripting, name: "Nora Page" });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      await mail?.stop();
    });

    const fill = (label, text) => nora.page.getByLabel(label, { exact: true }).fill(text);

    test("a forgotten password is set anew", async () => {
      nora.startCounting();
      await nora.click("link", "Forgotten your password?");
      await nora.checkPage();
      await nora.type("Email address", EMAIL);
      await nora.click("button", "Send the link");
      await nora.sees("Check your email");
      await nora.checkPage();
      const [email] = await mail.arrived(1, ({ subject }) => subject === "Set a new password for Accord");
      assert.deepEqual(email.to, [EMAIL]);
      ahead = Date.parse(email.head.match(/^Date: (.*)$/m)[1]) - Date.now();
      const link = email.text.match(/https:\S+\/password\/\S+/)[0];
      assert.ok(link.startsWith(`${ADDRESS}/password/`), link);
      await nora.open(new URL(link).pathname);
      await nora.checkPage();
      await fill("Password", PASSWORD);
      await fill("The same password again", PASSWORD);
      await nora.click("button", "Set password");
      await nora.sees("Password set. Log in with it now.");
      nora.assertClicks(3, "set a forgotten password anew");
    });

    test("codes of an app are switched on", async () => {
      await nora.type("Email address", EMAIL);
      await fill("Password", PASSWORD);
      await nora.click("button", "Sign in", { exact: true });
      nora.startCounting();
      await nora.click("link", "Nora Page");
      await nora.checkPage();
      await nora.click("link", "Switch on");
      await nora.checkPage();
      await fill("Your password", PASSWORD);
      await nora.click("button", "Continue");
      await nora.checkPage();
      key = await nora.page.locator("#key").innerText();
      nora.expectStatus(422);
      await fill("Code that the app shows now", "12345");
      await nora.click("button", "Switch on");
      await nora.sees("Enter the 6 digits that your app shows now");
      await nora.checkPage();
      // The last code but one is still taken, and leaves the next one for signing in.
      await fill("Code that the app shows now", code(key, Date.now() + ahead - 15_000));
      await nora.click("button", "Switch on");
      await nora.sees("Keep your recovery codes");
      await nora.checkPage();
      assert.equal(await nora.page.locator("#codes li").count(), 10);
      await nora.click("button", "I have kept them");
      await nora.sees(/On since/);
      nora.assertClicks(6, "switch codes on, with one mistake");
    });

    test("a code is asked for after the password", async () => {
      await nora.click("button", "Log out", { within: "header" });
      await nora.type("Email address", EMAIL);
      await fill("Password", PASSWORD);
      await nora.click("button", "Sign in", { exact: true });
      await nora.sees("Enter a code");
      await nora.checkPage();
      await nora.type("Code of your authenticator app", code(key, Date.now() + ahead + 25_000));
      await nora.click("button", "Sign in", { exact: true });
      await nora.sees("Nora Page");
      await nora.checkPage();
    });

    test("what was typed when the session ended is sent after signing in again", async () => {
      await nora.open("/people/invite");
      await nora.type("Email address", "ravi.cole@example.nhs.uk");
      await nora.type("Full name", "Ravi Cole");
      await nora.type("Job title", "assistant manager");
      await nora.click("checkbox", "Achievement Entry");
      await nora.context.clearCookies();
      nora.expectStatus(401);
      await nora.click("button", "Give access");
      await nora.sees("Nothing was saved");
      await nora.checkPage();
      const [beside] = await Promise.all([
        nora.context.waitForEvent("page"),
        nora.click("link", "Sign in again", { stays: true }),
      ]);
      await beside.getByRole("button", { name: /Nora Page/ }).first().click();
      await beside.getByRole("heading", { level: 1 }).waitFor();
      await nora.click("button", "Send what I typed");
      await nora.sees("We have sent a link to ravi.cole@example.nhs.uk");
      await nora.checkPage();
    });
  });
}
