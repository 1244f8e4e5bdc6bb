"""The texts of mails: what may be typed, what is refused, and what becomes of people's words."""

from __future__ import annotations

import html
import re
import time
from contextlib import suppress

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.page import text as words_of
from webapp.domain.errors import NotFound, Refusal, Refusals
from webapp.domain.letters import bodies, placeholders, templates, wordings

LINK = "https://gate.example/register?token=abc&more=1"
FACTS = {
    "invitee": "Bo Lind",
    "organization": "Acme",
    "inviter": "Priya Shah",
    "role": "a contributor",
    "message": "Come\nand look",
    "link": LINK,
    "expires": "Friday 27 November 2026, 14:05 UTC",
    "email": "bo@example.org",
}
ATTACKS = [
    "{{ link }}",
    "{{link}} {{ message }}",
    "{{7*7}}",
    "{% for x in y %}",
    "{{ config.__class__ }}",
    "%(link)s {0.__class__} {link}",
    "[x](javascript:alert(1))",
    "[x](https://evil.example)",
    "![x](https://evil.example/a.png)",
    "<https://evil.example>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="https://evil.example">',
    "**bold** _em_ # head",
    "# heading\n\n- list\n\n> quote\n\n---",
    "&lt;b&gt; &#60;",
    "\\*\\{{ link }}",
    "http://evil.example",
    "\u0000\ufffd\ud800".encode("utf-8", "replace").decode(),
]
# Anything a person can have typed into a name or message, attacks more often than chance.
TYPED = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=60)).map(
    lambda text: re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", "", text)
)
PIECES = st.sampled_from(
    [
        *"[]()*_<>!#`~\\&{}-+.:\"' \t\n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "**",
        "](",
        "https://",
        "{{",
        "}}",
        *(
            "{{ link }}",
            "{{ message }}",
            "{{invitee}}",
            "javascript:",
            "word ",
            "<b>",
            "{%",
            "    ",
        ),
    ]
)
TEMPLATES = st.lists(PIECES, max_size=200).map("".join)


def render(body, **changed):
    return bodies.render(body, {**FACTS, **changed}, "Accept")


def tree(part):
    return html5lib.parseFragment(part, namespaceHTMLElements=False)


def links(part):
    return [a.get("href") for a in tree(part).iter("a")]


def refused(body, kind="invitation", subject="Join us"):
    with pytest.raises(Refusal) as caught:
        wordings.checked(kind, subject, body)
    return [(one.field, one.message) for one in caught.value.refusals]


def taken(body, kind="invitation", subject="Join us"):
    return wordings.checked(kind, subject, body)


