//! The yearly review of access: everybody who has a role at an organisation is confirmed, changed or removed, those who stand
//! out one by one.
//!
//! Source: Data Security and Protection Toolkit, access of staff is reviewed at least once a year. Ours: what stands out, and
//! that it is never due in March.

use super::{
    Access, CannotManage, Held, Place, WrongReason,
    lapse::not_in_march,
    read_reason,
    separation::{Separation, Together},
};
use crate::{Actor, Event, NotAllowed, PersonId, Role, refusal::refusal};
use chrono::{Days, Months, NaiveDate};
use std::{collections::BTreeSet, fmt};

/// Months from one review to the next.
pub const EVERY_MONTHS: u32 = 12;
/// Days before it is due on which those who do it are told.
pub const TELL_BEFORE: u64 = 30;
/// Days without logging in after which somebody stands out.
pub const LONG_AGO: i64 = 90;
/// Days that somebody new has to log in before they stand out: as long as the link of an invitation works.
const NEW_FOR: u64 = 7;

/// When a review is due: a year after the one before, or after the first person had access.
pub fn due_on(since: NaiveDate) -> NaiveDate {
    not_in_march(since + Months::new(EVERY_MONTHS))
}

/// Whether those who do it are asked to, on a day.
pub fn is_near(due_on: NaiveDate, today: NaiveDate) -> bool {
    due_on <= today + Days::new(TELL_BEFORE)
}

/// Somebody whose access is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// Roles held here.
    pub roles: BTreeSet<Role>,
    /// The day on which the account was made.
    pub added: NaiveDate,
    /// The day of the last log in, anywhere.
    pub logged_in: Option<NaiveDate>,
    /// Whether an own password was set.
    pub has_password: bool,
    /// Whether the account is disabled or has lapsed.
    pub is_disabled: bool,
    /// What one person may hold together there.
    pub separation: Separation,
}

/// Why somebody's access is looked at by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandsOut {
    /// Was invited and has not set a password.
    Unused,
    /// Has a password and never logged in.
    NeverLoggedIn,
    /// Has not logged in for so many days.
    NotForDays(i64),
    /// Holds roles that check each other, which is allowed there or not.
    HeldTogether(Together, bool),
}

impl fmt::Display for StandsOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused => f.write_str("Was invited and has not used the account"),
            Self::NeverLoggedIn => f.write_str("Has never logged in"),
            Self::NotForDays(days) => write!(f, "Has not logged in for {days} days"),
            Self::HeldTogether(pair, true) => {
                write!(f, "Can {}, which your organisation allows", pair.words())
            }
            Self::HeldTogether(pair, false) => {
                write!(f, "Can {}, which one person may not here", pair.words())
            }
        }
    }
}

impl Reviewed {
    /// What stands out on a day; nothing of an account that cannot log in.
    pub fn stands_out(&self, today: NaiveDate) -> Vec<StandsOut> {
        if self.is_disabled {
            return Vec::new();
        }
        let is_new = today <= self.added + Days::new(NEW_FOR);
        let use_of_it = match self.logged_in {
            Some(last) => {
                let days = (today - last).num_days();
                (days > LONG_AGO).then_some(StandsOut::NotForDays(days))
            }
            None if is_new => None,
            None if self.has_password => Some(StandsOut::NeverLoggedIn),
            None => Some(StandsOut::Unused),
        };
        // Also where it is allowed: once a year somebody asks whether it still must be.
        let together = Together::held(&self.roles).into_iter();
        let together = together
            .map(|pair| StandsOut::HeldTogether(pair, self.separation.allowed.contains(&pair)));
        use_of_it.into_iter().chain(together).collect()
    }
}

/// What is decided about somebody who stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The access stays, for a reason.
    Keep(String),
    /// It becomes these roles.
    Change(BTreeSet<Role>),
    /// All of it is taken away.
    Remove,
}

