// A small nation of its own: one ICB, twelve practices, services to declare and services to answer, and sixteen people.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ledger } from "./ledger.mjs";
import { Client, all, hidden } from "./people.mjs";
import { BINARY, run } from "./processes.mjs";

const PASSWORD = "four wet ducks cross a road";
const PRACTICES = 12;
/** Services with a declaration for each month that has ended. */
const DECLARED = 20;
/** Services that are offered before the rehearsal, and those that a contract brings while it goes on. */
const OFFERED = 30;
const LATER = 20;

const number = (one) => String(one).padStart(3, "0");
export const practice = (one) => `Y${String(one).padStart(5, "0")}`;

/** The financial year of today, and its months that have ended; in April and May the year before. */
function year() {
  const now = new Date();
  const thisYear = now.getMonth() >= 3 ? now.getFullYear() : now.getFullYear() - 1;
  const start = now.getMonth() >= 3 && now.getMonth() <= 4 ? thisYear - 1 : thisYear;
  const ends = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(start, 3 + month + 1, 0)));
  return { start, ended: ends.filter((end) => end.getTime() < Date.now() - 86_400_000) };
}

function definition(code, start, kind) {
  return `code = "${code}"
name = "Rehearsed ${code}"
summary = "Made up for a rehearsal."
family = "Local"
year = ${start}
starts_on = ${start}-04-01
ends_on = ${start + 1}-03-31
provider = "practice"
entry = "${kind}"

[payment]
frequency = "monthly"
declaration_required = true
approval_required = true
pay_code = "${code}"

[[component]]
code = "${code}"
name = "Tests"

[[component.indicator]]
code = "${code}001"
name = "Tests"
kind = "count"
fee = "10.00"
unit = "tests"
`;
}

/** Someone with a password and roles. */
async function person(env, name, organisation, roles) {
  const email = `${name.toLowerCase().replace(/ /g, ".")}@nhs.net`;
  const args = ["person", "add", "--email", email, "--name", name, "--organisation", organisation, ...roles.flatMap((role) => ["--role", role])];
  const child = spawn(BINARY, args, { stdio: ["pipe", "ignore", "inherit"], env });
  child.stdin.end(`${PASSWORD}\n`);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`accord person add ${name} ended with ${code}`);
  return email;
}

/** Loads organisations, services and people with the program's own commands. */
export async function load(database, folder, { declared = DECLARED } = {}) {
  const env = { ...process.env, ACCORD_DATABASE: database };
  await mkdir(folder, { recursive: true });
  const command = (...args) => run(BINARY, args, { env, maxBuffer: 1 << 26 });
  const head = "practice_code,practice_name,postcode,pcn_code,pcn_name,sub_icb_name,icb_code,icb_name,region_code,region_name";
  const rows = Array.from({ length: PRACTICES }, (_, one) => `${practice(one + 1)},Practice ${one + 1},AB1 2CD,U00001,First PCN,First place,QAA,First ICB,Y99,First region`);
  await writeFile(join(folder, "organisations.csv"), `${head}\n${rows.join("\n")}\n`);
  const { start, ended } = year();
  await command("import", "organisations", "--from", `${start}-04-01`, join(folder, "organisations.csv"));
  const codes = {
    declared: Array.from({ length: declared }, (_, one) => `DEC${number(one)}`),
    offered: Array.from({ length: OFFERED }, (_, one) => `OFF${number(one)}`),
    later: Array.from({ length: LATER }, (_, one) => `LAT${number(one)}`),
  };
  const files = [];
  for (const [kind, own] of Object.entries(codes)) {
    for (const code of own) {
      files.push(join(folder, `${code}.toml`));
      await writeFile(files.at(-1), definition(code, start, kind === "declared" ? "extract" : "manual"));
    }
  }
  await command("import", "service", ...files);
  const people = { practices: [] };
  for (let one = 1; one <= PRACTICES; one += 1) {
    people.practices.push(await person(env, `Manager ${one}`, practice(one), ["Service Management", "Declaration Management"]));
  }
  people.commissioner = await person(env, "Commissioner One", "QAA", ["Commissioning Management"]);
  people.approvers = [await person(env, "Approver One", "QAA", ["Approval Management"]), await person(env, "Approver Two", "QAA", ["Approval Management"])];
  people.finance = await person(env, "Finance One", "QAA", ["Finance Management"]);
  return { codes, people, ended, extract: (name) => command("import", "extract", name), folder };
}

/** A contract of some services, offered to all. */
export async function offer(commissioner, name, services) {
  const until = new Date(Date.now() + 30 * 86_400_000);
  const details = [["name", name], ["offer", "yes"], ["respond-by-day", until.getUTCDate()], ["respond-by-month", until.getUTCMonth() + 1], ["respond-by-year", until.getUTCFullYear()]];
  const made = await commissioner.post("/contracts/new", details).catch(() => null);
  const address = made?.location?.replace(/\/providers$/, "");
  const page = address && (await commissioner.page(`${address}/services`));
  if (!page) return null;
  const components = all(page, /name="component" type="checkbox" value="([^"]*)"/g).filter((one) => services.some((code) => one.startsWith(code)));
  const chosen = [["version", hidden(page, "version")], ["go", "next"], ...services.map((code) => ["service", code]), ...components.map((one) => ["component", one])];
  const next = await commissioner.post(`${address}/services`, chosen).catch(() => null);
  const review = next?.location && (await commissioner.page(next.location));
  if (!review) return null;
  await commissioner.act("contract_confirmed", address, `${address}/review`, [["version", hidden(review, "version")], ["confirm", "yes"], ["go", "confirm"]]);
  return address;
}

/** Everybody signed in, services accepted, figures in: declarations wait and offers too. */
export async function settle(world, address) {
  const ledger = new Ledger();
  const signedIn = async (email) => {
    const client = new Client(address, ledger);
    await client.signIn(email, PASSWORD);
    return client;
  };
  const practices = [];
  for (const email of world.people.practices) practices.push(await signedIn(email));
  const commissioner = await signedIn(world.people.commissioner);
  const approvers = [await signedIn(world.people.approvers[0]), await signedIn(world.people.approvers[1])];
  const finance = await signedIn(world.people.finance);
  await offer(commissioner, "Services to declare", world.codes.declared);
  for (const client of practices) {
    for (;;) {
      const open = all((await client.page("/services?show=to_answer")) ?? "", /href="\/services\/([0-9a-f-]{36})"/g);
      if (open.length === 0) break;
      for (const id of open) {
        const page = await client.page(`/services/${id}`);
        await client.act("offer_accepted", id, `/services/${id}/accept`, [["version", hidden(page, "version")]]);
      }
    }
  }
  await world.extract(await figures(world));
  const contract = await offer(commissioner, "Services to answer", world.codes.offered);
  return { ledger, practices, commissioner, approvers, finance, contract };
}

/** Counts of every practice, service and month. */
async function figures({ codes, ended, folder }) {
  const rows = ["QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION"];
  for (const end of ended) {
    const [year, month, day] = end.toISOString().slice(0, 10).split("-");
    for (const code of codes.declared) {
      for (let one = 1; one <= PRACTICES; one += 1) {
        rows.push(`${code},Rehearsed,${practice(one)},${year}${month}${day},${code}001,Count,${one * 7},N,rehearsal,${day}/${month}/${year},12:00:00,Y`);
      }
    }
  }
  const file = join(folder, "figures.csv");
  await writeFile(file, `${rows.join("\n")}\n`);
  return file;
}
