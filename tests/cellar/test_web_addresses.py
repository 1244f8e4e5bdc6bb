"""Addresses of the web: one spelling for each, and a reason for each that is refused."""

from __future__ import annotations

import pytest

from webapp import web_addresses
from webapp.web_addresses import Fault, Unusable


@pytest.mark.parametrize(
    ("typed", "spelled", "host"),
    [
        ("https://Wiki.Example.ORG.:443", "https://wiki.example.org/", "wiki.example.org"),
        ("http://localhost:80?a=b", "http://localhost/?a=b", "localhost"),
        ("https://bücher.example:444/", "https://xn--bcher-kva.example:444/", None),
        ("https://[FD00::1]:9000/x?", "https://[fd00::1]:9000/x?", "[fd00::1]:9000"),
        ("HTTPS://10.0.0.7/", "https://10.0.0.7/", "10.0.0.7"),
    ],
)
def test_an_address_has_one_spelling(typed, spelled, host):
    address = web_addresses.parse(typed)
    assert str(address) == spelled
    assert address.host == (host or spelled.split("/")[2])
    assert str(web_addresses.parse(spelled)) == spelled


@pytest.mark.parametrize(
    ("fault", "typed"),
    [
        (Fault.UNREADABLE, "https://wi ki.example/"),
        (Fault.UNREADABLE, "https://a.example/\\b"),
        (Fault.UNREADABLE, "https://a.example:x/"),
        (Fault.UNREADABLE, "https://[::1/"),
        (Fault.UNREADABLE, "https://%41.example/"),
        (Fault.UNREADABLE, "https://a.example/ü"),
        (Fault.UNREADABLE, "https://-a.example/"),
        (Fault.IS_NUMBER, "https://0x7f000001/"),
        (Fault.IS_NUMBER, "https://8.8.8.8./"),
        (Fault.OTHER_SCHEME, "ftp://a.example/"),
        (Fault.OTHER_SCHEME, "//a.example/"),
        (Fault.OTHER_SCHEME, "https://"),
        (Fault.HAS_USER, "https://me:pass@a.example/"),
        (Fault.HAS_FRAGMENT, "https://a.example/#top"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(fault, typed):
    with pytest.raises(Unusable) as refused:
        web_addresses.parse(typed)
    assert refused.value.fault is fault
