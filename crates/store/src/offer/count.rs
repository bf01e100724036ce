//! How many offers stand where: the provider's tabs, a contract's answers, and what waits.

use super::read::{of_reader, to_reader};
use crate::{Result, Tx, args, db::search_key, delegation::standing};
use chrono::NaiveDate;
use domain::{Actor, Now, ServiceId, contract::Contract, delegation::delegate};
use std::collections::HashMap;
use uuid::Uuid;

/// Where an offer belongs on the provider's page: what needs an answer first.
macro_rules! place {
    () => {
        "CASE WHEN o.state = 'pending' AND o.respond_by >= $1 THEN 'to_answer' WHEN o.state = 'requested' THEN 'requested'
         WHEN o.in_force_until >= $1 THEN 'active' ELSE 'past' END"
    };
}

pub(super) use place;

/// A part of the provider's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Pending, and the response date has not passed.
    ToAnswer,
    /// Asked for again; the commissioner is next.
    Requested,
    /// In force today or later.
    Active,
    /// Everything else.
    Past,
}

impl Tab {
    /// The name in addresses and in the question.
    pub fn name(self) -> &'static str {
        match self {
            Self::ToAnswer => "to_answer",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Past => "past",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::ToAnswer, Self::Requested, Self::Active, Self::Past]
            .into_iter()
            .find(|tab| tab.name() == name)
    }
}

/// How many offers of a provider's list each tab holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Tabs {
    /// All of them.
    pub all: i64,
    /// To answer.
    pub to_answer: i64,
    /// Requested.
    pub requested: i64,
    /// Active.
    pub active: i64,
    /// Past.
    pub past: i64,
}

/// The counts of the provider's tabs, of all its list or of the provider with a code.
pub async fn tabs(tx: &mut Tx, provider: Option<&str>, by: &Actor, now: &Now) -> Result<Tabs> {
    #[derive(sqlx::FromRow)]
    struct Count {
        place: String,
        offers: i64,
    }
    let rows: Vec<Count> = tx
        .all(
            concat!(
                "SELECT place, count(*) AS offers FROM (SELECT ",
                place!(),
                " AS place FROM ",
                of_reader!(),
                " WHERE ",
                to_reader!(),
                ") placed GROUP BY place"
            ),
            args![
                now.today,
                delegate(by, now.today),
                by.organisation().map(|organisation| organisation.id),
                provider
            ],
        )
        .await?;
    let of = |tab: Tab| rows.iter().find(|row| row.place == tab.name()).map_or(0, |row| row.offers);
    Ok(Tabs {
        all: rows.iter().map(|row| row.offers).sum(),
        to_answer: of(Tab::ToAnswer),
        requested: of(Tab::Requested),
        active: of(Tab::Active),
        past: of(Tab::Past),
    })
}

/// How the offers of a contract or service stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is a status, or the sum")]
pub struct Answers {
    pub pending: i64,
    pub accepted: i64,
    pub rejected: i64,
    pub requested: i64,
    pub turned_down: i64,
    pub withdrawn: i64,
    pub notice_given: i64,
    pub terminated: i64,
    pub expired: i64,
    pub all: i64,
    /// Of those that wait for an answer, or waited for one when their date passed: how many nobody has looked at. Of a
    /// service it is not counted.
    pub not_looked_at: i64,
}

/// Offers of one state with one response date.
#[derive(sqlx::FromRow)]
struct Count {
    state: String,
    respond_by: NaiveDate,
    offers: i64,
    not_looked_at: i64,
}

/// What a [`Count`] of offers `o` is read from. Only what waits is looked up.
macro_rules! looked_for {
    ($rest:expr) => {
        concat!(
            "SELECT o.state, o.respond_by, count(*) AS offers,
                 CASE o.state WHEN 'pending' THEN count(*) - count(k.offer_id) ELSE 0 END AS not_looked_at
             FROM offer o LEFT JOIN offer_look k ON k.offer_id = o.id AND o.state = 'pending' ",
            $rest,
            " GROUP BY o.state, o.respond_by"
        )
    };
}