/// What became of somebody in a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Confirmed with everybody else.
    Confirmed,
    /// Kept, though something stood out.
    Kept,
    /// Given other roles.
    Changed,
    /// Taken away.
    Removed,
    /// The access of who did the review: nobody confirms their own.
    Own,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Confirmed, Self::Kept, Self::Changed, Self::Removed, Self::Own];

    /// The name stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Kept => "kept",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Own => "own",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// As pages say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "Confirmed",
            Self::Kept => "Kept",
            Self::Changed => "Roles changed",
            Self::Removed => "Access removed",
            Self::Own => "Not confirmed: own access of who did the review",
        }
    }
}

/// Why a review goes no further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotReview {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("{0}")]
    Access(CannotManage),
    #[error(transparent)]
    Reason(#[from] WrongReason),
    #[error("These are the roles that {0} has. Keep them, or select others")]
    SameRoles(String),
    #[error("{}", undecided(*.0))]
    Undecided(usize),
    #[error(
        "Somebody was given other access while you were looking at it. Check the list and confirm again."
    )]
    Changed,
}
refusal!(CannotReview);

fn undecided(count: usize) -> String {
    let people = if count == 1 { "1 person" } else { &format!("{count} people") };
    format!("Decide about {people} first: something stands out there.")
}

impl Decision {
    /// Decides about somebody's access: the facts of it, and what became of them.
    pub fn decide(
        &self,
        access: &Access,
        place: Place<'_>,
        by: &Actor,
    ) -> Result<(Vec<Event>, Outcome), CannotReview> {
        place.must_manage(by)?;
        match self {
            Self::Keep(reason) => {
                access.must_be_somebody_else(by).map_err(CannotReview::Access)?;
                let (person, organisation) = (access.person, place.organisation.id);
                let reason = read_reason(reason)?;
                let fact = Event::AccessKept { person, organisation, reason };
                Ok((vec![fact], Outcome::Kept))
            }
            Self::Change(roles) => {
                let narrowing = access.narrowing.clone();
                let held = Held { roles: roles.clone(), narrowing };
                let facts = access.change(&held, place, by).map_err(CannotReview::Access)?;
                match facts.is_empty() {
                    true => Err(CannotReview::SameRoles(access.name.clone())),
                    false => Ok((facts, Outcome::Changed)),
                }
            }
            Self::Remove => {
                let facts = access.remove(place, by).map_err(CannotReview::Access)?;
                Ok((facts, Outcome::Removed))
            }
        }
    }
}

