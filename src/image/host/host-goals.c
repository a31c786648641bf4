/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which places count, and who says where they are. What is mounted now is the best witness; fstab
 * comes next, as the machine may be built in a chroot, and the command line last, of which a chroot
 * may have the one that its installer was started with. What a later witness names besides is taken
 * as well, since it may be what the next boot will use, but is not essential then.
 */
#include "image/host/host-goals.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/host/host-block.h"
#include "image/host/host-mounts.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"

#define FSTAB_LINE_MAX 4096

/* The command lines that may be the one of the next boot, the likelier first. */
static const char *const command_lines[] = {
	"/etc/kernel/cmdline",
	"/usr/lib/kernel/cmdline",
	"/proc/cmdline",
};

struct goals {
	struct host_reader *reader;
	bool has_root, has_usr; /* it is known what they are on */
	bool is_root_noted;     /* a note says why that of root is not */
};

/* The next word of the kernel's command line, without quotes; NULL at the end of what is its own.
 */
static char *next_word(const char **text)
{
	_cleanup_strbuf_ struct strbuf word = { 0 };
	bool is_quoted = false;
	const char *next = *text + strspn(*text, " \t\n");

	if (!*next)
		return NULL;
	for (; *next && (is_quoted || !strchr(" \t\n", *next)); next++) {
		if (*next == '"')
			is_quoted = !is_quoted;
		else
			strbuf_append_bytes(&word, next, 1);
	}
	*text = next;
	return strbuf_steal(&word);
}

/* The last value of a parameter, or NULL. */
static char *find_parameter(const char *text, const char *key)
{
	char *word, *value = NULL;

	while ((word = next_word(&text)) && !str_equal(word, "--")) {
		const char *rest = str_after_prefix(word, key);

		if (rest && *rest == '=') {
			free(value);
			value = strdup(rest + 1);
		}
		free(word);
	}
	free(word);
	return value;
}

/* The same in the first command line that has it. */
static char *find_parameter_in_files(const struct host_reader *reader, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(command_lines); i++) {
		_cleanup_free_ char *text = NULL;
		char *value;

		if (host_reader_read_file(reader, command_lines[i], &text) < 0)
			continue;
		value = find_parameter(text, key);
		if (value)
			return value;
	}
	return NULL;
}

static int note_absent(struct goals *goals, const char *what, const char *spec, const char *witness)
{
	goals->is_root_noted |= str_equal(what, "/");
	if (!goals->reader->host->has_sysfs)
		return 0;
	return host_add_note(goals->reader->host,
			     "%s is on %s according to %s, but there is no such device here now, "
			     "so what it needs is not known",
			     what, spec, witness);
}

/* With ostree, the root that is mounted hides the file system that it is made of. */
static int add_mounted(struct goals *goals)
{
	const struct host_goal root = { "/", true }, usr = { "/usr", true };
	int r = host_mounts_add(goals->reader, "/", &root);

	if (r == 0)
		r = host_mounts_add(goals->reader, "/sysroot", &root);
	goals->has_root = r > 0;
	goals->is_root_noted = goals->reader->host->notes.n_items > 0;
	if (r >= 0)
		r = host_mounts_add(goals->reader, "/usr", &usr);
	goals->has_usr = r > 0;
	return r < 0 ? r : 0;
}

static int add_swap(struct goals *goals, const char *spec)
{
	return host_mounts_add_spec(goals->reader, spec, "swap",
				    &(struct host_goal){ "the swap area", false });
}

static int add_fstab_mount(struct goals *goals, const struct mntent *entry)
{
	bool is_root = str_equal(entry->mnt_dir, "/"), is_usr = str_equal(entry->mnt_dir, "/usr");
	struct host_goal goal = { entry->mnt_dir, true };
	int r;

	if (!is_root && !is_usr && !hasmntopt(entry, "x-initrd.mount"))
		return 0;
	if (hasmntopt(entry, "bind") || hasmntopt(entry, "rbind"))
		return 0;
	if (is_root || is_usr)
		goal.is_essential = is_root ? !goals->has_root : !goals->has_usr;
	r = host_mounts_add_spec(goals->reader, entry->mnt_fsname, entry->mnt_type, &goal);
	if (r > 0) {
		goals->has_root |= is_root;
		goals->has_usr |= is_usr;
	} else if (r == 0 && goal.is_essential) {
		r = note_absent(goals, entry->mnt_dir, entry->mnt_fsname, "fstab");
	}
	return r;
}

