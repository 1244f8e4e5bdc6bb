"""The parts of the OpenAPI document, and what each is about."""

TAGS = {
    "api_invitations": ("Invitations", "Invite people, and follow what happens."),
    "api_acceptances": ("Accepting", "For sites with their own registration page."),
    "api_members": ("Members", "Who belongs to the organization, and in which role."),
    "api_links": ("Join links", "One link for many people, each of whom is mailed an invitation."),
    "api_groups": ("Groups", "Named sets of members, which other programs read."),
    "api_applications": ("Applications", "What members reach through Gatehouse."),
    "api_events": ("Events", "The audit trail."),
    "api_reports": ("Reports", "The figures from the reports page."),
    "api_sessions": ("Sessions", "Sign in, and ask who you are."),
}
