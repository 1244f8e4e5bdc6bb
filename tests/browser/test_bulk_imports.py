"""Priya invites a school: pasting, the preview, the progress, the result."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import cast
from tests.browser.visitor import both_ways
from webapp.domain import outbox
from webapp.domain.imports import runs

BULK = "/orgs/acme/invitations/bulk"


@pytest.fixture
def slowly(monkeypatch):
    """One line at a time, so that there is a progress to see."""
    monkeypatch.setattr(runs, "BATCH", 1)
    monkeypatch.setattr(runs, "SECONDS", 0)


@pytest.fixture
def go_on(app, slowly):
    """Let a worker do one line."""

    def work():
        with app.app_context():
            runs.run_due()

    return work


@both_ways
def test_priya_pastes_looks_sends_watches_and_reads_the_result(visitor, app, smtp, go_on):
    priya = visitor(cast.PRIYA)
    priya.press("Import a list")
    priya.sees_heading("Import a list")
    priya.checked()
    priya.press("Check the list")
    expect(priya.summary).to_be_focused()
    priya.reads("Paste addresses, or choose a file.")
    priya.checked()

    priya.fill("Addresses", f"Bo Lind <bo@example.org>; lea@gmial.com\n{cast.CHEN}\nnonsense")
    priya.choose("Role", "manager")
    priya.press("Check the list")
    priya.reads("1 of 4 can be invited. Nobody is invited yet.")
    priya.sees_in_row("bo@example.org", "Manager", "Bo Lind")
    priya.sees_in_row("lea@gmial.com", "Did you mean lea@gmail.com?")
    priya.sees_in_row(cast.CHEN, "is already a member")
    priya.checked()

    priya.field("Also invite the addresses that look misspelled").check()
    priya.press("Invite them")
    priya.reads("2 of 4 read, 2 refused")
    priya.checked()
    go_on()
    if not priya.javascript:
        priya.press("Refresh")
    priya.reads("3 of 4 read, 2 refused")
    if priya.javascript:
        priya.button("Stop").focus()
        expect(priya.button("Stop")).to_be_focused()
    go_on()
    go_on()
    if not priya.javascript:
        priya.press("Refresh")
    priya.reads("2 of 4 are invited.")
    if priya.javascript:
        priya.is_told("All done.")
        priya.keeps_focus()
    priya.checked()

    priya.press("Not an email address (1)")
    priya.sees_in_row("nonsense", "This is not a complete email address.")
    priya.checked()
    priya.press("Invited (2)")
    priya.press("bo@example.org")
    priya.sees_heading("bo@example.org")
    with app.app_context():
        outbox.drain()
    assert "bo@example.org" in {mail.rcpt_to[0] for mail in smtp.messages}
    priya.open(BULK)
    priya.sees_in_row("Pasted list", "Finished", "Priya Shah")
    priya.checked()


@both_ways
def test_a_file_is_chosen_stopped_and_gone_on_with(visitor, site, go_on, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_bytes("Email;Name\r\nbo@example.org;Bö\r\nlea@example.org;Léa\r\n".encode("cp1252"))
    priya = visitor(cast.PRIYA, at=BULK)
    priya.field("CSV file").set_input_files(file)
    priya.press("Check the list")
    priya.sees_heading("guests.csv")
    priya.sees_in_row("lea@example.org", "Léa")
    priya.press("Invite them")
    priya.press("Stop")
    priya.reads("This was stopped. 0 of 2 are invited; still waiting: 2.")
    priya.checked()
    with priya.page.expect_download() as download:
        priya.press("Download the others as CSV")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "It was not reached before the import was stopped." in text
    priya.press("Continue")
    for _ in range(3):
        go_on()
    if not priya.javascript:
        priya.press("Refresh")
    priya.reads("2 of 2 are invited.")
    priya.checked()


@both_ways
def test_a_spreadsheets_own_file_is_refused_with_what_to_do(visitor, site, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_bytes(b"PK\x03\x04" + b"\0" * 2000)
    priya = visitor(cast.PRIYA, at=BULK)
    priya.field("CSV file").set_input_files(file)
    priya.press("Check the list")
    priya.reads("save it as CSV")
    expect(priya.summary).to_be_focused()
    priya.checked()


def test_a_file_of_fifty_megabytes_is_answered_with_a_page(visitor, site, tmp_path):
    file = tmp_path / "guests.csv"
    file.write_bytes(b"x" * (50 * 1024 * 1024))
    priya = visitor(cast.PRIYA, at=BULK)
    priya.field("CSV file").set_input_files(file)
    priya.press("Check the list")
    priya.reads("A list can have at most 10 MB.")
    priya.checked()


@both_ways
def test_an_export_of_another_program_is_understood_with_a_word_from_priya(visitor, site, tmp_path):
    file = tmp_path / "export.csv"
    file.write_bytes(
        "Team of 2026\r\n\r\nWho;Private;Office;Role\r\n"
        "Zoë;zoe@home.example;zoe@example.org;Member\r\n"
        "José;jose@home.example;jose@example.org;Lead\r\n".encode("cp1252")
    )
    priya = visitor(cast.PRIYA, at=BULK)
    priya.field("CSV file").set_input_files(file)
    priya.press("Check the list")
    priya.reads("It is not clear which column holds the email addresses.")
    priya.checked()
    priya.press("Read the list again")
    expect(priya.summary).to_be_focused()
    priya.reads("Choose the column with the email addresses.")
    priya.checked()
    priya.choose("Email", "2")
    priya.choose("Full name", "0")
    priya.press("Read the list again")
    priya.reads("It was read as Windows-1252, which gives: Zoë, José")
    priya.sees_in_row("zoe@example.org", "Zoë", "Member", "Unknown role")
    priya.checked()
    priya.choose("Lead", "manager")
    priya.press("Use these roles")
    priya.reads("2 of 2 can be invited. Nobody is invited yet.")
    priya.sees_in_row("jose@example.org", "José", "Manager")
    priya.checked()
