/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/sysmacros.h>

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
	{ "LABEL=my\\x20disk", DEVICE_SPEC_LABEL, "my disk", 0 },
	{ "LABEL=a\\x2fb", DEVICE_SPEC_LABEL, "a/b", 0 },
	{ "LABEL=/", DEVICE_SPEC_LABEL, "/", 0 },
	{ "LABEL=\"my\\x20disk\"", DEVICE_SPEC_LABEL, "my disk", 0 },
	{ "LABEL=\xc3\xa4", DEVICE_SPEC_LABEL, "\xc3\xa4", 0 },
	{ "LABEL=\\xc3\\xa4", DEVICE_SPEC_LABEL, "\xc3\xa4", 0 },
	{ "PARTLABEL=EFI\\x20System", DEVICE_SPEC_PARTLABEL, "EFI System", 0 },
	{ "UUID=1\\x20", DEVICE_SPEC_UUID, "1\\x20", 0 },

	{ "UUID=\"1234\"", DEVICE_SPEC_UUID, "1234", 0 },
	{ "LABEL='my disk'", DEVICE_SPEC_LABEL, "my disk", 0 },
	{ "\"UUID=1234\"", DEVICE_SPEC_UUID, "1234", 0 },
	{ "\"/dev/sda\"", DEVICE_SPEC_NODE, "sda", 0 },
	{ "LABEL=\"open", DEVICE_SPEC_LABEL, "\"open", 0 },
	{ "LABEL=\"", DEVICE_SPEC_LABEL, "\"", 0 },

	{ "UUID=3E5A7D4C1B2F6A90", DEVICE_SPEC_UUID, "3E5A7D4C1B2F6A90", 0 },
	{ "UUID=2024-02-29-11-22-33-00", DEVICE_SPEC_UUID, "2024-02-29-11-22-33-00", 0 },
	{ "PARTUUID=a66e351c-02", DEVICE_SPEC_PARTUUID, "a66e351c-02", 0 },
	{ "PARTUUID=A66E351C-0A", DEVICE_SPEC_PARTUUID, "A66E351C-0A", 0 },

	{ "/dev/disk/by-id/ata-Disk\\x20_1-part2", DEVICE_SPEC_ID, "ata-Disk\\x20_1-part2", 0 },
	{ "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", DEVICE_SPEC_ID, "wwn-0x5000c500a1b2c3d4", 0 },
	{ "/dev/disk/by-path/pci-0000:00:1f.2-ata-1", DEVICE_SPEC_PATH, "pci-0000:00:1f.2-ata-1",
	  0 },

	{ "8:1", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "259:10", DEVICE_SPEC_NUMBER, "259:10", 0 },
	{ "008:01", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "4095:1048575", DEVICE_SPEC_NUMBER, "4095:1048575", 0 },
	{ "0x801", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "0x0801", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "801", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "0801", DEVICE_SPEC_NUMBER, "8:1", 0 },
	{ "FD00", DEVICE_SPEC_NUMBER, "253:0", 0 },
	{ "0x10301", DEVICE_SPEC_NUMBER, "259:1", 0 },
	{ "00110301", DEVICE_SPEC_NUMBER, "259:257", 0 },
	{ "0xffffffff", DEVICE_SPEC_NUMBER, "4095:1048575", 0 },

	{ "", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "sda1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "dev/sda1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8:", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ ":1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8:1:2", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8: 1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8:-1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "4096:0", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0:1048576", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "8:99999999999999999999", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0x1", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "01", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0x123456789", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "0X801", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "801 ", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "/dev", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "/dev/mapper/", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "UUID=", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "UUID=\"\"", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "LABEL=''", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "UUID", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "uuid=1234", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "ID=x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "PARTUUID=1/PARTNROFF=", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "PARTUUID=1/PARTNROFF=x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "PARTUUID=1/PARTNROFF=1x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "PARTUUID=/PARTNROFF=1", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "/dev/disk/by-uuid/", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "/dev/disk/by-id/", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "/dev/disk/by-label/\\x00", DEVICE_SPEC_NONE, NULL, -ENODATA },
	{ "/dev/disk/by-diskseq/7", DEVICE_SPEC_NONE, NULL, -EOPNOTSUPP },
	{ "/dev/disk/", DEVICE_SPEC_NONE, NULL, -EOPNOTSUPP },
	{ "gpt-auto", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "virtiofs:x", DEVICE_SPEC_NONE, NULL, -EINVAL },
	{ "nfs:server:/root", DEVICE_SPEC_NONE, NULL, -EINVAL },
};

