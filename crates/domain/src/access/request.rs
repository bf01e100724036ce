//! Requests for access: somebody asks for roles at an organisation, and who manages people there decides.
//!
//! Source: CQRS National, help accessing CQRS (a person registers, their administrator gives the access); the fields are
//! those of its user account.

use super::{Access, Account, CannotManage, Held, Place, Wrong, WrongReason, read_reason};
use crate::{
    AccessRequestId, Actor, Event, Narrowing, NotAllowed, Now, OrganisationId, OrganisationKind,
    PersonId, Role,
    calendar::{long_date, long_instant},
    narrowing::WrongNarrowing,
    refusal::refusal,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::BTreeSet;

/// Days after the day of asking until which somebody can decide.
pub const DECIDE_WITHIN: u64 = 30;
/// Most requests that wait at one organisation, so that nobody can flood those who decide.
pub const MOST_AT_ORGANISATION: i64 = 20;
/// Most requests of one address that are taken within [`DECIDE_WITHIN`] days and not approved.
pub const MOST_OF_ADDRESS: i64 = 3;

/// What somebody typed, before it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// Address.
    pub email: &'a str,
    /// Full name.
    pub name: &'a str,
    /// Job title.
    pub job_title: &'a str,
    /// Work phone.
    pub phone: &'a str,
    /// Why the access is needed.
    pub reason: &'a str,
    /// Roles that are asked for.
    pub roles: &'a BTreeSet<Role>,
}

/// What is asked for, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Whose account it would be.
    pub account: Account,
    /// Work phone, so that whoever decides can ask.
    pub phone: String,
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// Why.
    pub reason: String,
}

/// What is wrong with one field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WrongAsking {
    #[error("{0}")]
    Account(Wrong),
    #[error("Enter a work phone number")]
    NoPhone,
    #[error("Enter a phone number, like 0113 496 0000 or +44 113 496 0000")]
    NotAPhone,
    #[error("Select at least 1 role")]
    NoRole,
    #[error("{} is not a role of this kind of organisation", .0.name())]
    RoleNotHere(Role),
    #[error(transparent)]
    Reason(#[from] WrongReason),
}

impl WrongAsking {
    /// The field that it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Account(wrong) => wrong.field(),
            Self::NoPhone | Self::NotAPhone => "phone",
            Self::NoRole | Self::RoleNotHere(_) => "role",
            Self::Reason(_) => "reason",
        }
    }
}

impl Asking {
    /// Reads what was typed for an organisation of this kind; everything that is wrong with it at once.
    pub fn read(typed: Typed<'_>, kind: OrganisationKind) -> Result<Self, Vec<WrongAsking>> {
        let account = Account::read(typed.email, typed.name, typed.job_title);
        let (phone, reason) = (read_phone(typed.phone), read_reason(typed.reason));
        let mut wrong = Vec::new();
        if let Err(all) = &account {
            wrong.extend(all.iter().map(|one| WrongAsking::Account(*one)));
        }
        wrong.extend(phone.as_ref().err().copied());
        match typed.roles.iter().find(|role| !role.exists_at(kind)) {
            Some(role) => wrong.push(WrongAsking::RoleNotHere(*role)),
            None if typed.roles.is_empty() => wrong.push(WrongAsking::NoRole),
            None => {}
        }
        wrong.extend(reason.as_ref().err().map(|why| WrongAsking::Reason(*why)));
        match (account, phone, reason) {
            (Ok(account), Ok(phone), Ok(reason)) if wrong.is_empty() => {
                Ok(Self { account, phone, roles: typed.roles.clone(), reason })
            }
            _ => Err(wrong),
        }
    }
}

/// Digits and the signs that part them; as many digits as a number of the international plan (ITU-T E.164) has.
fn read_phone(typed: &str) -> Result<String, WrongAsking> {
    let phone = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if phone.is_empty() {
        return Err(WrongAsking::NoPhone);
    }
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let is_plain = phone.chars().all(|sign| sign.is_ascii_digit() || " +()-".contains(sign));
    if !is_plain || !(7..=15).contains(&digits) || phone.len() > 30 {
        return Err(WrongAsking::NotAPhone);
    }
    Ok(phone)
}

/// What waits already, where somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Requests of anybody that wait at the organisation.
    pub at_organisation: i64,
    /// Requests of the same address, at any organisation, within the last [`DECIDE_WITHIN`] days and not approved.
    pub of_address: i64,
    /// Whether one of the same address waits at this organisation.
    pub is_asked: bool,
    /// Whether somebody who is signed in holds all of the roles already.
    pub is_held: bool,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotAsk {
    #[error(
        "{MOST_AT_ORGANISATION} requests wait at {0} already, so no more are taken. Speak to somebody there who manages people"
    )]
    Full(String),
    #[error(
        "You asked {MOST_OF_ADDRESS} times within {DECIDE_WITHIN} days. Wait until somebody has decided"
    )]
    TooOften,
    #[error("You asked for access to {0} already. Somebody there must decide first")]
    AskedAlready(String),
    #[error("You hold these roles at {0} already")]
    HeldAlready(String),
    #[error("{0} has closed, so nobody is given access to it")]
    Closed(String),
}
impl crate::Refusal for CannotAsk {}

