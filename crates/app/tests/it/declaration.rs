//! Stories of payment declarations: declared by the provider, approved twice, by nobody twice, and never by accident.

use crate::{
    story,
    support::{
        Seat, World,
        figures::{ADVICE, NETWORK},
        money::{BLOOD, message, tick},
    },
};
use domain::Field::{Count, YesNo};
use store::declaration::Filter;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const DATES: [&str; 3] = ["2025-04-30", "2025-05-31", "2025-06-30"];

/// The states of all declarations that a person sees, in the order of the list.
async fn states(world: &World, seat: Seat) -> Vec<&'static str> {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 500), &by).await.unwrap();
    found.rows.iter().map(|row| row.declaration.state.name()).collect()
}

/// The reference of the only declaration that a person sees.
async fn only(world: &World, seat: Seat) -> String {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 500), &by).await.unwrap();
    assert_eq!(found.total, 1);
    found.rows[0].declaration.reference.clone()
}

story!(an_achievement_is_declared_approved_and_approved_by_finance, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    provider.get("/").await.expect(200).says("Declare 1 achievement").says("£420.00");
    let page = provider.get("/achievement/declare").await;
    page.expect(200).says("Run Achievement Summary Report").says("Blood tests near home");
    page.says("£420.00").says("June 2025").says("Blood tests: 42").says("Declare Achievement");
    let reference = page.value("declaration");
    let declared = provider
        .post(
            "/achievement/declare",
            &[
                ("seen", &page.value("seen")),
                ("declaration", &reference),
                (&format!("notes-{reference}"), "Two were done at home."),
                ("action", "declare"),
            ],
        )
        .await;
    assert_eq!((declared.status.as_u16(), declared.location()), (303, "/achievement/declare"));
    assert_eq!(
        message(&declared),
        "Payment declaration submitted for 1 service. It is now with the commissioning organisation for approval."
    );
    let after = provider.get("/achievement/declare").await;
    after.says("There is nothing to declare.").says("Payment Declaration History");
    after.says("Awaiting Commissioning Organisation Approval").says("Sam Ahmed");

    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/").await.says("Approve 1 payment declaration").says("£420.00");
    let list = approver.get("/declarations").await;
    list.expect(200).says("Declaration Management").says("Riverside Surgery");
    list.says("Two were done at home.").says("You can approve 1 of the rows shown");
    let approved =
        tick(&approver, "/declarations/approve", &list, &list.values("declaration")).await;
    assert_eq!(approved.status.as_u16(), 303, "{}", approved.text());
    assert_eq!(
        message(&approved),
        "1 payment declaration approved, £420.00 in all. Finance must approve next."
    );
    approver
        .get("/declarations")
        .await
        .says("There are no payment declarations with these filters");

    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Give financial approval to 1 payment declaration");
    let one = finance.get(&format!("/declarations/{reference}")).await;
    one.expect(200).says("Approve £420.00").says("Tom Hill, 2 July 2025 at 1pm");
    let locked = finance
        .post(
            "/declarations/approve",
            &[("one", "1"), ("seen", &one.value("seen")), ("declaration", &reference)],
        )
        .await;
    assert_eq!(locked.location(), format!("/declarations/{reference}"));
    let end = finance.get(locked.location()).await;
    end.says("Approved by finance Ana Ruiz").says("Approved for payment");
    end.does_not_say("Approve £420.00").says("Notes changed");
    assert_eq!(states(&world, MANAGER).await, ["approved"]);
    for fact in ["achievement_declared", "declaration_approved", "declaration_finance_approved"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(notes_can_be_saved_without_declaring, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let notes = format!("notes-{}", page.value("declaration"));
    let seen = page.value("seen");
    let save = |text: String| {
        let (provider, notes, seen) = (provider.clone(), notes.clone(), seen.clone());
        async move {
            let fields = [("seen", &*seen), (&*notes, &*text), ("action", "notes")];
            provider.post("/achievement/declare", &fields).await
        }
    };
    let long = save("x".repeat(1001)).await;
    long.expect(422).says("Notes must be 1000 characters or less").says("There is a problem");
    let saved = save("First line\r\nSecond".into()).await;
    assert_eq!(message(&saved), "Notes saved.");
    provider.get("/achievement/declare").await.says("First line Second");
    // Somebody who still looks at the row from before is told, and what they typed stays.
    save("Another".into()).await.expect(409).says("Someone else changed this").says("Another");
    assert_eq!(world.facts("notes_changed").await, 1);
    assert_eq!(states(&world, MANAGER).await, ["awaiting_provider"]);
});

story!(what_was_declared_is_said_before_a_note_that_was_too_long, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-05-31", 40).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let (seen, rows) = (page.values("seen"), page.values("declaration"));
    let (notes, long) = (format!("notes-{}", rows[1]), "x".repeat(1001));
    let fields = [
        ("seen", &*seen[0]),
        ("seen", &*seen[1]),
        ("declaration", &*rows[0]),
        (&*notes, &*long),
        ("action", "declare"),
    ];
    let answer = provider.post("/achievement/declare", &fields).await;
    answer.expect(422).says(
        "There is a problem Payment declaration submitted for 1 service. It is now with the commissioning \
         organisation for approval. This was not saved: Blood tests near home, May 2025: Notes must be",
    );
    assert_eq!(states(&world, MANAGER).await, ["awaiting_provider", "awaiting_commissioner"]);
});

