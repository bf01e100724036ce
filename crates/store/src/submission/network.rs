//! Figures of a network service: which dates a practice hands in for its network, and what it sees of the other levels.

use super::{Box, Case, case::commissions, entry::box_of};
use crate::{
    Failed, Result, Tx,
    achievement::{standing, values},
    network::shares,
    offer::{AsMember, Participation, as_member},
    organisation,
    service::Published,
};
use chrono::NaiveDate;
use domain::{
    Actor, Figures, Organisation, OrganisationId, ServiceId,
    achievement::CannotSubmit,
    network::{sum, sums},
    service::Component,
};

/// What a provider takes part in of one service: by its own offer on every date, or for its network while it is a member.
pub(super) struct Taking {
    own: Option<Participation>,
    as_member: Vec<AsMember>,
}

impl Taking {
    /// The part on an achievement date.
    pub(super) fn on(&self, date: NaiveDate) -> Option<&Participation> {
        let member = || Some(&self.as_member.iter().find(|own| own.covers(date))?.part);
        self.own.as_ref().filter(|own| own.covers(date)).or_else(member)
    }
}

/// The provider's part in a service, for itself or for a commissioner that it takes part for.
pub(super) async fn taking(
    tx: &mut Tx,
    provider: OrganisationId,
    published: &Published,
    by: &Actor,
) -> Result<Taking, Failed<CannotSubmit>> {
    let mut as_member = as_member(tx, provider).await?;
    as_member.retain(|own| own.part.service == published.id);
    let is_own = by.organisation().is_none_or(|organisation| organisation.id == provider);
    if let Some(first) = as_member.first() {
        if !is_own && !commissions(tx, &first.part, by).await? {
            return Err(crate::StoreError::NotFound.into());
        }
        return Ok(Taking { own: None, as_member });
    }
    let own = super::part(tx, provider, published.id, published.service.starts_on, by).await?;
    Ok(Taking { own: Some(own), as_member })
}

/// The boxes of a component that another level hands in: shown with why nobody types them here.
pub(super) async fn others(tx: &mut Tx, case: &Case, component: &Component) -> Result<Vec<Box>> {
    let Some(whole) = case.whole.component(&component.code) else { return Ok(Vec::new()) };
    let is_other = |code: &str| component.indicators.iter().all(|own| own.code != code);
    if whole.entered().all(|own| !is_other(&own.code)) {
        return Ok(Vec::new());
    }
    let why = match case.part.network {
        Some(network) => CannotSubmit::ByNetwork(organisation::find(tx, network).await?.name),
        None => CannotSubmit::Summed,
    };
    let figures = elsewhere(tx, case, (case.part.service, case.period.end)).await?;
    let last = match case.period_before(tx).await? {
        Some(own) => elsewhere(tx, case, (own.service, own.period.end)).await?,
        None => Figures::new(),
    };
    let mut boxes = Vec::new();
    for indicator in whole.entered().filter(|own| is_other(&own.code)) {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            boxes.push(Box {
                value: figures.get(&key).copied(),
                before: last.get(&key).copied(),
                fixed: Some(why.clone()),
                ..box_of(indicator, *field)
            });
        }
    }
    Ok(boxes)
}

/// What another level hands in at an achievement date: the network's own figures for a practice, sums for the network.
async fn elsewhere(
    tx: &mut Tx,
    case: &Case,
    (id, date): (ServiceId, NaiveDate),
) -> Result<Figures> {
    if let Some(network) = case.part.network {
        return Ok(values(&standing(tx, network, id, date).await?));
    }
    let practices = shares(tx, case.provider.id, id, date).await?;
    Ok(sum(&case.whole, &Figures::new(), &practices))
}

/// The network that the figures of a case are summed in, with those of its practices.
pub(super) async fn summed_in(tx: &mut Tx, case: &Case) -> Result<Option<Organisation>> {
    Ok(match case.part.network {
        Some(network) => Some(organisation::find(tx, network).await?),
        None => sums(&case.whole, &case.part.components).then(|| case.provider.clone()),
    })
}
