//! Stories of whom a contract goes to: all, those of last year, or those who are chosen.

use crate::contract::{choose, confirm, offered, started};
use crate::service::{ENDED, LOCAL, publish};
use crate::story;
use crate::support::{Browser, Page, Seat, World};

const NEXT: &str = include_str!("../../../../catalogue/2026-27/local_services.toml");

/// Sends the second step as its page would, with fields of the story's own.
async fn aim(commissioner: &Browser, address: &str, fields: &[(&str, &str)]) -> Page {
    let step = format!("{address}/providers");
    let version = commissioner.get(&step).await.expect(200).value("version");
    let fields = [&[("version", &*version), ("go", "next")], fields].concat();
    commissioner.post(&step, &fields).await
}

/// A service of this year that the second practice accepted, and the one that follows it, published.
async fn a_year_later(world: &World) -> Browser {
    offered(world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::SECOND_PRACTICE).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let version = practice.get(&offer).await.value("version");
    practice.post(&format!("{offer}/accept"), &[("version", &*version)]).await.expect(303);
    publish(world, NEXT).await;
    world.sign_in(Seat::COMMISSIONER).await
}

story!(an_offer_contract_goes_to_the_providers_that_are_chosen, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let page = commissioner.get(&format!("{address}/providers")).await;
    page.expect(200).says("All your providers that are open").says("Those who took part last year");
    aim(&commissioner, &address, &[("whom", "chosen"), ("provider", "Y00002")]).await.expect(303);
    choose(&commissioner, &address, "LCS2526").await;
    let review = commissioner.get(&format!("{address}/review")).await;
    review.says("Goes to Providers that you choose").says("Providers that get it 1");
    confirm(&commissioner, &address).await.expect(303);
    let page = commissioner.get(&address).await;
    page.says("1 Pending").says("(Y00002)").does_not_say("(Y00001)").says("1 provider chosen");
    assert_eq!(world.facts("offer_made").await, 1);
    world.assert_history_is_whole().await;
});

story!(an_offer_contract_to_the_chosen_needs_one, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let page = commissioner.get(&format!("{address}/providers")).await;
    assert!(
        page.values("provider").is_empty(),
        "nobody is to be ticked before one wants to choose"
    );
    let sent = aim(&commissioner, &address, &[("whom", "chosen")]).await;
    assert_eq!(sent.expect(303).location(), format!("{address}/providers"));
    let page = commissioner.get(&format!("{address}/providers")).await;
    assert_eq!(page.values("provider"), ["U00001", "Y00001", "Y00002"]);
    let none = aim(&commissioner, &address, &[("whom", "chosen"), ("searched", "")]).await;
    none.expect(422).says("Select at least 1 provider");
    choose(&commissioner, &address, "LCS2526").await;
    confirm(&commissioner, &address)
        .await
        .expect(422)
        .says("No provider has been chosen. Go back to providers and select at least 1.");
    aim(&commissioner, &address, &[("whom", "all")]).await.expect(303);
    confirm(&commissioner, &address).await.expect(303);
    assert_eq!(world.facts("offer_made").await, 2, "all of them after all");
    let page = commissioner.get(&address).await;
    page.says("Draft changed: goes to all providers that are open");
});

story!(a_target_that_is_none_is_refused_and_the_same_one_again_writes_nothing, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    for nonsense in ["", "everybody"] {
        let page = aim(&commissioner, &address, &[("whom", nonsense)]).await;
        page.expect(422).says("Select who you want to offer the services to");
    }
    aim(&commissioner, &address, &[("whom", "all"), ("provider", "Y00001")]).await.expect(303);
    assert_eq!(world.facts("contract_changed").await, 0);
    let old = [("version", "7"), ("go", "next"), ("whom", "last-year")];
    let stale = commissioner.post(&format!("{address}/providers"), &old).await;
    stale.expect(409).says("Someone else changed this while you were working");
    assert_eq!(world.facts("contract_changed").await, 0);
});

