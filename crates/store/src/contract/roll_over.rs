//! Rolling contracts over to the next year: what each becomes, and the drafts made of all of them in one transaction.

use super::read::{ContractRow, chosen_codes, contracts};
use super::{Chosen, insert, services, stored};
use crate::{
    Db, Failed, Result, Tx, args, event, new_id,
    organisation::providers_by_code,
    references,
    service::{self, Published},
};
use chrono::NaiveDate;
use domain::{
    Actor, ContractId, Event, FinancialYear, Now, OrganisationId, ServiceId,
    contract::{
        CannotRollOver, Carried, Contract, ContractState, Onward, Target, WhyStays, may_roll_over,
        rolled_name, rolled_response_date,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// What rolling services over would come to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The year they are of.
    pub year: FinancialYear,
    /// The services that go on, by name.
    pub services: Vec<Onwards>,
    /// The services that stay behind.
    pub stays: Vec<Stays>,
    /// A draft for each contract, the oldest first.
    pub drafts: Vec<Draft>,
}

/// A service with the one that it goes on as.
#[derive(Clone, Debug)]
pub struct Onwards {
    /// This year's.
    pub before: Published,
    /// Next year's.
    pub after: Published,
}

/// A service that stays behind.
#[derive(Clone, Debug)]
pub struct Stays {
    /// Its code.
    pub code: String,
    /// Its name; the code again where there is no such service.
    pub name: String,
    /// Why.
    pub why: WhyStays,
}

/// A draft that a contract becomes.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The contract of this year.
    pub from: Contract,
    /// The name of the draft.
    pub name: String,
    /// Last day for an answer.
    pub respond_by: NaiveDate,
    /// Its services, by name.
    pub services: Vec<Rolled>,
    /// The chosen providers that are carried over; empty where it does not go to chosen ones.
    pub providers: Vec<OrganisationId>,
    /// The chosen providers that are not open providers of the commissioner any more.
    pub not_open: Vec<NotOpen>,
}

/// A service of a draft.
#[derive(Clone, Debug)]
pub struct Rolled {
    /// Code of this year's service.
    pub from: String,
    /// Next year's service.
    pub id: ServiceId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// Its components in the draft.
    pub carried: Carried,
}

/// A provider that is left out of a draft.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NotOpen {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// The services that the actor's organisation has in contracts with offers that stand, each with its year.
pub async fn rolling(tx: &mut Tx, by: &Actor) -> Result<Vec<(ServiceId, FinancialYear)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        service_id: Uuid,
        year: i64,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT DISTINCT o.service_id, s.year FROM offer o JOIN service s ON s.id = o.service_id
             WHERE o.commissioner_id = $1 AND o.state <> 'withdrawn' ORDER BY s.year DESC",
            args![by.organisation().map(|organisation| organisation.id)],
        )
        .await?;
    let year = |row: &Row| i32::try_from(row.year).ok().map(FinancialYear);
    Ok(rows.iter().filter_map(|row| Some((row.service_id.into(), year(row)?))).collect())
}

/// What rolling these services of a year over would come to now.
///
/// # Errors
/// Without the permission, or without any service.
pub async fn plan(
    tx: &mut Tx,
    year: FinancialYear,
    codes: &BTreeSet<String>,
    by: &Actor,
    now: &Now,
) -> Result<Plan, Failed<CannotRollOver>> {
    may_roll_over(by).map_err(Failed::Refused)?;
    let Some(commissioner) = by.organisation().map(|own| own.id).filter(|_| !codes.is_empty())
    else {
        return Err(Failed::Refused(CannotRollOver::NoneSelected));
    };
    let held = held(tx, commissioner, year).await?;
    let already = already(tx, commissioner, year.next()).await?;
    let of = |year: FinancialYear| service::Filter { year: Some(year.0), ..Default::default() };
    let this = service::list(tx, &of(year)).await?;
    let next = service::list(tx, &of(year.next())).await?;
    let mut plan = Plan { year, services: Vec::new(), stays: Vec::new(), drafts: Vec::new() };
    for code in codes {
        let before = this.iter().find(|one| one.service.code == *code);
        let name = before.map_or_else(|| code.clone(), |one| one.service.name.clone());
        match goes_on_as(code, (year.next(), &next), &held, &already, now) {
            Ok(after) => plan.services.extend(
                before.map(|before| Onwards { before: before.clone(), after: after.clone() }),
            ),
            Err(why) => plan.stays.push(Stays { code: code.clone(), name, why }),
        }
    }
    plan.services.sort_by(|one, other| one.before.service.name.cmp(&other.before.service.name));
    for (contract, services) in held {
        let draft = plan.draft(tx, contract, &services, now).await?;
        plan.drafts.extend(draft);
    }
    Ok(plan)
}

