//! What finance and the payer do in a demo: a file each month, sent by a second person, and the payer's answer to it.

use super::history::{History, Told};
use super::places::{FINANCE, ICB, SECOND_FINANCE};
use chrono::{Days, NaiveDate, NaiveTime};
use domain::{
    Pence,
    payment::{
        Sending,
        answer::{self, COLUMNS},
        timing::{Reach, Timing},
    },
    sheet::Sheet,
};
use store::payment::{self, Given};

/// The practice whose payment fails, in the file whose answer brings a failure.
const FAILS: &str = "Z81002";

const THREE_PM: NaiveTime = NaiveTime::from_hms_opt(15, 0, 0).expect("a time");

/// What the payer does with a month's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payer {
    /// It pays everything.
    Pays,
    /// It pays everything but one payment.
    PaysAllButOne,
    /// It has not answered when the demo opens.
    IsSilent,
}

impl History<'_> {
    /// Everything that finance has approved goes into a payment file, which goes to the payer and is answered.
    pub(super) async fn pay(&mut self, month: &str, payer: Payer) -> Told {
        self.morning(&format!("{month}-22"));
        let by = self.actor(FINANCE);
        let ready = payment::ready(&mut self.db.read().await?, &by, self.now.today).await?;
        let total: Pence = ready.iter().map(|line| line.payment.amount).sum();
        if ready.is_empty() {
            return Ok(());
        }
        let now = self.tick();
        let file = payment::create(self.db, None, (ready.len() as u64, total), &by, &now).await?;
        self.morning(&format!("{month}-23"));
        let today = self.now.today;
        let pays_on = today + Days::new(if payer == Payer::IsSilent { 20 } else { 5 });
        self.send_to_the_payer(&file, pays_on).await?;
        if payer != Payer::IsSilent {
            self.morning(&format!("{month}-28"));
            self.load_the_answer(&file, pays_on, payer).await?;
        }
        Ok(())
    }

    /// Finance says by when files must reach the payer. Its answer to the last file is overdue by a few days.
    pub(super) async fn payer_has_times(&mut self) -> Told {
        let (by, now) = (self.actor(FINANCE), self.tick());
        let reach = Some(Reach { working_day: 9, until: THREE_PM });
        let timing = Timing { reach, ..Timing::default() };
        payment::timing::change(self.db, 0, timing, &by, &now).await?;
        Ok(())
    }

    async fn send_to_the_payer(&mut self, file: &str, expected_on: NaiveDate) -> Told {
        let (by, now) = (self.actor(SECOND_FINANCE), self.tick());
        let (_, found, _) = payment::find(&mut self.db.read().await?, file, &by).await?;
        let sending =
            Sending { on: now.today, expected_on: Some(expected_on), seen: found.content_hash };
        payment::send(self.db, file, &sending, &by, &now).await?;
        Ok(())
    }

    /// The payer pays each provider's payments of a file in one credit.
    async fn load_the_answer(&mut self, file: &str, paid_on: NaiveDate, payer: Payer) -> Told {
        let (by, now) = (self.actor(SECOND_FINANCE), self.tick());
        let (_, _, lines) = payment::find(&mut self.db.read().await?, file, &by).await?;
        let fails = lines.iter().position(|line| line.payee.code == FAILS);
        let (date, credit) = (paid_on.to_string(), format!("{ICB} {file}"));
        let mut sheet = Sheet::new(&COLUMNS);
        for (place, line) in lines.iter().enumerate() {
            let (identity, amount) = (line.payment.identity(), line.payment.amount.plain());
            if payer == Payer::PaysAllButOne && fails == Some(place) {
                let reason = "The bank account has been closed.";
                sheet.row(&[&identity, &amount, "rejected", "", "", reason]);
            } else {
                sheet.row(&[&identity, &amount, "paid", &date, &credit, ""]);
            }
        }
        let content = sheet.finish();
        let lines = answer::read(content.as_bytes()).map_err(|why| why.lines("").join("; "))?;
        let mut tx = self.db.read().await?;
        let seen = payment::check(&mut tx, file, lines.clone(), &by, &now).await?.hash();
        drop(tx);
        let given = Given { name: format!("{file}-answer.csv"), content, lines };
        payment::load(self.db, file, &given, &seen, &by, &now).await?;
        Ok(())
    }
}
