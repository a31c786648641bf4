/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The goals of a boot and the only place where the parts meet: what a device says goes to the
 * module loader, a block device to the registry, its tags to the volumes and to the root. Policy
 * is in step(), which runs after each batch of events and looks at the state of all of them:
 *
 *	WAITING --resume settled, root and /usr mounted, volumes settled--> SWITCHING --> real init
 *	    \--time is up, or nothing can help any more--> EMERGENCY --> reboot
 *
 * Waiting has one deadline. It stands still while a question is open and while a device is making
 * progress: whoever types slowly has done nothing wrong.
 */
#include "init/boot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/submounts.h"
#include "init/blockdev.h"
#include "init/boot-partition.h"
#include "init/breakpoints.h"
#include "init/child.h"
#include "init/coldplug.h"
#include "init/console.h"
#include "init/emergency.h"
#include "init/fs-mount.h"
#include "init/fsck.h"
#include "init/goal-context.h"
#include "init/loop.h"
#include "init/mapper.h"
#include "init/module-loader.h"
#include "init/patience.h"
#include "init/pool.h"
#include "init/prompt.h"
#include "init/report.h"
#include "init/resume-goal.h"
#include "init/root-goal.h"
#include "init/root.h"
#include "init/shell.h"
#include "init/submounts.h"
#include "init/switch-root.h"
#include "init/trace.h"
#include "init/uevent.h"
#include "init/unlock.h"
#include "init/volumes.h"
#include "init/vt-setup.h"
#include "init/wanted-modules.h"
#include "kindling/image-layout.h"

#define SYSFS                       "/sys"
#define FIRST_PROGRESS_USEC         (5 * USEC_PER_SEC)
#define PROGRESS_INTERVAL_USEC      (10 * USEC_PER_SEC)
#define PATIENCE_AFTER_FAILURE_USEC (30 * USEC_PER_SEC)

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
	struct uevent_monitor *uevents;
	struct coldplug *coldplug;
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

	bool is_looking; /* for devices: the first breakpoint is passed */
	bool is_late; /* time is up, and the root is there: who is awaited still is done without */
	bool offer_again; /* a volume is awaited whose device may be there already */
	bool resyncing;   /* coldplug is walking because events were lost */
	bool walk_again;  /* and more were lost meanwhile */

	struct patience *patience; /* rd.timeout= */
	struct loop_timer *progress;
	uint64_t waiting_since_usec;
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
	patience_set_running(boot->patience, false);
	loop_timer_stop(boot->progress);
	module_loader_stop(boot->modules);
	prompt_withdraw(boot->prompt);
	unlock_abandon(boot->unlock);
	submounts_abandon(boot->submounts);
	report_write(&sources, reason, &report);
	if (consoles_count(boot->consoles) > 0)
		log_note(reason);
	else
		log_err("cannot continue: %s", reason);
	if (emergency_begin(boot->loop, boot->consoles, boot->shell, strbuf_string(&report),
			    boot->config) < 0)
		emergency_without_loop(reason, boot->config);
}

/* Leaves the loop for the hand-over. The real root's udev loads the remaining modules. */
static void begin_switching(struct boot *boot, const char *why)
{
	set_state(boot, BOOT_SWITCHING, why);
	module_loader_stop(boot->modules);
	loop_stop(boot->loop);
}

/* --- what is awaited, and for how long --- */

static void describe_awaited(const struct boot *boot, struct strbuf *buf)
{
	if (unlock_is_busy(boot->unlock)) {
		unlock_describe_awaited(boot->unlock, buf);
		return;
	}
	resume_goal_describe_awaited(boot->resume_goal, buf);
	if (buf->size > 0 && root_get_state(boot->root) == ROOT_AWAITED)
		strbuf_append(buf, ", ");
	if (root_get_state(boot->root) != ROOT_AWAITED) {
		/* Or it is ready, and waits for what was told already. */
		if (resume_goal_is_settled(boot->resume_goal))
			root_describe(boot->root, buf);
		submounts_describe(boot->submounts, buf);
	} else if (root_goal_exists(boot->root_goal)) {
		root_goal_describe(boot->root_goal, buf);
	} else {
		strbuf_append(buf, "drivers to load");
	}
	unlock_describe_awaited(boot->unlock, buf);
	if (buf->size == 0)
		strbuf_append(buf, "the modules that are asked for by name");
}

