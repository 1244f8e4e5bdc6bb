"""The tables: one file per noun, with its columns, constraints, and predicates about one row."""

from webapp.models.access_review import AccessReview, ReviewAnswer, ReviewLine, ReviewState
from webapp.models.access_term import AccessTerm
from webapp.models.account_notice import AccountNotice
from webapp.models.api_key import ApiKey
from webapp.models.application import Application, ApplicationGroup, OidcClient
from webapp.models.bulk_import import BulkImport, BulkImportRow, ImportState
from webapp.models.daily_count import DailyCount
from webapp.models.delivery import Delivery, DeliveryAttempt, DeliveryState, MailHold
from webapp.models.event import Event
from webapp.models.group import Group, GroupMember, InvitationGroup
from webapp.models.idempotent_request import IdempotentRequest
from webapp.models.invitation import UNDELIVERED, Invitation
from webapp.models.invitation_count import InvitationCount
from webapp.models.invitation_state import RESENDABLE, HasState, InvitationState
from webapp.models.invitation_words import words_of
from webapp.models.inviter_notice import InviterNotice, NoticeOutcome
from webapp.models.job_run import JobRun
from webapp.models.join_link import JoinAsk, JoinLink, JoinLinkGroup
from webapp.models.kept_form import KeptForm
from webapp.models.list_file import ColumnChoice, ListFile, ListFilePiece
from webapp.models.mail_template import MailDraft, MailTemplate
from webapp.models.membership import Membership, Role
from webapp.models.openid import OidcKey, OidcSubject, OidcVisit
from webapp.models.organization import Organization
from webapp.models.provider_event import ProviderEvent
from webapp.models.recovery_code import RecoveryCode
from webapp.models.refused_try import RefusedTry
from webapp.models.restore import Restore
from webapp.models.session import Session
from webapp.models.suppression import Suppression
from webapp.models.tally import Tally
from webapp.models.trail import EventSeal, TrailHead
from webapp.models.user import User
from webapp.models.webhook import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)

__all__ = [
    "RESENDABLE",
    "UNDELIVERED",
    "AccessReview",
    "AccessTerm",
    "AccountNotice",
    "ApiKey",
    "Application",
    "ApplicationGroup",
    "BulkImport",
    "BulkImportRow",
    "ColumnChoice",
    "DailyCount",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "Event",
    "EventSeal",
    "Group",
    "GroupMember",
    "HasState",
    "IdempotentRequest",
    "ImportState",
    "Invitation",
    "InvitationCount",
    "InvitationGroup",
    "InvitationState",
    "InviterNotice",
    "JobRun",
    "JoinAsk",
    "JoinLink",
    "JoinLinkGroup",
    "KeptForm",
    "ListFile",
    "ListFilePiece",
    "MailDraft",
    "MailHold",
    "MailTemplate",
    "Membership",
    "NoticeOutcome",
    "OidcClient",
    "OidcKey",
    "OidcSubject",
    "OidcVisit",
    "Organization",
    "ProviderEvent",
    "RecoveryCode",
    "RefusedTry",
    "Restore",
    "ReviewAnswer",
    "ReviewLine",
    "ReviewState",
    "Role",
    "Session",
    "Suppression",
    "Tally",
    "TrailHead",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookState",
    "words_of",
]
