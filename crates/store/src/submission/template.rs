//! Templates: every figure a person may enter at one achievement date, and what a filled one would change.

use super::{
    At, Box, Case,
    entry::boxes,
    list::{own_case, standing_in_the_way},
    settle,
};
use crate::{Failed, Result, Tx, achievement::AchievementRow};
use domain::{
    Actor, Field, Figures, Now, Organisation, Period, Service, ServiceId,
    achievement::CannotSubmit, declaration::DeclarationState, service::Component,
    submission::Question,
};
use std::{collections::BTreeMap, sync::Arc};

/// The figures of every component at one achievement date.
#[derive(Clone, Debug)]
pub struct Template {
    /// The service.
    pub id: ServiceId,
    /// Its definition.
    pub service: Arc<Service>,
    /// Whose figures they are.
    pub provider: Organisation,
    /// The period.
    pub period: Period,
    /// Version of the achievement; 0 when nobody has begun.
    pub version: i64,
    /// The boxes of each component that the contract includes, in order.
    pub components: Vec<(Component, Vec<Box>)>,
    /// Where the declaration stands, when there is one.
    pub declaration: Option<DeclarationState>,
    /// Why nothing can be submitted now.
    pub why_not: Option<CannotSubmit>,
}

impl Template {
    /// Every figure, with its component.
    pub fn boxes(&self) -> impl Iterator<Item = (&Component, &Box)> {
        self.components
            .iter()
            .flat_map(|(component, own)| own.iter().map(move |own| (component, own)))
    }

    /// The figures that the person may enter, with their components.
    pub fn open(&self) -> impl Iterator<Item = (&Component, &Box)> {
        let is_open = self.why_not.is_none();
        self.boxes().filter(move |(_, own)| is_open && own.fixed.is_none())
    }
}

/// What a filled template would change.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The template it was compared with; its version is the one to submit over.
    pub template: Template,
    /// Figures that are new or changed.
    pub changed: Figures,
    /// Those among them that look unlikely.
    pub questions: Vec<Question>,
}

/// The template of one achievement date.
pub async fn template(
    tx: &mut Tx,
    at: &At<'_>,
    by: &Actor,
    now: &Now,
) -> Result<Template, Failed<CannotSubmit>> {
    let (id, case) = own_case(tx, at, by).await?;
    Ok(of(tx, id, &case, by, now).await?)
}

/// What a filled template would change, decided as when it is submitted; nothing is recorded.
pub async fn check(
    tx: &mut Tx,
    at: &At<'_>,
    boxes: &BTreeMap<(String, Field), String>,
    by: &Actor,
    now: &Now,
) -> Result<Checked, Failed<CannotSubmit>> {
    let (id, case) = own_case(tx, at, by).await?;
    let template = of(tx, id, &case, by, now).await?;
    if let Some(why) = template.why_not {
        return Err(Failed::Refused(why));
    }
    let components = case.service.components_named(&case.part.components);
    let declaration = template.declaration.as_ref();
    let (changed, questions) = settle(tx, &case, declaration, &components, boxes, by, now).await?;
    Ok(Checked { template, changed, questions })
}

async fn of(tx: &mut Tx, id: ServiceId, case: &Case, by: &Actor, now: &Now) -> Result<Template> {
    let (declaration, why_not) = standing_in_the_way(tx, case, by, now).await?;
    let before = case.period_before(tx).await?;
    let figures = case.figures_before(tx, before).await?;
    let carries = before.is_some_and(|own| own.is_own);
    let own = |component: &Component| {
        let why_fixed = |key: &(String, Field)| {
            case.may(component, key, declaration.as_ref(), by, now).and_then(Result::err)
        };
        (component.clone(), boxes(case, component, (&figures, carries), why_fixed))
    };
    let components = case.service.components_named(&case.part.components);
    Ok(Template {
        id,
        components: components.into_iter().map(own).collect(),
        service: case.service.clone(),
        provider: case.provider.clone(),
        period: case.period,
        version: case.row.as_ref().map_or(0, AchievementRow::seen),
        declaration,
        why_not,
    })
}