static void on_progress(void *userdata)
{
	struct boot *boot = userdata;
	_cleanup_strbuf_ struct strbuf awaited = { 0 };
	uint64_t waited_usec = clock_now_usec() - boot->waiting_since_usec;

	loop_timer_start(boot->progress, PROGRESS_INTERVAL_USEC);
	if (prompt_is_open(boot->prompt) || shell_is_open(boot->shell))
		return;
	describe_awaited(boot, &awaited);
	consoles_say(boot->consoles, "waiting for %s (%u s)", strbuf_string(&awaited),
		     (unsigned int)(waited_usec / USEC_PER_SEC));
}

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
	patience_renew(boot->patience,
		       MIN(boot->config->timeout_usec, PATIENCE_AFTER_FAILURE_USEC));
	return true;
}

static void on_patience_over(void *userdata)
{
	struct boot *boot = userdata;
	_cleanup_strbuf_ struct strbuf awaited = { 0 };
	char reason[512];

	if (fall_back(boot))
		return;
	if (root_is_mounted(boot->root)) {
		stop_waiting(boot);
		return;
	}
	describe_awaited(boot, &awaited);
	(void)snprintf(reason, sizeof(reason), "waited %u s for %s",
		       (unsigned int)(boot->config->timeout_usec / USEC_PER_SEC),
		       strbuf_string(&awaited));
	begin_emergency(boot, reason);
}

/* Each of these is bounded by itself, or by the patience of whoever sits at the console. */
static bool is_making_progress(const struct boot *boot)
{
	return prompt_is_open(boot->prompt) || shell_is_open(boot->shell) ||
	       !blockdevs_is_idle(boot->devices) || unlock_is_busy(boot->unlock) ||
	       resume_goal_is_busy(boot->resume_goal) ||
	       root_get_state(boot->root) == ROOT_MOUNTING ||
	       root_get_state(boot->root) == ROOT_SEARCHED ||
	       submounts_are_progressing(boot->submounts);
}

/* While somebody is asked, nobody waits for us: what comes after that is told from its own start.
 */
static void update_progress(struct boot *boot)
{
	if (!prompt_is_open(boot->prompt) && !shell_is_open(boot->shell))
		return;
	boot->waiting_since_usec = clock_now_usec();
	loop_timer_start(boot->progress, FIRST_PROGRESS_USEC);
}

