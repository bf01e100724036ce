//! Practices that join or leave a network: what was summed with or without them is summed anew.

use super::{Changed, sum_up};
use crate::{Result, Tx, args, offer, service};
use chrono::NaiveDate;
use domain::{Actor, Now, OrganisationId, ServiceId, calendar::long_date, network::sums};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A practice that joins a network or leaves it.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    pub(crate) practice: OrganisationId,
    pub(crate) practice_name: String,
    pub(crate) network: OrganisationId,
    pub(crate) network_name: String,
    /// The first day that is different: the first as a member, or the first without.
    pub(crate) from: NaiveDate,
    pub(crate) joins: bool,
}

impl Moved {
    /// "Hill Top Practice joined Riverside PCN on 1 May 2025".
    fn in_words(&self) -> String {
        let (practice, network) = (&self.practice_name, &self.network_name);
        if self.joins {
            format!("{practice} joined {network} on {}", long_date(self.from))
        } else {
            // The last day as a member is the one before.
            let last = self.from.pred_opt().unwrap_or(self.from);
            format!("{practice} left {network} on {}", long_date(last))
        }
    }
}

/// Sums every achievement date anew that a change of membership touches: those from its first day on, and those whose
/// list of patients is of such a day.
pub(crate) async fn moved(tx: &mut Tx, all: &[Moved], by: &Actor, now: &Now) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let begun = begun(tx).await?;
    let mut changed = Changed::default();
    for one in all {
        let of = |provider| begun.get(&provider).into_iter().flatten();
        // What a practice handed in for another network counts for this one too.
        let dates: BTreeSet<_> = of(one.network).chain(of(one.practice)).copied().collect();
        for (id, date) in dates {
            let service = service::at(tx, id, date).await?;
            let Some(part) = offer::participation(tx, one.network, id, date).await? else {
                continue;
            };
            let is_summed = date >= one.from && sums(&service, &part.components);
            let is_listed = service.list_size_date.is_some_and(|on| on >= one.from);
            if is_summed || is_listed {
                changed.because((one.network, id, date), &one.in_words(), by);
            }
        }
    }
    sum_up(tx, changed, now).await?;
    Ok(())
}

/// The services and achievement dates that networks, and practices for them, have begun.
async fn begun(tx: &mut Tx) -> Result<HashMap<OrganisationId, Vec<(ServiceId, NaiveDate)>>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        provider_id: Uuid,
        service_id: Uuid,
        achievement_date: NaiveDate,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT a.provider_id, a.service_id, a.achievement_date
             FROM achievement a JOIN service s ON s.id = a.service_id WHERE s.provider_kind = 'pcn'",
            args![],
        )
        .await?;
    let mut begun: HashMap<OrganisationId, Vec<(ServiceId, NaiveDate)>> = HashMap::new();
    for row in rows {
        let key = (row.service_id.into(), row.achievement_date);
        begun.entry(row.provider_id.into()).or_default().push(key);
    }
    Ok(begun)
}
