/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's name; and the same as the source of a key. The first line may be a list of types. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/device-spec.h"
#include "config/key-source.h"
#include "fuzz.h"

static void check_spec(const char *text, int r, struct device_spec *spec)
{
	struct device_spec copy;

	if (r < 0) {
		FUZZ_CHECK(r == -EINVAL || r == -ENODATA || r == -EOPNOTSUPP ||
			   r == -EPROTONOSUPPORT);
		return;
	}
	FUZZ_CHECK(strcmp(spec->text, text) == 0);
	FUZZ_CHECK(*spec->value || spec->kind == DEVICE_SPEC_GPT_AUTO);
	FUZZ_CHECK(spec->partition_offset == 0 || spec->kind == DEVICE_SPEC_PARTUUID);
	FUZZ_CHECK(device_spec_copy(spec, &copy) == 0 && device_spec_equal(spec, &copy));
	device_spec_done(&copy);
	device_spec_done(spec);
}

static void check_key(const char *text)
{
	struct key_source source;
	int r = key_source_parse(text, &source);

	FUZZ_CHECK(r == 0 || r == -EINVAL);
	if (r < 0)
		return;
	FUZZ_CHECK(!source.path || source.path[0] == '/');
	FUZZ_CHECK(key_source_is_set(&source) || !*text || !strcmp(text, "-") ||
		   !strcmp(text, "none"));
	key_source_done(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = strndup((const char *)data, size);
	char *text = strchr(copy, '\n'), *types = text ? copy : NULL;
	struct device_spec spec = { 0 };

	if (text)
		*text++ = '\0';
	else
		text = copy;
	check_spec(text, device_spec_parse(text, &spec), &spec);
	check_spec(text, device_spec_parse_mount(text, types, &spec), &spec);
	check_key(text);
	return 0;
}
