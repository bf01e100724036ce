//! Rolling contracts over to the next year: which of their services go on, with which components, and under which name.

use super::{CannotDraft, NAME_MAX, response_date_within};
use crate::{
    Actor, FinancialYear, NotAllowed, Now, Permission, Service, calendar::long_date,
    refusal::refusal,
};
use chrono::NaiveDate;

/// Why no contract is rolled over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotRollOver {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("Select at least 1 service to roll over")]
    NoneSelected,
    #[error("Nothing was drafted. {service}: {why}.")]
    Stays { service: String, why: WhyStays },
    #[error(
        "Nothing was drafted, because your contracts have changed since you opened this page. Check them as they are now."
    )]
    ContractsChanged,
    #[error(transparent)]
    CannotDraft(#[from] CannotDraft),
}
refusal!(CannotRollOver);

/// Why a service stays behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum WhyStays {
    #[error("You have no contract of this service to roll over")]
    NoContract,
    #[error("No service of {0} that follows it has been published")]
    NotFollowed(FinancialYear),
    #[error("Several services follow it: {}. Offer them from their own pages", .0.join(", "))]
    SeveralFollow(Vec<String>),
    #[error("The service that follows it, {code}, ended on {}", long_date(*.on))]
    Ended { code: String, on: NaiveDate },
    #[error("The service that follows it, {code}, is already in {} {reference}", if *.is_draft { "the draft" } else { "contract" })]
    InContract { code: String, reference: String, is_draft: bool },
    #[error(
        "The service that follows it, {code}, has none of the components that contract {reference} has"
    )]
    NoComponents { code: String, reference: String },
}

/// What is known of a service that is to go on.
#[derive(Clone, Debug)]
pub struct Onward<'a> {
    /// The year it is to go on in.
    pub year: FinancialYear,
    /// How many contracts of the commissioner have it.
    pub contracts: usize,
    /// The services of that year that follow it.
    pub followed_by: Vec<&'a Service>,
    /// A draft or contract of the commissioner that has its follower already, with whether it is a draft.
    pub already: Option<(String, bool)>,
}

impl<'a> Onward<'a> {
    /// The service that it goes on as.
    ///
    /// # Errors
    /// Why it stays behind.
    pub fn follower(&self, now: &Now) -> Result<&'a Service, WhyStays> {
        if self.contracts == 0 {
            return Err(WhyStays::NoContract);
        }
        let follower = match *self.followed_by.as_slice() {
            [] => return Err(WhyStays::NotFollowed(self.year)),
            [one] => one,
            [..] => {
                let codes = self.followed_by.iter().map(|own| own.code.clone()).collect();
                return Err(WhyStays::SeveralFollow(codes));
            }
        };
        let code = follower.code.clone();
        if follower.ends_on < now.today {
            return Err(WhyStays::Ended { code, on: follower.ends_on });
        }
        if let Some((reference, is_draft)) = self.already.clone() {
            return Err(WhyStays::InContract { code, reference, is_draft });
        }
        Ok(follower)
    }
}

/// The components of a contract a year later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Codes of the components of the draft, in the order of the later definition.
    pub components: Vec<String>,
    /// Names of those that the contract has and the later service has not.
    pub gone: Vec<String>,
    /// Names of those that are new, and part of the draft.
    pub new: Vec<String>,
}

impl Carried {
    /// What a contract with these components of a service has of the one that follows it: the same by code, and what is
    /// new. What the contract leaves out stays out.
    pub fn of(before: &Service, chosen: &[String], after: &Service) -> Self {
        let is_new = |code: &String| before.component(code).is_none();
        let stays = |code: &String| chosen.contains(code) || is_new(code);
        let later = after.components.iter();
        Self {
            components: later.clone().map(|own| own.code.clone()).filter(stays).collect(),
            gone: before
                .components_named(chosen)
                .into_iter()
                .filter(|own| after.component(&own.code).is_none())
                .map(|own| own.name.clone())
                .collect(),
            new: later.filter(|own| is_new(&own.code)).map(|own| own.name.clone()).collect(),
        }
    }
}

/// The name of a contract a year later: its year moved on, where it names one.
pub fn rolled_name(name: &str, year: FinancialYear) -> String {
    let moved = year.moved_on_in(name).unwrap_or_else(|| name.to_owned());
    moved.chars().take(NAME_MAX).collect()
}

/// The response date of a draft with services that end on these days: each offer is cut to its own service as well.
pub fn rolled_response_date(ends: impl IntoIterator<Item = NaiveDate>, now: &Now) -> NaiveDate {
    let latest = ends.into_iter().max().unwrap_or(now.today);
    response_date_within(latest, now.today)
}

