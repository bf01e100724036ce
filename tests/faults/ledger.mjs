// What people were told, and what the history says.

import assert from "node:assert/strict";

const sum = (map) => [...map.values()].reduce((one, two) => one + two, 0);

/** An act that was answered with a redirect is done; one without an answer may be. */
export class Ledger {
  done = new Map();
  unknown = new Map();
  refused = new Map();
  times = [];

  add(into, kind, subject) {
    const key = `${kind} ${subject}`;
    into.set(key, (into.get(key) ?? 0) + 1);
  }

  total() {
    return sum(this.done);
  }

  unanswered() {
    return sum(this.unknown);
  }
}

/** Which acts of the history the people below cause; the subject is an offer, a declaration or a contract. */
const KINDS = ["offer_accepted", "offer_rejected", "offer_requested", "offer_reissued", "achievement_declared", "declaration_approved", "declaration_finance_approved", "contract_confirmed"];

/** Compares what people were told with what the history says, act by act. `database.ask` gives rows of a question. */
export async function compare(database, ledger) {
  const { id } = database;
  const declarations = await database.ask(`SELECT ${id("id")}, reference FROM declaration`);
  const contracts = await database.ask(`SELECT ${id("id")}, '/contracts/' || reference FROM contract`);
  const names = new Map([...declarations, ...contracts]);
  const stored = new Map();
  for (const [subject, fact] of await database.ask(`SELECT ${id("subject_id")}, fact FROM event`)) {
    const { kind } = JSON.parse(fact);
    if (!KINDS.includes(kind)) continue;
    const key = `${kind} ${names.get(subject) ?? subject}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
  }
  const lost = [];
  const doubled = [];
  for (const key of new Set([...stored.keys(), ...ledger.done.keys()])) {
    const done = ledger.done.get(key) ?? 0;
    const most = done + (ledger.unknown.get(key) ?? 0);
    const found = stored.get(key) ?? 0;
    if (found < done) lost.push(`${key}: told ${done} times, stored ${found}`);
    if (found > most) doubled.push(`${key}: told ${done} times, at most ${most}, stored ${found}`);
  }
  return { lost, doubled, told: sum(ledger.done), unknown: sum(ledger.unknown), stored: sum(stored) };
}

/** Says what was found, and fails where something is lost or done twice. */
export function judge(found) {
  console.log(`Told "done": ${found.told}. Never answered: ${found.unknown}. Stored: ${found.stored}.`);
  for (const line of [...found.lost, ...found.doubled]) console.log(line);
  assert.equal(found.lost.length, 0, "something that was told done is lost");
  assert.equal(found.doubled.length, 0, "something is done twice");
  console.log("Nothing lost, nothing doubled.");
}

/** The longest time in which nobody was told that anything is done. */
export function silence(times, from, to) {
  const own = [from, ...times.filter((one) => one >= from && one <= to), to];
  const gaps = own.slice(1).map((one, place) => one - own[place]);
  return Math.max(...gaps) / 1_000;
}
