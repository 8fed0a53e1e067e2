# SPDX-License-Identifier: MIT
"""Debian packages by name, unpacked into a folder instead of installed.

Knows apt and dpkg; package lists are fetched only when they lack a name. Raises
Unavailable, whose text is the reason to skip the test, when one can't be had.
"""

import os
import pathlib
import re
import subprocess


class Unavailable(Exception):
    """Something this machine does not have and that we could not fetch."""


def _output(*command, cwd=None):
    try:
        done = subprocess.run(command, cwd=cwd, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
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


def unpack(package, folder):
    """Download PACKAGE once and return the folder with its files."""
    tree = pathlib.Path(folder) / package
    if tree.is_dir():
        return tree
    download = pathlib.Path(folder) / f"{package}.download"
    download.mkdir(parents=True, exist_ok=True)
    _output("apt-get", "-q", "download", package, cwd=download)
    archive, = download.glob("*.deb")
    unfinished = download / "tree"
    _output("dpkg-deb", "-x", str(archive), str(unfinished))
    archive.unlink()
    unfinished.rename(tree)
    download.rmdir()
    return tree
