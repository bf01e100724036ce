//! One offer: everything needed to decide, where it stands, what can be done now, and its history.

use super::{look, offer_id};
use crate::Web;
use crate::error::WebError;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::pages::receipt::{Link, agreement};
use crate::pages::service::terms::Terms;
use crate::pages::variation::OnOffer;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::long_date;
use domain::contract::{ContractKind, response_date_within};
use domain::offer::{
    CannotAccept, CannotEnd, CannotReject, CannotRequest, CannotTakeBack, CannotTurnDown,
    OfferState, last_day_that_counts, last_days,
};
use domain::status::Status as StatusRow;
use domain::{Now, OfferId, Service};
use serde::Serialize;
use std::sync::Arc;
use store::event::Happened;
use store::offer::Listed;

/// What `offer/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    id: String,
    version: i64,
    provider: String,
    /// Whether the visitor answers in the provider's place.
    is_delegate: bool,
    commissioner: String,
    contract: String,
    /// The commissioner's way back; nothing for a provider.
    contract_href: Option<String>,
    respond_by: String,
    /// Whether the provider has opened it, for the commissioner.
    looked: Option<String>,
    status: Status,
    terms: Terms,
    /// Terms that were offered in the place of others.
    new_terms: Vec<OnOffer>,
    can: Can,
    /// Whether accepting or rejecting now changes an answer that was given.
    changes_answer: bool,
    /// Whether an answer that is given now can still be changed.
    answer_may_change: bool,
    /// The last day of the service.
    ends_on: String,
    /// The response date of an offer that is reissued without another.
    usual_respond_by: String,
    /// The days on which a contract can end by notice, with the text of each.
    last_days: Vec<(NaiveDate, String)>,
    /// The last day that counts if the contract is terminated now.
    terminates_on: Option<String>,
    not_allowed: Option<Instead>,
    /// What was agreed, each time that it was.
    receipts: Vec<Link>,
    history: Vec<Entry>,
}

/// Where an offer stands, in the words of whoever looks.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    /// Its row of the status table.
    pub(crate) tag: &'static StatusRow,
    is_provider: bool,
    /// "Accepted on 3 April 2026 by Sam Ahmed"; empty while nobody has moved it.
    pub(crate) line: String,
    /// The reason or note given; empty where there is none.
    pub(crate) text: String,
    /// That the provider is not the commissioner's any more; empty where it is.
    left: String,
    /// Why nothing can be done, or what comes next.
    next: String,
}

/// Which buttons work: the domain decides, the page only asks.
#[derive(Debug, Serialize)]
struct Can {
    accept: bool,
    reject: bool,
    request: bool,
    reissue: bool,
    turn_down: bool,
    withdraw: bool,
    notice: bool,
    /// Why not, where the last payment period has begun.
    no_notice: Option<String>,
    take_back: bool,
    /// Why not, where notice has been given and the other side gave it.
    no_take_back: Option<String>,
    terminate: bool,
}

/// Why the person may not do it, and who may.
#[derive(Debug, Serialize)]
pub(crate) struct Instead {
    /// Why they may not.
    pub(crate) why: String,
    /// Who may; empty where that is said already.
    pub(crate) who: String,
}

/// One entry of the history.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    title: String,
    by: String,
    at: DateTime<Utc>,
}

impl Entry {
    /// A fact as the timeline shows it.
    pub(crate) fn of(happened: Happened) -> Self {
        let by = match happened.organisation.as_str() {
            "" => happened.actor,
            organisation => format!("{}, {organisation}", happened.actor),
        };
        Self { title: happened.event.sentence(false), by, at: happened.at }
    }
}

impl Instead {
    /// What somebody without the permission reads in the place of a button; nothing for somebody who has it.
    pub(crate) async fn of(
        web: &Web,
        visitor: &Visitor,
        permission: domain::Permission,
    ) -> Result<Option<Self>, WebError> {
        match visitor.must(web, permission).await {
            Ok(()) => Ok(None),
            Err(WebError::Forbidden { why, who }) => Ok(Some(Self { why, who })),
            Err(fault) => Err(fault),
        }
    }
}

/// The page as anybody opens it.
pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    method: Method,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let id = offer_id(&id)?;
    let (page, is_unseen) = page(&web, &visitor, id).await?;
    let answer = page.respond(&web, &visitor.shell)?;
    if is_unseen && look::is_a_person(&method, &headers) {
        look::record(&web, &visitor, id);
    }
    Ok(answer)
}

/// The page again, saying why what was asked could not be done.
pub(super) async fn refused(
    web: &Web,
    visitor: &Visitor,
    id: OfferId,
    fields: Fields,
    errors: Errors,
    status: StatusCode,
) -> Result<Response, WebError> {
    let (page, _) = page(web, visitor, id).await?;
    page.form(fields).errors(errors).status(status).respond(web, &visitor.shell)
}

