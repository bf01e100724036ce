//! Stories of the short path: a service offered from its own page, by the same record as step by step.

use crate::contract::{drafted, offered};
use crate::service::{ENDED, LOCAL, NETWORK, publish};
use crate::story;
use crate::support::{Browser, Page, Seat, World};

const NEXT: &str = include_str!("../../../../catalogue/2026-27/local_services.toml");

/// "Continue" on the page that asks whom to offer a service to.
async fn offer_to(commissioner: &Browser, code: &str, whom: &str) -> Page {
    commissioner.post(&format!("/catalogue/{code}/offer"), &[("whom", whom)]).await
}

/// "Send" on a check page.
async fn send(commissioner: &Browser, check: &str) -> Page {
    let version = commissioner.get(check).await.expect(200).value("version");
    commissioner.post(check, &[("version", &*version)]).await
}

/// The events of one contract, without what differs from one to another.
async fn told(world: &World, reference: &str) -> Vec<String> {
    let by = world.actor(Seat::COMMISSIONER).await;
    let mut tx = world.db.read().await.expect("a question");
    let contract = store::contract::find(&mut tx, reference, &by).await.expect("the contract");
    let events = store::event::of(&mut tx, contract.id.0).await.expect("its history");
    events.iter().map(|one| one.event.sentence(false)).collect()
}

story!(a_service_is_offered_from_its_own_page, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get("/catalogue/LCS2526").await;
    page.expect(200).says("Offer this service");
    let ask = commissioner.get("/catalogue/LCS2526/offer").await;
    ask.expect(200)
        .says("Who do you want to offer it to?")
        .says("All eligible providers (2)")
        .says("Choose providers")
        .does_not_say("took part last year");
    let sent = offer_to(&commissioner, "LCS2526", "all").await;
    let check = sent.expect(303).location().to_owned();
    commissioner
        .get(&check)
        .await
        .expect(200)
        .says("Check before you send")
        .says("Goes to All your providers that are open")
        .says("Respond by 8 May 2025")
        .says("Components Blood tests, Spirometry, Heart tracing (ECG), Minor surgery")
        .says("1 April 2025 to 31 March 2026")
        .says("£38.50 for each")
        .says("Left out Nobody")
        .says("Send 2 offers");
    assert_eq!(world.facts("offer_made").await, 0, "nothing is sent before the button");
    let done = send(&commissioner, &check).await;
    let address = done.expect(303).location().to_owned();
    assert_eq!(check, format!("{address}/check"));
    let banner = done.headers["set-cookie"].to_str().expect("a banner");
    assert!(banner.contains("accord-flash=s.2+offers+sent."), "{banner}");
    commissioner.get(&address).await.says("2 Pending").says("Contract confirmed, 2 offers made");
    assert_eq!(world.facts("offer_made").await, 2);
    world.assert_history_is_whole().await;
});

story!(the_short_path_makes_the_record_that_the_steps_make, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let steps = drafted(&commissioner, "LCS2526").await;
    offer_to(&commissioner, "LCS2526", "all").await.expect(303);
    let long = told(&world, steps.rsplit('/').next().expect("a reference")).await;
    let short = told(&world, "C-2025-000002").await;
    let name = "Local primary care services 2025 to 2026";
    let as_named = |line: &String| line.replace("Local services 2025 to 2026", name);
    assert_eq!(short, long.iter().map(as_named).collect::<Vec<_>>());
    // Left on the way it is a draft as any other, with every step.
    commissioner.get("/contracts").await.says(name).says("Continue");
    for step in ["details", "providers", "services", "review"] {
        commissioner.get(&format!("/contracts/C-2025-000002/{step}")).await.expect(200);
    }
});

story!(those_of_last_year_are_counted_and_the_others_named, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::SECOND_PRACTICE).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let version = practice.get(&offer).await.value("version");
    practice.post(&format!("{offer}/accept"), &[("version", &*version)]).await.expect(303);
    publish(&world, NEXT).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let ask = commissioner.get("/catalogue/LCS2627/offer").await;
    ask.says("All eligible providers (2)").says("Those who took part last year (1)");
    let sent = offer_to(&commissioner, "LCS2627", "last-year").await;
    let check = sent.expect(303).location().to_owned();
    commissioner
        .get(&check)
        .await
        .says("Riverside Surgery (Y00001): Did not take part to the end of last year")
        .says("Send 1 offer");
    send(&commissioner, &check).await.expect(303);
    assert_eq!(world.facts("offer_made").await, 2 + 1);
});

