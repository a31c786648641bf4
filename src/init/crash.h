/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Catches the signals by which the kernel says that this program is broken. The default action
 * would end PID 1, and the kernel would panic with a message that says nothing; instead the crash
 * is reported on the consoles and the machine reboots, at once if @panic_sec is negative, else
 * after @panic_sec seconds (0: 30 s). Workers have to reset these signals.
 */
void crash_install(int panic_sec);
