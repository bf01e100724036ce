//! Stories of deputies: what a person hands over to a colleague, what that opens until when, and what it does not get round.

use crate::{
    adjustment::{asked, press, with_points},
    receipt::verify,
    story,
    support::{
        Browser, Page, Seat, World,
        money::{message, tick},
    },
};
use domain::Role;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
/// Sees points at the ICB, never pounds.
const MAX: Seat = Seat::COMMISSIONER_VIEW;
const IVY: Seat = Seat::PRACTICE_VIEW;
/// Holds both approving roles.
const LOU: Seat = Seat::APPROVER_AND_FINANCE;
/// Not yet in the world: somebody at the ICB without an own role that pays.
const OLU: Seat = Seat { name: "Olu Reed", organisation: "QAA", roles: &[Role::View] };
const PEOPLE: Seat =
    Seat { name: "Una Gray", organisation: "QAA", roles: &[Role::UserAdministrator] };
/// Manages people from the region.
const ABOVE: Seat =
    Seat { name: "Eli Park", organisation: "Y99", roles: &[Role::AdvancedUserAdministrator] };

/// The identifier of a colleague as the form has it.
async fn choice(browser: &Browser, name: &str) -> String {
    let html = browser.get("/deputies").await.expect(200).html.clone();
    let (before, _) = html.split_once(&format!(">{name}</option>")).expect("a colleague");
    let (_, value) = before.rsplit_once("value=\"").expect("a value");
    value.split('"').next().expect("an identifier").to_owned()
}

/// Fills in the form with days as `2025-07-02`.
pub(crate) async fn hand_over(
    browser: &Browser,
    to: &str,
    roles: &[&str],
    days: (&str, &str),
) -> Page {
    let person = choice(browser, to).await;
    hand_over_to(browser, &person, roles, days, "Annual leave").await
}

pub(crate) async fn hand_over_to(
    browser: &Browser,
    person: &str,
    roles: &[&str],
    (first, last): (&str, &str),
    reason: &str,
) -> Page {
    let parts = |day: &str| day.split('-').map(ToOwned::to_owned).collect::<Vec<_>>();
    let (first, last) = (parts(first), parts(last));
    let mut fields = vec![("person", person), ("reason", reason)];
    fields.extend(
        ["first-year", "first-month", "first-day"].into_iter().zip(first.iter().map(|one| &**one)),
    );
    fields.extend(
        ["last-year", "last-month", "last-day"].into_iter().zip(last.iter().map(|one| &**one)),
    );
    fields.extend(roles.iter().map(|role| ("role", *role)));
    browser.post("/deputies", &fields).await
}

/// Hands over for a fortnight from 2 July 2025.
async fn appoint(world: &World, seat: Seat, to: Seat, role: Role) {
    let browser = world.sign_in(seat).await;
    let days = ("2025-07-02", "2025-07-15");
    hand_over(&browser, to.name, &[role.name()], days).await.expect(303);
}

/// Presses the first button "End" of the page.
async fn end(browser: &Browser, page: &Page) -> Page {
    let [deputy, version] = ["deputy", "version"].map(|name| page.value(name));
    browser.post("/deputies/end", &[("deputy", &*deputy), ("version", &*version)]).await
}

/// The subjects of somebody's messages, newest first.
async fn subjects(browser: &Browser) -> Vec<String> {
    let mut subjects = Vec::new();
    for link in browser.get("/messages").await.expect(200).links("/messages/") {
        let text = browser.get(&link).await.expect(200).text();
        subjects.push(text.split_once(" – Messages").expect("the section").0.to_owned());
    }
    subjects
}

/// April's blood tests of the first practice, declared by its manager; gives the reference.
async fn declared(world: &World) -> String {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-04-30", 10).await;
    world.declare_all(MANAGER).await.expect(303);
    reference(world).await
}

