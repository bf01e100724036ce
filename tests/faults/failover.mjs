// Rehearses the loss of machines: a primary with a synchronous standby, three processes of Accord behind HAProxy, and sixteen
// people at work. The primary is killed and the standby promoted; then a process of Accord is killed. In the end everything
// that a person was told is done must be stored, and nothing twice. With --asynchronous the primary answers before the standby
// has heard, and the standby is deaf for the last second: then the rehearsal must find what is lost.
//
//   node tests/faults/failover.mjs [--asynchronous]      (or: make test-faults)

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { compare, judge, silence } from "./ledger.mjs";
import { BINARY, Postgres, accord, haproxy, run, until } from "./processes.mjs";
import { crew } from "./work.mjs";
import { load, settle } from "./world.mjs";

const ASYNCHRONOUS = process.argv.includes("--asynchronous");
/** Work before, between and after the two losses. */
const PHASE_MS = 6_000;
/** How long nobody notices that the primary is gone: what promotes it, a person or Patroni, takes its time. */
const UNNOTICED_MS = 2_000;

const say = (text) => console.log(text);
const folder = await mkdtemp(join(tmpdir(), "accord-failover-"));
const started = [];
try {
  const primary = await Postgres.alone(folder);
  started.push(() => primary.stop());
  const standby = await Postgres.at(folder);
  await standby.follow(primary);
  await standby.start();
  started.push(() => standby.stop());
  if (!ASYNCHRONOUS) {
    // A commit is answered when both have it on disk.
    await primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await primary.ask("SELECT pg_reload_conf()");
  }
  const follows = ASYNCHRONOUS ? "async" : "sync";
  await until("the standby follows", async () => (await primary.ask("SELECT sync_state FROM pg_stat_replication"))[0]?.[0] === follows);
  const database = `postgres://accord@${primary.address},${standby.address}/accord`;

  const world = await load(database, join(folder, "files"));
  const processes = [];
  for (const name of ["one", "two", "three"]) processes.push(await accord(name, folder, database));
  for (const process of processes) {
    await process.start();
    started.push(() => process.end("SIGKILL"));
  }
  await Promise.all(processes.map((process) => process.ready()));
  const proxy = await haproxy(folder, processes);
  await proxy.start();
  started.push(() => proxy.end("SIGKILL"));
  const address = `http://127.0.0.1:${proxy.port}`;
  await until("the proxy answers", async () => (await fetch(`${address}/readyz`)).ok);
  const people = await settle(world, address);
  const { ledger } = people;
  say(`World: 12 practices, ${(await primary.ask("SELECT count(*) FROM declaration"))[0][0]} declarations, ${(await primary.ask("SELECT count(*) FROM offer WHERE state = 'pending'"))[0][0]} offers to answer.`);

  let working = true;
  const going = () => working;
  const atWork = crew(people, world.codes.later, going);
  say(`${atWork.length} people at work.`);
  const begun = performance.now();
  await sleep(PHASE_MS);

  if (ASYNCHRONOUS) {
    await standby.stopHearing();
    await sleep(2_000);
  }
  const killed = performance.now();
  say(`Acts done before: ${ledger.total()}. The primary is killed.`);
  await primary.kill();
  await sleep(UNNOTICED_MS);
  await standby.promote();
  const promoted = performance.now();
  await sleep(PHASE_MS);
  const served = performance.now();

  say(`Acts done by then: ${ledger.total()}. A process of Accord is killed.`);
  const lost = performance.now();
  await processes[0].end("SIGKILL");
  await sleep(PHASE_MS / 2);
  await processes[0].start();
  await sleep(PHASE_MS / 2);
  const end = performance.now();
  working = false;
  await Promise.all(atWork);

  const found = await compare(standby, ledger);
  const { stdout: verified } = await run(BINARY, ["audit", "verify", "--database", `postgres://accord@${standby.address}/accord`]);
  say(`Without an answer "done": ${silence(ledger.times, killed - 1, served).toFixed(1)} s around the primary, of which ${((promoted - killed) / 1_000).toFixed(1)} s until the standby was promoted; ${silence(ledger.times, lost - 1, end).toFixed(1)} s around the process of Accord; otherwise at most ${silence(ledger.times, begun, killed).toFixed(1)} s.`);
  for (const [why, times] of ledger.refused) say(`Refused: ${why}, ${times} times.`);
  say(verified.trim());
  assert.ok(ledger.times.some((one) => one > promoted), "nobody could work after the failover");
  if (ASYNCHRONOUS) {
    assert.ok(found.lost.length > 0, "without a synchronous standby something is lost, and this did not see it");
    say(`Without a synchronous standby ${found.lost.length} acts are lost that people were told are done.`);
  } else {
    judge(found);
  }
} catch (error) {
  say(`The logs are in ${folder}.`);
  throw error;
} finally {
  for (const stop of started.reverse()) await stop();
}
await rm(folder, { recursive: true, force: true });
