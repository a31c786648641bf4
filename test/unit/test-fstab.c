/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/fstab.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/fields.h"
#include "config/option-list.h"
#include "crypt-text.h"
#include "support.h"

struct row {
	const char *name, *text, *expected;
};

static const struct row rows[] = {
	{ "empty", "", "" },
	{ "comments", "# /dev/sda / ext4\n\t# x\n\n", "" },
	{ "six fields", "/dev/sda1 / ext4 ro,noatime 0 1\n", "node:sda1 / ext4 ro,noatime 1;" },
	{ "three fields", "/dev/sda1 / ext4", "node:sda1 / ext4 defaults;" },
	{ "four fields", "UUID=12 /usr xfs ro", "uuid:12 /usr xfs ro;" },
	{ "five fields", "UUID=12 /usr xfs ro 1", "uuid:12 /usr xfs ro;" },
	{ "tabs and carriage returns", "UUID=12\t/usr\t\txfs\tro\t0\t2\r\n",
	  "uuid:12 /usr xfs ro 2;" },
	{ "tags", "LABEL=a / ext4\nPARTUUID=1-2 /usr ext4\nPARTLABEL=b /b ext4",
	  "label:a / ext4 defaults;partuuid:1-2 /usr ext4 defaults;partlabel:b /b ext4 defaults;" },
	{ "quotes", "UUID=\"12\" / ext4", "uuid:12 / ext4 defaults;" },
	{ "links", "/dev/disk/by-uuid/12 / ext4", "uuid:12 / ext4 defaults;" },
	{ "mapped", "/dev/mapper/vg-root / ext4", "mapper:vg-root / ext4 defaults;" },
	{ "escapes", "LABEL=my\\040disk /my\\040path\\134\\011 ext4 x=\\043",
	  "label:my disk /my path\\\t ext4 x=#;" },
	{ "slashes at the end", "/dev/sda /usr/// ext4", "node:sda /usr ext4 defaults;" },
	{ "root alone", "/dev/sda / ext4", "node:sda / ext4 defaults;" },
	{ "bind", "/mnt/usr /usr none bind 0 0", "(/mnt/usr) /usr none bind bind;" },
	{ "rbind", "/mnt/usr /usr none ro,rbind 0 0", "(/mnt/usr) /usr none ro,rbind bind;" },
	{ "bind of what looks like a device", "/dev/shm /x none bind",
	  "(/dev/shm) /x none bind bind;" },
	{ "no bind", "/dev/sda /x ext4 nobind,binding",
	  "node:sda /x ext4 "
	  "nobind,binding;" },
	{ "swap", "/dev/sda2 none swap sw 0 0", "node:sda2 none swap sw;" },
	{ "no device", "tmpfs /tmp tmpfs size=1g\nserver:/dir /x nfs ro\n//s/x /y cifs _netdev",
	  "(tmpfs) /tmp tmpfs size=1g;(server:/dir) /x nfs ro;(//s/x) /y cifs _netdev;" },
	{ "virtiofs", "usr /usr virtiofs ro", "virtiofs:usr /usr virtiofs ro;" },
	{ "9p", "usr /usr 9p trans=virtio", "9p:usr /usr 9p trans=virtio;" },
	{ "several types", "/dev/sda /x ext4,xfs", "node:sda /x ext4,xfs defaults;" },
	{ "noauto", "/dev/sda /x ext4 noauto", "node:sda /x ext4 noauto noauto;" },
	{ "auto after noauto", "/dev/sda /x ext4 noauto,auto", "node:sda /x ext4 noauto,auto;" },
	{ "noauto after auto", "/dev/sda /x ext4 auto,noauto",
	  "node:sda /x ext4 auto,noauto noauto;" },
	{ "nofail", "/dev/sda /x ext4 nofail", "node:sda /x ext4 nofail nofail;" },
	{ "x-initrd.mount", "/dev/sda /var ext4 defaults,x-initrd.mount",
	  "node:sda /var ext4 defaults,x-initrd.mount initrd;" },
	{ "x-initrd.mount alike", "/dev/sda /var ext4 x-initrd.mounts",
	  "node:sda /var ext4 x-initrd.mounts;" },
	{ "one field", "lone\n/dev/sda / ext4",
	  "node:sda / ext4 defaults;!line 1 of fstab has no mount point for lone, ignoring it;" },
	{ "two fields", "\n/dev/sda /\n",
	  "!line 2 of fstab has no type for /dev/sda, ignoring it;" },
	{ "senseless passno", "/dev/sda / ext4 ro 0 x",
	  "node:sda / ext4 ro;!line 1 of fstab: x is no number of a pass of fsck, taking 0;" },
	{ "passno too large", "/dev/sda / ext4 ro 0 4294967296",
	  "node:sda / ext4 ro;!line 1 of fstab: 4294967296 is no number of a pass of fsck, taking "
	  "0;" },
	{ "seven fields", "/dev/sda / ext4 ro 0 1 # comment", "node:sda / ext4 ro 1;" },
	{ "bytes that are no text", "\xff \x80 \xfe \xfd 0 0", "(\xff) \x80 \xfe \xfd;" },
	{ "ostree", "UUID=12 / btrfs subvol=root,compress=zstd:1,ro 0 0",
	  "uuid:12 / btrfs subvol=root,compress=zstd:1,ro;" },
};

