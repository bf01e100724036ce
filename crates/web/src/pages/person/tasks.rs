//! What waits at home for those who manage people.

use crate::error::WebError;
use crate::pages::home::{Task, count};
use crate::session::Visitor;
use chrono::NaiveDate;
use domain::Permission;
use domain::access::review::is_near;
use domain::calendar::long_date;
use domain::message::access::{REQUESTS, REVIEW, REVIEWS_BELOW};
use store::Tx;
use store::person::{request, review};

/// The tasks of the visitor.
pub(crate) async fn tasks(tx: &mut Tx, visitor: &Visitor) -> Result<Vec<Task>, WebError> {
    let (by, now, own) = (&visitor.actor, &visitor.now, visitor.organisation());
    let mut tasks = Vec::new();
    if !by.may(Permission::ManagePeople) {
        return Ok(tasks);
    }
    let waits = request::waiting(tx, by, now).await?;
    if let Some(decide_by) = waits.decide_by {
        let requests = count(waits.requests, "request for access", "requests for access");
        tasks.push(Task {
            title: format!("Decide about {requests}"),
            hint: format!("Decide by {}. After that a request lapses.", long_date(decide_by)),
            href: REQUESTS.to_owned(),
        });
    }
    if let Some(due) = review::due(tx, own, by, now).await?
        && is_near(due.due_on, now.today)
    {
        let title = format!("Confirm who has access to {}", own.name);
        let hint = format!("It {}", when(due.due_on, now.today));
        tasks.push(Task { title, hint, href: REVIEW.to_owned() });
    }
    let below = review::below(tx, by, now).await?;
    let near = below.iter().filter(|one| is_near(one.due.due_on, now.today)).count();
    if let Some(first) = below.first().filter(|_| near > 0) {
        let organisations = count(near as i64, "organisation", "organisations");
        let title = format!("Confirm who has access to {organisations} below yours");
        let hint = format!("The first {}", when(first.due.due_on, now.today));
        tasks.push(Task { title, hint, href: REVIEWS_BELOW.to_owned() });
    }
    Ok(tasks)
}

fn when(due_on: NaiveDate, today: NaiveDate) -> String {
    let day = long_date(due_on);
    if due_on < today { format!("was due by {day}.") } else { format!("is due by {day}.") }
}
