//! Stories of offers: who may answer what, when, and exactly once.

use crate::contract::offered;
use crate::service::LOCAL;
use crate::story;
use crate::support::{Browser, Seat, World, money::message};
use domain::OfferId;
use store::{Failed, StoreError, offer::Participation};

/// The address of the first offer that a provider's list leads to.
async fn first_offer(provider: &Browser) -> String {
    provider.get("/services").await.expect(200).links("/services/")[0].clone()
}

/// Presses one button of an offer's page, as the page shows it.
async fn press(
    browser: &Browser,
    offer: &str,
    act: &str,
    more: &[(&str, &str)],
) -> crate::support::Page {
    let page = browser.get(offer).await;
    let version = page.expect(200).value("version");
    let mut fields = vec![("version", version.as_str())];
    fields.extend(more);
    browser.post(act, &fields).await
}

fn id(offer: &str) -> &str {
    offer.strip_prefix("/services/").expect("the address of an offer")
}

async fn participation(world: &World, offer: &str, on: &str) -> Option<Participation> {
    let by = world.actor(Seat::PRACTICE_MANAGER).await;
    let mut tx = world.db.read().await.expect("a question");
    let offer: OfferId = id(offer).parse().expect("an identifier");
    let listed = store::offer::find(&mut tx, offer, &by, &world.now()).await.expect("the offer");
    let (provider, service) = (listed.offer.provider, listed.offer.service);
    let on = on.parse().expect("a date");
    store::offer::participation(&mut tx, provider, service, on).await.expect("an answer")
}

