// A practice's administrator gives somebody access, the person sets a password and logs in, with scripting on and off.

import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

for (const scripting of [true, false]) {
  describe(`people, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let nora;
    let link;

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      nora = await Person.signIn(browser, server.address, "Nora Page", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("an administrator gives a new colleague access", async () => {
      await nora.open("/");
      nora.startCounting();
      await nora.click("link", "Manage people and their roles");
      await nora.checkPage(kept("people"));
      await nora.click("button", "Give somebody access");
      await nora.checkPage();
      nora.expectStatus(422);
      await nora.type("Email address", "reception@example.nhs.uk");
      await nora.click("button", "Give access");
      await nora.sees("Shared mailboxes cannot be used");
      await nora.checkPage();
      await nora.type("Email address", "ravi.cole@example.nhs.uk");
      await nora.type("Full name", "Ravi Cole");
      await nora.type("Job title", "assistant manager");
      await nora.click("checkbox", "Achievement Entry");
      await nora.click("button", "Give access");
      await nora.sees("Ravi Cole can now set a password");
      await nora.checkPage();
      nora.assertClicks(5, "give somebody access, with one mistake");
      link = await nora.page.locator("#link").innerText();
    });

    test("the colleague sets a password and works", async () => {
      const ravi = await Person.arrive(browser, server.address, { scripting, name: "Ravi Cole" });
      await ravi.open(new URL(link).pathname);
      await ravi.checkPage();
      for (const box of ["Password", "The same password again"]) {
        await ravi.page.getByLabel(box, { exact: true }).fill("correct horse battery");
      }
      await ravi.click("button", "Set password");
      await ravi.sees("Password set. Log in with it now.");
      await ravi.type("Email address", "ravi.cole@example.nhs.uk");
      await ravi.page.getByLabel("Password", { exact: true }).fill("correct horse battery");
      await ravi.click("button", "Sign in", { exact: true });
      await ravi.click("link", "Data submission");
      await ravi.checkPage();
    });

    test("the administrator takes the access away", async () => {
      await nora.open("/people");
      await nora.click("link", "Ravi Cole");
      await nora.checkPage(kept("person"));
      await nora.click("link", "Remove access");
      await nora.checkPage();
      await nora.click("button", "Remove access");
      await nora.sees("Access removed. It ended at once.");
    });
  });
}
