//! How a declaration lies in its row: which columns each state fills, and what else would be a mistake.

use super::indicator;
use crate::{Result, StoreError, Tx, hold, question::OpenRow};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    By, OrganisationId, Pence, Period, ServiceId,
    declaration::{
        Band, Declaration, DeclarationState, Less, NO_APPROVAL_REQUIRED, NO_DECLARATION_REQUIRED,
        Step, Steps,
    },
    hold::{Act, Open},
};
use uuid::Uuid;

/// A question for whole declarations, written from `WHERE` on, or for more columns from the tables joined after them.
macro_rules! select {
    ($where:expr) => {
        select!("", $where)
    };
    ($columns:expr, $rest:expr) => {
        concat!(
            "SELECT d.id, d.reference, d.achievement_id, d.calculation_id, d.provider_id, d.commissioner_id, \
             d.service_id, d.period_start, d.achievement_date, d.amount_pence, d.notes, d.declaration_required, \
             d.approval_required, d.state, d.declared_by, d.declared_by_name, d.declared_at, d.approved_by, \
             d.approved_by_name, d.approved_at, d.second_by, d.second_by_name, d.second_at, d.finance_by, d.finance_by_name, d.finance_at, \
             d.declared_for, d.approved_for, d.second_for, d.finance_for, d.band, d.submitted_by, d.indicators, d.calculated_pence, d.less_because, d.version, ",
            $crate::question::open_columns!(),
            $columns,
            " FROM declaration d",
            $crate::question::open_joins!(),
            $rest
        )
    };
}
pub(super) use select;

#[derive(sqlx::FromRow)]
pub(super) struct DeclarationRow {
    id: Uuid,
    reference: String,
    achievement_id: Uuid,
    calculation_id: Uuid,
    provider_id: Uuid,
    commissioner_id: Uuid,
    service_id: Uuid,
    period_start: NaiveDate,
    achievement_date: NaiveDate,
    amount_pence: i64,
    notes: String,
    declaration_required: bool,
    approval_required: bool,
    state: String,
    declared_by: Option<Uuid>,
    declared_by_name: Option<String>,
    declared_at: Option<DateTime<Utc>>,
    approved_by: Option<Uuid>,
    approved_by_name: Option<String>,
    approved_at: Option<DateTime<Utc>>,
    second_by: Option<Uuid>,
    second_by_name: Option<String>,
    second_at: Option<DateTime<Utc>>,
    finance_by: Option<Uuid>,
    finance_by_name: Option<String>,
    finance_at: Option<DateTime<Utc>>,
    declared_for: Option<Uuid>,
    approved_for: Option<Uuid>,
    second_for: Option<Uuid>,
    finance_for: Option<Uuid>,
    band: String,
    submitted_by: String,
    indicators: String,
    calculated_pence: Option<i64>,
    less_because: Option<String>,
    version: i64,
    #[sqlx(flatten)]
    open: OpenRow,
}

/// The columns that keep a step; all empty when it has not been taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StepColumns {
    pub by: Option<Uuid>,
    pub name: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// Whom a deputy took it for.
    pub principal: Option<Uuid>,
}

impl StepColumns {
    /// As they lie in the row. A row that the release before deputies sends back keeps the principal, without a step.
    fn read(
        by: Option<Uuid>,
        name: Option<String>,
        at: Option<DateTime<Utc>>,
        principal: Option<Uuid>,
    ) -> Self {
        Self { by, name, at, principal: by.and(principal) }
    }
}

/// What a state fills: declared, approved, approved a second time, finance.
pub(super) fn columns(state: &DeclarationState) -> [StepColumns; 4] {
    [state.declared(), state.approved(), state.second(), state.finance()].map(|step| {
        step.map_or_else(StepColumns::default, |step| StepColumns {
            by: step.by.person.map(|person| person.0),
            name: Some(step.by.name.clone()),
            at: Some(step.at),
            principal: step.by.principal.map(|person| person.0),
        })
    })
}

/// Which step: its columns, and the name of the configuration that may take it in place of a person.
struct Kind {
    columns: &'static str,
    automatic: Option<&'static str>,
}

const DECLARED: Kind = Kind { columns: "declared", automatic: Some(NO_DECLARATION_REQUIRED) };
const APPROVED: Kind = Kind { columns: "approved", automatic: Some(NO_APPROVAL_REQUIRED) };
const SECOND: Kind = Kind { columns: "second", automatic: None };
const FINANCE: Kind = Kind { columns: "finance", automatic: None };

