//! The form that asks for an adjustment of one achievement.

use super::{address, pounds};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::adjustment::{Asked, CannotAdjust, Kind, Typed, WHOLE_PAYMENT};
use domain::{AchievementId, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::adjustment::{Form, Pointed};
use store::{Failed, StoreError};

/// What `adjustment/form.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    achievement: String,
    address: String,
    provider: String,
    service: String,
    period: String,
    /// The payment now.
    amount: String,
    indicators: Vec<Choice>,
    kinds: Vec<Choice>,
    pointed: Vec<PointedRow>,
    /// Whether an earlier year has points to pay instead.
    has_earlier: bool,
}

/// One choice of the form.
#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    text: String,
}

/// The points of one indicator, now and in an earlier year.
#[derive(Debug, Serialize)]
struct PointedRow {
    code: String,
    now: String,
    available: String,
    earlier: Option<EarlierPoints>,
}

/// Points of an earlier year, with the address that fills the form with them.
#[derive(Debug, Serialize)]
struct EarlierPoints {
    points: String,
    service: String,
    href: String,
}

impl PointedRow {
    fn of(own: &Pointed, address: &str) -> Self {
        Self {
            code: own.code.clone(),
            now: own.now.as_ref().map_or_else(String::new, |points| points.to_short(6)),
            available: own.available.to_short(6),
            earlier: own.earlier.as_ref().map(|earlier| {
                let points = earlier.points.to_short(6);
                let filled = Fields::from_iter([
                    ("indicator", own.code.as_str()),
                    ("kind", Kind::Instead.key()),
                    ("number", points.as_str()),
                ]);
                EarlierPoints {
                    href: format!("{address}?{}", filled.query_string()),
                    service: earlier.service.clone(),
                    points,
                }
            }),
        }
    }
}

impl Show {
    fn of(id: AchievementId, form: &Form) -> Self {
        let (achievement, address) =
            (format!("/achievement/{id}"), format!("/achievement/{id}/adjust"));
        let choice = |value: &str, text: String| Choice { value: value.to_owned(), text };
        let mut indicators = vec![
            choice("", "Select an indicator or the whole payment".into()),
            choice(WHOLE_PAYMENT, "The whole payment".into()),
        ];
        indicators.extend(
            form.service
                .included(&form.components)
                .map(|own| choice(&own.code, format!("{} {}", own.code, own.name))),
        );
        let kinds = Kind::ALL.iter().map(|kind| choice(kind.key(), kind.words().into()));
        let pointed: Vec<PointedRow> =
            form.pointed.iter().map(|own| PointedRow::of(own, &address)).collect();
        Self {
            provider: format!("{} ({})", form.provider.name, form.provider.code),
            service: form.service.name.clone(),
            period: form.period.to_string(),
            amount: pounds(form.amount),
            kinds: kinds
                .filter(|kind| !pointed.is_empty() || kind.value.starts_with("pounds"))
                .collect(),
            has_earlier: pointed.iter().any(|own| own.earlier.is_some()),
            achievement,
            address,
            indicators,
            pointed,
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, WebError> {
    let id = id.parse().map_err(|_| WebError::NotFound)?;
    form(&web, &visitor, id, query, Errors::new()).await
}

/// The form with what was typed, or the reason why there is none.
async fn form(
    web: &Web,
    visitor: &Visitor,
    id: AchievementId,
    typed: Fields,
    errors: Errors,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::Adjust).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::adjustment::form(&mut tx, id, &visitor.actor).await;
    drop(tx);
    match found {
        Ok(found) => {
            let page = Page::new("adjustment/form.html", Show::of(id, &found));
            page.form(typed).errors(errors).respond(web, &visitor.shell)
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
        Err(Failed::Refused(why)) => closed(web, visitor, id, &why),
    }
}

/// What `adjustment/closed.html` sees.
#[derive(Debug, Serialize)]
struct Closed {
    why: String,
    achievement: String,
}

/// The page of an achievement that cannot be adjusted now.
fn closed(
    web: &Web,
    visitor: &Visitor,
    id: AchievementId,
    why: &CannotAdjust,
) -> Result<Response, WebError> {
    let closed = Closed { why: why.to_string(), achievement: format!("/achievement/{id}") };
    let page = Page::new("adjustment/closed.html", closed).status(StatusCode::CONFLICT);
    page.respond(web, &visitor.shell)
}

/// Asks for what was typed.
pub(super) async fn ask(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let id: AchievementId = id.parse().map_err(|_| WebError::NotFound)?;
    let typed = Typed {
        indicator: fields.get("indicator"),
        kind: fields.get("kind"),
        number: fields.get("number"),
        reason: fields.get("reason"),
        evidence: fields.get("evidence"),
    };
    let asked = store::adjustment::ask(&web.db, id, &typed, &visitor.actor, &(web.clock)()).await;
    match asked {
        Ok(asked) => Ok(Flash::success(
            "You asked for this adjustment. Another person must agree before the payment changes.",
        )
        .redirect(&address(asked))),
        Err(Failed::Refused(CannotAdjust::Typed(wrong))) => {
            let mut errors = Errors::new();
            for own in wrong {
                errors.add(field(own.field), own.message);
            }
            form(&web, &visitor, id, fields.clone(), errors).await
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            Err(visitor.forbidden(&web, Permission::Adjust, &why).await)
        }
        Err(Failed::Refused(why)) => closed(&web, &visitor, id, &why),
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: format!("/achievement/{id}") })
        }
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

fn field(asked: Asked) -> &'static str {
    match asked {
        Asked::Indicator => "indicator",
        Asked::Kind => "kind",
        Asked::Number => "number",
        Asked::Reason => "reason",
        Asked::Evidence => "evidence",
    }
}
