/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Catches the signals by which the kernel says that this program is broken. The default action
 * would end PID 1, and the kernel would panic with a message that says nothing; instead the crash
 * is reported on all consoles, and after @wait_sec seconds the machine ends by @command, one of
 * reboot(2), which @gerund is the word for. Workers have to reset these signals.
 */
void crash_install(int command, const char *gerund, unsigned int wait_sec);
