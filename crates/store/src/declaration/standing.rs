//! The list of those who approve: how it stands, and one page of it.
//!
//! A commissioner's list is long, and its order takes names from other tables. So it is only counted, by state, date and
//! service, which one index answers, and the counts say of which dates and services the rows of a page are. What is
//! approved is counted only where it is asked for: it grows for ever, and what waits does not.

use super::list::{Filter, Listed, ListedRow, by_side, listed, narrowed, reader};
use crate::{
    Result, Tx,
    arg::Arg,
    args,
    hold::{self, Scope},
};
use chrono::NaiveDate;
use domain::{Actor, Pence, declaration::DeclarationState};
use std::cmp::Reverse;

/// Declarations of one state, one achievement date and the services of one name.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Group {
    state: String,
    achievement_date: NaiveDate,
    service: String,
    declarations: i64,
    pence: i64,
}

/// How declarations stand under a filter's service and provider, whatever states it names.
#[derive(Clone, Debug)]
pub struct Standing {
    /// In the order of the list: by state in the order of the work, then the newest period, then the service.
    groups: Vec<Group>,
    /// Whether what is approved was counted.
    counts_approved: bool,
    sees_money: bool,
}

impl Standing {
    /// How many are in a state; none where that was not counted.
    pub fn of_state(&self, name: &str) -> Option<i64> {
        let of_state = self.groups.iter().filter(|group| group.state == name);
        (name != APPROVED || self.counts_approved)
            .then(|| of_state.map(|group| group.declarations).sum())
    }

    /// How many a filter finds.
    pub fn total(&self, filter: &Filter) -> i64 {
        self.wanted(filter).map(|group| group.declarations).sum()
    }

    /// The sum of those, for readers who may see money.
    pub fn amount(&self, filter: &Filter) -> Option<Pence> {
        let pence = self.wanted(filter).map(|group| group.pence).sum();
        self.sees_money.then_some(Pence(pence))
    }

    fn wanted(&self, filter: &Filter) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| filter.wants(&group.state))
    }

    /// Of each state that has rows on a page, the groups that hold them and how many rows of these come before.
    fn of_page(&self, filter: &Filter, mut skip: i64, mut take: i64) -> Vec<(Vec<&Group>, i64)> {
        let mut parts: Vec<(Vec<&Group>, i64)> = Vec::new();
        for group in self.wanted(filter) {
            if skip >= group.declarations {
                skip -= group.declarations;
                continue;
            }
            if take <= 0 {
                break;
            }
            match parts.last_mut().filter(|(own, _)| own.iter().all(|one| one.state == group.state))
            {
                Some((groups, _)) => groups.push(group),
                None => parts.push((vec![group], skip)),
            }
            take -= group.declarations - skip;
            skip = 0;
        }
        parts
    }
}

const APPROVED: &str = "approved";

/// The groups, in the order of their services; the rest is asked of the declarations before they are grouped.
macro_rules! counted {
    ($organisation:expr, $rest:expr) => {
        by_side!(
            $organisation,
            "SELECT g.state, g.achievement_date, s.name AS service, CAST(sum(g.declarations) AS BIGINT) AS declarations, \
             CAST(sum(g.pence) AS BIGINT) AS pence FROM (SELECT d.state, d.achievement_date, d.service_id, \
             count(*) AS declarations, sum(d.amount_pence) AS pence FROM declaration d",
            concat!(
                $rest,
                " GROUP BY d.state, d.achievement_date, d.service_id) g JOIN service s ON s.id = g.service_id \
                 GROUP BY g.state, g.achievement_date, s.name ORDER BY s.name"
            )
        )
    };
}

