//! What an indicator pays and by which limits, in plain words: one wording for offers, contracts and comparisons.

use super::{Band, CountPays, FractionPays, Indicator, IndicatorKind, ListKind, Span, YesPays};
use crate::ratio::Exact;

impl Indicator {
    /// What it pays, as an offer, a contract and the catalogue say it: "£38.50 for each", "12 points".
    pub fn pays_in_words(&self, sees_prices: bool) -> String {
        if self.pays() && self.points().is_none() && !sees_prices {
            return "Your role does not show amounts".into();
        }
        match &self.kind {
            IndicatorKind::Register { points: Some(points), .. } => format!("{points} points"),
            IndicatorKind::Register { prevalence_group: Some(_), .. } => {
                "Not paid, gives the prevalence".into()
            }
            IndicatorKind::Fraction { pays: Some(pays), .. } => fraction_pays(pays),
            IndicatorKind::Count { pays: Some(pays), .. } => match pays {
                CountPays::Fee { fee, .. } => format!("{fee} for each"),
                CountPays::Monthly { rate } => format!("£{rate} for each and month"),
                CountPays::Bands(bands) => in_bands(bands, ""),
            },
            IndicatorKind::YesNo { pays: Some(pays), .. } => match pays {
                YesPays::Points(points) => format!("{points} points for yes"),
                YesPays::Amount(amount) => format!("{amount} for yes"),
            },
            IndicatorKind::PerPatient { rate_per_year, list } => match list {
                ListKind::Registered => format!("£{rate_per_year} a year for each patient"),
                ListKind::Weighted => format!("£{rate_per_year} a year for each weighted patient"),
            },
            IndicatorKind::Block { amount, .. } => format!("{amount} in all"),
            IndicatorKind::Aspiration { of, share, .. } => {
                format!("{share}% of the payment of {of}, in advance")
            }
            IndicatorKind::Register { .. }
            | IndicatorKind::Fraction { pays: None, .. }
            | IndicatorKind::YesNo { pays: None, .. }
            | IndicatorKind::Count { pays: None, .. } => "Not paid, management information".into(),
        }
    }

    /// Its thresholds or limits: "From 40% to 90%"; "None" without any.
    pub fn rule_in_words(&self) -> String {
        match &self.kind {
            IndicatorKind::Fraction {
                pays: Some(FractionPays::Slope { lower, upper, at_lower, .. }),
                ..
            } => slope(lower, upper, at_lower.as_ref()),
            IndicatorKind::Fraction {
                pays: Some(FractionPays::AllOrNothing { from, .. }), ..
            } => {
                format!("All from {from}%")
            }
            IndicatorKind::Count { pays, maximum, .. } => {
                limits(pays.as_ref(), maximum.as_ref().map(|own| (own.indicator.as_str(), own.per)))
            }
            _ => "None".into(),
        }
    }
}

fn fraction_pays(pays: &FractionPays) -> String {
    match pays {
        FractionPays::Slope { points, .. } => format!("Up to {points} points"),
        FractionPays::AllOrNothing { points, .. } => format!("{points} points or none"),
        FractionPays::Steps(steps) => {
            let steps: Vec<String> = steps
                .iter()
                .map(|step| format!("{} points from {}%", step.points, step.from))
                .collect();
            steps.join(", ")
        }
        FractionPays::Bands(bands) => in_bands(bands, "%"),
    }
}

/// `£100.00 from 60%, £250.00 from 80%`.
fn in_bands(bands: &[Band], unit: &str) -> String {
    let bands: Vec<String> =
        bands.iter().map(|band| format!("{} from {}{unit}", band.amount, band.from)).collect();
    bands.join(", ")
}

fn slope(lower: &Exact, upper: &Exact, at_lower: Option<&Exact>) -> String {
    let way = if upper < lower { " down" } else { "" };
    let step = at_lower.map_or_else(String::new, |points| format!(", {points} points at {lower}%"));
    format!("From {lower}%{way} to {upper}%{step}")
}

fn limits(pays: Option<&CountPays>, maximum: Option<(&str, Span)>) -> String {
    let over = |span| match span {
        Span::Period => "in a period",
        Span::Service => "in the whole service",
    };
    let mut limits = Vec::new();
    if let Some((indicator, per)) = maximum {
        limits.push(match per {
            Span::Period => format!("No more than {indicator}"),
            Span::Service => format!("No more than {indicator} {}", over(per)),
        });
    }
    if let Some(CountPays::Fee { cap: Some(cap), .. }) = pays {
        limits.push(format!("Up to {} paid {}", cap.items, over(cap.per)));
    }
    if limits.is_empty() { "None".into() } else { limits.join(". ") }
}
