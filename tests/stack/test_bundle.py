"""`make bundle` and a set-up from what it packed, where there is no network: the real programs, a tiny kit.

`tools/try_bundle.py` tries the whole kit, down to a call; that takes minutes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from gateway_kit.errors import StackError
from gateway_kit.stack.node_packages import npm_ci, tarball_name
from tests.tiny_clone import ROOT, make_clone
from tools.try_bundle import PROGRAMS

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="a bundle is for machines with x86_64")

OFFLINE = [sys.executable, str(ROOT / "tools" / "offline.py")]
PYTHON = "{}.{}".format(*sys.version_info[:2])
NODE = "gateway_kit/stack/node"


def wheel(
    name: str, version: str, files: Mapping[str, bytes], tag: str = "py3-none-any"
) -> tuple[str, bytes]:
    info = f"{name}-{version}.dist-info"
    described = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{info}/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in (files | described).items():
            archive.writestr(path, content)
    return f"{name}-{version}-{tag}.whl", buffer.getvalue()


def pin(name: str, version: str, content: bytes) -> str:
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"


def npm_package(name: str, version: str) -> tuple[str, bytes, dict[str, str]]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        text = json.dumps({"name": name, "version": version}).encode()
        member = tarfile.TarInfo("package/package.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    content = buffer.getvalue()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return tarball_name(name, version), content, {"version": version, "integrity": f"sha512-{digest}"}


def git(folder: Path, *words: str) -> None:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    subprocess.run(
        ["git", *words], cwd=folder, env={**os.environ, **identity}, check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of a kit that installs one Python and one Node package, which earlier runs have downloaded."""
    folder = tmp_path_factory.mktemp("bundle") / "clone"
    make_clone(folder)
    shutil.copy(ROOT / "Makefile", folder)
    uv = Path(subprocess.run(
        [sys.executable, "-B", ROOT / "tools" / "get_uv.py"], capture_output=True, text=True, check=True
    ).stdout.strip())  # fmt: skip
    version = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    wheels = {
        "uv": wheel(
            "uv",
            version,
            {f"uv-{version}.data/scripts/uv": uv.read_bytes()},
            "py3-none-manylinux_2_17_x86_64",
        ),
        "tiny_part": wheel("tiny_part", "1.5", {"tiny_part.py": b"WORKS = 'without a network'\n"}),
    }
    (folder / "requirements-uv.lock").write_text(pin("uv", version, wheels["uv"][1]))
    (folder / "requirements.lock").write_text(pin("tiny-part", "1.5", wheels["tiny_part"][1]))
    (folder / NODE / "hub").mkdir(parents=True)
    tarball, content, entry = npm_package("@tiny/node", "2.0.0")
    manifest = {"name": "n", "version": "1.0.0", "dependencies": {"@tiny/node": "2.0.0"}}
    lock = {"name": "n", "lockfileVersion": 3, "packages": {"": manifest, "node_modules/@tiny/node": entry}}
    for place in (folder / NODE, folder / NODE / "hub"):
        (place / "package.json").write_text(json.dumps(manifest))
        (place / "package-lock.json").write_text(json.dumps(lock))
    (folder / ".gitignore").write_text("/out/\n/.venv/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    for kind, files in (("wheels", [*wheels.values()]), ("npm", [(tarball, content)])):
        (folder / "out" / "bundle" / kind).mkdir(parents=True)
        for name, content in files:
            (folder / "out" / "bundle" / kind / name).write_bytes(content)
    return folder


def bundle(clone: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from pathlib import Path; from tools.bundle.__main__ import main; "
    code += "sys.exit(main(sys.argv[2:], Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(clone), "--out", str(clone / "out"), *words]
    # Whatever is not there cannot be downloaded: nothing listens on port 9.
    closed = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
    }
    closed |= {"npm_config_registry": "http://127.0.0.1:9/"}
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **closed, **env}, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def archive(clone: Path) -> Path:
    done = bundle(clone)
    assert done.returncode == 0, done.stderr
    return clone / "out" / f"gateway-kit-1.0-linux-x86_64-py{PYTHON.replace('.', '')}.tar"


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "a stick"
    place.mkdir()
    subprocess.run(["tar", "xf", archive], cwd=place, check=True)
    yield place / "gateway-kit-1.0"
    shutil.rmtree(place)  # uv is large


