//! Stories of aspiration: a part of last year's payment each month, taken off at the end of the year.

use crate::{
    reference::POINTS,
    story,
    support::{Seat, World, money::message},
};
use domain::Field::{Denominator, Numerator};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;

/// Each month 70% of last year's payment, brought to this year's values, in twelve parts.
const ASPIRATION: &str = r#"
code = "ASP2526"
name = "Points of care, paid in advance"
summary = "A part of last year's payment."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"

[payment]
frequency = "monthly"
declaration_required = false
approval_required = false
pay_code = "ASP"

[[component]]
code = "ASP"
name = "Aspiration"

[[component.indicator]]
code = "ASP1"
name = "Aspiration"
kind = "aspiration"
of = "PTS2425"
share = "70"
uprating = "1.0203"
"#;

fn last_year() -> String {
    POINTS
        .replace("2526", "2425")
        .replace("year = 2025", "year = 2024")
        .replace("ends_on = 2026", "ends_on = 2025")
        .replace("starts_on = 2025", "starts_on = 2024")
        .replace("list_size_date = 2026", "list_size_date = 2025")
}

fn this_year() -> String {
    POINTS.replace("[payment]", "[payment]\nless_paid_by = \"ASP2526\"")
}

async fn figures(world: &World, key: (&str, &str, &str), numerator: &str) {
    let own = [("CARE1", Numerator, numerator), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, key, &own).await.expect("figures are in");
}

async fn approved_by_all(world: &World) {
    world.declare_newest(MANAGER).await;
    world.approve_newest(Seat::APPROVER).await;
    world.approve_newest(Seat::FINANCE).await;
}

const LAST: (&str, &str, &str) = ("PTS2425", "2025-03-31", "CARE");
const THIS: (&str, &str, &str) = ("PTS2526", "2026-03-31", "CARE");

/// Last year came to 5 points, £1,127.45.
async fn with_last_year(world: &World) {
    world.set_today("2025-03-01");
    world.takes_part(&last_year(), &["Y00001"]).await;
    world.takes_part(ASPIRATION, &["Y00001"]).await;
    world.takes_part(&this_year(), &["Y00001"]).await;
    world.set_today("2025-04-10");
    figures(world, LAST, "65").await;
}

story!(aspiration_is_paid_monthly_and_settled_at_the_end_of_the_year, world, {
    with_last_year(&world).await;
    world.set_today("2025-05-02");
    world.sweep().await;
    let april = world.newest(MANAGER).await;
    assert_eq!(
        april.held_because,
        "The payment cannot be calculated until these are in: payment of PTS2425.",
        "what finance has not approved is not known"
    );
    approved_by_all(&world).await;
    assert_eq!(world.sweep().await.calculated, 1, "held until then, and now at once");
    world.set_today("2026-04-02");
    assert_eq!(world.sweep().await.calculated, 11);
    let months = world.results(MANAGER).await;
    let months: Vec<_> =
        months.iter().filter(|row| row.service_name.ends_with("advance")).collect();
    // £1,127.45 × 70% × 1.0203 ÷ 12 = £67.1030…
    assert_eq!(months.len(), 12);
    for month in &months {
        assert_eq!(month.amount.map(|amount| amount.to_string()).as_deref(), Some("£67.10"));
        assert_eq!(month.declaration.as_deref(), Some("awaiting_finance"));
    }
    world.approve_all(Seat::FINANCE).await.expect(303);
    // Points of £676.47 were earned, £805.20 was paid in advance.
    figures(&world, THIS, "55").await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let row = world.results(MANAGER).await.into_iter().find(|row| row.service_code == "PTS2526");
    let address = format!("/achievement/{}", row.unwrap().id);
    let page = finance.get(&address).await;
    page.expect(200).says("-£128.73").says("£128.73 was paid too much and is to be recovered.");
    let working = finance.get(&format!("{address}/working")).await;
    working.says("Less £805.20 paid in advance by ASP2526").says("-£805.20");
    world.assert_history_is_whole().await;
});

