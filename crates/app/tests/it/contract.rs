//! Stories of contracts: drafted in steps, confirmed once, seen by nobody else.

use crate::service::{ENDED, LOCAL, NETWORK, publish};
use crate::support::{Browser, Seat, World};
use crate::{story, support};
use domain::{Role, contract::CannotConfirm};
use store::Failed;

/// The fields of the first step with a name, offered until 8 May 2025.
pub const DETAILS: [(&str, &str); 5] = [
    ("name", "Local services 2025 to 2026"),
    ("offer", "yes"),
    ("respond-by-day", "8"),
    ("respond-by-month", "5"),
    ("respond-by-year", "2025"),
];

/// Drafts an offer contract of one service with all its components; gives its address.
pub async fn drafted(commissioner: &Browser, service: &str) -> String {
    let address = started(commissioner).await;
    choose(commissioner, &address, service).await;
    address
}

/// The first step only.
pub async fn started(commissioner: &Browser) -> String {
    let sent = commissioner.post("/contracts/new", &DETAILS).await;
    let location = sent.expect(303).location().to_owned();
    location.strip_suffix("/providers").expect("Next leads to the providers").to_owned()
}

/// Ticks one service as its page shows it.
pub async fn choose(commissioner: &Browser, address: &str, service: &str) {
    let page = commissioner.get(&format!("{address}/services")).await;
    let version = page.expect(200).value("version");
    let components = page.values("component");
    let mut fields = vec![("version", version.as_str()), ("go", "next"), ("service", service)];
    fields.extend(components.iter().map(|component| ("component", component.as_str())));
    let sent = commissioner.post(&format!("{address}/services"), &fields).await;
    assert_eq!(sent.expect(303).location(), format!("{address}/review"));
}

/// Ticks and confirms.
pub async fn confirm(commissioner: &Browser, address: &str) -> support::Page {
    let review = format!("{address}/review");
    let version = commissioner.get(&review).await.expect(200).value("version");
    let fields = [("version", &*version), ("confirm", "yes"), ("go", "confirm")];
    commissioner.post(&review, &fields).await
}

/// An offer contract of a service, confirmed; gives its address.
pub async fn offered(world: &World, definition: &str, service: &str) -> String {
    publish(world, definition).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = drafted(&commissioner, service).await;
    confirm(&commissioner, &address).await.expect(303);
    address
}

story!(a_commissioner_offers_a_service_to_all_its_providers, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let list = commissioner.get("/contracts").await;
    list.expect(200).says("New Contract").says("You have no contracts.");
    let first = commissioner.get("/contracts/new").await;
    first.expect(200).says("Is this an offer contract?").says("Contract Name").says("Next");
    assert_eq!(
        ["day", "month", "year"].map(|part| first.value(&format!("respond-by-{part}"))),
        ["8", "5", "2025"],
        "four weeks from 10 April 2025"
    );
    let address = started(&commissioner).await;
    commissioner
        .get(&format!("{address}/providers"))
        .await
        .expect(200)
        .says("2 GP practices and 1 primary care network (PCN)")
        .says("Hill Top Practice")
        .does_not_say("Far Away Surgery");
    choose(&commissioner, &address, "LCS2526").await;
    commissioner
        .get(&format!("{address}/review"))
        .await
        .expect(200)
        .says("Blood tests, Spirometry, Heart tracing (ECG), Minor surgery")
        .says("Providers that get it 2")
        .says("Left out Nobody");
    commissioner.get("/contracts").await.says("Draft").says("Not confirmed").says("Continue");
    assert_eq!(confirm(&commissioner, &address).await.expect(303).location(), address);
    commissioner
        .get(&address)
        .await
        .expect(200)
        .says("0 Accepted 2 Pending 0 Rejected 0 Requested")
        .says("Riverside Surgery (Y00001) Riverside PCN")
        .says("Hill Top Practice (Y00002)")
        .says("Contract confirmed, 2 offers made");
    commissioner.get("/contracts").await.says("0 accepted of 2").says("View");
    assert_eq!((world.facts("contract_confirmed").await, world.facts("offer_made").await), (1, 2));
    world.assert_history_is_whole().await;
});

