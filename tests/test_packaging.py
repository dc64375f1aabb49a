"""The installed project: its dependencies, pins and entry points."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = PYPROJECT["project"], PYPROJECT["tool"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
SCRIPTS = sorted(
    path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix
)
SHELL_SCRIPTS = [path for path in SCRIPTS if path.read_text().startswith("#!/usr/bin/env bash")]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def direct_requirements() -> list[Requirement]:
    """What pyproject.toml asks for, with and without extras."""
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    return [Requirement(line) for line in lines]


def pins(path: Path) -> list[Requirement]:
    """The requirements of a requirements file, hashes left out."""
    lines = (line.split(" --hash")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned_versions(python: str) -> dict[str, Version]:
    """Name to version, as constraints.txt has it for Linux and this Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
    }
    versions: dict[str, Version] = {}
    for pin in pins(ROOT / "constraints.txt"):
        if pin.marker is None or pin.marker.evaluate(environment):
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert canonicalize_name(pin.name) not in versions, f"{pin.name} is pinned twice"
            versions[canonicalize_name(pin.name)] = Version(specifier.version)
    return versions


def test_every_dependency_says_why_it_is_there() -> None:
    names = {requirement.name for requirement in direct_requirements()}
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for name in names:
        line = next(line for line in lines if re.match(rf'\s+"{re.escape(name)}[\[<>=]', line))
        assert re.search(r'", +# \S+ \S+', line), f"no reason beside {line.strip()}"


def test_every_dependency_has_a_range_that_ends_or_dates_its_versions() -> None:
    endless = {
        requirement.name
        for requirement in direct_requirements()
        if not any(part.operator in ("<", "==") for part in requirement.specifier)
    }
    # Versions of these say nothing of what they break.
    assert endless == {"python-multipart", "setuptools", "types-PyYAML"}


@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_pinned_lies_in_the_ranges(python: str) -> None:
    versions = pinned_versions(python)
    for requirement in direct_requirements():
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but {version}"


def test_this_environment_is_the_pinned_one() -> None:
    versions = pinned_versions(f"{sys.version_info.major}.{sys.version_info.minor}")
    installed = {
        canonicalize_name(distribution.metadata["Name"]): Version(distribution.version)
        for distribution in distributions()
    }
    strays = {
        f"{name} {version}, pinned {versions.get(name)}"
        for name, version in installed.items()
        # The label of a build, such as +cpu, is not part of the pin.
        if name not in ("article-qa", "pip") and version.public != str(versions.get(name))
    }
    assert not strays


def test_torch_is_the_build_without_cuda_unless_it_was_asked_for() -> None:
    asked_for = (Path(sys.prefix) / "torch").read_text()
    cuda = [name for d in distributions() if (name := d.metadata["Name"]).startswith("nvidia-")]
    assert bool(cuda) == (asked_for == "cuda")


def test_the_embedding_model_is_pinned_alike_everywhere() -> None:
    (by_hash,) = pins(ROOT / "requirements-model.txt")
    assert [str(by_hash)] == EXTRAS["model"]
    assert by_hash in pins(ROOT / "constraints.txt")


def test_the_newest_version_in_the_changelog_is_this_one() -> None:
    newest = re.search(
        r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert newest is not None
    assert newest[1] == PROJECT["version"]


def test_a_wheel_carries_every_file_that_the_packages_read() -> None:
    carried = {
        path
        for package, patterns in TOOLS["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    there = {
        path
        for package in ("qa", "vectorstore")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert there - carried == set()


def test_importing_the_packages_imports_no_framework_and_says_nothing() -> None:
    program = """
import sys
before = set(sys.modules)
import qa, qa.types, vectorstore, vectorstore.types
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(tops - sys.stdlib_module_names))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["numpy", "qa", "vectorstore"]
    assert run.stderr == ""


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_a_script_can_be_run_and_says_what_it_is_for(script: Path) -> None:
    assert os.access(script, os.X_OK)
    first, second, *_ = script.read_text().splitlines()
    assert first.startswith("#!/usr/bin/env ")
    assert script.parent.name == ".ci" or second.startswith(("# ", '"""'))


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_a_shell_script_parses(script: Path) -> None:
    run = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def setup_in(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a copy of scripts/setup in an otherwise empty folder."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts" / "setup")
    return subprocess.run(
        [folder / "scripts" / "setup", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_setup_names_a_python_that_it_cannot_use(tmp_path: Path) -> None:
    run = setup_in(tmp_path, QA_PYTHON="/nowhere/python")
    assert run.returncode == 1
    assert "QA_PYTHON=/nowhere/python is not a Python 3.11 to 3.14" in run.stderr
    assert not (tmp_path / ".venv").exists()


def test_setup_names_a_build_of_torch_that_it_does_not_know(tmp_path: Path) -> None:
    run = setup_in(tmp_path, QA_TORCH="rocm")
    assert run.returncode == 1
    assert "QA_TORCH=rocm is not valid" in run.stderr


def test_setup_refuses_options_that_it_does_not_know(tmp_path: Path) -> None:
    run = setup_in(tmp_path, "--developer")
    assert run.returncode == 2
    assert "usage: scripts/setup [--dev]" in run.stderr


def test_setup_that_has_nothing_to_do_does_nothing() -> None:
    run = subprocess.run(
        [ROOT / "scripts" / "setup", "--dev"],
        # An index that nothing answers at: whoever calls pip fails.
        env={**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("", "")


def test_the_graph_of_the_bundled_models_is_what_its_script_makes(tmp_path: Path) -> None:
    made = tmp_path / "bert.onnx"
    subprocess.run([sys.executable, ROOT / "scripts" / "make-bert-graph", made], check=True)
    assert made.read_bytes() == (ROOT / "vectorstore" / "bert.onnx").read_bytes()
