//! A payment declaration as a row of a list or as the top of its own page.

use crate::error::WebError;
use crate::pages::calendar::due;
use crate::pages::payment::told;
use crate::session::Visitor;
use chrono::{DateTime, Utc};
use domain::declaration::{Band, DeclarationState, How, Step, checks};
use domain::hold::with_stop;
use domain::payment::PaymentState;
use domain::question::may_ask;
use domain::status::Status;
use domain::{Now, Pence, Permission, Refusal};
use serde::Serialize;
use store::Tx;
use store::deadline::Reckoner;
use store::declaration::{Listed, Returned, Way};

/// A declaration as the pages show it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// `D-2026-000123`.
    pub reference: String,
    /// What the person sees now, to travel in the form.
    pub seen: String,
    /// Address of the working behind the amount.
    pub working: String,
    /// Name of the provider.
    pub provider: String,
    /// Its ODS code.
    pub provider_code: String,
    /// Name of the commissioner.
    pub commissioner: String,
    /// Name of the service.
    pub service: String,
    /// Its code.
    pub service_code: String,
    /// `March 2026`.
    pub period: String,
    /// What was achieved, without money.
    pub achieved: String,
    /// The amount, for those who may see money.
    pub amount: Option<Pence>,
    /// The provider's notes.
    pub notes: String,
    /// Where it stands.
    pub status: &'static Status,
    /// Where the money is.
    pub payment: &'static Status,
    /// What became of it, in plain words.
    pub told: String,
    /// The identity that the payer sees, where it differs from the reference.
    pub identity: Option<String>,
    /// Reference of the payment file.
    pub file: Option<String>,
    /// When that was made.
    pub file_at: Option<DateTime<Utc>>,
    /// Who declared.
    pub declared: Option<Taken>,
    /// Who approved for the commissioner.
    pub approved: Option<Taken>,
    /// Who approved for finance.
    pub finance: Option<Taken>,
    /// How its open questions stand.
    pub questions: Vec<String>,
    /// Whether an open question of the commissioner stops its approval.
    pub is_stopped: bool,
    /// Whether this person can ask a question about it.
    pub can_ask: bool,
    /// What new figures did to it, when they did.
    pub changed: Option<String>,
    /// What it did not pass when it was declared, for the commissioner.
    pub checks: Vec<String>,
    /// What was calculated and why less of it is approved, for readers who may see money.
    pub less: Option<ApprovedLess>,
    /// Whether its amount asks for a second approval.
    pub has_second: bool,
    /// The commissioner's second approval, when given.
    pub second: Option<Taken>,
    /// What its amount asks for, for the commissioner until it is approved.
    pub band: &'static str,
    /// By when the next step is due; empty where no day is set, and on lists that do not say it.
    pub due: String,
    /// How many of its indicators somebody must still declare by themselves.
    pub indicators_left: usize,
    /// Whether this person can take the next step.
    pub can: bool,
    /// Why not, where the rules rather than the role forbid it.
    pub why_not: String,
}

/// Less was approved than was calculated.
#[derive(Debug, Serialize)]
pub struct ApprovedLess {
    /// What the calculation came to.
    pub calculated: Pence,
    /// Why not all of it was approved.
    pub reason: String,
}

/// A step that was taken; `by` is the name of the configuration when nobody had to.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// Who.
    pub by: String,
    /// Whether a person took it.
    pub is_person: bool,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<&Step> for Taken {
    fn from(step: &Step) -> Self {
        let (name, is_person) = (&step.by.name, step.by.person.is_some());
        let by = if is_person { name.clone() } else { format!("{name} (by configuration)") };
        Self { by, is_person, at: step.at }
    }
}

