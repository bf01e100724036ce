//! Stories of acts on all offers of a contract that a filter leaves: looked at, frozen, done once, with what was left out.

use crate::contract::offered;
use crate::service::LOCAL;
use crate::story;
use crate::support::{Browser, Page, Seat, World, money::message};
use domain::OfferId;
use store::offer::{BulkAct, Filter};

/// Opens the page of an act, as the links of the contract's list do.
async fn open(browser: &Browser, contract: &str, filters: &str) -> Page {
    browser.get(&format!("{contract}/bulk?{filters}")).await
}

/// Presses the button of such a page.
async fn send(browser: &Browser, contract: &str, page: &Page, more: &[(&str, &str)]) -> Page {
    let [act, status, provider, looked_at] =
        ["act", "status", "provider", "looked_at"].map(|name| page.value(name));
    let mut fields = vec![
        ("act", &*act),
        ("status", &*status),
        ("provider", &*provider),
        ("looked_at", &*looked_at),
    ];
    fields.extend(more);
    browser.post(&format!("{contract}/bulk"), &fields).await
}

/// The first offer of a provider, rejected by it.
async fn reject(world: &World, seat: Seat) -> String {
    let provider = world.sign_in(seat).await;
    let offer = provider.get("/services").await.links("/services/")[0].clone();
    let fields = [("version", "1"), ("reason", "No staff")];
    provider.post(&format!("{offer}/reject"), &fields).await.expect(303);
    offer
}

story!(all_offers_that_match_are_reissued_by_one_act, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let offer = reject(&world, Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let list = commissioner.get(&contract).await;
    list.says("Do this to all 2 offers: Reissue , Extend the response date , Withdraw");
    let all = open(&commissioner, &contract, "act=reissue").await;
    all.expect(200).says("Reissue 1 offer").says("1 offer: This offer is waiting for the provider");
    let none = open(&commissioner, &contract, "act=reissue&status=withdrawn").await;
    none.expect(200).says("No offers match your filters.").does_not_say("you are told which");
    world.set_today("2025-05-20");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = open(&commissioner, &contract, "act=reissue&status=rejected").await;
    page.expect(200)
        .says("Reissue 1 offer")
        .says("until 17 June 2025")
        .does_not_say("stay as they are 1");
    let sent = send(&commissioner, &contract, &page, &[]).await;
    assert_eq!(sent.expect(303).location(), contract);
    assert_eq!(message(&sent), "You reissued 1 offer.");
    // The other one has expired.
    let page = open(&commissioner, &contract, "act=reissue&status=expired").await;
    let sent = send(&commissioner, &contract, &page, &[]).await;
    assert_eq!(message(&sent), "You reissued 1 offer.");
    commissioner.get(&contract).await.says("2 Pending");
    assert_eq!(world.facts("offer_reissued").await, 2);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("Respond by 17 June 2025").says("Service offer reissued");
    world.assert_history_is_whole().await;
});

story!(what_changed_after_the_list_was_looked_at_stays_and_is_named, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = open(&commissioner, &contract, "act=withdraw").await;
    page.expect(200).says("Withdraw 2 offers");
    world.set_today("2025-04-11");
    reject(&world, Seat::PRACTICE_MANAGER).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let sent = send(&commissioner, &contract, &page, &[]).await;
    let said = message(sent.expect(303));
    assert!(said.starts_with("You withdrew 1 offer."), "{said}");
    assert!(said.contains("are left as they are: Riverside Surgery, Local primary"), "{said}");
    commissioner.get(&contract).await.says("1 Rejected").says("1 Withdrawn");
    world.set_today("2025-04-12");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    // A second press of the old page finds nothing that has not changed.
    let again = send(&commissioner, &contract, &page, &[]).await;
    again.expect(409).says("No offer was changed.").says("that changed since you looked");
    assert_eq!(world.facts("offer_withdrawn").await, 1);
});

