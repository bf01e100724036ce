//! What waits for whom: the counts behind the home page, computed from the records themselves.

use crate::{Result, Tx, args, declaration::by_side, delegation::standing, hold::covered};
use chrono::NaiveDate;
use domain::{Actor, delegation::delegate};

/// What waits at a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct AtProvider {
    /// Offers to answer.
    pub to_answer: i64,
    /// The first response date among them.
    pub answer_by: Option<NaiveDate>,
    /// Offers to answer of providers that the actor's organisation answers for.
    pub for_others: i64,
    /// The first response date among them.
    pub others_by: Option<NaiveDate>,
    /// How many providers those are.
    pub members: i64,
    /// New terms to answer.
    pub new_terms: i64,
    /// Achievements to declare that no hold covers.
    pub to_declare: i64,
    /// Their sum in pence.
    pub to_declare_pence: i64,
    /// The sum of those to declare that a hold covers, in pence.
    pub held_to_declare_pence: i64,
    /// Declared or approved, not yet in a payment file.
    pub on_its_way: i64,
    /// Their sum in pence.
    pub on_its_way_pence: i64,
    /// Sum of everything in payment files that is not paid yet, in pence.
    pub in_files_pence: i64,
    /// Sum of everything paid, in pence.
    pub paid_pence: i64,
    /// Offers accepted, of services that have not ended.
    pub active: i64,
}

/// What waits at a provider on a date.
pub async fn at_provider(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<AtProvider> {
    let Some(organisation) = by.organisation() else { return Ok(AtProvider::default()) };
    let mut counts: AtProvider = tx
        .one(
            concat!(
            "SELECT o.to_answer, o.answer_by, o.active, m.for_others, m.others_by, m.members, t.new_terms, d.to_declare, d.to_declare_pence, d.held_to_declare_pence, d.on_its_way,
                 d.on_its_way_pence, f.in_files_pence, f.paid_pence
             FROM (SELECT
                     count(CASE WHEN state = 'pending' AND respond_by >= $2 THEN 1 END) AS to_answer,
                     min(CASE WHEN state = 'pending' AND respond_by >= $2 THEN respond_by END) AS answer_by,
                     count(CASE WHEN in_force_until >= $2 THEN 1 END) AS active
                   FROM offer WHERE provider_id = $1) o,
                  (SELECT count(*) AS for_others, min(respond_by) AS others_by, count(DISTINCT provider_id) AS members
                   FROM offer WHERE state = 'pending' AND respond_by >= $2 AND provider_id IN (", standing!("$3", "$2"), ")) m,
                  (SELECT count(*) AS new_terms FROM offer x JOIN variation v ON v.offer_id = x.id
                   JOIN service_version w ON w.service_id = v.service_id AND w.number = v.number
                   WHERE x.provider_id = $1 AND v.state = 'offered' AND v.respond_by >= $2
                     AND x.in_force_until >= w.effective_on) t,
                  (SELECT
                     count(CASE WHEN state = 'awaiting_provider' AND NOT held THEN 1 END) AS to_declare,
                     CAST(coalesce(sum(CASE WHEN state = 'awaiting_provider' AND NOT held THEN amount_pence END), 0) AS BIGINT) AS to_declare_pence,
                     CAST(coalesce(sum(CASE WHEN state = 'awaiting_provider' AND held THEN amount_pence END), 0) AS BIGINT) AS held_to_declare_pence,
                     count(CASE WHEN state <> 'awaiting_provider' THEN 1 END) AS on_its_way,
                     CAST(coalesce(sum(CASE WHEN state <> 'awaiting_provider' THEN amount_pence END), 0) AS BIGINT) AS on_its_way_pence
                   FROM (SELECT x.state, x.amount_pence, (x.state = 'awaiting_provider' AND ", covered!("x", "declaring"), ") AS held
                         FROM declaration x WHERE x.provider_id = $1
                           AND x.id NOT IN (SELECT declaration_id FROM payment_line WHERE state <> 'replaced' AND correction_part_id IS NULL)) y) d,
                  (SELECT
                     CAST(coalesce(sum(CASE WHEN l.state <> 'paid' AND z.position IS NULL THEN l.amount_pence END), 0) AS BIGINT) AS in_files_pence,
                     CAST(coalesce(sum(CASE WHEN l.state = 'paid' OR z.position IS NOT NULL THEN l.amount_pence END), 0) AS BIGINT) AS paid_pence
                   FROM payment_line l JOIN declaration d ON d.id = l.declaration_id
                   LEFT JOIN payment_settlement z ON z.payment_file_id = l.payment_file_id AND z.position = l.position
                   WHERE d.provider_id = $1 AND l.state <> 'replaced') f"
            ),
            args![organisation.id, today, delegate(by, today)],
        )
        .await?;
    if !by.sees_money() {
        (counts.to_declare_pence, counts.held_to_declare_pence, counts.on_its_way_pence) =
            (0, 0, 0);
        (counts.in_files_pence, counts.paid_pence) = (0, 0);
    }
    Ok(counts)
}

/// What waits at a commissioner, with what is below it for a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct AtCommissioner {
    /// Services that providers have asked for again.
    pub requested: i64,
    /// Offers without an answer.
    pub pending: i64,
    /// The first response date among them.
    pub answer_by: Option<NaiveDate>,
    /// Offers accepted.
    pub accepted: i64,
    /// All offers but withdrawn ones.
    pub offers: i64,
    /// Draft contracts.
    pub drafts: i64,
    /// Reference of a contract with a service asked for again.
    pub requested_in: Option<String>,
    /// Achievements that cannot be calculated because something other than figures is missing.
    pub held: i64,
    /// Declarations that wait for the commissioner; here and below without those that a hold covers.
    pub to_approve: i64,
    /// Their sum in pence.
    pub to_approve_pence: i64,
    /// Declarations that wait for a second approval.
    pub to_second: i64,
    /// Their sum in pence.
    pub to_second_pence: i64,
    /// Declarations that wait for finance.
    pub to_finance: i64,
    /// Their sum in pence.
    pub to_finance_pence: i64,
    /// Declarations approved and not yet in a payment file.
    pub to_pay: i64,
    /// Their sum in pence.
    pub to_pay_pence: i64,
    /// Declarations that would wait for one of these four, and that a hold covers.
    pub on_hold: i64,
    /// Their sum in pence.
    pub on_hold_pence: i64,
}

