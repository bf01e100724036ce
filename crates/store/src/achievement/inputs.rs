//! Gathers what a calculation needs besides the figures: lists, national figures, earlier counts and payments.

use super::{assumed::is_question, field};
use crate::{Result, StoreError, Tx, args, offer::Participation, organisation, reference};
use chrono::NaiveDate;
use domain::{
    Figures, OrganisationId, Pence, Period, Service, ServiceId,
    calculation::{Inputs, ListSize, National, PaidBy},
    service::{Indicator, IndicatorKind, ListKind},
};
use std::{collections::HashMap, sync::Arc};

/// What the achievements of a service share, read once for a file of them.
pub(crate) struct Shared {
    /// The registered patients of every provider on the service's reference date.
    registered: HashMap<OrganisationId, organisation::ListSize>,
    reference: Option<Arc<National>>,
}

impl Shared {
    pub(crate) async fn of(tx: &mut Tx, service: &Service) -> Result<Self> {
        let registered = match service.list_size_date {
            Some(on) => organisation::list_sizes(tx, on).await?,
            None => HashMap::new(),
        };
        Ok(Self { registered, reference: reference::of_service(tx, service).await? })
    }
}

/// Whether two versions of a service ask for the same inputs, so that what was gathered for one serves the other.
pub(super) fn asks_the_same(one: &Service, other: &Service, components: &[String]) -> bool {
    let questions = |service: &Service| -> Vec<String> {
        let own = service.included(components).filter(|own| is_question(own));
        own.map(|own| own.code.clone()).collect()
    };
    let asks = |service: &Service| {
        let lists = [ListKind::Registered, ListKind::Weighted];
        (
            service.list_size_date,
            lists.map(|kind| service.needs_list(components, kind)),
            service.reference.clone().filter(|_| service.pays_points(components)),
            service.included(components).any(Indicator::looks_back),
            aspires_to(service, components).cloned(),
            service.payment.as_ref().and_then(|terms| terms.less_paid_by.clone()),
            questions(service),
        )
    };
    asks(one) == asks(other)
}

/// Everything that the rules of the contracted components ask for.
pub(super) async fn gather(
    tx: &mut Tx,
    service: &Service,
    part: &Participation,
    period: Period,
    figures: Figures,
    shared: Option<&Shared>,
) -> Result<Inputs> {
    let (provider, components) = (part.provider, &part.components);
    let mut inputs = Inputs { figures, ..Inputs::default() };
    lists(tx, service, part, &mut inputs, shared).await?;
    if service.pays_points(components) {
        inputs.reference = match shared {
            Some(shared) => shared.reference.clone(),
            None => reference::of_service(tx, service).await?,
        };
    }
    if service.included(components).any(Indicator::looks_back) {
        inputs.earlier = earlier(tx, provider, part.service, period.end).await?;
    }
    if let Some(of) = aspires_to(service, components) {
        inputs.last_year = earned(tx, provider, of).await?;
    }
    if let Some(before) = service.payment.as_ref().and_then(|terms| terms.less_paid_by.as_ref()) {
        inputs.paid_before = paid(tx, provider, before).await?;
    }
    Ok(inputs)
}

async fn lists(
    tx: &mut Tx,
    service: &Service,
    part: &Participation,
    inputs: &mut Inputs,
    shared: Option<&Shared>,
) -> Result<()> {
    let components = &part.components;
    let Some(on) = service.list_size_date.filter(|_| service.needs_list_size(components)) else {
        return Ok(());
    };
    if service.needs_list(components, ListKind::Registered) {
        let found = match shared {
            Some(shared) => shared.registered.get(&part.provider).cloned(),
            None => {
                let provider = organisation::find(tx, part.provider).await?;
                organisation::list_size(tx, &provider, on).await?
            }
        };
        inputs.registered = found.map(|list| ListSize { patients: list.patients, on: list.as_at });
    }
    if service.needs_list(components, ListKind::Weighted) {
        let provider = organisation::find(tx, part.provider).await?;
        inputs.weighted = organisation::weighted_list(tx, &provider, on).await?;
    }
    Ok(())
}

/// The code of the service that an aspiration is a part of.
fn aspires_to<'a>(service: &'a Service, components: &[String]) -> Option<&'a String> {
    service.included(components).find_map(|indicator| match &indicator.kind {
        IndicatorKind::Aspiration { of, .. } => Some(of),
        _ => None,
    })
}

/// What the achievement dates of a service before one counted.
async fn earlier(
    tx: &mut Tx,
    provider: OrganisationId,
    service: ServiceId,
    before: NaiveDate,
) -> Result<Figures> {
    #[derive(sqlx::FromRow)]
    struct Row {
        indicator: String,
        field: String,
        value: i64,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT indicator, field, CAST(sum(value) AS BIGINT) AS value FROM figure
             WHERE service_id = $1 AND provider_id = $2 AND achievement_date < $3 AND in_force
             GROUP BY indicator, field",
            args![service, provider, before],
        )
        .await?;
    rows.into_iter().map(|row| Ok(((row.indicator, field(&row.field)?), row.value))).collect()
}

/// What finance has approved of a service for a provider, with the corrections that count; none before it has approved
/// anything.
async fn paid(tx: &mut Tx, provider: OrganisationId, service: &str) -> Result<Option<PaidBy>> {
    #[derive(sqlx::FromRow)]
    struct Sum {
        declarations: i64,
        pence: i64,
    }
    let Sum { declarations, pence } = tx
        .one(
            "SELECT count(*) AS declarations, CAST(coalesce(sum(d.amount_pence
                 + coalesce((SELECT sum(c.amount_pence) FROM correction c WHERE c.declaration_id = d.id AND c.counts), 0)), 0)
                 AS BIGINT) AS pence
             FROM declaration d JOIN service s ON s.id = d.service_id
             WHERE d.provider_id = $1 AND s.code = $2 AND d.state = 'approved'",
            args![provider, service],
        )
        .await?;
    Ok((declarations > 0).then(|| PaidBy::new(service, Pence(pence))))
}

/// What a service came to for a provider in all: what finance has approved, and what that took off again because it had
/// been paid in advance.
async fn earned(tx: &mut Tx, provider: OrganisationId, code: &str) -> Result<Option<PaidBy>> {
    #[derive(sqlx::FromRow)]
    struct Made {
        inputs: Option<String>,
    }
    let Some(paid) = paid(tx, provider, code).await? else { return Ok(None) };
    let rows: Vec<Made> = tx
        .all(
            "SELECT c.inputs FROM declaration d JOIN service s ON s.id = d.service_id
             JOIN calculation c ON c.id = d.calculation_id
             WHERE d.provider_id = $1 AND s.code = $2 AND d.state = 'approved'",
            args![provider, code],
        )
        .await?;
    let mut in_advance = Pence(0);
    for text in rows.iter().filter_map(|row| row.inputs.as_ref()) {
        let inputs: Inputs = serde_json::from_str(text).map_err(|error| {
            StoreError::Inconsistent { table: "calculation", what: format!("inputs: {error}") }
        })?;
        in_advance = in_advance + inputs.paid_before.map_or(Pence(0), |before| before.amount);
    }
    Ok(Some(PaidBy { amount: paid.amount + in_advance, in_advance, ..paid }))
}
