//! How the audit shows facts: in groups to choose from, and each of them field by field.

use super::Event;
use crate::Pence;
use serde_json::Value;
use uuid::Uuid;

/// Facts that somebody looks for together.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in an address.
    pub name: &'static str,
    /// What it is called.
    pub words: &'static str,
    /// How the kinds of its facts begin, as they are written.
    pub kinds: &'static [&'static str],
}

/// How many beginnings a group has at most.
pub const KINDS_MAX: usize = 12;

/// Every group; a fact is in exactly one.
pub const GROUPS: [Group; 7] = [
    Group {
        name: "access",
        words: "Logging in, people, roles and deputies",
        kinds: &[
            "access_",
            "account_",
            "delegation_",
            "deputy_",
            "identity_",
            "password_",
            "person_",
            "recovery_code_",
            "role",
            "second_factor_",
            "separation_",
            "signed_",
        ],
    },
    Group {
        name: "offers",
        words: "Clusters, contracts and offers",
        kinds: &["cluster_", "contract_", "offer", "notice_", "receipt_", "variation_"],
    },
    Group {
        name: "figures",
        words: "Figures, calculations and adjustments",
        kinds: &["figure", "nil_return_", "network_", "achievement_calculated", "adjustment_"],
    },
    Group {
        name: "declarations",
        words: "Declarations, questions, holds and corrections",
        kinds: &[
            "declaration_",
            "notes_",
            "indicators_",
            "achievement_declared",
            "check_limits_",
            "hold_",
            "question_",
            "correction_",
            "recovery_asked",
            "recovery_answered",
            "recovery_agreed",
            "recovery_dropped",
        ],
    },
    Group { name: "payments", words: "Payment files and payments", kinds: &["payment_"] },
    Group {
        name: "register",
        words: "Organisations, services and national figures",
        kinds: &[
            "organisations_",
            "list_sizes_",
            "bank_holidays_",
            "extract_",
            "service_",
            "reference_",
        ],
    },
    Group {
        name: "reading",
        words: "Amounts of a provider opened by another organisation",
        kinds: &["amounts_"],
    },
];

impl Group {
    /// The group with a name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|group| group.name == name)
    }
}

/// Fields that hold an amount where the fact holds one at all.
const AMOUNTS: [&str; 8] =
    ["amount", "total", "calculated", "stood_at", "old", "new", "before", "after"];
/// Fields that hold what somebody wrote, which can name pounds.
const WRITTEN: [&str; 8] =
    ["reason", "note", "notes", "cause", "text", "evidence", "what", "because"];

impl Event {
    /// What was recorded, field by field, without identifiers. For who may not see money neither amounts nor what
    /// people wrote.
    pub fn fields(&self, with_money: bool) -> Vec<(String, String)> {
        let Ok(Value::Object(fields)) = serde_json::to_value(self) else { return Vec::new() };
        let holds_money = self.holds_money();
        let shown = |(name, value): (String, Value)| {
            let is_amount = holds_money && AMOUNTS.contains(&&*name);
            let is_hidden = is_amount || WRITTEN.contains(&&*name) || value.is_object();
            if name == "kind" || (is_hidden && !with_money) {
                return None;
            }
            let text = match value.as_i64().filter(|_| is_amount) {
                Some(pence) => Pence(pence).to_string(),
                None => text(&value)?,
            };
            Some((heading(&name), text))
        };
        fields.into_iter().filter_map(shown).collect()
    }

    /// Whether an amount of money is among its fields.
    fn holds_money(&self) -> bool {
        // Only the type knows: a field of the same name holds a count or a day in other facts.
        format!("{self:?}").contains("Pence(")
    }
}

/// A value as people read it; nothing where there is nothing to read.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Bool(is_so) => Some(if *is_so { "Yes" } else { "No" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.is_empty() || text.parse::<Uuid>().is_ok() => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(self::text).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
    }
}

/// `stood_at` as a heading: `Stood at`.
fn heading(name: &str) -> String {
    let name = match name {
        "old" => "before",
        "new" => "after",
        name => name,
    };
    let words = name.replace('_', " ");
    let (first, rest) = words.split_at(words.len().min(1));
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeclarationId;

    /// The list of facts as it is written, because nothing lists the variants of an enum.
    const SOURCE: &str = include_str!("../event.rs");

    /// The kinds of all facts, `offer_accepted`.
    fn kinds() -> Vec<String> {
        let list = SOURCE.split("pub enum Event {").nth(1).expect("the list");
        let list = list.split("\n}").next().expect("its end");
        let names = list.lines().filter_map(|line| {
            let name = line.strip_prefix("    ")?.strip_suffix(" {")?;
            name.starts_with(|letter: char| letter.is_ascii_uppercase()).then_some(name)
        });
        let snake = |name: &str| {
            let mut text = String::new();
            for letter in name.chars() {
                if letter.is_ascii_uppercase() && !text.is_empty() {
                    text.push('_');
                }
                text.push(letter.to_ascii_lowercase());
            }
            text
        };
        names.map(snake).collect()
    }

    #[test]
    fn every_fact_is_in_exactly_one_group() {
        let kinds = kinds();
        assert!(kinds.len() > 90, "{kinds:?}");
        for kind in kinds {
            let holds = |group: &&Group| group.kinds.iter().any(|start| kind.starts_with(start));
            let groups: Vec<_> = GROUPS.iter().filter(holds).map(|group| group.name).collect();
            assert_eq!(groups.len(), 1, "{kind} is in {groups:?}");
        }
        assert!(GROUPS.iter().all(|group| group.kinds.len() <= KINDS_MAX));
    }

    #[test]
    fn every_amount_of_a_fact_is_known_as_one() {
        for line in SOURCE.lines().filter(|line| line.contains("Pence,") && line.contains(": ")) {
            let name = line.trim().split(':').next().expect("a field");
            assert!(AMOUNTS.contains(&name), "{name} holds pounds");
        }
    }

    #[test]
    fn fields_hold_pounds_only_for_who_may_see_them() {
        let declaration = DeclarationId(Uuid::nil());
        let rejected =
            Event::DeclarationRejected { declaration, amount: Pence(42_000), reason: "£9".into() };
        let pairs = |with_money| -> Vec<String> {
            let fields = rejected.fields(with_money);
            fields.into_iter().map(|(name, text)| format!("{name}: {text}")).collect()
        };
        assert_eq!(pairs(true), ["Amount: £420.00", "Reason: £9"]);
        assert!(pairs(false).is_empty());
        let replaced = Event::FigureReplaced {
            achievement: Uuid::nil().into(),
            submission: Uuid::nil().into(),
            indicator: "BLD001".into(),
            label: "Count".into(),
            old: 4,
            new: 5,
            reason: "Counted again".into(),
        };
        let counts = replaced.fields(false);
        assert!(counts.contains(&("Before".into(), "4".into())), "{counts:?}");
        assert!(counts.contains(&("After".into(), "5".into())), "{counts:?}");
    }
}
