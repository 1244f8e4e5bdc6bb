"""The proxies of docs/operating/, running before a web server of a test: Caddy and nginx."""

from __future__ import annotations

import http.client
import http.cookiejar
import os
import re
import socket
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import encode_multipart

from tests.support.ports import free_port
from tests.support.processes import SECONDS, kill, wait_until
from tests.support.smtp import self_signed
from tools import find
from webapp.config import ROOT

FOLDER = ROOT / "docs/operating"


class Answer(NamedTuple):
    """What a request was answered with."""

    status: int
    headers: Message
    text: str


class Caller:
    """A program that keeps cookies and calls one address."""

    def __init__(self, address: str, certificate: Path | None = None) -> None:
        self.address, self.certificate = address, certificate
        self._context = ssl.create_default_context(cafile=certificate)
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=self._context),
            urllib.request.HTTPCookieProcessor(self._jar),
            urllib.request.ProxyHandler({}),
        )

    def call(
        self, path: str, form: Mapping[str, Any] | bytes | None = None, **headers: str
    ) -> Answer:
        """The answer to a GET, or to a POST of the form, which may have files, or of bytes."""
        data = form if isinstance(form, bytes) else None
        if form is not None and not isinstance(form, bytes):
            boundary, data = encode_multipart(form)
            headers["Content_Type"] = f"multipart/form-data; boundary={boundary}"
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(self.address + path, data, given)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return _read(answer.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error)

    def raw(self, path: str, **headers: str) -> Answer:
        """The answer by TLS to a GET with these very headers, spelled so, and no cookies beside."""
        parts = urllib.parse.urlsplit(self.address)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=SECONDS, context=self._context
        )
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode() if answer.status != 101 else ""
        connection.close()
        return Answer(answer.status, answer.headers, text)

    def bytes_of(self, head: bytes, body: bytes = b"") -> str:
        """What comes back by TLS for these very bytes; the last line of the head closes."""
        parts = urllib.parse.urlsplit(self.address)
        place = (parts.hostname or "", parts.port or 443)
        with (
            socket.create_connection(place, SECONDS) as plain,
            self._context.wrap_socket(plain, server_hostname=parts.hostname) as line,
        ):
            line.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            with line.makefile("rb") as answer:
                return answer.read().decode("latin-1")

    def cookie(self, name: str) -> str:
        """What the browser sends of this cookie."""
        (value,) = [one.value for one in self._jar if one.name == name]
        return f"{name}={value}"

    def token(self, path: str, **headers: str) -> str:
        """The token of the page's forms."""
        page = self.call(path, **headers).text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page
        return found[1]

    def sign_in(self, email: str, password: str, **headers: str) -> Answer:
        """Send the form of the sign-in page."""
        token = self.token("/login", **headers)
        form = {"csrf_token": token, "email": email, "password": password}
        return self.call("/login", form, Origin=self.address, **headers)


def _read(status: int, answer: http.client.HTTPResponse | urllib.error.HTTPError) -> Answer:
    return Answer(status, answer.headers, answer.read().decode())


@contextmanager
def caddy(public_url: str, web_port: int, folder: Path) -> Iterator[Caller]:
    """Caddy at the address, with the very file that compose.yaml mounts."""
    program = find.caddy()
    assert program, "no Caddy: make test-tools"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
        "PUBLIC_URL": public_url,
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": str(web_port),
    }
    command = [program, "run", "--config", FOLDER / "Caddyfile", "--adapter", "caddyfile"]
    with running(command, env, folder / "caddy.log", Caller(public_url)) as caller:
        yield caller


@contextmanager
def nginx(public_url: str, web_port: int, folder: Path) -> Iterator[Caller]:
    """nginx at https://localhost:…, with our file but for names, ports and certificates."""
    port = urllib.parse.urlsplit(public_url).port
    _, certificate = self_signed(folder, "localhost")
    config = (FOLDER / "nginx.conf").read_text()
    for there, here in (
        (r"listen 443 ", f"listen 127.0.0.1:{port} "),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r" *listen \[::\].*\n", ""),
        (r"127\.0\.0\.1:8000;", f"127.0.0.1:{web_port};"),
        (r"gate\.example\.org;", "localhost;"),
        (r"/etc/letsencrypt/\S*/fullchain.pem", str(certificate)),
        (r"/etc/letsencrypt/\S*/privkey.pem", str(folder / "key.pem")),
        (r"/var/log/nginx", str(folder)),
    ):
        config, count = re.subn(there, here, config)
        assert count, f"the example has no {there}"
    command = nginx_command(config, folder)
    caller = Caller(public_url, certificate)
    with running(command, {"PATH": os.environ["PATH"]}, folder / "nginx.out", caller) as caller:
        yield caller


def nginx_command(config: str, folder: Path) -> list[str | Path]:
    """How nginx is started with what is a file in conf.d/ elsewhere."""
    program = find.nginx()
    assert program, "no nginx: make test-tools"
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n".join(
        f"{part}_temp_path {folder}/{part};"
        for part in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}\n{config}\n}}\n"
    )
    return [program, "-c", folder / "nginx.conf", "-p", folder]


@contextmanager
def running(
    command: list[str | Path],
    env: Mapping[str, str],
    log: Path,
    caller: Caller,
    asks: str = "/healthz",
    expects: int = 200,
) -> Iterator[Caller]:
    """The proxy inside the block, once it answers what is asked with this status."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return caller.call(asks).status == expects
        except OSError:
            return False

    try:
        wait_until(answers)
        yield caller
    finally:
        process.terminate()
        process.wait(SECONDS)
        kill(process)
