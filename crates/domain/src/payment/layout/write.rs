//! Writes the lines of a payment file in a layout.

use super::{Column, Each, Field, Head, Layout, Of, Part, Record};
use crate::{
    Pence,
    payment::{PaymentLine, Totals, is_recovery},
    sheet::Sheet,
};
use std::collections::HashMap;

/// What a row is of.
struct Row<'a> {
    head: &'a Head,
    /// Number and sum of the lines that the row stands for.
    sums: (u64, Pence),
    /// The line itself with its place in the file, or the first one of the payee.
    line: Option<(u64, &'a PaymentLine)>,
}

impl Layout {
    /// The whole file. The lines stand in their order, payments and recoveries apart.
    pub fn write(&self, head: &Head, lines: &[PaymentLine]) -> String {
        let mut sheet = Sheet::plain(self.separator, self.ends_in_crlf);
        let totals = Totals::of(lines.iter().map(|line| line.amount));
        if let (true, Some(record)) = (self.has_header, self.records().next()) {
            let names: Vec<&str> = record.columns.iter().map(|own| own.name.as_str()).collect();
            sheet.row(&names);
        }
        let numbered: Vec<(u64, &PaymentLine)> = (1..).zip(lines).collect();
        for part in &self.parts {
            match part {
                Part::Whole(of, record) => {
                    let sums = match of {
                        Of::Payments => (totals.payments, totals.paid),
                        // Where nothing is to be recovered, nothing is said of it.
                        Of::Recoveries if totals.recoveries == 0 => continue,
                        Of::Recoveries => (totals.recoveries, totals.recovered),
                        Of::All => (totals.lines(), totals.net()),
                    };
                    record.write(&mut sheet, &Row { head, sums, line: None });
                }
                Part::Lines(of, records) => {
                    let own = |line: &&(u64, &PaymentLine)| {
                        is_recovery(line.1.amount) == (*of == Of::Recoveries)
                    };
                    let chosen: Vec<_> = numbered.iter().filter(own).copied().collect();
                    write_lines(&mut sheet, head, records, &chosen);
                }
            }
        }
        sheet.finish()
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.parts.iter().flat_map(|part| match part {
            Part::Whole(_, record) => vec![record],
            Part::Lines(_, records) => records.iter().map(|(_, record)| record).collect(),
        })
    }
}

/// The rows of each payee, then those of each of its lines; without rows of payees the lines as they come.
fn write_lines(
    sheet: &mut Sheet,
    head: &Head,
    records: &[(Each, Record)],
    lines: &[(u64, &PaymentLine)],
) {
    let of = |wanted: Each| records.iter().filter(move |(each, _)| *each == wanted);
    let one_by_one = |sheet: &mut Sheet, line: &(u64, &PaymentLine)| {
        for (_, record) in of(Each::Line) {
            record.write(sheet, &Row { head, sums: (1, line.1.amount), line: Some(*line) });
        }
    };
    if of(Each::Payee).next().is_none() {
        lines.iter().for_each(|line| one_by_one(sheet, line));
        return;
    }
    // Payees in the order of their first lines.
    let mut of_payee: HashMap<&str, Vec<(u64, &PaymentLine)>> = HashMap::new();
    let mut payees: Vec<&str> = Vec::new();
    for line in lines {
        let payee = line.1.payee_code.as_str();
        let own = of_payee.entry(payee).or_default();
        if own.is_empty() {
            payees.push(payee);
        }
        own.push(*line);
    }
    for payee in payees {
        let own = &of_payee[payee];
        let sums = (own.len() as u64, own.iter().map(|line| line.1.amount).sum());
        for (_, record) in of(Each::Payee) {
            record.write(sheet, &Row { head, sums, line: own.first().copied() });
        }
        own.iter().for_each(|line| one_by_one(sheet, line));
    }
}

impl Record {
    fn write(&self, sheet: &mut Sheet, row: &Row) {
        let cells: Vec<String> = self.columns.iter().map(|column| column.cell(row)).collect();
        sheet.row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

impl Column {
    fn cell(&self, row: &Row) -> String {
        let (head, (lines, total)) = (row.head, row.sums);
        match &self.field {
            Field::Constant(text) => text.clone(),
            Field::FileReference => head.reference.clone(),
            Field::FileDate(form) => form.write(head.made_on),
            Field::PaymentMonth(form) => form.write(head.made_on),
            Field::PaymentYear(form) => form.write(head.made_on),
            Field::CommissionerCode => head.commissioner_code.clone(),
            Field::CommissionerName => head.commissioner_name.clone(),
            Field::Lines => lines.to_string(),
            Field::Total(form) => form.write(total),
            field => {
                row.line.map_or_else(String::new, |(number, line)| of_line(field, number, line))
            }
        }
    }
}

fn of_line(field: &Field, number: u64, line: &PaymentLine) -> String {
    match field {
        Field::PayeeCode => line.payee_code.clone(),
        Field::PayeeName => line.payee_name.clone(),
        Field::LineReference => line.reference.clone(),
        Field::LineNumber => number.to_string(),
        Field::ServiceCode => line.service_code.clone(),
        Field::ServiceName => line.service_name.clone(),
        Field::PayCode => line.pay_code.clone(),
        Field::Period => line.period.to_string(),
        Field::PeriodStart(form) => form.write(line.period.start),
        Field::PeriodEnd(form) => form.write(line.period.end),
        Field::FinancialYear(form) => form.write(line.period.end),
        Field::Amount(form) => form.write(line.amount),
        _ => String::new(),
    }
}
