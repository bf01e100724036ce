//! The own organisation: who it is, where it stands in the tree, which practices and networks belong together, and who may do what.

pub(crate) mod choice;

use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::pages::offer::Entry;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::{Event, Organisation, OrganisationKind, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::organisation::Membership;

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route("/organisation", get(show))
}

/// What `organisation/show.html` sees.
#[derive(Debug, Serialize)]
pub struct Show {
    /// Name.
    pub name: String,
    /// ODS code.
    pub code: String,
    /// What it is.
    pub kind: String,
    /// The organisation above it; empty at the top.
    pub parent: String,
    /// The newest list size, in words; empty for organisations without patients.
    pub list_size: String,
    /// Heading of the membership table; empty where there is none.
    pub membership_heading: String,
    /// Practices of a network, or networks of a practice.
    pub memberships: Vec<MembershipRow>,
    /// People and their roles.
    pub people: Vec<PersonRow>,
    /// Whether this person reads the audit.
    pub audits: bool,
    /// Whether this person manages people.
    pub manages: bool,
    /// Whether this person sees which roles one person may hold together.
    pub separates: bool,
    /// How many organisations can answer offers in its place; nothing for organisations that get none.
    pub delegates: Option<i64>,
    /// What happened to the organisation itself.
    history: Vec<Entry>,
}

/// One row of the membership table.
#[derive(Debug, Serialize)]
pub struct MembershipRow {
    /// ODS code of the other side.
    pub code: String,
    /// Its name.
    pub name: String,
    /// First day.
    pub from: chrono::NaiveDate,
    /// Last day.
    pub to: Option<chrono::NaiveDate>,
}

/// One colleague.
#[derive(Debug, Serialize)]
pub struct PersonRow {
    /// Name.
    pub name: String,
    /// Job title.
    pub job_title: String,
    /// Roles.
    pub roles: Vec<String>,
}

async fn show(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let organisation = visitor.organisation();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let parent = match organisation.parent {
        Some(parent) => {
            let parent = store::organisation::find(&mut tx, parent).await?;
            format!("{} ({})", parent.name, parent.code)
        }
        None => String::new(),
    };
    let now = (web.clock)();
    let today = now.today;
    let (list_size, memberships) = if organisation.kind.provides() {
        let size = store::organisation::newest_list_size(&mut tx, organisation, today).await?;
        let words = size.map_or_else(
            || "Not known".to_owned(),
            |size| {
                let patients = domain::money::thousands(size.patients.unsigned_abs());
                format!("{patients} patients at {}", domain::calendar::long_date(size.as_at))
            },
        );
        (words, store::organisation::memberships(&mut tx, organisation).await?)
    } else {
        (String::new(), Vec::new())
    };
    let delegates = match organisation.kind.provides() {
        true => Some(store::delegation::held(&mut tx, &visitor.actor, &now).await?.len() as i64),
        false => None,
    };
    let history = store::event::of(&mut tx, organisation.id.0).await?;
    let people = people(&mut tx, organisation).await?;
    // Its reasons speak of people, to those who manage them.
    let is_theirs = |one: &store::event::Happened| {
        separates(&visitor) || !matches!(one.event, Event::SeparationChanged { .. })
    };
    let show = Show {
        name: organisation.name.clone(),
        code: organisation.code.clone(),
        kind: organisation.kind.word().to_owned(),
        parent,
        list_size,
        membership_heading: membership_heading(organisation.kind).to_owned(),
        memberships: memberships.into_iter().map(MembershipRow::from).collect(),
        people,
        audits: visitor.actor.may(Permission::SeeAudit),
        manages: visitor.actor.may(Permission::ManagePeople),
        separates: separates(&visitor),
        delegates,
        history: history.into_iter().filter(is_theirs).map(Entry::of).collect(),
    };
    Page::new("organisation/show.html", show).respond(&web, &visitor.shell)
}

/// Whether somebody at a commissioner sees which roles one person may hold together.
fn separates(visitor: &Visitor) -> bool {
    let any = [Permission::ManagePeople, Permission::SeparateDuties];
    visitor.organisation().kind.commissions() && any.iter().any(|one| visitor.actor.may(*one))
}

/// The people of an organisation, each once with all roles.
async fn people(tx: &mut Tx, organisation: &Organisation) -> Result<Vec<PersonRow>, WebError> {
    let mut people: Vec<PersonRow> = Vec::new();
    for colleague in store::person::colleagues(tx, organisation.id).await? {
        match people.last_mut() {
            Some(last) if last.name == colleague.name => last.roles.push(colleague.role),
            _ => people.push(PersonRow {
                name: colleague.name,
                job_title: colleague.job_title,
                roles: vec![colleague.role],
            }),
        }
    }
    Ok(people)
}

fn membership_heading(kind: OrganisationKind) -> &'static str {
    match kind {
        OrganisationKind::Pcn => "Practices in this primary care network (PCN)",
        OrganisationKind::Practice => "Primary care network (PCN)",
        OrganisationKind::Icb | OrganisationKind::Region => "",
    }
}

impl From<Membership> for MembershipRow {
    fn from(row: Membership) -> Self {
        Self { code: row.code, name: row.name, from: row.from_on, to: row.to_on }
    }
}
