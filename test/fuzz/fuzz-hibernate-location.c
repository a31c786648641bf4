/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's variable as efivarfs gives it; what names a device names it in full. */
#include <string.h>

#include "base/cleanup.h"
#include "config/efi-variable.h"
#include "config/hibernate-location.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	struct device_spec device = { 0 };
	uint64_t offset_pages;

	if (efi_variable_decode(data, size, &text) < 0)
		return 0;
	FUZZ_CHECK(strlen(text) <= size / 2);
	if (hibernate_location_parse(text, &device, &offset_pages) == 0)
		FUZZ_CHECK(device.kind == DEVICE_SPEC_UUID && strlen(device.value) == 36);
	device_spec_done(&device);
	return 0;
}
