// A commissioner puts a service on hold, takes back what was declared, and lifts the hold; a provider reads why and declares
// again, with scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const SERVICE = "Advice and guidance 2026 to 2027";
const REASON = "Counts of April are looked at again.";

for (const scripting of [true, false]) {
  describe(`holding, scripting ${scripting ? "on" : "off"}`, () => {
    const kept = (name) => (scripting ? name : undefined);
    let browser;
    let server;
    let people = {};

    before(async () => {
      browser = await startBrowser();
      server = await startServer();
      for (const name of ["Tom Hill", "Ana Ruiz", "Hugh Marsh", "Omar Tate", "Sam Ahmed"]) {
        people[name] = await Person.signIn(browser, server.address, name, { scripting });
      }
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    async function home(name) {
      await people[name].open("/");
      people[name].startCounting();
      return people[name];
    }
  });
}
