//! The indicators that a provider declares by themselves before the whole: their figures, who declared each, and the form.

use super::row::Taken;
use super::{one, seen_in};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::pages::achievement::{Figure, other};
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::calculation::Line;
use domain::declaration::{CannotDeclare, SubjectToDeclare};
use domain::{Now, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::achievement::Detail;
use store::declaration::Listed;
use store::{Failed, StoreError, Tx};

/// What `declaration/indicators.html` sees.
#[derive(Debug, Serialize)]
pub(super) struct ByItself {
    rows: Vec<Row>,
    /// How many nobody has declared.
    left: usize,
    /// Whether this person can declare those.
    can: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    figures: Vec<Figure>,
    /// What the calculation says it earns, line by line.
    earned: Vec<String>,
    declared: Option<Taken>,
}

impl Row {
    fn of(own: &SubjectToDeclare, detail: &Detail) -> Self {
        let code = &own.indicator;
        let figures = detail.figures.iter().filter(|figure| figure.indicator == *code);
        let lines = detail.calculation.iter().flat_map(|one| &one.result.lines);
        Self {
            name: detail.service.indicator(code).map_or_else(String::new, |one| one.name.clone()),
            figures: figures.map(Figure::from).collect(),
            earned: lines
                .filter(|line| line.indicator.as_ref() == Some(code))
                .filter_map(earned)
                .collect(),
            declared: own.declared.as_ref().map(Taken::from),
            code: code.clone(),
        }
    }
}

/// "11 points", "£40.00", or both; nothing of a line that gives neither.
fn earned(line: &Line) -> Option<String> {
    let points = line.points.as_ref().map(|points| format!("{points} points"));
    let amount = Some(line.amount.clone()).filter(|amount| !amount.is_empty());
    let parts: Vec<String> = points.into_iter().chain(amount).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

impl ByItself {
    /// Of a declaration; nothing where its definition asks for none.
    pub(super) async fn of(
        tx: &mut Tx,
        listed: &Listed,
        visitor: &Visitor,
        now: &Now,
    ) -> Result<Option<Self>, WebError> {
        let about = &listed.declaration;
        let left = about.indicators_left();
        let Some(first) = about.indicators.first() else { return Ok(None) };
        let detail = store::achievement::find(tx, about.achievement, &visitor.actor, now).await;
        let detail = detail.map_err(other)?;
        // Whichever is first: the rules ask the same of each.
        let codes = [left.first().unwrap_or(&first.indicator).clone()];
        let could = about.declare_indicators(&codes, about.calculation, &visitor.actor, now);
        let rows = about.indicators.iter().map(|own| Row::of(own, &detail)).collect();
        let can = could.is_ok() && listed.held.is_none();
        Ok(Some(Self { rows, left: left.len(), can }))
    }
}

/// "Declare selected indicators".
pub(super) async fn declare(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    form: Fields,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let seen = seen_in(&form)?.remove(&reference).ok_or(WebError::BadRequest)?;
    let codes: Vec<String> = form.all("indicator").map(str::to_owned).collect();
    let result = store::declaration::declare_indicators(&web.db, &seen, &codes, by, &now).await;
    let (why, status) = match result {
        Ok(after) => {
            let said = match after.indicators_left().len() {
                0 => "All indicators are declared. You can now declare the achievement.".to_owned(),
                1 => "Declared. 1 indicator is left.".to_owned(),
                left => format!("Declared. {left} indicators are left."),
            };
            let to = format!("/declarations/{reference}");
            return Ok(Flash::success(said).redirect(&to));
        }
        Err(Failed::Refused(why)) if why.is_forbidden() => {
            return Err(visitor.forbidden(&web, Permission::Declare, &why).await);
        }
        Err(Failed::Refused(CannotDeclare::NotByItself(..))) => return Err(WebError::BadRequest),
        Err(Failed::Refused(why @ CannotDeclare::NoIndicator)) => {
            (why.to_string(), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Failed::Refused(why)) => (why.to_string(), StatusCode::CONFLICT),
        Err(Failed::Other(StoreError::Stale)) => {
            (CannotDeclare::FiguresChanged.to_string(), StatusCode::CONFLICT)
        }
        Err(Failed::Other(fault)) => return Err(fault.into()),
    };
    let errors = Errors::one("indicator", why);
    one(&web, &visitor, &reference, (errors, status), &visitor.shell).await
}