story!(those_who_took_part_last_year_are_found_when_it_is_sent, world, {
    let commissioner = a_year_later(&world).await;
    let address = started(&commissioner).await;
    aim(&commissioner, &address, &[("whom", "last-year")]).await.expect(303);
    choose(&commissioner, &address, "LCS2627").await;
    commissioner
        .get(&format!("{address}/review"))
        .await
        .says("Goes to Those who took part last year")
        .says("Providers that get it 1")
        .says("1 provider did not take part to the end of last year")
        .says("Riverside Surgery (Y00001): Did not take part to the end of last year");
    // Somebody who accepts in the meantime took part as well.
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let version = practice.get(&offer).await.value("version");
    practice.post(&format!("{offer}/accept"), &[("version", &*version)]).await.expect(303);
    let review = commissioner.get(&format!("{address}/review")).await;
    review.says("Providers that get it 2").says("Left out Nobody");
});

story!(a_service_that_follows_none_has_nobody_of_last_year, world, {
    publish(&world, ENDED).await;
    let commissioner = a_year_later(&world).await;
    let address = started(&commissioner).await;
    aim(&commissioner, &address, &[("whom", "last-year")]).await.expect(303);
    choose(&commissioner, &address, "LCS2526").await;
    confirm(&commissioner, &address).await.expect(422).says("No provider is left to offer to");
});

story!(a_pasted_list_chooses_providers_and_names_each_wrong_code_with_its_line, world, {
    publish(&world, LOCAL).await;
    world.close("Y00002").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let list = "y00001\nA82000X, Y00003\n\nY00002";
    let page = aim(&commissioner, &address, &[("whom", "chosen"), ("codes", list)]).await;
    page.expect(422)
        .says("Line 2: A82000X is not an ODS code that is known here")
        .says("Line 2: Y00003 (Far Away Surgery) is not a provider of your organisation")
        .says("Line 4: Y00002 closed on 9 April 2025");
    assert!(page.html.contains("A82000X, Y00003"), "what was typed is still there");
    assert_eq!(world.facts("contract_changed").await, 0);
    let unread =
        aim(&commissioner, &address, &[("whom", "all"), ("searched", ""), ("codes", "Y00001")])
            .await;
    unread.expect(422).says("You gave a list of ODS codes");
    let good = [("whom", "chosen"), ("codes", "y00001, U00001"), ("file", "U00001\r\n")];
    aim(&commissioner, &address, &good).await.expect(303);
    let page = commissioner.get(&format!("{address}/providers")).await;
    page.expect(200).says("2 providers are chosen now");
});

story!(an_uploaded_list_is_read_like_a_pasted_one, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let step = format!("{address}/providers");
    let version = commissioner.get(&step).await.value("version");
    let fields = [("version", &*version), ("go", "next"), ("whom", "chosen")];
    let wrong = commissioner.send_file(&step, &fields, "list.csv", b"Y00001\nNOPE\n").await;
    wrong.expect(422).says("Line 2 of the file: NOPE is not an ODS code that is known here");
    assert_eq!(world.facts("contract_changed").await, 0);
    let sent = commissioner.send_file(&step, &fields, "list.csv", b"Y00001\nY00002\n").await;
    assert_eq!(sent.expect(303).location(), format!("{address}/services"));
    commissioner.get(&step).await.says("2 providers are chosen now");
});

story!(a_search_saves_nothing_and_keeps_the_ticks, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let step = format!("{address}/providers");
    let version = commissioner.get(&step).await.value("version");
    let fields = [
        ("version", &*version),
        ("go", "next"),
        ("whom", "chosen"),
        ("provider", "Y00001"),
        ("search", "hill"),
        ("searched", ""),
    ];
    let page = commissioner.post(&step, &fields).await;
    page.expect(200).says("Hill Top Practice").does_not_say("Riverside Surgery");
    let of_network = commissioner
        .post(&step, &[("whom", "chosen"), ("go", "search"), ("search", "riverside pcn")])
        .await;
    of_network.expect(200);
    assert_eq!(of_network.values("provider"), ["U00001", "Y00001", "Y00002"], "and its practices");
    let nobody = [("whom", "chosen"), ("go", "search"), ("search", "nowhere")];
    commissioner.post(&step, &nobody).await.expect(200).says("No providers match your search.");
    assert_eq!((page.value("kept"), page.value("searched")), ("Y00001".into(), "hill".into()));
    assert_eq!(world.facts("contract_changed").await, 0);
    let fields = [
        ("version", &*version),
        ("go", "next"),
        ("whom", "chosen"),
        ("kept", "Y00001"),
        ("provider", "Y00002"),
        ("search", "hill"),
        ("searched", "hill"),
    ];
    commissioner.post(&step, &fields).await.expect(303);
    commissioner.get(&step).await.says("2 providers are chosen now");
});

