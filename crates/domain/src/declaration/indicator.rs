//! Declaring indicator by indicator, where a definition asks for it: the provider agrees to each of these figures before it
//! declares the whole.
//!
//! Source: CQRS National, network contract services: each indicator that is subject to declare is approved by the provider.

use super::{CannotDeclare, Declaration, Step};
use crate::{Actor, CalculationId, Change, Event, Now, Permission};

/// An indicator that the provider declares by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectToDeclare {
    /// Its code.
    pub indicator: String,
    /// Who agreed to its figures in the calculation that stands, once somebody has.
    pub declared: Option<Step>,
}

impl SubjectToDeclare {
    /// Indicators that nobody has declared yet, in the order of the definition.
    pub fn all(codes: &[String]) -> Vec<Self> {
        codes.iter().map(|code| Self { indicator: code.clone(), declared: None }).collect()
    }
}

impl Declaration {
    /// The provider declares some of the indicators that are declared by themselves, all of them or none. New figures, and
    /// whatever sends the declaration back, ask for all of them again.
    pub fn declare_indicators(
        &self,
        codes: &[String],
        seen: CalculationId,
        by: &Actor,
        now: &Now,
    ) -> Result<Change<Self>, CannotDeclare> {
        by.must(Permission::Declare)?;
        let by = &by.acting(Permission::Declare);
        self.must_be_free_to_declare(seen, now)?;
        if codes.is_empty() {
            return Err(CannotDeclare::NoIndicator);
        }
        let mut indicators = self.indicators.clone();
        for code in codes {
            let own = indicators.iter_mut().find(|own| own.indicator == *code);
            let Some(own) = own else {
                let all = self.indicators.iter().map(|own| own.indicator.clone()).collect();
                return Err(CannotDeclare::NotByItself(code.clone(), all));
            };
            // Named twice in one form it is declared once.
            let step = Step { by: by.by(), at: now.instant };
            match &own.declared {
                Some(earlier) if *earlier != step => {
                    return Err(CannotDeclare::IndicatorDeclared(code.clone(), earlier.clone()));
                }
                _ => own.declared = Some(step),
            }
        }
        let event = Event::IndicatorsDeclared { declaration: self.id, indicators: codes.to_vec() };
        let after = Self { indicators, version: self.version + 1, ..self.clone() };
        Ok(Change { after, event })
    }

    /// The indicators that somebody must still declare by themselves.
    pub fn indicators_left(&self) -> Vec<String> {
        let left = self.indicators.iter().filter(|own| own.declared.is_none());
        left.map(|own| own.indicator.clone()).collect()
    }

    /// All of them as nobody has declared them.
    pub(super) fn indicators_again(&self) -> Vec<SubjectToDeclare> {
        let again = |own: &SubjectToDeclare| SubjectToDeclare { declared: None, ..own.clone() };
        self.indicators.iter().map(again).collect()
    }
}
