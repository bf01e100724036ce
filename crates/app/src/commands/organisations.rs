//! `accord import organisations FILE`: regions, ICBs, PCNs and practices from one published list of practices.

use crate::{Database, clock, input};
use chrono::NaiveDate;
use clap::Args;
use domain::{
    Actor, FinancialYear, OrganisationKind,
    money::thousands,
    tabular::{Problem, Problems, Row, Table, note},
};
use std::{collections::HashMap, path::PathBuf};
use store::organisation::{Closing, Listed};

/// Regions, ICBs, PCNs and practices.
#[derive(Args)]
pub struct Organisations {
    /// CSV with a row per practice: its code and name, those of its PCN, ICB and region, and closed_on, if the file says
    /// which practices have closed
    file: PathBuf,
    /// First day of the PCN memberships that the file says [default: 1 April of this financial year]
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<NaiveDate>,
}

/// The last is its own column only in files that say which practices have closed.
const COLUMNS: [&str; 11] = [
    "practice_code",
    "practice_name",
    "postcode",
    "pcn_code",
    "pcn_name",
    "sub_icb_name",
    "icb_code",
    "icb_name",
    "region_code",
    "region_name",
    "closed_on",
];

/// Columns that every file has.
const ALWAYS: usize = 10;

/// One row of the file.
struct Practice {
    line: u64,
    cells: [String; ALWAYS],
    closing: Closing,
}

impl Organisations {
    /// Loads the file, and says what changed.
    pub async fn run(self, database: &Database) -> Result<String, String> {
        let bytes = input::read(&self.file)?;
        let listed = listed(&bytes).map_err(|problems| input::refused(&self.file, &problems))?;
        let db = database.open().await?;
        let now = clock::now();
        let from = self.from.unwrap_or_else(|| FinancialYear::containing(now.today).first_day());
        let file = (&*input::name(&self.file), &*domain::hash::sha256(&bytes));
        let by = Actor::command("accord import organisations");
        let loaded = store::organisation::load(&db, file, &listed, from, &by, &now)
            .await
            .map_err(|error| error.to_string())?;
        let of = |kind| thousands(listed.iter().filter(|one| one.kind == kind).count() as u64);
        let taken_back = match loaded.taken_back {
            0 => String::new(),
            offers => format!(
                "{} offers withdrawn, because their providers have moved or closed\n",
                thousands(offers)
            ),
        };
        Ok(format!(
            "{} practices, {} PCNs, {} ICBs and {} regions: {} added, {} changed, {} unchanged\n{taken_back}",
            of(OrganisationKind::Practice),
            of(OrganisationKind::Pcn),
            of(OrganisationKind::Icb),
            of(OrganisationKind::Region),
            thousands(loaded.added),
            thousands(loaded.changed),
            thousands(loaded.unchanged),
        ))
    }
}

/// The organisations of the file, parents first, or everything that is wrong with it.
fn listed(bytes: &[u8]) -> Result<Vec<Listed>, Problems> {
    let mut problems = Problems::default();
    let rows = practices(bytes, &mut problems)?;
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut seen: HashMap<String, (OrganisationKind, String, Option<String>)> = HashMap::new();
    let mut listed: [Vec<Listed>; 4] = Default::default();
    for row in rows {
        let cell = |column: usize| row.cells[column].clone();
        let network = (!row.cells[3].is_empty()).then(|| cell(3));
        let chain = [
            (OrganisationKind::Region, 8, Some((cell(8), cell(9))), None),
            (OrganisationKind::Icb, 6, Some((cell(6), cell(7))), Some(cell(8))),
            (OrganisationKind::Pcn, 3, network.clone().map(|code| (code, cell(4))), Some(cell(6))),
            (OrganisationKind::Practice, 0, Some((cell(0), cell(1))), Some(cell(6))),
        ];
        for (place, (kind, column, named, parent)) in chain.into_iter().enumerate() {
            let Some((code, name)) = named else { continue };
            let wanted = (kind, name.clone(), parent.clone());
            match seen.get(&code) {
                Some(known) if *known == wanted && kind != OrganisationKind::Practice => continue,
                // Published lists name some PCNs in two ways or under two ICBs: the first row counts.
                Some((known, ..)) if *known == kind && kind == OrganisationKind::Pcn => continue,
                Some((known, known_name, _)) => {
                    let allowed =
                        format!("a code once; it also names the {} {known_name}", known.name());
                    problems.push(Problem::new(row.line, COLUMNS[column], &code, allowed));
                    continue;
                }
                None => {}
            }
            seen.insert(code.clone(), wanted);
            let is_practice = kind == OrganisationKind::Practice;
            listed[place].push(Listed {
                code,
                name,
                kind,
                parent,
                network: if is_practice { network.clone() } else { None },
                place: if is_practice { cell(5) } else { String::new() },
                postcode: if is_practice { cell(2) } else { String::new() },
                closing: if is_practice { row.closing } else { Closing::Unsaid },
            });
        }
    }
    if problems.is_empty() { Ok(listed.into_iter().flatten().collect()) } else { Err(problems) }
}