story!(a_network_service_goes_to_networks, world, {
    let address = offered(&world, NETWORK, "NCEA2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get(&address)
        .await
        .expect(200)
        .says("Riverside PCN (U00001)")
        .does_not_say("(Y00001)");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network.get("/services").await.says("Network enhanced access 2025 to 2026").says("Pending");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/services").await.says("You have no offers.");
});

story!(a_wrong_first_step_says_what_is_wrong_and_keeps_what_was_typed, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let long = "x".repeat(121);
    for (name, day, month, message) in [
        ("", "8", "5", "Enter a contract name"),
        ("   ", "8", "5", "Enter a contract name"),
        (&*long, "8", "5", "Contract name must be 120 characters or less"),
        ("Name", "9", "4", "The response date must be today or later"),
        ("Name", "31", "2", "Response date must be a real date"),
        ("Name", "", "", "Response date must include a day and month"),
    ] {
        let fields = [
            ("name", name),
            ("offer", "yes"),
            ("respond-by-day", day),
            ("respond-by-month", month),
            ("respond-by-year", "2025"),
            ("go", "services"),
        ];
        let page = commissioner.post("/contracts/new", &fields).await;
        page.expect(422).says("There is a problem").says(message);
        assert!(page.html.contains("<title>Error: "), "{message}");
        assert_eq!(page.value("name"), name.trim());
        assert_eq!(page.value("respond-by-day"), day);
    }
    assert_eq!(world.facts("contract_drafted").await, 0);
});

story!(tabs_save_the_step_they_leave, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let mut fields = DETAILS.to_vec();
    fields.push(("go", "services"));
    let sent = commissioner.post("/contracts/new", &fields).await;
    let address =
        sent.expect(303).location().strip_suffix("/services").expect("the tab").to_owned();
    let page = commissioner.get(&format!("{address}/services")).await;
    assert_eq!(page.values("component").len(), 4, "every component of a new service is ticked");
    let version = page.value("version");
    let fields = [
        ("version", &*version),
        ("go", "details"),
        ("service", "LCS2526"),
        ("component", "LCS2526/ECG"),
    ];
    let sent = commissioner.post(&format!("{address}/services"), &fields).await;
    assert_eq!(sent.expect(303).location(), format!("{address}/details"));
    let details = commissioner.get(&format!("{address}/details")).await;
    assert_eq!(details.expect(200).value("name"), "Local services 2025 to 2026");
    let ticked = |html: &str, id: &str| {
        let tag = html.split('<').find(|tag| tag.contains(&format!("id=\"{id}\"")));
        tag.is_some_and(|tag| tag.contains(" checked"))
    };
    let page = commissioner.get(&format!("{address}/services")).await;
    assert!(ticked(&page.html, "service-LCS2526") && ticked(&page.html, "component-LCS2526-ECG"));
    assert!(!ticked(&page.html, "component-LCS2526-PHLEB"));
    commissioner.get(&format!("{address}/review")).await.says("Components Heart tracing (ECG)");
    let version = details.value("version");
    let sent = commissioner
        .post(
            &format!("{address}/details"),
            &[("version", &*version), ("name", ""), ("go", "review"), ("respond-by-day", "1")],
        )
        .await;
    sent.expect(422).says("Enter a contract name");
});

story!(a_step_that_changes_nothing_writes_nothing, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = drafted(&commissioner, "LCS2526").await;
    let before = world.facts("contract_changed").await;
    choose(&commissioner, &address, "LCS2526").await;
    let page = commissioner.get(&format!("{address}/details")).await;
    let version = page.value("version");
    let mut fields = DETAILS.to_vec();
    fields.push(("version", &version));
    commissioner.post(&format!("{address}/details"), &fields).await.expect(303);
    assert_eq!(world.facts("contract_changed").await, before);
});