class TestWhatIsRefused:
    """Each with the line, and with what to do."""

    @pytest.mark.parametrize(
        "nonsense",
        [
            "{{ nobody }}",
            "{{7*7}}",
            "{{ config }}",
            "{{ link.__class__ }}",
            "{{ link|safe }}",
            "{{ link() }}",
            "{{ 'a'*300000000 }}",
            "{{ Link }}",
            "{{}}",
            "{{ }}",
            "{{",
            "{{ link",
            "{{{ link }}}",
            "{% if invitee %}",
            "{% endif",
        ],
    )
    def test_what_looks_like_a_placeholder_and_is_none(self, nonsense):
        messages = refused(f"Hello\n\nand {nonsense}\n\n{{{{ link }}}}")
        assert messages[0][0] == "body"
        assert messages[0][1].startswith("Line 3: “{")
        assert "is not a placeholder of this mail" in messages[0][1]

    def test_a_placeholder_of_another_mail(self):
        assert (
            "Line 1: “{{ inviter }}” is not"
            in refused("{{ inviter }}\n\n{{ link }}", "reset")[0][1]
        )
        assert taken("{{ inviter }}\n\n{{ link }}")

    def test_a_placeholder_over_two_lines(self):
        assert "Line 1: “{{” is not" in refused("{{\nlink }}\n\n{{ link }}")[0][1]

    def test_a_missing_link(self):
        assert refused("Hello")[0][1] == "{{ link }} is missing. Write it on its own line."

    def test_a_doubled_link(self):
        found = refused("a\n{{ link }}\nb\n{{link}}")
        assert found == [
            ("body", "Line 4: {{ link }} is here again; it is already on line 2. Remove one.")
        ]

    @pytest.mark.parametrize(
        "body",
        [
            "[Accept]({{ link }})",
            "[Accept]({{link}})",
            "[Accept](https://x.example/{{link}})",
            "[{{ link }}](https://x.example)",
            "![{{ link }}](https://x.example)",
            "<https://x.example/{{link}}>",
            "\\{{ link }}",
            "> {{ link }}",
            "- {{ link }}",
            "- a\n\n  {{ link }}",
        ],
    )
    def test_a_link_where_it_cannot_be_a_button(self, body):
        assert any(message.startswith("Line ") for _, message in refused(body))

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java&#10;script:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "/orgs",
            "//evil.example",
            "www.acme.example",
            "",
            "http:",
            "#top",
        ],
    )
    def test_a_link_to_anything_but_the_web_and_mail(self, address):
        messages = refused(f"Hello\n\n[x]({address})\n\n{{{{ link }}}}")
        assert messages[0][1].startswith("Line 3: A link must begin with")

    def test_a_picture(self):
        messages = refused("{{ link }}\n\na\nb ![x](https://x.example/a.png)")
        assert messages == [("body", "Line 4: Mail cannot contain pictures. Remove this one.")]

    def test_too_much_and_too_little(self):
        assert refused("")[0] == ("body", "Enter the text of the mail.")
        assert refused(" \n ")[0] == ("body", "Enter the text of the mail.")
        assert "at most 10,000 characters" in refused("a\n" * 5_001)[0][1]
        assert taken("a" * 9_990 + "\n{{link}}").body.endswith("{{link}}")

    def test_a_value_over_and_over(self):
        body = "{{ link }}\n" + "{{ message }}\n" * 21
        assert refused(body)[0][1] == "Line 22: Use {{ message }} at most 20 times."

    def test_what_cannot_be_shown(self):
        assert refused("a\nb\x07\n{{ link }}")[0][1].startswith("Line 2 contains a character")
        assert refused("a\u202eb {{ link }}")[0][1].startswith("Line 1 contains a character")

    @pytest.mark.parametrize(
        ("subject", "words"),
        [
            ("", "Enter a subject."),
            ("  ", "Enter a subject."),
            ("a\nBcc: eve@evil.example", "The subject must be one line."),
            ("a\r\nBcc: eve@evil.example", "The subject must be one line."),
            ("a\u2028b", "The subject must be one line."),
            ("x" * 151, "at most 150 characters"),
            ("Join by {{ link }}", "The subject cannot contain the link."),
            ("Join {{ nobody }}", "Line 1: “{{ nobody }}” is not"),
            ("Join \x00", "cannot be shown"),
        ],
    )
    def test_a_subject(self, subject, words):
        field, message = refused("{{ link }}", subject=subject)[0]
        assert field == "subject"
        assert words in message

    def test_several_things_at_once_but_not_endlessly(self):
        assert [field for field, _ in refused("{{ a }}", subject="")] == ["subject", "body", "body"]
        assert len(refused("{{ a }}\n" * 100)) <= placeholders.PROBLEMS_MOST + 1

    def test_a_kind_that_is_none(self):
        with pytest.raises(NotFound):
            templates.named("confirmation")


