//! Step 3 of a contract: its services. Each tab is a submit button of the step's form, so that changing steps loses
//! nothing.

use super::steps::{Tabs, confirmed, draft, onwards};
use super::{find, refuse};
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::seen;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::Permission;
use domain::contract::{CannotDraft, Contract};
use domain::service::ProviderKind;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Failed;
use store::contract::Choice;
use store::service::{Filter, Published};

/// What the third step sees.
#[derive(Debug, Serialize)]
struct ServicesStep {
    tabs: Tabs,
    years: Vec<Year>,
}

#[derive(Debug, Serialize)]
struct Year {
    year: String,
    services: Vec<ServiceRow>,
}

#[derive(Debug, Serialize)]
struct ServiceRow {
    code: String,
    name: String,
    summary: String,
    providers: &'static str,
    components: Vec<ComponentRow>,
    /// Whether some of its components are left out, so that the list should be open.
    is_open: bool,
}

#[derive(Debug, Serialize)]
struct ComponentRow {
    value: String,
    id: String,
    name: String,
}

impl ServiceRow {
    fn of(service: &domain::Service, fields: &Fields) -> Self {
        let components: Vec<ComponentRow> = service
            .components
            .iter()
            .map(|component| ComponentRow {
                value: format!("{}/{}", service.code, component.code),
                id: format!("component-{}-{}", service.code, component.code),
                name: component.name.clone(),
            })
            .collect();
        let ticked = components.iter().filter(|one| fields.has("component", &one.value)).count();
        Self {
            is_open: ticked < components.len(),
            code: service.code.clone(),
            name: service.name.clone(),
            summary: service.summary.clone(),
            providers: match service.provider {
                ProviderKind::Practice => "For GP practices.",
                ProviderKind::Network => "For primary care networks (PCNs).",
            },
            components,
        }
    }
}

/// The services that have not ended, with what is chosen of them as the form would send it.
async fn services_page(
    web: &Web,
    contract: &Contract,
    fields: Option<Fields>,
) -> Result<Page, WebError> {
    let mut tx = web.db.read().await?;
    let filter = Filter { not_ended_on: Some((web.clock)().today), ..Filter::default() };
    let all = store::service::list(&mut tx, &filter).await?;
    let fields = match fields {
        Some(fields) => fields,
        None => ticked(&store::contract::services(&mut tx, contract).await?, &all),
    };
    let mut years: Vec<Year> = Vec::new();
    for Published { service, .. } in &all {
        let year = service.year.to_string();
        let row = ServiceRow::of(service, &fields);
        match years.last_mut().filter(|last| last.year == year) {
            Some(last) => last.services.push(row),
            None => years.push(Year { year, services: vec![row] }),
        }
    }
    let step = ServicesStep { tabs: Tabs::of(Some(contract), "services"), years };
    Ok(Page::new("contract/services.html", step).form(fields))
}

/// The boxes that stand ticked: the services chosen, their components, and every component of the others, so that
/// ticking a service means all of it.
fn ticked(chosen: &[store::contract::Chosen], all: &[Published]) -> Fields {
    let mut boxes = Vec::new();
    for Published { id, service, .. } in all {
        let mine = chosen.iter().find(|one| one.id == *id);
        if mine.is_some() {
            boxes.push(("service", service.code.clone()));
        }
        for component in &service.components {
            if mine.is_none_or(|one| one.components.contains(&component.code)) {
                boxes.push(("component", format!("{}/{}", service.code, component.code)));
            }
        }
    }
    Fields::from_iter(boxes)
}

/// The third step.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
) -> Result<Response, WebError> {
    let Some(contract) = draft(&web, &visitor, &reference).await? else {
        return Ok(confirmed(&reference));
    };
    services_page(&web, &contract, None).await?.respond(&web, &visitor.shell)
}

/// The third step, saved.
pub(super) async fn choose(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::Commission).await?;
    let (now, by) = ((web.clock)(), &visitor.actor);
    let mut choice: Choice = BTreeMap::new();
    for service in fields.all("service") {
        let components = fields
            .all("component")
            .filter_map(|value| value.strip_prefix(service)?.strip_prefix('/'))
            .map(ToOwned::to_owned)
            .collect();
        choice.insert(service.to_owned(), components);
    }
    let seen = seen(&fields)?;
    match store::contract::choose_services(&web.db, &reference, seen, &choice, by, &now).await {
        Ok(_) => Ok(onwards(&fields, &reference, "services")),
        Err(Failed::Refused(
            why @ (CannotDraft::NoComponents(_)
            | CannotDraft::UnknownService(_)
            | CannotDraft::UnknownComponent { .. }),
        )) => {
            let contract = find(&web, &visitor, &reference).await?;
            let page = services_page(&web, &contract, Some(fields)).await?;
            page.errors(Errors::one("services", why.to_string())).respond(&web, &visitor.shell)
        }
        Err(failed) => refuse(&web, &visitor, &reference, failed).await,
    }
}
