"""Signing in with us on the way to somebody else's program."""

from __future__ import annotations

from tests import cast
from tests.support.page import Page
from tests.support.proxies import Answer, Caller
from tests.support.visits import NAMES
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Group, GroupMember

PAGE = {"Accept": "text/html", "Sec_Fetch_Mode": "navigate"}
SCRIPT = {"Accept": "*/*", "Sec_Fetch_Mode": "cors"}
FORGED = {
    spelling: "root"
    for name in NAMES
    for spelling in (name, name.replace("-", "_"), name.upper(), name.replace("-", "_").lower())
}


def signed_in(caller: Caller, gatehouse: str, path: str) -> Answer:
    """Where Chen ends up who asks the program for the page and has to sign in first."""
    page = Page(caller.call(path, **PAGE).text)
    form = page.form("/login").fields
    here, caller.address = caller.address, gatehouse
    typed = {**form, "email": cast.CHEN, "password": cast.PASSWORD}
    answer = caller.call("/login", typed, Origin=gatehouse, **PAGE)
    caller.address = here
    return answer


@transaction()
def put_in(group: Group) -> None:
    """Chen is in the group."""
    keys = {"group_id": group.id, "organization_id": group.organization_id}
    member = cast.member()
    db.session.add(GroupMember(membership_id=member.id, added_at=clock.now(), **keys))
