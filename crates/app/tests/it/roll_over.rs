//! Stories of a year rolled over: services with what differs, drafts made of contracts, and drafts sent together.

use crate::service::{ENDED, LOCAL, NETWORK, publish};
use crate::story;
use crate::support::{Browser, Page, Seat, World};
use domain::contract::{CannotRollOver, ContractKind, Target, WhyStays};
use domain::{FinancialYear, service::next_year};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use store::Failed;
use store::contract::Details;

const YEAR: FinancialYear = FinancialYear(2025);
const PRICE: (&str, &str) = ("fee = \"3.10\"", "fee = \"3.25\"");
const ECG: (&str, &str) = ("code = \"ECG\"", "code = \"HOLTER\"");

/// A contract as a story needs it.
struct Given<'a> {
    kind: ContractKind,
    name: &'a str,
    /// Services with the components that are part of it; none means all.
    services: &'a [(&'a str, &'a [&'a str])],
    /// Chosen providers; none means that it goes to all.
    chosen: &'a [&'a str],
}

impl Default for Given<'_> {
    fn default() -> Self {
        let services = &[("LCS2526", &[] as &[&str])];
        Self { kind: ContractKind::Offer, name: "Local 2025/26", services, chosen: &[] }
    }
}

/// Drafts it in the name of the commissioner; gives its reference and version.
async fn drafted(world: &World, given: &Given<'_>) -> (String, i64) {
    let (by, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let details = Details {
        kind: given.kind,
        name: given.name.into(),
        respond_by: now.today,
        answers_may_change: false,
    };
    let mut choice = BTreeMap::new();
    for (code, components) in given.services {
        let mut tx = world.db.read().await.expect("a question");
        let found = store::service::find_by_code(&mut tx, code).await.expect("a question");
        let all = found.expect("a service").service.components.clone();
        let codes = all.into_iter().map(|own| own.code);
        let kept = codes.filter(|own| components.is_empty() || components.contains(&own.as_str()));
        choice.insert((*code).to_owned(), kept.collect());
    }
    let draft = store::contract::draft(&world.db, &details, &by, &now).await.expect("a draft");
    let (name, seen) = (&draft.reference, draft.version);
    let draft = store::contract::choose_services(&world.db, name, seen, &choice, &by, &now)
        .await
        .expect("its services");
    let codes: BTreeSet<String> = given.chosen.iter().map(|code| (*code).to_owned()).collect();
    let target = if codes.is_empty() { Target::All } else { Target::Chosen };
    if target == Target::All && given.kind == ContractKind::Offer {
        return (draft.reference, draft.version);
    }
    let (name, seen) = (&draft.reference, draft.version);
    let draft =
        store::contract::choose_providers(&world.db, name, seen, (target, &codes), &by, &now)
            .await
            .expect("its providers");
    (draft.reference, draft.version)
}

/// The same, confirmed.
async fn confirmed(world: &World, given: &Given<'_>) -> String {
    let (reference, seen) = drafted(world, given).await;
    let by = world.actor(Seat::COMMISSIONER).await;
    store::contract::confirm(&world.db, &reference, seen, &by, &world.now())
        .await
        .expect("a contract");
    reference
}

/// Publishes the definition of the year after, with changes.
async fn publish_next(world: &World, text: &str, changes: &[(&str, &str)]) {
    let mut later = next_year(text).expect("a year that can be moved on").text;
    for (before, after) in changes {
        assert!(later.contains(before), "{before}");
        later = later.replacen(before, after, 1);
    }
    publish(world, &later).await;
}

/// "Roll over" on the list of services, with these ticked.
async fn check(commissioner: &Browser, codes: &[&str]) -> Page {
    let codes: String = codes.iter().map(|code| format!("&service={code}")).collect();
    commissioner.get(&format!("/contracts/roll-over?year=2025{codes}")).await
}

/// "Create" on that page.
async fn create(commissioner: &Browser, check: &Page) -> Page {
    let (drafts, services) = (check.value("drafts"), check.values("service"));
    let mut fields = vec![("year", "2025"), ("drafts", &*drafts)];
    fields.extend(services.iter().map(|code| ("service", code.as_str())));
    commissioner.post("/contracts/roll-over", &fields).await
}

/// "Send" on a page of drafts to check.
async fn send(commissioner: &Browser, check: &Page) -> Page {
    let drafts = check.values("draft");
    let fields: Vec<_> = drafts.iter().map(|draft| ("draft", draft.as_str())).collect();
    commissioner.post("/contracts/send", &fields).await
}

story!(a_year_is_rolled_over_with_a_list_of_what_differs_and_sent, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    publish_next(&world, LOCAL, &[("fee = \"38.50\"", "fee = \"39.25\"")]).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let list = commissioner.get("/services").await;
    list.expect(200)
        .says("You have contracts of 1 service of 2025 to 2026 shown here")
        .says("Roll over to 2026 to 2027");
    assert_eq!(list.values("service"), ["LCS2526"], "next year's cannot be ticked");
    let check = check(&commissioner, &["LCS2526"]).await;
    check
        .expect(200)
        .says("Goes on as Local primary care services 2026 to 2027 (LCS2627).")
        .says("Period 1 April 2025 to 31 March 2026 1 April 2026 to 31 March 2027")
        .says("Price of Spirometry tests (SPI002) £38.50 for each £39.25 for each")
        .says("Local 2026/27 Rolled over from C-2025-000001")
        .says("With the same components")
        .says("All your providers that are open")
        .says("8 May 2025")
        .says("Create 1 draft");
    assert_eq!(world.facts("contract_rolled_over").await, 0, "looking makes nothing");
    let made = create(&commissioner, &check).await;
    assert_eq!(made.expect(303).location(), "/contracts?status=draft&year=2026");
    assert_eq!(world.facts("contract_rolled_over").await, 1);
    let drafts = commissioner.get(made.location()).await;
    drafts.says("You can send 1 draft shown here").says("Local 2026/27 C-2025-000002");
    let draft = commissioner.get("/contracts/C-2025-000002/details").await;
    assert_eq!(draft.value("name"), "Local 2026/27");
    let send_page = commissioner.get("/contracts/send?draft=C-2025-000002").await;
    send_page.expect(200).says("Local primary care services 2026 to 2027: 2 providers");
    send_page.says("Send 2 offers");
    assert_eq!(send(&commissioner, &send_page).await.expect(303).location(), "/contracts");
    assert_eq!(world.facts("offer_made").await, 4);
    commissioner.get("/contracts/C-2025-000002").await.says(
        "Contract drafted: Local 2026/27. Rolled over from C-2025-000001: LCS2627 from LCS2526",
    );
    world.assert_history_is_whole().await;
});

