//! Who may change the figures of an achievement, which of them, and until when.

use super::CannotSubmit;
use crate::{
    Actor, Now, OrganisationKind, Period, Permission, declaration::DeclarationState, nhs_number,
};
use chrono::NaiveDate;

/// Whether anybody may hand in figures of an achievement at all, and until when: a provider until the commissioner has
/// approved, a commissioner (on a provider's behalf) and an extract until finance has approved; nobody after that.
/// [`may_change`] says the rest, figure by figure.
///
/// Source: CQRS National, adjusting manually submitted data.
pub fn may_submit(
    by: &Actor,
    period: Period,
    declaration: Option<&DeclarationState>,
    now: &Now,
) -> Result<(), CannotSubmit> {
    by.must(Permission::EnterFigures)?;
    if now.today < period.start {
        return Err(CannotSubmit::NotStarted(period.start));
    }
    let is_provider = by.organisation().is_some_and(|organisation| organisation.kind.provides());
    match declaration {
        Some(DeclarationState::Approved { .. }) => Err(CannotSubmit::Locked),
        Some(
            DeclarationState::AwaitingSecond { .. } | DeclarationState::AwaitingFinance { .. },
        ) if is_provider => Err(CannotSubmit::Approved),
        _ => Ok(()),
    }
}

/// How a figure comes, as far as it decides who may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person types it, or has typed it.
    Typed,
    /// An extract will bring it, and has not yet.
    Awaited,
    /// An extract brought it, or it was put in the place of one that an extract brought.
    Extracted,
}

/// A figure that somebody wants to type, as far as it decides who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// How it comes.
    pub origin: Origin,
    /// Whether it is the answer to a question.
    pub is_answer: bool,
    /// Whether only the commissioner enters it (`entered_by = "commissioner"` of the definition).
    pub is_reserved: bool,
    /// The last day on which a provider may enter it; none where the definition sets no limit.
    pub until: Option<NaiveDate>,
}

/// Who may type which figure, and until when; the whole table in one place:
///
/// | Who | What | Until |
/// | --- | --- | --- |
/// | provider | figures that no extract brings, not reserved to the commissioner | the entry window has closed, or the commissioner has approved |
/// | PCN | also answers that an extract brings | it has declared |
/// | commissioner | figures that no extract has brought, and answers also after one | finance has approved |
/// | nobody | anything | after that |
///
/// An extracted number is replaced by an act of its own: [`may_replace`].
/// Source: CQRS National, adjusting manually submitted data, yes/no indicators, commissioning organisation entry.
pub fn may_change(
    by: &Actor,
    period: Period,
    declaration: Option<&DeclarationState>,
    target: Target,
    now: &Now,
) -> Result<(), CannotSubmit> {
    may_submit(by, period, declaration, now)?;
    let Some(kind) = by.organisation().map(|organisation| organisation.kind) else {
        return Ok(());
    };
    if kind.commissions() {
        return match target.origin {
            Origin::Extracted if !target.is_answer => Err(CannotSubmit::NeedsReason),
            _ => Ok(()),
        };
    }
    if target.is_reserved {
        return Err(CannotSubmit::Reserved);
    }
    if target.origin == Origin::Typed {
        return match target.until {
            Some(last) if now.today > last => Err(CannotSubmit::EntryClosed(last)),
            _ => Ok(()),
        };
    }
    if kind != OrganisationKind::Pcn || !target.is_answer {
        return Err(CannotSubmit::Extracted);
    }
    match declaration {
        None | Some(DeclarationState::AwaitingProvider) => Ok(()),
        Some(_) => Err(CannotSubmit::Declared),
    }
}

/// Why a reason for replacing an extracted figure cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadReason {
    /// There is none.
    Missing,
    /// It is longer than [`LONGEST_REASON`].
    TooLong,
    /// It holds what looks like an NHS number.
    NamesPatient,
}

impl BadReason {
    /// The sentence beside the box.
    pub fn message(self) -> String {
        match self {
            Self::Missing => "Enter why the figure is replaced".to_owned(),
            Self::TooLong => format!("Reason must be {LONGEST_REASON} characters or less"),
            Self::NamesPatient => nhs_number::take_out_of("reason"),
        }
    }
}

/// Characters of a reason at most.
pub const LONGEST_REASON: usize = 500;

