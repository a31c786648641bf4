/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each volume of a crypttab, and that a line is either one or complained of. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "fuzz.h"

static unsigned int count_lines(const char *text)
{
	unsigned int n_lines = 1;

	for (; *text; text++)
		n_lines += *text == '\n';
	return n_lines;
}

static void check_volume(const struct crypt_volume *volume)
{
	const struct crypt_options *options = &volume->options;

	FUZZ_CHECK(crypt_volume_is_name(volume->name));
	FUZZ_CHECK(volume->device.kind != DEVICE_SPEC_NONE && *volume->device.value);
	FUZZ_CHECK(!volume->key.path || volume->key.path[0] == '/');
	FUZZ_CHECK(!volume->key_argument == !options->keyscript);
	FUZZ_CHECK(options->key_slot >= CRYPT_KEY_SLOT_ANY && options->key_slot < 32);
	FUZZ_CHECK(options->tpm2_measure_pcr < 24);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	const struct crypt_volume *volume;
	struct crypttab crypttab;
	unsigned int last = 0, n_lines = count_lines(text);

	FUZZ_CHECK(crypttab_parse(text, &crypttab) == 0);
	FUZZ_CHECK(crypttab.volumes.n_items <= n_lines);
	vec_for_each(volume, &crypttab.volumes) {
		check_volume(volume);
		FUZZ_CHECK(volume->line > last && volume->line <= n_lines);
		last = volume->line;
	}
	crypttab_done(&crypttab);
	return 0;
}
