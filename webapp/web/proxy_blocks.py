"""What an admin copies into the configuration of the proxy before an application."""

from __future__ import annotations

from typing import NamedTuple

from flask import render_template

from webapp import config
from webapp.domain.applications import hosts
from webapp.models import Application

FILES = {"nginx": "nginx.conf", "Caddy": "Caddyfile", "Traefik": "traefik.yaml"}


class Block(NamedTuple):
    """The text for one kind of proxy."""

    proxy: str
    text: str


def of(application: Application) -> list[Block]:
    """The blocks for all proxies, with this application's host and name.

    Every value is of letters, digits and a few marks (`fields` and `addresses` see to that), so
    none can add a line to the configuration.
    """
    return [Block(proxy, _text(application, file)) for proxy, file in FILES.items()]


def _text(application: Application, file: str) -> str:
    organization = application.organization.slug
    return render_template(
        f"gate/blocks/{file}",
        application=hosts.name(application),
        key=f"{organization}-{application.slug}",
        host=application.host,
        origin=hosts.origin(application),
        name=application.host.partition(":")[0],
        gatehouse=config.current().public_url,
    )
