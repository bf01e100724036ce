// The database goes and comes back: PostgreSQL is stopped for a while, then hangs for a while. Nobody starts Accord again.
//
//   node tests/faults/gone.mjs [SECONDS]      5 when nothing is said; a minute is what we promise

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { rehearse } from "./site.mjs";

const seconds = Number(process.argv[2] ?? 5);
await rehearse("gone", { postgres: true }, async ({ server, address, work }) => {
  await server.stop();
  const status = async (path) => (await fetch(address + path)).status;
  assert.equal(await status("/healthz"), 200, "the process runs");
  assert.equal(await status("/readyz"), 503, "and says that it is not ready");
  const gone = await work(seconds * 1_000);
  await server.start();
  const began = performance.now();
  while ((await status("/readyz")) !== 200) await sleep(50);
  console.log(`Gone for ${seconds} s: ${gone.done} acts done. Ready again ${((performance.now() - began) / 1_000).toFixed(1)} s after the database.`);
  assert.ok((await work(4_000)).done > 0, "work goes on by itself");

  await server.everyProcess("SIGSTOP");
  const hung = await work(seconds * 1_000);
  await server.everyProcess("SIGCONT");
  console.log(`Hung for ${seconds} s: ${hung.done} acts done.`);
  assert.ok((await work(4_000)).done > 0, "work goes on by itself");
});
