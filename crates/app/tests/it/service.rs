//! Stories of services: published once, shown to everybody, never changed.

use crate::{story, support::Seat, support::World};
use domain::Actor;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use store::{Failed, service::CannotPublish};

/// A local service for practices with four components, paid each quarter.
pub const LOCAL: &str = include_str!("../../../../catalogue/2025-26/local_services.toml");
/// A service for networks.
pub const NETWORK: &str =
    include_str!("../../../../catalogue/2025-26/network_enhanced_access.toml");
/// A service of the year before.
pub const ENDED: &str = include_str!("../../../../catalogue/2024-25/local_services.toml");

/// Publishes a definition, as the import command does.
pub async fn publish(world: &World, definition: &str) {
    store::service::publish(&world.db, definition, &Actor::system("story"), &world.now())
        .await
        .expect("a good definition");
}

story!(the_same_definition_again_changes_nothing, world, {
    let by = Actor::system("story");
    let first = store::service::publish(&world.db, LOCAL, &by, &world.now()).await.expect("new");
    let again = store::service::publish(&world.db, LOCAL, &by, &world.now()).await.expect("same");
    assert!(first.is_new && !again.is_new && first.id == again.id);
    assert_eq!(world.facts("service_published").await, 1);
});

story!(a_published_service_never_changes, world, {
    publish(&world, LOCAL).await;
    let changed = LOCAL.replace("3.10", "9.99");
    assert_ne!(changed, LOCAL);
    let refused =
        store::service::publish(&world.db, &changed, &Actor::system("story"), &world.now()).await;
    assert!(
        matches!(&refused, Err(Failed::Refused(CannotPublish::Different { code, next: 2 })) if code == "LCS2526"),
        "{refused:?}"
    );
    assert_eq!(world.facts("service_published").await, 1);
});

story!(a_wrong_definition_is_refused_with_everything_wrong_in_it, world, {
    let wrong = LOCAL.replace("family = \"Local\"", "family = \"Nonsense\"").replace("3.10", "x");
    let refused =
        store::service::publish(&world.db, &wrong, &Actor::system("story"), &world.now()).await;
    let Err(Failed::Refused(CannotPublish::Invalid(problems))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(world.facts("service_published").await, 0);
});

story!(a_service_goes_on_from_one_of_the_year_before_or_from_one_not_published_yet, world, {
    let next = include_str!("../../../../catalogue/2026-27/local_services.toml");
    publish(&world, &next.replace("LCS2627", "LCSB2627")).await;
    publish(&world, LOCAL).await;
    publish(&world, NETWORK).await;
    publish(&world, next).await;
    let wrong = ENDED.replace("family = \"Local\"", "family = \"Local\"\nfollows = \"NCEA2526\"");
    let refused =
        store::service::publish(&world.db, &wrong, &Actor::system("story"), &world.now()).await;
    let Err(Failed::Refused(CannotPublish::Invalid(problems))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(problems.len(), 2, "its year and its providers: {problems:?}");
    assert_eq!(world.facts("service_published").await, 4);
});

story!(nobody_publishes_from_a_seat, world, {
    let by = world.actor(Seat::COMMISSIONER).await;
    let refused = store::service::publish(&world.db, LOCAL, &by, &world.now()).await;
    assert!(matches!(refused, Err(Failed::Refused(CannotPublish::NotAllowed(_)))), "{refused:?}");
});

story!(the_catalogue_shows_every_service_with_its_prices, world, {
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/services").await.expect(200).says("No services have been published");
    for definition in [LOCAL, NETWORK, ENDED] {
        publish(&world, definition).await;
    }
    commissioner
        .get("/services")
        .await
        .expect(200)
        .says("3 services")
        .says("Local primary care services 2025 to 2026")
        .says("Not offered");
    let searched = commissioner.get("/services?search=network&year=2025").await;
    searched.expect(200).says("1 service").says("NCEA2526").does_not_say("LCS2526");
    commissioner
        .get("/services?search=100%25")
        .await
        .expect(200)
        .says("No services match your filters");
    let page = commissioner.get("/catalogue/LCS2526").await;
    page.expect(200)
        .says("Spirometry")
        .says("£38.50 for each")
        .says("No more than SPI001")
        .says("Each quarter, by a fee for each item.")
        .says("Who takes part");
    commissioner.get("/catalogue/NCEA2526").await.says("a year for each patient");
    commissioner.get("/catalogue/NOTHING").await.expect(404);
    let provider = world.sign_in(Seat::PRACTICE_VIEW).await;
    provider.get("/catalogue/LCS2526").await.expect(200).does_not_say("Who takes part");
    assert_eq!(
        world.stranger().get("/catalogue/LCS2526").await.expect(303).location(),
        "/sign-in?next=%2Fcatalogue%2FLCS2526"
    );
});

story!(a_service_paid_by_points_shows_thresholds_and_national_values, world, {
    publish(&world, include_str!("../../../../catalogue/2025-26/qof.toml")).await;
    publish(&world, include_str!("../../../../catalogue/2025-26/cvd_prevention_audit.toml")).await;
    let browser = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    browser
        .get("/catalogue/QOF2526")
        .await
        .expect(200)
        .says("Once a year, by points.")
        .says("From 40% to 90%")
        .says("From 35% to 75% (not verified)")
        .says("National average list")
        .says("Source: Version 1. A story");
    browser.get("/catalogue/CVDP2526").await.says("Participation only. There is no payment.");
});

story!(those_who_only_view_see_no_price, world, {
    let qof = include_str!("../../../../catalogue/2025-26/qof.toml");
    for definition in [LOCAL, NETWORK, qof] {
        publish(&world, definition).await;
    }
    for seat in [Seat::COMMISSIONER_VIEW, Seat::PRACTICE_VIEW] {
        let viewer = world.sign_in(seat).await;
        for code in ["LCS2526", "NCEA2526", "QOF2526"] {
            let page = viewer.get(&format!("/catalogue/{code}")).await;
            page.expect(200).does_not_say("£");
        }
    }
    let page = world.sign_in(Seat::PRACTICE_MANAGER).await.get("/catalogue/LCS2526").await;
    page.expect(200).says("£3.10 for each");
});

/// `accord import service` on a database of its own.
fn import(database: &Path, files: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database"])
        .arg(database)
        .arg("service")
        .args(files)
        .output()
        .expect("the program runs")
}

#[test]
fn the_command_publishes_good_definitions_and_none_beside_a_wrong_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (database, good, wrong, changed) =
        (at("accord.db"), at("good.toml"), at("wrong.toml"), at("changed.toml"));
    fs::write(&good, LOCAL).expect("a file");
    fs::write(&wrong, LOCAL.replace("year = 2025", "year = 1")).expect("a file");
    fs::write(&changed, LOCAL.replace("3.10", "9.99")).expect("a file");

    let refused = import(&database, &[&good, &wrong]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("wrong.toml: year: found 1, allowed"), "{said}");
    assert!(said.contains("Nothing was saved."), "{said}");

    for (what, expected) in [("published", 0), ("unchanged", 0)] {
        let done = import(&database, &[&good]);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(done.status.code(), Some(expected), "{said}");
        assert!(
            said.contains(&format!("LCS2526 Local primary care services 2025 to 2026: {what}"))
        );
        // Its dates need bank holidays that nobody has loaded.
        assert!(said.contains("LCS2526: the bank holidays of 2025, 2026 are not loaded"), "{said}");
    }

    let refused = import(&database, &[&changed]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Service LCS2526 is already published with another definition."),
        "{said}"
    );
}
