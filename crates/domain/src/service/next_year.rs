//! Next year's definition from this year's: what moves with the year is moved, and everything else stays as written.

use super::{Problem, Service};
use crate::{
    FinancialYear,
    calendar::{a_year_later, first_day_a_year_later, last_day_a_year_later},
};
use chrono::NaiveDate;
use toml_edit::{DocumentMut, Item, Table, Value};

/// Longest code of a service.
const CODE_MAX: usize = 20;

/// A definition made from the one of the year before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextYear {
    /// Its text.
    pub text: String,
    /// What a person must look at, a sentence each.
    pub notes: Vec<String>,
}

/// The definition of the year after: dates, year, name, codes and `follows` moved on, at version 1; comments and
/// everything else as they were.
///
/// # Errors
/// What is wrong with the definition, or with the one that would come of it.
pub fn next_year(text: &str) -> Result<NextYear, Vec<Problem>> {
    let before = Service::from_toml(text)?;
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let found = error.message().to_owned();
        vec![Problem { at: "the definition".into(), found, allowed: "TOML".into() }]
    })?;
    let mut moving = Moving { year: before.year, notes: Vec::new() };
    let root = document.as_table_mut();
    moving.service(root, &before)?;
    moving.version(root, &before);
    moving.codes_of_others(root);
    let text = document.to_string();
    moving.names_a_year(&text);
    Service::from_toml(&text)?.goes_on_from(&before)?;
    Ok(NextYear { text, notes: moving.notes })
}

struct Moving {
    /// The year that is left.
    year: FinancialYear,
    notes: Vec<String>,
}

impl Moving {
    fn service(&mut self, root: &mut Table, before: &Service) -> Result<(), Vec<Problem>> {
        let code = self.code(&before.code)?;
        match self.year.moved_on_in(&before.name) {
            Some(name) => put(root, "name", name),
            None => self.notes.push("name does not say its year, so it stays as it is.".into()),
        }
        put(root, "code", code);
        put(root, "year", i64::from(self.year.next().0));
        put(root, "starts_on", date(first_day_a_year_later(before.starts_on)));
        put(root, "ends_on", date(last_day_a_year_later(before.ends_on)));
        if let Some(on) = before.list_size_date {
            put(root, "list_size_date", date(a_year_later(on)));
        }
        put(root, "follows", before.code.clone());
        Ok(())
    }

    fn code(&mut self, before: &str) -> Result<String, Vec<Problem>> {
        if let Some(code) = self.year.moved_on_in_code(before) {
            return Ok(code);
        }
        let (this, next) = (self.year.in_codes(), self.year.next().in_codes());
        let code = format!("{before}{next}");
        if code.chars().count() > CODE_MAX {
            let allowed = format!("a code with its year, {this}, or one with room for {next}");
            return Err(vec![Problem { at: "code".into(), found: before.into(), allowed }]);
        }
        self.notes.push(format!(
            "code {before} does not hold its year, {this}. The next one is called {code}: change it if you want another."
        ));
        Ok(code)
    }

    /// The next year starts at its own first version, with the rules that counted last.
    fn version(&mut self, root: &mut Table, before: &Service) {
        for key in ["version", "effective_on"] {
            take_out(root, key);
        }
        if let Some(from) = before.effective_on {
            self.notes.push(format!(
                "version starts at 1 again. It has the rules of version {}, which counted from {from}.",
                before.version
            ));
        }
    }

    /// Codes of other services: the one that paid in advance, and the one that an aspiration is a part of.
    fn codes_of_others(&mut self, root: &mut Table) {
        if let Some(payment) = root.get_mut("payment").and_then(Item::as_table_like_mut)
            && let Some(other) = payment.get_mut("less_paid_by")
        {
            self.code_of_another("less_paid_by", other, self.year);
        }
        let last_year = FinancialYear(self.year.0 - 1);
        for component in tables(root.get_mut("component")) {
            for indicator in tables(component.get_mut("indicator")) {
                if let Some(other) = indicator.get_mut("of") {
                    self.code_of_another("of", other, last_year);
                }
            }
        }
    }

    fn code_of_another(&mut self, key: &str, item: &mut Item, year: FinancialYear) {
        let Some(code) = item.as_str().map(ToOwned::to_owned) else { return };
        match year.moved_on_in_code(&code) {
            Some(moved) => {
                self.notes.push(format!(
                    "{key} was {code} and is {moved}: publish that service, or change it."
                ));
                change(item, moved.into());
            }
            None => self.notes.push(format!(
                "{key} is still {code}: it does not hold {}, so it was not moved.",
                year.in_codes()
            )),
        }
    }