/// What waits at a commissioner on a date.
pub async fn at_commissioner(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<AtCommissioner> {
    let Some(organisation) = by.organisation() else { return Ok(AtCommissioner::default()) };
    let mut counts: AtCommissioner = tx
        .one(
            concat!("WITH mine AS (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb'))
             SELECT o.requested, r.requested_in, h.held, o.pending, o.answer_by, o.accepted, o.offers, c.drafts, d.to_approve, d.to_approve_pence,
                 d.to_second, d.to_second_pence,
                 d.to_finance, d.to_finance_pence, d.to_pay, d.to_pay_pence, d.on_hold, d.on_hold_pence
             FROM (SELECT
                     count(CASE WHEN state = 'requested' THEN 1 END) AS requested,
                     count(CASE WHEN state = 'pending' AND respond_by >= $2 THEN 1 END) AS pending,
                     min(CASE WHEN state = 'pending' AND respond_by >= $2 THEN respond_by END) AS answer_by,
                     count(CASE WHEN state IN ('accepted', 'notice_given') THEN 1 END) AS accepted,
                     count(CASE WHEN state <> 'withdrawn' THEN 1 END) AS offers
                   FROM offer WHERE commissioner_id IN (SELECT id FROM mine)) o,
                  (SELECT min(c.reference) AS requested_in FROM contract c JOIN offer f ON f.contract_id = c.id
                   WHERE f.state = 'requested' AND c.commissioner_id IN (SELECT id FROM mine)) r,
                  (SELECT count(*) AS held FROM achievement
                   WHERE commissioner_id IN (SELECT id FROM mine) AND calculation_id IS NULL AND held_because <> '') h,
                  (SELECT count(*) AS drafts FROM contract
                   WHERE commissioner_id IN (SELECT id FROM mine) AND state = 'draft') c,
                  (SELECT
                     count(CASE WHEN state = 'awaiting_commissioner' AND NOT held THEN 1 END) AS to_approve,
                     CAST(coalesce(sum(CASE WHEN state = 'awaiting_commissioner' AND NOT held THEN amount_pence END), 0) AS BIGINT) AS to_approve_pence,
                     count(CASE WHEN state = 'awaiting_second' AND NOT held THEN 1 END) AS to_second,
                     CAST(coalesce(sum(CASE WHEN state = 'awaiting_second' AND NOT held THEN amount_pence END), 0) AS BIGINT) AS to_second_pence,
                     count(CASE WHEN state = 'awaiting_finance' AND NOT held THEN 1 END) AS to_finance,
                     CAST(coalesce(sum(CASE WHEN state = 'awaiting_finance' AND NOT held THEN amount_pence END), 0) AS BIGINT) AS to_finance_pence,
                     count(CASE WHEN state = 'approved' AND NOT held THEN 1 END) AS to_pay,
                     CAST(coalesce(sum(CASE WHEN state = 'approved' AND NOT held THEN amount_pence END), 0) AS BIGINT) AS to_pay_pence,
                     count(CASE WHEN held THEN 1 END) AS on_hold,
                     CAST(coalesce(sum(CASE WHEN held THEN amount_pence END), 0) AS BIGINT) AS on_hold_pence
                   FROM (SELECT x.state, x.amount_pence,
                             CASE WHEN x.state = 'approved' THEN ", covered!("x", "paying"), " ELSE ", covered!("x", "declaring"), " END AS held
                         FROM declaration x WHERE x.state <> 'awaiting_provider' AND x.commissioner_id IN (SELECT id FROM mine)
                           AND x.id NOT IN (SELECT declaration_id FROM payment_line WHERE state <> 'replaced' AND correction_part_id IS NULL)
                         UNION ALL SELECT 'approved' AS state, t.amount_pence, ", covered!("x", "paying"), " AS held
                         FROM correction_part t JOIN correction c ON c.id = t.correction_id
                         JOIN declaration x ON x.id = c.declaration_id
                         WHERE t.due_on <= $2 AND x.commissioner_id IN (SELECT id FROM mine) AND NOT ", crate::payment::waits_for_original!(), " AND NOT EXISTS
                             (SELECT 1 FROM payment_line w WHERE w.correction_part_id = t.id AND w.state <> 'replaced')) y) d"),
            args![organisation.id, today],
        )
        .await?;
    if !by.sees_money() {
        (counts.to_approve_pence, counts.to_second_pence, counts.to_finance_pence) = (0, 0, 0);
        (counts.to_pay_pence, counts.on_hold_pence) = (0, 0);
    }
    Ok(counts)
}

/// Corrections and recoveries that wait for the reader's organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Corrections {
    /// Corrections that the provider must answer.
    pub to_answer: i64,
    /// Notices of recoveries that it must answer.
    pub to_recover: i64,
    /// The first day among those that a notice ends on.
    pub answer_by: Option<NaiveDate>,
    /// Corrections that the commissioner must approve.
    pub to_approve: i64,
    /// Corrections that a second person must approve.
    pub to_second: i64,
    /// Corrections that finance must approve.
    pub to_finance: i64,
    /// Recoveries that the commissioner must give notice of, or decide about.
    pub to_decide: i64,
}

/// What waits of corrections and recoveries on a date. A reversing one whose notice is over waits for the commissioner.
pub async fn corrections(tx: &mut Tx, by: &Actor, today: NaiveDate) -> Result<Corrections> {
    let Some(organisation) = by.organisation() else { return Ok(Corrections::default()) };
    let sql = by_side!(
        organisation,
        "SELECT count(CASE WHEN c.state = 'awaiting_provider' THEN 1 END) AS to_answer,
             count(CASE WHEN r.state = 'asked' THEN 1 END) AS to_recover,
             min(CASE WHEN r.state = 'asked' THEN r.answer_by WHEN c.state = 'awaiting_provider' THEN c.answer_by END)
                 AS answer_by,
             count(CASE WHEN c.state = 'awaiting_commissioner' OR (c.state = 'awaiting_provider'
                 AND c.direction = 'reversing' AND c.answer_by < $2) THEN 1 END) AS to_approve,
             count(CASE WHEN c.state = 'awaiting_second' THEN 1 END) AS to_second,
             count(CASE WHEN c.state = 'awaiting_finance' THEN 1 END) AS to_finance,
             count(CASE WHEN c.counts AND c.is_recovered AND (r.state IS NULL OR r.state = 'answered') THEN 1 END)
                 AS to_decide
         FROM correction c JOIN declaration d ON d.id = c.declaration_id LEFT JOIN recovery r ON r.correction_id = c.id",
        ""
    );
    tx.one(sql, args![organisation.id, today]).await
}
