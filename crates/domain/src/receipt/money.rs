//! The receipt of an act on a declaration: who declared, approved or paid how much, for what, and by which calculation.

mod corrected;
mod kind;

pub use corrected::Corrected;
pub use kind::Kind;

use super::{DECLARATION, REFERENCE, Text, sections};
use crate::{
    Pence, Period, Permission,
    calendar::{long_date, long_instant},
    declaration::{DeclarationState, Less},
};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Deserialize;

/// One act, as it stood when it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What was done.
    pub what: What,
    /// Which receipt of this declaration it has, from 1.
    pub number: usize,
    /// Who did it.
    pub by: String,
    /// Name and ODS code of the organisation that this was done for.
    pub organisation: (String, String),
    /// When.
    pub at: DateTime<Utc>,
    /// Reference of the declaration.
    pub declaration: String,
    /// Name and code of the provider.
    pub provider: (String, String),
    /// Name and code of the commissioner.
    pub commissioner: (String, String),
    /// Name and code of the service.
    pub service: (String, String),
    /// For which period.
    pub period: Period,
    /// How much.
    pub amount: Pence,
    /// What was calculated, and why less of it is paid, where that is so.
    pub less: Option<Less>,
    /// The provider's notes to the commissioner.
    pub notes: String,
    /// How the amount was worked out.
    pub worked_out: WorkedOut,
    /// Who had agreed before, in order.
    pub before: Vec<Earlier>,
}

/// What a receipt can be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The provider declared.
    Declared,
    /// The commissioner approved.
    Approved,
    /// A second person approved for the commissioner.
    SecondApproved,
    /// Finance approved.
    FinanceApproved,
    /// An answer of the payer was loaded that says that it is paid.
    Paid(Paid),
    /// Its last try failed, and it was settled outside the files.
    Settled(Settled),
    /// A step on a correction of it, or the plan of a recovery.
    Corrected(Box<Corrected>),
}

/// Of a correction what was paid or taken: its reference, and the amount below zero where it was taken.
pub type Part = (String, Pence);

/// How a payment was settled by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The identity of its last try.
    pub identity: String,
    /// Of a correction which part it was.
    pub part: Option<Part>,
    /// Reference of the payment file of that, and the SHA-256 of its content.
    pub file: (String, String),
    /// Why that had failed, in the payer's words.
    pub failed: String,
    /// When it was settled.
    pub on: NaiveDate,
    /// What stands beside it on the bank statement, or on the document that settles it.
    pub reference: String,
    /// Why, and how.
    pub reason: String,
}

/// What the payer's answer says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The identity that the payer sees.
    pub identity: String,
    /// Of a correction which part it was.
    pub part: Option<Part>,
    /// Reference of the payment file, and the SHA-256 of its content.
    pub file: (String, String),
    /// Who sent it, and on which day.
    pub sent: (String, NaiveDate),
    /// When it was paid.
    pub on: NaiveDate,
    /// What stands beside it on the bank statement.
    pub bank_reference: String,
    /// What the answer's file is called, and the SHA-256 of its content.
    pub answer: (String, String),
}

/// The calculation that an amount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkedOut {
    /// Which of its achievement it is, from 1.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was achieved, without money.
    pub achieved: String,
    /// The version of the definition it was worked out by, and the SHA-256 of that.
    pub definition: (u32, String),
    /// The SHA-256 of its lines, as they are stored.
    pub lines_hash: String,
}

/// Of a stored calculation the version of the definition alone, for who reads thousands and needs nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ByVersion {
    /// The version of the definition it was worked out by.
    #[serde(default = "first")]
    pub definition_version: u32,
}

fn first() -> u32 {
    1
}

