//! Stories of holds: a commissioner stops declaring and paying a service, both sides read why, and what waited goes on
//! when the last hold is lifted.

mod take_back;

use crate::{
    story,
    support::{
        Browser, Page, Seat, World,
        figures::NETWORK,
        money::{BLOOD, message, tick},
    },
};
use domain::{Field, Role, hold::Act};
use store::{
    declaration::Filter,
    hold::{Scope, Wanted},
};

const REASON: &str = "The extract of one supplier is wrong.";
const HOLD: &str = "/holds/H-2025-000001";
const MANAGER: Seat = Seat::PRACTICE_MANAGER;
/// What both sides read on their pages.
const BANNER: &str = "NHS Anytown ICB has put declarations and payments of Blood tests near home on hold since 2 July 2025: \
                      The extract of one supplier is wrong.";
/// Keeps the clusters of the ICB.
const KEEPER: Seat =
    Seat { name: "Del Ward", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

impl World {
    /// Puts blood tests on hold, of all providers or of a cluster; gives the answer.
    async fn place(&self, stops: &str, cluster: &str) -> Page {
        let fields =
            [("service", "BLD2526"), ("cluster", cluster), ("stops", stops), ("reason", REASON)];
        self.sign_in(Seat::APPROVER).await.post("/holds/new", &fields).await
    }

    /// Lifts a hold as it stands.
    async fn lift(&self, address: &str, note: &str) -> Page {
        let finance = self.sign_in(Seat::FINANCE).await;
        let page = finance.get(&format!("{address}/lift")).await;
        let fields = [("version", &*page.expect(200).value("version")), ("note", note)];
        finance.post(&format!("{address}/lift"), &fields).await
    }

    /// A cluster with these codes; gives its reference.
    async fn cluster(&self, codes: &str) -> String {
        self.add_seat(KEEPER).await;
        let keeper = self.sign_in(KEEPER).await;
        let fields = [("name", "One supplier"), ("codes", codes), ("go", "next")];
        let made = keeper.post("/clusters/new", &fields).await;
        made.expect(303).location().trim_start_matches("/clusters/").to_owned()
    }

    /// The messages that a person has got, the newest first.
    async fn subjects(&self, seat: Seat) -> Vec<String> {
        let by = self.actor(seat).await;
        let mut tx = self.db.read().await.expect("a question");
        let list = store::message::list(&mut tx, 0, 50, &by).await.expect("messages");
        list.into_iter().map(|message| message.subject).collect()
    }

    /// The states of all declarations that a person sees, by reference.
    async fn states(&self, seat: Seat) -> Vec<&'static str> {
        let by = self.actor(seat).await;
        let mut tx = self.db.read().await.expect("a question");
        let all = (0, 500);
        let found = store::declaration::list(&mut tx, &Filter::default(), all, &by).await;
        let mut rows: Vec<_> = found
            .expect("a list")
            .rows
            .into_iter()
            .map(|row| (row.declaration.reference.clone(), row.declaration.state.name()))
            .collect();
        rows.sort();
        rows.into_iter().map(|(_, state)| state).collect()
    }
}

/// Two practices take part, and each has handed in its count of June.
async fn counted(world: &World) {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
}

/// The rows of a list that can be ticked.
async fn can_tick(browser: &Browser, address: &str) -> Vec<String> {
    browser.get(address).await.expect(200).values("declaration")
}