story!(nothing_selected_is_said_and_what_was_typed_stays, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let notes = format!("notes-{}", page.value("declaration"));
    let seen = page.value("seen");
    let fields = [("seen", &*seen), (&*notes, "Checked twice"), ("action", "declare")];
    let answer = provider.post("/achievement/declare", &fields).await;
    answer.expect(422).says("Select at least 1 achievement to declare").says("Checked twice");
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let answer = approver.post("/declarations/approve", &[("back", "")]).await;
    answer.expect(422).says("Select at least 1 payment declaration to approve");
    assert_eq!(world.facts("achievement_declared").await, 1);
});

story!(rows_that_cannot_be_declared_are_named_and_the_others_go_through, world, {
    world.blood_tests(&["Y00001"]).await;
    for date in ["2025-04-30", "2025-05-31", "2025-06-30"] {
        world.count(MANAGER, date, 10).await;
    }
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    page.says("3 payment declarations, £300.00 in all");
    // A colleague is faster with one of the three, and the figures of another change.
    let colleague = page.values("declaration")[0].clone();
    tick(&provider, "/achievement/declare", &page, &[colleague]).await.expect(303);
    world.count(MANAGER, "2025-05-31", 11).await;
    let answer = tick(&provider, "/achievement/declare", &page, &page.values("declaration")).await;
    answer.expect(409).says("Payment declaration submitted for 1 service.");
    answer.says(
        "June 2025: You cannot declare because Sam Ahmed declared this achievement on 2 July",
    );
    answer.says("May 2025: The figures changed while you were looking at them.");
    answer.says("Old value £100.00, new value £110.00.");
    assert_eq!(
        states(&world, MANAGER).await,
        ["awaiting_provider", "awaiting_commissioner", "awaiting_commissioner"]
    );
    assert_eq!(world.facts("achievement_declared").await, 2);
});

story!(nothing_is_declared_before_its_period_has_ended_or_its_data_is_in, world, {
    world.takes_part(crate::support::figures::LOCAL, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let april = ("LCS2526", "2025-06-30", "PHLEB");
    world.submit(MANAGER, april, &[("PHL001", Count, "37")]).await.unwrap();
    let provider = world.sign_in(MANAGER).await;
    let achievement = world.newest(MANAGER).await.achievement.id.to_string();
    let fields = [("declaration", &*achievement), ("action", "declare")];
    let early = provider.post("/achievement/declare", &fields).await;
    early.expect(409).says("You cannot declare yet because the period ends on 30 June 2025.");
    world.set_today("2025-07-01");
    let provider = world.sign_in(MANAGER).await;
    let missing = provider.post("/achievement/declare", &fields).await;
    missing.expect(409).says("You cannot declare yet. Accord is still waiting for data for");
    missing.says("Number of 12-lead ECGs");
    let page = provider.get("/achievement/declare").await;
    page.says("1 achievement not ready to declare").says("Local primary care services");
    page.says("still waiting for data for 6 of 7 indicators");
    let stranger = world.sign_in(Seat::SECOND_PRACTICE).await;
    stranger.post("/achievement/declare", &fields).await.expect(404);
    assert_eq!(world.facts("declaration_opened").await, 0);
});

story!(declaring_twice_says_who_declared, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let ticked = page.values("declaration");
    tick(&provider, "/achievement/declare", &page, &ticked).await.expect(303);
    let again = tick(&provider, "/achievement/declare", &page, &ticked).await;
    again.expect(409).says(
        "You cannot declare because Sam Ahmed declared this achievement on 2 July 2025 at 1pm.",
    );
    assert_eq!(world.facts("achievement_declared").await, 1);
});

