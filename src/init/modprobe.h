/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /init called as modprobe(8): the kernel runs "/sbin/modprobe -q -- ALIAS" when it needs a module
 * (request_module() in kernel/module/kmod.c) and waits for the exit status. Loads the module and
 * what it depends on; options of the real modprobe are ignored. The exit status.
 */
int modprobe_main(int argc, char **argv);
