//! Stories of delegations: who may answer a provider's offers in its place, until when, and what that opens and does not.

use crate::contract::offered;
use crate::service::LOCAL;
use crate::story;
use crate::support::{Browser, Page, Seat, World, money::message};
use domain::{OfferId, delegation::CannotAnswerFor, offer::CannotAccept};
use store::{Failed, StoreError};

const SHINGLES: &str = include_str!("../../../../catalogue/2025-26/shingles.toml");
const ADVICE: &str = include_str!("../../../../catalogue/2025-26/advice_and_guidance.toml");
const AUDIT: &str = include_str!("../../../../catalogue/2025-26/cvd_prevention_audit.toml");
const CHECKS: &str =
    include_str!("../../../../catalogue/2025-26/learning_disability_health_check.toml");
const WEIGHT: &str = include_str!("../../../../catalogue/2025-26/weight_management.toml");

/// Fills in the form, with a day as `2025-06-30`.
async fn give(browser: &Browser, code: &str, until: &str) -> Page {
    let mut parts = until.split('-');
    let [year, month, day] = [(); 3].map(|()| parts.next().expect("a date"));
    let fields = [("code", code), ("until-day", day), ("until-month", month), ("until-year", year)];
    browser.post("/delegations", &fields).await
}

/// A practice lets the network answer until a day.
async fn let_answer(world: &World, seat: Seat, until: &str) {
    give(&world.sign_in(seat).await, "U00001", until).await.expect(303);
}

/// Presses the first button "End" of the page.
async fn end(browser: &Browser, page: &Page) -> Page {
    let [delegate, version] = ["delegate", "version"].map(|name| page.value(name));
    let fields = [("delegate", &*delegate), ("version", &*version)];
    browser.post("/delegations/end", &fields).await
}

/// The offers on a list of services, narrowed as an address says.
async fn offers(browser: &Browser, query: &str) -> Vec<String> {
    browser.get(&format!("/services{query}")).await.expect(200).links("/services/")
}

fn id(offer: &str) -> OfferId {
    offer.rsplit('/').next().expect("an offer").parse().expect("an offer")
}

/// The subjects of somebody's messages, newest first.
async fn subjects(browser: &Browser) -> Vec<String> {
    let mut subjects = Vec::new();
    for link in browser.get("/messages").await.expect(200).links("/messages/") {
        let text = browser.get(&link).await.expect(200).text();
        let (subject, _) = text.split_once(" – Messages").expect("the title names the section");
        subjects.push(subject.to_owned());
    }
    subjects
}

story!(a_provider_says_who_answers_for_it_until_when_and_ends_it, world, {
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/services").await.says("Who can answer for you");
    practice.get("/organisation").await.says("No other organisation can answer for you.");
    let empty = practice.get("/delegations").await;
    empty.expect(200).says("No other organisation can answer for you.").says("Riverside PCN");
    assert_eq!(
        ["code", "until-day", "until-month", "until-year"].map(|name| empty.value(name)),
        ["U00001", "31", "3", "2026"],
        "its network and the end of the year stand in the form"
    );
    let sent = give(&practice, "u00001", "2025-06-30").await;
    assert_eq!(sent.expect(303).location(), "/delegations");
    let said = "Riverside PCN can answer your service offers until 30 June 2025.";
    assert!(message(&sent).starts_with(said), "{}", message(&sent));
    practice
        .get("/delegations")
        .await
        .says("Riverside PCN U00001 30 June 2025 10 April 2025 by Sam Ahmed");
    practice.get("/organisation").await.says("1 other organisation can answer for you.").says(
        "Riverside PCN can answer service offers until 30 June 2025 Sam Ahmed, Riverside Surgery",
    );
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network
        .get("/delegations")
        .await
        .says("For whom you can answer")
        .says("Riverside Surgery Y00001 30 June 2025 0 offers");

    // Another date takes the place of the one there.
    give(&practice, "U00001", "2025-05-31").await.expect(303);
    let page = practice.get("/delegations").await;
    page.says("31 May 2025").does_not_say("30 June 2025");
    practice.get("/organisation").await.says("until 31 May 2025 instead of 30 June 2025");

    let ended = end(&practice, &page).await;
    assert_eq!(message(ended.expect(303)), "Riverside PCN can no longer answer for you.");
    practice.get("/delegations").await.says("No other organisation can answer for you.");
    practice.get("/organisation").await.says("Riverside PCN can no longer answer service offers");
    // The old page again, and the same of somebody who is not let to do it.
    end(&practice, &page).await.expect(409).says("cannot answer for you any more");
    assert_eq!(
        subjects(&network).await,
        [
            "You can no longer answer for Riverside Surgery",
            "You can now answer for Riverside Surgery until 31 May 2025",
            "You can answer offers for Riverside Surgery until 30 June 2025"
        ]
    );
    let facts = [world.facts("delegation_given").await, world.facts("delegation_ended").await];
    assert_eq!(facts, [2, 1]);
    world.assert_history_is_whole().await;
});

