/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each row is a command line and what of the configuration differs from the default then, as
 * append_config() writes it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "support.h"

#define LONG_SIZE 65536

static const char *const kind_names[] = {
	[DEVICE_SPEC_NONE] = "none",           [DEVICE_SPEC_NODE] = "node",
	[DEVICE_SPEC_MAPPER] = "mapper",       [DEVICE_SPEC_UUID] = "uuid",
	[DEVICE_SPEC_LABEL] = "label",         [DEVICE_SPEC_PARTUUID] = "partuuid",
	[DEVICE_SPEC_PARTLABEL] = "partlabel",
};

static void append_text(struct strbuf *buf, const char *key, const char *value)
{
	if (value)
		strbuf_printf(buf, "%s=%s;", key, value);
}

static void append_flag(struct strbuf *buf, const char *key, bool differs)
{
	if (differs)
		strbuf_printf(buf, "%s;", key);
}

static void append_timeout(struct strbuf *buf, uint64_t timeout_usec)
{
	if (timeout_usec == USEC_INFINITY)
		strbuf_append(buf, "timeout=never;");
	else if (timeout_usec != 180 * USEC_PER_SEC)
		strbuf_printf(buf, "timeout=%" PRIu64 ";", timeout_usec / USEC_PER_SEC);
}

static void append_config(struct strbuf *buf, const struct boot_config *config)
{
	const struct luks_config *luks;
	const char *warning;

	if (config->root.kind != DEVICE_SPEC_NONE)
		strbuf_printf(buf, "root:%s=%s;", kind_names[config->root.kind],
			      config->root.value);
	append_text(buf, "type", config->rootfstype);
	append_text(buf, "flags", config->rootflags);
	append_flag(buf, "rw", config->root_writable);
	append_text(buf, "init", config->init);
	append_timeout(buf, config->timeout_usec);
	append_flag(buf, "no-luks", !config->luks_enabled);
	vec_for_each(luks, &config->luks) {
		strbuf_printf(buf, "luks:%s=%s;", luks->uuid, luks->name);
	}
	if (config->panic_sec)
		strbuf_printf(buf, "panic=%d;", config->panic_sec);
	append_flag(buf, "debug", config->debug);
	vec_for_each(warning, &config->warnings) {
		strbuf_printf(buf, "!%s;", warning);
	}
}

struct cmdline_row {
	const char *name, *line, *expected;
};

/* One for each key of kindling/cmdline-keys.h; the name is the key. */
static const struct cmdline_row key_rows[] = {
	{ "root", "root=/dev/vda2", "root:node=vda2;" },
	{ "rootfstype", "rootfstype=ext4,btrfs", "type=ext4,btrfs;" },
	{ "rootflags", "rootflags=subvol=@,noatime", "flags=subvol=@,noatime;" },
	{ "ro", "rw ro", "" },
	{ "rw", "rw", "rw;" },
	{ "init", "init=/bin/sh", "init=/bin/sh;" },
	{ "rd.timeout", "rd.timeout=5", "timeout=5;" },
	{ "rd.luks", "rd.luks=0", "no-luks;" },
	{ "rd.luks.uuid", "rd.luks.uuid=ab-12", "luks:ab-12=luks-ab-12;" },
	{ "rd.luks.name", "rd.luks.name=ab-12=root", "luks:ab-12=root;" },
	{ "panic", "panic=10", "panic=10;" },
	{ "quiet", "quiet", "" },
	{ "rd.debug", "rd.debug", "debug;" },
};

