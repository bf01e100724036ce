// Somebody asks for access, is approved, sets a password by the link, is disabled and enabled again, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const EMAIL = "una.grant@example.nhs.uk";
const PASSWORD = "correct horse battery";

for (const scripting of [true, false]) {
  describe(`access, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let nora;
    let una;
    let link;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      una = await Person.arrive(browser, server.address, { scripting, name: "Una Grant" });
      nora = await Person.signIn(browser, server.address, "Nora Page", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    async function logIn() {
      await una.open("/sign-in");
      await una.type("Email address", EMAIL);
      await una.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await una.click("button", "Sign in", { exact: true });
    }

    test("somebody without an account asks for access", async () => {
      await una.open("/sign-in");
      una.startCounting();
      await una.click("link", "ask for access");
      await una.checkPage(kept("ask-for-access"));
      await una.page.getByLabel("Organisation").fill("riverside");
      await una.click("button", "Find organisation");
      await una.checkPage();
      await una.click("link", "Riverside Surgery, Ashdale (Z81001)");
      await una.checkPage(kept("ask-for-access-form"));
      una.expectStatus(422);
      await una.type("Email address", EMAIL);
      await una.type("Full name", "Una Grant");
      await una.type("Job title", "assistant manager");
      await una.click("button", "Send request");
      await una.sees("Enter a work phone number");
      await una.checkPage();
      await una.type("Work phone", "0113 496 0000");
      await una.click("checkbox", "Achievement Entry");
      await una.type("Why you need access", "I start on Monday.");
      await una.click("button", "Send request");
      await una.sees("Request sent");
      await una.checkPage(kept("ask-for-access-sent"));
      una.assertClicks(6, "ask for access, with one mistake");
    });

    test("who manages people there approves it", async () => {
      await nora.open("/");
      nora.startCounting();
      await nora.click("link", "Decide about 2 requests for access");
      await nora.checkPage(kept("access-requests"));
      await nora.click("link", "Una Grant");
      await nora.checkPage(kept("access-request"));
      await nora.click("button", "Approve");
      await nora.sees("Una Grant can now set a password");
      await nora.checkPage();
      nora.assertClicks(3, "approve a request for access");
      link = await nora.page.locator("#link").innerText();
    });

    test("the person sets a password by the link and works", async () => {
      await una.open(new URL(link).pathname);
      for (const box of ["Password", "The same password again"]) {
        await una.page.getByLabel(box, { exact: true }).fill(PASSWORD);
      }
      await una.click("button", "Set password");
      await logIn();
      await una.click("link", "Data submission");
      await una.checkPage();
    });

    test("the account is disabled, at once and everywhere", async () => {
      await nora.open("/people");
      await nora.click("link", "Una Grant");
      await nora.checkPage();
      await nora.click("link", "Disable the account");
      await nora.checkPage(kept("disable-account"));
      nora.expectStatus(422);
      await nora.click("button", "Disable account");
      await nora.sees("Enter a reason");
      await nora.checkPage();
      await nora.type("Reason", "Has left");
      await nora.click("button", "Disable account");
      await nora.sees("Account disabled. It ended at once, everywhere.");
      await una.open("/data");
      await una.sees("Sign in to Accord");
      una.expectStatus(422);
      await logIn();
      await una.sees("Enter the email address and password of an account that is in use");
    });

    test("and enabled again", async () => {
      await nora.click("link", "Una Grant");
      await nora.sees("Account disabled: Has left");
      await nora.click("link", "Enable the account again");
      await nora.checkPage(kept("enable-account"));
      await nora.type("Reason", "Came back");
      await nora.click("button", "Enable account");
      await nora.sees("Account enabled.");
      await logIn();
      await una.sees("Things to do");
    });

    test("once a year who has access is confirmed", async () => {
      await nora.open("/");
      nora.startCounting();
      await nora.click("link", "Confirm who has access to Riverside Surgery, Ashdale");
      await nora.checkPage(kept("access-review"));
      await nora.click("link", "Decide about Lena Fox");
      await nora.checkPage(kept("access-review-decide"));
      await nora.click("radio", "Keep it");
      await nora.type("Reason, if you keep it", "Comes in once a quarter");
      await nora.click("button", "Save decision");
      await nora.sees("Decided. The access stays as it is.");
      await nora.checkPage();
      await nora.click("button", "Confirm all");
      await nora.sees("You confirmed who has access to Riverside Surgery, Ashdale.");
      await nora.checkPage(kept("access-review-record"));
      nora.assertClicks(5, "confirm access with one exception");
      const text = await nora.page.locator("main").innerText();
      assert.match(text, /Kept: Comes in once a quarter/);
    });
  });
}
