//! How far the offers of a contract have come: made, looked at, answered, accepted.

use crate::words::number;
use domain::contract::ContractKind;
use serde::Serialize;
use store::offer::Answers;

/// One stage of the way, of which the next is a part.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Stage {
    label: &'static str,
    /// "62".
    count: String,
    /// Whole per cent of what was offered, rounded down: 100 says all of them.
    per_cent: i64,
}

/// The stages; none when nothing is offered, or nobody asked, as with a direct contract. What was withdrawn is on no way any
/// more.
pub(super) fn stages(kind: ContractKind, answers: Answers) -> Vec<Stage> {
    let offered = answers.all - answers.withdrawn;
    let answered = offered - answers.pending - answers.expired;
    let stage = |(label, count): (&'static str, i64)| Stage {
        label,
        count: number(count),
        per_cent: count * 100 / offered.max(1),
    };
    let all = [
        ("Offered", offered),
        ("Looked at or answered", offered - answers.not_looked_at),
        ("Answered", answered),
        ("Accepted and in force", answers.in_force()),
    ];
    match (kind, offered) {
        (ContractKind::Direct, _) | (_, 0) => Vec::new(),
        _ => all.into_iter().map(stage).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_a_part_of_the_one_before() {
        let answers = Answers {
            pending: 20,
            expired: 3,
            accepted: 40,
            notice_given: 1,
            rejected: 6,
            requested: 2,
            turned_down: 1,
            terminated: 2,
            withdrawn: 25,
            all: 100,
            not_looked_at: 15,
        };
        let stages: Vec<_> = stages(ContractKind::Offer, answers)
            .into_iter()
            .map(|stage| (stage.label, stage.count, stage.per_cent))
            .collect();
        let expected = [
            ("Offered", "75", 100),
            ("Looked at or answered", "60", 80),
            ("Answered", "52", 69),
            ("Accepted and in force", "41", 54),
        ];
        assert_eq!(stages, expected.map(|(label, count, part)| (label, count.to_owned(), part)));
    }

    #[test]
    fn nothing_offered_has_no_stages() {
        let withdrawn = Answers { withdrawn: 4, all: 4, ..Answers::default() };
        assert_eq!(stages(ContractKind::Offer, withdrawn), []);
        let bound = Answers { accepted: 4, all: 4, ..Answers::default() };
        assert_eq!(stages(ContractKind::Direct, bound), []);
    }
}
