//! What roles are kept to, as the forms that give roles ask for it: families of services, and a cluster of providers.

use super::roles;
use crate::error::WebError;
use crate::form::Fields;
use domain::access::Held;
use domain::narrowing::OfCluster;
use domain::service::FAMILIES;
use domain::{Narrowing, Organisation};
use serde::Serialize;
use store::Tx;
use store::person::access::Seen;
use store::person::narrowing::clusters;

/// What `person/roles.html` offers to keep roles to.
#[derive(Debug, Serialize)]
pub(super) struct Choices {
    families: Vec<Choice>,
    /// Clusters of a commissioner, none elsewhere.
    clusters: Vec<Choice>,
    /// Whether the organisation is one that has clusters.
    has_clusters: bool,
    /// What the roles are kept to now, for the form to say that it was seen.
    seen: String,
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

/// What roles at an organisation can be kept to: as somebody typed it, otherwise as it is.
pub(super) async fn choices(
    tx: &mut Tx,
    at: &Organisation,
    now: Option<&Narrowing>,
    form: Option<&Fields>,
) -> Result<Choices, WebError> {
    let all = clusters_at(tx, at).await?;
    let family = |name: &'static str| Choice {
        value: name.to_owned(),
        text: name.to_owned(),
        is_chosen: match form {
            Some(form) => form.all("family").any(|chosen| chosen == name),
            None => now.is_some_and(|now| now.families().contains(name)),
        },
    };
    let of_now = now.and_then(Narrowing::cluster).map(|cluster| cluster.id);
    let cluster = |(reference, cluster): (String, OfCluster)| Choice {
        is_chosen: match form {
            Some(form) => form.get("cluster") == reference,
            None => Some(cluster.id) == of_now,
        },
        value: reference,
        text: cluster.name,
    };
    Ok(Choices {
        families: FAMILIES.into_iter().map(family).collect(),
        clusters: all.into_iter().map(cluster).collect(),
        has_clusters: at.kind.commissions(),
        seen: now.map(Narrowing::key).unwrap_or_default(),
    })
}

async fn clusters_at(tx: &mut Tx, at: &Organisation) -> Result<Vec<(String, OfCluster)>, WebError> {
    Ok(if at.kind.commissions() { clusters(tx, at.id).await? } else { Vec::new() })
}

/// The roles that a form gives, and what they are kept to. A family or a cluster that is none makes the form nonsense.
pub(super) async fn held(tx: &mut Tx, at: &Organisation, form: &Fields) -> Result<Held, WebError> {
    let reference = form.get("cluster");
    let cluster = match reference {
        "" => None,
        reference => {
            let all = clusters_at(tx, at).await?;
            let found = all.into_iter().find(|(own, _)| own == reference);
            Some(found.ok_or(WebError::BadRequest)?.1)
        }
    };
    let narrowing =
        Narrowing::new(form.all("family"), cluster).map_err(|_| WebError::BadRequest)?;
    Ok(Held { roles: roles(form, "role")?, narrowing })
}

/// The access that a form says was seen.
pub(super) fn seen(form: &Fields) -> Result<Seen, WebError> {
    Ok(Seen { roles: roles(form, "seen")?, narrowing: form.get("seen_narrowing").to_owned() })
}
