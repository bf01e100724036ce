//! Stories of the queue of those who approve: what needs a look and why, and all that match approved as they were looked at.

use crate::{
    story,
    support::{
        Browser, Page, Seat, World,
        money::{message, tick},
    },
};
use store::Failed;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const SECOND: Seat = Seat::SECOND_PRACTICE;

/// May and June of both practices, declared: the first one's June came to more than usual.
async fn declared(world: &World) {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    for (seat, date, tests) in [
        (MANAGER, "2025-05-31", 40),
        (MANAGER, "2025-06-30", 60),
        (SECOND, "2025-05-31", 20),
        (SECOND, "2025-06-30", 21),
    ] {
        world.count(seat, date, tests).await;
    }
    for seat in [MANAGER, SECOND] {
        world.declare_all(seat).await.expect(303);
    }
}

/// Keeps the list that a query leaves, as the button under the list does; gives its page.
async fn keep(browser: &Browser, query: &str) -> (String, Page) {
    let kept = browser.post("/declarations/reviews", &[("back", query)]).await;
    let address = kept.expect(303).location().to_owned();
    let page = browser.get(&address).await;
    (address, page)
}

const WAITING: &str = "status=awaiting_commissioner&show=chosen";

story!(the_queue_says_what_needs_a_look_and_why, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let all = approver.get("/declarations").await;
    all.says("All (4)").says("Needs a look (1)").says("Within tolerance (3)");
    all.says("Check: 50% more than the period before. The limit is 25%.");
    let needs = approver.get("/declarations?look=needs").await;
    needs.says("1 payment declaration, £600.00 in all").says("Riverside Surgery");
    needs.does_not_say("Hill Top Practice");
    let within = approver.get("/declarations?look=within").await;
    within.says("3 payment declarations, £810.00 in all").does_not_say("Check:");
    let only_first = approver.get("/declarations?look=within&provider=riverside").await;
    only_first.says("1 payment declaration, £400.00 in all");
    let reference = needs.value("declaration");
    let one = approver.get(&format!("/declarations/{reference}")).await;
    one.says("Needs a look").says("50% more than the period before.");
    // What the commissioner looks twice at is not the provider's business.
    let provider = world.sign_in(MANAGER).await;
    provider.get(&format!("/declarations/{reference}")).await.does_not_say("Needs a look");
    // The checks go on to finance with the row.
    tick(&approver, "/declarations/approve", &needs, &[reference]).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/declarations?look=needs").await.says("1 payment declaration, £600.00 in all");
});

story!(new_figures_are_checked_when_they_are_declared_and_not_before, world, {
    declared(&world).await;
    world.count(MANAGER, "2025-06-30", 41).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/declarations?show=all").await.says("All (4)").says("Needs a look (0)");
    world.declare_all(MANAGER).await.expect(303);
    approver.get("/declarations").await.says("Within tolerance (4)");
    world.count(MANAGER, "2025-06-30", 99).await;
    approver.get("/declarations").await.says("All (3)").says("Needs a look (0)");
    world.set_today("2025-09-01");
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    approver
        .get("/declarations?look=needs")
        .await
        .says("Check: 147% more than the period before. The limit is 25%.")
        .says("Check: Declared 63 days after 30 June 2025. The limit is 60 days.");
});

