/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <strings.h>

#include "config/hibernate-location.h"
#include "support.h"

#define UUID        "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define UUID_PACKED "4f68bce3e8cd4db196e7fbcaf984b709"

static const struct row {
	const char *name;
	const char *text;
	bool is_known;
	uint64_t offset;
} rows[] = {
	{ "as systemd writes it",
	  "{\"uuid\":\"" UUID "\",\"offset\":1234,\"kernelVersion\":\"6.12.1-arch\","
	  "\"osReleaseId\":\"arch\",\"osReleaseVersionId\":\"TEMPLATE\"}",
	  true, 1234 },
	{ "a swap area", "{\"uuid\":\"" UUID "\",\"offset\":0}", true, 0 },
	{ "without dashes", "{\"uuid\":\"" UUID_PACKED "\",\"offset\":0}", true, 0 },
	{ "in upper case", "{\"uuid\":\"4F68BCE3E8CD4DB196E7FBCAF984B709\",\"offset\":0}", true,
	  0 },
	{ "white space", " {\n\t\"uuid\" : \"" UUID "\" ,\r\n \"offset\" : 7 }\n", true, 7 },
	{ "another order, other members",
	  "{\"a\":null,\"offset\":\"18446744073709551615\",\"b\":-1.5E+3,\"c\\\"}\":\"\\\\\","
	  "\"uuid\":\"" UUID "\",\"d\":true}",
	  true, UINT64_MAX },
	{ "the last of two", "{\"offset\":1,\"uuid\":\"" UUID "\",\"offset\":2}", true, 2 },
	{ "no offset", "{\"uuid\":\"" UUID "\"}", false, 0 },
	{ "no device", "{\"offset\":1}", false, 0 },
	{ "a negative offset", "{\"uuid\":\"" UUID "\",\"offset\":-1}", false, 0 },
	{ "a huge offset", "{\"uuid\":\"" UUID "\",\"offset\":18446744073709551616}", false, 0 },
	{ "a fraction", "{\"uuid\":\"" UUID "\",\"offset\":1.5}", false, 0 },
	{ "a short UUID", "{\"uuid\":\"4f68bce3\",\"offset\":1}", false, 0 },
	{ "a long UUID", "{\"uuid\":\"" UUID "0\",\"offset\":1}", false, 0 },
	{ "no UUID", "{\"uuid\":\"/dev/sda1\",\"offset\":1}", false, 0 },
	{ "an object within", "{\"uuid\":\"" UUID "\",\"offset\":1,\"a\":{}}", false, 0 },
	{ "a list", "[\"uuid\",\"" UUID "\"]", false, 0 },
	{ "empty object", "{}", false, 0 },
	{ "empty", "", false, 0 },
	{ "an open object", "{\"uuid\":\"" UUID "\",\"offset\":1", false, 0 },
	{ "an open string", "{\"uuid\":\"" UUID "\",\"offset\":1,\"a", false, 0 },
	{ "an escape at the end", "{\"a\\", false, 0 },
	{ "no value", "{\"uuid\":\"" UUID "\",\"offset\":}", false, 0 },
	{ "no colon", "{\"uuid\"\"" UUID "\",\"offset\":1}", false, 0 },
	{ "a comma at the end", "{\"uuid\":\"" UUID "\",\"offset\":1,}", false, 0 },
	{ "something behind it", "{\"uuid\":\"" UUID "\",\"offset\":1} x", false, 0 },
};

static void test_parse(void **state)
{
	const struct row *row = *state;
	struct device_spec device = { 0 };
	uint64_t offset = 0;

	assert_int_equal(hibernate_location_parse(row->text, &device, &offset),
			 row->is_known ? 0 : -EINVAL);
	assert_int_equal(offset, row->offset);
	assert_int_equal(device.kind, row->is_known ? DEVICE_SPEC_UUID : DEVICE_SPEC_NONE);
	if (row->is_known)
		assert_int_equal(strcasecmp(device.value, UUID), 0);
	device_spec_done(&device);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_parse, rows);
	return test_list_run(&list);
}
