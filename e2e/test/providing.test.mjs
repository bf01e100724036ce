// People sign in with a provider of their organisation, a real one on loopback, with scripting on and off.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startProvider } from "../lib/provider.mjs";
import { startServer } from "../lib/server.mjs";

const verified = (email, more = {}) => ({ email, email_verified: true, ...more });

const described = (issuer) => `
[[provider]]
key = "nhsmail"
name = "NHSmail"
issuer = "${issuer}"
client_id = "accord"
client_secret_file = "secret"

[[provider.role]]
claim = "groups"
value = "accord-finance"
organisation = "Z81001"
role = "Finance View"
`;

for (const scripting of [true, false]) {
  describe(`signing in with a provider, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let folder;
    let provider;
    let server;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "accord-provider-"));
      [provider, browser] = await Promise.all([startProvider(), startBrowser()]);
      await writeFile(join(folder, "providers.toml"), described(provider.issuer));
      await writeFile(join(folder, "secret"), "a-secret-of-the-tests\n");
      server = await startServer({ ACCORD_SIGN_IN_WITH: join(folder, "providers.toml") });
      provider.allow(server.address);
      provider.say("sam", verified("Sam.Ahmed.Z81001@example.nhs.uk", { groups: ["accord-finance"] }));
      provider.say("nobody", verified("nobody.here@example.nhs.uk"));
      provider.say("unchecked", { email: "omar.tate.z81002@example.nhs.uk", email_verified: false });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      await provider?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const arrive = (name) => Person.arrive(browser, server.address, { scripting, name });

    /** Logs in at the provider and agrees that it tells this service who somebody is. */
    async function login(person, name) {
      const { page } = person;
      await page.locator('input[name="login"]').fill(name);
      await page.locator('input[name="password"]').fill("any");
      await page.getByRole("button", { name: /sign-in/i }).click();
      await page.getByRole("button", { name: /continue/i }).click();
      await page.waitForURL((url) => url.href.startsWith(server.address));
    }

    test("somebody signs in where they wanted to go, and signs out of both", async () => {
      const sam = await arrive("Sam Ahmed");
      await sam.open("/achievement/declare");
      await sam.checkPage();
      await sam.click("button", "Sign in with NHSmail");
      await login(sam, "sam");
      assert.equal(new URL(sam.page.url()).pathname, "/achievement/declare");
      await sam.sees("Sam Ahmed");
      await sam.click("button", "Log out");
      await sam.sees("You may still be logged in to NHSmail");
      await sam.checkPage();
      await sam.click("button", "Log out of NHSmail");
      await sam.page.getByRole("button", { name: /yes/i }).click();
      await sam.page.waitForURL(`${server.address}/sign-in*`);
      await sam.context.close();
    });

    test("a claim gives a role, and takes it when it is gone", async () => {
      const roles = async () => {
        const sam = await arrive("Sam Ahmed");
        await sam.open("/account");
        await sam.click("button", "Sign in with NHSmail");
        await login(sam, "sam");
        const text = await sam.page.locator("main").innerText();
        await sam.context.close();
        return text;
      };
      assert.match(await roles(), /Finance View/);
      provider.say("sam", verified("sam.ahmed.z81001@example.nhs.uk", { groups: [] }));
      assert.doesNotMatch(await roles(), /Finance View/);
    });

    test("whom nobody knows and whose address was not checked get no further", async () => {
      for (const [name, why] of [
        ["nobody", /Nobody here has the email address that NHSmail gave/],
        ["unchecked", /gave no email address for you that it has checked/],
      ]) {
        const person = await arrive(name);
        await person.open("/sign-in");
        await person.click("button", "Sign in with NHSmail");
        await login(person, name);
        await person.sees(why);
        await person.checkPage();
        await person.context.close();
      }
    });

    test("an answer signs in once, and only the browser that asked", async () => {
      const sam = await arrive("Sam Ahmed");
      const begun = await sam.context.request.get(`${server.address}/sign-in/with/nhsmail`, { maxRedirects: 0 });
      const other = await arrive("somebody else");
      await other.page.goto(begun.headers().location);
      await login(other, "sam");
      await other.sees("You waited too long, or came back another way");
      await other.context.close();

      let answer;
      sam.page.on("request", (request) => {
        if (request.url().includes("/sign-in/with/nhsmail/back")) answer = request.url();
      });
      await sam.open("/sign-in");
      await sam.click("button", "Sign in with NHSmail");
      await login(sam, "sam");
      await sam.sees("Sam Ahmed");
      assert.match(answer, /code=/);
      await sam.page.goto(answer);
      await sam.sees("You waited too long, or came back another way");
      await sam.context.close();
    });
  });
}
