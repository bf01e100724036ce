//! Stories of taking back everything that was declared of a service: looked at first, then done to what was looked at.

use super::{HOLD, MANAGER, REASON, counted, hours};
use crate::{
    story,
    support::{
        Page, Seat, World,
        figures::NETWORK,
        money::{message, tick},
    },
};

const CHECK: &str = "/declarations/take-back?service=BLD2526&go=check";

/// Sends the form of a check page with a reason.
async fn take_back(world: &World, check: &Page, reason: &str) -> Page {
    let mut fields = vec![("reason", reason.to_owned())];
    for name in ["service", "cluster", "date", "seen"] {
        fields.push((name, check.value(name)));
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.sign_in(Seat::APPROVER).await.post("/declarations/take-back", &fields).await
}

/// One practice is at the commissioner, the other at finance; a third row is locked, a fourth is not declared.
async fn declared(world: &World) {
    counted(world).await;
    world.count(Seat::SECOND_PRACTICE, "2025-05-31", 5).await;
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    let list = finance.get("/declarations").await;
    let may = list.values("declaration");
    tick(&finance, "/declarations/approve", &list, &may[1..]).await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    world.count(MANAGER, "2025-05-31", 3).await;
}

story!(what_was_declared_goes_back_and_is_declared_again, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/declarations").await.says("Take declarations back");
    let form = approver.get("/declarations/take-back").await;
    form.expect(200).says("Blood tests near home").says("30 June 2025");
    approver.get("/declarations/take-back?go=check").await.expect(422).says("Select a service");
    let check = approver.get(CHECK).await;
    check.expect(200).says("Take back 2 declarations").says("Providers All providers");
    check.says("Declarations 2").says("Total £490.00");
    check.says("1 declaration: Finance has approved this, so it is locked.");
    check.says("1 declaration: The provider has not declared this");
    let done = take_back(&world, &check, "The extract was wrong.").await;
    assert_eq!(
        message(done.expect(303)),
        "You took back 2 declarations, £490.00 in all. 2 people were told."
    );
    assert_eq!(world.facts("declaration_taken_back").await, 2);
    let states = world.states(Seat::APPROVER).await;
    assert_eq!(states.iter().filter(|state| **state == "awaiting_provider").count(), 3);
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    page.says("The commissioner took your declaration back: The extract was wrong. Check");
    let own = page.values("declaration");
    let one = provider.get(&format!("/declarations/{}", own[0])).await;
    one.says("Taken back to the provider by the commissioner: The extract was wrong.");
    for seat in [MANAGER, Seat::SECOND_PRACTICE] {
        assert_eq!(world.subjects(seat).await[0], "Declare again: 1 declaration was taken back");
        world.declare_all(seat).await.expect(303);
    }
    provider.get("/achievement/declare").await.does_not_say("took your declaration back");
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.assert_history_is_whole().await;
});

story!(what_changed_after_it_was_looked_at_stays_and_is_named, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let check = approver.get(CHECK).await;
    // Meanwhile one of the two is locked, and another one is declared.
    world.approve_all(Seat::FINANCE).await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    let done = take_back(&world, &check, "Wrong").await;
    done.expect(409).says("You took back 1 declaration, £420.00 in all. 1 person was told.");
    done.says("Hill Top Practice, Blood tests near home, June 2025: this changed after you looked");
    done.says("It is now Approved.");
    done.says("Riverside Surgery, Blood tests near home, May 2025: this changed after you looked");
    assert_eq!(world.facts("declaration_taken_back").await, 1);
    // The same form again finds nothing as it was seen.
    let again = take_back(&world, &check, "Wrong").await;
    again.expect(409).does_not_say("You took back");
    assert_eq!(world.facts("declaration_taken_back").await, 1);
    world.assert_history_is_whole().await;
});

