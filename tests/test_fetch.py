from __future__ import annotations

import datetime as dt
import gzip
import os
import ssl
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sites import HOST, QUICK, article, giving, is_local, local_fetcher, local_reach, resolving, serving

from ingest.errors import FetchError
from ingest.fetch import Fetcher
from ingest.reach import Reach
from ingest.records import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sites import Site, Visitor

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

PAGE = article("Gates", "The port of Marrow Bay bought twelve gates.")


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a site with one article."""
    with serving({"/a": giving(PAGE, ETag='"one"', Last_Modified="Tue, 04 May 2021 10:00:00 GMT")}) as made:
        yield made


def refused(fetcher: Fetcher, address: str) -> str:
    with pytest.raises(FetchError) as error:
        fetcher.get(address)
    message = str(error.value)
    assert message.isprintable()
    return message


# What is sent and what comes


def test_a_page_is_fetched(site: Site) -> None:
    """The bytes are those that were sent, whatever their type is called, and the address is where they were found."""
    fetched = local_fetcher().get(site.at("/a#part"))
    assert (fetched.url, fetched.data, fetched.unchanged) == (site.at("/a"), PAGE, False)
    assert fetched.headers["etag"] == '"one"'
    site.pages["/b"] = giving(b"%PDF-1.7", Content_Type="text/css")
    assert local_fetcher().get(site.at("/b")).data == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("sent", "charset"),
    [
        ("text/html; charset=windows-1251", "windows-1251"),
        ('Text/HTML;boundary=x ; CHARSET = "Windows-1251"', "Windows-1251"),
        ("text/html", None),
        ("text/html; charset=", None),
        ("text/html; charset=\xe4", None),
        ("", None),
    ],
)
def test_the_encoding_that_a_server_names(site: Site, sent: str, charset: str | None) -> None:
    """The encoding is what the type of the content names it, if it does."""
    site.pages["/a"] = giving(PAGE, Content_Type=sent)
    assert local_fetcher().get(site.at("/a")).charset == charset


def test_what_a_site_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site is told an honest name and nothing else: no cookie, no referrer; no proxy stands between."""
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9/")
    site.pages["/from"] = giving(status=302, Location="/a", Set_Cookie="known=1")
    fetcher = local_fetcher()
    fetcher.get(site.at("/from"))
    fetcher.get(site.at("/a"))
    for head in site.heads:
        assert set(head) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert head["user-agent"].startswith("Dossier (")
        assert head["accept-encoding"] == "identity"
        assert head["host"] == f"{HOST}:{site.port}"


def test_a_name_is_not_resolved_again(site: Site, only_here: list[str]) -> None:
    """What is connected to is the number that was checked, wherever the name leads a moment later."""
    answers = iter(["127.0.0.1", "127.0.0.1", "127.0.0.1", "10.0.0.1"])
    fetcher = Fetcher(replace(local_reach(), resolve=lambda *_: [next(answers)]), QUICK)
    assert fetcher.get(site.at("/a")).data == PAGE
    assert "leads to 10.0.0.1" in refused(fetcher, site.at("/a"))
    assert set(only_here) == {"127.0.0.1"}


def test_the_next_address_is_tried(site: Site) -> None:
    """A name with several addresses is reached by the first that takes the connection."""
    assert local_fetcher(two_example="127.0.0.2 127.0.0.1").get(site.at("/a", "two.example")).data == PAGE


def test_nobody_listens() -> None:
    """Where nobody listens, the error says that no connection comes about."""
    with serving() as gone:
        address = gone.at("/a")
    assert "no connection comes about" in refused(local_fetcher(), address)


def test_loopback_is_closed_without_being_told(site: Site, only_here: list[str]) -> None:
    """A fetcher that is told nothing reaches no site on this machine, by number or by name."""
    assert "is not fetched: 127.0.0.1 is this machine" in refused(Fetcher(), site.at("/a", "127.0.0.1"))
    assert "which is this machine" in refused(Fetcher(Reach(resolving())), site.at("/a"))
    assert only_here == []


def test_this_machine_is_known_by_its_address(site: Site) -> None:
    """Whatever address this machine has, an open one too, nothing is said to what answers from the same."""
    message = refused(Fetcher(Reach(resolving(), is_local), QUICK), site.at("/a"))
    assert message.startswith(f"{site.at('/a')} is not fetched")
    assert f"{HOST} leads to 127.0.0.1, which is this machine or one of its own network" in message
    assert site.asked == []


