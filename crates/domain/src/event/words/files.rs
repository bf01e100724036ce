//! What is said of files that an operator loads.

use super::Event;
use crate::money::thousands;

impl Event {
    pub(super) fn about_files(&self) -> String {
        match self {
            Self::OrganisationsLoaded { file, organisations, .. } => {
                format!("{} organisations loaded from {file}", thousands(*organisations))
            }
            Self::ListSizesLoaded { file, lists, .. } => {
                format!("{} list sizes loaded from {file}", thousands(*lists))
            }
            Self::BankHolidaysLoaded { file, first_year, last_year, holidays, .. } => {
                format!(
                    "{holidays} bank holidays of {first_year} to {last_year} loaded from {file}"
                )
            }
            Self::ExtractLoaded { file, rows, .. } => {
                format!("{} rows loaded from {file}", thousands(*rows))
            }
            _ => "File loaded".into(),
        }
    }
}
