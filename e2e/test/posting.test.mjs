// An operator's site sends emails through a real mail server with encryption and a password: what is refused for good is given
// up and can be sent again, what is refused for now is tried again, and whoever is not trusted gets nothing.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startMail } from "../lib/mail.mjs";

const BINARY = process.env.ACCORD_BINARY ?? fileURLToPath(new URL("../../target/debug/accord", import.meta.url));
const PRACTICES =
  "practice_code,practice_name,postcode,pcn_code,pcn_name,sub_icb_name,icb_code,icb_name,region_code,region_name\n" +
  "Y00001,Riverside Surgery,AB1 2CD,U00001,Riverside PCN,Anytown,QAA,NHS Anytown ICB,Y99,North\n";

let folder, mail, server, address, environment;
const refused = new Map([
  ["gone@icb.example", 550],
  ["later@icb.example", 451],
]);

/** A certificate of a made-up authority for this machine. */
async function certify() {
  const openssl = (line, input) => execFileSync("openssl", line.split(" "), { cwd: folder, input, stdio: ["pipe", "pipe", "pipe"] });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=authority -days 2`);
  openssl(`req ${key} -keyout key.pem -out request.pem -subj /CN=localhost`);
  await writeFile(join(folder, "names"), "subjectAltName=DNS:localhost\n");
  openssl("x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile names");
  return { key: await readFile(join(folder, "key.pem")), cert: await readFile(join(folder, "cert.pem")) };
}

/** What the program says, after whether it ended well. */
function accord(args, { input = "", settings = {} } = {}) {
  return new Promise((resolve) => {
    const child = execFile(BINARY, args, { env: { ...environment, ...settings } }, (error, out, err) => resolve([!error, out + err]));
    child.stdin.end(input);
  });
}

/** Asks until the outbox says something. */
async function outbox(accept) {
  let said;
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(100)) {
    [, said] = await accord(["outbox"]);
    if (accept(said)) return said;
  }
  throw new Error(`the outbox says:\n${said}`);
}

const forget = (email) =>
  fetch(`${address}/password/forgotten`, { method: "POST", redirect: "manual", body: new URLSearchParams({ email }) });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "accord-mail-"));
  const certificate = await certify();
  mail = await startMail({ certificate, secure: true, refuse: (to) => refused.get(to) });
  environment = {
    ...process.env,
    ACCORD_DATABASE: join(folder, "accord.db"),
    ACCORD_MAIL: mail.address,
    ACCORD_MAIL_FROM: "Accord <accord@icb.example>",
    ACCORD_ADDRESS: "http://127.0.0.1:8080",
    SSL_CERT_FILE: join(folder, "ca.pem"),
  };
  await writeFile(join(folder, "practices.csv"), PRACTICES);
  const [isLoaded, loaded] = await accord(["import", "organisations", join(folder, "practices.csv")]);
  assert.ok(isLoaded, loaded);
  for (const name of ["kept", "gone", "later"]) {
    const who = ["--email", `${name}@icb.example`, "--name", `Ann ${name}`, "--organisation", "QAA", "--role", "View"];
    const [isAdded, said] = await accord(["person", "add", ...who], { input: "seventeen green bicycles\n" });
    assert.ok(isAdded, said);
  }
  server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0"], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
  const [printed] = await once(server.stdout, "data");
  address = String(printed).match(/http:\S+/)[0];
});

after(async () => {
  server?.kill("SIGTERM");
  if (server) await once(server, "exit");
  await mail?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("an email travels encrypted and with the password", async () => {
  for (const name of ["kept", "gone", "later"]) assert.equal((await forget(`${name}@icb.example`)).status < 400, true);
  const [email] = await mail.arrived(1, ({ to }) => to.includes("kept@icb.example"));
  assert.equal(email.user, "accord");
  assert.equal(email.secure, true);
});

test("what is refused for good is given up, and what is refused for now is tried again", async () => {
  const said = await outbox((said) => said.includes("gone@") && said.includes("later@"));
  assert.match(said, /gone@icb\.example .*\n.*1 attempt, given up: .*550/);
  assert.match(said, /later@icb\.example .*\n.*1 attempt, next attempt .*451/);
  assert.doesNotMatch(said, /kept@/);
});

test("an email that was given up goes after all when an operator says so", async () => {
  refused.delete("gone@icb.example");
  const [isFine, said] = await accord(["outbox", "retry"]);
  assert.ok(isFine, said);
  assert.equal(said, "1 email goes with the next round.\n");
  const emails = await mail.arrived(1, ({ to }) => to.includes("gone@icb.example"));
  assert.equal(emails.length, 1);
  const left = await outbox((said) => !said.includes("gone@"));
  assert.match(left, /later@/);
});

test("the doctor tells a server that lets us in from one that does not, and shows no password", async () => {
  const [, fine] = await accord(["doctor"]);
  assert.match(fine, /well {4}Mail server: It answers and lets us in\./);
  const [isFine, said] = await accord(["doctor"], { settings: { ACCORD_MAIL: mail.address.replace("secret", "wr0ng") } });
  assert.equal(isFine, false);
  assert.match(said, /WRONG {3}Mail server: It cannot be used: .*535/);
  assert.doesNotMatch(said, /wr0ng/);
  const [, stranger] = await accord(["doctor"], { settings: { SSL_CERT_FILE: "" } });
  assert.match(stranger, /WRONG {3}Mail server: It cannot be used/);
});

test("a server that encrypts when asked to is asked to", async () => {
  const certificate = { key: await readFile(join(folder, "key.pem")), cert: await readFile(join(folder, "cert.pem")) };
  const other = await startMail({ certificate });
  const [, said] = await accord(["doctor"], { settings: { ACCORD_MAIL: other.address } });
  await other.stop();
  assert.match(said, /well {4}Mail server: It answers and lets us in\./);
  const [isFine, refusedToStart] = await accord(["work"], { settings: { ACCORD_MAIL: "smtp://mail.icb.example" } });
  assert.equal(isFine, false);
  assert.match(refusedToStart, /would be reached without encryption/);
});
