"""Lists as people have them: pasted, and as every spreadsheet saves them."""

from __future__ import annotations

import contextlib
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain import addresses, spreadsheets
from webapp.domain.errors import Refusal
from webapp.domain.imports import reading, typos, wrappings
from webapp.domain.imports.csv_files import uploaded
from webapp.domain.imports.reading import ImportLine, pasted

BO = ("bo@example.org", "manager", "Bo Lind", "Grüß dich")
# As the programs save them: names of columns, separators, line ends, character sets.
SAMPLES = {
    "Excel, CSV (Windows, German)": ";".join(("Email", "Role", "Name", "Message"))
    + "\r\n"
    + ";".join(BO)
    + "\r\n",
    "Google Sheets": "email,role,name,message\r\n" + ",".join(BO),
    "LibreOffice": '"email","role","name","message"\n"' + '","'.join(BO) + '"\n',
    "Excel, Unicode text": "EMAIL\tROLE\tNAME\tMESSAGE\r\n" + "\t".join(BO) + "\r\n",
    "old Macintosh": "email,role,name,message\r" + ",".join(BO) + "\r",
    "Excel with its own mark": "sep=;\r\nemail;role;name;message\r\n" + ";".join(BO),
    "Excel with its own mark, tabs": "sep=\t\r\nemail\trole\tname\tmessage\r\n" + "\t".join(BO),
}
CHARSETS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]


def read(content: bytes) -> list[ImportLine]:
    return list(uploaded(io.BytesIO(content)))


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_what_spreadsheets_save_is_read_in_every_character_set(sample, charset):
    (line,) = read(SAMPLES[sample].encode(charset))
    assert (line.email, line.role, line.name, line.message) == BO
    assert line.number == 2
    assert line.fault is None


def test_a_second_reading_begins_anew_and_the_file_stays_open():
    file = io.BytesIO(SAMPLES["Google Sheets"].encode())
    assert list(uploaded(file)) == list(uploaded(file))
    assert not file.closed


def test_columns_stand_in_any_order_and_others_are_passed_over():
    (line,) = read(b"Name,Shoe size,E-Mail\nBo,43,bo@example.org\n")
    assert (line.email, line.name, line.role) == ("bo@example.org", "Bo", None)


def test_a_first_line_that_is_a_person_is_no_header():
    lines = read(b"bo@example.org;manager\nlea@example.org;;Lea\n")
    assert [(one.number, one.email, one.role, one.name) for one in lines] == [
        (1, "bo@example.org", "manager", None),
        (2, "lea@example.org", None, "Lea"),
    ]


def test_empty_lines_are_passed_over_and_the_lines_keep_their_numbers():
    lines = read(b"email\n\n  \nbo@example.org\n,,\nlea@example.org\n")
    assert [one.number for one in lines] == [4, 6]


def test_a_cell_in_quotes_may_hold_everything():
    (line,) = read(b'email,message\nbo@example.org,"Hello, ""Bo""\nsee you"\n')
    assert line.message == 'Hello, "Bo"\nsee you'


