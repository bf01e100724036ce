//! Achievements: the figures of one provider, service and achievement date, and what is calculated from them.

use crate::{
    AchievementId, Actor, Figures, NotAllowed, Now, OrganisationId, Period, Permission, Service,
    ServiceId,
    calculation::{self, Calculation, CannotCalculate, Inputs},
    calendar::long_date,
    declaration::DeclarationState,
    refusal::refusal,
    service::IndicatorKind,
    status::{self, Status},
    submission::{self, Field, FieldError, shown},
};
use chrono::NaiveDate;

/// How far the figures have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AchievementState {
    /// No figure yet.
    NotStarted,
    /// Some indicators have all their figures.
    InProgress,
    /// All indicators have their figures; the period has not ended.
    Complete,
    /// All indicators have their figures and the period has ended, but another input is missing.
    Held,
    /// Calculated from the figures in force.
    Calculated,
}

impl AchievementState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::NotStarted, Self::InProgress, Self::Complete, Self::Held, Self::Calculated];

    /// The name in the status table.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
            Self::Held => "held",
            Self::Calculated => "calculated",
        }
    }

    /// Its row of the status table.
    pub fn status(self) -> &'static Status {
        status::of(status::ACHIEVEMENT, self.name())
    }
}

/// The figures of one provider for one service and achievement date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Achievement {
    /// Identifier.
    pub id: AchievementId,
    /// Whose.
    pub provider: OrganisationId,
    /// Of which service.
    pub service: ServiceId,
    /// The period that the achievement date ends.
    pub period: Period,
    /// Indicators with all their figures in force.
    pub submitted: u32,
    /// Indicators of the contracted components that need figures.
    pub required: u32,
    /// Whether a calculation of the figures in force exists.
    pub is_calculated: bool,
    /// Raised by one with each change.
    pub version: i64,
}

impl Achievement {
    /// How far it has come, on a date.
    pub fn state(&self, today: NaiveDate) -> AchievementState {
        if self.is_calculated {
            AchievementState::Calculated
        } else if self.submitted < self.required {
            if self.submitted == 0 {
                AchievementState::NotStarted
            } else {
                AchievementState::InProgress
            }
        } else if self.period.has_ended(today) {
            AchievementState::Held
        } else {
            AchievementState::Complete
        }
    }
}

/// Why figures cannot be submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotSubmit {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("You cannot submit data because you have not accepted this service.")]
    NotTakingPart,
    #[error("{} is not an achievement date of this service.", long_date(*.0))]
    NotAnAchievementDate(NaiveDate),
    #[error("You cannot submit data yet because the period starts on {}.", long_date(*.0))]
    NotStarted(NaiveDate),
    #[error(
        "The commissioner has approved this declaration, so its data cannot be changed. Ask the commissioner."
    )]
    Approved,
    #[error("This declaration has been approved for payment and is locked.")]
    Locked,
    #[error("This service needs no data from you. It is calculated from your list size.")]
    NothingToSubmit,
    #[error("Enter at least 1 figure.")]
    NothingTyped,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(". "))]
    Figures(Vec<FieldError>),
}
refusal!(CannotSubmit);

/// What follows from the figures in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessed {
    /// Figures are missing, or the period has not ended.
    Waiting,
    /// Every figure is in and the period has ended, but something else stops the calculation.
    Held(CannotCalculate),
    /// There is an amount.
    Calculated(Calculation),
}

/// Indicators with all their figures, and indicators that need figures: "n of m".
pub fn counted(service: &Service, components: &[String], figures: &Figures) -> (u32, u32) {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let progress = submission::progress(service, components, figures);
    (
        count(progress.iter().map(|own| own.complete).sum()),
        count(progress.iter().map(|own| own.total).sum()),
    )
}

/// Calculates as soon as everything is in and the period has ended: at once, not overnight.
///
/// Source: CQRS National, a payment is only generated when every indicator has a value and the period has ended.
pub fn assess(
    service: &Service,
    components: &[String],
    period: Period,
    inputs: &Inputs,
    today: NaiveDate,
) -> Assessed {
    let (submitted, required) = counted(service, components, &inputs.figures);
    if submitted < required || !period.has_ended(today) {
        return Assessed::Waiting;
    }
    match calculation::calculate(service, components, period, inputs) {
        Ok(calculation) => Assessed::Calculated(calculation),
        Err(reason) => Assessed::Held(reason),
    }
}

