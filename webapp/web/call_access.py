"""Who may use which call of the API: a part of the access table."""

ANYONE = "anyone"
USER = "user"  # signed in, in any organization or none

# The API. Its callers are known by a bearer token, never by a cookie; callers of all other routes
# by a cookie, never by a bearer token (web/api/guard.py).
CALLS: dict[str, str] = {
    "api_invitations.index": "invitations:read",
    "api_invitations.create": "invitations:write",
    "api_invitations.create_many": "invitations:write",
    "api_invitations.show": "invitations:read",
    "api_invitations.edit": "invitations:write",
    "api_invitations.resend": "invitations:write",
    "api_invitations.revoke": "invitations:write",
    "api_links.index": "invitations:write",
    "api_links.create": "invitations:write",
    "api_links.pause": "invitations:write",
    "api_links.resume": "invitations:write",
    "api_links.revoke": "invitations:write",
    "api_acceptances.validate": ANYONE,
    "api_acceptances.accept": ANYONE,
    "api_members.index": "members:read",
    "api_members.show": "members:read",
    "api_members.edit": "members:write",
    "api_members.deactivate": "members:write",
    "api_members.reactivate": "members:write",
    "api_groups.index": "groups:read",
    "api_groups.create": "groups:write",
    "api_groups.show": "groups:read",
    "api_groups.edit": "groups:write",
    "api_groups.delete": "groups:write",
    "api_groups.add": "groups:write",
    "api_groups.remove": "groups:write",
    "api_applications.index": "applications:write",
    "api_applications.create": "applications:write",
    "api_applications.show": "applications:write",
    "api_applications.edit": "applications:write",
    "api_applications.delete": "applications:write",
    "api_events.index": "audit:read",
    "api_reports.invitations": "invitations:read",
    "api_sessions.create": ANYONE,
    "api_sessions.end": USER,
    "api_sessions.me": USER,
}
