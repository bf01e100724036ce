//! Stories of nil returns: nothing was done, said by one act, which is neither missing nor a typed zero.

use crate::{
    story,
    support::{Seat, figures::LOCAL, money::message},
};
use domain::Field::Count;

const JUNE: &str = "/data/LCS2526/2025-06-30";
const QUARTER: (&str, &str, &str) = ("LCS2526", "2025-06-30", "MINOR");

story!(a_nil_return_puts_the_counts_of_a_group_at_zero_and_says_who, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let (group, nil) = (format!("{JUNE}/MINOR"), format!("{JUNE}/MINOR/nil-return"));
    let groups = sam.get(JUNE).await;
    assert!(groups.links(JUNE).contains(&nil), "2 steps from the groups");
    assert!(sam.get(&group).await.links(&nil).contains(&nil));
    let ask = sam.get(&nil).await;
    ask.expect(200)
        .says("Nil return for Minor surgery")
        .says("Number of joint injections No figure Missing")
        .says("Number of excisions");
    assert_eq!(world.facts("nil_return_submitted").await, 0, "a question changes nothing");
    let sent = sam.post(&nil, &[("version", "0")]).await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, JUNE));
    assert_eq!(message(&sent), "Minor surgery: nil return submitted.");
    assert_eq!(world.facts("nil_return_submitted").await, 1);
    assert_eq!(world.facts("figures_submitted").await, 0, "it is an act of its own");
    let words = "Nil return by Sam Ahmed on 2 July 2025.";
    let groups = sam.get(JUNE).await;
    groups.expect(200).says("2 of 2").says(words);
    assert!(!groups.links(JUNE).contains(&nil));
    sam.get(&group).await.expect(200).says(words).says("they replace it");
    sam.get(&nil).await.expect(200).says(words);
    let same = sam.post(&nil, &[("version", "1")]).await;
    assert!(message(&same).contains("nothing has changed"));
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    let page = sam.get(&format!("/achievement/{}", detail.achievement.id)).await;
    page.expect(200).says("Nil return for Minor surgery").says("Sam Ahmed, nil return");
    world.assert_history_is_whole().await;
});

story!(a_count_typed_later_replaces_the_nil_return, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let manager = Seat::PRACTICE_MANAGER;
    let sam = world.sign_in(manager).await;
    // Zeros that were typed become a nil return by the act, not by their value.
    let zeros = [("MIN001", Count, "0"), ("MIN002", Count, "0")];
    world.submit(manager, QUARTER, &zeros).await.unwrap();
    sam.get(JUNE).await.expect(200).does_not_say("Nil return by");
    let nil = format!("{JUNE}/MINOR/nil-return");
    sam.post(&nil, &[("version", "1")]).await.expect(303);
    sam.get(JUNE).await.expect(200).says("Nil return by");
    world.submit(manager, QUARTER, &[("MIN002", Count, "3")]).await.unwrap();
    sam.get(JUNE).await.expect(200).does_not_say("Nil return by").says("2 of 2");
    sam.post(&nil, &[("version", "3")]).await.expect(303);
    sam.get(JUNE).await.expect(200).says("Nil return by");
    assert_eq!(world.facts("nil_return_submitted").await, 2);
    sam.post(&nil, &[("version", "1")]).await.expect(409);
});

story!(a_nil_return_is_for_counts_of_who_may_enter_them, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let nil = format!("{JUNE}/SPIRO/nil-return");
    let ivy = world.sign_in(Seat::PRACTICE_VIEW).await;
    ivy.get(&nil).await.expect(200).says("You need the role Achievement Entry");
    ivy.post(&nil, &[("version", "0")]).await.expect(403);
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    sam.post(&nil, &[("version", "")]).await.expect(400);
    sam.post(&nil, &[("version", "0")]).await.expect(303);
    // The register beside the count stays missing: who was referred is not what was done.
    let groups = sam.get(JUNE).await;
    groups.expect(200).says("1 of 2").says("Spirometry: Patients referred for spirometry");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let nil = "/achievement/record/Y00001/LCS2526/2025-06-30/PHLEB/nil-return";
    priya.get(nil).await.expect(200).says("You are entering figures for Riverside Surgery");
    priya.post(nil, &[("version", "1")]).await.expect(303);
    sam.get(JUNE).await.expect(200).says("Nil return by Priya Shah on 2 July 2025.");
});