/// Whether a commissioner may put another figure in the place of one that an extract brought, with this reason. Never a
/// provider, and never after finance has approved.
///
/// Source: a region's commissioners correct extracted figures on evidence; that it is an act of its own is ours.
pub fn may_replace(
    by: &Actor,
    period: Period,
    declaration: Option<&DeclarationState>,
    target: Target,
    reason: &str,
    now: &Now,
) -> Result<(), CannotSubmit> {
    may_submit(by, period, declaration, now)?;
    if !by.organisation().is_some_and(|organisation| organisation.kind.commissions()) {
        return Err(CannotSubmit::Extracted);
    }
    if target.origin != Origin::Extracted || target.is_answer {
        return Err(CannotSubmit::NotExtracted);
    }
    match reason.trim().chars().count() {
        0 => Err(CannotSubmit::Reason(BadReason::Missing)),
        length if length > LONGEST_REASON => Err(CannotSubmit::Reason(BadReason::TooLong)),
        _ if nhs_number::is_in(reason) => Err(CannotSubmit::Reason(BadReason::NamesPatient)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationId, PersonId, Role, declaration::Step};
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn actor(kind: OrganisationKind, roles: &[Role]) -> Actor {
        Actor::Person {
            id: PersonId(Uuid::nil()),
            name: "Sam Ahmed".into(),
            organisation: Organisation {
                id: OrganisationId(Uuid::nil()),
                code: "Y00001".into(),
                name: "Riverside Surgery".into(),
                kind,
                parent: None,
                closed_on: None,
            },
            roles: roles.to_vec(),
            acts_for: crate::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        }
    }

    #[test]
    fn figures_may_change_until_somebody_has_approved_them() {
        let provider = actor(OrganisationKind::Practice, &[Role::AchievementEntry]);
        let commissioner = actor(OrganisationKind::Icb, &[Role::AchievementEntry]);
        let viewer = actor(OrganisationKind::Practice, &[Role::View]);
        let extract = Actor::system("cro-processor");
        let now = Now::at("2026-04-02T12:00:00Z".parse().unwrap());
        let step = || Step { by: provider.by(), at: now.instant };
        let (declared, approved, finance) = (step(), step(), step());
        let waiting = DeclarationState::AwaitingCommissioner { declared: step() };
        let agreed =
            DeclarationState::AwaitingFinance { declared: step(), approved: step(), second: None };
        let locked = DeclarationState::Approved { declared, approved, second: None, finance };
        let period = Period { start: day("2026-03-01"), end: day("2026-03-31") };
        let may =
            |by: &Actor, state: Option<&DeclarationState>| may_submit(by, period, state, &now);
        for (by, state, expected) in [
            (&provider, None, Ok(())),
            (&provider, Some(&waiting), Ok(())),
            (&provider, Some(&agreed), Err(CannotSubmit::Approved)),
            (&provider, Some(&locked), Err(CannotSubmit::Locked)),
            (&commissioner, Some(&agreed), Ok(())),
            (&commissioner, Some(&locked), Err(CannotSubmit::Locked)),
            (&extract, Some(&agreed), Ok(())),
            (&extract, Some(&locked), Err(CannotSubmit::Locked)),
        ] {
            assert_eq!(may(by, state), expected, "{by:?} {state:?}");
        }
        assert!(matches!(may(&viewer, None), Err(CannotSubmit::NotAllowed(_))));
        let later = Period { start: day("2026-05-01"), end: day("2026-05-31") };
        let early = may_submit(&provider, later, None, &now);
        assert_eq!(early, Err(CannotSubmit::NotStarted(day("2026-05-01"))));
    }

    /// The letters of a row, for each state of the declaration in turn: none yet, awaiting the provider, declared,
    /// approved by the commissioner, approved by finance.
    fn row(by: &Actor, target: Target) -> String {
        let now = Now::at("2026-04-02T12:00:00Z".parse().unwrap());
        let step = || Step { by: by.by(), at: now.instant };
        let (declared, approved, finance) = (step(), step(), step());
        let period = Period { start: day("2026-03-01"), end: day("2026-03-31") };
        [
            None,
            Some(DeclarationState::AwaitingProvider),
            Some(DeclarationState::AwaitingCommissioner { declared: step() }),
            Some(DeclarationState::AwaitingFinance {
                declared: step(),
                approved: step(),
                second: None,
            }),
            Some(DeclarationState::Approved { declared, approved, second: None, finance }),
        ]
        .iter()
        .map(|state| match may_change(by, period, state.as_ref(), target, &now) {
            Ok(()) => 'y',
            Err(CannotSubmit::Approved) => 'a',
            Err(CannotSubmit::Locked) => 'l',
            Err(CannotSubmit::Reserved) => 'r',
            Err(CannotSubmit::Extracted) => 'e',
            Err(CannotSubmit::NeedsReason) => 'n',
            Err(CannotSubmit::Declared) => 'd',
            Err(CannotSubmit::EntryClosed(_)) => 'w',
            Err(_) => '?',
        })
        .collect()
    }

    #[test]
    fn who_may_change_which_figure_until_when_is_one_table() {
        use Origin::{Awaited, Extracted, Typed};
        let entry = &[Role::AchievementEntry];
        let practice = actor(OrganisationKind::Practice, entry);
        let network = actor(OrganisationKind::Pcn, entry);
        let icb = actor(OrganisationKind::Icb, entry);
        let extract = Actor::system("cro-processor");
        let (number, answer) = (false, true);
        for (by, origin, is_answer, is_reserved, expected) in [
            (&practice, Typed, number, false, "yyyal"),
            (&practice, Typed, answer, false, "yyyal"),
            (&practice, Typed, number, true, "rrral"),
            (&practice, Awaited, number, false, "eeeal"),
            (&practice, Extracted, number, false, "eeeal"),
            (&practice, Extracted, answer, false, "eeeal"),
            (&network, Typed, answer, false, "yyyal"),
            (&network, Extracted, answer, false, "yydal"),
            (&network, Awaited, answer, false, "yydal"),
            (&network, Extracted, answer, true, "rrral"),
            (&network, Extracted, number, false, "eeeal"),
            (&icb, Typed, number, false, "yyyyl"),
            (&icb, Typed, number, true, "yyyyl"),
            (&icb, Awaited, number, false, "yyyyl"),
            (&icb, Extracted, answer, false, "yyyyl"),
            (&icb, Extracted, number, false, "nnnnl"),
            (&extract, Extracted, number, false, "yyyyl"),
        ] {
            let target = Target { origin, is_answer, is_reserved, until: None };
            assert_eq!(row(by, target), expected, "{by:?} {target:?}");
        }
        let viewer = actor(OrganisationKind::Practice, &[Role::View]);
        let target = Target { origin: Typed, is_answer: number, is_reserved: false, until: None };
        assert_eq!(row(&viewer, target), "?????");
    }

    /// The rows are of 2 April.
    #[test]
    fn an_entry_window_binds_what_a_provider_types_and_nobody_else() {
        use Origin::{Awaited, Extracted, Typed};
        let entry = &[Role::AchievementEntry];
        let practice = actor(OrganisationKind::Practice, entry);
        let network = actor(OrganisationKind::Pcn, entry);
        let icb = actor(OrganisationKind::Icb, entry);
        let extract = Actor::system("cro-processor");
        let (yesterday, today) = (day("2026-04-01"), day("2026-04-02"));
        for (by, origin, is_answer, is_reserved, until, expected) in [
            (&practice, Typed, false, false, today, "yyyal"),
            (&practice, Typed, false, false, yesterday, "wwwal"),
            (&practice, Typed, true, false, yesterday, "wwwal"),
            (&practice, Typed, false, true, yesterday, "rrral"),
            (&practice, Extracted, false, false, yesterday, "eeeal"),
            (&network, Typed, true, false, yesterday, "wwwal"),
            (&network, Awaited, true, false, yesterday, "yydal"),
            (&network, Extracted, true, false, yesterday, "yydal"),
            (&icb, Typed, false, false, yesterday, "yyyyl"),
            (&icb, Typed, false, true, yesterday, "yyyyl"),
            (&extract, Typed, false, false, yesterday, "yyyyl"),
        ] {
            let target = Target { origin, is_answer, is_reserved, until: Some(until) };
            assert_eq!(row(by, target), expected, "{by:?} {target:?}");
        }
        assert_eq!(
            CannotSubmit::EntryClosed(yesterday).to_string(),
            "You could enter figures until 1 April 2026. Your commissioner can still enter them for you, until finance \
             has approved the payment."
        );
    }

    #[test]
    fn only_a_commissioner_replaces_an_extracted_number_and_says_why() {
        let now = Now::at("2026-04-02T12:00:00Z".parse().unwrap());
        let period = Period { start: day("2026-03-01"), end: day("2026-03-31") };
        let practice = actor(OrganisationKind::Practice, &[Role::AchievementEntry]);
        let icb = actor(OrganisationKind::Icb, &[Role::AchievementEntry]);
        let number =
            Target { origin: Origin::Extracted, is_answer: false, is_reserved: false, until: None };
        let (long, full) = ("x".repeat(LONGEST_REASON + 1), "x".repeat(LONGEST_REASON));
        for (by, target, reason, expected) in [
            (&icb, number, "Seen on the clinical system", Ok(())),
            (&icb, number, &*full, Ok(())),
            (&icb, number, "  ", Err(CannotSubmit::Reason(BadReason::Missing))),
            (&icb, number, &*long, Err(CannotSubmit::Reason(BadReason::TooLong))),
            (&icb, number, "943 476 5919", Err(CannotSubmit::Reason(BadReason::NamesPatient))),
            (&practice, number, "It is wrong", Err(CannotSubmit::Extracted)),
            (&icb, Target { is_answer: true, ..number }, "x", Err(CannotSubmit::NotExtracted)),
            (
                &icb,
                Target { origin: Origin::Typed, ..number },
                "x",
                Err(CannotSubmit::NotExtracted),
            ),
        ] {
            assert_eq!(may_replace(by, period, None, target, reason, &now), expected, "{reason}");
        }
        let step = || Step { by: icb.by(), at: now.instant };
        let locked = DeclarationState::Approved {
            declared: step(),
            approved: step(),
            second: None,
            finance: step(),
        };
        let late = may_replace(&icb, period, Some(&locked), number, "x", &now);
        assert_eq!(late, Err(CannotSubmit::Locked));
    }
}
