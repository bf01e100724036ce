//! Every practice in Scotland, 2012/13, from published counts, lists and registers to its published points and pounds.

use crate::product::{Earns, Indicator, National, Product, figures, fraction};
use crate::rules::{self, decimal};
use domain::Field;
use flate2::read::GzDecoder;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    path::{Path, PathBuf},
};

/// Pounds for a point, and the list that the payments are divided by; both printed with the release.
const POINT_VALUE: &str = "130.38";
const AVERAGE_LIST: i64 = 5_095;

/// A row of a published file, by the names of its columns.
type Cells = HashMap<String, String>;

/// Counts that stand for points which were published without counts.
const PATIENTS: i64 = 900_000_000;

#[allow(clippy::disallowed_methods, reason = "a test's own setting, not the program's")]
fn published() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("ACCORD_SHARED_DATA").map_or_else(beside, PathBuf::from);
    Some(folder.join("scotland")).filter(|folder| folder.is_dir())
}

fn rows(path: &Path) -> Vec<Cells> {
    let file = File::open(path).unwrap();
    let file: Box<dyn std::io::Read> = match path.extension().and_then(|own| own.to_str()) {
        Some("gz") => Box::new(GzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut reader = csv::Reader::from_reader(file);
    reader.deserialize().map(Result::unwrap).collect()
}

/// What one year's release says.
struct Release {
    /// Points, thresholds and group of each indicator, in the order of the file.
    indicators: Vec<Indicator>,
    /// National prevalence of each group in per cent.
    national: BTreeMap<String, BigRational>,
    /// The rows of each practice, and the rows that were awarded by hand.
    achieved: BTreeMap<String, Vec<Cells>>,
    awarded: BTreeSet<(String, String)>,
    totals: Vec<Cells>,
    /// List and factors of each practice and group.
    prevalence: HashMap<(String, String), Cells>,
}

impl Release {
    fn read(folder: &Path) -> Self {
        let file = |name: &str| rows(&folder.join(name));
        let mut achieved: BTreeMap<String, Vec<Cells>> = BTreeMap::new();
        for row in file("achievement_201213.csv.gz") {
            achieved.entry(row["practice_code"].clone()).or_default().push(row);
        }
        let prevalence: HashMap<_, _> = file("prevalence_201213.csv.gz")
            .into_iter()
            .map(|row| ((row["practice_code"].clone(), row["group"].clone()), row))
            .collect();
        let national = national(&prevalence);
        let groups = groups(&achieved, &prevalence, &national);
        Self {
            indicators: file("indicators_201213.csv")
                .iter()
                .map(|row| indicator(row, groups.get(&row["indicator"]).cloned()))
                .collect(),
            awarded: file("known_exceptions_201213.csv")
                .iter()
                .map(|row| (row["practice_code"].clone(), row["indicator"].clone()))
                .collect(),
            totals: file("practice_totals_201213.csv"),
            national,
            achieved,
            prevalence,
        }
    }

    fn product(&self) -> Product {
        let prevalence = self
            .national
            .iter()
            .map(|(group, percent)| (group.clone(), written(percent, 6)))
            .collect();
        let national = National {
            point_value: POINT_VALUE,
            average_list: AVERAGE_LIST,
            prevalence,
            // Scotland rounds nothing; so many decimals change no total by a millionth and add up much faster.
            points_decimals: Some(12),
        };
        Product::of_points(&national, &self.indicators)
    }

    /// The figures of a row. Where the publisher hid the counts, or points were awarded by hand: counts that give the
    /// published points. An indicator without counts was answered with yes or no.
    fn figures<'a>(&self, row: &'a Cells, indicator: &'a Indicator) -> Vec<(&'a str, Field, i64)> {
        let code = indicator.code.as_str();
        let (lower, upper) = match &indicator.earns {
            Earns::Between { lower, upper } => (decimal(lower), decimal(upper)),
            Earns::ByYes => {
                let is_earned = !decimal(&row["achieved_points"]).is_zero();
                return vec![(code, Field::YesNo, i64::from(is_earned))];
            }
            Earns::ByRegister => {
                let group = indicator.group.as_ref().unwrap();
                return vec![(code, Field::Register, self.register(&row["practice_code"], group))];
            }
        };
        let awarded = (row["practice_code"].clone(), row["indicator"].clone());
        let counts = |numerator, denominator| {
            vec![(code, Field::Numerator, numerator), (code, Field::Denominator, denominator)]
        };
        if !row["denominator"].is_empty() && !self.awarded.contains(&awarded) {
            return counts(row["numerator"].parse().unwrap(), row["denominator"].parse().unwrap());
        }
        let share = decimal(&row["achieved_points"]) / decimal(&indicator.points);
        let percent = &lower + share * (upper - &lower);
        let patients = percent / BigInt::from(100) * BigInt::from(PATIENTS);
        counts(patients.round().to_integer().to_i64().unwrap(), PATIENTS)
    }

    /// The patients on a register; a hidden one follows from the published factor.
    fn register(&self, practice: &str, group: &str) -> i64 {
        let national = &self.national[group];
        let row = &self.prevalence[&(practice.to_owned(), group.to_owned())];
        row["register"].parse().unwrap_or_else(|_| {
            let share = decimal(&row["published_adpf"]) * national / BigInt::from(100);
            let patients = share * decimal(&row["list_size"]);
            patients.round().to_integer().to_i64().unwrap()
        })
    }

    /// Points and pounds of a practice, by the product.
    fn pay(&self, product: &Product, practice: &str, list: i64) -> (BigRational, BigRational) {
        let earning: BTreeSet<&String> = self
            .indicators
            .iter()
            .filter(|own| matches!(own.earns, Earns::ByRegister))
            .filter_map(|own| own.group.as_ref())
            .collect();
        let registers: Vec<(String, i64)> = self
            .national
            .keys()
            .filter(|group| !earning.contains(group))
            .map(|group| (format!("R{group}"), self.register(practice, group)))
            .collect();
        let registers = registers.iter().map(|(code, own)| (code.as_str(), Field::Register, *own));
        let counts = self.achieved[practice].iter().flat_map(|row| {
            let own = self.indicators.iter().find(|own| own.code == row["indicator"]).unwrap();
            self.figures(row, own)
        });
        let paid = product.pay(&figures(registers.chain(counts)), list);
        (fraction(paid.points.as_ref().unwrap()), rules::over(paid.amount.0, 100))
    }
}

/// National prevalence = the practice's ÷ its published factor: one number for each group, which the middle one is, as
/// some practices were given factors by hand.
fn national(prevalence: &HashMap<(String, String), Cells>) -> BTreeMap<String, BigRational> {
    let mut all: BTreeMap<String, Vec<BigRational>> = BTreeMap::new();
    for ((_, group), row) in prevalence {
        let [own, factor] = ["raw_prevalence_pct", "published_adpf"].map(|column| &row[column]);
        if !own.is_empty() && !factor.is_empty() && !decimal(factor).is_zero() {
            all.entry(group.clone()).or_default().push(decimal(own) / decimal(factor));
        }
    }
    let middle = |mut own: Vec<BigRational>| {
        own.sort();
        own.swap_remove(own.len() / 2)
    };
    all.into_iter().map(|(group, own)| (group, middle(own))).collect()
}

/// The group of each indicator: the one whose register its rows carry, the same number in every practice.
fn groups(
    achieved: &BTreeMap<String, Vec<Cells>>,
    prevalence: &HashMap<(String, String), Cells>,
    national: &BTreeMap<String, BigRational>,
) -> BTreeMap<String, String> {
    let mut possible: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (practice, rows) in achieved {
        for row in rows.iter().filter(|row| !row["register"].is_empty()) {
            let all = possible
                .entry(row["indicator"].clone())
                .or_insert_with(|| national.keys().collect());
            all.retain(|group| {
                let own = prevalence.get(&(practice.clone(), (*group).clone()));
                own.is_some_and(|own| own["register"] == row["register"])
            });
        }
    }
    possible
        .into_iter()
        .filter_map(|(code, groups)| Some((code, (*groups.first()?).clone())))
        .collect()
}

/// Without thresholds, an indicator with a group keeps its register, and another one is answered with yes or no.
fn indicator(row: &Cells, group: Option<String>) -> Indicator {
    let earns = match (row["lower_pct"].as_str(), &group) {
        ("", Some(_)) => Earns::ByRegister,
        ("", None) => Earns::ByYes,
        (lower, _) => Earns::Between { lower: lower.into(), upper: row["upper_pct"].clone() },
    };
    Indicator { code: row["indicator"].clone(), points: row["points"].clone(), earns, group }
}

/// With so many decimals.
fn written(number: &BigRational, decimals: u32) -> String {
    let digits = (number * BigInt::from(10).pow(decimals)).round().to_integer().to_string();
    let digits = format!("{digits:0>width$}", width = decimals as usize + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals as usize);
    format!("{whole}.{part}")
}

#[test]
fn every_scottish_practice_total_is_reproduced_and_its_pounds_are_near() {
    let Some(folder) = published() else {
        eprintln!(
            "skipped: set ACCORD_SHARED_DATA to the folder with scotland/achievement_201213.csv.gz"
        );
        return;
    };
    let release = Release::read(&folder);
    let product = release.product();
    let millionth = BigRational::new(1.into(), 1_000_000.into());
    let (mut wrong, mut practices, mut near) = (Vec::new(), 0, 0);
    for total in
        release.totals.iter().filter(|own| release.achieved.contains_key(&own["practice_code"]))
    {
        let practice = &total["practice_code"];
        let (points, pounds) = release.pay(&product, practice, total["list_size"].parse().unwrap());
        let published = decimal(&total["points_achieved"]);
        practices += 1;
        if (&points - &published).abs() > millionth {
            wrong.push(format!("{practice}: {} points, not {published}", written(&points, 9)));
        }
        let published = decimal(&total["total_qof_payment_gbp"]);
        near += i32::from(
            (pounds - &published).abs() * BigInt::from(100) <= published * BigInt::from(2),
        );
    }
    assert_eq!((practices, wrong), (968, Vec::<String>::new()));
    eprintln!("pounds within 2% of the published ones: {near} of {practices} practices");
    assert!(near * 100 >= practices * 97, "{near} of {practices} within 2%");
}
