//! Contracts: drafted in steps by the commissioner, then confirmed once, which makes the offers.

mod confirm;
mod discard;
mod reach;
mod read;
mod roll_over;

pub use confirm::{Confirmed, cannot_confirm, confirm};
pub use discard::discard;
pub use reach::{LeftOut, Reach, reach, would_reach};
pub use read::{Chosen, Filter, Listed, chosen_codes, count, find, list, services, years};
pub use roll_over::{Draft, NotOpen, Onwards, Plan, Rolled, Stays, plan, roll_over, rolling};

use crate::{
    Db, Failed, Result, Tx, args, event, new_id, next_reference, organisation::providers_by_code,
    service,
};
use chrono::NaiveDate;
use domain::{
    Actor, ContractId, Event, NotAllowed, Now, OrganisationKind, Permission,
    contract::{CannotDraft, Contract, ContractKind, ContractState, Target, check_details},
};
pub(crate) use read::own;
use std::collections::{BTreeMap, BTreeSet};

/// What the first step of a contract asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Offer or direct.
    pub kind: ContractKind,
    /// Name, as typed.
    pub name: String,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// Whether a provider may change its answer until then.
    pub answers_may_change: bool,
}

impl Details {
    /// The first thing that is wrong; pages ask the domain for all of them.
    fn check(&self, now: &Now) -> Result<(), CannotDraft> {
        check_details(&self.name, self.respond_by, now).map_err(|problems| {
            problems.into_iter().next().map_or(CannotDraft::NoName, |(_, why)| why)
        })
    }
}

/// Starts a contract of the actor's organisation.
pub async fn draft(
    db: &Db,
    details: &Details,
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDraft>> {
    let not_allowed = NotAllowed {
        permission: Permission::Commission,
        kind: OrganisationKind::Icb,
        is_narrowed: false,
    };
    by.must(Permission::Commission).map_err(refused)?;
    let commissioner = by.organisation().ok_or_else(|| refused(not_allowed))?;
    details.check(now).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    let contract = Contract {
        id: new_id(now),
        reference: next_reference(&mut tx, "C", now).await?,
        commissioner: commissioner.id,
        kind: details.kind,
        target: Target::All,
        name: details.name.trim().to_owned(),
        respond_by: details.respond_by,
        answers_may_change: details.answers_may_change,
        state: ContractState::Draft,
        version: 1,
    };
    insert(&mut tx, &contract, now).await?;
    let event = Event::ContractDrafted { contract: contract.id, name: contract.name.clone() };
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok(contract)
}

/// Writes a new draft.
async fn insert(tx: &mut Tx, contract: &Contract, now: &Now) -> Result<()> {
    tx.execute(
        "INSERT INTO contract (id, reference, commissioner_id, kind, target, name, respond_by, state, created_at, version,
             answers_may_change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            contract.id,
            &*contract.reference,
            contract.commissioner,
            contract.kind.name(),
            contract.target.name(),
            &*contract.name,
            contract.respond_by,
            contract.state.name(),
            now.instant,
            contract.version,
            contract.answers_may_change
        ],
    )
    .await?;
    Ok(())
}

