//! A provider saves the last figures that were missing: recorded, calculated and declared open in one transaction.

use crate::{
    Done,
    measure::{self, heading, percentile, say, spread},
    world::{ITEM, TYPED, World, practice},
};
use domain::{
    Field, Figures, Service, ServiceId,
    achievement::{Assessed, assess, in_words},
    calculation::{Inputs, ListSize},
    service::{Component, Indicator, IndicatorKind},
};
use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};
use store::{
    reference,
    submission::{self, Typed},
};

/// How many providers save.
pub const SAVES: usize = 200;

/// Saves of 200 providers: the last component of a points service, and the one count of an item of service.
pub async fn run(world: &mut World) -> Done {
    heading("Recalculation on save");
    world.now = domain::Now::at(
        crate::world::day("2026-05-20").and_hms_opt(9, 0, 0).expect("9 in the morning").and_utc(),
    );
    let mut floor = commits(world).await?;
    say("durable commit of one row, the floor", &spread(&mut floor), "");
    let floor = percentile(&mut floor, 0.5);
    for (code, what) in [(TYPED, "points service, last component"), (ITEM, "item of service")] {
        let (mut saves, mut sums, used) = save_all(world, code).await?;
        say(&format!("{what}: save"), &spread(&mut saves), "under 1 ms plus one commit");
        let median = percentile(&mut saves, 0.5);
        let text = format!(
            "calculation {:.3?} (p99 {:.3?}), everything but the commit about {:.3?}, {used:.3?} of processor",
            percentile(&mut sums, 0.5),
            percentile(&mut sums, 0.99),
            median.saturating_sub(floor)
        );
        say(&format!("{what}: of which"), &text, "");
    }
    year_of_items(world).await
}

/// The times of commits that change one row and decide nothing.
async fn commits(world: &World) -> Done<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..SAVES {
        let (took, ()) = measure::timed(async {
            let mut tx = world.db.write().await?;
            store::next_reference(&mut tx, "BENCH", &world.now).await?;
            Ok(tx.commit().await?)
        })
        .await?;
        times.push(took);
    }
    Ok(times)
}

/// One save for each of the first providers; the times of the saves, of their calculations alone, and the processor
/// time of one.
async fn save_all(world: &mut World, code: &str) -> Done<(Vec<Duration>, Vec<Duration>, Duration)> {
    let (id, service) = world.service(code);
    let (mut saves, mut sums, mut used) = (Vec::new(), Vec::new(), Duration::ZERO);
    let last = service.components.len() as i64 - 1;
    for number in 0..SAVES {
        let mut all = Figures::new();
        for (version, component) in (0..).zip(&service.components) {
            let figures = figures(world, component);
            all.extend(figures.clone());
            let typed = typed(id, &service, component, version, &figures);
            let by = world.actor(&practice(number)).await?;
            let provider = world.id(&practice(number));
            let before = measure::processor("self");
            let (took, outcome) = measure::timed(async {
                Ok(submission::submit(&world.db, provider, &typed, &by, &world.now).await?)
            })
            .await?;
            if version < last {
                continue;
            }
            used += measure::processor("self").saturating_sub(before);
            saves.push(took);
            if !outcome.is_calculated {
                return Err(format!("{code} was not calculated: {}", outcome.held_because).into());
            }
        }
        sums.push(calculation(world, &service, all).await?);
    }
    Ok((saves, sums, used / SAVES as u32))
}

/// The time of the domain's part alone.
async fn calculation(world: &World, service: &Service, figures: Figures) -> Done<Duration> {
    let components: Vec<String> = service.components.iter().map(|own| own.code.clone()).collect();
    let period = service.periods()[0];
    let inputs = Inputs {
        figures,
        registered: service.list_size_date.map(|on| ListSize { patients: 9_000, on }),
        reference: reference::of_service(&mut world.db.read().await?, service).await?,
        ..Inputs::default()
    };
    let start = Instant::now();
    let assessed = assess(service, &components, period, &inputs, world.now.today);
    if let Assessed::Calculated(result) = &assessed {
        black_box(in_words(service, &components, &inputs.figures, result));
    }
    let took = start.elapsed();
    black_box(assessed);
    Ok(took)
}

fn typed(
    id: ServiceId,
    service: &Service,
    component: &Component,
    seen_version: i64,
    figures: &Figures,
) -> Typed {
    let boxes: BTreeMap<_, _> =
        figures.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
    let date = service.periods()[0].end;
    let (component, confirmed) = (component.code.clone(), figures.clone());
    Typed { service: id, date, component, seen_version, boxes, confirmed }
}

fn figures(world: &mut World, component: &Component) -> Figures {
    let mut figures = Figures::new();
    for indicator in &component.indicators {
        for (field, value) in of_indicator(world, indicator) {
            figures.insert((indicator.code.clone(), field), value);
        }
    }
    figures
}

fn of_indicator(world: &mut World, indicator: &Indicator) -> Vec<(Field, i64)> {
    match &indicator.kind {
        IndicatorKind::Register { .. } => vec![(Field::Register, world.number(50, 900))],
        IndicatorKind::Fraction { .. } => {
            let denominator = world.number(20, 900);
            let numerator = denominator * world.number(300, 1000) / 1000;
            vec![(Field::Numerator, numerator), (Field::Denominator, denominator)]
        }
        IndicatorKind::Count { .. } => vec![(Field::Count, world.number(1, 400))],
        IndicatorKind::YesNo { .. } => vec![(Field::YesNo, 1)],
        IndicatorKind::PerPatient { .. }
        | IndicatorKind::Block { .. }
        | IndicatorKind::Aspiration { .. } => Vec::new(),
    }
}

/// The other months of the item of service for the provider whose pages are shown.
async fn year_of_items(world: &mut World) -> Done {
    let (id, service) = world.service(ITEM);
    let by = world.actor(&practice(0)).await?;
    for period in service.periods().into_iter().skip(1) {
        let component = &service.components[0];
        let figures = figures(world, component);
        let mut typed = typed(id, &service, component, 0, &figures);
        typed.date = period.end;
        submission::submit(&world.db, world.id(&practice(0)), &typed, &by, &world.now).await?;
    }
    Ok(())
}
