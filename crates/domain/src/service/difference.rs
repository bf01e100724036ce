//! What differs between the definitions of two years, in plain words for a commissioner who rolls a contract over.

use super::{
    Component, DateRules, Entry, Indicator, IndicatorKind, Level, PaymentTerms, ProviderKind, Rule,
    Service,
};
use crate::{FinancialYear, calculation::National, calendar::long_date};

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: "Price of Blood tests (PHL001)".
    pub what: String,
    /// As it was.
    pub before: String,
    /// As it is in the later year.
    pub after: String,
}

/// Everything in which the later of two services differs from the earlier: the service first, then its components, then
/// its indicators. A text that only names the next year, or a code that does, is no difference; dates always are one.
/// Without the right to see prices a changed price is named and the amounts are not.
pub fn differences(before: &Service, after: &Service, sees_prices: bool) -> Vec<Difference> {
    let mut list = List { year: before.year, found: Vec::new() };
    list.of_service(before, after);
    list.of_payment(before.payment.as_ref(), after.payment.as_ref());
    list.of_components(before, after, sees_prices);
    for indicator in after.indicators() {
        if let Some(earlier) = before.indicator(&indicator.code) {
            let places = (component_of(before, earlier), component_of(after, indicator));
            list.of_indicator(earlier, indicator, sees_prices);
            list.text(format!("Component of {}", named(indicator)), places.0, places.1);
        }
    }
    list.found
}

/// The differences between the national figures of both years; none where neither year has any in force.
pub fn national_differences(
    before: Option<&National>,
    after: Option<&National>,
    sees_prices: bool,
) -> Vec<Difference> {
    let shown = |national: Option<&National>, of: fn(&National) -> String| {
        national.map_or_else(|| "Not in force yet".to_owned(), of)
    };
    let mut figures: Vec<Aspect<National>> = vec![("National average list", |own| {
        format!("{} patients", crate::money::thousands(own.figures.average_list.into()))
    })];
    if sees_prices {
        figures.insert(0, ("Value of a point", |own| own.figures.point_value.to_string()));
    }
    figures
        .into_iter()
        .map(|(what, of)| Difference {
            what: what.to_owned(),
            before: shown(before, of),
            after: shown(after, of),
        })
        .filter(|one| one.before != one.after)
        .collect()
}

