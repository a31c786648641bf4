/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The goals of a boot and the only place where the parts meet: what stands on a block device goes
 * to the volumes, to the root and to who resumes. Policy is in step(), which runs after each batch
 * of events and looks at the state of all of them:
 *
 *	WAITING --resume settled, root and /usr mounted, volumes settled--> SWITCHING --> real init
 *	    \--time is up, or nothing can help any more--> EMERGENCY --> reboot
 */
#include "init/boot.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/submounts.h"
#include "init/ask-password.h"
#include "init/blockdev.h"
#include "init/boot-partition.h"
#include "init/breakpoints.h"
#include "init/child.h"
#include "init/console.h"
#include "init/discovery.h"
#include "init/emergency.h"
#include "init/fs-mount.h"
#include "init/fsck.h"
#include "init/goal-context.h"
#include "init/hand-over.h"
#include "init/loop.h"
#include "init/mapper.h"
#include "init/module-loader.h"
#include "init/mounts.h"
#include "init/pool.h"
#include "init/prompt.h"
#include "init/report.h"
#include "init/resume-goal.h"
#include "init/root-goal.h"
#include "init/root.h"
#include "init/shell.h"
#include "init/submounts.h"
#include "init/unlock.h"
#include "init/volumes.h"
#include "init/vt-setup.h"
#include "init/waiting.h"
#include "init/wanted-modules.h"

#define SYSFS "/sys"

enum boot_state {
	BOOT_WAITING,
	BOOT_SWITCHING,
	BOOT_EMERGENCY,
};

struct boot {
	const struct boot_config *config;
	char **argv;
	enum boot_state state;

	struct loop *loop;
	struct children *children;
	struct pool *pool;
	struct consoles *consoles;
	struct prompt *prompt;
	struct shell *shell;
	struct breakpoints *breakpoints;
	struct vt_setup *terminals;
	struct discovery *discovery;
	struct module_loader *modules;
	struct wanted_modules *wanted_modules;
	struct blockdevs *devices;
	struct boot_partition *boot_partition;
	struct unlock *unlock;
	struct volumes *volumes;
	struct goal_context context;
	struct resume_goal *resume_goal;
	struct fsck_context fsck;
	struct fs_mount_context mounting;
	struct root *root;
	struct root_goal *root_goal;
	struct submounts *submounts;
	struct waiting *waiting;

	bool is_looking; /* for devices: the first breakpoint is passed */
	bool is_late; /* time is up, and the root is there: who is awaited still is done without */
	bool offer_again; /* a volume is awaited whose device may be there already */
};

static void set_state(struct boot *boot, enum boot_state state, const char *why)
{
	static const char *const names[] = { "waiting", "switching", "emergency" };

	log_debug("boot: %s -> %s: %s", names[boot->state], names[state], why);
	boot->state = state;
}

static void begin_emergency(struct boot *boot, const char *reason)
{
	const struct report_sources sources = {
		.config = boot->config,
		.devices = boot->devices,
		.modules = boot->modules,
		.unlock = boot->unlock,
	};
	_cleanup_strbuf_ struct strbuf report = { 0 };

	if (boot->state == BOOT_EMERGENCY)
		return;
	set_state(boot, BOOT_EMERGENCY, reason);
	discovery_end(boot->discovery);
	waiting_end(boot->waiting);
	module_loader_stop(boot->modules);
	prompt_withdraw(boot->prompt);
	unlock_abandon(boot->unlock);
	submounts_abandon(boot->submounts);
	report_write(&sources, reason, &report);
	if (consoles_exist(boot->consoles))
		log_note(reason);
	else
		log_err("cannot continue: %s", reason);
	if (emergency_begin(boot->loop, boot->consoles, boot->shell, strbuf_string(&report),
			    boot->config) < 0)
		emergency_without_loop(reason, 0, boot->config);
}