impl Row {
    pub(in crate::pages) fn of(row: &Listed, how: How, visitor: &Visitor, now: &Now) -> Self {
        let declaration = &row.declaration;
        let (can, why_not) = next_step(row, how, visitor, now);
        Self {
            reference: declaration.reference.clone(),
            seen: seen_text(row),
            working: format!("/achievement/{}/working", declaration.achievement),
            provider: row.provider.name.clone(),
            provider_code: row.provider.code.clone(),
            commissioner: row.commissioner.name.clone(),
            service: row.service.name.clone(),
            service_code: row.service.code.clone(),
            period: declaration.period.to_string(),
            achieved: row.achieved.clone(),
            amount: row.amount(),
            notes: declaration.notes.clone(),
            status: row.status(),
            payment: row.payment.status(),
            told: told(&row.payment, row.expected_on, visitor.actor.sees_money()),
            identity: row.identity.clone().filter(|identity| *identity != declaration.reference),
            file: row.file.clone(),
            file_at: row.file_at,
            declared: declaration.state.declared().map(Taken::from),
            approved: declaration.state.approved().map(Taken::from),
            less: declaration.less.as_ref().map(|less| ApprovedLess {
                calculated: less.calculated,
                reason: less.reason.clone(),
            }),
            has_second: declaration.band != Band::Low || declaration.state.second().is_some(),
            second: declaration.state.second().map(Taken::from),
            finance: declaration.state.finance().map(Taken::from),
            questions: declaration.open.lines(declaration.party(&visitor.actor), now.today),
            is_stopped: declaration.open.commissioner.is_some(),
            can_ask: may_ask(declaration, &visitor.actor).is_ok(),
            changed: row.returned.as_ref().map(|returned| changed(returned, row.amount())),
            checks: if visitor.organisation().kind.commissions() {
                row.checks.iter().map(checks::Failed::words).collect()
            } else {
                Vec::new()
            },
            band: match declaration.state {
                _ if !visitor.organisation().kind.commissions() => "",
                // A band tells how large an amount is.
                _ if !visitor.actor.sees_money() => "",
                DeclarationState::Approved { .. } => "",
                _ => declaration.band.words(),
            },
            due: String::new(),
            indicators_left: declaration.indicators_left().len(),
            can,
            why_not,
        }
    }
}

/// By when the next step of a row is due.
pub(super) async fn due_by(
    tx: &mut Tx,
    reckoner: &mut Reckoner,
    row: &Listed,
    who: (&Visitor, &Now),
) -> Result<String, WebError> {
    let one = &row.declaration;
    if matches!(row.payment, PaymentState::Paid { .. } | PaymentState::Settled { .. }) {
        return Ok(String::new());
    }
    let dates = reckoner.dates(tx, one.service, one.period).await?;
    let sides = (one.provider, one.commissioner);
    Ok(due(Some(&one.state), &dates, sides, &reckoner.holidays, who))
}

/// Whether the visitor can take the next step of a row. A missing role is said once for the page, not at each row.
pub(super) fn next_step(row: &Listed, how: How, visitor: &Visitor, now: &Now) -> (bool, String) {
    let (by, state) = (&visitor.actor, &row.declaration.state);
    let why: Option<(bool, String)> = match state {
        DeclarationState::Approved { .. } => return (false, String::new()),
        DeclarationState::AwaitingProvider => {
            row.can_declare(by, now).err().map(|why| (why.is_forbidden(), why.to_string()))
        }
        _ => row.can_approve(how, by, now).err().map(|why| (why.is_forbidden(), why.to_string())),
    };
    let role_is_enough = match state {
        DeclarationState::AwaitingCommissioner { .. } => by.may(Permission::Approve),
        DeclarationState::AwaitingSecond { .. } => by.may(Permission::ApproveSecond),
        DeclarationState::AwaitingFinance { .. } => by.may(Permission::ApproveFinance),
        _ => true,
    };
    match why {
        None => (true, String::new()),
        Some((is_forbidden, _)) if is_forbidden || !role_is_enough => (false, String::new()),
        Some((_, sentence)) => (false, sentence),
    }
}

/// "The figures changed after you declared. Old value £1, new value £2."
fn changed(returned: &Returned, new: Option<Pence>) -> String {
    let when = if returned.was_declared { " after you declared" } else { "" };
    let amounts = match (returned.old, new) {
        (Some(old), Some(new)) => format!(" Old value {old}, new value {new}."),
        _ => String::new(),
    };
    let cause = &returned.cause;
    match returned.way {
        Way::Figures => {}
        Way::TakenBack => {
            return format!(
                "The commissioner took your declaration back: {} Check the achievement and declare again.",
                with_stop(cause)
            );
        }
        Way::Rejected => {
            let why = if cause.is_empty() { ".".into() } else { format!(": {}", with_stop(cause)) };
            return format!(
                "The commissioner rejected your declaration{why} Correct the figures, or declare again with a note if you \
                 do not agree."
            );
        }
    }
    let again = if returned.was_declared { "declare again" } else { "declare" };
    format!("The figures changed{when}.{amounts} Cause: {cause}. Check and {again}.")
}

/// What a person saw of a row, as one text in the form: reference, version and calculation.
pub(super) fn seen_text(row: &Listed) -> String {
    let declaration = &row.declaration;
    format!("{}.{}.{}", declaration.reference, declaration.version, declaration.calculation)
}
