//! Stories of declaring indicator by indicator, where the definition asks for it, before the whole is declared.

use crate::{
    story,
    support::{Seat, World, money::message},
};
use domain::{Field, Role};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const COLLEAGUE: Seat =
    Seat { name: "Lee Fox", organisation: "Y00001", roles: &[Role::DeclarationManagement] };

/// Two indicators are declared by themselves, the third with the whole.
const NETWORK_LIKE: &str = r#"
code = "NCDX2526"
name = "Reviews near home"
summary = "A fee for each review."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"

[payment]
frequency = "monthly"
declaration_required = true
approval_required = true
pay_code = "REVIEW"

[[component]]
code = "REVIEW"
name = "Reviews"

[[component.indicator]]
code = "NCDX1"
name = "Medicine reviews"
kind = "count"
fee = "10.00"
unit = "reviews"
subject_to_declare = true

[[component.indicator]]
code = "NCDX2"
name = "Care home reviews"
kind = "count"
fee = "20.00"
unit = "reviews"
subject_to_declare = true

[[component.indicator]]
code = "NCDX3"
name = "Other reviews"
kind = "count"
fee = "1.00"
unit = "reviews"
"#;

/// April is handed in and waits for its provider; its reference.
async fn april(world: &World) -> String {
    world.add_seat(COLLEAGUE).await;
    world.takes_part(NETWORK_LIKE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    hand_in(world, "4").await;
    let page = world.sign_in(MANAGER).await.get("/achievement/declare").await;
    let address = page.links("/declarations/D-").into_iter().next().expect("April waits");
    let reference = address.trim_start_matches("/declarations/");
    reference.split('#').next().expect("a reference").to_owned()
}

async fn hand_in(world: &World, first: &str) {
    let figures =
        [("NCDX1", first), ("NCDX2", "3"), ("NCDX3", "2")].map(|(code, n)| (code, Field::Count, n));
    let what = ("NCDX2526", "2025-04-30", "REVIEW");
    world.submit(MANAGER, what, &figures).await.expect("the counts are taken");
}

/// Declares indicators from the page as it stands.
async fn declare(world: &World, seat: Seat, reference: &str, codes: &[&str]) -> String {
    let browser = world.sign_in(seat).await;
    let page = browser.get(&format!("/declarations/{reference}")).await;
    let seen = page.expect(200).value("seen");
    let mut fields = vec![("seen", &*seen)];
    fields.extend(codes.iter().map(|code| ("indicator", *code)));
    let done = browser.post(&format!("/declarations/{reference}/indicators"), &fields).await;
    message(done.expect(303))
}

story!(each_indicator_is_declared_before_the_whole, world, {
    let april = april(&world).await;
    let manager = world.sign_in(MANAGER).await;
    let list = manager.get("/achievement/declare").await;
    list.says("Declare 2 indicators first");
    assert!(list.values("declaration").is_empty(), "it cannot be ticked yet");
    let address = format!("/declarations/{april}");
    let page = manager.get(&address).await;
    page.says("2 indicators of 2 wait to be declared.")
        .says("NCDX1")
        .says("Medicine reviews")
        .says("£40.00")
        .says("NCDX2")
        .says("£60.00")
        .does_not_say("NCDX3");
    assert_eq!(page.values("indicator"), ["NCDX1", "NCDX2"]);

    let seen = list.value("seen");
    let early = [("seen", &*seen), ("declaration", &april), ("action", "declare")];
    manager
        .post("/achievement/declare", &early)
        .await
        .expect(409)
        .says("These indicators are declared by themselves first: NCDX1, NCDX2.");
    let none = manager.post(&format!("{address}/indicators"), &[("seen", &seen)]).await;
    none.expect(422).says("Select at least 1 indicator to declare");

    let said = declare(&world, MANAGER, &april, &["NCDX1"]).await;
    assert_eq!(said, "Declared. 1 indicator is left.");
    let page = manager.get(&address).await;
    page.says("1 indicator of 2 waits to be declared.").says(&format!("{}, 2 May", MANAGER.name));
    assert_eq!(page.values("indicator"), ["NCDX2"]);
    let said = declare(&world, COLLEAGUE, &april, &["NCDX2"]).await;
    assert_eq!(said, "All indicators are declared. You can now declare the achievement.");

    world.declare_all(MANAGER).await.expect(303);
    let page = world.sign_in(Seat::APPROVER).await.get(&address).await;
    page.says("All of them are declared.")
        .says("Lee Fox, 2 May")
        .says("Declared by themselves: NCDX2");
    assert!(page.values("indicator").is_empty(), "the commissioner declares nothing");
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.assert_history_is_whole().await;
});

story!(new_figures_and_a_rejection_ask_for_every_indicator_again, world, {
    let april = april(&world).await;
    declare(&world, MANAGER, &april, &["NCDX1", "NCDX2"]).await;
    hand_in(&world, "5").await;
    let address = format!("/declarations/{april}");
    let manager = world.sign_in(MANAGER).await;
    manager.get(&address).await.says("2 indicators of 2 wait to be declared.");

    declare(&world, MANAGER, &april, &["NCDX1", "NCDX2"]).await;
    world.declare_all(MANAGER).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let form = approver.get(&format!("{address}/reject")).await;
    let fields = [("seen", &*form.value("seen")), ("reason", "NCDX2 counts 1 home twice")];
    approver.post(&format!("{address}/reject"), &fields).await.expect(303);
    manager.get(&address).await.says("2 indicators of 2 wait to be declared.");
});

story!(an_indicator_is_declared_once_by_who_may_and_over_what_was_seen, world, {
    let april = april(&world).await;
    let address = format!("/declarations/{april}/indicators");
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get(&format!("/declarations/{april}")).await;
    let seen = page.value("seen");
    let first = [("seen", &*seen), ("indicator", "NCDX1")];
    for (seat, status) in [
        (Seat::PRACTICE_VIEW, 403),
        (Seat::APPROVER, 403),
        (Seat::SECOND_PRACTICE, 404),
        (Seat::FOREIGN_PRACTICE, 404),
    ] {
        world.sign_in(seat).await.post(&address, &first).await.expect(status);
    }
    let unknown = [("seen", &*seen), ("indicator", "NCDX3")];
    manager.post(&address, &unknown).await.expect(400);
    manager.post(&address, &[("indicator", "NCDX1")]).await.expect(400);

    let colleague = world.sign_in(COLLEAGUE).await;
    colleague.post(&address, &first).await.expect(303);
    manager.post(&address, &first).await.expect(409).says("Lee Fox declared NCDX1 on 2 May");
    let other = [("seen", &*seen), ("indicator", "NCDX2")];
    manager.post(&address, &other).await.expect(409).says("figures changed while you were looking");
    assert_eq!(world.facts("indicators_declared").await, 1);

    hand_in(&world, "6").await;
    let stale = manager.post(&address, &first).await;
    stale.expect(409).says("figures changed while you were looking");
});
