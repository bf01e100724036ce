//! Stories of narrowed roles: given by who manages people, seen by the person, and what somebody does and hears inside of them.

use crate::{
    access::of,
    access_request,
    deputy::hand_over,
    story,
    support::{Browser, Page, Seat, World, figures::ADVICE, money::tick},
};
use domain::{Field, Role, adjustment::Typed};
use std::{
    io::Write,
    process::{Command, Stdio},
};

const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
/// Not yet in the world.
const HILLS: Seat =
    Seat { name: "Una Gray", organisation: "QAA", roles: &[Role::ApprovalManagement] };
const FINANCE: Seat =
    Seat { name: "Olu Reed", organisation: "QAA", roles: &[Role::FinanceManagement] };
const FIRST: Seat = Seat::PRACTICE_MANAGER;
const SECOND: Seat = Seat::SECOND_PRACTICE;

/// Two practices, each with June's blood tests and advice declared, and a cluster that only the second is in.
async fn declared(world: &World) {
    world.add_cluster("Hills", &["Y00002"]).await;
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.takes_part(ADVICE, &["Y00001", "Y00002"]).await;
    for (seat, number) in [(FIRST, 42), (SECOND, 17)] {
        world.count(seat, "2025-06-30", number).await;
        let count = [("AG001", Field::Count, "3")];
        world.submit(seat, ("AG2526", "2025-06-30", "ADVICE"), &count).await.expect("a count");
        world.declare_all(seat).await.expect(303);
    }
}

/// Invites Ravi Cole to the ICB.
async fn invite(browser: &Browser, role: &str, other: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "analyst"),
        ("role", role),
    ];
    fields.extend_from_slice(other);
    browser.post("/people/invite", &fields).await
}

story!(roles_are_kept_to_services_and_a_cluster_by_who_manages_people, world, {
    world.add_cluster("Hills", &["Y00002"]).await;
    world.add_seat(OF_ICB).await;
    let ines = world.sign_in(OF_ICB).await;
    let form = ines.get("/people/invite").await;
    form.expect(200).says("Keep the roles to some services").says("All providers Hills");
    let cluster = form.html.split("value=\"CL-").nth(1).expect("a cluster");
    let cluster = format!("CL-{}", cluster.split('"').next().expect("a reference"));
    let both = [("family", "Local"), ("family", "V&I"), ("cluster", &*cluster)];

    let before = world.facts("person_added").await;
    // A role that covers everything is not narrowed, and what was typed stays.
    let refused = invite(&ines, "Commissioning Management", &both).await;
    refused.expect(422).says("The role Commissioning Management covers the whole organisation");
    assert!(refused.html.contains("value=\"Ravi Cole\""), "{}", refused.html);
    assert!(refused.html.contains("value=\"Local\" checked"), "{}", refused.html);
    invite(&ines, "View", &[("family", "Everything")]).await.expect(400);
    invite(&ines, "View", &[("cluster", "CL-2025-999999")]).await.expect(400);
    assert_eq!(world.facts("person_added").await, before, "nobody was added");

    invite(&ines, "View", &both).await.expect(200).says("Access given");
    let words = "only Local and V&I services, only providers of the cluster Hills";
    ines.get("/people").await.says("View Only Local and V&I services");
    let address = of(&ines, "", "ravi.cole@nhs.net").await;
    let page = ines.get(&address).await;
    page.says(&format!("Kept to {words}"))
        .says("Roles kept to services of Local, V&I and providers");
    assert_eq!(world.facts("roles_narrowed").await, 1);

    // Changed over what was seen, and no more than once.
    let seen = page.value("seen_narrowing").replace("&amp;", "&");
    let fields =
        [("seen", "View"), ("role", "View"), ("seen_narrowing", &*seen), ("family", "QOF")];
    ines.post(&address, &fields).await.expect(303);
    ines.post(&address, &fields).await.expect(409).says("Somebody else changed this access");
    ines.get(&address)
        .await
        .says("Kept to only QOF services")
        .says("Roles kept to services of QOF");
    // A review shows it, and keeps it.
    ines.get("/people/review").await.says("View Only QOF services");
    world.assert_history_is_whole().await;
});