/// Every row, with what is wrong with any of them.
fn practices(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Practice>, Problems> {
    let (layout, mut table) = Table::open_any(bytes, &[&COLUMNS, &COLUMNS[..ALWAYS]])?;
    let says_closing = layout == 0;
    let mut all = Vec::new();
    while let Some(row) = table.next_row() {
        match row {
            Ok(row) => all.extend(practice(&row, says_closing, problems)),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(all)
}

/// One row; the PCN and the last day may be absent, everything else must be there.
fn practice(row: &Row, says_closing: bool, problems: &mut Problems) -> Option<Practice> {
    let before = problems.len();
    let mut cells: [String; ALWAYS] = Default::default();
    for (column, cell) in cells.iter_mut().enumerate() {
        let may_be_empty = (2..6).contains(&column);
        let allowed = match COLUMNS[column] {
            name if name.ends_with("_code") => "an ODS code of letters and digits",
            _ => "a name",
        };
        let is_code = COLUMNS[column].ends_with("_code");
        let read = |text: &str| {
            let fits =
                if is_code { text.chars().all(|one| one.is_ascii_alphanumeric()) } else { true };
            (fits && (may_be_empty || !text.is_empty())).then(|| text.to_owned())
        };
        *cell = note(row.read(column, allowed, read), problems).unwrap_or_default();
    }
    let closing = |text: &str| match text {
        "" => Some(Closing::Open),
        text => text.parse().ok().map(Closing::On),
    };
    let closing = match says_closing {
        true => {
            let allowed = "the last day of a practice that has closed, such as 2026-03-31";
            note(row.read(ALWAYS, allowed, closing), problems)?
        }
        false => Closing::Unsaid,
    };
    (problems.len() == before).then_some(Practice { line: row.line, cells, closing })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "practice_code,practice_name,postcode,pcn_code,pcn_name,sub_icb_name,icb_code,icb_name,region_code,region_name\n";

    #[test]
    fn a_list_of_practices_gives_the_whole_tree_parents_first() {
        let text = format!(
            "{HEADER}A1,First,TS1,U1,Network,Place,QA,ICB,Y1,Region\nA2,Second,TS2,U1,Network,Place,QA,ICB,Y1,Region\nA3,Third,TS3,,,Place,QA,ICB,Y1,Region\n"
        );
        let listed = listed(text.as_bytes()).expect("a good file");
        let codes: Vec<_> = listed
            .iter()
            .map(|one| (&*one.code, one.parent.as_deref(), one.network.as_deref()))
            .collect();
        assert_eq!(
            codes,
            [
                ("Y1", None, None),
                ("QA", Some("Y1"), None),
                ("U1", Some("QA"), None),
                ("A1", Some("QA"), Some("U1")),
                ("A2", Some("QA"), Some("U1")),
                ("A3", Some("QA"), None),
            ]
        );
    }

    #[test]
    fn a_file_may_say_which_practices_have_closed() {
        let file = |rows: &str| format!("closed_on,{HEADER}{rows}");
        let text = file(
            "2026-03-31,A1,First,TS1,,,Place,QA,ICB,Y1,Region\n,A2,Second,TS2,,,Place,QA,ICB,Y1,Region\n",
        );
        let listed_here = listed(text.as_bytes()).expect("a good file");
        let closings: Vec<_> = listed_here.iter().map(|one| (&*one.code, one.closing)).collect();
        let last_day = "2026-03-31".parse().expect("a date");
        assert_eq!(
            closings,
            [
                ("Y1", Closing::Unsaid),
                ("QA", Closing::Unsaid),
                ("A1", Closing::On(last_day)),
                ("A2", Closing::Open),
            ]
        );
        let text = file("31/03/2026,A1,First,TS1,,,Place,QA,ICB,Y1,Region\n");
        let problems = listed(text.as_bytes()).expect_err("a bad date");
        assert_eq!(
            problems.lines("")[0],
            "line 2, closed_on: found \"31/03/2026\", allowed the last day of a practice that has closed, such as 2026-03-31"
        );
        let text = format!("{HEADER}A1,First,TS1,,,Place,QA,ICB,Y1,Region\n");
        let unsaid = listed(text.as_bytes()).expect("a good file");
        assert!(unsaid.iter().all(|one| one.closing == Closing::Unsaid));
    }

    #[test]
    fn every_bad_cell_is_named() {
        let text = format!(
            "{HEADER}A 1,First,TS1,U1,Network,Place,QA,ICB,Y1,Region\nA2,,TS2,U1,Network,Place,QA,ICB,Y1,Region\nA3,Third,TS3,,,Place,QA,ICB,Y1,Region\nA3,Third,TS3,,,Place,QA,ICB,Y1,Region\n"
        );
        let problems = listed(text.as_bytes()).expect_err("a bad file");
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "line 2, practice_code: found \"A 1\", allowed an ODS code of letters and digits",
                "line 3, practice_name: found nothing, allowed a name",
            ]
        );
        let twice = format!(
            "{HEADER}A3,Third,TS3,,,Place,QA,ICB,Y1,Region\nA3,Third,TS3,,,Place,QA,ICB,Y1,Region\n"
        );
        let problems = listed(twice.as_bytes()).expect_err("a code twice");
        assert_eq!(
            problems.lines("")[0],
            "line 3, practice_code: found \"A3\", allowed a code once; it also names the practice Third"
        );
    }
}
