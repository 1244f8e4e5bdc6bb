"""nginx and Caddy before an application, with the very blocks that its page shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import recipes
from tests.support.ports import free_port
from tests.support.proxies import Caller, nginx_command, running
from tests.support.smtp import self_signed
from tools import find

ASKS = "/.gatehouse/app.css"


@contextmanager
def nginx(block: str, host: str, upstream: int, folder: Path) -> Iterator[Caller]:
    """nginx at the host, a name with a port; only addresses and certificates are other ones."""
    name, _, port = host.partition(":")
    _, certificate = self_signed(folder, name)
    config = recipes.changed(
        block,
        (r"listen 443 ", f"listen 127.0.0.1:{port} "),
        (r" *listen \[::\].*\n", ""),
        (r"/etc/letsencrypt/\S*/fullchain.pem", str(certificate)),
        (r"/etc/letsencrypt/\S*/privkey.pem", str(folder / "key.pem")),
        (r"http://127\.0\.0\.1:3000", f"http://127.0.0.1:{upstream}"),
    )
    command, caller = nginx_command(config, folder), Caller(f"https://{host}", certificate)
    env = {"PATH": os.environ["PATH"]}
    with running(command, env, folder / "nginx.out", caller, ASKS) as caller:
        yield caller


@contextmanager
def caddy(block: str, host: str, upstream: int, folder: Path) -> Iterator[Caller]:
    """Caddy, likewise."""
    _, certificate = self_signed(folder, host.partition(":")[0])
    config = recipes.changed(
        block,
        (re.escape(f"{host} {{"), f"{host} {{\n\ttls {certificate} {folder / 'key.pem'}"),
        (r"127\.0\.0\.1:3000", f"127.0.0.1:{upstream}"),
    )
    options = f"{{\n\tadmin 127.0.0.1:{free_port()}\n\tauto_https disable_redirects\n}}\n"
    (folder / "Caddyfile").write_text(options + config)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    program = find.caddy()
    assert program, "no Caddy: make test-tools"
    command = [program, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
    caller = Caller(f"https://{host}", certificate)
    with running(command, env, folder / "caddy.log", caller, ASKS) as caller:
        yield caller
