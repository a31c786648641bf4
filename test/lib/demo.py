# SPDX-License-Identifier: GPL-2.0-or-later
"""`test/demo`: an encrypted root, from power-on to its shell, on this terminal."""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from lib.build import build_release
from lib.commands import CommandFailed
from lib.disks import Disk
from lib.guest import EMULATED, Attachment, Guest, GuestFailed, Machine
from lib.images import build_generic
from lib.kernels import Kernel, KernelUnavailable, is_fetched, kernel
from lib.places import BUILD, LOGS

KERNEL = "6.12"
LOG = LOGS / "demo.log"
NAME = "demo-root"
DISK = Disk("demo", content="shell", kind="luks2-argon2id", passphrase="kindling")
STEP_PATIENCE_S = 120

# What --auto awaits, and types after each text that it sees; a command's answer is computed, so that
# its echo is not taken for it.
CONVERSATION = [
    ("the question for the passphrase", r"Please enter passphrase for disk .*: $", "kindling\n"),
    ("the real root", r"This is the real root: .*", "echo the answer is $((6 * 7))\n"),
    ("an answer of its shell", r"^the answer is 42$", "exit\n"),
    ("the end", r"Power down", ""),
]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="test/demo", description=__doc__)
    parser.add_argument("--auto", action="store_true",
                        help="type everything, check what comes, and end with 0 when it is right")
    parser.add_argument("--kernel", type=Path, metavar="FILE", help="boot this kernel (a vmlinuz)")
    parser.add_argument("--modules-dir", type=Path, metavar="DIR",
                        help="its modules: …/lib/modules/VERSION; needed with --kernel")
    options = parser.parse_args()
    if bool(options.kernel) != bool(options.modules_dir):
        parser.error("--kernel and --modules-dir belong together")
    if options.kernel and not options.kernel.is_file():
        parser.error(f"there is no kernel {options.kernel}")
    if options.modules_dir and not (options.modules_dir / "modules.dep.bin").is_file():
        parser.error(f"{options.modules_dir} has no modules.dep.bin, so it is not the directory of "
                     "a kernel's modules")
    return options


def _kernel(options: argparse.Namespace) -> Kernel:
    if not options.kernel:
        if not is_fetched(KERNEL):
            print("Getting a kernel (once: about 100 MB) …", flush=True)
        return kernel(KERNEL)
    modules = options.modules_dir.resolve()
    return Kernel("own", modules.name, options.kernel.resolve(), modules)


def _machine(options: argparse.Namespace) -> Machine:
    print("Building Kindling …", flush=True)
    build_release()
    found = _kernel(options)
    print(f"Making an encrypted disk and an initramfs for {found.kver} …", flush=True)
    image = BUILD / "images" / "demo.img"
    build_generic(found, image)
    cmdline = (f"console=ttyS0 panic=-1 quiet {EMULATED} rw root=/dev/mapper/{NAME} "
               f"rd.luks.name={DISK.luks_uuid}={NAME}")
    return Machine(found.vmlinuz, image, cmdline, [Attachment("root", DISK.image(), "virtio-blk")],
                   memory_mib=1024)


def _converse(machine: Machine) -> None:
    """Plays CONVERSATION; what the console said is printed when it goes wrong, and kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with Guest(machine) as guest:
        console = guest.consoles[0]
        try:
            for awaited, pattern, answer in CONVERSATION:
                print(f"Awaiting {awaited} …", flush=True)
                until = time.monotonic() + STEP_PATIENCE_S
                while not console.find(re.compile(pattern, re.MULTILINE)):
                    if guest.ended or time.monotonic() >= until:
                        raise GuestFailed(f"{pattern!r} did not come")
                    guest.pump(until)
                console.send(answer)
        except GuestFailed:
            print(console.log())
            raise
        finally:
            LOG.write_text(console.log())


def _hand_over_terminal(machine: Machine) -> int:
    print(f"""
The machine starts now, on this terminal. It will ask for a passphrase: type

    {DISK.passphrase}

and you are in a shell of the real root; 'exit' there turns the machine off.
Ctrl-A X ends it at any time.
""", flush=True)
    return subprocess.run(machine.command_on_terminal(), check=False).returncode


def main() -> int:
    options = _parse()
    try:
        machine = _machine(options)
        if not options.auto:
            return _hand_over_terminal(machine)
        _converse(machine)
    except (CommandFailed, KernelUnavailable, GuestFailed) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print("The encrypted root was unlocked, its shell answered, and the machine is off; what its "
          f"console said is in {LOG}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
