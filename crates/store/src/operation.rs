//! What whoever operates Accord watches: how much there is of what, in numbers and without a name.

use crate::{Result, Tx, args};
use chrono::{DateTime, TimeDelta, Utc};
use domain::Now;

/// How many records are in a state.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InState {
    /// The state, as the tables name it.
    pub state: String,
    /// How many.
    pub records: i64,
}

/// Offers by their state.
pub async fn offers(tx: &mut Tx) -> Result<Vec<InState>> {
    tx.all(
        "SELECT s.name AS state, count(o.id) AS records FROM offer_state s LEFT JOIN offer o ON o.state = s.name
         GROUP BY s.name ORDER BY s.name",
        args![],
    )
    .await
}

/// Payment declarations by their state.
pub async fn declarations(tx: &mut Tx) -> Result<Vec<InState>> {
    tx.all(
        "SELECT s.name AS state, count(d.id) AS records FROM declaration_state s LEFT JOIN declaration d ON d.state = s.name
         GROUP BY s.name ORDER BY s.name",
        args![],
    )
    .await
}

/// What waits for somebody, and what did not go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// Services, declarations or providers that are on hold.
    pub holds: i64,
    /// Payment files that were made and not sent.
    pub files: i64,
    /// Emails that are due.
    pub emails: i64,
    /// Emails that have been due for longer than anything takes: nobody sends them.
    pub stuck: i64,
    /// Emails that were given up and are still news: those that [`crate::message::given_up`] lists.
    pub given_up: i64,
    /// When the oldest email that is due became so.
    pub since: Option<DateTime<Utc>>,
}

/// Longer than a worker takes to look, or keeps what it has claimed.
const STUCK_AFTER: TimeDelta = TimeDelta::minutes(30);

/// What waits now.
pub async fn waiting(tx: &mut Tx, now: &Now) -> Result<Waiting> {
    tx.one(
        "SELECT (SELECT count(*) FROM hold WHERE lifted_at IS NULL) AS holds,
             (SELECT count(*) FROM payment_file WHERE sent_at IS NULL) AS files,
             count(CASE WHEN NOT e.given_up AND e.due_at <= $1 THEN 1 END) AS emails,
             count(CASE WHEN NOT e.given_up AND e.due_at <= $2 THEN 1 END) AS stuck,
             count(CASE WHEN e.given_up THEN 1 END) AS given_up,
             min(CASE WHEN NOT e.given_up AND e.due_at <= $1 THEN e.due_at END) AS since
         FROM (SELECT m.delivery = 'failed' AS given_up, m.due_at FROM message m
                   JOIN person q ON q.id = m.person_id AND NOT q.is_disabled
                   WHERE m.delivery <> 'sent' AND m.made_at > $3
               UNION ALL
               SELECT delivery = 'failed', due_at FROM address_message WHERE delivery <> 'sent' AND made_at > $3
               UNION ALL
               SELECT due_at IS NULL, due_at FROM link_to_send WHERE due_at IS NOT NULL OR made_at > $3) e",
        args![
            now.instant,
            now.instant - STUCK_AFTER,
            now.instant - TimeDelta::days(domain::message::DAYS_AS_NEWS.into())
        ],
    )
    .await
}