/// A contract with the services of a year that it has.
type Held = Vec<(Contract, Vec<Chosen>)>;

/// The confirmed contracts of a commissioner with services of a year, the oldest first. A service of which every offer
/// was withdrawn is not held any more.
async fn held(tx: &mut Tx, commissioner: OrganisationId, year: FinancialYear) -> Result<Held> {
    #[derive(sqlx::FromRow)]
    struct Standing {
        contract_id: Uuid,
        service_id: Uuid,
    }
    let standing: Vec<Standing> = tx
        .all(
            "SELECT DISTINCT o.contract_id, o.service_id FROM offer o JOIN service s ON s.id = o.service_id
             WHERE o.commissioner_id = $1 AND s.year = $2 AND o.state <> 'withdrawn'",
            args![commissioner, year.0],
        )
        .await?;
    let standing: HashSet<(ContractId, ServiceId)> =
        standing.into_iter().map(|row| (row.contract_id.into(), row.service_id.into())).collect();
    let rows: Vec<ContractRow> = tx
        .all(
            contracts!(
                "WHERE c.commissioner_id = $1 AND c.state = 'confirmed' AND EXISTS
                     (SELECT 1 FROM contract_service x JOIN service s ON s.id = x.service_id
                      WHERE x.contract_id = c.id AND s.year = $2)
                 ORDER BY c.created_at, c.reference"
            ),
            args![commissioner, year.0],
        )
        .await?;
    let mut held = Vec::new();
    for row in rows {
        let contract = row.read()?;
        let mut chosen = services(tx, &contract).await?;
        chosen.retain(|one| standing.contains(&(contract.id, one.id)) && one.service.year == year);
        if !chosen.is_empty() {
            held.push((contract, chosen));
        }
    }
    Ok(held)
}

/// By service of a year, a draft or a contract of the commissioner that has it, and whether it is a draft.
async fn already(
    tx: &mut Tx,
    commissioner: OrganisationId,
    year: FinancialYear,
) -> Result<BTreeMap<ServiceId, (String, bool)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        service_id: Uuid,
        reference: String,
        state: String,
    }
    let rows: Vec<Row> = tx
        .all(
            "SELECT x.service_id, c.reference, c.state
             FROM contract c JOIN contract_service x ON x.contract_id = c.id JOIN service s ON s.id = x.service_id
             WHERE c.commissioner_id = $1 AND s.year = $2 AND (c.state = 'draft' OR EXISTS
                 (SELECT 1 FROM offer o WHERE o.contract_id = c.id AND o.service_id = x.service_id AND o.state <> 'withdrawn'))
             ORDER BY c.reference DESC",
            args![commissioner, year.0],
        )
        .await?;
    let draft = ContractState::Draft.name();
    let known = |row: Row| (row.service_id.into(), (row.reference, row.state == draft));
    Ok(rows.into_iter().map(known).collect())
}

/// The service that one goes on as.
fn goes_on_as<'a>(
    code: &str,
    (year, next): (FinancialYear, &'a [Published]),
    held: &Held,
    already: &BTreeMap<ServiceId, (String, bool)>,
    now: &Now,
) -> Result<&'a Published, WhyStays> {
    let follows = |one: &&Published| one.service.follows.as_deref() == Some(code);
    let followers: Vec<&Published> = next.iter().filter(follows).collect();
    let has_it = |services: &[Chosen]| services.iter().any(|one| one.service.code == code);
    let onward = Onward {
        year,
        contracts: held.iter().filter(|(_, services)| has_it(services)).count(),
        followed_by: followers.iter().map(|one| &*one.service).collect(),
        already: followers.first().and_then(|one| already.get(&one.id).cloned()),
    };
    let follower = onward.follower(now)?;
    let after = followers.iter().find(|one| one.service.code == follower.code).copied();
    let after = after.ok_or(WhyStays::NotFollowed(year))?;
    // A draft without any component of a service could not be sent, so the service stays for all.
    for (contract, services) in held {
        for one in services.iter().filter(|one| one.service.code == code) {
            if Carried::of(&one.service, &one.components, follower).components.is_empty() {
                let (code, reference) = (follower.code.clone(), contract.reference.clone());
                return Err(WhyStays::NoComponents { code, reference });
            }
        }
    }
    Ok(after)
}

