/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what keyboards, consoles and TPMs need, by which volumes are unlocked. A keyboard is
 * essential if it is the only one and root is encrypted. 0 or -ENOMEM.
 */
int host_keyboard_add(struct host_reader *reader);