story!(an_offer_is_rejected_requested_reissued_and_accepted, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    practice.get("/services").await.says("Pending").says("8 May 2025").says("View");
    let offer = first_offer(&practice).await;
    practice
        .get(&offer)
        .await
        .expect(200)
        .says("Contract status Pending")
        .says("Commissioner NHS Anytown ICB")
        .says("Respond by 8 May 2025")
        .says("Period 1 April 2025 to 31 March 2026")
        .says("Each quarter, by a fee for each item.")
        .says("£38.50 for each")
        .says("Accept service offer")
        .says("Reject")
        .does_not_say("Request this service from the commissioner")
        .says("Service offered");

    let reason = [("reason", "We have no staff <for> it")];
    let sent = press(&practice, &offer, &format!("{offer}/reject"), &reason).await;
    assert_eq!(sent.expect(303).location(), offer);
    practice
        .get(&offer)
        .await
        .says("Contract status Rejected")
        .says("Rejected on 10 April 2025 by Sam Ahmed")
        .says("We have no staff <for> it")
        .says("Request this service from the commissioner")
        .says("You can change your answer until 8 May 2025.");
    commissioner
        .get(&contract)
        .await
        .says("1 Rejected")
        .says("We have no staff <for> it")
        .does_not_say("Reissue Local");

    press(&practice, &offer, &format!("{offer}/request"), &[("note", "We found a nurse")])
        .await
        .expect(303);
    practice
        .get(&offer)
        .await
        .says("Contract status Requested")
        .says("You can change your answer until 8 May 2025.");
    commissioner.get("/contracts").await.says("1 requested");
    commissioner
        .get(&contract)
        .await
        .says("1 Requested")
        .says("Requested on 10 April 2025 by Sam Ahmed We found a nurse")
        .says("Reissue Local primary care services");

    world.set_today("2025-04-11");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let reissue = format!("/offers/{}/reissue", id(&offer));
    let sent = press(&commissioner, &offer, &reissue, &[]).await;
    assert_eq!(sent.expect(303).location(), contract);
    commissioner.get(&contract).await.says("2 Pending").does_not_say("Reissue Local");

    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("Contract status Pending").says("Respond by 9 May 2025");
    assert_eq!(participation(&world, &offer, "2025-06-30").await, None);
    press(&practice, &offer, &format!("{offer}/accept"), &[]).await.expect(303);
    practice
        .get(&offer)
        .await
        .says("Contract status Active")
        .says("Accepted on 11 April 2025 by Sam Ahmed")
        .says("The contract is active from 1 April 2025 to 31 March 2026");
    practice.get("/services").await.says("Active").says("Answered 11 April 2025");
    commissioner
        .get(&contract)
        .await
        .says("1 Accepted")
        .says("Accepted on 11 April 2025 by Sam Ahmed");
    commissioner.get("/contracts").await.says("1 accepted of 2");
    let taking_part = participation(&world, &offer, "2025-06-30").await.expect("an accepted offer");
    assert_eq!(taking_part.components, ["PHLEB", "SPIRO", "ECG", "MINOR"]);
    assert_eq!(participation(&world, &offer, "2026-04-01").await, None);
    for fact in ["offer_rejected", "offer_requested", "offer_reissued", "offer_accepted"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(nothing_is_done_twice, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let offer = first_offer(&practice).await;
    let act = |name: &str| format!("{offer}/{name}");
    let reissue = format!("/offers/{}/reissue", id(&offer));
    let withdraw = format!("/offers/{}/withdraw", id(&offer));

    practice
        .post(&act("request"), &[("version", "1")])
        .await
        .expect(409)
        .says("only after you rejected");
    commissioner
        .post(&reissue, &[("version", "1")])
        .await
        .expect(409)
        .says("is waiting for the provider, so it cannot be reissued");
    practice.post(&act("reject"), &[("version", "1"), ("reason", "No")]).await.expect(303);
    // After the response date no answer can be changed.
    world.set_today("2025-05-09");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    practice
        .post(&act("reject"), &[("version", "2"), ("reason", "No")])
        .await
        .expect(409)
        .says("This offer is no longer pending, so it cannot be rejected.");
    practice
        .post(&act("accept"), &[("version", "2")])
        .await
        .expect(409)
        .says("You rejected this offer.");
    practice.post(&act("request"), &[("version", "2")]).await.expect(303);
    practice.post(&act("request"), &[("version", "3")]).await.expect(409).says("already requested");
    practice
        .post(&act("accept"), &[("version", "3")])
        .await
        .expect(409)
        .says("when the commissioner reissues");
    commissioner.post(&reissue, &[("version", "3")]).await.expect(303);
    commissioner
        .post(&reissue, &[("version", "4")])
        .await
        .expect(409)
        .says("This offer is waiting for the provider, so it cannot be reissued.");
    practice.post(&act("accept"), &[("version", "4")]).await.expect(303);
    practice
        .post(&act("accept"), &[("version", "5")])
        .await
        .expect(409)
        .says("You have already accepted this offer.");
    commissioner.post(&withdraw, &[("version", "5")]).await.expect(409).says("cannot be withdrawn");
    for fact in ["offer_rejected", "offer_requested", "offer_reissued", "offer_accepted"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    assert_eq!(world.facts("offer_withdrawn").await, 0);
});

story!(a_withdrawn_offer_cannot_be_answered, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let offer = first_offer(&practice).await;
    let withdraw = format!("/offers/{}/withdraw", id(&offer));
    let sent = press(&commissioner, &offer, &withdraw, &[]).await;
    assert_eq!(sent.expect(303).location(), contract);
    practice
        .post(&format!("{offer}/accept"), &[("version", "1")])
        .await
        .expect(409)
        .says("The commissioner has withdrawn this offer. It cannot be accepted.")
        .says("Withdrawn on 10 April 2025 by Priya Shah");
    practice.post(&format!("{offer}/request"), &[("version", "2")]).await.expect(409);
    commissioner
        .post(&withdraw, &[("version", "2")])
        .await
        .expect(409)
        .says("already been withdrawn");
    commissioner.get(&contract).await.says("1 Withdrawn");
    assert_eq!((world.facts("offer_accepted").await, world.facts("offer_withdrawn").await), (0, 1));
});

story!(a_reason_is_needed_to_reject_and_what_was_typed_stays, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    let reject = format!("{offer}/reject");
    let page = practice.post(&reject, &[("version", "1"), ("reason", "  ")]).await;
    page.expect(422).says("There is a problem").says("Enter why you are rejecting this offer");
    assert!(page.html.contains("href=\"#reason\""), "the summary leads to the box");
    let long = "x".repeat(501);
    let page = practice.post(&reject, &[("version", "1"), ("reason", &long)]).await;
    page.expect(422).says("500 characters or less").says(&long);
    practice.post(&reject, &[("reason", "No")]).await.expect(400);
    assert_eq!(world.facts("offer_rejected").await, 0);
});

