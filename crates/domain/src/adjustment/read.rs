//! Reads what was typed into the form of an adjustment, and says everything that is wrong with it at once.

use super::{Asked, Case, Wrong};
use crate::{
    Pence,
    calculation::AdjustmentChange,
    nhs_number,
    ratio::{Exact, Points},
};

/// The choice of the form that is no indicator. Codes of indicators are capital letters and digits.
pub const WHOLE_PAYMENT: &str = "payment";
/// Fewest characters of a reason: shorter ones say nothing.
const REASON_MIN: usize = 10;
/// Most characters of a reason.
const REASON_MAX: usize = 500;
/// Most characters of the evidence.
const EVIDENCE_MAX: usize = 200;
/// Most pounds of one adjustment: more is a slip of the hand.
const POUNDS_MAX: i64 = 10_000_000;

/// The five things an adjustment can do, each with a number above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Points on top.
    MorePoints,
    /// Points taken away.
    FewerPoints,
    /// Points of an earlier year in the place of these: income protection.
    Instead,
    /// Pounds on top.
    MorePounds,
    /// Pounds taken away.
    LessPounds,
}

impl Kind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 5] =
        [Self::MorePoints, Self::FewerPoints, Self::Instead, Self::MorePounds, Self::LessPounds];

    /// The value that the form sends.
    pub fn key(self) -> &'static str {
        match self {
            Self::MorePoints => "points_more",
            Self::FewerPoints => "points_fewer",
            Self::Instead => "instead",
            Self::MorePounds => "pounds_more",
            Self::LessPounds => "pounds_less",
        }
    }

    /// As the form says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::MorePoints => "Add points",
            Self::FewerPoints => "Take points away",
            Self::Instead => "Pay the points of an earlier year in place of these",
            Self::MorePounds => "Add pounds",
            Self::LessPounds => "Take pounds away",
        }
    }

    /// Whether its number is pounds; otherwise it is points.
    fn is_pounds(self) -> bool {
        matches!(self, Self::MorePounds | Self::LessPounds)
    }
}

/// What was typed, as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// The code of an indicator, or [`WHOLE_PAYMENT`].
    pub indicator: &'a str,
    /// The key of a [`Kind`].
    pub kind: &'a str,
    /// Points or pounds.
    pub number: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Where that can be looked up.
    pub evidence: &'a str,
}

/// What was typed, read.
pub(super) struct Read {
    pub(super) indicator: Option<String>,
    pub(super) change: AdjustmentChange,
    pub(super) reason: String,
    pub(super) evidence: String,
}

impl Typed<'_> {
    pub(super) fn read(&self, case: &Case) -> Result<Read, Vec<Wrong>> {
        let indicator = self.indicator(case);
        let kind = Kind::ALL.into_iter().find(|kind| kind.key() == self.kind);
        let change = match kind {
            Some(kind) => self.change(kind, case),
            None => Err(Wrong::new(Asked::Kind, "Select what to adjust")),
        };
        let number = match kind {
            None if self.number.trim().is_empty() => {
                Err(Wrong::new(Asked::Number, "Enter how many points or pounds"))
            }
            _ => Ok(()),
        };
        // Whether points and indicator go together can be said only where both can be read.
        let fits = match (&indicator, &change) {
            (Ok(indicator), Ok(change)) => fits(case, indicator.as_deref(), change),
            _ => Ok(()),
        };
        let fits = fits.and(number);
        match (indicator, change, fits, reason(self.reason), evidence(self.evidence)) {
            (Ok(indicator), Ok(change), Ok(()), Ok(reason), Ok(evidence)) => {
                Ok(Read { indicator, change, reason, evidence })
            }
            (indicator, change, fits, reason, evidence) => {
                let wrong =
                    [indicator.err(), change.err(), fits.err(), reason.err(), evidence.err()];
                Err(wrong.into_iter().flatten().collect())
            }
        }
    }

    fn indicator(&self, case: &Case) -> Result<Option<String>, Wrong> {
        match self.indicator.trim() {
            WHOLE_PAYMENT => Ok(None),
            code if case.indicator(code).is_some() => Ok(Some(code.to_owned())),
            _ => Err(Wrong::new(Asked::Indicator, "Select an indicator or the whole payment")),
        }
    }

    fn change(&self, kind: Kind, case: &Case) -> Result<AdjustmentChange, Wrong> {
        let wrong = |message: String| Wrong::new(Asked::Number, message);
        let (what, example, places) = match kind.is_pounds() {
            true => ("pounds", "1,250.00", 2),
            false => ("points", "4.5", case.service.points_decimals.unwrap_or(6)),
        };
        let plain: String = self.number.trim().trim_start_matches('£').replace(',', "");
        if plain.is_empty() {
            return Err(wrong(format!("Enter the number of {what}")));
        }
        let named = if kind.is_pounds() { "Pounds" } else { "Points" };
        let number: Exact = plain
            .parse()
            .map_err(|_| wrong(format!("{named} must be a number, like {example}")))?;
        if number.is_negative() {
            return Err(wrong(format!(
                "{named} must be 0 or more. Select whether to add them or to take them away"
            )));
        }
        if number.rounded(places) != number {
            return Err(wrong(format!("{named} must have no more than {places} decimals")));
        }
        if number.is_zero() && kind != Kind::Instead {
            return Err(wrong(format!("{named} must be more than 0")));
        }
        Ok(match kind {
            Kind::MorePoints => AdjustmentChange::Points(number),
            Kind::FewerPoints => AdjustmentChange::Points(Exact::zero() - number),
            Kind::Instead => AdjustmentChange::Instead(number),
            Kind::MorePounds => AdjustmentChange::Amount(pence(&number)?),
            Kind::LessPounds => AdjustmentChange::Amount(Pence(-pence(&number)?.0)),
        })
    }
}

