//! The receipt of an acceptance: what was agreed, as the terms stood.

use super::{OFFER, REFERENCE, Text};
use crate::{
    OfferId, Service,
    calculation::National,
    calendar::{long_date, long_instant},
    service::terms::{ComponentTerms, Terms},
};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Who agreed on what, as it stood when the provider accepted or was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The offer.
    pub offer: OfferId,
    /// Which acceptance of this offer it is, from 1: an answer can be changed.
    pub number: usize,
    /// How it came about.
    pub how: How,
    /// Who did it.
    pub by: String,
    /// From which organisation.
    pub organisation: String,
    /// Whether that is another one than the provider: it answered in its place, or bound it.
    pub is_another: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// Name and code of the provider.
    pub provider: (String, String),
    /// Name and code of the commissioner.
    pub commissioner: (String, String),
    /// Name and reference of the contract.
    pub contract: (String, String),
    /// Name and code of the service.
    pub service: (String, String),
    /// First and last day of the service.
    pub dates: (NaiveDate, NaiveDate),
}

/// How an agreement came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The provider accepted an offer.
    Accepted,
    /// A direct contract bound the provider, without an answer.
    Bound,
    /// The provider accepted new terms of a service that it takes part in: a version of the definition.
    NewTerms(u32),
}

/// One version of the definition, as it was agreed on.
#[derive(Clone, Copy, Debug)]
pub struct Agreed<'a> {
    /// The definition.
    pub service: &'a Service,
    /// The SHA-256 of its text.
    pub definition_hash: &'a str,
    /// The national figures that were in force, where points are turned into pounds.
    pub national: Option<&'a National>,
}

impl Agreement {
    /// What people call it: `C-2026-000001-LCS2627-Y00001-1`.
    pub fn reference(&self) -> String {
        format!("{}-{}-{}-{}", self.contract.1, self.service.1, self.provider.1, self.number)
    }

    /// The first section.
    pub fn head(&self) -> String {
        let named = |(name, code): &(String, String)| format!("{name} ({code})");
        let by = format!("{}, for {}", self.by, self.organisation);
        let (how, by) = match self.how {
            How::Bound => ("Given", format!("{by}, without an offer")),
            How::Accepted if self.is_another => {
                let (from, provider) = (&self.organisation, &self.provider.0);
                ("Accepted", format!("{}, {from}, for {provider}", self.by))
            }
            How::Accepted => ("Accepted", by),
            How::NewTerms(number) => ("Accepted", format!("{by}, new terms, version {number}")),
        };
        let mut text = Text::default();
        text.heading("Receipt of an agreement");
        text.row(REFERENCE, &self.reference());
        text.row("Service", &named(&self.service));
        text.row("Provider", &named(&self.provider));
        text.row("Commissioner", &named(&self.commissioner));
        text.row("Contract", &named(&self.contract));
        text.row(&format!("{how} by"), &by);
        text.row(&format!("{how} on"), &long_instant(self.at));
        text.row("Time in UTC", &self.at.to_rfc3339_opts(SecondsFormat::Micros, true));
        let (from, to) = self.dates;
        text.row("Agreed for", &format!("{} to {}", long_date(from), long_date(to)));
        text.row(OFFER, &self.offer.to_string());
        text.0
    }
}

