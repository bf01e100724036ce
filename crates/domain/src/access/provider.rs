//! Providers of sign-in: services of an organisation, such as NHSmail or Care Identity, that say who somebody is.
//!
//! Source: OpenID Connect Core 1.0 (claims; `email_verified`). What a claim means for roles is ours.

use crate::Role;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Claims of somebody who signed in, by their names.
pub type Claims = BTreeMap<String, Value>;

/// A provider, as whoever runs the service describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its place in addresses: small letters, digits and hyphens.
    pub key: String,
    /// Its name on the sign-in page.
    pub name: String,
    /// Address that its description is found below.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// File with what this service proves itself by; none for a public client.
    pub client_secret_file: Option<String>,
    /// What is asked for beside `openid`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// Whether every address that it names was checked, where it does not say so of each.
    #[serde(default)]
    pub email_is_verified: bool,
    /// Roles that its claims give and take.
    #[serde(default, rename = "role")]
    pub roles: Vec<RoleRule>,
}

/// One role that a claim gives. Whoever has not the claim loses that role at the next sign-in with the provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Name of the claim; a dot leads into it: `realm_access.roles`.
    pub claim: String,
    /// The value that it has, or that its list holds.
    pub value: String,
    /// Code of the organisation.
    pub organisation: String,
    /// Name of the role.
    pub role: String,
}

fn usual_scopes() -> Vec<String> {
    ["email", "profile"].map(Into::into).into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Provider>,
}

/// Reads the providers of a TOML file.
///
/// # Errors
/// Everything that is wrong with it, each as a sentence.
pub fn read(text: &str) -> Result<Vec<Provider>, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let mut wrong = Vec::new();
    if file.provider.is_empty() {
        wrong.push("there is no [[provider]] in it".to_owned());
    }
    for (place, own) in file.provider.iter().enumerate() {
        if file.provider[..place].iter().any(|other| other.key == own.key) {
            wrong.push(format!("key {:?} is there twice", own.key));
        }
        own.check(&mut wrong);
    }
    if wrong.is_empty() { Ok(file.provider) } else { Err(wrong) }
}

impl Provider {
    fn check(&self, wrong: &mut Vec<String>) {
        let in_key = |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || one == b'-';
        if self.key.is_empty() || !self.key.bytes().all(in_key) {
            wrong.push(format!(
                "key {:?} has other characters than a to z, 0 to 9 and hyphens",
                self.key
            ));
        }
        for (field, text) in [("name", &self.name), ("client_id", &self.client_id)] {
            if text.trim().is_empty() {
                wrong.push(format!("{field} of provider {:?} is empty", self.key));
            }
        }
        if !is_safe(&self.issuer) {
            wrong.push(format!(
                "issuer {:?} is not an https address; http is for this machine only",
                self.issuer
            ));
        }
        for rule in &self.roles {
            if Role::from_name(&rule.role).is_none() {
                wrong.push(format!("role {:?} of provider {:?} is none", rule.role, self.key));
            }
        }
    }

    /// The address of somebody, in lower case, where the provider has checked that it is theirs.
    pub fn address(&self, claims: &Claims) -> Option<String> {
        let says_so = match claims.get("email_verified") {
            // Some providers write it as a text.
            Some(Value::String(text)) => Some(text == "true"),
            Some(value) => value.as_bool(),
            None => None,
        };
        let email = claims.get("email")?.as_str()?.trim().to_lowercase();
        (says_so.unwrap_or(self.email_is_verified) && email.contains('@')).then_some(email)
    }

    /// Each role that a claim decides, and whether somebody has it by now. A role with several rules is held by any of them.
    pub fn held(&self, claims: &Claims) -> BTreeMap<(&str, Role), bool> {
        let mut held = BTreeMap::new();
        for rule in &self.roles {
            let Some(role) = Role::from_name(&rule.role) else { continue };
            *held.entry((&*rule.organisation, role)).or_default() |= rule.is_met(claims);
        }
        held
    }
}

impl RoleRule {
    fn is_met(&self, claims: &Claims) -> bool {
        match claim(claims, &self.claim) {
            Some(Value::Array(list)) => list.iter().any(|one| one == &*self.value),
            Some(value) => value == &*self.value,
            None => false,
        }
    }
}

