//! Step 2 of a contract: whom it goes to. Those who are chosen can be ticked, searched for, pasted or uploaded as a list.

use super::steps::{Tabs, confirmed, draft, onwards};
use super::{find, refuse};
use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::OrganisationKind;
use domain::contract::{CannotDraft, Contract, ContractKind, Target, listed_codes};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;
use store::contract::Eligible;

/// Providers listed at once; a nation of them would be a page nobody can read. The others are found by searching.
const LISTED: usize = 500;

/// What the second step sees.
#[derive(Debug, Serialize)]
struct ProvidersStep {
    tabs: Tabs,
    is_offer: bool,
    /// Whether providers are chosen here, which is asked only of those who said so.
    is_choice: bool,
    practices: i64,
    networks: i64,
    /// How many providers there are to choose from.
    all: i64,
    /// How many are chosen, listed or not.
    chosen: i64,
    /// How many fit the search, and how many of them are not listed.
    found: i64,
    unlisted: i64,
    /// The codes of those who are chosen and not listed, so that they stay chosen.
    kept: String,
    providers: Vec<ProviderRow>,
}

#[derive(Debug, Serialize)]
struct ProviderRow {
    code: String,
    name: String,
    kind: &'static str,
    network: Option<String>,
    is_chosen: bool,
}

impl ProviderRow {
    fn of(one: &Eligible, chosen: &BTreeSet<String>) -> Self {
        Self {
            is_chosen: chosen.contains(&one.code),
            code: one.code.clone(),
            name: one.name.clone(),
            network: one.network.clone(),
            kind: if one.kind == OrganisationKind::Pcn { "PCN" } else { "Practice" },
        }
    }
}

/// The step as it is kept, or as it was typed.
async fn page(web: &Web, contract: &Contract, typed: Option<Fields>) -> Result<Page, WebError> {
    let mut tx = web.db.read().await?;
    let all = store::contract::eligible(&mut tx, contract, &(web.clock)()).await?;
    drop(tx);
    let chosen = match &typed {
        Some(fields) => ticked(fields),
        None => all.iter().filter(|one| one.is_chosen).map(|one| one.code.clone()).collect(),
    };
    let fields = typed.unwrap_or_else(|| Fields::from_iter([("whom", contract.goes_to().name())]));
    let found: Vec<&Eligible> = all.iter().filter(|one| fits(one, fields.get("search"))).collect();
    let listed = &found[..found.len().min(LISTED)];
    let is_listed = |code: &&String| listed.iter().any(|one| one.code == **code);
    let kept: Vec<&str> =
        chosen.iter().filter(|code| !is_listed(code)).map(String::as_str).collect();
    let count = |kind| all.iter().filter(|one| one.kind == kind).count() as i64;
    let step = ProvidersStep {
        tabs: Tabs::of(Some(contract), "providers"),
        is_offer: contract.kind == ContractKind::Offer,
        is_choice: contract.goes_to() == Target::Chosen || was_choice(&fields),
        practices: count(OrganisationKind::Practice),
        networks: count(OrganisationKind::Pcn),
        all: all.len() as i64,
        chosen: chosen.len() as i64,
        found: found.len() as i64,
        unlisted: (found.len() - listed.len()) as i64,
        kept: kept.join(","),
        providers: listed.iter().map(|one| ProviderRow::of(one, &chosen)).collect(),
    };
    Ok(Page::new("contract/providers.html", step).form(fields))
}

/// Whether a form came from a page on which providers are chosen, or asks for it.
fn was_choice(fields: &Fields) -> bool {
    fields.has("whom", Target::Chosen.name()) || fields.iter().any(|(name, _)| name == "searched")
}

/// Whether a provider is among those searched for, by a part of its name, its code or the name of its PCN.
fn fits(provider: &Eligible, search: &str) -> bool {
    let search = search.to_lowercase();
    [Some(&provider.name), Some(&provider.code), provider.network.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(&search))
}

