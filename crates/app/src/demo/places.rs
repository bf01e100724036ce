//! The made-up places and people of a demo: a region, an ICB, 9 networks, 75 practices, and somebody in every role.

use domain::{OrganisationKind, Role};
use store::organisation::{Closing, Listed};

/// Code of the region.
pub const REGION: &str = "YZ1";
/// Code of the ICB.
pub const ICB: &str = "QZ1";
/// How many practices there are.
pub const PRACTICES: usize = 75;
/// How many networks there are.
pub const NETWORKS: usize = 9;

const TOWNS: [&str; NETWORKS] = [
    "Ashdale",
    "Brackenford",
    "Caldermouth",
    "Dunhollow",
    "Eastmere",
    "Fenbrook",
    "Greyminster",
    "Harrowell",
    "Inglemoor",
];

const HOUSES: [&str; 25] = [
    "Riverside Surgery",
    "Hill Top Practice",
    "The Willows Medical Centre",
    "Station Road Surgery",
    "Market Square Practice",
    "Orchard House Surgery",
    "Church Lane Medical Centre",
    "The Mill Practice",
    "Parkside Surgery",
    "Bridge Street Practice",
    "The Limes Surgery",
    "Victoria Medical Centre",
    "Meadow View Practice",
    "The Old Forge Surgery",
    "Queensway Practice",
    "Castle Gate Surgery",
    "Beech Avenue Practice",
    "The Harbour Medical Centre",
    "Northgate Surgery",
    "Elm Tree Practice",
    "Southfield Surgery",
    "The Green Practice",
    "Millpond Medical Centre",
    "Abbey Road Surgery",
    "Westbury Practice",
];

/// Code of a practice, from 0.
pub fn practice_code(number: usize) -> String {
    format!("Z810{:02}", number + 1)
}

/// Code of a network, from 0.
pub fn network_code(number: usize) -> String {
    format!("UZ00{}", number + 1)
}

/// The network of a practice: eight or nine neighbours each.
pub fn network_of(practice: usize) -> usize {
    practice * NETWORKS / PRACTICES
}

/// Every organisation, parents first.
pub fn organisations() -> Vec<Listed> {
    let listed = |code: String, name: String, kind, parent: Option<&str>, network| Listed {
        code,
        name,
        kind,
        parent: parent.map(Into::into),
        network,
        place: String::new(),
        postcode: String::new(),
        closing: Closing::Unsaid,
    };
    let mut all = vec![
        listed(
            REGION.into(),
            "Middle Counties region".into(),
            OrganisationKind::Region,
            None,
            None,
        ),
        listed(
            ICB.into(),
            "NHS Ashdale and Fenbrook ICB".into(),
            OrganisationKind::Icb,
            Some(REGION),
            None,
        ),
    ];
    for (number, town) in TOWNS.iter().enumerate() {
        all.push(listed(
            network_code(number),
            format!("{town} PCN"),
            OrganisationKind::Pcn,
            Some(ICB),
            None,
        ));
    }
    for number in 0..PRACTICES {
        let network = network_of(number);
        let name = format!("{}, {}", HOUSES[number % HOUSES.len()], TOWNS[network]);
        let code = practice_code(number);
        all.push(listed(
            code,
            name,
            OrganisationKind::Practice,
            Some(ICB),
            Some(network_code(network)),
        ));
    }
    all
}

/// Somebody a demo's sign-in page offers to be.
pub struct Seat {
    /// Name, unique in the demo.
    pub name: &'static str,
    /// Job title, in lower case.
    pub job_title: &'static str,
    /// Code of the organisation.
    pub organisation: &'static str,
    /// Roles there.
    pub roles: &'static [Role],
}

/// Makes the offers.
pub const COMMISSIONER: &str = "Priya Shah";
/// Approves for the ICB.
pub const APPROVER: &str = "Tom Hill";
/// Gives the second approval for the ICB.
pub const SECOND_APPROVER: &str = "Nadia Quinn";
/// Approves for the practices of one cluster.
pub const NARROWED: &str = "Vera Knox";
/// Approves for finance and makes payment files.
pub const FINANCE: &str = "Ana Ruiz";
/// Sends the payment files that somebody else made.
pub const SECOND_FINANCE: &str = "Rosa Vint";

