//! A provider's own payments: what is on its way, and each payment with what became of it.

use super::super::declaration::{Credit, Row};
use crate::Web;
use crate::error::WebError;
use crate::form::Fields;
use crate::page::{Page, Paging};
use crate::pages::correction::{self, CorrectionRow};
use crate::pages::hold::Banner;
use crate::session::Visitor;
use axum::response::Response;
use domain::declaration::How;
use domain::{Pence, Permission};
use serde::Serialize;
use store::declaration::Listed;

/// More declarations than any provider has on their way at once; the page shows them all.
const ON_ITS_WAY_AT_MOST: i64 = 500;

/// What `payment/provider.html` sees.
#[derive(Debug, Serialize)]
struct Received {
    organisation: String,
    holds: Banner,
    /// Declared and in no file yet.
    on_its_way: Vec<Row>,
    on_its_way_total: i64,
    on_its_way_amount: Option<Pence>,
    /// What is being taken back.
    recoveries: Vec<CorrectionRow>,
    /// In payment files.
    rows: Vec<Row>,
    paging: Paging,
    amount: Option<Pence>,
    /// What corrections in payment files come to; none where there are none.
    corrections: Option<Pence>,
    /// What came with the bank reference that was looked for.
    credit: Option<Credit>,
}

pub(super) async fn received(
    web: &Web,
    visitor: &Visitor,
    query: &Fields,
) -> Result<Response, WebError> {
    visitor.must(web, Permission::SeeAchievement).await?;
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let size = Paging::SIZE;
    let total = store::payment::in_files(&mut tx, (0, 0), &visitor.actor).await?.total;
    let paging = Paging::new("/payments", query, total, size);
    let found = store::payment::in_files(&mut tx, (paging.skip(), size), &visitor.actor).await?;
    let all = (0, ON_ITS_WAY_AT_MOST);
    let corrections = store::payment::corrections_in_files(&mut tx, &visitor.actor).await?;
    let on_its_way = store::payment::on_its_way(&mut tx, all, &visitor.actor).await?;
    let credit = match query.get("bank") {
        "" => None,
        bank_reference => Some(Credit::search(&mut tx, bank_reference, visitor).await?),
    };
    let holds = Banner::all(&mut tx, visitor).await?;
    let now = (web.clock)();
    let recoveries = correction::under_way(&mut tx, visitor, &now).await?;
    let rows =
        |rows: &[Listed]| rows.iter().map(|row| Row::of(row, How::InList, visitor, &now)).collect();
    let received = Received {
        organisation: visitor.organisation().name.clone(),
        holds,
        on_its_way: rows(&on_its_way.rows),
        on_its_way_total: on_its_way.total,
        on_its_way_amount: on_its_way.amount,
        recoveries,
        rows: rows(&found.rows),
        paging,
        amount: found.amount,
        corrections: corrections.filter(|pence| pence.0 != 0),
        credit,
    };
    Page::new("payment/provider.html", received).form(query.clone()).respond(web, &visitor.shell)
}
