/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "harness.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strmap.h"
#include "init/pool.h"
#include "init/uevent.h"

struct machine machine;
bool machine_with_times;
void (*machine_on_modalias)(const char *alias);

static struct strmap disks; /* name → content */

/* The linker puts these in the place of the pool's; see meson.build. */
int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job);
void __wrap_pool_cancel(struct pool_job *job);

static uint64_t now(void)
{
	return machine.now_usec;
}

void machine_note(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (machine_with_times)
		strbuf_printf(&machine.actions, "%u.%06u ",
			      (unsigned int)(machine.now_usec / USEC_PER_SEC),
			      (unsigned int)(machine.now_usec % USEC_PER_SEC));
	strbuf_printf(&machine.actions, "%s\n", line);
}

void assert_actions(const char *expected)
{
	assert_string_equal(strbuf_string(&machine.actions), expected);
	strbuf_done(&machine.actions);
}

void assert_actions_but_probes(const char *expected)
{
	_cleanup_strbuf_ struct strbuf others = { 0 };
	_cleanup_free_ char *actions = strdup(strbuf_string(&machine.actions));
	char *next = actions, *line;

	while ((line = strsep(&next, "\n")))
		if (*line && !str_after_prefix(line, "probe "))
			strbuf_printf(&others, "%s\n", line);
	assert_string_equal(strbuf_string(&others), expected);
	strbuf_done(&machine.actions);
}

static void begin_probe(struct pool_job *job, const struct worker_message *request)
{
	(void)snprintf(job->node, sizeof(job->node), "%s", worker_message_get(request, 0));
	(void)snprintf(job->content, sizeof(job->content), "%s",
		       disk_get(job->node + strlen("/dev/")));
	list_append(&machine.probes, &job->link);
	machine_note("probe %s", job->node);
}

static void begin_other(struct pool_job *job, const struct worker_message *request)
{
	const char *source = worker_message_get(request, 0), *path = worker_message_get(request, 1);

	list_append(&machine.others, &job->link);
	if (request->code == WORKER_READ_FSTAB) {
		(void)strcpy(job->node, "fstab");
		strbuf_printf(&machine.jobs, "fstab %s\n", source);
		return;
	}
	if (request->code == WORKER_FIND_INIT) {
		(void)strcpy(job->node, "init");
		strbuf_printf(&machine.jobs, "init %s\n", path);
		return;
	}
	assert_int_equal(request->code, WORKER_MOUNT);
	(void)snprintf(job->node, sizeof(job->node), "%s", path);
	strbuf_printf(&machine.jobs, "mount %s %s ", source, path);
	if (request->number & MS_BIND)
		strbuf_append(&machine.jobs, "bind\n");
	else
		strbuf_printf(&machine.jobs, "%s %s\n", worker_message_get(request, 2),
			      request->number & MS_RDONLY ? "ro" : "rw");
}

int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job)
{
	struct pool_job *job;

	assert_int_equal(priority, POOL_PRIORITY_DEVICE);
	assert_true(timeout_usec < USEC_INFINITY);
	if (machine.submit_error < 0)
		return machine.submit_error;
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	job->submitted_usec = machine.now_usec;
	job->callback = callback;
	job->userdata = userdata;
	if (request->code == WORKER_PROBE)
		begin_probe(job, request);
	else
		begin_other(job, request);
	if (ret_job)
		*ret_job = job;
	return 0;
}

void __wrap_pool_cancel(struct pool_job *job)
{
	machine_note("cancel %s", job->node);
	list_remove(&job->link);
	free(job);
}

static void on_probed(void *userdata, struct blockdev *device)
{
	_cleanup_strbuf_ struct strbuf description = { 0 };

	assert_int_equal(device->state, BLOCKDEV_PROBED);
	assert_true(device->announced);
	blockdev_describe(device, &description);
	machine_note("announce %s", strbuf_string(&description));
}

static void on_removed(void *userdata, struct blockdev *device)
{
	assert_true(device->announced);
	machine_note("remove %s", device->node);
}

const char *machine_sysfs(void)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/sys", scratch_directory());
	return path;
}

int machine_set_up(void **state)
{
	static const struct blockdevs_ops ops = {
		.on_probed = on_probed,
		.on_removed = on_removed,
	};

	machine = (struct machine){ 0 };
	list_init(&machine.probes);
	list_init(&machine.others);
	clock_set_source(now);
	remove_tree(machine_sysfs());
	return blockdevs_new(NULL, machine_sysfs(), &ops, NULL, &machine.devices);
}