# Where it leads


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(site: Site, status: int) -> None:
    """A redirect is followed, also to another host, and the last address is the one that counts."""
    # As UTF-8 looks in a header.
    site.pages["/old"] = giving(status=status, Location=f"//other.example:{site.port}/Ã¤ b")
    site.pages["/%C3%A4%20b"] = giving(PAGE)
    fetched = local_fetcher(other_example="127.0.0.1").get(site.at("/old"))
    assert (fetched.url, fetched.data) == (site.at("/%C3%A4%20b", "other.example"), PAGE)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://10.0.0.1/", "10.0.0.1 is this machine, one of a private network"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is this machine"),
        ("http://2852039166/", "2852039166 leads to 169.254.169.254"),
        ("//[::1]/", "::1 is this machine"),
        ("http://inside.example/", "leads to 192.168.1.1"),
        ("http://[64:ff9b::a00:1]/", "64:ff9b::a00:1 is this machine"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("ftp://lantern.example/", "only http:// and https://"),
        ("http://me:pass@lantern.example/", "holds a user name"),
        ("http://lantern.example:25/", "port 25"),
        ("http://[x", "is no address"),
        ("", "does not say where"),
    ],
)
def test_a_redirect_is_checked(site: Site, only_here: list[str], location: str, why: str) -> None:
    """A redirect goes nowhere where an address that is typed would not, nor to an odd port."""
    site.pages["/old"] = giving(status=302, Location=location)
    message = refused(local_fetcher(inside_example="192.168.1.1"), site.at("/old"))
    assert why in message
    assert message.startswith(site.at("/old"))
    assert "pass@" not in message
    assert set(only_here) == {"127.0.0.1"}


def test_redirects_end(site: Site) -> None:
    """Redirects in a circle, and redirects without an end, are given up."""
    site.pages |= {"/1": giving(status=302, Location="/2"), "/2": giving(status=302, Location="/1")}
    assert "in a circle" in refused(local_fetcher(), site.at("/1"))
    site.pages |= {f"/x{n}": giving(status=302, Location=f"/x{n + 1}") for n in range(30)}
    assert "more than 20 redirects" in refused(local_fetcher(), site.at("/x0"))
    assert len(site.asked_for("/x")) == 21


def test_redirects_of_robots_count(site: Site) -> None:
    """The redirects of a page and of the robots.txt of each site on its way are counted together."""
    hosts = {f"h{n}_example": "127.0.0.1" for n in range(30)}

    def to_the_next_host(visitor: Visitor) -> None:
        host = visitor.headers["Host"].partition(":")[0]
        following = f"h{int(host[1:-8]) + 1}.example" if host.startswith("h") else "h0.example"
        visitor.answer(status=302, Location=site.at("/a", following))

    def thrice(visitor: Visitor) -> None:
        step = int(visitor.path.partition("?")[2] or 0)
        visitor.answer(status=302 if step < 3 else 404, Location=f"/robots.txt?{step + 1}" if step < 3 else "")

    site.pages |= {"/a": to_the_next_host, "/robots.txt": thrice}
    assert "more than 20 redirects" in refused(local_fetcher(**hosts), site.at("/a"))
    assert len(site.asked) == 26  # 5 times a robots.txt with 3 redirects and a page with one; then a robots.txt


# How long and how much


@pytest.mark.parametrize("where", ["head", "body", "robots"])
def test_a_dripping_server_is_given_up(site: Site, where: str) -> None:
    """A server that sends a byte now and then takes no longer than a whole fetch may."""

    def drip(visitor: Visitor) -> None:
        visitor.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if where == "head" else b"\r\n"))
        while True:
            visitor.wfile.write(b"x")
            time.sleep(0.05)

    site.pages["/robots.txt" if where == "robots" else "/drip"] = drip
    began = time.monotonic()
    message = refused(local_fetcher(replace(QUICK, seconds=0.6)), site.at("/drip"))
    assert "took longer than 0.6 seconds" in message
    assert time.monotonic() - began < 3


def test_a_silent_server_is_given_up(site: Site) -> None:
    """A server that says nothing is given up before the time of a fetch is over."""
    site.pages["/silent"] = lambda _: time.sleep(2)
    assert "the server says nothing" in refused(local_fetcher(replace(QUICK, silence=0.2)), site.at("/silent"))


