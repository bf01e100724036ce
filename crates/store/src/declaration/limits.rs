//! What a commissioner takes as usual in a declared amount.

use super::{
    check::check,
    row::{DeclarationRow, select},
};
use crate::{Db, Failed, Result, StoreError, Tx, args, event};
use domain::{
    Actor, Change, Now, OrganisationId, Pence,
    declaration::{
        Bands, Declaration,
        checks::{CannotChangeLimits, Limits, Usual},
    },
    hold::Open,
};

#[derive(sqlx::FromRow)]
struct Row {
    change_percent: Option<i64>,
    change_from_pence: i64,
    peers_times: Option<i64>,
    late_days: Option<i64>,
    above_register: bool,
    defaults: bool,
    second_from_pence: Option<i64>,
    alone_from_pence: Option<i64>,
    version: i64,
}

impl Row {
    fn read(self, commissioner: OrganisationId) -> Result<Usual> {
        let number = |stored: Option<i64>| {
            stored.map(u32::try_from).transpose().map_err(|_| StoreError::Inconsistent {
                table: "check_limit",
                what: format!("a number of {commissioner}"),
            })
        };
        let limits = Limits {
            change_percent: number(self.change_percent)?,
            change_from: Pence(self.change_from_pence),
            peers_times: number(self.peers_times)?,
            late_days: number(self.late_days)?,
            above_register: self.above_register,
            defaults: self.defaults,
            bands: Bands {
                second_from: self.second_from_pence.map(Pence),
                alone_from: self.alone_from_pence.map(Pence),
            },
        };
        Ok(Usual { commissioner, limits, version: self.version })
    }
}

/// What the actor's organisation takes as usual.
pub async fn usual(tx: &mut Tx, by: &Actor) -> Result<Usual> {
    of(tx, by.organisation().ok_or(StoreError::NotFound)?.id).await
}

/// What a commissioner takes as usual: the defaults until it has changed them.
pub(crate) async fn of(tx: &mut Tx, commissioner: OrganisationId) -> Result<Usual> {
    let row: Option<Row> = tx
        .optional(
            "SELECT change_percent, change_from_pence, peers_times, late_days, above_register, defaults,
             second_from_pence, alone_from_pence, version FROM check_limit WHERE commissioner_id = $1",
            args![commissioner],
        )
        .await?;
    row.map_or(Ok(Usual::of(commissioner)), |row| row.read(commissioner))
}

/// Changes it as it was seen, and checks again what waits for an approval.
pub async fn change(
    db: &Db,
    seen: i64,
    limits: Limits,
    by: &Actor,
    now: &Now,
) -> Result<Usual, Failed<CannotChangeLimits>> {
    let mut tx = db.write().await?;
    let own = by.organisation().ok_or(StoreError::NotFound)?.id;
    let Change { after, event } =
        of(&mut tx, own).await?.change(limits, by).map_err(Failed::Refused)?;
    save(&mut tx, &after, seen).await?;
    event::record(&mut tx, &event, by, now)?;
    let rows: Vec<DeclarationRow> = tx
        .all(
            select!(
                "WHERE d.commissioner_id = $1
                 AND d.state IN ('awaiting_commissioner', 'awaiting_second', 'awaiting_finance')"
            ),
            args![own],
        )
        .await?;
    // What is on hold is checked like everything else.
    let read = |row: DeclarationRow| row.read(&Open::default());
    let waiting = rows.into_iter().map(read).collect::<Result<Vec<Declaration>>>()?;
    check(&mut tx, &waiting).await?;
    tx.commit().await?;
    Ok(after)
}

async fn save(tx: &mut Tx, after: &Usual, seen: i64) -> Result<()> {
    let limits = &after.limits;
    let number = |number: Option<u32>| number.map(i64::from);
    // The first change finds no row, and two first ones cannot both make it.
    tx.execute(
        "INSERT INTO check_limit (commissioner_id, change_from_pence, above_register, defaults, version)
         VALUES ($1, 0, FALSE, FALSE, 0) ON CONFLICT DO NOTHING",
        args![after.commissioner],
    )
    .await?;
    tx.change(
        "UPDATE check_limit SET change_percent = $3, change_from_pence = $4, peers_times = $5, late_days = $6,
             above_register = $7, defaults = $8, second_from_pence = $9, alone_from_pence = $10, version = version + 1 WHERE commissioner_id = $1 AND version = $2",
        args![
            after.commissioner,
            seen,
            number(limits.change_percent),
            limits.change_from,
            number(limits.peers_times),
            number(limits.late_days),
            limits.above_register,
            limits.defaults,
            limits.bands.second_from.map(|from| from.0),
            limits.bands.alone_from.map(|from| from.0)
        ],
    )
    .await
}