story!(nobody_approves_what_they_declared_wherever_they_sit, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.add_seat(Seat::TWO_HATS).await;
    world.add_seat(Seat::TWO_HATS_ICB).await;
    world.declare_all(Seat::TWO_HATS).await.expect(303);
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    let browser = world.sign_in(Seat::TWO_HATS_ICB).await;
    let page = browser.get("/declarations").await;
    page.expect(200)
        .says("You cannot approve this because you declared it. Another person must approve.");
    assert_eq!(page.values("declaration").len(), 1, "the own row has no tick box");
    // The refusal does not depend on the tick box: the row's page tells what was seen, and the form is made up.
    let by = world.actor(MANAGER).await;
    let mut tx = world.db.read().await.unwrap();
    let own = store::declaration::list(&mut tx, &Filter::default(), (0, 9), &by).await.unwrap();
    drop(tx);
    let own = &own.rows[0].declaration;
    let seen = format!("{}.{}.{}", own.reference, own.version, own.calculation);
    let theirs = page.value("declaration");
    let answer = browser
        .post(
            "/declarations/approve",
            &[
                ("seen", &seen),
                ("seen", &page.value("seen")),
                ("declaration", &own.reference),
                ("declaration", &theirs),
            ],
        )
        .await;
    answer.expect(409).says("1 payment declaration approved, £70.00 in all.");
    answer.says("Riverside Surgery, Blood tests near home, June 2025: You cannot approve this because you declared it.");
    browser.get(&format!("/declarations/{}", own.reference)).await.says("these people can approve");
    assert_eq!(states(&world, Seat::APPROVER).await, ["awaiting_commissioner", "awaiting_finance"]);
});

story!(finance_is_a_third_person, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let both = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
    let page = both.get("/declarations").await;
    let ticked = page.values("declaration");
    tick(&both, "/declarations/approve", &page, &ticked).await.expect(303);
    let reference = only(&world, MANAGER).await;
    let one = both.get(&format!("/declarations/{reference}")).await;
    one.says("You cannot approve this again because you approved it for the commissioner.");
    one.says("At NHS Anytown ICB these people can give financial approval: Ana Ruiz.");
    let seen = page.value("seen");
    let answer = both
        .post(
            "/declarations/approve",
            &[("one", "1"), ("seen", &seen), ("declaration", &reference)],
        )
        .await;
    answer.expect(409).says("because you approved it for the commissioner. Another person must.");
    world.approve_all(Seat::FINANCE).await.expect(303);
    assert_eq!(states(&world, MANAGER).await, ["approved"]);
});

story!(finance_cannot_approve_what_the_commissioner_has_not, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await.get("/declarations").await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let ticked = approver.values("declaration");
    let answer = tick(&finance, "/declarations/approve", &approver, &ticked).await;
    answer.expect(409).says("The commissioner has not approved this declaration.");
    assert_eq!(states(&world, MANAGER).await, ["awaiting_commissioner"]);
});

