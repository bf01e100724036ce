//! Finding an organisation by a part of its code or name.

use super::OrganisationRow;
use crate::{Result, Tx, args, db::search_key};
use domain::{Now, Organisation};

/// Up to `limit` open organisations whose code or name holds a text, the one with just that code first, then by name. Nothing
/// for a text that is empty.
pub async fn search(tx: &mut Tx, text: &str, limit: i64, now: &Now) -> Result<Vec<Organisation>> {
    let Some(pattern) = search_key(text) else { return Ok(Vec::new()) };
    let rows: Vec<OrganisationRow> = tx
        .all(
            "SELECT id, code, name, kind, parent_id, closed_on FROM organisation
             WHERE search_key LIKE $1 ESCAPE '\\' AND (closed_on IS NULL OR closed_on >= $2)
             ORDER BY CASE WHEN code = $3 THEN 0 ELSE 1 END, name, code LIMIT CAST($4 AS BIGINT)",
            args![pattern, now.today, text.trim().to_uppercase(), limit],
        )
        .await?;
    rows.into_iter().map(OrganisationRow::read).collect()
}
