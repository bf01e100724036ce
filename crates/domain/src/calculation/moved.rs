//! Why an amount changed: what each kind of input moved, so that the parts make the whole to the penny.

use super::{Calculation, CannotCalculate, Inputs, calculate};
use crate::{
    Pence, Period, Service,
    ratio::Points,
    submission::{Field, Figures, shown},
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything one calculation was made from.
#[derive(Clone, Debug)]
pub struct Basis<'a> {
    /// The definition, in the version that was used.
    pub service: &'a Service,
    /// The components of the contract.
    pub components: &'a [String],
    /// The period.
    pub period: Period,
    /// The rest.
    pub inputs: &'a Inputs,
}

impl Basis<'_> {
    fn calculate(&self) -> Result<Calculation, CannotCalculate> {
        calculate(self.service, self.components, self.period, self.inputs)
    }
}

/// A kind of input that can move an amount, in the order in which they are changed one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Practices joined or left the network.
    Membership,
    /// Figures that providers submitted.
    Data,
    /// The registered or weighted list.
    ListSize,
    /// The value of a point, the average list or a prevalence of the nation.
    National,
    /// The definition of the service, or the components of the contract.
    Rule,
    /// What people agreed on top of the rules.
    Adjustment,
    /// What other services have paid: last year's, or in advance.
    OtherPayments,
}

impl Cause {
    const ALL: [Self; 7] = [
        Self::Membership,
        Self::Data,
        Self::ListSize,
        Self::National,
        Self::Rule,
        Self::Adjustment,
        Self::OtherPayments,
    ];

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Membership => "Practices that joined or left",
            Self::Data => "Submitted figures",
            Self::ListSize => "List size",
            Self::National => "National figures",
            Self::Rule => "Rules of the service",
            Self::Adjustment => "Adjustments",
            Self::OtherPayments => "Payments of other services",
        }
    }
}

/// What one kind of input moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The kinds of input. More than one where the rules cannot be applied to one of them without the other.
    pub causes: Vec<Cause>,
    /// What changed, a line each: `AF006 numerator: 65 became 70`.
    pub changes: Vec<String>,
    /// How much more was paid because of it.
    pub amount: Pence,
    /// How many more points were earned because of it, where the service pays points.
    pub points: Option<Points>,
}

/// What moved between two calculations of the same thing. The amounts add up to the whole difference.
///
/// Each kind of input is changed in turn, on top of those before it, and everything is worked out again.
pub fn moved(before: &Basis, after: &Basis) -> Result<Vec<Moved>, CannotCalculate> {
    let mut last = before.calculate()?;
    let mut inputs = before.inputs.clone();
    let (mut service, mut components) = (before.service, before.components);
    let mut waiting: Vec<Cause> = Vec::new();
    let mut all = Vec::new();
    for cause in Cause::ALL {
        if !differs(cause, before, after) {
            continue;
        }
        take(cause, &mut inputs, after.inputs);
        if cause == Cause::Rule {
            (service, components) = (after.service, after.components);
        }
        waiting.push(cause);
        let step = Basis { service, components, period: after.period, inputs: &inputs };
        // A new rule may need a figure that is not there yet, or the other way round: then both move together.
        let Ok(next) = step.calculate() else { continue };
        let causes = std::mem::take(&mut waiting);
        let changes = causes.iter().flat_map(|cause| changes(*cause, before, after)).collect();
        all.push(Moved {
            causes,
            changes,
            amount: difference(&last, &next),
            points: earned(&last, &next),
        });
        last = next;
    }
    if waiting.is_empty() { Ok(all) } else { after.calculate().map(|_| all) }
}

fn difference(before: &Calculation, after: &Calculation) -> Pence {
    Pence(after.amount.0 - before.amount.0)
}

fn earned(before: &Calculation, after: &Calculation) -> Option<Points> {
    let (before, after) = (before.points.as_ref(), after.points.as_ref());
    (before.is_some() || after.is_some())
        .then(|| after.cloned().unwrap_or_default() - before.cloned().unwrap_or_default())
}

fn differs(cause: Cause, before: &Basis, after: &Basis) -> bool {
    let (old, new) = (before.inputs, after.inputs);
    match cause {
        // A calculation from before what practices brought was kept does not say who they were.
        Cause::Membership => {
            let is_known = !old.members.is_empty() && !new.members.is_empty();
            is_known && !old.members.keys().eq(new.members.keys())
        }
        Cause::Data => old.figures != new.figures || old.earlier != new.earlier,
        Cause::ListSize => old.registered != new.registered || old.weighted != new.weighted,
        Cause::National => old.reference != new.reference,
        Cause::Rule => before.service != after.service || before.components != after.components,
        Cause::Adjustment => old.adjustments != new.adjustments,
        Cause::OtherPayments => {
            old.last_year != new.last_year || old.paid_before != new.paid_before
        }
    }
}

/// Puts one kind of the new inputs in the place of the old ones.
fn take(cause: Cause, inputs: &mut Inputs, new: &Inputs) {
    match cause {
        Cause::Membership => join_and_leave(inputs, new),
        Cause::Data => {
            inputs.figures = new.figures.clone();
            inputs.earlier = new.earlier.clone();
            inputs.members = new.members.clone();
        }
        Cause::ListSize => {
            inputs.registered = new.registered;
            inputs.weighted = new.weighted.clone();
        }
        Cause::National => inputs.reference = new.reference.clone(),
        Cause::Rule => {}
        Cause::Adjustment => inputs.adjustments = new.adjustments.clone(),
        Cause::OtherPayments => {
            inputs.last_year = new.last_year.clone();
            inputs.paid_before = new.paid_before.clone();
        }
    }
}

