//! A forecast: what the counts of today would come to, and what a few more patients would bring.

use super::other;
use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::calculation::{Forecast, Gain};
use domain::{AchievementId, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;

/// What `achievement/forecast.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    id: String,
    provider: String,
    service: String,
    period: String,
    /// Why nothing can be said; empty otherwise.
    because: String,
    points: Option<String>,
    amount: Option<Pence>,
    not_in: Vec<String>,
    rows: Vec<Row>,
    sees_money: bool,
}

/// What more of one indicator would bring.
#[derive(Debug, Serialize)]
struct Row {
    indicator: String,
    name: String,
    more: String,
    points: Option<String>,
    amount: Pence,
}

impl Row {
    fn of(gain: Gain) -> Self {
        let more = match gain.more {
            1 => format!("1 {}", gain.unit),
            fewer if fewer < 0 => format!("{} {} fewer", -fewer, gain.unit),
            more => format!("{more} {} more", gain.unit),
        };
        Self {
            indicator: gain.indicator,
            name: gain.name,
            more,
            points: gain.points.map(|points| points.to_short(6)),
            amount: gain.amount,
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let id: AchievementId = id.parse().map_err(|_| WebError::NotFound)?;
    let by = &visitor.actor;
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let detail = store::achievement::find(&mut tx, id, by, &now).await.map_err(other)?;
    let forecast = store::achievement::forecast(&mut tx, id, by).await.map_err(other)?;
    drop(tx);
    let mut show = Show {
        id: id.to_string(),
        provider: format!("{} ({})", detail.provider.name, detail.provider.code),
        service: detail.service.name.clone(),
        period: detail.achievement.period.to_string(),
        because: String::new(),
        points: None,
        amount: None,
        not_in: Vec::new(),
        rows: Vec::new(),
        sees_money: by.sees_money(),
    };
    match forecast {
        Ok(forecast) => show.fill(forecast),
        Err(because) => show.because = because.to_string(),
    }
    Page::new("achievement/forecast.html", show).respond(&web, &visitor.shell)
}

impl Show {
    fn fill(&mut self, forecast: Forecast) {
        self.points = forecast.now.points.map(|points| points.to_short(2));
        self.amount = Some(forecast.now.amount).filter(|_| self.sees_money);
        self.not_in = forecast.not_in.into_iter().map(|missing| missing.label).collect();
        self.rows = forecast.gains.into_iter().map(Row::of).collect();
    }
}
