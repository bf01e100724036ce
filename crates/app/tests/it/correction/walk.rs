//! A random walk of corrections and recoveries among payments: every approved pound is in one place, whatever happens.

use crate::{
    payment_answer::walk::{Dice, Step, take},
    story,
    support::{Page, Seat, World},
};
use std::collections::BTreeMap;

/// The declaration that a walk corrects most, whose first file was sent.
async fn correct(world: &World, dice: &mut Dice) {
    let seats = [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE];
    let seat = seats[dice.below(2) as usize];
    let page = world.sign_in(seat).await.get("/payments").await;
    let found = page.links("/declarations/D-");
    let own: Vec<&String> = found.iter().filter(|address| !address.contains('?')).collect();
    let Some(address) = own.get(dice.below(20) as usize % own.len().max(1)) else { return };
    let reference = address.rsplit('/').next().expect("a reference").split('#').next();
    let direction = if dice.below(3) == 0 { "supplementary" } else { "reversing" };
    let amount = format!("{}.{:02}", dice.below(60), dice.below(100));
    let asker = if dice.below(2) == 0 { Seat::APPROVER_AND_FINANCE } else { seat };
    let browser = world.sign_in(asker).await;
    let form = format!("/declarations/{}/correct", reference.expect("a reference"));
    let page = browser.get(&form).await;
    let Some(seen) = page.values("seen").first().cloned() else { return };
    let fields = [
        ("direction", direction),
        ("amount", &*amount),
        ("reason", "Counted twice."),
        ("seen", &*seen),
    ];
    browser.post(&form, &fields).await;
}

/// The corrections of the commissioner's list that say something.
fn with(page: &Page, words: &str) -> Vec<String> {
    let rows = page.html.split("<tr").skip(1).filter(|row| row.contains(words));
    rows.filter_map(|row| Some(row.split("href=\"/corrections/").nth(1)?.split('"').next()?.into()))
        .collect()
}

/// Who declares for the provider of a correction.
async fn own(world: &World, reference: &str) -> Seat {
    let address = format!("/corrections/{reference}");
    match world.sign_in(Seat::PRACTICE_MANAGER).await.get(&address).await.status.as_u16() {
        200 => Seat::PRACTICE_MANAGER,
        _ => Seat::SECOND_PRACTICE,
    }
}

/// Somebody does something with a correction or a recovery that waits.
async fn go_on(world: &World, dice: &mut Dice) {
    let list = world.sign_in(Seat::FINANCE).await.get("/corrections").await;
    for reference in with(&list, "Awaiting Service Provider Approval") {
        let act = if dice.below(4) == 0 { "disagree" } else { "agree" };
        world.press(own(world, &reference).await, &reference, act).await.expect(303);
    }
    for reference in with(&list, "Awaiting Commissioning Organisation Approval") {
        world.press(Seat::APPROVER, &reference, "approve").await.expect(303);
    }
    for reference in with(&list, "Awaiting Finance Approval") {
        let act = if dice.below(6) == 0 { "refuse" } else { "approve" };
        // A hold that is open can stop it.
        world.press(Seat::FINANCE, &reference, act).await;
    }
    for reference in with(&list, "Notice given") {
        let act = if dice.below(3) == 0 { "recovery/dispute" } else { "recovery/agree" };
        world.press(own(world, &reference).await, &reference, act).await.expect(303);
    }
    for reference in with(&list, "Answered, awaiting a decision") {
        let act = if dice.below(3) == 0 { "recovery/keep" } else { "recovery/drop" };
        world.press(Seat::APPROVER, &reference, act).await.expect(303);
    }
    for reference in with(&list, "Approved") {
        let finance = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
        let page = finance.get(&format!("/corrections/{reference}")).await;
        if !page.text().contains("Give notice of the recovery") {
            continue;
        }
        let instalments = (1 + dice.below(4)).to_string();
        let first = world.now().today + chrono::Days::new(29 + u64::from(dice.below(20)));
        let (day, month, year) = (
            first.format("%d").to_string(),
            first.format("%m").to_string(),
            first.format("%Y").to_string(),
        );
        let fields = [
            ("instalments", &*instalments),
            ("first-day", &*day),
            ("first-month", &*month),
            ("first-year", &*year),
            ("reason", "Paid twice."),
        ];
        finance.post(&format!("/corrections/{reference}/recover"), &fields).await.expect(303);
    }
}

/// Somebody corrects something, or goes on with what is corrected; says which.
pub(crate) async fn take_correcting(world: &World, dice: &mut Dice) -> &'static str {
    if dice.below(5) < 3 {
        correct(world, dice).await;
        "correct"
    } else {
        go_on(world, dice).await;
        "go on"
    }
}

/// The notices whose day has come stand, as the minute sweep lets them.
pub(crate) async fn stand(world: &World) {
    let (system, now) = (domain::Actor::system("Accord"), world.now());
    store::recovery::stand(&world.db, &system, &now).await.expect("what stands");
}

story!(whatever_is_corrected_and_recovered_every_approved_pound_is_in_one_place, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.set_today("2026-04-02");
    let mut dice = Dice(12);
    let (mut earned, mut today) = (0, "2026-04-02".parse::<chrono::NaiveDate>().expect("a day"));
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..180 {
        let step = match dice.below(10) {
            0..=4 => take_correcting(&world, &mut dice).await.to_owned(),
            5 => {
                today = today + chrono::Days::new(11);
                world.set_today(&today.to_string());
                stand(&world).await;
                "time passes".to_owned()
            }
            _ => {
                let step = match dice.step() {
                    // The holds have a walk of their own.
                    Step::Hold(_) | Step::Lift => Step::Earn(1 + dice.below(49)),
                    step => step,
                };
                take(&world, step, &mut earned).await;
                format!("{step:?}")
            }
        };
        world.assert_balanced(&format!("step {number}, {step}")).await;
        for (place, pence) in world.balance().await.1 {
            *seen.entry(place).or_default() += pence.unsigned_abs();
        }
    }
    for place in ["ready", "in_file", "sent", "paid", "failed", "planned", "not_due"] {
        assert!(seen.get(place).is_some_and(|pence| *pence > 0), "never {place}: {seen:?}");
    }
    for kind in ["recovery_agreed", "recovery_dropped", "correction_finance_approved"] {
        assert!(world.facts(kind).await > 0, "never {kind}");
    }
    world.assert_history_is_whole().await;
});
