# SPDX-License-Identifier: GPL-2.0-or-later
"""What passed and what did not, over all parts of a run."""

import threading
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Each call is one line of output, and one test or several."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def passes(self, name: str, seconds: float, count: int = 1) -> None:
        with self._lock:
            self.passed += count
            print(f"ok    {seconds:6.1f} s  {name}", flush=True)

    def fails(self, name: str, seconds: float, why: str, count: int = 1,
              passed: int = 0) -> None:
        """`passed`: how many went well beside those that failed."""
        with self._lock:
            self.failed += count
            self.passed += passed
            print(f"FAIL  {seconds:6.1f} s  {name}", flush=True)
            print("".join(f"    {line}\n" for line in why.splitlines()), end="", flush=True)

    def skips(self, name: str, why: str, count: int = 1) -> None:
        with self._lock:
            self.skipped += count
            print(f"skip            {name}: {why}", flush=True)

    def summary(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"