static void append_entry(struct strbuf *buf, const struct fstab_entry *entry)
{
	if (entry->device.kind == DEVICE_SPEC_NONE)
		strbuf_printf(buf, "(%s)", entry->source);
	append_device(buf, &entry->device);
	strbuf_printf(buf, " %s %s %s", entry->path, entry->type, entry->options);
	if (entry->passno)
		strbuf_printf(buf, " %u", entry->passno);
	strbuf_append(buf, entry->is_bind ? " bind" : "");
	strbuf_append(buf, entry->noauto ? " noauto" : "");
	strbuf_append(buf, entry->nofail ? " nofail" : "");
	strbuf_append(buf, entry->initrd_mount ? " initrd" : "");
	strbuf_append(buf, ";");
}

static void parses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct fstab_entry *entry;
	struct fstab fstab;

	assert_int_equal(fstab_parse(row->text, &fstab), 0);
	vec_for_each(entry, &fstab.entries) {
		append_entry(&text, entry);
	}
	append_warnings(&text, &fstab.warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	fstab_done(&fstab);
	fstab_done(&fstab);
}

static void test_find(void **state)
{
	const struct fstab_entry *entry;
	struct fstab fstab;

	assert_int_equal(fstab_parse("/dev/sda / ext4\n/dev/sdb /usr/ ext4\n/dev/sdc /usr ext4",
				     &fstab),
			 0);
	entry = fstab_find(&fstab, "/usr");
	assert_non_null(entry);
	assert_string_equal(entry->source, "/dev/sdb");
	assert_int_equal(entry->line, 2);
	assert_null(fstab_find(&fstab, "/usr/"));
	assert_null(fstab_find(&fstab, "/us"));
	fstab_done(&fstab);
}

struct list_row {
	const char *name, *options, *expected; /* NULL: not found */
};

/* The option that is looked for is "opt". */
static const struct list_row list_rows[] = {
	{ "empty", "", NULL },
	{ "alone", "opt", "" },
	{ "with a value", "opt=a", "a" },
	{ "with no value", "opt=", "" },
	{ "among others", "a,opt=b=c,d", "b=c" },
	{ "at the end", "a,b,opt", "" },
	{ "the last", "opt=a,opt=b", "b" },
	{ "longer", "opts,opt-x,xopt", NULL },
	{ "as a value", "x=opt", NULL },
	{ "empty items", ",,opt,,", "" },
};

static void finds_option(void **state)
{
	const struct list_row *row = *state;
	size_t size = 4711;
	const char *found = option_list_find(row->options, "opt", &size);

	if (!row->expected) {
		assert_null(found);
		assert_int_equal(size, 4711);
		return;
	}
	assert_non_null(found);
	assert_int_equal(size, strlen(row->expected));
	assert_memory_equal(found, row->expected, size);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	TEST(&list, test_find);
	TEST_ROWS(&list, finds_option, list_rows);
	return test_list_run(&list);
}
