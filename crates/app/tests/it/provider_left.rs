//! Stories of practices that belong to another commissioner after a load of organisations, or that have closed, while offers
//! wait for them or contracts bind them.

use crate::contract::{drafted, offered};
use crate::service::LOCAL;
use crate::story;
use crate::support::{Seat, World, listed, money::message};
use chrono::NaiveDate;
use domain::{Actor, OfferId, OrganisationKind};
use store::{
    Failed,
    organisation::{Closing, Listed, Loaded},
};

/// Loads Riverside Surgery as a register names it now.
async fn load(world: &World, parent: &str, closing: Closing) -> Loaded {
    let practice = OrganisationKind::Practice;
    let one = listed("Y00001", "Riverside Surgery", practice, Some(parent), Some("U00001"));
    let region = listed("Y99", "North Region", OrganisationKind::Region, None, None);
    let icb = |code, name| listed(code, name, OrganisationKind::Icb, Some("Y99"), None);
    let all = [
        region,
        icb("QAA", "NHS Anytown ICB"),
        icb("QBB", "NHS Elsewhere ICB"),
        Listed { closing, ..one },
    ];
    let from: NaiveDate = "2024-04-01".parse().expect("a date");
    let by = Actor::system("accord import organisations");
    store::organisation::load(&world.db, ("register", "1"), &all, from, &by, &world.now())
        .await
        .expect("organisations load")
}

fn id(offer: &str) -> OfferId {
    offer.rsplit('/').next().expect("an offer").parse().expect("an offer")
}

async fn first(world: &World, seat: Seat) -> String {
    world.sign_in(seat).await.get("/services").await.links("/services/")[0].clone()
}

const MOVED: &str = "The provider belongs to another commissioner now.";

story!(an_offer_that_waits_for_a_practice_which_changes_its_icb_is_taken_back, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let offer = first(&world, Seat::PRACTICE_MANAGER).await;
    let loaded = load(&world, "QBB", Closing::Unsaid).await;
    assert_eq!((loaded.changed, loaded.taken_back), (1, 1));
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("Withdrawn").says(MOVED).does_not_say("Accept service offer");
    practice.get("/messages").await.says("A service offer was withdrawn");
    // A page that was opened before says so to a late click, and to one of somebody who looked again.
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(409);
    practice
        .post(&format!("{offer}/accept"), &[("version", "2")])
        .await
        .expect(409)
        .says("The commissioner has withdrawn this offer. It cannot be accepted.");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get(&contract)
        .await
        .says("1 Withdrawn")
        .says("1 Pending")
        .says(MOVED)
        .says("1 offer withdrawn, because their providers have moved or closed");
    let reissue = format!("/offers/{}/reissue", id(&offer));
    commissioner
        .post(&reissue, &[("version", "2")])
        .await
        .expect(409)
        .says("The provider belongs to another commissioner now. The offer cannot be reissued.");
    commissioner
        .get(&format!("{contract}/bulk?act=reissue&status=withdrawn"))
        .await
        .says("1 offer: The provider belongs to another commissioner now.");
    assert_eq!(load(&world, "QBB", Closing::Unsaid).await.taken_back, 0);
    assert_eq!((world.facts("offer_withdrawn").await, world.facts("offer_accepted").await), (1, 0));
    world.assert_history_is_whole().await;
});

story!(the_new_icb_offers_a_practice_what_the_old_one_did, world, {
    offered(&world, LOCAL, "LCS2526").await;
    load(&world, "QBB", Closing::Unsaid).await;
    let elsewhere = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    let draft = drafted(&elsewhere, "LCS2526").await;
    elsewhere.get(&format!("{draft}/review")).await.says("Providers that get it 2");
    crate::contract::confirm(&elsewhere, &draft).await.expect(303);
    elsewhere.get(&draft).await.says("2 Pending").says("Riverside Surgery");
    // The one that left is out of what the old one offers next.
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let draft = drafted(&commissioner, "LCS2526").await;
    commissioner.get(&format!("{draft}/review")).await.does_not_say("Riverside Surgery");
});

story!(what_a_practice_accepted_before_it_changed_its_icb_goes_on_until_notice, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let offer = first(&world, Seat::PRACTICE_MANAGER).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    assert_eq!(load(&world, "QBB", Closing::Unsaid).await.taken_back, 0);
    practice.get(&offer).await.says("Active").says(MOVED).says("The contract is active from");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(&contract).await.says("1 Accepted").says(MOVED);
    // An answer that is changed now cannot be changed back.
    let fields = [("version", "2"), ("reason", "We have moved")];
    practice.post(&format!("{offer}/reject"), &fields).await.expect(303);
    practice
        .post(&format!("{offer}/accept"), &[("version", "3")])
        .await
        .expect(409)
        .says("The provider belongs to another commissioner now. This offer cannot be accepted");
    practice
        .post(&format!("{offer}/request"), &[("version", "3"), ("note", "")])
        .await
        .expect(409)
        .says("The service cannot be requested from this commissioner any more.");
});

story!(a_closed_practice_answers_nothing_and_its_offers_are_taken_back, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let offer = first(&world, Seat::PRACTICE_MANAGER).await;
    // It is to close: until its last day everything goes on.
    let last_day = "2025-04-12".parse().expect("a date");
    assert_eq!(load(&world, "QAA", Closing::On(last_day)).await.taken_back, 0);
    world.set_today("2025-04-12");
    world.sign_in(Seat::PRACTICE_MANAGER).await.get(&offer).await.says("Accept service offer");
    world.set_today("2025-04-13");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice
        .post(&format!("{offer}/accept"), &[("version", "1")])
        .await
        .expect(409)
        .says("The provider closed on 12 April 2025. This offer cannot be accepted any more.");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get(&format!("{contract}/bulk?act=extend&status=pending&until=2025-06-01"))
        .await
        .says("The provider closed on 12 April 2025.");
    let (by, now) = (Actor::system("Accord"), world.now());
    for taken_back in [1, 0] {
        let done = store::offer::take_back_from_left(&world.db, &by, &now).await;
        assert_eq!(done.expect("they are taken back"), taken_back);
    }
    practice.get(&offer).await.says("Withdrawn").says("The provider closed on 12 April 2025.");
    // A file that does not say who has closed changes nothing of that; one that says it is open does.
    load(&world, "QAA", Closing::Unsaid).await;
    let reissue = format!("/offers/{}/reissue", id(&offer));
    commissioner.post(&reissue, &[("version", "2")]).await.expect(409);
    load(&world, "QAA", Closing::Open).await;
    let sent = commissioner.post(&reissue, &[("version", "2")]).await;
    assert!(message(&sent).starts_with("You reissued"), "{}", message(&sent));
});

story!(a_practice_that_accepts_while_it_changes_its_icb_has_one_outcome, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let offer = id(&first(&world, Seat::PRACTICE_MANAGER).await);
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..49 {
        let (db, by) = (world.db.clone(), by.clone());
        callers.spawn(async move { store::offer::accept(&db, offer, 1, &by, &now).await });
    }
    let loaded = load(&world, "QBB", Closing::Unsaid).await;
    let mut accepted = 0;
    while let Some(done) = callers.join_next().await {
        match done.expect("a caller that ends") {
            Ok(_) => accepted += 1,
            Err(Failed::Refused(_) | Failed::Other(store::StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(accepted + loaded.taken_back, 1, "accepted or taken back, and never both");
    let facts = (world.facts("offer_accepted").await, world.facts("offer_withdrawn").await);
    assert_eq!(facts, (accepted as i64, loaded.taken_back as i64));
    world.assert_history_is_whole().await;
});