story!(what_is_to_be_recovered_goes_through_and_stands_apart_in_the_file, world, {
    with_last_year(&world).await;
    world.set_today("2026-04-02");
    approved_by_all(&world).await;
    world.sweep().await;
    world.approve_all(Seat::FINANCE).await.expect(303);
    figures(&world, THIS, "55").await;
    approved_by_all(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let list = finance.get("/payments").await;
    list.expect(200).says(
        "14 declarations ready to pay, £1,803.92 in all. 1 of them is to be recovered: £128.73.",
    );
    let check = finance.get("/payments/new").await;
    check
        .expect(200)
        .says("Payments 13, £1,932.65")
        .says("To recover 1, -£128.73")
        .says("Total £1,803.92")
        .says("Amounts below zero are to be recovered.");
    let form = [("lines", &*check.value("lines")), ("total", &*check.value("total"))];
    let made = finance.post("/payments/new", &form).await;
    let address = made.expect(303).location().to_owned();
    assert!(message(&made).contains("created"));
    finance.get(&address).await.expect(200).says("To recover 1, -£128.73").says("Total £1,803.92");
    let csv = finance.get(&format!("{address}.csv")).await;
    let csv: Vec<&str> = csv.expect(200).html.lines().collect();
    assert_eq!(csv.len(), 1 + 13 + 1 + 2);
    assert!(csv[1..14].iter().all(|line| line.starts_with("LINE,") && !line.contains(",-")));
    assert!(csv[14].starts_with("TOTAL,") && csv[14].ends_with(",13,,,,,,1932.65"), "{}", csv[14]);
    assert!(csv[15].starts_with("RECOVERY,") && csv[15].ends_with(",-128.73"), "{}", csv[15]);
    assert!(
        csv[16].starts_with("RECOVERY_TOTAL,") && csv[16].ends_with(",1,,,,,,-128.73"),
        "{}",
        csv[16]
    );
    let provider = world.sign_in(MANAGER).await;
    provider.get("/payments").await.expect(200).says("-£128.73");
    finance.get("/payments/new").await.says("There are no approved declarations to pay.");
});

story!(when_last_years_payment_changes_aspiration_follows, world, {
    // Last year's service is paid each quarter: finance approves one after the other.
    let quarterly = last_year().replace("frequency = \"annual\"", "frequency = \"quarterly\"");
    world.set_today("2025-03-01");
    world.takes_part(&quarterly, &["Y00001"]).await;
    world.takes_part(ASPIRATION, &["Y00001"]).await;
    world.set_today("2025-04-10");
    figures(&world, ("PTS2425", "2024-12-31", "CARE"), "65").await;
    approved_by_all(&world).await;
    world.set_today("2025-06-02");
    assert_eq!(world.sweep().await.calculated, 2, "April and May");
    let months = async || -> Vec<String> {
        let rows = world.results(MANAGER).await;
        let own = rows.iter().filter(|row| row.service_code == "ASP2526");
        own.filter_map(|row| row.amount.map(|amount| amount.to_string())).collect()
    };
    assert_eq!(months().await, ["£67.10", "£67.10"]);
    // Finance approves the older of the two; the other one waits.
    let finance = world.sign_in(Seat::FINANCE).await;
    let page = finance.get("/declarations").await;
    let seen = page.values("seen").into_iter().max().unwrap_or_default();
    let reference = page.values("declaration").into_iter().max().unwrap_or_default();
    let sent = finance
        .post("/declarations/approve", &[("seen", &seen), ("declaration", &reference)])
        .await;
    sent.expect(303);
    figures(&world, LAST, "65").await;
    approved_by_all_but_aspiration(&world).await;
    assert_eq!(world.sweep().await.calculated, 1, "what finance has approved stays");
    let mut after = months().await;
    after.sort();
    assert_eq!(after, ["£134.21", "£67.10"]);
    let own = world.results(MANAGER).await.into_iter().find(|row| {
        row.service_code == "ASP2526" && row.amount.is_some_and(|amount| amount.0 == 13_421)
    });
    let page = finance.get(&format!("/achievement/{}", own.unwrap().id)).await;
    page.says("Ana Ruiz approved a payment of PTS2425");
    assert_eq!(world.sweep().await.calculated, 0, "once");
});

/// The points of last year, by everybody; months of aspiration stay where they are.
async fn approved_by_all_but_aspiration(world: &World) {
    world.declare_newest(MANAGER).await;
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        let browser = world.sign_in(seat).await;
        let page = browser.get("/declarations?service=PTS2425").await;
        let (seen, reference) = (page.value("seen"), page.value("declaration"));
        let sent = browser
            .post("/declarations/approve", &[("seen", &seen), ("declaration", &reference)])
            .await;
        sent.expect(303);
    }
}

story!(aspiration_counts_what_last_year_had_paid_in_advance_too, world, {
    with_last_year(&world).await;
    let next = ASPIRATION
        .replace("ASP2526", "ASP2627")
        .replace("of = \"PTS2425\"", "of = \"PTS2526\"")
        .replace("year = 2025", "year = 2026")
        .replace("2026-03-31", "2027-03-31")
        .replace("2025-04-01", "2026-04-01");
    world.takes_part(&next, &["Y00001"]).await;
    world.set_today("2026-04-02");
    approved_by_all(&world).await;
    world.sweep().await;
    world.approve_all(Seat::FINANCE).await.expect(303);
    figures(&world, THIS, "55").await;
    approved_by_all(&world).await;
    world.set_today("2026-05-02");
    assert_eq!(world.sweep().await.calculated, 1);
    // £676.47 was earned, of which £805.20 had been paid: the balance is below zero, the aspiration is not.
    let row = world.results(MANAGER).await.into_iter().find(|row| row.service_code == "ASP2627");
    let page = world.sign_in(Seat::FINANCE).await;
    let page = page.get(&format!("/achievement/{}/working", row.unwrap().id)).await;
    page.expect(200)
        .says("£676.47 × 70% × 1.0203 ÷ 12 payments a year")
        .says("Approved declarations, with £805.20 that had been paid in advance");
});