/// The reference of the one declaration.
async fn reference(world: &World) -> String {
    let list = world.sign_in(Seat::APPROVER).await.get("/declarations?show=all").await;
    let address = list.links("/declarations/D-").remove(0);
    address.rsplit('/').next().expect("a reference").to_owned()
}

/// Presses the button on the page of a declaration.
async fn approve(browser: &Browser, reference: &str) -> Page {
    let page = browser.get(&format!("/declarations/{reference}")).await;
    let seen = page.expect(200).value("seen");
    let fields = [("one", "1"), ("seen", &*seen), ("declaration", reference)];
    browser.post("/declarations/approve", &fields).await
}

/// Changes the database as an operator would.
async fn change(world: &World, sql: &'static str, name: &str) {
    let mut tx = world.db.write().await.expect("a transaction");
    tx.execute(sql, store::args![name]).await.expect("it changes");
    tx.commit().await.expect("it is changed");
}

story!(a_person_hands_over_and_either_of_the_two_ends_it, world, {
    let tom = world.sign_in(Seat::APPROVER).await;
    tom.get("/").await.says("See who acts for you, or hand over to a colleague");
    let empty = tom.get("/deputies").await;
    empty.expect(200).says("Nobody acts for you.");
    assert_eq!(empty.checked("role"), ["Approval Management"], "the own role is chosen");
    let days = ("2025-04-10", "2025-04-30");
    let done = hand_over(&tom, "Max Orr", &["Approval Management"], days).await;
    assert_eq!(done.expect(303).location(), "/deputies");
    assert_eq!(
        message(&done),
        "Max Orr acts for you from 10 April 2025 to 30 April 2025. You can end this at any time."
    );
    let given = tom.get("/deputies").await;
    given.says("Max Orr Annual leave Approval Management 10 April 2025 to 30 April 2025");
    let max = world.sign_in(MAX).await;
    max.get("/").await.says("You act for Tom Hill until 30 April 2025: Approval Management.");
    let received = max.get("/deputies").await;
    received
        .says("For whom you act Acts for")
        .says("Tom Hill Annual leave")
        .says("Nobody acts for you.");
    // Who has nothing to do with it does not see it, and does not end it.
    let ana = world.sign_in(Seat::FINANCE).await;
    ana.get("/deputies").await.does_not_say("Max Orr Annual leave");
    end(&ana, &given).await.expect(403).says("You cannot end that Max Orr acts for Tom Hill.");
    end(&world.sign_in(MANAGER).await, &given).await.expect(404);
    let history = "Max Orr acts for Tom Hill from 10 April 2025 to 30 April 2025: Approval Management. Annual leave";
    ana.get("/organisation").await.says(history);

    let ended = end(&max, &received).await;
    assert_eq!(message(ended.expect(303)), "Max Orr no longer acts for Tom Hill.");
    max.get("/").await.does_not_say("You act for");
    max.get("/organisation").await.says("Max Orr no longer acts for Tom Hill");
    end(&tom, &given).await.expect(409).says("Max Orr ended this on");
    assert_eq!(
        subjects(&max).await,
        ["You no longer act for a colleague", "You now act for a colleague until 30 April 2025"]
    );
    assert_eq!(
        subjects(&tom).await,
        ["A colleague no longer acts for you", "A colleague now acts for you until 30 April 2025"]
    );
    // Who manages people there sees all and ends them.
    hand_over(&tom, "Max Orr", &["Approval Management"], days).await.expect(303);
    world.add_seat(PEOPLE).await;
    let una = world.sign_in(PEOPLE).await;
    let page = una.get("/deputies").await;
    page.says("Other deputies Who for whom").says("Max Orr for Tom Hill");
    page.says("you hold none of them yourself");
    end(&una, &page).await.expect(303);
    una.get("/deputies").await.says("No other deputy acts or is going to act");
    // So does who manages people from above.
    hand_over(&tom, "Max Orr", &["Approval Management"], days).await.expect(303);
    world.add_seat(ABOVE).await;
    let above = world.sign_in(ABOVE).await;
    let page = above.get("/deputies").await;
    page.says("Max Orr for Tom Hill Annual leave NHS Anytown ICB");
    end(&above, &page).await.expect(303);
    let facts = [world.facts("deputy_appointed").await, world.facts("deputy_ended").await];
    assert_eq!(facts, [3, 3]);
    world.assert_history_is_whole().await;
});