/* Leaves the loop for the hand-over. The real root's udev loads the remaining modules. */
static void begin_switching(struct boot *boot, const char *why)
{
	set_state(boot, BOOT_SWITCHING, why);
	discovery_end(boot->discovery);
	module_loader_stop(boot->modules);
	loop_stop(boot->loop);
}

/* --- when the time is up --- */

/* The root is mounted: what is missing now need not be the end. */
static void stop_waiting(struct boot *boot)
{
	_cleanup_strbuf_ struct strbuf volumes = { 0 };

	submounts_give_up(boot->submounts);
	unlock_describe_awaited(boot->unlock, &volumes);
	if (volumes.size > 0 && !boot->is_late &&
	    submounts_get_state(boot->submounts) != SUBMOUNTS_FAILED)
		consoles_say(boot->consoles, "%s did not appear in time, going on without it",
			     strbuf_string(&volumes));
	boot->is_late = true;
}

/* Whether there is another root to look for. */
static bool fall_back(struct boot *boot)
{
	if (!root_goal_fall_back(boot->root_goal))
		return false;
	waiting_renew_after_failure(boot->waiting, boot->config->timeout_usec);
	return true;
}

static void on_patience_over(void *userdata)
{
	struct boot *boot = userdata;
	_cleanup_strbuf_ struct strbuf reason = { 0 };

	if (fall_back(boot))
		return;
	if (root_is_mounted(boot->root)) {
		stop_waiting(boot);
		return;
	}
	waiting_describe_end(boot->waiting, &reason);
	begin_emergency(boot, strbuf_string(&reason));
}

/* --- devices --- */

static void on_device_probed(void *userdata, struct blockdev *device)
{
	struct boot *boot = userdata;

	if (boot->state != BOOT_WAITING)
		return;
	if (device->dm_name)
		mapper_link(device->dm_name, device->sysname);
	root_goal_device_probed(boot->root_goal, device);
	resume_goal_device_probed(boot->resume_goal, device);
	submounts_device_probed(boot->submounts, device);
	unlock_device_appeared(boot->unlock, device);
}

static void on_device_removed(void *userdata, struct blockdev *device)
{
	struct boot *boot = userdata;

	unlock_device_removed(boot->unlock, device->node);
	root_goal_device_removed(boot->root_goal, device);
	resume_goal_device_removed(boot->resume_goal, device);
	submounts_device_removed(boot->submounts, device);
	if (device->dm_name)
		mapper_unlink(device->dm_name);
	boot->offer_again = true;
}

static void offer_to_unlock(void *userdata, struct blockdev *device)
{
	if (device->state == BLOCKDEV_PROBED)
		unlock_device_appeared(userdata, device);
}

/* Where a volume's device is gone, one that came second may take its place. */
static void offer_devices_again(struct boot *boot)
{
	if (boot->offer_again)
		blockdevs_for_each(boot->devices, offer_to_unlock, boot->unlock);
	boot->offer_again = false;
}

/* /dev/console may be another one now, or one at last; the real init will want it. */
static void on_consoles_opened(void *userdata)
{
	mounts_open_stdio();
}

static void on_keyboard(void *userdata, const char *keymap)
{
	struct boot *boot = userdata;

	consoles_set_keymap(boot->consoles, keymap);
	prompt_hold(boot->prompt, false);
}

/* --- the goals --- */

/* Nothing is under way that could still bring a device. */
static bool is_quiet(const struct boot *boot)
{
	return !discovery_is_walking(boot->discovery) && module_loader_is_idle(boot->modules) &&
	       blockdevs_is_idle(boot->devices) && pool_is_idle(boot->pool);
}

/* Whether devices that the kernel has shown are still to be read. */
static bool is_reading(const struct boot *boot)
{
	return discovery_is_walking(boot->discovery) || !blockdevs_is_idle(boot->devices);
}

/* It may be in a volume that nobody needed so far. */
static void on_submount_missing(void *userdata, const struct device_spec *spec)
{
	struct boot *boot = userdata;

	boot->offer_again |= volumes_want(boot->volumes, spec);
}

