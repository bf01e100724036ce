//! Why a declaration came back to its provider: new figures, or its commissioner.

use crate::{Result, Tx, args, event};
use chrono::{DateTime, Utc};
use domain::{Actor, Event, Organisation, Pence};
use std::collections::HashMap;
use uuid::Uuid;

/// Something sent a declaration back while it was open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The amount before, for readers who may see money: the one declared, when somebody had declared.
    pub old: Option<Pence>,
    /// By what it came back last.
    pub way: Way,
    /// Whether the provider had declared the old amount.
    pub was_declared: bool,
    /// Why.
    pub cause: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a declaration comes back to its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its figures changed.
    Figures,
    /// The commissioner took it back.
    TakenBack,
    /// Somebody who could have approved it rejected it.
    Rejected,
}

/// What became of the provider's open declarations since each was last declared.
pub(super) async fn returned(
    tx: &mut Tx,
    provider: &Organisation,
    by: &Actor,
) -> Result<HashMap<Uuid, Returned>> {
    #[derive(sqlx::FromRow)]
    struct Told {
        subject_id: Uuid,
        at: DateTime<Utc>,
        fact: String,
    }
    let told: Vec<Told> = tx
        .all(
            "SELECT d.id AS subject_id, e.at, e.fact FROM declaration d JOIN event e ON e.subject_id = d.id
             WHERE d.provider_id = $1 AND d.state = 'awaiting_provider' ORDER BY e.seq",
            args![provider.id],
        )
        .await?;
    let mut declared: HashMap<Uuid, Pence> = HashMap::new();
    let mut returned: HashMap<Uuid, Returned> = HashMap::new();
    for row in told {
        match event::read(&row.fact)? {
            Event::AchievementDeclared { amount, .. } => {
                declared.insert(row.subject_id, amount);
                returned.remove(&row.subject_id);
            }
            Event::DeclarationReturned { old, cause, .. } => {
                let first = returned.remove(&row.subject_id).and_then(|earlier| earlier.old);
                let was_declared = declared.contains_key(&row.subject_id);
                let old = by.sees_money().then_some(first.unwrap_or(old));
                let (way, at) = (Way::Figures, row.at);
                let note = Returned { old, way, was_declared, cause, at };
                returned.insert(row.subject_id, note);
            }
            Event::DeclarationTakenBack { amount, reason, .. } => {
                let old = by.sees_money().then_some(amount);
                let (way, was_declared, cause, at) = (Way::TakenBack, true, reason, row.at);
                let note = Returned { old, way, was_declared, cause, at };
                returned.insert(row.subject_id, note);
            }
            Event::DeclarationRejected { amount, reason, .. } => {
                let old = by.sees_money().then_some(amount);
                // A reason can name pounds.
                let cause = if by.sees_money() { reason } else { String::new() };
                let (way, was_declared, at) = (Way::Rejected, true, row.at);
                let note = Returned { old, way, was_declared, cause, at };
                returned.insert(row.subject_id, note);
            }
            _ => {}
        }
    }
    Ok(returned)
}
