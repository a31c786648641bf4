/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which places count, and who says where they are. What is mounted now is the best witness; fstab
 * comes next, as the machine may be built in a chroot, and the command line of the next boot last,
 * if that is known. What a later witness names besides is taken as well, since it may be what the
 * next boot will use, but is not essential then.
 */
#include "image/host/host-goals.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/cmdline.h"
#include "config/fstab.h"
#include "image/host/host-boot-line.h"
#include "image/host/host-mounts.h"
#include "image/host/host-needs.h"
#include "image/host/host-resume.h"
#include "image/host/host-swaps.h"

struct goals {
	struct host_reader *reader;
	struct host_boot_line line; /* of the next boot, and what it says */
	struct boot_config config;
	bool has_root, has_usr; /* it is known what they are on */
	bool is_root_noted;     /* a note says why that of root is not */
};

static int note_absent(struct goals *goals, const char *what, const char *spec, const char *witness)
{
	goals->is_root_noted |= str_equal(what, "/");
	return host_add_absence(goals->reader->host, what, spec, witness);
}

/* With ostree, the root that is mounted hides the file system that it is made of. */
static int add_mounted(struct goals *goals)
{
	const struct host_goal root = { "/", true }, usr = { "/usr", true };
	int r = host_mounts_add(goals->reader, "/", &root);

	if (r == 0)
		r = host_mounts_add(goals->reader, "/sysroot", &root);
	goals->has_root = r > 0;
	goals->is_root_noted = goals->reader->host->gaps.n_items > 0;
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

static int add_fstab_mount(struct goals *goals, const struct fstab_entry *entry)
{
	bool is_root = str_equal(entry->path, "/"), is_usr = str_equal(entry->path, "/usr");
	struct host_goal goal = { entry->path, true };
	int r;

	if (!is_root && !is_usr && !entry->initrd_mount)
		return 0;
	if (entry->is_bind)
		return 0;
	if (is_root || is_usr)
		goal.is_essential = is_root ? !goals->has_root : !goals->has_usr;
	r = host_mounts_add_spec(goals->reader, entry->source, entry->type, &goal);
	if (r > 0) {
		goals->has_root |= is_root;
		goals->has_usr |= is_usr;
	} else if (r == 0 && goal.is_essential) {
		r = note_absent(goals, entry->path, entry->source, "fstab");
	}
	return r;
}

static int add_fstab_entries(struct goals *goals, const struct fstab *fstab)
{
	const struct fstab_entry *entry;
	const char *warning;
	int r = 0;

	vec_for_each(warning, &fstab->warnings) {
		if (r >= 0)
			r = host_add_note(goals->reader->host, "%s", warning);
	}
	vec_for_each(entry, &fstab->entries) {
		if (r < 0)
			break;
		r = str_equal(entry->type, "swap") ? add_swap(goals, entry->source)
						   : add_fstab_mount(goals, entry);
	}
	return r < 0 ? r : 0;
}

static int add_fstab(struct goals *goals)
{
	_cleanup_free_ char *text = NULL;
	struct fstab fstab;
	int r = host_reader_read_file(goals->reader, "/etc/fstab", &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = fstab_parse(text, &fstab);
	if (r >= 0)
		r = add_fstab_entries(goals, &fstab);
	fstab_done(&fstab);
	return r;
}

/* Asked only if nobody else knew. */
static int add_root_parameter(struct goals *goals)
{
	const struct host_goal root = { "/", true };
	const struct boot_config *config = &goals->config;
	const char *type = config->rootfstype ? config->rootfstype : "auto";
	int r;

	if (goals->has_root || config->root.kind == DEVICE_SPEC_NONE ||
	    config->root.kind == DEVICE_SPEC_GPT_AUTO)
		return 0;
	if (config->root.kind == DEVICE_SPEC_VIRTIOFS)
		type = "virtiofs";
	else if (config->root.kind == DEVICE_SPEC_9P)
		type = "9p";
	r = host_mounts_add_spec(goals->reader, config->root.text, type, &root);
	if (r == 0)
		r = note_absent(goals, "/", config->root.text, goals->line.noun);
	else if (r > 0)
		goals->has_root = true;
	return r < 0 ? r : 0;
}

static int add_swap_in_use(struct goals *goals, const struct host_swap *swap)
{
	const struct host_goal goal = { "the swap area", false };

	return swap->is_file ? host_mounts_add_file(goals->reader, swap->path, &goal)
			     : add_swap(goals, swap->path);
}

static int add_swaps(struct goals *goals)
{
	const struct host_swap *swap;
	struct vec swaps;
	int r = host_swaps_read(goals->reader, &swaps);

	vec_for_each(swap, &swaps) {
		if (r >= 0)
			r = add_swap_in_use(goals, swap);
	}
	host_swaps_done(&swaps);
	return MIN(r, 0);
}

static int note_root(const struct goals *goals)
{
	if (goals->has_root || goals->is_root_noted || !goals->reader->host->has_sysfs)
		return 0;
	return host_add_gap(goals->reader->host, true,
			    "neither mountinfo, fstab nor the command line tells which device / is "
			    "on, so the image gets only the drivers of common disks");
}

static int add_all(struct goals *goals)
{
	int r = add_mounted(goals);

	if (r >= 0)
		r = host_resume_add(goals->reader, &goals->line, &goals->config);
	if (r >= 0)
		r = add_fstab(goals);
	if (r >= 0)
		r = add_root_parameter(goals);
	if (r >= 0)
		r = add_swaps(goals);
	return r < 0 ? r : note_root(goals);
}

int host_goals_add(struct host_reader *reader)
{
	struct goals goals = { .reader = reader };
	int r = host_boot_line_read(reader, &goals.line);

	if (r >= 0)
		r = cmdline_parse(goals.line.text ? goals.line.text : "", &goals.config);
	if (r >= 0)
		r = add_all(&goals);
	boot_config_done(&goals.config);
	host_boot_line_done(&goals.line);
	return r;
}
