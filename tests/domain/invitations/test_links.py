"""Rule 5: what opens a link, and what does not."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest
from sqlalchemy import event

from tests import cast
from tests.support.settings import SECRET_KEY
from webapp import signing
from webapp.db import db
from webapp.domain.errors import NotFound
from webapp.domain.invitations import link_status, links, resends

pytestmark = pytest.mark.usefixtures("in_app")


def test_a_link_says_which_invitation_and_whether_it_was_mailed():
    made = cast.invited()
    mailed = links.read(links.token(made, links.MAILED))
    copied = links.read(links.token(made, links.COPIED))
    assert (mailed.invitation_id, mailed.organization_id) == (made.id, made.organization_id)
    assert mailed.mailed
    assert not copied.mailed
    assert len(mailed.secret) == 32


def test_every_issue_has_fresh_random_bytes():
    made = cast.invited()
    first = made.secret
    resends.resend(cast.organization(), made.id, by=cast.person())
    assert cast.invitation().secret != first


@pytest.mark.parametrize("token", ["", "x", "a.b", "é", "\udc80", "." * 3000, "WzFd.AAAA"])
def test_a_text_that_we_did_not_sign_is_refused_without_asking_the_database(token):
    asked = []
    listen = event.listens_for(db.engine, "before_cursor_execute")
    listen(lambda *args: asked.append(args[2]))
    with pytest.raises(NotFound):
        link_status.look(token)
    assert asked == []


def test_every_altered_character_of_the_payload_is_refused():
    token = links.token(cast.invited(), links.COPIED)
    payload, _, signature = token.rpartition(".")
    for place in range(len(payload)):
        other = "A" if payload[place] != "A" else "B"
        with pytest.raises(NotFound):
            link_status.look(f"{payload[:place]}{other}{payload[place + 1 :]}.{signature}")


def test_a_text_signed_for_another_purpose_is_refused():
    made = cast.invited()
    secret = base64.urlsafe_b64encode(made.secret).decode().rstrip("=")
    payload = [made.id, made.organization_id, secret, "m"]
    with pytest.raises(NotFound):
        link_status.look(signing.sign("show link", payload))
    assert link_status.look(signing.sign(links.PURPOSE, payload)).invitation.id == made.id


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        [1],
        {"a": 1},
        ["x", 1, "AA", "m"],
        [1, 1, 5, "m"],
        [1, 1, "é", "m"],
        [10**30, 1, "AA", "m"],
    ],
)
def test_signed_nonsense_is_refused(payload):
    with pytest.raises(NotFound):
        link_status.look(signing.sign(links.PURPOSE, payload))


def test_a_stolen_key_opens_nothing_without_the_database():
    made = cast.invited()
    forged = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    payload = [made.id, made.organization_id, forged, "m"]
    with pytest.raises(NotFound):
        link_status.look(signing.sign(links.PURPOSE, payload))


def test_a_link_is_bound_to_its_organization():
    made = cast.invited()
    secret = base64.urlsafe_b64encode(made.secret).decode().rstrip("=")
    payload = [made.id, cast.organization("evil").id, secret, "m"]
    with pytest.raises(NotFound):
        link_status.look(signing.sign(links.PURPOSE, payload))


def test_fallback_keys_keep_old_links_alive_while_keys_rotate(make_app):
    token = links.token(cast.invited(), links.MAILED)
    new = "another-key-for-the-tests-0123456789"
    with make_app(SECRET_KEY=new).app_context(), pytest.raises(NotFound):
        link_status.look(token)
    with make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=SECRET_KEY).app_context():
        assert link_status.look(token).status == "open"
        fresh = links.token(cast.invitation(), links.MAILED)
    with make_app(SECRET_KEY=new).app_context():
        assert link_status.look(fresh).status == "open"


def test_links_are_built_from_the_public_address():
    made = cast.invited()
    assert links.address(made, links.MAILED).startswith("http://gatehouse.test/register?token=")


@pytest.mark.parametrize("ids", [[10**30, 1], [[1], 1], [1, True], ["1", 1], [0, 1], [-5, 1]])
def test_signed_ids_that_are_no_ids_are_refused(ids):
    cast.invited()
    with pytest.raises(NotFound):
        link_status.look(signing.sign(links.PURPOSE, [*ids, "A" * 43, "m"]))


def test_of_earlier_links_the_newest_two_hundred_are_known():
    made = cast.invited()
    issued = [links.read(links.token(made, links.COPIED))]
    for _ in range(201):
        links.renew(made)
        issued.append(links.read(links.token(made, links.COPIED)))
    known = [links.is_earlier(link, made) for link in issued]
    assert known == [False] + [True] * 200 + [False]
    assert links.is_current(issued[-1], made)
    db.session.rollback()


def test_earlier_links_are_kept_as_the_first_half_of_their_sha256():
    made = cast.invited()
    first = hashlib.sha256(made.secret).hexdigest()[:32]  # rows in use are read by this
    links.renew(made)
    assert made.earlier_links == first
    db.session.rollback()
