//! A browser without a screen: asks the router, keeps the session's cookie, reads what comes back.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Interval;
use tower::ServiceExt;
use web::client::Peer;

/// One person's browser.
#[derive(Clone, Debug)]
pub struct Browser {
    router: Router,
    token: Option<String>,
    step: Option<String>,
    peer: Peer,
    host: &'static str,
    site: &'static str,
}

/// What came back; redirects are not followed.
#[derive(Debug)]
pub struct Page {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub html: String,
    /// Body as it came.
    pub bytes: Vec<u8>,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Browser {
    pub(super) fn new(router: Router, token: Option<String>) -> Self {
        Self {
            router,
            token,
            step: None,
            peer: Peer([192, 0, 2, 1].into()),
            host: "accord.test",
            site: "same-origin",
        }
    }

    /// The same browser after it was given a session's cookie.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        let pair = cookie.split(';').next().unwrap_or_default();
        let token = pair.split('=').nth(1).map(ToOwned::to_owned);
        Self { token, ..self.clone() }
    }

    /// The session's cookie, as it is sent.
    pub fn cookie(&self) -> String {
        format!("accord-session={}", self.token.as_deref().unwrap_or_default())
    }

    /// The same browser after it got the cookies of an answer.
    pub fn with_cookies(&self, page: &Page) -> Self {
        let mut browser = self.clone();
        for line in page.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().ok().and_then(|line| line.split(';').next());
            let (name, value) = pair.and_then(|pair| pair.split_once('=')).expect("a cookie");
            let value = Some(value.to_owned()).filter(|value| !value.is_empty());
            match name {
                "accord-session" => browser.token = value,
                "accord-step" => browser.step = value,
                _ => {}
            }
        }
        browser
    }

    /// The same browser, which passes off the token of a step between password and code as that of a session.
    pub fn with_step_as_session(&self) -> Self {
        Self { token: self.step.clone(), ..self.clone() }
    }

    /// The same browser at another network address.
    pub fn at(&self, address: &str) -> Self {
        Self { peer: Peer(address.parse().expect("an address")), ..self.clone() }
    }

    /// The same browser on a page of another site.
    pub fn on_another_site(&self) -> Self {
        Self { site: "cross-site", ..self.clone() }
    }

    /// The same browser, which says that it called another host.
    pub fn calling(&self, host: &'static str) -> Self {
        Self { host, ..self.clone() }
    }

    /// Opens an address.
    pub async fn get(&self, address: &str) -> Page {
        self.ask(Method::GET, address, FORM, Vec::new()).await
    }

    /// Sends a form, as the page of the same site would.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.ask(Method::POST, address, FORM, body.join("&").into()).await
    }

    /// Sends a file in the field `file`, as a browser does.
    pub async fn upload(&self, address: &str, name: &str, content: &[u8]) -> Page {
        let head = format!(
            "--story\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), content, b"\r\n--story--\r\n"].concat();
        self.ask(Method::POST, address, "multipart/form-data; boundary=story", body).await
    }

    /// Sends a form with its fields and a file in the field `file`, as a browser does.
    pub async fn send_file(
        &self,
        address: &str,
        fields: &[(&str, &str)],
        name: &str,
        content: &[u8],
    ) -> Page {
        let part = "--story\r\nContent-Disposition: form-data; name=";
        let mut body = String::new();
        for (field, value) in fields {
            body.push_str(&format!("{part}\"{field}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str(&format!("{part}\"file\"; filename=\"{name}\"\r\n\r\n"));
        let body = [body.as_bytes(), content, b"\r\n--story--\r\n"].concat();
        self.ask(Method::POST, address, "multipart/form-data; boundary=story", body).await
    }

    async fn ask(&self, method: Method, address: &str, kind: &str, body: Vec<u8>) -> Page {
        let headers = [("sec-fetch-site", self.site), ("content-type", kind)];
        self.send(method, address, &headers, body).await
    }

    /// Sends anything, with the cookie and with no header but these and the host, which one of them may be.
    pub async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Page {
        self.send_body(method, address, headers, Body::from(body)).await
    }

    /// Sends a form a byte at a time, one each second, and never ends; the seconds go by at once.
    pub async fn send_without_end(&self, address: &str, kind: &str) -> Page {
        let headers = [("sec-fetch-site", self.site), ("content-type", kind)];
        let body = Body::new(Trickle(None));
        let page = self.send_body(Method::POST, address, &headers, body).await;
        tokio::time::resume();
        page
    }

    async fn send_body(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(address);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, self.host);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header(header::COOKIE, format!("accord-session={token}"));
        }
        if let Some(step) = &self.step {
            request = request.header(header::COOKIE, format!("accord-step={step}"));
        }
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(self.peer);
        let response =
            self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let page = Page {
            status: parts.status,
            headers: parts.headers,
            html: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        };
        page.assert_sound(address);
        page
    }
}

