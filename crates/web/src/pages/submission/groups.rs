//! One achievement date: its indicator groups with n of n, what is missing, and what happens next.

use super::place::{Address, Around, Place};
use super::{not_open, undoes, why_not};
use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::pages::network::{href as network_href, sees_networks};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::Pence;
use domain::achievement::AchievementState;
use domain::calendar::long_date;
use domain::status::Status;
use serde::Serialize;
use std::sync::Arc;
use store::submission::{Group, Groups as Found, NilReturn};

/// What `submission/groups.html` sees.
#[derive(Debug, Serialize)]
struct Groups {
    around: Around,
    service: String,
    period: String,
    date: NaiveDate,
    status: &'static Status,
    groups: Vec<GroupRow>,
    /// Labels of what is missing in all groups.
    missing: usize,
    is_typed: bool,
    shows_worth: bool,
    /// Address of the achievement, once there is one.
    achievement: Option<String>,
    /// What happens next, in a sentence.
    next: String,
    /// What a changed figure does to the declaration.
    undoes: String,
    /// Until when a provider can enter figures, in a sentence; empty where there is no limit.
    until: String,
    /// Why nothing can be submitted now.
    why_not: String,
    declaration: Option<&'static Status>,
    /// Where a template is downloaded and uploaded, for who may type figures.
    template: Option<String>,
    /// What becomes of the figures in a network, in a sentence; empty where there is none.
    network: String,
    /// Where the share of each practice is shown, for who may see it.
    network_href: Option<String>,
}

/// One indicator group.
#[derive(Debug, Serialize)]
struct GroupRow {
    name: String,
    href: String,
    complete: usize,
    partial: usize,
    total: usize,
    missing: Vec<String>,
    updated_at: Option<DateTime<Utc>>,
    is_typed: bool,
    pays: bool,
    worth: Option<Pence>,
    /// Who hands everything of it in, when that is a network or its practices; empty otherwise.
    entered_by: String,
    /// The nil return that stands, in words; empty otherwise.
    nil: String,
    /// Where a nil return is made, while figures are missing.
    nil_href: Option<String>,
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let place = address.place(&web, &visitor).await?;
    let (date, now) = (address.date()?, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::submission::groups(&mut tx, &place.at(date), &visitor.actor, &now).await;
    drop(tx);
    let found = found.map_err(not_open)?;
    let may_type = found.why_not.is_none();
    let rows: Vec<GroupRow> =
        found.groups.iter().map(|group| row(group, &found, &place, may_type)).collect();
    let service = &found.service.name;
    let groups = Groups {
        around: place.around(Some(date), Some((service, place.service_href())), may_type),
        service: service.clone(),
        period: found.period.to_string(),
        date,
        status: found.state.status(),
        missing: rows.iter().map(|row| row.missing.len()).sum(),
        is_typed: rows.iter().any(|row| row.is_typed),
        shows_worth: rows.iter().any(|row| row.worth.is_some()),
        groups: rows,
        achievement: found.achievement.map(|id| format!("/achievement/{id}")),
        undoes: undoes(found.declaration.as_ref(), found.why_not.as_ref()),
        next: next(found.state, &found.held_because, date),
        until: until(&found, &place),
        why_not: match &found.why_not {
            Some(why) => why_not(&web, &visitor, why).await?,
            None => String::new(),
        },
        declaration: found.declaration.as_ref().map(|state| state.status()),
        template: found.may_type.then(|| place.template_href(date)),
        network: network_words(&found),
        network_href: found
            .network
            .as_ref()
            .filter(|own| own.id == found.provider.id || sees_networks(&visitor))
            .map(|own| network_href(&own.code, &found.service.code, date)),
    };
    Page::new("submission/groups.html", groups).respond(&web, &visitor.shell)
}

/// What becomes of the figures in a network, in a sentence.
fn network_words(found: &Found) -> String {
    match &found.network {
        None => String::new(),
        Some(own) if own.id == found.provider.id => {
            "The figures of the practices are added to these.".to_owned()
        }
        Some(own) => {
            format!("These figures are added to those of the other practices of {}.", own.name)
        }
    }
}

/// "Nil return by Sam Ahmed on 6 August 2026."
pub(super) fn nil_words(nil: &NilReturn) -> String {
    format!("Nil return by {} on {}.", nil.by, long_date(domain::Now::at(nil.at).today))
}

fn row(group: &Group, found: &Found, place: &Place, may_type: bool) -> GroupRow {
    let href = place.group_href(found.period.end, &group.progress.component);
    let entered_by = match &found.network {
        Some(own) if group.is_elsewhere && own.id == found.provider.id => {
            "Submitted by the practices".to_owned()
        }
        Some(own) if group.is_elsewhere => format!("Entered by {}", own.name),
        _ => String::new(),
    };
    GroupRow {
        entered_by,
        nil: group.nil.as_ref().map(nil_words).unwrap_or_default(),
        nil_href: (may_type
            && group.has_counts
            && group.nil.is_none()
            && !group.progress.is_complete())
        .then(|| format!("{href}/nil-return")),
        name: group.progress.name.clone(),
        href,
        complete: group.progress.complete,
        partial: group.progress.partial,
        total: group.progress.total,
        missing: group.missing.clone(),
        updated_at: group.updated_at,
        is_typed: group.is_typed,
        pays: group.pays,
        worth: group.worth,
    }
}

/// Until when figures can be entered. A commissioner is not bound by it, and reads until when the provider is.
fn until(found: &Found, place: &Place) -> String {
    let last = found.service.entered_until(found.period);
    let Some(last) = last.filter(|_| found.why_not.is_none()).map(long_date) else {
        return String::new();
    };
    if place.on_behalf {
        return format!(
            "{} can enter figures until {last}. You can until finance has approved the payment.",
            found.provider.name
        );
    }
    format!("You can enter figures until {last}.")
}

/// What happens next, in a sentence.
fn next(state: AchievementState, held_because: &str, date: NaiveDate) -> String {
    match state {
        AchievementState::Complete => format!(
            "All figures are in. Accord calculates the achievement when the period has ended, on the day after {}.",
            long_date(date)
        ),
        AchievementState::Held | AchievementState::AwaitingNetwork => held_because.to_owned(),
        _ => String::new(),
    }
}
