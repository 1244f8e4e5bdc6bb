"""What goes over the wire."""

from __future__ import annotations

import gzip

import brotli
import pytest

from tests import cast
from webapp.config import ROOT

LIST = "/orgs/acme/invitations"
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}
# What browsers send: over https, and where nothing is encrypted.
SENT = {"br": "gzip, deflate, br", "gzip": "gzip, deflate"}


@pytest.fixture
def ask(app, browser):
    """Priya's browser asking for an address in an encoding."""
    with app.app_context():
        for number in range(60):
            cast.invited(f"somebody.{number * 7919 % 1000}@school{number % 9}.example", send=False)
    priya = browser(cast.PRIYA)

    def ask(address, encoding):
        headers = {"Accept-Encoding": SENT[encoding]} if encoding else {}
        return priya.client.get(address, headers=headers)

    return ask


@pytest.mark.parametrize("encoding", UNPACK)
def test_a_page_of_fifty_rows_is_small_and_unpacks_to_the_same(ask, encoding):
    packed = ask(LIST, encoding)
    assert packed.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in packed.headers["Vary"]
    print(f"{encoding}: {len(packed.data):,} octets of {len(UNPACK[encoding](packed.data)):,}")
    assert len(packed.data) <= 12_000
    assert UNPACK[encoding](packed.data).count(b'<th scope="row">') == 50


def test_who_does_not_ask_for_it_gets_it_plain(ask):
    plain = ask(LIST, None)
    assert "Content-Encoding" not in plain.headers
    assert plain.data.count(b'<th scope="row">') == 50


@pytest.mark.parametrize("encoding", UNPACK)
def test_a_first_visit_takes_at_most_sixty_kilobytes(ask, encoding):
    page = ask(LIST, encoding)
    html = UNPACK[encoding](page.data).decode()
    total = len(page.data)
    for file in (ROOT / "webapp/static").iterdir():
        address = html.partition(f"/static/{file.name}")[2]
        assert address, f"{file.name} is not asked for"
        answer = ask(f"/static/{file.name}{address.partition(chr(34))[0]}", encoding)
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        total += len(answer.data)
        answer.close()
    print(f"{encoding}: {total:,} octets")
    assert total <= 60_000
