//! The list of those who approve: how all of it stands, and one page of it.
//!
//! A commissioner's list is long, and its order takes names from other tables. So the whole is only counted, by state and
//! date, which one index answers, and the counts say in which of these groups the rows of a page are.

use super::list::{Filter, Listed, ListedRow, by_side, listed, narrowed, reader};
use crate::{Result, Tx, args};
use chrono::NaiveDate;
use domain::{Actor, Pence, declaration::DeclarationState};
use std::cmp::Reverse;

/// Declarations of one state and one achievement date.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Group {
    state: String,
    achievement_date: NaiveDate,
    declarations: i64,
    pence: i64,
}

/// How declarations stand under a filter's service and provider, whatever states it names.
#[derive(Clone, Debug)]
pub struct Standing {
    /// In the order of the list: by state in the order of the work, then the newest period.
    groups: Vec<Group>,
    sees_money: bool,
}

impl Standing {
    /// How many are in a state.
    pub fn of_state(&self, name: &str) -> i64 {
        self.groups.iter().filter(|group| group.state == name).map(|group| group.declarations).sum()
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
        let is_wanted =
            |group: &&Group| filter.states.is_empty() || filter.states.contains(&group.state);
        self.groups.iter().filter(is_wanted)
    }
}

/// The groups.
macro_rules! counted {
    () => {
        "SELECT d.state, d.achievement_date, count(*) AS declarations, \
         CAST(sum(d.amount_pence) AS BIGINT) AS pence FROM declaration d"
    };
}

/// How the declarations that the person may see stand. A filter's payment file is not asked for here.
pub async fn standing(tx: &mut Tx, filter: &Filter, by: &Actor) -> Result<Standing> {
    let organisation = reader(by)?;
    let mut args = filter.args(organisation);
    // Without a filter the index alone answers.
    let sql = if filter.is_narrow() {
        by_side!(organisation, counted!(), narrowed!("GROUP BY d.state, d.achievement_date"))
    } else {
        args.truncate(1);
        by_side!(organisation, counted!(), "GROUP BY d.state, d.achievement_date")
    };
    let mut groups: Vec<Group> = tx.all(sql, args).await?;
    let rank = |state: &str| DeclarationState::NAMES.iter().position(|name| *name == state);
    groups.sort_by_key(|group| (rank(&group.state), Reverse(group.achievement_date)));
    Ok(Standing { groups, sees_money: by.sees_money() })
}

/// The rows of a page, in the order of the list.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    standing: &Standing,
    (mut skip, mut take): (i64, i64),
    by: &Actor,
) -> Result<Vec<Listed>> {
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        concat!(
            listed!(),
            " WHERE d.id IN (SELECT d.id FROM declaration d JOIN organisation p ON p.id = d.provider_id \
             JOIN service s ON s.id = d.service_id"
        ),
        narrowed!(
            "AND d.state = $4 AND d.achievement_date = $5 ORDER BY s.name, p.name, d.reference \
             LIMIT CAST($6 AS BIGINT) OFFSET $7) ORDER BY s.name, p.name, d.reference"
        )
    );
    let mut page = Vec::new();
    for group in standing.wanted(filter) {
        if skip >= group.declarations {
            skip -= group.declarations;
            continue;
        }
        if take == 0 {
            break;
        }
        let mut args = filter.args(organisation);
        args.extend(args![group.state.as_str(), group.achievement_date, take, skip]);
        let rows: Vec<ListedRow> = tx.all(sql, args).await?;
        take -= i64::try_from(rows.len()).unwrap_or(take);
        skip = 0;
        for row in rows {
            page.push(row.read(by)?);
        }
    }
    Ok(page)
}