story!(a_narrowing_counts_at_once_and_keeps_its_cluster, world, {
    declared(&world).await;
    world.add_seat(OF_ICB).await;
    let ines = world.sign_in(OF_ICB).await;
    let max = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    max.get("/achievement").await.expect(200).says("Riverside Surgery").says("Hill Top Practice");
    let form = ines.get("/people/invite").await;
    let cluster = form.html.split("value=\"CL-").nth(1).expect("a cluster");
    let cluster = format!("CL-{}", cluster.split('"').next().expect("a reference"));
    let address = of(&ines, "", Seat::COMMISSIONER_VIEW.name).await;
    let fields =
        [("seen", "View"), ("role", "View"), ("seen_narrowing", ""), ("cluster", &*cluster)];
    ines.post(&address, &fields).await.expect(303);
    // The same session, the next page.
    max.get("/achievement")
        .await
        .expect(200)
        .says("NHS Anytown ICB (QAA), only providers of the cluster Hills")
        .says("Hill Top Practice")
        .does_not_say("Riverside Surgery");
    let csv = max.get("/contracts/answers.csv?year=2025").await;
    assert!(csv.expect(200).html.contains("Hill Top Practice"));
    assert!(!csv.html.contains("Riverside"), "{}", csv.html);

    // Without the cluster everything would be open.
    let keeper = Seat { name: "Del Ward", organisation: "QAA", roles: &[] };
    let del = world.sign_in(keeper).await;
    let delete = format!("/clusters/{cluster}/delete");
    let version = del.get(&delete).await.expect(200).value("version");
    del.post(&delete, &[("version", &*version)])
        .await
        .expect(409)
        .says("The roles of Max Orr are kept to the providers of this cluster");
    // Who is put into it is seen from then on.
    let change = format!("/clusters/{cluster}/change");
    let version = del.get(&change).await.value("version");
    let both =
        [("version", &*version), ("name", "Hills"), ("codes", "Y00001 Y00002"), ("go", "next")];
    del.post(&change, &both).await.expect(303);
    max.get("/achievement").await.says("Hill Top Practice").says("Riverside Surgery");
});

story!(somebody_narrowed_approves_what_is_inside_and_nothing_else, world, {
    declared(&world).await;
    world.add_narrowed_seat(HILLS, &["Local"], Some("Hills")).await;
    world.add_narrowed_seat(FINANCE, &["Local"], Some("Hills")).await;
    let whole = world.sign_in(Seat::APPROVER).await.get("/declarations").await;
    let all = whole.values("declaration");
    assert!(all.len() > 1, "{all:?}");
    let before = world.facts("declaration_approved").await;
    let una = world.sign_in(HILLS).await;
    una.get("/").await.expect(200).says("Approve 1 payment declaration").says("£170.00");
    let page = una.get("/declarations").await;
    let inside = page
        .expect(200)
        .says("Hill Top Practice")
        .says("Blood tests near home")
        .does_not_say("Riverside Surgery")
        .does_not_say("Advice and guidance")
        .values("declaration");
    let [inside] = &*inside else { panic!("one is inside: {inside:?}") };
    // A form that names what is outside does nothing at all.
    tick(&una, "/declarations/approve", &whole, &all).await.expect(404);
    assert_eq!(world.facts("declaration_approved").await, before);
    // All that match are those inside.
    let kept = una.post("/declarations/reviews", &[("back", "status=awaiting_commissioner")]).await;
    let list = kept.expect(303).location().to_owned();
    una.get(&list).await.says("Approve 1 payment declaration").says("They come to £170.00");
    una.post(&list, &[]).await.expect(303);
    assert_eq!(world.facts("declaration_approved").await, before + 1);

    // Finance approves the same way, and makes no file.
    let olu = world.sign_in(FINANCE).await;
    let page = olu.get("/declarations").await;
    tick(&olu, "/declarations/approve", &page, &page.values("declaration")).await.expect(303);
    assert_eq!(world.facts("declaration_finance_approved").await, 1);
    let home = olu.get("/").await;
    home.does_not_say("Create a payment file").does_not_say("ready to pay");
    assert!(home.links("/payments").is_empty(), "{:?}", home.links("/payments"));
    olu.get("/payments/new")
        .await
        .expect(403)
        .says("Your roles are kept to some services or providers")
        .says("At NHS Anytown ICB these people can: Ana Ruiz, Lou Webb.");
    olu.post("/payments/new", &[("lines", "1"), ("total", "17000")]).await.expect(403);
    // Who can take the next step is named with what they can take it for.
    let other = all.iter().find(|one| *one != inside).expect("one outside");
    let page = world.sign_in(FINANCE_OF_ALL).await.get(&format!("/declarations/{other}")).await;
    page.expect(200).says("Una Gray (for some services or providers)");
    world.assert_history_is_whole().await;
});

