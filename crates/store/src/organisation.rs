//! Organisations, their tree, PCN membership by date, and list sizes.

mod list;
mod list_sizes;
mod provider;
pub mod records;
mod search;

pub use list::{
    ListSize, list_size, load_list_sizes, load_weighted_lists, newest_list_size, weighted_list,
};
pub(crate) use list_sizes::list_sizes;
pub(crate) use provider::providers_by_code;
pub use provider::{Provider, providers, wrong_codes};
pub use search::search;

use crate::{
    Db, Failed, Result, StoreError, Tx,
    arg::Arg,
    args, event,
    network::{self, Moved},
    new_id, offer,
};
use chrono::{Days, NaiveDate};
use domain::{
    Actor, Event, NotAllowed, Now, Organisation, OrganisationId, OrganisationKind, Permission,
};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(crate) struct OrganisationRow {
    id: Uuid,
    code: String,
    name: String,
    kind: String,
    parent_id: Option<Uuid>,
    closed_on: Option<NaiveDate>,
}

impl OrganisationRow {
    pub(crate) fn read(self) -> Result<Organisation> {
        let Some(kind) = OrganisationKind::from_name(&self.kind) else {
            return Err(StoreError::Inconsistent {
                table: "organisation",
                what: format!("kind {} of {}", self.kind, self.code),
            });
        };
        Ok(Organisation {
            id: self.id.into(),
            code: self.code,
            name: self.name,
            kind,
            parent: self.parent_id.map(OrganisationId),
            closed_on: self.closed_on,
        })
    }
}

/// One organisation; names of public bodies are no secret, so any reader may ask.
pub async fn find(tx: &mut Tx, id: OrganisationId) -> Result<Organisation> {
    let row: OrganisationRow = tx
        .one(
            "SELECT id, code, name, kind, parent_id, closed_on FROM organisation WHERE id = $1",
            args![id],
        )
        .await?;
    row.read()
}

/// One organisation by its ODS code.
pub async fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Organisation>> {
    let row: Option<OrganisationRow> = tx
        .optional(
            "SELECT id, code, name, kind, parent_id, closed_on FROM organisation WHERE code = $1",
            args![code],
        )
        .await?;
    row.map(OrganisationRow::read).transpose()
}

/// The organisations of a kind right below one, in the order of their codes.
pub async fn below(
    tx: &mut Tx,
    parent: OrganisationId,
    kind: OrganisationKind,
) -> Result<Vec<Organisation>> {
    let rows: Vec<OrganisationRow> = tx
        .all(
            "SELECT id, code, name, kind, parent_id, closed_on FROM organisation
             WHERE parent_id = $1 AND kind = $2 ORDER BY code",
            args![parent, kind.name()],
        )
        .await?;
    rows.into_iter().map(OrganisationRow::read).collect()
}

/// A practice's place in a network, as its page shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Membership {
    /// ODS code of the other side: the network of a practice, or a practice of a network.
    pub code: String,
    /// Its name.
    pub name: String,
    /// First day.
    pub from_on: NaiveDate,
    /// Last day, when it has ended.
    pub to_on: Option<NaiveDate>,
}

/// The networks a practice is or was in, or the practices of a network; newest first.
pub async fn memberships(tx: &mut Tx, of: &Organisation) -> Result<Vec<Membership>> {
    let sql = if of.kind == OrganisationKind::Pcn {
        "SELECT o.code, o.name, m.from_on, m.to_on FROM network_membership m JOIN organisation o ON o.id = m.practice_id
         WHERE m.network_id = $1 ORDER BY o.code, m.from_on DESC"
    } else {
        "SELECT o.code, o.name, m.from_on, m.to_on FROM network_membership m JOIN organisation o ON o.id = m.network_id
         WHERE m.practice_id = $1 ORDER BY m.from_on DESC"
    };
    tx.all(sql, args![of.id]).await
}

