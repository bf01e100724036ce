//! Finds which figure a row of an extract brings: by the indicator and the words in its field name.

use super::{Indicator, IndicatorKind, LeftOut, Service};
use crate::submission::Field;

/// What a row of an extract is to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A figure the service uses, keyed as in [`crate::submission::Figures`].
    Figure(String, Field),
    /// An exclusion, adjustment or other row that no sum uses, with its reason where the definition names it.
    Information(Option<LeftOut>),
}

/// Why a row cannot be placed. `Display` is the "allowed" part of the problem a person reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The indicator is not one of the service's.
    #[error("an indicator of {service}: {allowed}")]
    Indicator {
        /// The service.
        service: String,
        /// Its indicators.
        allowed: String,
    },
    /// The field is not one of the indicator's.
    #[error("a field of {indicator}: {allowed}")]
    Field {
        /// The indicator.
        indicator: String,
        /// Its field names.
        allowed: String,
    },
    /// Two registers carry the name.
    #[error("a name that only one register of the service has, not {registers}")]
    Ambiguous {
        /// The registers.
        registers: String,
    },
}

impl Unresolved {
    /// The column of the extract that is to blame, and what stands in it.
    pub fn cell<'a>(
        &self,
        indicator_code: &'a str,
        field_name: &'a str,
    ) -> (&'static str, &'a str) {
        match self {
            Self::Indicator { .. } => ("IND_CODE", indicator_code),
            Self::Field { .. } | Self::Ambiguous { .. } => ("FIELD_NAME", field_name),
        }
    }
}

impl Service {
    /// The figure that a row with this indicator code and field name brings.
    ///
    /// A register may arrive on the row of any indicator that uses it (as in the extracts of CQRS, where AF006 brings
    /// the atrial fibrillation register): it is the same figure wherever it stands.
    pub fn resolve(&self, indicator_code: &str, field_name: &str) -> Result<Resolved, Unresolved> {
        let Some(indicator) = self.indicator(indicator_code) else {
            return self.resolve_other(indicator_code, field_name);
        };
        if let Some((field, _)) = indicator.extract.iter().find(|(_, name)| same(name, field_name))
        {
            return Ok(Resolved::Figure(indicator.code.clone(), *field));
        }
        if let Some(register) = self.register_named(field_name)? {
            return Ok(Resolved::Figure(register.code.clone(), Field::Register));
        }
        if let Some(reason) = indicator.left_out.iter().find(|own| same(&own.code, field_name)) {
            return Ok(Resolved::Information(Some(reason.clone())));
        }
        if self.keeps_extra_fields && is_short_code(field_name) {
            return Ok(Resolved::Information(None));
        }
        let names: Vec<&str> = indicator.extract.values().map(String::as_str).collect();
        let allowed = if names.is_empty() { "none".to_owned() } else { names.join(" | ") };
        Err(Unresolved::Field { indicator: indicator.code.clone(), allowed })
    }

    /// A row of an indicator that is not the service's own: it may still bring a register.
    fn resolve_other(&self, code: &str, field_name: &str) -> Result<Resolved, Unresolved> {
        if self.passes_over.iter().any(|own| own == code) {
            return Ok(match self.register_named(field_name)? {
                Some(register) => Resolved::Figure(register.code.clone(), Field::Register),
                None => Resolved::Information(None),
            });
        }
        let allowed = self.indicators().map(|own| own.code.as_str()).collect::<Vec<_>>().join(", ");
        Err(Unresolved::Indicator { service: self.code.clone(), allowed })
    }

    /// The one register that an extract calls by a name.
    fn register_named(&self, name: &str) -> Result<Option<&Indicator>, Unresolved> {
        let registers: Vec<&Indicator> =
            self.indicators().filter(|own| is_register_named(own, name)).collect();
        match registers.as_slice() {
            [] => Ok(None),
            [register] => Ok(Some(register)),
            several => {
                let registers =
                    several.iter().map(|own| own.code.as_str()).collect::<Vec<_>>().join(", ");
                Err(Unresolved::Ambiguous { registers })
            }
        }
    }
}

/// Whether a name of the definition means the name of a row. One that ends with … means all that begin so, because
/// some extracts carry whole sentences as names.
fn same(own: &str, given: &str) -> bool {
    let (own, given) = (own.to_lowercase(), given.trim().to_lowercase());
    match own.strip_suffix('…') {
        Some(beginning) => given.starts_with(beginning.trim_end()),
        None => own == given,
    }
}

fn is_register_named(indicator: &Indicator, name: &str) -> bool {
    matches!(indicator.kind, IndicatorKind::Register { .. })
        && indicator.extract.get(&Field::Register).is_some_and(|own| same(own, name))
}

/// Exclusions and adjustments go by codes such as `AFIBPCADEC` or `REG1_DAT3`.
fn is_short_code(name: &str) -> bool {
    (2..=20).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
