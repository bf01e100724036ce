//! Payments by number: a fee for each, an amount for each and month, and amounts by bands.

use super::{Case, DEFINITION, Input, Line, Sums, exact_pounds, input, readable};
use crate::{
    Pence,
    ratio::Exact,
    service::{
        Band, Cap, Component, CountPays, Indicator, IndicatorKind, Maximum, Service, Span, band,
    },
    submission::{self, Field, Figures, shown},
};

/// How many of a count are paid, and the sentences that say why some are not.
struct Paid {
    items: i64,
    inputs: Vec<Input>,
    cuts: String,
    is_above_register: bool,
}

/// Count × fee, as far as the maximum and the cap go.
pub(super) fn fee(
    sums: &mut Sums,
    case: &Case,
    indicator: &Indicator,
    fee: Pence,
    cap: Option<Cap>,
) {
    let IndicatorKind::Count { maximum, unit, .. } = &indicator.kind else { return };
    let count = case.inputs.figure(&indicator.code, Field::Count);
    let mut paid = Paid {
        items: count,
        inputs: vec![given(case, indicator)],
        cuts: String::new(),
        is_above_register: false,
    };
    paid.inputs.push(input("Fee for each", fee.to_string(), DEFINITION));
    if let Some(maximum) = maximum {
        paid.up_to_maximum(case, indicator, maximum, unit);
    }
    if let Some(cap) = cap {
        paid.up_to_cap(case, indicator, cap, unit);
    }
    let pounds = Exact::whole(paid.items) * Exact::new(fee.0, 100);
    let working =
        format!("{}{} {unit} × {fee} = {}", paid.cuts, shown(paid.items), readable(&pounds));
    let line = Line::new(Some(&indicator.code), &indicator.name, paid.inputs, working);
    sums.pay(Line { is_above_register: paid.is_above_register, ..line }, pounds);
}

fn given(case: &Case, indicator: &Indicator) -> Input {
    let count = case.inputs.figure(&indicator.code, Field::Count);
    let source = case.inputs.source(&indicator.code, Field::Count);
    input(indicator.label(Field::Count), shown(count), source)
}

impl Paid {
    /// Each patient once: what earlier periods counted is taken off where the limit is for the whole service.
    fn up_to_maximum(&mut self, case: &Case, indicator: &Indicator, own: &Maximum, unit: &str) {
        let (service, inputs) = (case.service, case.inputs);
        let Some((limit, words)) = submission::limit(service, &own.indicator, &inputs.figures)
        else {
            return;
        };
        let source = service
            .indicator(&own.indicator)
            .and_then(|other| other.fields().first())
            .map_or(DEFINITION, |field| inputs.source(&own.indicator, *field));
        self.inputs.push(input("Maximum", shown(limit), source));
        let left = self.left(case, indicator, limit, own.per);
        if self.items > left {
            let before = self.before(case, indicator, own.per);
            self.cuts += &format!(
                "{} {unit} were submitted, but only {} are paid, because {words}{before}. ",
                shown(self.items),
                shown(left)
            );
            self.items = left;
            self.is_above_register = true;
        }
    }

    fn up_to_cap(&mut self, case: &Case, indicator: &Indicator, cap: Cap, unit: &str) {
        let over = match cap.per {
            Span::Period => "a period",
            Span::Service => "the service",
        };
        self.inputs.push(input(format!("Cap for {over}"), shown(cap.items), DEFINITION));
        let left = self.left(case, indicator, cap.items, cap.per);
        if self.items > left {
            let before = self.before(case, indicator, cap.per);
            self.cuts += &format!(
                "{} {unit} were counted, but only {} are paid, because the cap is {} for {over}{before}. ",
                shown(self.items),
                shown(left),
                shown(cap.items)
            );
            self.items = left;
        }
    }

    /// What a limit leaves for this period; adds what earlier periods counted to the inputs.
    fn left(&mut self, case: &Case, indicator: &Indicator, limit: i64, per: Span) -> i64 {
        if per == Span::Period {
            return limit;
        }
        let earlier = case.inputs.earlier(&indicator.code, Field::Count);
        self.inputs.push(input("Earlier periods", shown(earlier), "Submitted figures"));
        (limit - earlier).max(0)
    }

