//! Every definition in the catalogue keeps the rules of a service.
#![cfg(test)]

use domain::{
    Frequency, Service,
    ratio::Exact,
    reference::ReferenceFigures,
    service::{Indicator, IndicatorKind, ProviderKind},
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

/// Points of the components of a service, in the order of the definition.
fn points(service: &Service, components: &[&str]) -> Exact {
    let codes: Vec<String> = components.iter().map(|own| (*own).to_owned()).collect();
    service
        .included(&codes)
        .filter_map(Indicator::points)
        .fold(Exact::zero(), |sum, own| &sum + own)
}

/// Published: 635 points, 81 of them for registers; later 564, of which 437 are clinical.
#[test]
fn the_points_of_the_framework_add_up_as_published() {
    const CLINICAL: [&str; 20] = [
        "AF", "CHD", "HF", "HYP", "PAD", "STIA", "DM", "AST", "COPD", "DEM", "DEP", "MH", "CAN",
        "CKD", "EP", "LD", "OST", "RA", "PC", "NDH",
    ];
    const PUBLIC_HEALTH: [&str; 5] = ["OB", "BP", "SMOK", "VI", "CS"];
    let services = catalogue();
    for (code, clinical, public_health, quality, registers) in
        [("QOF2324", 401, 160, 74, 81), ("QOF2526", 437, 127, 0, 0)]
    {
        let service = &services[code];
        assert_eq!(points(service, &CLINICAL), Exact::whole(clinical), "{code}");
        assert_eq!(points(service, &PUBLIC_HEALTH), Exact::whole(public_health), "{code}");
        assert_eq!(points(service, &["QI"]), Exact::whole(quality), "{code}");
        let all: Vec<&str> = service.components.iter().map(|own| own.code.as_str()).collect();
        let sum = Exact::whole(clinical + public_health + quality);
        assert_eq!(points(service, &all), sum, "{code} has other components");
        let of_registers = service
            .indicators()
            .filter(|own| matches!(own.kind, IndicatorKind::Register { .. }))
            .filter_map(Indicator::points)
            .fold(Exact::zero(), |sum, own| &sum + own);
        assert_eq!(of_registers, Exact::whole(registers), "{code}");
    }
    assert_eq!(points(&services["NCD2526"], &["IIF"]), Exact::whole(58));
}

/// 462 of the 564 points are adjusted by prevalence: all clinical ones and SMOK002.
#[test]
fn the_points_that_prevalence_adjusts_add_up_as_published() {
    let services = catalogue();
    let adjusted = services["QOF2526"]
        .indicators()
        .filter(|own| own.adjusted_by().is_some())
        .filter_map(Indicator::points)
        .fold(Exact::zero(), |sum, own| &sum + own);
    assert_eq!(adjusted, Exact::whole(462));
}

/// The definitions that are more than a demonstration.
const REAL: [&str; 19] = [
    "QOF2324",
    "QOF2526",
    "QOFDEM2021",
    "QOFVI2122",
    "QASP2526",
    "NCD2425",
    "NCD2526",
    "NCDPAY2425",
    "NCDPAY2526",
    "NPP2223",
    "NPP2526",
    "VACC2425",
    "VACC2526",
    "LDHC2526",
    "AG2526",
    "AGCAP2526",
    "WM2526",
    "CVDP2526",
    "SHIN2526",
];

#[test]
fn a_real_definition_says_how_sure_each_price_is_and_carries_examples() {
    let services = catalogue();
    let mut silent = Vec::new();
    for service in REAL.map(|code| &services[code]) {
        if service.payment.is_some() && service.examples.is_empty() {
            silent.push(format!("{}: no example", service.code));
        }
        for indicator in service.indicators().filter(|own| own.pays()) {
            // P stated, C confirmed by a second source or a sum, M general knowledge and unverified.
            let evidence = indicator.evidence.as_deref().unwrap_or_default();
            let marked =
                [" P:", " C:", "M:"].iter().any(|mark| format!(" {evidence}").contains(mark));
            if !marked || indicator.is_unverified() != evidence.contains("unverified") {
                silent.push(format!("{} {}: {evidence:?}", service.code, indicator.code));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn every_set_of_national_figures_can_be_read_and_says_what_is_not_official() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
    let mut sets = 0;
    for year in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(files) = fs::read_dir(year.join("reference")) else { continue };
        for file in files.map(|entry| entry.unwrap().path()) {
            let figures = ReferenceFigures::from_toml(&fs::read_to_string(&file).unwrap())
                .unwrap_or_else(|problems| panic!("{}: {problems:?}", file.display()));
            let folder = format!("{}-{:02}", figures.year.0, (figures.year.0 + 1) % 100);
            assert_eq!(year.file_name().and_then(|name| name.to_str()), Some(folder.as_str()));
            assert_eq!(figures.check_invariant(), Ok(()), "{}", file.display());
            let says = ["demonstration", "not loaded", "other prevalences"];
            assert!(says.iter().any(|own| figures.source.contains(own)), "{}", file.display());
            sets += 1;
        }
    }
    assert_eq!(sets, 8);
}
