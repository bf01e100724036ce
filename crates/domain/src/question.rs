//! Questions about a declaration: asked by either party, answered in turns against a clock, closed by the party that asked.

mod clock;
mod refused;

pub use clock::{Clock, DAYS_TO_ANSWER, Open};
pub use refused::{CannotAnswer, CannotAsk, Written, Wrong};

use crate::{
    Actor, By, Change, DeclarationId, Event, NotAllowed, Now, OrganisationId, Permission,
    QuestionId,
    declaration::{Declaration, DeclarationState, Step},
    status::{self, Status},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One of the two that a declaration is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who declares.
    Provider,
    /// Who approves and pays.
    Commissioner,
}

impl Party {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Provider, Self::Commissioner];

    /// The name stored, which is also the word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Commissioner => "commissioner",
        }
    }

    /// Reads the stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.name() == name)
    }

    /// The one that is spoken to.
    pub fn other(self) -> Self {
        match self {
            Self::Provider => Self::Commissioner,
            Self::Commissioner => Self::Provider,
        }
    }

    /// For which of the two somebody acts: their own organisation says so, whatever they may do elsewhere.
    pub fn of(by: &Actor, provider: OrganisationId, commissioner: OrganisationId) -> Option<Self> {
        match by.organisation()?.id {
            own if own == provider => Some(Self::Provider),
            own if own == commissioner => Some(Self::Commissioner),
            _ => None,
        }
    }
}

/// What was written: the question itself, then what either party said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// For which party.
    pub party: Party,
    /// The words.
    pub text: String,
    /// Where it can be looked up: the name of a file, or a link; empty where nothing was named.
    pub evidence: String,
    /// Who.
    pub by: By,
    /// Name of their organisation.
    pub organisation: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Where a question stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionState {
    /// One of the two must write, or the one that asked must close it.
    Open {
        /// Whose turn it is.
        turn: Party,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// The party that asked has its answer, or needs none any more.
    Closed {
        /// Who closed it.
        closed: Step,
    },
}

/// A question with everything said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Identifier.
    pub id: QuestionId,
    /// What it is about.
    pub declaration: DeclarationId,
    /// Whose declaration that is.
    pub provider: OrganisationId,
    /// Who pays for it.
    pub commissioner: OrganisationId,
    /// Who asked.
    pub asked_by: Party,
    /// The payment that it is about, by what the payer calls it; none where it is about the achievement.
    pub payment: Option<String>,
    /// Whether the declaration went back to the provider with it.
    pub is_return: bool,
    /// What was said, the question first.
    pub said: Vec<Said>,
    /// Where it stands.
    pub state: QuestionState,
    /// Raised by one with each change.
    pub version: i64,
}

/// What somebody wants to ask.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// The words and where they can be looked up.
    pub written: Written,
    /// Whether the declaration goes back to the provider.
    pub returns: bool,
    /// The payment that it is about, by what the payer calls it.
    pub payment: Option<String>,
}

/// A question that was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// The declaration where it went back to the provider.
    pub returned: Option<Declaration>,
    /// The fact, written in the same transaction.
    pub event: Event,
}

/// The party that somebody may ask and answer for; none elsewhere, as at a region, which reads what its boards ask.
fn party(
    by: &Actor,
    provider: OrganisationId,
    commissioner: OrganisationId,
) -> Result<Option<Party>, NotAllowed> {
    by.must(Permission::AskQuestions)?;
    Ok(Party::of(by, provider, commissioner))
}

/// Whether somebody may ask about a declaration now, and for which party. A provider asks whatever has become of it, a
/// commissioner while it can still decide.
pub fn may_ask(about: &Declaration, by: &Actor) -> Result<Party, CannotAsk> {
    let party = party(by, about.provider, about.commissioner)?;
    let party = party.ok_or(CannotAsk::AnotherOrganisation)?;
    if about.open.of(party).is_some() {
        return Err(CannotAsk::AlreadyOpen);
    }
    match (&about.state, party) {
        (_, Party::Provider) => Ok(party),
        (DeclarationState::AwaitingProvider, _) => Err(CannotAsk::NotDeclared),
        (DeclarationState::Approved { finance, .. }, _) => Err(CannotAsk::Locked(finance.clone())),
        _ => Ok(party),
    }
}

/// Whether a declaration can go back to the provider with a question: only where the provider declares it by hand.
pub fn can_return(about: &Declaration, party: Party) -> bool {
    party == Party::Commissioner && about.steps.declaration_required
}

