/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * All that stands in for the boot command line, line by line, so that the last word wins:
 * the image's /etc/cmdline.d/(name).conf by their names, its /etc/cmdline, and what the boot loader
 * said, /proc/cmdline. @root is in front of all paths: "", but for tests. The text is the caller's
 * to free. What cannot be read has been logged. 0 or -ENOMEM.
 */
int cmdline_sources_read(const char *root, char **ret_text);