story!(a_draft_has_what_its_contract_has, world, {
    for text in [LOCAL, NETWORK] {
        publish(&world, text).await;
    }
    // Two services in one contract to those who are chosen, and a direct contract of one component.
    let both = Given {
        name: "Near home 2025 to 2026",
        services: &[("LCS2526", &["PHLEB", "ECG"]), ("NCEA2526", &[])],
        chosen: &["U00001", "Y00001", "Y00002"],
        ..Given::default()
    };
    confirmed(&world, &both).await;
    let by = world.actor(Seat::COMMISSIONER).await;
    let mut tx = world.db.write().await.expect("a change");
    tx.execute("DELETE FROM offer WHERE provider_code = 'Y00002'", store::args![]).await.expect("");
    tx.commit().await.expect("one less");
    let direct = Given {
        kind: ContractKind::Direct,
        name: "Bound",
        services: &[("LCS2526", &["SPIRO"])],
        chosen: &["Y00002"],
    };
    confirmed(&world, &direct).await;
    publish_next(&world, LOCAL, &[ECG]).await;
    publish_next(&world, NETWORK, &[]).await;
    world.close("Y00001").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let check = check(&commissioner, &["LCS2526", "NCEA2526"]).await;
    check
        .expect(200)
        .says("Create 2 drafts")
        .says("Near home 2026 to 2027")
        .says("Not in Local primary care services 2026 to 2027 any more: Heart tracing (ECG).")
        .says("New in Local primary care services 2026 to 2027: Heart tracing (ECG).")
        .says("2 chosen providers Left out, because 1 chosen provider is closed or not yours any more: Riverside Surgery (Y00001)")
        .says("Direct contract")
        .says("1 chosen provider")
        .says("No answer needed");
    create(&commissioner, &check).await.expect(303);
    let mut tx = world.db.read().await.expect("a question");
    let found = store::contract::find(&mut tx, "C-2025-000003", &by).await.expect("the first");
    assert_eq!((found.kind, found.target), (ContractKind::Offer, Target::Chosen));
    assert!(!found.answers_may_change);
    let services = store::contract::services(&mut tx, &found).await.expect("its services");
    let components: Vec<_> =
        services.iter().map(|one| (&*one.service.code, one.components.join(" "))).collect();
    assert_eq!(components, [("LCS2627", "PHLEB HOLTER".into()), ("NCEA2627", "ACCESS".into())]);
    let chosen = store::contract::chosen_codes(&mut tx, &found).await.expect("providers");
    assert!(chosen.iter().eq(["U00001", "Y00002"]), "{chosen:?}");
    let found = store::contract::find(&mut tx, "C-2025-000004", &by).await.expect("the second");
    assert_eq!((found.kind, &*found.name), (ContractKind::Direct, "Bound"));
    let services = store::contract::services(&mut tx, &found).await.expect("its services");
    assert_eq!(services[0].components, ["SPIRO", "HOLTER"]);
});

