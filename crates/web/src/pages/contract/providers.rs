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
use crate::words::plural;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::OrganisationKind;
use domain::cluster::Cluster;
use domain::contract::{CannotDraft, Contract, ContractKind, Target};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::Failed;
use store::cluster::Members;

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

/// The step as it is kept, or as it was typed, with what adding a cluster came to.
async fn page(
    web: &Web,
    visitor: &Visitor,
    contract: &Contract,
    typed: Option<Fields>,
    added: String,
) -> Result<Page, WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let all = store::organisation::providers(&mut tx, contract.commissioner, &now).await?;
    let chosen = match &typed {
        Some(fields) => ticked(fields),
        None => {
            let kept = store::contract::chosen_codes(&mut tx, contract).await?;
            let is_open = |code: &String| all.iter().any(|one| one.code == *code);
            kept.into_iter().filter(is_open).collect()
        }
    };
    let clusters = store::cluster::list(&mut tx, &visitor.actor).await?;
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
        choice: Choice::of(&all, &chosen, &fields, is_choice).with_clusters(
            &clusters,
            contract.commissioner,
            added,
        ),
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
    page(&web, &visitor, &contract, None, String::new()).await?.respond(&web, &visitor.shell)
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
        let contract = find(&web, &visitor, &reference).await?;
        let why = contract.may_change(by).err().unwrap_or(CannotDraft::AlreadyConfirmed);
        return refuse(&web, &visitor, &reference, Failed::Refused(why)).await;
    };
    if fields.get("go") == "cluster" && fields.get("cluster").is_empty() {
        let page = page(&web, &visitor, &contract, Some(fields), String::new()).await?;
        let errors = Errors::one("cluster", "Select a cluster to add");
        return page.errors(errors).respond(&web, &visitor.shell);
    }
    if adds_cluster(&contract, &fields) {
        return with_cluster(&web, &visitor, &contract, fields).await;
    }
    if is_search(&fields) {
        return page(&web, &visitor, &contract, Some(fields), String::new())
            .await?
            .respond(&web, &visitor.shell);
    }
    let (target, codes) = match read(&web, &contract, &fields).await? {
        Ok(choice) => choice,
        Err(errors) => {
            let page = page(&web, &visitor, &contract, Some(fields), String::new()).await?;
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
            let page = page(&web, &visitor, &contract, Some(fields), String::new()).await?;
            page.errors(Errors::one("provider", why.to_string())).respond(&web, &visitor.shell)
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}

/// "Add", or a cluster left to be added on the way to another step: nobody goes on before its providers were seen.
fn adds_cluster(contract: &Contract, fields: &Fields) -> bool {
    let is_choice =
        contract.kind == ContractKind::Direct || fields.has("whom", Target::Chosen.name());
    !fields.get("cluster").is_empty() && (is_choice || fields.get("go") == "cluster")
}

/// The same page with the providers of a cluster ticked, and those named that cannot be; nothing is saved.
async fn with_cluster(
    web: &Web,
    visitor: &Visitor,
    contract: &Contract,
    fields: Fields,
) -> Result<Response, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let cluster = store::cluster::find(&mut tx, fields.get("cluster"), &visitor.actor).await?;
    if cluster.commissioner != contract.commissioner {
        return Err(WebError::NotFound);
    }
    let members = store::cluster::members(&mut tx, &cluster, &(web.clock)()).await?;
    drop(tx);
    let codes = members
        .codes()
        .into_iter()
        .fold(fields.get("kept").to_owned(), |all, code| all + "," + &code);
    let fields = fields.with("whom", Target::Chosen.name()).with("kept", &codes);
    let added = added(&cluster, &members);
    page(web, visitor, contract, Some(fields), added).await?.respond(web, &visitor.shell)
}

/// What adding a cluster came to, with those named who cannot be chosen.
fn added(cluster: &Cluster, members: &Members) -> String {
    let count = plural(members.open.len() as i64, "provider", None);
    let mut words = format!("{count} of {} ticked.", cluster.name);
    if !members.gone.is_empty() {
        let names: Vec<String> =
            members.gone.iter().map(|one| format!("{} ({})", one.name, one.code)).collect();
        words.push_str(&format!(
            " Not ticked because they have closed or left your organisation: {}.",
            names.join(", ")
        ));
    }
    words
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
            _ if !fields.get("cluster").is_empty() => Err(Errors::one(
                "cluster",
                "You chose a cluster. Select \"Providers that you choose\", or choose no cluster",
            )),
            Some((field, _)) => Err(Errors::one(
                field,
                "You gave a list of ODS codes. Select \"Providers that you choose\", or remove the list",
            )),
            None => Ok((target, BTreeSet::new())),
        });
    }
    let mut errors = Errors::new();
    let mut tx = web.db.read().await?;
    let commissioner = contract.commissioner;
    let codes = choice::read(&mut tx, commissioner, fields, &(web.clock)(), &mut errors).await?;
    if codes.is_empty() && errors.is_empty() && was_choice(fields) && fields.get("go") == "next" {
        errors.add("provider", "Select at least 1 provider");
    }
    Ok(if errors.is_empty() { Ok((target, codes)) } else { Err(errors) })
}
