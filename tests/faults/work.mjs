// Sixteen people at work: they declare, answer offers, approve and make contracts until they are told to stop.

import { setTimeout as sleep } from "node:timers/promises";
import { all, hidden } from "./people.mjs";
import { offer } from "./world.mjs";

const thinks = () => sleep(20 + Math.random() * 80);
const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** A practice: declares, and answers offers; what it rejects it asks for again. */
async function manages(client, going) {
  while (going()) {
    await thinks();
    if (Math.random() < 0.5) {
      const page = await client.page("/achievement/declare");
      const waiting = all(page ?? "", /name="declaration"[^>]*value="([^"]+)"/g);
      if (waiting.length === 0) continue;
      const reference = pick(waiting);
      const seen = all(page, /name="seen" value="([^"]+)"/g).map((one) => ["seen", one]);
      await client.act("achievement_declared", reference, "/achievement/declare", [["action", "declare"], ...seen, ["declaration", reference]]);
    } else {
      const open = await client.page(pick(["/services?show=to_answer", "/services"]));
      const offers = all(open ?? "", /href="\/services\/([0-9a-f-]{36})"/g);
      if (offers.length === 0) continue;
      const id = pick(offers);
      const page = (await client.page(`/services/${id}`)) ?? "";
      const version = ["version", hidden(page, "version")];
      if (page.includes(`/services/${id}/accept`)) {
        if (Math.random() < 0.7) await client.act("offer_accepted", id, `/services/${id}/accept`, [version]);
        else await client.act("offer_rejected", id, `/services/${id}/reject`, [version, ["reason", "Not now"]]);
      } else if (page.includes(`/services/${id}/request`)) {
        await client.act("offer_requested", id, `/services/${id}/request`, [version, ["note", "Now we can"]]);
      }
    }
  }
}

/** An approver, or finance. */
async function approves(client, kind, going) {
  while (going()) {
    await thinks();
    const page = await client.page("/declarations?look=needs");
    const waiting = all(page ?? "", /name="declaration"[^>]*value="([^"]+)"/g);
    if (waiting.length === 0) continue;
    const reference = pick(waiting);
    const seen = all(page, /name="seen" value="([^"]+)"/g).map((one) => ["seen", one]);
    await client.act(kind, reference, "/declarations/approve", [["back", ""], ["action", "approve"], ...seen, ["declaration", reference]]);
  }
}

/** The commissioner: reissues what is asked for again, and brings new contracts. */
async function commissions(client, contract, later, going) {
  for (let turn = 0; going(); turn += 1) {
    await thinks();
    if (turn % 4 === 0 && later.length > 0) {
      await offer(client, `Later ${turn}`, [later.pop()]);
      continue;
    }
    const page = await client.page(`${contract}?status=requested`);
    const asked = all(page ?? "", /href="\/services\/([0-9a-f-]{36})"/g);
    if (asked.length === 0) continue;
    const id = pick(asked);
    const own = (await client.page(`/services/${id}`)) ?? "";
    if (own.includes(`/offers/${id}/reissue`)) {
      await client.act("offer_reissued", id, `/offers/${id}/reissue`, [["version", hidden(own, "version")], ["until-day", ""], ["until-month", ""], ["until-year", ""]]);
    }
  }
}

/** Everybody of a settled world at once; ends when `going` says so. */
export function crew({ practices, approvers, finance, commissioner, contract }, later, going) {
  return [
    ...practices.map((client) => manages(client, going)),
    ...approvers.map((client) => approves(client, "declaration_approved", going)),
    approves(finance, "declaration_finance_approved", going),
    commissions(commissioner, contract, later, going),
  ];
}
