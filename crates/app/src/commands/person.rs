//! `accord person add`: an account with a password and roles at one organisation, for sites that are not a demo.

use crate::{Database, clock, passwords::Passwords};
use clap::{Args, Subcommand};
use domain::{
    Actor, Narrowing, Organisation, OrganisationId, Role,
    access::{CannotManage, WrongPassword, check_password},
};
use std::io::{BufRead, IsTerminal, stdin};
use store::{
    Failed, StoreError,
    person::{NewPerson, narrowing::clusters},
};

/// Add people and give them roles.
#[derive(Args)]
pub struct Person {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a person, or give more roles to one; the password is the first line of standard input
    Add(Add),
    /// Switch off the codes of an authenticator app for somebody who has lost it and every recovery code
    SecondFactorOff(SecondFactorOff),
}

#[derive(Args)]
struct SecondFactorOff {
    #[command(flatten)]
    database: Database,
    /// The person's own email address
    #[arg(long)]
    email: String,
}

impl SecondFactorOff {
    async fn run(self) -> Result<String, String> {
        let (db, by) = (self.database.open().await?, Actor::command("accord person"));
        match store::person::factor::switch_off_for(&db, &self.email, &by, &clock::now()).await {
            Ok(true) => Ok(format!("{} signs in with the password alone now\n", self.email)),
            Ok(false) => {
                Ok(format!("{} was asked for no codes. Nothing was changed\n", self.email))
            }
            Err(StoreError::NotFound) => {
                Err(format!("--email: found {}, allowed the address of an account", self.email))
            }
            Err(fault) => Err(fault.to_string()),
        }
    }
}

#[derive(Args)]
struct Add {
    #[command(flatten)]
    database: Database,
    /// The person's own email address
    #[arg(long)]
    email: String,
    /// Name, as colleagues know it
    #[arg(long)]
    name: String,
    /// Job title, as shown beside the name
    #[arg(long, default_value = "user")]
    job_title: String,
    /// ODS code of the organisation
    #[arg(long)]
    organisation: String,
    /// A role at that organisation, such as "Declaration Management"; give the option again for more
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Keep all roles there to services of this family, such as "QOF"; give the option again for more
    #[arg(long = "family")]
    families: Vec<String>,
    /// Keep all roles there to the providers of this cluster of the commissioner, by its reference
    #[arg(long)]
    cluster: Option<String>,
    #[command(flatten)]
    passwords: Passwords,
}

/// The shortest password that is the only factor.
const PASSWORD_MIN: usize = 15;

impl Person {
    /// Adds the person.
    pub async fn run(self) -> Result<String, String> {
        match self.what {
            What::Add(add) => add.run().await,
            What::SecondFactorOff(off) => off.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> Result<String, String> {
        let named_person = self
            .email
            .split_once('@')
            .is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'));
        if !named_person {
            return Err(format!(
                "--email: found {}, allowed an address like name@nhs.net",
                self.email
            ));
        }
        let db = self.database.open().await?;
        let organisation = async {
            store::organisation::find_by_code(&mut db.read().await?, &self.organisation).await
        };
        let organisation =
            organisation.await.map_err(|error| error.to_string())?.ok_or_else(|| {
                format!(
                    "--organisation: found {}, allowed the code of a registered organisation",
                    self.organisation
                )
            })?;
        let roles = self.roles_at(&organisation)?;
        let narrowing = self.narrowing(&db, &organisation).await?;
        let password = self.password()?;
        let person = NewPerson {
            email: self.email,
            name: self.name.clone(),
            job_title: self.job_title,
            password: Some(password),
            is_persona: false,
        };
        let (by, now) = (Actor::command("accord person add"), clock::now());
        let roles: Vec<Role> = roles.into_iter().map(|(_, role)| role).collect();
        let kept_to = match narrowing {
            Some(narrowing) => {
                let at = (&organisation, &*roles);
                let added =
                    store::person::add_narrowed(&db, &person, at, &narrowing, &by, &now).await;
                added.map_err(not_added)?;
                format!(", {}", narrowing.words())
            }
            None => {
                let roles: Vec<_> = roles.iter().map(|role| (organisation.id, *role)).collect();
                let added = store::person::add(&db, &person, &roles, &by, &now).await;
                added.map_err(not_added)?;
                String::new()
            }
        };
        Ok(format!("{} can sign in for {}{kept_to}\n", self.name, organisation.name))
    }

    /// What the roles are to be kept to.
    async fn narrowing(
        &self,
        db: &store::Db,
        at: &Organisation,
    ) -> Result<Option<Narrowing>, String> {
        let cluster = match &self.cluster {
            None => None,
            Some(reference) => {
                let all = async { clusters(&mut db.read().await?, at.id).await };
                let all = all.await.map_err(|error| error.to_string())?;
                let known: Vec<&str> = all.iter().map(|(own, _)| &**own).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let found = all.iter().find(|(own, _)| own == reference);
                let wrong =
                    || format!("--cluster: found {reference}, allowed at {}: {known}", at.name);
                Some(found.ok_or_else(wrong)?.1.clone())
            }
        };
        let families = self.families.iter().map(String::as_str);
        Narrowing::new(families, cluster).map_err(|wrong| format!("--{wrong}"))
    }

    /// The password that was typed, when it is one that can be used.
    fn password(&self) -> Result<String, String> {
        let breached = self.passwords.breached()?;
        let password = typed_password()?;
        let saved = |why: WrongPassword| format!("{why}. Nothing was saved.");
        check_password(&password, &self.name, &self.email).map_err(saved)?;
        match breached.holds(&password).map_err(|fault| fault.to_string())? {
            true => Err(saved(WrongPassword::Breached)),
            false => Ok(password),
        }
    }

    fn roles_at(&self, organisation: &Organisation) -> Result<Vec<(OrganisationId, Role)>, String> {
        let here = |role: &Role| role.exists_at(organisation.kind);
        let read = |name: &String| {
            let role = Role::from_name(name).filter(here).ok_or_else(|| {
                let allowed: Vec<_> = Role::ALL.into_iter().filter(here).map(Role::name).collect();
                let at = &organisation.name;
                format!("--role: found {name}, allowed at {at}: {}", allowed.join(", "))
            })?;
            Ok((organisation.id, role))
        };
        self.roles.iter().map(read).collect()
    }
}

/// The password from standard input, so that it stands in no list of processes and in no shell's history.
fn typed_password() -> Result<String, String> {
    if stdin().is_terminal() {
        eprintln!("Type a password of at least {PASSWORD_MIN} characters:");
    }
    let mut password = String::new();
    stdin().lock().read_line(&mut password).map_err(|error| error.to_string())?;
    let password = password.trim().to_owned();
    if password.chars().count() < PASSWORD_MIN {
        return Err(format!(
            "The password must have at least {PASSWORD_MIN} characters. Nothing was saved."
        ));
    }
    Ok(password)
}

/// Why nobody was added or given roles.
fn not_added(failed: Failed<CannotManage>) -> String {
    match failed {
        Failed::Refused(why) => format!("--role: {why}. Nothing was saved."),
        Failed::Other(fault) => fault.to_string(),
    }
}