/// Asks about a declaration as it was seen.
pub fn ask(
    id: QuestionId,
    about: &Declaration,
    asking: &Asking,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<Asked, CannotAsk> {
    let party = may_ask(about, by)?;
    if seen_version != about.version {
        return Err(CannotAsk::Changed);
    }
    if asking.returns && !can_return(about, party) {
        return Err(CannotAsk::NotReturnable);
    }
    let (text, evidence) = asking.written.read("question").map_err(CannotAsk::Written)?;
    let said = said(party, text, evidence, by, now);
    let question = Question {
        id,
        declaration: about.id,
        provider: about.provider,
        commissioner: about.commissioner,
        asked_by: party,
        payment: asking.payment.clone().filter(|_| party == Party::Provider),
        is_return: asking.returns,
        said: vec![said.clone()],
        state: QuestionState::Open { turn: party.other(), since: now.instant },
        version: 1,
    };
    let event = Event::QuestionAsked {
        declaration: about.id,
        question: id,
        by: party,
        text: said.text,
        evidence: said.evidence,
        payment: question.payment.clone(),
        returned: asking.returns,
    };
    Ok(Asked { question, returned: asking.returns.then(|| about.returned()), event })
}

fn said(party: Party, text: String, evidence: String, by: &Actor, now: &Now) -> Said {
    let by = &by.acting(Permission::AskQuestions);
    let organisation = by.organisation().map_or_else(String::new, |own| own.name.clone());
    Said { party, text, evidence, by: by.by(), organisation, at: now.instant }
}

impl Question {
    /// The party that somebody may write or close for, while there is something to write to.
    fn open_for(&self, by: &Actor) -> Result<(Party, Party, DateTime<Utc>), CannotAnswer> {
        let party = party(by, self.provider, self.commissioner)?;
        let party = party.ok_or(CannotAnswer::AnotherOrganisation)?;
        match &self.state {
            QuestionState::Open { turn, since } => Ok((party, *turn, *since)),
            QuestionState::Closed { closed } => Err(CannotAnswer::AlreadyClosed(closed.clone())),
        }
    }

    /// Whether somebody may write here now, and for which party.
    pub fn may_answer(&self, by: &Actor) -> Result<Party, CannotAnswer> {
        self.open_for(by).map(|(party, ..)| party)
    }

    /// Whether somebody may close it now.
    pub fn may_close(&self, by: &Actor) -> Result<(), CannotAnswer> {
        match self.may_answer(by)? {
            party if party == self.asked_by => Ok(()),
            _ => Err(CannotAnswer::NotYours(self.asked_by)),
        }
    }

    /// Either party writes. Whose turn it was hands it on with a new clock; the other adds to what it said, and the clock
    /// goes on.
    pub fn answer(
        &self,
        written: &Written,
        seen_version: i64,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAnswer> {
        let (party, turn, since) = self.open_for(by)?;
        if seen_version != self.version {
            return Err(CannotAnswer::Changed);
        }
        let (text, evidence) = written.read("answer").map_err(CannotAnswer::Written)?;
        let event = Event::QuestionAnswered {
            declaration: self.declaration,
            question: self.id,
            by: party,
            text: text.clone(),
            evidence: evidence.clone(),
        };
        let mut after = Self { version: self.version + 1, ..self.clone() };
        after.said.push(said(party, text, evidence, by, now));
        after.state = match party == turn {
            true => QuestionState::Open { turn: party.other(), since: now.instant },
            false => QuestionState::Open { turn, since },
        };
        Ok(Change { after, event })
    }

    /// The party that asked has its answer, or needs none any more.
    pub fn close(
        &self,
        seen_version: i64,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotAnswer> {
        self.may_close(by)?;
        if seen_version != self.version {
            return Err(CannotAnswer::Changed);
        }
        let event = Event::QuestionClosed {
            declaration: self.declaration,
            question: self.id,
            by: self.asked_by,
        };
        let by = by.acting(Permission::AskQuestions).by();
        let closed = Step { by, at: now.instant };
        let state = QuestionState::Closed { closed };
        Ok(Change { after: Self { state, version: self.version + 1, ..self.clone() }, event })
    }

    /// Whether the other party has said anything to it.
    pub fn is_answered(&self) -> bool {
        self.said.iter().any(|said| said.party != self.asked_by)
    }

    /// When it was asked.
    pub fn asked_at(&self) -> Option<DateTime<Utc>> {
        self.said.first().map(|said| said.at)
    }

    /// Its clock, while it is open.
    pub fn clock(&self) -> Option<Clock> {
        match &self.state {
            QuestionState::Open { turn, since } => {
                Some(Clock::new(self.asked_at().unwrap_or(*since), *turn, *since))
            }
            QuestionState::Closed { .. } => None,
        }
    }

    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        match &self.state {
            QuestionState::Open { turn, .. } => turn.status(),
            QuestionState::Closed { .. } => status::of(status::QUESTION, "closed"),
        }
    }
}

impl Party {
    /// The row of the status table that says that it is this party's turn.
    pub fn status(self) -> &'static Status {
        status::of(status::QUESTION, self.name())
    }
}

#[cfg(test)]
mod tests;
