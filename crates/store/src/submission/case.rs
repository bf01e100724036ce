//! Everything a submission is decided from: the service, the provider's part in it, and the figures that stand.

use crate::{
    Failed, Result, StoreError, Tx,
    achievement::{
        AchievementRow, Before, InForce, Source, Standing, before, hold_declaration, of_key,
        record::{Submission, Submitted, Work},
        standing,
    },
    db::Record,
    network::handed_in,
    offer::{Participation, participation},
    organisation, service,
};
use chrono::NaiveDate;
use domain::{
    Actor, Field, Figures, Now, Organisation, OrganisationId, Period, Permission, Service,
    ServiceId,
    achievement::{CannotSubmit, Origin, Target, may_change, may_submit, period_ending},
    declaration::DeclarationState,
    service::{Component, Entry as Arrival, Indicator, Level},
};
use std::sync::Arc;

/// Everything a submission is decided from.
pub(crate) struct Case {
    /// The definition with what this provider hands in itself.
    pub(crate) service: Arc<Service>,
    /// The definition with everything, of a network service that its practices hand in figures for too.
    pub(super) whole: Arc<Service>,
    pub(crate) provider: Organisation,
    pub(crate) part: Participation,
    pub(crate) period: Period,
    pub(crate) row: Option<AchievementRow>,
    /// The achievement that is declared: the network's, for one of its practices.
    pub(super) declared: Option<AchievementRow>,
    pub(crate) before: Standing,
}

/// A case that is held until the end of the transaction, with its declaration.
pub(super) struct Open {
    pub(super) case: Case,
    pub(super) declaration: Option<DeclarationState>,
}

