# SPDX-License-Identifier: Apache-2.0
"""Cell libraries by name: osu018, nangate45 and sky130hd, or any Liberty file by its path.

osu018 is Debian's. The other two are looked for in $LACUNA_DATA/liberty, in ../shared/data/liberty
beside the project, and in build/data/liberty, which is filled from their public source. Every file
is checked against its SHA-256.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from pathlib import Path

from scripts.errors import UserError
from scripts.files import write_bytes
from scripts.power.gates import OSU180
from scripts.project import ROOT

SOURCE = "https://raw.githubusercontent.com/parallaxsw/OpenSTA/master/examples"
TIMEOUT_SECONDS = 20
SUMS = {
    "nangate45/nangate45_typ.lib.gz": (
        "7ee6c11d0c8964f9971ba28b879a6cad28e178f86911adda71ac0672ce00f7ef"
    ),
    "sky130hd/sky130hd_tt.lib.gz": (
        "210e56be3a3a0907b5241a34d277f664cf4b4d91dcb49a27ff813df4406a5889"
    ),
}
FILES = {name.partition("/")[0]: name for name in SUMS}
NAMES = ("osu018", *FILES)
HELP = f"cell library: {', '.join(NAMES)}, or the path of a Liberty file; default: osu018"


def liberty(name: str) -> Path:
    """Return the Liberty file of a library's name, or the file itself where `name` is a path.

    Raises UserError if there is no such file, it is altered, or it cannot be fetched.
    """
    if name == "osu018":
        return _present(OSU180, "apt-get install qflow-tech-osu018")
    if name not in FILES:
        return _present(Path(name), f"LIBERTY is one of {', '.join(NAMES)} or a path")
    path = _local(FILES[name]) or _fetch(FILES[name])
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SUMS[FILES[name]]:
        raise UserError(f"{path} is truncated or altered (SHA-256 {found}): delete or replace it")
    return path


def available(name: str) -> bool:
    """Whether the library can be had without an error."""
    try:
        liberty(name)
    except UserError:
        return False
    return True


def _present(path: Path, remedy: str) -> Path:
    if not path.is_file():
        raise UserError(f"no Liberty file {path}: {remedy}")
    return path


def _local(file: str) -> Path | None:
    """The file in the first folder that has it."""
    folders = [ROOT.parent / "shared" / "data", ROOT / "build" / "data"]
    if data := os.environ.get("LACUNA_DATA"):
        folders.insert(0, Path(data))
    return next((p for folder in folders if (p := folder / "liberty" / file).is_file()), None)


def _fetch(file: str) -> Path:
    """Download a file; it gets its name only when it is complete."""
    address = f"{SOURCE}/{Path(file).name}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UserError(
            f"{Path(file).name} is not here and {address} does not answer ({error}): fetch it by"
            " hand and give its path as LIBERTY"
        ) from error
    path = ROOT / "build" / "data" / "liberty" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, content)
    return path
