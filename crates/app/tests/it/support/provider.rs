//! A provider of sign-in on loopback that speaks OpenID Connect, and says whatever a story lets it say.

use axum::{
    Form, Router,
    extract::State,
    http::header,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};
use tokio::net::TcpListener;

/// The key that the provider signs with, and one that it does not.
static KEYS: LazyLock<[RsaPrivateKey; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key"))
});

/// A provider that answers until the story is over.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its address.
    pub issuer: String,
    tokens: Arc<Mutex<HashMap<String, String>>>,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The part of a token that is signed.
fn unsigned(algorithm: &str, claims: &Value) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT"});
    format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()))
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// With the key of the provider.
    Rightly,
    /// With another key.
    ByAnother,
    /// Not at all, and it says so.
    Not,
    /// Rightly, but for other claims.
    ForOthers,
}

impl Provider {
    /// Starts to answer.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let own = Self { issuer, tokens: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(own.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        own
    }

    /// Its description in the settings, with the roles that are added to it.
    pub fn settings(&self, roles: &str) -> String {
        format!(
            "[[provider]]\nkey = \"nhsmail\"\nname = \"NHSmail\"\nissuer = \"{}\"\nclient_id = \"accord\"\n{roles}",
            self.issuer
        )
    }

    /// What it says of somebody to whoever comes with the code.
    pub fn say(&self, code: &str, claims: &Value, signed: Signed) {
        let token = match signed {
            Signed::Not => format!("{}.", unsigned("none", claims)),
            _ => {
                let key = &KEYS[usize::from(signed == Signed::ByAnother)];
                let mut text = unsigned("RS256", claims);
                let signature = SigningKey::<Sha256>::new(key.clone()).sign(text.as_bytes());
                if signed == Signed::ForOthers {
                    let mut others = claims.clone();
                    others["email"] = json!("somebody.else@nhs.net");
                    text = unsigned("RS256", &others);
                }
                format!("{text}.{}", encoded(&signature.to_vec()))
            }
        };
        self.tokens.lock().expect("the tokens").insert(code.to_owned(), token);
    }
}

type Json = ([(header::HeaderName, &'static str); 1], String);

fn json_of(value: &Value) -> Json {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string())
}

async fn description(State(own): State<Provider>) -> Json {
    let issuer = &own.issuer;
    json_of(&json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys() -> Json {
    let (n, e) = (KEYS[0].n().to_bytes_be(), KEYS[0].e().to_bytes_be());
    let key =
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "n": encoded(&n), "e": encoded(&e)});
    json_of(&json!({ "keys": [key] }))
}

async fn token(State(own): State<Provider>, Form(form): Form<HashMap<String, String>>) -> Json {
    let tokens = own.tokens.lock().expect("the tokens");
    let token = tokens.get(&form["code"]).cloned().unwrap_or_default();
    json_of(&json!({"access_token": "of no use", "token_type": "Bearer", "id_token": token}))
}
