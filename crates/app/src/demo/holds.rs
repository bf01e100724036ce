//! A demo's holds: one that was lifted when an extract had come, and one that stands for the practices of a supplier.

use super::history::{History, Told};
use super::places::{APPROVER, FINANCE};
use store::hold::{self, Wanted};

/// The service, whose vaccinations an extract brings.
const SERVICE: &str = "SHIN2627";
/// The cluster of the practices that use one system.
const SUPPLIER: &str = "Fernleaf system";

impl History<'_> {
    /// The month's extract is late, so nobody can declare before it has come.
    pub(super) async fn extract_is_late(&mut self) -> Told {
        let by = self.actor(APPROVER);
        let wanted = Wanted {
            service: SERVICE.to_owned(),
            cluster: String::new(),
            stops: "declaring".to_owned(),
            reason: "The extract of April is late. We lift this when it has come.".to_owned(),
        };
        let now = self.tick();
        let placed = hold::place(self.db, &wanted, &by, &now).await?;
        self.morning("2026-05-11");
        let (by, now) = (self.actor(FINANCE), self.tick());
        let note = "The extract has come. You can declare.";
        hold::lift(self.db, &placed.reference, (placed.version, note), &by, &now).await?;
        Ok(())
    }

    /// A supplier counts doses twice: its practices wait until they are extracted again.
    pub(super) async fn supplier_is_on_hold(&mut self) -> Told {
        let by = self.actor(APPROVER);
        let clusters = store::cluster::list(&mut self.db.read().await?, &by).await?;
        let cluster = clusters.into_iter().find(|listed| listed.cluster.name == SUPPLIER);
        let wanted = Wanted {
            service: SERVICE.to_owned(),
            cluster: cluster.map_or_else(String::new, |listed| listed.cluster.reference),
            stops: "both".to_owned(),
            reason:
                "The Fernleaf system counted some doses twice. Figures will be extracted again."
                    .to_owned(),
        };
        let now = self.tick();
        hold::place(self.db, &wanted, &by, &now).await?;
        Ok(())
    }
}
