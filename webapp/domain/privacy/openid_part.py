"""What is kept about a person for the applications that they enter."""

from __future__ import annotations

from webapp.domain.privacy.parts import NUMBER, SECRET, WORK, DataPart
from webapp.models import OidcSubject, OidcVisit

PARTS = (
    DataPart(
        "application_numbers",
        OidcSubject,
        lambda person: OidcSubject.user_id == person.user_id,
        "organization_id sub",
        {"id user_id": NUMBER},
        is_deleted=True,
        place=OidcSubject.organization_id,
    ),
    # Kept until its applications have heard that it is over: at most four days longer.
    DataPart(
        "application_visits",
        OidcVisit,
        lambda person: OidcVisit.user_id == person.user_id,
        "organization_id application_id scope signed_in_at created_at used_at ends_at ended_at",
        {
            "id user_id session_id": NUMBER,
            "sid nonce code_digest code_challenge": SECRET,
            "access_digest family_digest refresh_digest": SECRET,
            "redirect_uri access_until told_at attempts due_at lease": WORK,
        },
        place=OidcVisit.organization_id,
    ),
)