story!(nobody_else_gives_it_and_nobody_gets_it_who_cannot, world, {
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    viewer.get("/delegations").await.expect(200).says("You need the role Service Management");
    give(&viewer, "U00001", "2025-06-30").await.expect(403).says("Sam Ahmed");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/delegations").await.expect(403);
    give(&commissioner, "U00001", "2025-06-30").await.expect(403);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let close = "UPDATE organisation SET closed_on = $2 WHERE code = $1";
    for (code, until, said) in [
        ("", "2025-06-30", "Enter the ODS code of a practice or PCN of your commissioner"),
        ("Z99999", "2025-06-30", "Enter the ODS code of a practice or PCN of your commissioner"),
        ("Y00001", "2025-06-30", "Enter the ODS code of another organisation"),
        ("Y00003", "2025-06-30", "Far Away Surgery is not a practice or PCN of your commissioner"),
        ("QAA", "2025-06-30", "NHS Anytown ICB is not a practice or PCN of your commissioner"),
        ("U00001", "2025-04-09", "The last day must be from 10 April 2025 to 10 April 2027"),
        ("U00001", "2027-04-11", "The last day must be from 10 April 2025 to 10 April 2027"),
        ("U00001", "2025-02-31", "Last day must be a real date"),
    ] {
        let refused = give(&practice, code, until).await;
        refused.expect(422).says(said);
        assert_eq!(refused.value("code"), code, "what was typed stays");
    }
    // A part of a name is looked up among those who could be meant.
    let hill = give(&practice, "hill", "2025-06-30").await;
    hill.expect(422).says("These organisations have that name: Hill Top Practice: Y00002");
    give(&practice, "surgery", "2025-06-30").await.expect(422).does_not_say("Far Away");
    let mut tx = world.db.write().await.expect("a transaction");
    let closed_on: chrono::NaiveDate = "2025-04-09".parse().expect("a date");
    tx.execute(close, store::args!["Y00002", closed_on]).await.expect("it closes");
    tx.commit().await.expect("it is closed");
    let closed = give(&practice, "Y00002", "2025-06-30").await;
    closed.expect(422).says("Hill Top Practice closed on 9 April 2025");
    give(&practice, "U00001", "2025-06-30").await.expect(303);
    let again = give(&practice, "U00001", "2025-06-30").await;
    again.expect(422).says("Riverside PCN can answer for you until 30 June 2025 already");
    // Only the provider ends it.
    let page = practice.get("/delegations").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    end(&network, &page).await.expect(404);
    end(&viewer, &page).await.expect(403);
    assert_eq!(world.facts("delegation_given").await, 1);
    assert_eq!(world.facts("delegation_ended").await, 0);
});

