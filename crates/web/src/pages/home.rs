//! Home: what waits for the person who signed in, with its deadline and its money, one click from done.

mod commissioner;
mod due;

use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::pages::hold::Banner;
use crate::pages::{correction, person, question};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use commissioner::{PayerClock, commissioner_numbers, commissioner_tasks};
use domain::calendar::long_date;
use domain::deputy::HandedOver;
use domain::money::thousands;
use domain::{Now, OrganisationKind, Pence, Permission};
use due::{DueBy, with};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::task::AtProvider;

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route("/", get(show))
}

/// What `home/show.html` sees.
#[derive(Debug, Serialize)]
pub struct Home {
    /// Name of the organisation.
    pub organisation: String,
    /// What it is, with its code.
    pub kind: String,
    /// For whom the person acts as a deputy: "You act for Tom Hill until 20 May 2026: Approval Management."
    pub acts_for: Vec<String>,
    /// What is on hold.
    holds: Banner,
    /// What waits.
    pub tasks: Vec<Task>,
    /// What waits for colleagues, which this person may see but not do.
    pub others: Vec<Task>,
    /// The number cards.
    pub numbers: Vec<Number>,
    /// Whether this person manages people.
    pub manages: bool,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Verb first: "Respond to 12 offers".
    pub title: String,
    /// Deadline and money.
    pub hint: String,
    /// Where it is done.
    pub href: String,
}

/// A number worth knowing.
#[derive(Debug, Serialize)]
pub struct Number {
    /// The number.
    pub value: String,
    /// What it counts.
    pub label: String,
    /// Where it comes from.
    pub href: String,
}

async fn show(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let organisation = visitor.organisation();
    let now = (web.clock)();
    let today = now.today;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let due = DueBy::of(&mut tx, &visitor, &now).await?;
    let (mut all, numbers) = if organisation.kind.provides() {
        let waiting = store::task::at_provider(&mut tx, &visitor.actor, today).await?;
        let overdue = overdue(&mut tx, &visitor, &now).await?;
        (
            provider_tasks(&waiting, overdue, &due, visitor.actor.sees_money()),
            provider_numbers(&waiting, &visitor),
        )
    } else {
        let waiting = store::task::at_commissioner(&mut tx, &visitor.actor, today).await?;
        let to_agree = store::adjustment::to_agree(&mut tx, &visitor.actor).await?;
        let finance = store::payment::waiting(&mut tx, &visitor.actor).await?;
        let clock = PayerClock::of(&mut tx, &visitor).await?;
        let more = (to_agree, &due, &clock);
        (
            commissioner_tasks(&waiting, &finance, more, visitor.actor.sees_money()),
            commissioner_numbers(&waiting, &visitor),
        )
    };
    all.extend(question::task(&store::question::waiting(&mut tx, &visitor.actor, today).await?));
    let corrections = store::task::corrections(&mut tx, &visitor.actor, today).await?;
    all.extend(correction::task(&corrections, organisation.kind.provides(), &visitor.actor));
    // A region reads what its ICBs do and acts for none of them.
    let acts = organisation.kind != OrganisationKind::Region;
    let sees_all = visitor.actor.may(Permission::SeeAllTasks);
    let (mut tasks, mut others) = (Vec::new(), Vec::new());
    for (permission, task) in all {
        if acts && visitor.actor.may(permission) {
            tasks.push(task);
        } else if sees_all {
            others.push(task);
        }
    }
    tasks.extend(person::tasks(&mut tx, &visitor).await?);
    let holds = match visitor.actor.may(Permission::SeeAchievement) {
        true => Banner::all(&mut tx, &visitor).await?,
        false => Banner::default(),
    };
    let home = Home {
        acts_for: acts_for(&visitor),
        holds,
        organisation: organisation.name.clone(),
        kind: format!("{} {}", organisation.kind.word(), organisation.code),
        tasks,
        others,
        numbers,
        manages: visitor.actor.may(Permission::ManagePeople),
    };
    Page::new("home/show.html", home).respond(&web, &visitor.shell)
}

/// What colleagues have handed over to the visitor, one sentence each.
fn acts_for(visitor: &Visitor) -> Vec<String> {
    let sentence = |one: &HandedOver| {
        let roles: Vec<&str> = one.roles.iter().map(|role| role.name()).collect();
        let (name, last) = (&one.principal_name, long_date(one.last));
        format!("You act for {name} until {last}: {}.", roles.join(", "))
    };
    visitor.actor.deputises().iter().map(sentence).collect()
}