story!(a_commissioner_puts_a_service_on_hold_and_lifts_the_hold, world, {
    counted(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/declarations").await.says("Holds").does_not_say("has put");
    approver.get("/holds").await.expect(200).says("Nothing is on hold.");
    let form = approver.get("/holds/new").await;
    form.expect(200).says("Blood tests near home").says("All providers of the service");
    assert_eq!(form.checked("stops"), ["both"], "both is what is usual");
    let placed = world.place("both", "").await;
    assert_eq!(placed.expect(303).location(), HOLD);
    assert_eq!(message(&placed), "Blood tests near home is on hold.");
    let page = approver.get(HOLD).await;
    page.expect(200).says("On hold Declarations and payments").says("Providers All providers");
    page.says(REASON).says("Tom Hill, 2 July 2025 at 1pm").says("Lift the hold");
    page.says("Declarations and payments of Blood tests near home put on hold: The extract");
    approver.get("/holds").await.says("Blood tests near home H-2025-000001").says("On hold");
    assert_eq!(world.subjects(MANAGER).await[0], "On hold: Blood tests near home");
    assert_eq!(
        world.subjects(Seat::SECOND_PRACTICE).await.len(),
        world.subjects(MANAGER).await.len()
    );

    // Both sides read it where their rows stand.
    for address in ["/", "/declarations", "/payments"] {
        approver.get(address).await.expect(200).says(BANNER);
    }
    world.sign_in(Seat::FINANCE).await.get("/payments/new").await.expect(200).says(BANNER);
    let provider = world.sign_in(MANAGER).await;
    for address in ["/", "/achievement/declare", "/payments"] {
        provider.get(address).await.expect(200).says(BANNER);
    }
    let achievement = provider.get("/achievement/declare").await.links("/achievement/");
    let working = achievement.iter().find(|link| link.ends_with("/working")).expect("a working");
    provider.get(working.trim_end_matches("/working")).await.expect(200).says(BANNER);
    provider.get("/holds").await.expect(200).says(REASON).says("by Tom Hill");

    let lifted = world.lift(HOLD, "Extracted again.").await;
    assert_eq!(lifted.expect(303).location(), HOLD);
    let page = approver.get(HOLD).await;
    page.says("Lifted by Ana Ruiz, 2 July 2025 at 1pm").says("Note Extracted again.");
    page.says("Hold lifted: Extracted again.").does_not_say("Lift the hold");
    provider.get("/achievement/declare").await.does_not_say("has put");
    provider.get("/holds").await.says("Nothing of yours is on hold.");
    assert_eq!(world.subjects(MANAGER).await[0], "No longer on hold: Blood tests near home");
    assert_eq!((world.facts("hold_placed").await, world.facts("hold_lifted").await), (1, 1));
    world.assert_history_is_whole().await;
});

story!(what_is_on_hold_is_neither_declared_nor_approved_nor_approved_by_finance, world, {
    counted(&world).await;
    let provider = world.sign_in(MANAGER).await;
    let declare = "/achievement/declare";
    let before = provider.get(declare).await;
    provider.get("/").await.says("Declare 1 achievement");
    world.place("both", "").await.expect(303);
    provider.get("/").await.does_not_say("Declare 1 achievement").says("£420.00 not yet declared");
    assert!(can_tick(&provider, declare).await.is_empty(), "nothing to tick");
    // A page that was open before is refused by the rule itself.
    let refused = tick(&provider, declare, &before, &before.values("declaration")).await;
    refused.expect(409).says("You cannot declare yet. NHS Anytown ICB has put declarations and");
    refused.says("payments of this service on hold since 2 July 2025 (Tom Hill): The extract");
    assert_eq!(world.facts("achievement_declared").await, 0);
    world.lift(HOLD, "").await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);

    for (number, seat, fact) in [
        (2, Seat::APPROVER, "declaration_approved"),
        (3, Seat::FINANCE, "declaration_finance_approved"),
    ] {
        let browser = world.sign_in(seat).await;
        let before = browser.get("/declarations").await;
        world.place("declaring", "").await.expect(303);
        assert!(can_tick(&browser, "/declarations").await.is_empty(), "{seat:?}");
        let all = before.values("declaration");
        assert_eq!(all.len(), 2);
        let refused = tick(&browser, "/declarations/approve", &before, &all).await;
        refused
            .expect(409)
            .says("You cannot approve this yet. NHS Anytown ICB has put declarations");
        let one = browser.get(&format!("/declarations/{}", all[0])).await;
        one.says("has put declarations of Blood tests near home on hold").does_not_say("Approve £");
        one.says("Nobody can take the next step until the hold is lifted.");
        assert_eq!(world.facts(fact).await, 0);
        world.lift(&format!("/holds/H-2025-00000{number}"), "").await.expect(303);
        world.approve_all(seat).await.expect(303);
        assert_eq!(world.facts(fact).await, 2);
    }
    world.assert_history_is_whole().await;
});

