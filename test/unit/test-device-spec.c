/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "config/device-spec.h"
#include "support.h"

struct spec_row {
	const char *text;
	enum device_spec_kind kind; /* DEVICE_SPEC_NONE: @result is an error */
	const char *value;
	int result;
};

static const struct spec_row rows[] = {
	{ "/dev/sda1", DEVICE_SPEC_NODE, "sda1", 0 },
	{ "/dev/nvme0n1p2", DEVICE_SPEC_NODE, "nvme0n1p2", 0 },
	{ "/dev/cciss/c0d0p1", DEVICE_SPEC_NODE, "cciss/c0d0p1", 0 },
	{ "/dev/dm-0", DEVICE_SPEC_NODE, "dm-0", 0 },
	{ "/dev/mapper/vg-root", DEVICE_SPEC_MAPPER, "vg-root", 0 },
	{ "/dev/mapper", DEVICE_SPEC_NODE, "mapper", 0 },

	{ "UUID=4f68bce3-e8cd-4db1-96e7-fbcaf984b709", DEVICE_SPEC_UUID,
	  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", 0 },
	{ "UUID=ABCD-1234", DEVICE_SPEC_UUID, "ABCD-1234", 0 },
	{ "LABEL=root", DEVICE_SPEC_LABEL, "root", 0 },
	{ "LABEL=a=b", DEVICE_SPEC_LABEL, "a=b", 0 },
	{ "LABEL= spaces ", DEVICE_SPEC_LABEL, " spaces ", 0 },
	{ "PARTUUID=1-02", DEVICE_SPEC_PARTUUID, "1-02", 0 },
	{ "PARTLABEL=Linux root", DEVICE_SPEC_PARTLABEL, "Linux root", 0 },

	{ "/dev/disk/by-uuid/1234", DEVICE_SPEC_UUID, "1234", 0 },
	{ "/dev/disk/by-label/root", DEVICE_SPEC_LABEL, "root", 0 },
	{ "/dev/disk/by-partuuid/1-02", DEVICE_SPEC_PARTUUID, "1-02", 0 },
	{ "/dev/disk/by-partlabel/boot", DEVICE_SPEC_PARTLABEL, "boot", 0 },
	{ "/dev/disk/by-label/my\\x20disk", DEVICE_SPEC_LABEL, "my disk", 0 },
	{ "/dev/disk/by-label/a\\x2Fb\\x2f", DEVICE_SPEC_LABEL, "a/b/", 0 },
	{ "/dev/disk/by-label/\\x5cx20", DEVICE_SPEC_LABEL, "\\x20", 0 },
	{ "/dev/disk/by-label/\\xzz\\x2", DEVICE_SPEC_LABEL, "\\xzz\\x2", 0 },
	{ "/dev/disk/by-label/\"q\"", DEVICE_SPEC_LABEL, "\"q\"", 0 },
	{ "LABEL=my\\x20disk", DEVICE_SPEC_LABEL, "my\\x20disk", 0 },

	{ "UUID=\"1234\"", DEVICE_SPEC_UUID, "1234", 0 },
	{ "LABEL='my disk'", DEVICE_SPEC_LABEL, "my disk", 0 },
	{ "\"UUID=1234\"", DEVICE_SPEC_UUID, "1234", 0 },
	{ "\"/dev/sda\"", DEVICE_SPEC_NODE, "sda", 0 },
	{ "LABEL=\"open", DEVICE_SPEC_LABEL, "\"open", 0 },
	{ "LABEL=\"", DEVICE_SPEC_LABEL, "\"", 0 },

	{ "", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "sda1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "dev/sda1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8:1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0801", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/mapper/", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "UUID=", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "UUID=\"\"", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "LABEL=''", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "UUID", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "uuid=1234", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "ID=x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/disk/by-uuid/", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/disk/by-label/\\x00", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/disk/by-id/ata-X", DEVICE_SPEC_NONE, NULL, -EOPNOTSUPP },
	{ "/dev/disk/by-path/pci-0", DEVICE_SPEC_NONE, NULL, -EOPNOTSUPP },
	{ "/dev/disk/", DEVICE_SPEC_NONE, NULL, -EOPNOTSUPP },
};

static void parses(void **state)
{
	const struct spec_row *row = *state;
	struct device_spec spec = { 0 };

	assert_int_equal(device_spec_parse(row->text, &spec), row->result);
	assert_int_equal(spec.kind, row->kind);
	if (row->result < 0) {
		assert_null(spec.value);
		assert_null(spec.text);
		return;
	}
	assert_string_equal(spec.value, row->value);
	assert_string_equal(spec.text, row->text);
	device_spec_done(&spec);
	assert_int_equal(spec.kind, DEVICE_SPEC_NONE);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	return test_list_run(&list);
}
