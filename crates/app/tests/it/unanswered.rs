//! Stories of questions: a yes carries forward, an unanswered one takes its default, and both are recorded as such.

use crate::{
    story,
    support::{
        Seat,
        figures::{ADVICE, ADVICE_NEXT_YEAR, amount},
    },
};
use domain::{
    Field::{Count, YesNo},
    Pence,
};

/// Advice and guidance with a question of its own, and so without its examples, which do not answer it.
fn with_question(keys: &str) -> String {
    asking(ADVICE, keys)
}

fn asking(advice: &str, keys: &str) -> String {
    let advice = advice.split("[[example]]").next().unwrap_or_default();
    let question = "\n[[component.indicator]]\ncode = \"AG002\"\nname = \"A named lead is in place\"\nkind = \"yes_no\"\n";
    format!("{advice}{question}{keys}")
}

const APRIL: (&str, &str, &str) = ("AG2526", "2025-04-30", "ADVICE");
const MAY: (&str, &str, &str) = ("AG2526", "2025-05-31", "ADVICE");

story!(an_unanswered_question_takes_its_default_when_everything_else_is_in, world, {
    world.takes_part(&with_question("unanswered = \"no\"\n"), &["Y00001"]).await;
    world.set_today("2025-04-20");
    let manager = Seat::PRACTICE_MANAGER;
    let sam = world.sign_in(manager).await;
    let form = "/data/AG2526/2025-04-30/ADVICE";
    sam.get(form).await.expect(200).says("If nobody answers, no counts");
    let early = world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    assert!(!early.is_calculated, "the period has not ended");
    assert_eq!(world.sweep().await.calculated, 0);
    world.set_today("2025-05-02");
    assert_eq!(world.sweep().await.calculated, 1);
    assert_eq!(world.sweep().await.calculated, 0, "again changes nothing");
    let detail = world.newest(manager).await;
    assert_eq!(amount(&detail), Pence(20_000));
    let answer = detail.figures.iter().find(|own| own.indicator == "AG002").unwrap();
    assert_eq!((answer.value, &*answer.source), (Some(0), "Accord, because nobody answered"));
    let sam = world.sign_in(manager).await;
    let page = sam.get(&format!("/achievement/{}", detail.achievement.id)).await;
    page.expect(200)
        .says("1 figure submitted (nobody answered, so the default counts)")
        .says("Accord, because nobody answered");
    let version = sam.get(form).await.value("version");
    let answered = [("version", &*version), ("AG001-count", "10"), ("AG002-yes_no", "yes")];
    sam.post(form, &answered).await.expect(303);
    let detail = world.newest(manager).await;
    let answer = detail.figures.iter().find(|own| own.indicator == "AG002").unwrap();
    assert_eq!((answer.value, answer.source.ends_with(", typed in")), (Some(1), true));
});

story!(a_yes_carries_forward_until_somebody_says_no, world, {
    world.takes_part(&with_question("carries_forward = true\n"), &["Y00001"]).await;
    world.set_today("2025-06-02");
    let manager = Seat::PRACTICE_MANAGER;
    // Nothing to carry: it stays missing.
    let waits = world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    assert!(!waits.is_calculated);
    assert_eq!(world.sweep().await.calculated, 0);
    world.submit(manager, APRIL, &[("AG002", YesNo, "yes")]).await.unwrap();
    let sam = world.sign_in(manager).await;
    let form = sam.get("/data/AG2526/2025-05-31/ADVICE").await;
    form.expect(200).says("Yes is carried forward unless you change it");
    assert!(
        form.html.split('<').any(|tag| tag.contains("value=\"yes\"") && tag.contains("checked"))
    );
    let carried = world.submit(manager, MAY, &[("AG001", Count, "12")]).await.unwrap();
    assert!(carried.is_calculated, "at once, because nothing else is missing");
    let detail = world.newest(manager).await;
    let answer = detail.figures.iter().find(|own| own.indicator == "AG002").unwrap();
    assert_eq!((answer.value, &*answer.source), (Some(1), "Accord, because nobody answered"));
    world.submit(manager, MAY, &[("AG002", YesNo, "no")]).await.unwrap();
    world.set_today("2025-07-02");
    let june = ("AG2526", "2025-06-30", "ADVICE");
    let waits = world.submit(manager, june, &[("AG001", Count, "9")]).await.unwrap();
    assert!(!waits.is_calculated, "a no does not carry forward");
});

