"""The facts: one file per noun, its columns, its constraints, and questions about one row."""

from webapp.models.daily_count import DailyCount
from webapp.models.delivery import Delivery, DeliveryState, MailHold
from webapp.models.event import Event
from webapp.models.invitation import Invitation, InvitationState
from webapp.models.membership import Membership, Role
from webapp.models.organization import Organization
from webapp.models.recovery_code import RecoveryCode
from webapp.models.session import Session
from webapp.models.suppression import Suppression
from webapp.models.user import User

__all__ = [
    "DailyCount",
    "Delivery",
    "DeliveryState",
    "Event",
    "Invitation",
    "InvitationState",
    "MailHold",
    "Membership",
    "Organization",
    "RecoveryCode",
    "Role",
    "Session",
    "Suppression",
    "User",
]
