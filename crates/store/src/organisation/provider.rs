//! The open providers of a commissioner, to choose from.

use super::find_by_code;
use crate::{Result, StoreError, Tx, args};
use domain::{
    Now, OrganisationId, OrganisationKind,
    organisation::{Coded, WrongCode},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A provider that can be chosen.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Identifier.
    pub id: OrganisationId,
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Practice or PCN.
    pub kind: OrganisationKind,
    /// Name of the PCN that a practice is in now.
    pub network: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    kind: String,
    network: Option<String>,
}

/// The open practices and PCNs below a commissioner, PCNs first, by code.
pub async fn providers(
    tx: &mut Tx,
    commissioner: OrganisationId,
    now: &Now,
) -> Result<Vec<Provider>> {
    let rows: Vec<Row> = tx
        .all(
            "SELECT o.id, o.code, o.name, o.kind,
                 (SELECT n.name FROM network_membership m JOIN organisation n ON n.id = m.network_id
                     WHERE m.practice_id = o.id AND m.from_on <= $2 AND (m.to_on IS NULL OR m.to_on >= $2)
                     ORDER BY m.from_on DESC LIMIT 1) AS network
             FROM organisation o
             WHERE (o.parent_id = $1 OR o.parent_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
               AND o.kind IN ('practice', 'pcn') AND (o.closed_on IS NULL OR o.closed_on >= $2)
             ORDER BY o.kind, o.code",
            args![commissioner, now.today],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let kind = OrganisationKind::from_name(&row.kind).ok_or_else(|| {
                let what = format!("kind {} of {}", row.kind, row.code);
                StoreError::Inconsistent { table: "organisation", what }
            })?;
            Ok(Provider {
                id: row.id.into(),
                code: row.code,
                name: row.name,
                kind,
                network: row.network,
            })
        })
        .collect()
}

/// The same by code.
pub(crate) async fn providers_by_code(
    tx: &mut Tx,
    commissioner: OrganisationId,
    now: &Now,
) -> Result<BTreeMap<String, Provider>> {
    let all = providers(tx, commissioner, now).await?;
    Ok(all.into_iter().map(|one| (one.code.clone(), one)).collect())
}

/// The codes of a list that name no provider that the commissioner can choose, each with its line and why, in the order
/// of the list.
pub async fn wrong_codes(
    tx: &mut Tx,
    commissioner: OrganisationId,
    list: &[Coded],
    now: &Now,
) -> Result<Vec<(usize, WrongCode)>> {
    let known = providers_by_code(tx, commissioner, now).await?;
    let mut wrong = Vec::new();
    for Coded { line, code } in list.iter().filter(|one| !known.contains_key(&one.code)) {
        // A whole document dropped into the box must not ask the database for each of its words.
        if wrong.len() == WRONG_CODES {
            break;
        }
        let code = code.clone();
        wrong.push((
            *line,
            match find_by_code(tx, &code).await? {
                None => WrongCode::Unknown(code),
                Some(found) => match found.closed_on.filter(|on| *on < now.today) {
                    Some(on) => WrongCode::Closed { code, on },
                    None => WrongCode::NotYours { code, name: found.name },
                },
            },
        ));
    }
    Ok(wrong)
}

/// Wrong codes that a list is told at once.
const WRONG_CODES: usize = 100;
