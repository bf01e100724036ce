//! Achievements: the figures of one provider, service and achievement date, and what is calculated from them.

mod change;

pub use change::{BadReason, LONGEST_REASON, Origin, Target, may_change, may_replace, may_submit};

use crate::{
    AchievementId, Figures, NotAllowed, OrganisationId, Period, Service, ServiceId,
    calculation::{self, Calculation, CannotCalculate, Inputs},
    calendar::long_date,
    refusal::refusal,
    service::{Indicator, IndicatorKind},
    status::{self, Status},
    submission::{self, Field, FieldError, Question, shown},
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
    /// The network's own indicators have all their figures; those of its practices do not.
    AwaitingNetwork,
    /// A practice's figures for its network are all in; they are summed to the network and not calculated here.
    InNetwork,
    /// Calculated from the figures in force.
    Calculated,
}

impl AchievementState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::NotStarted,
        Self::InProgress,
        Self::Complete,
        Self::Held,
        Self::AwaitingNetwork,
        Self::InNetwork,
        Self::Calculated,
    ];

    /// The name in the status table.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
            Self::Held => "held",
            Self::AwaitingNetwork => "awaiting_network",
            Self::InNetwork => "in_network",
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
    /// Of a network: indicators of its practices among them that have not all their figures.
    pub awaits: u32,
    /// Whether these are a practice's figures for its network, summed there and calculated nowhere else.
    pub is_part: bool,
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
            if self.awaits > 0 && self.submitted + self.awaits >= self.required {
                AchievementState::AwaitingNetwork
            } else if self.submitted == 0 {
                AchievementState::NotStarted
            } else {
                AchievementState::InProgress
            }
        } else if self.is_part {
            AchievementState::InNetwork
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
    #[error(
        "You could enter figures until {}. Your commissioner can still enter them for you, until finance has approved the payment.",
        long_date(*.0)
    )]
    EntryClosed(NaiveDate),
    #[error("This declaration has been approved for payment and is locked.")]
    Locked,
    #[error("This service needs no data from you. It is calculated from your list size.")]
    NothingToSubmit,
    #[error("This service needs no data from the network itself. Its practices submit it.")]
    ByPractices,
    #[error("{0} enters this figure, so no entry is allowed here.")]
    ByNetwork(String),
    #[error("This figure is the sum of the figures of the practices, so no entry is allowed here.")]
    Summed,
    #[error("Enter at least 1 figure.")]
    NothingTyped,
    #[error("The commissioner enters this figure, so you cannot change it.")]
    Reserved,
    #[error(
        "An extract brought this figure, so it cannot be typed over. If it is wrong, contact your system supplier and your commissioner."
    )]
    Extracted,
    #[error("An extract brought this figure. Replace it with a reason instead of typing over it.")]
    NeedsReason,
    #[error(
        "You have declared this achievement, so this answer cannot be changed. Ask the commissioner."
    )]
    Declared,
    #[error(
        "Only a figure from an extract is replaced with a reason. Type this figure on its form."
    )]
    NotExtracted,
    #[error("{}", .0.message())]
    Reason(BadReason),
    #[error(
        "This indicator group has no counts that you can enter, so there is nothing to return as nil."
    )]
    NoCounts,
    #[error("Check these figures.")]
    Unlikely(Vec<Question>),
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

/// An answer that is put in before anybody gives one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumed {
    /// Yes of the achievement date before, which holds until somebody changes it.
    CarriedForward,
    /// What the definition says an unanswered question means: true for yes.
    Default(bool),
}

impl Assumed {
    /// The figure: 1 for yes, 0 for no.
    pub fn figure(self) -> i64 {
        match self {
            Self::CarriedForward => 1,
            Self::Default(yes) => i64::from(yes),
        }
    }
}

/// What stands for a question that nobody has answered at an achievement date. `before` is the answer of the achievement
/// date before (1 for yes); `default` and `carries_forward` are the definition's. None leaves it missing.
///
/// Source: CQRS National, yes/no indicators: a yes carries forward; an unanswered question is loaded as its default.
pub fn unanswered(
    before: Option<i64>,
    default: Option<bool>,
    carries_forward: bool,
) -> Option<Assumed> {
    if carries_forward && before == Some(1) {
        return Some(Assumed::CarriedForward);
    }
    default.map(Assumed::Default)
}

/// What stands for an indicator that nobody has answered; none for anything but a question.
pub fn assumed(indicator: &Indicator, before: Option<i64>) -> Option<Assumed> {
    match &indicator.kind {
        IndicatorKind::YesNo { unanswered: default, carries_forward, .. } => {
            unanswered(before, *default, *carries_forward)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calculation::{ListSize, worth_of_counts},
        reference::tests::national,
        service::tests::GOOD,
    };

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
    fn an_unanswered_question_keeps_its_yes_or_takes_its_default() {
        use Assumed::{CarriedForward, Default};
        for (before, default, carries, expected) in [
            (None, None, false, None),
            (Some(1), None, false, None),
            (Some(1), None, true, Some(CarriedForward)),
            (Some(0), None, true, None),
            (None, Some(false), true, Some(Default(false))),
            (Some(0), Some(false), true, Some(Default(false))),
            (Some(1), Some(false), true, Some(CarriedForward)),
            (Some(1), Some(false), false, Some(Default(false))),
            (Some(0), Some(true), false, Some(Default(true))),
        ] {
            let found = unanswered(before, default, carries);
            assert_eq!(found, expected, "{before:?} {default:?} {carries}");
        }
        assert_eq!((CarriedForward.figure(), Default(false).figure()), (1, 0));
    }
}
