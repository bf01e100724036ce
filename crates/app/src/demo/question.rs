//! A demo's questions: one of the commissioner that a practice has to answer, one of a practice about a payment, and
//! one that was answered and closed.

use super::history::{History, Told};
use super::places::{APPROVER, FINANCE};
use domain::{Actor, payment::PaymentState, question::Written};
use store::{
    declaration::{self, Filter, Listed},
    payment,
    question::{self, Ask},
};

/// The practice that asks about its payments, which a demo's visitors try first.
const ASKS: &str = "Z81001";
/// The practice that is asked.
const IS_ASKED: &str = "Z81002";

impl History<'_> {
    /// What both sides ask in a demo. Chance has no part in it, so that the rest of the history stays as it is.
    pub(super) async fn questions_are_asked(&mut self) -> Told {
        let approver = self.actor(APPROVER);
        let waiting = Filter {
            provider: Some(IS_ASKED.to_owned()),
            ..Filter::states(&["awaiting_commissioner"])
        };
        let found =
            declaration::list(&mut self.db.read().await?, &waiting, (0, 100), &approver).await?;
        // Those that end so are approved later.
        let is_left = |row: &&Listed| !row.declaration.reference.ends_with(['0', '2', '4']);
        if let Some(row) = found.rows.iter().find(is_left) {
            let text = "This is more than in any month before. Did you count a month twice?";
            self.ask(row, text, false, &approver).await?;
        }
        let practice = self.actor(ASKS);
        let paid = payment::in_files(&mut self.db.read().await?, (0, 100), &practice).await?;
        let is_paid = |row: &&Listed| matches!(row.payment, PaymentState::Paid { .. });
        let mut paid = paid.rows.iter().filter(is_paid);
        if let Some(row) = paid.next() {
            let text = "This does not match our bank statement. Was it paid to another account?";
            self.ask(row, text, true, &practice).await?;
        }
        if let Some(row) = paid.next() {
            let text = "Our bank statement shows one credit. Which services are in it?";
            let id = self.ask(row, text, true, &practice).await?;
            let finance = self.actor(FINANCE);
            let written = Written {
                text: "Search for the bank reference on your page Payments. It lists them.".into(),
                evidence: "Remittance advice in your post of last week".into(),
            };
            let now = self.tick();
            let answered = question::answer(self.db, id, &written, 1, &finance, &now).await?;
            let now = self.tick();
            question::close(self.db, id, answered.version, &practice, &now).await?;
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        row: &Listed,
        text: &str,
        about_payment: bool,
        by: &Actor,
    ) -> Told<domain::QuestionId> {
        let ask = Ask {
            written: Written { text: text.to_owned(), evidence: String::new() },
            returns: false,
            about_payment,
            seen_version: row.declaration.version,
        };
        let now = self.tick();
        Ok(question::ask(self.db, &row.declaration.reference, &ask, by, &now).await?.id)
    }
}
