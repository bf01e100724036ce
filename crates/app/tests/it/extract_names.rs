//! The catalogue understands the field names of real extracts.

use domain::{Service, service::Resolved};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Field names of the extracts, with the columns of indicator and field; `None` where they are not there.
fn fields(name: &str) -> Option<PathBuf> {
    let file = crate::calculate::published().map(|data| data.join("cqrs_format").join(name));
    let file = file.filter(|file| file.is_file());
    if file.is_none() {
        eprintln!("skipped: set ACCORD_SHARED_DATA to the folder with cqrs_format/{name}");
    }
    file
}

fn definition(path: &str) -> Service {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue").join(path);
    Service::from_toml(&fs::read_to_string(path).unwrap()).unwrap()
}

/// How many rows of a file bring a figure and how many a reason that the definition names; any other row is a fault.
fn placed(service: &Service, fields: &Path) -> (usize, usize) {
    let (mut figures, mut reasons) = (0, 0);
    for row in csv::Reader::from_path(fields).unwrap().records().map(Result::unwrap) {
        let is_short = row[2]
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        match service.resolve(&row[1], &row[2]) {
            Ok(Resolved::Figure(..)) if !is_short => figures += 1,
            Ok(Resolved::Information(Some(reason))) if is_short && reason.code == row[2] => {
                reasons += 1;
            }
            other => panic!("{row:?} gives {other:?}"),
        }
    }
    (figures, reasons)
}

#[test]
fn every_row_of_the_whole_framework_s_extract_is_a_figure_or_a_named_reason() {
    let Some(fields) = fields("qof2324_extract_fields.csv") else { return };
    let service = definition("2023-24/qof.toml");
    assert!(!service.keeps_extra_fields, "an unknown reason would go unnoticed");
    assert_eq!(placed(&service, &fields), (178, 374));
}

#[test]
fn every_row_of_the_network_contract_s_extract_is_a_figure_or_a_named_reason() {
    let Some(fields) = fields("ncd2526_extract_fields.csv") else { return };
    assert_eq!(placed(&definition("2025-26/impact_fund.toml"), &fields), (15, 23));
}

/// The demonstration's part of the framework of 2024 to 2025 names no reason and passes them over.
#[test]
fn a_part_of_the_framework_takes_the_rows_of_its_indicators() {
    let Some(fields) = fields("qof2324_extract_fields.csv") else { return };
    let service = definition("2024-25/qof.toml");
    for row in csv::Reader::from_path(fields).unwrap().records().map(Result::unwrap) {
        if service.indicator(&row[1]).is_some() {
            let resolved = service.resolve(&row[1], &row[2]);
            assert!(resolved.is_ok(), "{row:?} gives {resolved:?}");
        }
    }
}
