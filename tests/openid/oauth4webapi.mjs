// oauth4webapi 3, which checks every answer by the letter of the standards, as a relying party.
// The same arguments and the same answer as openid_client.mjs; the secret goes into the form.
import * as oauth from "oauth4webapi";

const [issuer, id, secret, redirectUri, after, cookie] = process.argv.slice(2);
const http = { [oauth.allowInsecureRequests]: true };
const url = new URL(issuer);
const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, http));
const client = { client_id: id };
const authentication = secret ? oauth.ClientSecretPost(secret) : oauth.None();
const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const address = new URL(as.authorization_endpoint);
address.search = new URLSearchParams({
  client_id: id, redirect_uri: redirectUri, response_type: "code",
  scope: "openid profile email groups", state, nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
const sent = await fetch(address, { headers: { cookie }, redirect: "manual" });
const answer = oauth.validateAuthResponse(
  as, client, new URL(sent.headers.get("location")), state);
const response = await oauth.authorizationCodeGrantRequest(
  as, client, authentication, answer, redirectUri, verifier, http);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
  expectedNonce: nonce, requireIdToken: true, maxAge: 3600,
});
await oauth.validateApplicationLevelSignature(as, response, http);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const ask = async (token) => oauth.processUserInfoResponse(
  as, client, claims.sub, await oauth.userInfoRequest(as, client, token, http));
const told = await ask(tokens.access_token);
const refresh = async (token) => oauth.processRefreshTokenResponse(
  as, client, await oauth.refreshTokenGrantRequest(as, client, authentication, token, http));
const fresh = await refresh(tokens.refresh_token);
const toldAgain = await ask(fresh.access_token);
const end = new URL(as.end_session_endpoint);
end.search = new URLSearchParams({
  post_logout_redirect_uri: after, id_token_hint: tokens.id_token, state: "bye",
});
const ended = await fetch(end, { headers: { cookie }, redirect: "manual" });
let late = null;
try {
  await refresh(fresh.refresh_token);
} catch (error) {
  late = error.error;
}
console.log(JSON.stringify({ claims, told, toldAgain, ended: ended.headers.get("location"), late }));