story!(each_service_that_stays_says_why, world, {
    for text in [LOCAL, NETWORK, ENDED] {
        publish(&world, text).await;
    }
    confirmed(&world, &Given::default()).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = check(&commissioner, &["LCS2526", "NCEA2526", "NONE"]).await;
    page.expect(200)
        .says("None of the services that you selected can be rolled over now.")
        .says("Local primary care services 2025 to 2026: No service of 2026 to 2027 that follows it has been published")
        .says("Network enhanced access 2025 to 2026: You have no contract of this service to roll over")
        .says("NONE: You have no contract of this service to roll over")
        .does_not_say("Create");
    publish_next(&world, LOCAL, &[]).await;
    publish_next(&world, LOCAL, &[("\"LCS2627\"", "\"LCSB2627\"")]).await;
    let several = "Several services follow it: LCS2627, LCSB2627. Offer them from their own pages";
    check(&commissioner, &["LCS2526"]).await.says(several);
    let fields = [("year", "2025"), ("drafts", "1"), ("service", "LCS2526")];
    let refused = commissioner.post("/contracts/roll-over", &fields).await;
    refused.expect(409).says("There is a problem").says("Nothing was drafted.").says(several);
    assert_eq!(world.facts("contract_rolled_over").await, 0);
});

story!(what_is_over_or_has_none_of_the_components_stays, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given { services: &[("LCS2526", &["ECG"])], ..Given::default() }).await;
    let without = "[[component]]\ncode = \"ECG\"\nname = \"Heart tracing (ECG)\"\n";
    publish_next(&world, LOCAL, &[(without, "")]).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    check(&commissioner, &["LCS2526"]).await.says(
        "The service that follows it, LCS2627, has none of the components that contract C-2025-000001 has",
    );
    world.set_today("2027-04-01");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = check(&commissioner, &["LCS2526"]).await;
    page.says("The service that follows it, LCS2627, ended on 31 March 2027");
});

story!(nothing_chosen_is_asked_about, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let none = check(&commissioner, &[]).await;
    none.expect(422).says("There is a problem").says("Select at least 1 service to roll over");
    let fields = [("year", "2025"), ("drafts", "1")];
    let none = commissioner.post("/contracts/roll-over", &fields).await;
    none.expect(422).says("Select at least 1 service to roll over");
    for nonsense in ["", "?year=x&service=LCS2526"] {
        commissioner.get(&format!("/contracts/roll-over{nonsense}")).await.expect(400);
    }
    commissioner.get("/contracts/roll-over?year=2090").await.expect(422);
    let none = commissioner.get("/contracts/send").await;
    none.expect(422).says("Select at least 1 draft to send");
    commissioner.post("/contracts/send", &[]).await.expect(422);
    commissioner.post("/contracts/send", &[("draft", "nonsense")]).await.expect(400);
});