static const struct cmdline_row rows[] = {
	{ "nothing", "", "" },
	{ "white space only", " \t\n ", "" },
	{ "a usual line",
	  "BOOT_IMAGE=/vmlinuz-6.1 root=UUID=4f68bce3-e8cd-4db1-96e7-fbcaf984b709 ro quiet "
	  "splash\n",
	  "root:uuid=4f68bce3-e8cd-4db1-96e7-fbcaf984b709;" },
	{ "words of others are ignored", "console=ttyS0 mitigations=off nr_cpus=2 rdinit=/x", "" },
	{ "keys that begin like ours", "rooty=1 quietly rwx rootflagsx=1 init_on_alloc=1", "" },
	{ "keys that are a part of ours", "roo=1 rootfs=1 q in=1", "" },

	{ "a dash is no dot", "rd-luks=0 rd_luks=0", "" },
	{ "the last root wins", "root=/dev/sda1 root=LABEL=x", "root:label=x;" },
	{ "the last type wins", "rootfstype=ext4 rootfstype=xfs", "type=xfs;" },
	{ "the last flags win", "rootflags=a rootflags=b", "flags=b;" },
	{ "the last init wins", "init=/a init=/b", "init=/b;" },
	{ "the last timeout wins", "rd.timeout=1 rd.timeout=2", "timeout=2;" },
	{ "the last of rw and ro wins", "ro rw", "rw;" },
	{ "the last rd.luks wins", "rd.luks=0 rd.luks=1", "" },

	{ "what follows -- is not ours", "quiet -- rw root=/dev/sda", "" },
	{ "-- in a word is no end", "x--y rw", "rw;" },
	{ "-- in quotes ends as well", "quiet \"--\" rw", "" },

	{ "quotes around a value", "rootflags=\"a b\" rw", "flags=a b;rw;" },
	{ "quotes around a word", "\"rootflags=a b\" rw", "flags=a b;rw;" },
	{ "quotes inside a value", "root=LABEL=\"my disk\"", "root:label=my disk;" },
	{ "quotes around a key", "\"root\"=/dev/sda", "root:node=sda;" },
	{ "an open quote reaches to the end", "rootflags=\"a rw quiet", "flags=a rw quiet;" },
	{ "single quotes are letters", "init='/a b'", "init='/a;" },
	{ "a space before = separates", "init =/bin/sh", "!init needs a value, ignoring it;" },

	{ "by-uuid path", "root=/dev/disk/by-uuid/AB12", "root:uuid=AB12;" },
	{ "mapper path", "root=/dev/mapper/vg-root", "root:mapper=vg-root;" },
	{ "no device", "root=zfs:pool",
	  "!root=zfs:pool is not a device that can be looked for, ignoring it;" },
	{ "a bad root leaves the good one", "root=/dev/sda1 root=nfs",
	  "root:node=sda1;!root=nfs is not a device that can be looked for, ignoring it;" },
	{ "a link that is not resolved", "root=/dev/disk/by-diskseq/1",
	  "!root=/dev/disk/by-diskseq/1 is a kind of link that is not resolved here, ignoring "
	  "it;" },

	{ "timeout 0 waits for ever", "rd.timeout=0", "timeout=never;" },
	{ "largest timeout", "rd.timeout=4294967295", "timeout=4294967295;" },
	{ "timeout too large", "rd.timeout=4294967296",
	  "!rd.timeout=4294967296 is not a number of seconds, ignoring it;" },
	{ "negative timeout", "rd.timeout=7 rd.timeout=-1",
	  "timeout=7;!rd.timeout=-1 is not a number of seconds, ignoring it;" },
	{ "timeout with a unit", "rd.timeout=10s",
	  "!rd.timeout=10s is not a number of seconds, ignoring it;" },

	{ "negative panic", "panic=-1", "panic=-1;" },
	{ "bad panic", "panic=3 panic=soon",
	  "panic=3;!panic=soon is not a number of seconds, ignoring it;" },
	{ "panic too large", "panic=2147483648",
	  "!panic=2147483648 is not a number of seconds, ignoring it;" },

	{ "rd.luks without a value", "rd.luks=0 rd.luks", "" },
	{ "rd.luks=no", "rd.luks=no", "no-luks;" },
	{ "bad rd.luks", "rd.luks=0 rd.luks=maybe",
	  "no-luks;!rd.luks=maybe is neither yes nor no, ignoring it;" },
	{ "rd.debug=0", "rd.debug rd.debug=0", "" },
	{ "bad rd.debug", "rd.debug=x", "!rd.debug=x is neither yes nor no, ignoring it;" },

	{ "luks- before a UUID", "rd.luks.uuid=luks-ab-12", "luks:ab-12=luks-ab-12;" },
	{ "luks- before a UUID with a name", "rd.luks.name=luks-ab-12=root", "luks:ab-12=root;" },
	{ "several volumes in their order", "rd.luks.uuid=2 rd.luks.name=1=one rd.luks.uuid=3",
	  "luks:2=luks-2;luks:1=one;luks:3=luks-3;" },
	{ "a name after its UUID", "rd.luks.uuid=ab rd.luks.name=ab=root", "luks:ab=root;" },
	{ "a UUID after its name", "rd.luks.name=ab=root rd.luks.uuid=ab", "luks:ab=root;" },
	{ "the last name wins", "rd.luks.name=ab=one rd.luks.name=ab=two", "luks:ab=two;" },
	{ "UUIDs in any case", "rd.luks.uuid=AB rd.luks.name=ab=root", "luks:AB=root;" },
	{ "the same UUID twice", "rd.luks.uuid=ab rd.luks.uuid=luks-AB", "luks:ab=luks-ab;" },
	{ "no UUID", "rd.luks.uuid=/dev/sda2",
	  "!rd.luks.uuid=/dev/sda2 is not a UUID, ignoring it;" },
	{ "no UUID but its prefix", "rd.luks.uuid=luks-",
	  "!rd.luks.uuid=luks- is not a UUID, ignoring it;" },
	{ "no name", "rd.luks.name=ab",
	  "!rd.luks.name=ab is not of the form UUID=NAME, ignoring it;" },
	{ "empty name",
	  "rd.luks.name=ab=", "!rd.luks.name=ab= is not of the form UUID=NAME, ignoring it;" },
	{ "a name that is a path", "rd.luks.name=ab=a/b",
	  "!rd.luks.name=ab=a/b is not of the form UUID=NAME, ignoring it;" },
	{ "a name that leads out", "rd.luks.name=ab=..",
	  "!rd.luks.name=ab=.. is not of the form UUID=NAME, ignoring it;" },
	{ "a name that is taken", "rd.luks.name=ab=control",
	  "!rd.luks.name=ab=control is not of the form UUID=NAME, ignoring it;" },
	{ "a name with =", "rd.luks.name=ab=a=b", "luks:ab=a=b;" },

	{ "unknown rd. word", "rd.lvm.lv=vg/root", "!rd.lvm.lv is not known here, ignoring it;" },
	{ "unknown rd. word without a value", "rd.break",
	  "!rd.break is not known here, ignoring it;" },
	{ "root without a value", "root", "!root needs a value, ignoring it;" },
	{ "empty root", "root=/dev/sda root=", "root:node=sda;!root needs a value, ignoring it;" },
	{ "empty type", "rootfstype=", "!rootfstype needs a value, ignoring it;" },
	{ "empty flags", "rootflags=", "!rootflags needs a value, ignoring it;" },
	{ "empty init", "init=", "!init needs a value, ignoring it;" },
	{ "empty timeout", "rd.timeout=", "!rd.timeout needs a value, ignoring it;" },
	{ "empty UUID", "rd.luks.uuid=", "!rd.luks.uuid needs a value, ignoring it;" },
	{ "empty panic", "panic=", "!panic needs a value, ignoring it;" },
	{ "empty rd.luks", "rd.luks=", "!rd.luks= is neither yes nor no, ignoring it;" },
	{ "= alone", "= == =x quiet", "" },
};

