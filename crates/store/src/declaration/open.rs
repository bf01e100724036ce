//! Opens declarations: one, or those of a whole file together.

use super::{Calculated, check::check, indicator, row::columns};
use crate::{Result, Tx, args, event, hold, new_id, references};
use domain::{
    Actor, Event, Now,
    declaration::{Band, Declaration, DeclarationState, SubjectToDeclare},
    hold::{Act, Open},
    question,
};
use std::collections::BTreeSet;

/// A calculation with what its declaration's history says of it.
pub(crate) struct AfterCalculation<'a> {
    pub(crate) calculated: Calculated<'a>,
    /// Whether it is the achievement's first, so that there is no declaration yet.
    pub(crate) is_first: bool,
    pub(crate) cause: &'a str,
    pub(crate) by: &'a Actor,
}

/// Opens the first declarations together, because a file brings thousands of them, and looks at each other one by
/// itself.
pub(crate) async fn after_calculations(
    tx: &mut Tx,
    all: &[AfterCalculation<'_>],
    now: &Now,
) -> Result<()> {
    for one in all.iter().filter(|one| !one.is_first) {
        super::after_calculation(tx, &one.calculated, one.cause, one.by, now).await?;
    }
    let first = all.iter().filter(|one| one.is_first);
    let first: Vec<_> = first.map(|one| (&one.calculated, one.by)).collect();
    open_all(tx, &first, now).await
}

/// Opens the first declaration of each calculation under the name beside it, and takes the steps that the
/// configuration takes by itself. Runs in the transaction that stored the calculations.
pub(super) async fn open_all(
    tx: &mut Tx,
    calculated: &[(&Calculated<'_>, &Actor)],
    now: &Now,
) -> Result<()> {
    if calculated.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(calculated.len()).unwrap_or(i64::MAX);
    let open = open_holds(tx, calculated).await?;
    let references = references(tx, "D", count, now).await?;
    let (mut rows, mut events) = (Vec::with_capacity(calculated.len()), Vec::new());
    let mut moved = Vec::new();
    for ((calculated, by), reference) in calculated.iter().zip(references) {
        let declaration = opened(calculated, &open, reference, now);
        let (id, amount) = (declaration.id, declaration.amount);
        events.push(((*by).clone(), Event::DeclarationOpened { declaration: id, amount }));
        let mut after = declaration;
        while let Some((actor, change)) = after.automatic(now) {
            events.push((actor, change.event));
            after = change.after;
        }
        rows.push(row(&after, now));
        if after.state.declared().is_some() {
            moved.push(after);
        }
    }
    tx.insert(
        "INSERT INTO declaration (id, reference, achievement_id, calculation_id, provider_id, commissioner_id,
             service_id, period_start, achievement_date, amount_pence, notes, declaration_required, approval_required,
             state, declared_by, declared_by_name, declared_at, approved_by, approved_by_name, approved_at,
             finance_by, finance_by_name, finance_at, indicators, opened_at, version)",
        rows,
    )
    .await?;
    event::record_by(tx, &events, now)?;
    check(tx, &moved).await
}

/// The open holds of every commissioner and service among them: a file has one of each or few.
async fn open_holds(tx: &mut Tx, calculated: &[(&Calculated<'_>, &Actor)]) -> Result<Open> {
    let whose = calculated.iter().map(|(one, _)| (one.commissioner, one.achievement.service));
    let mut open = Open::default();
    for (commissioner, service) in whose.collect::<BTreeSet<_>>() {
        open = open.and(hold::of_service(tx, commissioner, service).await?);
    }
    Ok(open)
}

fn opened(calculated: &Calculated<'_>, open: &Open, reference: String, now: &Now) -> Declaration {
    let achievement = calculated.achievement;
    let (service, provider) = (achievement.service, achievement.provider);
    Declaration {
        id: new_id(now),
        reference,
        achievement: achievement.id,
        calculation: calculated.calculation,
        provider: achievement.provider,
        commissioner: calculated.commissioner,
        service: achievement.service,
        period: achievement.period,
        amount: calculated.amount,
        less: None,
        notes: String::new(),
        band: Band::Low,
        indicators: SubjectToDeclare::all(&calculated.indicators),
        submitted_by: Vec::new(),
        held: open.held(Act::Declare, calculated.commissioner, service, provider),
        steps: calculated.steps,
        state: DeclarationState::AwaitingProvider,
        open: question::Open::default(),
        version: 1,
    }
}

fn row(declaration: &Declaration, now: &Now) -> Vec<crate::arg::Arg> {
    let [declared, approved, _, finance] = columns(&declaration.state);
    args![
        declaration.id,
        &*declaration.reference,
        declaration.achievement,
        declaration.calculation,
        declaration.provider,
        declaration.commissioner,
        declaration.service,
        declaration.period.start,
        declaration.period.end,
        declaration.amount,
        &*declaration.notes,
        declaration.steps.declaration_required,
        declaration.steps.approval_required,
        declaration.state.name(),
        declared.by,
        declared.name,
        declared.at,
        approved.by,
        approved.name,
        approved.at,
        finance.by,
        finance.name,
        finance.at,
        indicator::written(declaration),
        now.instant,
        declaration.version
    ]
}
