//! A demo's deputy: the approver goes on leave next week and has handed over to the head of primary care, who is told.

use super::{
    history::{History, Told, day},
    places::APPROVER,
};
use domain::{Role, deputy::Appointing};
use store::{Failed, deputy};

const DEPUTY: &str = "Grace Lowe";

impl History<'_> {
    /// The approver hands over for a fortnight that has not begun yet, so that everybody still does what they did.
    pub(super) async fn approver_goes_on_leave(&mut self) -> Told {
        let (by, to) = (self.actor(APPROVER), self.actor(DEPUTY).person());
        let now = self.tick();
        let appointing = Appointing {
            roles: vec![Role::ApprovalManagement],
            first: day("2026-05-25"),
            last: day("2026-06-05"),
            reason: "Annual leave".to_owned(),
        };
        match deputy::appoint(self.db, to, &appointing, &by, &now).await {
            Ok(_) => Ok(()),
            Err(Failed::Refused(why)) => Err(why.to_string().into()),
            Err(Failed::Other(fault)) => Err(fault.into()),
        }
    }
}
