//! Checks of a declared amount, which sort a queue into "within tolerance" and "needs a look". They stop nothing: who
//! approves reads why, and decides.
//!
//! Source: ours. Claims systems sort work by risk, and no source says by which signs a commissioner looks twice at a figure.

use super::Bands;
use crate::{
    Actor, Change, Event, NotAllowed, OrganisationId, Pence, Permission, calendar::long_date,
    refusal::refusal,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What a commissioner takes as usual; nothing where it does not want a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that an amount differs from the period before, in percent of that.
    pub change_percent: Option<u32>,
    /// Differences below this are never looked at.
    pub change_from: Pence,
    /// How many times the median for each patient an amount may be, or may be smaller than it.
    pub peers_times: Option<u32>,
    /// Days after the end of its period until which a declaration is in time.
    pub late_days: Option<u32>,
    /// Whether counts above the register are looked at.
    pub above_register: bool,
    /// Whether figures that nobody entered are looked at.
    pub defaults: bool,
    /// From which amounts on more is asked for than one approval.
    pub bands: Bands,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            change_percent: Some(25),
            change_from: Pence(10_000),
            peers_times: Some(3),
            late_days: Some(60),
            above_register: true,
            defaults: true,
            bands: Bands::default(),
        }
    }
}

/// Why limits cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence is the documentation")]
pub enum CannotChangeLimits {
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    #[error("The change must be from 1% to 1,000%, or empty")]
    ChangePercent,
    #[error("The smallest change must be from £0.00 to £1,000,000.00")]
    ChangeFrom,
    #[error("The number of times the median must be from 2 to 100, or empty")]
    PeersTimes,
    #[error("The days must be from 1 to 365, or empty")]
    LateDays,
    #[error("The amount must be from £0.01 to £100,000,000.00, or empty")]
    SecondFrom,
    #[error(
        "The amount must be from £0.01 to £100,000,000.00 and not below that of the second approval, or empty"
    )]
    AloneFrom,
}
refusal!(CannotChangeLimits);

/// What a commissioner takes as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usual {
    /// Whose.
    pub commissioner: OrganisationId,
    /// The limits.
    pub limits: Limits,
    /// Raised by one with each change; nothing was changed yet at 0.
    pub version: i64,
}

impl Usual {
    /// Before the commissioner has changed anything.
    pub fn of(commissioner: OrganisationId) -> Self {
        Self { commissioner, limits: Limits::default(), version: 0 }
    }

    /// The commissioner takes something else as usual. Who makes contracts says so and not who approves: nobody makes the
    /// own queue shorter.
    pub fn change(&self, limits: Limits, by: &Actor) -> Result<Change<Self>, CannotChangeLimits> {
        by.must(Permission::Commission)?;
        let is_within = |number: Option<u32>, first, last| {
            number.is_none_or(|number| (first..=last).contains(&number))
        };
        if !is_within(limits.change_percent, 1, 1_000) {
            return Err(CannotChangeLimits::ChangePercent);
        }
        if !(0..=100_000_000).contains(&limits.change_from.0) {
            return Err(CannotChangeLimits::ChangeFrom);
        }
        if !is_within(limits.peers_times, 2, 100) {
            return Err(CannotChangeLimits::PeersTimes);
        }
        if !is_within(limits.late_days, 1, 365) {
            return Err(CannotChangeLimits::LateDays);
        }
        let Bands { second_from, alone_from } = limits.bands;
        let is_amount =
            |from: Option<Pence>| from.is_none_or(|from| (1..=10_000_000_000).contains(&from.0));
        if !is_amount(second_from) {
            return Err(CannotChangeLimits::SecondFrom);
        }
        let is_below = second_from.zip(alone_from).is_some_and(|(second, alone)| alone < second);
        if is_below || !is_amount(alone_from) {
            return Err(CannotChangeLimits::AloneFrom);
        }
        let event =
            Event::CheckLimitsChanged { commissioner: self.commissioner, what: limits.words() };
        let after = Self { limits, version: self.version + 1, ..self.clone() };
        Ok(Change { after, event })
    }
}

impl Limits {
    /// In words, for the history.
    fn words(&self) -> String {
        let or_off = |what: Option<String>| what.unwrap_or_else(|| "off".into());
        let on = |is_on: bool| if is_on { "on" } else { "off" };
        format!(
            "change on the period before {}; against other providers {}; late {}; above the register {}; defaults {}; {}",
            or_off(self.change_percent.map(|one| format!("{one}%, from {}", self.change_from))),
            or_off(self.peers_times.map(|one| format!("{one} times the median"))),
            or_off(self.late_days.map(|one| format!("after {one} days"))),
            on(self.above_register),
            on(self.defaults),
            self.bands.words()
        )
    }
}