story!(nobody_answers_the_offer_of_another_provider, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    for seat in [
        Seat::SECOND_PRACTICE,
        Seat::FOREIGN_PRACTICE,
        Seat::NETWORK_MANAGER,
        Seat::OTHER_COMMISSIONER,
    ] {
        let other = world.sign_in(seat).await;
        other.get(&offer).await.expect(404);
        for act in ["accept", "reject", "request"] {
            let fields = [("version", "1"), ("reason", "No")];
            let provides = seat != Seat::OTHER_COMMISSIONER;
            let refused = other.post(&format!("{offer}/{act}"), &fields).await;
            refused.expect(if provides { 404 } else { 403 });
        }
        for act in ["reissue", "withdraw"] {
            let act = format!("/offers/{}/{act}", id(&offer));
            let commissions = seat == Seat::OTHER_COMMISSIONER;
            let refused = other.post(&act, &[("version", "1")]).await;
            refused.expect(if commissions { 404 } else { 403 });
        }
    }
    practice.get("/services/not-an-offer").await.expect(404);
    practice.get("/services/00000000-0000-0000-0000-000000000000").await.expect(404);
    practice.get(&offer).await.says("Contract status Pending");
});

story!(only_the_right_role_on_the_right_side_acts, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    let offer = first_offer(&viewer).await;
    viewer
        .get(&offer)
        .await
        .expect(200)
        .says("You need the role Service Management to answer service offers.")
        .says("Sam Ahmed")
        .does_not_say("Accept service offer");
    for act in ["accept", "reject", "request"] {
        let fields = [("version", "1"), ("reason", "No")];
        viewer
            .post(&format!("{offer}/{act}"), &fields)
            .await
            .expect(403)
            .says("You need the role Service Management")
            .says("Sam Ahmed");
    }
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(403);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let withdraw = format!("/offers/{}/withdraw", id(&offer));
    practice.post(&withdraw, &[("version", "1")]).await.expect(403);
    let reader = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    reader.get(&contract).await.expect(200).does_not_say("Withdraw Local").says("Priya Shah");
    reader.post(&withdraw, &[("version", "1")]).await.expect(403).says("Commissioning Management");
    assert_eq!(
        world.stranger().get(&offer).await.expect(303).location(),
        format!("/sign-in?next={}", offer.replace('/', "%2F"))
    );
    practice.get(&offer).await.says("Contract status Pending");
});

story!(after_the_response_date_the_service_can_only_be_requested, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    world.set_today("2025-05-08");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    practice.get(&offer).await.says("Accept service offer");
    world.set_today("2025-05-09");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let late = "You cannot respond because the response date was 8 May 2025.";
    practice
        .get(&offer)
        .await
        .says("Contract status Expired")
        .says(late)
        .says("Request this service from the commissioner")
        .does_not_say("Accept service offer");
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(409).says(late);
    practice
        .post(&format!("{offer}/reject"), &[("version", "1"), ("reason", "No")])
        .await
        .expect(409)
        .says(late);
    practice.post(&format!("{offer}/request"), &[("version", "1")]).await.expect(303);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(&contract).await.says("1 Requested").says("1 Expired");
    let reissue = format!("/offers/{}/reissue", id(&offer));
    commissioner.post(&reissue, &[("version", "2")]).await.expect(303);
    practice.get(&offer).await.says("Respond by 6 June 2025");
    practice.post(&format!("{offer}/accept"), &[("version", "3")]).await.expect(303);
    world.set_today("2026-04-01");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/services?show=past").await.says("Local primary care services");
    practice.get("/services?show=active").await.says("No services here.");
});

story!(an_ended_service_is_neither_requested_nor_reissued, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let other = first_offer(&second).await;
    second
        .post(&format!("{other}/reject"), &[("version", "1"), ("reason", "No")])
        .await
        .expect(303);
    second.post(&format!("{other}/request"), &[("version", "2")]).await.expect(303);
    world.set_today("2026-04-01");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let ended = "The service ended on 31 March 2026, so it cannot be requested.";
    practice.get(&offer).await.says(ended).does_not_say("Request this service from");
    practice.post(&format!("{offer}/request"), &[("version", "1")]).await.expect(409).says(ended);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let reissue = format!("/offers/{}/reissue", id(&other));
    commissioner
        .post(&reissue, &[("version", "3")])
        .await
        .expect(409)
        .says("The service ended on 31 March 2026");
});

story!(an_old_page_of_an_offer_is_stale, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let offer = first_offer(&practice).await;
    practice
        .post(&format!("{offer}/reject"), &[("version", "1"), ("reason", "No")])
        .await
        .expect(303);
    practice.post(&format!("{offer}/request"), &[("version", "2")]).await.expect(303);
    let reissue = format!("/offers/{}/reissue", id(&offer));
    commissioner.post(&reissue, &[("version", "3")]).await.expect(303);
    // The tab from before the rejection is still open; the offer is pending again, but not as it was seen.
    let page = practice.post(&format!("{offer}/accept"), &[("version", "1")]).await;
    page.expect(409).says("Someone else changed this while you were working");
    assert_eq!(page.links("/services/"), std::slice::from_ref(&offer));
    assert_eq!(world.facts("offer_accepted").await, 0);
});

