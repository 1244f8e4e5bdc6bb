"""Who may use which address: one table, and the only place that decides it.

A new route without a row here stops the application from starting.
"""

ANYONE = "anyone"
USER = "user"  # signed in, in any organization or none

# Everything else is a permission of domain/permissions.py, in the organization of the address:
# outsiders get 404, members without it 403, signed-out visitors are sent to sign in.
ACCESS: dict[str, str] = {
    "static": ANYONE,
    "home.index": ANYONE,
    "home.accessibility": ANYONE,
    "home.organizations": USER,
    "home.organization": "members:read",
    "home.to_invitations": USER,
    "home.to_members": USER,
    "health.alive": ANYONE,
    "health.ready": ANYONE,
    "sign_in.show": ANYONE,
    "sign_in.submit": ANYONE,
    "sign_in.logout": ANYONE,
    "registration.invite": ANYONE,
    "registration.show": ANYONE,
    "registration.accept": ANYONE,
    "registration.join": ANYONE,
    "registration.renew": ANYONE,
    "registration.ask_decline": ANYONE,
    "registration.decline": ANYONE,
    "registration.ask_confirm": ANYONE,
    "registration.confirm": ANYONE,
    "passwords.ask": ANYONE,
    "passwords.send": ANYONE,
    "passwords.show": ANYONE,
    "passwords.reset": ANYONE,
    "account.show": USER,
    "account.change_profile": USER,
    "account.change_password": USER,
    "invitations.index": "invitations:read",
    "invitations.detail": "invitations:read",
    "invitations.new": "invitations:write",
    "invitations.create": "invitations:write",
    "invitations.ask_edit": "invitations:write",
    "invitations.edit": "invitations:write",
    "invitations.ask_link": "invitations:write",
    "invitations.show_link": "invitations:write",
    "invitations.resend": "invitations:write",
    "invitations.retry": "invitations:write",
    "invitations.ask_revoke": "invitations:write",
    "invitations.revoke": "invitations:write",
    "members.index": "members:read",
    "mailbox.index": ANYONE,
    "mailbox.message": ANYONE,
}
