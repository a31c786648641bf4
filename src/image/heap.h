/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Prepares malloc(3) for a short life with much memory; to be called once, before there are
 * threads. Hints only: where libc or the kernel does not take them, nothing changes.
 */
void heap_prepare(void);
