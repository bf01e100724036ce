//! Times of payment files: by when one must reach the payer each month, and after how many working days its answer is chased.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::offer::{Instead, seen};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{NaiveTime, Timelike};
use domain::payment::timing::{CannotSetTiming, Reach, Timing};
use domain::{OrganisationKind, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::{Failed, StoreError};

const PATH: &str = "/payments/timing";

/// What `payment/timing.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// The version that is seen with a change.
    version: String,
    /// What the times come to now; empty where none is set.
    sentence: String,
    /// Why the visitor cannot change them, and who can.
    not_allowed: Option<Instead>,
}

/// By when the next file must reach the payer, for the list of files; empty where nobody has said, and at a region, which
/// pays nothing itself.
pub(super) async fn sentence(
    tx: &mut store::Tx,
    ready: i64,
    visitor: &Visitor,
) -> Result<String, WebError> {
    if visitor.organisation().kind == OrganisationKind::Region {
        return Ok(String::new());
    }
    let setting = store::payment::timing::setting(tx, &visitor.actor).await?;
    let Some(reach) = setting.timing.reach else { return Ok(String::new()) };
    let holidays = store::calendar::bank_holidays(tx).await?;
    Ok(reach.sentence(ready, &visitor.now, &holidays))
}

/// The page as anybody who sees payments opens it.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    page(&web, &visitor, None, Errors::new()).await
}

async fn page(
    web: &Web,
    visitor: &Visitor,
    typed: Option<Fields>,
    errors: Errors,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::SeePayments).await?;
    if visitor.organisation().kind == OrganisationKind::Region {
        let why = CannotSetTiming::NotPaying.to_string();
        return Err(WebError::Forbidden { why, who: String::new() });
    }
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let setting = store::payment::timing::setting(&mut tx, &visitor.actor).await?;
    let sentence = sentence(&mut tx, 0, visitor).await?;
    drop(tx);
    let version = setting.version.to_string();
    let version = typed.as_ref().map_or(version, |typed| typed.get("version").to_owned());
    let form = typed.unwrap_or_else(|| filled(setting.timing));
    let not_allowed = Instead::of(web, visitor, Permission::MakePayments).await?;
    let show = Show { version, sentence, not_allowed };
    Page::new("payment/timing.html", show).form(form).errors(errors).respond(web, &visitor.shell)
}

/// The boxes as the times are now; 3pm where none is set.
fn filled(timing: Timing) -> Fields {
    let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    let until = timing.reach.map_or("15:00".to_owned(), |reach| {
        format!("{}:{:02}", reach.until.hour(), reach.until.minute())
    });
    Fields::from_iter([
        ("working-day", &*number(timing.reach.map(|reach| reach.working_day))),
        ("until", &*until),
        ("chase-after", &*number(timing.chase_after)),
    ])
}

/// What was typed; a text that is no number or no time is an error of its box.
fn read(form: &Fields, errors: &mut Errors) -> Timing {
    let mut number = |name: &str, what: &str| {
        let text = form.get(name).trim();
        let read = text.parse::<u32>().ok();
        if read.is_none() && !text.is_empty() {
            errors.add(name, format!("{what} must be a whole number, like 9"));
        }
        read
    };
    let working_day = number("working-day", "The working day");
    let chase_after = number("chase-after", "The working days");
    let until = time(form.get("until"));
    if until.is_none() {
        errors.add("until", "The time must be hours and minutes, like 15:00 or 3pm");
    }
    let reach = working_day.zip(until).map(|(working_day, until)| Reach { working_day, until });
    Timing { reach, chase_after }
}

/// `15:00`, `15.00`, `3pm`, `3:30 pm`.
fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().to_lowercase().replace('.', ":").replace(' ', "");
    let (clock, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(clock), _) => (clock.to_owned(), Some(0)),
        (_, Some(clock)) => (clock.to_owned(), Some(12)),
        _ => (text, None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((_, minute)) if minute.len() != 2 => return None,
        Some((hour, minute)) => (hour, minute),
        None if half.is_some() => (&*clock, "0"),
        None => return None,
    };
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

/// Saves what was typed.
pub(super) async fn change(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(&web, Permission::MakePayments).await?;
    let mut errors = Errors::new();
    let timing = read(&form, &mut errors);
    if !errors.is_empty() {
        return page(&web, &visitor, Some(form), errors).await;
    }
    let (by, now) = (&visitor.actor, &visitor.now);
    match store::payment::timing::change(&web.db, seen(&form)?, timing, by, now).await {
        Ok(_) => Ok(Flash::success("Times of payment files changed.").redirect(PATH)),
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::MakePayments, &why).await)
        }
        Err(Failed::Refused(why)) => {
            let field = match why {
                CannotSetTiming::ChaseAfter => "chase-after",
                _ => "working-day",
            };
            page(&web, &visitor, Some(form), Errors::one(field, why.to_string())).await
        }
        Err(Failed::Other(StoreError::Stale)) => Err(WebError::Stale { see: PATH.into() }),
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_type_it() {
        for (text, read) in [
            ("15:00", Some((15, 0))),
            (" 9:05 ", Some((9, 5))),
            ("15.30", Some((15, 30))),
            ("3pm", Some((15, 0))),
            ("3:30 PM", Some((15, 30))),
            ("12am", Some((0, 0))),
            ("12pm", Some((12, 0))),
            ("0:00", Some((0, 0))),
            ("15", None),
            ("24:00", None),
            ("15:5", None),
            ("13pm", None),
            ("noon", None),
            ("", None),
        ] {
            let expected = read.and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
            assert_eq!(time(text), expected, "{text}");
        }
    }
}
