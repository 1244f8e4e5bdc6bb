"""What operators copy from docs/operating fits the program: units, manifests, addresses."""

from __future__ import annotations

import configparser
import re
import shlex

import pytest
import yaml
from dotenv import dotenv_values

from tests.support import compose
from webapp.config import ROOT, Settings

FOLDER = ROOT / "docs/operating"
TEXT = (FOLDER / "installing.md").read_text()
UNITS = {
    re.sub(r"gatehouse-(\w+)@?", r"\1", path.stem): path
    for path in (FOLDER / "systemd").glob("*.service")
}
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
MANIFESTS = [
    document
    for block in re.findall(r"```yaml\n(.+?)```", TEXT, re.DOTALL)
    for document in yaml.safe_load_all(block)
]
PROSE = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*"), *ROOT.glob("compose*.yaml")]
    if path.suffix in {".md", ".yaml", ".yml", ".conf", ".service"}
] + [ROOT / ".env.example", FOLDER / "Caddyfile"]


def grace(name):
    said = compose.read()["services"][name]["stop_grace_period"]
    return int(said.removesuffix("s"))


def test_each_process_has_a_unit():
    assert set(UNITS) == set(PROCFILE)


@pytest.mark.parametrize("name", PROCFILE)
def test_a_unit_starts_what_the_procfile_starts_and_stops_it_as_compose_does(name):
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(UNITS[name].read_text())
    service = unit["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert shlex.join([program.removeprefix("/srv/gatehouse/.venv/bin/"), *words]) == PROCFILE[name]
    assert int(service["TimeoutStopSec"]) == grace(name)
    assert service["KillMode"] == "mixed"  # the job of a worker is not cut off
    assert service["Restart"] == "always"
    assert service["User"] != "root"


def test_the_manifests_run_the_same_image_as_the_same_commands_with_the_same_restrictions():
    assert [one["kind"] for one in MANIFESTS] == ["Deployment", "Job"]
    for manifest in MANIFESTS:
        pod = manifest["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    web, migrate = MANIFESTS
    assert (
        migrate["spec"]["template"]["spec"]["containers"][0]["command"]
        == (compose.read()["services"]["migrate"]["command"])
    )
    pod = web["spec"]["template"]["spec"]
    wait = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= grace("web") + wait


def test_the_probes_ask_pages_that_there_are(app):
    (web, _) = MANIFESTS
    container = web["spec"]["template"]["spec"]["containers"][0]
    pages = {rule.rule for rule in app.url_map.iter_rules()}
    asked = [probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")]
    assert len(asked) == 3
    for probe in asked:
        assert probe["path"] in pages
        assert {"containerPort": probe["port"]} in container["ports"]


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_the_table_for_kubernetes_has_the_commands_and_times(name):
    assert re.search(rf"\| {name} \|.*`{PROCFILE[name]}` \| {grace(name)} \|", TEXT)


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_an_address_of_a_database_is_spelled_in_one_way(path):
    """The program takes others as well, but who reads two does not know which is right."""
    text = path.read_text()
    assert not re.findall(r"postgres(?:ql\+\w+)?://", text)


def test_the_example_is_taken_by_the_program_once_it_has_a_key():
    written = dotenv_values(ROOT / ".env.example")
    settings = Settings.from_mapping({**written, "SECRET_KEY": "0123456789abcdef" * 2})
    assert settings.database_url == ("postgresql+psycopg://gatehouse:password@localhost/gatehouse")
    assert settings.mail_use_tls


def test_what_the_documents_run_in_docker_is_what_there_is():
    for name in ("README.md", "docs/operating/installing.md"):
        text = (ROOT / name).read_text()
        setup, up = text.index("compose.setup.yaml run --rm setup"), text.index("compose up -d")
        assert setup < up
    for word in re.findall(r"docker compose exec (\w+)", TEXT):
        assert word in compose.read()["services"]
    for name in re.findall(r"^\| `(\w+)` \| .* \|$", TEXT, re.MULTILINE):
        assert (
            name in compose.read()["services"]
            or name in compose.FILE.read_text()
            or (name == "COMPOSE_PROFILES")
        )