/// Fewest providers that make a median worth comparing with.
pub const PEERS_MIN: usize = 5;

/// An amount for a list of registered patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerPatient {
    /// What was earned.
    pub amount: Pence,
    /// Registered patients, more than none.
    pub patients: i64,
}

impl PerPatient {
    /// Compares two amounts for each patient exactly, the other one `times` over.
    fn compare(self, other: Self, times: u32) -> Ordering {
        let one = i128::from(self.amount.0) * i128::from(other.patients);
        let other = i128::from(other.amount.0) * i128::from(self.patients);
        one.cmp(&(other * i128::from(times)))
    }
}

/// What the provider in the middle earned for each patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Median {
    earned: PerPatient,
    providers: usize,
}

impl Median {
    /// The median of what providers earned; nothing of fewer than [`PEERS_MIN`]. It is an amount that one of them earned.
    pub fn of(mut all: Vec<PerPatient>) -> Option<Self> {
        if all.len() < PEERS_MIN {
            return None;
        }
        all.sort_by(|one, other| one.compare(*other, 1));
        let earned = *all.get((all.len() - 1) / 2)?;
        Some(Self { earned, providers: all.len() })
    }
}

/// What is known of a declared amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What would be paid.
    pub amount: Pence,
    /// What the period before came to, where there is one.
    pub before: Option<Pence>,
    /// The provider's list, where it is known.
    pub patients: Option<i64>,
    /// What the commissioner's providers earned for the same service and period, where they are enough to compare with.
    pub peers: Option<Median>,
    /// Whether more was submitted than there are patients on a register.
    pub is_above_register: bool,
    /// Figures in force that nobody entered.
    pub defaults: u32,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// The last day to declare, where the service sets one that is known.
    pub declare_by: Option<NaiveDate>,
    /// The day on which it was declared.
    pub declared_on: NaiveDate,
}

/// A check that a declared amount did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failed {
    /// It differs from the period before.
    Change {
        /// By how much, in percent of that; nothing where the period before came to nothing.
        percent: Option<i64>,
        /// The most that is usual.
        limit: u32,
    },
    /// For each patient it differs from what others earned.
    Peers {
        /// In percent of the median.
        percent: i64,
        /// How many providers that is the median of.
        providers: usize,
    },
    /// More was submitted than there are patients on a register.
    AboveRegister,
    /// Figures are in it that nobody entered.
    Defaults {
        /// How many.
        figures: u32,
    },
    /// It was declared late.
    Late {
        /// Days after the end of its period.
        days: i64,
        /// The most that is in time.
        limit: u32,
        /// Last day of the period.
        period_end: NaiveDate,
    },
    /// It was declared after the last day to declare that its service sets.
    AfterLastDay {
        /// Days after it.
        days: i64,
        /// That day.
        declare_by: NaiveDate,
    },
}

impl Failed {
    /// What was found and what is usual, without an amount of money, so that everybody may read it.
    pub fn words(&self) -> String {
        match self {
            Self::Change { percent: None, .. } => {
                "The period before came to nothing, and this one does not.".into()
            }
            Self::Change { percent: Some(percent), limit } => format!(
                "{}% {} than the period before. The limit is {limit}%.",
                percent.unsigned_abs(),
                if *percent < 0 { "less" } else { "more" }
            ),
            Self::Peers { percent, providers } => {
                format!("For each patient it is {percent}% of the median of {providers} providers.")
            }
            Self::AboveRegister => {
                "More was submitted than there are patients on the register. Only those are paid."
                    .into()
            }
            Self::Defaults { figures: 1 } => {
                "1 figure was entered by nobody: the default counts.".into()
            }
            Self::Defaults { figures } => {
                format!("{figures} figures were entered by nobody: the defaults count.")
            }
            Self::Late { days, limit, period_end } => format!(
                "Declared {days} days after {}. The limit is {limit} days.",
                long_date(*period_end)
            ),
            Self::AfterLastDay { days: 1, declare_by } => {
                format!("Declared 1 day after {}, the last day to declare.", long_date(*declare_by))
            }
            Self::AfterLastDay { days, declare_by } => format!(
                "Declared {days} days after {}, the last day to declare.",
                long_date(*declare_by)
            ),
        }
    }
}