story!(fifty_callers_accept_one_offer_and_one_wins, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer: OfferId = id(&first_offer(&practice).await).parse().expect("an identifier");
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (db, by) = (world.db.clone(), by.clone());
        callers.spawn(async move { store::offer::accept(&db, offer, 1, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(domain::offer::CannotAccept::AlreadyAccepted))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("offer_accepted").await), (1, 1));
    world.assert_history_is_whole().await;
});

story!(the_list_puts_what_needs_an_answer_first, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let first = first_offer(&practice).await;
    practice.post(&format!("{first}/accept"), &[("version", "1")]).await.expect(303);
    offered(&world, SHINGLES, "SHIN2526").await;
    let list = practice.get("/services").await;
    let offers = list.links("/services/");
    assert_eq!((offers.len(), offers[1] == first), (2, true));
    list.says("All (2)").says("To answer (1)").says("Active (1)").says("Past (0)");
    practice.get("/services?show=to_answer").await.says("Shingles").does_not_say("Local primary");
    let mut tx = world.db.read().await.expect("a question");
    for (seat, taking_part) in [
        (Seat::PRACTICE_MANAGER, 1),
        (Seat::SECOND_PRACTICE, 0),
        (Seat::COMMISSIONER, 1),
        (Seat::OTHER_COMMISSIONER, 0),
    ] {
        let by = world.actor(seat).await;
        let all = store::offer::participations(&mut tx, &by).await.expect("an answer");
        assert_eq!(all.len(), taking_part, "{}", seat.name);
    }
});

story!(an_answer_is_changed_until_the_response_date_without_anybody_else, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    let (accept, reject) = (format!("{offer}/accept"), format!("{offer}/reject"));
    let said = press(&practice, &offer, &accept, &[]).await;
    assert!(message(&said).ends_with("You can change your answer until 8 May 2025."));
    practice.get(&offer).await.says("Change your answer").says("Active");
    press(&practice, &offer, &reject, &[("reason", " ")]).await.expect(422);
    press(&practice, &offer, &reject, &[("reason", "By mistake")]).await.expect(303);
    assert_eq!(participation(&world, &offer, "2025-06-30").await, None);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(&contract).await.says("1 Rejected").says("By mistake");
    world.set_today("2025-05-08");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    press(&practice, &offer, &accept, &[]).await.expect(303);
    assert!(participation(&world, &offer, "2025-06-30").await.is_some());
    world.set_today("2025-05-09");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.does_not_say("Change your answer").says("Give notice");
    let late = press(&practice, &offer, &reject, &[("reason", "By mistake")]).await;
    late.expect(409).says("your answer cannot be changed any more. Give notice");
    assert_eq!((world.facts("offer_accepted").await, world.facts("offer_rejected").await), (2, 1));
    world.assert_history_is_whole().await;
});

story!(an_answer_with_figures_is_not_changed, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    press(&practice, &offer, &format!("{offer}/accept"), &[]).await.expect(303);
    let boxes = [("SPI001", domain::Field::Register, "20")];
    let at = ("LCS2526", "2025-06-30", "SPIRO");
    world.submit(Seat::PRACTICE_MANAGER, at, &boxes).await.expect("figures");
    practice.get(&offer).await.does_not_say("Change your answer").says("Give notice");
    let sent =
        press(&practice, &offer, &format!("{offer}/reject"), &[("reason", "No staff")]).await;
    sent.expect(409).says("Your contract has figures already, so you cannot reject it.");
});

story!(a_request_is_turned_down_with_a_reason, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    press(&practice, &offer, &format!("{offer}/reject"), &[("reason", "No")]).await.expect(303);
    world.set_today("2025-05-09");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let request = format!("{offer}/request");
    press(&practice, &offer, &request, &[("note", "A nurse")]).await.expect(303);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let turn_down = format!("/offers/{}/turn-down", id(&offer));
    let empty = press(&commissioner, &offer, &turn_down, &[("turn-down", "")]).await;
    empty.expect(422).says("Enter why you are turning this request down");
    practice.post(&turn_down, &[("version", "3"), ("turn-down", "x")]).await.expect(403);
    press(&commissioner, &offer, &turn_down, &[("turn-down", "No money left")]).await.expect(303);
    commissioner.get(&contract).await.says("1 Turned down").says("No money left");
    practice
        .get(&offer)
        .await
        .says("Turned down")
        .says("No money left")
        .says("has turned down your");
    let again = practice.post(&request, &[("version", "4")]).await;
    again.expect(409).says("The commissioner has turned down your request");
    let reissue = format!("/offers/{}/reissue", id(&offer));
    press(&commissioner, &offer, &reissue, &[]).await.expect(303);
    practice.get(&offer).await.says("Contract status Pending").says("Accept service offer");
    world.assert_history_is_whole().await;
});

