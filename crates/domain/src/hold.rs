//! Holds: a commissioner stops declaring, approving or paying a service until it lifts the hold, with a reason that both
//! sides read.
//!
//! Source: CQRS told users by notice not to declare a service until its data had been extracted again.

mod open;

pub use open::{Act, Held, Open, with_stop};

use crate::{
    Actor, Change, ClusterId, Event, HoldId, NotAllowed, Now, OrganisationId, Permission,
    ServiceId,
    calendar::long_instant,
    declaration::Step,
    refusal::refusal,
    status::{self, Status},
};

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;
/// Longest note with which a hold is lifted, in characters.
pub const NOTE_MAX: usize = 500;

/// What a hold stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// Declaring, approving and paying.
    Both,
    /// Declaring and approving.
    Declaring,
    /// Going into a payment file.
    Paying,
}

impl Stops {
    /// Each, with what is usual first.
    pub const ALL: [Self; 3] = [Self::Both, Self::Declaring, Self::Paying];

    /// The name stored, and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Declaring => "declaring",
            Self::Paying => "paying",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What is on hold, to stand in the middle of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Both => "declarations and payments",
            Self::Declaring => "declarations",
            Self::Paying => "payments",
        }
    }

    /// Whether it stops an act.
    pub fn stops(self, act: Act) -> bool {
        matches!(
            (self, act),
            (Self::Both, _) | (Self::Declaring, Act::Declare) | (Self::Paying, Act::Pay)
        )
    }
}

/// A cluster whose providers a hold covers; who that is, is asked anew each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The cluster.
    pub id: ClusterId,
    /// Its name.
    pub name: String,
}

/// That a hold was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifted {
    /// By whom and when.
    pub step: Step,
    /// What they said to it; may be empty.
    pub note: String,
}

/// A hold, open or lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Identifier.
    pub id: HoldId,
    /// Short reference: `H-2026-000001`.
    pub reference: String,
    /// Who placed it, and pays for the service.
    pub commissioner: OrganisationId,
    /// Its name.
    pub commissioner_name: String,
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub service_name: String,
    /// Whose declarations; all providers' where it is nothing.
    pub cluster: Option<Chosen>,
    /// What it stops.
    pub stops: Stops,
    /// Why, for both sides to read.
    pub reason: String,
    /// Who placed it and when.
    pub placed: Step,
    /// That it was lifted, where it was.
    pub lifted: Option<Lifted>,
    /// Raised by one with each change.
    pub version: i64,
}

/// What a person chose and typed for a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing {
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub service_name: String,
    /// Whose declarations; all providers' where it is nothing.
    pub cluster: Option<Chosen>,
    /// What it stops.
    pub stops: Stops,
    /// Why.
    pub reason: String,
}

/// Why no hold is placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotHold {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Select a service that your organisation commissions")]
    NoService,
    #[error("Select a cluster of your organisation, or all providers")]
    NoSuchCluster,
    #[error("Select what is put on hold")]
    NothingStopped,
    #[error("Enter a reason for the hold")]
    NoReason,
    #[error("Reason must be {REASON_MAX} characters or less")]
    ReasonTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your reason. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotHold);

/// Why a hold is not lifted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotLift {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("{} lifted this hold on {}.", .0.by.name, long_instant(.0.at))]
    AlreadyLifted(Step),
    #[error("Note must be {NOTE_MAX} characters or less")]
    NoteTooLong,
    #[error(
        "Take the number that looks like an NHS number out of your note. Write nothing about a patient here"
    )]
    NhsNumber,
}
refusal!(CannotLift);

/// Whether a reason can be kept.
pub fn check_reason(reason: &str) -> Result<(), CannotHold> {
    match reason.trim().chars().count() {
        0 => Err(CannotHold::NoReason),
        1..=REASON_MAX if crate::nhs_number::is_in(reason) => Err(CannotHold::NhsNumber),
        1..=REASON_MAX => Ok(()),
        _ => Err(CannotHold::ReasonTooLong),
    }
}

impl Placing {
    /// A new hold of the actor's organisation.
    pub fn place(
        &self,
        id: HoldId,
        reference: String,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Hold>, CannotHold> {
        by.must(Permission::Hold)?;
        let by = &by.acting(Permission::Hold);
        let commissioner = by.organisation().ok_or(CannotHold::NoService)?;
        check_reason(&self.reason)?;
        let reason = self.reason.trim().to_owned();
        let after = Hold {
            id,
            reference,
            commissioner: commissioner.id,
            commissioner_name: commissioner.name.clone(),
            service: self.service,
            service_name: self.service_name.clone(),
            cluster: self.cluster.clone(),
            stops: self.stops,
            reason: reason.clone(),
            placed: Step { by: by.by(), at: now.instant },
            lifted: None,
            version: 1,
        };
        let event = Event::HoldPlaced {
            hold: id,
            service: self.service_name.clone(),
            cluster: self.cluster.as_ref().map(|cluster| cluster.name.clone()),
            stops: self.stops.words().to_owned(),
            reason,
        };
        Ok(Change { after, event })
    }
}

impl Hold {
    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        let name = if self.lifted.is_some() { "lifted" } else { "on_hold" };
        status::of(status::HOLD, name)
    }

    /// Lifts it. What waits because of it goes on, where no other hold covers it.
    pub fn lift(&self, note: &str, by: &Actor, now: &Now) -> Result<Change<Self>, CannotLift> {
        by.must(Permission::Hold)?;
        let by = &by.acting(Permission::Hold);
        if let Some(lifted) = &self.lifted {
            return Err(CannotLift::AlreadyLifted(lifted.step.clone()));
        }
        let note = note.trim().to_owned();
        if note.chars().count() > NOTE_MAX {
            return Err(CannotLift::NoteTooLong);
        }
        if crate::nhs_number::is_in(&note) {
            return Err(CannotLift::NhsNumber);
        }
        let event = Event::HoldLifted { hold: self.id, note: note.clone() };
        let step = Step { by: by.by(), at: now.instant };
        let lifted = Some(Lifted { step, note });
        Ok(Change { after: Self { lifted, version: self.version + 1, ..self.clone() }, event })
    }
}

#[cfg(test)]
mod tests;
