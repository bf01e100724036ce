//! A random walk of money: whatever is made, sent, answered and tried again, every approved pound is in one place.

use super::{MAKER, SENDER};
use crate::{
    story,
    support::{Page, Seat, World},
};
use std::collections::BTreeMap;

/// What a random walk does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Earn(u32),
    Create,
    Send,
    /// Answers each line that waits: the bits say which, and which of them are paid.
    Answer(u32, u32),
    TryAgain,
    /// Records how the first payment that had its last try was settled.
    Settle,
    /// Puts payments of everybody or of a practice on hold, or lifts the oldest hold.
    Hold(bool),
    Lift,
}

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % most
    }

    pub(crate) fn step(&mut self) -> Step {
        match self.below(13) {
            0 => Step::Earn(1 + self.below(49)),
            1 | 2 => Step::Create,
            3 | 4 => Step::Send,
            5 | 6 => Step::Answer(self.below(256), self.below(256) & self.below(256)),
            7 | 8 => Step::TryAgain,
            9 => Step::Settle,
            10 => Step::Hold(self.below(2) == 0),
            _ => Step::Lift,
        }
    }
}

/// The months that a walk earns payments in.
const MONTHS: [&str; 12] = [
    "2025-04-30",
    "2025-05-31",
    "2025-06-30",
    "2025-07-31",
    "2025-08-31",
    "2025-09-30",
    "2025-10-31",
    "2025-11-30",
    "2025-12-31",
    "2026-01-31",
    "2026-02-28",
    "2026-03-31",
];

pub(crate) async fn take(world: &World, step: Step, earned: &mut usize) {
    let finance = world.sign_in(SENDER).await;
    match step {
        Step::Earn(tests) => {
            let seats = [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE];
            let (seat, month) = (seats[*earned % 2], MONTHS.get(*earned / 2));
            let Some(month) = month else { return };
            *earned += 1;
            world.count(seat, month, tests).await;
            world.declare_all(seat).await.expect(303);
            world.approve_all(Seat::APPROVER).await.expect(303);
            world.approve_all(Seat::FINANCE).await.expect(303);
        }
        Step::Create => {
            let page = world.sign_in(MAKER).await.get("/payments/new").await;
            if !page.values("lines").is_empty() {
                world.pay_all(MAKER).await;
            }
        }
        Step::Send => {
            for file in files(&finance.get("/payments").await) {
                if finance.get(&file).await.text().contains("Check and send") {
                    world.send(&file).await.expect(303);
                }
            }
        }
        Step::Answer(which, paid) => {
            let today = world.now().today;
            for file in files(&finance.get("/payments").await) {
                let blank = finance.get(&format!("{file}/to-answer.csv")).await;
                if blank.status != 200 {
                    continue;
                }
                let chosen = |bits: u32, line: usize| bits & (1 << (line % 8)) != 0;
                let rows: String = blank
                    .html
                    .lines()
                    .skip(1)
                    .enumerate()
                    .filter(|(line, _)| chosen(which, *line))
                    .map(|(line, row)| {
                        let row = row.trim_end_matches(',');
                        match chosen(paid, line) {
                            true => format!("{row},paid,{today},BACS,\n"),
                            false => format!("{row},rejected,,,Closed\n"),
                        }
                    })
                    .collect();
                if !rows.is_empty() {
                    world.answer(&file, &rows).await.expect(303);
                }
            }
        }
        Step::TryAgain => {
            let page = finance.get("/payments/failed").await;
            if let Some(identity) = page.values("payment").first() {
                world.try_again(identity).await.expect(303);
            }
        }
        Step::Settle => {
            let page = finance.get("/payments/failed").await;
            if let Some(form) = page.links("/payments/failed/settle").first() {
                let identity = finance.get(form).await.expect(200).value("payment");
                let on = ["%d", "%m", "%Y"].map(|part| world.now().today.format(part).to_string());
                world
                    .settle_by_hand_as(SENDER, &identity, ("CHAPS", &on[0], &on[1], &on[2]))
                    .await
                    .expect(303);
            }
        }
        Step::Hold(everybody) => {
            let cluster = if everybody { "" } else { CLUSTER };
            let fields = [
                ("service", "BLD2526"),
                ("cluster", cluster),
                ("stops", "paying"),
                ("reason", "The budget is looked at."),
            ];
            finance.post("/holds/new", &fields).await.expect(303);
        }
        Step::Lift => {
            let open: Vec<_> = holds(&finance.get("/holds").await);
            if let Some(hold) = open.last() {
                let page = finance.get(&format!("{hold}/lift")).await;
                let fields = [("version", &*page.value("version")), ("note", "")];
                finance.post(&format!("{hold}/lift"), &fields).await.expect(303);
            }
        }
    }
}

/// The cluster of the walk's holds: one of the two practices.
const CLUSTER: &str = "CL-2026-000001";

/// The addresses of the open holds in a list, the newest first.
fn holds(list: &Page) -> Vec<String> {
    let is_open = |row: &&str| row.contains("href=\"/holds/") && !row.contains("Lifted");
    let open = list.html.split("<tr").skip(1).filter(is_open);
    open.filter_map(|row| Some(row.split("href=\"").nth(1)?.split('"').next()?.to_owned()))
        .collect()
}

/// The addresses of the files in a list.
fn files(list: &Page) -> Vec<String> {
    let is_file = |address: &String| !address.contains('.') && address.contains("/PF-");
    list.links("/payments/").into_iter().filter(is_file).collect()
}

story!(whatever_happens_every_approved_pound_is_in_one_place, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.set_today("2026-04-02");
    let keeper = Seat {
        name: "Del Ward",
        organisation: "QAA",
        roles: &[domain::Role::OrganisationAdministrator],
    };
    world.add_seat(keeper).await;
    let fields = [("name", "One supplier"), ("codes", "Y00001"), ("go", "next")];
    let made = world.sign_in(keeper).await.post("/clusters/new", &fields).await;
    assert_eq!(made.expect(303).location(), format!("/clusters/{CLUSTER}"));
    let mut dice = Dice(24);
    let mut earned = 0;
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    for number in 0..160 {
        let step = dice.step();
        take(&world, step, &mut earned).await;
        world.assert_balanced(&format!("step {number}, {step:?}")).await;
        for (place, pence) in world.balance().await.1 {
            *seen.entry(place).or_default() += pence;
        }
    }
    for place in ["ready", "held", "in_file", "sent", "paid", "failed", "settled"] {
        assert!(seen.get(place).is_some_and(|pence| *pence > 0), "never {place}: {seen:?}");
    }
    assert!(world.facts("hold_lifted").await > 0, "a hold is lifted");
    world.assert_history_is_whole().await;
});