static void check_spec(const struct device_spec *spec, int r, const struct spec_row *row)
{
	assert_int_equal(r, row->result);
	assert_int_equal(spec->kind, row->kind);
	if (r < 0) {
		assert_null(spec->value);
		assert_null(spec->text);
		return;
	}
	assert_string_equal(spec->value, row->value);
	assert_string_equal(spec->text, row->text);
}

static void parses(void **state)
{
	const struct spec_row *row = *state;
	struct device_spec spec = { 0 };

	check_spec(&spec, device_spec_parse(row->text, &spec), row);
	device_spec_done(&spec);
	assert_int_equal(spec.kind, DEVICE_SPEC_NONE);
}

struct mount_row {
	struct spec_row spec;
	const char *types;
};

static const struct mount_row mount_rows[] = {
	{ { "gpt-auto", DEVICE_SPEC_GPT_AUTO, "", 0 }, NULL },
	{ { "gpt-auto-force", DEVICE_SPEC_GPT_AUTO, "", 0 }, "ext4" },
	{ { "/dev/gpt-auto-root", DEVICE_SPEC_GPT_AUTO, "", 0 }, NULL },
	{ { "/dev/gpt-auto-root-luks", DEVICE_SPEC_GPT_AUTO, "", 0 }, NULL },
	{ { "/dev/disk/by-designator/root", DEVICE_SPEC_GPT_AUTO, "", 0 }, NULL },
	{ { "gpt-auto-", DEVICE_SPEC_NONE, NULL, -EINVAL }, NULL },
	{ { "virtiofs:rootfs", DEVICE_SPEC_VIRTIOFS, "rootfs", 0 }, NULL },
	{ { "\"virtiofs:my root\"", DEVICE_SPEC_VIRTIOFS, "my root", 0 }, NULL },
	{ { "virtiofs:", DEVICE_SPEC_NONE, NULL, -ENODATA }, NULL },
	{ { "myfs", DEVICE_SPEC_VIRTIOFS, "myfs", 0 }, "virtiofs" },
	{ { "myfs", DEVICE_SPEC_NONE, NULL, -EINVAL }, "virtiofs2" },
	{ { "myfs", DEVICE_SPEC_NONE, NULL, -EINVAL }, NULL },
	{ { "virtiofs:myfs", DEVICE_SPEC_VIRTIOFS, "myfs", 0 }, "virtiofs" },
	{ { "9p:share", DEVICE_SPEC_9P, "share", 0 }, NULL },
	{ { "virtfs:share", DEVICE_SPEC_9P, "share", 0 }, NULL },
	{ { "/dev/root", DEVICE_SPEC_9P, "/dev/root", 0 }, "9p" },
	{ { "/dev/root", DEVICE_SPEC_9P, "/dev/root", 0 }, "9p,virtiofs" },
	{ { "/dev/root", DEVICE_SPEC_NODE, "root", 0 }, "ext4,9p" },
	{ { "", DEVICE_SPEC_NONE, NULL, -ENODATA }, "9p" },
	{ { "/dev/nfs", DEVICE_SPEC_NONE, NULL, -EPROTONOSUPPORT }, NULL },
	{ { "nfs4:server:/root", DEVICE_SPEC_NONE, NULL, -EPROTONOSUPPORT }, NULL },
	{ { "dhcp", DEVICE_SPEC_NONE, NULL, -EPROTONOSUPPORT }, "ext4" },
	{ { "dhcp", DEVICE_SPEC_9P, "dhcp", 0 }, "9p" },
};

