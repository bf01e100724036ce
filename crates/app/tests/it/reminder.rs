//! Stories of messages and reminders: who hears of an offer, once, with what a page of theirs then says.

use crate::contract::offered;
use crate::service::LOCAL;
use crate::story;
use crate::support::{Browser, Page, Seat, World, money::message};
use domain::{Actor, MessageId};
use std::collections::HashSet;
use store::Failed;
use store::message::Outgoing;

/// The subjects on somebody's page of messages, newest first.
async fn subjects(browser: &Browser) -> Vec<String> {
    let list = browser.get("/messages").await;
    let mut subjects = Vec::new();
    for link in list.expect(200).links("/messages/") {
        let page = browser.get(&link).await;
        let text = page.expect(200).text();
        let (subject, _) = text.split_once(" – Messages").expect("the title names the section");
        subjects.push(subject.to_owned());
    }
    subjects
}

/// Presses the button of the page of a reminder.
async fn press(browser: &Browser, contract: &str, page: &Page) -> Page {
    let [provider, looked_at] = ["provider", "looked_at"].map(|name| page.value(name));
    let fields = [("provider", &*provider), ("looked_at", &*looked_at)];
    browser.post(&format!("{contract}/remind"), &fields).await
}

/// Reminders that are due, as the program sends them by itself each minute.
async fn remind_due(world: &World) -> i64 {
    store::offer::remind_due(&world.db, &Actor::system("Accord"), &world.now())
        .await
        .expect("the reminders are written")
}

/// Takes the role that answers offers from everybody at a provider.
async fn nobody_answers_at(world: &World, provider: &str) {
    let mut tx = world.db.write().await.expect("a transaction");
    tx.execute(
        "DELETE FROM role_held WHERE role = 'Service Management' AND organisation_id = $1",
        store::args![world.organisations[provider]],
    )
    .await
    .expect("the role is taken");
    tx.commit().await.expect("it is gone");
}

story!(whoever_has_not_answered_is_reminded_by_one_button, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    world.set_today("2025-04-12");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/").await.says("Follow 1 offer without an answer");
    let waiting = commissioner.get("/contracts/waiting").await;
    waiting
        .expect(200)
        .says("Offers without an answer")
        .says("Local services 2025 to 2026")
        .says("8 May 2025 1 None yet Send reminder to 1 provider");
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let theirs = second.get("/services").await.links("/services/")[0].clone();
    let page = commissioner.get(&format!("{contract}/remind")).await;
    page.expect(200)
        .says("Send reminder to 1 provider")
        .says("1 offer waits for an answer")
        .says("1 offer needs your answer by 8 May 2025")
        .says("NHS Anytown ICB offers this service to Hill Top Practice and has no answer yet.")
        .says("Send 1 email");
    let sent = press(&commissioner, &contract, &page).await;
    assert_eq!(sent.expect(303).location(), contract);
    assert_eq!(message(&sent), "You reminded 1 person of 1 offer.");
    commissioner.get(&contract).await.says("1 offer asked for an answer again");
    commissioner.get("/contracts/waiting").await.says("12 April 2025 at 1pm");
    let again = press(&commissioner, &contract, &page).await;
    again.expect(409).says("Nobody was reminded. 1 offer: The provider was reminded today.");
    assert_eq!(
        subjects(&second).await,
        ["1 offer needs your answer by 8 May 2025", "Respond to a new service offer by 8 May 2025"]
    );
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    assert_eq!(subjects(&practice).await, ["Respond to a new service offer by 8 May 2025"]);
    second.get(&theirs).await.says("Provider reminded to answer");
    // Who looked at the offer before the reminder answers what they saw.
    second.post(&format!("{theirs}/accept"), &[("version", "1")]).await.expect(303);
    commissioner.get("/contracts/waiting").await.says("Every offer that could be answered");
    let page = commissioner.get(&format!("{contract}/remind")).await;
    page.expect(200).says("No offer waits for an answer.").does_not_say("Send 1 email");
    assert_eq!(world.facts("offer_reminded").await, 1);
    world.assert_history_is_whole().await;
});

story!(a_reminder_goes_to_the_providers_of_the_filter_and_names_who_cannot_be_reached, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    nobody_answers_at(&world, "Y00001").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get(&format!("{contract}/remind?provider=hill")).await;
    page.expect(200).says("Send 1 email").does_not_say("Nobody at the provider");
    let page = commissioner.get(&format!("{contract}/remind?provider=y00001")).await;
    page.expect(200)
        .says("1 offer: Nobody at the provider can answer offers")
        .does_not_say("Send 1 email");
    let page = commissioner.get(&format!("{contract}/remind")).await;
    page.expect(200).says("Send 1 email").says("1 offer: Nobody at the provider can answer offers");
    // What was made after the page was opened is not asked for.
    let early = [("provider", ""), ("looked_at", "2025-04-10T11:59:59Z")];
    commissioner.post(&format!("{contract}/remind"), &early).await.expect(409);
    let sent = press(&commissioner, &contract, &page).await;
    let left = "1 offer: Nobody at the provider can answer offers, so there is nobody to write to.";
    assert_eq!(message(&sent), format!("You reminded 1 person of 1 offer. {left}"));
    world.set_today("2025-05-09");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get(&format!("{contract}/remind")).await;
    page.expect(200).says("2 offers: The response date was 8 May 2025.");
});

