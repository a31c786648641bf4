/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the last screen says, above all what would have helped. */
#include <string.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "init/blockdev.h"
#include "init/module-loader.h"
#include "init/report.h"
#include "init/unlock.h"
#include "support.h"

#define LUKS_UUID  "8a7e2d1c-0000-4000-8000-000000000001"
#define KNOWN_UUID "8a7e2d1c-0000-4000-8000-000000000002"
#define NO_HINT    NULL

static struct blockdev device;

void blockdevs_for_each(struct blockdevs *devices,
			void (*visit)(void *userdata, struct blockdev *device), void *userdata)
{
	visit(userdata, &device);
}

void blockdev_describe(const struct blockdev *described, struct strbuf *buf)
{
	strbuf_append(buf, described->node);
}

void module_loader_describe(const struct module_loader *loader, const struct vec *blacklist,
			    struct strbuf *buf)
{
}

void unlock_describe(const struct unlock *unlock, struct strbuf *buf)
{
}

const char *unlock_get_name(const struct unlock *unlock, const struct blockdev *asked)
{
	return str_equal(asked->superblocks[0].uuid, KNOWN_UUID) ? "known" : NULL;
}

static const struct row {
	const char *name;
	const char *cmdline, *type, *uuid;
	enum blockdev_state state;
	const char *hint;
} rows[] = {
	{ "volume that nothing asks for", "root=/dev/mapper/root", "crypto_LUKS", LUKS_UUID,
	  BLOCKDEV_PROBED,
	  "kindling: Nothing asks to open the LUKS volume on /dev/vda. If the root is in it, this "
	  "opens it:\n"
	  "  rd.luks.name=" LUKS_UUID "=root root=/dev/mapper/root\n" },
	{ "root= is no mapping", "root=UUID=1234-5678", "crypto_LUKS", LUKS_UUID, BLOCKDEV_PROBED,
	  "  rd.luks.name=" LUKS_UUID "=cryptroot root=/dev/mapper/cryptroot\n" },
	{ "no root=", "quiet", "crypto_LUKS", LUKS_UUID, BLOCKDEV_PROBED,
	  "  rd.luks.name=" LUKS_UUID "=cryptroot root=/dev/mapper/cryptroot\n" },
	{ "switched off", "rd.luks=0 root=/dev/mapper/root", "crypto_LUKS", LUKS_UUID,
	  BLOCKDEV_PROBED, "kindling: rd.luks=0 keeps the LUKS volume on /dev/vda closed.\n" },
	{ "volume that is to be opened", "root=/dev/mapper/root", "crypto_LUKS", KNOWN_UUID,
	  BLOCKDEV_PROBED, NO_HINT },
	{ "file system", "root=/dev/mapper/root", "ext4", LUKS_UUID, BLOCKDEV_PROBED, NO_HINT },
	{ "device that is still being read", "root=/dev/mapper/root", "crypto_LUKS", LUKS_UUID,
	  BLOCKDEV_PROBING, NO_HINT },
};

static void test_hints(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct boot_config config;
	const struct report_sources sources = { .config = &config };

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	device = (struct blockdev){
		.node = (char *)"/dev/vda",
		.state = row->state,
		.superblocks = { { row->type, row->uuid, "" } },
		.n_superblocks = 1,
	};
	report_write(&sources, "no root", &text);
	assert_non_null(strstr(strbuf_string(&text), "kindling: cannot continue: no root\n"));
	if (row->hint)
		assert_non_null(strstr(strbuf_string(&text), row->hint));
	else
		assert_null(strstr(strbuf_string(&text), "LUKS"));
	boot_config_done(&config);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_hints, rows);
	return test_list_run(&list);
}
