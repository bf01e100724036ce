// A real OpenID Connect provider on loopback, for the people of the demo: it asks for a login and for consent, as any does.

import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

/** What the provider says of whoever logs in with a name; everybody else it does not know. */
const people = new Map();

/**
 * Starts a provider: `{ issuer, allow, say, stop }`. `allow` names the address of the service that people come back to,
 * and `say` gives somebody claims.
 */
export async function startProvider() {
  let provider;
  const server = createServer((request, response) => provider.callback()(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const clients = (back) => [
    {
      client_id: "accord",
      client_secret: "a-secret-of-the-tests",
      redirect_uris: [`${back}/sign-in/with/nhsmail/back`],
      post_logout_redirect_uris: [`${back}/sign-in`],
    },
  ];
  const allow = (back) => {
    provider = new Provider(issuer, {
      clients: clients(back),
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
      // Without this, claims come from the address for them only, as with many providers.
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      findAccount: (_, login) => {
        const claims = people.get(login);
        return claims && { accountId: login, claims: () => ({ sub: login, ...claims }) };
      },
    });
    // What it warns of is meant for those who run it in earnest.
    provider.on("server_error", (_, error) => console.error(error));
  };
  allow("http://127.0.0.1:1");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { issuer, allow, say: (login, claims) => people.set(login, claims), stop };
}
