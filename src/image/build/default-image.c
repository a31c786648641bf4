/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How distributions call the image of a kernel. A boot loader's menu was made for one of these
 * names, so that the one that is there already is the right one, whatever the distribution says.
 */
#include "image/build/default-image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define OS_RELEASE_MAX (64 * 1024)

/* What stands for a name's variable part. */
enum name_key {
	KEY_KVER,
	KEY_PKGBASE, /* of Arch Linux: the kernel's package, the same for all its versions */
};

static const struct name {
	enum name_key key;
	const char *before, *after;
	const char *distributions; /* their ID or ID_LIKE in os-release, comma-separated */
} names[] = {
	{ KEY_KVER, "initrd.img-", "", "debian,ubuntu" },
	{ KEY_PKGBASE, "initramfs-", ".img", "arch" },
	{ KEY_KVER, "initramfs-", ".img", "fedora,rhel,centos,gentoo,mageia,void" },
	{ KEY_KVER, "initrd-", "", "suse,opensuse,sles" },
};

/* Where systemd's kernel-install(8) puts images, below MACHINE-ID/KVER. */
static const char *const boot_entries[] = { "/efi", "/boot", "/boot/efi" };

/* What the names are made of. */
struct machine {
	const struct sysroot *sysroot;
	const char *kver;
	char *pkgbase;    /* NULL if the kernel has none */
	char *machine_id; /* NULL if there is none */
	char *boot;       /* /boot as this process reaches it */
};

static void machine_done(struct machine *machine)
{
	free(machine->pkgbase);
	free(machine->machine_id);
	free(machine->boot);
}

/* The only line of a file in the sysroot; NULL if it cannot be read or could not be in a path. */
static char *read_word(const struct sysroot *sysroot, const char *path)
{
	_cleanup_free_ char *real = NULL;
	char word[NAME_MAX + 1];

	if (sysroot_resolve(sysroot, path, &real) < 0 ||
	    file_read_attribute(AT_FDCWD, real, word, sizeof(word)) <= 0 || strchr(word, '/') ||
	    word[0] == '.')
		return NULL;
	return strdup(word);
}

static int machine_init(struct machine *machine, const struct sysroot *sysroot, const char *kver)
{
	_cleanup_free_ char *pkgbase_path = str_format("/usr/lib/modules/%s/pkgbase", kver);
	int r;

	*machine = (struct machine){ .sysroot = sysroot, .kver = kver };
	if (!pkgbase_path)
		return -ENOMEM;
	machine->pkgbase = read_word(sysroot, pkgbase_path);
	machine->machine_id = read_word(sysroot, "/etc/machine-id");
	r = sysroot_resolve(sysroot, "/boot", &machine->boot);
	if (r >= 0 || r == -ENOMEM)
		return r;
	machine->boot = str_format("%s/boot", sysroot->path);
	return machine->boot ? 0 : -ENOMEM;
}

/* 0, -ENOENT if this kernel has no such name, or -ENOMEM. */
static int format_name(const struct machine *machine, const struct name *name, char **ret_path)
{
	const char *key = name->key == KEY_PKGBASE ? machine->pkgbase : machine->kver;

	if (!key)
		return -ENOENT;
	*ret_path = str_format("%s/%s%s%s", machine->boot, name->before, key, name->after);
	return *ret_path ? 0 : -ENOMEM;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* 0, -ENOENT if there is no such image, or -ENOMEM. */
static int find_boot_entry(const struct machine *machine, const char *directory, char **ret_path)
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	int r;

	if (!machine->machine_id)
		return -ENOENT;
	path = str_format("%s/%s/%s/initrd", directory, machine->machine_id, machine->kver);
	if (!path)
		return -ENOMEM;
	r = sysroot_resolve(machine->sysroot, path, &real);
	if (r < 0 || !is_file(real))
		return r == -ENOMEM ? r : -ENOENT;
	*ret_path = TAKE_PTR(real);
	return 0;
}