static int add_fstab_entry(struct goals *goals, const struct mntent *entry)
{
	if (str_equal(entry->mnt_type, "swap"))
		return add_swap(goals, entry->mnt_fsname);
	return add_fstab_mount(goals, entry);
}

static int add_fstab(struct goals *goals)
{
	_cleanup_free_ char *text = NULL, *line = malloc(FSTAB_LINE_MAX);
	struct mntent entry;
	FILE *file;
	int r = host_reader_read_file(goals->reader, "/etc/fstab", &text);

	if (!line || r == -ENOMEM)
		return -ENOMEM;
	if (r < 0 || !*text)
		return 0;
	file = fmemopen(text, strlen(text), "r");
	if (!file)
		return -ENOMEM;
	while (r >= 0 && getmntent_r(file, &entry, line, FSTAB_LINE_MAX))
		r = add_fstab_entry(goals, &entry);
	(void)fclose(file);
	return r < 0 ? r : 0;
}

/* Asked only if nobody else knew. */
static int add_root_parameter(struct goals *goals)
{
	const struct host_goal root = { "/", true };
	_cleanup_free_ char *spec = NULL, *type = NULL;
	int r;

	if (goals->has_root)
		return 0;
	spec = find_parameter_in_files(goals->reader, "root");
	if (!spec)
		return 0;
	type = find_parameter_in_files(goals->reader, "rootfstype");
	r = host_mounts_add_spec(goals->reader, spec, type ? type : "auto", &root);
	if (r == 0)
		r = note_absent(goals, "/", spec, "the kernel's command line");
	else if (r > 0)
		goals->has_root = true;
	return r;
}

/*
 * Filename  Type  Size  Used  Priority: the first line is a heading. What is in memory or in a file
 * by its path is not a device that is there at the next start by that name.
 */
static int add_swap_line(struct goals *goals, char *line)
{
	const struct host_goal goal = { "the swap area", false };
	const char *path = strsep(&line, " \t"), *type;

	if (!line || path[0] != '/' || str_after_prefix(path, "/dev/zram"))
		return 0;
	type = line + strspn(line, " \t");
	return str_after_prefix(type, "file") ? host_mounts_add_file(goals->reader, path, &goal)
					      : add_swap(goals, path);
}

static int add_swaps(struct goals *goals)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = host_reader_read_file(goals->reader, "/proc/swaps", &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (rest = text; r >= 0 && (line = strsep(&rest, "\n"));)
		r = add_swap_line(goals, line);
	return r < 0 ? r : 0;
}

static int add_resume(struct goals *goals)
{
	static const char *const ciphers[] = { "crypto-lz4", "crypto-lzo" };
	const struct host_goal goal = { "the swap area to resume from", true };
	_cleanup_free_ char *spec = find_parameter_in_files(goals->reader, "resume");
	int r;

	if (!spec)
		return 0;
	r = host_mounts_add_spec(goals->reader, spec, "swap", &goal);
	if (r == 0)
		r = note_absent(goals, goal.what, spec, "the kernel's command line");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(ciphers); i++)
		r = host_add_need(goals->reader->host, HOST_NEED_ALIAS, ciphers[i], NULL, false,
				  "a hibernated system may be compressed so");
	return r < 0 ? r : 0;
}

static int note_root(const struct goals *goals)
{
	if (goals->has_root || goals->is_root_noted || !goals->reader->host->has_sysfs)
		return 0;
	return host_add_note(goals->reader->host,
			     "neither mountinfo, fstab nor the kernel's command line tells which "
			     "device / is on, so the image gets only the drivers of common disks");
}

int host_goals_add(struct host_reader *reader)
{
	struct goals goals = { .reader = reader };
	int r = add_mounted(&goals);

	if (r >= 0)
		r = add_resume(&goals);
	if (r >= 0)
		r = add_fstab(&goals);
	if (r >= 0)
		r = add_root_parameter(&goals);
	if (r >= 0)
		r = add_swaps(&goals);
	return r < 0 ? r : note_root(&goals);
}