/// The providers that stand ticked in the form, listed or kept.
fn ticked(fields: &Fields) -> BTreeSet<String> {
    let kept = listed_codes(fields.get("kept")).into_iter().map(|one| one.code);
    fields.all("provider").map(ToOwned::to_owned).chain(kept).collect()
}

/// The second step.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        return Ok(confirmed(&reference));
    };
    page(&web, &contract, None).await?.respond(&web, &visitor.shell)
}

/// The second step, saved; or the same step narrowed to a search, with nothing saved.
pub(super) async fn choose(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let (now, by) = ((web.clock)(), &visitor.actor);
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        let why = Failed::Refused(CannotDraft::AlreadyConfirmed);
        return refuse(&web, &visitor, &reference, why).await;
    };
    if is_search(&fields) {
        return page(&web, &contract, Some(fields)).await?.respond(&web, &visitor.shell);
    }
    let (target, codes) = match read(&web, &contract, &fields).await? {
        Ok(choice) => choice,
        Err(errors) => {
            let page = page(&web, &contract, Some(fields)).await?;
            return page.errors(errors).respond(&web, &visitor.shell);
        }
    };
    let seen = seen(&fields)?;
    let choice = (target, &codes);
    match store::contract::choose_providers(&web.db, &reference, seen, choice, by, &now).await {
        // Nobody could be chosen on the page that came: it asks for them now.
        Ok(_) if target == Target::Chosen && codes.is_empty() && fields.get("go") == "next" => {
            Ok(see_other(&format!("/contracts/{reference}/providers")))
        }
        Ok(_) => Ok(onwards(&fields, &reference, "providers")),
        Err(Failed::Refused(why @ CannotDraft::NotYourProvider(_))) => {
            let contract = find(&web, &visitor, &reference).await?;
            let page = page(&web, &contract, Some(fields)).await?;
            page.errors(Errors::one("provider", why.to_string())).respond(&web, &visitor.shell)
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}

/// "Search", or the Enter key after something was typed there, which presses the first button of the form: "Next".
fn is_search(fields: &Fields) -> bool {
    let is_new = fields.get("search") != fields.get("searched");
    fields.get("go") == "search" || (fields.get("go") == "next" && is_new)
}

/// Whom the form names, or everything that is wrong with it.
async fn read(
    web: &Web,
    contract: &Contract,
    fields: &Fields,
) -> Result<Result<(Target, BTreeSet<String>), Errors>, WebError> {
    let target = match contract.kind {
        ContractKind::Direct => Some(Target::Chosen),
        ContractKind::Offer => Target::from_name(fields.get("whom")),
    };
    let Some(target) = target else {
        return Ok(Err(Errors::one("whom", "Select who you want to offer the services to")));
    };
    let lists = [("codes", ""), ("file", " of the file")];
    if target != Target::Chosen {
        // Without scripting the box is there under every choice, and a list in it must not go unread.
        let unread = lists.iter().find(|(field, _)| !fields.get(field).is_empty());
        return Ok(match unread {
            Some((field, _)) => Err(Errors::one(
                field,
                "You gave a list of ODS codes. Select \"Providers that you choose\", or remove the list",
            )),
            None => Ok((target, BTreeSet::new())),
        });
    }
    let (mut codes, mut errors) = (ticked(fields), Errors::new());
    let mut tx = web.db.read().await?;
    for (field, place) in lists {
        let list = listed_codes(fields.get(field));
        let wrong = store::contract::wrong_codes(&mut tx, contract, &list, &(web.clock)()).await?;
        for (line, why) in wrong {
            errors.add(field, format!("Line {line}{place}: {why}"));
        }
        codes.extend(list.into_iter().map(|one| one.code));
    }
    let was_listed = fields.iter().any(|(name, _)| name == "searched");
    if codes.is_empty() && was_listed && fields.get("go") == "next" {
        errors.add("provider", "Select at least 1 provider");
    }
    Ok(if errors.is_empty() { Ok((target, codes)) } else { Err(errors) })
}
