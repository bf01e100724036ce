//! What new national figures would move, for every practice of the nation, beside what their kept inputs weigh.

use crate::{
    Done,
    measure::{self, count, heading, say},
    saves::SAVES,
    world::{PRACTICES, TYPED, World, practice},
};
use chrono::{DateTime, NaiveDate, Utc};
use store::{Tx, achievement::preview_of_figures, args, reference};
use uuid::Uuid;

const CORRECTED: &str = include_str!("../../../../catalogue/2025-26/reference/qof.toml");

/// Who submitted the copies.
const COPIES: &str = "copies of the bench";

/// The calculated achievement that every other practice gets a copy of.
#[derive(sqlx::FromRow)]
struct Pattern {
    commissioner_id: Uuid,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    submitted: i64,
    achieved: String,
    points: String,
    amount_pence: i64,
    result: String,
    inputs: String,
    calculated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
    bytes: i64,
}

/// One look at all of them, with their kept inputs and then with none of them calculated.
pub async fn run(world: &mut World) -> Done {
    heading("What new national figures would move");
    everybody(world).await?;
    let text = CORRECTED.replace("AF = \"2.31\"", "AF = \"2.30\"");
    let by = domain::Actor::system("bench");
    let (version, _) = reference::load(&world.db, "qof.toml", &text, &by, &world.now).await?;
    for what in ["from kept inputs", "of held achievements, inputs gathered"] {
        let Count { count: all, bytes } = kept(world).await?;
        measure::forget_peak();
        let used = measure::processor("self");
        let (took, preview) = measure::timed(async {
            Ok(preview_of_figures(&world.db, version.id, &by, &world.now).await?)
        })
        .await?;
        let text = format!(
            "{} rows of {}, {took:.2?}, {:.2?} of processor; {} MiB of inputs, peak {} MiB",
            count(preview.rows.len()),
            count(all as usize),
            measure::processor("self").saturating_sub(used),
            bytes / (1 << 20),
            measure::peak("self")
        );
        say(what, &text, "a few seconds");
        hold(world).await?;
    }
    Ok(())
}

async fn kept(world: &World) -> Done<Count> {
    let (service, _) = world.service(TYPED);
    let row = world
        .db
        .read()
        .await?
        .one(
            "SELECT count(*) AS count, CAST(coalesce(sum(length(c.inputs)), 0) AS BIGINT) AS bytes
             FROM achievement a LEFT JOIN calculation c ON c.id = a.calculation_id WHERE a.service_id = $1",
            args![service],
        )
        .await?;
    Ok(row)
}

/// Takes the calculations out of force, as when the national figures were missing from the start.
async fn hold(world: &World) -> Done {
    let (service, _) = world.service(TYPED);
    let mut tx = world.db.write().await?;
    let held = "UPDATE achievement SET calculation_id = NULL WHERE service_id = $1";
    tx.execute(held, args![service]).await?;
    Ok(tx.commit().await?)
}

/// Gives every practice that has none the achievement and the figures of the first: a save for each would take minutes.
async fn everybody(world: &World) -> Done {
    let (service, _) = world.service(TYPED);
    let first = world.id(&practice(0));
    let mut tx = world.db.write().await?;
    let own: Pattern = tx
        .one(
            "SELECT a.commissioner_id, a.period_start, a.achievement_date, a.submitted, c.achieved, c.points,
                 c.amount_pence, c.result, c.inputs, c.calculated_at
             FROM achievement a JOIN calculation c ON c.id = a.calculation_id
             WHERE a.service_id = $1 AND a.provider_id = $2",
            args![service, first],
        )
        .await?;
    let (mut achievements, mut calculations) = (Vec::new(), Vec::new());
    for number in SAVES..PRACTICES {
        let (id, calculation) = (Uuid::new_v4(), Uuid::new_v4());
        let at = own.calculated_at;
        achievements.push(args![
            id,
            world.id(&practice(number)),
            service,
            own.commissioner_id,
            own.period_start,
            own.achievement_date,
            own.submitted,
            own.submitted,
            calculation,
            "",
            at,
            1_i64
        ]);
        calculations.push(args![
            calculation,
            id,
            1_i64,
            &*own.points,
            &*own.achieved,
            own.amount_pence,
            &*own.result,
            &*own.inputs,
            at
        ]);
    }
    tx.insert(
        "INSERT INTO achievement (id, provider_id, service_id, commissioner_id, period_start, achievement_date, submitted,
             required, calculation_id, held_because, updated_at, version)",
        achievements,
    )
    .await?;
    tx.insert(
        "INSERT INTO calculation (id, achievement_id, number, points, achieved, amount_pence, result, inputs, calculated_at)",
        calculations,
    )
    .await?;
    figures(&mut tx, world, &own).await?;
    Ok(tx.commit().await?)
}

/// The figures of the first practice once more for every copy.
async fn figures(tx: &mut Tx, world: &World, own: &Pattern) -> Done {
    let (service, first) = (world.service(TYPED).0, world.id(&practice(0)));
    let submissions = (SAVES..PRACTICES)
        .map(|number| {
            let (id, provider) = (Uuid::new_v4(), world.id(&practice(number)));
            args![id, provider, service, own.achievement_date, "manual", COPIES, own.calculated_at]
        })
        .collect();
    tx.insert(
        "INSERT INTO submission (id, provider_id, service_id, achievement_date, source, submitted_by_name, submitted_at)",
        submissions,
    )
    .await?;
    tx.execute(
        "INSERT INTO figure (submission_id, provider_id, service_id, achievement_date, indicator, field, value, is_default, in_force)
         SELECT s.id, s.provider_id, f.service_id, f.achievement_date, f.indicator, f.field, f.value, f.is_default, f.in_force
         FROM figure f CROSS JOIN submission s
         WHERE f.service_id = $1 AND f.provider_id = $2 AND f.in_force AND s.submitted_by_name = $3",
        args![service, first, COPIES],
    )
    .await?;
    Ok(())
}
