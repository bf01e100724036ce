//! Payment files: approved declarations, frozen in one list with control totals for the payer.
//!
//! A declaration below zero is a recovery, for instance when more was paid in advance than was earned. It never stands
//! among the payments: it has a record of its own kind and a total of its own.

pub mod answer;
pub mod bank;
pub mod difference;
pub mod layout;
pub mod letter;
mod refused;
mod send;
pub mod settle;
mod state;
pub mod timing;

pub use refused::{CannotAnswer, CannotPay, CannotSend, CannotSettle, CannotTryAgain};
pub use send::{Frozen, Sending};
pub use settle::Settling;
pub use state::{Payment, PaymentState, identity, status};

use crate::{Actor, Event, PaymentFileId, Pence, Period, Permission};
use layout::{Head, Layout};

/// How often a payment is tried before people settle it by hand.
pub const TRIES: u32 = 3;

/// One line of a payment file: one declaration that finance has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    /// The identity the payer sees, so that nothing is paid twice: the declaration's reference with the number of the try.
    pub reference: String,
    /// ODS code of the payee.
    pub payee_code: String,
    /// Name of the payee.
    pub payee_name: String,
    /// Code of the service.
    pub service_code: String,
    /// Its name.
    pub service_name: String,
    /// Pay code of the service, which decides the payer's cost centre.
    pub pay_code: String,
    /// The period paid for; it ends on the achievement date.
    pub period: Period,
    /// The amount; below zero it is to be recovered.
    pub amount: Pence,
}

/// Number and sum of payments, and of recoveries: what a person checks before a file is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Payments.
    pub payments: u64,
    /// Their sum.
    pub paid: Pence,
    /// Recoveries.
    pub recoveries: u64,
    /// Their sum, which is not above zero.
    pub recovered: Pence,
}

impl Totals {
    /// Adds amounts up.
    pub fn of(amounts: impl IntoIterator<Item = Pence>) -> Self {
        amounts.into_iter().fold(Self::default(), |sums, amount| {
            if is_recovery(amount) {
                let (recoveries, recovered) = (sums.recoveries + 1, sums.recovered + amount);
                Self { recoveries, recovered, ..sums }
            } else {
                Self { payments: sums.payments + 1, paid: sums.paid + amount, ..sums }
            }
        })
    }

    /// Payments and recoveries together.
    pub fn lines(&self) -> u64 {
        self.payments + self.recoveries
    }

    /// What is left of the payments when everything is recovered.
    pub fn net(&self) -> Pence {
        self.paid + self.recovered
    }
}

/// Whether an amount is to be recovered from the provider.
pub fn is_recovery(amount: Pence) -> bool {
    amount < Pence(0)
}

/// A payment file as it is stored and downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFile {
    /// Number of lines, payments and recoveries.
    pub lines: u64,
    /// Sum of all lines, recoveries taken off.
    pub total: Pence,
    /// The file itself, in its layout.
    pub content: String,
    /// SHA-256 of the content, in hexadecimal.
    pub content_hash: String,
    /// How it is written.
    pub layout: Layout,
}

/// Freezes the lines into a file. `seen` is the number and sum that the person confirmed.
pub fn create(
    head: &Head,
    layout: Layout,
    lines: &[PaymentLine],
    seen: (u64, Pence),
    by: &Actor,
) -> Result<PaymentFile, CannotPay> {
    by.must(Permission::MakePayments)?;
    if lines.is_empty() {
        return Err(CannotPay::NothingToPay);
    }
    let totals = Totals::of(lines.iter().map(|line| line.amount));
    let (count, total) = (totals.lines(), totals.net());
    if seen != (count, total) {
        return Err(CannotPay::RowsChanged);
    }
    let content = layout.write(head, lines);
    let content_hash = crate::hash::sha256(content.as_bytes());
    Ok(PaymentFile { lines: count, total, content, content_hash, layout })
}

impl PaymentFile {
    /// The fact of its creation.
    pub fn created(&self, file: PaymentFileId) -> Event {
        Event::PaymentFileCreated {
            file,
            lines: self.lines,
            total: self.total,
            content_hash: self.content_hash.clone(),
            layout: self.layout.code.clone(),
            layout_hash: self.layout.hash.clone(),
        }
    }
}

