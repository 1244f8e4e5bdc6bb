"""What programs of others use without an account: whatever they need to show, the view asks for."""

from webapp.web.call_access import ANYONE

PROGRAMS: dict[str, str] = {
    "resend_webhook.take": ANYONE,  # a signature
    "csp_reports.take": ANYONE,
    "openid.configuration": ANYONE,
    "openid.jwks": ANYONE,
    "openid.authorize": ANYONE,  # sends visitors to sign in itself
    "openid.authorize_by_post": ANYONE,
    "openid_tokens.token": ANYONE,  # the program's secret
    "openid_tokens.userinfo": ANYONE,  # its token
    "openid_logout.ask": ANYONE,
    "openid_logout.log_out": ANYONE,
}
