// What a disk can do to SQLite: it is full, it does not flush, it is slow. People are told that the service is not available; what
// they were told is done stays.
//
//   node tests/faults/disk.mjs

import assert from "node:assert/strict";
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./processes.mjs";
import { maySmallDisk, rehearse, smallDisk } from "./site.mjs";

const strace = (inject) => ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", `inject=fsync,fdatasync:${inject}`];

/** Writes until there is no room. */
async function fill(file) {
  const handle = await open(file, "w");
  const block = Buffer.alloc(1 << 16, 1);
  try {
    for (let size = block.length; size > 0; ) {
      try {
        await handle.write(block, 0, size);
      } catch (error) {
        if (error.code !== "ENOSPC") throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    await handle.close();
  }
}

if (await maySmallDisk()) {
  console.log("The disk is full.");
  await rehearse("full", { data: smallDisk(160) }, async ({ data, address, work }) => {
    const filler = join(dirname(data), "filler");
    await fill(filler);
    // The log has some room of its own, which is used up first.
    const full = { done: 0, unanswered: 0 };
    for (let turn = 0; turn < 60 && full.unanswered < 10; turn += 1) {
      const { done, unanswered } = await work(500);
      full.done += done;
      full.unanswered += unanswered;
    }
    assert.ok((await fetch(`${address}/sign-in`)).ok, "pages are read while the disk is full");
    await rm(filler);
    await work(1_000);
    const again = await work(2_000);
    console.log(`Full: ${full.done} acts done in room that was there, then ${full.unanswered} told that the service is not available. With room again: ${again.done} done.`);
    assert.ok(full.unanswered > 0 && again.done > 0, "work stops while the disk is full, and goes on by itself");
  });
} else {
  console.log("The disk is full: left out, because nobody but root may mount a small one, and not everywhere.");
}

if (!(await run("strace", ["-o", "/dev/null", "true"]).then(() => true, () => false))) {
  console.log("Flushes that fail or take long: left out, because strace may not follow a process here.");
  process.exit(0);
}

console.log("One flush in 40 fails.");
await rehearse("flush", {}, async ({ own, work }) => {
  await own.end("SIGTERM");
  await own.start(strace("error=EIO:when=40+40"));
  await own.ready();
  const failing = await work(8_000);
  console.log(`${failing.done} acts done, ${failing.unanswered} told that the service is not available.`);
  assert.ok(failing.done > 0 && failing.unanswered > 0, "some flushes fail, and the others are kept");
});

console.log("Each flush takes 200 ms.");
await rehearse("slow", {}, async ({ own, work }, usual) => {
  await own.end("SIGTERM");
  await own.start(strace("delay_exit=200000"));
  await own.ready();
  const slow = await work(6_000);
  console.log(`${slow.done} acts done in 6 s; the first 2 s brought ${usual.done}.`);
  assert.ok(slow.done > 0, "slow is not broken");
});