/// Changes the details of a draft as the person saw it.
pub async fn change_details(
    db: &Db,
    reference: &str,
    seen: i64,
    details: &Details,
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDraft>> {
    let mut tx = db.write().await?;
    let before = own(&mut tx, reference, by).await?;
    before.may_change(by).map_err(Failed::Refused)?;
    details.check(now).map_err(Failed::Refused)?;
    let after = Contract {
        kind: details.kind,
        name: details.name.trim().to_owned(),
        respond_by: details.respond_by,
        answers_may_change: details.answers_may_change,
        ..before.clone()
    };
    let what = (after != before).then(|| "details".to_owned());
    keep(tx, after, seen, what, by, now).await
}

/// Chooses whom a contract goes to, the chosen ones by their ODS codes; whoever is not among them is taken out. A draft
/// may have none yet. With another target the codes do not count, and nobody stays chosen.
///
/// # Errors
/// When the draft may not be changed or was changed since, a direct contract would not go to chosen providers, or a
/// code is not that of an open provider of the commissioner.
pub async fn choose_providers(
    db: &Db,
    reference: &str,
    seen: i64,
    (target, codes): (Target, &BTreeSet<String>),
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDraft>> {
    let mut tx = db.write().await?;
    let contract = own(&mut tx, reference, by).await?;
    contract.may_change(by).map_err(Failed::Refused)?;
    let after = contract.aimed(target).map_err(Failed::Refused)?;
    let known = providers_by_code(&mut tx, contract.commissioner, now).await?;
    let none = BTreeSet::new();
    let codes = if target == Target::Chosen { codes } else { &none };
    let mut before = chosen_codes(&mut tx, &contract).await?;
    before.retain(|code| known.contains_key(code));
    if let Some(code) = codes.iter().find(|code| !known.contains_key(*code)) {
        return Err(Failed::Refused(CannotDraft::NotYourProvider(code.clone())));
    }
    let is_same = before == *codes && contract.goes_to() == after.goes_to();
    let what = (!is_same).then(|| what_was_chosen(target, codes.len()));
    if what.is_some() {
        tx.execute("DELETE FROM contract_provider WHERE contract_id = $1", args![contract.id])
            .await?;
        let rows = codes
            .iter()
            .filter_map(|code| known.get(code))
            .map(|provider| args![contract.id, provider.id])
            .collect();
        tx.insert("INSERT INTO contract_provider (contract_id, provider_id)", rows).await?;
    }
    keep(tx, after, seen, what, by, now).await
}

/// The choice of providers as the history says it.
fn what_was_chosen(target: Target, chosen: usize) -> String {
    match (target, chosen) {
        (Target::All, _) => "goes to all providers that are open".to_owned(),
        (Target::LastYear, _) => "goes to those who took part last year".to_owned(),
        (Target::Chosen, 1) => "1 provider chosen".to_owned(),
        (Target::Chosen, many) => format!("{many} providers chosen"),
    }
}

/// The services ticked, by code, each with the components that stay ticked.
pub type Choice = BTreeMap<String, Vec<String>>;

/// Chooses the services of a contract; whatever is not among them is taken out. A draft may have none yet.
pub async fn choose_services(
    db: &Db,
    reference: &str,
    seen: i64,
    choice: &Choice,
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDraft>> {
    let mut tx = db.write().await?;
    let contract = own(&mut tx, reference, by).await?;
    contract.may_change(by).map_err(Failed::Refused)?;
    let before: Vec<_> = services(&mut tx, &contract)
        .await?
        .into_iter()
        .map(|chosen| (chosen.id, chosen.components))
        .collect();
    let (mut after, mut names) = (Vec::new(), Vec::new());
    for (code, components) in choice {
        let Some(published) = service::find_by_code(&mut tx, code).await? else {
            return Err(Failed::Refused(CannotDraft::UnknownService(code.clone())));
        };
        if published.service.ends_on < now.today {
            return Err(Failed::Refused(CannotDraft::UnknownService(code.clone())));
        }
        let components = in_order(&published.service, components).map_err(Failed::Refused)?;
        names.push(published.service.name.clone());
        after.push((published.id, components));
    }
    let is_same = before.len() == after.len() && after.iter().all(|one| before.contains(one));
    let what = (!is_same).then(|| match names.is_empty() {
        true => "no services".to_owned(),
        false => format!("services {}", names.join(", ")),
    });
    if what.is_some() {
        tx.execute("DELETE FROM contract_service WHERE contract_id = $1", args![contract.id])
            .await?;
        let rows = after
            .into_iter()
            .map(|(id, components)| args![contract.id, id, stored(&components)])
            .collect();
        tx.insert("INSERT INTO contract_service (contract_id, service_id, components)", rows)
            .await?;
    }
    keep(tx, contract, seen, what, by, now).await
}

/// The components ticked, in the order of the definition.
fn in_order(service: &domain::Service, ticked: &[String]) -> Result<Vec<String>, CannotDraft> {
    if let Some(code) = ticked.iter().find(|code| service.component(code).is_none()) {
        return Err(CannotDraft::UnknownComponent {
            service: service.name.clone(),
            code: code.clone(),
        });
    }
    let components: Vec<String> = service
        .components_named(ticked)
        .into_iter()
        .map(|component| component.code.clone())
        .collect();
    if components.is_empty() {
        return Err(CannotDraft::NoComponents(service.name.clone()));
    }
    Ok(components)
}

/// Component codes as a column keeps them.
fn stored(components: &[String]) -> String {
    serde_json::to_string(components).expect("a list of texts is always JSON")
}

/// Writes a changed draft with its event; a step that changed nothing writes nothing.
async fn keep(
    mut tx: Tx,
    mut contract: Contract,
    seen: i64,
    what: Option<String>,
    by: &Actor,
    now: &Now,
) -> Result<Contract, Failed<CannotDraft>> {
    let Some(what) = what else {
        if contract.version != seen {
            return Err(Failed::Other(crate::StoreError::Stale));
        }
        return Ok(contract);
    };
    tx.change(
        "UPDATE contract SET kind = $3, name = $4, respond_by = $5, target = $6, answers_may_change = $7, version = version + 1
         WHERE id = $1 AND version = $2 AND state = 'draft'",
        args![
            contract.id,
            seen,
            contract.kind.name(),
            &*contract.name,
            contract.respond_by,
            contract.target.name(),
            contract.answers_may_change
        ],
    )
    .await?;
    contract.version = seen + 1;
    let id: ContractId = contract.id;
    event::record(&mut tx, &Event::ContractChanged { contract: id, what }, by, now)?;
    tx.commit().await?;
    Ok(contract)
}

fn refused(why: NotAllowed) -> Failed<CannotDraft> {
    Failed::Refused(why.into())
}