    /// Comments and texts that name a year stay as written, and somebody has to read them.
    fn names_a_year(&mut self, text: &str) {
        const MOVED: [&str; 7] =
            ["name", "code", "year", "starts_on", "ends_on", "list_size_date", "follows"];
        let mut in_root = true;
        for (at, line) in text.lines().enumerate() {
            in_root &= !line.starts_with('[');
            let key = line.split('=').next().unwrap_or_default().trim();
            if !(in_root && MOVED.contains(&key)) && holds_a_year(line) {
                self.notes.push(format!("line {} names a year, check it: {}", at + 1, line.trim()));
            }
        }
    }
}

/// Whether four digits from 2000 to 2099 stand alone somewhere in a line.
fn holds_a_year(line: &str) -> bool {
    line.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits.len() == 4 && digits.starts_with("20"))
}

fn date(day: NaiveDate) -> Value {
    let day: toml_edit::Datetime = day.to_string().parse().expect("a date is written as TOML's");
    day.into()
}

/// Sets a key of a table; what stands around the value stays.
fn put(table: &mut Table, key: &str, value: impl Into<Value>) {
    match table.get_mut(key) {
        Some(item) => change(item, value.into()),
        None => {
            table.insert(key, toml_edit::value(value));
        }
    }
}

fn change(item: &mut Item, value: Value) {
    if let Some(before) = item.as_value_mut() {
        let around = before.decor().clone();
        *before = value;
        *before.decor_mut() = around;
    }
}

/// Takes a key out; the comment above it goes to what stands below it.
fn take_out(table: &mut Table, key: &str) {
    let Some(comment) = table.key(key).map(|own| prefix(own.leaf_decor().prefix())) else {
        return;
    };
    let below = table.iter().map(|(name, _)| name.to_owned()).skip_while(|name| name != key).nth(1);
    table.remove(key);
    let Some(below) = below else { return };
    match table.get_mut(&below) {
        Some(Item::Table(own)) => put_above(own.decor_mut(), &comment),
        Some(Item::ArrayOfTables(all)) => {
            if let Some(first) = all.get_mut(0) {
                put_above(first.decor_mut(), &comment);
            }
        }
        _ => {
            if let Some(mut own) = table.key_mut(&below) {
                put_above(own.leaf_decor_mut(), &comment);
            }
        }
    }
}

fn prefix(raw: Option<&toml_edit::RawString>) -> String {
    raw.and_then(toml_edit::RawString::as_str).unwrap_or_default().to_owned()
}

fn put_above(decor: &mut toml_edit::Decor, comment: &str) {
    if comment.contains('#') {
        let own = prefix(decor.prefix());
        decor.set_prefix(format!("{comment}{own}"));
    }
}

