"""When members' access ends: setting, extending and ending it, and who answers for them."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.domain.errors import Refusal
from webapp.domain.invitations import access, inviter_handover
from webapp.domain.links import handover
from webapp.domain.members import changing, end_rules, ends, sponsors
from webapp.domain.organizations import access_terms, days, memberships
from webapp.languages import gettext as _
from webapp.models import Membership
from webapp.web import pages, scope
from webapp.web.forms import Form
from webapp.web.forms.member_ends import EndForm, SponsorForm
from webapp.web.forms.members import DeactivateForm
from webapp.web.pages import dialog

blueprint = Blueprint(
    "member_ends", __name__, url_prefix="/orgs/<slug:slug>/members/<id:membership_id>"
)


@blueprint.get("/end")
def ask_end(slug: str, membership_id: int) -> Response:
    """The form to set or remove the end of the member's access."""
    member = memberships.find(scope.organization(), membership_id)
    objection = end_rules.objection_to_change(member, by=scope.me())
    if objection is not None:
        return _cannot(objection)
    return _ask("end", EndForm.showing(member), member)


@blueprint.post("/end")
def set_end(slug: str, membership_id: int) -> AnyResponse:
    """Set or remove it."""
    organization, form = scope.organization(), EndForm()
    member = memberships.find(organization, membership_id)
    done = form.attempt(
        lambda: changing.change(
            organization,
            membership_id,
            by=scope.me(),
            ends_at=access.end(organization, (form.access_until.data or "").strip() or None),
            seen=form.before,
        )
    )
    if not done:
        return _ask("end", form, member, 422)
    return _told(done.result)


@blueprint.post("/extend")
def extend(slug: str, membership_id: int) -> AnyResponse:
    """Extend it by the usual term; admins may, and the sponsor."""
    organization, form = scope.organization(), EndForm()
    done = form.attempt(ends.extend, organization, membership_id, by=scope.me(), seen=form.before)
    if not done:
        return pages.refused(form.refusal())
    return _told(done.result)


@blueprint.get("/end-now")
def ask_end_now(slug: str, membership_id: int) -> Response:
    """The confirmation page before ending the member's access at once."""
    member = memberships.find(scope.organization(), membership_id)
    objection = end_rules.objection_to_ending(member, by=scope.me())
    if objection is not None:
        return _cannot(objection)
    return _ask("end_now", DeactivateForm(), member)


@blueprint.post("/end-now")
def end_now(slug: str, membership_id: int) -> AnyResponse:
    """End it."""
    organization, form = scope.organization(), DeactivateForm()
    member = memberships.find(organization, membership_id)
    done = form.attempt(
        ends.end_now, organization, membership_id, by=scope.me(), pending=form.pending.data
    )
    if not done:
        return _ask("end_now", form, member, 422)
    flash(_("The access of %(name)s has ended.", name=member.user.full_name), "success")
    return pages.back_or(url_for("members.index", slug=slug))


@blueprint.get("/sponsor")
def ask_sponsor(slug: str, membership_id: int) -> Response:
    """The form to choose who answers for the member."""
    member = memberships.find(scope.organization(), membership_id)
    return _ask("sponsor", SponsorForm.of(member, **SponsorForm.shown(member)), member)


@blueprint.post("/sponsor")
def change_sponsor(slug: str, membership_id: int) -> AnyResponse:
    """Choose another one."""
    organization = scope.organization()
    member = memberships.find(organization, membership_id)
    form = SponsorForm.of(member)
    done = form.attempt(
        sponsors.change,
        organization,
        membership_id,
        by=scope.me(),
        sponsor_id=form.sponsor_id,
        seen=form.before,
    )
    if not done:
        return _ask("sponsor", form, member, 422)
    flash(_("The sponsor of %(name)s was saved.", name=member.user.full_name), "success")
    return pages.back_or(url_for("members.index", slug=slug))


def _told(member: Membership) -> AnyResponse:
    """Back to the members, with a message that says until when access lasts now."""
    organization, name = scope.organization(), member.user.full_name
    if member.ends_at is None:
        flash(_("The access of %(name)s has no end now.", name=name), "success")
    else:
        end = days.in_words(organization, member.ends_at)
        words = _("The access of %(name)s lasts until %(end)s.", name=name, end=end)
        flash(words, "success")
    return pages.back_or(url_for("members.index", slug=organization.slug))


def _cannot(objection: Refusal) -> Response:
    return pages.render(
        "members/cannot.html",
        fragment=dialog("members/_cannot.html"),
        heading=_("The end of access cannot be changed now"),
        objection=objection,
    )


def _ask(question: str, form: Form, member: Membership, status: int = 200) -> Response:
    organization = scope.organization()
    term = access_terms.of(organization).get(member.role, access_terms.Term())
    latest = access_terms.latest(organization, member.role)
    return pages.render(
        f"members/{question}.html",
        fragment=dialog(f"members/_{question}.html"),
        form=form,
        member=member,
        pending=inviter_handover.count(member) if member.role == "admin" else 0,
        sponsored=sponsors.count(member),
        links=handover.count(member),
        longest=term.longest_days,
        latest=days.in_words(organization, latest) if latest else None,
        status=status,
    )
