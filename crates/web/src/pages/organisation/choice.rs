//! Choosing among the providers of a commissioner in a form: ticked, searched for, pasted or uploaded as a list.

use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::words::plural;
use domain::organisation::listed_codes;
use domain::{Now, OrganisationId, OrganisationKind};
use serde::Serialize;
use std::collections::BTreeSet;
use store::Tx;
use store::cluster::Listed;
use store::organisation::Provider;

/// Providers listed at once; a nation of them would be a page nobody can read. The others are found by searching.
const LISTED: usize = 500;

/// The button that ticks all who fit the search, listed or not.
const ALL: &str = "all";

/// What `organisation/provider_choice.html` and `organisation/provider_list.html` see.
#[derive(Debug, Serialize)]
pub(crate) struct Choice {
    /// Whether providers are chosen here, which is asked only of those who said so.
    is_choice: bool,
    /// How many providers there are to choose from.
    all: i64,
    /// How many are chosen, listed or not.
    chosen: i64,
    /// How many fit the search.
    matching: i64,
    /// How many of those are not listed.
    unlisted: i64,
    /// The codes of those who are chosen and not listed, so that they stay chosen.
    kept: String,
    providers: Vec<ProviderRow>,
    /// Clusters whose providers can be ticked together, where the page offers that.
    clusters: Vec<ClusterChoice>,
    /// What adding a cluster came to; empty when none was added.
    added: String,
}

/// A cluster to choose.
#[derive(Debug, Serialize)]
struct ClusterChoice {
    value: String,
    text: String,
}

/// One provider in a list.
#[derive(Debug, Serialize)]
pub(crate) struct ProviderRow {
    code: String,
    name: String,
    kind: &'static str,
    network: Option<String>,
    is_chosen: bool,
}

impl ProviderRow {
    fn of(one: &Provider, chosen: &BTreeSet<String>) -> Self {
        Self {
            is_chosen: chosen.contains(&one.code),
            code: one.code.clone(),
            name: one.name.clone(),
            network: one.network.clone(),
            kind: if one.kind == OrganisationKind::Pcn { "PCN" } else { "Practice" },
        }
    }
}

impl Choice {
    /// Those who fit the search of a form, with the chosen ones ticked, or all of them where the form asks for it.
    pub(crate) fn of(
        all: &[Provider],
        chosen: &BTreeSet<String>,
        fields: &Fields,
        is_choice: bool,
    ) -> Self {
        let found: Vec<&Provider> =
            all.iter().filter(|one| fits(one, fields.get("search"))).collect();
        let mut chosen = chosen.clone();
        if fields.get("go") == ALL {
            chosen.extend(found.iter().map(|one| one.code.clone()));
        }
        let listed = &found[..found.len().min(LISTED)];
        let is_listed = |code: &&String| listed.iter().any(|one| one.code == **code);
        let kept: Vec<&str> =
            chosen.iter().filter(|code| !is_listed(code)).map(String::as_str).collect();
        Self {
            is_choice,
            all: all.len() as i64,
            chosen: chosen.len() as i64,
            matching: found.len() as i64,
            unlisted: (found.len() - listed.len()) as i64,
            kept: kept.join(","),
            providers: listed.iter().map(|one| ProviderRow::of(one, &chosen)).collect(),
            clusters: Vec::new(),
            added: String::new(),
        }
    }

    /// The same with the clusters of a commissioner to choose from, and what adding one came to.
    pub(crate) fn with_clusters(
        self,
        clusters: &[Listed],
        of: OrganisationId,
        added: String,
    ) -> Self {
        let own = clusters.iter().filter(|one| one.cluster.commissioner == of);
        let choice = |one: &Listed| ClusterChoice {
            value: one.cluster.reference.clone(),
            text: format!("{} ({})", one.cluster.name, plural(one.providers, "provider", None)),
        };
        Self { clusters: own.map(choice).collect(), added, ..self }
    }

    /// Providers in a list without tick boxes.
    pub(crate) fn rows(providers: &[Provider]) -> Vec<ProviderRow> {
        providers.iter().map(|one| ProviderRow::of(one, &BTreeSet::new())).collect()
    }
}

/// Whether a provider is among those searched for, by a part of its name, its code or the name of its PCN.
fn fits(provider: &Provider, search: &str) -> bool {
    let search = search.to_lowercase();
    [Some(&provider.name), Some(&provider.code), provider.network.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&search))
}

/// The providers that stand ticked in the form, listed or kept.
pub(crate) fn ticked(fields: &Fields) -> BTreeSet<String> {
    let kept = listed_codes(fields.get("kept")).into_iter().map(|one| one.code);
    fields.all("provider").map(ToOwned::to_owned).chain(kept).collect()
}

/// "Search", "Select all that match", or the Enter key after something was typed there, which presses the first button of the form: `next`.
pub(crate) fn is_search(fields: &Fields) -> bool {
    let is_new = fields.get("search") != fields.get("searched");
    ["search", ALL].contains(&fields.get("go")) || (fields.get("go") == "next" && is_new)
}

/// Whether a form came from a page on which providers are chosen.
pub(crate) fn was_choice(fields: &Fields) -> bool {
    fields.iter().any(|(name, _)| name == "searched")
}

/// The lists of a form: the field, and how its lines are called in an error.
pub(crate) const LISTS: [(&str, &str); 2] = [("codes", ""), ("file", " of the file")];

/// The providers that a form names, ticked or in its lists; every wrong line of the lists is noted in `errors`.
pub(crate) async fn read(
    tx: &mut Tx,
    commissioner: OrganisationId,
    fields: &Fields,
    now: &Now,
    errors: &mut Errors,
) -> Result<BTreeSet<String>, WebError> {
    let mut codes = ticked(fields);
    for (field, place) in LISTS {
        let list = listed_codes(fields.get(field));
        let wrong = store::organisation::wrong_codes(tx, commissioner, &list, now).await?;
        for (line, why) in wrong {
            errors.add(field, format!("Line {line}{place}: {why}"));
        }
        codes.extend(list.into_iter().map(|one| one.code));
    }
    Ok(codes)
}