story!(all_that_match_are_approved_as_they_were_looked_at, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let (address, page) = keep(&approver, &format!("{WAITING}&look=within")).await;
    page.expect(200)
        .says("Approve 3 payment declarations")
        .says("They come to £810.00 in all.")
        .says("Blood tests near home 3 0 £810.00")
        .says("Riverside Surgery, Blood tests near home, May 2025 : £400.00");
    let done = approver.post(&address, &[]).await;
    assert_eq!(done.expect(303).location(), "/declarations");
    assert_eq!(
        message(&done),
        "3 payment declarations approved, £810.00 in all. Finance must approve next."
    );
    approver.get("/declarations").await.says("All (1)");
    // A second press, and a second tab, find nothing more to do.
    approver.post(&address, &[]).await.expect(409).says("This list has been approved already");
    approver.get(&address).await.expect(409);
    // Finance does the same, and the rows are locked.
    let finance = world.sign_in(Seat::FINANCE).await;
    let (address, page) = keep(&finance, "show=all").await;
    page.says("Approve 3 payment declarations");
    let done = finance.post(&address, &[]).await;
    assert_eq!(
        message(&done),
        "3 payment declarations approved, £810.00 in all. The next payment file can pay this."
    );
    finance.get("/payments/new").await.says("£810.00");
    let facts = ["declaration_approved", "declaration_finance_approved"];
    for fact in facts {
        assert_eq!(world.facts(fact).await, 3, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(what_changed_or_may_not_be_approved_stays_and_is_named, world, {
    world.add_seat(Seat::TWO_HATS).await;
    declared(&world).await;
    world.count(MANAGER, "2025-04-30", 40).await;
    world.declare_all(Seat::TWO_HATS).await.expect(303);
    world.add_seat(Seat::TWO_HATS_ICB).await;
    let approver = world.sign_in(Seat::TWO_HATS_ICB).await;
    let (address, page) = keep(&approver, WAITING).await;
    page.says("Approve 4 payment declarations")
        .says("What stays as it is")
        .says("1 payment declaration: You cannot approve this because you declared it. Another person must approve.")
        .says("Riverside Surgery, Blood tests near home, April 2025");
    // The second practice changes its June, and somebody else approves its May.
    world.count(SECOND, "2025-06-30", 22).await;
    let other = world.sign_in(Seat::APPROVER).await;
    let list = other.get("/declarations?provider=hill").await;
    tick(&other, "/declarations/approve", &list, &list.values("declaration")).await.expect(303);
    let done = approver.post(&address, &[]).await;
    done.expect(200)
        .says("2 payment declarations approved")
        .says("2 payment declarations approved, £1,000.00 in all. Finance must approve next.")
        .says("Not approved")
        .says("2 payment declarations: It changed after you looked at the list.")
        .says("Hill Top Practice, Blood tests near home, May 2025")
        .says("1 payment declaration: You cannot approve this because you declared it. Another person must approve.");
    assert_eq!(world.facts("declaration_approved").await, 3);
    world.assert_history_is_whole().await;
});

story!(a_list_is_for_who_looks_at_it_and_for_nobody_else, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let (address, _) = keep(&approver, WAITING).await;
    for seat in [Seat::OTHER_APPROVER, Seat::APPROVER_AND_FINANCE, Seat::FINANCE] {
        let other = world.sign_in(seat).await;
        other.get(&address).await.expect(409).does_not_say("£");
        other.post(&address, &[]).await.expect(409);
    }
    for seat in [Seat::COMMISSIONER, Seat::COMMISSIONER_VIEW] {
        let other = world.sign_in(seat).await;
        other.post("/declarations/reviews", &[("back", WAITING)]).await.expect(403);
        other.post(&address, &[]).await.expect(403);
    }
    world.sign_in(MANAGER).await.post(&address, &[]).await.expect(403);
    let (_, empty) = keep(&world.sign_in(Seat::OTHER_APPROVER).await, "show=all").await;
    empty.says("There is nothing that you can approve.");
    assert_eq!(world.facts("declaration_approved").await, 0);
    // Another list takes the place of the one before.
    keep(&approver, WAITING).await;
    approver.post(&address, &[]).await.expect(409);
});

story!(of_fifty_who_press_at_once_one_approves_the_list, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let (address, _) = keep(&approver, WAITING).await;
    let id = address.rsplit('/').next().expect("a list").parse().expect("its identifier");
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (db, by) = (world.db.clone(), by.clone());
        callers
            .spawn(async move { store::declaration::review::carry_out(&db, id, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(done) = callers.join_next().await {
        match done.expect("a caller that ends") {
            Ok(rows) => {
                assert!(rows.iter().all(|row| row.stays.is_none()));
                winners += 1;
            }
            Err(Failed::Other(store::StoreError::NotFound)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("declaration_approved").await), (1, 4));
    world.assert_history_is_whole().await;
});

story!(a_commissioner_says_what_is_within_tolerance, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get("/declarations/limits").await;
    page.expect(200).says("Checks and bands").does_not_say("Save and check again");
    assert_eq!(page.value("change-percent"), "25");
    let fields = [
        ("version", "0"),
        ("change-percent", "4"),
        ("change-from", "£5"),
        ("peers-times", ""),
        ("late-days", "31"),
        ("defaults", "yes"),
    ];
    approver.post("/declarations/limits", &fields).await.expect(403);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let saved = commissioner.post("/declarations/limits", &fields).await;
    assert_eq!(saved.expect(303).location(), "/declarations/limits");
    // Declared on 2 July: May is late now, and June of both came to more than 4% more.
    approver.get("/declarations").await.says("Needs a look (4)");
    approver
        .get("/declarations?look=needs&provider=hill")
        .await
        .says("Check: 5% more than the period before. The limit is 4%.")
        .says("Check: Declared 32 days after 31 May 2025. The limit is 31 days.");
    let page = commissioner.get("/declarations/limits").await;
    assert_eq!((page.value("version"), page.value("change-from")), ("1".into(), "5.00".into()));
    // Somebody else was faster.
    commissioner.post("/declarations/limits", &fields).await.expect(409);
    let wrong = [("version", "1"), ("change-percent", "a lot"), ("change-from", "-1")];
    commissioner
        .post("/declarations/limits", &wrong)
        .await
        .expect(400)
        .says("The change must be a whole number, like 25");
    let wrong = [("version", "1"), ("change-percent", "0"), ("change-from", "1")];
    commissioner
        .post("/declarations/limits", &wrong)
        .await
        .expect(400)
        .says("The change must be from 1% to 1,000%, or empty");
    world.sign_in(MANAGER).await.get("/declarations/limits").await.expect(403);
    // The other ICB goes on as before.
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    assert_eq!(other.get("/declarations/limits").await.value("change-percent"), "25");
    assert_eq!(world.facts("check_limits_changed").await, 1);
    world.assert_history_is_whole().await;
});
