"""Where webhooks may go, however it is written."""

from __future__ import annotations

import pytest

from webapp.domain.errors import Refusal
from webapp.domain.webhooks import addresses
from webapp.egress import Way

DNS = Way(lambda host, seconds: ["8.8.8.8"])
HERE = Way(lambda host, seconds: ["127.0.0.1"], to_loopback=True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.org", "https://example.org/"),
        ("  HTTPS://Example.ORG:443/Hooks?a=b&c  ", "https://example.org/Hooks?a=b&c"),
        ("https://example.org.:8443/x", "https://example.org:8443/x"),
        ("https://example.org?a=/../b", "https://example.org/?a=/../b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://ｅｘａｍｐｌｅ．org/", "https://example.org/"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:2800:21F::1]:8443/", "https://[2606:2800:21f::1]:8443/"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed, kept):
    assert addresses.parse(typed, DNS) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "example.org", "//example.org/", "https://", "https:///x", "https://:443/"),
        *("http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://a.example"),
        *("javascript:alert(1)", "https:example.org", "https://example.org/#here"),
        *("https://user:word@example.org/", "https://8.8.8.8@example.org/", "https://@a.example/"),
        *("https://example.org:22/", "https://example.org:80/", "https://example.org:0/"),
        *("https://example.org:99999/", "https://example.org:x/", "https://example.org:-1/"),
        # This machine and its neighbours, in every spelling there is.
        *("https://localhost/", "https://LOCALHOST./", "https://intranet/", "https://127.0.0.1/"),
        *("https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0X7F.1/"),
        *("https://017700000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/"),
        *("https://0/", "https://0.0.0.0/", "https://1.2.3.4.5/", "https://8.8.8.8./"),
        *(
            "https://127.0.0.1./",
            "https://１２７.0.0.1/",
            "https://①②⑦.0.0.1/",
            "https://127。0。0。1/",
        ),
        *("https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/"),
        *("https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/"),
        *("https://[fd00:ec2::254]/", "https://[::127.0.0.1]/", "https://[2606:4700::1%25eth0]/"),
        *(
            "https://[v1.fe80::a]/",
            "https://[::1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
        ),
        *("https://192.168.0.1:8443/", "https://100.64.0.1/", "https://168.63.129.16/"),
        # What readers of addresses do not agree on.
        *(
            "https://example.org\\@127.0.0.1/",
            "https://a.example%2f@b.example/",
            "https://a b.org/",
        ),
        *("https://exa%6dple.org/", "https://example.org%00.evil.example/", "https://a..example/"),
        *("https://example.org/a b", "https://example.org/\r\nHost: x", "https://exam\tple.org/"),
        *(
            "https://-a.example/",
            "https://a-.example/",
            "https://ex*mple.org/",
            "https://a.example,b/",
        ),
        *("https://example.org/ü", "https://exam\u202eple.org/", "https://a\0b.example/"),
        *("https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/"),
        "https://example.org/" + "x" * 500,
    ],
)
def test_what_is_no_public_https_address_is_refused(typed):
    with pytest.raises(Refusal) as refused:
        addresses.parse(typed, DNS)
    assert refused.value.field == "url"


@pytest.mark.parametrize("found", [[], ["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:8.8.8.8"]])
def test_a_name_is_looked_up_before_it_is_taken(found):
    way = Way(lambda host, seconds: found)
    url = addresses.parse("https://hooks.example/", way)
    with pytest.raises(Refusal, match="public addresses"):
        addresses.look_up(url, way)


def test_this_machine_is_an_address_only_where_a_test_says_so():
    for url in ("http://127.0.0.1:9000/", "http://localhost/", "https://[::1]:9000/"):
        assert addresses.parse(url, HERE) == url
    for url in ("http://example.org/", "http://10.0.0.1/", "https://10.0.0.1/", "http://0.0.0.0/"):
        with pytest.raises(Refusal):
            addresses.parse(url, HERE)