/// What was achieved, for a cell of a list: `412.35 points`, `Blood tests: 37`, `49 items`.
pub fn in_words(
    service: &Service,
    components: &[String],
    figures: &Figures,
    calculation: &Calculation,
) -> String {
    if let Some(points) = &calculation.points {
        let places = service.points_decimals;
        let number = places.map_or_else(|| points.to_short(6), |places| points.to_fixed(places));
        return format!("{number} points");
    }
    let indicators = service
        .components_named(components)
        .into_iter()
        .flat_map(|component| &component.indicators);
    let counts: Vec<(&str, i64)> = indicators
        .filter_map(|indicator| match &indicator.kind {
            IndicatorKind::Count { pays: Some(_), unit, .. } => {
                let figure = figures.get(&(indicator.code.clone(), Field::Count))?;
                Some((unit.as_str(), *figure))
            }
            _ => None,
        })
        .collect();
    match counts.as_slice() {
        [] => "By list size".to_owned(),
        [_] | [_, _] => counts
            .iter()
            .map(|(unit, figure)| format!("{}: {}", capitalised(unit), shown(*figure)))
            .collect::<Vec<_>>()
            .join("; "),
        more => format!("{} items", shown(more.iter().map(|(_, figure)| figure).sum())),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The period that an achievement date ends.
pub fn period_ending(service: &Service, date: NaiveDate) -> Result<Period, CannotSubmit> {
    service
        .periods()
        .into_iter()
        .find(|period| period.end == date)
        .ok_or(CannotSubmit::NotAnAchievementDate(date))
}

/// Who may change figures, and until when: a provider until the commissioner has approved, a commissioner
/// (on a provider's behalf) and an extract until finance has approved; nobody after that.
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
        Some(DeclarationState::AwaitingFinance { .. }) if is_provider => {
            Err(CannotSubmit::Approved)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Organisation, OrganisationKind, PersonId, Role,
        calculation::{ListSize, worth_of_counts},
        declaration::Step,
        reference::tests::national,
        service::tests::GOOD,
    };
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn service() -> Service {
        Service::from_toml(GOOD).unwrap()
    }

    fn components(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    /// Every figure of the demonstration service.
    fn figures() -> Figures {
        [
            ("AF001", Field::Register, 152),
            ("AF006", Field::Numerator, 65),
            ("AF006", Field::Denominator, 100),
            ("LD001", Field::Register, 35),
            ("LD002", Field::Count, 37),
            ("QI001", Field::YesNo, 1),
        ]
        .into_iter()
        .map(|(code, field, figure)| ((code.to_owned(), field), figure))
        .collect()
    }

    /// Everything that the demonstration service needs.
    fn inputs(figures: Figures) -> Inputs {
        Inputs {
            figures,
            registered: Some(ListSize { patients: 10_184, on: day("2026-01-01") }),
            reference: Some(national("QOF", 2025, "225.49", 10_184, &[("AF", "2.31")])),
            ..Inputs::default()
        }
    }

    #[test]
    fn every_state_has_its_row_in_the_status_table() {
        for state in AchievementState::ALL {
            assert_eq!(state.status().name, state.name());
        }
    }

    #[test]
    fn it_is_calculated_once_everything_is_in_and_the_period_has_ended() {
        let (service, all) = (service(), components(&["CLIN", "OTHER"]));
        let period = service.periods()[0];
        let ended = day("2026-04-01");
        let assess = |inputs: &Inputs, today| assess(&service, &all, period, inputs, today);
        assert!(matches!(assess(&inputs(figures()), ended), Assessed::Calculated(_)));
        assert_eq!(assess(&inputs(figures()), day("2026-03-31")), Assessed::Waiting);
        let mut fewer = figures();
        fewer.remove(&("AF006".to_owned(), Field::Numerator));
        assert_eq!(assess(&inputs(fewer.clone()), ended), Assessed::Waiting);
        assert_eq!(counted(&service, &all, &fewer), (4, 5));
        let no_list = Inputs { registered: None, ..inputs(figures()) };
        assert!(matches!(assess(&no_list, ended), Assessed::Held(_)));
        let no_figures = Inputs { reference: None, ..inputs(figures()) };
        assert!(matches!(assess(&no_figures, ended), Assessed::Held(_)));
    }

    #[test]
    fn what_was_achieved_is_said_in_points_in_counts_or_by_list_size() {
        let service = service();
        let period = service.periods()[0];
        let words = |codes: &[&str], service: &Service| {
            let codes = components(codes);
            let result =
                calculation::calculate(service, &codes, period, &inputs(figures())).unwrap();
            in_words(service, &codes, &figures(), &result)
        };
        assert_eq!(words(&["CLIN"], &service), "6.00 points");
        let unpaid = GOOD.replace("points = \"5\"\n", "");
        let counts = Service::from_toml(&unpaid).unwrap();
        assert_eq!(words(&["OTHER"], &counts), "Health checks: 37");
    }

    #[test]
    fn counts_are_worth_their_fee_up_to_their_maximum() {
        let service = service();
        let component = service.component("OTHER").unwrap();
        // 35 of 37 health checks at £140.00
        let worth = worth_of_counts(&service, component, &figures());
        assert_eq!(worth, Some(crate::Pence(490_000)));
        assert_eq!(worth_of_counts(&service, component, &Figures::new()), None);
        let clinical = service.component("CLIN").unwrap();
        assert_eq!(worth_of_counts(&service, clinical, &figures()), None);
    }

    #[test]
    fn without_money_no_line_holds_a_pound() {
        let (service, all) = (service(), components(&["CLIN", "OTHER"]));
        let period = service.periods()[0];
        let full = calculation::calculate(&service, &all, period, &inputs(figures())).unwrap();
        assert!(serde_json::to_string(&full).unwrap().contains('£'));
        let hidden = full.clone().without_money();
        assert!(!serde_json::to_string(&hidden).unwrap().contains('£'));
        assert_eq!((hidden.points, hidden.amount), (full.points, crate::Pence(0)));
        assert!(hidden.lines.iter().any(|line| line.title == "List size factor"));
    }

    #[test]
    fn figures_may_change_until_somebody_has_approved_them() {
        let actor = |kind, roles: &[Role]| Actor::Person {
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
        };
        let provider = actor(OrganisationKind::Practice, &[Role::AchievementEntry]);
        let commissioner = actor(OrganisationKind::Icb, &[Role::AchievementEntry]);
        let viewer = actor(OrganisationKind::Practice, &[Role::View]);
        let extract = Actor::system("cro-processor");
        let now = Now::at("2026-04-02T12:00:00Z".parse().unwrap());
        let step = || Step { by: provider.by(), at: now.instant };
        let (declared, approved, finance) = (step(), step(), step());
        let waiting = DeclarationState::AwaitingCommissioner { declared: step() };
        let agreed = DeclarationState::AwaitingFinance { declared: step(), approved: step() };
        let locked = DeclarationState::Approved { declared, approved, finance };
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
}
