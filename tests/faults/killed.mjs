// Kills the process again and again while people work, and starts it again: SQLite, no warning.
//
//   node tests/faults/killed.mjs [TIMES]      25 when nothing is said

import { rehearse } from "./site.mjs";

const times = Number(process.argv[2] ?? 25);
await rehearse("killed", { declared: Math.max(20, Math.ceil(times / 5)) }, async ({ own, work, ledger }) => {
  const before = ledger.total();
  for (let kill = 0; kill < times; kill += 1) {
    await work(200 + Math.random() * 1_000);
    await own.end("SIGKILL");
    await own.start();
    await own.ready();
  }
  console.log(`Killed ${times} times; ${ledger.total() - before} acts done meanwhile.`);
});
