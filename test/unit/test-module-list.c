/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/module-list.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "support.h"

struct list_row {
	const char *name;
	const char *text;
	const char *entries; /* "name|path|options " each */
	const char *warnings;
};

static const struct list_row list_rows[] = {
	{ "empty", "", "", "" },
	{ "modules-load.d", "# comment\n; another\n\nloop\n  dm-mod  \n", "loop|| dm_mod|| ", "" },
	{ "Debian's, with options", "loop max_loop=8\tmax_part=2 \n",
	  "loop||max_loop=8\tmax_part=2 ", "" },
	{ "tiny-initramfs'", "/virtio_blk.ko\n/sub/dm-mod.ko.xz a=1\n",
	  "virtio_blk|/virtio_blk.ko| dm_mod|/sub/dm-mod.ko.xz|a=1 ", "" },
	{ "an alias", "fs-ext4\npci:v00001AF4d*\n", "fs_ext4|| pci:v00001AF4d*|| ", "" },
	{ "lines of DOS", "loop\r\nnbd\r\n", "loop|| nbd|| ", "" },
	{ "no newline at the end", "loop", "loop|| ", "" },
	{ "a file that is no module", "/etc/passwd\nloop\n", "loop|| ",
	  "line 1 of list: \"/etc/passwd\" is no name of a module, ignoring it\n" },
	{ "what cannot be a name", "a/b\n\xff\xfe\n.ko\n$(reboot)\nloop\n", ".ko|| loop|| ",
	  "line 1 of list: \"a/b\" is no name of a module, ignoring it\n"
	  "line 2 of list: \"\xff\xfe\" is no name of a module, ignoring it\n"
	  "line 4 of list: \"$(reboot)\" is no name of a module, ignoring it\n" },
	{ "a file without a name", "/.ko\n", "",
	  "line 1 of list: \"/.ko\" is no name of a module, ignoring it\n" },
};

static void parses(void **state)
{
	const struct list_row *row = *state;
	_cleanup_strbuf_ struct strbuf entries_text = { 0 }, warnings_text = { 0 };
	struct vec entries = { 0 }, warnings = { 0 };
	const struct module_entry *entry;
	const char *warning;

	assert_int_equal(module_list_parse(row->text, "list", &entries, &warnings), 0);
	vec_for_each(entry, &entries)
		strbuf_printf(&entries_text, "%s|%s|%s ", entry->name,
			      entry->path ? entry->path : "", entry->options);
	vec_for_each(warning, &warnings)
		strbuf_printf(&warnings_text, "%s\n", warning);
	assert_string_equal(strbuf_string(&entries_text), row->entries);
	assert_string_equal(strbuf_string(&warnings_text), row->warnings);
	vec_done(&entries, module_entry_free);
	vec_done(&warnings, free);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, list_rows);
	return test_list_run(&list);
}