static void parses(void **state)
{
	const struct cmdline_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct boot_config config;

	assert_int_equal(cmdline_parse(row->line, &config), 0);
	append_config(&text, &config);
	assert_string_equal(strbuf_string(&text), row->expected);
	boot_config_done(&config);
}

/* A key that is added to the table gets a row here, at the same place. */
static void test_each_key_has_a_row(void **state)
{
	assert_int_equal(n_cmdline_keys, ARRAY_SIZE(key_rows));
	for (unsigned int i = 0; i < n_cmdline_keys; i++)
		assert_string_equal(cmdline_keys[i].key, key_rows[i].name);
}

static void test_done_twice(void **state)
{
	struct boot_config config;

	assert_int_equal(cmdline_parse("root=/dev/sda rd.luks.uuid=1 rd.x init=/a", &config), 0);
	boot_config_done(&config);
	boot_config_done(&config);
	assert_null(config.init);
}

struct long_row {
	const char *name;
	const char *begin;
	char fill;
	const char *expected_end;
};

/* 64 KiB of one letter after the beginning, then " rd.debug". */
static const struct long_row long_rows[] = {
	{ "a long word", "", 'a', "" },
	{ "a long value", "init=", 'a', "" },
	{ "a long key", "rd.", 'a', "is not known here, ignoring it;" },
	{ "a long UUID", "rd.luks.uuid=", 'f', "" },
	{ "a long name", "rd.luks.name=1=", 'n', "is not of the form UUID=NAME, ignoring it;" },
	{ "a long number", "rd.timeout=", '9', "is not a number of seconds, ignoring it;" },
	{ "a long root", "root=UUID=", '1', "" },
	{ "equals signs", "", '=', "" },
	{ "quotes", "", '"', "" },
	{ "spaces", "", ' ', "" },
	{ "bytes that are no text", "", '\xff', "" },
};