/// Practices that joined bring their new figures, those that left take their old ones away; the others stay as they
/// were until the figures are looked at. What practices hand in is summed anew, an answer as [`crate::network::sum`] does.
fn join_and_leave(inputs: &mut Inputs, new: &Inputs) {
    let old = std::mem::take(&mut inputs.members);
    inputs.members = (new.members.iter())
        .map(|(code, figures)| (code.clone(), old.get(code).unwrap_or(figures).clone()))
        .collect();
    let brought = old.values().chain(inputs.members.values()).flat_map(BTreeMap::keys);
    let brought: BTreeSet<(String, Field)> = brought.cloned().collect();
    for key in brought {
        let given = inputs.members.values().filter_map(|own| own.get(&key));
        let value = match key.1 {
            Field::YesNo => given.min().copied().unwrap_or_default(),
            _ => given.sum(),
        };
        inputs.figures.insert(key, value);
    }
}

/// The changes of one kind of input, in words.
fn changes(cause: Cause, before: &Basis, after: &Basis) -> Vec<String> {
    let (old, new) = (before.inputs, after.inputs);
    match cause {
        Cause::Membership => {
            let gone = old.members.keys().filter(|code| !new.members.contains_key(*code));
            let come = new.members.keys().filter(|code| !old.members.contains_key(*code));
            come.map(|code| format!("{code} joined"))
                .chain(gone.map(|code| format!("{code} left")))
                .collect()
        }
        Cause::Data => figures(after.service, &old.figures, &new.figures),
        Cause::ListSize => {
            let registered = |inputs: &Inputs| inputs.registered.map(|list| shown(list.patients));
            let weighted =
                |inputs: &Inputs| inputs.weighted.as_ref().map(|list| list.patients.to_short(4));
            became("Registered patients", registered(old), registered(new))
                .into_iter()
                .chain(became("Weighted patients", weighted(old), weighted(new)))
                .collect()
        }
        Cause::National => national(old, new),
        Cause::Rule => {
            let version = |basis: &Basis| Some(basis.service.version.to_string());
            let parts = |basis: &Basis| Some(basis.components.join(", "));
            became("Version of the definition", version(before), version(after))
                .into_iter()
                .chain(became("Components", parts(before), parts(after)))
                .collect()
        }
        Cause::Adjustment => {
            let come = new.adjustments.iter().filter(|own| !old.adjustments.contains(own));
            let gone = old.adjustments.iter().filter(|own| !new.adjustments.contains(own));
            come.map(|own| own.reason.clone())
                .chain(gone.map(|own| format!("Ended: {}", own.reason)))
                .collect()
        }
        Cause::OtherPayments => {
            let paid =
                |paid: &Option<super::PaidBy>| paid.as_ref().map(|own| own.amount.to_string());
            became("Payment of last year", paid(&old.last_year), paid(&new.last_year))
                .into_iter()
                .chain(became("Paid in advance", paid(&old.paid_before), paid(&new.paid_before)))
                .collect()
        }
    }
}

/// `List size: 9,000 became 9,200`; nothing where it stayed.
fn became(what: &str, before: Option<String>, after: Option<String>) -> Option<String> {
    let word = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
    (before != after).then(|| format!("{what}: {} became {}", word(before), word(after)))
}

fn figures(service: &Service, old: &Figures, new: &Figures) -> Vec<String> {
    let mut changes = Vec::new();
    for indicator in service.indicators() {
        for field in indicator.fields() {
            let key = (indicator.code.clone(), *field);
            let value = |figures: &Figures| figures.get(&key).map(|figure| word(*field, *figure));
            let label = indicator.label(*field);
            let name = if label.contains(&indicator.code) {
                label
            } else {
                format!("{} {label}", indicator.code)
            };
            changes.extend(became(&name, value(old), value(new)));
        }
    }
    changes
}

fn word(field: Field, figure: i64) -> String {
    match (field, figure) {
        (Field::YesNo, 0) => "No".into(),
        (Field::YesNo, _) => "Yes".into(),
        _ => shown(figure),
    }
}

fn national(old: &Inputs, new: &Inputs) -> Vec<String> {
    let value =
        |inputs: &Inputs| inputs.reference.as_ref().map(|own| own.figures.point_value.to_string());
    let average = |inputs: &Inputs| {
        inputs.reference.as_ref().map(|own| shown(i64::from(own.figures.average_list)))
    };
    let mut changes: Vec<String> = became("Value of a point", value(old), value(new))
        .into_iter()
        .chain(became("National average list", average(old), average(new)))
        .collect();
    let groups: std::collections::BTreeSet<&String> = [old, new]
        .into_iter()
        .filter_map(|inputs| inputs.reference.as_ref())
        .flat_map(|own| own.figures.prevalence.keys())
        .collect();
    for group in groups {
        let percent = |inputs: &Inputs| {
            let own = inputs.reference.as_ref()?.figures.prevalence.get(group)?;
            Some(format!("{}%", own.to_short(6)))
        };
        changes.extend(became(
            &format!("National prevalence of {group}"),
            percent(old),
            percent(new),
        ));
    }
    changes
}
