"""What a key can be for: its scopes, in the words of the form that makes one."""

from __future__ import annotations

from webapp.languages import marked

SCOPES = {
    "invitations:read": marked("See invitations"),
    "invitations:write": marked("Invite people, and resend, edit and revoke invitations"),
    "members:read": marked("See members"),
    "members:write": marked("Change roles, and deactivate and reactivate members"),
    "groups:read": marked("See groups"),
    "groups:write": marked("Change groups, and who is in them"),
    "applications:write": marked("See and change applications, and who may enter them"),
    "audit:read": marked("Read the audit trail"),
}
