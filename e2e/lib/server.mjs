// Starts the built program on a demo world of its own and stops it again.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const TARGET = fileURLToPath(new URL("../../target/", import.meta.url));
const BINARY = process.env.ACCORD_BINARY ?? join(TARGET, "debug/accord");
const PATIENCE_MS = 120_000;

/** The demo world that this build makes: made once, because it is always the same, and copied for each server. */
async function world() {
  const { mtimeMs, size } = await stat(BINARY).catch(() => {
    throw new Error(`${BINARY} is missing: run cargo build first`);
  });
  const folder = join(TARGET, "e2e", `world-${Math.round(mtimeMs)}-${size}`);
  if (!existsSync(folder)) {
    await rm(join(TARGET, "e2e"), { recursive: true, force: true });
    await run(BINARY, ["demo", "--data", `${folder}.new`, "--only-make"]);
    await rename(`${folder}.new`, folder);
  }
  return folder;
}

/** A demo served on a free port, with settings of its own: `{ address, stop }`. */
export async function startServer(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "accord-e2e-"));
  await cp(await world(), folder, { recursive: true });
  const child = spawn(BINARY, ["demo", "--data", folder, "--keep", "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...settings },
  });
  let printed = "";
  let gone = null;
  const keep = (chunk) => {
    printed = (printed + chunk).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve((gone = `could not start: ${error.message}`)));
    child.on("exit", (code, signal) => resolve((gone = `ended with ${code ?? signal}`)));
  });
  const killed = () => child.kill("SIGKILL");
  process.on("exit", killed); // even when the runner ends without calling stop

  const stop = async () => {
    child.kill("SIGTERM");
    await Promise.race([ended, sleep(10_000).then(killed)]);
    process.off("exit", killed);
    await rm(folder, { recursive: true, force: true });
  };

  const fail = async (why) => {
    await stop();
    throw new Error(`accord demo ${why}. It printed:\n${printed}`);
  };
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(100)) {
    if (gone) await fail(gone);
    // Some log formats colour their words; the address must be found all the same.
    const found = printed.replace(/\x1b\[[0-9;]*m/g, "").match(/127\.0\.0\.1:([1-9]\d*)/);
    if (!found) continue;
    const address = `http://127.0.0.1:${found[1]}`;
    const ready = await fetch(`${address}/readyz`).then((answer) => answer.ok, () => false);
    if (ready) return { address, stop, printed: () => printed };
  }
  return fail(`was not ready after ${PATIENCE_MS / 1000} s`);
}
