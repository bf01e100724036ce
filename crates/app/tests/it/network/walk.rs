//! A random walk over joins, leaves and figures: what is stored is always what a calculation from scratch gives.

use super::{CARE, register};
use crate::{
    story,
    support::{Seat, World},
};
use chrono::{Days, NaiveDate};
use domain::{
    Field::{self, Count, Denominator, Numerator, YesNo},
    Figures, Pence, Period, Service,
    calculation::{Inputs, calculate},
};
use std::collections::{BTreeMap, BTreeSet};

const DATES: [&str; 4] = ["2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31"];
const NETWORKS: [&str; 2] = ["U00001", "U00002"];
const SEATS: [Seat; 3] = [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE];
const FIELDS: [(&str, Field); 5] = [
    ("HI03", Numerator),
    ("HI03", Denominator),
    ("CAN04", Numerator),
    ("CAN04", Denominator),
    ("HV01", Count),
];

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The truth, kept apart from the product.
#[derive(Default)]
struct Truth {
    /// The network of each practice from a day on, in the order it was said.
    said: [Vec<(NaiveDate, Option<usize>)>; 3],
    figures: BTreeMap<(usize, &'static str), Figures>,
    answers: BTreeSet<(usize, &'static str)>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

impl Truth {
    /// What was said last about a day is what holds on it.
    fn network(&self, practice: usize, on: NaiveDate) -> Option<usize> {
        self.said[practice].iter().rev().find(|(from, _)| *from <= on)?.1
    }

    /// The amount of a network at a date; none while something is missing.
    fn amount(&self, service: &Service, network: usize, date: &'static str) -> Option<Pence> {
        let members: Vec<usize> =
            (0..3).filter(|practice| self.network(*practice, day(date)) == Some(network)).collect();
        if members.is_empty() || !self.answers.contains(&(network, date)) {
            return None;
        }
        let mut figures = Figures::from([(("NW01".to_owned(), YesNo), 1)]);
        for (code, field) in FIELDS {
            let key = (code.to_owned(), field);
            let mut sum = 0;
            for practice in &members {
                sum += self.figures.get(&(*practice, date))?.get(&key)?;
            }
            figures.insert(key, sum);
        }
        let period = *service.periods().iter().find(|own: &&Period| own.end == day(date))?;
        let inputs = Inputs { figures, ..Inputs::default() };
        let components = ["CARE".to_owned(), "PLAN".to_owned()];
        Some(calculate(service, &components, period, &inputs).expect("everything is in").amount)
    }
}

/// What is stored of each network and date: the amount in force.
async fn stored(world: &World) -> BTreeMap<(String, NaiveDate), Option<Pence>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
        achievement_date: NaiveDate,
        amount_pence: Option<i64>,
    }
    let mut tx = world.db.read().await.expect("a question");
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.code, a.achievement_date, c.amount_pence FROM achievement a
             JOIN organisation o ON o.id = a.provider_id LEFT JOIN calculation c ON c.id = a.calculation_id
             WHERE o.kind = 'pcn'",
            Vec::new(),
        )
        .await
        .expect("rows");
    rows.into_iter()
        .map(|row| ((row.code, row.achievement_date), row.amount_pence.map(Pence)))
        .collect()
}

/// A practice hands in some of its figures, if it may.
async fn hand_in(world: &World, dice: &mut Dice, truth: &mut Truth) {
    let (practice, date) = (dice.roll(3) as usize, DATES[dice.roll(4) as usize]);
    let mut boxes = Vec::new();
    for (code, field) in FIELDS {
        if dice.roll(4) > 0 {
            // Numerators stay below every denominator, so that no submission is refused.
            let base = if field == Denominator { 100 } else { 0 };
            boxes.push((code, field, (base + dice.roll(100)).to_string()));
        }
    }
    let typed: Vec<_> =
        boxes.iter().map(|(code, field, text)| (*code, *field, text.as_str())).collect();
    let result = world.submit(SEATS[practice], ("NCT2526", date, "CARE"), &typed).await;
    let may = truth.network(practice, day(date)).is_some();
    assert_eq!(result.is_ok(), may && !boxes.is_empty(), "{result:?}");
    if result.is_ok() {
        let own = truth.figures.entry((practice, date)).or_default();
        for (code, field, text) in boxes {
            own.insert((code.to_owned(), field), text.parse().expect("a number"));
        }
    }
}

/// A practice joins a network or leaves it, from any day on.
async fn moves(world: &World, dice: &mut Dice, truth: &mut Truth) {
    let practice = dice.roll(3) as usize;
    let from = day("2025-04-01") + Days::new(dice.roll(365));
    let network = [None, Some(0), Some(1)][dice.roll(3) as usize];
    // A register says where everybody is now; where it says what was said last, nothing changes.
    let mut now: Vec<Option<usize>> =
        truth.said.iter().map(|said| said.last().and_then(|(_, network)| *network)).collect();
    if now[practice] == network {
        return;
    }
    now[practice] = network;
    let codes: Vec<Option<&str>> = now.iter().map(|own| own.map(|own| NETWORKS[own])).collect();
    register(world, [codes[0], codes[1], codes[2]], &from.to_string()).await;
    truth.said[practice].retain(|(earlier, _)| *earlier < from);
    truth.said[practice].push((from, network));
}

async fn walk(world: &mut World, seed: u64) {
    let mut dice = Dice(seed);
    let mut truth = Truth::default();
    let start = day("2024-04-01");
    truth.said = [vec![(start, Some(0))], vec![(start, Some(0))], vec![]];
    // The second network first, so that it can take part.
    register(world, [Some("U00001"), Some("U00001"), None], "2025-04-01").await;
    let mut tx = world.db.read().await.expect("a question");
    world.organisations = store::organisation::codes(&mut tx).await.expect("codes");
    drop(tx);
    let second =
        Seat { name: "Zoe Abbot", organisation: "U00002", roles: Seat::NETWORK_MANAGER.roles };
    world.add_seat(second).await;
    world.takes_part(CARE, &NETWORKS).await;
    world.set_today("2026-04-10");
    let service = Service::from_toml(CARE).expect("a definition");
    for step in 0..120 {
        match dice.roll(10) {
            0..=5 => hand_in(world, &mut dice, &mut truth).await,
            6..=8 => moves(world, &mut dice, &mut truth).await,
            _ => {
                let (network, date) = (dice.roll(2) as usize, DATES[dice.roll(4) as usize]);
                let seat = [Seat::NETWORK_MANAGER, second][network];
                let answer = [("NW01", YesNo, "yes")];
                let key = ("NCT2526", date, "PLAN");
                world.submit(seat, key, &answer).await.expect("an answer");
                truth.answers.insert((network, date));
            }
        }
        let stored = stored(world).await;
        for (network, code) in NETWORKS.into_iter().enumerate() {
            for date in DATES {
                let found = stored.get(&(code.to_owned(), day(date))).copied().flatten();
                let expected = truth.amount(&service, network, date);
                assert_eq!(found, expected, "seed {seed}, step {step}: {code} on {date}");
            }
        }
    }
    assert!(stored(world).await.values().flatten().count() > 0, "seed {seed} calculated something");
    assert_eq!(world.sweep().await.calculated, 0, "nothing was left for the sweep");
    world.assert_history_is_whole().await;
}

story!(a_walk_over_joins_leaves_and_figures_is_always_a_sum_from_scratch, world, {
    let mut world = world;
    walk(&mut world, 20_260_410).await;
});

story!(another_walk_is_a_sum_from_scratch_too, world, {
    let mut world = world;
    walk(&mut world, 7).await;
});
