from __future__ import annotations

import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import resolving

from ingest.errors import FetchError
from ingest.reach import Reach, is_another, is_public, resolved_by_system, shown, target_of

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

# Each reaches this machine with one client or another.
LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
    "0177.0.0.1", "127.000.000.001", "0", "00.0.0.0", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]", "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:1:2:3:4:80ff:fffe]", "[0:0:0:0:0:0:0:1]", "[::ffff:0:127.0.0.1]",
]  # fmt: skip
CLOSED = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "169.254.170.2",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.0.9", "198.18.0.1", "192.0.2.1", "203.0.113.7",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "100::1", "5f00::1", "2001:20::1",
]  # fmt: skip
OPEN = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_reaches_this_machine(host: str, only_here: list[str]) -> None:
    """However this machine's own address is spelt, it is not reached."""
    with pytest.raises(FetchError, match=r"^\S+ (leads to \S+, which )?is this machine"):
        Reach(resolve=resolving()).addresses(target_of(f"http://{host}/"), 5)
    assert only_here == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("127.0.0.1", "127.0.0.1 is this machine"),
        ("[0:0:0:0:0:0:0:1]", "::1 is this machine"),
        ("127.1", "127.1 leads to 127.0.0.1, which is this machine"),
        ("inside.example", "inside.example leads to 10.0.0.1, which is this machine"),
    ],
)
def test_an_address_is_said_once(host: str, said: str) -> None:
    """A host that is refused is said with the numeric address that it leads to, where it is not that address itself."""
    with pytest.raises(FetchError) as refused:
        Reach(resolve=resolving(inside_example="10.0.0.1")).addresses(target_of(f"http://{host}/"), 5)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_closed(address: str) -> None:
    """Private networks, the services of clouds, many machines at once, and examples are none of the open internet."""
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_open(address: str) -> None:
    """Plain addresses of single machines are of the open internet."""
    assert is_public(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0"]))
def test_no_address_hides_in_another(hidden: IPv4Address, form: str) -> None:
    """No address of IPv6 that carries one of IPv4 at its end is open, whatever it carries."""
    assert not is_public(str(IPv6Address(int(ip_address(form)) | int(hidden))))


@given(st.ip_addresses(v=4), st.integers(0, 2**80 - 1))
def test_no_address_hides_in_a_tunnel(hidden: IPv4Address, rest: int) -> None:
    """No address of 6to4 or Teredo is open, whatever it carries."""
    assert not is_public(str(IPv6Address((0x2002 << 112) | (int(hidden) << 80) | rest)))
    assert not is_public(str(IPv6Address((0x20010000 << 96) | (rest & (2**64 - 1)) << 32 | (int(hidden) ^ 0xFFFFFFFF))))


@given(st.ip_addresses())
def test_what_is_open_is_global(address: IPv4Address | IPv6Address) -> None:
    """Only what the registries call global is open, and of IPv6 only what is given to single machines."""
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert address.version == 4 or address in ip_network("2000::/3")


@pytest.mark.parametrize("behind", ["93.184.216.34 10.0.0.1", "10.0.0.1 93.184.216.34", "2606:4700::1111 ::1"])
def test_a_name_with_two_faces(behind: str, only_here: list[str]) -> None:
    """A name that leads to the open internet and to a private network is refused whole."""
    reach = Reach(resolve=resolving(two_faces_example=behind))
    with pytest.raises(FetchError, match=r"two\.faces\.example leads to (10\.0\.0\.1|::1), which"):
        reach.addresses(target_of("http://two.faces.example/"), 5)
    assert only_here == []


def test_a_name_of_the_open_internet() -> None:
    """A name of the open internet leads to all of its addresses, in their order."""
    reach = Reach(resolve=resolving(good_example="2606:4700::1111 93.184.216.34"))
    assert reach.addresses(target_of("https://good.example/"), 5) == ["2606:4700::1111", "93.184.216.34"]


def test_a_name_that_is_not_found() -> None:
    """A name that is not found is said to be, whether the system fails, or knows no address for it."""
    for resolve in (resolving(), lambda *_: []):
        with pytest.raises(FetchError, match=r"the name nowhere\.example is not found"):
            Reach(resolve=resolve).addresses(target_of("http://nowhere.example/"), 5)


def test_a_slow_look_up_is_given_up() -> None:
    """A look-up of a name takes no longer than it may."""
    began = time.monotonic()
    with pytest.raises(FetchError, match="is not found"):
        Reach(resolve=lambda *_: time.sleep(30) or []).addresses(target_of("http://slow.example/"), 0.1)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("own", "peer", "another"),
    [
        ("93.184.216.34", "93.184.216.34", False),
        ("93.184.216.34", "93.184.216.35", True),
        ("192.168.1.2", "93.184.216.34", True),
        ("2a00:1450:4001:1::2", "2a00:1450:4001:1::2", False),
        ("2a00:1450:4001:1::2", "2a00:1450:4001:1:ffff::9", False),
        ("2a00:1450:4001:1::2", "2a00:1450:4001:2::2", True),
        ("2a00:1450:4001:1::2", "2606:4700::1111", True),
    ],
)
def test_what_is_another_machine(own: str, peer: str, another: bool) -> None:  # noqa: FBT001
    """What has our address, or in IPv6 its first half, is this machine or beside it; all else is another."""
    assert is_another(own, peer) == another
    assert Reach().is_another(own, peer) == another


