"""Who may use the pages of join links and requests: a part of the access table."""

from webapp.web.call_access import ANYONE

PEOPLE_WHO_ASK: dict[str, str] = {
    "joining.type_code": ANYONE,
    "joining.find": ANYONE,
    "joining.show": ANYONE,
    "joining.ask": ANYONE,
    "joining.sent": ANYONE,
    "asking.show": ANYONE,
    "asking.ask": ANYONE,
    "asking.sent": ANYONE,
    "join_links.index": "invitations:read",
    "join_links.new": "invitations:write",
    "join_links.create": "invitations:write",
    "join_links.show": "invitations:read",
    "join_links.pause": "invitations:write",
    "join_links.resume": "invitations:write",
    "join_links.ask_revoke": "invitations:write",
    "join_links.revoke": "invitations:write",
    # All members may make requests and see their own; the verbs say who decides.
    "requests.index": "members:read",
    "requests.new": "members:read",
    "requests.create": "members:read",
    "requests.ask_stay": "members:read",
    "requests.stay": "members:read",
    "requests.withdraw": "members:read",
    "request_decisions.show": "members:read",
    "request_decisions.approve": "members:read",
    "request_decisions.decline": "members:read",
    "request_decisions.ask_several": "members:read",
    "request_decisions.do_several": "members:read",
}
