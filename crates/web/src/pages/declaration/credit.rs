//! A bank credit: everything that came to a provider with one bank reference.

use crate::error::WebError;
use crate::session::Visitor;
use domain::Pence;
use domain::payment::PaymentState;
use serde::Serialize;
use store::Tx;
use store::declaration::Listed;

/// What came to a provider with one bank reference.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Credit {
    bank_reference: String,
    total: Pence,
    lines: Vec<CreditLine>,
    /// The payment whose page this stands on; nothing where it was looked for.
    own: String,
}

#[derive(Debug, Serialize)]
struct CreditLine {
    href: String,
    reference: String,
    service: String,
    period: String,
    amount: Pence,
}

impl Credit {
    /// Of a payment that came together with others; nothing for readers who may not see money.
    pub(super) async fn of(
        tx: &mut Tx,
        row: &Listed,
        visitor: &Visitor,
    ) -> Result<Option<Self>, WebError> {
        let PaymentState::Paid { bank_reference, .. } = &row.payment else { return Ok(None) };
        let mut credit = Self::search(tx, bank_reference, visitor).await?;
        credit.own.clone_from(&row.declaration.reference);
        Ok((credit.lines.len() > 1).then_some(credit))
    }

    /// Of a bank reference that somebody has on a bank statement.
    pub(in crate::pages) async fn search(
        tx: &mut Tx,
        bank_reference: &str,
        visitor: &Visitor,
    ) -> Result<Self, WebError> {
        let all = store::payment::in_credit(tx, bank_reference, &visitor.actor).await?;
        let lines = all.iter().map(|line| CreditLine {
            href: crate::pages::payment::address(line),
            reference: line.payment.reference.clone(),
            service: line.service.name.clone(),
            period: line.period.to_string(),
            amount: line.payment.amount,
        });
        Ok(Self {
            bank_reference: bank_reference.to_owned(),
            total: all.iter().map(|line| line.payment.amount).sum(),
            lines: lines.collect(),
            own: String::new(),
        })
    }
}
