/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an answer to the question for a passphrase comes from: keyboards, on whatever they are
 * attached to, the lines that are consoles now, and TPMs. A keyboard on I2C or SPI signals a key by
 * a pin, so the drivers of pins come along with it. Keyboards that a program provides (Bluetooth,
 * remote desktops) have no hardware, and nothing is done about them.
 */
#include "image/host/host-keyboard.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-chain.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"

#define KEYBOARD_NAME_MAX 60
#define VIRTUAL           "devices/virtual/"

/*
 * As udev's input_id has it: Escape, digits, and the keys to D, all of the first 31 but for none
 * at 0. The lowest bits are in the last of the words.
 */
static bool is_keyboard(const struct host_reader *reader, const char *path)
{
	const uint32_t wanted = 0xfffffffe;
	char keys[HOST_ATTRIBUTE_MAX];
	const char *word;

	if (host_sysfs_read(reader, path, "capabilities/key", keys) <= 0)
		return false;
	word = strrchr(keys, ' ');
	return (strtoull(word ? word + 1 : keys, NULL, 16) & wanted) == wanted;
}

/* What it calls itself. */
static char *make_name(const struct host_reader *reader, const char *path)
{
	char name[HOST_ATTRIBUTE_MAX];

	(void)host_sysfs_read(reader, path, "name", name);
	return *name ? str_format("the keyboard \"%.*s\"", KEYBOARD_NAME_MAX, name)
		     : str_format("the keyboard %s", str_basename(path));
}

static void cleanup_paths(struct vec *paths)
{
	vec_done(paths, free);
}

/* The devices that the links in the class lead to, but for those without hardware. */
static int list_class(const struct host_reader *reader, const char *class, const char *prefix,
		      struct vec *paths)
{
	_cleanup_(cleanup_paths) struct vec all = { 0 };
	int r = host_sysfs_follow_all(reader, class, prefix, &all);

	for (size_t i = 0; r >= 0 && i < all.n_items; i++) {
		if (str_after_prefix(all.items[i], VIRTUAL))
			continue;
		r = vec_push(paths, all.items[i]);
		if (r >= 0)
			all.items[i] = NULL;
	}
	return r;
}

/* All but @path itself, whose modalias asks for what turns its events into files. */
static int add_parents(struct host_reader *reader, const char *path, const char *what,
		       bool is_essential)
{
	_cleanup_free_ char *parent = host_chain_parent(path);

	return parent ? host_chain_add(reader, parent, what, is_essential) : -ENOMEM;
}

static int add_pins(struct host_reader *reader)
{
	_cleanup_(cleanup_paths) struct vec chips = { 0 };
	const char *path;
	int r = list_class(reader, "bus/gpio/devices", "gpiochip", &chips);

	vec_for_each(path, &chips) {
		_cleanup_free_ char *what =
			str_format("the GPIO chip %s of keyboards", str_basename(path));

		if (r >= 0)
			r = what ? add_parents(reader, path, what, false) : -ENOMEM;
		if (r < 0)
			break;
	}
	return r;
}

static int add_keyboard(struct host_reader *reader, const char *path, bool is_essential)
{
	_cleanup_free_ char *what = make_name(reader, path);
	int r = what ? add_parents(reader, path, what, is_essential) : -ENOMEM;

	if (r >= 0 && (strstr(path, "/i2c-") || strstr(path, "/spi")))
		r = add_pins(reader);
	return r;
}

static int list_keyboards(const struct host_reader *reader, struct vec *paths)
{
	_cleanup_(cleanup_paths) struct vec inputs = { 0 };
	int r = list_class(reader, "class/input", "input", &inputs);

	for (size_t i = 0; r >= 0 && i < inputs.n_items; i++) {
		if (!is_keyboard(reader, inputs.items[i]))
			continue;
		r = vec_push(paths, inputs.items[i]);
		if (r >= 0)
			inputs.items[i] = NULL;
	}
	return r;
}

static bool asks_for_passphrase(const struct host_reader *reader)
{
	const struct host_volume *volume;

	vec_for_each(volume, &reader->host->volumes)
		if (volume->is_essential)
			return true;
	return false;
}

static int add_tpms(struct host_reader *reader)
{
	_cleanup_(cleanup_paths) struct vec tpms = { 0 };
	const char *path;
	int r = list_class(reader, "class/tpm", "tpm", &tpms);

	reader->host->has_tpm = tpms.n_items > 0;
	vec_for_each(path, &tpms) {
		_cleanup_free_ char *what = str_format("the TPM %s", str_basename(path));

		if (r >= 0)
			r = what ? add_parents(reader, path, what, false) : -ENOMEM;
		if (r < 0)
			break;
	}
	return r;
}

/* Virtual terminals have no hardware, and of a hypervisor's lines sysfs does not tell it. */
static int add_console(struct host_reader *reader, const char *name)
{
	_cleanup_free_ char *path = NULL, *what = NULL;
	int r = host_sysfs_follow(reader, "class/tty", name, &path);

	if (r < 0 || str_after_prefix(path, VIRTUAL))
		return r == -ENOMEM ? r : 0;
	what = str_format("the console %s", name);
	return what ? add_parents(reader, path, what, false) : -ENOMEM;
}

static int add_consoles(struct host_reader *reader)
{
	char names[HOST_ATTRIBUTE_MAX], *next = names, *name;
	int r = 0;

	(void)host_sysfs_read(reader, "class/tty/console", "active", names);
	while (r >= 0 && (name = strsep(&next, " ")))
		r = add_console(reader, name);
	return r;
}

int host_keyboard_add(struct host_reader *reader)
{
	_cleanup_(cleanup_paths) struct vec keyboards = { 0 };
	const char *path;
	int r = list_keyboards(reader, &keyboards);

	vec_for_each(path, &keyboards) {
		if (r < 0)
			break;
		r = add_keyboard(reader, path,
				 keyboards.n_items == 1 && asks_for_passphrase(reader));
	}
	if (r >= 0)
		r = add_consoles(reader);
	return r < 0 ? r : add_tpms(reader);
}