/// Finance of the ICB, who waits for an approval.
const FINANCE_OF_ALL: Seat = Seat::FINANCE;

/// How many messages somebody has.
async fn messages(world: &World, seat: Seat) -> usize {
    world.sign_in(seat).await.get("/messages").await.expect(200).links("/messages/").len()
}

story!(nobody_is_told_of_what_is_outside, world, {
    declared(&world).await;
    world.add_narrowed_seat(HILLS, &[], Some("Hills")).await;
    let shots = Seat { name: "Pat Moor", organisation: "Y00002", roles: SECOND.roles };
    world.add_narrowed_seat(shots, &["V&I"], None).await;
    // Each provider asks to correct what finance has approved, so that its commissioner is told.
    for (seat, told) in [(FIRST, 0), (SECOND, 1)] {
        let approver = world.sign_in(Seat::APPROVER).await;
        let page = approver.get("/declarations").await;
        let mut asked = None;
        for reference in page.values("declaration") {
            let page = approver.get(&format!("/declarations/{reference}")).await;
            let name = if seat == FIRST { "Riverside Surgery" } else { "Hill Top Practice" };
            if page.html.contains(name) && page.html.contains("Blood tests") {
                asked = Some(reference);
            }
        }
        let reference = asked.expect("a declaration");
        let address = format!("/declarations/{reference}/question");
        let before = messages(&world, shots).await;
        let (own, version) =
            (messages(&world, seat).await, approver.get(&address).await.value("version"));
        let fields = [("version", &*version), ("text", "Why so many?")];
        approver.post(&address, &fields).await.expect(303);
        assert_eq!(messages(&world, seat).await, own + 1);
        assert_eq!(messages(&world, shots).await, before, "blood tests are no vaccinations");
        // The provider answers: the commissioner's people are told.
        let provider = world.sign_in(seat).await;
        let page = provider.get(&format!("/declarations/{reference}")).await;
        let version = page.value("version");
        let answer = page.links("/questions/").into_iter().find(|link| link.ends_with("/answer"));
        let answer = answer.expect("a form to answer");
        let fields = [("version", &*version), ("text", "It was a long month.")];
        provider.post(&answer, &fields).await.expect(303);
        assert_eq!(messages(&world, HILLS).await, told, "{}", seat.name);
    }
    // What was told before is not shown once roles are narrowed.
    assert!(messages(&world, Seat::APPROVER).await > 0);
    world.set_now("2025-07-02T13:00:00Z");
    world.add_narrowed_seat(Seat::APPROVER, &["Local"], None).await;
    assert_eq!(messages(&world, Seat::APPROVER).await, 0);
});

/// Whether a list can be approved from.
fn approves(page: &Page) -> bool {
    page.html.contains("value=\"approve\"")
}