def test_an_endless_body_is_cut_off(site: Site) -> None:
    """Of a body that never ends no more is read than a file may have."""
    sent = 0

    def endless(visitor: Visitor) -> None:
        nonlocal sent
        visitor.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += visitor.wfile.write(b"x" * 65_536)

    site.pages["/endless"] = endless
    with pytest.raises(FetchError, match=r"has more than 1\.0 MB"):
        local_fetcher().get(site.at("/endless"), most=1_000_000)
    assert sent < 50_000_000


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 65_536),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 60_000 + b"\r\nx\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 10_000),
        (b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    ],
    ids=["a size below nothing", "framing alone", "trailers", "waiting for it"],
)
@pytest.mark.parametrize("path", ["/endless", "/robots.txt"])
def test_no_framing_lets_more_through(site: Site, head: bytes, piece: bytes, path: str) -> None:
    """However an answer is framed, hardly more of it is taken from the wire than a file may have."""
    sent = 0

    def endless(visitor: Visitor) -> None:
        nonlocal sent
        status = b"HTTP/1.1 100 Continue\r\n" if head == b"\r\n" else b"HTTP/1.1 200 OK\r\n"
        visitor.wfile.write(status + head)
        while sent < 100_000_000:
            sent += visitor.wfile.write(piece)

    site.pages[path] = endless
    with pytest.raises(FetchError, match=r"has more than \d\.\d MB, which is the most"):
        local_fetcher(replace(QUICK, seconds=20)).get(site.at("/endless"), most=1_000_000)
    assert sent < 20_000_000


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_the_most_is_the_most(site: Site, size: int) -> None:
    """A body may have as many bytes as are allowed, and not one more."""
    site.pages["/size"] = giving(b"x" * size)
    if size > 1000:
        with pytest.raises(FetchError, match="which is the most"):
            local_fetcher().get(site.at("/size"), most=1000)
    else:
        assert len(local_fetcher().get(site.at("/size"), most=1000).data) == size


@pytest.mark.parametrize("header", ["Content_Encoding", "Transfer_Encoding"])
@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, gzip", "x\x07y"])
def test_nothing_is_unpacked(site: Site, header: str, coding: str) -> None:
    """What is packed, though nobody asked for it, is refused without being unpacked: no bomb goes off."""
    bomb = gzip.compress(b"\0" * 20_000_000)
    site.pages["/bomb"] = giving(bomb, **{header: coding})
    assert "the server packed it" in refused(local_fetcher(), site.at("/bomb"))


@pytest.mark.parametrize(
    "head",
    [
        b"Transfer-Encoding: chunked \r\n",
        b"Transfer-Encoding: chunked\t\r\n",
        b"Transfer-Encoding: chunked\r\n \r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding: identity, chunked\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding:\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"what is this?\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: CHUNKED\r\n",
    ],
)
def test_no_framing_gets_into_the_text(site: Site, head: bytes) -> None:
    """What comes in chunks is put together where that is said in one plain word, and refused where it is not."""
    said = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n2\r\nab\r\n0\r\n\r\n"
    site.pages["/odd"] = lambda visitor: visitor.wfile.write(said)
    if b"CHUNKED" in head:
        assert local_fetcher().get(site.at("/odd")).data == b"ab"
    else:
        assert "framed it in a way that is not read (" in refused(local_fetcher(), site.at("/odd"))


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 5000\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    ids=["by length", "in chunks"],
)
def test_half_a_page_is_none(site: Site, head: bytes) -> None:
    """A page whose end did not come is not taken for a whole one."""
    site.pages["/half"] = lambda visitor: visitor.wfile.write(b"HTTP/1.1 200 OK\r\n" + head)
    assert "the connection broke off" in refused(local_fetcher(), site.at("/half"))


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500, b"HTTP/1.1 200 OK\r\na: " + b"x" * 100_000],
)
def test_what_is_no_http(site: Site, said: bytes) -> None:
    """A server that speaks something else, or without measure, is said to."""
    site.pages["/odd"] = lambda visitor: visitor.wfile.write(said)
    assert "cannot be fetched" in refused(local_fetcher(), site.at("/odd"))


@pytest.mark.parametrize("status", [204, 206, 300, 304, 401, 402, 403, 404, 410, 418, 429, 451, 500, 503, 599])
def test_other_answers(site: Site, status: int) -> None:
    """Only 200 is a page; any other answer is an error with both numbers and what to do."""
    site.pages["/a"] = giving(b"<b>What the server says is not repeated.</b>", status)
    with pytest.raises(FetchError, match=f"the server answers {status}.* where 200 is needed") as error:
        local_fetcher().get(site.at("/a"))
    assert error.value.status == status
    assert "repeated" not in str(error.value)


