"""What is kept about a person: one table for both copies, for erasing, and for the test over it.

A test looks at every column of every table: it stands here, or there with the reason why it is
nobody's. docs/privacy.md says the same in words.
"""

from __future__ import annotations

from sqlalchemy import select

from webapp.domain.privacy import people
from webapp.domain.privacy.parts import AGAIN, NUMBER, SECRET, WORK, Part
from webapp.models import (
    AccountNotice,
    ApiKey,
    BulkImport,
    BulkImportRow,
    DailyCount,
    Delivery,
    DeliveryAttempt,
    Event,
    Invitation,
    KeptForm,
    Membership,
    RecoveryCode,
    RefusedTry,
    Session,
    Suppression,
    User,
)

_LIST_PLACE = (
    select(BulkImport.organization_id)
    .where(BulkImport.id == BulkImportRow.import_id)
    .scalar_subquery()
)
PARTS = (
    Part(
        "account",
        User,
        lambda one: User.id == one.user_id,
        "id email username full_name created_at verified_at totp_since",
        {
            "email_key username_key": AGAIN,
            "password_hash totp_secret totp_step": SECRET,
            "confined_to_id": "its memberships say so",
            "deleted_at": "nobody's any more",
        },
        "email email_key username username_key full_name password_hash totp_secret totp_since "
        "totp_step verified_at confined_to_id",
    ),
    Part(
        "memberships",
        Membership,
        lambda one: Membership.user_id == one.user_id,
        "organization_id role status joined_at last_seen_at",
        {"id user_id": NUMBER},
        is_deleted=True,
        place=Membership.organization_id,
    ),
    Part(
        "sessions",
        Session,
        lambda one: Session.user_id == one.user_id,
        "organization_id created_at last_used_at expires_at revoked_at address device",
        {"id user_id": NUMBER, "token_hash": SECRET},
        "address device",
    ),
    Part(
        "forms_kept",
        KeptForm,
        lambda one: KeptForm.user_id == one.user_id,
        "created_at",
        {"id user_id": NUMBER, "browser": SECRET, "sealed": "only their browser opens it"},
        is_deleted=True,
    ),
    Part(
        "recovery_codes",
        RecoveryCode,
        lambda one: RecoveryCode.user_id == one.user_id,
        "used_at",
        {"id user_id": NUMBER, "digest": SECRET},
        is_deleted=True,
    ),
    Part(
        "api_keys_made",
        ApiKey,
        lambda one: ApiKey.maker_id == one.user_id,
        "organization_id name scopes created_at expires_at last_used_at revoked_at",
        {"id maker_id": NUMBER, "prefix digest": SECRET},
        place=ApiKey.organization_id,
    ),
    Part(
        "invitations",
        Invitation,
        lambda one: Invitation.email_key == one.key,
        "id organization_id email role name message state expiry_days created_at expires_at "
        "resent_at renewed_at reminded_at opened_at ended_at decline_reason delivery_state",
        {
            "email_key words": AGAIN,
            "secret earlier_links link_number": SECRET,
            "inviter_id": "somebody else",
            "user_id": NUMBER,
        },
        "email email_key name message decline_reason words",
        place=Invitation.organization_id,
    ),
    Part(
        "tries_at_forms",
        RefusedTry,
        lambda one: RefusedTry.invitation_id.in_(people.invited(one)),
        "invitation_id reason n last_at",
    ),
    Part(
        "mails",
        Delivery,
        people.mailed,
        "id organization_id invitation_id kind recipient message_id state attempts created_at "
        "settled_at words",
        {"user_id link_number": NUMBER, "tried_since due_at lease": WORK},
        "recipient words",
        place=Delivery.organization_id,
    ),
    Part(
        "tries_at_mails",
        DeliveryAttempt,
        lambda one: DeliveryAttempt.delivery_id.in_(select(Delivery.id).where(people.mailed(one))),
        "delivery_id number at result words",
        {"id": NUMBER},
        "words",
    ),
    Part(
        "changes_told_by_mail",
        AccountNotice,
        lambda one: AccountNotice.delivery_id.in_(select(Delivery.id).where(people.mailed(one))),
        "delivery_id event actor at address device",
        is_deleted=True,
    ),
    Part(
        "mails_counted",
        DailyCount,
        people.counted,
        "day kind count at",
        {"subject": AGAIN},
        is_deleted=True,
    ),
    Part(
        "suppressions",
        Suppression,
        lambda one: Suppression.email_key == one.key,
        "organization_id email reason created_at",
        {"id": NUMBER, "email_key": AGAIN},
        "email email_key",
        place=Suppression.organization_id,
    ),
    Part(
        "lines_of_lists",
        BulkImportRow,
        lambda one: BulkImportRow.email_key == one.key,
        "number email role name message kind reason",
        {"id import_id invitation_id": NUMBER, "email_key": AGAIN},
        "email email_key name message reason",
        place=_LIST_PLACE,
    ),
    Part(
        "events",
        Event,
        people.happened,
        "id organization_id name at actor invitation_id data",
        {"actor_id person_id": NUMBER, "email_key": AGAIN, "request_id": "of our log"},
        "data email_key",
        place=Event.organization_id,
    ),
)