/// What is compared, with its words.
type Aspect<T> = (&'static str, fn(&T) -> String);

const NOT_THERE: &str = "Not in the service";

struct List {
    /// The earlier year.
    year: FinancialYear,
    found: Vec<Difference>,
}

impl List {
    /// Notes a difference between two texts, unless the later is the earlier with its year moved on.
    fn text(
        &mut self,
        what: impl Into<String>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        let (before, after) = (before.into(), after.into());
        let years = [self.year, FinancialYear(self.year.0 - 1)];
        let only_the_year =
            years.iter().any(|year| year.moved_on_in(&before).as_deref() == Some(&after));
        if before != after && !only_the_year {
            self.found.push(Difference { what: what.into(), before, after });
        }
    }

    fn of_service(&mut self, before: &Service, after: &Service) {
        let both = |of: fn(&Service) -> String| (of(before), of(after));
        let aspects: [Aspect<Service>; 13] = [
            ("Name", |own| own.name.clone()),
            ("Summary", |own| own.summary.clone()),
            ("Family", |own| own.family.clone()),
            ("Period", |own| format!("{} to {}", long_date(own.starts_on), long_date(own.ends_on))),
            ("Who provides it", |own| providers(own.provider).to_owned()),
            ("Last day to enter figures", window),
            ("Last day to declare", |own| rule(own, |rules| rules.declare_by, "each period")),
            ("Last day to approve", |own| {
                rule(own, |rules| rules.approve_by, "the last day to declare")
            }),
            ("Day of payment", |own| rule(own, |rules| rules.pay_on, "the last day to approve")),
            ("List size that counts", list_size),
            ("National figures", |own| own.reference.clone().unwrap_or_else(none)),
            ("Points are rounded to", |own| {
                own.points_decimals.map_or_else(none, |places| format!("{places} decimals"))
            }),
            ("Other fields in extracts", |own| {
                let others = if own.keeps_extra_fields { "Passed over" } else { "Refused" };
                let codes = own.passes_over.join(", ");
                if codes.is_empty() { others.to_owned() } else { format!("{others}; {codes}") }
            }),
        ];
        for (what, of) in aspects {
            let (before, after) = both(of);
            self.text(what, before, after);
        }
    }

    fn of_payment(&mut self, before: Option<&PaymentTerms>, after: Option<&PaymentTerms>) {
        let required = |is_required| if is_required { "Required" } else { "Not required" };
        let often = |terms: Option<&PaymentTerms>| {
            terms.map_or("Not paid", |terms| terms.frequency.word()).to_owned()
        };
        self.text("How often it is paid", often(before), often(after));
        let (Some(before), Some(after)) = (before, after) else { return };
        let declared = (before.declaration_required, after.declaration_required);
        self.text("Declaration", required(declared.0), required(declared.1));
        let approved = (before.approval_required, after.approval_required);
        self.text("Approval by the commissioner", required(approved.0), required(approved.1));
        let banded = |terms: &PaymentTerms| {
            if terms.approval_bands { "By the commissioner's bands" } else { "Never" }
        };
        self.text("Second approval", banded(before), banded(after));
        self.text("Code for the payment agency", &*before.pay_code, &*after.pay_code);
        let less = |terms: &PaymentTerms| terms.less_paid_by.clone().unwrap_or_else(none);
        self.text("Less what was paid in advance by", less(before), less(after));
    }

    fn of_components(&mut self, before: &Service, after: &Service, sees_prices: bool) {
        for component in &before.components {
            let what = format!("Component {}", component.code);
            match after.component(&component.code) {
                Some(later) => self.text(what, &*component.name, &*later.name),
                None => self.text(what, &*component.name, NOT_THERE),
            }
        }
        let new = |own: &&Component| before.component(&own.code).is_none();
        for component in after.components.iter().filter(new) {
            self.text(format!("Component {}", component.code), NOT_THERE, &*component.name);
        }
        let shown = |own: &Indicator| format!("{}: {}", own.name, own.pays_in_words(sees_prices));
        for gone in before.indicators().filter(|own| after.indicator(&own.code).is_none()) {
            self.text(format!("Indicator {}", gone.code), shown(gone), NOT_THERE);
        }
        for new in after.indicators().filter(|own| before.indicator(&own.code).is_none()) {
            self.text(format!("Indicator {}", new.code), NOT_THERE, shown(new));
        }
    }

    fn of_indicator(&mut self, before: &Indicator, after: &Indicator, sees_prices: bool) {
        let name = named(after);
        self.text(format!("Indicator {}", after.code), &*before.name, &*after.name);
        let noted = self.found.len();
        self.pays(before, after, sees_prices);
        let rule = if matches!(after.kind, IndicatorKind::Fraction { .. }) {
            "Thresholds"
        } else {
            "Limits"
        };
        self.text(format!("{rule} of {name}"), before.rule_in_words(), after.rule_in_words());
        self.text(format!("What is counted, {name}"), unit(before), unit(after));
        let group = |own: &Indicator| own.adjusted_by().cloned().unwrap_or_else(none);
        self.text(format!("Prevalence that adjusts {name}"), group(before), group(after));
        let is_named = self.found.len() > noted || is_other_year(&before.kind, &after.kind);
        if before.kind != after.kind && !is_named {
            let what = format!("Other rules of {name}");
            self.found.push(Difference {
                what,
                before: "As in the earlier definition".into(),
                after: "Changed: read the later definition".into(),
            });
        }
        self.text(format!("How figures arrive, {name}"), arrives(before), arrives(after));
        self.text(format!("Whose figure is {name}"), whose(before.level), whose(after.level));
        self.text(format!("Fields in extracts, {name}"), fields(before), fields(after));
        let declared = |own: &Indicator| {
            if own.subject_to_declare { "By itself, before the whole" } else { "With the whole" }
        };
        self.text(format!("How {name} is declared"), declared(before), declared(after));
        let sure =
            |own: &Indicator| if own.is_unverified() { "Not verified" } else { "As published" };
        self.text(format!("Source of {name}"), sure(before), sure(after));
    }

    /// What it pays; a price that may not be seen is still named when it changes.
    fn pays(&mut self, before: &Indicator, after: &Indicator, sees_prices: bool) {
        let is_points = before.points().is_some() && after.points().is_some();
        let what =
            format!("{} {}", if is_points { "Points for" } else { "Price of" }, named(after));
        let noted = self.found.len();
        self.text(what, before.pays_in_words(true), after.pays_in_words(true));
        if let Some(found) = self.found.get_mut(noted) {
            found.before = before.pays_in_words(sees_prices);
            found.after = after.pays_in_words(sees_prices);
        }
    }
}

/// Whether two kinds are the same but for the year before that an aspiration is a part of.
fn is_other_year(before: &IndicatorKind, after: &IndicatorKind) -> bool {
    match (before, after) {
        (
            IndicatorKind::Aspiration { share, uprating, .. },
            IndicatorKind::Aspiration { share: later_share, uprating: later_uprating, .. },
        ) => share == later_share && uprating == later_uprating,
        _ => false,
    }
}

fn none() -> String {
    "None".to_owned()
}

fn named(indicator: &Indicator) -> String {
    format!("{} ({})", indicator.name, indicator.code)
}

fn component_of(service: &Service, indicator: &Indicator) -> String {
    let holds = |own: &&Component| own.indicators.iter().any(|one| one.code == indicator.code);
    service.components.iter().find(holds).map_or_else(none, |own| own.code.clone())
}

fn providers(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Practice => "GP practices",
        ProviderKind::Network => "Primary care networks (PCNs)",
    }
}