void machine_watch(const struct blockdevs_ops *ops)
{
	machine.devices = blockdevs_free(machine.devices);
	assert_int_equal(blockdevs_new(NULL, machine_sysfs(), ops, NULL, &machine.devices), 0);
}

int machine_tear_down(void **state)
{
	machine.devices = blockdevs_free(machine.devices);
	assert_true(list_is_empty(&machine.probes));
	assert_true(list_is_empty(&machine.others));
	strbuf_done(&machine.actions);
	strbuf_done(&machine.jobs);
	strmap_done(&disks, free);
	machine_on_modalias = NULL;
	machine_with_times = false;
	return 0;
}

void sysfs_set(const char *path, const char *content)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", machine_sysfs(), path);
	if (content) {
		_cleanup_free_ char *line = str_format("%s\n", content);

		write_text(full, line);
	} else {
		remove_tree(full);
	}
}

void disk_add(const char *name, const char *devnum, const char *content, const char *upper)
{
	_cleanup_free_ char *dev = str_format("class/block/%s/dev", name);
	_cleanup_free_ char *size = str_format("class/block/%s/size", name);

	sysfs_set(dev, devnum);
	sysfs_set(size, "1000");
	if (upper) {
		_cleanup_free_ char *holder =
			str_format("class/block/%s/holders/%s/dev", name, upper);

		sysfs_set(holder, "253:0");
	}
	disk_set(name, content);
}

void disk_set(const char *name, const char *content)
{
	free(strmap_get(&disks, name));
	assert_int_equal(strmap_set(&disks, name, strdup(content)), 0);
}

const char *disk_get(const char *name)
{
	const char *content = strmap_get(&disks, name);

	return content ? content : "";
}

static void fill_reply(struct worker_message *reply, const char *content)
{
	_cleanup_free_ char *copy = strdup(content);
	char *next = copy, *tag;

	worker_message_init(reply, 0, 0);
	if (content[0] == '!') {
		reply->code = -atoi(content + 1);
		return;
	}
	while ((tag = strsep(&next, "|")))
		if (*tag)
			assert_int_equal(worker_message_add(reply, tag), 0);
}

void probe_answer(struct pool_job *probe, bool from_submission)
{
	struct pool_job gone = *probe;
	struct worker_message reply;

	fill_reply(&reply, from_submission ? gone.content : disk_get(gone.node + strlen("/dev/")));
	list_remove(&probe->link);
	free(probe);
	gone.callback(gone.userdata, &reply);
}

void probe_answer_all(void)
{
	while (!list_is_empty(&machine.probes))
		probe_answer(list_first(&machine.probes, struct pool_job, link), false);
}

void job_answer(const char *name, int result, const char *text)
{
	struct worker_message reply;
	struct pool_job *job, gone;

	list_for_each(job, &machine.others, link)
		if (str_equal(job->node, name))
			break;
	assert_true(&job->link != &machine.others);
	worker_message_init(&reply, result, 0);
	assert_int_equal(worker_message_add(&reply, text), 0);
	gone = *job;
	list_remove(&job->link);
	free(job);
	gone.callback(gone.userdata, &reply);
}

/* As discovery.c takes them. */
static void route(const struct uevent *event)
{
	const char *sysname = str_basename(event->devpath);

	if (*event->modalias && !str_equal(event->action, "remove") && machine_on_modalias)
		machine_on_modalias(event->modalias);
	if (!str_equal(event->subsystem, "block"))
		return;
	if (str_equal(event->action, "add"))
		blockdevs_add(machine.devices, sysname);
	else if (str_equal(event->action, "change"))
		blockdevs_change(machine.devices, sysname);
	else if (str_equal(event->action, "remove"))
		blockdevs_remove(machine.devices, sysname);
}

void send_uevent(const char *action, const char *devpath, const char *variables)
{
	_cleanup_strbuf_ struct strbuf message = { 0 };
	struct uevent event;

	strbuf_printf(&message, "%s@%s\nACTION=%s\nDEVPATH=%s\n%s", action, devpath, action,
		      devpath, variables);
	for (size_t i = 0; i < message.size; i++)
		if (message.data[i] == '\n')
			message.data[i] = '\0';
	assert_int_equal(uevent_parse(message.data, message.size, &event), 0);
	route(&event);
}

void send_block_uevent(const char *action, const char *name)
{
	_cleanup_free_ char *devpath = str_format("/devices/virtual/block/%s", name);
	_cleanup_free_ char *variables =
		str_format("SUBSYSTEM=block\nDEVNAME=%s\nDEVTYPE=disk\n", name);

	send_uevent(action, devpath, variables);
}
