/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/cmdline.h"
#include "image/host/host-boot-line.h"
#include "image/host/host-reader.h"

/*
 * Adds what the places need that a hibernated system may be resumed from; @config is what @line
 * says. If that names none, the host's ->resume is what /init is to be told of the one that
 * Debian's images resume from. After root and /usr. 0 or -ENOMEM.
 */
int host_resume_add(struct host_reader *reader, const struct host_boot_line *line,
		    const struct boot_config *config);