/* Waiting is of no use: it is in a volume that stays closed, or nobody said what it is. */
static bool root_cannot_come(const struct boot *boot)
{
	return root_goal_exists(boot->root_goal) ? root_goal_is_hopeless(boot->root_goal)
						 : is_quiet(boot);
}

/* A mount writes to the disk, also a read-only one, and then no image is true any more. */
static void step_root(struct boot *boot)
{
	bool may_mount = resume_goal_is_settled(boot->resume_goal);
	bool is_stopping = breakpoints_are_wanted(boot->breakpoints, BREAKPOINT_PRE_MOUNT);

	root_goal_step(boot->root_goal, is_reading(boot), may_mount && !is_stopping);
	if (may_mount && is_stopping && root_get_state(boot->root) == ROOT_PREPARING &&
	    breakpoints_pass(boot->breakpoints, BREAKPOINT_PRE_MOUNT))
		root_goal_step(boot->root_goal, is_reading(boot), true);
}

/* It has failed, or cannot come. */
static void give_up_root(struct boot *boot)
{
	_cleanup_strbuf_ struct strbuf reason = { 0 };

	if (fall_back(boot)) {
		step_root(boot);
		return;
	}
	if (root_get_state(boot->root) == ROOT_FAILED) {
		strbuf_append(&reason, root_get_reason(boot->root));
	} else if (!root_goal_exists(boot->root_goal)) {
		strbuf_append(&reason,
			      "the command line names no root device that can be looked for");
	} else {
		root_goal_describe(boot->root_goal, &reason);
		strbuf_append(&reason, " cannot appear: ");
		unlock_describe(boot->unlock, &reason);
	}
	begin_emergency(boot, strbuf_string(&reason));
}

/* What came before that, the walk finds. */
static bool may_look(struct boot *boot)
{
	if (boot->is_looking)
		return true;
	if (!breakpoints_pass(boot->breakpoints, BREAKPOINT_EARLY))
		return false;
	boot->is_looking = true;
	waiting_begin(boot->waiting);
	discovery_begin(boot->discovery);
	return true;
}

/* What else the root's fstab wants has all of the time for itself, however late the root was. */
static void mount_below_root(struct boot *boot)
{
	const struct submounts_root root = { root_get_node(boot->root), root_get_type(boot->root) };
	bool is_settled = is_quiet(boot) && unlock_is_settled(boot->unlock);

	if (submounts_get_state(boot->submounts) == SUBMOUNTS_IDLE) {
		waiting_renew(boot->waiting, boot->config->timeout_usec);
		submounts_begin(boot->submounts, &root);
	}
	submounts_step(boot->submounts, is_reading(boot), is_settled);
	switch (submounts_get_state(boot->submounts)) {
	case SUBMOUNTS_IDLE:
	case SUBMOUNTS_READING:
	case SUBMOUNTS_MOUNTING:
		break;
	case SUBMOUNTS_DONE:
		root_find_init(boot->root);
		break;
	case SUBMOUNTS_FAILED:
		begin_emergency(boot, submounts_get_reason(boot->submounts));
		break;
	}
}

/* Nothing that was asked for is still to come. */
static bool is_all_settled(const struct boot *boot)
{
	return unlock_is_settled(boot->unlock) && wanted_modules_are_settled(boot->wanted_modules);
}

