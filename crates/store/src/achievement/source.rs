//! How figures are handed in: typed, by extract, as a nil return or in place of an extracted one.

use crate::{Result, Tx, arg::Arg};
use chrono::{DateTime, Utc};
use domain::{AchievementId, Actor, Event, ExtractFileId, Field, SubmissionId};

/// How figures were handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A person typed them.
    Manual,
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
            Self::Manual => "manual",
            Self::Extract => "extract",
            Self::Assumed => "assumed",
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

/// Figures handed in together.
pub(crate) struct Submission {
    pub(crate) source: Source,
    /// What the history calls the source.
    pub(crate) source_in_words: String,
    /// The file it came in, when it came in one.
    pub(crate) file: Option<ExtractFileId>,
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
