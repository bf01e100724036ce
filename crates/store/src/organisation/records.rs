//! Everything that is recorded of one organisation, table by table, for whoever operates the service to hand over.
//!
//! Each table of the database stands in one of two lists: whose rows are whose, or why it is left out.

use crate::{
    Result, Tx,
    arg::Arg,
    copy::Sum,
    db::tables::{Column, Table},
};
use domain::OrganisationId;

/// Rows of one page.
const PAGE: usize = 500;

/// Columns that let somebody in, or say from where somebody acted: that may be somebody of another organisation.
const SECRET: [(&str, &str); 2] = [("person", "password_hash"), ("event", "origin")];

macro_rules! offers {
    () => {
        "(SELECT id FROM offer WHERE provider_id = $1 OR commissioner_id = $1)"
    };
}
macro_rules! achievements {
    () => {
        "(SELECT id FROM achievement WHERE provider_id = $1 OR commissioner_id = $1)"
    };
}
macro_rules! declarations {
    () => {
        "(SELECT id FROM declaration WHERE provider_id = $1 OR commissioner_id = $1)"
    };
}
macro_rules! people {
    () => {
        "(SELECT person_id FROM role_held WHERE organisation_id = $1)"
    };
}
macro_rules! submissions {
    () => {
        "(SELECT s.id FROM submission s WHERE s.provider_id = $1 OR EXISTS (SELECT 1 FROM achievement a
              WHERE a.commissioner_id = $1 AND a.provider_id = s.provider_id AND a.service_id = s.service_id))"
    };
}
macro_rules! of_lines {
    ($table:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM payment_line l JOIN declaration d ON d.id = l.declaration_id
              WHERE l.payment_file_id = ",
            $table,
            ".payment_file_id AND l.position = ",
            $table,
            ".position
                  AND (d.provider_id = $1 OR d.commissioner_id = $1))"
        )
    };
}

const BETWEEN: &str = "provider_id = $1 OR commissioner_id = $1";
const OWN: &str = "organisation_id = $1";
const COMMISSIONED: &str = "commissioner_id = $1";
const OF_DECLARATIONS: &str = concat!("declaration_id IN ", declarations!());
const OF_ACHIEVEMENTS: &str = concat!("achievement_id IN ", achievements!());
const OF_OFFERS: &str = concat!("offer_id IN ", offers!());
const OF_SUBMISSIONS: &str = concat!("submission_id IN ", submissions!());
const OF_CORRECTIONS: &str = concat!(
    "correction_id IN (SELECT id FROM correction WHERE declaration_id IN ",
    declarations!(),
    ")"
);

/// Which rows of a table are the organisation's, `$1`: those between it and another are both's. A payment file is the
/// commissioner's; a provider has its own lines of it.
const OF: &[(&str, &str)] = &[
    ("access_request", OWN),
    (
        "access_request_role",
        "request_id IN (SELECT id FROM access_request WHERE organisation_id = $1)",
    ),
    ("access_review", OWN),
    (
        "access_review_line",
        "review_id IN (SELECT id FROM access_review WHERE organisation_id = $1)",
    ),
    ("access_review_told", OWN),
    ("achievement", BETWEEN),
    ("adjustment", OF_ACHIEVEMENTS),
    ("calculation", OF_ACHIEVEMENTS),
    ("check_limit", COMMISSIONED),
    ("commissioned_provider", BETWEEN),
    (
        "contract",
        "commissioner_id = $1 OR id IN (SELECT contract_id FROM offer WHERE provider_id = $1)",
    ),
    (
        "contract_provider",
        "provider_id = $1 OR contract_id IN (SELECT id FROM contract WHERE commissioner_id = $1)",
    ),
    (
        "contract_service",
        "contract_id IN (SELECT id FROM contract WHERE commissioner_id = $1) OR contract_id IN (SELECT contract_id FROM offer WHERE provider_id = $1)",
    ),
    ("correction", OF_DECLARATIONS),
    ("correction_part", OF_CORRECTIONS),
    ("declaration", BETWEEN),
    ("declaration_receipt", OF_DECLARATIONS),
    ("delegation", "provider_id = $1 OR delegate_id = $1"),
    ("deputy", OWN),
    ("deputy_role", "deputy_id IN (SELECT id FROM deputy WHERE organisation_id = $1)"),
    (
        "event",
        concat!(
            "organisation_id = $1 OR subject_id = $1 OR subject_id IN ",
            offers!(),
            " OR subject_id IN ",
            achievements!(),
            " OR subject_id IN ",
            declarations!(),
            " OR subject_id IN (SELECT id FROM contract WHERE commissioner_id = $1)"
        ),
    ),
    ("figure", OF_SUBMISSIONS),
    ("hold", COMMISSIONED),
    ("list_size", OWN),
    ("message", OWN),
    ("network_membership", "practice_id = $1 OR network_id = $1"),
    ("nil_return", OF_ACHIEVEMENTS),
    ("offer", BETWEEN),
    ("offer_look", OF_OFFERS),
    ("offer_receipt", OF_OFFERS),
    (
        "offer_receipt_terms",
        concat!("hash IN (SELECT terms_hash FROM offer_receipt WHERE offer_id IN ", offers!(), ")"),
    ),
    ("organisation", "id = $1"),
    (
        "payment_answer",
        "payment_file_id IN (SELECT id FROM payment_file WHERE commissioner_id = $1)",
    ),
    ("payment_answer_line", of_lines!("payment_answer_line")),
    ("payment_file", COMMISSIONED),
    ("payment_line", OF_DECLARATIONS),
    ("payment_settlement", of_lines!("payment_settlement")),
    ("payment_timing", COMMISSIONED),
    ("person", concat!("id IN ", people!())),
    ("provider_cluster", COMMISSIONED),
    (
        "provider_cluster_member",
        "cluster_id IN (SELECT id FROM provider_cluster WHERE commissioner_id = $1)",
    ),
    ("question", BETWEEN),
    (
        "question_said",
        "question_id IN (SELECT id FROM question WHERE provider_id = $1 OR commissioner_id = $1)",
    ),
    ("recovery", OF_CORRECTIONS),
    ("replacement", OF_SUBMISSIONS),
    ("review", OWN),
    ("review_row", "review_id IN (SELECT id FROM review WHERE organisation_id = $1)"),
    ("role_held", OWN),
    ("role_narrowing", OWN),
    ("separation_allowed", OWN),
    ("submission", concat!("id IN ", submissions!())),
    ("variation", OF_OFFERS),
    ("weighted_list", OWN),
];

