//! Step 2 of a contract: whom it goes to. Those who are chosen can be ticked, searched for, pasted or uploaded as a list.

use super::steps::{Tabs, confirmed, draft, onwards};
use super::{find, refuse};
use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::pages::organisation::choice::{self, Choice, LISTS, is_search, ticked, was_choice};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::OrganisationKind;
use domain::contract::{CannotDraft, Contract, ContractKind, Target};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;

/// What the second step sees.
#[derive(Debug, Serialize)]
struct ProvidersStep {
    tabs: Tabs,
    is_offer: bool,
    practices: i64,
    networks: i64,
    #[serde(flatten)]
    choice: Choice,
}

/// The step as it is kept, or as it was typed.
async fn page(web: &Web, contract: &Contract, typed: Option<Fields>) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read().await?;
    let all = store::organisation::providers(&mut tx, contract.commissioner, &now).await?;
    let chosen = match &typed {
        Some(fields) => ticked(fields),
        None => {
            let kept = store::contract::chosen_codes(&mut tx, contract).await?;
            let is_open = |code: &String| all.iter().any(|one| one.code == *code);
            kept.into_iter().filter(is_open).collect()
        }
    };
    drop(tx);
    let fields = typed.unwrap_or_else(|| Fields::from_iter([("whom", contract.goes_to().name())]));
    let is_choice = contract.goes_to() == Target::Chosen
        || fields.has("whom", Target::Chosen.name())
        || was_choice(&fields);
    let count = |kind| all.iter().filter(|one| one.kind == kind).count() as i64;
    let step = ProvidersStep {
        tabs: Tabs::of(Some(contract), "providers"),
        is_offer: contract.kind == ContractKind::Offer,
        practices: count(OrganisationKind::Practice),
        networks: count(OrganisationKind::Pcn),
        choice: Choice::of(&all, &chosen, &fields, is_choice),
    };
    Ok(Page::new("contract/providers.html", step).form(fields))
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
    if target != Target::Chosen {
        // Without scripting the box is there under every choice, and a list in it must not go unread.
        let unread = LISTS.iter().find(|(field, _)| !fields.get(field).is_empty());
        return Ok(match unread {
            Some((field, _)) => Err(Errors::one(
                field,
                "You gave a list of ODS codes. Select \"Providers that you choose\", or remove the list",
            )),
            None => Ok((target, BTreeSet::new())),
        });
    }
    let mut tx = web.db.read().await?;
    let read = choice::read(&mut tx, contract.commissioner, fields, &(web.clock)()).await?;
    Ok(read.map(|codes| (target, codes)))
}
