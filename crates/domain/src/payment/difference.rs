//! What differs between a payment file and the one before it: sums by service, and payees that come and go.

use crate::Pence;
use std::collections::{BTreeMap, BTreeSet};

/// One payment, as two files are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name and ODS code of the payee.
    pub payee: (String, String),
    /// Name and code of the service.
    pub service: (String, String),
    /// Pay code of the service; empty where it has none.
    pub pay_code: String,
    /// The amount; below zero it is to be recovered.
    pub amount: Pence,
}

/// Both files beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Each service of either file, in the order of their names.
    pub services: Vec<OfService>,
    /// Everything.
    pub all: Sums,
    /// Name and ODS code of each payee that the last file did not have.
    pub new: Vec<(String, String)>,
    /// The same of each that only the last file has, without those that wait because of a hold.
    pub gone: Vec<(String, String)>,
    /// The same of each with a payment that waits because of a hold.
    pub held: Vec<(String, String)>,
}

/// One service in both files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfService {
    /// Name and code of the service.
    pub service: (String, String),
    /// Its pay code; empty where it has none.
    pub pay_code: String,
    /// Its payments.
    pub sums: Sums,
}

/// Number and sum of payments in both files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// In this file.
    pub this: (u64, Pence),
    /// In the last one.
    pub last: (u64, Pence),
}

impl Sums {
    /// How much more this file has; below zero it has less.
    pub fn change(&self) -> Pence {
        self.this.1 + Pence(self.last.1.0.saturating_neg())
    }

    fn add(&mut self, is_last: bool, amount: Pence) {
        let own = if is_last { &mut self.last } else { &mut self.this };
        *own = (own.0 + 1, own.1 + amount);
    }
}

/// Compares the payments of a file with those of the last one; `held` is what a hold keeps out of it.
pub fn between(last: &[Entry], this: &[Entry], held: &[Entry]) -> Difference {
    let mut services: BTreeMap<(&(String, String), &str), Sums> = BTreeMap::new();
    let mut all = Sums::default();
    for (is_last, entries) in [(false, this), (true, last)] {
        for entry in entries {
            let own = services.entry((&entry.service, &entry.pay_code)).or_default();
            own.add(is_last, entry.amount);
            all.add(is_last, entry.amount);
        }
    }
    let payees = |entries: &[Entry]| -> BTreeSet<(String, String)> {
        entries.iter().map(|entry| entry.payee.clone()).collect()
    };
    let (before, now, waits) = (payees(last), payees(this), payees(held));
    let is_gone = |payee: &&(String, String)| !now.contains(payee) && !waits.contains(payee);
    Difference {
        services: services
            .into_iter()
            .map(|((service, pay_code), sums)| OfService {
                service: service.clone(),
                pay_code: pay_code.to_owned(),
                sums,
            })
            .collect(),
        all,
        new: now.difference(&before).cloned().collect(),
        gone: before.iter().filter(is_gone).cloned().collect(),
        held: waits.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(payee: &str, service: &str, pence: i64) -> Entry {
        let pair = |name: &str| (name.to_owned(), name.to_uppercase());
        let (payee, service) = (pair(payee), pair(service));
        Entry { payee, service, pay_code: "P".into(), amount: Pence(pence) }
    }

    fn names(payees: &[(String, String)]) -> Vec<&str> {
        payees.iter().map(|payee| payee.0.as_str()).collect()
    }

    #[test]
    fn two_files_are_compared_by_service_and_by_payee() {
        let last = [
            entry("a", "tests", 100),
            entry("b", "tests", 50),
            entry("c", "tests", 5),
            entry("a", "visits", 30),
        ];
        let this = [entry("a", "tests", 120), entry("d", "audits", -7)];
        let held = [entry("b", "tests", 60), entry("a", "visits", 30)];
        let found = between(&last, &this, &held);
        let rows: Vec<_> = found
            .services
            .iter()
            .map(|own| (own.service.0.as_str(), own.sums.this, own.sums.last, own.sums.change()))
            .collect();
        assert_eq!(
            rows,
            [
                ("audits", (1, Pence(-7)), (0, Pence(0)), Pence(-7)),
                ("tests", (1, Pence(120)), (3, Pence(155)), Pence(-35)),
                ("visits", (0, Pence(0)), (1, Pence(30)), Pence(-30)),
            ]
        );
        assert_eq!((found.all.this, found.all.last), ((2, Pence(113)), (4, Pence(185))));
        assert_eq!(found.all.change(), Pence(-72));
        assert_eq!(names(&found.new), ["d"]);
        assert_eq!(names(&found.gone), ["c"]);
        assert_eq!(names(&found.held), ["a", "b"]);
    }
}