story!(bulk_acts_leave_out_what_is_on_hold_and_name_it, world, {
    counted(&world).await;
    for seat in [MANAGER, Seat::SECOND_PRACTICE] {
        world.declare_all(seat).await.expect(303);
    }
    let cluster = world.cluster("Y00002").await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let before = approver.get("/declarations").await;
    world.place("both", &cluster).await.expect(303);
    let all = before.values("declaration");
    let answer = tick(&approver, "/declarations/approve", &before, &all).await;
    answer.expect(409).says("1 payment declaration approved, £420.00 in all.");
    answer
        .says("Hill Top Practice, Blood tests near home, June 2025: You cannot approve this yet.");
    answer.does_not_say("Riverside Surgery, Blood tests near home, June 2025: You");
    assert_eq!(world.facts("declaration_approved").await, 1);
    let page = approver.get("/declarations?show=all").await;
    page.says("on hold for the cluster One supplier since 2 July 2025");
    // The provider reads the reason, and not what its commissioner calls the others it is put together with.
    let other = world.sign_in(Seat::SECOND_PRACTICE).await;
    other.get("/achievement/declare").await.says(BANNER).does_not_say("One supplier");
    world.sign_in(MANAGER).await.get("/achievement/declare").await.does_not_say("has put");
    assert_eq!(
        world.subjects(MANAGER).await.iter().filter(|own| own.starts_with("On hold")).count(),
        0
    );
});

story!(a_payment_file_leaves_out_what_is_on_hold_and_names_it, world, {
    counted(&world).await;
    for seat in [MANAGER, Seat::SECOND_PRACTICE] {
        world.declare_all(seat).await.expect(303);
    }
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let finance = world.sign_in(Seat::FINANCE).await;
    let before = finance.get("/payments/new").await;
    let seen = [("lines", &*before.value("lines")), ("total", &*before.value("total"))];
    let cluster = world.cluster("Y00002").await;
    world.place("paying", &cluster).await.expect(303);
    // What was checked before the hold is not what would be paid.
    let refused = finance.post("/payments/new", &seen).await;
    refused.expect(409).says("The declarations ready to pay changed while you were looking");
    assert_eq!(world.facts("payment_file_created").await, 0);
    finance
        .get("/payments")
        .await
        .says("1 declaration ready to pay, £420.00 in all.")
        .says("1 approved declaration is on hold, £70.00 in all.");
    let check = finance.get("/payments/new").await;
    check.says("Payees 1").says("Payments 1").says("Total £420.00");
    check.says("On hold 1 payment to 1 payee, £70.00 in all. They are not in the file");
    check.says("Hill Top Practice Y00002 Blood tests near home June 2025 £70.00 NHS Anytown ICB has put payments");
    finance.get("/").await.says("Create a payment file for 1 payment declaration");
    finance.get("/").await.says("£70.00 on hold");
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    provider.get("/payments").await.says("Held").says(REASON).says("£70.00");
    let address = world.pay_all(Seat::FINANCE).await;
    let csv = finance.get(&format!("{address}.csv")).await;
    assert!(csv.html.contains("TOTAL,PF-2025-000001,1,,,,,,420.00"), "{}", csv.html);
    assert!(!csv.html.contains("Y00002"), "{}", csv.html);
    let nothing = finance.get("/payments/new").await;
    nothing.says("There are no approved declarations to pay.").says("1 payment to 1 payee, £70.00");
    finance.post("/payments/new", &[("lines", "0"), ("total", "0")]).await.expect(409);
    world.lift(HOLD, "").await.expect(303);
    world.pay_all(Seat::FINANCE).await;
    assert_eq!(world.facts("declaration_put_in_file").await, 2);
    world.assert_history_is_whole().await;
});

story!(each_choice_stops_only_what_it_names, world, {
    counted(&world).await;
    // Payments on hold: people go on to declare and approve.
    world.place("paying", "").await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments/new").await.says("There are no approved declarations to pay.");
    world.lift(HOLD, "").await.expect(303);
    // Declarations on hold: what is approved is paid.
    world.place("declaring", "").await.expect(303);
    let other = world.sign_in(Seat::SECOND_PRACTICE).await;
    assert!(can_tick(&other, "/achievement/declare").await.is_empty());
    world.pay_all(Seat::FINANCE).await;
    assert_eq!(world.facts("declaration_put_in_file").await, 1);
});

