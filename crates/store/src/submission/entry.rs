//! The boxes of one indicator group, with the figures of the period before beside them.

use super::{
    At, Case,
    list::{own_case, standing_in_the_way},
    network::others,
    nil::{NilReturn, nil_returns},
};
use crate::{
    Failed, Result, Tx,
    achievement::{AchievementRow, Standing},
};
use domain::{
    Actor, Field, Now, Organisation, Period, Service, ServiceId,
    achievement::{Assumed, CannotSubmit, assumed},
    declaration::DeclarationState,
    service::{Component, Indicator, IndicatorKind},
    submission::used_by,
};
use std::sync::Arc;

/// The page of one indicator group.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The service.
    pub id: ServiceId,
    /// Its definition.
    pub service: Arc<Service>,
    /// Whose figures they are.
    pub provider: Organisation,
    /// The period.
    pub period: Period,
    /// The period before, of the service or of the one that it follows.
    pub period_before: Option<Period>,
    /// The component, with what another level hands in.
    pub component: Component,
    /// Version of the achievement; 0 when nobody has begun.
    pub version: i64,
    /// Its boxes, in order.
    pub boxes: Vec<Box>,
    /// Where the declaration stands, when there is one.
    pub declaration: Option<DeclarationState>,
    /// Why nothing can be submitted now.
    pub why_not: Option<CannotSubmit>,
    /// The nil return that stands for the component.
    pub nil: Option<NilReturn>,
}

impl Entry {
    /// The boxes that a nil return puts at 0: the counts that may be typed.
    pub fn counts(&self) -> impl Iterator<Item = &Box> {
        self.boxes.iter().filter(|own| own.field == Field::Count && own.fixed.is_none())
    }
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
    /// Why it cannot be typed; none when it can.
    pub fixed: Option<CannotSubmit>,
    /// Whether it pays; otherwise it is management information.
    pub pays: bool,
    /// What stands for a question that nobody has answered.
    pub assumed: Option<Assumed>,
    /// The register or count whose figure its indicator uses.
    pub used: Option<Used>,
}

/// A figure of another indicator that is used for one.
#[derive(Clone, Debug)]
pub struct Used {
    /// The other indicator's code.
    pub indicator: String,
    /// What the figure is called.
    pub name: String,
    /// Its field.
    pub field: Field,
    /// The figure in force.
    pub value: Option<i64>,
    /// Whether it is the most that may be typed.
    pub is_maximum: bool,
}

/// The boxes of one component.
pub async fn entry(
    tx: &mut Tx,
    at: &At<'_>,
    component: &str,
    by: &Actor,
    now: &Now,
) -> Result<Entry, Failed<CannotSubmit>> {
    let (id, case) = own_case(tx, at, by).await?;
    let component = case.component(component)?.clone();
    let others = others(tx, &case, &component).await?;
    let whole = case.whole.component(&component.code).unwrap_or(&component).clone();
    let (declaration, why_not) = standing_in_the_way(tx, &case, by, now).await?;
    let before = case.period_before(tx).await?;
    let figures = case.figures_before(tx, before).await?;
    let carries = before.is_some_and(|own| own.is_own);
    let nil = match &case.row {
        Some(row) => nil_returns(tx, row.id).await?.remove(&component.code),
        None => None,
    };
    let may = |key: &(String, Field)| {
        case.may(&component, key, declaration.as_ref(), by, now).and_then(Result::err)
    };
    Ok(Entry {
        id,
        period: case.period,
        period_before: before.map(|own| own.period),
        version: case.row.as_ref().map_or(0, AchievementRow::seen),
        boxes: {
            let mut boxes = boxes(&case, &component, (&figures, carries), may);
            boxes.extend(others);
            boxes
        },
        nil,
        service: case.service,
        provider: case.provider,
        component: whole,
        declaration,
        why_not,
    })
}

/// The boxes of a component, with the figures of the period before (and whether an answer among them carries forward)
/// and why one cannot be typed.
pub(super) fn boxes(
    case: &Case,
    component: &Component,
    (before, carries): (&Standing, bool),
    why_fixed: impl Fn(&(String, Field)) -> Option<CannotSubmit>,
) -> Vec<Box> {
    let mut boxes = Vec::new();
    for indicator in component.entered() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let standing = case.before.get(&key);
            boxes.push(Box {
                value: standing.map(|figure| figure.value),
                before: before.get(&key).map(|figure| figure.value),
                fixed: why_fixed(&key),
                assumed: match standing {
                    Some(_) => None,
                    None => {
                        let last = before.get(&key).filter(|_| carries);
                        assumed(indicator, last.map(|figure| figure.value))
                    }
                },
                used: used(case, indicator),
                ..box_of(indicator, *field)
            });
        }
    }
    boxes
}

/// The box of a field, with nothing in it.
pub(super) fn box_of(indicator: &Indicator, field: Field) -> Box {
    Box {
        indicator: indicator.code.clone(),
        name: indicator.name.clone(),
        field,
        label: indicator.label(field),
        unit: match &indicator.kind {
            IndicatorKind::Count { unit, .. } => Some(unit.clone()),
            _ => None,
        },
        value: None,
        before: None,
        fixed: None,
        pays: indicator.pays(),
        assumed: None,
        used: None,
    }
}

/// The figure that an indicator uses of another one, as it stands.
fn used(case: &Case, indicator: &Indicator) -> Option<Used> {
    let (other, field) = used_by(&case.service, indicator)?;
    Some(Used {
        indicator: other.code.clone(),
        name: other.label(field),
        field,
        value: case.before.get(&(other.code.clone(), field)).map(|figure| figure.value),
        is_maximum: matches!(indicator.kind, IndicatorKind::Count { .. }),
    })
}
