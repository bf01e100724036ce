//! Shows what is taken as a request, how many, and who decides about it.

use super::*;
use crate::{Organisation, deputy::ActsFor};
use uuid::Uuid;

fn practice() -> Organisation {
    Organisation {
        id: OrganisationId(Uuid::from_u128(1)),
        code: "Y00001".into(),
        name: "Riverside Surgery".into(),
        kind: OrganisationKind::Practice,
        parent: None,
        closed_on: None,
    }
}

fn actor(id: u128, role: Role) -> Actor {
    Actor::Person {
        id: PersonId(Uuid::from_u128(id)),
        name: "Nora Page".into(),
        organisation: practice(),
        roles: vec![role],
        acts_for: ActsFor::Oneself,
        origin: Default::default(),
        narrowing: None,
    }
}

fn noon(day: &str) -> Now {
    Now::at(format!("{day}T12:00:00Z").parse().expect("an instant"))
}

fn request(person: Option<u128>, state: RequestState) -> AccessRequest {
    let roles = BTreeSet::from([Role::View]);
    let typed = Typed {
        email: "ravi.cole@nhs.net",
        name: "Ravi Cole",
        job_title: "manager",
        phone: "0113 496 0000",
        reason: "I start on Monday.",
        roles: &roles,
    };
    let asked = noon("2026-05-01");
    AccessRequest {
        id: AccessRequestId(Uuid::from_u128(9)),
        organisation: practice().id,
        person: person.map(|id| PersonId(Uuid::from_u128(id))),
        asking: Asking::read(typed, OrganisationKind::Practice).expect("a request"),
        asked_at: asked.instant,
        decide_by: decide_by(asked.today),
        state,
        version: 1,
    }
}

#[test]
fn everything_that_is_wrong_with_a_request_is_said_at_once() {
    let (none, foreign) = (BTreeSet::new(), BTreeSet::from([Role::ApprovalManagement]));
    let typed = Typed {
        email: "info@nhs.net",
        name: "",
        job_title: "manager",
        phone: "call me",
        reason: "",
        roles: &none,
    };
    let kind = OrganisationKind::Practice;
    let fields = |typed| {
        let wrong = Asking::read(typed, kind).expect_err("much is wrong");
        wrong.into_iter().map(WrongAsking::field).collect::<Vec<_>>()
    };
    assert_eq!(fields(typed), ["email", "name", "phone", "role", "reason"]);
    let email = "ravi.cole@nhs.net";
    let other = Typed { email, name: "Ravi Cole", reason: "New here", roles: &foreign, ..typed };
    let wrong = Asking::read(Typed { phone: "0113 496 0000", ..other }, kind);
    assert_eq!(wrong, Err(vec![WrongAsking::RoleNotHere(Role::ApprovalManagement)]));
}

#[test]
fn a_phone_number_is_one_that_can_be_called() {
    for (typed, is_one) in [
        ("0113 496 0000", true),
        (" +44 (113)  496-0000 ", true),
        ("", false),
        ("12345", false),
        ("0113 496 0000 ask for Ravi", false),
        ("1234567890123456", false),
        ("((((((((((((((((((((((((1234567", false),
    ] {
        assert_eq!(read_phone(typed).is_ok(), is_one, "{typed}");
    }
    assert_eq!(read_phone(" +44  113 4960000"), Ok("+44 113 4960000".to_owned()));
}

#[test]
fn nobody_floods_an_organisation_or_asks_again_and_again() {
    let free = Waiting { at_organisation: 19, of_address: 2, is_asked: false, is_held: false };
    let name = "Riverside Surgery";
    assert_eq!(free.may_ask(name), Ok(()));
    for (waiting, why, tells) in [
        (Waiting { at_organisation: 20, ..free }, CannotAsk::Full(name.into()), false),
        (Waiting { of_address: 3, ..free }, CannotAsk::TooOften, true),
        (Waiting { is_asked: true, ..free }, CannotAsk::AskedAlready(name.into()), true),
        (Waiting { is_held: true, ..free }, CannotAsk::HeldAlready(name.into()), true),
        // What says nothing of an address comes first, whatever else is true.
        (
            Waiting { at_organisation: 20, of_address: 9, is_asked: true, is_held: true },
            CannotAsk::Full(name.into()),
            false,
        ),
    ] {
        assert_eq!(why.tells_of_an_address(), tells, "{why}");
        assert_eq!(waiting.may_ask(name), Err(why));
    }
}

#[test]
fn another_person_who_manages_people_decides_within_thirty_days() {
    let own = practice();
    let place = Place::own(&own);
    let manager = actor(1, Role::UserAdministrator);
    let open = || request(None, RequestState::Open);
    let at = noon("2026-05-02").instant;
    let rows = [
        (open(), None, "2026-05-31", Ok(())),
        (open(), None, "2026-06-01", Err("so this request has lapsed")),
        (request(Some(1), RequestState::Open), None, "2026-05-02", Err("your own request")),
        (open(), Some(1), "2026-05-02", Err("your own request")),
        (request(Some(2), RequestState::Open), Some(2), "2026-05-02", Ok(())),
        (
            request(None, RequestState::Rejected("Una Gray".into(), at)),
            None,
            "2026-05-03",
            Err("Una Gray decided about this request on 2 May 2026 at 1pm"),
        ),
    ];
    for (request, known, day, expected) in rows {
        let known = known.map(|id| PersonId(Uuid::from_u128(id)));
        let answer = request.can_decide(known, place, &manager, &noon(day));
        match expected {
            Ok(()) => assert_eq!(answer, Ok(())),
            Err(words) => {
                let why = answer.expect_err(words).to_string();
                assert!(why.contains(words), "{why}");
            }
        }
    }
    let view = actor(1, Role::View);
    let answer = open().can_decide(None, place, &view, &noon("2026-05-02"));
    assert!(matches!(answer, Err(CannotDecide::NotAllowed(_))));
}

#[test]
fn other_roles_than_those_asked_for_are_given_beside_those_held() {
    let own = practice();
    let place = Place::own(&own);
    let by = actor(1, Role::UserAdministrator);
    let access = Access {
        person: PersonId(Uuid::from_u128(2)),
        name: "Ravi Cole".into(),
        roles: BTreeSet::from([Role::View]),
        narrowing: None,
        others_manage: true,
        separation: Default::default(),
    };
    let open = request(None, RequestState::Open);
    let given = |roles: &[Role]| {
        let held = Held::from(roles.iter().copied().collect::<BTreeSet<_>>());
        open.approve(&held, &access, place, &by).map(|facts| facts.len())
    };
    assert_eq!(given(&[Role::AchievementEntry, Role::View]), Ok(2));
    assert_eq!(given(&[Role::View]), Ok(1), "nothing new, and yet decided");
    assert_eq!(given(&[]), Err(CannotDecide::Access(CannotManage::NoRole)));
    let foreign = CannotManage::RoleNotHere(Role::FinanceManagement);
    assert_eq!(given(&[Role::FinanceManagement]), Err(CannotDecide::Access(foreign)));
    assert_eq!(open.reject(" "), Err(CannotDecide::Reason(WrongReason::Missing)));
    assert!(open.reject("We do not know you.").is_ok());
}
