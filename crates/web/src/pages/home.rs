//! Home: what waits for the person who signed in, with its deadline and its money, one click from done.

mod due;

use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::pages::hold::Banner;
use crate::pages::question;
use crate::session::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use domain::calendar::long_date;
use domain::money::thousands;
use domain::{Now, OrganisationKind, Pence, Permission};
use due::{DueBy, with};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::payment::Waiting as AtFinance;
use store::task::{AtCommissioner, AtProvider};

/// The addresses of this file.
pub fn routes() -> Router<Arc<Web>> {
    Router::new().route("/", get(show))
}

/// What `home/show.html` sees.
#[derive(Debug, Serialize)]
pub struct Home {
    /// Name of the organisation.
    pub organisation: String,
    /// What it is, with its code.
    pub kind: String,
    /// What is on hold.
    holds: Banner,
    /// What waits.
    pub tasks: Vec<Task>,
    /// What waits for colleagues, which this person may see but not do.
    pub others: Vec<Task>,
    /// The number cards.
    pub numbers: Vec<Number>,
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
    let mut tx = web.db.read().await?;
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
        (
            commissioner_tasks(&waiting, &finance, (to_agree, &due), visitor.actor.sees_money()),
            commissioner_numbers(&waiting, &visitor),
        )
    };
    all.extend(question::task(&store::question::waiting(&mut tx, &visitor.actor, today).await?));
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
    let holds = match visitor.actor.may(Permission::SeeAchievement) {
        true => Banner::all(&mut tx, &visitor).await?,
        false => Banner::default(),
    };
    let home = Home {
        holds,
        organisation: organisation.name.clone(),
        kind: format!("{} {}", organisation.kind.word(), organisation.code),
        tasks,
        others,
        numbers,
    };
    Page::new("home/show.html", home).respond(&web, &visitor.shell)
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
fn count(number: i64, one: &str, many: &str) -> String {
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

fn commissioner_tasks(
    waiting: &AtCommissioner,
    finance: &AtFinance,
    (to_agree, due): (i64, &DueBy),
    sees_money: bool,
) -> Vec<(Permission, Task)> {
    let declarations = |number| count(number, "payment declaration", "payment declarations");
    let mut tasks = Vec::new();
    let mut add = |permission, number: i64, title: String, hint: String, href: String| {
        if number > 0 {
            tasks.push((permission, Task { title, hint, href }));
        }
    };
    add(
        Permission::Approve,
        waiting.to_approve,
        format!("Approve {}", declarations(waiting.to_approve)),
        with(&due.approve, worth(waiting.to_approve_pence, sees_money)),
        "/declarations?status=awaiting_commissioner".into(),
    );
    add(
        Permission::ApproveFinance,
        waiting.to_finance,
        format!("Give financial approval to {}", declarations(waiting.to_finance)),
        with(&due.finance, worth(waiting.to_finance_pence, sees_money)),
        "/declarations?status=awaiting_finance".into(),
    );
    add(
        Permission::ApproveFinance,
        waiting.to_pay,
        format!("Create a payment file for {}", declarations(waiting.to_pay)),
        worth(waiting.to_pay_pence, sees_money),
        "/payments/new".into(),
    );
    for (number, title, hint, href) in finance_tasks(finance) {
        add(Permission::ApproveFinance, number, title, hint.into(), href.into());
    }
    add(
        Permission::Adjust,
        to_agree,
        format!("Agree to or refuse {}", count(to_agree, "adjustment", "adjustments")),
        "A colleague asked for it, and a second person must decide.".into(),
        "/adjustments".into(),
    );
    add(
        Permission::Approve,
        waiting.held,
        format!("See why {} held", count(waiting.held, "achievement is", "achievements are")),
        "The figures are in, but something else is missing, such as a list size.".into(),
        "/achievement?status=held".into(),
    );
    tasks.extend(contract_tasks(waiting));
    tasks
}

/// What waits for finance once files are made.
fn finance_tasks(waiting: &AtFinance) -> [(i64, String, &'static str, &'static str); 3] {
    let files = |number| count(number, "payment file", "payment files");
    let failed = count(waiting.failed, "payment that failed", "payments that failed");
    [
        (
            waiting.failed,
            format!("See {failed}"),
            "Put right what is wrong, then try again.",
            "/payments/failed",
        ),
        (
            waiting.to_send,
            format!("Check and send {}", files(waiting.to_send)),
            "A colleague created it, and a second person must send it.",
            "/payments",
        ),
        (
            waiting.unanswered,
            format!("Load the payer's answer to {}", files(waiting.unanswered)),
            "The payer has not answered for every payment.",
            "/payments",
        ),
    ]
}

/// What waits for the person who makes the offers.
fn contract_tasks(waiting: &AtCommissioner) -> Vec<(Permission, Task)> {
    let requested_in = waiting.requested_in.as_deref().unwrap_or_default();
    let requested = count(waiting.requested, "requested service", "requested services");
    let first = waiting
        .answer_by
        .map(|date| format!("The first response date is {}.", long_date(date)))
        .unwrap_or_default();
    let rows = [
        (
            waiting.requested,
            format!("Reissue {requested}"),
            "A provider has asked for the service again.".to_owned(),
            format!("/contracts/{requested_in}?status=requested"),
        ),
        (
            waiting.drafts,
            format!("Finish {}", count(waiting.drafts, "draft contract", "draft contracts")),
            "No offers have been made from a draft.".to_owned(),
            "/contracts?status=draft".to_owned(),
        ),
        (
            waiting.pending,
            format!("Follow {} without an answer", count(waiting.pending, "offer", "offers")),
            first,
            "/contracts/waiting".to_owned(),
        ),
    ];
    rows.into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(_, title, hint, href)| (Permission::Commission, Task { title, hint, href }))
        .collect()
}

fn commissioner_numbers(waiting: &AtCommissioner, visitor: &Visitor) -> Vec<Number> {
    let mut numbers = vec![Number {
        value: format!(
            "{} of {}",
            thousands(waiting.accepted.unsigned_abs()),
            thousands(waiting.offers.unsigned_abs())
        ),
        label: "offers accepted".into(),
        href: "/contracts/answers".into(),
    }];
    if visitor.actor.sees_money() {
        for (pence, label, href) in [
            (
                waiting.to_approve_pence,
                "awaiting approval",
                "/declarations?status=awaiting_commissioner",
            ),
            (waiting.to_finance_pence, "awaiting finance", "/declarations?status=awaiting_finance"),
            (waiting.to_pay_pence, "ready to pay", "/payments"),
            (waiting.on_hold_pence, "on hold", "/holds"),
        ] {
            // A card for what is on hold is there only while something is.
            if label == "on hold" && waiting.on_hold == 0 {
                continue;
            }
            numbers.push(Number {
                value: Pence(pence).to_string(),
                label: label.into(),
                href: href.into(),
            });
        }
    }
    numbers
}