def make(kit: Path, target: str, home: Path, **others: Path) -> subprocess.CompletedProcess[str]:
    """Type a make command where there is no network, with few programs, some of them others, and an empty home."""
    programs = home / "bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).symlink_to(others.get(name) or str(shutil.which(name)))
    (programs / "python3").symlink_to(Path(sys._base_executable).resolve())
    return subprocess.run(
        [*OFFLINE, str(programs / "make"), target], cwd=kit, env={"PATH": str(programs), "HOME": str(home)},
        capture_output=True, text=True,
    )  # fmt: skip


def needs_namespace() -> None:
    done = subprocess.run([*OFFLINE, "true"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(done.stderr.strip())


def test_a_set_up_without_a_network_takes_everything_from_the_bundle(unpacked: Path, tmp_path: Path) -> None:
    needs_namespace()
    done = make(unpacked, ".venv/.set-up", tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "checking the bundle" in done.stdout
    assert "steps done" in done.stdout
    code = "import tiny_part, gateway_kit; print(tiny_part.WORKS, gateway_kit.__path__[0])"
    python = unpacked / ".venv" / "bin" / "python"
    said = subprocess.run([python, "-Pc", code], cwd="/", capture_output=True, text=True, check=True).stdout
    assert said == f"without a network {unpacked}/gateway_kit\n"


def test_the_archive_lists_every_file_and_is_the_same_every_time(
    clone: Path, archive: Path, unpacked: Path
) -> None:
    subprocess.run(["sha256sum", "-c", "--quiet", "bundle/SHA256SUMS"], cwd=unpacked, check=True)
    listed = {line.split("  ")[1] for line in (unpacked / "bundle" / "SHA256SUMS").read_text().splitlines()}
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert files == listed | {"bundle/SHA256SUMS"}
    committed = subprocess.run(
        ["git", "ls-files"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    assert {name for name in files if not name.startswith("bundle/")} == set(committed.split())
    before = hashlib.sha256(archive.read_bytes()).hexdigest()
    (clone / "not committed.txt").touch()
    again = bundle(clone)
    (clone / "not committed.txt").unlink()
    assert "not in the archive, since not committed: not committed.txt" in again.stdout
    assert f"SHA-256 {before}" in again.stdout
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == before
    subprocess.run(["sha256sum", "-c", "--quiet", f"{archive.name}.sha256"], cwd=archive.parent, check=True)


def test_a_facilitators_bundle_and_one_for_two_versions_of_python_say_so(clone: Path) -> None:
    done = bundle(clone, "--workshop", "--python", "3.13", "--python", "3.11")
    assert done.returncode == 0, done.stderr
    path = clone / "out" / "gateway-kit-1.0-linux-x86_64-py311-py313-workshop.tar"
    with tarfile.open(path) as archive:
        file = archive.extractfile("gateway-kit-1.0/bundle/manifest.json")
        assert file is not None
        manifest = json.loads(file.read())
    path.unlink()
    assert (manifest["pythons"], manifest["contents"]) == ("3.11 3.13", "lab workshop")


def test_a_damaged_or_incomplete_bundle_is_refused_before_anything_is_installed(
    unpacked: Path, tmp_path: Path
) -> None:
    needs_namespace()
    part = unpacked / "bundle" / "wheels" / "tiny_part-1.5-py3-none-any.whl"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + b"?")
    done = make(unpacked, ".venv/.set-up", tmp_path / "damaged")
    assert "bundle/wheels/tiny_part-1.5-py3-none-any.whl is damaged" in done.stderr
    part.unlink()
    done = make(unpacked, ".venv/.set-up", tmp_path / "missing")
    assert "is incomplete: bundle/wheels/tiny_part-1.5-py3-none-any.whl is missing. Unpack" in done.stderr
    assert done.returncode != 0
    assert not (unpacked / ".venv").exists()


def test_a_bundle_for_another_python_names_it_and_what_it_lacks(unpacked: Path, tmp_path: Path) -> None:
    needs_namespace()
    manifest = unpacked / "bundle" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"pythons": "{PYTHON}"', '"pythons": "3.9"'))
    done = make(unpacked, ".venv/.set-up", tmp_path / "home")
    assert "This bundle was made for Python 3.9, which this machine lacks" in done.stderr
    manifest.write_text(manifest.read_text().replace('"pythons": "3.9"', f'"pythons": "{PYTHON}"'))
    uname = tmp_path / "uname"
    uname.write_text("#!/bin/sh\necho Darwin arm64\n")
    uname.chmod(0o755)
    done = make(unpacked, ".venv/.set-up", tmp_path / "mac", uname=uname)
    assert "This bundle was made for Linux x86_64; this is Darwin arm64." in done.stderr
    done = make(unpacked, "workshop", tmp_path / "other")
    assert "This bundle lacks what a workshop's facilitator installs" in done.stderr
    assert "BUNDLE_ARGS=--workshop" in done.stderr


def test_without_a_network_the_missing_file_is_named_and_the_others_are_kept(
    clone: Path, archive: Path
) -> None:
    packed = clone / "out" / "bundle"
    part, tarball = (
        packed / "wheels" / "tiny_part-1.5-py3-none-any.whl",
        packed / "npm" / "tiny-node-2.0.0.tgz",
    )
    for path, sentence in (
        (part, "The wheel of tiny-part 1.5 is missing: "),
        (tarball, "The npm package @tiny/node 2.0.0 is missing: "),
    ):
        content = path.read_bytes()
        path.write_bytes(content[:-5])  # an interrupted copy counts as missing
        done = bundle(clone, npm_config_cache=str(clone.parent / "empty"))
        assert done.returncode == 1
        assert done.stderr.startswith(f"bundle: {sentence}")
        assert done.stderr.endswith("with a network, type again: make bundle\n")
        assert done.stderr.count("\n") == 1
        path.write_bytes(content)
    assert bundle(clone).returncode == 0


def test_a_folder_that_is_no_clone_and_a_full_disk_give_one_sentence(clone: Path, tmp_path: Path) -> None:
    done = bundle(tmp_path)
    assert done.stderr.startswith(f"bundle: {tmp_path} cannot be packed: not a git repository")
    assert done.stderr.count("\n") == 1
    code = "import shutil, collections; usage = collections.namedtuple('usage', 'total used free'); "
    code += "shutil.disk_usage = lambda _: usage(9, 9, 1_000_000); import sys; from pathlib import Path; "
    code += "from tools.bundle.__main__ import main; sys.exit(main(['--out', sys.argv[1] + '/out'], Path(sys.argv[1])))"
    full = subprocess.run([sys.executable, "-c", code, clone], cwd=ROOT, capture_output=True, text=True)
    assert full.returncode == 1
    assert "has 1 MB left on its disk; the archive needs" in full.stderr


def test_npm_installs_from_tarballs_alone_and_refuses_one_that_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    packed, folder = tmp_path / "bundle" / "npm", tmp_path / "node"
    packed.mkdir(parents=True)
    folder.mkdir()
    tarball, content, entry = npm_package("@tiny/node", "2.0.0")
    (packed / tarball).write_bytes(content)
    manifest = {"name": "n", "version": "1.0.0", "dependencies": {"@tiny/node": "2.0.0"}}
    lock = {"name": "n", "lockfileVersion": 3, "packages": {"": manifest, "node_modules/@tiny/node": entry}}
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / "node_modules" / "of-an-older-lock").mkdir(parents=True)
    npm_ci(folder, packed)
    assert (folder / "node_modules" / "@tiny" / "node" / "package.json").is_file()
    assert not (folder / "node_modules" / "of-an-older-lock").exists()
    assert json.loads((folder / "package-lock.json").read_text()) == lock
    assert [path.name for path in packed.parent.iterdir()] == ["npm"]
    _, changed, _ = npm_package("@tiny/node", "2.0.1")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty cache"))
    (packed / tarball).write_bytes(changed)
    with pytest.raises(StackError, match="EINTEGRITY"):
        npm_ci(folder, packed)
    (packed / tarball).unlink()
    with pytest.raises(StackError, match=r"This bundle lacks the npm package @tiny/node 2\.0\.0\. Unpack"):
        npm_ci(folder, packed)
    assert (folder / "node_modules" / "@tiny" / "node" / "package.json").is_file()


def test_an_interrupted_run_leaves_no_part_of_an_archive_and_the_next_one_goes_on(
    clone: Path, archive: Path
) -> None:
    archive.unlink()
    half = clone / "out" / "bundle" / "wheels" / "downloading-half"
    half.mkdir()
    code = "import sys, tarfile; from pathlib import Path; from tools.bundle.__main__ import main\n"
    code += "def interrupt(*_): raise KeyboardInterrupt\ntarfile.TarFile.addfile = interrupt\n"
    code += "sys.exit(main(['--out', sys.argv[1] + '/out'], Path(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, clone], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr == (
        "bundle: interrupted. What was downloaded is kept; to go on, type again: make bundle\n"
    )
    assert not half.exists()
    assert [
        path.name for path in (clone / "out").iterdir() if ".tar" in path.name and "sha256" not in path.name
    ] == []
    with FileLock(clone / "out" / ".bundle.lock"):
        assert "another make bundle writes to" in bundle(clone).stderr
    assert bundle(clone).returncode == 0
    assert archive.is_file()