/* Lets the deadline's clock run only while there is nothing to do but wait. */
static void update_patience(struct boot *boot)
{
	/* What is awaited probably was seen, and is of no use; but another disk may be slow. */
	if (unlock_has_failed(boot->unlock, NULL) || root_goal_is_in_doubt(boot->root_goal) ||
	    submounts_are_in_doubt(boot->submounts))
		patience_limit(boot->patience, PATIENCE_AFTER_FAILURE_USEC);
	patience_set_running(boot->patience, !is_making_progress(boot));
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

static void on_block_event(struct boot *boot, const struct uevent *event)
{
	const char *sysname = str_basename(event->devpath);

	if (str_equal(event->action, "add"))
		blockdevs_add(boot->devices, sysname);
	else if (str_equal(event->action, "change"))
		blockdevs_change(boot->devices, sysname);
	else if (str_equal(event->action, "remove"))
		blockdevs_remove(boot->devices, sysname);
}

static void on_uevent(void *userdata, const struct uevent *event)
{
	struct boot *boot = userdata;

	log_debug("uevent: %s %s", event->action, event->devpath);
	if (boot->state != BOOT_WAITING || !boot->is_looking)
		return;
	if (*event->modalias && !str_equal(event->action, "remove"))
		module_loader_request(boot->modules, event->modalias);
	if (str_equal(event->subsystem, "block"))
		on_block_event(boot, event);
	else if (str_equal(event->subsystem, "vtconsole") && str_equal(event->action, "add"))
		vt_setup_screen_again(boot->terminals);
	if (str_equal(event->subsystem, "virtio") && str_equal(event->action, "bind"))
		root_goal_tag_may_be_there(boot->root_goal);
}

static void on_uevents_lost(void *userdata)
{
	struct boot *boot = userdata;

	if (!boot->is_looking)
		return;
	/* A walk that is under way may have passed by what was lost. */
	boot->walk_again = coldplug_is_running(boot->coldplug);
	boot->resyncing = true;
	vt_setup_screen_again(boot->terminals);
	if (!boot->walk_again)
		coldplug_start(boot->coldplug);
}

static void on_coldplug_modalias(void *userdata, const char *modalias)
{
	struct boot *boot = userdata;

	module_loader_request(boot->modules, modalias);
}

static void on_coldplug_device(void *userdata, const char *class_name, const char *name)
{
	struct boot *boot = userdata;

	if (!str_equal(class_name, "block"))
		return;
	/* What changed while events were lost is only seen by looking inside again. */
	if (boot->resyncing)
		blockdevs_change(boot->devices, name);
	else
		blockdevs_add(boot->devices, name);
}

static void on_coldplug_done(void *userdata)
{
	struct boot *boot = userdata;

	trace_event("coldplug-done", NULL);
	if (boot->walk_again) {
		boot->walk_again = false;
		coldplug_start(boot->coldplug);
		return;
	}
	if (boot->resyncing)
		blockdevs_reconcile(boot->devices);
	boot->resyncing = false;
	root_goal_tag_may_be_there(boot->root_goal);
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
	return !coldplug_is_running(boot->coldplug) && module_loader_is_idle(boot->modules) &&
	       blockdevs_is_idle(boot->devices) && pool_is_idle(boot->pool);
}

/* Whether devices that the kernel has shown are still to be read. */
static bool is_reading(const struct boot *boot)
{
	return coldplug_is_running(boot->coldplug) || !blockdevs_is_idle(boot->devices);
}

/* It may be in a volume that nobody needed so far. */
static void on_submount_missing(void *userdata, const struct device_spec *spec)
{
	struct boot *boot = userdata;

	boot->offer_again |= volumes_want(boot->volumes, spec);
}

/* Waiting is of no use: it would be in a volume that stays closed, or nobody said what to wait for.
 */
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

static void give_up_root(struct boot *boot)
{
	_cleanup_strbuf_ struct strbuf reason = { 0 };

	if (fall_back(boot)) {
		step_root(boot);
		return;
	}
	if (!root_goal_exists(boot->root_goal)) {
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
	boot->waiting_since_usec = clock_now_usec();
	coldplug_start(boot->coldplug);
	loop_timer_start(boot->progress, FIRST_PROGRESS_USEC);
	return true;
}

/* What else the root's fstab wants has all of the time for itself, however late the root was. */
static void mount_below_root(struct boot *boot)
{
	const struct submounts_root root = { root_get_node(boot->root), root_get_type(boot->root) };
	bool is_settled = is_quiet(boot) && unlock_is_settled(boot->unlock);

	if (submounts_get_state(boot->submounts) == SUBMOUNTS_IDLE) {
		patience_renew(boot->patience, boot->config->timeout_usec);
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
		update_progress(boot);
		update_patience(boot);
		return;
	}
	offer_devices_again(boot);
	resume_goal_step(boot->resume_goal, is_reading(boot), is_making_progress(boot));
	step_root(boot);
	unlock_step(boot->unlock);
	switch (root_get_state(boot->root)) {
	case ROOT_FAILED:
		begin_emergency(boot, root_get_reason(boot->root));
		return;
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
	if (boot->state != BOOT_WAITING)
		return;
	update_progress(boot);
	update_patience(boot);
}

static void leave_udev_note(void *userdata, struct blockdev *device)
{
	if (!device->dm_name)
		return;
	mapper_link(device->dm_name, device->sysname);
	mapper_leave_udev_note(device->devnum);
}

static void write_trace(void)
{
	_cleanup_free_ char *json = trace_to_json();
	int r;

	r = file_make_directories(RUN_INITRAMFS, 0755);
	if (r >= 0)
		r = json ? file_publish(RUN_TRACE, json, strlen(json), 0644) : -ENOMEM;
	if (r < 0)
		log_warn_errno(r, "cannot write %s, going on without it", RUN_TRACE);
}

/* Gives up everything, from the last made to the first. */
static void boot_done(struct boot *boot)
{
	boot->root_goal = root_goal_free(boot->root_goal);
	boot->resume_goal = resume_goal_free(boot->resume_goal);
	boot->submounts = submounts_free(boot->submounts);
	boot->root = root_free(boot->root);
	boot->volumes = volumes_free(boot->volumes);
	boot->unlock = unlock_free(boot->unlock);
	boot->coldplug = coldplug_free(boot->coldplug);
	boot->uevents = uevent_monitor_free(boot->uevents);
	boot->boot_partition = boot_partition_free(boot->boot_partition);
	boot->devices = blockdevs_free(boot->devices);
	boot->wanted_modules = wanted_modules_free(boot->wanted_modules);
	boot->modules = module_loader_free(boot->modules);
	boot->progress = loop_timer_free(boot->progress);
	boot->patience = patience_free(boot->patience);
	boot->terminals = vt_setup_free(boot->terminals);
	boot->breakpoints = breakpoints_free(boot->breakpoints);
	boot->shell = shell_free(boot->shell);
	boot->prompt = prompt_free(boot->prompt);
	boot->consoles = consoles_free(boot->consoles);
	boot->pool = pool_free(boot->pool);
	boot->children = children_free(boot->children);
	boot->loop = loop_free(boot->loop);
}

static bool is_argument(char **argv, const char *argument)
{
	for (; *argv; argv++)
		if (str_equal(*argv, argument))
			return true;
	return false;
}

/* What the boot loader says has come from the kernel; the image's own command line may say more. */
static char **make_init_arguments(const struct boot *boot)
{
	const struct vec *more = &boot->config->init_arguments;
	char *argument, **argv;
	size_t n = 0;

	while (boot->argv[n])
		n++;
	argv = calloc(n + more->n_items + 1, sizeof(*argv));
	if (!argv)
		return boot->argv;
	memcpy(argv, boot->argv, n * sizeof(*argv));
	vec_for_each(argument, more) {
		if (!is_argument(boot->argv, argument))
			argv[n++] = argument;
	}
	return argv;
}

static _noreturn_ void hand_over(struct boot *boot)
{
	_cleanup_free_ char *init = strdup(root_get_init(boot->root));

	blockdevs_for_each(boot->devices, leave_udev_note, boot);
	boot_done(boot);
	(void)unlink(RUN_MISSING_MODULES);
	(void)rmdir("/run/cryptsetup"); /* libcryptsetup's locks; it makes it anew when needed */
	trace_event("switch", NULL);
	write_trace();
	log_close_kmsg();
	(void)switch_root(IMAGE_SYSROOT, init ? init : "/sbin/init", make_init_arguments(boot));
	emergency_without_loop("the real init could not be executed", boot->config);
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
		r = patience_new(boot->loop, boot->config->timeout_usec, on_patience_over, boot,
				 &boot->patience);
	if (r >= 0)
		r = loop_timer_new(boot->loop, on_progress, boot, &boot->progress);
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

	r = consoles_new(boot->loop, &boot->consoles);
	if (r >= 0)
		r = prompt_new(boot->consoles, &boot->prompt);
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

static int set_up_devices(struct boot *boot)
{
	static const struct blockdevs_ops blockdevs_ops = {
		.on_probed = on_device_probed,
		.on_removed = on_device_removed,
	};
	static const struct coldplug_ops coldplug_ops = {
		.on_modalias = on_coldplug_modalias,
		.on_device = on_coldplug_device,
		.on_done = on_coldplug_done,
	};
	int r;

	r = blockdevs_new(boot->pool, SYSFS, &blockdevs_ops, boot, &boot->devices);
	if (r >= 0)
		r = set_up_searches(boot);
	if (r >= 0 && volumes_have_udev_names(boot->volumes))
		blockdevs_want_names(boot->devices);
	/* Before coldplug: a device is seen by either or by both, never by neither. */
	if (r >= 0)
		r = uevent_monitor_new(boot->loop, on_uevent, on_uevents_lost, boot,
				       &boot->uevents);
	if (r >= 0)
		r = coldplug_new(boot->loop, SYSFS, &coldplug_ops, boot, &boot->coldplug);
	return r;
}

static _noreturn_ void fail_to_start(const struct boot_config *config, int error)
{
	char reason[128];

	(void)snprintf(reason, sizeof(reason), "cannot set up the event loop: %s",
		       strerror(-error));
	emergency_without_loop(reason, config);
}

_noreturn_ void boot_run(const struct boot_config *config, struct pool *pool, char **argv)
{
	struct boot boot = {
		.config = config,
		.argv = argv,
		.pool = pool,
		.waiting_since_usec = clock_now_usec(),
	};
	int r;

	r = set_up_loop(&boot);
	if (r >= 0)
		r = set_up_goals(&boot);
	if (r >= 0)
		r = set_up_devices(&boot);
	if (r < 0)
		fail_to_start(config, r);

	prompt_hold(boot.prompt, true);
	vt_setup_start(boot.terminals);
	while (boot.state != BOOT_SWITCHING) {
		r = loop_run(boot.loop);
		if (r < 0)
			emergency_without_loop("the event loop failed", config);
	}
	hand_over(&boot);
}