class TestWhatIsTaken:
    """Everything that a letter needs; all the rest is words."""

    def test_spaces_in_the_braces_are_optional(self):
        assert "Bo Lind and Bo Lind" in render("{{invitee}} and {{   invitee }}").text
        assert render("{{ link }}") == render("{{link}}")

    @pytest.mark.parametrize("plain", ["%(link)s", "{0.link}", "{link}", "${link}", "}}", "{ {"])
    def test_other_languages_are_words(self, plain):
        body = taken(f"Write {plain} here\n\n{{{{ link }}}}").body
        assert f"Write {plain} here" in render(body).text

    @pytest.mark.parametrize("plain", ["<b>x</b>", "<!-- x -->", "<script>x</script>", "`x`", "&x"])
    def test_html_and_code_are_words(self, plain):
        body = taken(f"a {plain} b\n\n{{{{ link }}}}").body
        assert f"a {plain} b" in render(body).text
        assert html.escape(f"a {plain} b", quote=False) in render(body).html

    def test_both_parts_say_the_same(self):
        found = render(
            "# Hello {{ invitee }}\n\n**{{ inviter }}** and *we*\n\n- a\n- b\n\n> {{ message }}\n\n"
            "1. c\n2. d\n\n---\n\nSee [us](https://acme.example) or <mailto:us@acme.example>.\nBye"
        )
        assert found.text == (
            "Hello Bo Lind\n\nPriya Shah and we\n\n- a\n- b\n\n> Come\n> and look\n\n1. c\n2. d\n\n"
            "---\n\nSee us (https://acme.example) or mailto:us@acme.example.\nBye\n"
        )
        assert links(found.html) == ["https://acme.example", "mailto:us@acme.example"]
        assert {e.tag for e in tree(found.html).iter()} >= {"h2", "strong", "em", "ul", "ol", "hr"}

    def test_the_link_is_one_button_and_one_address_below_it(self):
        found = render("Join:\n{{ link }}\nBye")
        assert found.text == f"Join:\n\nAccept:\n{LINK}\n\nBye\n"
        assert links(found.html) == [LINK, LINK]
        assert [words_of(p) for p in tree(found.html).iter("p")] == [
            "Join:",
            "Accept",
            f"Or open this link: {LINK}",
            "Bye",
        ]

    def test_in_a_sentence_the_address_stands_there_and_the_button_below(self):
        found = render("Join by **{{ link }}** today")
        assert found.text == f"Join by\n{LINK}\ntoday\n"
        assert [words_of(p) for p in tree(found.html).iter("p")] == [
            f"Join by {LINK} today",
            "Accept",
        ]

    @pytest.mark.parametrize(
        "body",
        [
            "{{ message }}",
            "> {{ message }}",
            "- {{ message }}",
            "**{{ message }}**",
            "# {{message}}",
        ],
    )
    def test_what_is_only_an_empty_place_vanishes(self, body):
        found = render(f"a\n\n{body}\n\nb", message="")
        assert found.text == "a\n\nb\n"
        assert [words_of(p) for p in tree(found.html).iter("p")] == ["a", "b"]
        assert len(list(tree(found.html))) == 2

    def test_so_does_a_line_and_nothing_else(self):
        assert render("a\n{{ message }}\nb", message="").text == "a\nb\n"
        assert render("a {{ message }}", message="").text == "a\n"

    def test_a_page_gets_it_without_looks(self):
        assert 'style="' in render("a {{ link }}").html
        plain = bodies.render("a {{ link }}", FACTS, "Accept", styles={}).html
        assert "style" not in plain


class TestTheBuiltInTexts:
    """They are written in the language that organizations edit."""

    @pytest.mark.parametrize("kind", placeholders.KINDS)
    def test_could_have_been_typed(self, kind):
        built_in = templates.built_in(kind)
        assert taken(built_in.body, kind, built_in.subject) == built_in
        assert links(render(built_in.body).html) == [LINK, LINK]
        assert render(built_in.body).text.count(LINK) == 1

    def test_every_placeholder_is_explained(self):
        assert set(placeholders.MEANINGS) == {
            n for names in placeholders.KINDS.values() for n in names
        }
        assert set(templates.TITLES) == set(placeholders.KINDS)
        assert set(templates.OCCASIONS) == set(placeholders.KINDS)


EVERYTHING = (
    "Hello {{ invitee }},\n\n**{{ inviter }}** of *{{organization}}* [{{ organization }}]"
    "(https://acme.example)\n\n# {{ message }}\n\n> {{ message }}\n\n- {{ message }}\n\n{{ link }}"
)


