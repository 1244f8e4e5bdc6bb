"""Many at once, on its pages: who may, what is refused, what is shown."""

from __future__ import annotations

import gzip
import io
import threading
import tracemalloc
import zipfile
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests import cast
from tests.support.live import LiveServer
from tests.support.page import text as read_text
from webapp.db import db
from webapp.domain.imports import runs
from webapp.models import BulkImport, BulkImportRow, Invitation

BULK = "/orgs/acme/invitations/bulk"


@pytest.fixture
def priya(browser):
    """The admin, before the form."""
    person = browser(cast.PRIYA)
    person.open(BULK)
    return person


def upload(person, content, name="guests.csv", **typed):
    form = person.page.form(BULK)
    fields = {key: value for key, value in form.fields.items() if key != "file"}
    return send_file(person, {**fields, **typed, "file": FileStorage(io.BytesIO(content), name)})


def send_file(person, fields, **options):
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return person.post(BULK, body, content_type=kind, **options)


def paste(person, text, **typed):
    return person.send(BULK, emails=text, **typed)


def imports(app):
    with app.app_context():
        return db.session.query(BulkImport).count()


def test_a_list_is_pasted_looked_at_sent_and_told_line_by_line(priya, app):
    paste(priya, f"bo@example.org {cast.CHEN} nonsense", role="manager")
    assert priya.status == 200
    for words in ("1 of 3 can be invited", "Nobody is invited yet", "is already a member"):
        assert words in priya.page.words
    address = priya.at.response.request.path
    priya.send(f"{address}/start")
    assert "1 of 3" not in priya.page.words
    assert "2 of 3 read, 2 refused" in priya.page.words
    with app.app_context():
        runs.run_due()
        assert cast.invitation().role == "manager"
    priya.open(address)
    assert "1 of 3 are invited." in priya.page.words
    priya.open(f"{address}?kind=sent")
    assert "bo@example.org" in priya.page.words
    assert "nonsense" not in priya.page.words
    priya.open(f"{address}?kind=nothing")
    assert priya.status == 404


def test_all_results_are_in_one_table_with_a_link_to_the_rest_of_each(priya):
    paste(priya, f"bo@example.org {cast.CHEN}\nx1\nx2\nx3\nx4\nx5\nx6")
    address = priya.at.response.request.path
    *lines, more = priya.page.root.findall(".//table/tbody/tr")
    results = [[read_text(cell) for cell in (line[0], line[-1])] for line in lines]
    malformed = "This is not a complete email address. Enter one like name@example.org."
    assert results == [
        ["bo@example.org", "New"],
        [cast.CHEN, f"Already members {cast.CHEN} is already a member."],
        *([f"x{n}", f"Not an email address {malformed}"] for n in range(1, 6)),
    ]
    columns = priya.page.root.findall(".//table/thead/tr/th")
    assert len(priya.page.root.findall(".//table")) == 1
    assert priya.page.links()["Show all 6: not an email address"].startswith(address)
    assert (len(more), more[0].get("colspan")) == (1, str(len(columns)))
    priya.open(f"{address}?kind=malformed")
    assert [line["Email"] for line in priya.page.rows()] == [f"x{n}" for n in range(1, 7)]
    assert [read_text(column) for column in columns] == list(priya.page.rows()[0])


def test_a_file_is_read_with_its_name(priya, app):
    upload(priya, b"email;role;name\r\nbo@example.org;manager;B\xf6\r\n", "g\xfcests <1>.csv")
    assert priya.page.heading == "güests <1>.csv"
    assert "Bö" in priya.page.words


def test_what_did_not_go_is_downloaded(priya, app):
    upload(priya, b"email,name\nbo@example.org,Bo\n=cmd|' /C calc'!A0,+1\n")
    path = priya.at.response.request.path
    answer = priya.client.get(f"{path}/not-sent.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    header = b"\xef\xbb\xbfemail,role,name,message,groups,access_until,line,why\r\n"
    assert answer.data.startswith(header)
    assert b"'=cmd|' /C calc'!A0,,'+1,,,,3," in answer.data
    assert b"bo@example.org" not in answer.data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + b"\0" * 1000, "save it as CSV"),
        (b"", "This list contains no addresses"),
        (b"email\n", "This list contains no addresses"),
        (b"name\nBo\n", "No column of this file is called"),
        (b"email," + b"x," * 1000, "1,002 columns"),
        (b'email,name\nbo@example.org,"' + b"x" * 200_000, "131,072"),
        (b"email\n" + b"a@b.example\n" * 50_001, "50,000 people"),
        (b"email\n" + b"x" * (10 * 1024 * 1024), "at most 10 MB"),
    ],
)
def test_a_file_that_is_none_of_ours_is_answered_with_what_to_do(priya, app, content, words):
    upload(priya, content)
    assert priya.status == 422
    assert words in priya.page.words
    assert imports(app) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"email\n\0bo@example.org\0\n", "cannot be shown"),
        (b"email,role\nbo@example.org,owner\n", "Unknown role (1)"),
        (b"email,name\nbo@example.org," + b"x" * 100_000, "at most 100 characters"),
        (b"email\n" + b"bo@example.org" * 5000, "at most 254 characters"),
        (b"email\n\x81\x8d@example.org\n", "cannot be shown"),
        (b"email,name\nbo@example.org" + b"," * 1000 + b"x\n", "more cells than there are columns"),
    ],
)
def test_a_hostile_line_is_refused_alone(priya, content, words):
    upload(priya, content)
    assert priya.status == 200
    assert words in priya.page.words
    assert "0 of 1 can be invited" in priya.page.words


