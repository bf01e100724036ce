//! A demo's corrections after the lock: a recovery half taken, one whose notice runs, and a supplementary declaration that
//! a practice must answer. Chance has no part in it, so that the rest of the history stays as it is.

use super::history::{History, Told};
use super::places::{APPROVER, FINANCE, SECOND_FINANCE};
use chrono::NaiveDate;
use domain::{
    Pence,
    correction::{Act, Asking, Direction},
    payment::PaymentState,
    recovery::{self, Plan},
};
use store::{correction, payment};

/// The practice that a demo's visitors try first.
const FIRST: &str = "Z81001";
/// The practice that has been asked before.
const SECOND: &str = "Z81002";

impl History<'_> {
    /// Tests were counted twice: what was paid is taken back from spring on.
    pub(super) async fn paid_too_much(&mut self) -> Told {
        self.morning("2026-01-29");
        let reason = "The audit of December found tests that were counted twice.";
        let Some(reference) = self.reverse(SECOND, reason).await? else { return Ok(()) };
        self.give_notice(&reference, (4, "2026-03-02"), reason).await?;
        let (by, now) = (self.actor(SECOND), self.tick());
        let plan = Plan { instalments: 0, first_on: now.today };
        let agree = (recovery::Act::Agree, plan, "");
        store::recovery::act(self.db, (&reference, 1), agree, &by, &now).await?;
        Ok(())
    }

    /// What is found in the month in which the demo is opened.
    pub(super) async fn found_after_the_lock(&mut self) -> Told {
        self.morning("2026-05-13");
        let reason = "Two months of one indicator were the same by mistake.";
        if let Some(reference) = self.reverse(FIRST, reason).await? {
            self.give_notice(&reference, (3, "2026-07-01"), reason).await?;
        }
        let reason = "A late figure of your system reached us after the lock.";
        self.ask_to_correct(SECOND, Direction::Supplementary, reason).await?;
        Ok(())
    }

    /// Asks for a quarter of the newest payment of a practice that is paid; gives its reference.
    async fn ask_to_correct(
        &mut self,
        practice: &str,
        direction: Direction,
        reason: &str,
    ) -> Told<Option<String>> {
        let own = self.actor(practice);
        let paid = payment::in_files(&mut self.db.read().await?, (0, 100), &own).await?;
        let is_paid = |state: &PaymentState| matches!(state, PaymentState::Paid { .. });
        let large = paid.rows.iter().filter(|row| row.declaration.amount.0 >= 10_000);
        let Some(row) = large.into_iter().find(|row| is_paid(&row.payment)) else {
            return Ok(None);
        };
        let asking = Asking {
            direction: Some(direction),
            amount: Some(Pence(row.declaration.amount.0 / 4)),
            reason: reason.to_owned(),
            evidence: "Letter of the audit".to_owned(),
            seen: row.declaration.amount,
        };
        let (by, now) = (self.actor(SECOND_FINANCE), self.tick());
        let new = correction::ask(self.db, &row.declaration.reference, &asking, &by, &now).await?;
        Ok(Some(new.reference))
    }

    /// A reversing correction that everybody has agreed to.
    async fn reverse(&mut self, practice: &str, reason: &str) -> Told<Option<String>> {
        let Some(reference) = self.ask_to_correct(practice, Direction::Reversing, reason).await?
        else {
            return Ok(None);
        };
        let steps = [(practice, Act::Agree), (APPROVER, Act::Approve), (FINANCE, Act::Approve)];
        for ((name, act), version) in steps.into_iter().zip(1..) {
            let (by, now) = (self.actor(name), self.tick());
            correction::act(self.db, (&reference, version), act, "", &by, &now).await?;
        }
        Ok(Some(reference))
    }

    async fn give_notice(
        &mut self,
        reference: &str,
        (instalments, first_on): (u32, &str),
        reason: &str,
    ) -> Told {
        let first_on: NaiveDate =
            first_on.parse().expect("the dates of the history are written here");
        let plan = Plan { instalments, first_on };
        let (by, now) = (self.actor(SECOND_FINANCE), self.tick());
        store::recovery::ask(self.db, reference, (plan, reason), &by, &now).await?;
        Ok(())
    }
}