#[cfg(test)]
#[path = "payment/tests.rs"]
mod life;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Organisation, OrganisationKind, Role};
    use uuid::Uuid;

    pub(super) fn finance(role: Role) -> Actor {
        Actor::Person {
            id: Uuid::from_u128(1).into(),
            name: "Ana Ruiz".into(),
            organisation: Organisation {
                id: Uuid::from_u128(2).into(),
                code: "QZZ".into(),
                name: "NHS Anytown ICB".into(),
                kind: OrganisationKind::Icb,
                parent: None,
                closed_on: None,
            },
            roles: vec![role],
            acts_for: crate::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        }
    }

    fn day(text: &str) -> chrono::NaiveDate {
        text.parse().expect("a date")
    }

    /// A file in the layout that everybody gets who chooses none.
    fn create(
        reference: &str,
        lines: &[PaymentLine],
        seen: (u64, Pence),
        by: &Actor,
    ) -> Result<PaymentFile, CannotPay> {
        let head = Head {
            reference: reference.into(),
            commissioner_code: "QZZ".into(),
            commissioner_name: "NHS Anytown ICB".into(),
            made_on: day("2026-05-20"),
        };
        super::create(&head, Layout::generic(), lines, seen, by)
    }

    pub(super) fn line(reference: &str, payee_name: &str, pence: i64) -> PaymentLine {
        PaymentLine {
            reference: reference.into(),
            payee_code: "Y00001".into(),
            payee_name: payee_name.into(),
            service_code: "AG2526".into(),
            service_name: "Advice and guidance".into(),
            pay_code: "AG01".into(),
            period: Period { start: day("2026-03-01"), end: day("2026-03-31") },
            amount: Pence(pence),
        }
    }

    #[test]
    fn a_file_carries_each_line_and_totals_that_agree() {
        let lines = [
            line("D-2026-000001", "Riverside Surgery", 588_000),
            line("D-2026-000002", "=Hill, \"The\"", 5),
        ];
        let file = create(
            "PF-2026-000001",
            &lines,
            (2, Pence(588_005)),
            &finance(Role::FinanceManagement),
        )
        .expect("a file");
        assert_eq!(
            file.content,
            "record,file_reference,payment_reference,payee_code,payee_name,service_code,pay_code,achievement_date,amount_gbp\n\
             LINE,PF-2026-000001,D-2026-000001,Y00001,Riverside Surgery,AG2526,AG01,2026-03-31,5880.00\n\
             LINE,PF-2026-000001,D-2026-000002,Y00001,\"'=Hill, \"\"The\"\"\",AG2526,AG01,2026-03-31,0.05\n\
             TOTAL,PF-2026-000001,2,,,,,,5880.05\n"
        );
        assert_eq!((file.lines, file.total, file.content_hash.len()), (2, Pence(588_005), 64));
    }

    #[test]
    fn what_is_to_be_recovered_never_stands_among_the_payments() {
        let by = finance(Role::FinanceManagement);
        let paid = line("D-2026-000001", "Riverside Surgery", 588_000);
        let recovered = line("D-2026-000002", "Hill Top Practice", -80_520);
        let both = create("PF", &[recovered.clone(), paid], (2, Pence(507_480)), &by).unwrap();
        assert_eq!((both.lines, both.total), (2, Pence(507_480)));
        let rows: Vec<&str> = both.content.lines().skip(1).collect();
        assert_eq!(
            rows,
            [
                "LINE,PF,D-2026-000001,Y00001,Riverside Surgery,AG2526,AG01,2026-03-31,5880.00",
                "TOTAL,PF,1,,,,,,5880.00",
                "RECOVERY,PF,D-2026-000002,Y00001,Hill Top Practice,AG2526,AG01,2026-03-31,-805.20",
                "RECOVERY_TOTAL,PF,1,,,,,,-805.20",
            ]
        );
        let alone = create("PF", &[recovered], (1, Pence(-80_520)), &by).unwrap();
        assert!(alone.content.contains("TOTAL,PF,0,,,,,,0.00\nRECOVERY,PF,"), "{}", alone.content);
    }

    #[test]
    fn a_file_is_made_only_of_what_was_seen_and_by_finance() {
        let lines = [line("D-2026-000001", "Riverside Surgery", 588_000)];
        let by = finance(Role::FinanceManagement);
        assert_eq!(create("PF", &[], (0, Pence(0)), &by).err(), Some(CannotPay::NothingToPay));
        assert_eq!(create("PF", &lines, (1, Pence(1)), &by).err(), Some(CannotPay::RowsChanged));
        assert_eq!(
            create("PF", &lines, (2, Pence(588_000)), &by).err(),
            Some(CannotPay::RowsChanged)
        );
        let approver = finance(Role::ApprovalManagement);
        assert!(matches!(
            create("PF", &lines, (1, Pence(588_000)), &approver),
            Err(CannotPay::NotAllowed(_))
        ));
    }
}