/// A step that was taken before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Which.
    pub kind: Kind,
    /// Who took it; the name of the configuration where nobody had to.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl What {
    /// Of the approval that led to a state.
    pub fn of_approval(state: &DeclarationState) -> Self {
        match (state.finance(), state.second()) {
            (Some(_), _) => Self::FinanceApproved,
            (None, Some(_)) => Self::SecondApproved,
            (None, None) => Self::Approved,
        }
    }

    /// The permission that it needs.
    pub fn permission(&self) -> Permission {
        match self {
            Self::Declared => Permission::Declare,
            Self::Approved => Permission::Approve,
            Self::SecondApproved => Permission::ApproveSecond,
            Self::FinanceApproved | Self::Paid(_) | Self::Settled(_) => Permission::ApproveFinance,
            Self::Corrected(corrected) => match corrected.kind {
                Kind::CorrectionDeclared => Permission::Declare,
                Kind::CorrectionApproved => Permission::Approve,
                Kind::CorrectionSecondApproved => Permission::ApproveSecond,
                _ => Permission::ApproveFinance,
            },
        }
    }

    /// Of which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Declared => Kind::Declared,
            Self::Approved => Kind::Approved,
            Self::SecondApproved => Kind::SecondApproved,
            Self::FinanceApproved => Kind::FinanceApproved,
            Self::Paid(_) => Kind::Paid,
            Self::Settled(_) => Kind::Settled,
            Self::Corrected(corrected) => corrected.kind,
        }
    }

    /// How much, where that is not what was declared.
    pub fn amount(&self) -> Option<Pence> {
        match self {
            Self::Paid(Paid { part, .. }) | Self::Settled(Settled { part, .. }) => {
                part.as_ref().map(|part| part.1)
            }
            Self::Corrected(corrected) => Some(corrected.amount()),
            _ => None,
        }
    }
}

const WORKED_OUT: &str = "How the amount was worked out";
const CALCULATION: &str = "Calculation";
const LINES: &str = "SHA-256 of its lines";

/// What people call a receipt of a declaration: `D-2026-000123-R1`.
pub fn reference(declaration: &str, number: usize) -> String {
    format!("{declaration}-R{number}")
}

impl Act {
    /// The whole text.
    pub fn text(&self) -> String {
        let kind = self.what.kind();
        let named = |(name, code): &(String, String)| format!("{name} ({code})");
        let mut text = Text::default();
        text.heading(kind.heading());
        text.row(REFERENCE, &reference(&self.declaration, self.number));
        text.row("Provider", &named(&self.provider));
        text.row("Commissioner", &named(&self.commissioner));
        text.row("Service", &named(&self.service));
        text.row("Period", &self.period.to_string());
        let amount = self.what.amount();
        text.row("Amount", &amount.unwrap_or(self.amount).to_string());
        if let Some(less) = self.less.as_ref().filter(|_| amount.is_none()) {
            text.row("Calculated amount", &less.calculated.to_string());
            text.row("Reason for less", &less.reason);
        }
        text.row(DECLARATION, &self.declaration);
        let by = format!("{}, for {}", self.by, named(&self.organisation));
        match &self.what {
            What::Paid(paid) => {
                text.row("Paid on", &long_date(paid.on));
                text.row("Bank reference", &paid.bank_reference);
                text.row("Payer's answer loaded by", &by);
                text.row("Payer's answer loaded on", &long_instant(self.at));
            }
            What::Settled(settled) => {
                text.row("Settled on", &long_date(settled.on));
                text.row("Reference", &settled.reference);
                text.row("Recorded by", &by);
                text.row("Recorded on", &long_instant(self.at));
                text.row("Reason", &settled.reason);
            }
            _ => {
                text.row(&format!("{} by", kind.verb()), &by);
                text.row(&format!("{} on", kind.verb()), &long_instant(self.at));
            }
        }
        text.row("Time in UTC", &self.at.to_rfc3339_opts(SecondsFormat::Micros, true));
        text.row("Notes", &self.notes);
        match &self.what {
            What::Paid(paid) => paid.add_to(&mut text),
            What::Settled(settled) => settled.add_to(&mut text),
            What::Corrected(corrected) => corrected.add_to(&mut text),
            _ => {}
        }
        self.worked_out.add_to(&mut text);
        let corrected = match &self.what {
            What::Corrected(corrected) => Some(corrected.before()),
            _ => None,
        };
        let before = corrected.as_ref().unwrap_or(&self.before);
        if !before.is_empty() {
            text.heading("Agreed before");
        }
        for earlier in before {
            let value = format!("{}, {}", earlier.by, long_instant(earlier.at));
            text.row(earlier.kind.words(), &value);
        }
        text.0
    }
}