/// The page, and whether the visitor is the first of those who may answer.
async fn page(web: &Web, visitor: &Visitor, id: OfferId) -> Result<(Page, bool), WebError> {
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let listed = store::offer::find(&mut tx, id, &visitor.actor, &now).await?;
    let service = store::variation::terms_of(&mut tx, id, listed.offer.service, &now).await?;
    let new_terms = store::variation::of_offer(&mut tx, id, listed.offer.service).await?;
    let national = store::reference::of_service(&mut tx, &service).await?;
    let history = store::event::of(&mut tx, id.0).await?;
    let is_in_force = listed.offer.in_force_until().is_some();
    let has_figures = is_in_force && store::offer::has_figures(&mut tx, &listed.offer).await?;
    drop(tx);
    let last_days = last_days(&service, now.today);
    let can = Can::of(&listed, &service, &history, visitor, &now);
    let is_own = listed.offer.provider == visitor.organisation().id;
    let is_delegate = listed.given.is_some();
    let is_provider = is_own || is_delegate;
    let answerable = matches!(listed.offer.state, OfferState::Pending | OfferState::Rejected(_));
    let not_allowed = if is_provider && answerable {
        Instead::of(web, visitor, domain::Permission::AnswerOffers).await?
    } else {
        None
    };
    // A look of another organisation tells nobody that the provider has looked.
    let is_unseen =
        is_own && listed.looked.is_none() && visitor.actor.may(domain::Permission::AnswerOffers);
    let show = Show {
        is_delegate,
        looked: if is_provider { None } else { look::words(&listed) },
        id: id.to_string(),
        version: listed.offer.version,
        provider: format!("{} ({})", listed.provider_name, listed.provider_code),
        commissioner: listed.commissioner_name.clone(),
        contract: listed.contract_name.clone(),
        contract_href: (!is_provider).then(|| format!("/contracts/{}", listed.contract_reference)),
        respond_by: match listed.contract_kind {
            ContractKind::Offer => long_date(listed.offer.respond_by),
            ContractKind::Direct => "No answer needed".into(),
        },
        status: Status::of(&listed, is_provider, &now),
        terms: Terms::of(&service, Some(&listed.components), national.as_deref(), &visitor.actor),
        // New terms are of a contract that is in force: these are between its two sides.
        new_terms: new_terms
            .iter()
            .filter(|_| !is_delegate)
            .map(|one| OnOffer::of(one, &now))
            .collect(),
        can: Can { reject: can.reject && !has_figures, ..can },
        ends_on: long_date(listed.offer.service_ends_on),
        usual_respond_by: long_date(response_date_within(listed.offer.service_ends_on, now.today)),
        terminates_on: last_day_that_counts(&service, now.today).map(long_date),
        answer_may_change: listed.offer.answer_may_change,
        changes_answer: listed.offer.can_change_answer(now.today),
        last_days: last_days.into_iter().map(|day| (day, long_date(day))).collect(),
        not_allowed,
        receipts: agreement::links(&listed, is_provider, &history),
        history: history.into_iter().map(Entry::of).collect(),
    };
    Ok((Page::new("offer/show.html", show), is_unseen))
}

impl Can {
    /// What the visitor can do with an offer now, on its own side of it.
    fn of(
        listed: &Listed,
        service: &Service,
        history: &[Happened],
        visitor: &Visitor,
        now: &Now,
    ) -> Self {
        let (offer, by) = (&listed.offer, &visitor.actor);
        let given = listed.given.as_ref();
        let is_provider = offer.provider == visitor.organisation().id;
        let answers = is_provider || given.is_some();
        let is_commissioner = offer.commissioner == visitor.organisation().id;
        // A missing reason or day is refused only after everything else has been found in order.
        let reject =
            matches!(offer.reject("", by, given, now), Ok(_) | Err(CannotReject::NoReason));
        let turn_down =
            matches!(offer.turn_down("", by, now), Ok(_) | Err(CannotTurnDown::NoReason));
        let notice = offer.give_notice((None, service), "", by, now);
        let no_notice = match &notice {
            Err(why @ CannotEnd::LastPeriod(_)) => Some(why.to_string()),
            _ => None,
        };
        let notice = matches!(notice, Ok(_) | Err(CannotEnd::NoSuchDay));
        let given_notice = store::offer::given_notice(history);
        let take_back = offer.take_back_notice(given_notice.as_ref(), by, now);
        let no_take_back = match &take_back {
            Err(why @ (CannotTakeBack::GivenByProvider | CannotTakeBack::GivenByCommissioner)) => {
                Some(why.to_string())
            }
            _ => None,
        };
        let terminate =
            matches!(offer.terminate(service, "", by, now), Ok(_) | Err(CannotEnd::NoReason));
        Self {
            accept: answers && offer.accept(by, given, now).is_ok(),
            reject: answers && reject,
            request: answers && offer.request("", by, given, now).is_ok(),
            reissue: is_commissioner && offer.reissue(by, now).is_ok(),
            turn_down: is_commissioner && turn_down,
            withdraw: is_commissioner && offer.withdraw(by, now).is_ok(),
            notice: (is_provider || is_commissioner) && notice,
            no_notice: no_notice.filter(|_| is_provider || is_commissioner),
            take_back: (is_provider || is_commissioner) && take_back.is_ok(),
            no_take_back: no_take_back.filter(|_| is_provider || is_commissioner),
            terminate: is_commissioner && terminate,
        }
    }
}

