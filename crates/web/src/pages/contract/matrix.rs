//! Who has answered what: providers by services of a year, each answer a link to its offer.

use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::FinancialYear;
use domain::status::Status;
use serde::Serialize;
use std::sync::Arc;
use store::offer::{Line, Matrix};

const PATH: &str = "/contracts/answers";

/// What `contract/matrix.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    years: Vec<Year>,
    year: String,
    services: Vec<Service>,
    rows: Vec<Row>,
    paging: Paging,
    clear: String,
    is_filtered: bool,
}

#[derive(Debug, Serialize)]
struct Year {
    value: String,
    text: String,
    is_chosen: bool,
}

#[derive(Debug, Serialize)]
struct Service {
    code: String,
    name: String,
}

/// One provider.
#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    /// One for each service; none where it was not offered.
    cells: Vec<Option<Cell>>,
}

/// One answer.
#[derive(Debug, Serialize)]
struct Cell {
    offer: String,
    status: &'static Status,
}

impl Row {
    fn of(line: &Line, matrix: &Matrix, today: NaiveDate) -> Self {
        let cell = |offer: &domain::offer::Offer| Cell {
            offer: offer.id.to_string(),
            status: offer.status(today),
        };
        Self {
            code: line.code.clone(),
            name: line.name.clone(),
            cells: matrix.services.iter().map(|own| line.offers.get(&own.id).map(cell)).collect(),
        }
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, today) = (&visitor.actor, (web.clock)().today);
    let mut tx = web.db.read().await?;
    let years = store::offer::years(&mut tx, by).await?;
    let asked = query.get("year").parse().ok().map(FinancialYear);
    let year = asked.filter(|year| years.contains(year)).or(years.first().copied());
    let provider = query.get("provider");
    let (mut matrix, mut total) = (Matrix { services: Vec::new(), providers: Vec::new() }, 0);
    if let Some(year) = year {
        total = store::offer::providers(&mut tx, year, provider, by).await?;
        let page = (Paging::new(PATH, &query, total, Paging::SIZE).skip(), Paging::SIZE);
        matrix = store::offer::matrix(&mut tx, year, provider, page, by).await?;
    }
    drop(tx);
    let show = Show {
        year: year.map_or_else(String::new, |year| year.to_string()),
        years: years
            .into_iter()
            .map(|own| Year {
                value: own.0.to_string(),
                text: own.to_string(),
                is_chosen: Some(own) == year,
            })
            .collect(),
        rows: matrix.providers.iter().map(|line| Row::of(line, &matrix, today)).collect(),
        services: matrix
            .services
            .into_iter()
            .map(|own| Service { code: own.code, name: own.name })
            .collect(),
        paging: Paging::new(PATH, &query, total, Paging::SIZE),
        clear: format!("{PATH}?{}", query.without("provider").without("page").query_string()),
        is_filtered: !provider.is_empty(),
    };
    Page::new("contract/matrix.html", show).form(query).respond(&web, &visitor.shell)
}
