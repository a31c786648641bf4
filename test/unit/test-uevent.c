/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "init/uevent.h"
#include "support.h"

#define DISK "/devices/pci0000:00/0000:00:04.0/virtio1/block/vda"

struct uevent_row {
	const char *name;
	const char *message;
	size_t size;
	struct uevent expected; /* no action: refused */
};

/* A literal with its terminator, which is the last string's. */
#define MESSAGE(text) text, sizeof(text)

static const struct uevent_row rows[] = {
	{ "a disk as Linux 6.1 announces it",
	  MESSAGE("add@" DISK "\0ACTION=add\0DEVPATH=" DISK "\0SUBSYSTEM=block\0MAJOR=254\0"
		  "MINOR=0\0DEVNAME=vda\0DEVTYPE=disk\0DISKSEQ=9\0SEQNUM=1170"),
	  { "add", DISK, "block", "vda", "" } },
	{ "a device on a bus",
	  MESSAGE("add@/devices/pci0000:00/0000:00:04.0/virtio1\0ACTION=add\0"
		  "DEVPATH=/devices/pci0000:00/0000:00:04.0/virtio1\0SUBSYSTEM=virtio\0"
		  "MODALIAS=virtio:d00000002v00001AF4\0SEQNUM=1042"),
	  { "add", "/devices/pci0000:00/0000:00:04.0/virtio1", "virtio", "",
	    "virtio:d00000002v00001AF4" } },
	{ "an event that was asked for, with a UUID and a cookie",
	  MESSAGE("change@/devices/virtual/block/dm-0\0ACTION=change\0"
		  "DEVPATH=/devices/virtual/block/dm-0\0SUBSYSTEM=block\0SYNTH_UUID=0\0"
		  "DM_COOKIE=6324236\0MAJOR=253\0MINOR=0\0DEVNAME=dm-0\0DEVTYPE=disk\0SEQNUM=2"),
	  { "change", "/devices/virtual/block/dm-0", "block", "dm-0", "" } },
	{ "variables in another order",
	  MESSAGE("remove@/a\0SEQNUM=1\0SUBSYSTEM=usb\0DEVPATH=/a\0ACTION=remove"),
	  { "remove", "/a", "usb", "", "" } },
	{ "the two that a header repeats are enough",
	  MESSAGE("add@/module/dm_crypt\0ACTION=add\0DEVPATH=/module/dm_crypt"),
	  { "add", "/module/dm_crypt", "", "", "" } },
	{ "a DEVNAME with a directory",
	  MESSAGE("add@/c\0ACTION=add\0DEVPATH=/c\0SUBSYSTEM=block\0DEVNAME=cciss/c0d0"),
	  { "add", "/c", "block", "cciss/c0d0", "" } },
	{ "values with = and @",
	  MESSAGE("add@/a@b\0ACTION=add\0DEVPATH=/a@b\0MODALIAS=of:N=x@1T"),
	  { "add", "/a@b", "", "", "of:N=x@1T" } },
	{ "an empty value and an empty variable",
	  MESSAGE("add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=\0\0DEVNAME=x"),
	  { "add", "/a", "", "x", "" } },
	{ "of a variable twice the last",
	  MESSAGE("add@/a\0ACTION=add\0DEVPATH=/a\0DEVNAME=x\0DEVNAME=y"),
	  { "add", "/a", "", "y", "" } },
	{ "keys that end like known ones",
	  MESSAGE("add@/a\0ACTION=add\0DEVPATH=/a\0OF_MODALIAS=x\0XDEVNAME=x\0devname=x\0DEVNAME"),
	  { "add", "/a", "", "", "" } },
	{ "dots that do not lead up",
	  MESSAGE("add@/a..b/..c/d../.e\0ACTION=add\0DEVPATH=/a..b/..c/d../.e"),
	  { "add", "/a..b/..c/d../.e", "", "", "" } },

	{ "nothing", "", 0, { 0 } },
	{ "a terminator alone", MESSAGE(""), { 0 } },
	{ "no terminator at the end", "add@/a\0ACTION=add\0DEVPATH=/a", 28, { 0 } },
	{ "cut inside a variable", "add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYS", 35, { 0 } },
	{ "cut before what the header repeats", MESSAGE("add@/a\0ACTION=add"), { 0 } },
	{ "the header alone", MESSAGE("add@/a"), { 0 } },
	{ "udevd's own format",
	  MESSAGE("libudev\0\xfe\xed\xca\xfe\x28\0\0\0ACTION=add\0DEVPATH=" DISK),
	  { 0 } },
	{ "a header without @", MESSAGE("add/a\0ACTION=add\0DEVPATH=/a"), { 0 } },
	{ "a header without an action", MESSAGE("@/a\0ACTION=\0DEVPATH=/a"), { 0 } },
	{ "a header without a path", MESSAGE("add@\0ACTION=add\0DEVPATH="), { 0 } },
	{ "a relative path", MESSAGE("add@a\0ACTION=add\0DEVPATH=a"), { 0 } },
	{ "another path than in the header", MESSAGE("add@/a\0ACTION=add\0DEVPATH=/b"), { 0 } },
	{ "another action than in the header", MESSAGE("add@/a\0ACTION=rem\0DEVPATH=/a"), { 0 } },
	{ "an action that only begins so", MESSAGE("add@/a\0ACTION=adder\0DEVPATH=/a"), { 0 } },
	{ "an action that is only the beginning", MESSAGE("add@/a\0ACTION=ad\0DEVPATH=/a"), { 0 } },
	{ "no action", MESSAGE("add@/a\0DEVPATH=/a"), { 0 } },
	{ "a path that leads up", MESSAGE("add@/a/../b\0ACTION=add\0DEVPATH=/a/../b"), { 0 } },
	{ "a path that ends upwards", MESSAGE("add@/a/..\0ACTION=add\0DEVPATH=/a/.."), { 0 } },
	{ "a path that begins upwards", MESSAGE("add@/../a\0ACTION=add\0DEVPATH=/../a"), { 0 } },
};

