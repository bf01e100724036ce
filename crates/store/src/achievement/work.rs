//! What is to be done about one achievement, put together by everybody who changes figures.

use super::{AchievementRow, Shared, Standing, source::Submission};
use crate::offer::Participation;
use domain::{Actor, Period, Service};
use std::sync::Arc;

/// One achievement whose figures have changed, or whose period has ended.
pub(crate) struct Work {
    /// The row there is; none when this is the first that is heard of it.
    pub(crate) row: Option<AchievementRow>,
    pub(crate) service: Arc<Service>,
    pub(crate) part: Participation,
    pub(crate) period: Period,
    /// Figures in force before.
    pub(crate) before: Standing,
    /// What is submitted, newest last.
    pub(crate) submissions: Vec<Submission>,
    /// Why there may be a new calculation, for the history.
    pub(crate) cause: String,
    /// Under whose name it is calculated.
    pub(crate) by: Actor,
    /// What it shares with others, where it has been read for many at once.
    pub(crate) shared: Option<Arc<Shared>>,
}
