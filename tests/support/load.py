"""People who use a running installation while something breaks, and what became of each request."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from contextlib import closing
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from urllib3.filepost import encode_multipart_formdata

from tests import cast
from tests.support.page import Page

TABLE, FORM = "/orgs/acme/invitations", "/orgs/acme/invitations/new"
PATIENCE = 60  # seconds
# Instead of a status: the connection was closed before the answer, or was never made.
CUT, REFUSED = 0, -1


class Answer(NamedTuple):
    """The status, CUT or REFUSED, how many seconds it took, and when to try again, if it says."""

    status: int
    seconds: float
    retry_after: str | None = None
    text: str = ""


class Visitor:
    """A browser that keeps its cookies, over connections of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._jar: SimpleCookie = SimpleCookie()

    def take(self, name: str, value: str) -> None:
        """Keep a cookie that this browser has from before."""
        self._jar[name] = value

    def ask(
        self, path: str, form: dict[str, str] | None = None, file: bytes | None = None
    ) -> Answer:
        """GET, or POST with a form, or with a form and a file in its field `file`."""
        headers = {"Cookie": "; ".join(f"{n}={c.value}" for n, c in self._jar.items())}
        body: str | bytes | None = None
        if form is not None and file is not None:
            fields: dict[str, Any] = {**form, "file": ("list.csv", file)}
            body, headers["Content-Type"] = encode_multipart_formdata(fields)
        elif form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        with closing(line):
            try:
                line.connect()
            except OSError:
                return Answer(REFUSED, time.monotonic() - began)
            try:
                line.request("POST" if body else "GET", path, body, headers)
                answer = line.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException):
                return Answer(CUT, time.monotonic() - began)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self._jar.load(cookie)
        seconds = time.monotonic() - began
        return Answer(answer.status, seconds, answer.headers["Retry-After"], text)

    def sign_in(self, email: str = cast.PRIYA, password: str = cast.PASSWORD) -> Answer:
        """By the form, as a person would."""
        form = Page(self.ask("/login").text).form("/login")
        return self.ask("/login", {**form.fields, "email": email, "password": password})


class Load:
    """Readers and inviters who go on until the block ends; an inviter waits when told to."""

    def __init__(self, port: int, *, readers: int = 2, inviters: int = 2) -> None:
        self.answers: list[Answer] = []
        self.invited: set[str] = set()  # addresses whose form was answered with success
        self.unclear: set[str] = set()  # those whose form was not
        self._ends = threading.Event()
        visitor = Visitor(port)
        assert visitor.sign_in().status == 303
        fields = Page(visitor.ask(FORM).text).form(TABLE).fields
        self._threads = [
            threading.Thread(target=self._read, args=(visitor,)) for _ in range(readers)
        ] + [
            threading.Thread(target=self._invite, args=(visitor, number, fields))
            for number in range(inviters)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _read(self, visitor: Visitor) -> None:
        while not self._ends.is_set():
            self._note(visitor.ask(TABLE))

    def _invite(self, visitor: Visitor, inviter: int, fields: dict[str, str]) -> None:
        number = 0
        while not self._ends.is_set():
            number += 1
            email = f"p{inviter}-{number}@example.org"
            answer = visitor.ask(TABLE, {**fields, "email": email})
            (self.invited if answer.status == 303 else self.unclear).add(email)
            self._note(answer)

    def _note(self, answer: Answer) -> None:
        self.answers.append(answer._replace(text=""))
        self._ends.wait(0.02)

    def went_well_since(self, number: int) -> bool:
        """Whether ten requests in a row, of those after so many, were answered as ever."""
        return [a.status in (200, 303) for a in self.answers[number:][-10:]] == [True] * 10

    @property
    def statuses(self) -> Counter[int]:
        """How many answers had each status."""
        return Counter(answer.status for answer in self.answers)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer."""
        return max(answer.seconds for answer in self.answers)