def test_a_line_with_more_cells_than_columns_is_not_guessed_at():
    (line,) = read(b"email,name\nbo@example.org,Lind, Bo\n")
    assert "more cells" in line.fault
    (line,) = read(b"email,name\nbo@example.org,Bo,,,\n")
    assert line.fault is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest of an xlsx", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0 an old xls", "save it as CSV"),
        (b"%PDF-1.7", "save it as CSV"),
        (b"name,role\nBo,manager\n", "No column of this file is called"),
        (b"email,email\na@b.example,c@d.example\n", "Two columns"),
        (b"a," * 1000 + b"email\n", "1,001 columns"),
        (b'email,name\nbo@example.org,"' + b"x" * 200_000 + b'"\n', "131,072"),
        (b'email,name\nbo@example.org,"never closed\n' + b"a@b.example,c\n" * 20_000, "131,072"),
        (b"email\n" + b"a@b.example\n" * 50_001, "50,000 people"),
        (b"email\n" + b"\n" * 200_001, "200,000 lines"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(content, words):
    with pytest.raises(Refusal, match=words) as refused:
        read(content)
    assert refused.value.field == "file"


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_give_lines_or_a_refusal(content):
    with contextlib.suppress(Refusal):
        numbers = [one.number for one in read(content)]
        assert numbers == sorted(set(numbers))


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_can_be_pasted(text):
    for line in pasted(text):
        assert line.email
        assert reading.shown(line.email, 254).isprintable() or line.email


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("a@b.example, c@d.example;e@f.example g@h.example", ["a@b", "c@d", "e@f", "g@h"]),
        ("a@b.example\r\nc@d.example\n\n", ["a@b", "c@d"]),
        ("Bo Lind <a@b.example>, <c@d.example>", ["a@b Bo Lind", "c@d"]),
        ('"Lind, Bo" <a@b.example>; Lea <c@d.example>', ["a@b Lind, Bo", "c@d Lea"]),
        ("a@b.example <a@b.example>", ["a@b"]),
        ('"a@b.example" <a@b.example>', ["a@b"]),
        ("c@d.example Bo <a@b.example>", ["c@d", "a@b Bo"]),
        ("Bo Lind\na@b.example", ["Bo Lind", "a@b"]),
        ("", []),
        (" ,;\n", []),
    ],
)
def test_pasting_takes_addresses_as_mail_programs_write_them(text, people):
    found = [" ".join(filter(None, (one.email, one.name))) for one in pasted(text)]
    assert [one.replace(".example", "") for one in found] == people


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Lind, Bo <a@b.example>; Meier, Lea <c@d.example>;", ["a@b Bo Lind", "c@d Lea Meier"]),
        ("Lind,Bo <a@b.example>, Meier,Lea <c@d.example>,", ["a@b Bo Lind", "c@d Lea Meier"]),
        ("c@d.example, Lind, Bo <a@b.example>", ["c@d", "a@b Bo Lind"]),
        ("joexample.org, Bo <a@b.example>", ["joexample.org", "a@b Bo"]),
        ("'a@b.example' <a@b.example>", ["a@b"]),
        ("'Lind, Bo' <a@b.example>", ["a@b Bo Lind"]),
        ("“Bo Lind” <a@b.example>", ["a@b Bo Lind"]),
        ("O’Brien, Pat <a@b.example>", ["a@b Pat O’Brien"]),
        ("mailto:a@b.example?subject=Hello", ["a@b"]),
        ("a@b.example<mailto:a@b.example>", ["a@b"]),
        ("Bo Lind [mailto:a@b.example]", ["a@b Bo Lind"]),
        ("Bo Lind (a@b.example)", ["a@b Bo Lind"]),
        ("- a@b.example\n• c@d.example\n1. e@f.example", ["a@b", "c@d", "e@f"]),
        ("> a@b.example\n(c@d.example)", ["a@b", "c@d"]),
        ("a@b.example.\n'c@d.example',", ["a@b", "c@d"]),
        ("a@b.example | c@d.example；e@f.example", ["a@b", "c@d", "e@f"]),
        ("\ufeffa@b.example\u200b\u00a0c@d.example\u202c", ["a@b", "c@d"]),
        ("bo lind@b.example", ["bo", "lind@b"]),
        ("Bo (a@b@c.example) [x] [mailto:d@e.example]", ["a@b@c Bo", "d@e [x]"]),
    ],
)
def test_pasting_cleans_what_documents_and_address_books_put_around_addresses(text, people):
    found = [" ".join(filter(None, (one.email, one.name))) for one in pasted(text)]
    assert [one.replace(".example", "") for one in found] == people