/// One organisation as a register file names it; parents stand before their children.
#[derive(Clone, Debug)]
pub struct Listed {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// ODS code of the organisation above.
    pub parent: Option<String>,
    /// ODS code of the PCN of a practice.
    pub network: Option<String>,
    /// Sub-ICB location of a practice.
    pub place: String,
    /// Postcode of a practice.
    pub postcode: String,
    /// Whether it has closed.
    pub closing: Closing,
}

/// What a register says of the closing of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Nothing, so that what is known stays.
    Unsaid,
    /// It is open.
    Open,
    /// It closes, or has closed, with this last day.
    On(NaiveDate),
}

/// What a load changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Organisations that were not there before.
    pub added: u64,
    /// Organisations whose name, parent, place or postcode changed.
    pub changed: u64,
    /// Organisations that were there as they are.
    pub unchanged: u64,
    /// Offers that waited for providers that now have another commissioner or have closed, and were taken back.
    pub taken_back: u64,
}

#[derive(PartialEq, sqlx::FromRow)]
struct Known {
    id: Uuid,
    code: String,
    name: String,
    kind: String,
    parent_id: Option<Uuid>,
    place: String,
    postcode: String,
    closed_on: Option<NaiveDate>,
}

impl Known {
    /// An organisation as a register names it, beside those that are known.
    fn of(one: &Listed, known: &HashMap<String, Self>, now: &Now) -> Self {
        let before = known.get(&one.code);
        let parent = one.parent.as_ref().and_then(|code| known.get(code));
        Self {
            id: before.map_or_else(|| new_id(now), |row| row.id),
            code: one.code.clone(),
            name: one.name.clone(),
            kind: one.kind.name().to_owned(),
            parent_id: parent.map(|parent| parent.id),
            place: one.place.clone(),
            postcode: one.postcode.clone(),
            closed_on: match one.closing {
                Closing::Unsaid => before.and_then(|row| row.closed_on),
                Closing::Open => None,
                Closing::On(last_day) => Some(last_day),
            },
        }
    }

    fn args(&self) -> Vec<Arg> {
        args![
            self.id,
            &*self.code,
            &*self.name,
            &*self.kind,
            self.parent_id,
            &*self.place,
            &*self.postcode,
            self.closed_on,
            format!("{} {}", self.code, self.name).to_lowercase()
        ]
    }
}

/// Loads a register of organisations, all or nothing. Membership of a PCN counts from `from`; a practice that is now
/// in another PCN leaves the old one the day before, and offers that wait for a practice which is now another
/// commissioner's, or has closed, are taken back.
pub async fn load(
    db: &Db,
    file: (&str, &str),
    listed: &[Listed],
    from: NaiveDate,
    by: &Actor,
    now: &Now,
) -> Result<Loaded, Failed<NotAllowed>> {
    by.must(Permission::MaintainRegister).map_err(Failed::Refused)?;
    let mut tx = db.write().await?;
    let (mut loaded, known) = save(&mut tx, listed, now).await?;
    let joined = join_networks(&mut tx, listed, &known, from).await?;
    network::moved(&mut tx, &joined, by, now).await?;
    let event = Event::OrganisationsLoaded {
        file: file.0.to_owned(),
        file_hash: file.1.to_owned(),
        organisations: listed.len() as u64,
    };
    event::record(&mut tx, &event, by, now)?;
    loaded.taken_back = offer::take_back_in(&mut tx, by, now).await?;
    tx.commit().await?;
    Ok(loaded)
}

/// Adds and changes organisations; gives what changed, and every organisation by its code.
async fn save(
    tx: &mut Tx,
    listed: &[Listed],
    now: &Now,
) -> Result<(Loaded, HashMap<String, Known>)> {
    let known: Vec<Known> = tx
        .all(
            "SELECT id, code, name, kind, parent_id, place, postcode, closed_on FROM organisation",
            args![],
        )
        .await?;
    let mut known: HashMap<String, Known> =
        known.into_iter().map(|row| (row.code.clone(), row)).collect();
    let mut loaded = Loaded::default();
    let mut new = Vec::new();
    for one in listed {
        let row = Known::of(one, &known, now);
        match known.get(&one.code) {
            None => {
                loaded.added += 1;
                new.push(row.args());
            }
            Some(old) if *old == row => loaded.unchanged += 1,
            Some(_) => {
                loaded.changed += 1;
                tx.change(
                    "UPDATE organisation SET code = $2, name = $3, kind = $4, parent_id = $5, place = $6, postcode = $7,
                         closed_on = $8, search_key = $9 WHERE id = $1",
                    row.args(),
                )
                .await?;
            }
        }
        known.insert(row.code.clone(), row);
    }
    tx.insert(
        "INSERT INTO organisation (id, code, name, kind, parent_id, place, postcode, closed_on, search_key)",
        new,
    )
    .await?;
    Ok((loaded, known))
}