static void step(void *userdata)
{
	struct boot *boot = userdata;

	if (boot->state != BOOT_WAITING)
		return;
	if (shell_is_open(boot->shell) || !may_look(boot)) {
		waiting_step(boot->waiting);
		return;
	}
	offer_devices_again(boot);
	resume_goal_step(boot->resume_goal, is_reading(boot), waiting_has_progress(boot->waiting));
	step_root(boot);
	unlock_step(boot->unlock);
	switch (root_get_state(boot->root)) {
	case ROOT_FAILED:
		give_up_root(boot);
		break;
	case ROOT_MOUNTED:
		if (breakpoints_pass(boot->breakpoints, BREAKPOINT_MOUNTED))
			mount_below_root(boot);
		break;
	case ROOT_READY:
		if ((!boot->is_late && !is_all_settled(boot)) ||
		    !breakpoints_pass(boot->breakpoints, BREAKPOINT_PRE_SWITCH))
			break;
		begin_switching(boot, "all is mounted");
		return;
	case ROOT_AWAITED:
		if (resume_goal_is_settled(boot->resume_goal) && root_cannot_come(boot))
			give_up_root(boot);
		break;
	case ROOT_PREPARING:
	case ROOT_MOUNTING:
	case ROOT_SEARCHED:
		break;
	}
	if (boot->state == BOOT_WAITING)
		waiting_step(boot->waiting);
}

/* Gives up everything, from the last made to the first. */
static void boot_done(struct boot *boot)
{
	boot->waiting = waiting_free(boot->waiting);
	boot->root_goal = root_goal_free(boot->root_goal);
	boot->resume_goal = resume_goal_free(boot->resume_goal);
	boot->submounts = submounts_free(boot->submounts);
	boot->root = root_free(boot->root);
	boot->volumes = volumes_free(boot->volumes);
	boot->unlock = unlock_free(boot->unlock);
	boot->discovery = discovery_free(boot->discovery);
	boot->boot_partition = boot_partition_free(boot->boot_partition);
	boot->devices = blockdevs_free(boot->devices);
	boot->wanted_modules = wanted_modules_free(boot->wanted_modules);
	boot->modules = module_loader_free(boot->modules);
	boot->terminals = vt_setup_free(boot->terminals);
	boot->breakpoints = breakpoints_free(boot->breakpoints);
	boot->shell = shell_free(boot->shell);
	boot->prompt = prompt_free(boot->prompt);
	boot->consoles = consoles_free(boot->consoles);
	boot->pool = pool_free(boot->pool);
	boot->children = children_free(boot->children);
	boot->loop = loop_free(boot->loop);
}

static _noreturn_ void become_init(struct boot *boot)
{
	_cleanup_free_ char *init = strdup(root_get_init(boot->root));

	hand_over_note_devices(boot->devices);
	boot_done(boot);
	hand_over(init ? init : "/sbin/init", boot->argv, boot->config);
}

/* --- construction --- */

static int set_up_loop(struct boot *boot)
{
	int r;

	r = loop_new(&boot->loop);
	if (r >= 0)
		r = children_new(boot->loop, &boot->children);
	if (r >= 0)
		r = pool_start(boot->pool, boot->loop, boot->children);
	if (r >= 0)
		loop_set_hook(boot->loop, step, boot);
	return r;
}

static int set_up_mounting(struct boot *boot)
{
	boot->fsck = (struct fsck_context){
		.loop = boot->loop,
		.children = boot->children,
		.consoles = boot->consoles,
		.mode = boot->config->fsck_mode,
		.repair = boot->config->fsck_repair,
	};
	boot->mounting = (struct fs_mount_context){
		.pool = boot->pool,
		.modules = boot->modules,
		.fsck = &boot->fsck,
	};
	return root_new(&boot->mounting, boot->config, &boot->root);
}

static int set_up_goals(struct boot *boot)
{
	int r;

	r = consoles_new(boot->loop, SYSFS, boot->config->console, on_consoles_opened, boot,
			 &boot->consoles);
	if (r >= 0)
		r = prompt_new(boot->loop, boot->consoles, ASK_PASSWORD_DIRECTORY, &boot->prompt);
	if (r >= 0)
		r = shell_new(boot->children, boot->consoles, boot->config->shell_enabled,
			      &boot->shell);
	if (r >= 0)
		r = breakpoints_new(boot->shell, boot->consoles, boot->prompt,
				    boot->config->breakpoints, &boot->breakpoints);
	(void)wanted_modules_forbid(boot->config, "");
	if (r >= 0)
		r = vt_setup_new(boot->pool, "", &boot->config->vconsole,
				 consoles_get_terminals(boot->consoles), on_keyboard, boot,
				 &boot->terminals);
	if (r >= 0)
		r = module_loader_new(boot->pool, &boot->modules);
	if (r >= 0)
		r = wanted_modules_new(boot->modules, boot->config, "", &boot->wanted_modules);
	if (r >= 0)
		r = unlock_new(boot->loop, boot->children, boot->consoles, boot->prompt,
			       boot->modules, &boot->unlock);
	if (r >= 0)
		r = volumes_new(boot->unlock, boot->config, "", &boot->volumes);
	if (r >= 0)
		r = set_up_mounting(boot);
	return r;
}

