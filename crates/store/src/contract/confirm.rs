//! Confirming a contract: one offer for each provider and service, all in one transaction.

use super::read::{Chosen, own, services};
use super::stored;
use crate::{Db, Failed, Result, Tx, args, event, new_id, offer::unless_duplicate};
use domain::{
    Actor, By, Change, Event, Now, OfferId, OrganisationId,
    contract::{CannotConfirm, ChosenService, Contract, ContractKind},
};
use uuid::Uuid;

/// Where one service of a contract goes, and where it does not and why.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The service with its components.
    pub chosen: Chosen,
    /// The providers that get it, each with its ODS code.
    pub providers: Vec<(OrganisationId, String)>,
    /// Providers left out because they have a pending, accepted or requested offer of this service already.
    pub already: i64,
    /// Providers left out because they have closed.
    pub closed: i64,
}

/// Whom each service of a contract would go to now. The contract was found for the reader.
pub async fn reach(tx: &mut Tx, contract: &Contract, now: &Now) -> Result<Vec<Reach>> {
    #[derive(sqlx::FromRow)]
    struct Candidate {
        id: Uuid,
        code: String,
        closed: i64,
        live: i64,
    }
    let mut all = Vec::new();
    for chosen in services(tx, contract).await? {
        let candidates: Vec<Candidate> = tx
            .all(
                "SELECT o.id, o.code, CAST(CASE WHEN o.closed_on < $4 THEN 1 ELSE 0 END AS BIGINT) AS closed,
                     (SELECT count(*) FROM offer x WHERE x.provider_id = o.id AND x.service_id = $2
                          AND x.state IN ('pending', 'accepted', 'requested', 'notice_given', 'terminated')) AS live
                 FROM organisation o
                 WHERE (o.parent_id = $1 OR o.parent_id IN (SELECT id FROM organisation WHERE parent_id = $1 AND kind = 'icb'))
                   AND o.kind = $3
                   AND (CAST($5 AS TEXT) = 'Offer contract' OR EXISTS
                        (SELECT 1 FROM contract_provider p WHERE p.contract_id = $6 AND p.provider_id = o.id))
                 ORDER BY o.code",
                args![
                    contract.commissioner,
                    chosen.id,
                    chosen.service.provider.organisation().name(),
                    now.today,
                    contract.kind.name(),
                    contract.id
                ],
            )
            .await?;
        let mut reach = Reach { chosen, providers: Vec::new(), already: 0, closed: 0 };
        for candidate in candidates {
            if candidate.closed > 0 {
                reach.closed += 1;
            } else if candidate.live > 0 {
                reach.already += 1;
            } else {
                reach.providers.push((candidate.id.into(), candidate.code));
            }
        }
        all.push(reach);
    }
    Ok(all)
}

/// What a confirmation made.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The contract as it stands.
    pub contract: Contract,
    /// How many offers were made.
    pub offers: u64,
    /// By service, who got it and who was left out.
    pub reach: Vec<Reach>,
}

/// Confirms a draft as the person saw it: an offer contract waits for answers, a direct contract binds at once.
pub async fn confirm(
    db: &Db,
    reference: &str,
    seen: i64,
    by: &Actor,
    now: &Now,
) -> Result<Confirmed, Failed<CannotConfirm>> {
    let mut tx = db.write().await?;
    let contract = own(&mut tx, reference, by).await?;
    let reach = reach(&mut tx, &contract, now).await?;
    let services: Vec<ChosenService> = reach.iter().map(chosen).collect();
    let offers = reach.iter().map(|one| one.providers.len() as u64).sum();
    let Change { after, event } =
        contract.confirm(&services, offers, by, now).map_err(Failed::Refused)?;
    // The contract goes first: a second confirmation waits here, and then finds the version gone.
    tx.change(
        "UPDATE contract SET state = $3, state_by = $4, state_at = $5, version = version + 1
         WHERE id = $1 AND version = $2",
        args![after.id, seen, after.state.name(), by.person(), now.instant],
    )
    .await?;
    let mut events = vec![event];
    make_offers(&mut tx, &after, &reach, &mut events, &by.by(), now)
        .await
        .map_err(|error| unless_duplicate(error, CannotConfirm::OfferedMeanwhile))?;
    event::record_all(&mut tx, &events, by, now)?;
    tx.commit().await?;
    Ok(Confirmed { contract: after, offers, reach })
}

fn chosen(reach: &Reach) -> ChosenService {
    ChosenService {
        service: reach.chosen.id,
        components: reach.chosen.components.clone(),
        ends_on: reach.chosen.service.ends_on,
    }
}

async fn make_offers(
    tx: &mut Tx,
    contract: &Contract,
    reach: &[Reach],
    events: &mut Vec<Event>,
    by: &By,
    now: &Now,
) -> Result<()> {
    let mut rows = Vec::new();
    for Reach { chosen, providers, .. } in reach {
        let components = stored(&chosen.components);
        let respond_by = contract.respond_by.min(chosen.service.ends_on);
        for (provider, code) in providers {
            let offer: OfferId = new_id(now);
            let (state, bound_by) = match contract.kind {
                ContractKind::Offer => {
                    events.push(Event::OfferMade { offer, respond_by });
                    ("pending", None)
                }
                ContractKind::Direct => {
                    events.push(Event::OfferBound { offer });
                    ("accepted", Some(by))
                }
            };
            rows.push(args![
                offer,
                contract.id,
                chosen.id,
                *provider,
                &**code,
                contract.commissioner,
                &*components,
                respond_by,
                chosen.service.ends_on,
                state,
                bound_by.and_then(|by| by.person),
                bound_by.map(|by| &*by.name),
                bound_by.map(|_| now.instant),
                bound_by.map(|_| ""),
                bound_by.map(|_| chosen.service.ends_on),
                now.instant,
                now.instant,
                1i64
            ]);
        }
    }
    tx.insert(
        "INSERT INTO offer (id, contract_id, service_id, provider_id, provider_code, commissioner_id, components, respond_by,
             service_ends_on, state, state_by, state_by_name, state_at, state_text, in_force_until, made_at, changed_at, version)",
        rows,
    )
    .await
}
