// Whoever has not answered is reminded in 3 clicks, and reads it in an email from a real mail server and on a page, with
// scripting on and off.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBrowser } from "../lib/browser.mjs";
import { startMail } from "../lib/mail.mjs";
import { Person } from "../lib/person.mjs";
import { startServer } from "../lib/server.mjs";

const isReminder = ({ subject }) => subject === "1 offer needs your answer by 5 June 2026";

for (const scripting of [true, false]) {
  describe(`reminding, scripting ${scripting ? "on" : "off"}`, () => {
    let browser;
    let mail;
    let server;
    let priya;

    before(async () => {
      [mail, browser] = await Promise.all([startMail(), startBrowser()]);
      server = await startServer({
        ACCORD_MAIL: mail.address,
        ACCORD_MAIL_FROM: "Accord <accord@icb.example>",
        ACCORD_ADDRESS: "https://accord.icb.example",
      });
      priya = await Person.signIn(browser, server.address, "Priya Shah", { scripting });
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      await mail?.stop();
    });

    test("a commissioner reminds everybody who has not answered", async () => {
      await priya.open("/");
      priya.startCounting();
      await priya.click("link", "Follow 30 offers without an answer");
      await priya.checkPage();
      await priya.click("link", "Send reminder to 30 providers");
      await priya.sees("1 offer needs your answer by 5 June 2026");
      await priya.checkPage();
      await priya.click("button", "Send 30 emails");
      await priya.sees("You reminded 30 people of 30 offers.");
      priya.assertClicks(3, "remind whoever has not answered");
      assert.equal(priya.fields, 0, "nothing is typed");
    });

    test("a second reminder on the same day is refused with its reason", async () => {
      await priya.open("/contracts/waiting");
      await priya.click("link", /^Send reminder/);
      await priya.sees("30 offers: The provider was reminded today.");
      await priya.checkPage();
    });

    test("each of them gets one email that leads to the offer", async () => {
      const emails = await mail.arrived(30, isReminder);
      assert.equal(emails.length, 30);
      assert.equal(new Set(emails.map(({ to }) => to.join())).size, 30, "each of another person");
      for (const { user, head, text } of emails) {
        assert.equal(user, "accord", "Accord signs in at the mail server");
        assert.match(head, /^From: "?Accord"? <accord@icb\.example>/m);
        assert.match(head, /^Message-ID: <[0-9a-f-]{36}@icb\.example>/m);
        assert.match(text, /https:\/\/accord\.icb\.example\/services\/[0-9a-f-]{36}/);
        assert.match(text, /has no answer yet/);
        assert.ok(!text.includes("£"), "an email names no amount");
      }
    });

    test("a practice reads it on its messages and answers from there", async () => {
      const sam = await Person.signIn(browser, server.address, "Sam Ahmed", { scripting });
      await sam.click("link", "Read your messages");
      await sam.checkPage();
      await sam.click("link", "1 offer needs your answer by 5 June 2026");
      await sam.sees(/Accord emailed this to you on/);
      await sam.checkPage();
      await sam.click("button", "Continue");
      await sam.click("button", "Accept service offer");
      await sam.sees("Active");
      await sam.leave();
    });

    test("no browser had anything to complain about", async () => {
      await priya.leave();
    });
  });
}