story!(people_without_the_role_are_told_who_has_it, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    let page = viewer.get("/achievement/declare").await;
    page.expect(200).says("You cannot declare. At Riverside Surgery these people can: Sam Ahmed");
    page.does_not_say("£").does_not_say("Declare Achievement");
    assert_eq!(page.values("declaration").len(), 0);
    let answer = tick(&viewer, "/achievement/declare", &page, &["D-2025-000001".into()]).await;
    answer.expect(403).says("You need the role Declaration Management").says("Sam Ahmed");
    world.declare_all(MANAGER).await.expect(303);
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    let page = viewer.get("/declarations").await;
    page.expect(200).says("You cannot approve. At NHS Anytown ICB these people can: Ana Ruiz");
    page.says("Riverside Surgery").does_not_say("£");
    let one = viewer.get(&format!("/declarations/{}", only(&world, MANAGER).await)).await;
    one.expect(200).does_not_say("£").says("these people can approve payment declarations");
    let answer = tick(&viewer, "/declarations/approve", &page, &["D-2025-000001".into()]).await;
    answer.expect(403).says("You need the role").says("Tom Hill");
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.post("/declarations/approve", &[("declaration", "x")]).await.expect(403);
    world.sign_in(MANAGER).await.get("/declarations").await.expect(403);
    world.sign_in(Seat::APPROVER).await.get("/achievement/declare").await.expect(403);
});

story!(another_organisations_declaration_is_not_there, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let ticked = page.values("declaration");
    let address = format!("/declarations/{}", ticked[0]);
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::NETWORK_MANAGER] {
        let stranger = world.sign_in(seat).await;
        stranger.get(&address).await.expect(404);
        tick(&stranger, "/achievement/declare", &page, &ticked).await.expect(404);
    }
    tick(&provider, "/achievement/declare", &page, &ticked).await.expect(303);
    let list = world.sign_in(Seat::APPROVER).await.get("/declarations").await;
    let elsewhere = world.sign_in(Seat::OTHER_APPROVER).await;
    elsewhere.get(&address).await.expect(404);
    elsewhere.get("/declarations").await.expect(200).does_not_say("Riverside");
    tick(&elsewhere, "/declarations/approve", &list, &ticked).await.expect(404);
    assert_eq!(world.facts("declaration_approved").await, 0);
});

story!(new_figures_return_what_was_declared_and_nobody_approves_the_old_amount, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let before = approver.get("/declarations").await;
    world.count(MANAGER, "2025-06-30", 40).await;
    let late =
        tick(&approver, "/declarations/approve", &before, &before.values("declaration")).await;
    late.expect(409).says("The provider must declare this achievement first.");
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    page.says("The figures changed after you declared. Old value £420.00, new value £400.00.");
    world.declare_all(MANAGER).await.expect(303);
    let changed =
        tick(&approver, "/declarations/approve", &before, &before.values("declaration")).await;
    changed.expect(409).says("The figures changed while you were looking at them.");
    assert_eq!(states(&world, MANAGER).await, ["awaiting_commissioner"]);
    assert_eq!(world.facts("declaration_approved").await, 0);
    assert_eq!(world.facts("declaration_returned").await, 1);
    world.assert_history_is_whole().await;
});

story!(twenty_people_at_once_approve_one_row_once, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let page = world.sign_in(Seat::APPROVER).await.get("/declarations").await;
    let mut waiting = Vec::new();
    for seat in [Seat::APPROVER, Seat::APPROVER_AND_FINANCE].into_iter().cycle().take(20) {
        let browser = world.sign_in(seat).await;
        let (seen, reference) = (page.value("seen"), page.value("declaration"));
        waiting.push(tokio::spawn(async move {
            browser
                .post("/declarations/approve", &[("seen", &seen), ("declaration", &reference)])
                .await
        }));
    }
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap().status.as_u16());
    }
    answers.sort_unstable();
    assert_eq!(answers[0], 303);
    assert!(answers[1..].iter().all(|status| *status == 409), "{answers:?}");
    assert_eq!(world.facts("declaration_approved").await, 1);
    assert_eq!(states(&world, MANAGER).await, ["awaiting_finance"]);
    world.assert_history_is_whole().await;
});