story!(what_cannot_be_handed_over_is_named_at_its_field, world, {
    let tom = world.sign_in(Seat::APPROVER).await;
    let max = choice(&tom, "Max Orr").await;
    let lou = choice(&tom, "Lou Webb").await;
    let (approval, days) = (&["Approval Management"][..], ("2025-04-10", "2025-04-30"));
    let foreign = choice(&world.sign_in(MANAGER).await, "Ivy Cole").await;
    let rows: [(&str, &[&str], _, &str, &str); 11] = [
        ("", approval, days, "x", "Select a colleague of your organisation"),
        (&foreign, approval, days, "x", "Select a colleague of your organisation"),
        (&max, &[], days, "x", "Select at least 1 role to hand over"),
        (
            &max,
            &["Finance Management"],
            days,
            "x",
            "You do not hold the role Finance Management yourself",
        ),
        (&lou, approval, days, "x", "Lou Webb holds the role Approval Management already"),
        (
            &max,
            approval,
            ("2025-04-09", "2025-04-30"),
            "x",
            "The first day must be from 10 April 2025 to 10 April 2026",
        ),
        (
            &max,
            approval,
            ("2025-04-10", "2025-07-11"),
            "x",
            "The last day must be from 10 April 2025 to 10 July 2025",
        ),
        (
            &max,
            approval,
            ("2025-04-10", "2025-04-09"),
            "x",
            "The last day must be from 10 April 2025",
        ),
        (&max, approval, ("2025-02-31", "2025-04-30"), "x", "First day must be a real date"),
        (&max, approval, days, "", "Enter a reason"),
        (&max, approval, days, "About 943 476 5919", "looks like an NHS number"),
    ];
    for (person, roles, days, reason, said) in rows {
        let page = hand_over_to(&tom, person, roles, days, reason).await;
        page.expect(422).says(said);
        assert_eq!(
            page.checked("role"),
            roles.iter().filter(|role| **role != "Finance Management").copied().collect::<Vec<_>>()
        );
    }
    assert_eq!(world.facts("deputy_appointed").await, 0);
    hand_over(&tom, "Max Orr", approval, days).await.expect(303);
    let again = hand_over(&tom, "Max Orr", approval, days).await;
    again
        .expect(422)
        .says("Max Orr acts for Tom Hill in the role Approval Management from 10 April 2025");
    // Nobody hands on what was handed to them, nor a role that is not one of these.
    let max = world.sign_in(MAX).await;
    max.get("/deputies")
        .await
        .says("you hold none of them yourself")
        .does_not_say("Roles to hand over");
    let tom_again = hand_over_to(&max, &lou, approval, days, "x").await;
    tom_again.expect(403).says("you hold none of them yourself");
});

