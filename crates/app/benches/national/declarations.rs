//! From a month's counts of every practice to their payment: declared by themselves, approved and approved by finance by one
//! act each, put into a file and answered by the payer; one declared by its provider; and the queue beside half a million
//! declarations that are over.

use crate::{
    Done,
    measure::{self, count, heading, percentile, say},
    world::{COUNTED, PRACTICES, World, day, morning, practice, row},
};
use domain::{
    Actor, Pence,
    payment::{
        Sending,
        answer::{self, COLUMNS},
    },
    sheet::Sheet,
};
use std::time::Duration;
use store::{
    args,
    declaration::{Filter, Seen, review},
    payment::{self, Given},
};

/// A service like the counted one, paid by the commissioner of the nation, that is declared by itself.
const PAID: &str = "PAID2526";
/// The same, that waits for its providers.
const WAITS: &str = "WAIT2526";
const MONTH: &str = "2025-04-30";
const TIMES: usize = 200;
/// Months of the past that every practice has a declaration for.
const MONTHS_OVER: usize = 78;

/// Everything that becomes of one month, and then the queue.
pub async fn run(world: &mut World) -> Done {
    heading("Declarations of all practices");
    let people = [world.region().await?, world.colleague("Ana Ruiz").await?];
    declared(world, &people[0]).await?;
    for (by, what) in people.iter().zip(["approve all", "approve all for finance"]) {
        approve(world, by, what).await?;
    }
    pay(world, &people).await?;
    declare_one(world).await?;
    queue(world).await
}

/// A month of two services that differ in one word, loaded for every practice: the one waits for its providers, the other
/// is declared and checked by itself. What that takes is the difference.
async fn declared(world: &mut World, region: &Actor) -> Done {
    let waits = month(world, WAITS, true, region).await?;
    say("load, calculate and open, to be declared", &text(waits), "");
    let by_itself = month(world, PAID, false, region).await?;
    say("load, calculate, declare and check", &text(by_itself), "");
    let declaring = by_itself.1.saturating_sub(waits.1);
    say("of which declaring and checking", &text((by_itself.0, declaring)), "under 1 s");
    Ok(())
}

fn text((declarations, took): (usize, Duration)) -> String {
    format!("{} declarations, {took:.2?}", count(declarations))
}

/// Publishes a service, binds every practice to it and loads a month of it; how many declarations opened, and how long
/// the load took.
async fn month(
    world: &mut World,
    code: &str,
    declaration_required: bool,
    region: &Actor,
) -> Done<(usize, Duration)> {
    world.now = morning("2025-04-10");
    let (_, like) = world.service(COUNTED);
    world.publish_paid(code, declaration_required).await?;
    let all = (0..PRACTICES).map(practice).collect();
    let (reference, version) = world.draft(&[code.to_owned()], Some(all), region).await?;
    world.confirm(&reference, version, region).await?;
    world.now = morning("2025-05-06");
    let mut text = domain::extract::Layout::Twelve.columns().join(",") + "\n";
    for number in 0..PRACTICES {
        for indicator in &like.components[0].indicators {
            let count = world.number(20, 60);
            row(&mut text, code, number, day(MONTH), (&indicator.code, "Count", count));
        }
    }
    let (took, loaded) = measure::timed(world.load("paid.csv", text.as_bytes())).await?;
    Ok((loaded.calculated as usize, took))
}

async fn approve(world: &World, by: &Actor, what: &str) -> Done {
    let (db, now) = (&world.db, world.now);
    let (looked, id) =
        measure::timed(async { Ok(review::keep(db, &Filter::default(), by, &now).await?) }).await?;
    let (shown, review) =
        measure::timed(async { Ok(review::find(&mut db.read().await?, id, by, &now).await?) })
            .await?;
    let (took, rows) =
        measure::timed(async { Ok(review::carry_out(db, id, by, &now).await?) }).await?;
    let approved = rows.iter().filter(|row| row.stays.is_none()).count();
    let figures = format!(
        "{} of {}, {took:.2?}; list kept in {looked:.2?} and shown in {shown:.2?}",
        count(approved),
        count(review.rows.len())
    );
    say(what, &figures, "under 1 s");
    Ok(())
}