story!(only_the_contract_s_own_commissioner_reminds, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let address = format!("{contract}/remind");
    let fields = [("provider", ""), ("looked_at", "2025-04-10T12:00:00Z")];
    for (seat, status) in [
        (Seat::OTHER_COMMISSIONER, 404),
        (Seat::APPROVER, 403),
        (Seat::COMMISSIONER_VIEW, 403),
        (Seat::PRACTICE_MANAGER, 403),
    ] {
        let browser = world.sign_in(seat).await;
        browser.get(&address).await.expect(status);
        browser.post(&address, &fields).await.expect(status);
    }
    let view = world.sign_in(Seat::APPROVER).await;
    view.get("/contracts/waiting").await.expect(200).does_not_say("Send reminder");
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/contracts/waiting").await.expect(403);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.post(&address, &[("looked_at", "yesterday")]).await.expect(400);
    assert_eq!(world.facts("offer_reminded").await, 0);
});

story!(twenty_press_at_once_and_each_provider_is_reminded_once, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let reference = contract.strip_prefix("/contracts/").expect("an address").to_owned();
    let (by, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (db, by, reference) = (world.db.clone(), by.clone(), reference.clone());
        callers.spawn(async move {
            store::offer::remind(&db, &reference, ("", now.instant), &by, &now).await
        });
    }
    let mut reminded = 0;
    while let Some(done) = callers.join_next().await {
        match done.expect("a caller ends") {
            Ok(done) => reminded += done.people,
            Err(Failed::Other(error)) => assert!(matches!(error, store::StoreError::Stale)),
            Err(Failed::Refused(why)) => unreachable!("{why}"),
        }
    }
    assert_eq!(reminded, 2);
    assert_eq!(world.facts("offer_reminded").await, 2);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    assert_eq!(subjects(&practice).await.len(), 2);
});

story!(as_the_response_date_comes_near_providers_are_reminded_by_themselves, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    for (day, people) in [
        ("2025-04-10", 0),
        ("2025-04-23", 0),
        ("2025-04-24", 2),
        ("2025-04-24", 0),
        ("2025-04-30", 0),
        // Nothing ran on 1 May.
        ("2025-05-02", 2),
        ("2025-05-05", 0),
    ] {
        world.set_today(day);
        assert_eq!(remind_due(&world).await, people, "{day}");
    }
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    for (day, people) in [("2025-05-06", 1), ("2025-05-08", 1), ("2025-05-09", 0)] {
        world.set_today(day);
        assert_eq!(remind_due(&world).await, people, "{day}");
    }
    assert_eq!(world.facts("offer_reminded").await, 2 + 2 + 1 + 1);
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    assert_eq!(subjects(&second).await.len(), 5, "the offer and 4 reminders");
    world.assert_history_is_whole().await;
});

story!(each_side_hears_what_the_other_did, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let own = offer.replace("/services/", "/offers/");
    let name = "Local primary care services 2025 to 2026";
    let mut told = vec!["Respond to a new service offer by 8 May 2025".to_owned()];
    let with = <[(&str, &str)]>::to_vec;
    let steps = [
        (&practice, format!("{offer}/reject"), with(&[("reason", "No room")]), None),
        (&practice, format!("{offer}/request"), with(&[("note", "We found a room")]), None),
        (
            &commissioner,
            format!("{own}/turn-down"),
            with(&[("turn-down", "Full")]),
            Some("Your request was turned down"),
        ),
        (
            &commissioner,
            format!("{own}/reissue"),
            with(&[]),
            Some("Respond to a reissued service offer by 8 May 2025"),
        ),
        (&practice, format!("{offer}/accept"), with(&[]), None),
        (
            &commissioner,
            format!("{own}/end"),
            with(&[("how", "terminate"), ("terminate-reason", "Unsafe")]),
            Some("Your contract was terminated"),
        ),
        (
            &commissioner,
            format!("{own}/reissue"),
            with(&[]),
            Some("Respond to a reissued service offer by 8 May 2025"),
        ),
    ];
    for (version, (browser, address, fields, news)) in (1..).zip(steps) {
        let seen = i32::to_string(&version);
        let mut all = vec![("version", &*seen)];
        all.extend(fields);
        let sent = browser.post(&address, &all).await;
        assert_eq!(sent.status, 303, "{address}: {}", sent.text());
        told.extend(news.map(|news| match news.contains(" by ") {
            true => news.to_owned(),
            false => format!("{news}: {name}"),
        }));
    }
    told.reverse();
    assert_eq!(subjects(&practice).await, told);
    let theirs = subjects(&commissioner).await;
    assert_eq!(theirs, [format!("Riverside Surgery requests a service: {name}")]);
    let links = commissioner.get("/messages").await.links("/messages/");
    let page = commissioner.get(&links[0]).await;
    page.says("Their note: We found a room").says("Continue").says("Accord has not emailed this");
    practice.get(&links[0]).await.expect(404);
    world.sign_in(Seat::APPROVER).await.get(&links[0]).await.expect(404);
    // Many at once.
    let page = commissioner.get(&format!("{contract}/bulk?act=withdraw")).await;
    let looked_at = page.value("looked_at");
    let fields =
        [("act", "withdraw"), ("looked_at", &*looked_at), ("status", ""), ("provider", "")];
    commissioner.post(&format!("{contract}/bulk"), &fields).await.expect(303);
    assert_eq!(subjects(&practice).await[0], "A service offer was withdrawn");
    assert_eq!(
        world.sign_in(Seat::SECOND_PRACTICE).await.get("/messages").await.links("/messages/").len(),
        2
    );
});