@pytest.mark.parametrize(
    "text",
    [
        "Bo Lind\tbo@example.org\tmanager",
        "bo@example.org\tmanager\tBo Lind\tSales\t0171 234",
        "Bo\tLind\tbo@example.org\tmanager",
        "bo@example.org,manager,Bo Lind",
        "bo@example.org;manager;Bo Lind",
        "Bo Lind <bo@example.org>;manager",
        "email,role,name\nbo@example.org,manager,Bo Lind",
        "Last Name\tFirst Name\tRole\tE-mail\r\nLind\tBo\tmanager\tbo@example.org",
    ],
)
def test_rows_copied_from_a_spreadsheet_keep_name_and_role(text):
    (line,) = pasted(text)
    assert (line.email, line.role, line.name) == ("bo@example.org", "manager", "Bo Lind")


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=40)


@settings(max_examples=500)
@given(
    name=NAMES
    | st.sampled_from(
        ["admin", "Louis 14.", "Lind, Bo", "Jonas'", "email", "- Bo", "a@b", "&QUOT;", "&amp;lt;"]
    ),
    role=st.sampled_from([None, "admin", "Manager", "contributor"]),
    email=st.sampled_from(["bo@example.org", "o'neil+1@example.org", "grüße@exämple.org"]),
)
def test_a_line_reads_the_same_after_it_was_written_into_the_form(name, role, email):
    line = ImportLine(1, email, role, " ".join(name.split()) or None)
    (again,) = pasted(line.written)
    for one, other in ("“'", "”'", "„'", "‟'", "«'", "»'", "\"'", "，,", "、,", "；;", "|;"):
        name = name.replace(one, other)  # which the reader takes for the same
    assert again == ImportLine(1, email, role, " ".join(name.split()) or None)


LETTERS = st.sampled_from(
    [*"ab@.,; \n\t<>()[]\"'|:=?-_*\\/&\u200b\u2060“”、；<", "mailto:", "To: "]
)
ADDRESS = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,4})?@[a-z]{1,8}\.(example|org)", fullmatch=True)
SEPARATORS = st.sampled_from(
    [", ", ",", ";", "; ", "\n", "\r\n", " ", "|", "、", "；", "\n- ", " & "]
)


def valid(text):
    """The addresses in a text that can be invited."""
    return [one.email for one in pasted(text) if addresses.key_of(one.email)]


@settings(max_examples=500)
@given(st.lists(LETTERS | ADDRESS, max_size=30))
def test_no_paste_makes_an_address_that_is_not_in_it(parts):
    text = "".join(parts)
    for email in valid(text):
        assert email in text.replace("\u00ad", "")


@settings(max_examples=300)
@given(st.lists(st.tuples(ADDRESS, SEPARATORS), min_size=1, max_size=20))
def test_no_paste_loses_an_address_that_stands_alone_between_separators(parts):
    text = "".join(email + separator for email, separator in parts)
    assert valid(text) == [email for email, _ in parts]


@settings(max_examples=300)
@given(st.lists(st.tuples(ADDRESS, SEPARATORS), min_size=1), st.lists(LETTERS, max_size=20))
def test_what_stands_on_other_lines_loses_no_address_either(parts, rest):
    text = "".join(email + separator for email, separator in parts)
    before = "".join(rest).replace("\n", " ").replace("email", "")
    found = valid(f"{before}\n{text}")
    assert found[len(found) - len(parts) :] == [email for email, _ in parts]


@given(st.text(max_size=200) | st.from_regex(r"(=\?[a-z0-9-]{1,9}\?[bq]\?[!-~]{0,20}\?= ?)+"))
def test_any_name_in_any_code_is_read(name):
    assert isinstance(wrappings.decoded(name), str)


def test_first_and_last_name_columns_are_joined():
    lines = read(
        "First Name,Last Name,Email\nBo,Lind,bo@example.org\n,Léa,lea@example.org".encode()
    )
    assert [line.name for line in lines] == ["Bo Lind", "Léa"]


def test_an_address_in_a_cell_may_carry_its_name():
    (line,) = read(b"email,role\nBo Lind <mailto:bo@example.org>,manager\n")
    assert (line.email, line.name) == ("bo@example.org", "Bo Lind")


