//! Stories of new terms: offered to who takes part, and counting only for the providers that accept them.

use crate::service::publish;
use crate::story;
use crate::support::{Browser, Page, Seat, World, money::BLOOD, money::message};
use domain::{OfferId, Pence};
use store::Failed;
use store::variation::Answer;

/// The same service at £12.00 from June on, for who accepts it.
fn dearer() -> String {
    BLOOD.replace("fee = \"10.00\"", "fee = \"12.00\"").replace(
        "[payment]",
        "version = 2\neffective_on = 2025-06-30\nvariation = true\n\n[payment]",
    )
}

/// Both practices take part, it is 2 July, and the new terms are there to be offered. Gives the contract's address.
async fn varied(world: &World) -> String {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    publish(world, &dearer()).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/contracts").await.links("/contracts/C-")[0].clone()
}

fn terms_of(contract: &str) -> String {
    format!("{contract}/terms/BLD2526/2")
}

/// Offers the new terms, to be answered by 30 July.
async fn offer(commissioner: &Browser, contract: &str) -> Page {
    let until = [("respond-by-day", "30"), ("respond-by-month", "7"), ("respond-by-year", "2025")];
    commissioner.post(&terms_of(contract), &until).await
}

/// The page of the new terms, as a provider's home leads to it.
async fn found(practice: &Browser) -> String {
    practice.get("/services/terms").await.links("/services/")[0].clone()
}

async fn accept(practice: &Browser, terms: &str) -> Page {
    let version = practice.get(terms).await.expect(200).value("version");
    practice.post(&format!("{terms}/accept"), &[("version", &version)]).await
}

/// The amount of an achievement date.
async fn amount(world: &World, seat: Seat, date: &str) -> Option<Pence> {
    let rows = world.results(seat).await;
    rows.into_iter().find(|row| row.period.end.to_string() == date).and_then(|row| row.amount)
}

