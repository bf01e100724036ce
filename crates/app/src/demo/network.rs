//! A demo's service whose figures the practices hand in: one network waits for a practice, the others are calculated.

use super::history::{History, Told};
use super::places;
use domain::{Field, ServiceId, service::Indicator, service::Level, service::Service};
use std::sync::Arc;
use store::offer;

const WINTER: &str = include_str!("../../../../catalogue/2025-26/network_winter_visits.toml");
/// The practice that has not counted yet: in the network that a demo's visitors can be at.
const LATE: &str = "Z81004";

impl History<'_> {
    /// Every network takes part, before the winter has ended. Chance has no part in it, so that the rest of the history
    /// stays as it is.
    pub(super) async fn winter_is_offered(&mut self) -> Told {
        let (id, service) = self.publish_one(WINTER).await?;
        let code = service.code.clone();
        self.services.insert(code.clone(), (id, service));
        self.offer(&code, "2026-03-20").await?;
        for (provider, offer, version) in self.pending(id).await? {
            let by = self.actor(&provider);
            let now = self.tick();
            offer::accept(self.db, offer, version, &by, &now).await?;
        }
        // Its figures are told by themselves.
        self.services.remove(&code);
        Ok(())
    }

    /// Networks answer and their practices count; one practice has not.
    pub(super) async fn winter_is_counted(&mut self) -> Told {
        let (id, service) = self.publish_one(WINTER).await?;
        for (place, (code, _)) in self.providers.clone().into_iter().enumerate() {
            let is_practice = place < places::PRACTICES;
            if code != LATE {
                let level = if is_practice { Level::Practice } else { Level::Network };
                self.of_level((id, &service), &code, place, level).await?;
            }
        }
        Ok(())
    }

    async fn of_level(
        &mut self,
        (id, service): (ServiceId, &Arc<Service>),
        provider: &str,
        place: usize,
        level: Level,
    ) -> Told {
        let Some(period) = service.periods().first().copied() else { return Ok(()) };
        let figure = |own: &Indicator| match own.fields().first() {
            Some(Field::YesNo) => 1,
            _ if own.pays() => 14 + i64::try_from(place * 7 % 40).unwrap_or_default(),
            _ => i64::try_from(place * 3 % 11).unwrap_or_default(),
        };
        let own = service.indicators().filter(|own| own.level == level);
        let figures: Vec<_> =
            own.filter_map(|own| Some((own, *own.fields().first()?, figure(own)))).collect();
        self.type_in(id, service, provider, period, &figures).await
    }
}
