//! A payment file in its row: who made it, who sent it, and how many of its lines the payer has answered for.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, By, Now, Pence,
    payment::Frozen,
    status::{self, Status},
};
use uuid::Uuid;

/// A payment file without its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Reference that people and the payer see: `PF-2026-000012`.
    pub reference: String,
    /// Name of the commissioner that pays.
    pub commissioner: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Number of payment lines.
    pub lines: i64,
    /// Their sum.
    pub total: Pence,
    /// SHA-256 of the content, in hexadecimal.
    pub content_hash: String,
    /// How it is written.
    pub layout: LaidOut,
    /// Who sent it to the payer, where somebody has.
    pub sent: Option<Sent>,
    /// Lines that the payer has paid.
    pub paid: i64,
    /// Lines that the payer could not pay.
    pub failed: i64,
    /// As it is asked to be sent.
    pub frozen: Frozen,
    /// Whether it is a file of the organisation that asks, and not of one below it.
    pub is_own: bool,
}

/// The layout of a file, as it was when the file was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidOut {
    /// Its code.
    pub code: String,
    /// What people read.
    pub name: String,
    /// How the file's name ends, without the dot.
    pub ending: String,
}

/// That a file was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Who said so.
    pub by: String,
    /// When they said so.
    pub at: DateTime<Utc>,
    /// When it was sent.
    pub on: NaiveDate,
    /// When the payer is going to pay, where that is known.
    pub expected_on: Option<NaiveDate>,
}

impl File {
    /// Its row of the status table.
    pub fn status(&self) -> &'static Status {
        let name = match self.sent {
            None => "created",
            Some(_) if self.paid + self.failed < self.lines => "sent",
            Some(_) => "answered",
        };
        status::of(status::PAYMENT_FILE, name)
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct FileRow {
    pub(super) id: Uuid,
    pub(super) reference: String,
    pub(super) commissioner_id: Uuid,
    commissioner: String,
    created_by: Uuid,
    created_for: Option<Uuid>,
    created_by_name: String,
    created_at: DateTime<Utc>,
    lines: i64,
    total_pence: i64,
    pub(super) content_hash: String,
    layout: String,
    layout_name: String,
    pub(super) ending: String,
    sent_by_name: Option<String>,
    sent_at: Option<DateTime<Utc>>,
    sent_on: Option<NaiveDate>,
    expected_on: Option<NaiveDate>,
    paid: i64,
    failed: i64,
}

impl FileRow {
    pub(super) fn frozen(&self) -> Frozen {
        Frozen {
            id: self.id.into(),
            commissioner: self.commissioner_id.into(),
            created_by: By {
                person: Some(self.created_by.into()),
                name: self.created_by_name.clone(),
                principal: self.created_for.map(Into::into),
            },
            created_on: Now::at(self.created_at).today,
            lines: u64::try_from(self.lines).unwrap_or_default(),
            total: Pence(self.total_pence),
            content_hash: self.content_hash.clone(),
            sent_on: self.sent_on,
        }
    }

    pub(super) fn read(self, by: &Actor) -> File {
        let sent = match (&self.sent_by_name, self.sent_at, self.sent_on) {
            (Some(name), Some(at), Some(on)) => {
                Some(Sent { by: name.clone(), at, on, expected_on: self.expected_on })
            }
            _ => None,
        };
        File {
            frozen: self.frozen(),
            is_own: by.organisation().is_some_and(|own| own.id.0 == self.commissioner_id),
            sent,
            paid: self.paid,
            failed: self.failed,
            reference: self.reference,
            commissioner: self.commissioner,
            created_by: self.created_by_name,
            created_at: self.created_at,
            lines: self.lines,
            total: Pence(self.total_pence),
            content_hash: self.content_hash,
            layout: LaidOut { code: self.layout, name: self.layout_name, ending: self.ending },
        }
    }
}

/// A question for files that the organisation `$1` may see, written from behind that on.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.reference, f.commissioner_id, o.name AS commissioner, f.created_by, f.created_for, f.created_by_name, \
             f.created_at, f.lines, f.total_pence, f.content_hash, f.layout, f.layout_name, f.ending, f.sent_by_name, f.sent_at, f.sent_on, \
             f.expected_on, (SELECT count(*) FROM payment_line l WHERE l.payment_file_id = f.id \
             AND l.state = 'paid') AS paid, (SELECT count(*) FROM payment_line l WHERE l.payment_file_id = f.id \
             AND l.state IN ('failed', 'replaced')) AS failed \
             FROM payment_file f JOIN organisation o ON o.id = f.commissioner_id \
             WHERE f.commissioner_id IN \
             (SELECT id FROM organisation WHERE id = $1 OR (parent_id = $1 AND kind = 'icb')) ",
            $rest
        )
    };
}
pub(super) use select;