/// Whether the rest can be confirmed: nobody who stands out is undecided but oneself, and everybody is as they were seen.
pub fn can_confirm(undecided: usize, is_as_seen: bool) -> Result<(), CannotReview> {
    match (undecided, is_as_seen) {
        (_, false) => Err(CannotReview::Changed),
        (0, true) => Ok(()),
        (some, true) => Err(CannotReview::Undecided(some)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, deputy::ActsFor};
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_review_is_due_once_a_year_and_never_in_march() {
        for (since, due) in [
            ("2025-05-20", "2026-05-20"),
            ("2025-03-15", "2026-04-15"),
            ("2025-03-31", "2026-04-30"),
            ("2024-02-29", "2025-02-28"),
        ] {
            assert_eq!(due_on(day(since)), day(due), "since {since}");
        }
        assert!(is_near(day("2026-05-20"), day("2026-04-20")));
        assert!(!is_near(day("2026-05-20"), day("2026-04-19")));
    }

    #[test]
    fn what_is_unused_or_holds_too_much_stands_out() {
        use Role::*;
        use StandsOut::*;
        use Together::{ApprovalAndFinance, EntryAndApproval};
        let today = day("2026-05-20");
        type Row<'a> = (&'a [Role], &'a str, Option<&'a str>, bool, &'a [StandsOut]);
        let rows: [Row<'_>; 9] = [
            (&[View], "2025-01-01", Some("2026-05-19"), true, &[]),
            (&[View], "2025-01-01", Some("2026-02-19"), true, &[]),
            (&[View], "2025-01-01", Some("2026-02-18"), true, &[NotForDays(91)]),
            (&[View], "2025-01-01", None, true, &[NeverLoggedIn]),
            (&[View], "2026-05-12", None, false, &[Unused]),
            (&[View], "2026-05-13", None, false, &[]),
            // At a practice one person often enters and declares: that is no approval.
            (
                &[AchievementEntry, DeclarationManagement],
                "2025-01-01",
                Some("2026-05-19"),
                true,
                &[],
            ),
            (
                &[AchievementEntry, ApprovalManagement],
                "2025-01-01",
                Some("2026-05-19"),
                true,
                &[HeldTogether(EntryAndApproval, true)],
            ),
            (
                &[AchievementEntry, SecondApproval, FinanceManagement],
                "2025-01-01",
                Some("2026-01-10"),
                true,
                &[
                    NotForDays(130),
                    HeldTogether(EntryAndApproval, true),
                    HeldTogether(ApprovalAndFinance, false),
                ],
            ),
        ];
        for (roles, added, logged_in, has_password, expected) in rows {
            let one = Reviewed {
                person: PersonId(Uuid::from_u128(1)),
                name: "Sam Ahmed".into(),
                roles: roles.iter().copied().collect(),
                added: day(added),
                logged_in: logged_in.map(day),
                has_password,
                is_disabled: false,
                separation: Separation { allowed: [EntryAndApproval].into() },
            };
            assert_eq!(one.stands_out(today), expected, "{one:?}");
            assert!(Reviewed { is_disabled: true, ..one }.stands_out(today).is_empty());
        }
    }

    #[test]
    fn who_stands_out_is_kept_for_a_reason_changed_or_removed() {
        let own = Organisation {
            id: Uuid::from_u128(7).into(),
            code: "QAA".into(),
            name: "NHS Anytown ICB".into(),
            kind: OrganisationKind::Icb,
            parent: None,
            closed_on: None,
        };
        let by = Actor::Person {
            id: PersonId(Uuid::from_u128(1)),
            name: "Ines Prior".into(),
            organisation: own.clone(),
            roles: vec![Role::UserAdministrator],
            acts_for: ActsFor::Oneself,
            origin: Default::default(),
            narrowing: None,
        };
        let access = |person| Access {
            person: PersonId(Uuid::from_u128(person)),
            name: "Lou Webb".into(),
            roles: BTreeSet::from([Role::ApprovalManagement, Role::FinanceManagement]),
            narrowing: None,
            others_manage: true,
            separation: Default::default(),
        };
        let place = Place::own(&own);
        let one = BTreeSet::from([Role::ApprovalManagement]);
        let outcome = |decision: Decision, person| {
            decision
                .decide(&access(person), place, &by)
                .map(|(facts, outcome)| (facts.len(), outcome))
        };
        let keep = |reason: &str| Decision::Keep(reason.to_owned());
        assert_eq!(outcome(keep("A small team"), 2), Ok((1, Outcome::Kept)));
        assert_eq!(outcome(keep(" "), 2), Err(CannotReview::Reason(WrongReason::Missing)));
        assert_eq!(outcome(Decision::Change(one), 2), Ok((1, Outcome::Changed)));
        let same = Decision::Change(access(2).roles);
        assert_eq!(outcome(same, 2), Err(CannotReview::SameRoles("Lou Webb".into())));
        assert_eq!(outcome(Decision::Remove, 2), Ok((2, Outcome::Removed)));
        let oneself = Err(CannotReview::Access(CannotManage::Yourself));
        for decision in [keep("Mine"), Decision::Remove] {
            assert_eq!(outcome(decision, 1), oneself);
        }
    }

    #[test]
    fn the_rest_is_confirmed_when_nobody_is_undecided_and_all_are_as_they_were_seen() {
        assert_eq!(can_confirm(0, true), Ok(()));
        assert_eq!(can_confirm(2, false), Err(CannotReview::Changed));
        let why = can_confirm(1, true).expect_err("somebody is undecided").to_string();
        assert_eq!(why, "Decide about 1 person first: something stands out there.");
    }
}
