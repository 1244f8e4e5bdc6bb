"""One POST to a stranger: to the checked address, under its name, in bounded time and size."""

from __future__ import annotations

import ssl
import threading

import pytest

from tests.support.receiver import SILENCE, Drip, Receiver
from tests.support.smtp import self_signed
from webapp import outbound_http
from webapp.egress import Way, by_dns

NAME = "hooks.example"
HERE = Way(lambda host, seconds: ["127.0.0.1"], to_loopback=True)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def quick(monkeypatch):
    """Time-outs that a test can wait for."""
    monkeypatch.setattr(outbound_http, "SECONDS", 0.5)


@pytest.fixture
def tls(tmp_path):
    """A server's TLS for hooks.example, and a client's that trusts it."""
    server, certificate = self_signed(tmp_path, NAME)
    return server, ssl.create_default_context(cafile=str(certificate))


def send(url, way=HERE, tls=None, body=b"{}"):
    tls = tls or ssl.create_default_context()
    return outbound_http.post(url, {"webhook-id": "msg_1"}, body, way=way, tls=tls)


def test_what_is_sent_arrives_as_it_is_and_the_answer_comes_back():
    with Receiver(GOOD) as there:
        answer = send(f"http://127.0.0.1:{there.port}/a/b?c=%20d", body=b'{"a": "b"}')
    heard = there.heard[0]
    assert (heard.path, heard.body) == ("/a/b?c=%20d", b'{"a": "b"}')
    assert heard.headers["host"] == f"127.0.0.1:{there.port}"
    assert heard.headers["webhook-id"] == "msg_1"
    assert (answer.status, answer.body, answer.is_success) == (200, b"ok", True)


def test_tls_is_for_the_name_though_the_connection_is_to_the_number(tls):
    with Receiver(tls=tls[0], name=NAME) as there:
        assert send(there.url, tls=tls[1]).is_success
    assert there.names == [NAME]
    assert there.heard[0].headers["host"] == f"{NAME}:{there.port}"


def test_a_certificate_for_another_name_or_of_nobody_known_is_refused(tls):
    with Receiver(tls=tls[0], name="other.example") as there:
        other = send(there.url, tls=tls[1])
        unknown = send(there.url.replace("other.example", NAME))
    assert there.heard == []
    assert "certificate" in other.words
    assert "certificate" in unknown.words
    assert other.status is unknown.status is None


def test_a_name_that_changes_its_mind_after_the_check_leads_nowhere_new():
    """The resolver answers differently each time; only what the very check saw is connected to."""
    answers = [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "169.254.169.254"]]
    asked = []

    def fickle(host, seconds):
        asked.append(host)
        return answers[len(asked) - 1]

    way = Way(fickle, to_loopback=True)
    with Receiver() as there:
        url = f"http://{NAME}:{there.port}/"
        assert send(url, way).is_success
        assert asked == [NAME]  # once for one POST: nothing looks it up again
        for _ in range(2):
            assert "does not lead to the public internet" in send(url, way).words
        assert there.connections == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_never_reached_by_those_who_may_not(host):
    with Receiver() as there:
        answer = send(f"https://{host}:{there.port}/", Way(by_dns))
    assert there.connections == 0
    assert "public internet" in answer.words


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status):
    with Receiver() as elsewhere:
        moved = f"HTTP/1.1 {status} -\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with Receiver(moved.encode()) as there:
            answer = send(there.url)
    assert (answer.status, answer.is_success) == (status, False)
    assert elsewhere.connections == 0


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    with Receiver() as proxy, Receiver() as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(there.url).is_success
    assert proxy.connections == 0


def test_of_a_long_answer_only_the_beginning_is_read():
    endless = Drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000, b"x")
    with Receiver(endless) as there:
        answer = send(there.url)
    assert answer.is_success
    assert answer.body == b"x" * outbound_http.ANSWER_BYTES
    assert answer.seconds < outbound_http.SECONDS / 2


def test_a_packed_answer_is_not_unpacked():
    body = b"\x1f\x8b" + b"\0" * 100
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 102\r\n\r\n" + body
    with Receiver(packed) as there:
        assert send(there.url).body == body


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "plan",
    [
        SILENCE,
        Drip(b"", b"HTTP/1.1 200 OK\r\n"),
        Drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: a\r\n"),
        Drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "first line", "headers", "go on"],
)
def test_whoever_answers_slowly_is_left_after_the_time_for_all_of_it(plan):
    with Receiver(plan) as there:
        answer = send(there.url)
    assert answer.status is None
    assert "No answer within" in answer.words
    assert answer.seconds < 3 * outbound_http.SECONDS


@pytest.mark.usefixtures("quick")
def test_a_body_that_drips_does_not_undo_the_status_before_it():
    with Receiver(Drip(b"HTTP/1.1 202 -\r\n\r\n", b"x")) as there:
        answer = send(there.url)
    assert (answer.status, answer.is_success) == (202, True)
    assert answer.seconds < 3 * outbound_http.SECONDS


@pytest.mark.usefixtures("quick")
def test_a_handshake_that_never_ends_is_left_too():
    with Receiver(SILENCE) as there:  # speaks no TLS, and waits for a line's end
        answer = send(there.url.replace("http://", "https://"))
    assert answer.status is None
    assert answer.seconds < 3 * outbound_http.SECONDS


@pytest.mark.usefixtures("quick")
def test_a_resolver_that_takes_all_the_time_leaves_none_to_connect():
    def slow(host, seconds):
        threading.Event().wait(outbound_http.SECONDS)
        return ["127.0.0.1"]

    with Receiver() as there:
        answer = send(f"http://{NAME}:{there.port}/", Way(slow, to_loopback=True))
    assert "No answer within" in answer.words
    assert there.connections == 0


@pytest.mark.parametrize(
    "plan",
    [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\0" * 2000, b"a" * 300_000],
    ids=["nothing", "ssh", "no status", "zeros", "endless line"],
)
def test_what_is_no_http_is_a_failure_in_words(plan):
    with Receiver(plan) as there:
        answer = send(there.url)
    assert answer.status is None
    assert answer.words.startswith("The connection failed: ")


def test_where_nobody_listens_the_next_address_is_tried():
    with Receiver() as there:
        way = Way(lambda host, seconds: ["127.0.0.2", "127.0.0.1"], to_loopback=True)
        assert send(f"http://{NAME}:{there.port}/", way).is_success
        nobody = Way(lambda host, seconds: ["127.0.0.2", "127.0.0.3"], to_loopback=True)
        assert "refused" in send(f"http://{NAME}:{there.port}/", nobody).words
