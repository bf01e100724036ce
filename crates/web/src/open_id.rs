//! Signing in with a provider: the code flow of OpenID Connect with PKCE, and signing out there.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Now;
use domain::access::provider::{Claims, Provider as Settings};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadataWithLogout, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::person::identity::{Away, Proved};
use tokio::sync::RwLock;

/// A provider that does not answer by then is given up: the page has to answer itself.
const ANSWER_BY: Duration = Duration::from_secs(6);
/// How long what a provider says of itself counts; its keys change now and then.
const FOUND_FOR: TimeDelta = TimeDelta::minutes(10);

/// A provider, with what it says of itself.
#[derive(Debug)]
pub struct Provider {
    /// As whoever runs the service describes it.
    pub settings: Settings,
    secret: Option<ClientSecret>,
    /// Where people reach this service.
    address: String,
    http: reqwest::Client,
    found: RwLock<Option<Found>>,
}

#[derive(Clone, Debug)]
struct Found {
    at: DateTime<Utc>,
    metadata: ProviderMetadataWithLogout,
}

/// Why a provider signs nobody in. The text is for the log: it may say what nobody but the operator understands.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

fn fault(what: &str, error: &dyn std::error::Error) -> Fault {
    let causes = std::iter::successors(Some(error), |error| error.source());
    Fault(causes.fold(what.to_owned(), |text, error| format!("{text}: {error}")))
}

/// Whatever else a provider says of a person.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Others(Claims);
impl AdditionalClaims for Others {}

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Own = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A question for a provider that waits for its state.
pub struct Question {
    client: Own,
    challenge: PkceCodeChallenge,
    nonce: Nonce,
    scopes: Vec<String>,
}

impl Question {
    /// The address at the provider that the browser is sent to.
    pub fn address(self, state: String) -> String {
        let mut ask = self.client.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || self.nonce,
        );
        ask = ask.add_scopes(self.scopes.into_iter().map(Scope::new));
        ask.set_pkce_challenge(self.challenge).url().0.into()
    }
}

impl Provider {
    /// A provider for a service that is reached at an address.
    ///
    /// # Errors
    /// When this machine cannot ask anybody by HTTPS.
    pub fn new(
        settings: Settings,
        secret: Option<String>,
        address: &str,
    ) -> Result<Self, reqwest::Error> {
        // To follow a redirect would be to ask whomever the answer names.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER_BY)
            .build()?;
        Ok(Self {
            settings,
            secret: secret.map(ClientSecret::new),
            address: address.to_owned(),
            http,
            found: RwLock::new(None),
        })
    }

    /// The path on which people come back from it.
    pub fn back(&self) -> String {
        format!("/sign-in/with/{}/back", self.settings.key)
    }

    /// What it says of itself, asked anew when that is old or `fresh`.
    async fn found(&self, fresh: bool, now: &Now) -> Result<ProviderMetadataWithLogout, Fault> {
        let is_new = |found: &&Found| (now.instant - found.at).abs() < FOUND_FOR;
        if !fresh && let Some(found) = self.found.read().await.as_ref().filter(is_new) {
            return Ok(found.metadata.clone());
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|error| fault("the issuer is no address", &error))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &self.http)
            .await
            .map_err(|error| fault("the provider could not be discovered", &error))?;
        *self.found.write().await = Some(Found { at: now.instant, metadata: metadata.clone() });
        Ok(metadata)
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> Result<Own, Fault> {
        let back = RedirectUrl::new(format!("{}{}", self.address, self.back()))
            .map_err(|error| fault("the address of this service is none", &error))?;
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(Client::from_provider_metadata(metadata, id, self.secret.clone()).set_redirect_uri(back))
    }

    /// Prepares to ask who somebody is; with what must be kept until they are back.
    ///
    /// # Errors
    /// When the provider does not answer or says nothing that can be used.
    pub async fn ask(&self, next: &str, now: &Now) -> Result<(Question, Away), Fault> {
        let client = self.client(self.found(false, now).await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = Nonce::new_random();
        let away = Away {
            provider: self.settings.key.clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next: next.to_owned(),
        };
        Ok((Question { client, challenge, nonce, scopes: self.settings.scopes.clone() }, away))
    }

    /// Who came back with a code, proved by the provider's signature over what was asked.
    ///
    /// # Errors
    /// When the provider does not answer, or its answer proves nothing.
    pub async fn prove(&self, code: &str, away: &Away, now: &Now) -> Result<Proved, Fault> {
        let client = self.client(self.found(false, now).await?)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| fault("the provider has no address for codes", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(away.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| fault("the code was not taken", &error))?;
        let token = tokens.id_token().ok_or(Fault("there is no ID token".to_owned()))?;
        let nonce = Nonce::new(away.nonce.clone());
        let said = match token.claims(&client.id_token_verifier(), &nonce) {
            Ok(said) => said.clone(),
            // The provider may have other keys by now.
            Err(_) => {
                let client = self.client(self.found(true, now).await?)?;
                let said = token.claims(&client.id_token_verifier(), &nonce);
                said.map_err(|error| fault("the ID token proves nothing", &error))?.clone()
            }
        };
        let mut claims = claims_of(&said)?;
        if !claims.contains_key("email") {
            claims.extend(self.more(&client, &tokens, &said).await?);
        }
        let subject = said.subject().to_string();
        Ok(Proved { subject, claims, id_token: token.to_string() })
    }

    /// What the provider tells of the same person only when it is asked for it.
    async fn more(
        &self,
        client: &Own,
        tokens: &Tokens,
        said: &IdTokenClaims<Others, CoreGenderClaim>,
    ) -> Result<Claims, Fault> {
        let subject = Some(said.subject().clone());
        let Ok(ask) = client.user_info(tokens.access_token().clone(), subject) else {
            return Ok(Claims::new());
        };
        let more: UserInfoClaims<Others, CoreGenderClaim> = ask
            .request_async(&self.http)
            .await
            .map_err(|error| fault("the provider tells nothing of the person", &error))?;
        claims_of(&more)
    }

    /// Where somebody signs out of the provider itself; none where it has no such page.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn leave(&self, id_token: &str, now: &Now) -> Result<Option<String>, Fault> {
        let metadata = self.found(false, now).await?;
        let end = metadata.additional_metadata().end_session_endpoint.as_ref();
        Ok(end.map(|end| {
            let mut url = end.url().clone();
            url.query_pairs_mut()
                .append_pair("id_token_hint", id_token)
                .append_pair("client_id", &self.settings.client_id)
                .append_pair("post_logout_redirect_uri", &format!("{}/sign-in", self.address));
            url.into()
        }))
    }
}

/// Claims by their names, the standard ones among them.
fn claims_of(said: &impl Serialize) -> Result<Claims, Fault> {
    let value = serde_json::to_value(said).map_err(|error| fault("the claims are none", &error))?;
    serde_json::from_value(value).map_err(|error| fault("the claims are none", &error))
}
