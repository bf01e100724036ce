//! Previews worked out so far, for the pages of one list: each holds as long as nothing has changed that it is made of.

use super::{Preview, Reach};
use crate::{Result, Tx, args, service::Published};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{Now, OrganisationId, ReferenceId};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::{Mutex, MutexGuard};

/// How many are kept: a few people look at the same few versions.
const AT_MOST: usize = 4;
/// What a payment of another service changes is not among the marks, so nothing is kept for long.
const MINUTES: i64 = 10;

/// Everything that says that a preview still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    version: ReferenceId,
    reach: Option<OrganisationId>,
    today: NaiveDate,
    marks: Vec<Mark>,
}

/// What has happened to the achievements of a service: whatever changes one of them raises a number.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Mark {
    achievements: i64,
    changes: i64,
    decisions: i64,
    offers: i64,
}

/// The previews that are kept. Whoever holds them works one out; the others wait and find it there.
#[derive(Default)]
pub(super) struct Kept(VecDeque<(Key, DateTime<Utc>, Arc<Preview>)>);

static KEPT: Mutex<Kept> = Mutex::const_new(Kept(VecDeque::new()));

/// Waits for one's turn. It must not be waited for inside a transaction: whoever has it needs one.
pub(super) async fn turn() -> MutexGuard<'static, Kept> {
    KEPT.lock().await
}

impl Kept {
    pub(super) fn find(&self, key: &Key, now: &Now) -> Option<Arc<Preview>> {
        let holds = |at: &DateTime<Utc>| now.instant - at < TimeDelta::minutes(MINUTES);
        let found = self.0.iter().find(|(own, at, _)| own == key && holds(at))?;
        Some(found.2.clone())
    }

    pub(super) fn keep(&mut self, key: Key, preview: Arc<Preview>, now: &Now) {
        self.0.retain(|(own, ..)| (own.version, own.reach) != (key.version, key.reach));
        self.0.truncate(AT_MOST - 1);
        self.0.push_front((key, now.instant, preview));
    }
}

/// The key of a preview as things stand.
pub(super) async fn key(
    tx: &mut Tx,
    version: ReferenceId,
    reach: &Reach,
    services: &[Published],
    now: &Now,
) -> Result<Key> {
    let mut marks = Vec::with_capacity(services.len());
    for published in services {
        let mark = tx.one(
            "SELECT count(*) AS achievements, CAST(coalesce(sum(a.version), 0) AS BIGINT) AS changes,
                 (SELECT CAST(coalesce(sum(d.version), 0) AS BIGINT) FROM declaration d WHERE d.service_id = $1) AS decisions,
                 (SELECT CAST(coalesce(sum(o.version), 0) AS BIGINT) FROM offer o
                  WHERE o.service_id = $1 AND o.in_force_until IS NOT NULL) AS offers
             FROM achievement a WHERE a.service_id = $1",
            args![published.id],
        );
        marks.push(mark.await?);
    }
    Ok(Key { version, reach: reach.of, today: now.today, marks })
}
