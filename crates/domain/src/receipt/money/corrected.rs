//! What the receipt of a correction or of a recovery says beside that of a declaration.

use super::{Earlier, Kind, Text};
use crate::{
    Pence,
    calendar::{long_date, long_instant},
    correction::{Answer, Correction},
    recovery::{Recovery, RecoveryState},
};

/// A step on a correction, as it stood when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// Which step.
    pub kind: Kind,
    /// The correction.
    pub correction: Correction,
    /// Its recovery, where the step is of that.
    pub recovery: Option<Recovery>,
}

impl Corrected {
    /// Of the step that led to the state of a correction.
    pub fn of(correction: &Correction) -> Self {
        let state = &correction.state;
        let kind = match (state.approved(), state.second(), state.finance()) {
            (_, _, Some(_)) => Kind::CorrectionFinanceApproved,
            (_, Some(_), _) => Kind::CorrectionSecondApproved,
            (Some(_), _, _) => Kind::CorrectionApproved,
            _ => Kind::CorrectionDeclared,
        };
        Self { kind, correction: correction.clone(), recovery: None }
    }

    /// Of the plan of a recovery that stands.
    pub fn of_recovery(correction: &Correction, recovery: &Recovery) -> Self {
        let (correction, recovery) = (correction.clone(), Some(recovery.clone()));
        Self { kind: Kind::RecoveryAgreed, correction, recovery }
    }

    /// How much: of a correction with its sign.
    pub(super) fn amount(&self) -> Pence {
        self.correction.amount
    }

    pub(super) fn before(&self) -> Vec<Earlier> {
        let state = &self.correction.state;
        let answered = match state.answer() {
            Some(Answer::Agreed(step)) => Some(step),
            _ => None,
        };
        let steps = [
            (Kind::CorrectionDeclared, answered),
            (Kind::CorrectionApproved, state.approved()),
            (Kind::CorrectionSecondApproved, state.second()),
            (Kind::CorrectionFinanceApproved, state.finance()),
        ];
        let before = steps.into_iter().take_while(|(kind, _)| *kind != self.kind);
        before
            .filter_map(|(kind, step)| {
                step.map(|step| Earlier { kind, by: step.by.name.clone(), at: step.at })
            })
            .collect()
    }

    pub(super) fn add_to(&self, text: &mut Text) {
        let own = &self.correction;
        text.heading("Correction");
        text.row("Correction reference", &own.reference);
        text.row("Kind", own.direction.words());
        text.row("The declaration stood at", &own.stood_at.to_string());
        let (by, at) = (&own.asked.by.name, long_instant(own.asked.at));
        text.row("Asked for by", &format!("{by}, for the {}, {at}", own.asked_by.name()));
        text.row("Reason", &own.reason);
        if !own.evidence.is_empty() {
            text.row("Evidence", &own.evidence);
        }
        match own.state.answer() {
            Some(Answer::Disagrees { reason, .. }) => {
                text.row("The provider does not agree", reason);
            }
            Some(Answer::Silent) => {
                let until = long_date(own.answer_by);
                text.row("The provider", &format!("did not answer by {until}"));
            }
            _ => {}
        }
        if let Some(recovery) = &self.recovery {
            add_recovery(recovery, text);
        }
    }
}

fn add_recovery(recovery: &Recovery, text: &mut Text) {
    text.heading("Recovery");
    if let RecoveryState::Agreed { how, .. } = &recovery.state {
        text.row("How it came to stand", how.words());
    }
    let (by, at) = (&recovery.asked.by.name, long_instant(recovery.asked.at));
    text.row("Notice given by", &format!("{by}, {at}"));
    text.row("Notice until", &long_date(recovery.answer_by));
    text.row("Why it is taken so", &recovery.reason);
    for instalment in recovery.plan.split(recovery.whole) {
        let name = format!("Instalment {}", instalment.number);
        text.row(&name, &format!("{} from {}", instalment.amount, long_date(instalment.due_on)));
    }
}