def test_the_system_resolves() -> None:
    """The system's own resolver gives each address once."""
    assert resolved_by_system("127.0.0.1", 80) == ["127.0.0.1"]


# Addresses


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://Lantern.Example", "https://lantern.example/"),
        (" http://lantern.example:80/a#part ", "http://lantern.example/a"),
        ("HTTP://lantern.example:8080/a b/ü?q=ü&x=%20[1]", None),
        ("http://lantern.example:8080/ab/ü?q=ü&x=%20[1]", "http://lantern.example:8080/ab/%C3%BC?q=%C3%BC&x=%20[1]"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER。Example/", "https://xn--bcher-kva.example/"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://βόλος.com/", "https://xn--nxasmm1c.com/"),
        ("https://نامه\u200cای.com/", "https://xn--mgba3gch31f060k.com/"),
        ("https://a_b.x--y.example./", "https://a_b.x--y.example./"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
        ("https://lantern.example:443?p=1", "https://lantern.example/?p=1"),
    ],
)
def test_an_address_is_taken_apart(typed: str, url: str | None) -> None:
    """An address has one written form, in ASCII and without a fragment; one with a space in it is none."""
    if url is None:
        with pytest.raises(FetchError, match="is no address"):
            target_of(typed)
    else:
        target = target_of(typed)
        assert target.url == url
        assert target.origin + target.path == url


@pytest.mark.parametrize(
    "typed",
    [
        "file:///etc/passwd", "ftp://lantern.example/a", "gopher://lantern.example", "javascript:alert(1)", "data:,x",
        "", "http://", "http:///a", "//lantern.example", "lantern.example", "http://[x", "http://[::1%25eth0]/",
        "http://a:70000/", "http://a:b/", "http://a\nb/", "http://a\r\nHost: b/", "http://a\x00/", "http://a\\b/",
        "http://a_<b>/", "http://" + "a" * 300, "http://a/" + "x" * 3000, "http://a..b/", "http://a/\udcff",
        "http://.a/", "http://" + "a" * 64 + ".example/", "http://" + "ü" * 60 + ".example/", "http://a\u200cb.example/",
        "http://ex%61mple/", "http://\xad/", "http://xn--a\u0308.example/", "http://a\u2488com/",
    ],
)  # fmt: skip
def test_what_is_no_address(typed: str) -> None:
    """Other schemes, and what is no address of one machine, are refused before anything is looked up."""
    with pytest.raises(FetchError):
        target_of(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "http://me:s3cret@a.example/", "http://s3cret@a.example/", "ftp://me:s3cret@a/", "me:s3cret@host.example/a",
        "s3cret@host.example", "http:me:s3cret@a.example", "http:/me:s3cret@a.example", "http:///me:s3cret@a.example/",
        "//me:s3cret@a.example/", "http://me:s3cret/@a.example/", "http://me:s3cret?@a.example/#@",
        "http://me:s3cret\n@a.example/", "me:s3cret＠a.example", "http://me:s3cret@" + "a" * 3000,
        "http://me:s3cret@x@a.example/", "me@there:s3cret@a.example", "http:\\\\me:s3cret@a.example",
    ],
)  # fmt: skip
def test_no_password_is_repeated(typed: str) -> None:
    """An address with a user name or a password is refused, and neither is said again."""
    with pytest.raises(FetchError) as refused:
        target_of(typed)
    assert "s3cret" not in str(refused.value) + shown(typed)


@given(st.one_of(st.text(), st.text().map("http://{}".format), st.from_regex(r"https?://[a-z0-9.:\[\]@%/?#\\-]{1,40}")))
def test_any_text_is_an_address_or_none(typed: str) -> None:
    """Of any text either an address is made, whose form stays as it is, or an error that can be shown."""
    try:
        target = target_of(typed)
    except FetchError as error:
        said = str(error)
    else:
        said = target.url
        assert target_of(said) == target
        assert said.isascii()
    assert said.isprintable()
