"""Which addresses are the public internet's, however they are written."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from webapp.egress import Unreachable, Way, by_dns, is_public

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
    *("172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fc00::1", "fd00:ec2::254"),
    *("fec0::1", "ff02::1", "ff0e::1", "100::1", "5f00::1", "4000::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    *("2001:20::1", "2001:db8::1", "3fff::1"),
]


@pytest.mark.parametrize("text", PUBLIC)
def test_anybodys_address_is_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_of_ours_of_nobodys_or_in_disguise_is_not(text):
    assert not is_public(ip_address(text))
    with pytest.raises(Unreachable):
        Way(by_dns).addresses(text, 1)
    with pytest.raises(Unreachable):
        Way(lambda host, seconds: [text]).addresses("hooks.example", 1)


def test_one_private_address_among_public_ones_is_enough_to_refuse_all():
    way = Way(lambda host, seconds: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Unreachable, match="does not lead to the public internet"):
        way.addresses("hooks.example", 1)


def test_a_name_without_addresses_is_refused_and_what_was_found_is_not_told():
    with pytest.raises(Unreachable, match=r"no address for hooks\.example"):
        Way(lambda host, seconds: []).addresses("hooks.example", 1)
    with pytest.raises(Unreachable) as refused:
        Way(lambda host, seconds: ["10.1.2.3"]).addresses("hooks.example", 1)
    assert "10.1.2.3" not in str(refused.value)


@pytest.mark.parametrize("text", ["10.0.0.1", "169.254.169.254", "0.0.0.0", "fd00::1", "fe80::1"])
def test_this_machine_where_a_test_allows_it_and_no_other(text):
    way = Way(lambda host, seconds: [text], to_loopback=True)
    assert way.addresses("127.0.0.1", 1) == ["127.0.0.1"]
    with pytest.raises(Unreachable):
        way.addresses("hooks.example", 1)


def test_localhost_is_this_machine_and_so_refused():
    assert by_dns("localhost", 1) == ["127.0.0.1"]
    with pytest.raises(Unreachable):
        Way(by_dns).addresses("localhost", 1)
