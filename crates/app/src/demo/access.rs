//! A demo's people and their access: they log in, who has access is confirmed once a year, and two strangers ask for it.

use super::{
    history::{History, Told},
    places,
};
use domain::{
    Actor, Now, PersonId, Role,
    access::{
        Client,
        request::{Asking, Typed},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    organisation,
    person::{access, request, review},
    session,
};

const OF_PRACTICE: &str = "Nora Page";
const OF_ICB: &str = "Ines Prior";
/// People who have not logged in for a while.
const AWAY: [&str; 2] = ["Hugh Marsh", "Lena Fox"];

impl History<'_> {
    /// Everybody logs in, but for some.
    pub(super) async fn all_log_in(&mut self, but: &[&str]) -> Told {
        let mut people: BTreeMap<PersonId, String> = BTreeMap::new();
        for actor in self.actors.values() {
            people.extend(actor.person().map(|person| (person, actor.name().to_owned())));
        }
        for (person, name) in people {
            if !but.contains(&&*name) {
                let now = self.tick();
                session::start(self.db, person, &Client::default(), &now)
                    .await
                    .map_err(|why| why.to_string())?;
            }
        }
        Ok(())
    }

    /// The first review of everybody's access, at each organisation.
    pub(super) async fn access_is_confirmed(&mut self) -> Told {
        self.all_log_in(&[]).await?;
        self.confirm(places::ICB, OF_ICB).await?;
        for (code, _) in self.providers.clone() {
            let by = if code == "Z81001" { OF_PRACTICE } else { OF_ICB };
            self.confirm(&code, by).await?;
        }
        Ok(())
    }

    async fn confirm(&mut self, code: &str, by: &str) -> Told {
        let (by, now) = (self.actor(by), self.tick());
        let mut tx = self.db.read().await?;
        let at = organisation::find_by_code(&mut tx, code).await?.ok_or("an organisation")?;
        let people = access::people(&mut tx, &at, &by).await?;
        drop(tx);
        let seen = people.into_iter().map(|one| (one.id, one.seen())).collect();
        review::complete(self.db, &at, &seen, &by, &now).await.map_err(|why| why.to_string())?;
        Ok(())
    }

    /// Before the second one, which comes near: some have not logged in for a while.
    pub(super) async fn people_come_back(&mut self) -> Told {
        self.all_log_in(&AWAY).await?;
        review::remind(self.db, &self.now).await?;
        Ok(())
    }

    /// Two strangers ask for access: at the practice of a persona, and where nobody manages people.
    pub(super) async fn strangers_ask(&mut self) -> Told {
        let entry = BTreeSet::from([Role::AchievementEntry, Role::View]);
        self.ask_for_access("Z81001", ("Ruth Bailey", "nursing associate"), entry).await?;
        let manages = BTreeSet::from([Role::UserAdministrator]);
        self.ask_for_access("Z81009", ("Theo Marlow", "reception lead"), manages).await
    }

    async fn ask_for_access(
        &mut self,
        code: &str,
        whose: (&str, &str),
        roles: BTreeSet<Role>,
    ) -> Told {
        let (name, job_title) = whose;
        let now: Now = self.tick();
        let mut tx = self.db.read().await?;
        let at = organisation::find_by_code(&mut tx, code).await?.ok_or("an organisation")?;
        drop(tx);
        let typed = Typed {
            email: &format!("{}@example.nhs.uk", name.replace(' ', ".")),
            name,
            job_title,
            phone: "0113 496 0000",
            reason: "I start here next week.",
            roles: &roles,
        };
        let asking = Asking::read(typed, at.kind).map_err(|wrong| format!("{wrong:?}"))?;
        let stranger: (Option<&Actor>, _) = (None, &Client::default());
        request::ask(self.db, &at, &asking, stranger, &now).await.map_err(|why| why.to_string())?;
        Ok(())
    }
}
