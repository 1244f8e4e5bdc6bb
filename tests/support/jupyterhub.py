"""JupyterHub at a port of its own, as docs/applications.md configures it; it starts no notebook."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import recipes
from tests.support.proxies import Caller, running
from tools import find

# Its proxy only carries people to their notebooks: nobody has one here.
ALONE = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass

    async def get_all_routes(self):
        return {{}}

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = "{address}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/secret"
c.JupyterHub.redirect_to_server = False
"""


@contextmanager
def running_at(
    address: str, gatehouse: str, client_id: str, secret: str, folder: Path
) -> Iterator[Caller]:
    """The hub at the address, inside the block, looking again every second."""
    config = recipes.changed(
        recipes.of("JupyterHub"),
        (r"https://hub\.acme\.example", address),
        (r"https://gate\.example\.org", gatehouse),
        ("CLIENT-ID", client_id),
        ("CLIENT-SECRET", secret),
        ("auth_refresh_age = 60", "auth_refresh_age = 1"),
    )
    (folder / "jupyterhub_config.py").write_text(
        config + ALONE.format(address=address, folder=folder)
    )
    python = find.jupyterhub()
    assert python, "no JupyterHub: make test-tools"
    env = {"PATH": os.environ["PATH"], "JUPYTERHUB_CRYPT_KEY": "01" * 32, "HOME": str(folder)}
    command = [python, "-m", "jupyterhub", "--config", folder / "jupyterhub_config.py"]
    with running(command, env, folder / "hub.log", Caller(address), "/hub/health") as caller:
        yield caller
