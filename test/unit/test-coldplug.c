/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/coldplug.h"
#include "init/loop.h"
#include "support.h"

#define MANY_DEVICES 300 /* several slices */

static struct loop *loop;
static struct coldplug *coldplug;
static struct strbuf seen;
static unsigned int n_seen;
static unsigned int n_batches; /* of events on the loop */

static void note(const char *what, const char *name)
{
	strbuf_printf(&seen, "%s %s\n", what, name);
	n_seen++;
}

static void on_modalias(void *userdata, const char *modalias)
{
	note("alias", modalias);
}

static void on_device(void *userdata, const char *class_name, const char *name)
{
	note(class_name, name);
}

static void on_done(void *userdata)
{
	assert_false(coldplug_is_running(coldplug));
	note("done", "");
	loop_stop(loop);
}

static void count_batch(void *userdata)
{
	n_batches++;
}

static const char *sysfs(void)
{
	return scratch_path("sys");
}

static int set_up(void **state)
{
	static const struct coldplug_ops ops = {
		.on_modalias = on_modalias,
		.on_device = on_device,
		.on_done = on_done,
	};

	n_seen = n_batches = 0;
	remove_tree(sysfs());
	assert_int_equal(loop_new(&loop), 0);
	loop_set_hook(loop, count_batch, NULL);
	return coldplug_new(loop, sysfs(), &ops, NULL, &coldplug);
}

static int tear_down(void **state)
{
	coldplug = coldplug_free(coldplug);
	loop = loop_free(loop);
	strbuf_done(&seen);
	return 0;
}

/* A device at @path below sysfs; without a modalias if that is NULL. */
static void plug(const char *path, const char *modalias)
{
	_cleanup_free_ char *file =
		str_format("%s/%s/%s", sysfs(), path, modalias ? "modalias" : "uevent");

	write_text(file, modalias ? modalias : "");
}

static void walk(void)
{
	coldplug_start(coldplug);
	assert_true(coldplug_is_running(coldplug));
	assert_int_equal(loop_run(loop), 0);
}

/* What boot needs first comes first. */
static void test_order(void **state)
{
	plug("class/net/eth0", NULL);
	plug("class/input/input0", "input:b0011v0001p0001\n");
	plug("class/tty/tty0", NULL);
	plug("class/block/vda", NULL);
	plug("bus/platform/devices/serial8250", "platform:serial8250\n");
	plug("bus/usb/devices/1-1:1.0", "usb:v46F4p0001\n");
	plug("bus/usb/devices/1-1", NULL);
	plug("bus/scsi/devices/0:0:0:0", "scsi:t-0x00\n");
	plug("bus/virtio/devices/virtio0", "virtio:d2v1AF4\n");
	plug("bus/pci/devices/0000:00:04.0", "pci:v1AF4\n");
	walk();
	assert_string_equal(strbuf_string(&seen), "block vda\n"
						  "alias pci:v1AF4\n"
						  "alias virtio:d2v1AF4\n"
						  "alias scsi:t-0x00\n"
						  "alias usb:v46F4p0001\n"
						  "alias platform:serial8250\n"
						  "input input0\n"
						  "alias input:b0011v0001p0001\n"
						  "net eth0\n"
						  "done \n");
}

static void test_nothing_there(void **state)
{
	walk();
	assert_string_equal(strbuf_string(&seen), "done \n");
}

static void test_modalias_empty_or_too_long(void **state)
{
	char longer[4096];

	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	plug("bus/pci/devices/empty", "\n");
	plug("bus/pci/devices/long", longer);
	walk();
	assert_string_equal(strbuf_string(&seen), "done \n");
}

static void plug_many(void)
{
	for (unsigned int i = 0; i < MANY_DEVICES; i++) {
		_cleanup_free_ char *path = str_format("bus/pci/devices/%u", i);
		_cleanup_free_ char *modalias = str_format("pci:%u\n", i);

		plug(path, modalias);
	}
}

static void assert_many_seen_once(const char *from)
{
	for (unsigned int i = 0; i < MANY_DEVICES; i++) {
		_cleanup_free_ char *line = str_format("alias pci:%u\n", i);
		const char *found = strstr(from, line);

		assert_non_null(found);
		assert_null(strstr(found + 1, line));
	}
}

/* Between the slices, other events get their turn. */
static void test_slices(void **state)
{
	plug_many();
	walk();
	assert_many_seen_once(strbuf_string(&seen));
	assert_int_equal(n_seen, MANY_DEVICES + 1);
	assert_true(n_batches >= 4);
}

static void test_walking_again(void **state)
{
	plug_many();
	walk();
	strbuf_done(&seen);
	n_seen = 0;
	walk();
	assert_many_seen_once(strbuf_string(&seen));
	assert_int_equal(n_seen, MANY_DEVICES + 1);
}

static void test_freed_on_the_way(void **state)
{
	plug_many();
	coldplug_start(coldplug);
	coldplug = coldplug_free(coldplug);
	assert_null(coldplug_free(NULL));
}

static void start_again(void *userdata)
{
	n_batches++;
	if (n_batches == 3)
		coldplug_start(coldplug);
}

/* The events that were lost meanwhile may be of devices that were met already. */
static void test_beginning_again_on_the_way(void **state)
{
	const char *second;
	unsigned int n_first;

	plug_many();
	loop_set_hook(loop, start_again, NULL);
	walk();
	n_first = n_seen - 1 - MANY_DEVICES;
	assert_in_range(n_first, 1, MANY_DEVICES - 1);
	second = strbuf_string(&seen);
	for (unsigned int i = 0; i < n_first; i++)
		second = strchr(second, '\n') + 1;
	assert_many_seen_once(second);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_order);
	TEST(&list, test_nothing_there);
	TEST(&list, test_modalias_empty_or_too_long);
	TEST(&list, test_slices);
	TEST(&list, test_walking_again);
	TEST(&list, test_beginning_again_on_the_way);
	TEST(&list, test_freed_on_the_way);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
