/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes are opened, of those that are known, when something is awaited. */
#include "config/luks-choice.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "support.h"

#define UUID     "2a1b7c1c-912f-4429-8887-58eb88cefd29"
#define CRYPTTAB "a UUID=" UUID "\nb /dev/sdb\nc /dev/sdc - noauto\n"

struct row {
	const char *name, *cmdline, *crypttab, *opened;
};

static const struct row rows[] = {
	{ "nothing is awaited", "", CRYPTTAB, "" },
	{ "a mapping", "root=/dev/mapper/a", CRYPTTAB, "a" },
	{ "a mapping that is not automatic", "root=/dev/mapper/c", CRYPTTAB, "c" },
	{ "a mapping of nobody", "root=/dev/mapper/vg-root", CRYPTTAB, "a b" },
	{ "the device below one", "root=UUID=" UUID, CRYPTTAB, "a" },
	{ "a file system", "root=UUID=1234", CRYPTTAB, "a b" },
	{ "a label", "root=LABEL=root", CRYPTTAB, "a b" },
	{ "a number", "root=253:0", CRYPTTAB, "a b" },
	{ "a logical volume", "root=/dev/vg/root", CRYPTTAB, "a b" },
	{ "an array", "root=/dev/md0", CRYPTTAB, "a b" },
	{ "a disk", "root=/dev/sda", CRYPTTAB, "" },
	{ "a disk that is below one", "root=/dev/sdb", CRYPTTAB, "b" },
	{ "a partition", "root=PARTUUID=1234", CRYPTTAB, "" },
	{ "what the partition types say", "root=gpt-auto", CRYPTTAB, "" },
	{ "named by the line", "", "a /dev/sda - x-initrd.attach\nb /dev/sdb\n", "a" },
	{ "named, but not automatic", "", "a /dev/sda - x-initrd.attach,noauto\n", "" },
	{ "named by the command line", "rd.luks.uuid=" UUID, CRYPTTAB, "a" },
	{ "without a line", "rd.luks.name=" UUID "=x", "", "x" },
};

static void append_opened(struct strbuf *buf, const struct boot_config *config,
			  const struct vec *volumes)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, volumes) {
		if (luks_choice_is_wanted(&config->luks, volume) ||
		    luks_choice_is_awaited(volumes, volume, &config->root))
			strbuf_printf(buf, "%s%s", buf->size ? " " : "", volume->name);
	}
}

static void test_choice(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf opened = { 0 };
	struct vec volumes, warnings = { 0 };
	struct boot_config config;
	struct crypttab crypttab;

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	assert_int_equal(crypttab_parse(row->crypttab, &crypttab), 0);
	assert_int_equal(luks_config_merge(&config.luks, &crypttab, &volumes, &warnings), 0);
	append_opened(&opened, &config, &volumes);
	assert_string_equal(strbuf_string(&opened), row->opened);
	vec_done(&volumes, crypt_volume_free);
	vec_done(&warnings, free);
	crypttab_done(&crypttab);
	boot_config_done(&config);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_choice, rows);
	return test_list_run(&list);
}
