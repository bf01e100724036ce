//! `accord import`: what can be loaded from files. A bad file changes nothing.

use crate::Database;
use clap::{Args, Subcommand};

/// Load organisations, list sizes, bank holidays, service definitions, layouts or extracts from files.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Regions, ICBs, PCNs and practices
    Organisations(super::organisations::Organisations),
    /// Registered patients of practices as at a date
    ListSizes(super::list_sizes::ListSizes),
    /// Bank holidays of England and Wales, for deadlines in working days
    BankHolidays(super::bank_holidays::BankHolidaysFile),
    /// Service definitions
    Service(super::service::Definitions),
    /// National figures of a year
    Reference(super::reference::Reference),
    /// Layouts of payment files, which finance can then choose
    Layout(super::layout::Layouts),
    /// Figures in the layouts of CQRS, with 12 columns or with 7
    Extract(super::extract::Extract),
}

impl Import {
    /// Loads the file, and says what changed.
    pub async fn run(self) -> Result<String, String> {
        match self.what {
            What::Organisations(organisations) => organisations.run(&self.database).await,
            What::ListSizes(list_sizes) => list_sizes.run(&self.database).await,
            What::BankHolidays(holidays) => holidays.run(&self.database).await,
            What::Service(definitions) => definitions.run(&self.database).await,
            What::Reference(reference) => reference.run(&self.database).await,
            What::Layout(layouts) => layouts.run(&self.database).await,
            What::Extract(extract) => extract.run(&self.database).await,
        }
    }
}