story!(a_step_that_the_configuration_leaves_out_takes_itself_and_says_so, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.takes_part(NETWORK, &["U00001"]).await;
    world.set_today("2025-05-02");
    let date = "2025-04-30";
    let network = ("NCEA2526", date, "ACCESS");
    world
        .submit(
            Seat::NETWORK_MANAGER,
            network,
            &[("NCEA002", Count, "9"), ("NCEA003", YesNo, "yes")],
        )
        .await
        .unwrap();
    assert_eq!(states(&world, Seat::NETWORK_MANAGER).await, ["awaiting_commissioner"]);
    let browser = world.sign_in(Seat::NETWORK_MANAGER).await;
    let page = browser.get("/achievement/declare").await;
    page.says("There is nothing to declare.").says("No Declaration Required");
    let advice = ("AG2526", date, "ADVICE");
    world.submit(MANAGER, advice, &[("AG001", Count, "3")]).await.unwrap();
    let declared = world.declare_all(MANAGER).await;
    assert_eq!(
        message(&declared),
        "Payment declaration submitted for 1 service. It is now with finance (No Approval Required)."
    );
    let history = world.sign_in(MANAGER).await.get("/achievement/declare").await;
    history.says("Awaiting Finance Approval Commissioner: No Approval Required");
    let reference = only(&world, MANAGER).await;
    let one = world.sign_in(Seat::FINANCE).await.get(&format!("/declarations/{reference}")).await;
    one.says("Approved by the commissioner No Approval Required (by configuration), 2 May 2025");
    one.says("Approve £");
    world.assert_history_is_whole().await;
});

story!(the_list_is_narrowed_by_its_address, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.declare_all(MANAGER).await.expect(303);
    let browser = world.sign_in(Seat::APPROVER).await;
    let own = browser.get("/declarations").await;
    own.says("Riverside Surgery").does_not_say("Hill Top").says("Remove filter:");
    own.says("Awaiting Service Provider Approval (1)");
    // What is approved is counted where it is asked for.
    own.says("Approved").does_not_say("Approved (");
    let all = browser.get("/declarations?show=all").await;
    all.says("Approved (0)");
    all.says("Riverside Surgery").says("Hill Top").says("2 payment declarations, £490.00 in all");
    let part = browser.get("/declarations?show=all&provider=hill+TOP").await;
    part.says("Hill Top").does_not_say("Riverside").says("Remove filter: hill TOP");
    browser.get("/declarations?show=all&provider=100%25").await.says("with these filters");
    browser.get("/declarations?show=all&service=NOPE").await.says("with these filters");
    browser.get("/declarations?show=all&service=BLD2526").await.says("Riverside").says("Hill Top");
    let link = own.links("/declarations?").into_iter().find(|link| link.contains("select=all"));
    let selected = browser.get(link.expect("Select All").split('#').next().unwrap()).await;
    assert!(selected.html.contains(" checked>"), "all rows are ticked without a script");
    selected.says("All of them are selected.");
});

story!(the_pages_of_the_approvers_list_are_the_whole_list_in_its_order, world, {
    // Two services of one name have their rows among each other, by provider.
    for (code, name) in [("ECG2526", "Heart tracings"), ("EXT2526", "Blood tests near home")] {
        let other = BLOOD.replace("BLD2526", code).replace("Blood tests near home", name);
        world.takes_part(&other, &["Y00001", "Y00002"]).await;
    }
    world.blood_tests(&["Y00001", "Y00002"]).await;
    for code in ["ECG2526", "EXT2526"] {
        for seat in [MANAGER, Seat::SECOND_PRACTICE] {
            let place = (code, "2025-05-31", "BLOOD");
            let taken = world.submit(seat, place, &[("BLD001", Count, "4")]).await;
            taken.expect("the count is taken");
        }
    }
    world.count(MANAGER, "2025-04-30", 3).await;
    world.declare_all(MANAGER).await.expect(303);
    for date in ["2025-05-31", "2025-06-30"] {
        world.count(MANAGER, date, 42).await;
        world.count(Seat::SECOND_PRACTICE, date, 7).await;
    }
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    let by = world.actor(Seat::APPROVER).await;
    let mut tx = world.db.read().await.unwrap();
    let of = |states: &[&str], provider: &str| Filter {
        provider: Some(provider.to_owned()).filter(|text| !text.is_empty()),
        ..Filter::states(states)
    };
    let filters =
        [of(&[], ""), of(&["awaiting_commissioner"], ""), of(&[], "hill"), of(&["none"], "")];
    for (filter, rows) in filters.iter().zip([9, 7, 4, 0]) {
        let whole = store::declaration::list(&mut tx, filter, (0, 500), &by).await.unwrap();
        let standing = store::declaration::standing(&mut tx, filter, &by).await.unwrap();
        assert_eq!((whole.total, standing.total(filter)), (rows, rows));
        assert_eq!(standing.amount(filter), whole.amount);
        for size in 1..=6 {
            let mut seen = Vec::new();
            for skip in (0..=rows).step_by(size) {
                let page = (skip, size as i64);
                let page = store::declaration::page(&mut tx, filter, &standing, page, &by).await;
                seen.extend(page.unwrap().into_iter().map(|row| row.declaration.reference));
            }
            let whole = whole.rows.iter().map(|row| row.declaration.reference.clone());
            assert_eq!(seen, whole.collect::<Vec<_>>());
        }
    }
});

