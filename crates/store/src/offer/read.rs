//! What is asked of offers: one with its names, and the lists of both sides.

use super::count::{Tab, place};
use super::row::{OfferRow, columns, components};
use crate::{Result, StoreError, Tx, args, db::search_key, delegation::standing};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Delegation, FinancialYear, Now, OfferId, OrganisationId, OrganisationKind,
    contract::{Contract, ContractKind},
    delegation::{answers_for, delegate},
    offer::Offer,
};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    offer: OfferRow,
    contract_reference: String,
    contract_name: String,
    contract_kind: String,
    service_code: String,
    service_name: String,
    service_year: i64,
    provider_code: String,
    provider_name: String,
    provider_kind: String,
    commissioner_name: String,
    network_name: Option<String>,
    looked_at: Option<DateTime<Utc>>,
    looked_by: Option<String>,
    answered_from_name: Option<String>,
    delegate_id: Option<Uuid>,
    delegate_name: Option<String>,
    until_on: Option<NaiveDate>,
    delegation_ended_at: Option<DateTime<Utc>>,
    delegation_version: Option<i64>,
}

/// An offer with the names that pages show beside it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The offer.
    pub offer: Offer,
    /// Codes of the components offered.
    pub components: Vec<String>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Reference of its contract.
    pub contract_reference: String,
    /// Name of its contract.
    pub contract_name: String,
    /// Whether the provider answers, or was bound.
    pub contract_kind: ContractKind,
    /// Code of the service.
    pub service_code: String,
    /// Name of the service.
    pub service_name: String,
    /// Year of the service.
    pub service_year: FinancialYear,
    /// ODS code of the provider.
    pub provider_code: String,
    /// Name of the provider.
    pub provider_name: String,
    /// What the provider is.
    pub provider_kind: OrganisationKind,
    /// Name of the commissioner.
    pub commissioner_name: String,
    /// Name of the PCN that a practice is in today.
    pub network_name: Option<String>,
    /// Who of the provider has opened it first, and when.
    pub looked: Option<(String, DateTime<Utc>)>,
    /// Name of the organisation that answered in the provider's place, where another one did.
    pub answered_from: Option<String>,
    /// What the provider said of the reader's organisation, where that is another one.
    pub given: Option<Delegation>,
}

impl ListedRow {
    fn read(self) -> Result<Listed> {
        let given = self.given();
        let inconsistent = |what: String| StoreError::Inconsistent { table: "offer", what };
        Ok(Listed {
            components: components(&self.offer.components)?,
            made_at: self.offer.made_at,
            offer: self.offer.read()?,
            contract_kind: ContractKind::from_name(&self.contract_kind)
                .ok_or_else(|| inconsistent(format!("contract kind {}", self.contract_kind)))?,
            contract_reference: self.contract_reference,
            contract_name: self.contract_name,
            service_code: self.service_code,
            service_name: self.service_name,
            service_year: FinancialYear(
                i32::try_from(self.service_year)
                    .map_err(|_| inconsistent(format!("year {}", self.service_year)))?,
            ),
            provider_code: self.provider_code,
            provider_name: self.provider_name,
            provider_kind: OrganisationKind::from_name(&self.provider_kind)
                .ok_or_else(|| inconsistent(format!("provider kind {}", self.provider_kind)))?,
            commissioner_name: self.commissioner_name,
            network_name: self.network_name,
            looked: self.looked_by.zip(self.looked_at),
            answered_from: self.answered_from_name,
            given,
        })
    }

    fn given(&self) -> Option<Delegation> {
        Some(Delegation {
            provider: self.offer.provider_id.into(),
            provider_name: self.provider_name.clone(),
            delegate: self.delegate_id?.into(),
            delegate_name: self.delegate_name.clone()?,
            until: self.until_on?,
            ended_at: self.delegation_ended_at,
            version: self.delegation_version?,
        })
    }
}

/// A question for offers with their names; `$1` is today, `$2` the organisation that may answer for others, if any, and what
/// follows is the question's own. PostgreSQL orders up to eight tables by itself: what comes after them costs little.
macro_rules! listed {
    ($end:expr) => {
        listed!("offer o", $end)
    };
    ($from:expr, $end:expr) => {
        concat!(
            "SELECT ",
            columns!(p),
            ", c.reference AS contract_reference, c.name AS contract_name, c.kind AS contract_kind,
                 s.code AS service_code, s.name AS service_name, s.year AS service_year,
                 p.code AS provider_code, p.name AS provider_name, p.kind AS provider_kind,
                 m.name AS commissioner_name, n.name AS network_name,
                 (SELECT k.at FROM offer_look k WHERE k.offer_id = o.id) AS looked_at,
                 (SELECT k.person_name FROM offer_look k WHERE k.offer_id = o.id) AS looked_by,
                 (SELECT a.name FROM organisation a WHERE a.id = o.answered_from) AS answered_from_name, g.delegate_id,
                 g.until_on, g.ended_at AS delegation_ended_at, g.version AS delegation_version,
                 (SELECT e.name FROM organisation e WHERE e.id = g.delegate_id) AS delegate_name
             FROM ",
            $from,
            "
             JOIN contract c ON c.id = o.contract_id
             JOIN service s ON s.id = o.service_id
             JOIN organisation p ON p.id = o.provider_id
             JOIN organisation m ON m.id = o.commissioner_id
             LEFT JOIN network_membership w ON w.practice_id = o.provider_id AND w.from_on <= $1
                 AND (w.to_on IS NULL OR w.to_on >= $1)
             LEFT JOIN organisation n ON n.id = w.network_id
             LEFT JOIN delegation g ON g.provider_id = o.provider_id AND g.delegate_id = $2 ",
            $end
        )
    };
}

