/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a device to the root bus. Each directory above a device in sysfs may be a device that it
 * hangs from; those without a modalias and a driver (hosts, targets, ports, classes) are passed
 * through. Since Linux 5.10 a device also has links to its suppliers: regulators, clocks, PHYs,
 * IOMMUs, without which its driver does not start. They hang from something as well.
 *
 * What the driver's module is now is noted beside the modalias, as a few drivers are not found by
 * alias, and the name of a driver that is built in, as it may be a module of that name elsewhere.
 */
#include "image/host/host-chain.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"

#define DEVICE_LINKS "devices/virtual/devlink/"

/* One way up that is still to be gone. */
struct chain {
	char *path;
	char *consumer; /* name of the device that @path supplies, or NULL */
	char *supplier; /* name of @path then */
};

static void chain_free(void *pointer)
{
	struct chain *chain = pointer;

	if (!chain)
		return;
	free(chain->path);
	free(chain->consumer);
	free(chain->supplier);
	free(chain);
}

static void cleanup_chain(struct chain **chain)
{
	chain_free(*chain);
}

/* All that goes on during one host_chain_add(). */
struct walk {
	struct host_reader *reader;
	const char *what;
	bool is_essential;
	struct vec pending; /* struct chain * */
};

static void walk_done(struct walk *walk)
{
	vec_done(&walk->pending, chain_free);
}

static int push_chain(struct walk *walk, const char *path, const char *consumer)
{
	_cleanup_(cleanup_chain) struct chain *chain = calloc(1, sizeof(*chain));
	int r;

	if (!chain)
		return -ENOMEM;
	chain->path = strdup(path);
	if (consumer) {
		chain->consumer = strdup(consumer);
		chain->supplier = strdup(str_basename(path));
	}
	if (!chain->path || (consumer && (!chain->consumer || !chain->supplier)))
		return -ENOMEM;
	r = vec_push(&walk->pending, chain);
	if (r >= 0)
		chain = NULL;
	return r;
}

char *host_chain_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* What people call a device of that bus. */
static const char *get_noun(const char *bus)
{
	static const struct {
		const char *bus, *noun;
	} nouns[] = {
		{ "acpi", "ACPI device" },     { "amba", "AMBA device" },
		{ "hid", "HID device" },       { "i2c", "I2C device" },
		{ "mmc", "memory card" },      { "pci", "PCI device" },
		{ "platform", "device" },      { "scsi", "SCSI device" },
		{ "serio", "PS/2 port" },      { "spi", "SPI device" },
		{ "usb", "USB device" },       { "virtio", "virtio device" },
		{ "vmbus", "Hyper-V device" }, { "xen", "Xen device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++)
		if (str_equal(bus, nouns[i].bus))
			return nouns[i].noun;
	return "device";
}

/* Why the driver of @path is needed. NULL without memory. */
static char *make_why(const struct walk *walk, const struct chain *chain, const char *path)
{
	const char *name = str_basename(path), *noun;
	_cleanup_free_ char *bus = NULL;

	if (host_sysfs_follow_name(walk->reader, path, "subsystem", &bus) == -ENOMEM)
		return NULL;
	noun = get_noun(bus ? bus : "");
	if (!chain->consumer)
		return str_format("the driver of the %s %s, which %s hangs from", noun, name,
				  walk->what);
	if (str_equal(chain->path, path))
		return str_format("the driver of the %s %s, a supplier of %s, which %s hangs from",
				  noun, name, chain->consumer, walk->what);
	return str_format("the driver of the %s %s, which %s hangs from, a supplier of %s, which "
			  "%s hangs from",
			  noun, name, chain->supplier, chain->consumer, walk->what);
}

/* The driver as it is now: its module, or the name that its module may have elsewhere. */
static int add_driver(struct walk *walk, const char *path, const char *driver, const char *why)
{
	_cleanup_free_ char *directory = str_format("%s/driver", path), *module = NULL;
	int r;

	if (!directory)
		return -ENOMEM;
	r = host_sysfs_follow_name(walk->reader, directory, "module", &module);
	if (r == -ENOMEM)
		return r;
	return host_add_need(walk->reader->host, HOST_NEED_MODULE, module ? module : driver, path,
			     walk->is_essential && module, "%s", why);
}

static int add_device(struct walk *walk, const struct chain *chain, const char *path)
{
	_cleanup_free_ char *driver = NULL, *why = NULL;
	char modalias[HOST_ATTRIBUTE_MAX];
	int r;

	(void)host_sysfs_read(walk->reader, path, "modalias", modalias);
	r = host_sysfs_follow_name(walk->reader, path, "driver", &driver);
	if (r == -ENOMEM)
		return r;
	if (!modalias[0] && !driver)
		return 0;
	why = make_why(walk, chain, path);
	if (!why)
		return -ENOMEM;
	if (modalias[0]) {
		r = host_add_need(walk->reader->host, HOST_NEED_ALIAS, modalias, path,
				  walk->is_essential, "%s", why);
		if (r < 0)
			return r;
	}
	return driver ? add_driver(walk, path, driver, why) : 0;
}

/* The link leads to a device link, which has two ends. */
static int add_supplier(struct walk *walk, const char *path, const char *name)
{
	_cleanup_free_ char *link = NULL, *supplier = NULL;
	int r;

	r = host_sysfs_follow(walk->reader, path, name, &link);
	if (r >= 0 && str_after_prefix(link, DEVICE_LINKS))
		r = host_sysfs_follow(walk->reader, link, "supplier", &supplier);
	else if (r >= 0)
		supplier = TAKE_PTR(link);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return push_chain(walk, supplier, str_basename(path));
}

static int add_suppliers(struct walk *walk, const char *path)
{
	struct vec names;
	const char *name;
	int r = host_sysfs_list(walk->reader, path, "supplier:", &names);

	if (r < 0)
		return r;
	vec_for_each(name, &names) {
		r = add_supplier(walk, path, name);
		if (r < 0)
			break;
	}
	vec_done(&names, free);
	return r;
}

/* Up to the root bus, or to where an earlier chain came along. */
static int go_up(struct walk *walk, const struct chain *chain)
{
	_cleanup_free_ char *path = strdup(chain->path);
	int r;

	if (!path)
		return -ENOMEM;
	while (str_after_prefix(path, "devices/")) {
		char *parent;

		r = host_reader_visit(walk->reader, path, walk->is_essential);
		if (r <= 0)
			return r;
		r = add_device(walk, chain, path);
		if (r >= 0)
			r = add_suppliers(walk, path);
		if (r < 0)
			return r;
		parent = host_chain_parent(path);
		if (!parent)
			return -ENOMEM;
		free(path);
		path = parent;
	}
	return 0;
}

int host_chain_add(struct host_reader *reader, const char *path, const char *what,
		   bool is_essential)
{
	_cleanup_(walk_done) struct walk walk = {
		.reader = reader,
		.what = what,
		.is_essential = is_essential,
	};
	int r = push_chain(&walk, path, NULL);

	while (r >= 0 && walk.pending.n_items > 0) {
		_cleanup_(cleanup_chain) struct chain *chain =
			walk.pending.items[--walk.pending.n_items];

		r = go_up(&walk, chain);
	}
	return r;
}