story!(whoever_may_answers_for_its_members_beside_its_own, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network.get("/services").await.says("You have no offers.").does_not_say("Show offers for");
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let_answer(&world, Seat::SECOND_PRACTICE, "2025-06-30").await;
    network
        .get("/")
        .await
        .says("Respond to 2 service offers")
        .says("Respond by 8 May 2025. All are for 2 organisations that you answer for.");
    let list = network.get("/services?show=to_answer").await;
    list.says("To answer (2)").says("Riverside Surgery").says("Hill Top Practice").says("For whom");
    let one = network.get("/services?for=Y00001").await;
    one.expect(200).says("All (1)").says("Showing 1 to 1 of 1");
    assert!(one.links("/services?").contains(&"/services?show=to_answer&for=Y00001".to_owned()));
    let offer = one.links("/services/")[0].clone();
    network
        .get(&offer)
        .await
        .expect(200)
        .says("Service offer for Riverside Surgery (Y00001)")
        .says("You answer for Riverside Surgery (Y00001), which is told.")
        .says("£38.50 for each")
        .does_not_say("Give notice");

    let sent = network.post(&format!("{offer}/accept"), &[("version", "1")]).await;
    assert_eq!(sent.expect(303).location(), offer);
    let said = message(&sent);
    assert!(said.starts_with("You accepted Local primary care services"), "{said}");
    assert!(said.contains(" for Riverside Surgery. The contract is active"), "{said}");
    let by = "Accepted on 10 April 2025 by Nia Rees, Riverside PCN, for Riverside Surgery";
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(&contract).await.says(by);
    for browser in [&network, &practice, &commissioner] {
        let page = browser.get(&offer).await;
        page.expect(200).says(by);
        page.says("Service offer accepted for Riverside Surgery Nia Rees, Riverside PCN");
        let receipt = page.links(&format!("{offer}/receipt"))[0].clone();
        let receipt = browser.get(&receipt).await;
        receipt.expect(200).says("Accepted by Nia Rees, Riverside PCN, for Riverside Surgery");
    }
    assert_eq!(
        subjects(&practice).await[0],
        "An offer was accepted for you: Local primary care services 2025 to 2026"
    );
    let read = practice.get(&practice.get("/messages").await.links("/messages/")[0]).await;
    read.says("Riverside PCN accepted this offer for Riverside Surgery.").does_not_say("Nia Rees");
    // The provider changes what was answered for it, and the answer is then its own.
    let reason = [("version", "2"), ("reason", "No staff")];
    practice.post(&format!("{offer}/reject"), &reason).await.expect(303);
    network
        .get(&offer)
        .await
        .says("Rejected on 10 April 2025 by Sam Ahmed")
        .does_not_say("by Sam Ahmed, Riverside");
    let note = [("version", "3"), ("note", "We found a nurse")];
    network.post(&format!("{offer}/request"), &note).await.expect(303);
    network.get("/").await.says("It is for 1 organisation that you answer for.");
    commissioner
        .get(&contract)
        .await
        .says("Requested on 10 April 2025 by Nia Rees, Riverside PCN, for Riverside Surgery");
    assert_eq!(world.facts("offer_accepted").await, 1);
    world.assert_history_is_whole().await;
});

story!(nothing_else_of_a_member_is_opened, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = offers(&practice, "").await[0].clone();
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let accept = format!("{offer}/accept");
    // Without a word of the provider its offer is not there, for whoever asks.
    for browser in [&network, &second] {
        browser.get(&offer).await.expect(404);
        browser.post(&accept, &[("version", "1")]).await.expect(404);
        let many = [("answer", "accept"), ("offer", &*format!("{}.1", id(&offer)))];
        browser.post("/offers/respond", &many).await.expect(404);
        browser.post("/offers/respond/confirm", &many).await.expect(404);
    }
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    second.get(&offer).await.expect(404);
    let viewer = Seat { name: "Pat View", organisation: "U00001", roles: &[domain::Role::View] };
    world.add_seat(viewer).await;
    let viewer = world.sign_in(viewer).await;
    viewer.get(&offer).await.expect(404);
    viewer.post(&accept, &[("version", "1")]).await.expect(403);
    viewer.get("/services").await.does_not_say("Riverside Surgery");
    viewer.get("/delegations").await.does_not_say("For whom you can answer");

    network.post(&accept, &[("version", "1")]).await.expect(303);
    let end = format!("/offers/{}/end", id(&offer));
    let notice = [
        ("version", "2"),
        ("how", "notice"),
        ("last-day", "2025-09-30"),
        ("notice-reason", "Retiring"),
    ];
    network.post(&end, &notice).await.expect(404);
    for page in ["/data", "/achievement", "/payments", "/payments#on-its-way"] {
        network.get(page).await.does_not_say("Riverside Surgery");
    }
    // Once it is under notice it is between the two sides.
    practice.post(&end, &notice).await.expect(303);
    network.get(&offer).await.expect(404);
    let back = format!("/offers/{}/take-back", id(&offer));
    network.post(&back, &[("version", "3")]).await.expect(404);
    practice.post(&back, &[("version", "3")]).await.expect(303);
    let by = "Accepted on 10 April 2025 by Nia Rees, Riverside PCN, for Riverside Surgery";
    practice.get(&offer).await.says(by);
    network.get(&offer).await.expect(200).says(by);
});