impl StepColumns {
    /// A step that the state says was taken: by a person, or by the configuration under its own name.
    fn taken(self, kind: &Kind) -> Result<Step, String> {
        let Kind { columns, automatic } = kind;
        let (Some(name), Some(at)) = (self.name, self.at) else {
            return Err(format!("{columns}_by_name and {columns}_at must both be set"));
        };
        if self.by.is_none() && *automatic != Some(&*name) {
            return Err(format!("{columns}_by is empty but {columns}_by_name is {name}"));
        }
        let principal = self.principal.map(Into::into);
        let by = By { person: self.by.map(Into::into), name, principal };
        Ok(Step { by, at })
    }

    /// A step that may have been taken or not.
    fn perhaps_taken(self, kind: &Kind) -> Result<Option<Step>, String> {
        if self == Self::default() { Ok(None) } else { self.taken(kind).map(Some) }
    }

    /// A step that the state says was not taken.
    fn not_taken(&self, kind: &Kind) -> Result<(), String> {
        if *self == Self::default() {
            Ok(())
        } else {
            let columns = kind.columns;
            Err(format!("{columns}_by, {columns}_by_name and {columns}_at must be empty"))
        }
    }
}

/// Reads the state back. These combinations of columns are legal; every other one is named as a mistake.
fn state(name: &str, steps: [StepColumns; 4]) -> Result<DeclarationState, String> {
    let [declared, approved, second, finance] = steps;
    match name {
        "awaiting_provider" => {
            declared.not_taken(&DECLARED)?;
            approved.not_taken(&APPROVED)?;
            // The release before bands leaves a second approval in a row that it sends back.
            finance.not_taken(&FINANCE)?;
            Ok(DeclarationState::AwaitingProvider)
        }
        "awaiting_commissioner" => {
            approved.not_taken(&APPROVED)?;
            finance.not_taken(&FINANCE)?;
            Ok(DeclarationState::AwaitingCommissioner { declared: declared.taken(&DECLARED)? })
        }
        "awaiting_second" => {
            second.not_taken(&SECOND)?;
            finance.not_taken(&FINANCE)?;
            Ok(DeclarationState::AwaitingSecond {
                declared: declared.taken(&DECLARED)?,
                approved: approved.taken(&APPROVED)?,
            })
        }
        "awaiting_finance" => {
            finance.not_taken(&FINANCE)?;
            Ok(DeclarationState::AwaitingFinance {
                declared: declared.taken(&DECLARED)?,
                approved: approved.taken(&APPROVED)?,
                second: second.perhaps_taken(&SECOND)?,
            })
        }
        "approved" => Ok(DeclarationState::Approved {
            declared: declared.taken(&DECLARED)?,
            approved: approved.taken(&APPROVED)?,
            second: second.perhaps_taken(&SECOND)?,
            finance: finance.taken(&FINANCE)?,
        }),
        other => Err(format!("state is {other}")),
    }
}

impl DeclarationRow {
    /// Whose it is: who pays, for what, and whom.
    pub(super) fn whose(&self) -> (OrganisationId, ServiceId, OrganisationId) {
        (self.commissioner_id.into(), self.service_id.into(), self.provider_id.into())
    }

    /// The declaration under the holds that are open now.
    pub(super) async fn read_now(self, tx: &mut Tx) -> Result<Declaration> {
        let (commissioner, service, provider) = self.whose();
        let open = hold::of_row(tx, commissioner, service, provider).await?;
        self.read(&open)
    }

