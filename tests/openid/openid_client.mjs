// openid-client 6 as a relying party: signs in, learns who it is, refreshes, and signs out.
// Arguments: issuer, client id, secret (empty: public client), redirect address, address after
// signing out, and the session's cookie. Prints what it learnt as JSON.
import * as client from "openid-client";

const [issuer, id, secret, redirectUri, after, cookie] = process.argv.slice(2);
const authentication = secret ? client.ClientSecretBasic(secret) : client.None();
const config = await client.discovery(new URL(issuer), id, undefined, authentication, {
  execute: [client.allowInsecureRequests],
});
const verifier = client.randomPKCECodeVerifier();
const checks = {
  pkceCodeVerifier: verifier,
  expectedState: client.randomState(),
  expectedNonce: client.randomNonce(),
  maxAge: 3600,
};
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid profile email groups",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state: checks.expectedState,
  nonce: checks.expectedNonce,
  max_age: "3600",
});
const sent = await fetch(address, { headers: { cookie }, redirect: "manual" });
const tokens = await client.authorizationCodeGrant(
  config, new URL(sent.headers.get("location")), checks);
const claims = tokens.claims();
const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
const toldAgain = await client.fetchUserInfo(config, fresh.access_token, claims.sub);
const end = client.buildEndSessionUrl(config, {
  post_logout_redirect_uri: after, id_token_hint: tokens.id_token, state: "bye",
});
const ended = await fetch(end, { headers: { cookie }, redirect: "manual" });
let late = null;
try {
  await client.refreshTokenGrant(config, fresh.refresh_token);
} catch (error) {
  late = error.error;
}
console.log(JSON.stringify({ claims, told, toldAgain, ended: ended.headers.get("location"), late }));
