"""Bad input gets a page that says what to do, keeps what was typed, and never breaks anything."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests import cast
from webapp.db import db
from webapp.models import Invitation
from webapp.web import paths

NASTY = [
    "",
    " ",
    "x" * 10_000,
    "bo\0@example.org",
    "bo@example.org\r\nBcc: eve@evil.example",
    "bo@example.org\n",
    "\u202ebo@example.org",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "%s%n%d",
    "🏰" * 100,
]


def ids(value):
    return ascii(value)[:20]


@pytest.mark.parametrize("email", NASTY, ids=ids)
def test_a_nasty_address_is_refused_beside_its_field(browser, email, app):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    email = email.encode("utf-8", "surrogatepass")
    form = priya.page.form("/orgs/acme/invitations")
    answer = priya.post(form.action, {**form.fields, "email": email, "name": "Kept Name"})
    if email == b"bo@example.org\n":
        assert answer.page.heading == "Invitations"  # white space around is no fault
        return
    assert answer.status == 422
    assert answer.page.form("/orgs/acme/invitations").fields["name"] == "Kept Name"
    assert len(answer.page.problems) == 1
    assert 'id="email-error"' in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "owner"),
        ("role", ""),
        ("role", "\0"),
        ("expiry_days", "2"),
        ("expiry_days", "-1"),
        ("expiry_days", "abc"),
        ("expiry_days", "9" * 400),
        ("expiry_days", "٣"),
        ("name", "x" * 101),
        ("name", "two\nlines"),
        ("name", "nul\0"),
        ("name", "\u202egnol"),
        ("message", "x" * 1001),
        ("message", "nul\0"),
        ("message", "\x1b[31m"),
    ],
)
def test_each_other_field_says_what_it_takes(browser, field, value):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    priya.send("/orgs/acme/invitations", **{"email": "bo@example.org", field: value})
    assert priya.status == 422
    assert f'id="{field}-error"' in priya.page.html
    assert priya.page.form("/orgs/acme/invitations").fields["email"] == "bo@example.org"
    assert all(line.endswith(".") for line in priya.page.problems)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_bytes_that_are_no_text_are_refused(browser, kind, app):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    token = priya.page.form("/orgs/acme/invitations").fields["csrf_token"]
    broken = "\ud800@example.org".encode("utf-8", "surrogatepass")
    if kind.startswith("multipart"):
        parts = {b"csrf_token": token.encode(), b"role": b"manager", b"email": broken}
        form = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        body = b"".join(form % part for part in parts.items()) + b"--x--\r\n"
        kind += "; boundary=x"
    else:
        body = f"csrf_token={token}&role=manager&email=".encode() + quote(broken).encode()
    answer = priya.post("/orgs/acme/invitations", body, headers={"Content-Type": kind})
    assert answer.status in (400, 422)
    with app.app_context():
        assert (
            db.session.query(Invitation)
            .filter(Invitation.email.contains("%", autoescape=True))
            .count()
            == 0
        )


def test_a_field_sent_twice_is_refused(browser):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/invitations/new")
    fields = priya.page.form("/orgs/acme/invitations").fields
    fields["email"] = ["bo@example.org", "jo@example.org"]
    priya.post("/orgs/acme/invitations", fields)
    assert priya.status == 422
    assert "sent more than once" in " ".join(priya.page.problems)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "é"])
def test_a_body_that_is_no_form_is_refused(browser, kind):
    priya = browser(cast.PRIYA)
    for body in (b'{"email": ["bo@example.org"]}', b"[]", b"\xff\xfe", b"--x\r\n"):
        answer = priya.post("/orgs/acme/invitations", body, headers={"Content-Type": kind})
        assert answer.status in (400, 422)


@pytest.mark.parametrize(
    "address", ["/login", "/register", "/orgs/acme/invitations", "/register/decline"]
)
def test_a_body_of_ten_megabytes_is_refused(browser, address):
    priya = browser(cast.PRIYA)
    answer = priya.post(address, {"email": "x" * 10_000_000})
    assert answer.status == 413
    assert "too large" in answer.page.heading


@pytest.mark.parametrize(
    "query",
    ["status=nope", "status=%00", "before=-1", "before=1e9", "before=" + "9" * 40, "before=%00x"],
)
def test_a_nasty_query_shows_the_plain_table(browser, query):
    priya = browser(cast.PRIYA)
    priya.open(f"/orgs/acme/invitations?{query}")
    assert (priya.status, priya.page.heading) == (200, "Invitations")
    assert priya.page.rows()


@pytest.mark.parametrize("cookie", ["x", "", "é", "a" * 3000, "\\x00", '"'])
def test_a_nasty_cookie_is_nobodys(browser, cookie):
    somebody = browser()
    for name in ("gatehouse", "gatehouse_form"):
        somebody.client.set_cookie(name, cookie)
    somebody.open("/orgs/acme/invitations")
    assert somebody.page.heading == "Sign in"


def test_a_method_that_a_page_does_not_know_is_refused(browser):
    priya = browser(cast.PRIYA)
    for method in ("put", "patch", "delete"):
        response = getattr(priya.client, method)("/orgs/acme/invitations")
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]


@pytest.mark.both_databases
def test_a_nul_is_refused_on_both_databases(browser, app):
    with app.app_context():
        token = cast.mailed_token(cast.invited())
    bo = browser()
    bo.open(f"/register?token={token}")
    bo.send("/register", full_name="Bo\0", username="bo\0", password="seven bars\0 and a half")
    assert bo.status == 422
    bo.sign_in("\0", "x")
    assert bo.status == 422
    bo.sign_in("priya\0@acme.example", "x\0")
    assert bo.status == 422


TEXTS = st.text(max_size=300)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(email=TEXTS, role=TEXTS, days=TEXTS, name=TEXTS, message=TEXTS)
def test_any_text_in_any_field_is_invited_or_refused(
    browser, app, email, role, days, name, message
):
    priya = browser(cast.PRIYA, check=False)
    priya.open("/orgs/acme/invitations/new")
    fields = {"email": email, "role": role, "expiry_days": days, "name": name, "message": message}
    raw = {key: value.encode("utf-8", "surrogatepass") for key, value in fields.items()}
    priya.send("/orgs/acme/invitations", **raw)
    assert priya.status in (200, 422)
    with app.app_context():
        wrong = db.session.query(Invitation).filter(Invitation.role.not_in(list(cast_roles())))
        assert wrong.count() == 0


def cast_roles():
    return ("admin", "manager", "contributor")


BROKEN_ADDRESSES = ["http://[broken", "//[broken", "http://[::1", "http://\u2100.example/"]


@pytest.mark.parametrize("address", BROKEN_ADDRESSES)
def test_a_broken_address_of_the_page_that_one_comes_from_breaks_nothing(browser, app, address):
    with app.app_context():
        number = cast.invited().id
    header = address.encode().decode("latin-1")  # as WSGI has it
    claims = [{"Referer": header}, {"HX-Request": "true", "HX-Current-URL": header}]
    one = f"/orgs/acme/invitations/{number}"
    pages = (f"{one}/revoke", f"{one}/edit", "/orgs/acme/invitations/selected?do=revoke", "/login")
    for headers in claims:
        priya, stranger = browser(cast.PRIYA), browser()
        for page in pages:
            assert priya.open(page, headers=headers, follow=False).status in (200, 303)
        assert stranger.open(f"{one}/revoke", headers=headers, follow=False).status in (303, 401)
        # Two who were signed out meanwhile: a form with text in it, and a button.
        for action in ("/orgs/acme/invitations", f"{one}/resend"):
            typed = {"email": "bo@example.org", "back": address}
            answer = stranger.post(action, typed, headers=headers, follow=False)
            assert answer.status in (303, 401)


@pytest.mark.parametrize(
    "address", [*BROKEN_ADDRESSES, "/[broken?kept=1", "/?kept=[x", "/\\[broken"]
)
def test_a_broken_address_to_go_on_to_breaks_nothing(browser, app, address):
    somebody = browser(check=False)  # a link to a path of ours that no file has is valid enough
    assert somebody.open("/login", query_string={"next": address}).status == 200
    fields = somebody.page.form("/login").fields
    typed = {**fields, "email": cast.PRIYA, "password": cast.PASSWORD, "next": address}
    assert somebody.post("/login", typed, follow=False).status == 303
    for action in ("/logout", "/language"):
        sent = {"csrf_token": fields["csrf_token"], "next": address, "back": address}
        answer = somebody.post(action, {**sent, "language": "de"}, follow=False)
        assert answer.status in (303, 422)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", ""),
        ("https://example.org/orgs/acme?q=a%20b&after=#row-1", "/orgs/acme?q=a%20b&after="),
        ("/orgs/acme", "/orgs/acme"),
        ("https://example.org", ""),
        *((address, "") for address in BROKEN_ADDRESSES),
    ],
)
def test_the_path_of_an_address(address, path):
    assert paths.of_address(address) == path


@pytest.mark.parametrize("path", ["/login", "/orgs/acme/invitations", "/orgs/acme/audit/trail.csv"])
def test_an_address_with_bytes_that_are_no_text_breaks_nothing(browser, path):
    raw = {"QUERY_STRING": "address=bo&q=\xff"}  # as WSGI has them
    for visitor in (browser(), browser(cast.PRIYA)):
        assert visitor.client.get(path, environ_overrides=raw).status_code in (200, 303)
