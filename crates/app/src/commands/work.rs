//! `accord work`: what `accord serve` does by itself: calculates periods that have ended, takes offers back from providers that
//! have left, lets recoveries stand whose notice is over, reminds, and sends emails.

use crate::{Database, clock, mail::Mail};
use clap::Args;
use domain::{Actor, Now, money::thousands};
use store::{Db, achievement::Swept, person::lapse::Looked};

/// Calculate periods that have ended, take offers back from providers that have left, remind of offers and send emails, once.
#[derive(Args)]
pub struct Work {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    mail: Mail,
}

impl Work {
    /// Does it, and says how much.
    pub async fn run(self) -> Result<String, String> {
        let sender = self.mail.sender()?;
        let (db, now) = (self.database.open().await?, clock::now());
        let wrong = |error: store::StoreError| error.to_string();
        let swept = sweep(&db, &now).await.map_err(wrong)?;
        let taken_back = take_back(&db, &now).await.map_err(wrong)?;
        let stood = stand(&db, &now).await.map_err(wrong)?;
        let reminded = remind(&db, &now).await.map_err(wrong)?;
        let begun = begin_deputies(&db, &now).await.map_err(wrong)?;
        let chased = chase_payers(&db, &now).await.map_err(wrong)?;
        let reviews = remind_of_reviews(&db, &now).await.map_err(wrong)?;
        let looked = lapse(&db, &now).await.map_err(wrong)?;
        let mut said = format!(
            "{} achievements calculated, {} held because something other than figures is missing\n\
             {} offers withdrawn, because their providers have moved or closed\n\
             {} recoveries stand, because their notice is over without an answer\n\
             {} people reminded to answer offers\n\
             {} deputies begin to act\n\
             {} payment files to chase the payer about\n\
             {} reviews of access to do soon\n\
             {} people warned that their account lapses, {} accounts lapsed\n",
            thousands(swept.calculated),
            thousands(swept.held),
            thousands(taken_back),
            thousands(stood),
            thousands(reminded.unsigned_abs()),
            thousands(begun),
            thousands(chased),
            thousands(reviews),
            thousands(looked.warned),
            thousands(looked.lapsed)
        );
        if let Some(sender) = sender {
            let posted = sender.post(&db, &now).await.map_err(wrong)?;
            said.push_str(&format!(
                "{} emails sent, {} to be tried again, {} given up\n",
                thousands(posted.sent),
                thousands(posted.put_off),
                thousands(posted.given_up)
            ));
        }
        Ok(said)
    }
}

/// Calculates every achievement that has become due.
pub async fn sweep(db: &Db, now: &Now) -> store::Result<Swept> {
    store::achievement::sweep(db, &Actor::system("Accord"), now).await
}

/// Takes offers back that wait for providers which have moved or closed; gives how many.
pub async fn take_back(db: &Db, now: &Now) -> store::Result<u64> {
    store::offer::take_back_from_left(db, &Actor::system("Accord"), now).await
}

/// Tells finance of answers of payers that are overdue; gives of how many files.
pub async fn chase_payers(db: &Db, now: &Now) -> store::Result<u64> {
    store::payment::timing::chase(db, &Actor::system("Accord"), now).await
}

/// Tells deputies whose first day has come, and those they act for; gives how many.
pub async fn begin_deputies(db: &Db, now: &Now) -> store::Result<u64> {
    store::deputy::begin(db, now).await
}

/// Warns people whose account is not used, and lets accounts lapse; gives how many of each.
pub async fn lapse(db: &Db, now: &Now) -> store::Result<Looked> {
    store::person::lapse::look(db, &Actor::system("Accord"), now).await
}

/// Tells those who manage people of reviews of access that come near; gives of how many organisations.
pub async fn remind_of_reviews(db: &Db, now: &Now) -> store::Result<u64> {
    store::person::review::remind(db, now).await
}

/// Lets recoveries stand whose notice is over without an answer; gives how many.
pub async fn stand(db: &Db, now: &Now) -> store::Result<u64> {
    store::recovery::stand(db, &Actor::system("Accord"), now).await
}

/// Reminds of the offers whose response date comes near; gives how many people were written to.
pub async fn remind(db: &Db, now: &Now) -> store::Result<i64> {
    store::offer::remind_due(db, &Actor::system("Accord"), now).await
}