    /// The declaration, under the holds that are open: whoever reads it says which these are.
    pub(super) fn read(self, open: &Open) -> Result<Declaration> {
        let (commissioner, service, provider) = self.whose();
        let held = open.held(Act::Declare, commissioner, service, provider);
        let steps = [
            (self.declared_by, self.declared_by_name, self.declared_at, self.declared_for),
            (self.approved_by, self.approved_by_name, self.approved_at, self.approved_for),
            (self.second_by, self.second_by_name, self.second_at, self.second_for),
            (self.finance_by, self.finance_by_name, self.finance_at, self.finance_for),
        ]
        .map(|(by, name, at, principal)| StepColumns::read(by, name, at, principal));
        let mistake = |why: String| StoreError::Inconsistent {
            table: "declaration",
            what: format!("{why} in {} (state {})", self.reference, self.state),
        };
        let state = state(&self.state, steps).map_err(mistake)?;
        let band = Band::from_name(&self.band);
        let band = band.ok_or_else(|| mistake(format!("band {}", self.band)))?;
        let submitted_by = serde_json::from_str(&self.submitted_by)
            .map_err(|error| mistake(format!("submitted_by: {error}")))?;
        let indicators = indicator::read(&self.indicators, self.calculation_id.into())
            .map_err(|error| mistake(format!("indicators: {error}")))?;
        Ok(Declaration {
            id: self.id.into(),
            reference: self.reference,
            achievement: self.achievement_id.into(),
            calculation: self.calculation_id.into(),
            provider: self.provider_id.into(),
            commissioner: self.commissioner_id.into(),
            service: self.service_id.into(),
            period: Period { start: self.period_start, end: self.achievement_date },
            amount: Pence(self.amount_pence),
            // The same release leaves this in a row that it sends back.
            less: self
                .calculated_pence
                .zip(self.less_because)
                .filter(|_| state.approved().is_some())
                .map(|(pence, reason)| Less { calculated: Pence(pence), reason }),
            notes: self.notes,
            band,
            indicators,
            submitted_by,
            held,
            steps: Steps {
                declaration_required: self.declaration_required,
                approval_required: self.approval_required,
            },
            state,
            open: self.open.read()?,
            version: self.version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> DateTime<Utc> {
        "2026-04-10T09:00:00Z".parse().expect("an instant")
    }

    fn step(person: Option<u128>, name: &str) -> Step {
        Step {
            by: By {
                person: person.map(|number| Uuid::from_u128(number).into()),
                name: name.to_owned(),
                principal: None,
            },
            at: at(),
        }
    }

    /// Every state, with every step by a person and by the configuration where it may take it.
    fn samples() -> Vec<DeclarationState> {
        let mut all = vec![DeclarationState::AwaitingProvider];
        for declared in [step(Some(1), "Jo Lee"), step(None, NO_DECLARATION_REQUIRED)] {
            all.push(DeclarationState::AwaitingCommissioner { declared: declared.clone() });
            for approved in [step(Some(2), "Priya Shah"), step(None, NO_APPROVAL_REQUIRED)] {
                all.push(DeclarationState::AwaitingSecond {
                    declared: declared.clone(),
                    approved: approved.clone(),
                });
                for second in [None, Some(step(Some(4), "Lee Wong"))] {
                    all.push(DeclarationState::AwaitingFinance {
                        declared: declared.clone(),
                        approved: approved.clone(),
                        second: second.clone(),
                    });
                    all.push(DeclarationState::Approved {
                        declared: declared.clone(),
                        approved: approved.clone(),
                        second,
                        finance: step(Some(3), "Ana Ruiz"),
                    });
                }
            }
        }
        all
    }

    #[test]
    fn every_state_reads_back_as_it_was_written() {
        let mut seen: Vec<&str> = Vec::new();
        for sample in samples() {
            assert_eq!(state(sample.name(), columns(&sample)), Ok(sample.clone()), "{sample:?}");
            seen.push(sample.name());
        }
        for name in DeclarationState::NAMES {
            assert!(seen.contains(&name), "no sample of {name}");
        }
    }

    /// All 5 states with each of the 12 columns filled or empty: only the samples' own patterns are legal.
    #[test]
    fn every_other_combination_of_columns_is_a_mistake_that_names_its_column() {
        let automatic = [NO_DECLARATION_REQUIRED, NO_APPROVAL_REQUIRED, "second", "finance"];
        let mut legal = 0;
        for name in DeclarationState::NAMES {
            for bits in 0..4096_u32 {
                let has = |step: usize, part: usize| bits & (1 << (step * 3 + part)) != 0;
                let steps = [0, 1, 2, 3].map(|step| StepColumns {
                    by: has(step, 0).then(|| Uuid::from_u128(9)),
                    name: has(step, 1).then(|| automatic[step].to_owned()),
                    at: has(step, 2).then(at),
                    principal: None,
                });
                match state(name, steps.clone()) {
                    Ok(read) => {
                        let mut kept = steps;
                        let second = kept[2].clone();
                        if read.approved().is_none() {
                            // What the release before leaves behind is read over.
                            kept[2] = StepColumns::default();
                        }
                        legal += usize::from(kept[2] == second);
                        assert_eq!(columns(&read), kept);
                    }
                    Err(why) => assert!(
                        ["declared_", "approved_", "second_", "finance_"]
                            .iter()
                            .any(|column| why.contains(column)),
                        "{why}"
                    ),
                }
            }
        }
        assert_eq!(legal, samples().len());
        assert!(state("lost", Default::default()).is_err());
    }

    #[test]
    fn a_step_without_a_person_must_carry_the_name_of_the_configuration() {
        let nobody =
            columns(&DeclarationState::AwaitingCommissioner { declared: step(None, "Jo Lee") });
        assert_eq!(
            state("awaiting_commissioner", nobody),
            Err("declared_by is empty but declared_by_name is Jo Lee".to_owned())
        );
    }
}