static void assert_refused(const char *message, size_t size)
{
	struct uevent event = { .action = "untouched" };

	assert_int_equal(uevent_parse(message, size, &event), -EBADMSG);
	assert_string_equal(event.action, "untouched");
}

static void parses(void **state)
{
	const struct uevent_row *row = *state;
	/* In memory of its exact size, where the sanitizer sees a byte too many being read. */
	_cleanup_free_ char *message = malloc(row->size ? row->size : 1);
	struct uevent event;

	memcpy(message, row->message, row->size);
	if (!row->expected.action) {
		assert_refused(message, row->size);
		return;
	}
	assert_int_equal(uevent_parse(message, row->size, &event), 0);
	assert_string_equal(event.action, row->expected.action);
	assert_string_equal(event.devpath, row->expected.devpath);
	assert_string_equal(event.subsystem, row->expected.subsystem);
	assert_string_equal(event.devname, row->expected.devname);
	assert_string_equal(event.modalias, row->expected.modalias);
}

/* The kernel's own limit of variables (UEVENT_NUM_ENVP), and more. */
static void test_many_variables(void **state)
{
	for (unsigned int n = 64; n <= 512; n *= 2) {
		_cleanup_strbuf_ struct strbuf message = { 0 };
		struct uevent event;

		strbuf_append_bytes(&message, "add@/a\0ACTION=add\0DEVPATH=/a", 29);
		for (unsigned int i = 3; i < n; i++) {
			strbuf_printf(&message, "VARIABLE_%u=%u", i, i);
			strbuf_append_bytes(&message, "", 1);
		}
		strbuf_append_bytes(&message, "DEVNAME=last", 13);
		assert_int_equal(uevent_parse(message.data, message.size, &event), 0);
		assert_string_equal(event.devname, "last");
	}
}

/* Wherever it is cut, nothing is taken for a value that was not all there. */
static void test_every_truncation(void **state)
{
	static const char whole[] = "add@/abc\0ACTION=add\0DEVPATH=/abc\0DEVNAME=name";
	const size_t after_path = 33;

	for (size_t size = 0; size < sizeof(whole); size++) {
		_cleanup_free_ char *message = malloc(size ? size : 1);
		struct uevent event;

		memcpy(message, whole, size);
		if (size != after_path) {
			assert_refused(message, size);
			continue;
		}
		assert_int_equal(uevent_parse(message, size, &event), 0);
		assert_string_equal(event.devname, "");
	}
}

static void test_garbage(void **state)
{
	uint32_t random = 4711;

	for (unsigned int i = 0; i < 5000; i++) {
		size_t size = next_random(&random) % 64;
		_cleanup_free_ char *message = malloc(size + 1);

		for (size_t at = 0; at < size; at++)
			message[at] = "a@/=\0.\xff"[next_random(&random) % 7];
		assert_refused(message, size);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	TEST(&list, test_many_variables);
	TEST(&list, test_every_truncation);
	TEST(&list, test_garbage);
	return test_list_run(&list);
}
