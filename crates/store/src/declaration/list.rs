//! Declarations as pages show them: lists with filters and totals, one by its reference, and why it came back.

use super::{
    check,
    returned::{Returned, returned},
    row::DeclarationRow,
};
use crate::{
    Result, StoreError, Tx,
    arg::Arg,
    args,
    db::search_key,
    hold::{self, Scope},
    payment::StateRow,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Now, Organisation, Pence, Permission,
    declaration::{CannotApprove, CannotDeclare, Declaration, DeclarationState, How, checks},
    hold::{Act, Open},
    payment::{PaymentState, identity},
    status::{self, Status},
};
use uuid::Uuid;

/// The question for the side that asks: a provider sees its own rows, an ICB those it commissions, and a region those
/// of the ICBs below it as well. `$1` is the organisation. Asked for one organisation, an index gives the rows in order.
macro_rules! by_side {
    ($organisation:expr, $from:expr, $rest:expr) => {
        match $organisation.kind {
            kind if kind.provides() => concat!($from, " WHERE d.provider_id = $1 ", $rest),
            domain::OrganisationKind::Icb => concat!($from, " WHERE d.commissioner_id = $1 ", $rest),
            _ => concat!(
                $from,
                " WHERE d.commissioner_id IN \
                 (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) ",
                $rest
            ),
        }
    };
}
pub(crate) use by_side;

/// A declaration with the names around it.
macro_rules! listed {
    () => {
        concat!(
            "SELECT d.id, d.reference, d.achievement_id, d.calculation_id, d.provider_id, d.commissioner_id, \
             d.service_id, d.period_start, d.achievement_date, d.amount_pence, d.notes, d.declaration_required, \
             d.approval_required, d.state, d.declared_by, d.declared_by_name, d.declared_at, d.approved_by, \
             d.approved_by_name, d.approved_at, d.second_by, d.second_by_name, d.second_at, d.finance_by, d.finance_by_name, d.finance_at, \
             d.declared_for, d.approved_for, d.second_for, d.finance_for, d.band, d.submitted_by, d.indicators, d.calculated_pence, d.less_because, d.version, \
             p.code AS provider_code, p.name AS provider_name, s.code AS service_code, s.name AS service_name, \
             o.code AS commissioner_code, o.name AS commissioner_name, c.achieved, \
             a.calculation_id AS in_force, a.held_because, a.awaits, d.checks, l.attempt, ",
            concat!($crate::question::open_columns!(), ", ", $crate::payment::state_columns!()),
            " FROM declaration d JOIN organisation p ON p.id = d.provider_id JOIN service s ON s.id = d.service_id \
             JOIN organisation o ON o.id = d.commissioner_id JOIN calculation c ON c.id = d.calculation_id \
             JOIN achievement a ON a.id = d.achievement_id \
             LEFT JOIN payment_line l ON l.declaration_id = d.id AND l.correction_part_id IS NULL AND l.state <> 'replaced' \
             LEFT JOIN payment_file f ON f.id = l.payment_file_id LEFT JOIN payment_answer_line b \
             ON b.payment_file_id = l.payment_file_id AND b.position = l.position LEFT JOIN payment_settlement z \
             ON z.payment_file_id = l.payment_file_id AND z.position = l.position",
            $crate::question::open_joins!()
        )
    };
}

pub(super) use listed;

/// The rows of a [`Filter`], after the side: `$2` a service, `$3` a pattern for the provider, `$4` only with a question.
macro_rules! narrowed {
    ($rest:expr) => {
        concat!(
            "AND (CAST($2 AS TEXT) IS NULL OR d.service_id IN (SELECT id FROM service WHERE code = $2)) \
             AND (CAST($3 AS TEXT) IS NULL OR d.provider_id IN (SELECT id FROM organisation \
             WHERE search_key LIKE $3 ESCAPE '\\')) \
             AND (NOT $4 OR d.id IN (SELECT declaration_id FROM question WHERE closed_at IS NULL)) ",
            $rest
        )
    };
}

pub(super) use narrowed;

/// The states of a [`Filter`] from `$5` on, and `$10`: whether a payment file holds the row.
macro_rules! standing {
    ($rest:expr) => {
        concat!(
            "AND d.state IN ($5, $6, $7, $8, $9) AND (CAST($10 AS TEXT) IS NULL OR $10 = CASE WHEN EXISTS \
             (SELECT 1 FROM payment_line held WHERE held.declaration_id = d.id AND held.correction_part_id IS NULL AND held.state <> 'replaced') THEN 'file' ELSE 'none' END) ",
            $rest
        )
    };
}