story!(a_service_is_not_rolled_over_twice, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    publish_next(&world, LOCAL, &[]).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = check(&commissioner, &["LCS2526"]).await;
    create(&commissioner, &page).await.expect(303);
    let again = create(&commissioner, &page).await;
    again.expect(409).says(
        "Nothing was drafted. Local primary care services 2025 to 2026: The service that follows it, LCS2627, is already in the draft C-2025-000002.",
    );
    let sent = commissioner.get("/contracts/send?draft=C-2025-000002").await;
    send(&commissioner, &sent).await.expect(303);
    check(&commissioner, &["LCS2526"]).await.says("is already in contract C-2025-000002");
    assert_eq!(world.facts("contract_rolled_over").await, 1);
});

story!(of_many_who_press_at_once_one_rolls_over, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    publish_next(&world, LOCAL, &[]).await;
    let (by, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (db, by) = (world.db.clone(), by.clone());
        let codes = BTreeSet::from(["LCS2526".to_owned()]);
        callers.spawn(
            async move { store::contract::roll_over(&db, YEAR, &codes, 1, &by, &now).await },
        );
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(made) => winners += made.len(),
            Err(Failed::Refused(CannotRollOver::Stays {
                why: WhyStays::InContract { is_draft: true, .. },
                ..
            })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("contract_rolled_over").await), (1, 1));
    world.assert_history_is_whole().await;
});

story!(contracts_that_changed_since_are_checked_again, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given { chosen: &["Y00001"], ..Given::default() }).await;
    publish_next(&world, LOCAL, &[]).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = check(&commissioner, &["LCS2526"]).await;
    confirmed(&world, &Given { chosen: &["Y00002"], ..Given::default() }).await;
    let changed = create(&commissioner, &page).await;
    changed.expect(409).says("your contracts have changed since").says("Create 2 drafts");
    assert_eq!(world.facts("contract_rolled_over").await, 0);
    create(&commissioner, &changed).await.expect(303);
    assert_eq!(world.facts("contract_rolled_over").await, 2);
});

story!(a_contract_that_was_withdrawn_is_not_rolled_over, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    publish_next(&world, LOCAL, &[]).await;
    let mut tx = world.db.write().await.expect("a change");
    tx.execute("UPDATE offer SET state = 'withdrawn'", store::args![]).await.expect("withdrawn");
    tx.commit().await.expect("withdrawn");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/services").await.expect(200).does_not_say("Roll over");
    check(&commissioner, &["LCS2526"]).await.says("You have no contract of this service");
});

story!(only_those_with_the_role_roll_over_and_only_their_own, world, {
    publish(&world, LOCAL).await;
    confirmed(&world, &Given::default()).await;
    publish_next(&world, LOCAL, &[PRICE]).await;
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    let page = viewer.get("/services").await;
    page.expect(200).says("You need the role Commissioning Management").says("Priya Shah");
    assert!(page.values("service").is_empty());
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let fields = [("year", "2025"), ("drafts", "1"), ("service", "LCS2526")];
    let (draft, version) = drafted(&world, &Given::default()).await;
    let seen = format!("{draft}.{version}");
    for who in [&viewer, &practice] {
        check(who, &["LCS2526"]).await.expect(403);
        who.post("/contracts/roll-over", &fields).await.expect(403);
        who.get(&format!("/contracts/send?draft={draft}")).await.expect(403);
        who.post("/contracts/send", &[("draft", &*seen)]).await.expect(403);
    }
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    check(&other, &["LCS2526"]).await.says("You have no contract of this service");
    other.post("/contracts/roll-over", &fields).await.expect(409);
    other.get(&format!("/contracts/send?draft={draft}")).await.expect(404);
    other.post("/contracts/send", &[("draft", &*seen)]).await.expect(404);
    let by = world.actor(Seat::COMMISSIONER_VIEW).await;
    let codes = BTreeSet::from(["LCS2526".to_owned()]);
    let refused = store::contract::roll_over(&world.db, YEAR, &codes, 1, &by, &world.now()).await;
    assert!(matches!(refused, Err(Failed::Refused(CannotRollOver::NotAllowed(_)))), "{refused:?}");
    assert_eq!(
        (world.facts("contract_rolled_over").await, world.facts("offer_made").await),
        (0, 2)
    );
});