story!(new_terms_stay_between_the_two_sides, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let offer = offers(&network, "").await[0].clone();
    network.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    let terms = "version = 2\neffective_on = 2025-09-30\nvariation = true\n\n[payment]";
    crate::service::publish(&world, &LOCAL.replace("[payment]", terms)).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let until = [("respond-by-day", "30"), ("respond-by-month", "4"), ("respond-by-year", "2025")];
    commissioner.post(&format!("{contract}/terms/LCS2526/2"), &until).await.expect(303);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("New terms, version 2");
    practice.get(&format!("{offer}/terms/2")).await.expect(200);
    network.get(&offer).await.expect(200).does_not_say("New terms, version 2");
    network.get("/").await.does_not_say("new terms");
    network.get(&format!("{offer}/terms/2")).await.expect(404);
    let accept = format!("{offer}/terms/2/accept");
    network.post(&accept, &[("version", "1")]).await.expect(404);
    assert_eq!(world.facts("variation_accepted").await, 0);
});

story!(a_late_click_is_refused_by_name_and_changes_nothing, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-04-20").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let offer = offers(&network, "").await[0].clone();
    let many = [("answer", "accept"), ("offer", &*format!("{}.1", id(&offer)))];
    network.post("/offers/respond", &many).await.expect(200);
    world.set_today("2025-04-20");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network.get(&offer).await.expect(200);
    world.set_today("2025-04-21");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let over = "You could answer for Riverside Surgery until 20 April 2025. Nothing was changed.";
    for (act, fields) in [
        ("accept", vec![("version", "1")]),
        ("reject", vec![("version", "1"), ("reason", "No")]),
        ("request", vec![("version", "1"), ("note", "")]),
    ] {
        let late = network.post(&format!("{offer}/{act}"), &fields).await;
        late.expect(409).says(over).says("You have no offers.");
    }
    network.post("/offers/respond/confirm", &many).await.expect(409).says(over);
    network.get(&offer).await.expect(404);
    network.get("/").await.says("You have nothing to do right now.");

    // Given again and ended while the page is open.
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    network.get(&offer).await.expect(200);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    end(&practice, &practice.get("/delegations").await).await.expect(303);
    let late = network.post(&format!("{offer}/accept"), &[("version", "1")]).await;
    late.expect(409).says("Riverside Surgery ended on 21 April 2025 that you can answer for it.");
    network.get(&offer).await.expect(404);
    practice.get(&offer).await.says("Contract status Pending");
    assert_eq!(world.facts("offer_accepted").await + world.facts("offer_rejected").await, 0);
    assert_eq!(world.facts("offer_requested").await, 0);
});

