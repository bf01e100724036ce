// An administrator gives somebody access to one cluster of providers, who logs in and sees that cluster and nothing else, with
// scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const CLUSTER = "Fernleaf system";
const INSIDE = "Z81004";
const OUTSIDE = ["Z81001", "Z81002", "Riverside Surgery, Ashdale"];

for (const scripting of [true, false]) {
  describe(`narrowing, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let ines;
    let ravi;
    let link;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), startBrowser()]);
      ines = await Person.signIn(browser, server.address, "Ines Prior", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    async function onlyTheCluster(person) {
      const text = await person.page.locator("body").innerText();
      assert.ok(text.includes(INSIDE), `${INSIDE} is at ${person.page.url()}`);
      for (const outside of OUTSIDE) {
        assert.ok(!text.includes(outside), `${outside} is not at ${person.page.url()}`);
      }
    }

    test("an administrator keeps a colleague's roles to a cluster", async () => {
      await ines.open("/people/invite");
      ines.startCounting();
      await ines.type("Email address", "ravi.cole@example.nhs.uk");
      await ines.type("Full name", "Ravi Cole");
      await ines.type("Job title", "locality manager");
      await ines.click("checkbox", "Finance View");
      await ines.click("checkbox", "Commissioning Management");
      await ines.choose("Keep the roles to some providers", CLUSTER);
      ines.expectStatus(422);
      await ines.click("button", "Give access");
      await ines.sees("The role Commissioning Management covers the whole organisation");
      await ines.checkPage(kept("narrowing-refused"));
      await ines.click("checkbox", "Commissioning Management");
      await ines.click("checkbox", "Approval Management");
      await ines.click("button", "Give access");
      await ines.sees("Ravi Cole can now set a password");
      link = await ines.page.locator("#link").innerText();
      await ines.open("/people?search=ravi");
      await ines.sees(`Only providers of the cluster ${CLUSTER}`, { row: "Ravi Cole" });
      await ines.checkPage();
    });

    test("the colleague logs in and sees the cluster alone", async () => {
      ravi = await Person.arrive(browser, server.address, { scripting, name: "Ravi Cole" });
      await ravi.open(new URL(link).pathname);
      for (const box of ["Password", "The same password again"]) {
        await ravi.page.getByLabel(box, { exact: true }).fill("correct horse battery");
      }
      await ravi.click("button", "Set password");
      await ravi.type("Email address", "ravi.cole@example.nhs.uk");
      await ravi.page.getByLabel("Password", { exact: true }).fill("correct horse battery");
      await ravi.click("button", "Sign in", { exact: true });
      await ravi.sees(`only providers of the cluster ${CLUSTER}`);
      await ravi.checkPage(kept("home-narrowed"));
      await ravi.open("/declarations?show=all&rows=200");
      await onlyTheCluster(ravi);
      await ravi.checkPage(kept("declarations-narrowed"));
    });

    test("contracts, answers and files hold the cluster alone", async () => {
      await ravi.open("/contracts");
      await ravi.sees("so you cannot create contracts and make offers");
      await ravi.checkPage();
      await ravi.click("link", "See the answers of all providers by service");
      await onlyTheCluster(ravi);
      await ravi.checkPage();
      const file = await ravi.download("link", /CSV/);
      assert.ok(file.includes(INSIDE), file.slice(0, 400));
      for (const outside of OUTSIDE) assert.ok(!file.includes(outside), outside);
    });

    test("what covers everything is refused, with who can do it", async () => {
      await ravi.open("/payments", { status: 403 });
      await ravi.sees("Your roles are kept to some services or providers");
      await ravi.sees(/these people can: .*Ana Ruiz/);
      await ravi.checkPage();
    });

    test("no browser had anything to complain about", async () => {
      for (const person of [ines, ravi]) await person.leave();
    });
  });
}
