//! What blocks a declaration, or an achievement that has none, gathered for the domain to say.

use super::Listed;
use crate::{Failed, Result, Tx, achievement, deadline::Reckoner, hold, organisation};
use domain::{
    Actor, NotAllowed, Now, Organisation, OrganisationId, Period, ServiceId,
    declaration::blocked::{Around, Blocked, Waiting},
    hold::Act,
    service::Dates,
};

/// What blocks a declaration that was found for the reader. While its calculation is not in force, that is what the
/// achievement waits for.
pub async fn blocked(
    tx: &mut Tx,
    listed: &Listed,
    by: &Actor,
    now: &Now,
) -> Result<Vec<Blocked>, Failed<NotAllowed>> {
    let one = &listed.declaration;
    if listed.held.is_some() {
        let detail = achievement::find(tx, one.achievement, by, now).await?;
        return Ok(blocked_achievement(tx, &detail, now).await?);
    }
    let whose = (one.provider, one.commissioner);
    let sides = Sides::of(tx, whose, (one.service, one.period)).await?;
    Ok(sides.around(now).declaration(one, &listed.payment))
}

/// What blocks an achievement that was found for the reader and has no amount in force. A practice's part of a network
/// waits for figures and for nothing else.
pub async fn blocked_achievement(
    tx: &mut Tx,
    detail: &achievement::Detail,
    now: &Now,
) -> Result<Vec<Blocked>> {
    let one = &detail.achievement;
    let whose = (detail.provider.id, detail.commissioner.id);
    let sides = Sides::of(tx, whose, (one.service, one.period)).await?;
    let open = hold::of_row(tx, whose.1, one.service, whose.0).await?;
    let held = open.held(Act::Declare, whose.1, one.service, whose.0);
    // What the practices of a network owe stands behind what it misses itself.
    let owed: usize = detail.owed.iter().map(|own| own.missing.len()).sum();
    let own = detail.missing.len().saturating_sub(owed);
    let waiting = Waiting {
        service: &detail.service,
        period: one.period,
        missing: detail.missing.get(..own).unwrap_or_default(),
        owed: &detail.owed,
        held_because: &detail.held_because,
        hold: held.as_ref(),
    };
    let around = sides.around(now);
    Ok(if one.is_part { around.data(&waiting) } else { around.achievement(&waiting) })
}

/// The two organisations with the dates of a period.
struct Sides {
    provider: Organisation,
    commissioner: Organisation,
    dates: Dates,
    reckoner: Reckoner,
}

impl Sides {
    async fn of(
        tx: &mut Tx,
        (provider, commissioner): (OrganisationId, OrganisationId),
        (service, period): (ServiceId, Period),
    ) -> Result<Self> {
        let mut reckoner = Reckoner::new(tx).await?;
        Ok(Self {
            provider: organisation::find(tx, provider).await?,
            commissioner: organisation::find(tx, commissioner).await?,
            dates: reckoner.dates(tx, service, period).await?,
            reckoner,
        })
    }

    fn around<'a>(&'a self, now: &'a Now) -> Around<'a> {
        Around {
            provider: &self.provider,
            commissioner: &self.commissioner,
            dates: self.dates,
            holidays: &self.reckoner.holidays,
            now,
        }
    }
}