@given(value=TYPED)
@settings(max_examples=300)
def test_what_people_type_stays_words_in_both_parts(value):
    names = dict.fromkeys(("invitee", "organization", "inviter", "message"), value)
    found = render(EVERYTHING, **names)
    assert set(links(found.html)) <= {LINK, "https://acme.example"}
    assert links(found.html).count(LINK) == 2
    assert {e.tag for e in tree(found.html).iter()} <= {*bodies.TAGS, "DOCUMENT_FRAGMENT"}
    said = " ".join(value.split())
    assert said in words_of(tree(found.html))
    assert said in " ".join(found.text.replace("\n> ", "\n").replace("\n  ", "\n").split())
    assert found.text.count(LINK) == 1
    subject = placeholders.fill("{{ inviter }} of {{ organization }}", names)
    assert subject == f"{value} of {value}"


@given(body=TEMPLATES)
@example("[a\nb](https://x.example 'c\nd') {{ email }}\n{{ link }}")
@example("*a\n{{ link }}\nb*")
@example("- \n\n{{ link }}")
@settings(max_examples=400)
def test_any_text_is_refused_or_becomes_a_sound_mail(body):
    try:
        wording = taken(body)
    except Refusals as refusals:
        assert all(one.field == "body" for one in refusals.refusals)
        return
    assert taken(wording.body) == wording
    found = render(wording.body)
    assert found.text.count(LINK) == 1
    where = links(found.html)
    assert where.count(LINK) == 2
    assert all(bodies.is_allowed(one) for one in where)
    assert {e.tag for e in tree(found.html).iter()} <= {*bodies.TAGS, "DOCUMENT_FRAGMENT"}
    assert "{{ link }}" not in found.text
    assert re.search(rf"(?m)^{re.escape(LINK)}$", found.text)


def repeated(piece):
    return (piece * (10_000 // len(piece) + 1))[: wordings.BODY_MOST - 10]


WORST = [
    *("[", "![", "[](", "[a](", "![[]()", "[[a]", "[a](<", '[a](b "', "]", "[]", "[ (", "<", "<a@"),
    *(
        "*",
        "**a ",
        "*a ",
        "a*",
        "a**b",
        "*_",
        "*a_",
        "_a_b",
        "***a",
        "a***",
        "**a*_[",
        "\\",
        "&",
        "&#",
    ),
    *(
        ">",
        "> ",
        ">\n",
        "> a\n",
        "- ",
        "-\n",
        "* a\n",
        "1. ",
        "1)\n",
        "# a\n",
        "a\n",
        "\n",
        "---\n",
    ),
    *("{", "{{", "{{ message }}", "{{invitee}}*", "`", "a  \n", "\t"),
]
NESTED = [
    "\n".join(">" * depth + "a" for depth in range(1, 140)),
    "\n".join("  " * depth + "- a" for depth in range(1, 95)),
    "*a " * 1_600 + "a* " * 1_600,
    "[" * 4_900 + "](https://a)" * 400,
    ">" * 5_000 + "\na" * 2_400,
    "](" + " " * 9_900,
    "{{" + " " * 9_900,
    ("](" + " " * 48) * 190,
]


def seconds(body):
    bodies.parse.cache_clear()
    began = time.perf_counter()
    with suppress(Refusals):
        wordings.checked("invitation", "x", body)
    render(body)
    return time.perf_counter() - began


def test_no_text_takes_much_longer_than_plain_words_do():
    """As a ratio, so that the machine's speed does not matter; the worst of these is about 6."""
    plain = repeated("a few words and a [link](https://acme.example) in **bold**\n")
    usual = min(seconds(plain) for _ in range(3))
    for body in [*map(repeated, WORST), *NESTED]:
        text = body[: wordings.BODY_MOST]
        assert any(seconds(text) < 40 * usual for _ in range(3)), body[:20]


def test_no_text_becomes_much_longer_than_its_values_allow():
    longest = dict.fromkeys(FACTS, "x" * 100) | {"message": "<" * 1_000, "link": LINK}
    body = taken(
        "{{message}}\n" * 20 + "{{invitee}}" * 20 + "{{organization}}" * 20 + "{{link}}"
    ).body
    found = bodies.render(body, longest, "Accept")
    assert len(found.text) < 30_000
    assert len(found.html) < 150_000
    for body in [*map(repeated, WORST), *NESTED]:
        found = bodies.render(body, longest | {"message": "", "invitee": ""}, "Accept")
        assert len(found.html) < 60 * len(body)
