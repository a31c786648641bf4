# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are."""

import os
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
LIB = TREE / "test" / "lib"
SCENARIOS = TREE / "test" / "boot"
BUILD = TREE / "build"
LOGS = BUILD / "test-logs"


def cache_directory() -> Path:
    """Outside of the tree, so that a fresh clone on the same machine finds it filled."""
    own = os.environ.get("KINDLING_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kindling"
