/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Catches the signals by which the kernel says that this program is broken. The default action
 * would end PID 1, and the kernel would panic with a message that says nothing; instead the crash
 * is reported on the console and the machine reboots after @wait_sec seconds. Workers have to
 * reset these signals.
 */
void crash_install(unsigned int wait_sec);
