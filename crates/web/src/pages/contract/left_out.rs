//! Who does not get a service of a contract, counted by reason and by name.

use crate::words::plural;
use domain::contract::WhyLeftOut;
use serde::Serialize;
use store::contract::Reach;

/// Providers named for each service; of a nation the others are only counted.
const NAMED: usize = 500;

/// Who is left out of one service.
#[derive(Debug, Serialize)]
pub(super) struct LeftOut {
    /// How many for which reason; empty when nobody is.
    pub(super) text: String,
    providers: Vec<Provider>,
    /// How many more there are than are named.
    unnamed: i64,
}

#[derive(Debug, Serialize)]
struct Provider {
    code: String,
    name: String,
    why: String,
    /// The contract in which it has the service, where that is the commissioner's own.
    contract: Option<String>,
}

impl LeftOut {
    pub(super) fn of(reach: &Reach) -> Self {
        let providers = reach.left_out.iter().take(NAMED).map(|one| Provider {
            code: one.code.clone(),
            name: one.name.clone(),
            why: one.why.to_string(),
            contract: match &one.why {
                WhyLeftOut::HasIt { contract, .. } => contract.clone(),
                _ => None,
            },
        });
        Self {
            text: counted(reach),
            providers: providers.collect(),
            unnamed: reach.left_out.len().saturating_sub(NAMED) as i64,
        }
    }
}

fn counted(reach: &Reach) -> String {
    let count = |is_so: fn(&WhyLeftOut) -> bool| {
        reach.left_out.iter().filter(|one| is_so(&one.why)).count() as i64
    };
    let already = count(|why| matches!(why, WhyLeftOut::HasIt { .. }));
    let closed = count(|why| matches!(why, WhyLeftOut::Closed(_)));
    let not_before = count(|why| matches!(why, WhyLeftOut::NotLastYear));
    let mut reasons = Vec::new();
    if already > 0 {
        let who = plural(already, "provider already has", Some("providers already have"));
        reasons.push(format!("{who} this service or an offer of it"));
    }
    if closed > 0 {
        reasons.push(plural(closed, "provider has closed", Some("providers have closed")));
    }
    if not_before > 0 {
        let who = plural(not_before, "provider", None);
        reasons.push(format!("{who} did not take part to the end of last year"));
    }
    let other = count(|why| matches!(why, WhyLeftOut::OtherKind));
    if other > 0 {
        let who = plural(other, "provider is", Some("providers are"));
        reasons.push(format!("{who} not of the kind that this service is for"));
    }
    reasons.join(", ")
}