story!(notice_ends_a_contract_with_a_payment_period, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    press(&practice, &offer, &format!("{offer}/accept"), &[]).await.expect(303);
    world.set_today("2025-07-02");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("30 September 2025").says("31 December 2025");
    let end = format!("/offers/{}/end", id(&offer));
    let form = |day: &'static str, why: &'static str| {
        [("how", "notice"), ("last-day", day), ("notice-reason", why)]
    };
    let wrong = press(&practice, &offer, &end, &form("2025-08-31", "Merged")).await;
    wrong.expect(422).says("Select the last day of the contract");
    let silent = press(&practice, &offer, &end, &form("2025-09-30", "")).await;
    silent.expect(422).says("Enter why the contract ends");
    press(&practice, &offer, &end, &form("2025-09-30", "Merged")).await.expect(303);
    let [how, day, why] = form("2025-12-31", "Merged");
    let twice = practice.post(&end, &[("version", "3"), how, day, why]).await;
    twice.expect(409).says("Notice has been given: the contract ends on 30 September 2025.");
    practice.get("/services").await.says("Notice given").says("Active (1)");
    assert!(participation(&world, &offer, "2025-09-30").await.is_some());
    assert_eq!(participation(&world, &offer, "2025-12-31").await, None);
    let figures = [("SPI001", domain::Field::Register, "20")];
    for (date, is_taken) in [("2025-06-30", true), ("2025-12-31", false)] {
        let at = ("LCS2526", date, "SPIRO");
        let taken = world.submit(Seat::PRACTICE_MANAGER, at, &figures).await;
        assert_eq!(taken.is_ok(), is_taken, "{date}");
    }
    world.set_today("2025-10-01");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("Ended").does_not_say("Give notice");
    practice.get("/data").await.says("30 September 2025").does_not_say("31 December 2025");
    world.assert_history_is_whole().await;
});

story!(a_terminated_contract_counts_until_the_last_period_that_was_over, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        let provider = world.sign_in(seat).await;
        let offer = first_offer(&provider).await;
        press(&provider, &offer, &format!("{offer}/accept"), &[]).await.expect(303);
    }
    let second = world.sign_in(Seat::SECOND_PRACTICE).await;
    let early = first_offer(&second).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let terminate = [("how", "terminate"), ("terminate-reason", "Unsafe")];
    let end = |offer: &str| format!("/offers/{}/end", id(offer));
    second.post(&end(&early), &[("version", "2"), terminate[0], terminate[1]]).await.expect(403);
    press(&commissioner, &early, &end(&early), &terminate).await.expect(303);
    second.get(&early).await.says("Terminated").says("nothing of it counts");
    // What never counted can be offered again.
    let again = format!("/offers/{}/reissue", id(&early));
    press(&commissioner, &early, &again, &[]).await.expect(303);
    second.get(&early).await.says("Contract status Pending");
    world.set_today("2025-07-02");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = first_offer(&practice).await;
    let silent = [("how", "terminate"), ("terminate-reason", "")];
    press(&commissioner, &offer, &end(&offer), &silent).await.expect(422).says("Enter why");
    press(&commissioner, &offer, &end(&offer), &terminate).await.expect(303);
    assert!(participation(&world, &offer, "2025-06-30").await.is_some());
    assert_eq!(participation(&world, &offer, "2025-09-30").await, None);
    commissioner.get(&contract).await.says("1 Terminated").says("0 Accepted");
    practice.get("/services").await.says("Terminated").says("Active (0)");
    world.assert_history_is_whole().await;
});

/// Ticks offers of the list and presses a button below them; the page to check.
async fn tick_offers(browser: &Browser, answer: &str) -> crate::support::Page {
    let list = browser.get("/services?show=to_answer").await;
    let offers = list.values("offer");
    let mut fields = vec![("answer", answer), ("back", "show=to_answer")];
    fields.extend(offers.iter().map(|offer| ("offer", offer.as_str())));
    browser.post("/offers/respond", &fields).await
}

