//! The figures that an achievement is worked out from: its own, and for a network the sums of its practices beside them.

use crate::{Result, Tx, network, offer::Participation};
use domain::{
    Field, Figures, OrganisationKind, Period, Service,
    achievement::{Achievement, counted},
    network::{
        Counted, Owed, Share, counted_together, handed_in_by, missing_of_members, nobody, sum,
        sums, waits_for,
    },
    submission::{Missing, missing},
};
use std::{collections::BTreeMap, sync::Arc};

/// Figures with how many indicators are in.
pub(super) struct Together {
    pub(super) figures: Figures,
    /// Where sums come from, in words.
    pub(super) sources: BTreeMap<(String, Field), String>,
    /// What each practice brought to the sums, by ODS code.
    pub(super) members: BTreeMap<String, Figures>,
    pub(super) counted: Counted,
    /// Which practices a network waits for, in words; empty otherwise.
    pub(super) waits: String,
}

/// Puts the sums of the practices beside a network's own figures; the figures of everybody else are what they are.
pub(super) async fn together(
    tx: &mut Tx,
    service: &Service,
    part: &Participation,
    period: Period,
    own: Figures,
) -> Result<Together> {
    let components = &part.components;
    if !sums(service, components) {
        return Ok(alone(counted(service, components, &own), own));
    }
    if part.network.is_some() {
        let theirs = handed_in_by(service, OrganisationKind::Practice);
        return Ok(alone(counted(&theirs, components, &own), own));
    }
    let date = period.end;
    let practices = network::shares(tx, part.provider, part.service, date).await?;
    let figures = sum(service, &own, &practices);
    let waits = if practices.is_empty() {
        nobody(date)
    } else {
        waits_for(&missing_of_members(service, components, &practices))
    };
    Ok(Together {
        sources: sources(&figures, &own, &practices),
        members: members(&figures, &own, &practices),
        counted: counted_together(service, components, &own, &practices),
        figures,
        waits,
    })
}

fn alone((submitted, required): (u32, u32), figures: Figures) -> Together {
    let counted = Counted { submitted, required, awaits: 0 };
    Together {
        figures,
        sources: BTreeMap::new(),
        members: BTreeMap::new(),
        counted,
        waits: String::new(),
    }
}

/// What the page of one achievement shows of its figures.
pub(super) struct View {
    /// The definition with what counts here: for a practice of a network, what it hands in.
    pub(super) service: Arc<Service>,
    /// The contracted components; of a practice that is no longer in a network, all of them.
    pub(super) components: Vec<String>,
    /// What is missing, of a network with the practice before it.
    pub(super) missing: Vec<Missing>,
    /// What practices of a network owe, which is missing too.
    pub(super) owed: Vec<Owed>,
    /// Sums of practices.
    pub(super) sums: Figures,
    /// Where they come from, in words.
    pub(super) source: String,
    pub(super) is_summed: bool,
}

/// The figures of an achievement as its page shows them.
pub(super) async fn view(
    tx: &mut Tx,
    whole: &Arc<Service>,
    part: Option<&Participation>,
    achievement: &Achievement,
    own: &Figures,
) -> Result<View> {
    let all = || whole.components.iter().map(|own| own.code.clone()).collect();
    let components = match part {
        Some(part) => part.components.clone(),
        None if achievement.is_part => all(),
        None => Vec::new(),
    };
    let plain = |service: Arc<Service>| View {
        components: components.clone(),
        missing: missing(&service, &components, own),
        owed: Vec::new(),
        service,
        sums: Figures::new(),
        source: String::new(),
        is_summed: false,
    };
    if achievement.is_part {
        return Ok(plain(Arc::new(handed_in_by(whole, OrganisationKind::Practice))));
    }
    let Some(part) = part.filter(|part| sums(whole, &part.components)) else {
        return Ok(plain(whole.clone()));
    };
    let date = achievement.period.end;
    let practices = network::shares(tx, part.provider, part.service, date).await?;
    let of_network = handed_in_by(whole, OrganisationKind::Pcn);
    let mut absent = missing(&of_network, &components, own);
    let owed = missing_of_members(whole, &components, &practices);
    for one in &owed {
        let named = |own: &Missing| Missing {
            label: format!("{}: {}", one.name, own.label),
            ..own.clone()
        };
        absent.extend(one.missing.iter().map(named));
    }
    Ok(View {
        service: whole.clone(),
        components,
        missing: absent,
        owed,
        sums: sum(whole, &Figures::new(), &practices),
        source: in_words(practices.len()),
        is_summed: true,
    })
}

/// What each practice brought to the figures that are sums.
fn members(figures: &Figures, own: &Figures, practices: &[Share]) -> BTreeMap<String, Figures> {
    let is_summed = |key: &(String, Field)| figures.contains_key(key) && !own.contains_key(key);
    let brought = |share: &Share| {
        let summed = share.figures.iter().filter(|(key, _)| is_summed(key));
        summed.map(|(key, value)| (key.clone(), *value)).collect()
    };
    practices.iter().map(|share| (share.code.clone(), brought(share))).collect()
}

/// "Sum of 2 practices" for every figure that is not the network's own.
fn sources(
    figures: &Figures,
    own: &Figures,
    practices: &[Share],
) -> BTreeMap<(String, Field), String> {
    let words = in_words(practices.len());
    let summed = figures.keys().filter(|key| !own.contains_key(*key));
    summed.map(|key| (key.clone(), words.clone())).collect()
}

/// Where a sum comes from: "Sum of 2 practices".
fn in_words(practices: usize) -> String {
    let plural = if practices == 1 { "practice" } else { "practices" };
    format!("Sum of {practices} {plural}")
}
