//! Answers that stand for questions nobody answered: a yes that carries forward, or the default of the definition.

use super::{
    Source, Standing, period_before,
    record::{Submission, Submitted, Work},
    standing, values,
};
use crate::{Result, Tx, network::handed_in};
use domain::{
    Actor, Field, Now, Service,
    achievement::{Assumed, assumed},
    service::{Indicator, IndicatorKind},
    submission::missing,
};

/// Adds the answers to a piece of work, once its period has ended and nothing else is missing. They are recorded as
/// defaults under Accord's own name, and anybody who may answer can still change them.
pub(super) async fn assume(tx: &mut Tx, work: &mut Work, now: &Now) -> Result<()> {
    // Of a network service, what this provider is asked itself.
    let (service, components) = (handed_in(&work.service, &work.part), &work.part.components);
    if !work.period.has_ended(now.today) || questions(&service) == 0 {
        return Ok(());
    }
    let mut figures = values(&work.before);
    for own in work.submissions.iter().filter(|own| own.takes_force) {
        figures.extend(own.figures.iter().map(|figure| (figure.key.clone(), figure.value)));
    }
    let missing = missing(&service, components, &figures);
    let open: Vec<&Indicator> =
        missing.iter().filter_map(|own| service.indicator(&own.indicator)).collect();
    if open.is_empty() || !open.iter().all(|own| is_question(own)) {
        return Ok(());
    }
    let before = match period_before(&service, work.period) {
        Some(before) => standing(tx, work.part.provider, work.part.service, before.end).await?,
        None => Standing::new(),
    };
    let mut carried = 0;
    let mut answers = Vec::with_capacity(open.len());
    for indicator in open {
        let key = (indicator.code.clone(), Field::YesNo);
        let Some(answer) = assumed(indicator, before.get(&key).map(|own| own.value)) else {
            return Ok(());
        };
        carried += usize::from(answer == Assumed::CarriedForward);
        answers.push(Submitted { key, value: answer.figure(), is_default: true, file_row: None });
    }
    let defaults = answers.len() - carried;
    let words = match (carried, defaults) {
        (0, _) => "nobody answered, so the default counts".to_owned(),
        (_, 0) => "nobody answered, so the yes carries forward".to_owned(),
        _ => format!("nobody answered: {carried} carried forward, {defaults} by default"),
    };
    work.submissions.push(Submission {
        source: Source::Assumed,
        source_in_words: words,
        file: None,
        by: Actor::system("Accord"),
        at: now.instant,
        figures: answers,
        takes_force: true,
    });
    Ok(())
}

fn is_question(indicator: &Indicator) -> bool {
    matches!(
        indicator.kind,
        IndicatorKind::YesNo { unanswered: Some(_), .. }
            | IndicatorKind::YesNo { carries_forward: true, .. }
    )
}

/// How many questions of a service an answer may stand for.
pub(super) fn questions(service: &Service) -> usize {
    service.indicators().filter(|own| is_question(own)).count()
}

/// Whether nobody has to enter an indicator: it has nothing to enter, or a default.
pub(super) fn needs_nobody(indicator: &Indicator) -> bool {
    indicator.fields().is_empty()
        || matches!(indicator.kind, IndicatorKind::YesNo { unanswered: Some(_), .. })
}