static void survives_long_line(void **state)
{
	const struct long_row *row = *state;
	_cleanup_free_ char *fill = calloc(1, LONG_SIZE + 1);
	_cleanup_strbuf_ struct strbuf line = { 0 }, text = { 0 };
	struct boot_config config;

	memset(fill, row->fill, LONG_SIZE);
	strbuf_printf(&line, "%s%s rd.debug", row->begin, fill);
	assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
	assert_true(config.debug);
	append_config(&text, &config);
	assert_true(str_has_suffix(strbuf_string(&text), row->expected_end));
	boot_config_done(&config);
}

/* Nothing crashes, leaks, or is neither understood nor warned of as a whole. */
static void test_garbage(void **state)
{
	static const char letters[] = "abr=\"-_.,/ \\\tUID0\x80\xff";
	static const char *const pieces[] = { "root=",       "rd.luks.name=", "rd.luks.uuid=",
					      "rd.timeout=", "panic=",        "rd.",
					      "UUID=",       "/dev/",         "--x" };
	uint32_t random = 20240229;

	for (unsigned int i = 0; i < 2000; i++) {
		_cleanup_strbuf_ struct strbuf line = { 0 };
		struct boot_config config;

		for (unsigned int n = next_random(&random) % 40; n > 0; n--) {
			if (next_random(&random) % 4 == 0)
				strbuf_append(&line,
					      pieces[next_random(&random) % ARRAY_SIZE(pieces)]);
			else
				strbuf_append_bytes(
					&line, letters + next_random(&random) % strlen(letters), 1);
		}
		/* It ends an open quote, if there is one. */
		strbuf_append(&line, "\" \" rw \"");
		assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
		assert_true((config.root.kind == DEVICE_SPEC_NONE) == !config.root.value);
		boot_config_done(&config);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, key_rows);
	TEST_ROWS(&list, parses, rows);
	TEST(&list, test_each_key_has_a_row);
	TEST(&list, test_done_twice);
	TEST_ROWS(&list, survives_long_line, long_rows);
	TEST(&list, test_garbage);
	return test_list_run(&list);
}