story!(all_that_match_a_search_are_ticked_by_one_button, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let step = format!("{address}/providers");
    let version = commissioner.get(&step).await.value("version");
    let fields = [
        ("version", &*version),
        ("go", "all"),
        ("whom", "chosen"),
        ("kept", "Y00001"),
        ("search", "hill"),
    ];
    let page = commissioner.post(&step, &fields).await;
    page.expect(200).says("Select all 1 that match").says("2 providers are chosen now");
    assert_eq!(
        (page.checked("provider"), page.value("kept")),
        (vec!["Y00002".into()], "Y00001".into())
    );
    assert_eq!(world.facts("contract_changed").await, 0, "nothing is saved yet");
    let all = [("version", &*version), ("go", "all"), ("whom", "chosen")];
    let page = commissioner.post(&step, &all).await;
    page.expect(200).says("Select all 3").says("3 providers are chosen now");
    let ticked = page.checked("provider");
    let mut fields = vec![("version", &*version), ("go", "next"), ("whom", "chosen")];
    fields.extend(ticked.iter().map(|code| ("provider", code.as_str())));
    commissioner.post(&step, &fields).await.expect(303);
    commissioner.get(&step).await.says("3 providers are chosen now");
});

story!(the_review_names_who_is_left_out_and_why_before_anything_is_sent, world, {
    let commissioner = a_year_later(&world).await;
    world.close("Y00001").await;
    let address = started(&commissioner).await;
    choose(&commissioner, &address, "LCS2526").await;
    let review = format!("{address}/review");
    let page = commissioner.get(&review).await;
    page.expect(200)
        .says("1 provider already has this service or an offer of it, 1 provider has closed")
        .says("Who is left out of Local primary care services 2025 to 2026")
        .says("Riverside Surgery (Y00001): Closed on 9 April 2025")
        .says("Hill Top Practice (Y00002): Already has this service: Accepted in contract C-2025-000001");
    let link = page.links("/contracts/C-2025-000001")[0].clone();
    commissioner.get(&link).await.expect(200).says("Hill Top Practice").says("1 Accepted");
    // An offer of another commissioner counts, and its contract stays its own.
    let mut tx = world.db.write().await.expect("a change");
    let theirs = "UPDATE offer SET commissioner_id = $2 WHERE provider_code = $1";
    let other = world.organisations["QBB"];
    tx.execute(theirs, store::args!["Y00002", other]).await.expect("it is theirs");
    tx.commit().await.expect("kept");
    commissioner
        .get(&review)
        .await
        .says("Already has this service: Accepted in a contract of another commissioner")
        .does_not_say("C-2025-000001");
});

story!(an_offer_that_nobody_answered_in_time_is_named_as_such, world, {
    offered(&world, LOCAL, "LCS2526").await;
    world.set_today("2025-06-10");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let details = [
        ("name", "Again"),
        ("offer", "yes"),
        ("respond-by-day", "1"),
        ("respond-by-month", "8"),
        ("respond-by-year", "2025"),
    ];
    let sent = commissioner.post("/contracts/new", &details).await;
    let next = sent.expect(303).location().to_owned();
    let address = next.strip_suffix("/providers").expect("the next step");
    choose(&commissioner, address, "LCS2526").await;
    let page = commissioner.get(&format!("{address}/review")).await;
    page.says("Already has an offer of this service: Expired in contract C-2025-000001");
});