story!(an_email_is_claimed_by_one_worker_and_tried_again_until_it_is_given_up, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let claim = async |limit| {
        store::message::claim(&world.db, limit, &world.now()).await.expect("the outbox answers")
    };
    // On PostgreSQL the second finds what it wanted taken, and looks again.
    let (mut held, more) = tokio::join!(claim(1), claim(1));
    held.extend(more);
    held.extend(claim(9).await);
    let both: HashSet<MessageId> = held.iter().map(Outgoing::id).collect();
    assert_eq!((held.len(), both.len()), (2, 2), "each is held by one worker");
    let (one, other) = held.split_at(1);
    assert!(claim(9).await.is_empty());
    let emails: HashSet<&str> = one.iter().chain(other).map(|held| &*held.email).collect();
    assert_eq!(emails, HashSet::from(["sam.ahmed@nhs.net", "jo.lee@nhs.net"]));
    store::message::sent(&world.db, &one[0], &world.now()).await.expect("it is marked");
    // The other worker has died: on the next day it is claimed again, and fails until it is given up.
    let mut attempts = 1;
    for hour in 0..30 {
        let start =
            "2025-04-11T06:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
        let now = domain::Now::at(start + chrono::TimeDelta::hours(hour));
        for held in store::message::claim(&world.db, 9, &now).await.expect("the outbox answers") {
            assert_eq!(held.id(), other[0].id());
            attempts += 1;
            let fault = ("450 try later", false);
            let given_up = store::message::failed(&world.db, &held, fault, &now).await;
            assert_eq!(given_up.expect("it is marked"), attempts == domain::message::ATTEMPTS);
        }
    }
    assert_eq!(attempts, domain::message::ATTEMPTS);
    let whose = |email: &str| match email {
        "sam.ahmed@nhs.net" => Seat::PRACTICE_MANAGER,
        _ => Seat::SECOND_PRACTICE,
    };
    for (held, words) in [
        (&one[0], "Accord emailed this to you on 10 April 2025 at 1pm."),
        (&other[0], "could not email this to you. The mail server said: 450 try later"),
    ] {
        let browser = world.sign_in(whose(&held.email)).await;
        browser.get(&format!("/messages/{}", held.id())).await.expect(200).says(words);
    }
});

story!(an_email_refused_for_good_is_given_up_and_old_news_is_not_sent, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let mut tx = world.db.write().await.expect("a transaction");
    tx.execute("UPDATE person SET is_disabled = $1 WHERE name = 'Jo Lee'", store::args![true])
        .await
        .expect("an account is closed");
    tx.commit().await.expect("it is closed");
    let held = store::message::claim(&world.db, 9, &world.now()).await.expect("the outbox answers");
    assert_eq!(held.len(), 1, "who left gets none");
    let fault = ("550 no such person", true);
    let given_up = store::message::failed(&world.db, &held[0], fault, &world.now()).await;
    assert!(given_up.expect("it is marked"));
    let mut tx = world.db.write().await.expect("a transaction");
    tx.execute("UPDATE message SET delivery = 'to send' WHERE id = $1", store::args![held[0].id()])
        .await
        .expect("as it was");
    tx.commit().await.expect("as it was");
    world.set_today("2025-04-14");
    let late = store::message::claim(&world.db, 9, &world.now()).await.expect("the outbox answers");
    assert!(late.is_empty(), "what is older than 3 days is no news");
});