/// The tables of an array of tables.
fn tables(item: Option<&mut Item>) -> Vec<&mut Table> {
    match item {
        Some(Item::ArrayOfTables(all)) => all.iter_mut().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn year_after(text: &str) -> NextYear {
        next_year(text).expect("a definition that can be moved on")
    }

    #[test]
    fn every_definition_of_the_catalogue_moves_on_and_keeps_its_comments() {
        let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
        let mut moved = 0;
        for year in ["2025-26", "2026-27"] {
            for file in fs::read_dir(catalogue.join(year)).expect("a year of the catalogue") {
                let path = file.expect("a file").path();
                if path.extension().is_none_or(|kind| kind != "toml") {
                    continue;
                }
                let text = fs::read_to_string(&path).expect("a definition");
                let (before, after) = (Service::from_toml(&text), year_after(&text));
                let before = before.expect("a good definition");
                let later = Service::from_toml(&after.text).expect("a good definition");
                let name = path.display();
                assert_eq!(later.goes_on_from(&before), Ok(()), "{name}");
                assert_eq!(later.follows.as_deref(), Some(&*before.code), "{name}");
                assert_eq!(later.year, before.year.next(), "{name}");
                assert_ne!((&later.code, &later.name), (&before.code, &before.name), "{name}");
                assert_eq!((later.version, later.effective_on), (1, None), "{name}");
                assert_eq!(later.periods().len(), before.periods().len(), "{name}");
                assert_eq!(later.indicators().count(), before.indicators().count(), "{name}");
                let comments = |text: &str| {
                    let comment = |line: &&str| line.starts_with('#');
                    text.lines().filter(comment).map(ToOwned::to_owned).collect::<Vec<_>>()
                };
                assert_eq!(comments(&after.text), comments(&text), "{name}");
                moved += 1;
            }
        }
        assert!(moved >= 20, "the whole of both years: {moved}");
    }

    const LOCAL: &str = include_str!("../../../../catalogue/2026-27/local_services.toml");

    #[test]
    fn only_what_moves_with_the_year_changes() {
        let after = year_after(LOCAL).text;
        let changed: Vec<_> = after
            .lines()
            .zip(LOCAL.lines())
            .filter(|(now, was)| now != was)
            .map(|(now, _)| now)
            .collect();
        assert_eq!(
            changed,
            [
                "code = \"LCS2728\"",
                "name = \"Local primary care services 2027 to 2028\"",
                "year = 2027",
                "starts_on = 2027-04-01",
                "ends_on = 2028-03-31",
                "follows = \"LCS2627\"",
            ]
        );
        assert_eq!(after.lines().count(), LOCAL.lines().count());
        assert_eq!(year_after(LOCAL).notes, Vec::<String>::new());
        // And on from there, over the leap year of 2028.
        let next = year_after(&after).text;
        assert!(next.contains("starts_on = 2028-04-01\nends_on = 2029-03-31\n"), "{next}");
    }

    #[test]
    fn february_keeps_its_end() {
        let text = include_str!("../../../../catalogue/2026-27/network_enhanced_access.toml")
            .replace("list_size_date = 2026-01-01", "list_size_date = 2028-02-29")
            .replace("starts_on = 2026-04-01", "starts_on = 2027-03-01")
            .replace("ends_on = 2027-03-31", "ends_on = 2028-02-29");
        let after = year_after(&text).text;
        assert!(after.contains("list_size_date = 2029-02-28\n"), "{after}");
        assert!(after.contains("starts_on = 2028-03-01\nends_on = 2029-02-28\n"), "{after}");
    }

    #[test]
    fn a_version_starts_again_and_its_comment_stays() {
        let text = LOCAL.replace(
            "provider =",
            "# Spirometry was raised in the year.\nversion = 2\neffective_on = 2026-12-31\nprovider =",
        );
        let after = year_after(&text);
        assert!(
            after.text.contains("# Spirometry was raised in the year.\nprovider = \"practice\""),
            "{}",
            after.text
        );
        assert!(!after.text.contains("version = ") && !after.text.contains("effective_on"));
        let note = "version starts at 1 again. It has the rules of version 2, which counted from 2026-12-31.";
        assert_eq!(after.notes, [note]);
        // The last key above a table gives its comment to the table.
        let text = LOCAL.replace(
            "follows = \"LCS2526\"\n",
            "# Raised.\nversion = 2\neffective_on = 2026-12-31\n",
        );
        let after = year_after(&text).text;
        assert!(
            after.contains("# Raised.") && after.contains("follows = \"LCS2627\"\n"),
            "{after}"
        );
    }

    #[test]
    fn what_cannot_be_moved_is_said() {
        let without = LOCAL.replace("LCS2627", "LOCAL").replace(" 2026 to 2027", "");
        let notes = year_after(&without).notes;
        assert_eq!(
            notes,
            [
                "code LOCAL does not hold its year, 2627. The next one is called LOCAL2728: change it if you want another.",
                "name does not say its year, so it stays as it is.",
            ]
        );
        let named = LOCAL
            .replace("# A demonstration", "# Prices of 2025 to 2026")
            .replace("\"quarterly\"", "\"annual\"")
            .replace("pay_code = \"LCS\"", "pay_code = \"LCS\"\nless_paid_by = \"LCSADV\"");
        let notes = year_after(&named).notes;
        assert_eq!(
            notes,
            [
                "less_paid_by is still LCSADV: it does not hold 2627, so it was not moved.",
                "line 1 names a year, check it: # Prices of 2025 to 2026: a local service with made-up prices.",
            ]
        );
        let long = LOCAL.replace("LCS2627", "LOCALSERVICESOFOURS");
        let problems = next_year(&long).expect_err("no room for a year");
        assert_eq!(problems[0].at, "code");
    }

    #[test]
    fn codes_of_services_that_belong_together_move_together() {
        let aspiration = include_str!("../../../../catalogue/2025-26/qof_aspiration.toml");
        let after = year_after(aspiration);
        assert!(after.text.contains("of = \"QOF2526\""), "{}", after.text);
        assert_eq!(
            after.notes[0],
            "of was QOF2425 and is QOF2526: publish that service, or change it."
        );
        let qof = year_after(include_str!("../../../../catalogue/2025-26/qof.toml"));
        assert!(qof.text.contains("less_paid_by = \"QASP2627\""));
    }

    #[test]
    fn a_wrong_definition_is_refused_with_what_is_wrong() {
        assert_eq!(next_year("nonsense").expect_err("no TOML").len(), 1);
        let wrong = LOCAL.replace("\"3.10\"", "\"x\"");
        assert_eq!(next_year(&wrong).expect_err("no price").len(), 1);
    }
}
