//! A demo's delegations: the network that a demo's visitors can be at answers for two of its practices, which have not
//! answered yet.

use super::history::{History, Told};
use store::delegation;

/// The network with a persona.
const NETWORK: &str = "UZ001";
/// A practice with a persona, and one without.
const PRACTICES: [&str; 2] = ["Z81002", "Z81004"];
const UNTIL: &str = "2027-03-31";

impl History<'_> {
    /// Two practices let their network answer for them. Chance has no part in it, so that the rest of the history stays as
    /// it is.
    pub(super) async fn network_answers_for_practices(&mut self) -> Told {
        for code in PRACTICES {
            let by = self.actor(code);
            let now = self.tick();
            delegation::give(self.db, NETWORK, UNTIL.parse()?, &by, &now).await?;
        }
        Ok(())
    }
}