/// A body of a byte each second. From its first byte on the clock stands still and is moved on while all wait: before, the
/// database must have its time.
struct Trickle(Option<Interval>);

impl hyper::body::Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let ticks = self.0.get_or_insert_with(|| {
            tokio::time::pause();
            tokio::time::interval(Duration::from_secs(1))
        });
        ticks.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b"a")))))
    }
}

impl Page {
    /// What every page of every story must have: one main heading, a title that ends with the service's name, no id
    /// twice, labels and error links that lead somewhere, and nothing printed that is not there.
    #[track_caller]
    fn assert_sound(&self, address: &str) {
        let is_page = self
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !is_page {
            return;
        }
        let html = &self.html;
        assert_eq!(html.matches("<h1").count(), 1, "{address} has not one main heading");
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        let title = title.unwrap_or_default();
        assert!(title.ends_with(" – Accord") && title.len() > 12, "{address} is titled {title:?}");
        assert!(!html.contains("undefined"), "{address} prints what is not there");
        let after = |mark: &str| -> Vec<&str> {
            html.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).collect()
        };
        let ids = after(" id=\"");
        let twice: Vec<_> =
            ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect();
        assert!(twice.is_empty(), "{address} has ids more than once: {twice:?}");
        for target in after(" for=\"").into_iter().chain(after("href=\"#")) {
            assert!(ids.contains(&target), "{address} points at #{target}, which is not there");
        }
    }

    /// Where it redirects to; empty when it does not.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The words on the page: tags taken out, entities read, white space folded.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut in_tag = false;
        for one in self.html.chars() {
            match one {
                '<' => {
                    in_tag = true;
                    text.push(' ');
                }
                '>' => in_tag = false,
                one if !in_tag => text.push(one),
                _ => {}
            }
        }
        let entities = [
            ("&#x27;", "'"),
            ("&#39;", "'"),
            ("&quot;", "\""),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&amp;", "&"),
        ];
        let read = entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign));
        read.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Asserts the status, showing the page's words when it is another.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Asserts that words are on the page.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.text().contains(words), "\"{words}\" is not on the page:\n{}", self.text());
        self
    }

    /// Asserts that words are not on the page.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.text().contains(words), "\"{words}\" is on the page:\n{}", self.text());
        self
    }

    /// The value of the first form field with a name, from its `value` attribute.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        self.values(name)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no field {name} on the page:\n{}", self.text()))
    }

    /// The values of all form fields with a name, in order.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.fields(name, "")
    }

    /// The values of the boxes with a name that are ticked, in order.
    pub fn checked(&self, name: &str) -> Vec<String> {
        self.fields(name, " checked")
    }

    /// The values of the fields whose tag has this name and holds this text.
    fn fields(&self, name: &str, text: &str) -> Vec<String> {
        let mark = format!("name=\"{name}\"");
        self.html
            .split('<')
            .filter(|tag| tag.contains(&mark) && tag.contains(text))
            .filter_map(|tag| {
                let value = tag.split("value=\"").nth(1)?;
                Some(value.split('"').next().unwrap_or_default().to_owned())
            })
            .collect()
    }

    /// The addresses of all links and forms that start with a path.
    pub fn links(&self, start: &str) -> Vec<String> {
        ["href=\"", "action=\"", "formaction=\""]
            .iter()
            .flat_map(|mark| self.html.split(mark).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .filter(|address| address.starts_with(start))
            .map(|address| address.replace("&amp;", "&"))
            .collect()
    }
}

/// Form encoding of the characters that need it.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
