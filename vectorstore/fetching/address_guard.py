"""Which addresses may be connected to: public ones, and those in networks explicitly allowed."""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host name, for a port. Raises OSError."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """An address may not be fetched. The message is a sentence that says which, and why."""


def resolve_name(host: str, port: int) -> list[str]:
    """All addresses of a host, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def parse_networks(text: str) -> tuple[IPNetwork, ...]:
    """The networks in a comma-separated list. Raises ValueError.

    >>> parse_networks("10.1.0.0/16, ::1")
    (IPv4Network('10.1.0.0/16'), IPv6Network('::1/128'))
    """
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


class AddressGuard:
    """Lets through public addresses, and those in the `allowed` networks."""

    def __init__(self, allowed: Iterable[IPNetwork] = (), resolve: Resolve = resolve_name) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of them checked. Connect to these: resolved again, the name
        may lead elsewhere. Raises Refused."""
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Refused(
                f"The name {host} does not resolve. Check its spelling, and the connection."
            ) from error
        if not found:
            raise Refused(f"The name {host} has no address. Check its spelling.")
        for address in found:
            if not self._lets_through(address):
                raise Refused(
                    f"{host} leads to {address}, which is not a public address. If it is meant to"
                    " be fetched, list it in QA_FETCH_ALLOW."
                )
        return list(found)

    def _lets_through(self, text: str) -> bool:
        address = ipaddress.ip_address(text.partition("%")[0])
        if any(address in network for network in self._allowed):
            return True
        inside = list(_inside(address))
        # NAT64 is reserved as a whole: the address that it leads to decides.
        outside = [] if address in _NAT64 else [address]
        return all(_is_public(each) for each in (*outside, *inside))


def _is_public(address: IPAddress) -> bool:
    """Not private, loopback, link-local (as metadata services are), shared or multicast."""
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IPAddress) -> Iterable[IPAddress]:
    """The IPv4 addresses that an IPv6 address is only another way to write or reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
