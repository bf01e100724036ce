//! What is true: the nouns and rules of commissioning and payment, without clock, database, web or async.

pub mod achievement;
pub mod actor;
pub mod calculation;
pub mod calendar;
pub mod contract;
pub mod declaration;
pub mod event;
pub mod extract;
pub mod hash;
pub mod ids;
pub mod money;
pub mod offer;
pub mod organisation;
pub mod payment;
pub mod permission;
pub mod preview;
pub mod ratio;
mod reader;
pub mod reference;
pub mod refusal;
pub mod service;
pub mod sheet;
pub mod status;
pub mod submission;
pub mod tabular;

pub use actor::{Actor, By};
pub use calendar::{FinancialYear, Frequency, Now, Period};
pub use event::Event;
pub use ids::*;
pub use money::Pence;
pub use organisation::{Organisation, OrganisationKind};
pub use permission::{Permission, Role};
pub use refusal::{Change, NotAllowed, Refusal};
pub use service::Service;
pub use submission::{Field, Figures};
