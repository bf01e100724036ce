//! Stories of who has looked at an offer, of notice that is taken back, and of the date of a reissue.

use crate::contract::offered;
use crate::service::LOCAL;
use crate::story;
use crate::support::{Browser, Seat, World, money::message};
use domain::OfferId;
use store::Failed;

async fn first(practice: &Browser) -> String {
    practice.get("/services").await.links("/services/")[0].clone()
}

fn id(offer: &str) -> OfferId {
    offer.rsplit('/').next().expect("an offer").parse().expect("an offer")
}

/// Somebody looks, as the page lets the store know.
async fn look(world: &World, offer: &str, seat: Seat) -> bool {
    let by = world.actor(seat).await;
    store::offer::look(&world.db, id(offer), &by, &world.now()).await.expect("it is recorded")
}

story!(the_commissioner_sees_who_has_looked_at_an_offer_first, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let offer = first(&practice).await;
    commissioner
        .get(&contract)
        .await
        .says("2 of 2 have neither answered nor looked at their offer yet.")
        .says("Not looked at yet");
    // Who cannot answer, and who is of another organisation, does not count.
    for seat in [Seat::PRACTICE_VIEW, Seat::SECOND_PRACTICE, Seat::COMMISSIONER] {
        assert!(!look(&world, &offer, seat).await, "{seat:?}");
    }
    assert!(look(&world, &offer, Seat::PRACTICE_MANAGER).await);
    assert!(!look(&world, &offer, Seat::PRACTICE_MANAGER).await, "only the first look counts");
    commissioner
        .get(&contract)
        .await
        .says("1 of 2 has neither answered nor looked at its offer yet.")
        .says("Looked at on 10 April 2025 by Sam Ahmed");
    commissioner.get(&offer).await.says("Looked at on 10 April 2025 by Sam Ahmed");
    assert_eq!(world.facts("offer_seen").await, 1);
    world.assert_history_is_whole().await;
});

story!(twenty_look_at_once_and_one_is_the_first, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let offer = first(&world.sign_in(Seat::PRACTICE_MANAGER).await).await;
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    let mut lookers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (db, by, offer) = (world.db.clone(), by.clone(), id(&offer));
        lookers.spawn(async move { store::offer::look(&db, offer, &by, &now).await });
    }
    let mut first = 0;
    while let Some(done) = lookers.join_next().await {
        first += i32::from(done.expect("a looker ends").expect("it is recorded"));
    }
    assert_eq!((first, world.facts("offer_seen").await), (1, 1));
});

/// An accepted offer whose provider has given notice to 30 September; gives its address and its version.
async fn notice(world: &World) -> String {
    offered(world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first(&practice).await;
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    let fields = [
        ("version", "2"),
        ("how", "notice"),
        ("last-day", "2025-09-30"),
        ("notice-reason", "Retiring"),
    ];
    practice.post(&format!("/offers/{}/end", id(&offer)), &fields).await.expect(303);
    offer
}

story!(the_side_that_gave_notice_takes_it_back_before_its_last_day_is_over, world, {
    let offer = notice(&world).await;
    let address = format!("/offers/{}/take-back", id(&offer));
    let version = [("version", "3")];
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let said = "The provider gave notice, so only the provider can take it back.";
    commissioner.get(&offer).await.says(said);
    commissioner.post(&address, &version).await.expect(409).says(said);
    world.sign_in(Seat::PRACTICE_VIEW).await.post(&address, &version).await.expect(403);
    world.sign_in(Seat::SECOND_PRACTICE).await.post(&address, &version).await.expect(404);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("Take the notice back");
    practice.post(&address, &[("version", "2")]).await.expect(409);
    let sent = practice.post(&address, &version).await;
    assert!(message(&sent).starts_with("You took the notice back."), "{}", message(&sent));
    practice
        .get(&offer)
        .await
        .says("Active")
        .says("Accepted on 10 April 2025 by Sam Ahmed")
        .does_not_say("Take the notice back");
    let again = practice.post(&address, &[("version", "4")]).await;
    again.expect(409).says("No notice has been given, so there is none to take back.");
    commissioner.get("/messages").await.says("Notice was taken back: Local primary care services");
    assert_eq!(world.facts("notice_taken_back").await, 1);
    world.assert_history_is_whole().await;
});

story!(notice_is_not_taken_back_after_its_last_day_and_by_one_of_many_only, world, {
    let offer = notice(&world).await;
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    world.set_today("2025-10-01");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let late =
        practice.post(&format!("/offers/{}/take-back", id(&offer)), &[("version", "3")]).await;
    late.expect(409).says("The contract ended on 30 September 2025");
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (db, by, offer) = (world.db.clone(), by.clone(), id(&offer));
        callers.spawn(async move { store::offer::take_back(&db, offer, 3, &by, &now).await });
    }
    let mut won = 0;
    while let Some(done) = callers.join_next().await {
        match done.expect("a caller ends") {
            Ok(_) => won += 1,
            Err(Failed::Refused(why)) => {
                assert_eq!(why, domain::offer::CannotTakeBack::NoNotice);
            }
            Err(Failed::Other(error)) => assert!(matches!(error, store::StoreError::Stale)),
        }
    }
    assert_eq!((won, world.facts("notice_taken_back").await), (1, 1));
});

story!(the_commissioner_chooses_the_response_date_of_a_reissue, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first(&practice).await;
    let reject = [("version", "1"), ("reason", "No staff")];
    practice.post(&format!("{offer}/reject"), &reject).await.expect(303);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = format!("/offers/{}/reissue", id(&offer));
    let until = |day, month, year| {
        [("version", "2"), ("until-day", day), ("until-month", month), ("until-year", year)]
    };
    commissioner.get(&offer).await.says("Choose the response date");
    for (typed, said) in [
        (until("9", "4", "2025"), "The response date must be from 10 April 2025 to 31 March 2026"),
        (until("1", "4", "2026"), "The response date must be from 10 April 2025 to 31 March 2026"),
        (until("31", "2", "2026"), "real date"),
    ] {
        commissioner.post(&address, &typed).await.expect(422).says(said);
    }
    let sent = commissioner.post(&address, &until("30", "6", "2025")).await;
    assert_eq!(sent.expect(303).location(), contract);
    practice.get(&offer).await.says("Respond by 30 June 2025");
});
