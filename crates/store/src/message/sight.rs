//! Who hears of what: whose roles are narrowed gets no message about what is outside of what they see.

use super::Letter;
use crate::{Result, Tx, args, person::narrowing};
use domain::{Narrowing, OrganisationId, PersonId, ServiceId};
use std::collections::HashMap;

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The person, or something that is no record of a provider and a service.
    Anything,
    /// What these providers do of these services: who does not see all of it hears nothing.
    Records(Vec<(OrganisationId, ServiceId)>),
    /// An organisation as a whole: nobody hears of it whose roles are narrowed.
    Whole,
}

/// Everybody whose roles are narrowed, by person and organisation.
pub(super) struct Sights(HashMap<(PersonId, OrganisationId), Narrowing>);

impl Sights {
    /// Those of all people: they are few.
    pub(super) async fn of_all(tx: &mut Tx) -> Result<Self> {
        narrowing::all(tx).await.map(Self)
    }

    /// Whether somebody hears of something.
    pub(super) async fn hears(
        &self,
        tx: &mut Tx,
        whose: (PersonId, OrganisationId),
        about: &Of,
    ) -> Result<bool> {
        let Some(narrowing) = self.0.get(&whose) else { return Ok(true) };
        let records = match about {
            Of::Anything => return Ok(true),
            Of::Whole => return Ok(false),
            Of::Records(records) => records,
        };
        for (provider, service) in records {
            if !sees(tx, narrowing, *provider, *service).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether what a provider does of a service is inside.
async fn sees(
    tx: &mut Tx,
    narrowing: &Narrowing,
    provider: OrganisationId,
    service: ServiceId,
) -> Result<bool> {
    #[derive(sqlx::FromRow)]
    struct Record {
        family: String,
        in_cluster: i64,
    }
    let record: Option<Record> = tx
        .optional(
            "SELECT family, (SELECT count(*) FROM provider_cluster_member k WHERE k.cluster_id = $3
                 AND (k.provider_id = $2 OR k.provider_id IN (SELECT m.network_id FROM network_membership m
                     WHERE m.practice_id = $2 AND m.to_on IS NULL))) AS in_cluster
             FROM service WHERE id = $1",
            args![service, provider, narrowing.cluster().map(|cluster| cluster.id)],
        )
        .await?;
    Ok(record.is_some_and(|record| narrowing.holds(&record.family, record.in_cluster > 0)))
}

/// The letters without those that tell somebody of what is outside.
pub(super) async fn heard(tx: &mut Tx, letters: Vec<Letter>) -> Result<Vec<Letter>> {
    if letters.iter().all(|letter| letter.about == Of::Anything) {
        return Ok(letters);
    }
    let sights = Sights::of_all(tx).await?;
    let mut heard = Vec::with_capacity(letters.len());
    for letter in letters {
        if sights.hears(tx, (letter.person, letter.organisation), &letter.about).await? {
            heard.push(letter);
        }
    }
    Ok(heard)
}