story!(choosing_providers_leads_to_their_step, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let sent = offer_to(&commissioner, "LCS2526", "chosen").await;
    let step = sent.expect(303).location().to_owned();
    assert_eq!(step, "/contracts/C-2025-000001/providers");
    let page = commissioner.get(&step).await;
    page.expect(200).says("0 providers are chosen now");
    let check = "/contracts/C-2025-000001/check";
    let page = commissioner.get(check).await;
    page.expect(200).says("No provider is left to offer to").does_not_say("Send 0");
    send(&commissioner, check).await.expect(422).says("No provider has been chosen");
});

story!(the_short_path_asks_whom_and_refuses_what_cannot_be_offered, world, {
    publish(&world, LOCAL).await;
    publish(&world, ENDED).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    for nonsense in ["", "everybody"] {
        let page = offer_to(&commissioner, "LCS2526", nonsense).await;
        page.expect(422).says("Select who you want to offer the service to");
    }
    let ended = "This service ended on 31 March 2025. It cannot be offered.";
    commissioner.get("/catalogue/LCS2425").await.says(ended).does_not_say("Offer this service");
    commissioner.get("/catalogue/LCS2425/offer").await.expect(200).says(ended);
    offer_to(&commissioner, "LCS2425", "all").await.expect(409).says(ended);
    commissioner.get("/catalogue/NOTHING/offer").await.expect(404);
    assert_eq!(world.facts("contract_drafted").await, 0);
});

story!(a_service_that_everybody_has_says_who_has_it, world, {
    offered(&world, NETWORK, "NCEA2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get("/catalogue/NCEA2526/offer")
        .await
        .expect(200)
        .says("No provider is left to offer this service to.")
        .says(
            "Riverside PCN (U00001): Already has an offer of this service: Pending in contract C-2025-000001",
        );
});

story!(only_those_with_the_role_offer_a_service_from_its_page, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    offer_to(&commissioner, "LCS2526", "all").await.expect(303);
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    let page = viewer.get("/catalogue/LCS2526").await;
    page.says("You need the role Commissioning Management").says("Priya Shah");
    page.does_not_say("Offer this service");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = practice.get("/catalogue/LCS2526").await;
    page.does_not_say("Offer this service").does_not_say("Commissioning Management");
    let check = "/contracts/C-2025-000001/check";
    for who in [&viewer, &practice] {
        who.get("/catalogue/LCS2526/offer").await.expect(403);
        offer_to(who, "LCS2526", "all").await.expect(403);
        who.get(check).await.expect(403);
        who.post(check, &[("version", "2")]).await.expect(403);
    }
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    other.get(check).await.expect(404);
    other.post(check, &[("version", "2")]).await.expect(404);
    assert_eq!((world.facts("contract_drafted").await, world.facts("offer_made").await), (1, 0));
});

story!(an_old_check_page_sends_nothing_and_a_second_one_sends_nothing_more, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let sent = offer_to(&commissioner, "LCS2526", "all").await;
    let check = sent.expect(303).location().to_owned();
    let stale = commissioner.post(&check, &[("version", "1")]).await;
    stale.expect(409).says("Someone else changed this while you were working");
    commissioner.post(&check, &[]).await.expect(400);
    assert_eq!(world.facts("offer_made").await, 0);
    let version = commissioner.get(&check).await.value("version");
    commissioner.post(&check, &[("version", &*version)]).await.expect(303);
    let again = commissioner.post(&check, &[("version", &*version)]).await;
    again.expect(409).says("This contract has already been confirmed.");
    commissioner.get(&check).await.expect(303);
    assert_eq!(world.facts("offer_made").await, 2);
});

story!(a_late_offer_is_to_be_answered_within_the_service_s_dates, world, {
    publish(&world, LOCAL).await;
    world.set_today("2026-03-20");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let sent = offer_to(&commissioner, "LCS2526", "all").await;
    let check = sent.expect(303).location().to_owned();
    commissioner.get(&check).await.says("Respond by 31 March 2026");
    send(&commissioner, &check).await.expect(303);
});