story!(a_region_sees_what_its_boards_decide_but_does_not_decide_it, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    let page = region.get("/declarations").await;
    page.expect(200).says("Riverside Surgery").says("£420.00");
    page.says("You cannot approve this because another organisation pays for it.");
    assert_eq!(page.values("declaration").len(), 0);
    page.does_not_say("Select all").does_not_say("If an amount looks wrong");
    assert!(!page.html.contains("app-bulk"), "no buttons where nothing can be ticked");
    let list = world.sign_in(Seat::APPROVER).await.get("/declarations").await;
    let answer = tick(&region, "/declarations/approve", &list, &list.values("declaration")).await;
    answer.expect(409).says("You cannot approve this because another organisation pays for it.");
    let reference = only(&world, MANAGER).await;
    let one = region.get(&format!("/declarations/{reference}")).await;
    one.expect(200).says("This is waiting for NHS Anytown ICB.");
    assert_eq!(states(&world, MANAGER).await, ["awaiting_commissioner"]);
});

story!(an_amount_that_is_not_in_force_is_neither_declared_nor_approved, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-05-31", 42).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let ticked = page.values("declaration");
    tick(&provider, "/achievement/declare", &page, &ticked[..1]).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let list = approver.get("/declarations").await;
    // As when new figures contradict each other: the achievement is held, and the declaration still names the old one.
    let mut tx = world.db.write().await.unwrap();
    tx.script("UPDATE achievement SET calculation_id = NULL, held_because = 'Ask the supplier.'")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let answer = tick(&provider, "/achievement/declare", &page, &ticked[1..]).await;
    answer.expect(409).says("the achievement has not been calculated. Ask the supplier.");
    let sentence = "its figures changed and have no amount yet. Ask the supplier.";
    let declared = list.values("declaration");
    let answer = tick(&approver, "/declarations/approve", &list, &declared).await;
    answer.expect(409).says(sentence);
    let list = approver.get("/declarations").await;
    list.says(sentence);
    assert_eq!(
        list.values("declaration").len(),
        0,
        "nothing can be ticked that cannot be approved"
    );
    assert_eq!(states(&world, MANAGER).await, ["awaiting_provider", "awaiting_commissioner"]);
});

story!(whoever_left_meanwhile_is_not_paid, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-05-31", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let list = approver.get("/declarations").await;
    // As when a rejection and a calculation are committed at one moment.
    let mut tx = world.db.write().await.unwrap();
    tx.script("UPDATE offer SET in_force_until = NULL, state = 'rejected'").await.unwrap();
    tx.commit().await.unwrap();
    let answer = tick(&approver, "/declarations/approve", &list, &list.values("declaration")).await;
    answer.expect(409).says("The provider does not take part in this service on 31 May 2025.");
    assert_eq!(states(&world, MANAGER).await, ["awaiting_commissioner"]);
});