story!(twelve_offers_of_several_members_are_accepted_by_one_act, world, {
    for (definition, code) in [
        (LOCAL, "LCS2526"),
        (SHINGLES, "SHIN2526"),
        (ADVICE, "AG2526"),
        (AUDIT, "CVDP2526"),
        (CHECKS, "LDHC2526"),
        (WEIGHT, "WM2526"),
    ] {
        offered(&world, definition, code).await;
    }
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let_answer(&world, Seat::SECOND_PRACTICE, "2025-06-30").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network.get("/").await.says("Respond to 12 service offers");
    let all = network.get("/services?show=to_answer&select=all").await;
    let seen = all.values("offer");
    let ticked: Vec<_> = seen.iter().filter(|value| value.contains('.')).collect();
    assert_eq!(ticked.len(), 12);
    let mut fields = vec![("answer", "accept"), ("back", "show=to_answer")];
    fields.extend(ticked.iter().map(|offer| ("offer", offer.as_str())));
    let check = network.post("/offers/respond", &fields).await;
    check
        .expect(200)
        .says("Accept 12 offers")
        .says("You answer in the place of the organisations named here")
        .says("Hill Top Practice");
    // While the page is open one member ends it.
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    end(&second, &second.get("/delegations").await).await.expect(303);
    let sent = network.post("/offers/respond/confirm", &fields).await;
    let ended = "Hill Top Practice ended on 10 April 2025 that you can answer for it.";
    sent.expect(409).says("You accepted 6 offers.").says(ended);
    assert_eq!(sent.text().matches(ended).count(), 1, "said once, not for each offer");
    assert_eq!(world.facts("offer_accepted").await, 6);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let told = subjects(&practice).await;
    let told: Vec<_> = told.iter().filter(|subject| subject.contains("for you")).collect();
    assert_eq!(told, ["6 offers were accepted for you"], "one message for one act");
    assert!(!subjects(&second).await.iter().any(|subject| subject.contains("for you")));
    // What is no longer there is left out, and said.
    let theirs = offers(&second, "").await[0].clone();
    let foreign = format!("{}.1", id(&theirs));
    let own = offers(&practice, "").await[0].clone();
    let own = format!("{}.2", id(&own));
    let_answer(&world, Seat::SECOND_PRACTICE, "2025-06-30").await;
    second.post(&format!("{theirs}/accept"), &[("version", "1")]).await.expect(303);
    let notice = [
        ("version", "2"),
        ("how", "notice"),
        ("last-day", "2025-09-30"),
        ("notice-reason", "Retiring"),
    ];
    second.post(&format!("/offers/{}/end", id(&theirs)), &notice).await.expect(303);
    let both = [("answer", "accept"), ("offer", &*own), ("offer", &*foreign)];
    let check = network.post("/offers/respond", &both).await;
    check
        .expect(200)
        .says("Accept 1 offer")
        .says("1 offer that you selected is not there any more.");
    let sent = network.post("/offers/respond/confirm", &both).await;
    sent.expect(409)
        .says("Some offers that you selected are not there any more.")
        .says("You have already accepted this offer.");
    // Two of them are rejected again together, with one reason.
    let mut changed = vec![("answer", "reject"), ("reason", "No staff")];
    let own: Vec<String> =
        offers(&practice, "").await.iter().take(2).map(|one| format!("{}.2", id(one))).collect();
    changed.extend(own.iter().map(|offer| ("offer", offer.as_str())));
    network.post("/offers/respond/confirm", &changed).await.expect(303);
    assert_eq!(subjects(&practice).await[0], "2 offers were rejected for you");
    world.assert_history_is_whole().await;
});

story!(of_fifty_of_a_member_and_its_delegate_one_answers, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = id(&offers(&practice, "").await[0]);
    let now = world.now();
    let sides =
        [world.actor(Seat::PRACTICE_MANAGER).await, world.actor(Seat::NETWORK_MANAGER).await];
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..50 {
        let (db, by) = (world.db.clone(), sides[caller % 2].clone());
        callers.spawn(async move { store::offer::accept(&db, offer, 1, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotAccept::AlreadyAccepted))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("offer_accepted").await), (1, 1));
    let told = subjects(&practice).await;
    let in_place = told.iter().filter(|subject| subject.contains("for you")).count();
    assert!(in_place <= 1, "told at most once: {told:?}");
    world.assert_history_is_whole().await;
});

