"""Apache with mod_auth_openidc before an application, as docs/applications.md configures it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import memory, recipes
from tests.support.proxies import Caller, running
from tests.support.smtp import self_signed
from tools import find

MODULES = (
    *("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http"),
    *("socache_shmcb", "ssl", "auth_openidc"),
)
SERVER = """
ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
User #65534
Group #65534
Listen 127.0.0.1:{port}
{modules}
"""


@contextmanager
def running_at(
    host: str, gatehouse: str, client_id: str, secret: str, upstream: int
) -> Iterator[Caller]:
    """Apache at the host, a name with a port; only addresses and keys are other ones."""
    name, _, port = host.partition(":")
    folder = memory.scratch("gh-apache-")
    folder.chmod(0o755)  # it starts as root, and becomes `nobody`
    _, certificate = self_signed(folder, name)
    block = recipes.changed(
        recipes.of("Apache with mod_auth_openidc"),
        (r"<VirtualHost \*:443>", f"<VirtualHost 127.0.0.1:{port}>"),
        (r"ServerName wiki\.acme\.example", f"ServerName {name}"),
        (r"/etc/letsencrypt/\S*/fullchain.pem", str(certificate)),
        (r"/etc/letsencrypt/\S*/privkey.pem", str(folder / "key.pem")),
        (r"https://wiki\.acme\.example", f"https://{host}"),
        (r"https://gate\.example\.org", gatehouse),
        ("CLIENT-ID", client_id),
        ("CLIENT-SECRET", secret),
        ("PASSPHRASE", "0123456789abcdef" * 2),
        (r"http://127\.0\.0\.1:3000", f"http://127.0.0.1:{upstream}"),
    )
    at = find.apache()
    assert at, "no Apache: make test-tools"
    load = "\n".join(
        f"LoadModule {name}_module {at}/lib/apache2/modules/mod_{name}.so" for name in MODULES
    )
    server = SERVER.format(folder=folder, port=port, modules=load)
    (folder / "apache.conf").write_text(server + block)
    command: list[str | Path] = [at / "sbin/apache2", "-D", "FOREGROUND"]
    command += ["-f", folder / "apache.conf"]
    env = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": find.apache_libraries()}
    caller = Caller(f"https://{host}", certificate)
    try:
        with running(command, env, folder / "out", caller, "/", 401) as caller:
            yield caller
    finally:
        shutil.rmtree(folder, ignore_errors=True)
