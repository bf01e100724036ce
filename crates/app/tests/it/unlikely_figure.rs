//! Stories of figures that look like a slip: they are asked about once, and recorded when the person says they are right.

use crate::{
    story,
    support::{
        Seat,
        figures::{ADVICE, ADVICE_NEXT_YEAR},
        money::message,
    },
};
use domain::Field::Count;

const MAY: &str = "/data/AG2526/2025-05-31/ADVICE";

story!(an_unlikely_figure_is_asked_about_and_recorded_when_confirmed, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-06-02");
    let manager = Seat::PRACTICE_MANAGER;
    let april = ("AG2526", "2025-04-30", "ADVICE");
    world.submit(manager, april, &[("AG001", Count, "41")]).await.unwrap();
    let sam = world.sign_in(manager).await;
    let asked = sam.post(MAY, &[("version", "0"), ("AG001-count", "412")]).await;
    asked
        .expect(200)
        .says("Check these figures")
        .says("Number of episodes of advice and guidance is 412. In the last period it was 41.")
        .says("Submit these figures anyway")
        .does_not_say("There is a problem");
    assert_eq!(asked.value("AG001-count"), "412", "what was typed is kept");
    assert_eq!(asked.links("#AG001-count").len(), 1);
    assert_eq!(asked.value("confirmed"), "AG001-count=412");
    assert_eq!(world.facts("figures_submitted").await, 1, "nothing is recorded yet");

    // The other button asks again, and so does another unlikely figure.
    let confirmed = ("confirmed", "AG001-count=412");
    let again = [("version", "0"), confirmed, ("AG001-count", "412")];
    sam.post(MAY, &again).await.expect(200).says("Check these figures");
    let other = [("version", "0"), confirmed, ("anyway", "yes"), ("AG001-count", "4120")];
    sam.post(MAY, &other).await.expect(200).says("is 4,120");
    // A wrong figure is a matter of its own.
    let wrong = [("version", "0"), confirmed, ("anyway", "yes"), ("AG001-count", "x")];
    sam.post(MAY, &wrong).await.expect(422).does_not_say("Check these figures");

    let anyway = [("version", "0"), confirmed, ("anyway", "yes"), ("AG001-count", "412")];
    let sent = sam.post(MAY, &anyway).await;
    assert_eq!(sent.status.as_u16(), 303);
    assert!(message(&sent).contains("1 figure submitted"));
    let id = world.newest(manager).await.achievement.id;
    let page = sam.get(&format!("/achievement/{id}")).await;
    page.expect(200).says("1 figure submitted (typed in, 1 unlikely figure checked and confirmed)");
    // The figure in force is not asked about again.
    sam.post(MAY, &[("version", "1"), ("AG001-count", "412")]).await.expect(303);
});

story!(a_changed_figure_answers_the_question_too, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-06-02");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    // 10,184 patients are registered.
    let asked = sam.post(MAY, &[("version", "0"), ("AG001-count", "10185")]).await;
    asked.expect(200).says("That is more than the 10,184 registered patients.");
    let changed = [("version", "0"), ("confirmed", "AG001-count=10185"), ("AG001-count", "105")];
    sam.post(MAY, &changed).await.expect(303);
    let id = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    let page = sam.get(&format!("/achievement/{id}")).await;
    page.expect(200).says("1 figure submitted (typed in)");
});

story!(the_last_period_is_looked_up_across_financial_years, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    let manager = Seat::PRACTICE_MANAGER;
    world.set_today("2026-04-02");
    let march = ("AG2526", "2026-03-31", "ADVICE");
    world.submit(manager, march, &[("AG001", Count, "37")]).await.unwrap();
    world.takes_part(ADVICE_NEXT_YEAR, &["Y00001"]).await;
    world.set_today("2026-05-02");
    let sam = world.sign_in(manager).await;
    let april = "/data/AG2627/2026-04-30/ADVICE";
    let page = sam.get(april).await;
    page.expect(200).says("March 2026: 37");
    let asked = sam.post(april, &[("version", "0"), ("AG001-count", "412")]).await;
    asked.expect(200).says("is 412. In the last period it was 37.");
    // May has a last period of its own year, in which nothing is in.
    let may = sam.get("/data/AG2627/2026-05-31/ADVICE").await;
    may.expect(200).says("April 2026").does_not_say("March 2026");
});
