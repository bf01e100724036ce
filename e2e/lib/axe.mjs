// Holds a page to WCAG 2.0, 2.1 and 2.2, levels A and AA.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

// What may stay, each with its reason: { rule, target: part of the selector, reason }.
const ALLOWED = [
  {
    rule: "label-content-name-mismatch",
    target: "#file",
    reason: "The NHS file upload names its button by the label and then its own words, with a comma between them that is only heard.",
  },
];

/** Fails with every violation on the page that is not allowed above. */
export async function assertAccessible(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  assert.ok(result.passes.length > 0, `${page.url()}: axe looked at nothing`);
  const found = result.violations.flatMap(({ id, help, nodes }) =>
    nodes
      .map((node) => ({ rule: id, help, target: node.target.join(" "), html: node.html.slice(0, 200) }))
      .filter((one) => !ALLOWED.some((allowed) => allowed.rule === one.rule && one.target.includes(allowed.target))),
  );
  const lines = found.map((one) => `  ${one.rule} (${one.help}): ${one.target}\n    ${one.html}`);
  assert.equal(found.length, 0, `${page.url()} breaks accessibility rules:\n${lines.join("\n")}`);
}
