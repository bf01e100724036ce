//! The next payment file beside the last one.

use super::{Due, Line, create::pay_codes, lines_of, reader};
use crate::{Result, Tx, args};
use chrono::{DateTime, Utc};
use domain::{
    Actor,
    payment::difference::{Difference, Entry, between},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What differs from the last file.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Reference of the last file.
    pub reference: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What differs.
    pub difference: Difference,
}

/// What is due beside the own organisation's last file; nothing where there is no file yet.
pub async fn compared(tx: &mut Tx, due: &Due, by: &Actor) -> Result<Option<Compared>> {
    #[derive(sqlx::FromRow)]
    struct Last {
        id: Uuid,
        reference: String,
        created_at: DateTime<Utc>,
    }
    let organisation = reader(by)?;
    let last: Option<Last> = tx
        .optional(
            "SELECT id, reference, created_at FROM payment_file WHERE commissioner_id = $1
             ORDER BY created_at DESC, reference DESC LIMIT 1",
            args![organisation.id],
        )
        .await?;
    let Some(last) = last else { return Ok(None) };
    let before = lines_of(tx, last.id.into()).await?;
    let pay_codes = pay_codes(tx, &[&before, &due.ready, &due.held]).await?;
    let entries = |lines: &[Line]| -> Vec<Entry> {
        lines.iter().map(|line| entry(line, &pay_codes)).collect()
    };
    let difference = between(&entries(&before), &entries(&due.ready), &entries(&due.held));
    Ok(Some(Compared { reference: last.reference, made_at: last.created_at, difference }))
}

fn entry(line: &Line, pay_codes: &HashMap<String, String>) -> Entry {
    Entry {
        payee: (line.payee.name.clone(), line.payee.code.clone()),
        service: (line.service.name.clone(), line.service.code.clone()),
        pay_code: pay_codes.get(&line.service.code).cloned().unwrap_or_default(),
        amount: line.payment.amount,
    }
}
