//! What blocks a payment: what is missing or to be done next, who must act, and by when.
//!
//! Nothing is decided here. Whoever decides is asked in the name of somebody with the right role, and asked again without
//! what it has named, until it names nothing more.

use super::{CannotApprove, CannotDeclare, Declaration, DeclarationState, How, not_ready};
use crate::{
    Actor, Now, Organisation, OrganisationId, OrganisationKind, Period, Permission, PersonId,
    Service,
    calendar::{BankHolidays, Due, long_date},
    deadline::left,
    hold::Held,
    network::Owed,
    payment::PaymentState,
    question::{Clock, Party},
    service::{Dates, Entry, Level},
    submission::Missing,
};
use uuid::Uuid;

/// How many missing figures a sentence names before it counts the others.
const NAMED: usize = 6;

/// One thing in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// What is missing, or to be done next.
    pub what: String,
    /// Who must act.
    pub who: Who,
    /// By when; empty where no day is set.
    pub by: String,
}

/// Who must act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody of an organisation, with a role that allows it.
    Organisation {
        /// Which.
        id: OrganisationId,
        /// Its name.
        name: String,
        /// The roles, in words.
        roles: String,
    },
    /// The people who run the service and load files.
    Operator,
    /// Whoever pays what a file asks for.
    Payer,
    /// Nobody: it only takes time.
    Nobody,
}

/// What stands around an achievement and its declaration.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Whose it is.
    pub provider: &'a Organisation,
    /// Who pays.
    pub commissioner: &'a Organisation,
    /// The dates of the period.
    pub dates: Dates,
    /// The bank holidays that are known.
    pub holidays: &'a BankHolidays,
    /// Now.
    pub now: &'a Now,
}

/// An achievement without an amount in force.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// The service, by the version that counts.
    pub service: &'a Service,
    /// The period.
    pub period: Period,
    /// Figures of its own that are missing.
    pub missing: &'a [Missing],
    /// What practices of a network owe.
    pub owed: &'a [Owed],
    /// Why it is not calculated, where figures are not the reason.
    pub held_because: &'a str,
    /// The open hold that stops declaring it, where one does.
    pub hold: Option<&'a Held>,
}

