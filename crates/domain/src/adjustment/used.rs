//! What calculations use of adjustments: those in force, in their order, each with its reason in words.

use super::{Adjustment, AdjustmentState};
use crate::{Now, calculation, calculation::AdjustmentChange, calendar::long_date};

/// The adjustments in force, as calculations use them. Points in the place of those earned come first, so that what is
/// added or taken away counts on top of them, whoever agreed first.
pub fn used(adjustments: &[Adjustment]) -> Vec<calculation::Adjustment> {
    let mut used: Vec<_> = adjustments
        .iter()
        .filter_map(|own| {
            let (AdjustmentState::Agreed { agreed } | AdjustmentState::Ending { agreed, .. }) =
                &own.state
            else {
                return None;
            };
            let is_on_top = !matches!(own.change, AdjustmentChange::Instead(_));
            let on = long_date(Now::at(agreed.at).today);
            let reason = format!(
                "{} (asked by {}, agreed by {} on {on}; {})",
                own.reason, own.asked.by.name, agreed.by.name, own.evidence
            );
            let (indicator, change) = (own.indicator.clone(), own.change.clone());
            Some((
                is_on_top,
                agreed.at,
                own.id,
                calculation::Adjustment { indicator, change, reason },
            ))
        })
        .collect();
    used.sort_by_key(|(is_on_top, at, id, _)| (*is_on_top, *at, *id));
    used.into_iter().map(|(.., own)| own).collect()
}
