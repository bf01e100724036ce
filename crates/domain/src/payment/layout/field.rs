//! What can stand in a column of a payment file: a closed list, with how dates and amounts are written.

use crate::{FinancialYear, Pence};
use chrono::{Datelike, NaiveDate};

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The same text in each row.
    Constant(String),
    /// Reference of the file.
    FileReference,
    /// The day on which the file is made.
    FileDate(DateForm),
    /// The month in which the file is made.
    PaymentMonth(MonthForm),
    /// The financial year in which the file is made.
    PaymentYear(YearForm),
    /// ODS code of the commissioner.
    CommissionerCode,
    /// Name of the commissioner.
    CommissionerName,
    /// Number of lines: of the file, or of the payee.
    Lines,
    /// Sum of the lines: of the file, or of the payee.
    Total(AmountForm),
    /// ODS code of the payee.
    PayeeCode,
    /// Name of the payee.
    PayeeName,
    /// The identity of the line, which the payer's answer names.
    LineReference,
    /// The line's place in the file, from 1.
    LineNumber,
    /// Code of the service.
    ServiceCode,
    /// Name of the service.
    ServiceName,
    /// Pay code of the service.
    PayCode,
    /// The period paid for, in words.
    Period,
    /// Its first day.
    PeriodStart(DateForm),
    /// Its last day, the achievement date.
    PeriodEnd(DateForm),
    /// The financial year of the achievement date.
    FinancialYear(YearForm),
    /// The amount of the line; below zero it is to be recovered.
    Amount(AmountForm),
}

/// What a row must be of to have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Of the file.
    Always,
    /// Of the file as a whole or of a payee, but not of a line.
    Sums,
    /// Of a payee or of a line.
    Payee,
    /// Of a line.
    Line,
}

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `2026-05-20`.
    Dashes,
    /// `2026/05/20`.
    Strokes,
    /// `20/05/2026`.
    DayFirst,
    /// `20260520`.
    Digits,
}

/// How a month is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthForm {
    /// `2026-05`.
    Dashes,
    /// `05/2026`.
    MonthFirst,
    /// `202605`.
    Digits,
    /// `May 2026`.
    Words,
}

/// How a financial year is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearForm {
    /// `2025-26`.
    Dashes,
    /// `2025/26`.
    Strokes,
    /// `2025/2026`.
    Long,
    /// `2025 to 2026`.
    Words,
}

/// How an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountForm {
    /// `5880.00`.
    Pounds,
    /// `588000`.
    Pence,
}

/// The words for each form of a date, the first of which counts where none is written.
pub(super) const DATES: [(&str, DateForm); 4] = [
    ("yyyy-mm-dd", DateForm::Dashes),
    ("yyyy/mm/dd", DateForm::Strokes),
    ("dd/mm/yyyy", DateForm::DayFirst),
    ("yyyymmdd", DateForm::Digits),
];
/// The same for months.
pub(super) const MONTHS: [(&str, MonthForm); 4] = [
    ("yyyy-mm", MonthForm::Dashes),
    ("mm/yyyy", MonthForm::MonthFirst),
    ("yyyymm", MonthForm::Digits),
    ("month yyyy", MonthForm::Words),
];
/// The same for financial years.
pub(super) const YEARS: [(&str, YearForm); 4] = [
    ("yyyy-yy", YearForm::Dashes),
    ("yyyy/yy", YearForm::Strokes),
    ("yyyy/yyyy", YearForm::Long),
    ("yyyy to yyyy", YearForm::Words),
];
/// The same for amounts.
pub(super) const AMOUNTS: [(&str, AmountForm); 2] =
    [("pounds", AmountForm::Pounds), ("pence", AmountForm::Pence)];

/// The words of the fields that have no form.
pub(super) const PLAIN: [(&str, Field); 12] = [
    ("file_reference", Field::FileReference),
    ("commissioner_code", Field::CommissionerCode),
    ("commissioner_name", Field::CommissionerName),
    ("lines", Field::Lines),
    ("payee_code", Field::PayeeCode),
    ("payee_name", Field::PayeeName),
    ("line_reference", Field::LineReference),
    ("line_number", Field::LineNumber),
    ("service_code", Field::ServiceCode),
    ("service_name", Field::ServiceName),
    ("pay_code", Field::PayCode),
    ("period", Field::Period),
];
/// The words of the fields that have one: dates, months, financial years and amounts.
pub(super) const FORMED: [&str; 8] = [
    "file_date",
    "period_start",
    "period_end",
    "payment_month",
    "payment_year",
    "financial_year",
    "amount",
    "total",
];

impl Field {
    /// What a row must be of to have it.
    pub(super) fn known(&self) -> Known {
        match self {
            Self::Constant(_)
            | Self::FileReference
            | Self::FileDate(_)
            | Self::PaymentMonth(_)
            | Self::PaymentYear(_)
            | Self::CommissionerCode
            | Self::CommissionerName => Known::Always,
            Self::Lines | Self::Total(_) => Known::Sums,
            Self::PayeeCode | Self::PayeeName => Known::Payee,
            Self::LineReference
            | Self::LineNumber
            | Self::ServiceCode
            | Self::ServiceName
            | Self::PayCode
            | Self::Period
            | Self::PeriodStart(_)
            | Self::PeriodEnd(_)
            | Self::FinancialYear(_)
            | Self::Amount(_) => Known::Line,
        }
    }
}

impl DateForm {
    pub(super) fn write(self, date: NaiveDate) -> String {
        let form = match self {
            Self::Dashes => "%Y-%m-%d",
            Self::Strokes => "%Y/%m/%d",
            Self::DayFirst => "%d/%m/%Y",
            Self::Digits => "%Y%m%d",
        };
        date.format(form).to_string()
    }
}

impl MonthForm {
    pub(super) fn write(self, date: NaiveDate) -> String {
        let form = match self {
            Self::Dashes => "%Y-%m",
            Self::MonthFirst => "%m/%Y",
            Self::Digits => "%Y%m",
            Self::Words => "%B %Y",
        };
        date.format(form).to_string()
    }
}

impl YearForm {
    pub(super) fn write(self, date: NaiveDate) -> String {
        let year = FinancialYear::containing(date);
        let (first, second) = (year.first_day().year(), year.last_day().year());
        let short = second % 100;
        match self {
            Self::Dashes => format!("{first}-{short:02}"),
            Self::Strokes => format!("{first}/{short:02}"),
            Self::Long => format!("{first}/{second}"),
            Self::Words => year.to_string(),
        }
    }
}

impl AmountForm {
    pub(super) fn write(self, amount: Pence) -> String {
        match self {
            Self::Pounds => amount.plain(),
            Self::Pence => amount.0.to_string(),
        }
    }
}