story!(a_draft_that_changed_is_named_and_the_others_are_sent, world, {
    for text in [LOCAL, NETWORK] {
        publish(&world, text).await;
    }
    let (local, seen) = drafted(&world, &Given::default()).await;
    let network = Given { name: "Access", services: &[("NCEA2526", &[])], ..Given::default() };
    let (network, _) = drafted(&world, &network).await;
    let (empty, _) =
        drafted(&world, &Given { name: "Empty", services: &[], ..Given::default() }).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner
        .get(&format!("/contracts/send?draft={local}&draft={network}&draft={empty}"))
        .await;
    page.expect(200).says("Check 3 drafts before you send").says("Send 3 offers");
    page.says("Not sent: Select at least 1 service");
    assert_eq!(page.values("draft").len(), 2);
    let (by, now) = (world.actor(Seat::COMMISSIONER).await, world.now());
    let less = BTreeMap::from([("LCS2526".to_owned(), vec!["PHLEB".to_owned()])]);
    store::contract::choose_services(&world.db, &local, seen, &less, &by, &now)
        .await
        .expect("changed");
    let sent = send(&commissioner, &page).await;
    sent.expect(409).says("1 draft sent: 1 offer. This was not saved:").says(&format!(
        "Local 2025/26 ({local}): Someone else changed this draft while you were working."
    ));
    assert_eq!(world.facts("offer_made").await, 1);
    let again = send(&commissioner, &page).await;
    again.expect(409).says("This contract has already been confirmed.");
    assert_eq!(world.facts("offer_made").await, 1);
});

story!(direct_contracts_bind_and_nobody_gets_a_service_from_two_drafts, world, {
    publish(&world, LOCAL).await;
    let direct = Given {
        kind: ContractKind::Direct,
        name: "Bound",
        chosen: &["Y00001"],
        ..Given::default()
    };
    let (direct, _) = drafted(&world, &direct).await;
    let (all, _) = drafted(&world, &Given::default()).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get(&format!("/contracts/send?draft={direct}&draft={all}")).await;
    page.expect(200)
        .says(
            "Direct contracts send no offer. They bind their providers at once, without an answer.",
        )
        .says("1 contract without an offer")
        .says("1 provider gets it from another draft on this page")
        .says("Send 1 offer and give 1 contract without an offer");
    let sent = send(&commissioner, &page).await;
    let banner = sent.expect(303).headers["set-cookie"].to_str().expect("a banner").to_owned();
    assert!(banner.contains("2+drafts+sent"), "{banner}");
    assert_eq!((world.facts("offer_bound").await, world.facts("offer_made").await), (1, 1));
});

#[tokio::test]
async fn the_command_prints_next_years_definition_and_says_what_to_look_at() {
    let world = World::on_sqlite().await;
    publish(&world, LOCAL).await;
    let run = |code: &str| {
        Command::new(env!("CARGO_BIN_EXE_accord"))
            .args(["service", "--database", &world.address, "next-year", code])
            .output()
            .expect("the program runs")
    };
    let made = run("LCS2526");
    assert!(made.status.success());
    let text = String::from_utf8(made.stdout).expect("text");
    assert_eq!(text, next_year(LOCAL).expect("moved on").text);
    publish(&world, &text).await;
    let none = run("NONE");
    assert!(!none.status.success() && none.stdout.is_empty());
    let said = String::from_utf8(none.stderr).expect("text");
    assert_eq!(said, "NONE: there is no published service with this code.\n");
    assert_eq!(world.facts("service_published").await, 2, "the command publishes nothing");
}
