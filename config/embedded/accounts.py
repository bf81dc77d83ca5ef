"""As whom PostgreSQL runs. It refuses root, so root gives it another identity.

First choice is a user namespace: inside it the process is an ordinary account, outside it is still
root, so the data stay root's and no folder above them has to be opened. Where namespaces are
forbidden (most containers) it is an account of its own, which keeps the one capability that lets it
reach a project below a closed folder; nothing is chmod()ed either way.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.binaries import postgres_bin
from config.embedded.errors import EmbeddedError

ACCOUNT = "fuxiang-postgres"
NOBODY = 65534


@dataclass(frozen=True)
class Identity:
    prefix: tuple[str, ...]
    """What goes in front of the command."""
    uid: int
    gid: int
    """Owner of the data as seen from here."""


def postgres_identity() -> Identity:
    if os.geteuid() != 0:
        return Identity((), os.geteuid(), os.getegid())
    found = namespace_identity() or account_identity()
    if found is None:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and this machine allows root neither a user "
            "namespace nor a change of account; run the command as an ordinary user."
        )
    return found


@functools.cache
def namespace_identity() -> Identity | None:
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    # initdb looks its account up by number, so it must be one that exists.
    known = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid not in (0, NOBODY)]
    prefix = (unshare, "--user", f"--map-user={known[0] if known else NOBODY}")
    return Identity(prefix, 0, 0) if _works(prefix) else None


@functools.cache
def account_identity() -> Identity | None:
    setpriv = shutil.which("setpriv")
    account = _own_account()
    if setpriv is None or account is None:
        return None
    prefix = (
        setpriv,
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    )
    return Identity(prefix, account.pw_uid, account.pw_gid) if _works(prefix) else None


def _works(prefix: tuple[str, ...]) -> bool:
    command = [*prefix, str(postgres_bin("postgres")), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, cwd="/", check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _own_account() -> pwd.struct_passwd | None:
    if _account(ACCOUNT) is None and (useradd := shutil.which("useradd")):
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/"]
        command += ["--shell", "/bin/false", ACCOUNT]
        subprocess.run(command, capture_output=True, check=False)
    return _account(ACCOUNT) or _account("nobody")


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def give_to(identity: Identity, folder: Path) -> None:
    """Make the identity own the folder and all in it, after the way of running has changed."""
    if folder.stat().st_uid == identity.uid or os.geteuid() != 0:
        return
    for base, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.chown(os.path.join(base, name), identity.uid, identity.gid, follow_symlinks=False)
    # The top goes last: it is what tells an unfinished change from a finished one.
    os.chown(folder, identity.uid, identity.gid)