/// Every role there is, held by somebody.
pub const SEATS: &[Seat] = &[
    Seat {
        name: COMMISSIONER,
        job_title: "commissioning manager",
        organisation: ICB,
        roles: &[Role::CommissioningManagement],
    },
    Seat {
        name: APPROVER,
        job_title: "primary care contracts manager",
        organisation: ICB,
        roles: &[Role::ApprovalManagement],
    },
    Seat {
        name: SECOND_APPROVER,
        job_title: "deputy director of primary care",
        organisation: ICB,
        roles: &[Role::SecondApproval],
    },
    // Her roles are kept to a cluster once that is there.
    Seat {
        name: NARROWED,
        job_title: "minor surgery programme manager",
        organisation: ICB,
        roles: &[Role::ApprovalManagement],
    },
    Seat {
        name: FINANCE,
        job_title: "finance manager",
        organisation: ICB,
        roles: &[Role::FinanceManagement],
    },
    Seat {
        name: SECOND_FINANCE,
        job_title: "finance officer",
        organisation: ICB,
        roles: &[Role::FinanceManagement],
    },
    Seat {
        name: "Femi Okoro",
        job_title: "data officer",
        organisation: ICB,
        roles: &[Role::AchievementEntry],
    },
    Seat {
        name: "Grace Lowe",
        job_title: "head of primary care",
        organisation: ICB,
        roles: &[Role::Supervisor, Role::FinanceView],
    },
    Seat { name: "Hugh Marsh", job_title: "analyst", organisation: ICB, roles: &[Role::View] },
    Seat {
        name: "Ines Prior",
        job_title: "system administrator",
        organisation: ICB,
        roles: &[Role::AdvancedUserAdministrator, Role::OrganisationAdministrator],
    },
    Seat {
        name: "Jack Dunn",
        job_title: "team administrator",
        organisation: ICB,
        roles: &[Role::UserAdministrator],
    },
    Seat {
        name: "Kate Birch",
        job_title: "regional assurance lead",
        organisation: REGION,
        roles: &[Role::FinanceView, Role::OrganisationAdministrator],
    },
    Seat {
        name: "Sam Ahmed",
        job_title: "practice manager",
        organisation: "Z81001",
        roles: &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    },
    Seat {
        name: "Jo Lee",
        job_title: "GP partner",
        organisation: "Z81001",
        roles: &[Role::DeclarationManagement, Role::Supervisor],
    },
    Seat {
        name: "Lena Fox",
        job_title: "practice accountant",
        organisation: "Z81001",
        roles: &[Role::FinanceView],
    },
    Seat {
        name: "Mo Quinn",
        job_title: "receptionist",
        organisation: "Z81001",
        roles: &[Role::View, Role::PcnView],
    },
    Seat {
        name: "Nora Page",
        job_title: "office manager",
        organisation: "Z81001",
        roles: &[Role::UserAdministrator],
    },
    Seat {
        name: "Omar Tate",
        job_title: "practice manager",
        organisation: "Z81002",
        roles: &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    },
    Seat {
        name: "Nia Rees",
        job_title: "PCN manager",
        organisation: "UZ001",
        roles: &[
            Role::ServiceManagement,
            Role::AchievementEntry,
            Role::DeclarationManagement,
            Role::PcnManagement,
        ],
    },
    Seat {
        name: "Paul Yates",
        job_title: "PCN clinical director",
        organisation: "UZ001",
        roles: &[Role::FinanceView, Role::PcnView],
    },
];

/// Whether a persona sits at a practice or network; those accept every offer, so that there is something to do.
pub fn is_a_persona_s(code: &str) -> bool {
    SEATS.iter().any(|seat| seat.organisation == code)
}

/// The name of the manager of a practice or network that no persona sits at.
pub fn manager(number: usize) -> String {
    const FIRST: [&str; 14] = [
        "Alice", "Bilal", "Chloe", "Dev", "Erin", "Farah", "George", "Holly", "Imran", "Jess",
        "Kofi", "Lucy", "Mina", "Noel",
    ];
    const LAST: [&str; 13] = [
        "Abbott", "Begum", "Carter", "Doyle", "Evans", "Farrell", "Gupta", "Hughes", "Iqbal",
        "Jones", "Khan", "Lowry", "Mason",
    ];
    format!("{} {}", FIRST[number % FIRST.len()], LAST[number % LAST.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn somebody_holds_every_role_and_nobody_a_role_their_organisation_does_not_have() {
        let all = organisations();
        let held: BTreeSet<Role> =
            SEATS.iter().flat_map(|seat| seat.roles.iter().copied()).collect();
        assert_eq!(held, Role::ALL.into_iter().collect());
        for seat in SEATS {
            let organisation =
                all.iter().find(|one| one.code == seat.organisation).expect("a known organisation");
            assert!(
                seat.roles.iter().all(|role| role.exists_at(organisation.kind)),
                "{}",
                seat.name
            );
        }
    }

    #[test]
    fn there_are_75_practices_in_9_networks_with_names_of_their_own() {
        let all = organisations();
        let names: BTreeSet<_> = all.iter().map(|one| &one.name).collect();
        assert_eq!(names.len(), 2 + NETWORKS + PRACTICES);
        for network in 0..NETWORKS {
            let members =
                (0..PRACTICES).filter(|practice| network_of(*practice) == network).count();
            assert!((8..=9).contains(&members), "network {network} has {members} members");
        }
    }
}
