//! How figures are handed in: typed, by extract, as a nil return or in place of an extracted one.

use super::{find, values, work::Work};
use crate::{Result, Tx, arg::Arg, args};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AchievementId, Actor, Event, ExtractFileId, Field, Figures, SubmissionId,
    achievement::Achievement,
    submission::provenance::{Provenance, Way, submitted_on},
};
use std::{collections::BTreeMap, sync::Arc};

/// How figures were handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A person typed them.
    Manual,
    /// A person typed them into a template.
    Template {
        /// The name of the file.
        file: String,
    },
    /// A file brought them.
    Extract,
    /// Nobody answered a question: its answer carries forward, or its default counts.
    Assumed,
    /// A person said that nothing was done for a component.
    Nil {
        /// Its code.
        component: String,
        /// Its name.
        name: String,
    },
    /// A commissioner put one figure in the place of an extracted one.
    Replacement {
        /// What the figure is called.
        label: String,
        /// The figure that was in force.
        old: i64,
        /// Why.
        reason: String,
    },
}

/// As `submission.source` says that a person typed.
const MANUAL: &str = "manual";
/// As `submission.source` says that nobody answered.
const ASSUMED: &str = "assumed";
/// A file brought the figures.
pub(crate) const EXTRACT: Source = Source::Extract;
/// As `submission.source` says that nothing was done.
pub(crate) const NIL: &str = "nil_return";
/// As `submission.source` says that an extracted figure was replaced.
pub(crate) const REPLACEMENT: &str = "replacement";

impl Source {
    /// As `submission.source` says it.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Manual | Self::Template { .. } => MANUAL,
            Self::Extract => "extract",
            Self::Assumed => ASSUMED,
            Self::Nil { .. } => NIL,
            Self::Replacement { .. } => REPLACEMENT,
        }
    }
}

impl From<Source> for crate::arg::Arg {
    fn from(source: Source) -> Self {
        source.key().into()
    }
}

/// How figures were handed in, of a stored submission.
pub(super) fn way(source: &str) -> Way {
    match source {
        NIL => Way::NilReturn,
        REPLACEMENT => Way::Replacement,
        ASSUMED => Way::Assumed,
        MANUAL => Way::Typed,
        _ => Way::Extract,
    }
}

/// Figures handed in together.
pub(crate) struct Submission {
    pub(crate) source: Source,
    /// What the history calls the source.
    pub(crate) source_in_words: String,
    /// The file it came in, when it came in one, with its name.
    pub(crate) file: Option<(ExtractFileId, Arc<str>)>,
    pub(crate) by: Actor,
    pub(crate) at: DateTime<Utc>,
    pub(crate) figures: Vec<Submitted>,
    /// Whether its figures take force; an extract brings superseded ones too.
    pub(crate) takes_force: bool,
}

/// One figure handed in.
pub(crate) struct Submitted {
    pub(crate) key: (String, Field),
    pub(crate) value: i64,
    pub(crate) is_default: bool,
    /// Its row in the file.
    pub(crate) file_row: Option<u32>,
}

impl Submission {
    /// The name of the filled template, when it came in one.
    fn template(&self) -> Option<&str> {
        match &self.source {
            Source::Template { file } => Some(file),
            _ => None,
        }
    }

    /// Where its figures come from.
    fn provenance(&self) -> Provenance<'_> {
        let extract = self.file.as_ref().map(|(_, name)| &**name);
        let reason = match &self.source {
            Source::Replacement { reason, .. } => Some(&**reason),
            _ => None,
        };
        let (way, file) = (way(self.source.key()), extract.or(self.template()));
        Provenance::new(way, self.by.name(), file).because(reason)
    }

    /// The fact that the history keeps about it.
    pub(super) fn event(&self, submission: SubmissionId, achievement: AchievementId) -> Event {
        let figures = self.figures.len() as u64;
        match (&self.source, self.figures.first()) {
            (Source::Nil { name, .. }, _) => Event::NilReturnSubmitted {
                achievement,
                submission,
                component: name.clone(),
                figures,
            },
            (Source::Replacement { label, old, reason }, Some(figure)) => Event::FigureReplaced {
                achievement,
                submission,
                indicator: figure.key.0.clone(),
                label: label.clone(),
                old: *old,
                new: figure.value,
                reason: reason.clone(),
            },
            _ => {
                let source = self.source_in_words.clone();
                Event::FiguresSubmitted { achievement, submission, source, figures }
            }
        }
    }
}

