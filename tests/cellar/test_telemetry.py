"""Traces that are sent to a collector, and what they do not say about anybody."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.receiver import Receiver
from webapp.config import ROOT

pytestmark = pytest.mark.both_databases

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VISIT = f"""
import sys
from tests import cast
from webapp import create_app, telemetry
from webapp.config import Settings
app = create_app(Settings.from_env())

def broken(**_):
    raise ValueError("cannot read bo@example.org")

app.view_functions["joining.type_code"] = broken
client = app.test_client()
headers = {{"traceparent": "00-{TRACE}-{PARENT}-01", "User-Agent": "secret-browser"}}
client.get("/register?token=secret-token-1", headers=headers)
client.post("/login", data={{"email": "bo@example.org", "password": "secret-password"}})
client.get("/join")
client.get("/static/app.css")
client.open("/login", method="SECRET")
with app.app_context():
    cast.invited("bo@example.org")
from jobs import outbox
outbox.drain()
telemetry.finish()
print("opentelemetry.exporter" in sys.modules)
"""


def visit(settings, **more):
    """Some requests and a job in a process of their own; whether the library was loaded."""
    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        cwd=ROOT,
        env={**settings, **more, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1] == "True"


def spans(receiver):
    """The spans that were received, as the collector's own message has them."""
    found = []
    for heard in receiver.heard:
        for resource in ExportTraceServiceRequest.FromString(heard.body).resource_spans:
            for scope in resource.scope_spans:
                found += scope.spans
    return found


def facts(span):
    """A span's attributes."""
    return {fact.key: fact.value.string_value or fact.value.int_value for fact in span.attributes}


def test_requests_jobs_statements_and_mails_are_traced_and_nobody_is_named(settings, smtp):
    with Receiver() as there:
        address = there.url.rsplit("/", 1)[0]
        more = {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret-key", "TRUSTED_PROXIES": "1"}
        assert visit(settings, OTEL_EXPORTER_OTLP_ENDPOINT=address, **more)
        found = spans(there)
        assert {heard.path for heard in there.heard} == {"/v1/traces"}
        assert there.heard[0].headers["x-key"] == "secret-key"
    named = {span.name: span for span in found}
    requests = Counter(span.name for span in found if span.kind == span.SPAN_KIND_SERVER)
    assert requests == {
        "GET /register": 1,
        "POST /login": 1,
        "GET /join": 1,
        "_OTHER (no route)": 1,
    }
    invite = named["GET /register"]
    assert invite.trace_id.hex() == TRACE and invite.parent_span_id.hex() == PARENT
    assert facts(named["POST /login"])["http.response.status_code"] == 422
    assert named["GET /join"].status.code == named["GET /join"].status.STATUS_CODE_ERROR
    assert facts(named["SMTP mail"])["gatehouse.mail.result"] == "sent"
    job = named["jobs.outbox.drain"]
    assert named["SMTP mail"].trace_id == job.trace_id
    selects = [span for span in found if span.name == "SELECT users"]
    assert {span.parent_span_id for span in selects} & {named["POST /login"].span_id}
    raw = b"".join(heard.body for heard in there.heard).decode("utf-8", "replace")
    for word in ("secret-", "bo@example.org", "acme", "priya", "cannot read", "127.0.0.1"):
        assert word not in raw.lower()


def test_without_the_setting_nothing_is_loaded(settings, smtp):
    assert not visit(settings)


def test_a_collector_that_does_not_answer_delays_nobody(settings, smtp):
    with Receiver() as there:
        address = there.url.rsplit("/", 1)[0]
    began = time.monotonic()
    assert visit(settings, OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert time.monotonic() - began < 60


def test_a_share_of_nothing_is_nothing(settings, smtp):
    with Receiver() as there:
        address = there.url.rsplit("/", 1)[0]
        more = {"OTEL_TRACES_SAMPLER_ARG": "0"}
        assert visit(settings, OTEL_EXPORTER_OTLP_ENDPOINT=address, **more)
        assert not there.heard