story!(no_answer_is_given_under_what_has_ended, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = id(&offers(&practice, "").await[0]);
    let delegate = world.organisations["U00001"];
    let (own, network) =
        (world.actor(Seat::PRACTICE_MANAGER).await, world.actor(Seat::NETWORK_MANAGER).await);
    let now = world.now();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..20 {
        let (db, own, network) = (world.db.clone(), own.clone(), network.clone());
        callers.spawn(async move {
            if caller == 7 {
                store::delegation::end(&db, delegate, 1, &own, &now).await.expect("it ends");
                return;
            }
            match store::offer::accept(&db, offer, 1, &network, &now).await {
                Ok(_)
                | Err(Failed::Refused(CannotAccept::AlreadyAccepted))
                | Err(Failed::Refused(CannotAccept::NotFor(CannotAnswerFor::Ended(..))))
                | Err(Failed::Other(StoreError::Stale)) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.expect("a caller that ends");
    }
    #[derive(sqlx::FromRow)]
    struct Order {
        late: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let Order { late } = tx
        .one(
            "SELECT count(*) AS late FROM event a JOIN event e ON e.seq < a.seq
             WHERE a.fact LIKE '%offer_accepted%' AND e.fact LIKE '%delegation_ended%'",
            store::args![],
        )
        .await
        .expect("a count");
    assert_eq!((late, world.facts("delegation_ended").await), (0, 1));
});

story!(an_answer_waits_for_an_end_that_is_under_way, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let_answer(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let offer = id(&offers(&network, "").await[0]);
    let (by, now) = (world.actor(Seat::NETWORK_MANAGER).await, world.now());
    let mut ending = world.db.write().await.expect("a transaction");
    let end = "UPDATE delegation SET ended_at = $1, version = version + 1";
    ending.execute(end, store::args![now.instant]).await.expect("it ends");
    let db = world.db.clone();
    let mut answer =
        tokio::spawn(async move { store::offer::accept(&db, offer, 1, &by, &now).await });
    let a_while = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(a_while, &mut answer).await.is_err(), "it waits for the end");
    ending.commit().await.expect("it has ended");
    let refused = answer.await.expect("a caller that ends").expect_err("too late");
    let ended = CannotAccept::NotFor(CannotAnswerFor::Ended(
        "Riverside Surgery".into(),
        "2025-04-10".parse().expect("a date"),
    ));
    assert!(matches!(&refused, Failed::Refused(why) if *why == ended), "{refused:?}");
    assert_eq!(world.facts("offer_accepted").await, 0);
});

// What the list holds is what the pages open: the two say the same rule, one as a question and one in the domain.
story!(the_list_holds_exactly_the_offers_that_open, world, {
    let mut contracts = Vec::new();
    for (definition, code) in [
        (LOCAL, "LCS2526"),
        (SHINGLES, "SHIN2526"),
        (ADVICE, "AG2526"),
        (AUDIT, "CVDP2526"),
        (CHECKS, "LDHC2526"),
        (WEIGHT, "WM2526"),
    ] {
        contracts.push(offered(&world, definition, code).await);
    }
    let_answer(&world, Seat::PRACTICE_MANAGER, "2026-12-31").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let all = offers(&practice, "").await;
    let [pending, accepted, in_place, rejected, left, _] = all.as_slice() else {
        panic!("6 offers: {all:?}")
    };
    let seen = [("version", "1")];
    practice.post(&format!("{accepted}/accept"), &seen).await.expect(303);
    network.post(&format!("{in_place}/accept"), &seen).await.expect(303);
    let reject = [("version", "1"), ("reason", "No")];
    practice.post(&format!("{rejected}/reject"), &reject).await.expect(303);
    practice.post(&format!("{left}/accept"), &seen).await.expect(303);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let stop = [("version", "2"), ("how", "terminate"), ("terminate-reason", "Unsafe")];
    commissioner.post(&format!("/offers/{}/end", id(left)), &stop).await.expect(303);
    for (day, sees) in [
        ("2025-05-08", [true, true, true, true, false]),
        ("2025-05-09", [true, false, true, true, false]),
        ("2026-04-01", [false, false, true, false, false]),
        ("2026-12-31", [false, false, true, false, false]),
        ("2027-01-01", [false; 5]),
    ] {
        world.set_today(day);
        let network = world.sign_in(Seat::NETWORK_MANAGER).await;
        let list = offers(&network, "").await;
        for (offer, expected) in [pending, accepted, in_place, rejected, left].into_iter().zip(sees)
        {
            assert_eq!(list.contains(offer), expected, "{offer} in the list on {day}");
            network.get(offer).await.expect(if expected { 200 } else { 404 });
        }
        let tabs = network.get("/services").await;
        tabs.says(&format!("All ({})", list.len()));
    }
});