impl Status {
    /// Where an offer stands for one side of it.
    pub(crate) fn of(listed: &Listed, is_provider: bool, now: &Now) -> Self {
        let offer = &listed.offer;
        let moved = |verb: &str| {
            offer.state.moved().map_or_else(String::new, |moved| {
                let from = listed.answered_from.as_ref();
                let from = from.map(|from| format!(", {from}, for {}", listed.provider_name));
                format!(
                    "{verb} on {} by {}{}",
                    long_date(Now::at(moved.at).today),
                    moved.by.name,
                    from.unwrap_or_default()
                )
            })
        };
        let line = match (&offer.state, listed.contract_kind) {
            (OfferState::Pending, _) => String::new(),
            (OfferState::Accepted(_), ContractKind::Direct) => {
                format!("{}, for {}, without an offer", moved("Given"), listed.commissioner_name)
            }
            (OfferState::Accepted(_), ContractKind::Offer) => moved("Accepted"),
            (OfferState::Rejected(_), _) => moved("Rejected"),
            (OfferState::Requested(_), _) => moved("Requested"),
            (OfferState::TurnedDown(_), _) => moved("Turned down"),
            (OfferState::Withdrawn(_), _) => moved("Withdrawn"),
            (OfferState::NoticeGiven(..), _) => moved("Notice given"),
            (OfferState::Terminated(..), _) => moved("Terminated"),
        };
        let text = offer.state.moved().map_or_else(String::new, |moved| moved.text.clone());
        let left = offer.provider_left(now.today);
        let next = match left {
            Some(_) if offer.in_force_until().is_none() => String::new(),
            _ => next(listed, is_provider, now),
        };
        let tag =
            if is_provider { offer.provider_status(now.today) } else { offer.status(now.today) };
        let left = left.map_or_else(String::new, |left| left.to_string());
        // What was taken back for this reason says so already.
        let left = if left == text { String::new() } else { left };
        Self { tag, is_provider, line, text, left, next }
    }
}

/// Why nothing can be done now, or what comes next.
fn next(listed: &Listed, is_provider: bool, now: &Now) -> String {
    let (offer, commissioner) = (&listed.offer, &listed.commissioner_name);
    let (respond_by, ends_on) = (offer.respond_by, offer.service_ends_on);
    let has_ended = now.today > ends_on;
    let from = long_date(offer.service_starts_on);
    match (&offer.state, is_provider) {
        (OfferState::Rejected(_) | OfferState::Requested(_), true)
            if offer.can_change_answer(now.today) =>
        {
            format!("You can change your answer until {}.", long_date(respond_by))
        }
        (OfferState::Pending, _) if !offer.has_expired(now.today) => {
            format!("Respond by {}.", long_date(respond_by))
        }
        (OfferState::Pending | OfferState::Rejected(_), true) if has_ended => {
            CannotRequest::ServiceEnded(ends_on).to_string()
        }
        (OfferState::Pending, true) => CannotAccept::Expired(respond_by).to_string(),
        (OfferState::Pending, false) => {
            format!("The response date was {}.", long_date(respond_by))
        }
        (OfferState::Accepted(_), _) => format!(
            "The contract {} active from {from} to {}.",
            if has_ended { "was" } else { "is" },
            long_date(ends_on)
        ),
        (OfferState::Rejected(_), true) => {
            "If you want the service after all, request it from the commissioner.".into()
        }
        (OfferState::Rejected(_), false) => "The provider can request the service.".into(),
        (OfferState::Requested(_), true) => format!(
            "{commissioner} has been asked to reissue the offer. You can accept it when it has been reissued."
        ),
        (OfferState::Requested(_), false) => "The provider asks you to reissue the offer.".into(),
        (OfferState::TurnedDown(_), true) => CannotRequest::TurnedDown.to_string(),
        (OfferState::TurnedDown(_), false) => "The offer can still be reissued.".into(),
        (OfferState::NoticeGiven(..) | OfferState::Terminated(..), _) => {
            match offer.in_force_until() {
                Some(last_day) => format!(
                    "The contract {} active from {from} to {}. Figures of that time still count.",
                    if now.today > last_day { "was" } else { "is" },
                    long_date(last_day)
                ),
                None => {
                    "No payment period of this contract was over, so nothing of it counts.".into()
                }
            }
        }
        (OfferState::Withdrawn(_), _) => {
            format!("{commissioner} took the offer back. It cannot be answered.")
        }
    }
}
