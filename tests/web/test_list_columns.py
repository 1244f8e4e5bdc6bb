"""What the page of a list says of its file, and what can be chosen there."""

from __future__ import annotations

import pytest

from tests import cast
from tests.support.page import text as read_text
from tests.web.test_bulk_imports import BULK, paste, upload
from webapp.db import db
from webapp.domain.imports import runs
from webapp.models import BulkImport

EXPORT = (
    b"First Name,Last Name,Work Email,Team,Role\n"
    b"Ada,Lind,ada@example.org,Red,Member\nBo,Lind,bo@example.org,Blue,HR manager\n"
)


@pytest.fixture
def priya(browser):
    """The admin, before the form."""
    person = browser(cast.PRIYA)
    person.open(BULK)
    return person


def here(person):
    return person.at.response.request.path


def names(person):
    return [(line["Email"], line["Name"], line["Role"]) for line in person.page.rows()]


def test_the_page_says_what_was_read_from_which_column_and_what_was_left_out(priya):
    upload(priya, EXPORT)
    read = [read_text(part) for part in priya.page.root.findall(".//dl[@class='summary']/div")]
    assert read == [
        "Email Work Email for example ada@example.org",
        "First name First Name for example Ada",
        "Last name Last Name for example Lind",
        "Role Role for example Member",
    ]
    assert "Left out: “Team”." in priya.page.words


def test_roles_of_another_program_are_shown_as_they_are_and_used_as_the_admin_says(priya, app):
    upload(priya, EXPORT)
    assert "0 of 2 can be invited" in priya.page.words
    assert names(priya) == [
        ("ada@example.org", "Ada Lind", "Member"),
        ("bo@example.org", "Bo Lind", "HR manager"),
    ]
    form = priya.page.form(f"{here(priya)}/roles")
    assert (form.fields["word_0"], form.fields["word_1"]) == ("contributor", "")
    priya.send(f"{here(priya)}/roles", word_1="manager")
    assert "The list was read again." in priya.page.words
    assert "2 of 2 can be invited" in priya.page.words
    assert [role for *_, role in names(priya)] == ["Contributor", "Manager"]
    priya.send(f"{here(priya)}/roles", all="yes")
    assert [role for *_, role in names(priya)] == ["Contributor", "Contributor"]
    priya.send(f"{here(priya)}/start")
    with app.app_context():
        runs.run_due()
        assert cast.invitation("bo@example.org").role == "contributor"


def test_too_many_words_are_given_one_role(priya):
    rows = "".join(f"p{n}@example.org,Job {n}\n" for n in range(30))
    upload(priya, b"email,role\n" + rows.encode(), role="manager")
    assert "There are too many to choose a role for each." in priya.page.words
    priya.send(f"{here(priya)}/roles", all="yes")
    assert "30 of 30 can be invited" in priya.page.words
    priya.open(f"{here(priya)}?kind=new")
    assert {line["Role"] for line in priya.page.rows()} == {"Manager"}


def test_a_file_with_addresses_in_no_known_column_is_asked_about(priya, app):
    upload(priya, b"Who,Private,Office\nAda,ada@home.example,ada@work.example\n")
    assert priya.status == 200
    for words in ("not clear which column", "“Who”, “Private”, “Office”", "Nobody is invited yet"):
        assert words in priya.page.words
    address = here(priya)
    assert f"{address}/start" not in priya.page.root
    priya.send(f"{address}/columns")
    assert (priya.status, priya.page.problems) == (
        422,
        ["Choose the column with the email addresses."],
    )
    priya.send(f"{address}/columns", email="2", name="0")
    assert names(priya) == [("ada@work.example", "Ada", "Contributor")]
    priya.send(f"{address}/columns", name="2")
    assert priya.page.problems == ["The same column is chosen twice. Choose each column only once."]


