//! Who is visiting: the session cookie becomes an actor and the shell around every page.

mod kept;

use crate::Web;
use crate::client;
use crate::error::{self, WebError};
use crate::flash::{Flash, see_other};
use crate::page::{NavItem, Person, Shell};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::access::{CODE_BY, demand::Demand};
use domain::{Actor, Narrowing, Now, OrganisationKind, Origin, Permission, Refusal};
use std::sync::Arc;
use store::person::named;
use store::session::TOUCH_AFTER;

/// A signed-in person. A handler that takes one is for signed-in people only: anybody else is sent to sign in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who acts, for which organisation, in which roles.
    pub actor: Actor,
    /// The shell of the page.
    pub shell: Shell,
    /// When the request came.
    pub now: Now,
    /// Whether nothing opens before a second factor is set up.
    pub(crate) must_set_up: bool,
    /// When the session was last used before, to about a minute.
    pub(crate) last_used_at: DateTime<Utc>,
    /// The session's token.
    pub(crate) token: String,
}

impl Visitor {
    /// The organisation the visitor acts for.
    pub fn organisation(&self) -> &domain::Organisation {
        self.actor
            .organisation()
            .expect("a visitor is a person, and a person acts for an organisation")
    }

    /// Whether the visitor can open payment files.
    pub fn sees_files(&self) -> bool {
        self.organisation().kind.commissions() && self.actor.may(Permission::SeePayments)
    }

    /// Refuses unless the visitor has the permission; the page says which role it needs and who holds it.
    pub async fn must(&self, web: &Web, permission: Permission) -> Result<(), WebError> {
        match self.actor.must(permission) {
            Ok(()) => Ok(()),
            Err(why) => Err(self.forbidden(web, permission, &why).await),
        }
    }

    /// Refuses unless the visitor acts for a commissioner (or, with `false`, for a provider).
    pub fn must_commission(&self, commissioner: bool) -> Result<(), WebError> {
        if self.organisation().kind.commissions() == commissioner {
            return Ok(());
        }
        let (page, own) = if commissioner {
            ("commissioners", "provider")
        } else {
            ("providers", "commissioner")
        };
        let name = &self.organisation().name;
        Err(WebError::Forbidden {
            why: format!("This page is for {page}. You are acting for {name}, which is a {own}."),
            who: String::new(),
        })
    }

    /// The 403 page for a refusal: the sentence itself, and who at the organisation can do it instead.
    pub async fn forbidden(
        &self,
        web: &Web,
        permission: Permission,
        why: &dyn Refusal,
    ) -> WebError {
        let organisation = self.organisation();
        let holders = async {
            let mut tx = web.db.read().await?;
            store::person::holders(
                &mut tx,
                organisation.id,
                (&[permission], organisation.kind),
                &self.now,
            )
            .await
        };
        let who = match holders.await {
            Ok(names) if names.is_empty() => {
                format!("Nobody at {} has this role yet.", organisation.name)
            }
            Ok(names) => {
                format!("At {} these people can: {}.", organisation.name, named(&names))
            }
            Err(fault) => return fault.into(),
        };
        WebError::Forbidden { why: why.to_string(), who }
    }
}

impl FromRequestParts<Arc<Web>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Web>) -> Result<Self, Response> {
        if let Some(visitor) = parts.extensions.get::<Self>() {
            return Ok(visitor.clone());
        }
        Err(to_sign_in(&parts.method, &parts.uri))
    }
}

/// Sends somebody who has not signed in to do so, and back to the page that was asked for.
pub(crate) fn to_sign_in(method: &Method, asked: &Uri) -> Response {
    let wanted = asked.path_and_query().map_or("/", |address| address.as_str());
    let mut response = if *method == Method::GET && wanted != "/" {
        let query = crate::form::Fields::from_iter([("next", wanted)]).query_string();
        see_other(&format!("/sign-in?{query}"))
    } else {
        see_other("/sign-in")
    };
    response.extensions_mut().insert(kept::SignInFirst);
    response
}

const COOKIE: &str = "accord-session";
/// Between the password and the code, and while somebody is away at a provider, there is no session, so the step has a cookie
/// of its own.
const STEP_COOKIE: &str = "accord-step";

/// The name of a cookie: behind HTTPS the prefix makes browsers refuse it from anywhere else.
fn cookie_name(web: &Web, name: &str) -> String {
    if web.is_https { format!("__Host-{name}") } else { name.to_owned() }
}

fn cookie(web: &Web, name: &str, value: &str, lasts: &str) -> HeaderValue {
    let secure = if web.is_https { "; Secure" } else { "" };
    let name = cookie_name(web, name);
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{lasts}{secure}"))
        .expect("a token is hexadecimal")
}

/// Makes the browser keep a session's token until it is closed.
pub(crate) fn keep(web: &Web, token: &str) -> HeaderValue {
    cookie(web, COOKIE, token, "")
}

/// Makes the browser forget the token.
pub(crate) fn forget(web: &Web) -> HeaderValue {
    cookie(web, COOKIE, "", "; Max-Age=0")
}

