// Pictures for the README, and the check that a narrow page scrolls one way only.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
// A long list goes on like its first rows.
const TALLEST = 1400;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 320, height: 640 };

/** Keeps a picture of the page's first part, when asked to by ACCORD_PICTURES=1. */
export async function picture(page, name) {
  if (process.env.ACCORD_PICTURES !== "1") return;
  await mkdir(FOLDER, { recursive: true });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.screenshot({
    path: `${FOLDER}${name}.png`,
    fullPage: true,
    clip: { x: 0, y: 0, width: WIDE.width, height: Math.min(height, TALLEST) },
    animations: "disabled",
  });
}

/** WCAG 1.4.10: at 320 pixels nothing but a wide table in its own container scrolls sideways. */
export async function assertReflows(page) {
  await page.setViewportSize(NARROW);
  let found = await measure(page);
  // The menu folds a moment after the window has changed, so it is given one.
  for (let tries = 0; tries < 15 && found.needs > NARROW.width; tries += 1) {
    await sleep(100);
    found = await measure(page);
  }
  await page.setViewportSize(WIDE);
  assert.ok(found.needs <= NARROW.width, `${page.url()} needs ${found.needs} pixels at 320:\n  ${found.wide.join("\n  ")}`);
}

function measure(page) {
  return page.evaluate(() => ({
    needs: document.documentElement.scrollWidth,
    wide: [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 5)
      .map((element) => element.outerHTML.slice(0, 120)),
  }));
}
