//! What a commissioner takes as usual in declared amounts: read by who sees money, changed by whoever makes contracts.

use super::manage::PATH;
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::{Instead, seen};
use crate::session::Visitor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::declaration::Bands;
use domain::declaration::checks::{CannotChangeLimits, Limits, Usual};
use domain::{Pence, Permission, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::person::Colleague;
use store::{Failed, StoreError};

/// What `declaration/limits.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    version: i64,
    /// The list that the limits are for, where this person can open it.
    back: Option<&'static str>,
    /// What somebody without the permission reads in the place of the button.
    instead: Option<Instead>,
    /// Who could give more than one of the approvals.
    in_tiers: Vec<InTiers>,
    /// Whether nobody could give the second approval.
    has_no_second: bool,
}

/// Somebody with the roles for several approvals, of which the rules leave one for each declaration.
#[derive(Debug, Serialize)]
struct InTiers {
    name: String,
    job_title: String,
    roles: String,
}

impl InTiers {
    /// Of the people of an organisation, one row for each role, in the order of their names.
    fn of(colleagues: &[Colleague]) -> Vec<Self> {
        let mut people: BTreeMap<(&str, &str), BTreeSet<Role>> = BTreeMap::new();
        for one in colleagues {
            let role = Role::from_name(&one.role).filter(|role| APPROVALS.contains(role));
            people.entry((&one.name, &one.job_title)).or_default().extend(role);
        }
        people
            .into_iter()
            .filter(|(_, roles)| roles.len() > 1)
            .map(|((name, job_title), roles)| Self {
                name: name.to_owned(),
                job_title: job_title.to_owned(),
                roles: roles.into_iter().map(Role::name).collect::<Vec<_>>().join(", "),
            })
            .collect()
    }
}

/// The roles that approve, each of which asks for a person of its own.
const APPROVALS: [Role; 3] =
    [Role::ApprovalManagement, Role::SecondApproval, Role::FinanceManagement];

/// The form as it stands.
fn fields(usual: &Usual) -> Fields {
    let limits = &usual.limits;
    let number = |number: Option<u32>| number.map_or_else(String::new, |one| one.to_string());
    let amount = |from: Option<Pence>| from.map_or_else(String::new, Pence::plain);
    let on = |is_on: bool| if is_on { "yes".to_owned() } else { String::new() };
    Fields::from_iter([
        ("change-percent", number(limits.change_percent)),
        ("change-from", limits.change_from.plain()),
        ("peers-times", number(limits.peers_times)),
        ("late-days", number(limits.late_days)),
        ("second-from", amount(limits.bands.second_from)),
        ("alone-from", amount(limits.bands.alone_from)),
        ("above-register", on(limits.above_register)),
        ("defaults", on(limits.defaults)),
    ])
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    typed: Option<Fields>,
    errors: Errors,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    if !visitor.actor.may(Permission::Commission) {
        visitor.must(web, Permission::SeeMoney).await?;
    }
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let usual = store::declaration::limits::usual(&mut tx, &visitor.actor).await?;
    let own = visitor.organisation().id;
    let colleagues = store::person::colleagues(&mut tx, own).await?;
    drop(tx);
    let has_no_second = colleagues.iter().all(|one| one.role != Role::SecondApproval.name());
    let in_tiers = InTiers::of(&colleagues);
    let instead = Instead::of(web, visitor, Permission::Commission).await?;
    let back = visitor.actor.may(Permission::SeeAchievement).then_some(PATH);
    let show = Show { version: usual.version, back, instead, in_tiers, has_no_second };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Page::new("declaration/limits.html", show)
        .form(typed.unwrap_or_else(|| fields(&usual)))
        .errors(errors)
        .status(status)
        .respond(web, &visitor.shell)
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    page(&web, &visitor, None, Errors::new()).await
}

/// What was typed; a text that is no number is an error of its box.
fn read(form: &Fields, errors: &mut Errors) -> Limits {
    let mut number = |name: &str, what: &str| {
        let text = form.get(name).trim().trim_end_matches('%').replace(',', "");
        if text.is_empty() {
            return None;
        }
        let read = text.parse().ok();
        if read.is_none() {
            errors.add(name, format!("{what} must be a whole number, like 25"));
        }
        read
    };
    let change_percent = number("change-percent", "The change");
    let peers_times = number("peers-times", "The number of times the median");
    let late_days = number("late-days", "The days");
    let mut amount = |name: &str, what: &str| {
        let typed = form.get(name).trim().trim_start_matches('£').replace(',', "");
        let read = Pence::from_plain(&typed);
        if read.is_none() && !(typed.is_empty() && name != "change-from") {
            errors.add(name, format!("{what} must be an amount, like 100.00"));
        }
        read
    };
    let change_from = amount("change-from", "The smallest change").unwrap_or_default();
    let bands = Bands {
        second_from: amount("second-from", "The amount for a second approval"),
        alone_from: amount("alone-from", "The amount to approve one by one"),
    };
    Limits {
        change_percent,
        change_from,
        peers_times,
        late_days,
        above_register: form.has("above-register", "yes"),
        defaults: form.has("defaults", "yes"),
        bands,
    }
}

/// Saves what was typed, and checks again what waits for an approval.
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let mut errors = Errors::new();
    let limits = read(&form, &mut errors);
    if !errors.is_empty() {
        return page(&web, &visitor, Some(form), errors).await;
    }
    let (by, now) = (&visitor.actor, (web.clock)());
    match store::declaration::limits::change(&web.db, seen(&form)?, limits, by, &now).await {
        Ok(_) => Ok(Flash::success(
            "Limits changed. Declarations that wait for an approval were checked again.",
        )
        .redirect(&format!("{PATH}/limits"))),
        Err(Failed::Refused(why @ CannotChangeLimits::NotAllowed(_))) => {
            Err(visitor.forbidden(&web, Permission::Commission, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let field = match why {
                CannotChangeLimits::ChangePercent | CannotChangeLimits::NotAllowed(_) => {
                    "change-percent"
                }
                CannotChangeLimits::ChangeFrom => "change-from",
                CannotChangeLimits::PeersTimes => "peers-times",
                CannotChangeLimits::LateDays => "late-days",
                CannotChangeLimits::SecondFrom => "second-from",
                CannotChangeLimits::AloneFrom => "alone-from",
            };
            page(&web, &visitor, Some(form), Errors::one(field, why.to_string())).await
        }
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: format!("{PATH}/limits") })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
