# SPDX-License-Identifier: MIT
"""Debian packages by name, unpacked into a folder instead of installed.

Knows apt and dpkg; relies on package lists being there (apt-get update). Raises
Unavailable, whose text is the reason to skip the test, when one can't be had.
"""

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


def real_name(metapackage, pattern):
    """The dependency of METAPACKAGE whose name matches PATTERN."""
    for line in _output("apt-cache", "depends", metapackage).splitlines():
        match = re.match(r"\s*Depends: (\S+)", line)
        if match and re.fullmatch(pattern, match[1]):
            return match[1]
    raise Unavailable(f"package {metapackage} is not known; try apt-get update")


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
