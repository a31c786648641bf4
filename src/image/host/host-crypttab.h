/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what the entries of /etc/crypttab need that the image opens: those of volumes found so far,
 * and those with the option x-initrd.attach or Debian's initramfs. 0 or -ENOMEM.
 */
int host_crypttab_add(struct host_reader *reader);