story!(a_service_without_components_is_refused, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let services = format!("{address}/services");
    let version = commissioner.get(&services).await.value("version");
    let none = [("version", &*version), ("service", "LCS2526"), ("go", "next")];
    commissioner
        .post(&services, &none)
        .await
        .expect(422)
        .says("Select at least 1 component of Local primary care services 2025 to 2026");
    let unknown = [("version", &*version), ("service", "NOPE"), ("component", "NOPE/A")];
    commissioner.post(&services, &unknown).await.expect(422).says("NOPE is not a service");
    let part = [("version", &*version), ("service", "LCS2526"), ("component", "LCS2526/NOPE")];
    commissioner.post(&services, &part).await.expect(422).says("has no component NOPE");
    assert_eq!(world.facts("contract_changed").await, 0);
});

story!(a_contract_cannot_be_confirmed_without_services_or_tick, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    commissioner
        .get(&format!("{address}/review"))
        .await
        .expect(200)
        .says("No services have been chosen");
    confirm(&commissioner, &address).await.expect(422).says("Select at least 1 service");
    choose(&commissioner, &address, "LCS2526").await;
    let review = format!("{address}/review");
    let version = commissioner.get(&review).await.value("version");
    commissioner
        .post(&review, &[("version", &*version), ("go", "confirm")])
        .await
        .expect(422)
        .says("Tick to confirm that these offers can be made");
    let sent = commissioner
        .post(&review, &[("version", &*version), ("confirm", "yes"), ("go", "services")])
        .await;
    assert_eq!(sent.expect(303).location(), format!("{address}/services"));
    assert_eq!(world.facts("offer_made").await, 0);
});

story!(a_contract_is_confirmed_once, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = drafted(&commissioner, "LCS2526").await;
    let review = format!("{address}/review");
    let version = commissioner.get(&review).await.value("version");
    let fields = [("version", &*version), ("confirm", "yes"), ("go", "confirm")];
    commissioner.post(&review, &fields).await.expect(303);
    commissioner
        .post(&review, &fields)
        .await
        .expect(409)
        .says("This contract has already been confirmed. Its offers have been made.");
    assert_eq!(commissioner.get(&review).await.expect(303).location(), address);
    for step in ["details", "providers", "services"] {
        let step = format!("{address}/{step}");
        assert_eq!(commissioner.get(&step).await.expect(303).location(), address);
        let mut fields = DETAILS.to_vec();
        fields.push(("version", &version));
        commissioner.post(&step, &fields).await.expect(409).says("cannot be changed");
    }
    assert_eq!((world.facts("contract_confirmed").await, world.facts("offer_made").await), (1, 2));
});

story!(an_old_page_of_a_draft_is_stale, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let old = commissioner.get(&format!("{address}/review")).await.value("version");
    choose(&commissioner, &address, "LCS2526").await;
    let fields = [("version", &*old), ("confirm", "yes"), ("go", "confirm")];
    commissioner
        .post(&format!("{address}/review"), &fields)
        .await
        .expect(409)
        .says("Someone else changed this while you were working");
    let fields = [("version", &*old), ("go", "next")];
    commissioner.post(&format!("{address}/services"), &fields).await.expect(409);
    assert_eq!(world.facts("offer_made").await, 0);
    commissioner
        .post(&format!("{address}/review"), &[("go", "confirm"), ("confirm", "yes")])
        .await
        .expect(400);
});

story!(a_provider_that_has_the_service_is_left_out_of_the_next_contract, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let again = drafted(&commissioner, "LCS2526").await;
    commissioner
        .get(&format!("{again}/review"))
        .await
        .says("2 providers already have this service or an offer of it")
        .says("Providers that get it 0");
    confirm(&commissioner, &again).await.expect(422).says("No provider is left to offer to");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let version = practice.get(&offer).await.value("version");
    let fields = [("version", &*version), ("reason", "No staff")];
    practice.post(&format!("{offer}/reject"), &fields).await.expect(303);
    confirm(&commissioner, &again).await.expect(303);
    commissioner.get(&again).await.says("1 Pending");
    // The rejected offer cannot come back beside the new one.
    let version = practice.get(&offer).await.value("version");
    practice
        .post(&format!("{offer}/request"), &[("version", &*version)])
        .await
        .expect(409)
        .says("You already have another offer of this service.");
    assert_eq!(world.facts("offer_requested").await, 0);
});