story!(figures_declarations_and_approvals_at_once_leave_one_truth, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 1).await;
    let world = std::sync::Arc::new(world);
    let mut waiting = Vec::new();
    for round in 0..6_u32 {
        let own = world.clone();
        waiting.push(tokio::spawn(async move {
            // Somebody else may have been faster, or the row may be locked by now: both are named, neither is a fault.
            let boxes = [("BLD001", Count, &*(round + 2).to_string())];
            let _ = own.submit(MANAGER, ("BLD2526", "2025-06-30", "BLOOD"), &boxes).await;
        }));
        let own = world.clone();
        waiting.push(tokio::spawn(async move {
            let answer = own.declare_all(MANAGER).await.status.as_u16();
            assert!([303, 409, 422].contains(&answer), "{answer}");
        }));
        for seat in [Seat::APPROVER, Seat::FINANCE] {
            let own = world.clone();
            waiting.push(tokio::spawn(async move {
                let answer = own.approve_all(seat).await.status.as_u16();
                assert!([303, 409, 422].contains(&answer), "{answer}");
            }));
        }
    }
    for one in waiting {
        one.await.unwrap();
    }
    let detail = world.newest(MANAGER).await;
    let by = world.actor(MANAGER).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::find(&mut tx, &detail.reference.unwrap(), &by).await.unwrap();
    drop(tx);
    assert_eq!(found.amount(), detail.calculation.unwrap().amount);
    let finished = i64::from(found.declaration.state.name() == "approved");
    assert_eq!(world.facts("declaration_finance_approved").await, finished);
    let returned = world.facts("declaration_returned").await;
    assert!(world.facts("achievement_declared").await <= returned + 1);
    world.assert_history_is_whole().await;
});

/// Achievements that are still to be calculated again.
async fn marked(world: &World) -> i64 {
    #[derive(sqlx::FromRow)]
    struct Marked {
        count: i64,
    }
    let mut tx = world.db.read().await.unwrap();
    let marked = "SELECT count(*) AS count FROM achievement WHERE recalculate_because IS NOT NULL";
    tx.one::<Marked>(marked, Vec::new()).await.unwrap().count
}

story!(a_sweep_that_meets_figures_and_approvals_waits_and_leaves_nothing_undone, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    let practices = [MANAGER, Seat::SECOND_PRACTICE];
    for (seat, date) in practices.iter().flat_map(|seat| DATES.map(|date| (*seat, date))) {
        world.count(seat, date, 1).await;
    }
    let world = std::sync::Arc::new(world);
    for round in 2..10_u32 {
        // Another fee marks every achievement that finance has not approved.
        let version = format!("version = {round}\neffective_on = 2025-04-30\n\n[payment]");
        let fee = format!("fee = \"{round}.00\"");
        let next = BLOOD.replace("[payment]", &version).replace("fee = \"10.00\"", &fee);
        let by = domain::Actor::system("story");
        store::service::publish(&world.db, &next, &by, &world.now()).await.unwrap();
        assert_eq!(marked(&world).await, 6);
        let mut waiting = Vec::new();
        for (seat, date) in practices.iter().flat_map(|seat| DATES.map(|date| (*seat, date))) {
            let own = world.clone();
            waiting.push(tokio::spawn(async move {
                let boxes = [("BLD001", Count, &*(round + 1).to_string())];
                // Somebody may have been faster, or it is approved by now: both are named, neither is a fault.
                if let Err(why) = own.submit(seat, ("BLD2526", date, "BLOOD"), &boxes).await {
                    assert!(!why.starts_with("database"), "{why}");
                }
            }));
        }
        let own = world.clone();
        waiting.push(tokio::spawn(async move { assert!(own.sweep().await.held == 0) }));
        let own = world.clone();
        waiting.push(tokio::spawn(async move {
            let answer = own.declare_all(MANAGER).await.status.as_u16();
            assert!([303, 409, 422].contains(&answer), "{answer}");
        }));
        let own = world.clone();
        waiting.push(tokio::spawn(async move {
            let answer = own.approve_all(Seat::APPROVER).await.status.as_u16();
            assert!([303, 409, 422].contains(&answer), "{answer}");
        }));
        for one in waiting {
            one.await.unwrap();
        }
        assert_eq!(marked(&world).await, 0, "round {round}");
    }
    world.assert_history_is_whole().await;
});
