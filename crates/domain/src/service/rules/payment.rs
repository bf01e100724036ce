//! The rules of points, thresholds, steps, bands and instalments.

use super::placed;
use crate::{
    calculation::Slope,
    ratio::{Exact, Points},
    reader::{Problems, within},
    service::{Band, CountPays, FractionPays, IndicatorKind, Service, Step},
};

pub(super) fn points_and_thresholds_are_within_bounds(service: &Service, problems: &mut Problems) {
    for (place, _, indicator) in placed(service) {
        let Some(points) = indicator.points() else { continue };
        let pays = match &indicator.kind {
            IndicatorKind::Fraction { pays: Some(pays), .. } => Some(pays),
            _ => None,
        };
        let places =
            ["points", "lower", "upper", "from", "at_lower"].map(|key| within(&place, key));
        if !problems.sound(&places.each_ref().map(String::as_str)) {
            continue;
        }
        if points.is_zero() && !matches!(pays, Some(FractionPays::Steps(_))) {
            problems.add(&places[0], "0", "more than 0");
        }
        let (lower, upper) = match pays {
            Some(FractionPays::Slope { lower, upper, .. }) => (Some(lower), Some(upper)),
            Some(FractionPays::AllOrNothing { from, .. }) => (None, Some(from)),
            _ => (None, None),
        };
        for refused in Slope::new(points, lower, upper).err().into_iter().flatten() {
            let is_from = refused.what == "upper" && lower.is_none();
            let key = if is_from { "from" } else { refused.what };
            problems.add(within(&place, key), refused.found, refused.allowed);
        }
        if let Some(FractionPays::Slope { lower, upper, at_lower, .. }) = pays {
            slope(&place, points, (lower, upper), at_lower.as_ref(), problems);
        }
    }
}

/// What two thresholds must be to each other, and the points of the lower one to all of them.
fn slope(
    place: &str,
    points: &Points,
    (lower, upper): (&Exact, &Exact),
    at_lower: Option<&Points>,
    problems: &mut Problems,
) {
    if lower == upper {
        problems.add(
            within(place, "upper"),
            upper.to_string(),
            "another threshold than the lower one, or \"from\" alone where it is all or nothing",
        );
    }
    if let Some(at_lower) = at_lower.filter(|own| own.is_zero() || *own >= points) {
        problems.add(
            within(place, "at_lower"),
            at_lower.to_string(),
            format!("more than 0 and less than the {points} points"),
        );
    }
}

pub(super) fn steps_and_bands_rise(service: &Service, problems: &mut Problems) {
    for (place, _, indicator) in placed(service) {
        match &indicator.kind {
            IndicatorKind::Fraction { pays: Some(FractionPays::Steps(steps)), .. } => {
                let rows = steps.iter().map(|Step { from, points }| (from, points.clone()));
                rise(&within(&place, "steps"), rows.collect(), Some(100), problems);
                if steps.iter().any(|step| step.points.as_whole().is_none()) {
                    let allowed = "whole points; for points between thresholds use a slope";
                    problems.add(within(&place, "steps"), "points with decimals", allowed);
                }
            }
            IndicatorKind::Fraction { pays: Some(FractionPays::Bands(bands)), .. } => {
                rise(&within(&place, "bands"), amounts(bands), Some(100), problems);
            }
            IndicatorKind::Count { pays: Some(CountPays::Bands(bands)), .. } => {
                rise(&within(&place, "bands"), amounts(bands), None, problems);
            }
            _ => {}
        }
    }
}

fn amounts(bands: &[Band]) -> Vec<(&Exact, Exact)> {
    bands.iter().map(|band| (&band.from, Exact::whole(band.amount.0))).collect()
}

/// Each row starts above the one before it and pays at least as much.
fn rise(at: &str, rows: Vec<(&Exact, Exact)>, most: Option<i64>, problems: &mut Problems) {
    if rows.is_empty() {
        problems.add(at, "nothing", "at least one row with \"from\"");
    }
    for pair in rows.windows(2) {
        let [(before, less), (from, more)] = pair else { continue };
        if from <= before {
            problems.add(at, format!("from {from} after from {before}"), "rising numbers");
        }
        if more < less {
            let found = format!("less from {from} than from {before}");
            problems.add(at, found, "at least as much as the row before");
        }
    }
    if let (Some(most), Some((last, _))) = (most, rows.last())
        && **last > Exact::whole(most)
    {
        problems.add(at, format!("from {last}"), format!("0 to {most} per cent"));
    }
}

pub(super) fn instalments_are_as_many_as_periods_and_make_the_whole(
    service: &Service,
    problems: &mut Problems,
) {
    let periods = service.periods().len();
    for (place, _, indicator) in placed(service) {
        let IndicatorKind::Block { instalments, .. } = &indicator.kind else { continue };
        let at = within(&place, "instalments");
        if instalments.is_empty() || !problems.sound(&[&at, "payment", "starts_on", "ends_on"]) {
            continue;
        }
        if instalments.len() != periods {
            let allowed = format!("{periods}, one for each period");
            problems.add(&at, format!("{} instalments", instalments.len()), allowed);
        }
        let sum = instalments.iter().cloned().fold(Exact::zero(), |sum, one| sum + one);
        if sum != Exact::whole(100) {
            problems.add(&at, format!("{sum} per cent in all"), "100 per cent in all");
        }
    }
}

/// Every period would take the whole of it off.
pub(super) fn what_was_paid_before_is_taken_off_once(service: &Service, problems: &mut Problems) {
    let Some(terms) = &service.payment else { return };
    if let Some(before) = &terms.less_paid_by
        && problems.sound(&["payment, frequency"])
        && service.periods().len() != 1
    {
        problems.add("payment, less_paid_by", before, "only in a service with one period");
    }
}

pub(super) fn shares_are_percentages(service: &Service, problems: &mut Problems) {
    for (place, _, indicator) in placed(service) {
        let IndicatorKind::Aspiration { share, .. } = &indicator.kind else { continue };
        let at = within(&place, "share");
        if problems.sound(&[&at]) && (share.is_zero() || *share > Exact::whole(100)) {
            problems.add(at, share.to_string(), "more than 0 and up to 100 per cent");
        }
    }
}