/// Tables that are left out, and why.
const LEFT_OUT: &[(&[&str], &str)] = &[
    (
        &[
            "adjustment_state",
            "contract_state",
            "declaration_state",
            "offer_state",
            "reference_state",
        ],
        "names of states, which the rows have themselves",
    ),
    (
        &["bank_holiday", "payment_layout", "reference_figures", "service", "service_version"],
        "the same for all, and no organisation's",
    ),
    (
        &["extract_file"],
        "files of many organisations: the figures of this one say which file they came from",
    ),
    (
        &["counter", "event_head", "history_verified", "throttle", "sign_in_failure"],
        "the program's own bookkeeping",
    ),
    (
        &[
            "identity",
            "link_to_send",
            "password_link",
            "password_reset",
            "recovery_code",
            "second_factor",
            "session",
            "session_provider",
            "sign_in_away",
            "sign_in_step",
        ],
        "how people sign in",
    ),
    (&["address_message", "lapse_warning"], "about a person, whichever organisation they are at"),
    (&["amounts_read"], "each reading is in the history"),
];

/// Whether a table is left out, with the reason; nothing for a table that is not.
#[must_use]
pub fn left_out(table: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(names, _)| names.contains(&table)).map(|(_, why)| *why)
}

/// The tables that hold an organisation's records.
///
/// # Errors
/// Also when a table is in neither list.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>> {
    let mut tables = tx.tables().await?;
    if let Some(unknown) =
        tables.iter().find(|table| clause(table).is_none() && left_out(&table.name).is_none())
    {
        let what = "nobody has said whose its rows are".to_owned();
        return Err(crate::StoreError::Setup(format!("{}: {what}", unknown.name)));
    }
    tables.retain(|table| clause(table).is_some());
    Ok(tables)
}

fn clause(table: &Table) -> Option<&'static str> {
    OF.iter().find(|(name, _)| *name == table.name).map(|(_, clause)| *clause)
}

/// Whether a column may be handed over.
#[must_use]
pub fn is_open(table: &Table, column: &Column) -> bool {
    !SECRET.contains(&(&*table.name, &*column.name))
}

/// The rows of a table that are the organisation's, in the order of the key, with what they come to.
pub async fn rows(
    tx: &mut Tx,
    table: &Table,
    organisation: OrganisationId,
) -> Result<(Vec<Vec<Arg>>, Sum)> {
    let Some(clause) = clause(table) else { return Ok(Default::default()) };
    let (mut all, mut sum, mut after) = (Vec::new(), Sum::default(), None);
    loop {
        let only = Some((clause, Arg::from(organisation)));
        let page = tx.page(table, only, after.take(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|row| table.key_of(row));
        page.iter().for_each(|row| sum.add(row));
        all.extend(page);
        if is_last {
            return Ok((all, sum));
        }
    }
}
