/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command line and, behind a NUL byte, a crypttab: what is understood of the one, and which
 * volumes both open together.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "fuzz.h"

static void check_volumes(const struct luks_config *luks, struct crypttab *crypttab)
{
	const struct crypt_volume *volume, *other;
	struct vec volumes, warnings = { 0 };

	FUZZ_CHECK(luks_config_merge(luks, crypttab, &volumes, &warnings) == 0);
	FUZZ_CHECK(luks->enabled || volumes.n_items == 0);
	vec_for_each(volume, &volumes) {
		FUZZ_CHECK(volume->device.kind != DEVICE_SPEC_NONE && volume->device.value);
		FUZZ_CHECK(!volume->name || crypt_volume_is_name(volume->name));
		FUZZ_CHECK(volume->line == 0 || luks->crypttab_enabled);
		vec_for_each(other, &volumes) {
			FUZZ_CHECK(other == volume || !other->name || !volume->name ||
				   strcmp(other->name, volume->name) != 0);
		}
	}
	vec_done(&volumes, crypt_volume_free);
	vec_done(&warnings, free);
}

static void check_config(const struct boot_config *config)
{
	FUZZ_CHECK((config->root.kind == DEVICE_SPEC_NONE) == !config->root.text);
	FUZZ_CHECK(!config->rootfstype || *config->rootfstype);
	FUZZ_CHECK(!config->init || *config->init);
	FUZZ_CHECK(config->timeout_usec > 0);
	FUZZ_CHECK(config->breakpoints >> (BREAKPOINT_PRE_SWITCH + 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *line = strndup((const char *)data, size), *lines = NULL;
	size_t line_size = strlen(line);
	struct boot_config config;
	struct crypttab crypttab;

	lines = line_size < size ? strndup((const char *)data + line_size + 1, size - line_size - 1)
				 : strdup("");
	FUZZ_CHECK(cmdline_parse(line, &config) == 0);
	FUZZ_CHECK(crypttab_parse(lines, &crypttab) == 0);
	check_config(&config);
	check_volumes(&config.luks, &crypttab);
	crypttab_done(&crypttab);
	boot_config_done(&config);
	return 0;
}