story!(what_two_holds_cover_waits_for_both, world, {
    counted(&world).await;
    let cluster = world.cluster("Y00001").await;
    world.place("both", "").await.expect(303);
    world.place("declaring", &cluster).await.expect(303);
    let (first, second) =
        (world.sign_in(MANAGER).await, world.sign_in(Seat::SECOND_PRACTICE).await);
    let page = first.get("/achievement/declare").await;
    page.says(BANNER).says("has put declarations of Blood tests near home on hold");
    world.lift(HOLD, "").await.expect(303);
    assert!(can_tick(&first, "/achievement/declare").await.is_empty(), "the other hold stands");
    assert_eq!(can_tick(&second, "/achievement/declare").await.len(), 1);
    world.lift("/holds/H-2025-000002", "").await.expect(303);
    assert_eq!(can_tick(&first, "/achievement/declare").await.len(), 1);
});

story!(a_hold_covers_who_is_in_the_cluster_when_it_is_asked, world, {
    counted(&world).await;
    let cluster = world.cluster("Y00001").await;
    world.place("both", &cluster).await.expect(303);
    let keeper = world.sign_in(KEEPER).await;
    let change = |codes: &'static str, version: &'static str| {
        let (keeper, address) = (keeper.clone(), format!("/clusters/{cluster}/change"));
        async move {
            let fields =
                [("version", version), ("name", "One supplier"), ("codes", codes), ("go", "next")];
            keeper.post(&address, &fields).await.expect(303);
        }
    };
    let (first, second) =
        (world.sign_in(MANAGER).await, world.sign_in(Seat::SECOND_PRACTICE).await);
    let can = async |browser: &Browser| can_tick(browser, "/achievement/declare").await.len();
    assert_eq!((can(&first).await, can(&second).await), (0, 1));
    change("Y00002", "1").await;
    assert_eq!((can(&first).await, can(&second).await), (1, 0));
    // Without its cluster a hold would cover nobody, so the cluster stays while the hold does.
    let delete = format!("/clusters/{cluster}/delete");
    let refused = keeper.post(&delete, &[("version", "2")]).await;
    refused.expect(409).says("Hold H-2025-000001 covers the providers of this cluster.");
    world.lift(HOLD, "").await.expect(303);
    keeper.post(&delete, &[("version", "2")]).await.expect(303);
    world.sign_in(Seat::APPROVER).await.get(HOLD).await.expect(200).says("Cluster One supplier");
});

story!(the_condition_of_the_lists_is_the_rule_itself, world, {
    counted(&world).await;
    let cluster = world.cluster("Y00001").await;
    let finance = world.actor(Seat::FINANCE).await;
    let count = async |world: &World| {
        let mut tx = world.db.read().await.unwrap();
        let (by, today) = (world.actor(MANAGER).await, world.now().today);
        let waiting = store::task::at_provider(&mut tx, &by, today).await.unwrap().to_declare;
        let open = store::hold::of_reader(&mut tx, Scope::All, &finance).await.unwrap();
        let rows =
            store::declaration::list(&mut tx, &Filter::default(), (0, 9), &by).await.unwrap();
        let free = |row: &store::declaration::Listed| {
            let own = &row.declaration;
            open.held(Act::Declare, own.commissioner, own.service, own.provider).is_none()
        };
        assert_eq!(waiting, rows.rows.iter().filter(|row| free(row)).count() as i64);
        waiting
    };
    assert_eq!(count(&world).await, 1);
    for (number, (stops, whose, wanted)) in
        [("paying", "", 1), ("declaring", &*cluster, 0), ("both", "", 0)].into_iter().enumerate()
    {
        world.place(stops, whose).await.expect(303);
        assert_eq!(count(&world).await, wanted, "{stops} {whose}");
        world.lift(&format!("/holds/H-2025-00000{}", number + 1), "").await.expect(303);
        assert_eq!(count(&world).await, 1, "lifted");
    }
});

/// It is a day, and the network hands in its hours of the period that ended.
async fn hours(world: &World, today: &str, date: &str) {
    world.set_today(today);
    let boxes = [("NCEA002", Field::Count, "9"), ("NCEA003", Field::YesNo, "yes")];
    let place = ("NCEA2526", date, "ACCESS");
    world.submit(Seat::NETWORK_MANAGER, place, &boxes).await.expect("the hours are taken");
}

