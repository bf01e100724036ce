//! The steps of a new contract: their order, their tabs, and the draft they work on.

use super::find;
use crate::Web;
use crate::error::WebError;
use crate::flash::see_other;
use crate::form::Fields;
use crate::session::Visitor;
use axum::response::Response;
use domain::Permission;
use domain::contract::{Contract, ContractState};
use serde::Serialize;

/// A step, by its name in addresses and buttons.
pub(super) const STEPS: [(&str, &str); 4] = [
    ("details", "Details"),
    ("providers", "Providers"),
    ("services", "Services"),
    ("review", "Review"),
];

/// The tabs above a step.
#[derive(Debug, Serialize)]
pub(super) struct Tabs {
    steps: Vec<Tab>,
    /// The draft; empty before the first step is saved.
    reference: String,
    name: String,
    version: i64,
}

#[derive(Debug, Serialize)]
struct Tab {
    name: &'static str,
    text: &'static str,
    current: bool,
}

impl Tabs {
    pub(super) fn of(contract: Option<&Contract>, current: &str) -> Self {
        let tab = |(name, text)| Tab { name, text, current: name == current };
        Self {
            steps: STEPS.into_iter().map(tab).collect(),
            reference: contract.map_or_else(String::new, |it| it.reference.clone()),
            name: contract.map_or_else(String::new, |it| it.name.clone()),
            version: contract.map_or(0, |it| it.version),
        }
    }
}

/// Where the button that was pressed leads: a tab, or "Next".
pub(super) fn onwards(fields: &Fields, reference: &str, step: &str) -> Response {
    let names = STEPS.map(|(name, _)| name);
    let go = fields.get("go");
    let next = names.iter().skip_while(|name| **name != step).nth(1).unwrap_or(&"review");
    let to = names.iter().find(|name| **name == go).unwrap_or(next);
    see_other(&format!("/contracts/{reference}/{to}"))
}

/// The draft of the visitor's own organisation; nothing once it has been confirmed.
pub(super) async fn draft(
    web: &Web,
    visitor: &Visitor,
    reference: &str,
) -> Result<Option<Contract>, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::Commission).await?;
    let contract = find(web, visitor, reference).await?;
    if contract.commissioner != visitor.organisation().id {
        return Err(WebError::NotFound);
    }
    Ok(Some(contract).filter(|contract| contract.state == ContractState::Draft))
}

/// A confirmed contract has no steps any more: see it as it is.
pub(super) fn confirmed(reference: &str) -> Response {
    see_other(&format!("/contracts/{reference}"))
}
