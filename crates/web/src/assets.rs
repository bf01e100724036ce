//! Styles, scripts and images: in the program, compressed, at addresses that change with their content.

use crate::error::WebError;
use crate::routes::Routes;
use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// One static file.
struct File {
    name: &'static str,
    address: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

/// Prepared by the build, sorted by name.
static FILES: &[File] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of a static file: `accord.css` is at `/assets/accord-0123456789ab.css`.
#[must_use]
pub fn address(name: &str) -> Option<&'static str> {
    FILES.iter().find(|file| file.name == name).map(|file| file.address)
}

/// The addresses below `/assets/`.
pub fn routes() -> Routes {
    Routes::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let file = FILES
        .iter()
        .find(|file| file.address.strip_prefix("/assets/") == Some(&name))
        .ok_or(WebError::NotFound)?;
    // The name holds a hash of the content, so a copy is good for ever.
    let kept = [
        (header::CONTENT_TYPE, file.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    if takes_gzip(&headers) && file.gzip.len() < file.plain.len() {
        return Ok((kept, [(header::CONTENT_ENCODING, "gzip")], file.gzip).into_response());
    }
    Ok((kept, file.plain).into_response())
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_the_layout_names_is_there() {
        for name in ["accord.css", "accord.js", "start.js", "nhsuk-frontend.js", "favicon.svg"] {
            assert!(address(name).is_some(), "{name}");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for file in FILES.iter().filter(|file| file.kind.starts_with("text/css")) {
            let css = String::from_utf8_lossy(file.plain);
            assert!(
                !css.contains("//assets.nhs.uk") && !css.contains("@font-face"),
                "{}",
                file.name
            );
            for image in css
                .split("url(")
                .skip(1)
                .filter(|image| !image.trim_start_matches(['"', '\'']).starts_with("data:"))
            {
                let address = image.split(')').next().unwrap_or_default().trim_matches(['"', '\'']);
                assert!(
                    FILES.iter().any(|file| file.address == address),
                    "{address} is named in {} and not served",
                    file.name
                );
            }
        }
    }

    #[test]
    fn no_nhs_mark_is_among_the_files() {
        assert!(
            FILES
                .iter()
                .all(|file| !file.name.contains("nhsuk-icon-mask") && !file.name.ends_with(".png"))
        );
    }

    #[test]
    fn gzip_is_sent_only_to_those_who_take_it() {
        let taking = |value: &str| {
            takes_gzip(&HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                value.parse().expect("a header"),
            )]))
        };
        assert!(taking("br, gzip;q=0.8"));
        assert!(!taking("gzip;q=0"));
        assert!(!taking("br"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
