// The same requests, good and bad, to us and to oidc-provider 9, a certified provider.
// Standard input: where we are, the session's cookie, and the clients that we know. Prints for each
// request how both sides answered.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

let text = "";
for await (const piece of process.stdin) text += piece;
const given = JSON.parse(text);
const { one, other, app } = given.clients;
const BACK = given.back;
const OTHER_BACK = given.otherBack;

function metadata(client, back) {
  const secret = client.secret ? { client_secret: client.secret } : {};
  const method = client.secret ? "client_secret_basic" : "none";
  return {
    client_id: client.id, ...secret, token_endpoint_auth_method: method, redirect_uris: [back],
    grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
  };
}

const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const THEIRS = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(THEIRS, {
  clients: [metadata(one, BACK), metadata(other, OTHER_BACK), metadata(app, BACK)],
  pkce: { required: () => true },
  scopes: ["openid"],
  claims: { openid: ["sub"], profile: ["name"], email: ["email"], groups: ["groups"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ["k"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile email groups");
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    provider.interactionFinished(request, response, { login: { accountId: "chen" } });
  } else answer(request, response);
});

class Side {
  constructor(base, paths, cookies) {
    Object.assign(this, { base, paths, jar: new Map(cookies) });
  }
  get cookie() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  async fetch(address, options = {}) {
    const headers = { cookie: this.cookie, ...options.headers };
    const response = await fetch(address, { ...options, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      this.jar.set(name, value);
    }
    return response;
  }
  async authorize(entries, { signedIn = true } = {}) {
    const address = `${this.base}${this.paths.authorize}?${new URLSearchParams(entries)}`;
    return signedIn ? this.fetch(address) : fetch(address, { redirect: "manual" });
  }
  async signIn() { // theirs: by its own pages
    let response = await this.authorize(values(new Pkce()));
    for (let hops = 0; hops < 5; hops += 1) {
      const next = new URL(response.headers.get("location"), this.base);
      if (next.origin !== this.base) return;
      response = await this.fetch(next);
    }
  }
  async code(pkce = new Pkce(), changes = {}) {
    const response = await this.authorize(values(pkce, changes));
    const location = new URL(response.headers.get("location"));
    return { pkce, code: location.searchParams.get("code") };
  }
  token(form, headers) {
    return fetch(this.base + this.paths.token, {
      method: "POST", headers, body: new URLSearchParams(form),
    });
  }
  async tokens(changes) {
    return (await this.token(grant(await this.code(undefined, changes)), basic(one))).json();
  }
  userinfo(headers) {
    return fetch(this.base + this.paths.userinfo, { headers });
  }
}

class Pkce {
  verifier = randomBytes(32).toString("base64url");
  challenge = createHash("sha256").update(this.verifier).digest("base64url");
}

function values(pkce, changes = {}) {
  const all = {
    client_id: one.id, redirect_uri: BACK, response_type: "code", scope: "openid", state: "s",
    nonce: "n", code_challenge: pkce.challenge, code_challenge_method: "S256", ...changes,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((each) => [name, each]));
}

function basic(client, secret = client.secret) {
  return { authorization: `Basic ${Buffer.from(`${client.id}:${secret}`).toString("base64")}` };
}

function grant({ code, pkce }, changes = {}) {
  const all = {
    grant_type: "authorization_code", code, redirect_uri: BACK, code_verifier: pkce.verifier,
    ...changes,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((each) => [name, each]));
}

async function short(response, base) {
  const location = response.headers.get("location");
  if (location !== null) {
    const to = new URL(location, base);
    if (to.origin === base) return "asks to sign in";
    const said = new URLSearchParams(to.hash ? to.hash.slice(1) : to.search);
    return `back with ${said.get("error") ?? "a code"}`;
  }
  if ((response.headers.get("content-type") ?? "").includes("json")) {
    const { error } = await response.json();
    return `${response.status}${error ? ` ${error}` : ""}`;
  }
  const said = /error="(\w+)"/.exec(response.headers.get("www-authenticate") ?? "");
  const isPage = (response.headers.get("content-type") ?? "").includes("html");
  return `${response.status}${said ? ` ${said[1]}` : ""}${isPage ? " and a page" : ""}`;
}

const long = "x".repeat(700);
const AUTHORIZE = {
  "a good request": {},
  "a good request by a visitor": { visitor: true },
  "prompt=none": { prompt: "none" },
  "prompt=none by a visitor": { prompt: "none", visitor: true },
  "prompt=login": { prompt: "login" },
  "prompt=select_account": { prompt: "select_account" },
  "prompt=none login": { prompt: "none login" },
  "prompt unknown": { prompt: "dance" },
  "max_age=0": { max_age: "0" },
  "max_age large": { max_age: "100000" },
  "max_age negative": { max_age: "-1" },
  "max_age no number": { max_age: "soon" },
  "no client": { client_id: null },
  "an unknown client": { client_id: "nobody" },
  "two clients": { client_id: [one.id, one.id] },
  "no redirect address": { redirect_uri: null },
  "an unknown redirect address": { redirect_uri: "https://evil.example/callback" },
  "another client's redirect address": { redirect_uri: OTHER_BACK },
  "a redirect address in capitals": { redirect_uri: BACK.toUpperCase() },
  "a redirect address with a slash more": { redirect_uri: `${BACK}/` },
  "a redirect address with a query": { redirect_uri: `${BACK}?x=y` },
  "a redirect address with a fragment": { redirect_uri: `${BACK}#x` },
  "a redirect address with a port": { redirect_uri: BACK.replace(".example", ".example:8443") },
  "a redirect address with a user": { redirect_uri: BACK.replace("//", "//user@") },
  "two redirect addresses": { redirect_uri: [BACK, BACK] },
  "no response type": { response_type: null },
  "response_type=token": { response_type: "token" },
  "response_type=id_token": { response_type: "id_token" },
  "response_type=code id_token": { response_type: "code id_token" },
  "response_type unknown": { response_type: "cake" },
  "two response types": { response_type: ["code", "code"] },
  "no scope": { scope: null },
  "a scope without openid": { scope: "email" },
  "an unknown scope as well": { scope: "openid cake" },
  "two scopes": { scope: ["openid", "openid"] },
  "no PKCE": { code_challenge: null, code_challenge_method: null },
  "PKCE without a method": { code_challenge_method: null },
  "PKCE plain": { code_challenge_method: "plain" },
  "PKCE unknown": { code_challenge_method: "S512" },
  "a challenge that is too short": { code_challenge: "short" },
  "a challenge with strange letters": { code_challenge: `${"x".repeat(42)}!` },
  "two challenges": { code_challenge: ["x".repeat(43), "x".repeat(43)] },
  "no state": { state: null },
  "two states": { state: ["a", "b"] },
  "a long state": { state: long },
  "no nonce": { nonce: null },
  "two nonces": { nonce: ["a", "b"] },
  "response_mode=query": { response_mode: "query" },
  "response_mode=form_post": { response_mode: "form_post" },
  "response_mode unknown": { response_mode: "pigeon" },
  "a request object": { request: "x.y.z" },
  "a request_uri": { request_uri: "https://evil.example/r" },
  "a registration": { registration: "{}" },
  "an id_token_hint that is none": { id_token_hint: "x.y.z" },
  "a login_hint": { login_hint: "chen@acme.example" },
  "an unknown parameter": { cake: "yes" },
  "an unknown parameter twice": { cake: ["yes", "no"] },
  "a public client": { client_id: app.id },
  "a public client without PKCE": {
    client_id: app.id, code_challenge: null, code_challenge_method: null,
  },
};

const TOKEN = {
  "a good code": (side, got) => side.token(grant(got), basic(one)),
  "a code twice": async (side, got) => {
    await side.token(grant(got), basic(one));
    return side.token(grant(got), basic(one));
  },
  "an unknown code": (side, got) => side.token(grant(got, { code: "x" }), basic(one)),
  "no code": (side, got) => side.token(grant(got, { code: null }), basic(one)),
  "two codes": (side, got) => side.token(grant(got, { code: ["x", "x"] }), basic(one)),
  "another client's code": (side, got) => side.token(grant(got), basic(other)),
  "another redirect address": (side, got) =>
    side.token(grant(got, { redirect_uri: OTHER_BACK }), basic(one)),
  "no redirect address": (side, got) => side.token(grant(got, { redirect_uri: null }), basic(one)),
  "no verifier": (side, got) => side.token(grant(got, { code_verifier: null }), basic(one)),
  "a wrong verifier": (side, got) =>
    side.token(grant(got, { code_verifier: "x".repeat(43) }), basic(one)),
  "a verifier that is too short": (side, got) =>
    side.token(grant(got, { code_verifier: "short" }), basic(one)),
  "the challenge as verifier": (side, got) =>
    side.token(grant(got, { code_verifier: got.pkce.challenge }), basic(one)),
  "no grant type": (side, got) => side.token(grant(got, { grant_type: null }), basic(one)),
  "the password grant": (side) =>
    side.token({ grant_type: "password", username: "u", password: "p" }, basic(one)),
  "client credentials": (side) => side.token({ grant_type: "client_credentials" }, basic(one)),
  "an unknown grant": (side) => side.token({ grant_type: "cake" }, basic(one)),
  "a wrong secret": (side, got) => side.token(grant(got), basic(one, "wrong")),
  "another client's secret": (side, got) => side.token(grant(got), basic(one, other.secret)),
  "an unknown client": (side, got) => side.token(grant(got), basic({ id: "nobody" }, "x")),
  "no client": (side, got) => side.token(grant(got)),
  "a client without its secret": (side, got) => side.token(grant(got, { client_id: one.id })),
  "the secret twice": (side, got) =>
    side.token(grant(got, { client_secret: one.secret }), basic(one)),
  "a header that is broken": (side, got) => side.token(grant(got), { authorization: "Basic x" }),
  "a public client with its own code": async (side) => {
    const got = await side.code(undefined, { client_id: app.id });
    return side.token(grant(got, { client_id: app.id }));
  },
  "a public client with another's code": (side, got) =>
    side.token(grant(got, { client_id: app.id })),
  "no form": (side) => fetch(side.base + side.paths.token, {
    method: "POST", headers: { "content-type": "application/json", ...basic(one) }, body: "{}",
  }),
  "a refresh token": async (side) => {
    const { refresh_token } = await side.tokens();
    return side.token({ grant_type: "refresh_token", refresh_token }, basic(one));
  },
  "a refresh token twice": async (side) => {
    const { refresh_token } = await side.tokens();
    await side.token({ grant_type: "refresh_token", refresh_token }, basic(one));
    return side.token({ grant_type: "refresh_token", refresh_token }, basic(one));
  },
  "the refresh token after one was used twice": async (side) => {
    const { refresh_token } = await side.tokens();
    const form = { grant_type: "refresh_token", refresh_token };
    const fresh = await (await side.token(form, basic(one))).json();
    await side.token(form, basic(one));
    return side.token({ ...form, refresh_token: fresh.refresh_token }, basic(one));
  },
  "another client's refresh token": async (side) => {
    const { refresh_token } = await side.tokens();
    return side.token({ grant_type: "refresh_token", refresh_token }, basic(other));
  },
  "no refresh token": (side) => side.token({ grant_type: "refresh_token" }, basic(one)),
  "an unknown refresh token": (side) =>
    side.token({ grant_type: "refresh_token", refresh_token: "x" }, basic(one)),
  "a refresh token for more scopes": async (side) => {
    const { refresh_token } = await side.tokens();
    const form = { grant_type: "refresh_token", refresh_token, scope: "openid email" };
    return side.token(form, basic(one));
  },
  "userinfo": async (side) => {
    const { access_token } = await side.tokens();
    return side.userinfo({ authorization: `Bearer ${access_token}` });
  },
  "userinfo without a token": (side) => side.userinfo({}),
  "userinfo with an unknown token": (side) => side.userinfo({ authorization: "Bearer x" }),
  "userinfo with a refresh token": async (side) => {
    const { refresh_token } = await side.tokens();
    return side.userinfo({ authorization: `Bearer ${refresh_token}` });
  },
  "userinfo with an id_token": async (side) => {
    const { id_token } = await side.tokens();
    return side.userinfo({ authorization: `Bearer ${id_token}` });
  },
  "userinfo after a code was used twice": async (side, got) => {
    const { access_token } = await (await side.token(grant(got), basic(one))).json();
    await side.token(grant(got), basic(one));
    return side.userinfo({ authorization: `Bearer ${access_token}` });
  },
};

const ours = new Side(given.issuer, {
  authorize: "/oauth/authorize", token: "/oauth/token", userinfo: "/oauth/userinfo",
}, [given.cookie]);
const theirs = new Side(THEIRS, { authorize: "/auth", token: "/token", userinfo: "/me" }, []);
await theirs.signIn();

const found = {};
for (const [name, { visitor, ...changes }] of Object.entries(AUTHORIZE)) {
  const how = { signedIn: !visitor };
  const sent = values(new Pkce(), changes);
  const answers = [ours, theirs].map(async (side) =>
    short(await side.authorize(sent, how), side.base));
  found[`authorize: ${name}`] = await Promise.all(answers);
}
for (const [name, act] of Object.entries(TOKEN)) {
  const answers = [];
  for (const side of [ours, theirs]) {
    answers.push(await short(await act(side, await side.code()), side.base));
  }
  found[name.startsWith("userinfo") ? name : `token: ${name}`] = answers;
}
console.log(JSON.stringify(found));
server.closeAllConnections();
server.close();
