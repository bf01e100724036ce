//! That somebody of another organisation has opened a page with the amounts of one provider: recorded for its audit.

use crate::Web;
use crate::session::Visitor;
use domain::OrganisationId;

/// Records it while the page is on its way, once for each record and day. What goes wrong is for the log.
pub(in crate::pages) fn record(
    web: &Web,
    visitor: &Visitor,
    (provider, name): (OrganisationId, &str),
    record: &str,
) {
    if visitor.organisation().id == provider || !visitor.actor.sees_money() {
        return;
    }
    let (db, by, now) = (web.db.clone(), visitor.actor.clone(), (web.clock)());
    let (name, record) = (name.to_owned(), record.to_owned());
    tokio::spawn(async move {
        let read = store::audit::read_amounts(&db, (provider, &name), &record, &by, &now).await;
        if let Err(fault) = read {
            tracing::error!(%fault, %record, "that amounts were read could not be recorded");
        }
    });
}
