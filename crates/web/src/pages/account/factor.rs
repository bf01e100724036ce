//! The codes of an authenticator app: switched on with a QR code and a first code, and off again.

use super::{PATH as ACCOUNT, status};
use crate::Web;
use crate::client::From;
use crate::error::WebError;
use crate::flash::{Flash, see_other};
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::access::one_time::Secret;
use qrcode::{QrCode, render::svg};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::person::account::{self, WrongOld};
use store::person::factor::{self, CannotChange};

pub(crate) const PATH: &str = "/account/second-factor";
/// What an app calls this service.
const SERVICE: &str = "Accord";

/// What `account/factor.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    email: String,
    has_password: bool,
    /// Whether nothing else opens before codes are on.
    is_demanded: bool,
    since: Option<DateTime<Utc>>,
    codes_left: i64,
    begun: Option<Begun>,
}

/// The secret that an app is to read.
#[derive(Debug, Serialize)]
struct Begun {
    /// An image of the QR code.
    picture: String,
    /// The same to type in, in groups of four.
    typed: String,
}

impl Begun {
    fn of(secret: &Secret, email: &str) -> Result<Self, WebError> {
        let address = secret.address(email, SERVICE);
        let code = QrCode::new(address.as_bytes()).map_err(WebError::internal)?;
        let base32 = secret.base32();
        let letters: Vec<char> = base32.chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        Ok(Self { picture, typed: groups.join(" ") })
    }
}

async fn page(web: &Web, visitor: &Visitor, errors: Errors) -> Result<Page, WebError> {
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let own = account::own(&mut tx, &visitor.actor).await?;
    let state = factor::state(&mut tx, &visitor.actor).await?;
    let key = web.settings.secret_key.as_ref();
    let begun = factor::begun(&mut tx, key, &visitor.actor).await?;
    drop(tx);
    let begun = begun.map(|secret| Begun::of(&secret, &own.email)).transpose()?;
    let (email, has_password) = (own.email, own.has_password);
    let show = Show {
        email,
        has_password,
        is_demanded: visitor.must_set_up,
        since: state.since,
        codes_left: state.codes_left,
        begun,
    };
    Ok(Page::new("account/factor.html", show).errors(errors))
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    page(&web, &visitor, Errors::new()).await?.respond(&web, &visitor.shell)
}

async fn refused(web: &Web, visitor: &Visitor, why: CannotChange) -> Result<Response, WebError> {
    let (field, is_too_often) = match why {
        CannotChange::Password(WrongOld::TooMany(_)) => ("password", true),
        CannotChange::Password(_) => ("password", false),
        CannotChange::TooManyCodes(_) => ("code", true),
        CannotChange::Code => ("code", false),
        // Another page has done it already: this one shows how it stands now.
        CannotChange::IsOn | CannotChange::IsOff => {
            return Ok(Flash::information(why.to_string()).redirect(PATH));
        }
    };
    let page = page(web, visitor, Errors::one(field, why.to_string())).await?;
    page.status(status(is_too_often)).respond(web, &visitor.shell)
}

/// "Continue": shows the QR code to who knows the password.
pub(super) async fn begin(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    From(client): From,
    form: Fields,
) -> Result<Response, WebError> {
    if form.get("password").is_empty() {
        return refused(&web, &visitor, CannotChange::Password(WrongOld::Wrong)).await;
    }
    let (key, who) = (web.settings.secret_key.as_ref(), (&visitor.actor, &client));
    match factor::begin(&web.db, form.get("password"), key, who, &(web.clock)()).await {
        Ok(()) => Ok(see_other(PATH)),
        Err(Failed::Refused(why)) => refused(&web, &visitor, why).await,
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// What `account/codes.html` sees.
#[derive(Debug, Serialize)]
struct Codes {
    codes: Vec<String>,
    /// Where to go on.
    next: &'static str,
}

/// "Switch on": shows the recovery codes, this once.
pub(super) async fn confirm(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    From(client): From,
    form: Fields,
) -> Result<Response, WebError> {
    let (key, who) = (web.settings.secret_key.as_ref(), (&visitor.actor, &client));
    match factor::confirm(&web.db, form.get("code"), key, who, &(web.clock)()).await {
        Ok(codes) => {
            let next = if visitor.must_set_up { "/" } else { ACCOUNT };
            let page = Page::new("account/codes.html", Codes { codes, next });
            page.respond(&web, &visitor.shell)
        }
        Err(Failed::Refused(why)) => refused(&web, &visitor, why).await,
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}

/// "Switch off".
pub(super) async fn switch_off(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    From(client): From,
    form: Fields,
) -> Result<Response, WebError> {
    let both = (form.get("password"), form.get("code"));
    if both.0.is_empty() {
        return refused(&web, &visitor, CannotChange::Password(WrongOld::Wrong)).await;
    }
    let (key, who) = (web.settings.secret_key.as_ref(), (&visitor.actor, &client));
    match factor::switch_off(&web.db, both, key, who, &(web.clock)()).await {
        Ok(()) => {
            let said = "Codes switched off. Your password alone is enough to sign in.";
            Ok(Flash::success(said).redirect(ACCOUNT))
        }
        Err(Failed::Refused(why)) => refused(&web, &visitor, why).await,
        Err(Failed::Other(fault)) => Err(fault.into()),
    }
}
