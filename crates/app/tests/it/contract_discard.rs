//! Stories of drafts that are given up.

use crate::contract::{DETAILS, confirm, drafted, started};
use crate::service::{LOCAL, publish};
use crate::story;
use crate::support::{Seat, World};
use domain::contract::{CannotConfirm, CannotDiscard};
use store::{Failed, StoreError};

/// A draft of the local service; gives its address.
async fn draft(world: &World) -> String {
    publish(world, LOCAL).await;
    drafted(&world.sign_in(Seat::COMMISSIONER).await, "LCS2526").await
}

story!(a_discarded_draft_is_gone_from_the_lists_and_stays_in_the_history, world, {
    let address = draft(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/contracts").await.says("Discard Local services 2025 to 2026");
    let discard = format!("{address}/discard");
    assert!(
        commissioner.get(&format!("{address}/review")).await.links(&address).contains(&discard)
    );
    let check = commissioner.get(&discard).await;
    check.expect(200).says("Discard this draft").says("Local primary care services 2025 to 2026");
    let fields = [("version", &*check.value("version"))];
    let sent = commissioner.post(&discard, &fields).await;
    assert_eq!(sent.expect(303).location(), "/contracts");
    commissioner.get("/contracts").await.says("You have no contracts.").does_not_say("C-2025");
    commissioner.get("/contracts?status=draft").await.says("No contracts match your filters");
    let asked = commissioner.get("/contracts?status=discarded").await;
    asked.says("Local services 2025 to 2026").says("Never confirmed").does_not_say("Continue");
    commissioner
        .get(&address)
        .await
        .expect(200)
        .says("Status Discarded")
        .says("Nothing was offered with this draft.")
        .says("Draft discarded");

    // A double click, an old tab of each step, and a late confirmation.
    commissioner.post(&discard, &fields).await.expect(409).says("has already been discarded");
    assert_eq!(commissioner.get(&discard).await.expect(303).location(), address);
    assert_eq!(
        commissioner.get(&format!("{address}/review")).await.expect(303).location(),
        address
    );
    let late = [fields[0], ("confirm", "yes"), ("go", "confirm")];
    let review = format!("{address}/review");
    commissioner.post(&review, &late).await.expect(409).says("Nothing can be offered with it");
    for step in ["details", "providers", "services"] {
        let mut fields = DETAILS.to_vec();
        fields.push(("version", "2"));
        let late = commissioner.post(&format!("{address}/{step}"), &fields).await;
        late.expect(409).says("This draft has been discarded and cannot be changed");
    }
    let reference = address.trim_start_matches("/contracts/");
    let sent = commissioner.post("/contracts/send", &[("draft", &format!("{reference}.2"))]).await;
    sent.expect(409).says("Not sent: This draft has been discarded");
    assert_eq!((world.facts("contract_discarded").await, world.facts("offer_made").await), (1, 0));
    world.assert_history_is_whole().await;
});

story!(only_a_draft_of_the_own_organisation_is_discarded_as_it_was_seen, world, {
    let address = draft(&world).await;
    let discard = format!("{address}/discard");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let version = commissioner.get(&discard).await.value("version");
    commissioner.post(&discard, &[]).await.expect(400);
    let fields = [("version", &*version)];
    for seat in [Seat::OTHER_COMMISSIONER, Seat::PRACTICE_MANAGER] {
        let other = world.sign_in(seat).await;
        let status = other.get(&discard).await.status;
        assert!([403, 404].contains(&status.as_u16()), "{status}");
        assert_eq!(other.post(&discard, &fields).await.status, status);
    }
    let old = [("version", "1")];
    commissioner.post(&discard, &old).await.expect(409).says("Someone else changed this");
    confirm(&commissioner, &address).await.expect(303);
    commissioner.post(&discard, &fields).await.expect(409).says("Withdraw its offers instead");
    assert_eq!(world.facts("contract_discarded").await, 0);

    // An empty draft can be given up too.
    let empty = format!("{}/discard", started(&commissioner).await);
    let page = commissioner.get(&empty).await;
    page.expect(200).says("None chosen");
    let fields = [("version", &*page.value("version"))];
    commissioner.post(&empty, &fields).await.expect(303);
});

story!(of_fifty_callers_one_confirms_or_discards_a_draft, world, {
    let address = draft(&world).await;
    let reference = address.trim_start_matches("/contracts/").to_owned();
    let (by, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..50 {
        let (db, by, reference) = (world.db.clone(), by.clone(), reference.clone());
        callers.spawn(async move {
            if caller % 2 == 0 {
                return match store::contract::discard(&db, &reference, 2, &by, &now).await {
                    Ok(_) => true,
                    Err(Failed::Refused(
                        CannotDiscard::AlreadyDiscarded | CannotDiscard::AlreadyConfirmed,
                    ))
                    | Err(Failed::Other(StoreError::Stale)) => false,
                    Err(other) => panic!("{other:?}"),
                };
            }
            match store::contract::confirm(&db, &reference, 2, &by, &now).await {
                Ok(_) => true,
                Err(Failed::Refused(
                    CannotConfirm::Discarded | CannotConfirm::AlreadyConfirmed,
                ))
                | Err(Failed::Other(StoreError::Stale)) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    let mut winners = 0;
    while let Some(won) = callers.join_next().await {
        winners += i32::from(won.expect("a caller that ends"));
    }
    let confirmed = world.facts("contract_confirmed").await;
    assert_eq!((winners, world.facts("contract_discarded").await), (1, 1 - confirmed));
    assert_eq!(world.facts("offer_made").await, confirmed * 2);
    world.assert_history_is_whole().await;
});
