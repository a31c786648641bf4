/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names and sizes mean to people: groups of files, spellings of modules, sizes as text. */
#include "support.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "image/report/cost-group.h"
#include "image/report/module-name.h"
#include "image/report/size-text.h"

static const struct group_row {
	const char *path;
	mode_t permissions;
	enum cost_group group;
} group_rows[] = {
	{ "/usr/lib/modules/6.1/kernel/fs/ext4/ext4.ko", 0644, COST_MODULES },
	{ "/lib/modules/6.1/extra/x.ko.zst", 0644, COST_MODULES },
	{ "/usr/lib/modules/6.1/modules.dep.bin", 0644, COST_INDEXES },
	{ "/usr/lib/modules/6.1/pkgbase", 0644, COST_OTHER },
	{ "/usr/lib/firmware/x.so", 0644, COST_FIRMWARE },
	{ "/kernel/x86/microcode/GenuineIntel.bin", 0644, COST_FIRMWARE },
	{ "/usr/lib/libc.so.6", 0755, COST_LIBRARIES },
	{ "/usr/lib/ossl-modules/legacy.so", 0644, COST_LIBRARIES },
	{ "/init", 0755, COST_PROGRAMS },
	{ "/etc/crypttab", 0600, COST_OTHER },
	{ "/etc/x.ko", 0644, COST_OTHER },
};

static void test_group(void **state)
{
	const struct group_row *row = *state;
	const struct contents_entry entry = { .path = (char *)row->path,
					      .mode = S_IFREG | row->permissions };

	assert_int_equal(cost_group_of(&entry), row->group);
}

static const struct class_row {
	const char *path, *class;
} class_rows[] = {
	{ "/usr/lib/modules/6.1/kernel/drivers/scsi/lpfc/lpfc.ko", "drivers/scsi" },
	{ "/usr/lib/modules/6.1/kernel/drivers/x.ko", "drivers" },
	{ "/usr/lib/modules/6.1/kernel/fs/ext4/ext4.ko", "fs" },
	{ "/lib/modules/6.1/kernel/crypto/x.ko", "crypto" },
	{ "/lib/modules/6.1/updates/dkms/x.ko", "updates" },
	{ "/lib/modules/6.1/x.ko", "" },
};

static void test_class(void **state)
{
	const struct class_row *row = *state;
	size_t size;
	const char *class = cost_module_class(row->path, &size);

	assert_int_equal(size, strlen(row->class));
	assert_memory_equal(class, row->class, size);
}

static const struct name_row {
	const char *path, *name;
	bool matches;
} name_rows[] = {
	{ "/a/snd-pcm.ko.zst", "snd_pcm", true },
	{ "/a/snd-pcm.ko.zst", "snd-pcm", true },
	{ "/a/snd_pcm.ko", "snd-pcm.ko.xz", true },
	{ "/a/snd-pcm.ko", "snd-pcm.ko", true },
	{ "/a/snd-pcm.ko", "snd", false },
	{ "/a/snd.ko", "snd-pcm", false },
	{ "/a/snd-pcm", "snd_pcm", false },
	{ "/a/snd-pcm.ko/x", "snd_pcm", false },
	{ "/a/.ko", "", false },
	{ "/a/snd-pcm.kox", "snd_pcm", false },
};

static void test_module_name(void **state)
{
	const struct name_row *row = *state;

	assert_int_equal(module_name_matches(row->path, row->name), row->matches);
}

static void test_compression_suffix(void **state)
{
	assert_string_equal(compression_suffix("/a/b.ko.zst"), ".zst");
	assert_string_equal(compression_suffix("/a/b.bin.xz"), ".xz");
	assert_string_equal(compression_suffix("/a/b.zst.ko"), "");
	assert_string_equal(compression_suffix(""), "");
}

static void test_size_text(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 999949, "999.9 kB" },
		{ 999950, "1.0 MB" },
		{ 1234567890, "1.2 GB" },
		{ UINT64_MAX, "18.4 EB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(size_text(rows[i].bytes).text, rows[i].text);
	assert_string_equal(size_text_signed(-1500).text, "-1.5 kB");
	assert_string_equal(size_text_signed(1500).text, "+1.5 kB");
	assert_string_equal(size_text_signed(INT64_MIN).text, "-9.2 EB");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_group, group_rows);
	TEST_ROWS(&list, test_class, class_rows);
	TEST_ROWS(&list, test_module_name, name_rows);
	TEST(&list, test_compression_suffix);
	TEST(&list, test_size_text);
	return test_list_run(&list);
}