# Politeness


def test_robots_are_kept_to(site: Site) -> None:
    """What robots.txt forbids, by its longest rule, is not asked for, nor is it when a redirect leads there."""
    rules = "User-agent: *\nDisallow: /no/\nAllow: /no/but-this\nDisallow: /*.pdf$\n"
    site.pages |= {"/robots.txt": giving(rules.encode()), "/old": giving(status=302, Location="/no/a")}
    site.pages |= {"/no/but-this": giving(PAGE), "/x.pdf?a": giving(PAGE)}
    fetcher = local_fetcher()
    for path in ("/no/a", "/x.pdf", "/old"):
        assert f"{site.at()}/robots.txt asks programs not to read it" in refused(fetcher, site.at(path))
    assert fetcher.get(site.at("/no/but-this")).data == PAGE
    assert fetcher.get(site.at("/x.pdf?a")).data == PAGE
    assert site.asked == ["/robots.txt", "/old", "/no/but-this", "/x.pdf?a"]


def test_robots_know_our_name(site: Site) -> None:
    """Rules for Dossier count before those for everybody."""
    site.pages["/robots.txt"] = giving(b"User-agent: *\nAllow: /\n\nUser-agent: dossier\nDisallow: /a\n")
    assert "asks programs not to" in refused(local_fetcher(), site.at("/a"))


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_site_without_robots(site: Site, status: int) -> None:
    """A site that has no robots.txt forbids nothing."""
    site.pages["/robots.txt"] = giving(b"User-agent: *\nDisallow: /", status)
    assert local_fetcher().get(site.at("/a")).data == PAGE


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_that_cannot_say(site: Site, status: int) -> None:
    """A site that cannot give its robots.txt now is left alone."""
    site.pages["/robots.txt"] = giving(status=status)
    message = refused(local_fetcher(), site.at("/a"))
    assert message.startswith(f"{site.at('/a')} is not fetched: the server answers {status}")
    assert site.asked_for() == []


def test_absurd_robots(site: Site) -> None:
    """Rules for thousands of programs are kept to, and those of a page that is none forbid nothing."""
    many = "".join(f"User-agent: a{n}\n" for n in range(9_000)) + "".join(f"Disallow: /{n}\n" for n in range(9_000))
    site.pages["/robots.txt"] = giving(f"{many}User-agent: *\nDisallow: /a\n".encode())
    assert "asks programs not to read it" in refused(local_fetcher(), site.at("/a"))
    for odd in (PAGE, b"\xff\x00" * 400_000, b""):
        site.pages["/robots.txt"] = giving(odd)
        assert local_fetcher().get(site.at("/a")).data == PAGE


def test_requests_are_apart(site: Site) -> None:
    """Between two requests to a host lies the pause, whichever of its pages they ask for."""
    fetcher = local_fetcher(replace(QUICK, pause=0.2))
    fetcher.get(site.at("/a"))
    fetcher.get(site.at("/a?2"))
    assert len(site.times) == 3
    assert all(later - before >= 0.19 for before, later in zip(site.times, site.times[1:], strict=False))


@pytest.mark.parametrize(("asked", "least", "most"), [("0.3", 0.29, 0.45), ("86400", 0.49, 3.0), ("inf", 0.0, 0.29)])
def test_a_site_sets_the_pause(site: Site, asked: str, least: float, most: float) -> None:
    """A site's Crawl-delay is kept to, up to the longest pause; waiting does not count as the time of a fetch."""
    site.pages["/robots.txt"] = giving(f"User-agent: *\nCrawl-delay: {asked}\n".encode())
    fetcher = local_fetcher(replace(QUICK, seconds=0.45))
    fetcher.get(site.at("/a"))
    fetcher.get(site.at("/a"))
    assert least <= site.times[-1] - site.times[-2] <= most


def test_waits_end(site: Site) -> None:
    """All that a fetch is asked to wait, by each of the sites that it is led to, is no more than four pauses."""
    site.pages |= {f"/{n}": giving(status=302, Location=f"/{n + 1}") for n in range(15)}
    site.pages["/robots.txt"] = giving(b"User-agent: *\nCrawl-delay: 86400\n")
    began = time.monotonic()
    message = refused(local_fetcher(replace(QUICK, seconds=1, longest_pause=0.25)), site.at("/0"))
    assert "asked to wait longer than 1 seconds in all" in message
    assert time.monotonic() - began < 2