/// A claim by its name, or one within others by a name with dots.
fn claim<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

/// Whether nobody on the way can read along or answer instead.
fn is_safe(address: &str) -> bool {
    if let Some(rest) = address.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let host = address.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    !address.contains('@') && matches!(name, Some("127.0.0.1" | "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [[provider]]
        key = "nhsmail"
        name = "NHSmail"
        issuer = "https://login.example/nhs"
        client_id = "accord"

        [[provider.role]]
        claim = "groups"
        value = "accord-declare"
        organisation = "Z81001"
        role = "Declaration Management"

        [[provider.role]]
        claim = "realm_access.roles"
        value = "accord-view"
        organisation = "Z81001"
        role = "View"
    "#;

    fn claims(json: &str) -> Claims {
        serde_json::from_str(json).expect("claims")
    }

    fn nhsmail() -> Provider {
        read(FILE).expect("a provider").remove(0)
    }

    #[test]
    fn an_address_counts_when_the_provider_has_checked_it() {
        let rows = [
            (r#"{"email": "Sam@NHS.net", "email_verified": true}"#, false, Some("sam@nhs.net")),
            (r#"{"email": "sam@nhs.net", "email_verified": "true"}"#, false, Some("sam@nhs.net")),
            (r#"{"email": "sam@nhs.net", "email_verified": false}"#, true, None),
            (r#"{"email": "sam@nhs.net"}"#, false, None),
            (r#"{"email": "sam@nhs.net"}"#, true, Some("sam@nhs.net")),
            (r#"{"email": 7, "email_verified": true}"#, true, None),
            (r#"{"email": "sam", "email_verified": true}"#, true, None),
            ("{}", true, None),
        ];
        for (json, email_is_verified, expected) in rows {
            let provider = Provider { email_is_verified, ..nhsmail() };
            assert_eq!(provider.address(&claims(json)).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn a_claim_gives_the_roles_of_its_rules_and_takes_them() {
        let (declares, views) = (("Z81001", Role::DeclarationManagement), ("Z81001", Role::View));
        let rows = [
            (r#"{"groups": ["accord-declare", "x"]}"#, true, false),
            (r#"{"groups": "accord-declare"}"#, true, false),
            (r#"{"groups": ["accord-declare-all"]}"#, false, false),
            (r#"{"realm_access": {"roles": ["accord-view"]}}"#, false, true),
            (r#"{"realm_access.roles": ["accord-view"]}"#, false, true),
            (r#"{"groups": {"accord-declare": true}}"#, false, false),
            ("{}", false, false),
        ];
        for (json, declare, view) in rows {
            let provider = nhsmail();
            let held = provider.held(&claims(json));
            assert_eq!((held[&declares], held[&views]), (declare, view), "{json}");
            assert_eq!(held.len(), 2, "what no rule names is not decided");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_file_is_named() {
        let text = FILE
            .replace("nhsmail", "NHS mail")
            .replace("https://", "http://")
            .replace("\"View\"", "\"Viewer\"")
            .replace("\"accord\"", "\"\"");
        let wrong = read(&text).expect_err("four faults");
        for what in ["key \"NHS mail\"", "client_id", "is not an https address", "role \"Viewer\""]
        {
            assert!(wrong.iter().any(|line| line.contains(what)), "{what}: {wrong:?}");
        }
        assert!(read("").expect_err("nothing")[0].contains("no [[provider]]"));
        assert!(read(&format!("{FILE}\n{FILE}")).expect_err("twice")[0].contains("there twice"));
        assert!(read(&FILE.replace("issuer", "isuer")).expect_err("a typo")[0].contains("isuer"));
    }

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        let rows = [
            ("https://login.example", true),
            ("https://", false),
            ("http://login.example", false),
            ("http://127.0.0.1:4000", true),
            ("http://localhost/x", true),
            ("http://[::1]:4000", true),
            ("http://127.0.0.1.example", false),
            ("http://localhost:80@login.example", false),
            ("ftp://localhost", false),
        ];
        for (address, expected) in rows {
            assert_eq!(is_safe(address), expected, "{address}");
        }
    }
}
