"""Which addresses are refused, however they are written."""

import pytest

from vectorstore.fetching.address_guard import AddressGuard, Refused, parse_networks

REFUSED = (
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:5",
    "2002:a00:5::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffa",
)
PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e")


def guard(*addresses: str, allowed: str = "") -> AddressGuard:
    return AddressGuard(parse_networks(allowed), lambda host, port: addresses)


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused_and_named(address: str) -> None:
    with pytest.raises(Refused, match="QA_FETCH_ALLOW") as refused:
        guard(address).addresses("example.org", 80)
    assert f"example.org leads to {address}" in str(refused.value)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert guard(address).addresses("example.org", 80) == [address]


def test_one_refused_address_refuses_the_name() -> None:
    for addresses in ((PUBLIC[0], "10.0.0.5"), ("10.0.0.5", PUBLIC[0])):
        with pytest.raises(Refused, match=r"10\.0\.0\.5"):
            guard(*addresses).addresses("example.org", 80)


def test_what_is_allowed_by_name_is_let_through() -> None:
    assert guard("10.1.2.3", allowed="10.1.0.0/16").addresses("wiki", 80) == ["10.1.2.3"]
    with pytest.raises(Refused):
        guard("10.2.2.3", allowed="10.1.0.0/16, ::1").addresses("wiki", 80)


def test_a_name_that_does_not_resolve_is_named() -> None:
    def fail(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Refused, match=r"The name nowhere\.test does not resolve"):
        AddressGuard(resolve=fail).addresses("nowhere.test", 80)
    with pytest.raises(Refused, match="has no address"):
        guard().addresses("nowhere.test", 80)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.org", "1.2.3"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_networks(text)