story!(a_direct_contract_binds_the_chosen_providers, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let mut details = DETAILS.to_vec();
    details.retain(|(name, _)| *name != "offer");
    let sent = commissioner.post("/contracts/new", &details).await;
    let providers = sent.expect(303).location().to_owned();
    let address = providers.strip_suffix("/providers").expect("the next step").to_owned();
    let page = commissioner.get(&providers).await;
    assert_eq!(page.values("provider"), ["U00001", "Y00001", "Y00002"]);
    let version = page.value("version");
    commissioner
        .post(&providers, &[("version", &*version), ("provider", "Y00003")])
        .await
        .expect(422)
        .says("Y00003 is not an open provider of your organisation");
    commissioner
        .post(&providers, &[("version", &*version), ("provider", "Y00002"), ("provider", "U00001")])
        .await
        .expect(303);
    choose(&commissioner, &address, "LCS2526").await;
    confirm(&commissioner, &address).await.expect(303);
    commissioner
        .get(&address)
        .await
        .says("1 Accepted")
        .says("Given on 10 April 2025 by Priya Shah")
        .does_not_say("(Y00001)");
    let bound = world.sign_in(Seat::SECOND_PRACTICE).await;
    let list = bound.get("/services").await;
    list.says("Active").says("No answer needed");
    bound
        .get(&list.links("/services/")[0])
        .await
        .says("Given on 10 April 2025 by Priya Shah, for NHS Anytown ICB, without an offer")
        .does_not_say("Accept service offer");
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/services").await.says("You have no offers.");
    assert_eq!((world.facts("offer_bound").await, world.facts("offer_made").await), (1, 0));
});

story!(a_service_that_has_ended_cannot_be_chosen, world, {
    publish(&world, ENDED).await;
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = started(&commissioner).await;
    let services = format!("{address}/services");
    let page = commissioner.get(&services).await;
    page.expect(200).does_not_say("2024 to 2025");
    let version = page.value("version");
    let fields = [("version", &*version), ("service", "LCS2425"), ("component", "LCS2425/ECG")];
    commissioner.post(&services, &fields).await.expect(422).says("LCS2425 is not a service");
    choose(&commissioner, &address, "LCS2526").await;
    world.set_today("2026-04-01");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    confirm(&commissioner, &address)
        .await
        .expect(422)
        .says("A chosen service ended on 31 March 2026");
});

story!(a_late_draft_needs_a_new_response_date, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = drafted(&commissioner, "LCS2526").await;
    world.set_today("2025-05-09");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    confirm(&commissioner, &address).await.expect(422).says("The response date has passed");
});

story!(only_those_with_the_role_create_contracts, world, {
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    viewer
        .get("/contracts")
        .await
        .expect(200)
        .says("You need the role Commissioning Management")
        .says("Priya Shah");
    viewer
        .get("/contracts/new")
        .await
        .expect(403)
        .says("Commissioning Management")
        .says("Priya Shah");
    viewer.post("/contracts/new", &DETAILS).await.expect(403);
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    for address in ["/contracts", "/contracts/new", "/contracts/C-2025-000001"] {
        practice.get(address).await.expect(403).says("This page is for commissioners");
    }
    practice.post("/contracts/new", &DETAILS).await.expect(403);
    assert_eq!(world.facts("contract_drafted").await, 0);
});

story!(a_contract_of_another_commissioner_is_not_there, world, {
    let address = offered(&world, LOCAL, "LCS2526").await;
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    other.get(&address).await.expect(404);
    for step in ["details", "providers", "services", "review"] {
        other.get(&format!("{address}/{step}")).await.expect(404);
        let mut fields = DETAILS.to_vec();
        fields.extend([("version", "3"), ("confirm", "yes"), ("go", "confirm")]);
        other.post(&format!("{address}/{step}"), &fields).await.expect(404);
    }
    other.get("/contracts").await.says("You have no contracts.");
    other.get("/contracts/C-2025-999999").await.expect(404);
});