story!(a_deputy_sees_what_the_principal_sees, world, {
    declared(&world).await;
    world.add_narrowed_seat(HILLS, &[], Some("Hills")).await;
    let days = ("2025-07-02", "2025-07-15");
    let role = [Role::ApprovalManagement.name()];
    let (una, max) = (world.sign_in(HILLS).await, Seat::COMMISSIONER_VIEW);
    hand_over(&una, max.name, &role, days)
        .await
        .expect(422)
        .says("Max Orr sees other services or providers than you do");
    let tom = world.sign_in(Seat::APPROVER).await;
    hand_over(&tom, max.name, &role, days).await.expect(303);
    let max = world.sign_in(max).await;
    assert!(approves(max.get("/declarations").await.says("Riverside Surgery")));
    // Narrowed otherwise than the principal, a deputy is none.
    world.add_narrowed_seat(Seat::COMMISSIONER_VIEW, &[], Some("Hills")).await;
    let page = max.get("/declarations").await;
    page.says("Hill Top Practice").does_not_say("Riverside Surgery");
    assert!(!approves(&page));
    // With the same as the principal, they are one again.
    world.add_narrowed_seat(Seat::APPROVER, &[], Some("Hills")).await;
    let page = max.get("/declarations").await;
    assert!(approves(page.does_not_say("Riverside Surgery")));
    let before = world.facts("declaration_approved").await;
    tick(&max, "/declarations/approve", &page, &page.values("declaration")).await.expect(303);
    assert_eq!(world.facts("declaration_approved").await, before + 1);
});

story!(a_request_is_approved_with_a_narrowing, world, {
    world.add_seat(OF_ICB).await;
    access_request::ask(&world.stranger(), "ravi.cole@nhs.net", "Y00001").await.expect(303);
    let ines = world.sign_in(OF_ICB).await;
    let address = access_request::first(&ines).await;
    let page = ines.get(&address).await;
    let version = page.expect(200).says("Keep the roles to some services").value("version");
    // A practice has no clusters.
    page.does_not_say("Keep the roles to some providers");
    let fields = [("version", &*version), ("role", "View"), ("family", "QOF")];
    ines.post(&format!("{address}/approve"), &fields).await.expect(200);
    let person = of(&ines, "?organisation=Y00001", "ravi.cole@nhs.net").await;
    ines.get(&person).await.says("Kept to only QOF services");
});

story!(a_provider_s_person_answers_and_enters_what_is_inside, world, {
    declared(&world).await;
    let pat = Seat { name: "Pat Moor", organisation: "Y00001", roles: FIRST.roles };
    world.add_narrowed_seat(pat, &["Manual"], None).await;
    let browser = world.sign_in(pat).await;
    browser.get("/data").await.says("Advice and guidance").does_not_say("Blood tests");
    browser.get("/services").await.says("Advice and guidance").does_not_say("Blood tests");
    for (at, answer) in [("AG2526/2025-05-31/ADVICE", 303), ("BLD2526/2025-05-31/BLOOD", 404)] {
        let address = format!("/data/{at}/nil-return");
        browser.post(&address, &[("version", "0")]).await.expect(answer);
    }
    // Nobody else may answer all offers by the word of somebody who sees some.
    browser.get("/delegations").await.expect(200).does_not_say("Let it answer for you");
    browser.post("/delegations", &[("delegate", "U00001")]).await.expect(403);
    browser.get("/payments/bank").await.expect(403);
});