/// One offer, for the provider it is for and whoever that lets answer, its commissioner, or the region above that.
pub async fn find(tx: &mut Tx, id: OfferId, by: &Actor, now: &Now) -> Result<Listed> {
    let own = by.organisation().map(|organisation| organisation.id);
    let row: ListedRow = tx
        .one(
            listed!(
                "WHERE o.id = $3 AND (o.provider_id = $4 OR o.commissioner_id = $4 OR g.delegate_id IS NOT NULL
                     OR o.commissioner_id IN (SELECT id FROM organisation WHERE parent_id = $4 AND kind = 'icb'))"
            ),
            args![now.today, delegate(by, now.today), id, own],
        )
        .await?;
    let listed = row.read()?;
    let offer = &listed.offer;
    let answers = match &listed.given {
        None => true,
        Some(given) => {
            answers_for(by, offer.provider, Some(given), now.today).is_ok()
                && offer.is_open_to(given.delegate, now.today)
        }
    };
    if answers { Ok(listed) } else { Err(StoreError::NotFound) }
}

/// Where a provider's list starts: the own organisation `$3` and those that `$2` may answer for today, `$1`. It stands first
/// among the tables, because PostgreSQL looked at every offer of the nation where it was a condition.
macro_rules! of_reader {
    () => {
        concat!(
            "(SELECT id FROM organisation WHERE id = $3 UNION ALL ",
            standing!("$2", "$1"),
            ") r JOIN offer o ON o.provider_id = r.id"
        )
    };
}
pub(super) use of_reader;

/// Which of these offers the list holds: `$1` to `$3` as above, `$4` the code of the only provider asked for.
/// [`Offer::is_open_to`] as a question; a story compares the two.
macro_rules! to_reader {
    () => {
            "(o.provider_id = $3 OR CASE o.state WHEN 'accepted' THEN o.respond_by >= $1 OR o.answered_from = $2
                 WHEN 'notice_given' THEN FALSE WHEN 'terminated' THEN FALSE ELSE o.service_ends_on >= $1 END)
             AND (CAST($4 AS TEXT) IS NULL OR o.provider_code = $4)"
    };
}
pub(super) use to_reader;

/// Offers of the actor's own organisation as provider and of those that it may answer for, or of the one with a code; what
/// needs an answer first.
pub async fn of_provider(
    tx: &mut Tx,
    (tab, provider): (Option<Tab>, Option<&str>),
    skip: i64,
    limit: i64,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Listed>> {
    let rows: Vec<ListedRow> = tx
        .all(
            listed!(of_reader!(), concat!(
                "WHERE ",
                to_reader!(),
                " AND (CAST($5 AS TEXT) IS NULL OR $5 = ",
                place!(),
                ") ORDER BY CASE ",
                place!(),
                " WHEN 'to_answer' THEN 1 WHEN 'requested' THEN 2 WHEN 'active' THEN 3 ELSE 4 END,
                 CASE WHEN o.state = 'pending' THEN o.respond_by END, s.starts_on DESC, s.name, o.made_at DESC,
                 o.provider_code LIMIT CAST($6 AS BIGINT) OFFSET $7"
            )),
            args![
                now.today,
                delegate(by, now.today),
                by.organisation().map(|organisation| organisation.id),
                provider,
                tab.map(Tab::name),
                limit,
                skip
            ],
        )
        .await?;
    rows.into_iter().map(ListedRow::read).collect()
}

/// What a commissioner's list of offers is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A status by its name, `expired` included.
    pub status: Option<String>,
    /// A part of the provider's name, or of its code.
    pub provider: String,
}

/// The offers of a contract, requested ones first, and how many there are in all. The contract was found for the reader.
pub async fn of_commissioner(
    tx: &mut Tx,
    contract: &Contract,
    filter: &Filter,
    skip: i64,
    limit: i64,
    now: &Now,
) -> Result<Vec<Listed>> {
    let rows: Vec<ListedRow> = tx
        .all(
            listed!(
                // The rows of the page are found before the rest is read about them.
                r"WHERE o.id IN (SELECT o.id FROM offer o JOIN service s ON s.id = o.service_id
                      WHERE o.contract_id = $3
                        AND (CAST($4 AS TEXT) IS NULL
                             OR $4 = CASE WHEN o.state = 'pending' AND o.respond_by < $1 THEN 'expired' ELSE o.state END)
                        AND (CAST($5 AS TEXT) IS NULL
                             OR o.provider_id IN (SELECT id FROM organisation WHERE search_key LIKE $5 ESCAPE '\'))
                      ORDER BY CASE o.state WHEN 'requested' THEN 0 ELSE 1 END, o.provider_code, s.name
                      LIMIT CAST($6 AS BIGINT) OFFSET $7)
                  ORDER BY CASE o.state WHEN 'requested' THEN 0 ELSE 1 END, o.provider_code, s.name"
            ),
            args![
                now.today,
                None::<OrganisationId>,
                contract.id,
                filter.status.as_deref(),
                search_key(&filter.provider),
                limit,
                skip
            ],
        )
        .await?;
    rows.into_iter().map(ListedRow::read).collect()
}
