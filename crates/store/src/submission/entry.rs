//! The boxes of one indicator group, with the figures of the period before beside them.

use super::{
    Case, is_fixed,
    list::{own_case, standing_in_the_way},
};
use crate::{
    Failed, Result, Tx,
    achievement::{AchievementRow, Standing, standing},
};
use chrono::NaiveDate;
use domain::{
    Actor, Field, Now, Period, Service, ServiceId,
    achievement::CannotSubmit,
    declaration::DeclarationState,
    service::{Component, IndicatorKind},
};
use std::sync::Arc;

/// The page of one indicator group.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The service.
    pub id: ServiceId,
    /// Its definition.
    pub service: Arc<Service>,
    /// The period.
    pub period: Period,
    /// The period before, when the service has one.
    pub period_before: Option<Period>,
    /// The component.
    pub component: Component,
    /// Version of the achievement; 0 when nobody has begun.
    pub version: i64,
    /// Its boxes, in order.
    pub boxes: Vec<Box>,
    /// Where the declaration stands, when there is one.
    pub declaration: Option<DeclarationState>,
    /// Why nothing can be submitted now.
    pub why_not: Option<CannotSubmit>,
}

/// One box of an indicator group.
#[derive(Clone, Debug)]
pub struct Box {
    /// The indicator's code.
    pub indicator: String,
    /// The indicator's name.
    pub name: String,
    /// The field.
    pub field: Field,
    /// What the figure is called.
    pub label: String,
    /// What is counted, for a count.
    pub unit: Option<String>,
    /// The figure in force.
    pub value: Option<i64>,
    /// The figure of the period before.
    pub before: Option<i64>,
    /// Whether an extract brings it, so that it cannot be typed.
    pub is_fixed: bool,
    /// Whether it pays; otherwise it is management information.
    pub pays: bool,
}

/// The boxes of one component.
pub async fn entry(
    tx: &mut Tx,
    code: &str,
    date: NaiveDate,
    component: &str,
    by: &Actor,
    now: &Now,
) -> Result<Entry, Failed<CannotSubmit>> {
    let (id, case) = own_case(tx, code, date, by).await?;
    let component = case.component(component)?.clone();
    let (declaration, why_not) = standing_in_the_way(tx, &case, by, now).await?;
    let periods = case.service.periods();
    let at = periods.iter().position(|period| *period == case.period);
    let period_before = at.and_then(|at| at.checked_sub(1)).and_then(|at| periods.get(at)).copied();
    let before = match period_before {
        Some(period) => standing(tx, case.part.provider, id, period.end).await?,
        None => Standing::new(),
    };
    Ok(Entry {
        id,
        period: case.period,
        period_before,
        version: case.row.as_ref().map_or(0, AchievementRow::version),
        boxes: boxes(&case, &component, &before, by),
        service: case.service,
        component,
        declaration,
        why_not,
    })
}

fn boxes(case: &Case, component: &Component, before: &Standing, by: &Actor) -> Vec<Box> {
    let mut boxes = Vec::new();
    for indicator in component.entered() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let standing = case.before.get(&key);
            boxes.push(Box {
                indicator: indicator.code.clone(),
                name: indicator.name.clone(),
                field: *field,
                label: indicator.label(*field),
                unit: match &indicator.kind {
                    IndicatorKind::Count { unit, .. } => Some(unit.clone()),
                    _ => None,
                },
                value: standing.map(|figure| figure.value),
                before: before.get(&key).map(|figure| figure.value),
                is_fixed: is_fixed(&case.service, standing, &indicator.code, by),
                pays: indicator.pays(),
            });
        }
    }
    boxes
}
