//! The catalogue understands the field names of a real extract.

use domain::{Service, service::Resolved};
use std::{fs, path::Path};

/// Every field of the QOF 2023/24 extract that belongs to an indicator of our part of the framework.
#[test]
fn every_field_name_of_a_real_extract_is_understood() {
    let fields = crate::calculate::published()
        .map(|data| data.join("cqrs_format/qof2324_extract_fields.csv"));
    let Some(fields) = fields.filter(|file| file.is_file()) else {
        eprintln!(
            "skipped: set ACCORD_SHARED_DATA to the folder with cqrs_format/qof2324_extract_fields.csv"
        );
        return;
    };
    let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue/2024-25/qof.toml");
    let service = Service::from_toml(&fs::read_to_string(definition).unwrap()).unwrap();
    let mut placed = 0;
    for row in csv::Reader::from_path(fields).unwrap().records().map(Result::unwrap) {
        if service.indicator(&row[1]).is_none() {
            continue;
        }
        let resolved = service.resolve(&row[1], &row[2]);
        let words = row[2].contains(' ') || ["Numerator", "Denominator"].contains(&&row[2]);
        match resolved {
            Ok(Resolved::Figure(..)) if words => placed += 1,
            Ok(Resolved::Information) if !words => {}
            other => panic!("{row:?} gives {other:?}"),
        }
    }
    assert!(placed > 50, "{placed} figures");
}
