//! Finds out where the rows of a file belong: which service, achievement date and provider, and which submission.

use crate::{
    Result, Tx,
    offer::{Participation, taking_part},
    organisation,
    service::{self, Published},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, Field, Figures, Now, OrganisationId, Period, Service, ServiceId,
    achievement::period_ending,
    calendar::{london_instant, long_date},
    extract::{Brought, ExtractRow, Problem, Reader},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A service and achievement date that a file has rows for.
pub(super) struct Placed {
    pub(super) id: ServiceId,
    pub(super) service: Arc<Service>,
    pub(super) period: Period,
}

/// What a file brings for one provider, service and achievement date.
pub(super) struct Bundle<'a> {
    pub(super) part: Participation,
    /// Superseded ones first, then by time.
    pub(super) submissions: Vec<Bundled<'a>>,
}

/// Rows that one account submitted at one moment.
pub(super) struct Bundled<'a> {
    pub(super) by: Actor,
    pub(super) at: DateTime<Utc>,
    pub(super) is_in_force: bool,
    pub(super) figures: BTreeMap<(String, Field), Brought<'a>>,
}

impl Bundled<'_> {
    pub(super) fn values(&self) -> Figures {
        self.figures.iter().map(|(key, figure)| (key.clone(), figure.value)).collect()
    }
}

/// Rows by service and achievement date, then by organisation.
type Sorted<'a> = BTreeMap<&'a str, BTreeMap<NaiveDate, BTreeMap<&'a str, Vec<&'a ExtractRow>>>>;

/// Every bundle of the file, and every row that belongs nowhere.
pub(super) async fn place<'a>(
    tx: &mut Tx,
    rows: &'a [ExtractRow],
    now: &Now,
) -> Result<(Vec<(Placed, Vec<Bundle<'a>>)>, Vec<Problem>)> {
    let mut sorted = Sorted::new();
    for row in rows {
        let dates = sorted.entry(&row.service).or_default();
        let organisations = dates.entry(row.achievement_date).or_default();
        organisations.entry(&row.organisation).or_default().push(row);
    }
    let codes = organisation::codes(tx).await?;
    let mut placed = Vec::new();
    let mut problems = Vec::new();
    for (code, dates) in sorted {
        let Some(published) = service::find_by_code(tx, code).await? else {
            let all = dates.values().flat_map(BTreeMap::values).flatten();
            problems.extend(all.map(|row| {
                Problem::new(row.line, "QUALITY_SERVICE", code, "the code of a published service")
            }));
            continue;
        };
        let parts = taking_part(tx, published.id).await?;
        let mut reader = Reader::new(&published.service);
        for (date, organisations) in dates {
            let period = match period(&published.service, date, now) {
                Ok(period) => period,
                Err(allowed) => {
                    let all = organisations.values().flatten();
                    problems.extend(all.map(|row| wrong_date(row, &allowed)));
                    continue;
                }
            };
            let known = (&codes, &parts);
            let bundles = bundles(organisations, known, &mut reader, &published, &mut problems);
            let service = published.service.clone();
            placed.push((Placed { id: published.id, service, period }, bundles));
        }
    }
    Ok((placed, problems))
}

/// What the rows of each organisation bring; rows that belong nowhere join the problems.
fn bundles<'a>(
    organisations: BTreeMap<&str, Vec<&'a ExtractRow>>,
    (codes, parts): (&HashMap<String, OrganisationId>, &BTreeMap<OrganisationId, Participation>),
    reader: &mut Reader,
    published: &Published,
    problems: &mut Vec<Problem>,
) -> Vec<Bundle<'a>> {
    let mut bundles = Vec::with_capacity(organisations.len());
    for (organisation, rows) in organisations {
        match part(organisation, codes, parts, &published.service) {
            Ok(part) => match bundle(part, reader, &rows) {
                Ok(bundle) => bundles.push(bundle),
                Err(wrong) => problems.extend(wrong),
            },
            Err(allowed) => problems.extend(
                rows.iter().map(|row| Problem::new(row.line, "ORG_CODE", organisation, &*allowed)),
            ),
        }
    }
    bundles
}

fn wrong_date(row: &ExtractRow, allowed: &str) -> Problem {
    let found = row.achievement_date.format("%Y%m%d").to_string();
    Problem::new(row.line, "ACH_DATE", &found, allowed)
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
    service: &Service,
) -> Result<Participation, String> {
    let id = codes.get(organisation).ok_or("the ODS code of a known organisation")?;
    parts
        .get(id)
        .cloned()
        .ok_or_else(|| format!("an organisation that has accepted an offer of {}", service.code))
}

/// The submissions among the rows of one provider; otherwise every row that cannot be used.
fn bundle<'a>(
    part: Participation,
    reader: &mut Reader,
    rows: &[&'a ExtractRow],
) -> Result<Bundle<'a>, Vec<Problem>> {
    let in_force = rows.iter().copied().filter(|row| row.last_submission);
    // Together, because a register may stand with every indicator, whoever submitted it.
    let mut problems = reader.figures(in_force).err().unwrap_or_default();
    let mut groups: BTreeMap<(bool, DateTime<Utc>, &str), Vec<&'a ExtractRow>> = BTreeMap::new();
    for row in rows {
        let key =
            (row.last_submission, london_instant(row.submitted_at), row.submitted_by.as_str());
        groups.entry(key).or_default().push(row);
    }
    let mut submissions = Vec::with_capacity(groups.len());
    for ((is_in_force, at, by), rows) in groups {
        match reader.figures(rows) {
            // Information that no sum uses makes no submission.
            Ok(figures) if figures.is_empty() => {}
            Ok(figures) => {
                submissions.push(Bundled { by: Actor::system(by), at, is_in_force, figures });
            }
            Err(wrong) => problems.extend(wrong),
        }
    }
    problems.sort_by(|one, other| (one.row, &one.column).cmp(&(other.row, &other.column)));
    problems.dedup();
    if problems.is_empty() { Ok(Bundle { part, submissions }) } else { Err(problems) }
}
