//! Achievements to declare, and the forms that declare, approve and pay them.

use super::{Browser, Page, Seat, World};
use axum::http::{HeaderMap, HeaderValue, header};
use domain::{Field, Role};
use web::flash::Flash;

/// Blood tests at £10.00 each, paid each month, declared and approved by people.
pub const BLOOD: &str = r#"
code = "BLD2526"
name = "Blood tests near home"
summary = "A fee for each blood test."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"

[payment]
frequency = "monthly"
declaration_required = true
approval_required = true
approval_bands = true
pay_code = "BLOOD"

[[component]]
code = "BLOOD"
name = "Blood tests"

[[component.indicator]]
code = "BLD001"
name = "Blood tests"
kind = "count"
fee = "10.00"
unit = "blood tests"
"#;

impl Seat {
    /// Declares for the first practice, and works for the ICB on other days.
    pub const TWO_HATS: Self =
        Self { name: "Lee Fox", organisation: "Y00001", roles: &[Role::DeclarationManagement] };
    /// Approves for the region.
    pub const REGION: Self = Self {
        name: "Gus Lane",
        organisation: "Y99",
        roles: &[Role::ApprovalManagement, Role::FinanceManagement],
    };
    /// The same person at the ICB.
    pub const TWO_HATS_ICB: Self =
        Self { name: "Lee Fox", organisation: "QAA", roles: &[Role::ApprovalManagement] };
}

impl World {
    /// Practices take part in [`BLOOD`], and it is 2 July 2025: April, May and June can be declared once they are in.
    pub async fn blood_tests(&self, providers: &[&str]) {
        self.takes_part(BLOOD, providers).await;
        self.set_today("2025-07-02");
    }

    /// Hands in a month's blood tests: £10.00 each.
    pub async fn count(&self, seat: Seat, date: &str, tests: u32) {
        self.submit(
            seat,
            ("BLD2526", date, "BLOOD"),
            &[("BLD001", Field::Count, &tests.to_string())],
        )
        .await
        .expect("the count is taken");
    }

    /// What an organisation's people may do to all that waits: the provider declares it.
    pub async fn declare_all(&self, seat: Seat) -> Page {
        let browser = self.sign_in(seat).await;
        let page = browser.get("/achievement/declare").await;
        tick(&browser, "/achievement/declare", &page, &page.values("declaration")).await
    }

    /// Approves everything that the person can approve.
    pub async fn approve_all(&self, seat: Seat) -> Page {
        let browser = self.sign_in(seat).await;
        let page = browser.get("/declarations").await;
        tick(&browser, "/declarations/approve", &page, &page.values("declaration")).await
    }

    /// Makes a payment file of everything that is ready; gives the address of its page.
    pub async fn pay_all(&self, seat: Seat) -> String {
        let browser = self.sign_in(seat).await;
        let page = browser.get("/payments/new").await;
        let made = browser
            .post(
                "/payments/new",
                &[("lines", &page.value("lines")), ("total", &page.value("total"))],
            )
            .await;
        made.expect(303).location().to_owned()
    }
}

/// Sends the form of a list with these rows ticked, and everything else as the page has it.
pub async fn tick(browser: &Browser, to: &str, page: &Page, ticked: &[String]) -> Page {
    let mut fields: Vec<(&str, &str)> = vec![("action", "declare")];
    let seen = page.values("seen");
    fields.extend(seen.iter().map(|seen| ("seen", seen.as_str())));
    fields.extend(ticked.iter().map(|reference| ("declaration", reference.as_str())));
    browser.post(to, &fields).await
}

/// The message that the next page will open with.
pub fn message(page: &Page) -> String {
    let mut headers = HeaderMap::new();
    for cookie in page.headers.get_all(header::SET_COOKIE) {
        let pair = cookie.to_str().expect("text").split(';').next().unwrap_or_default();
        headers.append(header::COOKIE, HeaderValue::from_str(pair).expect("a header"));
    }
    Flash::from_headers(&headers).map(|flash| flash.text).unwrap_or_default()
}
