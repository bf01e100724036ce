//! The figures that rows of an extract bring to a service.

use super::{Extract, ExtractRow, Name, Value};
use crate::{
    service::{Resolved, Service, Unresolved},
    submission::{self, Field, Figures},
    tabular::Problem,
};
use std::collections::{BTreeMap, HashMap, btree_map::Entry};

/// The figures that the rows in force of one organisation and achievement date bring to a service.
/// Otherwise every row that cannot be placed or that contradicts another.
pub fn figures(
    service: &Service,
    extract: &Extract,
    rows: &[ExtractRow],
) -> Result<Figures, Vec<Problem>> {
    let in_force = rows.iter().filter(|row| row.last_submission);
    let brought = Reader::new(service, extract).figures(in_force)?;
    Ok(brought.into_iter().map(|(key, figure)| (key, figure.value)).collect())
}

/// A figure and the row that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Brought {
    /// The figure.
    pub value: i64,
    /// Line of the row.
    pub line: u32,
    /// Whether a default was put in for an answer nobody gave.
    pub default_used: bool,
}

/// Reads the rows of many organisations for one service: each pair of indicator and field name is looked up once.
pub struct Reader<'s> {
    service: &'s Service,
    extract: &'s Extract,
    known: HashMap<(Name, Name), Result<Resolved, Unresolved>>,
}

impl<'s> Reader<'s> {
    /// A reader of a file for a service.
    pub fn new(service: &'s Service, extract: &'s Extract) -> Self {
        Self { service, extract, known: HashMap::new() }
    }

    /// The figures that rows of one organisation and achievement date bring, in force or not.
    /// Otherwise every row that cannot be placed or that contradicts another.
    pub fn figures<'r>(
        &mut self,
        rows: impl IntoIterator<Item = &'r ExtractRow>,
    ) -> Result<BTreeMap<(String, Field), Brought>, Vec<Problem>> {
        let mut brought: BTreeMap<(String, Field), Brought> = BTreeMap::new();
        let mut problems = Vec::new();
        for row in rows {
            let (key, value) = match self.placed(row) {
                Ok(Some(placed)) => placed,
                Ok(None) => continue,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            match brought.entry(key) {
                Entry::Vacant(place) => {
                    let (line, default_used) = (row.line, row.default_used);
                    place.insert(Brought { value, line, default_used });
                }
                // The same register stands on the row of every indicator that uses it, with the same figure.
                Entry::Occupied(place) if place.get().value != value => {
                    let (other, line) = (place.get().value, place.get().line);
                    let allowed = format!("{other}, as on line {line} for the same register");
                    let own = u64::from(row.line);
                    problems.push(Problem::new(own, "VALUE", &value.to_string(), allowed));
                }
                Entry::Occupied(_) => {}
            }
        }
        problems.extend(self.impossible(&brought));
        problems.sort_by_key(|problem| problem.row);
        if problems.is_empty() { Ok(brought) } else { Err(problems) }
    }

    /// Numerators above their denominators.
    fn impossible(&self, brought: &BTreeMap<(String, Field), Brought>) -> Vec<Problem> {
        // The denominator of an indicator stands right behind its numerator.
        let mut pairs = brought.iter().zip(brought.iter().skip(1));
        let is_above = |((one, numerator), (other, denominator)): (Pair, Pair)| {
            one.0 == other.0
                && (one.1, other.1) == (Field::Numerator, Field::Denominator)
                && numerator.value > denominator.value
        };
        if !pairs.any(is_above) {
            return Vec::new();
        }
        let figures: Figures =
            brought.iter().map(|(key, figure)| (key.clone(), figure.value)).collect();
        submission::contradictions(self.service, &figures)
            .into_iter()
            .filter(|own| own.field == Field::Numerator)
            .filter_map(|error| {
                let denominator = (error.indicator.clone(), Field::Denominator);
                let most = figures.get(&denominator).copied().unwrap_or_default();
                let figure = brought.get(&(error.indicator, error.field))?;
                let allowed = format!("{most} or less, because the denominator is {most}");
                let (line, found) = (u64::from(figure.line), figure.value.to_string());
                Some(Problem::new(line, "VALUE", &found, allowed))
            })
            .collect()
    }

    /// The figure of one row; `None` for information that no sum uses.
    fn placed(&mut self, row: &ExtractRow) -> Result<Option<Placed>, Problem> {
        let line = u64::from(row.line);
        let (indicator, field) = (self.extract.text(row.indicator), self.extract.text(row.field));
        let resolved = self
            .known
            .entry((row.indicator, row.field))
            .or_insert_with(|| self.service.resolve(indicator, field));
        let (code, field) = match resolved {
            Ok(Resolved::Figure(code, field)) => (code, field),
            Ok(Resolved::Information(_)) => return Ok(None),
            Err(unresolved) => {
                let (column, found) = unresolved.cell(indicator, field);
                return Err(Problem::new(line, column, found, unresolved.to_string()));
            }
        };
        let wrong = |found: &str, allowed: &str| Err(Problem::new(line, "VALUE", found, allowed));
        let field = *field;
        let figure = match (field, row.value) {
            (Field::YesNo, Value::Answer(yes)) => i64::from(yes),
            (Field::YesNo, Value::Number(number @ (0 | 1))) => i64::from(number),
            (Field::YesNo, Value::Number(number)) => {
                return wrong(&number.to_string(), "Yes, No, 1 or 0");
            }
            (_, Value::Number(number)) => i64::from(number),
            (_, Value::Answer(yes)) => {
                let found = if yes { "Yes" } else { "No" };
                return wrong(found, "a whole number from 0 to 999999999");
            }
        };
        Ok(Some(((code.clone(), field), figure)))
    }
}

type Placed = ((String, Field), i64);
type Pair<'b> = (&'b (String, Field), &'b Brought);