fn window(service: &Service) -> String {
    match service.entry_days {
        None => "No limit".to_owned(),
        Some(0) => "The last day of each period".to_owned(),
        Some(1) => "1 day after each period".to_owned(),
        Some(days) => format!("{days} days after each period"),
    }
}

fn rule(service: &Service, of: fn(&DateRules) -> Rule, after: &str) -> String {
    service.dates.as_ref().map_or_else(|| "No day".to_owned(), |rules| of(rules).words(after))
}

fn list_size(service: &Service) -> String {
    service.list_size_date.map_or_else(none, |date| format!("On {}", long_date(date)))
}

/// What is counted, or whether an answer waits.
fn unit(indicator: &Indicator) -> String {
    match &indicator.kind {
        IndicatorKind::Count { unit, .. } => unit.clone(),
        IndicatorKind::YesNo { unanswered, carries_forward, .. } => {
            let default = match unanswered {
                None => "waits for an answer",
                Some(true) => "yes when nobody answers",
                Some(false) => "no when nobody answers",
            };
            let stays = if *carries_forward { ", a yes stays" } else { "" };
            format!("A question, {default}{stays}")
        }
        IndicatorKind::Register { .. } => "Patients on a register".to_owned(),
        IndicatorKind::Fraction { .. } => "A percentage".to_owned(),
        IndicatorKind::PerPatient { .. } => "Patients on the list".to_owned(),
        IndicatorKind::Block { .. } | IndicatorKind::Aspiration { .. } => "Nothing".to_owned(),
    }
}

fn arrives(indicator: &Indicator) -> &'static str {
    match indicator.entry {
        Entry::Manual => "Typed by a person",
        Entry::Extract => "Extract from the clinical system",
    }
}

fn whose(level: Level) -> &'static str {
    match level {
        Level::Practice => "Each practice's own",
        Level::Network => "The network's own",
        Level::Commissioner => "Entered by the commissioner",
    }
}