story!(a_region_reads_what_its_icbs_offered_and_changes_nothing, world, {
    let address = offered(&world, LOCAL, "LCS2526").await;
    let person = store::person::NewPerson {
        email: "region@nhs.net".into(),
        name: "Reg Ion".into(),
        job_title: "tester".into(),
        password: Some("correct horse battery staple".into()),
        is_persona: false,
    };
    let by = domain::Actor::system("story");
    let role = [(world.organisations["Y99"], Role::CommissioningManagement)];
    store::person::add(&world.db, &person, &role, &by, &world.now()).await.expect("a person");
    let signed = world
        .stranger()
        .post(
            "/sign-in",
            &[("email", "region@nhs.net"), ("password", "correct horse battery staple")],
        )
        .await;
    let cookie = signed.expect(303).headers["set-cookie"].to_str().expect("a cookie").to_owned();
    let region = world.stranger().with_cookie(&cookie);
    region.get("/contracts").await.expect(200).says("NHS Anytown ICB");
    let page = region.get(&address).await;
    page.expect(200).says("2 Pending").does_not_say("Withdraw Local");
    let offer = page.links("/services/")[0].clone();
    let id = offer.strip_prefix("/services/").expect("an offer").to_owned();
    region.get(&offer).await.expect(200);
    region.post(&format!("/offers/{id}/withdraw"), &[("version", "1")]).await.expect(404);
    region.get(&format!("{address}/review")).await.expect(404);
    assert_eq!(world.facts("offer_withdrawn").await, 0);
});

story!(the_providers_of_a_contract_can_be_filtered, world, {
    let address = offered(&world, LOCAL, "LCS2526").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get(&format!("{address}?provider=hill")).await;
    page.says("Hill Top Practice").does_not_say("Riverside Surgery").says("Showing 1 to 1 of 1");
    commissioner.get(&format!("{address}?provider=y00001")).await.says("Riverside Surgery");
    commissioner.get(&format!("{address}?status=pending")).await.says("Showing 1 to 2 of 2");
    commissioner
        .get(&format!("{address}?status=rejected"))
        .await
        .says("No providers match your filters");
    commissioner.get(&format!("{address}?provider=%25")).await.says("No providers match");
    world.set_today("2025-05-09");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get(&format!("{address}?status=expired"))
        .await
        .says("Showing 1 to 2 of 2")
        .says("No answer by 8 May 2025")
        .says("2 Expired");
    commissioner.get("/contracts?search=local&status=confirmed").await.says("Showing 1 to 1 of 1");
    commissioner.get("/contracts?status=draft").await.says("No contracts match your filters");
});

story!(two_contracts_confirmed_at_once_never_offer_a_service_twice, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let by = world.actor(Seat::COMMISSIONER).await;
    let (mut callers, now) = (tokio::task::JoinSet::new(), world.now());
    for _ in 0..8 {
        let address = drafted(&commissioner, "LCS2526").await;
        let reference = address.strip_prefix("/contracts/").expect("a reference").to_owned();
        let (db, by) = (world.db.clone(), by.clone());
        callers.spawn(async move {
            let mut tx = db.read().await.expect("a question");
            let seen = store::contract::find(&mut tx, &reference, &by).await.expect("it").version;
            drop(tx);
            store::contract::confirm(&db, &reference, seen, &by, &now).await
        });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotConfirm::NoProviders | CannotConfirm::OfferedMeanwhile)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("offer_made").await), (1, 2));
    world.assert_history_is_whole().await;
});

story!(a_closed_provider_is_left_out, world, {
    publish(&world, LOCAL).await;
    world.close("Y00002").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = drafted(&commissioner, "LCS2526").await;
    commissioner
        .get(&format!("{address}/providers"))
        .await
        .says("1 GP practice and 1 primary care network (PCN)")
        .does_not_say("Hill Top Practice");
    commissioner
        .get(&format!("{address}/review"))
        .await
        .says("Providers that get it 1")
        .says("1 provider has closed");
    confirm(&commissioner, &address).await.expect(303);
    commissioner
        .get(&address)
        .await
        .says("1 Pending")
        .says("Contract confirmed, 1 offer made")
        .does_not_say("Hill Top Practice");
});
