//! The definition of next year's service, made from the one that is published.

use super::{CannotPublish, Definition};
use crate::{Failed, Tx, args};
use domain::{
    Actor, Permission,
    service::{NextYear, next_year as moved_on},
};

/// The text of next year's definition of a service, from its newest version; nothing is published. `None` where there is
/// no service with this code.
///
/// # Errors
/// Without the permission, or when the definition cannot be moved on.
pub async fn next_year(
    tx: &mut Tx,
    code: &str,
    by: &Actor,
) -> Result<Option<NextYear>, Failed<CannotPublish>> {
    by.must(Permission::MaintainRegister).map_err(|why| Failed::Refused(why.into()))?;
    let found: Option<Definition> =
        tx.optional("SELECT definition FROM service WHERE code = $1", args![code]).await?;
    let moved = found.map(|own| moved_on(&own.definition)).transpose();
    moved.map_err(|problems| Failed::Refused(CannotPublish::Invalid(problems)))
}