story!(new_terms_count_only_for_the_providers_that_accept_them, world, {
    let contract = varied(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get(&contract)
        .await
        .says("New terms of Blood tests near home, version 2, from 30 June 2025. 0 providers accepted")
        .says("Offer them to 2 providers");
    let page = commissioner.get(&terms_of(&contract)).await;
    page.expect(200).says("£10.00").says("£12.00").says("Offer the new terms to 2 providers");
    let sent = offer(&commissioner, &contract).await;
    assert_eq!(sent.expect(303).location(), contract);
    assert_eq!(message(&sent), "You offered the new terms to 2 providers.");
    offer(&commissioner, &contract).await.expect(409).says("Nobody can get the new terms now.");
    commissioner.get(&terms_of(&contract)).await.says("has the new terms to answer already");

    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/").await.says("Answer new terms of 1 service");
    practice.get("/messages").await.says("Answer new terms by 30 July 2025: Blood tests near home");
    let terms = found(&practice).await;
    practice.get(&terms).await.says("Respond by 30 July 2025").says("Accept new terms");
    world.count(Seat::PRACTICE_MANAGER, "2025-05-31", 100).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 100).await;
    assert_eq!(amount(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await, Some(Pence(100_000)));
    let sent = accept(&practice, &terms).await;
    let said = "You accepted the new terms of Blood tests near home. They count from 30 June 2025.";
    assert_eq!(message(&sent), said);
    // What was calculated by the terms before is calculated again, and says why.
    assert_eq!(world.sweep().await.calculated, 1);
    assert_eq!(amount(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await, Some(Pence(120_000)));
    assert_eq!(amount(&world, Seat::PRACTICE_MANAGER, "2025-05-31").await, Some(Pence(100_000)));
    let june = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    let working = practice.get(&format!("/achievement/{june}/working")).await;
    working.expect(200).says("BLD2526, version 2").says("Version of the definition: 1 became 2");
    let offer_page = terms.split("/terms/").next().expect("the offer").to_owned();
    practice.get(&offer_page).await.says("£12.00").says("Accepted on 2 July 2025 by Sam Ahmed");
    // What was agreed first and what is agreed now are two receipts.
    let receipts = practice.get(&offer_page).await;
    receipts.says("View or print your receipt").says("before the new terms");
    let receipt = |number: usize| format!("{offer_page}/receipt?number={number}");
    practice
        .get(&receipt(2))
        .await
        .expect(200)
        .says("Accepted by Sam Ahmed, for Riverside Surgery, new terms, version 2")
        .says("Terms, version 2 of the definition")
        .says("£12.00 for each")
        .does_not_say("not in force");
    practice.get(&receipt(1)).await.says("£10.00 for each").does_not_say("£12.00");

    // The other one rejects, and goes on as it was.
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let theirs = found(&second).await;
    let version = second.get(&theirs).await.value("version");
    let reject = format!("{theirs}/reject");
    let empty = [("version", &*version), ("reason", " ")];
    second.post(&reject, &empty).await.expect(422).says("Enter why you are rejecting");
    let reason = [("version", &*version), ("reason", "Too little")];
    second.post(&reject, &reason).await.expect(303);
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 100).await;
    assert_eq!(amount(&world, Seat::SECOND_PRACTICE, "2025-06-30").await, Some(Pence(100_000)));
    commissioner.get(&contract).await.says("1 provider accepted, 0 to answer, 1 rejected");
    second.get("/services/terms").await.says("No new terms wait for your answer.");
    // A change for everybody counts for both, and is the version after the new terms.
    let third = dearer()
        .replace("version = 2", "version = 3")
        .replace("variation = true\n", "")
        .replace("12.00", "15.00");
    publish(&world, &third).await;
    world.sweep().await;
    for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        assert_eq!(amount(&world, seat, "2025-06-30").await, Some(Pence(150_000)));
    }
    for fact in ["variation_accepted", "variation_rejected"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(new_terms_are_answered_in_time_by_their_own_provider_only, world, {
    let contract = varied(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    for (day, month, said) in [("2", "7", "must be after 2 July 2025"), ("40", "7", "real date")] {
        let until =
            [("respond-by-day", day), ("respond-by-month", month), ("respond-by-year", "2025")];
        commissioner.post(&terms_of(&contract), &until).await.expect(422).says(said);
    }
    for (seat, status) in
        [(Seat::OTHER_COMMISSIONER, 404), (Seat::APPROVER, 403), (Seat::PRACTICE_MANAGER, 403)]
    {
        let browser = world.sign_in(seat).await;
        browser.get(&terms_of(&contract)).await.expect(status);
        assert_eq!(offer(&browser, &contract).await.status, status);
    }
    commissioner.get(&format!("{contract}/terms/BLD2526/1")).await.expect(404);
    offer(&commissioner, &contract).await.expect(303);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let terms = found(&practice).await;
    let accept_it = format!("{terms}/accept");
    let version = [("version", "1")];
    for (seat, status) in [
        (Seat::SECOND_PRACTICE, 404),
        (Seat::FOREIGN_PRACTICE, 404),
        (Seat::COMMISSIONER, 403),
        (Seat::PRACTICE_VIEW, 403),
    ] {
        let browser = world.sign_in(seat).await;
        assert_eq!(browser.post(&accept_it, &version).await.status, status, "{seat:?}");
    }
    world.sign_in(Seat::PRACTICE_VIEW).await.get(&terms).await.does_not_say("£12.00");
    practice.post(&accept_it, &[("version", "7")]).await.expect(409);
    world.set_today("2025-07-31");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice
        .post(&accept_it, &version)
        .await
        .expect(409)
        .says("You could answer until 30 July 2025");
    practice.get(&terms).await.says("They were not answered by 30 July 2025");
    // What ran out can be offered again.
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let until = [("respond-by-day", "20"), ("respond-by-month", "8"), ("respond-by-year", "2025")];
    let sent = commissioner.post(&terms_of(&contract), &until).await;
    assert_eq!(message(&sent), "You offered the new terms to 2 providers.");
    accept(&practice, &terms).await.expect(303);
    let again = practice.post(&accept_it, &[("version", "3")]).await;
    again.expect(409).says("You have accepted these terms already.");
});

story!(fifty_accept_new_terms_at_once_and_one_wins, world, {
    let contract = varied(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    offer(&commissioner, &contract).await.expect(303);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let terms = found(&practice).await;
    let id: OfferId = terms.split('/').nth(2).expect("an offer").parse().expect("an offer");
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (db, by) = (world.db.clone(), by.clone());
        callers.spawn(async move {
            store::variation::answer(&db, (id, 2, 1), Answer::Accept, &by, &now).await
        });
    }
    let mut won = 0;
    while let Some(done) = callers.join_next().await {
        match done.expect("a caller ends") {
            Ok(_) => won += 1,
            Err(Failed::Refused(why)) => {
                assert_eq!(why, domain::variation::CannotAnswer::AlreadyAccepted)
            }
            Err(Failed::Other(error)) => assert!(matches!(error, store::StoreError::Stale)),
        }
    }
    assert_eq!((won, world.facts("variation_accepted").await), (1, 1));
});

story!(what_finance_has_approved_stays_when_new_terms_are_accepted, world, {
    let contract = varied(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    offer(&commissioner, &contract).await.expect(303);
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 100).await;
    world.declare_newest(Seat::PRACTICE_MANAGER).await;
    world.approve_newest(Seat::APPROVER).await;
    world.approve_newest(Seat::FINANCE).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    accept(&practice, &found(&practice).await).await.expect(303);
    assert_eq!(world.sweep().await.calculated, 0);
    assert_eq!(amount(&world, Seat::PRACTICE_MANAGER, "2025-06-30").await, Some(Pence(100_000)));
});

story!(a_variation_changes_prices_and_not_what_is_handed_in, world, {
    world.blood_tests(&["Y00001"]).await;
    for (from, to, said) in [
        (
            "unit = \"blood tests\"",
            "unit = \"blood tests\"\n[[component.indicator]]\ncode = \"BLD009\"\nname = \"More\"\nkind = \"register\"",
            "variation",
        ),
        ("code = \"BLD001\"", "code = \"BLD002\"", "variation"),
        ("version = 2", "version = 1", "variation"),
    ] {
        let other = dearer().replace(from, to);
        assert_ne!(other, dearer(), "{from}");
        let by = domain::Actor::system("story");
        let refused = store::service::publish(&world.db, &other, &by, &world.now()).await;
        let Err(Failed::Refused(why)) = refused else { unreachable!("{to} was published") };
        assert!(why.to_string().contains(said), "{why}");
    }
});
