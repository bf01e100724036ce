//! Where each service of a contract goes now, and who is left out and why.

use super::read::{Chosen, services};
use crate::{Result, Tx, args, offer::is_live, service};
use chrono::NaiveDate;
use domain::{
    Actor, ContractId, Now, OrganisationId, ServiceId,
    contract::{Contract, Target, WhyLeftOut},
    status,
};
use uuid::Uuid;

/// Where one service of a contract goes, and where it does not and why.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The service with its components.
    pub chosen: Chosen,
    /// The providers that get it, each with its ODS code.
    pub providers: Vec<(OrganisationId, String)>,
    /// The providers that the choice means and that do not get it, by code.
    pub left_out: Vec<LeftOut>,
}

/// A provider that does not get a service.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Why.
    pub why: WhyLeftOut,
}

/// Whose contract goes to whom: what a reach is asked for.
struct Aim {
    commissioner: OrganisationId,
    target: Target,
    /// Whose chosen providers count.
    contract: Option<ContractId>,
}

/// Whom each service of a contract would go to now. The contract was found for the reader.
pub async fn reach(tx: &mut Tx, contract: &Contract, now: &Now) -> Result<Vec<Reach>> {
    let aim = Aim {
        commissioner: contract.commissioner,
        target: contract.goes_to(),
        contract: Some(contract.id),
    };
    let mut all = Vec::new();
    for chosen in services(tx, contract).await? {
        all.push(reach_of(tx, &aim, chosen, now).await?);
    }
    Ok(all)
}

/// Whom the whole of a service would go to now if the actor's organisation offered it, before there is a contract.
pub async fn would_reach(
    tx: &mut Tx,
    service: &service::Published,
    target: Target,
    by: &Actor,
    now: &Now,
) -> Result<Reach> {
    let commissioner = by.organisation().map(|organisation| organisation.id);
    let chosen = Chosen {
        id: service.id,
        components: service.service.components.iter().map(|own| own.code.clone()).collect(),
        service: service.service.clone(),
    };
    let Some(commissioner) = commissioner else {
        return Ok(Reach { chosen, providers: Vec::new(), left_out: Vec::new() });
    };
    reach_of(tx, &Aim { commissioner, target, contract: None }, chosen, now).await
}

#[derive(sqlx::FromRow)]
struct Candidate {
    id: Uuid,
    code: String,
    name: String,
    /// Whether it is of the kind that the service is for.
    is_kind: bool,
    closed_on: Option<NaiveDate>,
    /// The offer of the service that it has, if any.
    state: Option<String>,
    respond_by: Option<NaiveDate>,
    offered_by: Option<Uuid>,
    reference: Option<String>,
    took_part: i64,
}

async fn reach_of(tx: &mut Tx, aim: &Aim, chosen: Chosen, now: &Now) -> Result<Reach> {
    let before = year_before(tx, aim, &chosen).await?;
    // The year before is a list made once: asked for provider by provider, it would be walked for each of them.
    let candidates: Vec<Candidate> = tx
        .all(
            concat!(
                "SELECT o.id, o.code, o.name, o.kind = $3 AS is_kind, o.closed_on, x.state, x.respond_by,
                 x.commissioner_id AS offered_by, c.reference,
                 CAST(CASE WHEN o.id IN (SELECT y.provider_id FROM offer y WHERE y.commissioner_id = $1
                     AND y.service_id = $6 AND y.in_force_until >= y.service_ends_on) THEN 1 ELSE 0 END AS BIGINT) AS took_part
             FROM organisation o
             LEFT JOIN offer x ON x.provider_id = o.id AND x.service_id = $2
                 AND ",
                is_live!("x"),
                " LEFT JOIN contract c ON c.id = x.contract_id
             WHERE (o.parent_id = $1 OR o.parent_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
               AND (o.kind = $3 OR NOT $4)
               AND ($4 OR EXISTS
                    (SELECT 1 FROM contract_provider p WHERE p.contract_id = $5 AND p.provider_id = o.id))
             ORDER BY o.code"
            ),
            args![
                aim.commissioner,
                chosen.id,
                chosen.service.provider.organisation().name(),
                aim.target != Target::Chosen,
                aim.contract,
                before
            ],
        )
        .await?;
    let mut reach = Reach { chosen, providers: Vec::new(), left_out: Vec::new() };
    for candidate in candidates {
        match candidate.left_out(aim, now) {
            None => reach.providers.push((candidate.id.into(), candidate.code)),
            Some(why) => {
                reach.left_out.push(LeftOut { code: candidate.code, name: candidate.name, why });
            }
        }
    }
    Ok(reach)
}

/// The published service of the year before, where the target asks for it.
async fn year_before(tx: &mut Tx, aim: &Aim, chosen: &Chosen) -> Result<Option<ServiceId>> {
    match chosen.service.follows.as_deref().filter(|_| aim.target == Target::LastYear) {
        Some(code) => Ok(service::find_by_code(tx, code).await?.map(|found| found.id)),
        None => Ok(None),
    }
}

impl Candidate {
    /// Why this provider does not get the service, if it does not.
    fn left_out(&self, aim: &Aim, now: &Now) -> Option<WhyLeftOut> {
        if !self.is_kind {
            return Some(WhyLeftOut::OtherKind);
        }
        if let Some(on) = self.closed_on.filter(|on| *on < now.today) {
            return Some(WhyLeftOut::Closed(on));
        }
        if let Some(state) = &self.state {
            let is_late = self.respond_by.is_some_and(|last| last < now.today);
            let name = if state == "pending" && is_late { "expired" } else { state };
            let status = status::of(status::OFFER, name);
            let is_own = self.offered_by == Some(aim.commissioner.0);
            let contract = self.reference.clone().filter(|_| is_own);
            return Some(WhyLeftOut::HasIt { status, contract });
        }
        let was_not = aim.target == Target::LastYear && self.took_part == 0;
        was_not.then_some(WhyLeftOut::NotLastYear)
    }
}