def seconds(text):
    """The processor's time for reading a text, at its best of three."""
    times = []
    for _ in range(3):
        began = time.thread_time()
        with contextlib.suppress(Refusal):
            list(pasted(text))
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize(
    "unit",
    [
        *("@", "(@", "[mailto:,", ",", "a,", "a@b,", '",', "<", "a <", "a\t", "@(", "(a", "() "),
        *(
            '=a("mailto:',
            '=HYPERLINK("mailto:a";"',
            "[a](mailto:",
            "<mailto:a|",
            "&lt;",
            "> ",
            "- ",
        ),
        *("=?utf-8?q?", "=?a?b?c", "a@b (", "a@b (c) ", '\\"', "＜", "To: ", "a: ", "| ", "\u200b"),
        *("a@b/", "*_", "a@b;a@b\t", "\n", "a@b\n", "Ab ", "Ab-", "'’"),
    ],
)
def test_no_text_takes_much_longer_to_read_than_addresses_of_the_same_length(unit):
    plain = "ann@example.org, "
    text = "(" + unit * (10_000 // len(unit))
    assert seconds(text) < 25 * seconds(plain * (len(text) // len(plain)))


def test_a_pasted_table_is_refused_with_what_to_do():
    with pytest.raises(Refusal, match="Two columns are called “email”"):
        list(pasted("email,email\na@b.example,c@d.example"))
    with pytest.raises(Refusal, match="never closed"):
        list(pasted('email,name\na@b.example,"' + "x" * 200_000))


def test_a_row_with_a_cell_that_is_too_long_is_no_person_and_the_others_are_read():
    """The csv module gives up at 131,072 characters."""
    bo, long, lea = pasted(f"bo@example.org\na@b.example,manager,{'x' * 140_000}\nlea@example.org")
    assert (bo.fault, lea.fault) == (None, None)
    assert long.email == "a@b.example"
    assert "too long" in long.fault


@pytest.mark.parametrize("separator", ['"', "\r", "\n"])
def test_a_file_that_names_an_impossible_separator_is_refused(separator):
    with pytest.raises(Refusal, match="No column"):
        read(f"sep={separator}\r\nemail{separator}name\r\nbo@example.org".encode())


def test_too_many_cannot_be_pasted():
    with pytest.raises(Refusal, match="50,000"):
        list(pasted("a@b.example," * 50_001))


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("outlok.com", "outlook.com"),
        ("gmail.com", None),
        ("mail.com", None),
        ("ymail.com", None),
        ("gmx.ch", None),
        ("example.org", None),
        ("acme.example", None),
    ],
)
def test_one_slip_of_the_finger_is_seen(domain, meant):
    assert typos.meant(domain) == meant


@pytest.mark.parametrize("curly", "’‘ʼ′")
def test_a_curly_apostrophe_is_asked_about_with_the_straight_one(curly):
    assert typos.meant_address(f"o{curly}brien@example.org") == "o'brien@example.org"
    typed = f"o{curly}brien@gmial.com"
    assert typos.meant_address(typed, domain_is_right=True) == "o'brien@gmial.com"
    assert typos.meant_address("o'brien@gmail.com") is None


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_slip_is_a_distance_of_one(one, other):
    assert typos.is_slip(one, other) == (distance(one, other) == 1)


def distance(one: str, other: str) -> int:
    """Optimal string alignment, as the textbook has it."""
    table = [[max(i, j) for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            best = [table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost]
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                best.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(best)
    return table[-1][-1]


@pytest.mark.parametrize("first", "=+-@\t\r＝＋－＠")
def test_no_cell_of_an_exported_file_is_calculated(first):
    assert spreadsheets.cell(f"{first}1+1") == f"'{first}1+1"
    assert spreadsheets.cell(f" {first}1+1") == f"' {first}1+1"


def test_an_exported_file_is_utf8_for_excel():
    whole = "".join(
        spreadsheets.lines([["email", "why"], ["bö@example.org", 'a "b", c'], [None, 3]])
    )
    assert whole == '\ufeffemail,why\r\nbö@example.org,"a ""b"", c"\r\n,3\r\n'
