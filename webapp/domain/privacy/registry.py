"""What is kept about a person: one table for both copies, for erasing, and for the test over it.

A test checks every column of every table: it is listed here, or in the test with the reason why it
is not personal. docs/privacy.md says the same in words.
"""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain.privacy import invited_parts, openid_part, people, review_part
from webapp.domain.privacy.parts import AGAIN, NUMBER, SECRET, WORK, DataPart
from webapp.models import (
    AccountNotice,
    ApiKey,
    BulkImportRow,
    DailyCount,
    Delivery,
    DeliveryAttempt,
    Event,
    GroupMember,
    KeptForm,
    Membership,
    RecoveryCode,
    Session,
    Suppression,
    User,
    Visit,
)

PARTS = (
    DataPart(
        "account",
        User,
        lambda person: User.id == person.user_id,
        "id email username full_name language inviter_notices created_at verified_at totp_since",
        {
            "email_key username_key": AGAIN,
            "password_hash totp_secret totp_step": SECRET,
            "confined_to_id": "its memberships say so",
            "deleted_at": "nobody's any more",
        },
        "email email_key username username_key full_name password_hash totp_secret totp_since "
        "totp_step verified_at confined_to_id",
    ),
    DataPart(
        "memberships",
        Membership,
        lambda person: Membership.user_id == person.user_id,
        "organization_id role status joined_at last_seen_at ends_at ended_at warned_days",
        {"id user_id": NUMBER, "sponsor_id": "somebody else"},
        is_deleted=True,
        place=Membership.organization_id,
    ),
    DataPart(
        "groups",
        GroupMember,
        lambda person: GroupMember.membership_id.in_(
            select(Membership.id).where(Membership.user_id == person.user_id)
        ),
        "organization_id group_id added_at",
        {"membership_id": NUMBER},
        is_deleted=True,
        place=GroupMember.organization_id,
    ),
    review_part.REVIEWS,
    DataPart(
        "sessions",
        Session,
        lambda person: Session.user_id == person.user_id,
        "organization_id created_at last_used_at expires_at revoked_at address device",
        {"id user_id": NUMBER, "token_hash": SECRET},
        "address device",
    ),
    DataPart(
        "visits",
        Visit,
        lambda person: Visit.session_id.in_(
            select(Session.id).where(Session.user_id == person.user_id)
        ),
        "organization_id application_id created_at entered_at ends_at",
        {"id session_id": NUMBER, "digest state_digest": SECRET},
        is_deleted=True,
        place=Visit.organization_id,
    ),
    DataPart(
        "forms_kept",
        KeptForm,
        lambda person: KeptForm.user_id == person.user_id,
        "created_at",
        {"id user_id": NUMBER, "browser": SECRET, "sealed": "only their browser opens it"},
        is_deleted=True,
    ),
    DataPart(
        "recovery_codes",
        RecoveryCode,
        lambda person: RecoveryCode.user_id == person.user_id,
        "used_at",
        {"id user_id": NUMBER, "digest": SECRET},
        is_deleted=True,
    ),
    DataPart(
        "api_keys_made",
        ApiKey,
        lambda person: ApiKey.maker_id == person.user_id,
        "organization_id name scopes created_at expires_at last_used_at revoked_at",
        {"id maker_id": NUMBER, "prefix digest": SECRET},
        place=ApiKey.organization_id,
    ),
    *openid_part.PARTS,
    *invited_parts.PARTS,
    DataPart(
        "mails",
        Delivery,
        people.mailed,
        "id organization_id invitation_id kind recipient message_id state attempts created_at "
        "settled_at words blame cause code receiver came_back_at",
        {"user_id link_number": NUMBER, "tried_since due_at lease": WORK},
        "recipient words",
        place=Delivery.organization_id,
    ),
    DataPart(
        "tries_at_mails",
        DeliveryAttempt,
        lambda person: DeliveryAttempt.delivery_id.in_(
            select(Delivery.id).where(people.mailed(person))
        ),
        "delivery_id number at result words",
        {"id": NUMBER},
        "words",
    ),
    DataPart(
        "changes_told_by_mail",
        AccountNotice,
        lambda person: AccountNotice.delivery_id.in_(
            select(Delivery.id).where(people.mailed(person))
        ),
        "delivery_id event actor at address device",
        is_deleted=True,
    ),
    DataPart(
        "mails_counted",
        DailyCount,
        people.counted,
        "day kind count at",
        {"subject": AGAIN},
        is_deleted=True,
    ),
    DataPart(
        "suppressions",
        Suppression,
        lambda person: Suppression.email_key == person.key,
        "organization_id email reason created_at",
        {"id": NUMBER, "email_key": AGAIN},
        "email email_key",
        place=Suppression.organization_id,
    ),
    DataPart(
        "lines_of_lists",
        BulkImportRow,
        lambda person: BulkImportRow.email_key == person.key,
        "number line email role name message groups access_until kind reason",
        {"id import_id invitation_id": NUMBER, "email_key": AGAIN},
        "email email_key name message reason",
        place=people.LIST_PLACE,
    ),
    DataPart(
        "events",
        Event,
        people.happened,
        "id organization_id name at actor invitation_id data",
        {"actor_id person_id": NUMBER, "email_key": AGAIN, "request_id": "of our log"},
        "data email_key",
        place=Event.organization_id,
    ),
)
