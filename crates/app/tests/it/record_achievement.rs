//! Stories of a commissioner who enters figures on behalf of its providers.

use crate::{
    story,
    support::{
        Seat,
        figures::{ADVICE, LOCAL, SHINGLES, amount},
        money::message,
    },
};
use domain::{
    Field::{Count, Register},
    Pence,
};

const LIST: &str = "/achievement/record";
const APRIL: (&str, &str, &str) = ("AG2526", "2025-04-30", "ADVICE");

story!(a_commissioner_finds_who_has_not_submitted_and_enters_for_it, world, {
    world.takes_part(ADVICE, &["Y00001", "Y00002"]).await;
    world.set_today("2025-06-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    world.submit(Seat::SECOND_PRACTICE, APRIL, &[("AG001", Count, "37")]).await.unwrap();
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let results = priya.get("/achievement").await;
    assert!(results.links(LIST).contains(&LIST.to_owned()), "reached from Achievement");
    let list = priya.get(LIST).await;
    list.expect(200).says("Record Provider Achievement").says("Figures for May 2025");
    list.says("Riverside Surgery Y00001 0 of 1 No data Not started");
    let may = "/achievement/record/Y00002/AG2526/2025-05-31";
    assert!(list.links(LIST).contains(&may.to_owned()));
    let dates = priya.get("/achievement/record/Y00002/AG2526").await;
    dates.expect(200).says("You are entering figures for Hill Top Practice (Y00002).");
    assert!(dates.links(may).contains(&may.to_owned()) || dates.html.contains("2025-05-31"));
    let added = priya
        .post("/achievement/record/Y00002/AG2526", &[("achievement-date", "2025-05-31")])
        .await;
    assert_eq!(added.location(), may);
    priya.get(may).await.expect(200).says("You are entering figures for Hill Top Practice");
    let group = format!("{may}/ADVICE");
    let form = priya.get(&group).await;
    form.expect(200).says("You are entering figures for Hill Top Practice (Y00002).");
    form.says("April 2025: 37");
    let sent = priya.post(&group, &[("version", "0"), ("AG001-count", "30")]).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, may));
    priya.get(may).await.expect(200).says("1 of 1");
    let detail = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(amount(&detail), Pence(60_000));
    let jo = world.sign_in(Seat::SECOND_PRACTICE).await;
    let page = jo.get(&format!("/achievement/{}", detail.achievement.id)).await;
    page.expect(200)
        .says("1 figure submitted (typed in for Hill Top Practice)")
        .says("Priya Shah, NHS Anytown ICB");
    world.assert_history_is_whole().await;
});

story!(the_list_of_providers_is_narrowed_by_date_status_and_name, world, {
    world.takes_part(ADVICE, &["Y00001", "Y00002"]).await;
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    let quarter = ("LCS2526", "2025-06-30", "SPIRO");
    world.submit(Seat::PRACTICE_MANAGER, quarter, &[("SPI001", Register, "20")]).await.unwrap();
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    for (query, said, not_said) in [
        ("service=AG2526&date=2025-04-30", "Riverside Surgery", "No providers match"),
        ("service=AG2526&date=2025-04-30&status=calculated", "Riverside Surgery", "Hill Top"),
        ("service=AG2526&date=2025-04-30&status=not_started", "Hill Top", "Riverside Surgery"),
        ("service=AG2526&date=2025-04-30&status=held", "No providers match", "Hill Top"),
        ("service=AG2526&date=2025-04-30&provider=hill", "Hill Top", "Riverside Surgery"),
        ("service=AG2526&date=2025-04-30&provider=y00001", "Riverside Surgery", "Hill Top"),
        ("service=AG2526&date=2025-04-30&provider=%25", "No providers match", "Hill Top"),
        ("service=LCS2526&status=in_progress", "1 of 7", "Hill Top"),
        // A date of another service is not one of this service, so the newest that has ended is shown.
        ("service=LCS2526&date=2025-04-30", "Figures for April to June 2025", "Hill Top"),
        ("service=NONE&date=x&page=99", "Figures for June 2025", "April to June"),
    ] {
        let page = priya.get(&format!("{LIST}?{query}")).await;
        let rows = page.text();
        let rows = rows.split("Select a provider").nth(1).unwrap_or(&rows);
        assert!(page.text().contains(said), "{query}: {}", page.text());
        assert!(!rows.contains(not_said), "{query}: {rows}");
    }
});