/// How the declarations that the person may see stand. A filter's payment file is not asked for here.
pub async fn standing(tx: &mut Tx, filter: &Filter, by: &Actor) -> Result<Standing> {
    let organisation = reader(by)?;
    let counts_approved = filter.wants(APPROVED);
    let mut args = filter.args(organisation);
    // Without a filter an index alone answers.
    let sql = match (filter.is_narrow(), filter.needs_look) {
        (true, Some(true)) => {
            counted!(
                organisation,
                narrowed!("AND d.checks <> '[]' AND d.state IN ($5, $6, $7, $8, $9)")
            )
        }
        (true, Some(false)) => {
            counted!(
                organisation,
                narrowed!("AND d.checks = '[]' AND d.state IN ($5, $6, $7, $8, $9)")
            )
        }
        (true, None) => counted!(organisation, narrowed!("AND d.state IN ($5, $6, $7, $8, $9)")),
        (false, Some(true)) => {
            counted!(organisation, "AND d.checks <> '[]' AND d.state IN ($2, $3, $4, $5, $6)")
        }
        (false, Some(false)) => {
            counted!(organisation, "AND d.checks = '[]' AND d.state IN ($2, $3, $4, $5, $6)")
        }
        (false, None) => counted!(organisation, "AND d.state IN ($2, $3, $4, $5, $6)"),
    };
    if !filter.is_narrow() {
        args.truncate(1);
    }
    let is_counted = |name: &str| name != APPROVED || counts_approved;
    args.extend(DeclarationState::NAMES.map(|name| Arg::from(is_counted(name).then_some(name))));
    let mut groups: Vec<Group> = tx.all(sql, args).await?;
    let rank = |state: &str| DeclarationState::NAMES.iter().position(|name| *name == state);
    // The order of names is the database's own, and stays within a state and date.
    groups.sort_by_key(|group| (rank(&group.state), Reverse(group.achievement_date)));
    Ok(Standing { groups, counts_approved, sees_money: by.sees_money() })
}

/// The rows of a page, of which something more may be asked.
macro_rules! paged {
    ($organisation:expr, $look:expr) => {
        by_side!(
            $organisation,
            concat!(
                listed!(),
                " WHERE d.id IN (SELECT d.id FROM declaration d JOIN organisation p ON p.id = d.provider_id \
                 JOIN service s ON s.id = d.service_id"
            ),
            narrowed!(concat!(
                $look,
                "AND d.state = $5 AND d.achievement_date >= $6 AND d.achievement_date <= $7 \
                 AND (d.achievement_date < $7 OR d.service_id IN (SELECT id FROM service WHERE name >= $10)) \
                 AND (d.achievement_date > $6 OR d.service_id IN (SELECT id FROM service WHERE name <= $11)) \
                 ORDER BY d.achievement_date DESC, s.name, p.name, d.reference \
                 LIMIT CAST($8 AS BIGINT) OFFSET $9) \
                 ORDER BY d.achievement_date DESC, s.name, p.name, d.reference"
            ))
        )
    };
}

/// The rows of a page, in the order of the list.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    standing: &Standing,
    (skip, take): (i64, i64),
    by: &Actor,
) -> Result<Vec<Listed>> {
    let organisation = reader(by)?;
    let sql = match filter.needs_look {
        Some(true) => paged!(organisation, "AND d.checks <> '[]' "),
        Some(false) => paged!(organisation, "AND d.checks = '[]' "),
        None => paged!(organisation, ""),
    };
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let mut page: Vec<Listed> = Vec::new();
    for (groups, skip) in standing.of_page(filter, skip, take) {
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else { continue };
        let take = take - i64::try_from(page.len()).unwrap_or(take);
        let mut args = filter.args(organisation);
        let dates = (last.achievement_date, first.achievement_date);
        args.extend(args![first.state.as_str(), dates.0, dates.1, take, skip]);
        // From the first group's service on its date to the last one's on its own.
        args.extend(args![&*first.service, &*last.service]);
        let rows: Vec<ListedRow> = tx.all(sql, args).await?;
        for row in rows {
            page.push(row.read(&open, by)?);
        }
    }
    Ok(page)
}
