//! Confirming a contract: one offer for each provider and service, all in one transaction.

use super::reach::{Reach, reach};
use super::read::own;
use super::stored;
use crate::{
    Db, Failed, Result, Tx, args, event,
    message::{self, Offers},
    new_id,
    receipt::keep_bound,
    unless_duplicate,
};
use domain::{
    Actor, By, Change, Event, Now, OfferId,
    contract::{CannotConfirm, ChosenService, Contract, ContractKind, Sending},
    message::News,
};

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
    contract.must_wait_for_confirmation().map_err(Failed::Refused)?;
    // Whoever confirms or discards the draft at the same time waits here, and then finds the version gone; what it
    // reaches is looked up after that, or they would find that no provider is left.
    tx.change(
        "UPDATE contract SET version = version WHERE id = $1 AND version = $2",
        args![contract.id, seen],
    )
    .await?;
    let reach = reach(&mut tx, &contract, now).await?;
    let chosen = chosen_count(&mut tx, &contract).await?;
    let Change { after, event } =
        decide(&contract, &reach, chosen, by, now).map_err(Failed::Refused)?;
    let offers = offers(&reach);
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
    if after.kind == ContractKind::Direct {
        keep_bound(&mut tx, after.id, by, now).await?;
    }
    let news = match after.kind {
        ContractKind::Offer => News::Offered,
        ContractKind::Direct => News::Bound,
    };
    message::tell(&mut tx, news, &Offers::All(after.id), by, now).await?;
    tx.commit().await?;
    Ok(Confirmed { contract: after, offers, reach })
}

/// Why a draft could not be confirmed now with what it reaches; nothing when it could. The contract was found for the
/// actor.
pub async fn cannot_confirm(
    tx: &mut Tx,
    contract: &Contract,
    reach: &[Reach],
    by: &Actor,
    now: &Now,
) -> Result<Option<CannotConfirm>> {
    let chosen = chosen_count(tx, contract).await?;
    Ok(decide(contract, reach, chosen, by, now).err())
}

fn decide(
    contract: &Contract,
    reach: &[Reach],
    chosen: u64,
    by: &Actor,
    now: &Now,
) -> Result<Change<Contract>, CannotConfirm> {
    let services: Vec<ChosenService> = reach.iter().map(chosen_service).collect();
    contract.confirm(Sending { services: &services, chosen, offers: offers(reach) }, by, now)
}

fn offers(reach: &[Reach]) -> u64 {
    reach.iter().map(|one| one.providers.len() as u64).sum()
}

/// How many providers a contract has chosen by name.
async fn chosen_count(tx: &mut Tx, contract: &Contract) -> Result<u64> {
    #[derive(sqlx::FromRow)]
    struct Count {
        chosen: i64,
    }
    let Count { chosen } = tx
        .one(
            "SELECT count(*) AS chosen FROM contract_provider WHERE contract_id = $1",
            args![contract.id],
        )
        .await?;
    Ok(chosen.unsigned_abs())
}

fn chosen_service(reach: &Reach) -> ChosenService {
    ChosenService {
        service: reach.chosen.id,
        components: reach.chosen.components.clone(),
        ends_on: reach.chosen.service.ends_on,
    }
}

/// Adds whom the contract goes to to the rows of the commissioner's table of answers.
async fn list_providers(tx: &mut Tx, contract: &Contract) -> Result<()> {
    tx.execute(
        "INSERT INTO commissioned_provider (commissioner_id, year, provider_id, provider_kind, provider_code)
         SELECT DISTINCT o.commissioner_id, s.year, o.provider_id, p.kind, o.provider_code
         FROM offer o JOIN service s ON s.id = o.service_id JOIN organisation p ON p.id = o.provider_id
         WHERE o.contract_id = $1 ON CONFLICT DO NOTHING",
        args![contract.id],
    )
    .await?;
    Ok(())
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
    .await?;
    list_providers(tx, contract).await?;
    Ok(())
}
