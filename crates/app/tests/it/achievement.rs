//! Stories of achievements: what figures come to, when, and what is said while something is missing.

use crate::{
    reference::POINTS,
    story,
    support::{
        Seat,
        figures::{ADVICE, LOCAL, NETWORK, amount},
    },
};
use domain::{
    Field::{Count, Denominator, Numerator, Register, YesNo},
    Pence,
    achievement::AchievementState,
};

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

/// The first practice has submitted the points service, and the local one twice.
pub(crate) async fn with_results(world: &crate::support::World) -> String {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let manager = Seat::PRACTICE_MANAGER;
    for (date, count) in [("2025-04-30", "10"), ("2025-05-31", "13"), ("2025-05-31", "12")] {
        world
            .submit(manager, ("AG2526", date, "ADVICE"), &[("AG001", Count, count)])
            .await
            .unwrap();
    }
    let figures = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    world.submit(manager, ("PTS2526", "2026-03-31", "CARE"), &figures).await.unwrap();
    let rows = world.results(manager).await;
    let may = rows.iter().find(|row| row.period.end.to_string() == "2025-05-31").unwrap();
    format!("/achievement/{}", may.id)
}

story!(results_show_points_counts_value_and_change, world, {
    let may = with_results(&world).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = browser.get("/achievement").await;
    page.expect(200).says("Achievement Results").says("Run Achievement Summary Report");
    page.says("5.00 points").says("£1,127.45");
    page.says("Episodes of advice and guidance: 12").says("£240.00").says("£40.00 more");
    page.says("Not applicable").says("Calculated").says("Showing 1 to 3 of 3");
    assert!(page.links("/achievement/").contains(&may));
    let one = browser.get("/achievement?service=PTS2526").await;
    one.expect(200).says("Showing 1 to 1 of 1").does_not_say("£240.00");
    let none = browser.get("/achievement?status=held").await;
    none.expect(200).says("No achievements match your filters");
    let other = world.sign_in(Seat::SECOND_PRACTICE).await;
    other.get("/achievement").await.expect(200).says("Your first achievement will show here");
});

story!(one_achievement_shows_its_working_sources_and_history, world, {
    let may = with_results(&world).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = browser.get(&may).await;
    page.expect(200)
        .says("Riverside Surgery submitted figures for May 2025. Episodes of advice and guidance: 12. This is worth £240.00.")
        .says("How we worked this out")
        .says("Sam Ahmed, typed in")
        .says("Earlier calculations")
        .says("£260.00")
        .says("1 figure submitted (typed in)")
        .says("Returned to the provider because the amount changed from £260.00 to £240.00");
    let commissioner = world.sign_in(Seat::APPROVER).await;
    let seen = commissioner.get(&may).await;
    seen.expect(200).says("This is worth £240.00").does_not_say("Go to data submission");
    let list = commissioner.get("/achievement?provider=y00001").await;
    list.expect(200).says("Riverside Surgery (Y00001)").says("Showing 1 to 3 of 3");
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::OTHER_APPROVER] {
        world.sign_in(seat).await.get(&may).await.expect(404);
    }
    browser.get("/achievement/no-such-thing").await.expect(404);
});

story!(the_summary_report_has_the_working_of_every_date, world, {
    with_results(&world).await;
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    browser.get("/achievement/summary").await.expect(200).says("Select a service");
    let report = browser.get("/achievement/summary?service=AG2526").await;
    report
        .expect(200)
        .says("Achievement Summary Report")
        .says("Total value: £440.00")
        .says("April 2025")
        .says("May 2025")
        .says("Run by Sam Ahmed on 1 April 2026");
    let points = browser.get("/achievement/summary?service=PTS2526").await;
    points.expect(200).says("List size factor").says("List size: 10,184");
    let approver = world.sign_in(Seat::APPROVER).await;
    let other = approver.get("/achievement/summary?service=AG2526&provider=Y00001").await;
    other.expect(200).says("Total value: £440.00");
    let unknown = approver.get("/achievement/summary?service=AG2526&provider=Y9").await;
    unknown.expect(200).says("No provider has this ODS code");
});

story!(those_who_only_view_never_see_a_pound_sign, world, {
    let may = with_results(&world).await;
    let points = {
        let rows = world.results(Seat::PRACTICE_MANAGER).await;
        let row = rows.iter().find(|row| row.points.is_some()).unwrap();
        format!("/achievement/{}", row.id)
    };
    for (seat, provider) in
        [(Seat::PRACTICE_VIEW, ""), (Seat::COMMISSIONER_VIEW, "&provider=Y00001")]
    {
        let browser = world.sign_in(seat).await;
        for path in [
            "/achievement".to_owned(),
            may.clone(),
            points.clone(),
            format!("/achievement/summary?service=AG2526{provider}"),
            format!("/achievement/summary?service=PTS2526{provider}"),
            format!("{may}/working"),
            format!("{points}/working"),
            format!("{points}/working.csv"),
            format!("{points}/working.json"),
            format!("{points}/forecast"),
        ] {
            let page = browser.get(&path).await;
            page.expect(200);
            assert!(
                !page.html.contains('£') && !page.html.contains("&pound;"),
                "{path} shows money to {}:\n{}",
                seat.name,
                page.text()
            );
            assert!(!page.html.contains("1,127.45") && !page.html.contains("225.49"), "{path}");
        }
        browser.get(&points).await.says("5.00 points");
        let working = browser.get(&format!("{points}/working")).await;
        working.says("List size factor");
    }
});

story!(an_achievement_in_progress_says_what_is_missing, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let at = ("LCS2526", QUARTER, "ECG");
    world.submit(Seat::PRACTICE_MANAGER, at, &[("ECG001", Count, "4")]).await.unwrap();
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let id = world.results(Seat::PRACTICE_MANAGER).await.remove(0).id;
    let page = browser.get(&format!("/achievement/{id}")).await;
    page.expect(200)
        .says("1 of 7 indicators for April to June 2025 are in.")
        .says("Nothing is calculated until these figures are in")
        .says("Number of 24-hour ECGs")
        .says("Submit the missing data")
        .says("Missing");
});