/// Writes who is in which network from a day on; gives who joined or left one.
async fn join_networks(
    tx: &mut Tx,
    listed: &[Listed],
    known: &HashMap<String, Known>,
    from: NaiveDate,
) -> Result<Vec<Moved>> {
    let held = held(tx, from).await?;
    let names: HashMap<Uuid, &str> = known.values().map(|own| (own.id, &*own.name)).collect();
    let (mut joined, mut moved) = (Vec::new(), Vec::new());
    for one in listed.iter().filter(|one| one.kind == OrganisationKind::Practice) {
        let Some(practice) = known.get(&one.code) else {
            continue;
        };
        let network =
            one.network.as_ref().and_then(|code| known.get(code)).map(|network| network.id);
        let before = held.get(&practice.id).map(Vec::as_slice).unwrap_or_default();
        if before.iter().find(|own| own.to_on.is_none()).map(|own| own.network_id) == network {
            continue;
        }
        let mut moves = |network: Uuid, joins: bool| {
            moved.push(Moved {
                practice: practice.id.into(),
                practice_name: practice.name.clone(),
                network: network.into(),
                network_name: names.get(&network).map_or_else(String::new, ToString::to_string),
                from,
                joins,
            });
        };
        before.iter().for_each(|own| moves(own.network_id, false));
        if !before.is_empty() {
            leave(tx, practice.id, from).await?;
        }
        if let Some(network) = network {
            moves(network, true);
            joined.push(args![practice.id, network, from, None::<NaiveDate>]);
        }
    }
    tx.insert("INSERT INTO network_membership (practice_id, network_id, from_on, to_on)", joined)
        .await?;
    Ok(moved)
}

/// A membership that reaches beyond a day.
#[derive(sqlx::FromRow)]
struct Held {
    practice_id: Uuid,
    network_id: Uuid,
    to_on: Option<NaiveDate>,
}

/// The memberships that reach to a day or beyond, by practice.
async fn held(tx: &mut Tx, from: NaiveDate) -> Result<HashMap<Uuid, Vec<Held>>> {
    let rows: Vec<Held> = tx
        .all(
            "SELECT practice_id, network_id, to_on FROM network_membership WHERE to_on IS NULL OR to_on >= $1",
            args![from],
        )
        .await?;
    let mut held: HashMap<Uuid, Vec<Held>> = HashMap::new();
    for row in rows {
        held.entry(row.practice_id).or_default().push(row);
    }
    Ok(held)
}

/// Ends what a practice is a member of the day before; what begins later never was.
async fn leave(tx: &mut Tx, practice: Uuid, from: NaiveDate) -> Result<()> {
    tx.execute(
        "DELETE FROM network_membership WHERE practice_id = $1 AND from_on >= $2",
        args![practice, from],
    )
    .await?;
    tx.execute(
        "UPDATE network_membership SET to_on = $2 WHERE practice_id = $1 AND (to_on IS NULL OR to_on > $2)",
        args![practice, from - Days::new(1)],
    )
    .await?;
    Ok(())
}

/// Every open organisation's code and identifier, for files that name organisations by code.
pub async fn codes(tx: &mut Tx) -> Result<HashMap<String, OrganisationId>> {
    #[derive(sqlx::FromRow)]
    struct Code {
        code: String,
        id: Uuid,
    }
    let rows: Vec<Code> = tx.all("SELECT code, id FROM organisation", args![]).await?;
    Ok(rows.into_iter().map(|row| (row.code, OrganisationId(row.id))).collect())
}
