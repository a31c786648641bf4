# SPDX-License-Identifier: GPL-2.0-or-later
"""Other programs: quiet when they succeed, quoted in full when they fail."""

import subprocess
from pathlib import Path


class CommandFailed(Exception):
    pass


def run(*command: str | Path, cwd: Path | None = None, stdin: bytes = b"",
        env: dict[str, str] | None = None) -> str:
    """Standard output of the command; CommandFailed with everything it said when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=cwd, input=stdin, env=env, capture_output=True,
                              check=False)
    except FileNotFoundError as error:
        raise CommandFailed(f"{words[0]}: not found") from error
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise CommandFailed(f"{' '.join(words)}\nended with {done.returncode}:\n{said}")
    return done.stdout.decode(errors="replace")
