# SPDX-License-Identifier: MIT
"""Debian packages by name, unpacked into a folder instead of installed.

Knows apt and dpkg, and needs no root: apt checks what it downloads against the
signed lists. These are fetched anew only if they lack a name and we are root.
"""
import os
import pathlib
import re
import subprocess


class Unavailable(Exception):
    """Something this computer does not have and that we could not fetch."""


def _output(*command, cwd=None, show=False):
    """What a command says; with `show` it says it to the user's terminal."""
    try:
        done = subprocess.run(
            command, cwd=cwd, text=True, timeout=900, stdin=subprocess.DEVNULL,
            stdout=2 if show else subprocess.PIPE,
            stderr=None if show else subprocess.PIPE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode:
        last = ((done.stderr or "").strip().splitlines() or ["failed"])[-1]
        raise Unavailable(f"{' '.join(command)}: {last}")
    return done.stdout


def _dependency(metapackage, pattern):
    try:
        listing = _output("apt-cache", "depends", metapackage)
    except Unavailable:
        return None
    names = re.findall(r"^\s*Depends: (\S+)", listing, re.MULTILINE)
    return next((name for name in names if re.fullmatch(pattern, name)), None)


def real_name(metapackage, pattern):
    """The dependency of METAPACKAGE whose name matches PATTERN."""
    name = _dependency(metapackage, pattern)
    if not name and os.geteuid() == 0:
        _output("apt-get", "-q", "update")
        name = _dependency(metapackage, pattern)
    if not name:
        raise Unavailable(f"package {metapackage} is not known; try apt-get update")
    return name


def unpack(package, folder, show=False):
    """Download PACKAGE once and return the folder with its files."""
    tree = pathlib.Path(folder) / package
    if tree.is_dir():
        return tree
    download = pathlib.Path(folder) / f"{package}.download"
    download.mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "download", package]
    if os.geteuid() == 0:
        # apt's own user may not be able to write here.
        command[1:1] = ["-o", "APT::Sandbox::User=root"]
    if not show:
        command.insert(1, "-q")
    _output(*command, cwd=download, show=show)
    archive = max(download.glob("*.deb"), key=os.path.getmtime)
    unfinished = download / "tree"
    _output("dpkg-deb", "-x", str(archive), str(unfinished))
    archive.unlink()
    unfinished.rename(tree)
    download.rmdir()
    return tree
