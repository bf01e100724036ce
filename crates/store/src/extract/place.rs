//! Finds out where the rows of a file belong: which service, achievement date and provider, and which submission.

use crate::{
    Result, Tx,
    offer::{Participation, members_taking_part, taking_part},
    organisation, service,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Field, Figures, Now, OrganisationId, Period, Service, ServiceId,
    achievement::period_ending,
    calendar::long_date,
    extract::{Brought, Extract, ExtractRow, Name, Problem, Problems, Reader},
    network,
    service::ProviderKind,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A service and achievement date that a file has rows for.
pub(super) struct Placed<'a> {
    pub(super) id: ServiceId,
    pub(super) service: Arc<Service>,
    pub(super) period: Period,
    /// The rows of each provider, in the order of their identifiers, which is the order of the indexes.
    pub(super) providers: Vec<(Participation, &'a [ExtractRow])>,
}

/// What a file brings for one provider, service and achievement date.
pub(super) struct Bundle {
    pub(super) part: Participation,
    /// Superseded ones first, then by time.
    pub(super) submissions: Vec<Bundled>,
}

/// Rows that one account submitted at one moment.
pub(super) struct Bundled {
    pub(super) by: Actor,
    pub(super) at: DateTime<Utc>,
    pub(super) is_in_force: bool,
    pub(super) figures: BTreeMap<(String, Field), Brought>,
}

impl Bundled {
    pub(super) fn values(&self) -> Figures {
        self.figures.iter().map(|(key, figure)| (key.clone(), figure.value)).collect()
    }
}

/// Where the rows of the file belong, and every row that belongs nowhere.
pub(super) async fn place<'a>(
    tx: &mut Tx,
    extract: &'a Extract,
    now: &Now,
) -> Result<(Vec<Placed<'a>>, Problems)> {
    let codes = organisation::codes(tx).await?;
    let groups: Vec<&[ExtractRow]> = extract.groups().collect();
    let mut all = Vec::new();
    let mut problems = Problems::default();
    for of_service in groups.chunk_by(|one, other| one[0].service == other[0].service) {
        let code = extract.text(of_service[0][0].service);
        let Some(published) = service::find_by_code(tx, code).await? else {
            let column = extract.layout.service_column();
            let allowed = "the code of a published service";
            let wrong = |row: &ExtractRow| Problem::new(row.line.into(), column, code, allowed);
            problems.extend(of_service.iter().copied().flatten().map(wrong));
            continue;
        };
        let mut parts = taking_part(tx, published.id).await?;
        let same_date = |one: &&[ExtractRow], other: &&[ExtractRow]| date(one) == date(other);
        for of_date in of_service.chunk_by(same_date) {
            // The version of the definition that counts for the date.
            let on = date(of_date[0]);
            let service = service::at(tx, published.id, on).await?;
            let period = match period(&service, on, now) {
                Ok(period) => period,
                Err(allowed) => {
                    let rows = of_date.iter().copied().flatten();
                    problems.extend(rows.map(|row| wrong_date(row, &allowed)));
                    continue;
                }
            };
            if service.provider == ProviderKind::Network {
                // Whose practices they are depends on the date.
                parts.retain(|_, part| part.network.is_none());
                parts.extend(members_taking_part(tx, (published.id, &service), on).await?);
            }
            let mut placed = Placed {
                id: published.id,
                service,
                period,
                providers: Vec::with_capacity(of_date.len()),
            };
            for rows in of_date {
                let organisation = extract.text(rows[0].organisation);
                match part(organisation, &codes, &parts, (&placed.service, on)) {
                    Ok(part) => placed.providers.push((part, rows)),
                    Err(allowed) => problems.extend(rows.iter().map(|row| {
                        Problem::new(row.line.into(), "ORG_CODE", organisation, &*allowed)
                    })),
                }
            }
            placed.providers.sort_by_key(|(part, _)| part.provider);
            all.push(placed);
        }
    }
    Ok((all, problems))
}

/// Figures of a network service that another level hands in: a network brings no figures of its practices.
pub(super) fn of_another_level(bundle: &Bundle, service: &Service) -> Vec<Problem> {
    let is_member = bundle.part.network.is_some();
    let figures = bundle.submissions.iter().flat_map(|own| &own.figures);
    figures
        .filter_map(|((code, _), figure)| {
            let allowed = network::of_another_level(service, code, is_member)?;
            Some(Problem::new(figure.line.into(), "IND_CODE", code, allowed))
        })
        .collect()
}

fn date(rows: &[ExtractRow]) -> NaiveDate {
    rows[0].achievement_date
}

fn wrong_date(row: &ExtractRow, allowed: &str) -> Problem {
    let found = row.achievement_date.format("%Y%m%d").to_string();
    Problem::new(row.line.into(), "ACH_DATE", &found, allowed)
}

/// The period that a date ends; otherwise the dates that are allowed.
fn period(service: &Service, date: NaiveDate, now: &Now) -> Result<Period, String> {
    match period_ending(service, date) {
        Ok(period) if period.start <= now.today => Ok(period),
        Ok(period) => Err(format!(
            "an achievement date of a period that has begun; this one begins on {}",
            long_date(period.start)
        )),
        Err(_) => {
            let periods = service.periods();
            let dates: Vec<String> =
                periods.iter().map(|period| period.end.format("%Y%m%d").to_string()).collect();
            Err(if dates.is_empty() {
                format!("no date: {} is participation only", service.code)
            } else {
                format!("an achievement date of {}: {}", service.code, dates.join(", "))
            })
        }
    }
}

fn part(
    organisation: &str,
    codes: &HashMap<String, OrganisationId>,
    parts: &BTreeMap<OrganisationId, Participation>,
    (service, on): (&Service, NaiveDate),
) -> Result<Participation, String> {
    let id = codes.get(organisation).ok_or("the ODS code of a known organisation")?;
    match parts.get(id) {
        Some(part) if part.covers(on) => Ok(part.clone()),
        Some(part) => {
            let (code, until) = (&service.code, part.until);
            Err(format!(
                "an organisation that takes part in {code} on {on}; this one did until {until}"
            ))
        }
        None => Err(format!("an organisation that has accepted an offer of {}", service.code)),
    }
}

/// The submissions among the rows of one provider; otherwise every row that cannot be used.
pub(super) fn bundle(
    part: Participation,
    extract: &Extract,
    reader: &mut Reader,
    rows: &[ExtractRow],
) -> Result<Bundle, Vec<Problem>> {
    let key = |row: &ExtractRow| (row.last_submission, row.submitted_at, row.submitted_by);
    let mut groups: BTreeMap<(bool, DateTime<Utc>, Name), Vec<&ExtractRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    let mut problems = Vec::new();
    if groups.keys().filter(|(is_in_force, ..)| *is_in_force).count() > 1 {
        // Together, because a register may stand with every indicator, whoever submitted it.
        let in_force = rows.iter().filter(|row| row.last_submission);
        problems = reader.figures(in_force).err().unwrap_or_default();
    }
    let mut submissions = Vec::with_capacity(groups.len());
    for ((is_in_force, at, by), rows) in groups {
        match reader.figures(rows) {
            // Information that no sum uses makes no submission.
            Ok(figures) if figures.is_empty() => {}
            Ok(figures) => {
                let by = Actor::system(extract.text(by));
                submissions.push(Bundled { by, at, is_in_force, figures });
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    problems.sort_by(|one, other| (one.row, &one.column).cmp(&(other.row, &other.column)));
    problems.dedup();
    if problems.is_empty() { Ok(Bundle { part, submissions }) } else { Err(problems) }
}