story!(a_deputy_declares_approves_and_pays_in_both_names_until_the_last_day, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-04-30", 10).await;
    appoint(&world, MANAGER, IVY, Role::DeclarationManagement).await;
    appoint(&world, Seat::APPROVER, MAX, Role::ApprovalManagement).await;
    let ivy = world.sign_in(IVY).await;
    ivy.get("/").await.says("Declare 1 achievement Worth £100.00");
    world.declare_all(IVY).await.expect(303);
    let reference = reference(&world).await;
    let page = ivy.get(&format!("/declarations/{reference}")).await;
    page.says("Ivy Cole for Sam Ahmed");
    // A refusal names who can act, deputies too.
    let viewer = world.sign_in(Seat::FINANCE).await;
    viewer.get(&format!("/declarations/{reference}")).await.says(
        "these people can approve payment declarations: Lou Webb, Tom Hill, Max Orr for Tom Hill until 15 July 2025.",
    );
    // A whole list, as its owner looked at it.
    let max = world.sign_in(MAX).await;
    max.get("/").await.says("Approve 1 payment declaration Worth £100.00");
    let kept = max.post("/declarations/reviews", &[("back", "show=all")]).await;
    let list = kept.expect(303).location().to_owned();
    let done = max.post(&list, &[]).await;
    assert!(message(done.expect(303)).starts_with("1 payment declaration approved"));
    let page = max.get(&format!("/declarations/{reference}")).await;
    page.says("Max Orr for Tom Hill");
    // The other deputy of the day does what finance does.
    world.add_seat(OLU).await;
    appoint(&world, Seat::FINANCE, OLU, Role::FinanceManagement).await;
    let deputy = world.sign_in(OLU).await;
    assert_eq!(
        approve(&deputy, &reference).await.expect(303).location(),
        format!("/declarations/{reference}")
    );
    let file = world.pay_all(OLU).await;
    deputy.get(&file).await.says("Olu Reed for Ana Ruiz");
    for (number, name) in
        [(1, "Ivy Cole for Sam Ahmed"), (2, "Max Orr for Tom Hill"), (3, "Olu Reed for Ana Ruiz")]
    {
        let address = format!("/declarations/{reference}/receipt?number={number}");
        viewer.get(&address).await.says(name);
    }
    let receipt = viewer.get(&format!("/declarations/{reference}/receipt.txt?number=3")).await;
    let (is_proved, said) = verify(&world, receipt.expect(200).html.as_bytes()).await;
    assert!(is_proved, "{said}");
    // The last day is over: what was opened is closed, and the refusal names who is left.
    world.set_today("2025-07-16");
    world.count(MANAGER, "2025-05-31", 10).await;
    world.declare_all(MANAGER).await.expect(303);
    let over = world.sign_in(MAX).await;
    over.get("/").await.does_not_say("You act for").does_not_say("Approve 1");
    let page = over.get("/declarations").await;
    page.says("At NHS Anytown ICB these people can: Ana Ruiz, Lou Webb, Tom Hill.")
        .does_not_say("£");
    let forged = [("seen", "x"), ("declaration", &*reference)];
    over.post("/declarations/approve", &forged).await.expect(403);
    world.assert_history_is_whole().await;
});

story!(a_deputy_is_no_way_round_what_the_principal_did, world, {
    let reference = declared(&world).await;
    appoint(&world, LOU, MAX, Role::FinanceManagement).await;
    world.add_seat(OLU).await;
    let (lou, max) = (world.sign_in(LOU).await, world.sign_in(MAX).await);
    assert_eq!(
        approve(&lou, &reference).await.expect(303).location(),
        format!("/declarations/{reference}")
    );
    let page = max.get(&format!("/declarations/{reference}")).await;
    page.says("You cannot approve this because Lou Webb took a step before");
    assert!(page.values("seen").is_empty(), "no button");
    // The same of a list, of a forged act and of a rejection.
    let list = max.get("/declarations").await;
    assert!(list.values("declaration").is_empty(), "no tick box");
    let seen = world
        .sign_in(Seat::FINANCE)
        .await
        .get(&format!("/declarations/{reference}"))
        .await
        .value("seen");
    let forged = [("one", "1"), ("seen", &*seen), ("declaration", &*reference)];
    max.post("/declarations/approve", &forged).await.expect(409).says("counts as done by both");
    approve(&world.sign_in(Seat::FINANCE).await, &reference).await.expect(303);

    // The other way round: what a deputy did in Lou's place is a step of Lou's.
    appoint(&world, LOU, OLU, Role::ApprovalManagement).await;
    world.count(MANAGER, "2025-05-31", 10).await;
    world.declare_all(MANAGER).await.expect(303);
    world.approve_all(OLU).await.expect(303);
    let list = lou.get("/declarations?show=all").await;
    let second = list
        .links("/declarations/D-")
        .into_iter()
        .find(|one| !one.ends_with(&reference))
        .expect("the second");
    lou.get(&second).await.says("because Olu Reed for Lou Webb took a step before");
    // Two deputies of one person are that person.
    max.get(&second).await.says("because Olu Reed for Lou Webb took a step before");
    world.approve_all(Seat::FINANCE).await.expect(303);

    // A file that a deputy made is a file of both.
    let file = world.pay_all(MAX).await;
    for (who, said) in [
        (&lou, "Max Orr for Lou Webb created this payment file"),
        (&max, "You created this payment file."),
    ] {
        who.get(&file).await.says(said).says("At NHS Anytown ICB these people can: Ana Ruiz.");
        who.get("/").await.does_not_say("Send 1 payment file");
    }
    world.sign_in(Seat::FINANCE).await.get("/").await.says("1 payment file");
    world.assert_history_is_whole().await;
});