impl Plan {
    /// The draft of a contract; none where none of its services goes on.
    async fn draft(
        &self,
        tx: &mut Tx,
        from: Contract,
        chosen: &[Chosen],
        now: &Now,
    ) -> Result<Option<Draft>> {
        let rolled = |one: &Chosen| {
            let after = &self.services.iter().find(|own| own.before.id == one.id)?.after;
            Some(Rolled {
                from: one.service.code.clone(),
                id: after.id,
                code: after.service.code.clone(),
                name: after.service.name.clone(),
                ends_on: after.service.ends_on,
                carried: Carried::of(&one.service, &one.components, &after.service),
            })
        };
        let services: Vec<Rolled> = chosen.iter().filter_map(rolled).collect();
        if services.is_empty() {
            return Ok(None);
        }
        let (mut providers, mut not_open) = (Vec::new(), Vec::new());
        if from.goes_to() == Target::Chosen {
            let open = providers_by_code(tx, from.commissioner, now).await?;
            let codes = chosen_codes(tx, &from).await?;
            providers = codes.iter().filter_map(|code| open.get(code)).map(|one| one.id).collect();
            let chosen: Vec<NotOpen> = tx
                .all(
                    "SELECT o.code, o.name FROM contract_provider p JOIN organisation o ON o.id = p.provider_id
                     WHERE p.contract_id = $1 ORDER BY o.code",
                    args![from.id],
                )
                .await?;
            not_open = chosen.into_iter().filter(|one| !open.contains_key(&one.code)).collect();
        }
        Ok(Some(Draft {
            name: rolled_name(&from.name, self.year),
            respond_by: rolled_response_date(services.iter().map(|one| one.ends_on), now),
            from,
            services,
            providers,
            not_open,
        }))
    }
}

/// Makes the drafts of these services of a year, `seen` of them, as the person was shown.
///
/// # Errors
/// When a service cannot go on any more, as when somebody else has just rolled it over, or the contracts have changed.
pub async fn roll_over(
    db: &Db,
    year: FinancialYear,
    codes: &BTreeSet<String>,
    seen: usize,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Contract>, Failed<CannotRollOver>> {
    may_roll_over(by).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    // The references come first: whoever rolls over at the same time waits here, and then sees these drafts.
    let references = references(&mut tx, "C", i64::try_from(seen).unwrap_or(0).max(1), now).await?;
    let plan = plan(&mut tx, year, codes, by, now).await?;
    if let Some(stays) = plan.stays.first() {
        let (service, why) = (stays.name.clone(), stays.why.clone());
        return Err(Failed::Refused(CannotRollOver::Stays { service, why }));
    }
    if plan.drafts.len() != seen {
        return Err(Failed::Refused(CannotRollOver::ContractsChanged));
    }
    let mut made = Vec::new();
    for (draft, reference) in plan.drafts.into_iter().zip(references) {
        made.push(make(&mut tx, draft, reference, by, now).await?);
    }
    tx.commit().await?;
    Ok(made)
}

/// Writes one draft with its services and providers.
async fn make(
    tx: &mut Tx,
    draft: Draft,
    reference: String,
    by: &Actor,
    now: &Now,
) -> Result<Contract> {
    let contract = Contract {
        id: new_id(now),
        reference,
        name: draft.name,
        respond_by: draft.respond_by,
        state: ContractState::Draft,
        version: 1,
        ..draft.from.clone()
    };
    insert(tx, &contract, now).await?;
    let services = draft.services.iter();
    let rows = services
        .clone()
        .map(|one| args![contract.id, one.id, stored(&one.carried.components)])
        .collect();
    tx.insert("INSERT INTO contract_service (contract_id, service_id, components)", rows).await?;
    let rows = draft.providers.iter().map(|provider| args![contract.id, *provider]).collect();
    tx.insert("INSERT INTO contract_provider (contract_id, provider_id)", rows).await?;
    let event = Event::ContractRolledOver {
        contract: contract.id,
        name: contract.name.clone(),
        from: draft.from.id,
        from_reference: draft.from.reference,
        services: services.map(|one| format!("{} from {}", one.code, one.from)).collect(),
    };
    event::record(tx, &event, by, now)?;
    Ok(contract)
}