impl Around<'_> {
    /// What blocks an achievement that has no amount: the period, figures, or what else a calculation needs.
    pub fn achievement(&self, one: &Waiting) -> Vec<Blocked> {
        let by = somebody(self.provider, &[Permission::Declare]);
        let owed = one.owed.iter().flat_map(|own| &own.missing);
        let labels = one.missing.iter().chain(owed).map(|own| own.label.clone()).collect();
        let why = not_ready(one.period, labels, one.held_because.to_owned(), &by, self.now);
        let data = self.data(one);
        let mut all = match why {
            CannotDeclare::PeriodNotEnded(_) => [vec![self.period(one.period)], data].concat(),
            CannotDeclare::MissingData(_) | CannotDeclare::AwaitingNetwork(_)
                if !data.is_empty() =>
            {
                data
            }
            CannotDeclare::AwaitingNetwork(why) | CannotDeclare::NotCalculated(why) => {
                vec![self.not_calculated(why)]
            }
            other => vec![self.step(other.to_string(), self.provider, Permission::Declare)],
        };
        all.extend(one.hold.map(|held| self.hold(held)));
        all
    }

    /// What practices of a network and everybody else still have to hand in, an entry for each who must.
    pub fn data(&self, one: &Waiting) -> Vec<Blocked> {
        let mut all = self.owing(one.service, self.provider.id, &self.provider.name, one.missing);
        for owed in one.owed {
            all.extend(self.owing(one.service, owed.practice, &owed.name, &owed.missing));
        }
        all
    }

    /// What blocks a declaration whose amount is in force; nothing once it is paid.
    pub fn declaration(&self, one: &Declaration, payment: &PaymentState) -> Vec<Blocked> {
        match one.state {
            DeclarationState::AwaitingProvider => self.declaring(one),
            DeclarationState::Approved { .. } => self.paying(payment).into_iter().collect(),
            _ => self.approving(one),
        }
    }

    fn declaring(&self, one: &Declaration) -> Vec<Blocked> {
        let by = somebody(self.provider, &[Permission::Declare]);
        let (mut one, mut all) = (one.clone(), Vec::new());
        loop {
            match one.declare(one.calculation, &by, self.now) {
                Err(CannotDeclare::Held(held)) => {
                    one.held = None;
                    all.push(self.hold(&held));
                }
                Err(CannotDeclare::PeriodNotEnded(_)) => {
                    all.push(self.period(one.period));
                    break;
                }
                Err(why) => {
                    all.push(self.step(why.to_string(), self.provider, Permission::Declare));
                    break;
                }
                Ok(_) if all.is_empty() => {
                    let what = "It waits to be declared.".to_owned();
                    all.push(self.step(what, self.provider, Permission::Declare));
                    break;
                }
                Ok(_) => break,
            }
        }
        // It stops no declaring, and will stop approving.
        all.extend(one.open.commissioner.map(|clock| self.question(&clock)));
        all
    }

    fn approving(&self, one: &Declaration) -> Vec<Blocked> {
        let approvals =
            [Permission::Approve, Permission::ApproveSecond, Permission::ApproveFinance];
        let by = somebody(self.commissioner, &approvals);
        let (permission, what) = match one.state {
            DeclarationState::AwaitingSecond { .. } => {
                (Permission::ApproveSecond, "It waits for a second approval for the commissioner.")
            }
            DeclarationState::AwaitingFinance { .. } => {
                (Permission::ApproveFinance, "It waits for approval by finance.")
            }
            _ => (Permission::Approve, "It waits for the commissioner's approval."),
        };
        let (mut one, mut all) = (one.clone(), Vec::new());
        loop {
            let refused = one.approve_next(one.calculation, How::Alone, &by, self.now).err();
            match (refused, one.open.commissioner) {
                (Some(CannotApprove::QuestionOpen), Some(clock)) => {
                    one.open.commissioner = None;
                    all.push(self.question(&clock));
                }
                (Some(CannotApprove::Held(held)), _) => {
                    one.held = None;
                    all.push(self.hold(&held));
                }
                (Some(why), _) => {
                    all.push(self.step(why.to_string(), self.commissioner, permission));
                    return all;
                }
                (None, _) => break,
            }
        }
        if all.is_empty() {
            all.push(self.step(what.to_owned(), self.commissioner, permission));
        }
        all
    }

    fn paying(&self, payment: &PaymentState) -> Option<Blocked> {
        let finance = |what: String| {
            let who = who(self.commissioner, Permission::ApproveFinance);
            Some(Blocked { what, who, by: self.day(self.dates.pay_on) })
        };
        match payment {
            PaymentState::Paid { .. } | PaymentState::Settled { .. } => None,
            PaymentState::Held(held) => Some(self.hold(held)),
            PaymentState::Ready => finance("It waits for the next payment file.".to_owned()),
            PaymentState::InFile(_) => {
                finance("It waits for a second person to send its payment file.".to_owned())
            }
            PaymentState::Failed { reason } => {
                finance(format!("The payer could not pay it: {reason}"))
            }
            PaymentState::Sent { .. } => {
                let what = "The payer has its payment file and has not said yet that it is paid.";
                let by = self.day(self.dates.pay_on);
                Some(Blocked { what: what.to_owned(), who: Who::Payer, by })
            }
            PaymentState::NotDue => finance(payment.status().explanation.to_owned()),
        }
    }

    /// An entry for each of the three ways in which the missing figures of one organisation come.
    fn owing(
        &self,
        service: &Service,
        id: OrganisationId,
        name: &str,
        missing: &[Missing],
    ) -> Vec<Blocked> {
        let way = |own: &&Missing| match service.indicator(&own.indicator) {
            Some(one) if one.level == Level::Commissioner => Way::ByCommissioner,
            Some(one) if one.entry == Entry::Extract => Way::ByExtract,
            _ => Way::Typed,
        };
        let own = match id == self.provider.id {
            true => String::new(),
            false => format!(" of {name}"),
        };
        let kind = if own.is_empty() { self.provider.kind } else { OrganisationKind::Practice };
        [Way::Typed, Way::ByCommissioner, Way::ByExtract]
            .into_iter()
            .filter_map(|which| {
                let labels: Vec<&str> = missing
                    .iter()
                    .filter(|own| way(own) == which)
                    .map(|own| own.label.as_str())
                    .collect();
                let figures = listed(&labels)?;
                let (what, who) = match which {
                    Way::Typed => (
                        format!("Data{own} is missing: {figures}."),
                        Who::Organisation {
                            id,
                            name: name.to_owned(),
                            roles: Permission::EnterFigures.roles_in_words(kind),
                        },
                    ),
                    Way::ByCommissioner => (
                        format!("Data{own} that the commissioner enters is missing: {figures}."),
                        who(self.commissioner, Permission::EnterFigures),
                    ),
                    Way::ByExtract => (
                        format!("Data{own} that an extract brings is missing: {figures}."),
                        Who::Operator,
                    ),
                };
                Some(Blocked { what, who, by: self.entered_by() })
            })
            .collect()
    }

    /// Figures are due by the last day to enter them, or in time to declare.
    fn entered_by(&self) -> String {
        self.day(self.dates.entry_until.map(Ok).or(self.dates.declare_by))
    }

    fn period(&self, period: Period) -> Blocked {
        let what = format!("The period ends on {}.", long_date(period.end));
        Blocked { what, who: Who::Nobody, by: String::new() }
    }

    fn not_calculated(&self, why: String) -> Blocked {
        if why.is_empty() {
            let what = "Accord has not calculated it yet.".to_owned();
            return Blocked { what, who: Who::Nobody, by: String::new() };
        }
        Blocked { what: why, who: Who::Operator, by: self.day(self.dates.declare_by) }
    }

    fn hold(&self, held: &Held) -> Blocked {
        let who = who(self.commissioner, Permission::Hold);
        Blocked { what: held.to_string(), who, by: String::new() }
    }

    fn question(&self, clock: &Clock) -> Blocked {
        let (organisation, what) = match clock.turn {
            Party::Provider => {
                (self.provider, "The commissioner has asked a question. The provider answers next.")
            }
            Party::Commissioner => (
                self.commissioner,
                "The provider has answered. The commissioner closes its question, or asks on.",
            ),
        };
        let who = who(organisation, Permission::AskQuestions);
        Blocked { what: what.to_owned(), who, by: clock.answer_by_words(self.now.today) }
    }

    fn step(&self, what: String, at: &Organisation, permission: Permission) -> Blocked {
        let due = match permission {
            Permission::Declare => self.dates.declare_by,
            _ => self.dates.approve_by,
        };
        Blocked { what, who: who(at, permission), by: self.day(due) }
    }

    /// A day with what is left, or why it is not known; empty where none is set.
    fn day(&self, due: Option<Due>) -> String {
        match due {
            None => String::new(),
            Some(Err(unknown)) => unknown.to_string(),
            Some(Ok(on)) => {
                format!("{} ({})", long_date(on), left(on, self.now.today, self.holidays))
            }
        }
    }
}

/// How a figure comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Typed,
    ByCommissioner,
    ByExtract,
}

fn who(organisation: &Organisation, permission: Permission) -> Who {
    Who::Organisation {
        id: organisation.id,
        name: organisation.name.clone(),
        roles: permission.roles_in_words(organisation.kind),
    }
}

/// Anybody of an organisation with every role that gives these permissions, who has done nothing before.
fn somebody(at: &Organisation, permissions: &[Permission]) -> Actor {
    Actor::Person {
        id: PersonId(Uuid::nil()),
        name: String::new(),
        organisation: at.clone(),
        roles: permissions.iter().flat_map(|one| one.roles(at.kind)).collect(),
        acts_for: crate::deputy::ActsFor::default(),
        origin: Default::default(),
        narrowing: None,
    }
}

/// "A, B and 3 more"; nothing for none.
fn listed(labels: &[&str]) -> Option<String> {
    let shown = labels.get(..labels.len().min(NAMED)).unwrap_or_default();
    let more = labels.len() - shown.len();
    match (shown, more) {
        ([], _) => None,
        (shown, 0) => Some(shown.join(", ")),
        (shown, more) => Some(format!("{} and {more} more", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests;
