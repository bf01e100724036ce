//! The only door from these checks to the product: a definition written as text, figures, and what is paid.

use domain::{
    Field, Figures, Service,
    calculation::{Calculation, Inputs, ListSize, National as Version, Slope, calculate},
    ratio::Exact,
    reference::ReferenceFigures,
};
use num_rational::BigRational;
use std::{collections::BTreeSet, fmt::Write, sync::Arc};

/// National values and rounding of a points service.
#[derive(Clone, Debug)]
pub struct National<'a> {
    pub point_value: &'a str,
    pub average_list: i64,
    /// Per cent of each group.
    pub prevalence: Vec<(String, String)>,
    pub points_decimals: Option<u32>,
}

/// An indicator with points. Numbers are texts, as a definition has them.
#[derive(Clone, Debug)]
pub struct Indicator {
    pub code: String,
    pub points: String,
    pub earns: Earns,
    pub group: Option<String>,
}

/// How it earns its points.
#[derive(Clone, Debug)]
pub enum Earns {
    Between {
        lower: String,
        upper: String,
    },
    ByYes,
    /// By somebody on the register of its group.
    ByRegister,
}

/// A service whose definition is a text, with its national figures.
pub struct Product {
    service: Service,
    national: Option<Arc<Version>>,
}

impl Product {
    /// Points of these indicators. Each group has a register: the indicator that earns by it, or `R` and its name.
    pub fn of_points(national: &National, indicators: &[Indicator]) -> Self {
        let mut text = head("annual", "list_size_date = 2025-01-01\nreference = \"CHECK\"");
        if let Some(decimals) = national.points_decimals {
            text = format!("points_decimals = {decimals}\n{text}");
        }
        text += "[[component]]\ncode = \"ALL\"\nname = \"Everything\"\n";
        let has_register: BTreeSet<&String> = indicators
            .iter()
            .filter(|own| matches!(own.earns, Earns::ByRegister))
            .filter_map(|own| own.group.as_ref())
            .collect();
        for (group, _) in national.prevalence.iter().filter(|(own, _)| !has_register.contains(own))
        {
            text += &indicator(
                &format!("R{group}"),
                &format!("kind = \"register\"\nprevalence_group = \"{group}\""),
            );
        }
        for own in indicators {
            let earns = match &own.earns {
                Earns::ByYes => "kind = \"yes_no\"".to_owned(),
                Earns::ByRegister => "kind = \"register\"".to_owned(),
                Earns::Between { lower, upper } => {
                    format!("kind = \"fraction\"\nlower = \"{lower}\"\nupper = \"{upper}\"")
                }
            };
            let group = own.group.as_ref().map(|group| format!("\nprevalence_group = \"{group}\""));
            let keys = format!("{earns}\npoints = \"{}\"{}", own.points, group.unwrap_or_default());
            text += &indicator(&own.code, &keys);
        }
        Self { national: Some(national.version()), ..Self::read(&text) }
    }

    /// Items at a fee, the first no more often than the register `R` says.
    pub fn of_items(frequency: &str, fees: &[&str]) -> Self {
        let mut text = head(frequency, "") + "[[component]]\ncode = \"ALL\"\nname = \"Items\"\n";
        text += &indicator("R", "kind = \"register\"");
        for (number, fee) in fees.iter().enumerate() {
            let most = if number == 0 { "\nmaximum = \"R\"" } else { "" };
            let keys = format!("kind = \"count\"\nunit = \"items\"\nfee = \"{fee}\"{most}");
            text += &indicator(&format!("C{number}"), &keys);
        }
        Self::read(&text)
    }

    fn read(text: &str) -> Self {
        let service = Service::from_toml(text);
        let service = service.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        Self { service, national: None }
    }

    /// What these figures earn for the first period.
    pub fn pay(&self, figures: &Figures, patients: i64) -> Calculation {
        let Self { service, national } = self;
        let components: Vec<String> =
            service.components.iter().map(|own| own.code.clone()).collect();
        let inputs = Inputs {
            figures: figures.clone(),
            registered: service.list_size_date.map(|on| ListSize { patients, on }),
            reference: national.clone(),
            ..Inputs::default()
        };
        calculate(service, &components, service.periods()[0], &inputs)
            .unwrap_or_else(|why| panic!("{why}"))
    }
}

impl National<'_> {
    fn version(&self) -> Arc<Version> {
        let mut text = format!(
            "set = \"CHECK\"\nyear = 2025\npoint_value = \"{}\"\naverage_list = {}\nsource = \"as given\"\n\
             published_on = 2025-04-01\n[prevalence]\n",
            self.point_value, self.average_list
        );
        for (group, percent) in &self.prevalence {
            writeln!(text, "{group} = \"{percent}\"").unwrap();
        }
        let figures = ReferenceFigures::from_toml(&text);
        let figures = figures.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        Arc::new(Version { version: 1, figures })
    }
}

fn head(frequency: &str, more: &str) -> String {
    format!(
        "code = \"CHECK\"\nname = \"Check\"\nsummary = \"Check\"\nfamily = \"QOF\"\nyear = 2025\n\
         starts_on = 2025-04-01\nends_on = 2026-03-31\nprovider = \"practice\"\nentry = \"manual\"\n{more}\n\
         [payment]\nfrequency = \"{frequency}\"\ndeclaration_required = true\napproval_required = true\n\
         pay_code = \"CHECK\"\n"
    )
}

fn indicator(code: &str, keys: &str) -> String {
    format!("[[component.indicator]]\ncode = \"{code}\"\nname = \"{code}\"\n{keys}\n")
}

/// Figures from a list.
pub fn figures<'a>(given: impl IntoIterator<Item = (&'a str, Field, i64)>) -> Figures {
    given.into_iter().map(|(code, field, figure)| ((code.to_owned(), field), figure)).collect()
}

/// An exact number of the product as a fraction.
pub fn fraction(number: &Exact) -> BigRational {
    let kept = serde_json::to_value(number).unwrap();
    let (numerator, denominator) = kept.as_str().unwrap().split_once('/').unwrap();
    BigRational::new(numerator.parse().unwrap(), denominator.parse().unwrap())
}

/// The points of one row, exact and in hundredths, from the sum that is done half a million times a year.
pub fn row(
    points: &str,
    lower: &str,
    upper: &str,
    numerator: i64,
    denominator: i64,
) -> (BigRational, i128) {
    let [points, lower, upper] = [points, lower, upper].map(|text| text.parse::<Exact>().unwrap());
    let earned =
        Slope::new(&points, Some(&lower), Some(&upper)).unwrap().points(numerator, denominator);
    (BigRational::new(earned.numerator.into(), earned.denominator.into()), earned.hundredths())
}
