# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's machine protocol (QMP), as far as the tests need it."""

import contextlib
import json
import socket
from typing import Any


class Monitor:
    def __init__(self, line: socket.socket) -> None:
        self.socket = line
        self.shutdown_reason = ""  # in QMP's words: guest-shutdown, guest-reset, …
        self.deleted_devices: set[str] = set()
        self.replies: dict[int, dict[str, Any]] = {}  # each with its `return` or `error`
        self._input = b""
        self._last_id = 0
        self.request("qmp_capabilities")

    def request(self, command: str, **arguments: Any) -> int:
        """Sends the command; the number is that of its reply, which never comes from a
        machine that is gone."""
        self._last_id += 1
        request = {"execute": command, "arguments": arguments, "id": self._last_id}
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self._last_id

    def receive(self) -> bool:
        """Takes what has arrived; false when the other end has gone."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(data)

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self.replies[message["id"]] = message
        elif message.get("event") == "SHUTDOWN":
            self.shutdown_reason = message["data"]["reason"]
        elif message.get("event") == "DEVICE_DELETED":
            self.deleted_devices.add(message["data"].get("device", ""))
