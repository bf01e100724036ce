//! What the pages of both sides say on top while a hold covers what stands on them.

use crate::error::WebError;
use crate::session::Visitor;
use domain::calendar::long_date;
use domain::hold::Hold;
use domain::{Now, OrganisationId, ServiceId};
use serde::Serialize;
use store::Tx;
use store::hold::Scope;

/// Holds that a page names one by one; more are counted.
const NAMED: usize = 3;

/// The open holds that concern a page.
#[derive(Debug, Default, Serialize)]
pub(in crate::pages) struct Banner {
    /// Each in one sentence.
    sentences: Vec<String>,
    /// How many more there are.
    more: usize,
}

impl Banner {
    /// Everything on hold that the visitor may read of.
    pub(in crate::pages) async fn all(tx: &mut Tx, visitor: &Visitor) -> Result<Self, WebError> {
        let open = store::hold::of_reader(tx, Scope::All, &visitor.actor).await?;
        Ok(Self::of(open.all(), visitor))
    }

    /// What covers one provider's service.
    pub(in crate::pages) async fn one(
        tx: &mut Tx,
        (commissioner, service, provider): (OrganisationId, ServiceId, OrganisationId),
        visitor: &Visitor,
    ) -> Result<Self, WebError> {
        let scope = Scope::Of(commissioner, service, provider);
        let open = store::hold::of_reader(tx, scope, &visitor.actor).await?;
        Ok(Self::of(open.covering(commissioner, service, provider), visitor))
    }

    fn of<'h>(holds: impl Iterator<Item = &'h Hold>, visitor: &Visitor) -> Self {
        let mut all: Vec<String> = holds.map(|hold| sentence(hold, visitor)).collect();
        let more = all.len().saturating_sub(NAMED);
        all.truncate(NAMED);
        Self { sentences: all, more }
    }
}

/// "NHS Anytown ICB has put declarations of Minor surgery on hold since 18 May 2026: the extract is wrong".
fn sentence(hold: &Hold, visitor: &Visitor) -> String {
    let whose = match &hold.cluster {
        Some(cluster) if visitor.organisation().kind.commissions() => {
            format!(" for the cluster {}", cluster.name)
        }
        _ => String::new(),
    };
    format!(
        "{} has put {} of {} on hold{whose} since {}: {}",
        hold.commissioner_name,
        hold.stops.words(),
        hold.service_name,
        long_date(Now::at(hold.placed.at).today),
        hold.reason
    )
}
