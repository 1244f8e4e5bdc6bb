"""What access reviews keep about a person: numbers and words of ours, which erasing leaves."""

from __future__ import annotations

from webapp.domain.privacy.parts import NUMBER, DataPart
from webapp.models import ReviewLine

REVIEWS = DataPart(
    "reviews_of_access",
    ReviewLine,
    lambda person: ReviewLine.user_id == person.user_id,
    "organization_id review_id role groups joined_at last_seen_at ends_at answer answered_at "
    "role_after ends_after",
    {
        "id user_id membership_id": NUMBER,
        "sponsor_id invited_by_id answered_by_id": "somebody else",
    },
    place=ReviewLine.organization_id,
)