/// The number of the calculation that a receipt names, and the SHA-256 of its lines.
pub fn worked_out(text: &str) -> Option<(i64, &str)> {
    let sections = sections(text);
    let section = sections.iter().find(|section| section.heading == WORKED_OUT)?;
    let value = |wanted| section.rows.iter().find(|row| row.0 == wanted).map(|row| row.1);
    let number = value(CALCULATION)?.strip_prefix("number ")?.split(',').next()?;
    Some((number.parse().ok()?, value(LINES)?))
}

impl Paid {
    fn add_to(&self, text: &mut Text) {
        text.heading("Payment");
        if let Some((correction, _)) = &self.part {
            text.row("Correction", correction);
        }
        text.row("Payment reference", &self.identity);
        text.row("Payment file", &self.file.0);
        text.row("SHA-256 of the payment file", &self.file.1);
        text.row("Sent to the payer by", &self.sent.0);
        text.row("Sent to the payer on", &long_date(self.sent.1));
        text.row("File of the payer's answer", &self.answer.0);
        text.row("SHA-256 of the payer's answer", &self.answer.1);
    }
}

impl Settled {
    fn add_to(&self, text: &mut Text) {
        text.heading("Last try");
        if let Some((correction, _)) = &self.part {
            text.row("Correction", correction);
        }
        text.row("Payment reference", &self.identity);
        text.row("Payment file", &self.file.0);
        text.row("SHA-256 of the payment file", &self.file.1);
        text.row("Why the payer could not pay", &self.failed);
    }
}

