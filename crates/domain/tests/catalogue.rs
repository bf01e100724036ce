//! Every definition in the catalogue keeps the rules of a service.
#![cfg(test)]

use domain::{
    Frequency, Service,
    service::{Entry, IndicatorKind, ProviderKind},
};
use std::{collections::BTreeMap, fs, path::Path};

fn catalogue() -> BTreeMap<String, Service> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
    let mut services = BTreeMap::new();
    for year in
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        let files = fs::read_dir(&year).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.is_file()) {
            let text = fs::read_to_string(&file).unwrap();
            let service = Service::from_toml(&text).unwrap_or_else(|problems| {
                panic!(
                    "{}: {}",
                    file.display(),
                    problems.iter().map(|p| format!("\n  {p}")).collect::<String>()
                )
            });
            let folder = format!("{}-{:02}", service.year.0, (service.year.0 + 1) % 100);
            assert_eq!(
                year.file_name().and_then(|name| name.to_str()),
                Some(folder.as_str()),
                "{}",
                service.code
            );
            assert!(
                services.insert(service.code.clone(), service).is_none(),
                "{}: its code is taken",
                file.display()
            );
        }
    }
    services
}

#[test]
fn the_catalogue_has_a_service_of_every_kind_in_each_year() {
    let services = catalogue();
    for year in ["2425", "2526", "2627"] {
        let service = |family: &str| &services[&format!("{family}{year}")];
        assert_eq!(service("QOF").periods().len(), 1);
        assert_eq!(service("SHIN").periods().len(), 12);
        assert_eq!(
            service("LCS").payment.as_ref().map(|terms| terms.frequency),
            Some(Frequency::Quarterly)
        );
        assert_eq!(service("LCS").components.len(), 4);
        assert_eq!(service("NCEA").provider, ProviderKind::Network);
        assert_eq!(
            service("NCEA").payment.as_ref().map(|terms| terms.declaration_required),
            Some(false)
        );
        assert_eq!(
            service("AG").payment.as_ref().map(|terms| terms.approval_required),
            Some(false)
        );
        assert_eq!(service("CVDP").payment, None);
    }
}

#[test]
fn the_points_service_has_what_the_rules_need_to_be_seen() {
    let services = catalogue();
    let qof = &services["QOF2526"];
    assert_eq!(qof.components.len(), 2);
    let fractions =
        qof.indicators().filter(|own| matches!(own.kind, IndicatorKind::Fraction { .. })).count();
    assert!((15..=25).contains(&fractions), "{fractions} percentage indicators");
    assert!(
        qof.indicators().any(
            |own| own.entry == Entry::Manual && matches!(own.kind, IndicatorKind::YesNo { .. })
        )
    );
}