story!(only_achievement_entry_of_the_own_commissioner_enters_for_a_provider, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let group = "/achievement/record/Y00001/AG2526/2025-04-30/ADVICE";
    let boxes = [("version", "0"), ("AG001-count", "12")];
    let entry =
        Seat { name: "Uma Bell", organisation: "QBB", roles: &[domain::Role::AchievementEntry] };
    world.add_seat(entry).await;
    let uma = world.sign_in(entry).await;
    uma.get(LIST).await.expect(200).says("There is nothing to enter");
    for path in [group, "/achievement/record/Y00001/AG2526", "/achievement/record/X/AG2526"] {
        uma.get(path).await.expect(404);
    }
    uma.post(group, &boxes).await.expect(404);
    let max = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    for path in [LIST, group] {
        max.get(path).await.expect(403).says("You need the role Achievement Entry");
        sam.get(path).await.expect(403).says("This page is for commissioners");
    }
    max.post(group, &boxes).await.expect(403);
    assert!(max.get("/achievement").await.links(LIST).is_empty());
    assert_eq!(world.facts("figures_submitted").await, 0);
    let region =
        Seat { name: "Ray North", organisation: "Y99", roles: &[domain::Role::AchievementEntry] };
    world.add_seat(region).await;
    let ray = world.sign_in(region).await;
    ray.get(LIST).await.expect(200).says("Riverside Surgery");
    ray.post(group, &boxes).await.expect(303);
});

story!(a_commissioner_changes_figures_until_finance_has_approved, world, {
    let definition = ADVICE.replace("approval_required = false", "approval_required = true");
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    world.declare_newest(manager).await;
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let group = "/achievement/record/Y00001/AG2526/2025-04-30/ADVICE";
    let version = priya.get(group).await.value("version");
    let sent = priya.post(group, &[("version", &version), ("AG001-count", "12")]).await;
    let said = message(&sent);
    assert!(
        said.ends_with("It has gone back to Riverside Surgery to declare again."),
        "without money: {said}"
    );
    world.declare_newest(manager).await;
    world.approve_newest(Seat::APPROVER).await;
    let version = priya.get(group).await.value("version");
    priya.post(group, &[("version", &version), ("AG001-count", "13")]).await.expect(303);
    world.declare_newest(manager).await;
    world.approve_newest(Seat::APPROVER).await;
    world.approve_newest(Seat::FINANCE).await;
    let closed = priya.get(group).await;
    closed.expect(200).says("This declaration has been approved for payment and is locked.");
    assert!(closed.values("version").is_empty());
    priya.post(group, &[("version", "9"), ("AG001-count", "14")]).await.expect(409);
});

story!(every_submission_is_listed_with_what_each_figure_was_before, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    world.set_today("2025-05-03");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let group = "/achievement/record/Y00001/AG2526/2025-04-30/ADVICE";
    priya.post(group, &[("version", "1"), ("AG001-count", "12")]).await.expect(303);
    let id = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let history = format!("/achievement/{id}/submissions");
    assert!(sam.get(&format!("/achievement/{id}")).await.links(&history).contains(&history));
    let label = "AG001: Number of episodes of advice and guidance";
    let page = sam.get(&history).await;
    page.expect(200)
        .says("Priya Shah, NHS Anytown ICB. 1 figure submitted (typed in for Riverside Surgery).")
        .says(&format!("{label} 10 12 In force"))
        .says("Sam Ahmed, Riverside Surgery. 1 figure submitted (typed in).")
        .says(&format!("{label} Missing 10 Replaced"));
    let text = page.text();
    assert!(text.find("3 May 2025") < text.find("2 May 2025"), "newest first: {text}");
    let foreign = world.sign_in(Seat::SECOND_PRACTICE).await;
    foreign.get(&history).await.expect(404);
    sam.get("/achievement/x/submissions").await.expect(404);
});

story!(a_register_is_shown_where_its_figure_is_used, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let group = "/data/LCS2526/2025-06-30/SPIRO";
    let used = "Patients referred for spirometry (SPI001):";
    sam.get(group).await.expect(200).says(&format!("{used} no figure yet"));
    let wrong = [("version", "0"), ("SPI001-register", "20"), ("SPI002-count", "x")];
    sam.post(group, &wrong).await.expect(422).says(&format!("{used} 20, which"));
    let right = [("version", "0"), ("SPI001-register", "20"), ("SPI002-count", "18")];
    sam.post(group, &right).await.expect(303);
    let form = sam.get("/data/LCS2526/2025-06-30/SPIRO").await;
    form.expect(200).says(&format!("{used} 20, which is the most you can enter"));
    // What an extract brings shows the last period too.
    let shingles = sam.get("/data/SHIN2526/2025-05-31").await;
    let group = shingles.links("/data/SHIN2526/2025-05-31/");
    let page = sam.get(group.first().expect("a group")).await;
    page.expect(200).says("April 2025").says("No figure");
});
