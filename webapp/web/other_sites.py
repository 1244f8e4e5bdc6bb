"""Posts from the pages of other sites are refused."""

from __future__ import annotations

from flask import Response, request

from webapp.languages import gettext as _
from webapp.web import failures
from webapp.web.api import guard, problems

# For programs: signed by us or with our secret, only logged, only answered or only sent on.
FROM_ANYWHERE = {
    "openid.authorize_by_post",
    "openid_logout.log_out",
    *("openid_tokens.token", "openid_tokens.userinfo"),  # programs in browsers
    "unsubscribing.unsubscribe",
    "unsubscribing.stop_notices",
    "resend_webhook.take",
    "csp_reports.take",
    "gate.check",  # a proxy asks, about requests of any kind
}


def refuse() -> Response | None:
    """Refuse posts from other sites' pages, before any CSRF token is read (Fetch Metadata)."""
    if request.method != "POST" or request.endpoint in FROM_ANYWHERE:
        return None
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        if guard.is_call():
            return problems.of_other_site()
        title = _("This came from another site")
        return failures.page(403, title, _("Open the page on this site and try again."))
    return None