fn pence(pounds: &Exact) -> Result<Pence, Wrong> {
    let most = Pence(POUNDS_MAX * 100);
    pounds
        .to_pence()
        .filter(|amount| *amount <= most)
        .ok_or_else(|| Wrong::new(Asked::Number, format!("Pounds must be {most} or less")))
}

fn names_patient(what: &str) -> String {
    format!(
        "Take the number that looks like an NHS number out of your {what}. Write nothing about a patient here"
    )
}

pub(super) fn reason(typed: &str) -> Result<String, Wrong> {
    let reason = typed.trim();
    let wrong = |message: String| Err(Wrong::new(Asked::Reason, message));
    match reason.chars().count() {
        0 => wrong("Enter a reason".into()),
        length if length < REASON_MIN => {
            wrong(format!("Reason must be {REASON_MIN} characters or more"))
        }
        length if length > REASON_MAX => {
            wrong(format!("Reason must be {REASON_MAX} characters or less"))
        }
        _ if nhs_number::is_in(reason) => wrong(names_patient("reason")),
        _ => Ok(reason.to_owned()),
    }
}

fn evidence(typed: &str) -> Result<String, Wrong> {
    let evidence = typed.trim();
    let wrong = |message: String| Err(Wrong::new(Asked::Evidence, message));
    match evidence.chars().count() {
        0 => wrong("Enter the evidence, such as the date of a letter".into()),
        length if length > EVIDENCE_MAX => {
            wrong(format!("Evidence must be {EVIDENCE_MAX} characters or less"))
        }
        _ if nhs_number::is_in(evidence) => wrong(names_patient("evidence")),
        _ => Ok(evidence.to_owned()),
    }
}

/// Whether a change can be made to an indicator, or to the whole payment, as the points stand now.
pub(super) fn fits(
    case: &Case,
    indicator: Option<&str>,
    change: &AdjustmentChange,
) -> Result<(), Wrong> {
    if matches!(change, AdjustmentChange::Amount(_)) {
        return Ok(());
    }
    let own = indicator.and_then(|code| case.indicator(code));
    let Some((indicator, available)) = own.and_then(|own| Some((own, own.points()?))) else {
        return Err(Wrong::new(
            Asked::Indicator,
            "Select an indicator that is paid by points, or adjust pounds",
        ));
    };
    let wrong = |message: String| Err(Wrong::new(Asked::Number, message));
    let (code, all) = (&indicator.code, available.to_short(6));
    match change {
        AdjustmentChange::Instead(points) if points > available => {
            wrong(format!("Points of {code} must be {all} or less"))
        }
        AdjustmentChange::Instead(_) if case.has_points_instead(code) => Err(Wrong::new(
            Asked::Indicator,
            format!(
                "{code} already has points in place of those earned. End that adjustment first"
            ),
        )),
        AdjustmentChange::Points(change) => {
            let Some(now) = case.points_now(code) else { return Ok(()) };
            let (after, held): (Points, _) = (&now + change, now.to_short(6));
            if after.is_negative() {
                wrong(format!(
                    "{code} has {held} points now, so no more than that can be taken away"
                ))
            } else if after > *available {
                let rest = (available - &now).to_short(6);
                wrong(format!(
                    "{code} has {held} of {all} points now, so no more than {rest} can be added"
                ))
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

impl AdjustmentChange {
    /// What it does, in words: `2 points more`, `8 points in place of those earned`, `£50.00 less`.
    pub fn words(&self) -> String {
        let points = |number: &Points| {
            let number = number.to_short(6);
            if number == "1" { "1 point".to_owned() } else { format!("{number} points") }
        };
        match self {
            Self::Points(change) if change.is_negative() => {
                format!("{} fewer", points(&(Exact::zero() - change.clone())))
            }
            Self::Points(change) => format!("{} more", points(change)),
            Self::Instead(number) => format!("{} in place of those earned", points(number)),
            Self::Amount(amount) if amount.0 < 0 => format!("{} less", Pence(-amount.0)),
            Self::Amount(amount) => format!("{amount} more"),
        }
    }

    /// Whether it says pounds, which not every reader may see.
    pub fn is_money(&self) -> bool {
        matches!(self, Self::Amount(_))
    }
}