/// The sections after the first: each version of the definition that counted then or was to count later, with the prices of
/// the components that were agreed.
pub fn terms(versions: &[Agreed<'_>], components: &[String]) -> String {
    let mut text = Text::default();
    for agreed in versions {
        let (service, several) = (agreed.service, versions.len() > 1);
        let terms = Terms::with_prices(service, Some(components), agreed.national, true);
        text.heading(&format!("Terms, version {} of the definition", terms.version));
        if let Some(date) = service.effective_on {
            text.row("Counts for", &format!("achievement dates from {} on", long_date(date)));
        }
        text.row("Description", &terms.summary);
        text.row("How it is paid", &terms.paid);
        text.row("Who must approve", &terms.approval);
        text.row("Dates", &terms.dates);
        text.row("List size", &terms.list_size);
        for value in &terms.reference {
            text.row(&value.name, &value.value);
        }
        text.row("National figures", &terms.source);
        text.row("SHA-256 of the definition", agreed.definition_hash);
        for component in &terms.components {
            add_component(&mut text, component, several.then_some(terms.version));
        }
    }
    text.0
}

/// A component with what each of its indicators pays.
fn add_component(text: &mut Text, component: &ComponentTerms, version: Option<u32>) {
    let version = version.map_or_else(String::new, |number| format!(", version {number}"));
    text.heading(&format!("{} ({}){version}", component.name, component.code));
    for indicator in &component.indicators {
        let rule = match indicator.rule.as_str() {
            "None" => String::new(),
            rule => format!(". {rule}"),
        };
        let value = format!("{}{rule}. {}", indicator.pays, indicator.entry);
        text.row(&format!("{} {}", indicator.code, indicator.name), &value);
    }
}

/// The whole text: the first section and the terms.
pub fn joined(head: &str, terms: &str) -> String {
    format!("{head}\n{terms}")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Subject, sections, subject},
        *,
    };
    use crate::service::tests::GOOD;
    use uuid::Uuid;

    fn agreement() -> Agreement {
        let pair = |name: &str, code: &str| (name.to_owned(), code.to_owned());
        Agreement {
            offer: Uuid::from_u128(3).into(),
            number: 2,
            how: How::Accepted,
            by: "Sam Ahmed".into(),
            organisation: "Riverside Surgery".into(),
            is_another: false,
            at: "2025-04-10T12:00:00Z".parse().expect("an instant"),
            provider: pair("Riverside Surgery", "Y00001"),
            commissioner: pair("NHS Anytown ICB", "QAA"),
            contract: pair("Local\n\nTerms: none", "C-2025-000001"),
            service: pair("Local services", "LCS2526"),
            dates: ("2025-04-01".parse().expect("a date"), "2026-03-31".parse().expect("a date")),
        }
    }

    #[test]
    fn a_receipt_is_read_back_as_it_was_written() {
        let service = Service::from_toml(GOOD).expect("a definition");
        let agreed = Agreed { service: &service, definition_hash: "abc", national: None };
        let codes: Vec<String> = service.components.iter().map(|one| one.code.clone()).collect();
        let text = joined(&agreement().head(), &terms(&[agreed], &codes));
        let sections = sections(&text);
        assert_eq!(sections.len(), 2 + codes.len(), "{text}");
        assert_eq!(sections[0].rows[0], ("Receipt reference", "C-2025-000001-LCS2526-Y00001-2"));
        let contract = sections[0].rows.iter().find(|row| row.0 == "Contract");
        assert_eq!(contract.map(|row| row.1), Some("Local  Terms: none (C-2025-000001)"));
        assert!(sections[0].rows.contains(&("Accepted on", "10 April 2025 at 1pm")));
        assert_eq!(subject(&text), Some(Subject::Offer(Uuid::from_u128(3).into())));
        let mut again = String::new();
        for (at, section) in sections.iter().enumerate() {
            again.push_str(if at == 0 { "" } else { "\n" });
            again.push_str(&format!("{}\n", section.heading));
            section
                .rows
                .iter()
                .for_each(|(name, value)| again.push_str(&format!("{name}: {value}\n")));
        }
        assert_eq!(again, text, "nothing is lost between the text and its sections");
    }

    #[test]
    fn a_receipt_names_who_accepted_from_where_and_for_whom() {
        let own = agreement().head();
        assert!(own.contains("\nAccepted by: Sam Ahmed, for Riverside Surgery\n"), "{own}");
        let organisation = "Riverside PCN".to_owned();
        let other = Agreement { organisation, is_another: true, ..agreement() }.head();
        let said = "\nAccepted by: Sam Ahmed, Riverside PCN, for Riverside Surgery\n";
        assert!(other.contains(said), "{other}");
    }

    #[test]
    fn a_text_that_is_no_receipt_names_nothing() {
        for text in ["", "hello", "Receipt\nOffer: 7\n", "\n\n\n"] {
            assert_eq!(subject(text), None, "{text:?}");
        }
    }
}