story!(the_response_date_of_all_is_extended_within_the_service, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = open(&commissioner, &contract, "act=extend&provider=hill").await;
    page.expect(200).says("Extend the response date of 1 offer").says("New response date");
    let date =
        |day, month, year| [("until-day", day), ("until-month", month), ("until-year", year)];
    let wrong = send(&commissioner, &contract, &page, &date("31", "2", "2025")).await;
    wrong.expect(422).says("Response date must be a real date");
    for (day, month, year) in [("8", "5", "2025"), ("1", "4", "2026")] {
        let wrong = send(&commissioner, &contract, &page, &date(day, month, year)).await;
        wrong.expect(409).says("The new response date must be after 8 May 2025");
    }
    send(&commissioner, &contract, &page, &date("30", "6", "2025")).await.expect(303);
    let practice = world.sign_in(Seat::SECOND_PRACTICE).await;
    practice.get("/services").await.says("30 June 2025");
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/services").await.says("8 May 2025");
    assert_eq!(world.facts("offer_extended").await, 1, "the filter left one provider");
    world.assert_history_is_whole().await;
});

story!(only_the_commissioners_own_people_act_on_all_offers, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = open(&commissioner, &contract, "act=withdraw").await;
    for (seat, status) in
        [(Seat::APPROVER, 403), (Seat::OTHER_COMMISSIONER, 404), (Seat::PRACTICE_MANAGER, 403)]
    {
        let other = world.sign_in(seat).await;
        open(&other, &contract, "act=withdraw").await.expect(status);
        send(&other, &contract, &page, &[]).await.expect(status);
    }
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    viewer.get(&contract).await.expect(200).does_not_say("Do this to all");
    open(&commissioner, &contract, "act=nonsense").await.expect(400);
    assert_eq!(world.facts("offer_withdrawn").await, 0);
});

story!(an_offer_that_lost_its_place_is_left_out_of_a_reissue, world, {
    let first = offered(&world, LOCAL, "LCS2526").await;
    reject(&world, Seat::PRACTICE_MANAGER).await;
    // Another contract offers the service again to whoever has it no more.
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    offered(&world, LOCAL, "LCS2526").await;
    let page = open(&commissioner, &first, "act=reissue&status=rejected").await;
    page.expect(200).says("Reissue 0 offers").says("has another offer of this service");
    let sent = send(&commissioner, &first, &page, &[]).await;
    sent.expect(409).says("has another offer of this service");
    assert_eq!(world.facts("offer_reissued").await, 0);
});

story!(of_fifty_people_who_withdraw_all_one_wins_and_answers_win_or_lose_whole, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let reference = contract.trim_start_matches("/contracts/").to_owned();
    let (commissioner, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let offer: OfferId = offer.trim_start_matches("/services/").parse().expect("an offer");
    let provider = world.actor(Seat::PRACTICE_MANAGER).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..50 {
        let (db, commissioner, provider) =
            (world.db.clone(), commissioner.clone(), provider.clone());
        let reference = reference.clone();
        callers.spawn(async move {
            if caller % 10 == 5 {
                return store::offer::accept(&db, offer, 1, &provider, &now).await.map(|_| 0).ok();
            }
            let what = (BulkAct::Withdraw, &Filter::default());
            let done =
                store::offer::carry_out(&db, &reference, what, now.instant, &commissioner, &now);
            Some(done.await.expect("an act").review.offers)
        });
    }
    let mut withdrawn = 0;
    while let Some(offers) = callers.join_next().await {
        withdrawn += offers.expect("a caller that ends").unwrap_or_default();
    }
    let accepted = world.facts("offer_accepted").await;
    assert_eq!(withdrawn, world.facts("offer_withdrawn").await, "each offer by one of them");
    assert_eq!(withdrawn + accepted, 2);
    world.assert_history_is_whole().await;
});

