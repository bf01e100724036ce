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
pub(super) struct Credit {
    bank_reference: String,
    total: Pence,
    lines: Vec<CreditLine>,
}

#[derive(Debug, Serialize)]
struct CreditLine {
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
        let all = store::payment::in_credit(tx, bank_reference, &visitor.actor).await?;
        let lines = all.iter().map(|line| CreditLine {
            reference: line.payment.reference.clone(),
            service: line.service.name.clone(),
            period: line.period.to_string(),
            amount: line.payment.amount,
        });
        let total = all.iter().map(|line| line.payment.amount).sum();
        let (bank_reference, lines) = (bank_reference.clone(), lines.collect());
        Ok((all.len() > 1).then_some(Self { bank_reference, total, lines }))
    }
}
