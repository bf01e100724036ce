// Somebody whose role needs a second factor sets it up before anything else opens, with scripting on and off.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { startBrowser } from "../lib/browser.mjs";
import { startMail } from "../lib/mail.mjs";
import { code } from "../lib/one-time.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const EMAIL = "nora.page.z81001@example.nhs.uk";
const PASSWORD = "seven green bicycles";

for (const scripting of [true, false]) {
  describe(`a second factor is demanded, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let mail;
    let server;
    let nora;
    let ahead;

    before(async () => {
      [mail, browser] = await Promise.all([startMail(), startBrowser()]);
      server = await startServer({
        ACCORD_MAIL: mail.address,
        ACCORD_MAIL_FROM: "Accord <accord@icb.example>",
        ACCORD_ADDRESS: "https://accord.icb.example",
        ACCORD_SECOND_FACTOR_FOR: "finance,administrators",
      });
      nora = await Person.arrive(browser, server.address, { scripting, name: "Nora Page" });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      await mail?.stop();
    });

    const fill = (label, text) => nora.page.getByLabel(label, { exact: true }).fill(text);

    test("an administrator sets a password", async () => {
      await nora.open("/password/forgotten");
      await nora.type("Email address", EMAIL);
      await nora.click("button", "Send the link");
      const [email] = await mail.arrived(1, ({ subject }) => subject === "Set a new password for Accord");
      ahead = Date.parse(email.head.match(/^Date: (.*)$/m)[1]) - Date.now();
      await nora.open(new URL(email.text.match(/https:\S+\/password\/\S+/)[0]).pathname);
      await fill("Password", PASSWORD);
      await fill("The same password again", PASSWORD);
      await nora.click("button", "Set password");
    });

    test("after the password nothing opens but setting up an app", async () => {
      await nora.type("Email address", EMAIL);
      await fill("Password", PASSWORD);
      await nora.click("button", "Sign in", { exact: true });
      await nora.sees("Set up an authenticator app");
      await nora.checkPage();
      await nora.open("/people");
      assert.equal(new URL(nora.page.url()).pathname, "/account/second-factor");
      nora.startCounting();
      await fill("Your password", PASSWORD);
      await nora.click("button", "Continue");
      await nora.checkPage();
      const key = await nora.page.locator("#key").innerText();
      await fill("Code that the app shows now", code(key, Date.now() + ahead));
      await nora.click("button", "Switch on");
      await nora.sees("Keep your recovery codes");
      await nora.click("button", "I have kept them");
      await nora.sees("Manage people and their roles");
      nora.assertClicks(3, "set up the second factor that is demanded");
    });
  });
}
