//! Stories of national figures: loaded, looked at, taken into use, and what they move.

use crate::{
    story,
    support::{Seat, World, figures::amount},
};
use domain::{
    Actor,
    Field::{Denominator, Numerator},
    Pence, Role,
    reference::{CannotUseFigures, ReferenceState},
};
use store::{
    Failed,
    reference::{self, Version},
};

/// A points service where 1 point is worth £225.49 and the first practice has just the average list.
pub const POINTS: &str = r#"
code = "PTS2526"
name = "Points of care"
summary = "One percentage."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
points_decimals = 2
list_size_date = 2026-01-01
reference = "QOF"

[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "PTS"

[[component]]
code = "CARE"
name = "Care"

[[component.indicator]]
code = "CARE1"
name = "Care given"
kind = "fraction"
points = "10"
lower = "40"
upper = "90"
"#;

/// Decides about national figures.
const ADMINISTRATOR: Seat =
    Seat { name: "Kate Birch", organisation: "Y99", roles: &[Role::OrganisationAdministrator] };
const SECOND: Seat =
    Seat { name: "Ned Frost", organisation: "Y99", roles: &[Role::OrganisationAdministrator] };
const OF_AN_ICB: Seat =
    Seat { name: "Uma Lake", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

/// The text of national figures of 2025 to 2026.
fn figures(point_value: &str, average_list: u32) -> String {
    format!(
        "set = \"QOF\"\nyear = 2025\npoint_value = \"{point_value}\"\naverage_list = {average_list}\n\
         source = \"A correction\"\npublished_on = 2026-04-02\n"
    )
}

async fn load(world: &World, text: &str, by: &Actor) -> Version {
    reference::load(&world.db, "figures.toml", text, by, &world.now()).await.expect("it loads").0
}

/// Half of 10 points are earned: £1,127.45 at £225.49 a point.
async fn with_points(world: &World) {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let half = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    let key = ("PTS2526", "2026-03-31", "CARE");
    world.submit(Seat::PRACTICE_MANAGER, key, &half).await.expect("figures are in");
}

story!(national_figures_wait_until_somebody_takes_them_into_use, world, {
    world.add_seat(ADMINISTRATOR).await;
    with_points(&world).await;
    let by = world.actor(ADMINISTRATOR).await;
    let text = figures("240.00", 10_839);
    let version = load(&world, &text, &by).await;
    assert_eq!((version.number, version.loaded.state), (2, ReferenceState::Loaded));
    assert_eq!(world.sweep().await.calculated, 0, "nothing changes by loading");
    let again = reference::load(&world.db, "figures.toml", &text, &by, &world.now()).await;
    assert!(!again.expect("it loads").1, "the same figures again are no new version");
    reference::set_aside(&world.db, version.id, version.version, &by, &world.now()).await.unwrap();
    let used =
        reference::take_into_use(&world.db, version.id, version.version + 1, &by, &world.now())
            .await;
    assert!(matches!(used, Err(Failed::Refused(CannotUseFigures::NotWaiting("Set aside")))));
    let third = load(&world, &text, &by).await;
    let stale =
        reference::take_into_use(&world.db, third.id, third.version + 1, &by, &world.now()).await;
    assert!(matches!(stale, Err(Failed::Other(store::StoreError::Stale))));
    reference::take_into_use(&world.db, third.id, third.version, &by, &world.now()).await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    let states: Vec<_> = reference::list(&mut tx)
        .await
        .unwrap()
        .into_iter()
        .filter(|own| own.loaded.figures.year.0 == 2025)
        .map(|own| (own.number, own.loaded.state))
        .collect();
    let (used, aside, before) =
        (ReferenceState::InForce, ReferenceState::SetAside, ReferenceState::Superseded);
    assert_eq!(states, [(3, used), (2, aside), (1, before)]);
    drop(tx);
    world.assert_history_is_whole().await;
});

story!(a_new_value_of_a_point_is_paid_at_once_and_says_so, world, {
    world.add_seat(ADMINISTRATOR).await;
    with_points(&world).await;
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(112_745));
    world.declare_newest(Seat::PRACTICE_MANAGER).await;
    let by = world.actor(ADMINISTRATOR).await;
    // 2.2142 pence for a patient again, so that nobody else is needed.
    let version = load(&world, &figures("225.52", 10_185), &by).await;
    let marked =
        reference::take_into_use(&world.db, version.id, version.version, &by, &world.now()).await;
    assert_eq!(marked.unwrap(), 1);
    assert_eq!(world.sweep().await.calculated, 1);
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    // 5 points × £225.52 × 10,184 ÷ 10,185
    assert_eq!(amount(&detail), Pence(112_749));
    let row = world.results(Seat::PRACTICE_MANAGER).await.remove(0);
    assert_eq!(row.declaration.as_deref(), Some("awaiting_provider"), "to be declared again");
    let page = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = page.get(&format!("/achievement/{}", row.id)).await;
    page.expect(200)
        .says("national figures QOF 2025 to 2026, version 2, were taken into use by Kate Birch");
    assert_eq!(world.sweep().await.calculated, 0, "once");
});

story!(what_comes_to_the_same_is_not_calculated_anew, world, {
    world.add_seat(ADMINISTRATOR).await;
    with_points(&world).await;
    let before = world.facts("achievement_calculated").await;
    let by = world.actor(ADMINISTRATOR).await;
    let version = load(&world, &figures("225.49", 10_184), &by).await;
    reference::take_into_use(&world.db, version.id, version.version, &by, &world.now())
        .await
        .unwrap();
    assert_eq!(world.sweep().await.calculated, 0);
    assert_eq!(world.facts("achievement_calculated").await, before);
});

story!(a_pair_that_breaks_what_is_known_needs_a_second_person, world, {
    for seat in [ADMINISTRATOR, SECOND] {
        world.add_seat(seat).await;
    }
    let (by, second) = (world.actor(ADMINISTRATOR).await, world.actor(SECOND).await);
    let version = load(&world, &figures("225.49", 9_962), &by).await;
    let alone =
        reference::take_into_use(&world.db, version.id, version.version, &by, &world.now()).await;
    let said = alone.unwrap_err().to_string();
    assert_eq!(
        said,
        "The value of a point over the average list is 2.2635 pence. For 2025 to 2026 it should be 2.2142 pence. \
         One of the two numbers may be wrong. A second person must check the figures against their source and take \
         them into use, not the one who loaded them."
    );
    reference::take_into_use(&world.db, version.id, version.version, &second, &world.now())
        .await
        .unwrap();
});

story!(only_the_commissioner_at_the_top_takes_national_figures_into_use, world, {
    world.add_seat(OF_AN_ICB).await;
    let system = Actor::system("story");
    let version = load(&world, &figures("225.52", 10_185), &system).await;
    for (seat, refused) in
        [(OF_AN_ICB, "only the one at the top"), (Seat::COMMISSIONER, "You need the role")]
    {
        let by = world.actor(seat).await;
        let used =
            reference::take_into_use(&world.db, version.id, version.version, &by, &world.now())
                .await;
        let said = used.unwrap_err().to_string();
        assert!(said.contains(refused), "{said}");
    }
});

story!(without_national_figures_a_payment_is_held_and_says_so, world, {
    let other = POINTS.replace("reference = \"QOF\"", "reference = \"IIF\"");
    world.takes_part(&other, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let half = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    let key = ("PTS2526", "2026-03-31", "CARE");
    let outcome = world.submit(Seat::PRACTICE_MANAGER, key, &half).await.unwrap();
    assert_eq!(
        outcome.held_because,
        "The payment cannot be calculated until these are in: national figures IIF 2025 to 2026."
    );
});