/// The checks that an amount does not pass; none means that it is within tolerance.
pub fn failed(facts: &Facts, limits: &Limits) -> Vec<Failed> {
    let above = facts.is_above_register && limits.above_register;
    let defaults = Some(facts.defaults).filter(|figures| *figures > 0 && limits.defaults);
    [
        change(facts, limits),
        peers(facts, limits),
        above.then_some(Failed::AboveRegister),
        defaults.map(|figures| Failed::Defaults { figures }),
        late(facts, limits),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn change(facts: &Facts, limits: &Limits) -> Option<Failed> {
    let (before, limit) = (facts.before?, limits.change_percent?);
    let (old, difference) =
        (i128::from(before.0), i128::from(facts.amount.0) - i128::from(before.0));
    let is_small = difference.abs() < i128::from(limits.change_from.0) || difference == 0;
    if is_small || difference.abs() * 100 <= i128::from(limit) * old.abs() {
        return None;
    }
    let percent = (difference * 100).checked_div(old.abs());
    let percent = percent.map(|percent| i64::try_from(percent).unwrap_or(i64::MAX));
    Some(Failed::Change { percent, limit })
}

fn peers(facts: &Facts, limits: &Limits) -> Option<Failed> {
    let times = limits.peers_times?;
    let patients = facts.patients.filter(|patients| *patients > 0)?;
    let Median { earned: median, providers } = facts.peers?;
    let own = PerPatient { amount: facts.amount, patients };
    let is_far = own.compare(median, times) == Ordering::Greater
        || median.compare(own, times) == Ordering::Greater;
    if median.amount.0 <= 0 || !is_far {
        return None;
    }
    let part = i128::from(own.amount.0) * i128::from(median.patients) * 100;
    let whole = i128::from(median.amount.0) * i128::from(own.patients);
    let percent = i64::try_from(part / whole).unwrap_or(i64::MAX);
    Some(Failed::Peers { percent, providers })
}

/// Late is after the last day to declare of the service; without one, more days after the period than are usual here.
fn late(facts: &Facts, limits: &Limits) -> Option<Failed> {
    let (limit, period_end) = (limits.late_days?, facts.period_end);
    if let Some(declare_by) = facts.declare_by {
        let days = (facts.declared_on - declare_by).num_days();
        return (days > 0).then_some(Failed::AfterLastDay { days, declare_by });
    }
    let days = (facts.declared_on - period_end).num_days();
    (days > i64::from(limit)).then_some(Failed::Late { days, limit, period_end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// Ten providers that earned £1.00 to £10.00 for each of 1,000 patients: the median is £5.00.
    fn peers() -> Vec<PerPatient> {
        (1..=10)
            .map(|pounds| PerPatient { amount: Pence(pounds * 100_000), patients: 1_000 })
            .collect()
    }

    /// Within tolerance in everything.
    fn usual() -> Facts {
        Facts {
            amount: Pence(500_000),
            before: Some(Pence(490_000)),
            patients: Some(1_000),
            peers: Median::of(peers()),
            is_above_register: false,
            defaults: 0,
            period_end: day("2026-03-31"),
            declare_by: None,
            declared_on: day("2026-04-10"),
        }
    }

    #[test]
    fn each_check_fails_just_over_its_limit_and_says_why() {
        let rows: [(&str, Facts, &str); 19] = [
            ("usual", usual(), ""),
            ("25% more", Facts { before: Some(Pence(400_000)), ..usual() }, ""),
            (
                "over 25% more",
                Facts { before: Some(Pence(399_999)), ..usual() },
                "25% more than the period before. The limit is 25%.",
            ),
            (
                "half",
                Facts { before: Some(Pence(1_000_000)), ..usual() },
                "50% less than the period before. The limit is 25%.",
            ),
            (
                "after nothing",
                Facts { before: Some(Pence(0)), ..usual() },
                "The period before came to nothing, and this one does not.",
            ),
            (
                "small",
                Facts { amount: Pence(9_999), before: Some(Pence(0)), peers: None, ..usual() },
                "",
            ),
            (
                "a payment after a recovery",
                Facts { before: Some(Pence(-10_000)), ..usual() },
                "5100% more than the period before. The limit is 25%.",
            ),
            ("no period before", Facts { before: None, ..usual() }, ""),
            ("3 times the median", Facts { amount: Pence(1_500_000), before: None, ..usual() }, ""),
            (
                "over 3 times the median",
                Facts { amount: Pence(1_500_001), before: None, ..usual() },
                "For each patient it is 300% of the median of 10 providers.",
            ),
            (
                "under a third of the median",
                Facts { patients: Some(3_001), before: None, ..usual() },
                "For each patient it is 33% of the median of 10 providers.",
            ),
            (
                "too few to compare with",
                Facts {
                    amount: Pence(9_000_000),
                    before: None,
                    peers: Median::of(peers()[..4].to_vec()),
                    ..usual()
                },
                "",
            ),
            (
                "above the register",
                Facts { is_above_register: true, ..usual() },
                "More was submitted than there are patients on the register. Only those are paid.",
            ),
            (
                "a default",
                Facts { defaults: 1, ..usual() },
                "1 figure was entered by nobody: the default counts.",
            ),
            ("60 days", Facts { declared_on: day("2026-05-30"), ..usual() }, ""),
            (
                "61 days",
                Facts { declared_on: day("2026-05-31"), ..usual() },
                "Declared 61 days after 31 March 2026. The limit is 60 days.",
            ),
            ("on the last day", Facts { declare_by: Some(day("2026-04-10")), ..usual() }, ""),
            (
                "a day after it",
                Facts { declare_by: Some(day("2026-04-09")), ..usual() },
                "Declared 1 day after 9 April 2026, the last day to declare.",
            ),
            (
                "in time by the service, whatever the limit",
                Facts {
                    declare_by: Some(day("2026-06-30")),
                    declared_on: day("2026-06-30"),
                    ..usual()
                },
                "",
            ),
        ];
        for (name, facts, words) in rows {
            let found = failed(&facts, &Limits::default());
            let found: Vec<String> = found.iter().map(Failed::words).collect();
            assert_eq!(found.join(" "), words, "{name}");
        }
    }

    #[test]
    fn a_commissioner_turns_each_check_off() {
        let odd = Facts {
            amount: Pence(9_000_000),
            is_above_register: true,
            defaults: 2,
            declared_on: day("2026-12-31"),
            ..usual()
        };
        assert_eq!(failed(&odd, &Limits::default()).len(), 5);
        let off = Limits {
            change_percent: None,
            peers_times: None,
            late_days: None,
            above_register: false,
            defaults: false,
            ..Limits::default()
        };
        assert_eq!(failed(&odd, &off), []);
    }

    #[test]
    fn a_check_is_kept_as_it_is_read() {
        let all = failed(
            &Facts { amount: Pence(9_000_000), defaults: 2, is_above_register: true, ..usual() },
            &Limits::default(),
        );
        let kept = serde_json::to_string(&all).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Failed>>(&kept).expect("checks"), all);
    }

    #[test]
    fn limits_are_within_reason_and_not_the_approvers() {
        use crate::offer::tests::{commissioner, provider};
        let usual = Usual::of(uuid::Uuid::from_u128(6).into());
        type Turn = fn(&mut Limits);
        let with = |change: Turn| {
            let mut limits = Limits::default();
            change(&mut limits);
            usual.change(limits, &commissioner()).map_err(|why| format!("{why:?}"))
        };
        let wrong: [(Turn, &str); 13] = [
            (|own| own.change_percent = Some(0), "ChangePercent"),
            (|own| own.change_percent = Some(1_001), "ChangePercent"),
            (|own| own.change_from = Pence(-1), "ChangeFrom"),
            (|own| own.change_from = Pence(100_000_001), "ChangeFrom"),
            (|own| own.peers_times = Some(1), "PeersTimes"),
            (|own| own.peers_times = Some(101), "PeersTimes"),
            (|own| own.late_days = Some(0), "LateDays"),
            (|own| own.late_days = Some(366), "LateDays"),
            (|own| own.bands.second_from = Some(Pence(0)), "SecondFrom"),
            (|own| own.bands.second_from = Some(Pence(10_000_000_001)), "SecondFrom"),
            (|own| own.bands.alone_from = Some(Pence(-1)), "AloneFrom"),
            (|own| own.bands.alone_from = Some(Pence(10_000_000_001)), "AloneFrom"),
            (|own| own.bands.alone_from = Some(Pence(1_499_999)), "AloneFrom"),
        ];
        for (change, why) in wrong {
            assert_eq!(with(change).expect_err("a limit out of reason"), why);
        }
        let changed = with(|own| own.late_days = None).expect("a change");
        assert_eq!((changed.after.version, changed.after.limits.late_days), (1, None));
        assert_eq!(
            changed.event.sentence(true),
            "Limits of checks changed: change on the period before 25%, from £100.00; \
             against other providers 3 times the median; late off; above the register on; defaults on; \
             second approval from £15,000.00; one by one from £50,000.00"
        );
        assert!(matches!(
            usual.change(Limits::default(), &provider()),
            Err(CannotChangeLimits::NotAllowed(_))
        ));
    }
}
