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
      provider.say("sam", verified("Sam.Ahmed@example.nhs.uk", { groups: ["accord-finance"] }));
      provider.say("nobody", verified("nobody.here@example.nhs.uk"));
      provider.say("unchecked", { email: "sam.ahmed@example.nhs.uk", email_verified: false });
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
      await sam.click("link", "Sign in with NHSmail");
      await login(sam, "sam");
      assert.equal(new URL(sam.page.url()).pathname, "/achievement/declare");
      await sam.sees("Sam Ahmed");
      await sam.click("button", "Sign out");
      await sam.sees("You may still be signed in to NHSmail");
      await sam.checkPage();
      await sam.page.getByRole("link", { name: "Sign out of NHSmail" }).or(sam.page.getByRole("button", { name: "Sign out of NHSmail" })).click();
      await sam.page.getByRole("button", { name: /yes/i }).click();
      await sam.page.waitForURL(`${server.address}/sign-in*`);
      await sam.leave();
    });

    test("a claim gives a role, and takes it when it is gone", async () => {
      const roles = async () => {
        const sam = await arrive("Sam Ahmed");
        await sam.open("/account");
        await sam.click("link", "Sign in with NHSmail");
        await login(sam, "sam");
        const text = await sam.page.locator("main").innerText();
        await sam.leave();
        return text;
      };
      assert.match(await roles(), /Finance View/);
      provider.say("sam", verified("sam.ahmed@example.nhs.uk", { groups: [] }));
      assert.doesNotMatch(await roles(), /Finance View/);
    });

    test("whom nobody knows and whose address was not checked get no further", async () => {
      for (const [login_, why] of [
        ["nobody", /Nobody here has the email address that NHSmail gave/],
        ["unchecked-new", /gave no email address for you that it has checked/],
      ]) {
        provider.say("unchecked-new", { email: "omar.tate@example.nhs.uk", email_verified: false });
        const person = await arrive(login_);
        person.expect?.(422);
        await person.open("/sign-in");
        await person.page.getByRole("button", { name: "Sign in with NHSmail" }).or(person.page.getByRole("link", { name: "Sign in with NHSmail" })).click();
        await login(person, login_);
        await person.sees(why);
        await person.page.context().close();
      }
    });

    test("an answer signs in once, and only the browser that asked", async () => {
      const sam = await arrive("Sam Ahmed");
      await sam.open("/sign-in");
      let answer;
      await sam.page.route(/\/sign-in\/with\/nhsmail\/back/, async (route) => {
        answer = route.request().url();
        await route.abort();
      });
      await sam.click("link", "Sign in with NHSmail");
      await login(sam, "sam").catch(() => {});
      assert.match(answer, /code=/);
      const other = await arrive("somebody else");
      await other.page.goto(answer);
      await other.sees("You waited too long, or came back another way");
      await other.page.context().close();
      await sam.page.unroute(/\/sign-in\/with\/nhsmail\/back/);
      await sam.page.goto(answer);
      await sam.sees("Sam Ahmed");
      await sam.page.goto(answer);
      await sam.sees("You waited too long, or came back another way");
      await sam.page.context().close();
    });
  });
}
