/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/* The words that the boot loader will give to the kernel at the next start. */
struct host_boot_line {
	char *text;         /* for cmdline_parse(); NULL if nobody here knows */
	const char *noun;   /* "the command line", with the file that it stands in */
	const char *reason; /* why it is not known, the end of a sentence; or NULL */
};

#define _cleanup_host_boot_line_ __attribute__((cleanup(host_boot_line_done)))

/*
 * Reads it where kernel-install(8) does; else it is the one that the machine was started with.
 * 0 or -ENOMEM; in both cases the caller ends with host_boot_line_done().
 */
int host_boot_line_read(const struct host_reader *reader, struct host_boot_line *ret_line);
void host_boot_line_done(struct host_boot_line *line);