impl Answers {
    fn add(&mut self, count: &Count, today: NaiveDate) {
        let Count { state, respond_by, offers, not_looked_at } = count;
        self.all += offers;
        self.not_looked_at += not_looked_at;
        match state.as_str() {
            "pending" if *respond_by < today => self.expired += offers,
            "pending" => self.pending += offers,
            "accepted" => self.accepted += offers,
            "rejected" => self.rejected += offers,
            "requested" => self.requested += offers,
            "turned_down" => self.turned_down += offers,
            "notice_given" => self.notice_given += offers,
            "terminated" => self.terminated += offers,
            _ => self.withdrawn += offers,
        }
    }

    /// Those that are in force, under notice or not.
    pub fn in_force(&self) -> i64 {
        self.accepted + self.notice_given
    }

    /// The number of one status, by its name.
    pub fn of(&self, status: &str) -> i64 {
        match status {
            "pending" => self.pending,
            "accepted" => self.accepted,
            "rejected" => self.rejected,
            "requested" => self.requested,
            "turned_down" => self.turned_down,
            "withdrawn" => self.withdrawn,
            "notice_given" => self.notice_given,
            "terminated" => self.terminated,
            "expired" => self.expired,
            _ => 0,
        }
    }
}

/// How the offers of a contract stand, those of providers that a filter leaves. The contract was found for the reader.
pub async fn answers(
    tx: &mut Tx,
    contract: &Contract,
    provider: &str,
    now: &Now,
) -> Result<Answers> {
    // Without a filter the index alone answers.
    let counts: Vec<Count> = match search_key(provider) {
        None => tx.all(looked_for!("WHERE o.contract_id = $1"), args![contract.id]).await?,
        Some(pattern) => {
            tx.all(
                looked_for!(
                    r"JOIN organisation p ON p.id = o.provider_id WHERE o.contract_id = $1
                      AND p.search_key LIKE $2 ESCAPE '\'"
                ),
                args![contract.id, pattern],
            )
            .await?
        }
    };
    let mut answers = Answers::default();
    for count in &counts {
        answers.add(count, now.today);
    }
    Ok(answers)
}

/// How the offers of one service stand at a commissioner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// The offers by status.
    pub answers: Answers,
    /// How many providers they are for: one that rejected an offer may have got another.
    pub providers: i64,
}

/// How a commissioner's offers stand by service; a region counts those of the ICBs below it.
pub async fn answers_by_service(
    tx: &mut Tx,
    by: &Actor,
    now: &Now,
) -> Result<HashMap<ServiceId, Offered>> {
    #[derive(sqlx::FromRow)]
    struct OfService {
        service_id: Uuid,
        #[sqlx(flatten)]
        count: Count,
    }
    #[derive(sqlx::FromRow)]
    struct Providers {
        service_id: Uuid,
        providers: i64,
    }
    let organisation = by.organisation().map(|organisation| organisation.id);
    let counts: Vec<OfService> = tx
        .all(
            "SELECT service_id, state, respond_by, count(*) AS offers, CAST(0 AS BIGINT) AS not_looked_at FROM offer
             WHERE commissioner_id IN (SELECT id FROM organisation WHERE id = $1
                 UNION ALL SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb')
             GROUP BY service_id, state, respond_by",
            args![organisation],
        )
        .await?;
    let providers: Vec<Providers> = tx
        .all(
            "SELECT service_id, count(DISTINCT provider_id) AS providers FROM offer
             WHERE commissioner_id IN (SELECT id FROM organisation WHERE id = $1
                 UNION ALL SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb')
             GROUP BY service_id",
            args![organisation],
        )
        .await?;
    let mut services: HashMap<ServiceId, Offered> = HashMap::new();
    for row in counts {
        let offered = services.entry(row.service_id.into()).or_default();
        offered.answers.add(&row.count, now.today);
    }
    for row in providers {
        services.entry(row.service_id.into()).or_default().providers = row.providers;
    }
    Ok(services)
}
