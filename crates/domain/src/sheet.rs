//! Writes CSV that a spreadsheet opens as it is meant: text never becomes a formula.

/// Rows of text below a header.
pub struct Sheet(csv::Writer<Vec<u8>>);

const IN_MEMORY: &str =
    "writing to memory does not fail, and below a header every row is as wide as it";

impl Sheet {
    /// A file with its header, in which a column can have the name of a service.
    pub fn new(header: &[&str]) -> Self {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header.iter().map(|cell| harmless(cell))).expect(IN_MEMORY);
        Self(writer)
    }

    /// A file without a header whose rows can differ in width, with its own separator and ends of lines.
    pub fn plain(separator: u8, ends_in_crlf: bool) -> Self {
        let end = if ends_in_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new();
        Self(writer.flexible(true).delimiter(separator).terminator(end).from_writer(Vec::new()))
    }

    /// Adds a row. Cells that a spreadsheet would run are made harmless, numbers stay numbers.
    pub fn row(&mut self, cells: &[&str]) {
        self.0.write_record(cells.iter().map(|cell| harmless(cell))).expect(IN_MEMORY);
    }

    /// The text of the file.
    pub fn finish(self) -> String {
        let bytes = self.0.into_inner().expect(IN_MEMORY);
        String::from_utf8(bytes).expect("text goes in, text comes out")
    }
}

/// Text that a spreadsheet would run as a formula gets a quote in front; a negative number is not a formula.
fn harmless(text: &str) -> String {
    let is_number = text.strip_prefix('-').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing_and_reads_numbers() {
        let mut sheet = Sheet::new(&["=name", "amount"]);
        sheet.row(&["=1+1", "-12.50"]);
        sheet.row(&["-£5.00", "+44 20"]);
        sheet.row(&["Smith, \"Jo\"", "@SUM(A1)"]);
        assert_eq!(
            sheet.finish(),
            "'=name,amount\n'=1+1,-12.50\n'-£5.00,'+44 20\n\"Smith, \"\"Jo\"\"\",'@SUM(A1)\n"
        );
    }
}
