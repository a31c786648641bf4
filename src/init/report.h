/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct blockdevs;
struct boot_config;
struct module_loader;
struct strbuf;
struct unlock;

/* What there is to tell about. */
struct report_sources {
	const struct boot_config *config;
	struct blockdevs *devices;
	const struct module_loader *modules;
	const struct unlock *unlock;
};

/*
 * Appends the text for a user whose boot cannot continue: @reason, which volumes are not open,
 * which devices were seen with which tags, what would open the LUKS volumes that nothing asks for,
 * which modules are missing, and the last log lines.
 */
void report_write(const struct report_sources *sources, const char *reason, struct strbuf *buf);
