/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake-machine.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "support.h"

#define DIRECTORY "machine"

const char *fake_machine_root(void)
{
	static char root[PATH_MAX];

	(void)snprintf(root, sizeof(root), "%s", scratch_path(DIRECTORY));
	return root;
}

static char *make_path(const char *path)
{
	char *full = str_format("%s/%s", scratch_path(DIRECTORY), path);

	assert_non_null(full);
	return full;
}

static void make_directory(const char *path)
{
	_cleanup_free_ char *full = make_path(path);

	assert_int_equal(file_make_directories(full, 0755), 0);
}

void fake_machine_new(void)
{
	remove_tree(scratch_path(DIRECTORY));
	make_directory("sys/devices");
}

void fake_machine_text(const char *path, const char *text)
{
	_cleanup_free_ char *full = make_path(path);

	write_text(full, text);
}

void fake_machine_link(const char *path, const char *target)
{
	_cleanup_strbuf_ struct strbuf relative = { 0 };
	_cleanup_free_ char *full = make_path(path), *parent = strdup(full);

	assert_non_null(parent);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_make_directories(parent, 0755), 0);
	/* Links of sysfs do not lead out of it. */
	if (str_after_prefix(path, "sys/") && str_after_prefix(target, "sys/")) {
		path += strlen("sys/");
		target += strlen("sys/");
	}
	for (const char *c = path; *c; c++)
		if (*c == '/')
			strbuf_append(&relative, "../");
	strbuf_append(&relative, target);
	assert_int_equal(symlink(strbuf_string(&relative), full), 0);
}

static void make_driver(const char *device, const struct fake_device *of)
{
	_cleanup_free_ char *driver = NULL, *link = NULL, *module = NULL, *module_link = NULL,
			    *full = NULL;

	driver = str_format("sys/bus/%s/drivers/%s", of->bus, of->driver);
	link = str_format("%s/driver", device);
	assert_true(driver && link);
	make_directory(driver);
	fake_machine_link(link, driver);
	if (!of->module)
		return;
	module = str_format("sys/module/%s", of->module);
	module_link = str_format("%s/module", driver);
	assert_true(module && module_link);
	full = make_path(module_link);
	if (access(full, F_OK) < 0) {
		make_directory(module);
		fake_machine_link(module_link, module);
	}
}

void fake_machine_device(const struct fake_device *device)
{
	_cleanup_free_ char *path = str_format("sys/devices/%s", device->path), *bus = NULL,
			    *subsystem = NULL, *modalias = NULL, *text = NULL;

	assert_non_null(path);
	make_directory(path);
	if (device->bus) {
		bus = str_format("sys/bus/%s", device->bus);
		subsystem = str_format("%s/subsystem", path);
		assert_true(bus && subsystem);
		fake_machine_link(subsystem, bus);
	}
	if (device->modalias) {
		modalias = str_format("%s/modalias", path);
		text = str_format("%s\n", device->modalias);
		assert_true(modalias && text);
		fake_machine_text(modalias, text);
	}
	if (device->driver)
		make_driver(path, device);
}

void fake_machine_block(const char *path, const char *number)
{
	_cleanup_free_ char *device = str_format("sys/devices/%s", path), *dev = NULL, *text = NULL,
			    *by_name = NULL, *by_number = NULL;

	dev = str_format("%s/dev", device);
	text = str_format("%s\n", number);
	by_name = str_format("sys/class/block/%s", str_basename(path));
	by_number = str_format("sys/dev/block/%s", number);
	assert_true(device && dev && text && by_name && by_number);
	fake_machine_text(dev, text);
	fake_machine_link(by_name, device);
	fake_machine_link(by_number, device);
}

void fake_machine_partition(const char *path, const char *number)
{
	_cleanup_free_ char *partition = str_format("sys/devices/%s/partition", path);

	assert_non_null(partition);
	fake_machine_block(path, number);
	fake_machine_text(partition, "1\n");
}

void fake_machine_stack(const char *path, const char *below)
{
	_cleanup_free_ char *link = NULL, *target = str_format("sys/devices/%s", below);

	link = str_format("sys/devices/%s/slaves/%s", path, str_basename(below));
	assert_true(link && target);
	fake_machine_link(link, target);
}

void fake_machine_mapped(const char *kernel_name, const char *number, const char *name,
			 const char *uuid, const char *below)
{
	const struct {
		const char *attribute, *value;
	} attributes[] = { { "name", name }, { "uuid", uuid } };
	_cleanup_free_ char *path = str_format("virtual/block/%s", kernel_name);

	assert_non_null(path);
	fake_machine_block(path, number);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		_cleanup_free_ char *file = str_format("sys/devices/%s/dm/%s", path,
						       attributes[i].attribute),
				    *text = str_format("%s\n", attributes[i].value);

		assert_true(file && text);
		fake_machine_text(file, text);
	}
	if (below)
		fake_machine_stack(path, below);
}

void fake_machine_input(const char *path, const char *name, const char *keys)
{
	_cleanup_free_ char *device = str_format("sys/devices/%s", path), *file = NULL,
			    *key_file = NULL, *modalias = NULL, *link = NULL;

	file = str_format("%s/name", device);
	key_file = str_format("%s/capabilities/key", device);
	modalias = str_format("%s/modalias", device);
	link = str_format("sys/class/input/%s", str_basename(path));
	assert_true(device && file && key_file && modalias && link);
	fake_machine_text(file, name);
	fake_machine_text(key_file, keys);
	fake_machine_text(modalias, "input:b0003v0000p0000e0000-e0,1,k1\n");
	fake_machine_link(link, device);
}