story!(who_submitted_figures_approves_them_through_nobody, world, {
    const HATS: Seat = Seat {
        name: "Bo Lind",
        organisation: "QAA",
        roles: &[Role::AchievementEntry, Role::ApprovalManagement],
    };
    world.add_seat(HATS).await;
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-04-30", 9).await;
    world.count(MANAGER, "2025-05-31", 10).await;
    let group = "/achievement/record/Y00001/BLD2526/2025-04-30/BLOOD";
    let hats = world.sign_in(HATS).await;
    let version = hats.get(group).await.value("version");
    hats.post(group, &[("version", &version), ("BLD001-count", "11")]).await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    appoint(&world, HATS, MAX, Role::ApprovalManagement).await;
    let max = world.sign_in(MAX).await;
    let list = max.get("/declarations").await;
    list.says("You cannot approve this as Max Orr for Bo Lind: the person you act for submitted figures for it.");
    assert_eq!(list.values("declaration").len(), 1, "the other month is free");
    tick(&max, "/declarations/approve", &list, &list.values("declaration")).await.expect(303);
});

story!(an_adjustment_is_not_agreed_through_a_deputy, world, {
    let achievement = with_points(&world).await;
    let (tom, max) = (world.sign_in(Seat::APPROVER).await, world.sign_in(MAX).await);
    let days = ("2026-04-02", "2026-04-15");
    hand_over(&tom, "Max Orr", &["Approval Management"], days).await.expect(303);
    let of_tom = asked(&tom, &achievement).await;
    max.get(&of_tom).await.says("because Tom Hill asked for it on");
    max.get("/").await.does_not_say("Agree to or refuse");
    let version = max.get(&of_tom).await.value("version");
    max.post(&format!("{of_tom}/agree"), &[("version", &version)]).await.expect(409);
    // Whoever acts for somebody takes back what they asked for.
    press(&max, &of_tom, "withdraw", None).await.expect(303);
    max.get(&of_tom).await.says("Max Orr for Tom Hill");
    let of_max = asked(&max, &achievement).await;
    tom.get(&of_max).await.says("because Max Orr for Tom Hill asked for it on");
    press(&world.sign_in(Seat::FINANCE).await, &of_max, "agree", None).await.expect(303);
});