/// Makes the browser keep the token of a step for as long as the step lasts.
pub(crate) fn keep_step(web: &Web, token: &str) -> HeaderValue {
    cookie(web, STEP_COOKIE, token, &format!("; Max-Age={}", CODE_BY.num_seconds()))
}

/// Makes the browser forget the token of a step.
pub(crate) fn forget_step(web: &Web) -> HeaderValue {
    cookie(web, STEP_COOKIE, "", "; Max-Age=0")
}

/// The token of the step that a request belongs to; empty when there is none.
pub(crate) fn step_in(headers: &HeaderMap, web: &Web) -> String {
    value_of(headers, &cookie_name(web, STEP_COOKIE)).unwrap_or_default()
}

fn token_in(headers: &HeaderMap, web: &Web) -> Option<String> {
    value_of(headers, &cookie_name(web, COOKIE))
}

fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=').map(ToOwned::to_owned))
}

/// Reads the session of each request for a page and puts the visitor and the shell beside it.
pub(crate) async fn visit(
    State(web): State<Arc<Web>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut shell = Shell::signed_out(&web);
    shell.flash = Flash::from_headers(request.headers());
    if let Some(token) = token_in(request.headers(), &web) {
        let now = (web.clock)();
        // Nobody sets up what comes with a password where there are none.
        let nobody = Demand::default();
        let demand =
            if web.settings.passwords_off { &nobody } else { &web.settings.second_factor_for };
        let rules = (web.settings.idle, demand);
        match store::session::find(&web.db, &token, rules, &now).await {
            Ok(Some(session)) => {
                let shell = shell_of(&web, &session, shell.clone()).at(request.uri().path());
                let last_used_at = session.last_used_at;
                if request.uri().path() != LEFT {
                    touch(&web, &token, last_used_at, now);
                }
                request.extensions_mut().insert(shell.clone());
                let store::session::Session { actor, must_set_up, .. } = session;
                let from = client::address(&web, request.headers(), request.extensions());
                let actor = actor.from(Origin::of(from));
                let visitor = Visitor { actor, shell, now, must_set_up, last_used_at, token };
                request.extensions_mut().insert(visitor);
                return next.run(request).await;
            }
            Ok(None) => {}
            Err(fault) => return error::answer(&web, &shell, &fault.into()),
        }
    }
    request.extensions_mut().insert(shell.clone());
    kept::answer(&web, &shell, request, next).await
}

/// The address that says how long a session lasts: asking is no use of it.
pub(crate) const LEFT: &str = "/session/left";

/// Notes that a session is used, at most once a minute and beside the request: a page that is only read must not wait until
/// a long import has stopped writing.
fn touch(web: &Arc<Web>, token: &str, last_used_at: DateTime<Utc>, now: Now) {
    if now.instant < last_used_at + TOUCH_AFTER {
        return;
    }
    let (db, token) = (web.db.clone(), token.to_owned());
    tokio::spawn(async move {
        if let Err(fault) = store::session::touch(&db, &token, &now).await {
            tracing::warn!(%fault, "the use of a session could not be noted");
        }
    });
}

fn shell_of(web: &Web, session: &store::session::Session, shell: Shell) -> Shell {
    let Some(organisation) = session.actor.organisation() else {
        return shell;
    };
    Shell {
        person: Some(Person {
            name: session.actor.name().to_owned(),
            role: session.job_title.clone(),
            organisation: organisation.name.clone(),
            code: organisation.code.clone(),
            narrowing: session.actor.narrowing().map(Narrowing::words).unwrap_or_default(),
            several: session.organisations > 1,
        }),
        navigation: match session.must_set_up {
            true => Vec::new(),
            false => navigation(organisation.kind, &session.actor),
        },
        idle: Some(web.settings.idle.num_seconds()),
        ..shell
    }
}

/// The sections for a kind of organisation, without those that the person may not see.
fn navigation(kind: OrganisationKind, actor: &Actor) -> Vec<NavItem> {
    let anybody = None;
    let sees = Some(Permission::SeeAchievement);
    let money = Some(Permission::SeeMoney);
    let audit = Some(Permission::SeeAudit);
    let items: &[(&str, &str, Option<Permission>)] = if kind.provides() {
        &[
            ("Home", "/", anybody),
            ("Services", "/services", anybody),
            ("Data submission", "/data", sees),
            ("Achievement", "/achievement", sees),
            ("Payments", "/payments", money),
            ("Calendar", "/calendar", anybody),
            ("Audit", "/audit", audit),
        ]
    } else {
        &[
            ("Home", "/", anybody),
            ("Contracts", "/contracts", anybody),
            ("Services", "/services", anybody),
            ("Achievement", "/achievement", sees),
            ("Declarations", "/declarations", sees),
            ("Payments", "/payments", Some(Permission::SeePayments)),
            ("Audit", "/audit", audit),
        ]
    };
    items
        .iter()
        .filter(|(.., needs)| needs.is_none_or(|permission| actor.may(permission)))
        .map(|(text, href, _)| NavItem::new(text, href))
        .collect()
}
