//! Worked examples as others printed them, with inputs and results exactly as printed.

use crate::product::{Earns, Indicator, National, Product, figures, fraction};
use crate::rules::{self, decimal};
use domain::{Field, calculation::Calculation};

/// Points earned in full, with one prevalence group or none.
struct Example {
    name: &'static str,
    points: &'static str,
    point_value: &'static str,
    list: i64,
    average: i64,
    /// Patients on the register and the national prevalence in per cent.
    prevalence: Option<(i64, &'static str)>,
    paid: &'static str,
}

impl Example {
    fn pay(&self) -> Calculation {
        let group = self.prevalence.map(|_| "G".to_owned());
        let national = National {
            point_value: self.point_value,
            average_list: self.average,
            prevalence: self
                .prevalence
                .iter()
                .map(|(_, own)| ("G".into(), (*own).into()))
                .collect(),
            points_decimals: None,
        };
        let earns = Earns::Between { lower: "40".into(), upper: "90".into() };
        let indicator = Indicator { code: "I".into(), points: self.points.into(), earns, group };
        let register = self.prevalence.map(|(register, _)| ("RG", Field::Register, register));
        let counts = [("I", Field::Numerator, 95), ("I", Field::Denominator, 100)];
        Product::of_points(&national, &[indicator])
            .pay(&figures(register.into_iter().chain(counts)), self.list)
    }
}

/// A line of the table: name, points, £ for a point, list, average list, register and national prevalence, pounds.
type Line =
    (&'static str, &'static str, &'static str, i64, i64, Option<(i64, &'static str)>, &'static str);

/// W1 to W8 in the order of the collection. W1 and W8 were printed from factors cut to 2 decimals; each stands twice, as the
/// formula has it and, with a list and register that give the printed factors, as it was printed.
const PRINTED: [Line; 22] = [
    ("W1 unrounded", "29", "207.56", 16_000, 9_374, Some((488, "2.1")), "£14,921.66"),
    (
        "W1 with the factors 1.71 and 1.45",
        "29",
        "207.56",
        342_000,
        200_000,
        Some((4_959, "1")),
        "£14,924.71",
    ),
    ("W2 point", "1", "194.83", 10_000, 8_799, Some((53, "0.78")), "£150.45"),
    ("W2 domain", "44", "194.83", 10_000, 8_799, Some((53, "0.78")), "£6,619.98"),
    ("W3 point", "1", "194.83", 10_000, 8_799, Some((72, "0.78")), "£204.39"),
    ("W3 domain", "44", "194.83", 10_000, 8_799, Some((72, "0.78")), "£8,993.18"),
    ("W4 2012/13", "1", "130.38", 5_000, 5_000, Some((60, "1")), "£156.46"),
    ("W4 2013/14", "1", "133.47", 5_000, 5_000, Some((60, "1")), "£160.16"),
    ("W4 2014/15", "1", "135.06", 5_000, 5_000, Some((60, "1")), "£162.07"),
    ("W4 2010/11", "1", "127.28", 5_000, 5_000, Some((60, "1")), "£152.74"),
    ("W5", "74", "201.16", 9_085, 9_085, None, "£14,885.84"),
    ("W5 with half the list", "74", "201.16", 5_000, 10_000, None, "£7,442.92"),
    ("W6", "70", "77.50", 5_891, 5_891, None, "£5,425.00"),
    ("W7", "7", "130.38", 5_008, 5_095, None, "£897.08"),
    ("W8 unrounded", "1000", "100.00", 12_650, 8_096, None, "£156,250.00"),
    ("W8 with the factor 1.56", "1000", "100.00", 12_480, 8_000, None, "£156,000.00"),
    ("W8 with the average list", "1000", "100.00", 8_096, 8_096, None, "£100,000.00"),
    // List and average 125 times as large, so that whole patients give the ratio of prevalences, 1.2.
    (
        "prevalence ratio 1.2",
        "10",
        "220.62",
        1_915_750,
        1_245_250,
        Some((22_989, "1")),
        "£4,072.94",
    ),
    ("ceiling of the network fund 2020/21", "194", "111.00", 50_000, 50_000, None, "£21,534.00"),
    ("ceiling of the network fund 2021/22", "225", "200.00", 50_000, 50_000, None, "£45,000.00"),
    ("nobody on the register", "44", "194.83", 10_000, 8_799, Some((0, "0.78")), "£0.00"),
    ("a penny at the half", "1", "0.01", 1, 2, None, "£0.01"),
];

#[test]
fn printed_payments_are_reproduced_to_the_penny() {
    for (name, points, point_value, list, average, prevalence, paid) in PRINTED {
        let example = Example { name, points, point_value, list, average, prevalence, paid };
        assert_eq!(example.pay().amount.to_string(), example.paid, "{}", example.name);
    }
}

#[test]
fn printed_list_size_factors_are_shown() {
    for (list, average, decimals, printed) in [
        (15_326, 9_962, 5, "1.53845"),
        (4_000, 8_479, 5, "0.47175"),
        (12_650, 8_096, 2, "1.56"),
        (16_000, 9_374, 2, "1.71"),
    ] {
        let example = Example {
            name: "factor",
            points: "1",
            point_value: "1.00",
            list,
            average,
            prevalence: None,
            paid: "",
        };
        let paid = example.pay();
        let line = paid.lines.iter().find(|line| line.title == "List size factor").unwrap();
        let shown = line.working.rsplit("= ").next().unwrap();
        assert_eq!(rules::rounded(&decimal(shown), decimals), decimal(printed), "{}", line.working);
    }
}

/// Points that practices in Scotland were given for 2012/13, printed with so many decimals, and the threshold vector.
#[test]
fn printed_points_are_reproduced() {
    for (numerator, denominator, points, lower, upper, printed) in [
        (35, 52, "17", "50", "90", "7.35576923076923"),
        (38, 44, "3", "40", "90", "2.78181818181818"),
        (4996, 5940, "11", "50", "90", "9.37962962962963"),
        (513, 783, "12", "40", "90", "6.12413793103448"),
        (147, 223, "11", "45", "70", "9.20448430493274"),
        (176, 226, "6", "45", "80", "5.63590391908976"),
        (451, 524, "6", "50", "90", "5.41030534351145"),
        (223, 249, "5", "50", "90", "4.94477911646586"),
        (9, 39, "8", "45", "80", "0"),
        (9, 20, "8", "45", "80", "0"),
        (3, 6, "3", "50", "90", "0"),
        (4, 5, "9", "45", "80", "9"),
        (9, 10, "3", "50", "90", "3"),
        (0, 0, "3", "45", "70", "0"),
        (135, 150, "9", "50", "90", "9"),
        (230, 400, "20", "45", "70", "10"),
    ] {
        let national = National {
            point_value: "130.38",
            average_list: 5_095,
            prevalence: Vec::new(),
            points_decimals: None,
        };
        let earns = Earns::Between { lower: lower.into(), upper: upper.into() };
        let indicator = Indicator { code: "I".into(), points: points.into(), earns, group: None };
        let counts = [("I", Field::Numerator, numerator), ("I", Field::Denominator, denominator)];
        let paid = Product::of_points(&national, &[indicator]).pay(&figures(counts), 5_095);
        let earned = rules::rounded(&fraction(paid.points.as_ref().unwrap()), 14);
        assert_eq!(earned, decimal(printed), "{numerator} of {denominator}, {lower} to {upper}");
    }
}

#[test]
fn published_ties_are_rounded_up() {
    for (points, printed) in
        [("11.775", "11.78"), ("11.325", "11.33"), ("3.125", "3.13"), ("0.625", "0.63")]
    {
        let national = National {
            point_value: "1.00",
            average_list: 1,
            prevalence: Vec::new(),
            points_decimals: Some(2),
        };
        let indicator =
            Indicator { code: "I".into(), points: points.into(), earns: Earns::ByYes, group: None };
        let paid =
            Product::of_points(&national, &[indicator]).pay(&figures([("I", Field::YesNo, 1)]), 1);
        assert_eq!(fraction(paid.points.as_ref().unwrap()), decimal(printed), "{points}");
    }
}

#[test]
fn health_checks_beyond_the_register_are_not_paid() {
    for (count, register, paid) in
        [(37, 35, "£4,900.00"), (35, 35, "£4,900.00"), (34, 35, "£4,760.00")]
    {
        let product = Product::of_items("quarterly", &["140.00"]);
        let given = figures([("C0", Field::Count, count), ("R", Field::Register, register)]);
        assert_eq!(product.pay(&given, 0).amount.to_string(), paid, "{count} of {register}");
    }
}