impl WorkedOut {
    fn add_to(&self, text: &mut Text) {
        let (version, definition_hash) = &self.definition;
        text.heading(WORKED_OUT);
        text.row("Achievement", &self.achieved);
        let calculation = format!("number {}, {}", self.number, long_instant(self.at));
        text.row(CALCULATION, &calculation);
        text.row(LINES, &self.lines_hash);
        text.row("Definition of the service", &format!("version {version}"));
        text.row("SHA-256 of the definition", definition_hash);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Subject, differences, subject},
        *,
    };
    use crate::Event;

    fn act(what: What) -> Act {
        let pair = |name: &str, code: &str| (name.to_owned(), code.to_owned());
        let at = "2025-07-02T12:00:00Z".parse().expect("an instant");
        let date = |text: &str| text.parse().expect("a date");
        Act {
            what,
            number: 2,
            by: "Tom Hill".into(),
            organisation: pair("NHS Anytown ICB", "QAA"),
            at,
            declaration: "D-2025-000001".into(),
            provider: pair("Riverside Surgery", "Y00001"),
            commissioner: pair("NHS Anytown ICB", "QAA"),
            service: pair("Blood tests", "BLD2526"),
            period: Period { start: date("2025-06-01"), end: date("2025-06-30") },
            amount: Pence(-42_000),
            less: None,
            notes: "Two at home.\nAmount: £9,999.00".into(),
            worked_out: WorkedOut {
                number: 3,
                at,
                achieved: "Blood tests: 42".into(),
                definition: (2, "abc".into()),
                lines_hash: "def".into(),
            },
            before: vec![Earlier { kind: Kind::Declared, by: "Sam Ahmed".into(), at }],
        }
    }

    fn paid() -> What {
        What::Paid(Paid {
            identity: "D-2025-000001/2".into(),
            part: None,
            file: ("PF-2025-000001".into(), "fff".into()),
            sent: ("Lou Webb".into(), "2025-07-02".parse().expect("a date")),
            on: "2025-07-03".parse().expect("a date"),
            bank_reference: "BACS 7".into(),
            answer: ("answer.csv".into(), "aaa".into()),
        })
    }

    fn settled() -> What {
        What::Settled(Settled {
            identity: "D-2025-000001/3".into(),
            part: None,
            file: ("PF-2025-000003".into(), "fff".into()),
            failed: "Account closed".into(),
            on: "2025-07-03".parse().expect("a date"),
            reference: "CHAPS 12".into(),
            reason: "Paid from the ledger.\nAmount: £1.00".into(),
        })
    }

    #[test]
    fn a_receipt_says_who_did_what_for_how_much_by_which_calculation() {
        let text = act(What::Approved).text();
        for line in [
            "Receipt of an approval",
            "Receipt reference: D-2025-000001-R2",
            "Provider: Riverside Surgery (Y00001)",
            "Service: Blood tests (BLD2526)",
            "Period: June 2025",
            "Amount: -£420.00",
            "Approved by: Tom Hill, for NHS Anytown ICB (QAA)",
            "Approved on: 2 July 2025 at 1pm",
            "Time in UTC: 2025-07-02T12:00:00.000000Z",
            "Notes: Two at home. Amount: £9,999.00",
            "Calculation: number 3, 2 July 2025 at 1pm",
            "Definition of the service: version 2",
            "Declared: Sam Ahmed, 2 July 2025 at 1pm",
        ] {
            assert!(text.lines().any(|own| own == line), "{line:?} is not in\n{text}");
        }
        let text = act(paid()).text();
        for line in [
            "Receipt of a payment",
            "Paid on: 3 July 2025",
            "Bank reference: BACS 7",
            "Payer's answer loaded by: Tom Hill, for NHS Anytown ICB (QAA)",
            "Payment reference: D-2025-000001/2",
            "Payment file: PF-2025-000001",
        ] {
            assert!(text.lines().any(|own| own == line), "{line:?} is not in\n{text}");
        }
        let text = act(settled()).text();
        for line in [
            "Receipt of a payment settled outside the files",
            "Settled on: 3 July 2025",
            "Reference: CHAPS 12",
            "Recorded by: Tom Hill, for NHS Anytown ICB (QAA)",
            "Reason: Paid from the ledger. Amount: £1.00",
            "Payment reference: D-2025-000001/3",
            "Why the payer could not pay: Account closed",
        ] {
            assert!(text.lines().any(|own| own == line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn a_receipt_names_its_declaration_and_its_amount_once() {
        for what in [
            What::Declared,
            What::Approved,
            What::SecondApproved,
            What::FinanceApproved,
            paid(),
            settled(),
        ] {
            let kind = what.kind();
            let text = act(what).text();
            let named = Subject::Declaration("D-2025-000001");
            assert_eq!(subject(&text), Some(named), "{text}");
            let rows = sections(&text).into_iter().flat_map(|section| section.rows);
            assert_eq!(rows.filter(|row| row.0 == "Amount").count(), 1, "a note adds no row");
            assert!(text.starts_with(kind.heading()), "{text}");
            assert_eq!(worked_out(&text), Some((3, "def")));
        }
    }

    #[test]
    fn what_differs_from_a_receipt_is_named() {
        let text = act(What::Declared).text();
        assert_eq!(differences(&text, &text), Vec::<String>::new());
        let dearer = text.replace("Amount: -£420.00", "Amount: £420.00");
        let told = "Amount is \"£420.00\" in the file and \"-£420.00\" in the history";
        assert_eq!(differences(&dearer, &text), [told]);
        let shorter = text.replace("Period: June 2025\n", "");
        assert_eq!(differences(&shorter, &text), ["Period is missing in the file"]);
        let longer = text.replace("Period: June", "Tip: £5.00\nPeriod: June");
        assert_eq!(differences(&longer, &text), ["Tip is only in the file"]);
        assert_eq!(differences(&format!("{text}\n"), &text), ["Empty lines or spaces differ"]);
    }

    #[test]
    fn only_what_people_do_to_a_declaration_has_a_receipt() {
        let (declaration, amount) = (uuid::Uuid::nil().into(), Pence(1));
        let declared = Event::AchievementDeclared { declaration, amount };
        assert_eq!(Kind::of_event(&declared), Some(Kind::Declared));
        let opened = Event::DeclarationOpened { declaration, amount };
        assert_eq!(Kind::of_event(&opened), None);
        let mut names = Kind::ALL.map(Kind::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