story!(an_act_finds_nothing_outside_whoever_asks_for_it, world, {
    declared(&world).await;
    world.count(FIRST, "2025-05-31", 5).await;
    let now = world.now();
    let of = world.actor(FIRST).await;
    let (inside, outside) = (["Local"], ["Manual"]);
    let mut tx = world.db.read().await.expect("a question");
    let service = store::service::find_by_code(&mut tx, "BLD2526").await.expect("a question");
    let service = service.expect("the service").id;
    let offers = store::offer::of_provider(&mut tx, (None, None), 0, 50, &of, &now).await;
    let offer = offers.expect("offers").into_iter().find(|one| one.offer.service == service);
    let offer = offer.expect("an offer").offer;
    drop(tx);
    let achievement =
        world.results(FIRST).await.into_iter().find(|one| one.service_code == "BLD2526");
    let achievement = achievement.expect("an achievement").id;
    let at = (world.organisations["Y00001"], service, "2025-04-30".parse().expect("a date"));
    let is_absent = |error: String| error.contains("no such record");
    for (families, is_there) in [(outside, false), (inside, true)] {
        let by = world.narrowed(FIRST, &families).await;
        let answered = store::offer::accept(&world.db, offer.id, 0, &by, &now).await;
        let why = answered.expect_err("it was accepted before").to_string();
        assert_eq!(is_absent(why.clone()), !is_there, "{why}");
        let entered = store::submission::return_nil(&world.db, at, "BLOOD", 0, &by, &now).await;
        assert_eq!(entered.is_ok(), is_there, "{families:?}");
        let by = world.narrowed(Seat::APPROVER_AND_FINANCE, &families).await;
        let typed = Typed { indicator: "", kind: "", number: "", reason: "", evidence: "" };
        let asked = store::adjustment::ask(&world.db, achievement, &typed, &by, &now).await;
        let why = asked.expect_err("nothing was typed").to_string();
        assert_eq!(is_absent(why.clone()), !is_there, "{why}");
    }
});

story!(what_roles_are_kept_to_outlasts_the_roles_until_somebody_decides_otherwise, world, {
    world.add_seat(OF_ICB).await;
    world.add_narrowed_seat(HILLS, &["QOF"], None).await;
    world.sign_in(HILLS).await;
    let ines = world.sign_in(OF_ICB).await;
    let address = of(&ines, "", "una.gray@nhs.net").await;
    let seen = ines.get(&address).await.value("seen_narrowing").replace("&amp;", "&");
    let fields = [("seen", "Approval Management"), ("seen_narrowing", &*seen)];
    ines.post(&format!("{address}/remove"), &fields).await.expect(303);
    assert_eq!(world.facts("roles_narrowed").await, 1, "nothing was opened");
    // Invited again for everything, it is for everything, and the history says so.
    let fields = [
        ("email", "una.gray@nhs.net"),
        ("name", "Una Gray"),
        ("job_title", "manager"),
        ("role", "User Administrator"),
    ];
    ines.post("/people/invite", &fields).await.expect(303);
    assert_eq!(world.facts("roles_narrowed").await, 2);
    ines.get(&address).await.says("Roles are for all services and providers from now on");
    world.assert_history_is_whole().await;
});

story!(an_operator_adds_somebody_narrowed, world, {
    world.add_cluster("Hills", &["Y00002"]).await;
    let add = |role: &str, other: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
        command.args([
            "person",
            "add",
            "--database",
            &world.address,
            "--email",
            "ravi.cole@nhs.net",
        ]);
        command.args(["--name", "Ravi Cole", "--organisation", "QAA", "--role", role]).args(other);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = command.spawn().expect("the program runs");
        let stdin = run.stdin.as_mut().expect("its input");
        stdin.write_all(b"a long enough password\n").expect("a password");
        let output = run.wait_with_output().expect("it ends");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    let (done, said) = add("View", &["--family", "Quality"]);
    assert!(!done && said.contains("--family: found Quality, allowed QOF, V&I"), "{said}");
    let (done, said) = add("View", &["--cluster", "CL-2025-000009"]);
    assert!(
        !done && said.contains("found CL-2025-000009, allowed at NHS Anytown ICB: CL-2025-"),
        "{said}"
    );
    let (done, said) = add("Commissioning Management", &["--family", "QOF"]);
    assert!(!done && said.contains("covers the whole organisation"), "{said}");
    let (done, said) = add("View", &["--family", "QOF", "--family", "Local"]);
    assert!(done && said.contains("NHS Anytown ICB, only Local and QOF services"), "{said}");
    assert_eq!(world.facts("roles_narrowed").await, 1);
    let (done, said) = add("User Administrator", &[]);
    assert!(!done && said.contains("covers the whole organisation"), "{said}");
    assert_eq!(world.facts("roles_narrowed").await, 1);
});
