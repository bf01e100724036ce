//! What a page about a declaration says of its corrections: what it was, what became of it, and whether to ask for one.

use super::row::Row;
use crate::error::WebError;
use crate::session::Visitor;
use domain::calendar::long_date;
use domain::{DeclarationId, Now, Pence};
use serde::Serialize;
use store::Tx;
use store::correction::Listed;

/// What `correction/beside.html` sees, as `corrections`.
#[derive(Debug, Default, Serialize)]
pub(in crate::pages) struct Beside {
    rows: Vec<Row>,
    /// "Originally £420.00, corrected by -£20.00 on 2 July 2025, now £400.00."; empty where nothing counts.
    stands: String,
    /// Where one can be asked for; empty where it cannot.
    ask: String,
}

impl Beside {
    /// Of a declaration by its reference and identifier, with the amount that was locked.
    pub(in crate::pages) async fn of(
        tx: &mut Tx,
        (reference, id): (&str, DeclarationId),
        locked: Option<Pence>,
        visitor: &Visitor,
        now: &Now,
    ) -> Result<Self, WebError> {
        let all = store::correction::of_declaration(tx, id, &visitor.actor, now).await?;
        let original = store::correction::original(tx, reference, &visitor.actor).await?;
        let can_ask = original.can_ask(&visitor.actor, now).is_ok();
        Ok(Self {
            stands: in_words(&all, locked),
            ask: if can_ask { format!("/declarations/{reference}/correct") } else { String::new() },
            rows: all.iter().map(Row::of).collect(),
        })
    }
}

/// What a declaration was and what it stands at now; empty where nothing corrects it.
pub(in crate::pages) async fn stands(
    tx: &mut Tx,
    listed: &store::declaration::Listed,
    visitor: &Visitor,
    now: &Now,
) -> Result<String, WebError> {
    let (id, by) = (listed.declaration.id, &visitor.actor);
    let all = store::correction::of_declaration(tx, id, by, now).await?;
    Ok(in_words(&all, listed.amount()))
}

/// The same of its corrections and the amount that was locked, for readers who may see money.
fn in_words(all: &[Listed], locked: Option<Pence>) -> String {
    let counted: Vec<&Listed> = all.iter().filter(|one| one.counts).collect();
    let Some(locked) = locked.filter(|_| !counted.is_empty()) else { return String::new() };
    let corrected: Pence = counted.iter().map(|one| one.correction.amount).sum();
    let steps = counted.iter().filter_map(|one| one.correction.state.finance());
    let on = steps.map(|step| step.at).max().map(|at| long_date(Now::at(at).today));
    let times = match counted.len() {
        1 => "on".to_owned(),
        times => format!("{times} times, the last on"),
    };
    let on = on.unwrap_or_default();
    format!(
        "Originally {locked}, corrected by {corrected} {times} {on}, now {}.",
        locked + corrected
    )
}