def test_a_busy_server_is_asked_again(site: Site) -> None:
    """A server that says when to come again is asked then, a few times, if that is soon."""

    def busy_once(visitor: Visitor) -> None:
        first = len(site.asked_for()) == 1
        visitor.answer(b"" if first else PAGE, 503 if first else 200, **({"Retry_After": "0"} if first else {}))

    site.pages["/busy"] = busy_once
    assert local_fetcher().get(site.at("/busy")).data == PAGE
    site.pages["/later"] = giving(status=429, Retry_After="3600")
    assert "It is asked too often" in refused(local_fetcher(), site.at("/later"))
    assert len(site.asked_for("/later")) == 1
    site.pages["/always"] = giving(status=429, Retry_After="0")
    refused(local_fetcher(), site.at("/always"))
    assert len(site.asked_for("/always")) == 3


def test_what_did_not_change_is_not_sent(site: Site) -> None:
    """What was fetched before is asked for only if it has changed, where it was found and nowhere else."""
    site.pages["/a"] = giving(status=304)
    visit = Visit(site.at("/old"), "0" * 16, site.at("/a"), '"one"', "Tue, 04 May 2021 10:00:00 GMT")
    site.pages["/old"] = giving(status=301, Location="/a")
    fetched = local_fetcher().get(site.at("/old"), visit)
    assert (fetched.unchanged, fetched.data, fetched.url) == (True, b"", site.at("/a"))
    _, old, now = site.heads
    assert "if-none-match" not in old
    assert (now["if-none-match"], now["if-modified-since"]) == ('"one"', "Tue, 04 May 2021 10:00:00 GMT")
    with pytest.raises(FetchError, match="answers 304"):
        local_fetcher().get(site.at("/a"), replace(visit, etag=None, last_modified=None))


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for our host, which only we trust."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def secure(certificate: Path) -> Iterator[tuple[Site, list[str | None]]]:
    """Return a site with TLS, and the names that it was asked for by."""
    context, names = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    with serving({"/a": giving(PAGE)}, context) as made:
        yield made, names


def trusting(certificate: Path) -> Fetcher:
    reach = local_reach(other_example="127.0.0.1")
    return Fetcher(reach, QUICK, lambda: ssl.create_default_context(cafile=str(certificate)))


def test_a_secure_page(secure: tuple[Site, list[str | None]], certificate: Path) -> None:
    """A certificate is held against the name in the address, not against the number that is connected to."""
    site, names = secure
    assert trusting(certificate).get(site.at("/a")).data == PAGE
    assert set(names) == {HOST}
    message = refused(trusting(certificate), site.at("/a", "other.example"))
    assert "the certificate of other.example is not to be trusted (Hostname mismatch" in message


def test_a_stranger_is_not_trusted(secure: tuple[Site, list[str | None]]) -> None:
    """A certificate that nobody known vouches for is an error that says so, and nothing is asked for."""
    site, _ = secure
    message = refused(local_fetcher(), site.at("/a"))
    assert f"the certificate of {HOST} is not to be trusted (self" in message
    assert site.asked == []


def test_no_tls_where_it_is_due(site: Site) -> None:
    """A server without TLS at a secure address is an error that says so."""
    message = refused(local_fetcher(), site.at("/a").replace("http://", "https://"))
    assert "no secure connection comes about" in message


def test_what_is_secure_stays_so(secure: tuple[Site, list[str | None]], certificate: Path) -> None:
    """A redirect from a secure page to one that anybody could change is not followed."""
    site, _ = secure
    site.pages["/old"] = giving(status=302, Location=f"http://{HOST}/a")
    assert "anybody on the way could change it" in refused(trusting(certificate), site.at("/old"))


def test_a_secure_page_cut_off(secure: tuple[Site, list[str | None]], certificate: Path) -> None:
    """Who cuts a secure connection cannot make half a page look whole, though it tells no length."""
    site, _ = secure

    def cut(visitor: Visitor) -> None:
        visitor.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE[:40])
        visitor.wfile.flush()
        os.close(visitor.connection.detach())

    site.pages["/cut"] = cut
    assert "the connection broke off" in refused(trusting(certificate), site.at("/cut"))
