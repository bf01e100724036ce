//! Somebody whose roles are narrowed asks every address, and walks through everything that there is: outside of the narrowing
//! nothing is there, inside everything is as for everybody else.

use super::{
    Sees, asked,
    pounds::{leads_to, text_of},
    records::Records,
};
use crate::{
    story,
    support::{
        Seat, World,
        figures::{ADVICE, SHINGLES},
    },
};
use domain::{Field, OrganisationKind, Role};
use std::collections::{BTreeSet, VecDeque};
use web::routes::TABLE;

/// Pages that a walk may take; one that finds more goes in circles.
const MOST_PAGES: usize = 1_500;
/// The roles of a commissioner and of a practice that can be narrowed.
const OF_ICB: [Role; 7] = [
    Role::View,
    Role::FinanceView,
    Role::AchievementEntry,
    Role::ApprovalManagement,
    Role::SecondApproval,
    Role::FinanceManagement,
    Role::Supervisor,
];
const OF_PRACTICE: [Role; 4] = [
    Role::ServiceManagement,
    Role::AchievementEntry,
    Role::DeclarationManagement,
    Role::FinanceView,
];

/// What no narrowing hides: what names no record of a provider or a service.
fn is_for_everybody(path: &str) -> bool {
    ["/assets/", "/password/", "/ask-for-access/", "/national-figures/", "/declarations/reviews/"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// The records of the first practice, of a cluster that it is not in: services are there for everybody, and a hold on all
/// providers is one on those of the cluster too, as the contract reaches the second practice as well.
fn of_another_cluster(path: &str) -> bool {
    let is_there = ["/catalogue/", "/holds/", "/contracts/{reference}"]
        .iter()
        .any(|start| path.starts_with(start));
    is_there || is_for_everybody(path)
}

/// The same records, of a family that none of the services is of.
fn of_another_family(path: &str) -> bool {
    path.starts_with("/clusters/") || is_for_everybody(path)
}

fn of_all(_: &str) -> bool {
    true
}

/// Two clusters besides those there are, and a practice inside of what is narrowed to with something to see.
async fn more(world: &World) {
    world.add_cluster("Hills", &["Y00002"]).await;
    world.add_cluster("Riverside", &["U00001"]).await;
    // In the year before, while services of that year can still be offered.
    world.set_today("2025-07-02");
    world.takes_part(SHINGLES, &["Y00001", "Y00002"]).await;
    world.takes_part(ADVICE, &["Y00001", "Y00002"]).await;
    let counts = [("AG001", Field::Count, "7")];
    world
        .submit(Seat::SECOND_PRACTICE, ("AG2526", "2025-06-30", "ADVICE"), &counts)
        .await
        .expect("a count");
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    world.set_today("2026-04-02");
}

struct Case {
    /// Part of the people's names.
    name: &'static str,
    families: &'static [&'static str],
    cluster: Option<&'static str>,
    sees: Sees,
}

const OUTSIDE: [Case; 2] = [
    Case { name: "Hills", families: &[], cluster: Some("Hills"), sees: of_another_cluster },
    Case { name: "Shots", families: &["V&I"], cluster: None, sees: of_another_family },
];

fn seat(role: Role, case: &Case, organisation: &'static str) -> Seat {
    let name = format!("{} {} {organisation}", role.name(), case.name).leak();
    Seat { name, organisation, roles: vec![role].leak() }
}

story!(what_is_outside_of_a_narrowing_is_at_no_address, world, {
    let mut world = world;
    world.serve(|web| web.settings.security_contact = Some("mailto:security@icb.example".into()));
    let records = Records::make(&world).await;
    more(&world).await;
    let mut wrong = Vec::new();
    for case in &OUTSIDE {
        for role in OF_ICB {
            let seat = seat(role, case, "QAA");
            world.add_narrowed_seat(seat, case.families, case.cluster).await;
            let kind = OrganisationKind::Icb;
            wrong.extend(asked(&world, &records, seat, kind, Some(case.sees)).await);
        }
    }
    for role in OF_PRACTICE {
        let seat = seat(role, &OUTSIDE[1], "Y00001");
        world.add_narrowed_seat(seat, &["V&I"], None).await;
        let kind = OrganisationKind::Practice;
        wrong.extend(asked(&world, &records, seat, kind, Some(of_another_family)).await);
    }
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
    world.assert_history_is_whole().await;
});

story!(what_is_inside_of_a_narrowing_is_as_for_everybody, world, {
    let mut world = world;
    world.serve(|web| web.settings.security_contact = Some("mailto:security@icb.example".into()));
    let records = Records::make(&world).await;
    more(&world).await;
    // The practice is in the cluster with its network.
    let case = Case {
        name: "Riverside",
        families: &["Local", "Network", "QOF", "Manual"],
        cluster: Some("Riverside"),
        sees: |path| !path.starts_with("/clusters/"),
    };
    let mut wrong = Vec::new();
    for role in OF_ICB {
        let seat = seat(role, &case, "QAA");
        world.add_narrowed_seat(seat, case.families, case.cluster).await;
        let kind = OrganisationKind::Icb;
        wrong.extend(asked(&world, &records, seat, kind, Some(case.sees)).await);
    }
    for role in OF_PRACTICE {
        let seat = seat(role, &case, "Y00001");
        world.add_narrowed_seat(seat, case.families, None).await;
        wrong.extend(asked(&world, &records, seat, OrganisationKind::Practice, Some(of_all)).await);
    }
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
});

/// Codes and names of what somebody must not meet.
async fn outside(world: &World, seat: Seat, case: &Case) -> Vec<String> {
    #[derive(sqlx::FromRow)]
    struct Named {
        code: String,
        name: String,
    }
    let mut tx = world.db.read().await.expect("a question");
    let services = "SELECT code, name FROM service WHERE $1 NOT LIKE '%|' || family || '|%'";
    let families = format!("|{}|", case.families.join("|"));
    let mut all: Vec<Named> = match case.families {
        [] => Vec::new(),
        _ => tx.all(services, store::args![families]).await.expect("services"),
    };
    if case.cluster.is_some() {
        let providers =
            "SELECT code, name FROM organisation o WHERE kind IN ('practice', 'pcn') AND NOT EXISTS
            (SELECT 1 FROM provider_cluster_member m JOIN provider_cluster k ON k.id = m.cluster_id
             WHERE k.name = $1 AND m.provider_id = o.id)";
        let found: Vec<Named> =
            tx.all(providers, store::args![case.cluster]).await.expect("providers");
        all.extend(found);
    }
    assert!(all.len() > 2, "{}: there is too little to look for", seat.name);
    all.into_iter().flat_map(|one| [one.code, one.name]).collect()
}

/// Walks from home and from every row of the table; gives what was found, and the text of all pages.
async fn walk(
    world: &World,
    seat: Seat,
    records: &Records,
    absent: &[String],
) -> (Vec<String>, String) {
    let browser = world.sign_in(seat).await;
    let kind = world.actor(seat).await.organisation().expect("an organisation").kind;
    let mut waiting: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    // The register and the figures of the nation are for everybody.
    let is_public = |path: &str| {
        ["/assets", "/ask-for-access", "/national-figures", "/help"]
            .iter()
            .any(|start| path.starts_with(start))
    };
    for row in TABLE.iter().filter(|row| row.method == "GET") {
        let named = records.named(row.method, row.path, kind);
        waiting.push_back(named.map_or(row.path.to_owned(), |one| one.address));
    }
    let (mut seen, mut wrong, mut all) = (BTreeSet::new(), Vec::new(), String::new());
    while let Some(address) = waiting.pop_front() {
        if is_public(&address) || !seen.insert(address.clone()) {
            continue;
        }
        assert!(seen.len() < MOST_PAGES, "the walk of {} goes in circles", seat.name);
        let page = browser.get(&address).await;
        assert!(page.status.as_u16() < 500, "{}: {address} answers {}", seat.name, page.status);
        let text = text_of(&page);
        for what in absent.iter().filter(|what| text.contains(what.as_str())) {
            wrong.push(format!("{} at {address}: {what}", seat.name));
        }
        all.push_str(&text);
        waiting.extend(leads_to(&page));
        if page.status == 303 {
            waiting.push_back(page.location().to_owned());
        }
    }
    (wrong, all)
}

story!(who_is_narrowed_meets_no_name_from_outside_on_any_page_or_in_any_file, world, {
    let records = Records::make(&world).await;
    more(&world).await;
    let mut wrong = Vec::new();
    let (view, finance) = (Role::View, Role::FinanceManagement);
    let approval = Role::ApprovalManagement;
    for (case, inside) in OUTSIDE.iter().zip(["Hill Top Practice", "Shingles"]) {
        for roles in [[view, view], [approval, finance]] {
            let name = format!("Una {} {}", roles[0].name(), case.name).leak();
            let seat = Seat { name, organisation: "QAA", roles: roles.to_vec().leak() };
            world.add_narrowed_seat(seat, case.families, case.cluster).await;
            let absent = outside(&world, seat, case).await;
            let (found, all) = walk(&world, seat, &records, &absent).await;
            assert!(all.contains(inside), "{name} does not meet {inside}");
            wrong.extend(found);
        }
    }
    let seat = Seat {
        name: "Una Practice Shots",
        organisation: "Y00001",
        roles: &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    };
    world.add_narrowed_seat(seat, &["V&I"], None).await;
    let absent = outside(&world, seat, &OUTSIDE[1]).await;
    let (found, all) = walk(&world, seat, &records, &absent).await;
    assert!(all.contains("Shingles"));
    wrong.extend(found);
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));

    // The same walk of somebody who sees everything meets them: the walk can fail.
    let seat = Seat { name: "Una Whole", organisation: "QAA", roles: &[Role::View] };
    world.add_seat(seat).await;
    assert!(!walk(&world, seat, &records, &absent).await.0.is_empty());
});
