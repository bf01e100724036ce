//! What blocks a payment, as the pages of a declaration and of an achievement show it.

use crate::error::WebError;
use crate::pages::achievement::other;
use crate::session::Visitor;
use domain::Now;
use domain::declaration::blocked::{Blocked, Who};
use serde::Serialize;
use store::Tx;
use store::achievement::Detail;
use store::declaration::Listed;

/// One thing in the way, as `declaration/blocked.html` shows it.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Block {
    what: String,
    /// The organisation, or who else must act.
    who: String,
    /// The roles that may; empty where it is no organisation.
    roles: String,
    /// By when; empty where no day is set.
    by: String,
    /// Whether the visitor's own organisation must act.
    #[serde(skip)]
    is_own: bool,
}

impl Block {
    fn of(one: Blocked, visitor: &Visitor) -> Self {
        let (who, roles, is_own) = match one.who {
            Who::Organisation { id, name, roles } => (name, roles, id == visitor.organisation().id),
            Who::Operator => ("The team that runs this service".to_owned(), String::new(), false),
            Who::Payer => ("The payer".to_owned(), String::new(), false),
            Who::Nobody => ("Nobody. It only takes time".to_owned(), String::new(), false),
        };
        Self { what: one.what, who, roles, by: one.by, is_own }
    }

    /// Who else than the visitor's organisation must act first: the name, where it is an organisation.
    pub(super) fn other(&self) -> Option<&str> {
        (!self.is_own && !self.roles.is_empty()).then_some(&self.who)
    }
}

/// What blocks a declaration.
pub(in crate::pages) async fn of_declaration(
    tx: &mut Tx,
    listed: &Listed,
    visitor: &Visitor,
    now: &Now,
) -> Result<Vec<Block>, WebError> {
    let all = store::declaration::blocked(tx, listed, &visitor.actor, now).await;
    Ok(all.map_err(other)?.into_iter().map(|one| Block::of(one, visitor)).collect())
}

/// What blocks an achievement without a declaration.
pub(in crate::pages) async fn of_achievement(
    tx: &mut Tx,
    detail: &Detail,
    visitor: &Visitor,
    now: &Now,
) -> Result<Vec<Block>, WebError> {
    let all = store::declaration::blocked_achievement(tx, detail, now).await?;
    Ok(all.into_iter().map(|one| Block::of(one, visitor)).collect())
}