story!(a_cluster_and_a_period_narrow_what_goes_back, world, {
    declared(&world).await;
    let cluster = world.cluster("Y00002").await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let check = approver.get(&format!("{CHECK}&cluster={cluster}")).await;
    check.says("Take back 1 declaration").says("Providers One supplier").says("Total £70.00");
    let none = approver.get(&format!("{CHECK}&date=2025-05-31")).await;
    none.says("There is nothing to take back here.").says("Period that ends on 31 May 2025");
    let done = take_back(&world, &check, "Wrong").await;
    done.expect(303);
    assert_eq!(world.facts("declaration_taken_back").await, 1);
    approver.get(&format!("{CHECK}&cluster=CL-1")).await.expect(404);
});

story!(taking_back_goes_with_a_hold_and_what_nobody_declared_stays, world, {
    counted(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    world.place("declaring", "").await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get(HOLD).await;
    let link = page.links("/declarations/take-back").pop().expect("a link from the hold");
    assert!(approver.get(&link).await.expect(200).html.contains("value=\"BLD2526\" selected"));
    let check = approver.get(CHECK).await;
    check.says(REASON).says("Take back 1 declaration");
    take_back(&world, &check, "Wrong").await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    assert!(provider.get("/achievement/declare").await.values("declaration").is_empty());
    world.lift(HOLD, "").await.expect(303);
    world.declare_all(MANAGER).await.expect(303);

    world.takes_part(NETWORK, &["U00001"]).await;
    hours(&world, "2025-08-02", "2025-07-31").await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let check = approver.get("/declarations/take-back?service=NCEA2526&go=check").await;
    check
        .says("There is nothing to take back here.")
        .says("No person declared this (No Declaration Required)");
});

story!(declarations_are_taken_back_with_a_reason_by_who_pays, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let check = approver.get(CHECK).await;
    let long = "x".repeat(501);
    for (reason, words) in [
        (" ", "Enter a reason for taking declarations back"),
        (&*long, "Reason must be 500 characters or less"),
    ] {
        let page = take_back(&world, &check, reason).await;
        page.expect(422).says("There is a problem").says(words);
        assert!(page.text().contains(reason.trim()), "what was typed stays");
    }
    let fields = [("service", "BLD2526"), ("seen", &*check.value("seen")), ("reason", "Wrong")];
    approver.post("/declarations/take-back", &[("seen", "x")]).await.expect(400);
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    viewer.get(CHECK).await.expect(403);
    viewer.post("/declarations/take-back", &fields).await.expect(403);
    viewer.get("/declarations?show=all").await.does_not_say("Take declarations back");
    world.sign_in(MANAGER).await.post("/declarations/take-back", &fields).await.expect(403);
    let elsewhere = world.sign_in(Seat::OTHER_APPROVER).await;
    elsewhere.get(CHECK).await.expect(404);
    elsewhere.post("/declarations/take-back", &fields).await.expect(404);
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    region.get(CHECK).await.expect(403);
    region.post("/declarations/take-back", &fields).await.expect(403);
    assert_eq!(world.facts("declaration_taken_back").await, 0);
});

story!(of_fifty_who_take_the_same_back_at_once_one_does, world, {
    declared(&world).await;
    let (approver, now) = (world.actor(Seat::APPROVER).await, world.now());
    let which =
        store::declaration::take_back::Which { service: "BLD2526".into(), ..Default::default() };
    let mut tx = world.db.read().await.unwrap();
    let review = store::declaration::take_back::review(&mut tx, &which, &approver).await.unwrap();
    drop(tx);
    let seen: Vec<(String, i64)> = review
        .rows
        .iter()
        .map(|row| (row.declaration.reference.clone(), row.declaration.version))
        .collect();
    assert_eq!(seen.len(), 2);
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let (db, by, which, seen) =
            (world.db.clone(), approver.clone(), which.clone(), seen.clone());
        waiting.push(tokio::spawn(async move {
            let done =
                store::declaration::take_back::carry_out(&db, (&which, &seen), "Wrong", &by, &now);
            done.await.map(|done| done.count).unwrap_or_default()
        }));
    }
    let mut taken = 0;
    for one in waiting {
        taken += one.await.unwrap();
    }
    assert_eq!((taken, world.facts("declaration_taken_back").await), (2, 2));
    world.assert_history_is_whole().await;
});
