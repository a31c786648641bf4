/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/report.h"

#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "init/blockdev.h"
#include "init/module-loader.h"
#include "init/unlock.h"

#define HINTED_MAPPING "cryptroot" /* where root= does not tell how the user would call it */

static void append_device(void *userdata, struct blockdev *device)
{
	struct strbuf *buf = userdata;

	strbuf_append(buf, "  ");
	blockdev_describe(device, buf);
	strbuf_append(buf, "\n");
}

static void append_log_line(void *userdata, const char *line)
{
	struct strbuf *buf = userdata;

	strbuf_printf(buf, "  %s\n", line);
}

/* A headline and its lines, or @otherwise if there are none. */
static void append_section(struct strbuf *buf, const char *headline, const struct strbuf *lines,
			   const char *otherwise)
{
	strbuf_printf(buf, "kindling: %s\n", headline);
	if (lines->size > 0)
		strbuf_append_bytes(buf, lines->data, lines->size);
	else
		strbuf_printf(buf, "  %s\n", otherwise);
}

static void append_devices(const struct report_sources *sources, struct strbuf *buf)
{
	_cleanup_strbuf_ struct strbuf lines = { 0 };

	blockdevs_for_each(sources->devices, append_device, &lines);
	append_section(
		buf, "Block devices that were seen:", &lines,
		"none: the driver of the disk's controller is missing or forbidden, or the disk is "
		"not there");
}

/* A volume that nothing asks for, and what is to be said on the command line for it. */
struct hints {
	const struct report_sources *sources;
	struct strbuf *buf;
};

static void append_hint(const struct hints *hints, const char *node, const char *uuid)
{
	const struct boot_config *config = hints->sources->config;
	const char *name =
		config->root.kind == DEVICE_SPEC_MAPPER ? config->root.value : HINTED_MAPPING;

	if (!config->luks.enabled)
		strbuf_printf(hints->buf,
			      "kindling: rd.luks=0 keeps the LUKS volume on %s closed.\n", node);
	else
		strbuf_printf(
			hints->buf,
			"kindling: Nothing asks to open the LUKS volume on %s. If the root is "
			"in it, this opens it:\n"
			"  rd.luks.name=%s=%s root=/dev/mapper/%s\n",
			node, uuid, name, name);
}

static void append_hints_of_device(void *userdata, struct blockdev *device)
{
	const struct hints *hints = userdata;

	if (device->state != BLOCKDEV_PROBED || unlock_get_name(hints->sources->unlock, device))
		return;
	for (unsigned int i = 0; i < device->n_superblocks; i++) {
		const struct superblock *superblock = &device->superblocks[i];

		if (str_equal(superblock->type, SUPERBLOCK_LUKS))
			append_hint(hints, device->node, superblock->uuid);
	}
}

static void append_hints(const struct report_sources *sources, struct strbuf *buf)
{
	struct hints hints = { sources, buf };

	blockdevs_for_each(sources->devices, append_hints_of_device, &hints);
}

static void append_modules(const struct report_sources *sources, struct strbuf *buf)
{
	_cleanup_strbuf_ struct strbuf lines = { 0 };

	module_loader_describe(sources->modules, &sources->config->modules_blacklist, &lines);
	append_section(buf, "Modules that were wanted and could not be loaded:", &lines, "none");
}

static void append_log(struct strbuf *buf)
{
	_cleanup_strbuf_ struct strbuf lines = { 0 };

	log_for_each_recent(append_log_line, &lines);
	append_section(buf, "The last messages:", &lines, "none");
}

void report_write(const struct report_sources *sources, const char *reason, struct strbuf *buf)
{
	_cleanup_strbuf_ struct strbuf volumes = { 0 };

	strbuf_printf(buf, "\nkindling: cannot continue: %s\n", reason);
	unlock_describe(sources->unlock, &volumes);
	if (volumes.size > 0)
		strbuf_printf(buf, "kindling: Volumes: %s\n", strbuf_string(&volumes));
	append_devices(sources, buf);
	append_hints(sources, buf);
	append_modules(sources, buf);
	append_log(buf);
}