story!(a_deputy_ends_with_the_role_and_with_either_account, world, {
    let reference = declared(&world).await;
    appoint(&world, Seat::APPROVER, MAX, Role::ApprovalManagement).await;
    let max = world.sign_in(MAX).await;
    let may = async || {
        let page = max.get(&format!("/declarations/{reference}")).await;
        !page.expect(200).values("seen").is_empty()
    };
    assert!(may().await, "the deputy approves");
    let lost = "DELETE FROM role_held WHERE role = 'Approval Management' AND person_id = (SELECT id FROM person WHERE name = $1)";
    let given = "INSERT INTO role_held (person_id, organisation_id, role)
        SELECT p.id, o.id, 'Approval Management' FROM person p, organisation o WHERE p.name = $1 AND o.code = 'QAA'";
    change(&world, lost, "Tom Hill").await;
    assert!(!may().await, "nobody hands over what they do not hold");
    max.get("/deputies").await.says("Does not count any more: Approval Management");
    max.get("/").await.does_not_say("You act for");
    change(&world, given, "Tom Hill").await;
    assert!(may().await);
    let disabled = "UPDATE person SET is_disabled = (1 = 1) WHERE name = $1";
    change(&world, disabled, "Tom Hill").await;
    assert!(!may().await, "for an account that is disabled nobody acts");
    change(&world, "UPDATE person SET is_disabled = (1 = 0) WHERE name = $1", "Tom Hill").await;
    change(&world, disabled, "Max Orr").await;
    max.get("/").await.expect(303);
    world
        .sign_in(Seat::FINANCE)
        .await
        .get(&format!("/declarations/{reference}"))
        .await
        .says("Lou Webb, Tom Hill.")
        .does_not_say("Max Orr for");
});

story!(both_are_told_once_when_the_first_day_comes, world, {
    let tom = world.sign_in(Seat::APPROVER).await;
    let days = ("2025-04-14", "2025-04-20");
    hand_over(&tom, "Max Orr", &["Approval Management"], days).await.expect(303);
    let max = world.sign_in(MAX).await;
    max.get("/").await.does_not_say("You act for");
    max.get("/deputies").await.says("Not begun yet");
    let begin = async || store::deputy::begin(&world.db, &world.now()).await.expect("it looks");
    assert_eq!(begin().await, 0, "not before its day");
    world.set_today("2025-04-14");
    let (one, other) = tokio::join!(begin(), begin());
    assert_eq!(one + other, 1, "of two processes one tells");
    assert_eq!(begin().await, 0);
    let max = world.sign_in(MAX).await;
    max.get("/").await.says("You act for Tom Hill until 20 April 2025");
    assert_eq!(
        subjects(&max).await,
        [
            "You now act for a colleague until 20 April 2025",
            "You act for a colleague from 14 April 2025 to 20 April 2025"
        ]
    );
    let tom = world.sign_in(Seat::APPROVER).await;
    assert_eq!(subjects(&tom).await, ["A colleague now acts for you until 20 April 2025"]);
});

story!(of_many_who_press_at_once_one_hands_over, world, {
    let tom = world.sign_in(Seat::APPROVER).await;
    let person = choice(&tom, "Max Orr").await;
    let days = ("2025-04-10", "2025-04-30");
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (tom, person) = (tom.clone(), person.clone());
        callers.spawn(async move {
            let roles = ["Approval Management"];
            hand_over_to(&tom, &person, &roles, days, "Leave").await.status.as_u16()
        });
    }
    let answers = callers.join_all().await;
    let done = answers.iter().filter(|status| **status == 303).count();
    assert_eq!((done, world.facts("deputy_appointed").await), (1, 1));
});

story!(a_deputy_is_told_what_the_role_is_told, world, {
    declared(&world).await;
    appoint(&world, MANAGER, IVY, Role::DeclarationManagement).await;
    let reference = reference(&world).await;
    let tom = world.sign_in(Seat::APPROVER).await;
    let seen = tom.get(&format!("/declarations/{reference}")).await.value("seen");
    let fields = [("seen", &*seen), ("reason", "Count them again")];
    tom.post(&format!("/declarations/{reference}/reject"), &fields).await.expect(303);
    let newest = subjects(&world.sign_in(IVY).await).await.remove(0);
    assert_eq!(subjects(&world.sign_in(MANAGER).await).await.remove(0), newest);
    assert_eq!(newest, "Rejected: Blood tests near home, April 2025");
});