/// Sends a page of offers to check, with a reason.
async fn send_answers(
    browser: &Browser,
    check: &crate::support::Page,
    reason: &str,
) -> crate::support::Page {
    let (answer, offers) = (check.value("answer"), check.values("offer"));
    let mut fields = vec![("answer", &*answer), ("reason", reason), ("back", "show=to_answer")];
    fields.extend(offers.iter().map(|offer| ("offer", offer.as_str())));
    browser.post("/offers/respond/confirm", &fields).await
}

const SHINGLES: &str = include_str!("../../../../catalogue/2025-26/shingles.toml");

story!(many_offers_are_accepted_by_one_act_with_a_result_for_each, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let other = offered(&world, SHINGLES, "SHIN2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/services").await.says("You can answer 2 offers shown here. Select all");
    let all = practice.get("/services?select=all").await;
    assert_eq!(all.html.matches(" checked").count(), 2, "both rows");
    let none = practice.post("/offers/respond", &[("answer", "accept"), ("back", "")]).await;
    none.expect(422).says("Select at least 1 offer to answer");
    let check = tick_offers(&practice, "accept").await;
    check.expect(200).says("Accept 2 offers").says("Nothing has been answered yet.");
    check.says("Shingles").says("Local primary care").does_not_say("Why are you rejecting");
    assert_eq!(world.facts("offer_accepted").await, 0);
    // While the page is open the commissioner takes one of them back.
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get(&format!("{other}?provider=Y00001")).await;
    let taken = page.links("/services/")[0].clone();
    let withdraw = format!("/offers/{}/withdraw", id(&taken));
    press(&commissioner, &taken, &withdraw, &[]).await.expect(303);
    let sent = send_answers(&practice, &check, "").await;
    sent.expect(409)
        .says("You accepted 1 offer. This was not saved:")
        .says("The commissioner has withdrawn this offer. It cannot be accepted.");
    assert_eq!(world.facts("offer_accepted").await, 1);
    // The same page again finds nothing to do.
    send_answers(&practice, &check, "").await.expect(409).says("already accepted this offer");
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    viewer.get("/services").await.expect(200).does_not_say("Accept selected");
    send_answers(&viewer, &check, "").await.expect(403);
    let foreign = world.sign_in(Seat::SECOND_PRACTICE).await;
    send_answers(&foreign, &check, "").await.expect(404);
    world.assert_history_is_whole().await;
});

story!(many_offers_are_rejected_with_one_reason, world, {
    offered(&world, LOCAL, "LCS2526").await;
    offered(&world, SHINGLES, "SHIN2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let check = tick_offers(&practice, "reject").await;
    check.expect(200).says("Reject 2 offers");
    let silent = send_answers(&practice, &check, " ").await;
    silent.expect(422).says("Enter why you are rejecting this offer").says("Reject 2 offers");
    assert_eq!(world.facts("offer_rejected").await, 0);
    let sent = send_answers(&practice, &check, "We close in May").await;
    assert_eq!(sent.expect(303).location(), "/services?show=to_answer");
    assert_eq!(message(&sent), "You rejected 2 offers.");
    assert_eq!(world.facts("offer_rejected").await, 2);
});

story!(a_contract_can_say_that_answers_are_final, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    crate::service::publish(&world, SHINGLES).await;
    let details = [
        ("name", "Shingles"),
        ("offer", "yes"),
        ("final", "yes"),
        ("respond-by-day", "8"),
        ("respond-by-month", "5"),
        ("respond-by-year", "2025"),
        ("go", "services"),
    ];
    let sent = commissioner.post("/contracts/new", &details).await;
    let step = sent.expect(303).location().to_owned();
    let contract = step.trim_end_matches("/services").to_owned();
    let page = commissioner.get(&format!("{contract}/details")).await;
    assert!(page.expect(200).html.contains(" checked"), "the tick stays");
    crate::contract::choose(&commissioner, &contract, "SHIN2526").await;
    crate::contract::confirm(&commissioner, &contract).await.expect(303);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[1].clone();
    press(&practice, &offer, &format!("{offer}/accept"), &[]).await.expect(303);
    practice.get(&offer).await.says("Shingles").does_not_say("Change your answer");
    let sent = press(&practice, &offer, &format!("{offer}/reject"), &[("reason", "No")]).await;
    sent.expect(409).says("your answer cannot be changed any more");
});
