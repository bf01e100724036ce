//! By when the next step of a declaration is due, in a sentence to whoever reads it.

use crate::session::Visitor;
use domain::calendar::{BankHolidays, long_date};
use domain::deadline::{Kind, next_of, sentence};
use domain::declaration::DeclarationState;
use domain::service::Dates;
use domain::{Now, OrganisationId};

/// By when the step is due that a declaration waits for, or declaring where there is none yet; empty where no day is set.
/// `sides` are its provider and its commissioner.
pub(in crate::pages) fn due(
    state: Option<&DeclarationState>,
    dates: &Dates,
    sides: (OrganisationId, OrganisationId),
    holidays: &BankHolidays,
    (visitor, now): (&Visitor, &Now),
) -> String {
    let (kind, day) = next_of(state, dates);
    let acts = if kind == Kind::Declare { sides.0 } else { sides.1 };
    match (kind, day) {
        (Kind::Pay, Some(Ok(on))) if on >= now.today => {
            format!("The payment is due on {}.", long_date(on))
        }
        (Kind::Pay, _) => String::new(),
        _ => sentence(kind, day, visitor.organisation().id == acts, now.today, holidays),
    }
}