/// By state in the order of the work, then the newest period. The rows of a page are found by it before the rest is
/// read about them.
macro_rules! order {
    () => {
        "CASE d.state WHEN 'awaiting_provider' THEN 1 WHEN 'awaiting_commissioner' THEN 2 \
         WHEN 'awaiting_second' THEN 3 WHEN 'awaiting_finance' THEN 4 ELSE 5 END, d.achievement_date DESC, s.name, p.name, d.reference"
    };
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Names of states; empty for all.
    pub states: Vec<String>,
    /// Code of a service.
    pub service: Option<String>,
    /// A part of the provider's name or ODS code.
    pub provider: Option<String>,
    /// Whether only those with an open question are.
    pub is_questioned: bool,
    /// Whether a payment file holds it; either where it is not said.
    pub in_file: Option<bool>,
    /// Whether its checks ask for a look; either where it is not said. The list of those who approve asks for it.
    pub needs_look: Option<bool>,
}

impl Filter {
    /// Rows in any of these states.
    pub fn states(names: &[&str]) -> Self {
        Self { states: names.iter().map(ToString::to_string).collect(), ..Self::default() }
    }

    /// Whether a service or a provider is asked for.
    pub(super) fn is_narrow(&self) -> bool {
        self.is_questioned
            || self.service.is_some()
            || self.provider.as_deref().and_then(search_key).is_some()
    }

    /// Whether rows in a state are asked for.
    pub(super) fn wants(&self, state: &str) -> bool {
        self.states.is_empty() || self.states.iter().any(|own| own == state)
    }

    /// Of the side and of what narrows it, `$1` to `$4`.
    pub(super) fn args(&self, organisation: &Organisation) -> Vec<Arg> {
        let pattern = self.provider.as_deref().and_then(search_key);
        args![organisation.id, self.service.as_deref(), pattern, self.is_questioned]
    }

    /// The same with the states; a name that is none finds nothing.
    fn args_with_states(&self, organisation: &Organisation) -> Vec<Arg> {
        let mut args = self.args(organisation);
        let every = DeclarationState::NAMES;
        args.extend(every.map(|name| Arg::from(self.wants(name).then_some(name))));
        let place = self.in_file.map(|is_in| if is_in { "file" } else { "none" });
        args.push(Arg::from(place));
        args
    }
}

/// A name with its code.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Named {
    /// ODS code of an organisation, or code of a service.
    pub code: String,
    /// Name.
    pub name: String,
}

/// A declaration with what stands around it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The declaration; its amount is nothing for a reader who may not see money.
    pub declaration: Declaration,
    /// Whose.
    pub provider: Named,
    /// Who approves.
    pub commissioner: Named,
    /// Of which service.
    pub service: Named,
    /// What was achieved, without money.
    pub achieved: String,
    /// Where the money is.
    pub payment: PaymentState,
    /// The identity that the payer sees, while a file holds it.
    pub identity: Option<String>,
    /// Reference of the payment file it is in.
    pub file: Option<String>,
    /// When that was made.
    pub file_at: Option<DateTime<Utc>>,
    /// When the payer is going to pay, where finance knew it.
    pub expected_on: Option<NaiveDate>,
    /// Why it came back to the provider; only while it waits there, and only for the provider.
    pub returned: Option<Returned>,
    /// Why its calculation is not in force any more; none while it is.
    pub held: Option<String>,
    /// What it did not pass when it was declared; none where it is within tolerance or waits for the provider.
    pub checks: Vec<checks::Failed>,
    awaits_practices: bool,
    sees_money: bool,
}

impl Listed {
    /// The amount, for readers who may see money.
    pub fn amount(&self) -> Option<Pence> {
        self.sees_money.then_some(self.declaration.amount)
    }

    /// Where it stands: a network whose practices owe figures again waits for them before everybody else.
    pub fn status(&self) -> &'static Status {
        match &self.held {
            Some(_) if self.awaits_practices => status::of(status::DECLARATION, "awaiting_network"),
            _ => self.declaration.state.status(),
        }
    }

    /// Whether this person could declare it now.
    pub fn can_declare(&self, by: &Actor, now: &Now) -> Result<(), CannotDeclare> {
        self.declaration.declare(self.declaration.calculation, by, now)?;
        match &self.held {
            Some(held) => Err(CannotDeclare::NotCalculated(held.clone())),
            None => Ok(()),
        }
    }

    /// Whether this person could approve it now, for the commissioner or for finance.
    pub fn can_approve(&self, how: How, by: &Actor, now: &Now) -> Result<(), CannotApprove> {
        self.declaration.approve_next(self.declaration.calculation, how, by, now)?;
        match &self.held {
            Some(held) => Err(CannotApprove::NotCalculated(held.clone())),
            None => Ok(()),
        }
    }
}

/// A page of declarations with the totals of the whole list.
#[derive(Clone, Debug)]
pub struct Found {
    /// The rows of the page.
    pub rows: Vec<Listed>,
    /// Rows in all.
    pub total: i64,
    /// Their sum, for readers who may see money.
    pub amount: Option<Pence>,
}

