/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/key-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypt-text.h"
#include "support.h"

struct row {
	const char *text, *expected; /* NULL: -EINVAL */
};

static const struct row rows[] = {
	{ "", "" },
	{ "-", "" },
	{ "none", "" },
	{ "/key", "/key" },
	{ "/a b", "/a b" },
	{ "/key:UUID=12", "/key@uuid:12" },
	{ "/key:LABEL=my disk", "/key@label:my disk" },
	{ "/key:PARTUUID=1-2", "/key@partuuid:1-2" },
	{ "/key:PARTLABEL=keys", "/key@partlabel:keys" },
	{ "/key:/dev/sdb1", "/key@node:sdb1" },
	{ "/key:/dev/disk/by-id/usb-x-0:0-part1", "/key@id:usb-x-0:0-part1" },
	{ "/key:/dev/mapper/keys", "/key@mapper:keys" },
	{ "/a:b:UUID=12", "/a:b@uuid:12" },
	{ "/a:b", "/a:b" },
	{ "/a:/b", "/a:/b" },
	{ "/a:", "/a:" },
	{ "/a:8:1", "/a:8:1" },
	{ "/a:801", "/a:801" },
	{ "/a:UUID=", "/a:UUID=" },
	{ "/dev/sdb", "@node:sdb" },
	{ "/dev/disk/by-id/key", "@id:key" },
	{ "/dev/urandom", "/dev/urandom" },
	{ "/dev/random", "/dev/random" },
	{ "/dev/hwrng", "/dev/hwrng" },
	{ "/dev/zero", "/dev/zero" },
	{ "/dev/disk/by-label/keys:/key", "/key@label:keys" },
	{ "/dev/disk/by-label/keys:/key:10", "/key@label:keys" },
	{ "/dev/disk/by-label/keys:/key:x", "/key:x@label:keys" },
	{ "UUID=12:/key", "/key@uuid:12" },
	{ "/dev/disk/by-path/pci-0000:00:14.0:/k", "/k@path:pci-0000:00:14.0" },

	{ "key", NULL },
	{ "key:UUID=12", NULL },
	{ ":UUID=12", NULL },
	{ "NONE", NULL },
	{ "UUID=12", NULL },
	{ "./key", NULL },
	{ "/dev/", NULL },
	{ "\xff", NULL },
};

static void parses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 }, copied = { 0 };
	struct key_source source = { 0 }, copy;

	assert_int_equal(key_source_parse(row->text, &source), row->expected ? 0 : -EINVAL);
	append_key(&text, &source);
	assert_string_equal(strbuf_string(&text), row->expected ? row->expected : "");
	assert_int_equal(key_source_is_set(&source), text.size > 0);

	assert_int_equal(key_source_copy(&source, &copy), 0);
	key_source_done(&source);
	append_key(&copied, &copy);
	assert_string_equal(strbuf_string(&copied), strbuf_string(&text));
	key_source_done(&copy);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	return test_list_run(&list);
}
