// Processes of the rehearsal: two PostgreSQL servers, three of Accord, and HAProxy in front of these.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const run = promisify(execFile);

export const BINARY = process.env.ACCORD_BINARY ?? fileURLToPath(new URL("../../target/debug/accord", import.meta.url));
const POSTGRES = process.env.ACCORD_POSTGRES_BIN ?? "/usr/lib/postgresql/15/bin";
const PATIENCE_MS = 60_000;

/** A port that nobody uses at the moment. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something holds; says what it waited for when it never does. */
export async function until(what, holds) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    if (await holds().catch(() => false)) return;
  }
  throw new Error(`${what}: not after ${PATIENCE_MS / 1000} s`);
}

/** Who PostgreSQL runs as: it refuses to be root. */
async function owner() {
  if (process.getuid() !== 0) return {};
  const id = async (flag) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

/** One PostgreSQL server in a folder of its own. */
export class Postgres {
  constructor(folder, port, who) {
    Object.assign(this, { folder, port, who, data: join(folder, `pg-${port}`) });
  }

  static async at(folder) {
    const who = await owner();
    if (who.uid) await chown(folder, who.uid, who.gid);
    return new Postgres(folder, await freePort(), who);
  }

  /** A server with an empty database. */
  static async alone(folder) {
    const server = await Postgres.at(folder);
    await server.init();
    await server.start();
    await server.command("createdb", ["-h", "127.0.0.1", "-p", String(server.port), "-U", "accord", "accord"]);
    return server;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  command(name, args) {
    return run(join(POSTGRES, name), args, { ...this.who, cwd: this.folder, env: { ...process.env, HOME: this.folder } });
  }

  /** A new cluster that a standby may follow. Commits are flushed: what is measured is the promise, not the speed. */
  async init() {
    await this.command("initdb", ["-D", this.data, "--username=accord", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    const settings = ["wal_level = replica", "max_wal_senders = 8", "hot_standby = on", "max_connections = 150", "wal_keep_size = 256MB"];
    await writeFile(join(this.data, "postgresql.auto.conf"), `${settings.join("\n")}\n`, { mode: 0o600 });
    if (this.who.uid) await chown(join(this.data, "postgresql.auto.conf"), this.who.uid, this.who.gid);
  }

  /** A copy of another server that follows it. */
  async follow(primary) {
    await this.command("pg_basebackup", ["-D", this.data, "-R", "-X", "stream", "-c", "fast", "-d", `host=127.0.0.1 port=${primary.port} user=accord application_name=standby`]);
  }

  async start() {
    const options = `-p ${this.port} -k ${this.folder} -h 127.0.0.1`;
    await this.command("pg_ctl", ["-D", this.data, "-l", join(this.folder, `pg-${this.port}.log`), "-w", "-t", "60", "-o", options, "start"]);
  }

  /** How a question reads an identifier as text. */
  id(column) {
    return column;
  }

  /** Rows of a question, each an array of texts. */
  async ask(sql) {
    const args = ["-X", "-A", "-t", "-F", "\t", "-h", "127.0.0.1", "-p", String(this.port), "-U", "accord", "-d", "accord", "-c", sql];
    const { stdout } = await run(join(POSTGRES, "psql"), args, { maxBuffer: 1 << 28 });
    return stdout.split("\n").filter(Boolean).map((line) => line.split("\t"));
  }

  /** A standby that no longer hears its primary. */
  async stopHearing() {
    await this.ask("ALTER SYSTEM SET primary_conninfo = ''");
    await this.ask("SELECT pg_reload_conf()");
  }

  async pid() {
    return (await readFile(join(this.data, "postmaster.pid"), "utf8")).split("\n")[0];
  }

  async promote() {
    await this.command("pg_ctl", ["-D", this.data, "-w", "promote"]);
  }

  /** All its processes at once, as a machine that loses its power. */
  kill() {
    return this.everyProcess("SIGKILL");
  }

  async everyProcess(signal) {
    const pid = await this.pid();
    const { stdout } = await run("ps", ["-o", "pid=", "--ppid", pid]);
    for (const one of [pid, ...stdout.split("\n")].filter((line) => line.trim())) {
      try {
        process.kill(Number(one), signal);
      } catch {
        // It ended by itself in between.
      }
    }
  }

  async stop() {
    await this.command("pg_ctl", ["-D", this.data, "-m", "immediate", "-w", "stop"]).catch(() => {});
  }
}

/** An SQLite file that no process has open: Python's library is older than ours and must not meet a live one. */
export class Sqlite {
  constructor(file) {
    this.file = file;
  }

  id(column) {
    const hex = `lower(hex(${column}))`;
    return [[1, 8], [9, 4], [13, 4], [17, 4], [21, 12]].map(([from, length]) => `substr(${hex}, ${from}, ${length})`).join(" || '-' || ");
  }

  async ask(sql) {
    const program = "import json, sqlite3, sys; print(json.dumps(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute(sys.argv[2]).fetchall()))";
    const { stdout } = await run("python3", ["-c", program, this.file, sql], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout);
  }
}

/** A program that runs until it is stopped; what it writes goes to a file. */
export class Process {
  constructor(name, folder, command, args) {
    Object.assign(this, { name, folder, line: [command, ...args] });
  }

  /** Starts it; `under` is a command that runs it. */
  async start(under = []) {
    const [command, ...args] = [...under, ...this.line];
    const log = openSync(join(this.folder, `${this.name}.log`), "a");
    this.child = spawn(command, args, { stdio: ["ignore", log, log] });
    this.ended = once(this.child, "exit");
  }

  async end(signal) {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await this.ended;
  }
}

/** `accord serve` on a free port, which it keeps when it is started again. */
export async function accord(name, folder, database) {
  const port = await freePort();
  const process = new Process(name, folder, BINARY, ["serve", "--database", database, "--listen", `127.0.0.1:${port}`]);
  process.port = port;
  process.ready = () => until(`${name} is ready`, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  return process;
}

/** HAProxy before the processes of Accord: it asks each whether it is ready, and never sends a request twice. */
export async function haproxy(folder, processes) {
  const port = await freePort();
  const servers = processes.map(({ name, port: to }) => `  server ${name} 127.0.0.1:${to} check inter 500ms fall 2 rise 1`);
  const file = join(folder, "haproxy.cfg");
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    `global
  maxconn 500
defaults
  mode http
  timeout connect 2s
  timeout client 40s
  timeout server 40s
  retries 1
  option redispatch
frontend people
  bind 127.0.0.1:${port}
  default_backend accord
backend accord
  balance roundrobin
  option httpchk GET /readyz
${servers.join("\n")}
`,
  );
  const process = new Process("haproxy", folder, existsSync("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy", ["-f", file, "-db"]);
  process.port = port;
  return process;
}