story!(the_answers_of_all_providers_stand_in_one_table, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/contracts/answers").await.expect(200).says("You have not offered a service");
    offered(&world, LOCAL, "LCS2526").await;
    let offer = reject(&world, Seat::PRACTICE_MANAGER).await;
    let page = commissioner.get("/contracts/answers").await;
    page.expect(200)
        .says("Showing 1 to 2 of 2 providers, 2025 to 2026")
        .says("Riverside Surgery Y00001 Rejected")
        .says("Hill Top Practice Y00002 Pending");
    page.says("Provider Local primary care services Riverside Surgery");
    // A page past the end is the last one; so is one that no number reaches.
    for past in ["9", "9223372036854775807"] {
        let last = commissioner.get(&format!("/contracts/answers?page={past}")).await;
        last.expect(200).says("Showing 1 to 2 of 2 providers").says("Y00002 Pending");
    }
    assert!(page.links("/services/").contains(&offer));
    let pending = commissioner.get("/contracts/answers?status=pending").await;
    pending.expect(200).says("1 to 1 of 1 provider").says("Y00002 Pending").says("Clear filters");
    let one = commissioner.get("/contracts/answers?service=LCS2526&status=pending").await;
    one.says("1 to 1 of 1 provider").says("Y00002 Pending");
    commissioner.get("/contracts/answers?service=NONE").await.says("No providers match your");
    let service = commissioner.get("/catalogue/LCS2526").await;
    let to = "/contracts/answers?year=2025&service=LCS2526&status=rejected";
    assert!(service.links("/contracts/answers").contains(&to.to_owned()));
    commissioner.get("/contracts/answers?status=expired").await.says("No providers match your");
    let file = commissioner.get("/contracts/answers.csv?year=2025&status=rejected").await;
    assert_eq!(
        file.expect(200).html.trim_start_matches('\u{feff}').trim_end().replace('\r', ""),
        "ODS code,Provider,Local primary care services 2025 to 2026\nY00001,Riverside Surgery,Rejected"
    );
    // The newest offer of a service counts.
    offered(&world, LOCAL, "LCS2526").await;
    let one = commissioner.get("/contracts/answers?year=2025&provider=y00001").await;
    one.expect(200).says("1 to 1 of 1 provider").says("Y00001 Pending").does_not_say("Hill Top");
    commissioner.get("/contracts/answers?provider=zzz").await.says("No providers match your");
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    other.get("/contracts/answers").await.expect(200).does_not_say("Riverside");
    other.get("/contracts/answers.csv").await.expect(404);
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/contracts/answers").await.expect(403);
});

story!(who_takes_part_on_a_day_is_a_list_and_a_file, world, {
    let contract = offered(&world, LOCAL, "LCS2526").await;
    let list = "/catalogue/LCS2526/participants";
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(list).await.expect(200).says("No provider takes part in");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    practice.post(&format!("{offer}/accept"), &[("version", "1")]).await.expect(303);
    let end = format!("/offers/{}/end", offer.trim_start_matches("/services/"));
    let notice = [
        ("version", "2"),
        ("how", "notice"),
        ("last-day", "2025-09-30"),
        ("notice-reason", "Merged"),
    ];
    practice.post(&end, &notice).await.expect(303);
    let on = |day: &str| format!("on-day={}&on-month={}&on-year=2025", &day[..2], &day[3..]);
    let page = commissioner.get(&format!("{list}?{}", on("30-09"))).await;
    page.expect(200)
        .says("1 to 1 of 1 provider on 30 September 2025")
        .says("Riverside Surgery (Y00001) Riverside PCN")
        .says("Blood tests, Spirometry")
        .says("30 September 2025");
    commissioner.get(&format!("{list}?{}", on("01-10"))).await.says("No provider takes part in");
    commissioner.get(&format!("{list}?{}", on("31-02"))).await.says("Date must be a real date");
    let file = commissioner.get(&format!("{list}.csv?{}", on("30-09"))).await;
    let reference = contract.trim_start_matches("/contracts/");
    assert_eq!(
        file.expect(200).html.lines().nth(1).unwrap_or_default(),
        format!(
            "LCS2526,Y00001,Riverside Surgery,Riverside PCN,NHS Anytown ICB,PHLEB SPIRO ECG MINOR,2025-04-01,\
             2025-09-30,,{reference}"
        )
    );
    assert_eq!(
        file.headers["content-disposition"],
        "attachment; filename=\"participants-LCS2526-2025-09-30.csv\""
    );
    practice.get(list).await.expect(403);
});

story!(the_table_of_answers_shows_the_offer_that_counts, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let first = reject(&world, Seat::PRACTICE_MANAGER).await;
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offers = practice.get("/services").await.links("/services/");
    let second = offers.into_iter().find(|offer| *offer != first).expect("a second offer");
    let no = [("version", "1"), ("reason", "Still no staff")];
    practice.post(&format!("{second}/reject"), &no).await.expect(303);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let act = |offer: &str, name: &str| offer.replace("/services/", "/offers/") + "/" + name;
    commissioner.post(&act(&first, "reissue"), &[("version", "2")]).await.expect(303);
    practice.post(&format!("{first}/accept"), &[("version", "3")]).await.expect(303);
    // The newer offer changes once more after the older one was accepted.
    world.set_today("2025-04-11");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.post(&act(&second, "withdraw"), &[("version", "2")]).await.expect(303);
    let page = commissioner.get("/contracts/answers?provider=y00001").await;
    page.expect(200).says("Riverside Surgery Y00001 Accepted");
});
