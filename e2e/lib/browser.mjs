// The distribution's Chromium, alone and offline, with scripting on or off.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CANDIDATES = [process.env.ACCORD_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

// A test must not talk to anybody but the server under test, and runs as root on build machines.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser with a profile that is new and thrown away. */
export async function startBrowser() {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("Chromium is missing: run scripts/install-prerequisites");
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}

/** A person's own window: nothing is shared with another context. */
export function newContext(browser, { scripting = true } = {}) {
  return browser.newContext({
    javaScriptEnabled: scripting,
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/London",
    acceptDownloads: true,
    reducedMotion: "reduce",
  });
}