#[derive(sqlx::FromRow)]
pub(super) struct ListedRow {
    #[sqlx(flatten)]
    declaration: DeclarationRow,
    provider_code: String,
    provider_name: String,
    service_code: String,
    service_name: String,
    commissioner_code: String,
    commissioner_name: String,
    achieved: String,
    in_force: Option<Uuid>,
    held_because: String,
    awaits: i64,
    checks: String,
    attempt: Option<i64>,
    #[sqlx(flatten)]
    payment: StateRow,
}

impl ListedRow {
    pub(super) fn read(self, open: &Open, by: &Actor) -> Result<Listed> {
        let sees_money = by.sees_money();
        let (commissioner, service, provider) = self.declaration.whose();
        let stopped = open.held(Act::Pay, commissioner, service, provider);
        let mut declaration = self.declaration.read(open)?;
        let is_in_force = self.in_force == Some(declaration.calculation.0);
        if !sees_money {
            declaration.amount = Pence::default();
            declaration.less = None;
        }
        let is_approved = matches!(declaration.state, DeclarationState::Approved { .. });
        let attempt = self.attempt.and_then(|attempt| u32::try_from(attempt).ok());
        Ok(Listed {
            provider: Named { code: self.provider_code, name: self.provider_name },
            commissioner: Named { code: self.commissioner_code, name: self.commissioner_name },
            service: Named { code: self.service_code, name: self.service_name },
            achieved: self.achieved,
            payment: self.payment.state(is_approved)?.under(stopped),
            identity: attempt.map(|attempt| identity(&declaration.reference, attempt)),
            file: self.payment.file,
            file_at: self.payment.file_at,
            expected_on: self.payment.expected_on,
            returned: None,
            held: (!is_in_force).then_some(self.held_because),
            awaits_practices: self.awaits > 0,
            checks: check::read(&self.checks)?,
            sees_money,
            declaration,
        })
    }
}

/// The organisation that asks; nobody without a right to see achievement finds anything.
pub(crate) fn reader(by: &Actor) -> Result<&Organisation> {
    by.organisation().filter(|_| by.may(Permission::SeeAchievement)).ok_or(StoreError::NotFound)
}

/// A page of the declarations that the person may see: by state in the order of the work, then the newest period.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    (skip, take): (i64, i64),
    by: &Actor,
) -> Result<Found> {
    #[derive(sqlx::FromRow)]
    struct Totals {
        total: i64,
        pence: i64,
    }
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT count(*) AS total, CAST(coalesce(sum(d.amount_pence), 0) AS BIGINT) AS pence FROM declaration d",
        narrowed!(standing!(""))
    );
    let totals: Totals = tx.one(sql, filter.args_with_states(organisation)).await?;
    let sql = by_side!(
        organisation,
        concat!(
            listed!(),
            " WHERE d.id IN (SELECT d.id FROM declaration d JOIN organisation p ON p.id = d.provider_id \
             JOIN service s ON s.id = d.service_id"
        ),
        narrowed!(standing!(concat!(
            "ORDER BY ",
            order!(),
            " LIMIT CAST($11 AS BIGINT) OFFSET $12) ORDER BY ",
            order!()
        )))
    );
    let mut args = filter.args_with_states(organisation);
    args.extend(args![take, skip]);
    let rows: Vec<ListedRow> = tx.all(sql, args).await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let mut rows = rows.into_iter().map(|row| row.read(&open, by)).collect::<Result<Vec<_>>>()?;
    let is_open = |row: &Listed| row.declaration.state == DeclarationState::AwaitingProvider;
    if organisation.kind.provides() && rows.iter().any(is_open) {
        let mut returned = returned(tx, organisation, by).await?;
        for row in rows.iter_mut().filter(|row| is_open(row)) {
            row.returned = returned.remove(&row.declaration.id.0);
        }
    }
    let amount = by.sees_money().then_some(Pence(totals.pence));
    Ok(Found { rows, total: totals.total, amount })
}

/// The services that have declarations here, by name.
pub async fn services(tx: &mut Tx, by: &Actor) -> Result<Vec<Named>> {
    let organisation = reader(by)?;
    let sql = by_side!(
        organisation,
        "SELECT s.code, s.name FROM service s WHERE EXISTS (SELECT 1 FROM declaration d",
        "AND d.service_id = s.id) ORDER BY s.name, s.code"
    );
    tx.all(sql, args![organisation.id]).await
}

/// One declaration by its reference; another organisation's is not found.
pub async fn find(tx: &mut Tx, reference: &str, by: &Actor) -> Result<Listed> {
    let organisation = reader(by)?;
    let sql = by_side!(organisation, listed!(), "AND d.reference = $2");
    let row: ListedRow = tx.seen_by(by).one(sql, args![organisation.id, reference]).await?;
    let open = hold::of_reader(tx, Scope::All, by).await?;
    let mut found = row.read(&open, by)?;
    if found.declaration.state == DeclarationState::AwaitingProvider && organisation.kind.provides()
    {
        found.returned = returned(tx, organisation, by).await?.remove(&found.declaration.id.0);
    }
    Ok(found)
}