fn fields(indicator: &Indicator) -> String {
    let counted = indicator.extract.values().cloned();
    let left_out = indicator.left_out.iter().map(|one| format!("{} (left out)", one.code));
    counted.chain(left_out).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{next_year, tests::GOOD};

    const LOCAL: &str = include_str!("../../../../catalogue/2026-27/local_services.toml");
    const QOF: &str = include_str!("../../../../catalogue/2026-27/qof.toml");
    const ACCESS: &str = include_str!("../../../../catalogue/2026-27/network_enhanced_access.toml");

    fn read(text: &str) -> Service {
        Service::from_toml(text).expect("a good definition")
    }

    /// What differs when the next year's definition has these texts in place of others, in one line each.
    fn found(text: &str, changes: &[(&str, &str)], sees_prices: bool) -> Vec<String> {
        let mut later = next_year(text).expect("a year that can be moved on").text;
        for (before, after) in changes {
            assert!(later.contains(before), "{before} is not in the definition");
            later = later.replacen(before, after, 1);
        }
        let is_expected =
            |one: &Difference| one.what != "Period" && one.what != "List size that counts";
        differences(&read(text), &read(&later), sees_prices)
            .into_iter()
            .filter(is_expected)
            .map(|one| format!("{}: {} > {}", one.what, one.before, one.after))
            .collect()
    }

    #[test]
    fn each_thing_that_changes_is_named_in_plain_words() {
        for (text, before, after, expected) in [
            (
                LOCAL,
                "\"3.10\"",
                "\"3.25\"",
                "Price of Blood tests (PHL001): £3.10 for each > £3.25 for each",
            ),
            (
                QOF,
                "points = \"33\"",
                "points = \"35\"",
                "Points for Blood pressure 140/90 or less, aged 79 or under (CHD015): Up to 33 points > Up to 35 points",
            ),
            (
                QOF,
                "lower = \"70\"",
                "lower = \"72\"",
                "Thresholds of At risk of stroke and treated with an anticoagulant (AF008): From 70% to 95% > From 72% to 95%",
            ),
            (LOCAL, "\"quarterly\"", "\"monthly\"", "How often it is paid: Quarterly > Monthly"),
            (
                LOCAL,
                "declaration_required = true",
                "declaration_required = false",
                "Declaration: Required > Not required",
            ),
            (
                LOCAL,
                "approval_required = true",
                "approval_required = false",
                "Approval by the commissioner: Required > Not required",
            ),
            (LOCAL, "\"LCS\"", "\"LCSX\"", "Code for the payment agency: LCS > LCSX"),
            (
                LOCAL,
                "entry = \"manual\"",
                "entry = \"manual\"\nentry_days_after_period_end = 42",
                "Last day to enter figures: No limit > 42 days after each period",
            ),
            (
                LOCAL,
                "declare_by = { working_days = 10 }",
                "declare_by = { day = 24 }",
                "Last day to declare: 10 working days after each period > the first 24th after each period",
            ),
            (LOCAL, "family = \"Local\"", "family = \"Manual\"", "Family: Local > Manual"),
            (
                LOCAL,
                "name = \"Local primary care services",
                "name = \"Near home",
                "Name: Local primary care services 2026 to 2027 > Near home 2027 to 2028",
            ),
            (
                LOCAL,
                "unit = \"blood tests\"",
                "unit = \"samples\"",
                "What is counted, Blood tests (PHL001): blood tests > samples",
            ),
            (
                LOCAL,
                "maximum = \"SPI001\"\n",
                "",
                "Limits of Spirometry tests (SPI002): No more than SPI001 > None",
            ),
            (
                LOCAL,
                "name = \"Spirometry\"",
                "name = \"Lung tests\"",
                "Component SPIRO: Spirometry > Lung tests",
            ),
            (QOF, "reference = \"QOF\"", "reference = \"QOFX\"", "National figures: QOF > QOFX"),
            (
                QOF,
                "points_decimals = 2",
                "points_decimals = 3",
                "Points are rounded to: 2 decimals > 3 decimals",
            ),
            (
                QOF,
                "keeps_extra_fields = true\n",
                "",
                "Other fields in extracts: Passed over > Refused",
            ),
            (
                QOF,
                "entry = \"manual\"",
                "entry = \"extract\"",
                "How figures arrive, Registers checked by a clinician before the year end (REG001): Typed by a person > Extract from the clinical system",
            ),
            (
                QOF,
                "{ register = \"Smoking Register\" }",
                "{ register = \"Smokers\" }",
                "Fields in extracts, Smoking register (SMOK001): Smoking Register > Smokers",
            ),
            (
                ACCESS,
                "\"8.427\"",
                "\"8.6\"",
                "Price of Enhanced access payment (NCEA001): £8.427 a year for each patient > £8.6 a year for each patient",
            ),
            (
                ACCESS,
                "rate_per_year = \"8.427\"",
                "rate_per_year = \"8.427\"\nevidence = \"M: a guess\"",
                "Source of Enhanced access payment (NCEA001): As published > Not verified",
            ),
        ] {
            assert_eq!(found(text, &[(before, after)], true), [expected], "{before}");
        }
    }

    #[test]
    fn components_and_indicators_that_come_and_go_are_named() {
        let component = "[[component]]\ncode = \"ECG\"\nname = \"Heart tracing (ECG)\"";
        let other = "[[component]]\ncode = \"HOLTER\"\nname = \"Heart monitor\"";
        assert_eq!(
            found(LOCAL, &[(component, other), ("\"ECG001\"", "\"ECG009\"")], true),
            [
                "Component ECG: Heart tracing (ECG) > Not in the service",
                "Component HOLTER: Not in the service > Heart monitor",
                "Indicator ECG001: 12-lead ECG: £18.20 for each > Not in the service",
                "Indicator ECG009: Not in the service > 12-lead ECG: £18.20 for each",
                "Component of 24-hour ECG (ECG002): ECG > HOLTER",
            ]
        );
    }

    #[test]
    fn a_price_that_may_not_be_seen_is_named_without_its_amount() {
        let hidden = "Your role does not show amounts";
        assert_eq!(
            found(LOCAL, &[("\"3.10\"", "\"3.25\"")], false),
            [format!("Price of Blood tests (PHL001): {hidden} > {hidden}")]
        );
        let points = found(QOF, &[("points = \"33\"", "points = \"35\"")], false);
        assert!(points[0].ends_with("Up to 33 points > Up to 35 points"), "{points:?}");
    }

    #[test]
    fn a_definition_that_is_only_moved_on_differs_in_its_dates_alone() {
        for text in [LOCAL, QOF, ACCESS, GOOD] {
            assert_eq!(found(text, &[], true), Vec::<String>::new());
            let later = read(&next_year(text).expect("moved on").text);
            let dates = differences(&read(text), &later, true);
            assert_eq!(dates[0].what, "Period");
        }
        let period = &differences(&read(LOCAL), &read(&next_year(LOCAL).unwrap().text), true)[0];
        assert_eq!(
            (&*period.before, &*period.after),
            ("1 April 2026 to 31 March 2027", "1 April 2027 to 31 March 2028")
        );
    }

    #[test]
    fn no_change_of_an_indicator_goes_unnamed() {
        // A rule that has no words of its own is still said to have changed.
        let before = read(GOOD);
        let mut after = before.clone();
        for component in &mut after.components {
            for indicator in &mut component.indicators {
                if let IndicatorKind::Fraction { gives_prevalence, .. } = &mut indicator.kind {
                    *gives_prevalence = !*gives_prevalence;
                }
            }
        }
        let found = differences(&before, &after, true);
        assert!(
            !found.is_empty() && found.iter().all(|one| one.what.starts_with("Other rules of"))
        );
    }

    #[test]
    fn national_figures_are_compared_where_the_reader_may_see_them() {
        let text = |value: &str| {
            format!(
                "set = \"QOF\"\nyear = 2026\npoint_value = \"{value}\"\naverage_list = 10000\nsource = \"S\"\npublished_on = 2026-04-01\n[prevalence]\nAF = \"2.31\"\n"
            )
        };
        let read = |value: &str| National {
            version: 1,
            figures: crate::reference::ReferenceFigures::from_toml(&text(value)).expect("figures"),
        };
        let (before, after) = (read("225.49"), read("230.00"));
        let found = national_differences(Some(&before), Some(&after), true);
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].before, &*found[0].after), ("£225.49", "£230.00"));
        assert_eq!(national_differences(Some(&before), Some(&after), false), []);
        let missing = national_differences(Some(&before), None, true);
        assert!(missing.iter().all(|one| one.after == "Not in force yet") && missing.len() == 2);
        assert_eq!(national_differences(None, None, true), []);
    }
}
