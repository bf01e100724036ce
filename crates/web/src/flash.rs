//! The one message a page shows about what has just been done, carried over the redirect by a cookie that is read once.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const COOKIE: &str = "accord-flash";
/// Longer than any sentence of ours, shorter than anybody's limit for a cookie.
const LONGEST: usize = 600;

/// A message with its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flash {
    /// Green for what was done, blue for what to know.
    pub kind: Kind,
    /// One or two sentences. Shown as text, never as HTML, because a cookie can be made up.
    pub text: String,
    /// A page of ours to go on to.
    pub link: Option<Link>,
}

/// A link below the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// An address of ours.
    pub href: String,
    /// What it is called.
    pub text: String,
}

/// The two kinds of banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The green banner, headed "Success".
    Success,
    /// The blue banner, headed "Important".
    Information,
}

impl Flash {
    /// "You accepted Spirometry for 2026 to 2027."
    pub fn success(text: impl Into<String>) -> Self {
        Self { kind: Kind::Success, text: text.into(), link: None }
    }

    /// "You rejected this offer. You can change your answer until 30 April 2026."
    pub fn information(text: impl Into<String>) -> Self {
        Self { kind: Kind::Information, text: text.into(), link: None }
    }

    /// The same message with a link to another page below it.
    #[must_use]
    pub fn leading_to(self, href: &str, text: &str) -> Self {
        let link = Link { href: href.to_owned(), text: text.to_owned() };
        Self { link: Some(link).filter(Link::is_ours), ..self }
    }

    /// The message that came with a request, if one did.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let value = cookies
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
        let (kind, text) = value.split_once('.')?;
        let kind = match kind {
            "s" => Kind::Success,
            "i" => Kind::Information,
            _ => return None,
        };
        let mut pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        let (text, _) =
            pairs.next().filter(|(text, _)| !text.is_empty() && text.len() <= LONGEST)?;
        let link = pairs.next().map(|(href, text)| Link { href, text }).filter(Link::is_ours);
        Some(Self { kind, text, link })
    }

    /// Ends a POST: go and look at the page, which opens with this message.
    pub fn redirect(self, to: &str) -> Response {
        let mut response = see_other(to);
        self.go_with(&mut response);
        response
    }

    /// Lets the page that an answer leads to open with this message.
    pub fn go_with(self, response: &mut Response) {
        if let Ok(cookie) = HeaderValue::from_str(&self.cookie()) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// The header that makes the browser forget the message once it has been shown.
    #[must_use]
    pub fn forget() -> HeaderValue {
        HeaderValue::from_static("accord-flash=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    fn cookie(&self) -> String {
        let kind = match self.kind {
            Kind::Success => 's',
            Kind::Information => 'i',
        };
        let mut text = self.text.clone();
        while text.len() > LONGEST {
            text.pop();
        }
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair(&text, "");
        if let Some(link) = &self.link {
            pairs.append_pair(&link.href, &link.text);
        }
        let pairs = pairs.finish();
        format!("{COOKIE}={kind}.{pairs}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")
    }
}

impl Link {
    /// Whether it leads to a page of ours under short words, because a cookie can be made up.
    fn is_ours(&self) -> bool {
        let (href, text) = (&self.href, &self.text);
        let is_plain = !href.contains(|one: char| one.is_control() || one == '\\');
        let is_short = href.len() <= 200 && !text.is_empty() && text.len() <= 100;
        href.starts_with('/') && !href.starts_with("//") && is_plain && is_short
    }
}

/// The answer to a POST that worked: see the page at this address, which must be one of ours.
pub fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) if to.starts_with('/') && !to.starts_with("//") => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        _ => (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static("/"))])
            .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_redirect_as_it_was() {
        for flash in [
            Flash::success("You accepted Spirometry; \"2026 to 2027\" & £5,880.00 = ü."),
            Flash::information("Über 100%"),
            Flash::success("Done & dusted.").leading_to("/a?b=1&c=2", "See \"it\" = ü & more"),
        ] {
            let response = flash.clone().redirect("/services");
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
            let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text");
            let sent = cookie.split(';').next().expect("the pair");
            let headers = HeaderMap::from_iter([(
                header::COOKIE,
                format!("a=b; {sent}").parse().expect("a header"),
            )]);
            assert_eq!(Flash::from_headers(&headers), Some(flash));
        }
    }

    #[test]
    fn what_is_not_a_message_is_no_message() {
        for cookie in [
            "accord-flash=",
            "accord-flash=x.hello",
            "accord-flash=s.",
            "other=s.hello",
            "accord-flashy=s.hello",
        ] {
            let headers =
                HeaderMap::from_iter([(header::COOKIE, cookie.parse().expect("a header"))]);
            assert_eq!(Flash::from_headers(&headers), None, "{cookie}");
        }
    }

    #[test]
    fn a_link_stays_here() {
        for elsewhere in
            ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "/a\nb", ""]
        {
            assert_eq!(Flash::success("Done").leading_to(elsewhere, "Go").link, None);
            let cookie: String =
                form_urlencoded::Serializer::new("accord-flash=s.Done&".to_owned())
                    .append_pair(elsewhere, "Go")
                    .finish();
            let headers =
                HeaderMap::from_iter([(header::COOKIE, cookie.parse().expect("a header"))]);
            assert_eq!(Flash::from_headers(&headers), Some(Flash::success("Done")), "{cookie}");
        }
    }

    #[test]
    fn a_redirect_stays_here() {
        for elsewhere in
            ["https://elsewhere.example", "//elsewhere.example", "javascript:alert(1)", "/a\nb"]
        {
            assert_eq!(see_other(elsewhere).headers()[header::LOCATION], "/", "{elsewhere}");
        }
    }
}
