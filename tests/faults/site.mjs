// One process of Accord on one database, with everybody at work: what the faults of a machine are tried on.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { compare, judge } from "./ledger.mjs";
import { BINARY, Postgres, Sqlite, accord, run } from "./processes.mjs";
import { crew } from "./work.mjs";
import { load, settle } from "./world.mjs";

/** Makes a site, hands it to `faults` while people work, and holds what they were told against what is stored. */
export async function rehearse(name, { postgres = false, data, declared }, faults) {
  const folder = await mkdtemp(join(tmpdir(), `accord-${name}-`));
  const started = [];
  try {
    const server = postgres ? await Postgres.alone(folder) : null;
    if (server) started.push(() => server.stop());
    const file = join(data ? await data(folder, started) : folder, "accord.db");
    const database = server ? `postgres://accord@${server.address}/accord` : file;
    const world = await load(database, join(folder, "files"), { declared });
    const own = await accord("accord", folder, database);
    await own.start();
    started.push(() => own.end("SIGKILL"));
    await own.ready();
    const people = await settle(world, `http://127.0.0.1:${own.port}`);
    let working = true;
    const atWork = crew(people, world.codes.later, () => working);
    const { ledger } = people;
    const site = {
      folder, server, own, ledger, data: file,
      address: `http://127.0.0.1:${own.port}`,
      /** Works on for a while; gives how many acts were done and how many were not answered. */
      async work(milliseconds) {
        const before = [ledger.total(), ledger.unanswered()];
        await sleep(milliseconds);
        return { done: ledger.total() - before[0], unanswered: ledger.unanswered() - before[1] };
      },
    };
    const usual = await site.work(2_000);
    assert.ok(usual.done > 0, "nobody could work before anything went wrong");
    await faults(site, usual);
    working = false;
    await Promise.all(atWork);
    // By itself, so that an SQLite file is whole and alone.
    await own.end("SIGTERM");
    const found = await compare(server ?? new Sqlite(file), ledger);
    const { stdout } = await run(BINARY, ["audit", "verify", "--database", database]);
    console.log(stdout.split("\n")[0]);
    judge(found);
  } catch (error) {
    console.log(`The logs are in ${folder}.`);
    throw error;
  } finally {
    for (const stop of started.reverse()) await stop();
  }
  await rm(folder, { recursive: true, force: true });
}

/** Whether a small disk can be mounted here. */
export async function maySmallDisk() {
  const place = await mkdtemp(join(tmpdir(), "accord-mount-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place]);
    await run("umount", [place]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** A small disk of its own. */
export function smallDisk(megabytes) {
  return async (folder, started) => {
    const place = join(folder, "disk");
    await mkdir(place);
    await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", place]);
    started.unshift(() => run("umount", ["-l", place]));
    return place;
  };
}