/* The first of the known names that an image has. 0, -ENOENT, -ENOMEM. */
static int find_existing(const struct machine *machine, char **ret_path)
{
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = NULL;

		r = format_name(machine, &names[i], &path);
		if (r == 0 && !is_file(path))
			r = -ENOENT;
		if (r == 0)
			*ret_path = TAKE_PTR(path);
	}
	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(boot_entries); i++)
		r = find_boot_entry(machine, boot_entries[i], ret_path);
	return r;
}

/*
 * The value of @key in os-release(5), a file of shell assignments, cut out of @text: NULL if it is
 * not there. The values that matter here are words without escapes.
 */
static char *get_os_release(char *text, const char *key)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *value = (char *)str_after_prefix(line, key);
		size_t size;

		if (!value || *value++ != '=')
			continue;
		value += strspn(value, "\"'");
		size = strcspn(value, "\"'\r");
		value[size] = '\0';
		return value;
	}
	return NULL;
}

/* The custom of the first of the distributions in @ids, which is cut into words, that has one. */
static const struct name *find_custom(char *ids)
{
	char *word;

	while ((word = strsep(&ids, " ")))
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (str_list_has(names[i].distributions, word))
				return &names[i];
	return NULL;
}

/* The value of @key; NULL if there is none, or no memory for it. */
static char *read_os_release(const struct sysroot *sysroot, const char *key)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *real = NULL, *text = NULL;
		const char *value;
		size_t size;

		if (sysroot_resolve(sysroot, paths[i], &real) < 0 ||
		    file_read(real, OS_RELEASE_MAX, &text, &size) < 0)
			continue;
		value = get_os_release(text, key);
		return value ? strdup(value) : NULL;
	}
	return NULL;
}

/* How the distribution names its images; Debian's way where none is known. */
static const struct name *get_custom(const struct sysroot *sysroot)
{
	static const char *const keys[] = { "ID", "ID_LIKE" };
	const struct name *name = NULL;

	for (size_t i = 0; !name && i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *ids = read_os_release(sysroot, keys[i]);

		name = find_custom(ids);
	}
	return name ? name : &names[0];
}

int default_image_name(const struct sysroot *sysroot, const char *kver, char **ret_path)
{
	_cleanup_(machine_done) struct machine machine;
	int r;

	r = machine_init(&machine, sysroot, kver);
	if (r >= 0)
		r = find_existing(&machine, ret_path);
	if (r == -ENOENT)
		r = format_name(&machine, get_custom(sysroot), ret_path);
	/* A kernel of the user's own on Arch: not the name of the distribution's kernel. */
	if (r == -ENOENT) {
		*ret_path = str_format("%s/initramfs-%s.img", machine.boot, kver);
		r = *ret_path ? 0 : -ENOMEM;
	}
	return r;
}

/* After an upgrade of a running Arch, nothing tells any more what its kernel's package was. */
static int find_orphan(const struct machine *machine, char **ret_path)
{
	_cleanup_free_ char *path = NULL;

	if (machine->pkgbase)
		return -ENOENT;
	path = str_format("%s/initramfs-linux.img", machine->boot);
	if (!path || !is_file(path))
		return path ? -ENOENT : -ENOMEM;
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int find_in(const struct sysroot *sysroot, const char *kver, bool is_running,
		   char **ret_path)
{
	_cleanup_(machine_done) struct machine machine;
	int r;

	r = machine_init(&machine, sysroot, kver);
	if (r >= 0)
		r = find_existing(&machine, ret_path);
	if (r == -ENOENT && is_running)
		r = find_orphan(&machine, ret_path);
	return r;
}

int default_image_find(const char *kver, char **ret_path)
{
	_cleanup_(sysroot_close) struct sysroot sysroot = SYSROOT_NONE;
	bool is_running = !kver;
	struct utsname running;
	int r;

	if (is_running) {
		if (uname(&running) < 0)
			return log_err_errno(-errno, "cannot tell which kernel is running; say "
						     "which image it is to be");
		kver = running.release;
	}
	r = sysroot_open(NULL, &sysroot);
	if (r >= 0)
		r = find_in(&sysroot, kver, is_running, ret_path);
	if (r == -ENOENT)
		log_err("there is no image of kernel %s in /boot under a usual name; say which "
			"image it is to be",
			kver);
	return r;
}