/// Whether this actor may roll contracts over.
///
/// # Errors
/// Without the permission.
pub fn may_roll_over(by: &Actor) -> Result<(), CannotRollOver> {
    Ok(by.must(Permission::Commission)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::next_year;

    const LOCAL: &str = include_str!("../../../../catalogue/2026-27/local_services.toml");

    fn later() -> String {
        next_year(LOCAL).expect("a year that can be moved on").text
    }

    fn read(text: &str) -> Service {
        Service::from_toml(text).expect("a good definition")
    }

    #[test]
    fn a_service_goes_on_or_says_why_it_stays() {
        let (next, year) = (read(&later()), FinancialYear(2027));
        let other = Service { code: "LCSB2728".into(), ..next.clone() };
        let (spring, too_late) = ("2027-03-01T12:00:00Z", "2028-04-01T12:00:00Z");
        let already = |is_draft| Some(("C-2027-000001".to_owned(), is_draft));
        for (contracts, followed_by, already, today, expected) in [
            (1, vec![&next], None, spring, "LCS2728"),
            (3, vec![&next], None, "2028-03-31T12:00:00Z", "LCS2728"),
            (0, vec![&next], None, spring, "You have no contract of this service to roll over"),
            (
                1,
                vec![],
                None,
                spring,
                "No service of 2027 to 2028 that follows it has been published",
            ),
            (
                1,
                vec![&next, &other],
                None,
                spring,
                "Several services follow it: LCS2728, LCSB2728. Offer them from their own pages",
            ),
            (
                1,
                vec![&next],
                None,
                too_late,
                "The service that follows it, LCS2728, ended on 31 March 2028",
            ),
            (
                1,
                vec![&next],
                already(true),
                spring,
                "The service that follows it, LCS2728, is already in the draft C-2027-000001",
            ),
            (
                1,
                vec![&next],
                already(false),
                spring,
                "The service that follows it, LCS2728, is already in contract C-2027-000001",
            ),
        ] {
            let now = Now::at(today.parse().expect("an instant"));
            let onward = Onward { year, contracts, followed_by, already };
            let found = match onward.follower(&now) {
                Ok(service) => service.code.clone(),
                Err(why) => why.to_string(),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn components_are_carried_by_code_with_what_is_new() {
        let before = read(LOCAL);
        let ecg = "code = \"ECG\"\nname = \"Heart tracing (ECG)\"";
        let changed = later().replace(ecg, "code = \"HOLTER\"\nname = \"Heart monitor\"");
        for (text, chosen, components, gone, new) in [
            (later(), vec!["PHLEB", "ECG"], vec!["PHLEB", "ECG"], vec![], vec![]),
            (
                changed.clone(),
                vec!["PHLEB", "ECG"],
                vec!["PHLEB", "HOLTER"],
                vec!["Heart tracing (ECG)"],
                vec!["Heart monitor"],
            ),
            (changed, vec!["SPIRO"], vec!["SPIRO", "HOLTER"], vec![], vec!["Heart monitor"]),
            (
                later().replace("\"ECG\"", "\"PHLEB2\""),
                vec!["ECG"],
                vec!["PHLEB2"],
                vec!["Heart tracing (ECG)"],
                vec!["Heart tracing (ECG)"],
            ),
        ] {
            let chosen: Vec<String> = chosen.into_iter().map(Into::into).collect();
            let found = Carried::of(&before, &chosen, &read(&text));
            let own = |list: Vec<&str>| list.into_iter().map(Into::into).collect::<Vec<String>>();
            let expected = Carried { components: own(components), gone: own(gone), new: own(new) };
            assert_eq!(found, expected, "{chosen:?}");
        }
    }

    #[test]
    fn a_name_moves_on_where_it_names_the_year() {
        let year = FinancialYear(2026);
        assert_eq!(rolled_name("Local 2026/27", year), "Local 2027/28");
        assert_eq!(rolled_name("Local services", year), "Local services");
    }

    #[test]
    fn the_response_date_is_the_usual_one_within_the_latest_service() {
        let now = Now::at("2027-03-01T12:00:00Z".parse().expect("an instant"));
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        for (ends, expected) in [
            (vec!["2028-03-31"], "2027-03-29"),
            (vec!["2027-03-10", "2028-03-31"], "2027-03-29"),
            (vec!["2027-03-10"], "2027-03-10"),
        ] {
            assert_eq!(rolled_response_date(ends.into_iter().map(day), &now), day(expected));
        }
    }
}
