"""No engine is at hand where these run: they hold the files to their schema, to a linter and to our own rules."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for
from pydantic import SecretStr

from bearometer_shared.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = [name for name, service in SERVICES.items() if service["restart"] != "no"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("bearometer-")]
PACKAGES = [folder.name.removeprefix("bearometer_") for folder in (ROOT / "services").glob("bearometer_*")]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
TARGETS = set(re.findall(r"^FROM runtime AS (\S+)", DOCKERFILE, re.MULTILINE))
EXTRA_OF_TARGET = dict(re.findall(r"^FROM build AS (\S+)-packages\n(?:.*\n)?.*--extra (\S+)", DOCKERFILE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())


@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/compose.gpu.yml"])
def test_compose_reads_our_files_because_they_follow_its_schema(name: str) -> None:
    schema = get_builtin_schema("vendor.compose-spec")
    errors = validator_for(schema)(schema).iter_errors(yaml.safe_load((ROOT / name).read_text()))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_dockerfile_has_none_of_the_mistakes_that_the_linter_knows() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, ROOT / "deploy/Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_service_has_an_image_and_a_container(name: str) -> None:
    builds = [service.get("build") for service in SERVICES.values() if service["image"] == f"bearometer-{name}"]
    wanted = {"context": ".", "dockerfile": "deploy/Dockerfile", "target": name}
    assert [build for build in builds if build] == [wanted]  # once: two builds of one image would race
    assert name in TARGETS


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_that_is_broken_into_yields_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["mem_limit"]


@pytest.mark.parametrize("name", LASTING)
def test_a_container_that_hangs_or_dies_is_noticed(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_when_what_it_needs_has_started(name: str) -> None:
    for needed, wait in SERVICES[name].get("depends_on", {}).items():
        expected = "service_healthy" if needed in LASTING else "service_completed_successfully"
        assert wait == {"condition": expected}


def test_only_this_machine_reaches_the_published_ports() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert {"127.0.0.1:8700:8700", "127.0.0.1:8701:8701"} <= set(ports)


def test_servers_have_no_way_out() -> None:
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["back"] for name in ("kafka", "postgres", "valkey"))


@pytest.mark.parametrize("name", OURS)
def test_a_mistyped_command_or_setting_would_be_seen_here(name: str) -> None:
    assert SERVICES[name]["command"][0] in PROJECT["scripts"]
    ours = {key for key in SERVICES[name]["environment"] if key.startswith("BEAROMETER_")}
    known = {f"BEAROMETER_{field.upper()}" for field in Settings.model_fields}
    assert ours - known == {"BEAROMETER_SECRETS_DIR"}


def test_secret_files_are_named_as_the_settings_read_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in COMPOSE["secrets"] if name.startswith("bearometer_")]
    for name in names:
        monkeypatch.delenv(name.upper(), raising=False)
        (tmp_path / name).write_text(f"the {name}\n")
    settings = Settings(_secrets_dir=tmp_path)
    read = {name: getattr(settings, name.removeprefix("bearometer_")) for name in names}
    assert read == {name: SecretStr(f"the {name}") for name in names}


def test_no_secret_stands_in_the_compose_file_or_in_git() -> None:
    secret = {f"BEAROMETER_{n.upper()}" for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)}
    environment = [pair for service in SERVICES.values() for pair in service.get("environment", {}).items()]
    assert {key for key, _ in environment} & secret == {"BEAROMETER_REDIS_URL"}
    assert not [value for _, value in environment if re.search(r"://[^/]*@", str(value))]
    for name, where in COMPOSE["secrets"].items():
        assert where == {"file": f"deploy/secrets/{name}"}
        assert subprocess.run(["git", "check-ignore", "-q", where["file"]], cwd=ROOT, check=False).returncode == 0


def test_every_image_installs_an_extra_of_ours() -> None:
    assert {target: target for target in TARGETS - {"cli"}} == EXTRA_OF_TARGET
    assert set(EXTRA_OF_TARGET.values()) <= set(EXTRAS)


@pytest.mark.parametrize("extra", ["ingest", "scorer", "alerts", "api", "dashboard"])
def test_images_that_do_not_train_are_small_because_nothing_in_them_brings_torch(extra: str) -> None:
    everyones = set(map(name_of, PROJECT["dependencies"]))
    assert bringing("torch").isdisjoint(everyones | set(installed(extra)))
    assert "torch" in installed("retrainer")


def bringing(name: str) -> set[str]:
    """A package and all that need it, by the lock's notes."""
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    note = re.compile(r"#\s+(?:via )?(?!via$)([\w.-]+)$", re.MULTILINE)
    direct = {name_of(block): set(note.findall(block)) for block in blocks}
    found, todo = set[str](), {name}
    while todo:
        found |= todo
        todo = set().union(*(direct.get(each, set()) for each in todo)) - found
    return found


def installed(extra: str) -> Iterator[str]:
    """Names that an extra asks for, with those of our extras that it names."""
    for requirement in EXTRAS[extra]:
        if own := re.match(r"bearometer\[(.+)\]", requirement):
            for inner in own[1].split(","):
                yield from installed(inner)
        else:
            yield name_of(requirement)


def name_of(requirement: str) -> str:
    return re.split(r"[\[~=<> ]", requirement)[0]


def test_rules_watch_metrics_that_the_services_have() -> None:
    rules = " ".join(rule["expr"] for group in RULES["groups"] for rule in group["rules"])
    watched = set(re.findall(r"bearometer_\w+", rules))
    assert watched
    assert watched - exposed() == set()


@cache
def exposed() -> set[str]:
    """Series names of the metrics that are declared in the source."""
    declared = re.compile(r"(Counter|Gauge|Histogram)\(\s*\"(bearometer_\w+)\"")
    suffixes = {"Counter": ["_total"], "Gauge": [""], "Histogram": ["_bucket", "_sum", "_count"]}
    sources = [path.read_text() for top in ("services", "shared") for path in (ROOT / top).rglob("*.py")]
    found = [match for source in sources for match in declared.findall(source)]
    return {name + suffix for kind, name in found for suffix in suffixes[kind]}


def test_prometheus_asks_each_service_where_it_answers() -> None:
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    static = [target for job in jobs for group in job.get("static_configs", []) for target in group["targets"]]
    named = [group for job in jobs for group in job.get("dns_sd_configs", [])]
    asked = static + [f"{name}:{group['port']}" for group in named for name in group["names"]]
    assert sorted(asked) == sorted(f"{name}:{port_of(name)}" for name in OURS if name in LASTING)


def port_of(name: str) -> str:
    """The port that the health check asks."""
    asked = re.search(r"127\.0\.0\.1:(\d+)/readyz", SERVICES[name]["healthcheck"]["test"][-1])
    assert asked
    return asked[1]