story!(steps_of_the_configuration_wait_and_go_on_when_the_hold_is_lifted, world, {
    world.takes_part(NETWORK, &["U00001"]).await;
    let fields =
        [("service", "NCEA2526"), ("cluster", ""), ("stops", "declaring"), ("reason", REASON)];
    world.sign_in(Seat::APPROVER).await.post("/holds/new", &fields).await.expect(303);
    hours(&world, "2025-05-02", "2025-04-30").await;
    world.sweep().await;
    assert_eq!(world.states(Seat::NETWORK_MANAGER).await, ["awaiting_provider"]);
    assert_eq!(world.facts("achievement_declared").await, 0);
    world.lift(HOLD, "").await.expect(303);
    world.sweep().await;
    let after = world.states(Seat::NETWORK_MANAGER).await;
    assert!(!after.contains(&"awaiting_provider"), "{after:?}");
    let (declared, approved) =
        (world.facts("achievement_declared").await, world.facts("declaration_approved").await);
    assert_eq!(declared, 1);
    // Again at once changes nothing.
    world.sweep().await;
    assert_eq!(world.facts("achievement_declared").await, declared);
    assert_eq!(world.facts("declaration_approved").await, approved);
    world.assert_history_is_whole().await;
});

story!(both_steps_of_the_configuration_wait_for_the_same_hold, world, {
    let definition = BLOOD
        .replace("declaration_required = true", "declaration_required = false")
        .replace("approval_required = true", "approval_required = false");
    world.takes_part(&definition, &["Y00001", "Y00002"]).await;
    world.set_today("2025-07-02");
    world.count(MANAGER, "2025-05-31", 4).await;
    assert_eq!(world.states(MANAGER).await, ["awaiting_finance"], "without a hold it acts at once");
    let cluster = world.cluster("Y00001").await;
    world.place("declaring", &cluster).await.expect(303);
    world.count(MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.sweep().await;
    assert_eq!(world.states(MANAGER).await, ["awaiting_finance", "awaiting_provider"]);
    assert_eq!(world.states(Seat::SECOND_PRACTICE).await, ["awaiting_finance"]);
    // Out of the cluster, it is free without anybody lifting the hold.
    let keeper = world.sign_in(KEEPER).await;
    let fields = [("version", "1"), ("name", "One supplier"), ("codes", "Y00002"), ("go", "next")];
    keeper.post(&format!("/clusters/{cluster}/change"), &fields).await.expect(303);
    world.sweep().await;
    assert_eq!(world.states(MANAGER).await, ["awaiting_finance", "awaiting_finance"]);
    world.assert_history_is_whole().await;
});

story!(what_is_wrong_with_a_hold_is_named_and_nothing_is_lost, world, {
    counted(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let long = "x".repeat(501);
    for (service, cluster, stops, reason, words) in [
        ("", "", "both", REASON, "Select a service that your organisation commissions"),
        ("AG2526", "", "both", REASON, "Select a service that your organisation commissions"),
        ("BLD2526", "CL-1", "both", REASON, "Select a cluster of your organisation"),
        ("BLD2526", "", "all", REASON, "Select what is put on hold"),
        ("BLD2526", "", "both", " ", "Enter a reason for the hold"),
        ("BLD2526", "", "both", &*long, "Reason must be 500 characters or less"),
    ] {
        let fields =
            [("service", service), ("cluster", cluster), ("stops", stops), ("reason", reason)];
        let page = approver.post("/holds/new", &fields).await;
        page.expect(422).says("There is a problem").says(words);
        assert!(page.text().contains(reason.trim()), "what was typed stays");
    }
    assert_eq!(world.facts("hold_placed").await, 0);
    world.place("both", "").await.expect(303);
    let lift = world.lift(HOLD, &long).await;
    lift.expect(422).says("Note must be 500 characters or less").says(&long);
    world.lift(HOLD, "").await.expect(303);
    let again = approver.post(&format!("{HOLD}/lift"), &[("version", "2")]).await;
    again.expect(409).says("Ana Ruiz lifted this hold on 2 July 2025 at 1pm.");
    approver.post(&format!("{HOLD}/lift"), &[("version", "x")]).await.expect(400);
});

story!(holds_are_for_who_approves_or_does_finance_at_the_organisation_that_pays, world, {
    counted(&world).await;
    world.place("both", "").await.expect(303);
    let lift = format!("{HOLD}/lift");
    let new = [("service", "BLD2526"), ("cluster", ""), ("stops", "both"), ("reason", REASON)];
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    for address in ["/holds", HOLD] {
        let page = viewer.get(address).await;
        page.expect(200).says(REASON).says("Tom Hill").does_not_say("£");
    }
    viewer.get("/declarations?show=all").await.says(BANNER).does_not_say("£");
    viewer.get("/holds/new").await.expect(403).says("Approval Management or Finance Management");
    viewer.post("/holds/new", &new).await.expect(403);
    viewer.post(&lift, &[("version", "1")]).await.expect(403);
    let practice = world.sign_in(Seat::PRACTICE_VIEW).await;
    practice.get("/achievement/declare").await.expect(200).says(BANNER).does_not_say("£");
    practice.get("/holds").await.expect(200).says(REASON).does_not_say("£");
    practice.get(HOLD).await.expect(403);
    practice.post("/holds/new", &new).await.expect(403);

    let elsewhere = world.sign_in(Seat::OTHER_APPROVER).await;
    elsewhere.get("/holds").await.expect(200).says("Nothing is on hold.");
    elsewhere.get(HOLD).await.expect(404);
    elsewhere.get(&lift).await.expect(404);
    elsewhere.post(&lift, &[("version", "1")]).await.expect(404);
    let refused = elsewhere.post("/holds/new", &new).await;
    refused.expect(422).says("Select a service that your organisation commissions");
    world.sign_in(Seat::FOREIGN_PRACTICE).await.get("/holds").await.says("Nothing of yours");

    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    region.get("/holds").await.says("NHS Anytown ICB").says("The ICB that pays for a service");
    region.get(HOLD).await.expect(200).says(REASON).does_not_say("Lift the hold");
    region.get("/holds/new").await.expect(403);
    region.post("/holds/new", &new).await.expect(403);
    region.get(&lift).await.expect(404);
    region.post(&lift, &[("version", "1")]).await.expect(404);
    assert_eq!((world.facts("hold_placed").await, world.facts("hold_lifted").await), (1, 0));
});

story!(of_fifty_who_lift_a_hold_at_once_one_does, world, {
    counted(&world).await;
    world.place("both", "").await.expect(303);
    let (finance, now) = (world.actor(Seat::FINANCE).await, world.now());
    let mut waiting = Vec::new();
    for number in 0..50 {
        let (db, by) = (world.db.clone(), finance.clone());
        let note = format!("Caller {number}");
        waiting.push(tokio::spawn(async move {
            store::hold::lift(&db, "H-2025-000001", (1, &note), &by, &now).await.is_ok()
        }));
    }
    let mut winners = 0;
    for one in waiting {
        winners += usize::from(one.await.unwrap());
    }
    assert_eq!((winners, world.facts("hold_lifted").await), (1, 1));
    let told = world.subjects(MANAGER).await;
    assert_eq!(told.iter().filter(|subject| subject.starts_with("No longer")).count(), 1);
    world.assert_history_is_whole().await;
});

story!(no_file_comes_after_a_hold_with_what_it_stops, world, {
    counted(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let (approver, finance, now) =
        (world.actor(Seat::APPROVER).await, world.actor(Seat::FINANCE).await, world.now());
    let wanted = Wanted {
        service: "BLD2526".into(),
        cluster: String::new(),
        stops: "paying".into(),
        reason: REASON.into(),
    };
    let (db, other) = (world.db.clone(), world.db.clone());
    let place = tokio::spawn(async move {
        store::hold::place(&db, &wanted, &approver, &now).await.map(|hold| hold.placed.at)
    });
    let pay = tokio::spawn(async move {
        store::payment::create(&other, None, (1, domain::Pence(42_000)), &finance, &now)
            .await
            .is_ok()
    });
    place.await.unwrap().expect("the hold is placed");
    let paid = pay.await.unwrap();
    // Whichever came first in the history decided.
    #[derive(sqlx::FromRow)]
    struct Order {
        fact: String,
    }
    let mut tx = world.db.read().await.unwrap();
    let order: Vec<Order> = tx
        .all(
            "SELECT fact FROM event WHERE fact LIKE '%hold_placed%' OR fact LIKE '%payment_file_created%' ORDER BY seq",
            vec![],
        )
        .await
        .unwrap();
    let is_file_first = order.first().is_some_and(|one| one.fact.contains("payment_file_created"));
    assert_eq!(paid, is_file_first, "{}", order.len());
});