async fn pay(world: &World, people: &[Actor; 2]) -> Done {
    let (db, now) = (&world.db, world.now);
    let ready = payment::ready(&mut db.read().await?, &people[0], now.today).await?;
    let total: Pence = ready.iter().map(|line| line.payment.amount).sum();
    let seen = (ready.len() as u64, total);
    let (took, file) =
        measure::timed(async { Ok(payment::create(db, None, seen, &people[0], &now).await?) })
            .await?;
    say("payment file", &format!("{} lines, {took:.2?}", count(ready.len())), "under 1 s");
    let (_, found, lines) = payment::find(&mut db.read().await?, &file, &people[1]).await?;
    let sending = Sending { on: now.today, expected_on: None, seen: found.content_hash };
    let (took, ()) =
        measure::timed(async { Ok(payment::send(db, &file, &sending, &people[1], &now).await?) })
            .await?;
    say("mark it as sent", &format!("{took:.2?}"), "");
    let mut sheet = Sheet::new(&COLUMNS);
    for (place, line) in lines.iter().enumerate() {
        let (identity, amount) = (line.payment.identity(), line.payment.amount.plain());
        if place % 100 == 0 {
            sheet.row(&[&identity, &amount, "rejected", "", "", "The account was closed."]);
        } else {
            sheet.row(&[&identity, &amount, "paid", &now.today.to_string(), "BACS 1", ""]);
        }
    }
    let content = sheet.finish();
    let (took, loaded) = measure::timed(async {
        let lines = answer::read(content.as_bytes()).map_err(|why| why.lines("").join("; "))?;
        let mut tx = db.read().await?;
        let seen = payment::check(&mut tx, &file, lines.clone(), &people[1], &now).await?.hash();
        drop(tx);
        let given = Given { name: "answer.csv".into(), content, lines };
        Ok(payment::load(db, &file, &given, &seen, &people[1], &now).await?)
    })
    .await?;
    let figures = format!(
        "{} paid and {} failed, {took:.2?}",
        count(loaded.paid as usize),
        count(loaded.failed as usize)
    );
    say("the payer's answer, read, checked and loaded", &figures, "under 1 s");
    Ok(())
}

/// Providers that declare the one thing that waits for them, one after the other.
async fn declare_one(world: &World) -> Done {
    let (db, now) = (&world.db, morning("2026-05-20"));
    let mut times = Vec::new();
    for number in 0..TIMES {
        let by = world.actor(&practice(number)).await?;
        let waiting = Filter::states(&["awaiting_provider"]);
        let mut tx = db.read().await?;
        let found = store::declaration::list(&mut tx, &waiting, (0, 1), &by).await?;
        drop(tx);
        let Some(first) = found.rows.first() else { continue };
        let own = &first.declaration;
        let seen = Seen {
            reference: own.reference.clone(),
            version: own.version,
            calculation: own.calculation,
        };
        let rows = [(seen, String::new())];
        let (took, _) =
            measure::timed(async { Ok(store::declaration::declare(db, &rows, &by, &now).await?) })
                .await?;
        times.push(took);
    }
    let figures = format!(
        "{} of them, {}, p99 {:.2?}",
        count(times.len()),
        measure::spread(&mut times),
        percentile(&mut times, 0.99)
    );
    say("declare one, with its checks", &figures, "p99 under 50 ms");
    Ok(())
}