static int set_up_searches(struct boot *boot)
{
	int r = boot_partition_new(boot->pool, SYSFS, &boot->boot_partition);

	boot->context = (struct goal_context){
		.loop = boot->loop,
		.pool = boot->pool,
		.consoles = boot->consoles,
		.unlock = boot->unlock,
		.volumes = boot->volumes,
		.devices = boot->devices,
		.boot_partition = boot->boot_partition,
		.sysfs = SYSFS,
		.config = boot->config,
	};
	if (r >= 0)
		r = root_goal_new(&boot->context, boot->root, &boot->root_goal);
	if (r >= 0)
		r = submounts_new(&boot->context, &boot->mounting, on_submount_missing, boot,
				  &boot->submounts);
	if (r >= 0)
		r = resume_goal_new(&boot->context, &boot->resume_goal);
	return r;
}

static int set_up_discovery(struct boot *boot)
{
	const struct discovery_parts parts = {
		.loop = boot->loop,
		.sysfs = SYSFS,
		.modules = boot->modules,
		.devices = boot->devices,
		.consoles = boot->consoles,
		.terminals = boot->terminals,
		.unlock = boot->unlock,
		.root_goal = boot->root_goal,
	};

	return discovery_new(&parts, &boot->discovery);
}

static int set_up_devices(struct boot *boot)
{
	static const struct blockdevs_ops blockdevs_ops = {
		.on_probed = on_device_probed,
		.on_removed = on_device_removed,
	};
	int r;

	r = blockdevs_new(boot->pool, SYSFS, &blockdevs_ops, boot, &boot->devices);
	if (r >= 0)
		r = set_up_searches(boot);
	if (r >= 0 && volumes_have_udev_names(boot->volumes))
		blockdevs_want_names(boot->devices);
	if (r >= 0)
		r = set_up_discovery(boot);
	return r;
}

static int set_up_waiting(struct boot *boot)
{
	const struct waiting_parts parts = {
		.loop = boot->loop,
		.consoles = boot->consoles,
		.prompt = boot->prompt,
		.shell = boot->shell,
		.devices = boot->devices,
		.unlock = boot->unlock,
		.resume_goal = boot->resume_goal,
		.root = boot->root,
		.root_goal = boot->root_goal,
		.submounts = boot->submounts,
	};

	return waiting_new(&parts, boot->config->timeout_usec, on_patience_over, boot,
			   &boot->waiting);
}

_noreturn_ void boot_run(const struct boot_config *config, struct pool *pool, char **argv)
{
	struct boot boot = {
		.config = config,
		.argv = argv,
		.pool = pool,
	};
	int r;

	r = set_up_loop(&boot);
	if (r >= 0)
		r = set_up_goals(&boot);
	if (r >= 0)
		r = set_up_devices(&boot);
	if (r >= 0)
		r = set_up_waiting(&boot);
	if (r < 0)
		emergency_without_loop("cannot set up /init", r, config);

	prompt_hold(boot.prompt, true);
	vt_setup_start(boot.terminals);
	while (boot.state != BOOT_SWITCHING) {
		r = loop_run(boot.loop);
		if (r < 0)
			emergency_without_loop("the event loop failed", r, config);
	}
	become_init(&boot);
}
