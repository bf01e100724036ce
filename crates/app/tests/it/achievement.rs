//! Stories of achievements: what figures come to, when, and what is said while something is missing.

use crate::{
    story,
    support::{
        Seat,
        figures::{LOCAL, NETWORK, amount},
    },
};
use domain::{
    Field::{Count, Denominator, Numerator, Register, YesNo},
    Pence,
    achievement::AchievementState,
};

/// A points service where 1 point is worth £225.49 and the first practice has just the average list.
const POINTS: &str = r#"
code = "PTS2526"
name = "Points of care"
summary = "One percentage."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
points_decimals = 2
list_size_date = 2026-01-01

[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "PTS"

[reference]
point_value = "225.49"
average_list = 10184
source = "A story"

[[component]]
code = "CARE"
name = "Care"

[[component.indicator]]
code = "CARE1"
name = "Care given"
kind = "fraction"
points = "10"
lower = "40"
upper = "90"
"#;

/// Paid by list size alone.
const LIST_ONLY: &str = r#"
code = "LIST2526"
name = "Network participation"
summary = "An amount for each patient."
family = "Network"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
list_size_date = 2025-01-01

[payment]
frequency = "monthly"
declaration_required = true
approval_required = true
pay_code = "NPP"

[[component]]
code = "NPP"
name = "Participation"

[[component.indicator]]
code = "NPP1"
name = "Participation payment"
kind = "per_patient"
rate_per_year = "1.761"
"#;

const QUARTER: &str = "2025-06-30";

story!(counts_of_a_quarter_are_paid_as_soon_as_the_last_is_in, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let at = |component| ("LCS2526", QUARTER, component);
    let manager = Seat::PRACTICE_MANAGER;
    let first = world.submit(manager, at("PHLEB"), &[("PHL001", Count, "37")]).await.unwrap();
    assert_eq!((first.state, first.is_calculated), (AchievementState::InProgress, false));
    let spirometry = [("SPI001", Register, "20"), ("SPI002", Count, "18")];
    world.submit(manager, at("SPIRO"), &spirometry).await.unwrap();
    world
        .submit(manager, at("ECG"), &[("ECG001", Count, "4"), ("ECG002", Count, "0")])
        .await
        .unwrap();
    let detail = world.newest(manager).await;
    assert_eq!(
        detail.missing.iter().map(|own| &*own.label).collect::<Vec<_>>(),
        ["Number of joint injections", "Number of excisions"]
    );
    assert!(detail.calculation.is_none(), "nothing is calculated while figures are missing");
    let last = world
        .submit(manager, at("MINOR"), &[("MIN001", Count, "2"), ("MIN002", Count, "0")])
        .await
        .unwrap();
    // 37 × £3.10 + 18 × £38.50 + 4 × £18.20 + 2 × £46.20
    assert_eq!((last.state, last.amount), (AchievementState::Calculated, Some(Pence(97_290))));
    let row = world.results(manager).await.remove(0);
    assert_eq!((row.achieved.as_deref(), row.amount), (Some("61 items"), Some(Pence(97_290))));
    assert_eq!(row.declaration.as_deref(), Some("awaiting_provider"));
    world.assert_history_is_whole().await;
});

story!(a_percentage_between_its_thresholds_earns_its_share_of_points, world, {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let figures = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    let outcome = world
        .submit(Seat::PRACTICE_MANAGER, ("PTS2526", "2026-03-31", "CARE"), &figures)
        .await
        .unwrap();
    // 65% is half way from 40% to 90%: 5 of 10 points at £225.49 each
    assert_eq!(outcome.amount, Some(Pence(112_745)));
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    let calculation = detail.calculation.unwrap();
    assert_eq!(calculation.achieved, "5.00 points");
    assert_eq!(calculation.result.lines.last().unwrap().amount, "£1,127.45");
});

story!(nobody_in_the_denominator_earns_nothing, world, {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let figures = [("CARE1", Numerator, "0"), ("CARE1", Denominator, "0")];
    let outcome = world
        .submit(Seat::PRACTICE_MANAGER, ("PTS2526", "2026-03-31", "CARE"), &figures)
        .await
        .unwrap();
    assert_eq!((outcome.state, outcome.amount), (AchievementState::Calculated, Some(Pence(0))));
});

story!(a_network_is_paid_for_the_patients_of_its_practices, world, {
    world.takes_part(NETWORK, &["U00001"]).await;
    world.set_today("2025-05-01");
    let figures = [("NCEA002", Count, "412"), ("NCEA003", YesNo, "yes")];
    let outcome = world
        .submit(Seat::NETWORK_MANAGER, ("NCEA2526", "2025-04-30", "ACCESS"), &figures)
        .await
        .unwrap();
    // (10,184 + 5,092) patients × £8.427 ÷ 12
    assert_eq!(outcome.amount, Some(Pence(1_072_757)));
    let row = world.results(Seat::NETWORK_MANAGER).await.remove(0);
    assert_eq!(row.declaration.as_deref(), Some("awaiting_commissioner"), "declared by itself");
    assert_eq!(world.facts("achievement_declared").await, 1);
});

story!(a_service_without_figures_is_calculated_when_its_period_ends, world, {
    world.takes_part(LIST_ONLY, &["Y00001", "Y00002"]).await;
    world.set_today("2025-04-30");
    assert_eq!(world.sweep().await.calculated, 0, "April has not ended");
    world.set_today("2025-05-01");
    assert_eq!(world.sweep().await.calculated, 2);
    let before = world.facts("achievement_calculated").await;
    assert_eq!(world.sweep().await.calculated, 0, "a second sweep changes nothing");
    assert_eq!(world.facts("achievement_calculated").await, before);
    // 10,184 patients × £1.761 ÷ 12
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(149_450));
    world.set_today("2025-07-15");
    assert_eq!(world.sweep().await.calculated, 4, "May and June of both");
});

story!(a_missing_list_size_holds_the_payment_and_says_so, world, {
    let definition = POINTS.replace("list_size_date = 2026-01-01", "list_size_date = 2023-01-01");
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let figures = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    let outcome = world
        .submit(Seat::PRACTICE_MANAGER, ("PTS2526", "2026-03-31", "CARE"), &figures)
        .await
        .unwrap();
    assert_eq!((outcome.state, outcome.amount), (AchievementState::Held, None));
    assert_eq!(
        outcome.held_because,
        "The payment cannot be calculated until these are in: list size on 1 January 2023."
    );
    assert_eq!(world.sweep().await.held, 1);
    let events = world.facts("figures_submitted").await;
    let sizes = [(world.organisations["Y00001"], 5_092)];
    let system = domain::Actor::system("story");
    let as_at = "2023-01-01".parse().unwrap();
    store::organisation::load_list_sizes(
        &world.db,
        ("late", "0"),
        as_at,
        &sizes,
        &system,
        &world.now(),
    )
    .await
    .unwrap();
    assert_eq!(world.sweep().await.calculated, 1);
    // half the average list: half the money
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(56_373));
    assert_eq!(world.facts("figures_submitted").await, events);
});

story!(figures_before_the_period_ends_wait_for_it, world, {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-03-31");
    let figures = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    let outcome = world
        .submit(Seat::PRACTICE_MANAGER, ("PTS2526", "2026-03-31", "CARE"), &figures)
        .await
        .unwrap();
    assert_eq!(outcome.state, AchievementState::Complete);
    assert_eq!(world.sweep().await.calculated, 0);
    world.set_today("2026-04-01");
    assert_eq!(world.sweep().await.calculated, 1);
});