static void parses_mount(void **state)
{
	const struct mount_row *row = *state;
	struct device_spec spec = { 0 };

	check_spec(&spec, device_spec_parse_mount(row->spec.text, row->types, &spec), &row->spec);
	device_spec_done(&spec);
}

static void test_number(void **state)
{
	struct device_spec spec;

	assert_int_equal(device_spec_parse("0x10302", &spec), 0);
	assert_int_equal(spec.devnum, makedev(259, 2));
	device_spec_done(&spec);
}

struct offset_row {
	const char *text, *value;
	int offset;
};

static const struct offset_row offset_rows[] = {
	{ "PARTUUID=a66e351c-02", "a66e351c-02", 0 },
	{ "PARTUUID=a66e351c-02/PARTNROFF=1", "a66e351c-02", 1 },
	{ "PARTUUID=a66e351c-02/PARTNROFF=-1", "a66e351c-02", -1 },
	{ "PARTUUID=\"a66e351c-02/PARTNROFF=3\"", "a66e351c-02", 3 },
	{ "PARTLABEL=x/PARTNROFF=3", "x/PARTNROFF=3", 0 },
};

static void parses_offset(void **state)
{
	const struct offset_row *row = *state;
	struct device_spec spec;

	assert_int_equal(device_spec_parse(row->text, &spec), 0);
	assert_string_equal(spec.value, row->value);
	assert_string_equal(spec.text, row->text);
	assert_int_equal(spec.partition_offset, row->offset);
	device_spec_done(&spec);
}

/* Names that the kernel gives once. */
static const struct {
	const char *text;
	bool expected;
} unique_rows[] = {
	{ "/dev/sda1", true },    { "/dev/mapper/x", true }, { "8:1", true },
	{ "virtiofs:x", true },   { "UUID=x", false },       { "LABEL=x", false },
	{ "PARTLABEL=x", false }, { "PARTUUID=x", false },   { "/dev/disk/by-id/x", false },
	{ "gpt-auto", false },
};

static void is_unique(void **state)
{
	const typeof(unique_rows[0]) *row = *state;
	struct device_spec spec;

	assert_int_equal(device_spec_parse_mount(row->text, NULL, &spec), 0);
	assert_int_equal(device_spec_is_unique(&spec), row->expected);
	device_spec_done(&spec);
}

static void test_make_and_copy(void **state)
{
	struct device_spec spec = { 0 }, copy = { 0 };

	assert_int_equal(device_spec_make(DEVICE_SPEC_SERIAL, "", &spec), -ENODATA);
	assert_int_equal(device_spec_make(DEVICE_SPEC_SERIAL, "S3Z", &spec), 0);
	assert_int_equal(device_spec_copy(&spec, &copy), 0);
	device_spec_done(&spec);
	assert_int_equal(copy.kind, DEVICE_SPEC_SERIAL);
	assert_string_equal(copy.value, "S3Z");
	assert_string_equal(copy.text, "S3Z");
	device_spec_done(&copy);
	assert_int_equal(device_spec_copy(&spec, &copy), 0);
	assert_int_equal(copy.kind, DEVICE_SPEC_NONE);
	assert_null(copy.text);
}

/* Each error has words of its own. */
static void test_errors(void **state)
{
	static const int errors[] = { -EINVAL, -ENODATA, -EOPNOTSUPP, -ENOMEM };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(device_spec_error(errors[i]),
						device_spec_error(errors[j]));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	TEST_ROWS(&list, parses_mount, mount_rows);
	TEST(&list, test_number);
	TEST_ROWS(&list, parses_offset, offset_rows);
	TEST_ROWS(&list, is_unique, unique_rows);
	TEST(&list, test_make_and_copy);
	TEST(&list, test_errors);
	return test_list_run(&list);
}
