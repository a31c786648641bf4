/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/vconsole.h"
#include "image/tree/sysroot.h"

/* Where Debian says which keyboard there is, in words of XKB. */
#define DEBIAN_KEYBOARD "/etc/default/keyboard"

/*
 * What the files of all distributions in @sysroot say of keyboard and font, the more specific ones
 * last. What cannot be understood is a warning, a missing file is none. @ret_vconsole is the
 * caller's to end, also after an error. 0 or -ENOMEM.
 */
int console_config_read(const struct sysroot *sysroot, struct vconsole *ret_vconsole);