def test_two_columns_of_one_name_are_asked_about(priya):
    upload(priya, b"email,email\nada@home.example,ada@work.example\n")
    assert "Two columns are called “email”" in priya.page.words
    priya.send(f"{here(priya)}/columns", email="1")
    assert names(priya)[0][0] == "ada@work.example"


def test_what_was_chosen_is_used_for_the_next_such_file(priya):
    upload(priya, EXPORT)
    priya.send(f"{here(priya)}/columns", role="", first="", last="", name="3")
    assert names(priya)[0] == ("ada@example.org", "Red", "Contributor")
    priya.open(BULK)
    upload(priya, EXPORT.replace(b"bo@", b"cy@"))
    assert names(priya)[1] == ("cy@example.org", "Blue", "Contributor")
    assert "An admin chose these columns." in priya.page.words


def test_a_guessed_character_set_is_shown_with_a_sample_and_can_be_changed(priya):
    upload(priya, "email,name\nada@example.org,Dvořák\n".encode("cp1250"))
    assert "It was read as Windows-1252, which gives: Dvoøák" in priya.page.words
    priya.send(f"{here(priya)}/columns", charset="cp1250")
    assert names(priya)[0][1] == "Dvořák"
    assert "It was read as Windows-1250, which gives: Dvořák" in priya.page.words
    priya.send(f"{here(priya)}/columns", charset="nonsense")
    assert "Choose one of the character set options." in priya.page.problems


@pytest.mark.parametrize("content", [b"email\nbo@example.org\n", "email\nbö@example.org".encode()])
def test_nothing_is_asked_about_a_file_that_says_its_character_set(priya, content):
    upload(priya, content)
    assert "read as" not in priya.page.words
    assert "charset" not in priya.page.form(f"{here(priya)}/columns").fields


def test_headers_and_cells_are_cut_and_never_markup(priya):
    header = b"<script>alert(1)</script>" + b"x" * 5000
    upload(priya, b"email," + header + b"\nbo@example.org," + b"y" * 5000 + b"\n")
    assert "<script>alert" in priya.page.words
    assert "x" * 61 not in priya.page.words + str(priya.page.form(f"{here(priya)}/columns").fields)


def test_lines_above_the_header_are_counted(priya):
    upload(priya, b"Members of Acme\n\nOf today\nEmail,Name\nbo@example.org,Bo\n")
    assert "2 lines above the column names were left out." in priya.page.words
    assert priya.page.rows()[0]["Line"] == "5"


def test_a_pasted_list_and_a_started_one_have_no_columns_to_choose(priya, app):
    paste(priya, "bo@example.org")
    pasted = here(priya)
    assert "Choose the columns" not in priya.page.words
    priya.open(BULK)
    upload(priya, b"email\nlea@example.org\n")
    address, form = here(priya), priya.page.form(f"{here(priya)}/columns")
    priya.send(f"{address}/start")
    for place in (address, pasted):
        priya.post(f"{place}/columns", form.fields)
        assert priya.status == 422
        assert "can no longer be changed" in priya.page.words
    with app.app_context():
        assert db.session.query(BulkImport).count() == 2


def test_a_foreign_file_is_as_unknown_as_none(priya, browser):
    upload(priya, EXPORT)
    eve = browser(cast.EVE)
    eve.open("/orgs/evil/invitations/new")
    token = eve.page.form("/orgs/evil/invitations").fields["csrf_token"]
    for verb in ("columns", "roles"):
        path = f"{here(priya).replace('acme', 'evil')}/{verb}"
        assert eve.post(path, {"csrf_token": token, "email": "0", "all": "yes"}).status == 404


def test_the_choices_are_in_the_readers_language_but_not_the_words_of_the_file(browser):
    german = browser(cast.PRIYA)
    german.environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    german.open(BULK)
    upload(german, b"Role,Email\nMembers,bo@example.org\n")
    labels = {read_text(label) for label in german.page.root.iter("label")}
    assert {"Vorname", "Members"} <= labels
    assert german.page.rows()[0]["Rolle"] == "Members"