def test_nothing_and_two_things_at_once_are_refused_and_what_was_typed_stays(priya):
    paste(priya, "")
    assert (priya.status, "Paste addresses, or choose a file." in priya.page.words) == (422, True)
    upload(priya, b"email\nbo@example.org\n", emails="lea@example.org")
    assert priya.status == 422
    assert "not both at once" in priya.page.words
    assert priya.page.form(BULK).fields["emails"].strip() == "lea@example.org"
    paste(priya, "lea@example.org", role="owner")
    assert (priya.status, "Choose one of the role options" in priya.page.words) == (422, True)


def test_what_is_too_large_is_a_page_and_is_not_kept(priya, app):
    upload(priya, b"x" * (11 * 1024 * 1024))
    assert priya.status == 413
    assert "A list can have at most 10 MB" in priya.page.words
    assert imports(app) == 0


def test_a_hundred_megabytes_are_answered_with_a_page_and_never_held_in_memory(priya, app):
    """Over a real connection: whoever sends sees the page, not a broken connection."""
    server = LiveServer()
    cookie = "; ".join(f"{c.key}={c.value}" for c in priya.client._cookies.values())
    size = 100 * 1024 * 1024

    def body():
        sent = 0
        while sent < size:
            yield b"x" * 65536
            sent += 65536

    request = Request(
        server.address + BULK,
        data=body(),
        headers={
            "Cookie": cookie,
            "Content-Length": str(size),
            "Content-Type": "multipart/form-data; boundary=x",
        },
    )
    tracemalloc.start()
    try:
        server.serve(app)
        with pytest.raises(Exception) as refused:
            urlopen(request, timeout=60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        server.close()
    assert refused.value.code == 413
    assert "A list can have at most 10 MB" in refused.value.read().decode()
    assert peak < 20 * 1024 * 1024


def test_elsewhere_a_body_is_as_small_as_ever(priya):
    priya.post("/orgs/acme/invitations", {"message": "x" * 300_000})
    assert priya.status == 413


@pytest.mark.parametrize("email", [None, cast.EVE, cast.MARCO, cast.CHEN])
def test_nobody_else_sends_a_list(browser, app, email):
    somebody = browser(email)
    file = FileStorage(io.BytesIO(b"email\nbo@example.org\n"), "a.csv")
    send_file(somebody, {"file": file}, follow=False)
    assert somebody.status == {None: 303, cast.EVE: 404}.get(email, 403)
    assert imports(app) == 0


def test_a_foreign_list_is_as_unknown_as_none(browser, app):
    with app.app_context():
        foreign = cast.listed("bo@example.org", slug="evil").id
    priya = browser(cast.PRIYA)
    for path in ("", "/not-sent.csv"):
        assert priya.open(f"{BULK}/{foreign}{path}").status == 404
    priya.open("/orgs/acme/invitations/new")
    token = priya.page.form("/orgs/acme/invitations").fields["csrf_token"]
    for verb in ("start", "stop"):
        assert priya.post(f"{BULK}/{foreign}/{verb}", {"csrf_token": token}).status == 404


def test_the_progress_asks_for_itself_until_it_has_ended(priya, app, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 1)
    monkeypatch.setattr(runs, "SECONDS", 0)
    paste(priya, "bo@example.org lea@example.org")
    address = priya.at.response.request.path
    priya.send(f"{address}/start")
    with app.app_context():
        runs.run_due()
    answer = priya.htmx(address, "div#progress")
    assert answer.headers["HX-Retarget"] == "#progress"
    assert "1 of 2 read, 0 refused" in answer.text
    assert "every 2s" in answer.text
    assert "Stop" not in answer.text
    with app.app_context():
        runs.run_due()
        runs.run_due()
    answer = priya.htmx(address, "div#progress")
    assert answer.headers["HX-Retarget"] == "#import"
    assert "every 2s" not in answer.text
    assert "All done." in answer.text


def test_it_is_stopped_and_goes_on(priya, app):
    paste(priya, "bo@example.org lea@example.org")
    address = priya.at.response.request.path
    priya.send(f"{address}/start")
    priya.send(f"{address}/stop")
    assert "This was stopped. 0 of 2 are invited; still waiting: 2." in priya.page.words
    priya.send(f"{address}/start")
    with app.app_context():
        runs.run_due()
        assert db.session.query(Invitation).filter(Invitation.email.like("%@example.org")).count()
    priya.open(address)
    assert "2 of 2 are invited." in priya.page.words


def test_a_pasted_list_may_be_long(priya, app):
    paste(priya, "\n".join(f"person-number-{n}@department.example.org" for n in range(8000)))
    assert priya.status == 200
    assert "500 of them not today" not in priya.page.words
    with app.app_context():
        assert db.session.query(BulkImportRow).count() == 8000


def test_pressing_start_twice_at_once_starts_once(priya, app, browser):
    paste(priya, "bo@example.org")
    address = priya.at.response.request.path
    form = priya.page.form(f"{address}/start")
    barrier, statuses = threading.Barrier(2), []

    def press():
        client = app.test_client()
        for cookie in priya.client._cookies.values():
            client.set_cookie(cookie.key, cookie.value)
        barrier.wait()
        statuses.append(client.post(form.action, data=form.fields).status_code)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [303, 303]
    assert urlsplit(form.action).path.endswith("/start")


def zipped(name):
    """An archive of 40 KB that unpacks to 40 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"bo@example.org\n" * 2_700_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("guests.csv", lambda: zipped("guests.csv")),
        ("guests.xlsx", lambda: zipped("xl/worksheets/sheet1.xml")),
        ("guests.csv.gz", lambda: gzip.compress(b"bo@example.org\n" * 2_700_000)),
    ],
)
def test_an_archive_is_refused_and_never_unpacked(priya, app, name, bomb):
    content = bomb()
    tracemalloc.start()
    try:
        upload(priya, content, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert priya.status == 422
    assert "save it as CSV" in priya.page.words
    assert imports(app) == 0
    assert peak < 20 * 1024 * 1024


def test_a_body_that_says_it_is_packed_is_not_unpacked(priya, app):
    boundary, body = encode_multipart({"emails": "bo@example.org\n" * 500_000})
    kind = f"multipart/form-data; boundary={boundary}"
    tracemalloc.start()
    try:
        packed = gzip.compress(body)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        priya.post(BULK, packed, content_type=kind, headers={"Content-Encoding": "gzip"})
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert 400 <= priya.status < 500
    assert imports(app) == 0
    assert peak < 5 * 1024 * 1024


@pytest.fixture
def german(browser):
    """The admin before the form, who reads German."""
    person = browser(cast.PRIYA)
    person.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    person.open(BULK)
    return person


def test_a_list_is_refused_in_the_readers_language(german):
    paste(german, "")
    assert german.page.problems == ["Fügen Sie Adressen ein, oder wählen Sie eine Datei."]
    upload(german, b"email," + b"x," * 1000)
    assert "Diese Datei hat 1.002 Spalten, mehr als 100." in german.page.words
    upload(german, b"x" * (11 * 1024 * 1024))
    assert (german.status, "höchstens 10 MB" in german.page.words) == (413, True)


def test_reasons_are_kept_in_english_and_told_in_the_readers_language(german, app):
    upload(german, b"email,name\nbo@example.org,Bo,B\nlea@gmial.com\nlea@gmial.com\nnonsense\n")
    address = german.at.response.request.path
    told = [line["Ergebnis"] for line in german.page.rows()]
    assert told[:2] == [
        "Vielleicht ein Tippfehler Meinten Sie lea@gmail.com?",
        "Doppelt Wie Zeile 3.",
    ]
    assert told[2].startswith("Keine E-Mail-Adresse Diese Zeile hat mehr Zellen, als es Spalten")
    assert told[3].startswith("Keine E-Mail-Adresse Das ist keine vollständige E-Mail-Adresse.")
    assert german.page.root.findall(".//table//*[@lang]") == []
    for words in ("Did you mean lea@gmail.com?", "Same as line 3.", "This line has more cells"):
        assert words in german.client.get(f"{address}/not-sent.csv").text
    with app.app_context():
        db.session.query(BulkImportRow).filter_by(kind="typo").update({"reason": "Bad weather."})
        db.session.commit()
    german.open(address)
    (foreign,) = german.page.root.findall(".//table//*[@lang]")
    assert (foreign.get("lang"), read_text(foreign)) == ("en", "Bad weather.")


def test_why_a_list_stopped_by_itself_is_told_in_the_readers_language(german, app, browser):
    paste(german, "bo@example.org")
    address = german.at.response.request.path
    german.send(f"{address}/start")
    german.send(f"{address}/stop")
    assert "Der Import wurde angehalten. 0 von 1 sind eingeladen; 1 warten." in german.page.words
    kept = "This list contains no addresses. Put one on each line."
    with app.app_context():
        db.session.query(BulkImport).update({"words": kept})
        db.session.commit()
    german.open(address)
    told = "Der Import hat von selbst angehalten: Diese Liste enthält keine Adressen."
    assert told in german.page.words
    assert german.page.rows()[0]["Ergebnis"].startswith("Wartet Der Import wurde angehalten, bevor")
