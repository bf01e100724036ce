//! NHS numbers, which nothing here may hold: found in what people write, so that it can be refused.
//!
//! Source: NHS Data Dictionary, NHS NUMBER: ten digits, the last of which checks the others by modulus 11.

/// Whether a text holds something that looks like an NHS number: ten digits together, or in groups of 3, 3 and 4 with a
/// space, a hyphen or a full stop between them.
///
/// Other groups are not looked for: a reference such as `D-2026-000123` has ten digits as well.
pub fn is_in(text: &str) -> bool {
    let groups = groups(text);
    let alone = groups.iter().any(|group| is_valid(group.digits));
    let apart = groups.windows(3).any(|three| {
        let sizes = [three[0].digits.len(), three[1].digits.len(), three[2].digits.len()];
        let digits: String = three.iter().map(|group| group.digits).collect();
        sizes == [3, 3, 4] && three[1].follows && three[2].follows && is_valid(&digits)
    });
    alone || apart
}

/// The sentence for a text that holds one, by what the text is called: `reason`.
pub fn take_out_of(what: &str) -> String {
    format!(
        "Take the number that looks like an NHS number out of your {what}. Write nothing about a patient here"
    )
}

/// Digits that stand together.
struct Group<'a> {
    digits: &'a str,
    /// Whether one sign that parts a number is all that stands between them and the group before.
    follows: bool,
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (between, after) = rest.split_at(start);
        let end = after.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(after.len());
        let follows = !groups.is_empty() && is_part(between);
        groups.push(Group { digits: &after[..end], follows });
        rest = &after[end..];
    }
    groups
}

fn is_part(between: &str) -> bool {
    matches!(between, " " | "-" | "." | "\u{a0}" | "\u{2011}" | "\u{2013}")
}

/// Ten digits whose last is 11 minus the remainder by 11 of the others, weighed 10 to 2; a check of 10 is none.
fn is_valid(digits: &str) -> bool {
    let digits: Vec<u32> = digits.chars().filter_map(|sign| sign.to_digit(10)).collect();
    let [weighed @ .., check] = digits.as_slice() else { return false };
    let sum: u32 = weighed.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    weighed.len() == 9 && (11 - sum % 11) % 11 == *check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_an_nhs_number_is_found() {
        for text in [
            "9434765919",
            "Her number is 943 476 5919.",
            "943-476-5919, and others",
            "943.476.5919",
            "NHS9434765919 was counted twice",
            "In 2025 we saw 4010232137",
            "1 943 476 5919",
            "0000000000",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "",
            "42",
            "9434765918",
            "94347659190",
            "943 476 591",
            "943  476 5919",
            "943 and 476 and 5919",
            "£943,476,591.90",
            // A reference has ten digits in two groups, and these pass the check.
            "D-9434-765919",
            "0161 496 0000",
            // A check of 10 does not exist.
            "1000000010",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn no_reason_holds_an_nhs_number() {
        use crate::declaration::{CannotTakeBack, check_take_back_reason};
        use crate::{hold, offer};
        let named = "It is about 943 476 5919.";
        assert_eq!(hold::check_reason(named), Err(hold::CannotHold::NhsNumber));
        assert_eq!(check_take_back_reason(named), Err(CannotTakeBack::NhsNumber));
        assert_eq!(offer::wrong_reason(named), Some(offer::CannotReject::NhsNumber));
        assert_eq!(crate::access::read_reason(named), Err(crate::access::WrongReason::NhsNumber));
        let fine = "It is about D-2026-000123 of 8 August 2026.";
        assert_eq!(hold::check_reason(fine), Ok(()));
        assert_eq!(check_take_back_reason(fine), Ok(()));
        assert_eq!(offer::wrong_reason(fine), None);
    }

    #[test]
    fn no_name_that_people_give_holds_an_nhs_number() {
        use crate::{access, cluster, contract};
        let details = |text: &str| cluster::Details {
            name: text.to_owned(),
            description: text.to_owned(),
            providers: ["Y00001".to_owned()].into(),
        };
        let account = |text: &str| access::Account::read("ravi.cole@nhs.net", text, text);
        let now = crate::Now::at("2026-05-20T12:00:00Z".parse().expect("an instant"));
        let contract = |text: &str| contract::check_details(text, now.today, &now);
        let named = "About 943 476 5919";
        assert_eq!(
            details(named).check(),
            Err(vec![
                ("name", cluster::CannotCluster::NameNamesPatient),
                ("description", cluster::CannotCluster::DescriptionNamesPatient)
            ])
        );
        assert_eq!(
            account(named),
            Err(vec![access::Wrong::NameNamesPatient, access::Wrong::JobTitleNamesPatient])
        );
        assert_eq!(contract(named), Err(vec![("name", contract::CannotDraft::NameNamesPatient)]));
        let fine = "Blood tests 2026 to 2027";
        assert_eq!(details(fine).check(), Ok(()));
        assert!(account(fine).is_ok());
        assert_eq!(contract(fine), Ok(()));
    }
}
