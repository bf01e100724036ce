//! Figures that can be true and look like a slip: they are asked about once, never refused.

use super::{Figures, shown};
use crate::{service::Service, submission::Field};

/// Why a figure looks unlikely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The numerator is 0 and was not in the period before.
    NoneDone,
    /// It is above the number of registered patients.
    AboveList,
    /// The denominator has fallen to half or less.
    Halved,
    /// It has moved by more than 3 times and by more than 20.
    FarFromLast,
}

/// A figure may be this many times the last one, or this part of it, without being asked about.
pub const FACTOR: i64 = 3;
/// A figure may differ from the last one by this much without being asked about, however small that was.
pub const STEP: i64 = 20;

/// One figure to be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The indicator's code.
    pub indicator: String,
    /// The field.
    pub field: Field,
    /// What the figure is called.
    pub label: String,
    /// The figure of the period before, when there is one.
    pub last: Option<i64>,
    /// The figure typed.
    pub new: i64,
    /// Registered patients, for a figure above them.
    pub list: Option<i64>,
    /// Why it is asked.
    pub doubt: Doubt,
}

impl Question {
    /// What is unusual, in a sentence.
    pub fn sentence(&self) -> String {
        let (label, new) = (&self.label, shown(self.new));
        let last = self.last.map(shown).unwrap_or_default();
        match self.doubt {
            Doubt::NoneDone => format!("{label} is 0. In the last period it was {last}."),
            Doubt::AboveList => {
                let list = self.list.map(shown).unwrap_or_default();
                format!("{label} is {new}. That is more than the {list} registered patients.")
            }
            Doubt::Halved => {
                format!("{label} is {new}. In the last period it was {last}, at least twice that.")
            }
            Doubt::FarFromLast => {
                format!("{label} is {new}. In the last period it was {last}.")
            }
        }
    }
}

/// What to ask about figures that are new or changed, at most one question each, in the order of the definition.
/// `last` are the figures of the period before, `list` the patients registered with the provider.
///
/// Ours: no source names limits. They are wide, so that an ordinary month is not asked about.
pub fn questions(
    service: &Service,
    changed: &Figures,
    last: &Figures,
    list: Option<i64>,
) -> Vec<Question> {
    let mut questions = Vec::new();
    for indicator in service.indicators() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let Some(new) = changed.get(&key).copied() else { continue };
            let last = last.get(&key).copied();
            if let Some(doubt) = doubt(*field, new, last, list) {
                questions.push(Question {
                    indicator: key.0,
                    field: *field,
                    label: indicator.label(*field),
                    last,
                    new,
                    list,
                    doubt,
                });
            }
        }
    }
    questions
}

fn doubt(field: Field, new: i64, last: Option<i64>, list: Option<i64>) -> Option<Doubt> {
    if field == Field::YesNo {
        return None;
    }
    if list.is_some_and(|list| new > list) {
        return Some(Doubt::AboveList);
    }
    let last = last?;
    // Sums of figures below a thousand million fit many times over.
    let is_far = new > FACTOR * last || FACTOR * new < last;
    match field {
        Field::Numerator if new == 0 && last > 0 => Some(Doubt::NoneDone),
        Field::Denominator if last > 0 && 2 * new <= last => Some(Doubt::Halved),
        _ if is_far && (new - last).abs() > STEP => Some(Doubt::FarFromLast),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlikely_figure_is_asked_about() {
        use Doubt::{AboveList, FarFromLast, Halved, NoneDone};
        use Field::{Count, Denominator, Numerator, Register, YesNo};
        let list = Some(10_184);
        for (field, new, last, list, expected) in [
            (Count, 37, Some(37), list, None),
            (Count, 412, Some(41), list, Some(FarFromLast)),
            (Count, 41, Some(412), list, Some(FarFromLast)),
            // Exactly three times, or exactly a third, is not more than a factor of 3.
            (Count, 123, Some(41), list, None),
            (Count, 124, Some(41), list, Some(FarFromLast)),
            (Count, 40, Some(120), list, None),
            (Count, 39, Some(120), list, Some(FarFromLast)),
            // A move of 20 is not more than 20.
            (Count, 21, Some(1), list, None),
            (Count, 22, Some(1), list, Some(FarFromLast)),
            (Count, 20, Some(0), list, None),
            (Count, 21, Some(0), list, Some(FarFromLast)),
            (Count, 0, Some(20), list, None),
            (Count, 0, Some(21), list, Some(FarFromLast)),
            (Count, 10_184, None, list, None),
            (Count, 10_185, None, list, Some(AboveList)),
            (Count, 10_185, None, None, None),
            (Count, 5_000, None, list, None),
            (Register, 10_185, Some(10_000), list, Some(AboveList)),
            (Register, 100, Some(152), list, None),
            (Numerator, 0, Some(1), list, Some(NoneDone)),
            (Numerator, 0, Some(0), list, None),
            (Numerator, 0, None, list, None),
            (Denominator, 50, Some(100), list, Some(Halved)),
            (Denominator, 51, Some(100), list, None),
            (Denominator, 0, Some(0), list, None),
            (Denominator, 1, Some(2), list, Some(Halved)),
            (Denominator, 400, Some(100), list, Some(FarFromLast)),
            (YesNo, 0, Some(1), Some(0), None),
        ] {
            let found = doubt(field, new, last, list);
            assert_eq!(found, expected, "{field:?} {new} after {last:?} of {list:?}");
        }
    }

    #[test]
    fn only_changed_figures_are_asked_about_in_the_order_of_the_definition() {
        let service = Service::from_toml(crate::service::tests::GOOD).unwrap();
        let figures = |list: &[(&str, Field, i64)]| -> Figures {
            list.iter().map(|(code, field, figure)| (((*code).into(), *field), *figure)).collect()
        };
        let last = figures(&[
            ("AF006", Field::Numerator, 65),
            ("AF006", Field::Denominator, 100),
            ("LD002", Field::Count, 37),
        ]);
        let changed = figures(&[("LD002", Field::Count, 370), ("AF006", Field::Numerator, 0)]);
        let asked = questions(&service, &changed, &last, Some(300));
        let told: Vec<_> = asked.iter().map(Question::sentence).collect();
        assert_eq!(
            told,
            [
                "AF006 numerator is 0. In the last period it was 65.",
                "Number of health checks is 370. That is more than the 300 registered patients.",
            ]
        );
        assert!(questions(&service, &Figures::new(), &last, Some(0)).is_empty());
    }
}