    fn before(&self, case: &Case, indicator: &Indicator, per: Span) -> String {
        let earlier = case.inputs.earlier(&indicator.code, Field::Count);
        match per {
            Span::Service if earlier > 0 => {
                format!(" and earlier periods counted {}", shown(earlier))
            }
            _ => String::new(),
        }
    }
}

/// Count × amount for a month × months of the period.
pub(super) fn monthly(sums: &mut Sums, case: &Case, indicator: &Indicator, rate: &Exact) {
    let IndicatorKind::Count { unit, .. } = &indicator.kind else { return };
    let count = case.inputs.figure(&indicator.code, Field::Count);
    let months = i64::from(case.terms.frequency.months());
    let pounds = &(rate * &Exact::whole(count)) * &Exact::whole(months);
    let price = exact_pounds(rate);
    let times = if months == 1 { String::new() } else { format!(" × {months} months") };
    let working = format!("{} {unit} × {price}{times} = {}", shown(count), exact_pounds(&pounds));
    let inputs =
        vec![given(case, indicator), input("Amount for each and month", price, DEFINITION)];
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// The amount of the band that the count is in.
pub(super) fn bands(sums: &mut Sums, case: &Case, indicator: &Indicator, bands: &[Band]) {
    let count = case.inputs.figure(&indicator.code, Field::Count);
    let IndicatorKind::Count { unit, .. } = &indicator.kind else { return };
    let number = format!("{} {unit}", shown(count));
    let inputs = vec![given(case, indicator)];
    let found = band(bands, &Exact::whole(count));
    in_band(sums, indicator, inputs, (&number, ""), found);
}

/// The amount of the band that the percentage is in; nobody in the denominator is in none.
pub(super) fn fraction_bands(sums: &mut Sums, case: &Case, indicator: &Indicator, bands: &[Band]) {
    let inputs = case.inputs;
    let field = |field| inputs.figure(&indicator.code, field);
    let (numerator, denominator) = (field(Field::Numerator), field(Field::Denominator));
    let own = [("Numerator", Field::Numerator), ("Denominator", Field::Denominator)]
        .map(|(label, own)| input(label, shown(field(own)), inputs.source(&indicator.code, own)));
    if denominator <= 0 {
        return in_band(sums, indicator, own.to_vec(), ("The denominator is 0", "%"), None);
    }
    let score = Exact::new(i128::from(numerator) * 100, denominator);
    let words = format!("{} ÷ {} = {}%", shown(numerator), shown(denominator), score.to_short(4));
    in_band(sums, indicator, own.to_vec(), (&words, "%"), band(bands, &score));
}

fn in_band(
    sums: &mut Sums,
    indicator: &Indicator,
    mut inputs: Vec<Input>,
    (number, unit): (&str, &str),
    band: Option<&Band>,
) {
    let (working, pounds) = match band {
        Some(band) => {
            let from = band.from.to_short(6);
            inputs.push(input(
                format!("Amount from {from}{unit}"),
                band.amount.to_string(),
                DEFINITION,
            ));
            (
                format!("{number}, the band from {from}{unit}: {}", band.amount),
                Exact::new(band.amount.0, 100),
            )
        }
        None => (format!("{number}, below the first band: £0.00"), Exact::zero()),
    };
    sums.pay(Line::new(Some(&indicator.code), &indicator.name, inputs, working), pounds);
}

/// What the counts of a component come to so far, before everything is in; none where no count is paid or in.
pub fn worth_of_counts(
    service: &Service,
    component: &Component,
    figures: &Figures,
) -> Option<Pence> {
    let worth = |indicator: &Indicator| {
        let IndicatorKind::Count { pays: Some(CountPays::Fee { fee, cap }), maximum, .. } =
            &indicator.kind
        else {
            return None;
        };
        let count = *figures.get(&(indicator.code.clone(), Field::Count))?;
        let most = maximum
            .as_ref()
            .and_then(|own| submission::limit(service, &own.indicator, figures))
            .map_or(count, |(most, _)| most);
        let most = cap.map_or(most, |cap| most.min(cap.items));
        fee.0.checked_mul(count.min(most))
    };
    let counts: Vec<i64> = component.indicators.iter().filter_map(worth).collect();
    (!counts.is_empty()).then(|| Pence(counts.iter().fold(0, |sum, one| sum.saturating_add(*one))))
}