story!(a_yes_carries_forward_within_one_service_only, world, {
    let carries = "carries_forward = true\n";
    world.takes_part(&with_question(carries), &["Y00001"]).await;
    let manager = Seat::PRACTICE_MANAGER;
    world.set_today("2026-04-02");
    let march = ("AG2526", "2026-03-31", "ADVICE");
    let both = [("AG001", Count, "37"), ("AG002", YesNo, "yes")];
    world.submit(manager, march, &both).await.unwrap();
    world.takes_part(&asking(ADVICE_NEXT_YEAR, carries), &["Y00001"]).await;
    world.set_today("2026-05-02");
    let form = world.sign_in(manager).await.get("/data/AG2627/2026-04-30/ADVICE").await;
    form.expect(200).says("March 2026: 37").says("March 2026: Yes");
    form.does_not_say("is carried forward");
    let april = ("AG2627", "2026-04-30", "ADVICE");
    let waits = world.submit(manager, april, &[("AG001", Count, "30")]).await.unwrap();
    assert!(!waits.is_calculated, "a new year asks anew");
});

story!(only_the_commissioner_enters_a_figure_that_is_its_own, world, {
    world.takes_part(&with_question("level = \"commissioner\"\n"), &["Y00001"]).await;
    world.set_today("2025-05-02");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let list = sam.get("/data").await;
    list.expect(200).says("1 of 2 is entered by the commissioner");
    let form = "/data/AG2526/2025-04-30/ADVICE";
    let page = sam.get(form).await;
    page.expect(200).says("A named lead is in place").says("Entered by the commissioner");
    assert!(page.values("AG002-yes_no").is_empty(), "there is no box");
    let forged = [("version", "0"), ("AG001-count", "10"), ("AG002-yes_no", "yes")];
    sam.post(form, &forged).await.expect(303);
    sam.get("/data/AG2526/2025-04-30").await.expect(200).says("1 of 2");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let own = "/achievement/record/Y00001/AG2526/2025-04-30/ADVICE";
    assert!(!priya.get(own).await.values("AG002-yes_no").is_empty());
    priya.post(own, &[("version", "1"), ("AG002-yes_no", "yes")]).await.expect(303);
    sam.get("/data/AG2526/2025-04-30").await.expect(200).says("2 of 2").says("Calculated");
    sam.get(form).await.expect(200).says("Yes Entered by the commissioner");
});

/// A service of networks in which every practice is asked one question, and the network one.
const VISITS: &str = r#"
code = "HOME2526"
name = "Home visits 2025 to 2026"
summary = "What the practices of a network answer."
family = "Network"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "network"
entry = "manual"

[payment]
frequency = "quarterly"
declaration_required = true
approval_required = true
pay_code = "HOME"

[[component]]
code = "VISITS"
name = "Home visits"

[[component.indicator]]
code = "HV001"
name = "Visits are offered"
kind = "yes_no"
level = "practice"
unanswered = "yes"

[[component]]
code = "PLAN"
name = "Plan of the network"

[[component.indicator]]
code = "HV002"
name = "Plan agreed"
kind = "yes_no"
amount = "50.00"
"#;

story!(a_practice_that_never_begins_keeps_its_network_waiting_no_longer_than_the_period, world, {
    world.takes_part(VISITS, &["U00001"]).await;
    world.set_today("2025-06-30");
    let plan = ("HOME2526", "2025-06-30", "PLAN");
    let network = Seat::NETWORK_MANAGER;
    world.submit(network, plan, &[("HV002", YesNo, "yes")]).await.expect("an answer");
    world.sweep().await;
    let waiting = world.newest(network).await;
    assert_eq!(waiting.achievement.awaits, 2, "the period has not ended");
    world.set_today("2025-07-01");
    world.sweep().await;
    let detail = world.newest(network).await;
    assert_eq!(amount(&detail), Pence(5_000));
    for practice in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        let part = world.newest(practice).await;
        let answer = &part.figures[0];
        assert_eq!((answer.value, &*answer.source), (Some(1), "Accord, because nobody answered"));
    }
    assert_eq!(world.results(Seat::FOREIGN_PRACTICE).await.len(), 0, "it is in no network");
    let events = world.facts("figures_submitted").await;
    world.sweep().await;
    assert_eq!(world.facts("figures_submitted").await, events, "again changes nothing");
    world.assert_history_is_whole().await;
});

story!(a_network_waits_for_a_practice_that_has_more_to_say_than_answers, world, {
    let count = "\n[[component.indicator]]\ncode = \"HV003\"\nname = \"Visits\"\nkind = \"count\"\n\
                 level = \"practice\"\nunit = \"visits\"\n\n[[component]]\ncode = \"PLAN\"";
    let definition = VISITS.replacen("\n[[component]]\ncode = \"PLAN\"", count, 1);
    world.takes_part(&definition, &["U00001"]).await;
    world.set_today("2025-07-01");
    let plan = ("HOME2526", "2025-06-30", "PLAN");
    let network = Seat::NETWORK_MANAGER;
    world.submit(network, plan, &[("HV002", YesNo, "yes")]).await.expect("an answer");
    world.sweep().await;
    assert!(world.newest(network).await.calculation.is_none());
    assert_eq!(world.results(Seat::PRACTICE_MANAGER).await.len(), 0, "nobody began");
});