/// What stands beside a submission, once its achievement is there: nil returns and replacements.
pub(super) type Acts = (Vec<Vec<Arg>>, Vec<Vec<Arg>>);

pub(super) async fn write_acts(tx: &mut Tx, (nil_returns, replacements): Acts) -> Result<()> {
    tx.insert("INSERT INTO nil_return (submission_id, achievement_id, component)", nil_returns)
        .await?;
    tx.insert("INSERT INTO replacement (submission_id, old_value, reason)", replacements).await
}

/// Rows to insert for submissions, and what is to be done after.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) submissions: Vec<Vec<Arg>>,
    pub(super) figures: Vec<Vec<Arg>>,
    pub(super) nil_returns: Vec<Vec<Arg>>,
    pub(super) replacements: Vec<Vec<Arg>>,
    pub(super) events: Vec<(Actor, Event)>,
}

impl Rows {
    /// Adds the rows of one submission.
    pub(super) fn add(
        &mut self,
        id: SubmissionId,
        achievement: &Achievement,
        submission: &Submission,
        in_force: bool,
    ) {
        let (provider, service) = (achievement.provider, achievement.service);
        let date: NaiveDate = achievement.period.end;
        let (by, at) = (&submission.by, submission.at);
        let source = submission.source.key();
        self.submissions.push(args![
            id,
            provider,
            service,
            date,
            source,
            by.person(),
            by.name(),
            at,
            submission.file.as_ref().map(|(id, _)| *id),
            submission.template()
        ]);
        for figure in &submission.figures {
            let (indicator, field) = (&*figure.key.0, figure.key.1.key());
            self.figures.push(args![
                id,
                provider,
                service,
                date,
                indicator,
                field,
                figure.value,
                figure.is_default,
                in_force,
                figure.file_row.map(i64::from)
            ]);
        }
        match &submission.source {
            Source::Nil { component, .. } => {
                self.nil_returns.push(args![id, achievement.id, &**component]);
            }
            Source::Replacement { old, reason, .. } => {
                self.replacements.push(args![id, *old, &**reason]);
            }
            Source::Manual | Source::Template { .. } | Source::Extract | Source::Assumed => {}
        }
        self.events.push((by.clone(), submission.event(id, achievement.id)));
    }
}

/// Where each figure in force once a piece of work is recorded comes from, in words.
pub(super) async fn sources_after(
    tx: &mut Tx,
    work: &Work,
) -> Result<BTreeMap<(String, Field), String>> {
    let mut sources = BTreeMap::new();
    for submission in work.submissions.iter().filter(|own| own.takes_force) {
        let (from, on) = (submission.provenance(), submitted_on(submission.at));
        for figure in &submission.figures {
            let words = from.of(figure.file_row.map(i64::from), figure.is_default) + &on;
            sources.insert(figure.key.clone(), words);
        }
    }
    // A file that brings every figure needs no question more.
    if !work.before.keys().all(|key| sources.contains_key(key)) {
        let (provider, service) = (work.part.provider, work.part.service);
        for (key, words) in find::sources(tx, provider, service, work.period.end).await? {
            sources.entry(key).or_insert(words);
        }
    }
    Ok(sources)
}

/// The figures in force once a piece of work is recorded, and whether any of them is new or other than before.
pub(super) fn figures_after(work: &Work) -> (Figures, bool) {
    let mut figures = values(&work.before);
    let mut has_changed = false;
    for figure in work.submissions.iter().filter(|own| own.takes_force).flat_map(|own| &own.figures)
    {
        has_changed |= figures.insert(figure.key.clone(), figure.value) != Some(figure.value);
    }
    (figures, has_changed)
}