impl CannotAsk {
    /// Whether the answer would tell a stranger something about an address. They get the answer of a request that was taken.
    pub fn tells_of_an_address(&self) -> bool {
        matches!(self, Self::TooOften | Self::AskedAlready(_) | Self::HeldAlready(_))
    }
}

impl Waiting {
    /// Whether one more is taken at the organisation with this name.
    pub fn may_ask(&self, name: &str) -> Result<(), CannotAsk> {
        let name = name.to_owned();
        match () {
            () if self.at_organisation >= MOST_AT_ORGANISATION => Err(CannotAsk::Full(name)),
            () if self.is_held => Err(CannotAsk::HeldAlready(name)),
            () if self.is_asked => Err(CannotAsk::AskedAlready(name)),
            () if self.of_address >= MOST_OF_ADDRESS => Err(CannotAsk::TooOften),
            () => Ok(()),
        }
    }
}

/// The last day on which somebody can decide about what was asked on a day.
pub fn decide_by(asked: NaiveDate) -> NaiveDate {
    asked + Days::new(DECIDE_WITHIN)
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// It waits, or has lapsed.
    Open,
    /// Who gave access, and when.
    Approved(String, DateTime<Utc>),
    /// Who rejected it, and when.
    Rejected(String, DateTime<Utc>),
}

/// Roles that somebody asked for at an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// Identifier.
    pub id: AccessRequestId,
    /// Where.
    pub organisation: OrganisationId,
    /// The account of who asked, where they were signed in.
    pub person: Option<PersonId>,
    /// What they ask.
    pub asking: Asking,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// The last day to decide.
    pub decide_by: NaiveDate,
    /// What became of it.
    pub state: RequestState,
    /// Raised by one with each change.
    pub version: i64,
}

/// Why a request is not decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotDecide {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("This is your own request. Another person who manages people must decide about it.")]
    Own,
    #[error("Nobody decided by {}, so this request has lapsed. It can be made again.", long_date(*.0))]
    Lapsed(NaiveDate),
    #[error("{} decided about this request on {}.", .0, long_instant(*.1))]
    Decided(String, DateTime<Utc>),
    #[error("{0}")]
    Access(CannotManage),
    #[error(transparent)]
    Reason(#[from] WrongReason),
}
refusal!(CannotDecide);

impl AccessRequest {
    /// Whether it waits for somebody on a day.
    pub fn is_open(&self, today: NaiveDate) -> bool {
        self.state == RequestState::Open && today <= self.decide_by
    }

    /// Whether the actor can decide about it. `known` is the account that its address belongs to now.
    pub fn can_decide(
        &self,
        known: Option<PersonId>,
        place: Place<'_>,
        by: &Actor,
        now: &Now,
    ) -> Result<(), CannotDecide> {
        place.must_manage(by)?;
        let is_own = |whose: Option<PersonId>| whose.is_some() && whose == by.person();
        if is_own(self.person) || is_own(known) {
            return Err(CannotDecide::Own);
        }
        match &self.state {
            RequestState::Approved(who, at) | RequestState::Rejected(who, at) => {
                Err(CannotDecide::Decided(who.clone(), *at))
            }
            RequestState::Open if now.today > self.decide_by => {
                Err(CannotDecide::Lapsed(self.decide_by))
            }
            RequestState::Open => Ok(()),
        }
    }

    /// Gives roles, those that were asked for or others, besides what the person holds: the facts of it, the last of which is
    /// that the request was approved. `access` is what the account holds at the organisation.
    pub fn approve(
        &self,
        Held { roles, narrowing }: &Held,
        access: &Access,
        place: Place<'_>,
        by: &Actor,
    ) -> Result<Vec<Event>, CannotDecide> {
        if roles.is_empty() {
            return Err(CannotDecide::Access(CannotManage::NoRole));
        }
        // Who has access already keeps what their roles are kept to: people change that on the person's page.
        let is_new = access.roles.is_empty();
        let key = |one: &Option<Narrowing>| one.as_ref().map(Narrowing::key);
        if !is_new && narrowing.is_some() && key(narrowing) != key(&access.narrowing) {
            let why = CannotManage::Narrowing(WrongNarrowing::HasAccess);
            return Err(CannotDecide::Access(why));
        }
        let narrowing = if is_new { narrowing } else { &access.narrowing }.clone();
        let all = Held { roles: access.roles.union(roles).copied().collect(), narrowing };
        let mut facts = access.change(&all, place, by).map_err(CannotDecide::Access)?;
        facts.push(Event::AccessRequestApproved {
            request: self.id,
            organisation: self.organisation,
            person: access.person,
            roles: roles.iter().map(|role| role.name().to_owned()).collect(),
        });
        Ok(facts)
    }

    /// The fact that it is rejected, with the reason that its person is told.
    pub fn reject(&self, reason: &str) -> Result<Event, CannotDecide> {
        let reason = read_reason(reason)?;
        Ok(Event::AccessRequestRejected {
            request: self.id,
            organisation: self.organisation,
            reason,
        })
    }
}

#[cfg(test)]
mod tests;
