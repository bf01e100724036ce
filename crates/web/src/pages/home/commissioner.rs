//! What waits at a commissioner: its tasks, and the numbers below them.

use super::due::{DueBy, with};
use super::{Number, Task, count, worth};
use crate::error::WebError;
use crate::session::Visitor;
use domain::calendar::long_date;
use domain::money::thousands;
use domain::{OrganisationKind, Pence, Permission};
use store::payment::Waiting as AtFinance;
use store::payment::timing::Unanswered;
use store::task::AtCommissioner;

/// What waits for each approval: who gives it, what they do, how many declarations and pence, and their state.
fn approvals(waiting: &AtCommissioner) -> [(Permission, &'static str, i64, i64, &'static str); 3] {
    use Permission::{Approve, ApproveFinance, ApproveSecond};
    let (first, second) = (waiting.to_approve_pence, waiting.to_second_pence);
    let (to_second, to_finance) = ("Give second approval to", "Give financial approval to");
    [
        (Approve, "Approve", waiting.to_approve, first, "awaiting_commissioner"),
        (ApproveSecond, to_second, waiting.to_second, second, "awaiting_second"),
        (
            ApproveFinance,
            to_finance,
            waiting.to_finance,
            waiting.to_finance_pence,
            "awaiting_finance",
        ),
    ]
}

/// What the clock of payment files says.
#[derive(Debug, Default)]
pub(super) struct PayerClock {
    /// By when a file that is made or sent now must reach the payer; empty where nobody has said.
    reach: String,
    /// Files whose answer is overdue.
    overdue: Vec<Unanswered>,
}

impl PayerClock {
    /// Of the visitor's organisation.
    pub(super) async fn of(tx: &mut store::Tx, visitor: &Visitor) -> Result<Self, WebError> {
        let (by, now) = (&visitor.actor, &visitor.now);
        if !by.may(Permission::SeePayments)
            || visitor.organisation().kind == OrganisationKind::Region
        {
            return Ok(Self::default());
        }
        let setting = store::payment::timing::setting(tx, by).await?;
        let reach = match setting.timing.reach {
            Some(reach) => reach.hint(now, &store::calendar::bank_holidays(tx).await?),
            None => String::new(),
        };
        Ok(Self { reach, overdue: store::payment::timing::overdue(tx, by, now).await? })
    }

    /// The task to chase the payer, and where that is done.
    fn chase(&self) -> Option<(String, String)> {
        let first = self.overdue.first()?;
        let unanswered = thousands(first.waiting.unanswered.unsigned_abs());
        let (lines, since) = (thousands(first.lines), long_date(first.waiting.since()));
        Some(match self.overdue.len() {
            1 => (
                format!("Chase the payer: {unanswered} of {lines} not answered since {since}"),
                format!("/payments/{}", first.reference),
            ),
            files => (
                format!("Chase the payer about {files} payment files, the first since {since}"),
                "/payments".to_owned(),
            ),
        })
    }
}

pub(super) fn commissioner_tasks(
    waiting: &AtCommissioner,
    finance: &AtFinance,
    (to_agree, due, clock): (i64, &DueBy, &PayerClock),
    sees_money: bool,
) -> Vec<(Permission, Task)> {
    let declarations = |number| count(number, "payment declaration", "payment declarations");
    let mut tasks = Vec::new();
    let mut add = |permission, number: i64, title: String, hint: String, href: String| {
        if number > 0 {
            tasks.push((permission, Task { title, hint, href }));
        }
    };
    for (permission, act, number, pence, state) in approvals(waiting) {
        let title = format!("{act} {}", declarations(number));
        let href = format!("/declarations?status={state}");
        let by = match permission {
            Permission::Approve => &due.approve,
            Permission::ApproveSecond => &due.second,
            _ => &due.finance,
        };
        add(permission, number, title, with(by, worth(pence, sees_money)), href);
    }
    add(
        Permission::MakePayments,
        waiting.to_pay,
        format!("Create a payment file for {}", declarations(waiting.to_pay)),
        with(&clock.reach, worth(waiting.to_pay_pence, sees_money)),
        "/payments/new".into(),
    );
    if let Some((title, href)) = clock.chase() {
        let hint = "Ask the payer for its answer, then load it.".to_owned();
        add(Permission::MakePayments, 1, title, hint, href);
    }
    for (number, title, hint, href) in finance_tasks(finance, &clock.reach) {
        add(Permission::MakePayments, number, title, hint, href.into());
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
fn finance_tasks(waiting: &AtFinance, reach: &str) -> [(i64, String, String, &'static str); 3] {
    let files = |number| count(number, "payment file", "payment files");
    let failed = count(waiting.failed, "payment that failed", "payments that failed");
    [
        (
            waiting.failed,
            format!("See {failed}"),
            "Put right what is wrong, then try again.".to_owned(),
            "/payments/failed",
        ),
        (
            waiting.to_send,
            format!("Check and send {}", files(waiting.to_send)),
            with("A colleague created it, and a second person must send it.", reach.to_owned()),
            "/payments",
        ),
        (
            waiting.unanswered,
            format!("Load the payer's answer to {}", files(waiting.unanswered)),
            "The payer has not answered for every payment.".to_owned(),
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

pub(super) fn commissioner_numbers(waiting: &AtCommissioner, visitor: &Visitor) -> Vec<Number> {
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
                waiting.to_approve_pence + waiting.to_second_pence,
                "awaiting approval",
                "/declarations?status=awaiting_commissioner&status=awaiting_second",
            ),
            (waiting.to_finance_pence, "awaiting finance", "/declarations?status=awaiting_finance"),
            (waiting.to_pay_pence, "ready to pay", "/payments"),
            (waiting.on_hold_pence, "on hold", "/holds"),
        ] {
            if href == "/payments" && !visitor.actor.may(Permission::SeePayments) {
                continue;
            }
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
