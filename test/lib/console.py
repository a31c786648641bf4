# SPDX-License-Identifier: GPL-2.0-or-later
"""One serial line of a guest: what came over it so far, and what of it has been looked at.

Matching works on text that is still growing, so a prompt without a newline is found as soon as
its last character is there. Terminal colours and carriage returns are taken out beforehand.
"""

import codecs
import contextlib
import re
import socket
import time

CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78cM]|\r|\x00")
UNFINISHED_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*|[()])?$")


class Console:
    def __init__(self, line: socket.socket, started: float) -> None:
        self.socket = line
        self.text = ""
        self.looked_at = 0  # where the last match ended
        self._watched = 0
        self._held_back = ""
        self._started = started
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line_times: list[float] = []
        self._at_line_start = True

    def receive(self) -> bool:
        """Takes what has arrived; false when the other end has gone."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            return False
        raw = self._held_back + self._decoder.decode(data)
        unfinished = UNFINISHED_SEQUENCE.search(raw)
        complete = raw[:unfinished.start()] if unfinished else raw
        self._held_back = raw[len(complete):]
        clean = CONTROL_SEQUENCE.sub("", complete)
        if clean:
            begun = clean.count("\n") + self._at_line_start - clean.endswith("\n")
            self._line_times += [time.monotonic() - self._started] * begun
            self._at_line_start = clean.endswith("\n")
        self.text += clean
        return True

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The next match after the last one that was found; what is before it is passed over."""
        match = pattern.search(self.text, self.looked_at)
        if match:
            self.looked_at = match.end()
        return match

    def unwatched(self) -> str:
        """What came since the last call, from the beginning of its line."""
        start = self.text.rfind("\n", 0, self._watched) + 1
        self._watched = len(self.text)
        return self.text[start:]

    def send(self, text: str) -> None:
        """A guest that is gone hears nothing; whatever is expected next notices."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(text.encode())

    def log(self) -> str:
        """Everything, each line with the seconds since the guest's start at which it began."""
        lines = zip(self._line_times, self.text.split("\n"))
        return "".join(f"{at:8.3f} {line}\n" for at, line in lines if line)
