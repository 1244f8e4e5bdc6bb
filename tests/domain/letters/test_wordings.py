"""A placeholder inside an address is refused with its line, however the address is written."""

from __future__ import annotations

import pytest

from webapp.domain.errors import Refusal
from webapp.domain.letters import placeholders, templates, wordings

LINK = "{{ link }}"
# The text, and the line of the first placeholder that stands wrong.
ADDRESSES = {
    "<http://x/{{ email }}>": 1,
    "<http://x/{{email}}>": 1,
    "http://x/?u={{ link }}": 1,
    "Look:\nHTTP://X/a{{ email }}{{ role }}": 2,
    "http://x/_{{ email }}_": 1,
    "**http://x/{{ email }}**": 1,
    "\\<http://x/{{ email }}>": 1,
    "`http://x/{{ email }}`": 1,
    "    http://x/{{ email }}": 1,
    "# http://x/{{ email }}": 1,
    "> http://x/{{ email }}": 1,
    "http://{{ organization }}.example/": 1,
    "ftp://x/{{ email }}": 1,
    "www.x.org/{{ email }}": 1,
    "mailto:{{ email }}": 1,
    "<mailto:{{ email }}>": 1,
    "<foo:{{ email }}>": 1,
    "<x{{ email }}@y.example>": 1,
    "<{{ link }}>": 1,
    "[w](http://x/{{ email }})": 1,
    "[w](http://x/{{email}})": 1,
    '[w](http://x/?a={{ email }}&b={{ role }} "t")': 1,
    "[w](<http://x/{{ email }}>)": 1,
    "[w](< {{ link }}>)": 1,
    "[w]({{ link }})": 1,
    "[w](\nhttp://x/{{ email }})": 2,
    "[w](#{{ email }})": 1,
    "[http://x/{{ email }}](https://y.example)": 1,
    "- [w](/x?{{ email }})": 1,
    "![w](http://x/{{ email }})": 1,
    "[w]: http://x/{{ email }}": 1,
    "[w]\n\n[w]: /{{ email }}": 3,
    "[w]: /a\n\n[w]: <{{ email }}>": 3,
    "[w]:\n{{ email }}": 2,
    '<a href="http://x/{{ email }}">w</a>': 1,
    "<a href={{ email }}>w</a>": 1,
    "<a\nhref='{{ email }}'>w</a>": 2,
    '<img src="x" alt={{ email }}>': 1,
}
WORDS = [
    "Role:{{ role }}",
    "Bo <{{ email }}>",
    "See http://x.example/ {{ email }}",
    "http://x.example\n{{ email }}",
    "[{{ organization }}](https://x.example)",
    "[w](https://x.example){{ role }}, <https://x.example>{{ role }}",
    "{{ organization }}: {{ role }} = {{ email }}",
    "a <b and {{ invitee }} > c",
    "({{ email }}) **{{ organization }}** @{{ organization }}",
    "zq0x zq1x {{ email }}",
]


def body(text):
    return text if LINK in text else f"{text}\n\n{LINK}"


@pytest.mark.parametrize("text", ADDRESSES)
def test_inside_an_address_it_is_refused_with_its_line(text):
    with pytest.raises(Refusal) as refused:
        wordings.checked("invitation", "Hello", body(text))
    words = f"Line {ADDRESSES[text]}: A placeholder cannot be part of a link’s address."
    assert words in refused.value.message
    for one in refused.value.refusals:
        assert one.field == "body"


@pytest.mark.parametrize("text", WORDS)
def test_beside_an_address_and_among_words_it_may_stand(text):
    assert wordings.checked("invitation", "Hello", body(text)).body == body(text)


@pytest.mark.parametrize("kind", placeholders.KINDS)
def test_the_built_in_texts_may_be_saved(kind):
    text = templates.built_in(kind)
    assert wordings.checked(kind, text.subject, text.body) == text


def test_a_long_text_full_of_addresses_is_refused_too():
    text = "[w](http://x/{{ email }}) zq0x" * 300
    with pytest.raises(Refusal):
        wordings.checked("invitation", "Hello", body(text[:9000]))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_in_its_form_is_put_in_order_as_a_saved_one(end):
    typed = (" Join us ", end.join(["", "Hello,", "", "  {{ link }}", " ", ""]))
    wording = wordings.normalized(*typed)
    assert wording == ("Join us", "Hello,\n\n  {{ link }}")
    assert wordings.checked("invitation", *typed) == wording
