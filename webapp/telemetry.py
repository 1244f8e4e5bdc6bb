"""Traces for an OpenTelemetry collector: what a request or job did and how long each step took.

Off, and not loaded, unless OTEL_EXPORTER_OTLP_ENDPOINT is set. A span has a route, a table, a job's
name or a result; never an address, a person, a value or the words of an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import Engine, event

from webapp import trace

WAIT = 2_000  # milliseconds for which a process that ends waits for its spans to be sent
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+([a-z_]+)", re.IGNORECASE)
_api: Any = None
_tracer: Any = None
_provider: Any = None


def start(
    endpoint: str, headers: Iterable[tuple[str, str]], share: float, version: str, environment: str
) -> None:
    """Send spans from now on, of this process and those it forks; `share` of all traces, 0 to 1."""
    global _api, _tracer, _provider
    if not endpoint or _provider is not None:
        return
    _api = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    sampling = import_module("opentelemetry.sdk.trace.sampling")
    otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resource = import_module("opentelemetry.sdk.resources").Resource.create(
        {
            "service.name": "gatehouse",
            "service.version": version,
            "deployment.environment.name": environment,
        }
    )
    sampler = sampling.ParentBased(sampling.TraceIdRatioBased(share))
    _provider = sdk.TracerProvider(resource=resource, sampler=sampler)
    exporter = otlp.OTLPSpanExporter(f"{endpoint}/v1/traces", headers=dict(headers))
    _provider.add_span_processor(export.BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("gatehouse", version)
    event.listen(Engine, "before_cursor_execute", _begin_statement)
    event.listen(Engine, "after_cursor_execute", _end_statement)
    event.listen(Engine, "handle_error", _end_broken_statement)


@contextmanager
def span(
    name: str, kind: str = "INTERNAL", parent: Mapping[str, str] | None = None, **facts: Any
) -> Iterator[None]:
    """A step with its facts; within `parent`, the headers of a request that continues a trace."""
    if _tracer is None:
        yield
        return
    context = _continued(parent) if parent else None
    facts["gatehouse.request_id"] = trace.current().request_id
    with _tracer.start_as_current_span(
        name,
        context,
        kind=getattr(_api.SpanKind, kind),
        attributes=facts,
        record_exception=False,
        set_status_on_exception=False,
    ) as begun:
        try:
            yield
        except BaseException as error:
            _break(begun, error)
            raise


def tell(facts: Mapping[str, Any], *, name: str | None = None, failed: bool = False) -> None:
    """Add facts to the present step, and what it is called if that was not known before."""
    if _tracer is None:
        return
    present = _api.get_current_span()
    present.set_attributes(dict(facts))
    if name:
        present.update_name(name)
    if failed:
        present.set_status(_api.StatusCode.ERROR)


def finish() -> None:
    """Wait until all spans are sent, at most WAIT, before a process ends."""
    if _provider is not None:
        _provider.force_flush(WAIT)


def _continued(headers: Mapping[str, str]) -> Any:
    propagation = import_module("opentelemetry.trace.propagation.tracecontext")
    return propagation.TraceContextTextMapPropagator().extract(headers)


def _break(begun: Any, error: BaseException) -> None:
    begun.set_attribute("error.type", type(error).__name__)
    begun.set_status(_api.StatusCode.ERROR)


def _begin_statement(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
    verb, table = statement.split(maxsplit=1)[0].upper(), _TABLE.search(statement)
    connection.info["span"] = _tracer.start_span(
        f"{verb} {table[1]}" if table else verb,
        kind=_api.SpanKind.CLIENT,
        attributes={"db.system.name": connection.dialect.name, "db.operation.name": verb},
    )


def _end_statement(connection: Any, *_: Any) -> None:
    begun = connection.info.pop("span", None)
    if begun is not None:
        begun.end()


def _end_broken_statement(context: Any) -> None:
    begun = context.connection.info.pop("span", None) if context.connection else None
    if begun is not None:
        _break(begun, context.original_exception)
        begun.end()
