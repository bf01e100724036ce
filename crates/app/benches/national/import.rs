//! A file of the whole nation: 76 counts of every practice, read, checked and stored, and what it costs to calculate.

use crate::{
    Done,
    measure::{self, count, heading, say},
    world::{PRACTICES, World, day, morning, row},
};
use chrono::NaiveDate;
use std::fmt::Write;

/// Indicators with a numerator and a denominator each.
const INDICATORS: usize = 38;
/// A service like the Quality and Outcomes Framework, of a year that has begun and not ended.
const RUNNING: &str = "NATION2627";
/// The same service of the year before.
const ENDED: &str = "NATION2526";

/// Loads the nation's counts once for a year that goes on and once for a year that has ended, each from its file.
pub async fn run(world: &mut World) -> Done {
    heading("Import the counts of all practices");
    world.now = morning("2025-04-10");
    for (code, year) in [(RUNNING, 2026), (ENDED, 2025)] {
        world.publish_text(&definition(code, year)).await?;
        world.contract_all(code).await?;
    }
    world.now = morning("2026-05-20");
    for (code, date, what) in [
        (RUNNING, "2027-03-31", "counts of a year that goes on"),
        (ENDED, "2026-03-31", "and calculated, declarations opened"),
    ] {
        let text = file(world, code, day(date));
        measure::forget_peak();
        let before = measure::processor("self");
        let (took, loaded) = measure::timed(world.load(code, text.as_bytes())).await?;
        let processor = measure::processor("self").saturating_sub(before);
        let rows = loaded.rows as usize;
        let speed = rows as f64 / took.as_secs_f64();
        // The text stands in this process, and a command would read it from its file.
        let peak = measure::peak("self").saturating_sub(text.len() as u64 >> 20);
        let figures = format!(
            "{} rows, {took:.2?} ({processor:.2?} of processor on two threads), {} a second, {} calculated; peak {peak} MiB",
            count(rows),
            count(speed as usize),
            count(loaded.calculated as usize)
        );
        say(what, &figures, if code == RUNNING { "3 s, 200 MiB" } else { "" });
    }
    Ok(())
}

fn definition(code: &str, year: i32) -> String {
    let next = year + 1;
    let mut text = format!(
        "code = \"{code}\"\nname = \"Made up\"\nsummary = \"As large as the nation.\"\nfamily = \"QOF\"\nyear = {year}\n\
         starts_on = {year}-04-01\nends_on = {next}-03-31\nprovider = \"practice\"\nentry = \"extract\"\n\
         list_size_date = {next}-01-01\nreference = \"QOF\"\n[payment]\nfrequency = \"annual\"\ndeclaration_required = true\n\
         approval_required = true\npay_code = \"NATION\"\n[[component]]\ncode = \"ALL\"\nname = \"All\"\n"
    );
    for number in 0..INDICATORS {
        _ = writeln!(
            text,
            "[[component.indicator]]\ncode = \"IND{number:03}\"\nname = \"Made up {number}\"\nkind = \"fraction\"\n\
             points = \"10\"\nlower = \"40\"\nupper = \"90\""
        );
    }
    text
}

fn file(world: &mut World, code: &str, date: NaiveDate) -> String {
    let mut text = domain::extract::Layout::Twelve.columns().join(",") + "\n";
    for practice in 0..PRACTICES {
        for number in 0..INDICATORS {
            let indicator = format!("IND{number:03}");
            let denominator = world.number(20, 900);
            let numerator = world.number(0, denominator);
            row(&mut text, code, practice, date, (&indicator, "Numerator", numerator));
            row(&mut text, code, practice, date, (&indicator, "Denominator", denominator));
        }
    }
    text
}