/// The queue of an ICB and of the nation, beside declarations that are over.
async fn queue(world: &World) -> Done {
    let over = past(world).await?;
    say("declarations that are over", &count(over), "");
    let icb = world.actor("Q00").await?;
    let region = world.region().await?;
    for (by, whose) in [(&icb, "an ICB"), (&region, "the nation")] {
        for look in [None, Some(true), Some(false)] {
            let states = ["awaiting_commissioner", "awaiting_finance"];
            let filter = Filter { needs_look: look, ..Filter::states(&states) };
            let mut times: Vec<Duration> = Vec::new();
            let mut rows = 0;
            for _ in 0..TIMES {
                let (took, found) = measure::timed(async {
                    let mut tx = world.db.read().await?;
                    let standing = store::declaration::standing(&mut tx, &filter, by).await?;
                    let page = (0, 25);
                    Ok(store::declaration::page(&mut tx, &filter, &standing, page, by).await?)
                })
                .await?;
                rows = found.len();
                times.push(took);
            }
            let part = match look {
                None => "all",
                Some(true) => "needs a look",
                Some(false) => "within tolerance",
            };
            let figures = format!("{rows} rows, p95 {:.2?}", percentile(&mut times, 0.95));
            say(&format!("queue of {whose}, {part}"), &figures, "p95 under 30 ms");
        }
    }
    Ok(())
}

/// Approved declarations of earlier months, as if every practice had had them, made from those of one month.
async fn past(world: &World) -> Done<usize> {
    let (service, _) = world.service(PAID);
    let mut tx = world.db.write().await?;
    tx.script("CREATE TEMP TABLE old (achievement, calculation, declaration, month, copied)")
        .await?;
    for month in 1..=MONTHS_OVER {
        tx.execute(
            "INSERT INTO old SELECT randomblob(16), randomblob(16), randomblob(16), $2, d.id FROM declaration d
             WHERE d.service_id = $1 AND d.state = 'approved'",
            args![service, i64::try_from(month)?],
        )
        .await?;
    }
    tx.script(
        "INSERT INTO achievement (id, provider_id, service_id, commissioner_id, period_start, achievement_date, submitted,
             required, calculation_id, held_because, updated_at, version)
         SELECT o.achievement, a.provider_id, a.service_id, a.commissioner_id, a.period_start,
             date(a.achievement_date, '-' || o.month || ' months'), a.submitted, a.required, o.calculation, '', a.updated_at, 1
         FROM old o JOIN declaration d ON d.id = o.copied JOIN achievement a ON a.id = d.achievement_id;
         INSERT INTO calculation (id, achievement_id, number, points, achieved, amount_pence, result, calculated_at)
         SELECT o.calculation, o.achievement, 1, c.points, c.achieved, c.amount_pence, '{}', c.calculated_at
         FROM old o JOIN declaration d ON d.id = o.copied JOIN calculation c ON c.id = d.calculation_id;
         INSERT INTO declaration (id, reference, achievement_id, calculation_id, provider_id, commissioner_id, service_id,
             period_start, achievement_date, amount_pence, notes, declaration_required, approval_required, state, declared_by,
             declared_by_name, declared_at, approved_by, approved_by_name, approved_at, finance_by, finance_by_name,
             finance_at, opened_at, version)
         SELECT o.declaration, d.reference || '-' || o.month, o.achievement, o.calculation, d.provider_id,
             (SELECT p.parent_id FROM organisation p WHERE p.id = d.provider_id), d.service_id, d.period_start,
             date(d.achievement_date, '-' || o.month || ' months'), d.amount_pence, '', d.declaration_required,
             d.approval_required, d.state, d.declared_by, d.declared_by_name, d.declared_at, d.approved_by,
             d.approved_by_name, d.approved_at, d.finance_by, d.finance_by_name, d.finance_at, d.opened_at, 1
         FROM old o JOIN declaration d ON d.id = o.copied;",
    )
    .await?;
    let made = tx.execute("DELETE FROM old", args![]).await?;
    tx.commit().await?;
    Ok(usize::try_from(made)?)
}
