//! `accord import list-sizes FILE --as-at DATE`: registered patients of practices, which payments by list size use.

use crate::{Database, clock, input};
use chrono::NaiveDate;
use clap::Args;
use domain::{
    Actor,
    money::thousands,
    tabular::{self, Problem, Problems, Row, note},
};
use std::{collections::BTreeMap, path::PathBuf};

/// Registered patients of practices as at a date.
#[derive(Args)]
pub struct ListSizes {
    /// CSV with the columns practice_code and list_size; where it has patient_list_type, rows other than TOTAL are left out
    file: PathBuf,
    /// The day the lists count for, such as 1 January before the year's end
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_at: NaiveDate,
}

const COLUMNS: [&str; 2] = ["practice_code", "list_size"];
const WITH_TYPE: [&str; 3] = ["practice_code", "list_size", "patient_list_type"];

impl ListSizes {
    /// Loads the file, and says how many lists it held. Codes of organisations that are not registered are named and
    /// left out, because a published file is often a year older or younger than the register.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let bytes = input::read(&self.file)?;
        let sizes = sizes(&bytes).map_err(|problems| input::refused(&self.file, &problems))?;
        let db = database.open().await?;
        let codes = async { store::organisation::codes(&mut db.read().await?).await };
        let codes = codes.await.map_err(|error| error.to_string())?;
        let known: Vec<_> = sizes
            .iter()
            .filter_map(|(code, patients)| Some((*codes.get(code)?, *patients)))
            .collect();
        let unknown: Vec<_> =
            sizes.keys().filter(|code| !codes.contains_key(*code)).map(String::as_str).collect();
        let file = (&*input::name(&self.file), &*domain::hash::sha256(&bytes));
        let by = Actor::command("accord import list-sizes");
        let lists =
            store::organisation::load_list_sizes(&db, file, self.as_at, &known, &by, &clock::now())
                .await
                .map_err(|error| error.to_string())?;
        let mut said = format!("{} list sizes loaded as at {}\n", thousands(lists), self.as_at);
        if !unknown.is_empty() {
            let count = thousands(unknown.len() as u64);
            said.push_str(&format!(
                "{count} codes are not registered and were left out: {}\n",
                unknown.join(" ")
            ));
        }
        Ok(said)
    }
}

/// The list of each practice; a practice may stand on several rows as long as they agree.
fn sizes(bytes: &[u8]) -> Result<BTreeMap<String, i64>, Problems> {
    let with_type = tabular::Table::open(bytes, &WITH_TYPE).is_ok();
    let columns: &[&str] = if with_type { &WITH_TYPE } else { &COLUMNS };
    let mut sizes: BTreeMap<String, i64> = BTreeMap::new();
    tabular::rows(bytes, columns, |row: &Row, problems| {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        if with_type && note(row.read(2, "a list type such as TOTAL", text), problems)? != "TOTAL" {
            return Some(());
        }
        let code = note(row.read(0, "a code", text), problems);
        let number = |text: &str| {
            text.parse::<i64>().ok().filter(|patients| (0..=10_000_000).contains(patients))
        };
        let patients = note(row.read(1, "a whole number from 0", number), problems)?;
        let code = code?;
        match sizes.insert(code.clone(), patients) {
            Some(other) if other != patients => {
                let allowed =
                    format!("one list size for each practice, and {code} also has {other}");
                problems.push(Problem::new(row.line, COLUMNS[1], &patients.to_string(), allowed));
                None
            }
            _ => Some(()),
        }
    })?;
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_total_list_for_each_practice() {
        let text = "practice_code,group_code,register,patient_list_type,list_size\nA1,AF,1,TOTAL,4117\nA1,AST,2,TOTAL,4117\nA1,OB,2,18OV,3000\n";
        assert_eq!(sizes(text.as_bytes()).expect("a good file").get("A1"), Some(&4117));
        let problems =
            sizes(b"practice_code,list_size\nA1,12\nA1,13\nA2,-4\n").expect_err("a bad file");
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "line 3, list_size: found \"13\", allowed one list size for each practice, and A1 also has 12",
                "line 4, list_size: found \"-4\", allowed a whole number from 0",
            ]
        );
    }
}