/// Achievement dates whose period has ended while figures that a person types are missing.
async fn overdue(tx: &mut store::Tx, visitor: &Visitor, now: &Now) -> Result<i64, WebError> {
    if !visitor.actor.may(Permission::SeeAchievement) {
        return Ok(0);
    }
    let due = match store::submission::due(tx, &visitor.actor, now).await {
        Ok(due) => due,
        Err(Failed::Refused(_)) => Vec::new(),
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    Ok(due.iter().filter(|due| due.is_overdue()).count() as i64)
}

/// "1 offer", "12 offers".
pub(crate) fn count(number: i64, one: &str, many: &str) -> String {
    let digits = thousands(number.unsigned_abs());
    format!("{digits} {}", if number == 1 { one } else { many })
}

fn by_when(date: Option<NaiveDate>) -> String {
    date.map_or_else(String::new, |date| format!("Respond by {}.", long_date(date)))
}

/// By when offers are to be answered, and how many of them for others.
fn for_whom(waiting: &AtProvider) -> String {
    let first = [waiting.answer_by, waiting.others_by].into_iter().flatten().min();
    let whose = match (waiting.for_others, waiting.to_answer) {
        (0, _) => return by_when(first),
        (1, 0) => "It is".to_owned(),
        (_, 0) => "All are".to_owned(),
        (1, _) => "1 of them is".to_owned(),
        (some, _) => format!("{} of them are", thousands(some.unsigned_abs())),
    };
    let members = count(waiting.members, "organisation", "organisations");
    format!("{} {whose} for {members} that you answer for.", by_when(first))
}

fn worth(pence: i64, sees_money: bool) -> String {
    if sees_money { format!("Worth {}.", Pence(pence)) } else { String::new() }
}

fn provider_tasks(
    waiting: &AtProvider,
    overdue: i64,
    due: &DueBy,
    sees_money: bool,
) -> Vec<(Permission, Task)> {
    let mut tasks = Vec::new();
    let to_answer = waiting.to_answer + waiting.for_others;
    if to_answer > 0 {
        tasks.push((
            Permission::AnswerOffers,
            Task {
                title: format!(
                    "Respond to {}",
                    count(to_answer, "service offer", "service offers")
                ),
                hint: for_whom(waiting),
                href: "/services?show=to_answer".into(),
            },
        ));
    }
    if waiting.new_terms > 0 {
        let services = count(waiting.new_terms, "service", "services");
        tasks.push((
            Permission::AnswerOffers,
            Task {
                title: format!("Answer new terms of {services}"),
                hint: "Until you accept them, the terms that you have go on.".into(),
                href: "/services/terms".into(),
            },
        ));
    }
    if overdue > 0 {
        tasks.push((
            Permission::EnterFigures,
            Task {
                title: format!("Submit data for {}", count(overdue, "period", "periods")),
                hint: "The period has ended and figures are missing.".into(),
                href: "/data".into(),
            },
        ));
    }
    if waiting.to_declare > 0 {
        tasks.push((
            Permission::Declare,
            Task {
                title: format!(
                    "Declare {}",
                    count(waiting.to_declare, "achievement", "achievements")
                ),
                hint: with(&due.declare, worth(waiting.to_declare_pence, sees_money)),
                href: "/achievement/declare".into(),
            },
        ));
    }
    tasks
}

fn provider_numbers(waiting: &AtProvider, visitor: &Visitor) -> Vec<Number> {
    let mut numbers = vec![Number {
        value: thousands(waiting.active.unsigned_abs()),
        label: "active services".into(),
        href: "/services".into(),
    }];
    if visitor.actor.sees_money() {
        for (pence, label, href) in [
            (
                waiting.to_declare_pence + waiting.held_to_declare_pence,
                "not yet declared",
                "/achievement/declare",
            ),
            (waiting.on_its_way_pence, "declared and on its way", "/payments#on-its-way"),
            (waiting.in_files_pence, "in payment files", "/payments#in-files"),
            (waiting.paid_pence, "paid", "/payments#in-files"),
        ] {
            numbers.push(Number {
                value: Pence(pence).to_string(),
                label: label.into(),
                href: href.into(),
            });
        }
    }
    numbers
}