/// Opens a case for a change: the person may hand in figures, nobody has changed them since they were seen, and nobody
/// approves them until the transaction ends.
pub(super) async fn open(
    tx: &mut Tx,
    (provider, service, date): (OrganisationId, ServiceId, NaiveDate),
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<Open, Failed<CannotSubmit>> {
    by.must(Permission::EnterFigures).map_err(|why| Failed::Refused(why.into()))?;
    let case = case(tx, provider, service, date, by).await?;
    if case.row.as_ref().map_or(0, AchievementRow::seen) != seen_version {
        return Err(StoreError::Stale.into());
    }
    let declaration = match &case.declared {
        Some(row) => hold_declaration(tx, row).await?,
        None => None,
    };
    may_submit(by, case.period, declaration.as_ref(), now).map_err(Failed::Refused)?;
    if let Some(late) = case.closed(declaration.as_ref(), by, now) {
        return Err(Failed::Refused(late));
    }
    Ok(Open { case, declaration })
}

/// The case of one provider, service and achievement date, as the person may see it.
pub(crate) async fn case(
    tx: &mut Tx,
    provider: OrganisationId,
    id: ServiceId,
    date: NaiveDate,
    by: &Actor,
) -> Result<Case, Failed<CannotSubmit>> {
    let whole = service::at(tx, id, date).await?;
    let part = part(tx, provider, id, date, by).await?;
    let period = period_ending(&whole, date).map_err(Failed::Refused)?;
    let row = of_key(tx, provider, id, date).await?;
    let declared = match part.network {
        Some(network) => of_key(tx, network, id, date).await?,
        None => row.clone(),
    };
    let before = standing(tx, provider, id, date).await?;
    let provider = organisation::find(tx, provider).await?;
    let service = handed_in(&whole, &part);
    Ok(Case { service, whole, provider, part, period, row, declared, before })
}

/// The provider's part in a service, for itself or for a commissioner that it takes part for.
pub(super) async fn part(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    on: NaiveDate,
    by: &Actor,
) -> Result<Participation, Failed<CannotSubmit>> {
    tx.must_see(Record::Of(provider, service), by).await?;
    let part = participation(tx, provider, service, on).await?;
    let own = by.organisation().is_none_or(|organisation| organisation.id == provider);
    match part {
        Some(part) if own || commissions(tx, &part, by).await? => Ok(part),
        None if own => Err(Failed::Refused(CannotSubmit::NotTakingPart)),
        // A foreign record answers like an absent one.
        _ => Err(StoreError::NotFound.into()),
    }
}

/// Whether the person acts for the commissioner of the service, or for the region above it.
pub(crate) async fn commissions(tx: &mut Tx, part: &Participation, by: &Actor) -> Result<bool> {
    let Some(own) = by.organisation() else { return Ok(true) };
    if own.id == part.commissioner {
        return Ok(true);
    }
    let commissioner = organisation::find(tx, part.commissioner).await?;
    Ok(own.kind.commissions() && commissioner.parent == Some(own.id))
}

impl Case {
    /// A component that the contract includes.
    pub(crate) fn component(&self, code: &str) -> Result<&Component> {
        self.service
            .component(code)
            .filter(|own| self.part.components.contains(&own.code))
            .ok_or(StoreError::NotFound)
    }

    /// The period before: of the service itself, or the last one of the service that it follows.
    pub(crate) async fn period_before(&self, tx: &mut Tx) -> Result<Option<Before>> {
        before(tx, &self.service, self.part.service, self.period).await
    }

    /// The provider's figures of the period before; none where there is no such period.
    pub(super) async fn figures_before(
        &self,
        tx: &mut Tx,
        before: Option<Before>,
    ) -> Result<Standing> {
        match before {
            Some(own) => standing(tx, self.provider.id, own.service, own.period.end).await,
            None => Ok(Standing::new()),
        }
    }

    /// Whether a figure of a component may be typed, or why not; none when the component has no such figure.
    pub(super) fn may(
        &self,
        component: &Component,
        key: &(String, Field),
        declaration: Option<&DeclarationState>,
        by: &Actor,
        now: &Now,
    ) -> Option<Result<(), CannotSubmit>> {
        let indicator = component.indicators.iter().find(|own| own.code == key.0)?;
        let target = self.target(indicator, key.1, self.before.get(key));
        Some(may_change(by, self.period, declaration, target, now))
    }

    /// Whether the person may type any figure at all.
    pub(super) fn may_any(
        &self,
        declaration: Option<&DeclarationState>,
        by: &Actor,
        now: &Now,
    ) -> bool {
        self.each_may(declaration, by, now).iter().any(Result::is_ok)
    }

    /// That nothing can be typed any more, when it is the entry window that closed it.
    pub(super) fn closed(
        &self,
        declaration: Option<&DeclarationState>,
        by: &Actor,
        now: &Now,
    ) -> Option<CannotSubmit> {
        // Only who is too late for every figure that was theirs is told so.
        let every = self.each_may(declaration, by, now);
        if every.iter().any(Result::is_ok) {
            return None;
        }
        let is_late = |why: &CannotSubmit| matches!(why, CannotSubmit::EntryClosed(_));
        every.into_iter().filter_map(Result::err).find(is_late)
    }

    /// Whether each figure may be typed, or why not.
    fn each_may(
        &self,
        declaration: Option<&DeclarationState>,
        by: &Actor,
        now: &Now,
    ) -> Vec<Result<(), CannotSubmit>> {
        let mut every = Vec::new();
        for component in self.service.components_named(&self.part.components) {
            for own in component.entered() {
                for field in own.fields() {
                    let key = (own.code.clone(), *field);
                    every.extend(self.may(component, &key, declaration, by, now));
                }
            }
        }
        every
    }

    /// How a figure comes, as far as it decides who may change it.
    pub(super) fn target(
        &self,
        indicator: &Indicator,
        field: Field,
        standing: Option<&InForce>,
    ) -> Target {
        let origin = if standing.is_some_and(|figure| figure.is_extracted) {
            Origin::Extracted
        } else if indicator.entry == Arrival::Extract {
            Origin::Awaited
        } else {
            Origin::Typed
        };
        Target {
            origin,
            is_answer: field == Field::YesNo,
            is_reserved: indicator.level == Level::Commissioner,
            until: self.service.entered_until(self.period),
        }
    }

    pub(super) fn work(
        self,
        (source, mut words): (Source, String),
        figures: Figures,
        by: &Actor,
        now: &Now,
    ) -> Work {
        let was = if figures.len() == 1 { "figure was" } else { "figures were" };
        let mut cause = format!("{} {was} changed by {}", figures.len(), by.name());
        if by.organisation().is_some_and(|own| own.id != self.provider.id) {
            let whom = format!(" for {}", self.provider.name);
            words.push_str(&whom);
            cause.push_str(&whom);
        }
        let figures = figures
            .into_iter()
            .map(|(key, value)| Submitted { key, value, is_default: false, file_row: None })
            .collect();
        let submission = Submission {
            source,
            source_in_words: words,
            file: None,
            by: by.clone(),
            at: now.instant,
            figures,
            takes_force: true,
        };
        Work {
            row: self.row,
            service: self.whole,
            part: self.part,
            period: self.period,
            before: self.before,
            submissions: vec![submission],
            cause,
            by: by.clone(),
            shared: None,
        }
    }
}
