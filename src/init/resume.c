/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to a hibernated system:
 *
 *	LOCATING --the firmware knows--> AWAITED --device--> CHECKING --image--> FOUND --> READING
 *	                                    ^--gone, or one of several---/---------/
 *
 * and from each of them to SETTLED, which is where nearly every boot ends at once, as a swap area
 * without an image tells so in its first page.
 *
 * An image that is not resumed is left as it is. It may be that of another system that shares the
 * swap area; and for ours, swapon(8) of the host makes swap of it again. But it is never resumed
 * later in this boot.
 */
#include "init/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/hibernate-location.h"
#include "init/console.h"
#include "init/efi.h"
#include "init/goal-context.h"
#include "init/patience.h"
#include "init/pool.h"
#include "init/trace.h"

/*
 * As Debian has it. systemd waits for ever if the command line names the device and dracut for
 * minutes; both boot never, or late, once the swap area is gone that an installer wrote there.
 */
#define PATIENCE_USEC (30 * USEC_PER_SEC)

/* For modules that are being loaded when an image was found. */
#define PATIENCE_WITH_WORKERS_USEC (10 * USEC_PER_SEC)

/* For one of several devices to go, or for something to be built on them. */
#define PATIENCE_IN_DOUBT_USEC (5 * USEC_PER_SEC)

#define CHECK_TIMEOUT_USEC (60 * USEC_PER_SEC) /* a drive may have to spin up */

#define KMSG "/dev/kmsg"

struct resume {
	const struct goal_context *context;
	struct patience *patience;
	enum resume_state state;

	struct device_spec device;
	uint64_t offset_pages;
	bool is_from_firmware; /* where it is to be forgotten */

	char *node; /* NULL until the device appeared */
	dev_t devnum;
	char *doubt;          /* NULL, or the devices of which none is taken */
	struct pool_job *job; /* LOCATING, CHECKING and READING */
	bool hurried;         /* FOUND, and the workers were waited for long enough */
	bool told_late;       /* SETTLED, and another device was told */
};

static void set_state(struct resume *resume, enum resume_state state, const char *why)
{
	static const char *const names[] = { "locating", "awaited", "checking",
					     "found",    "reading", "settled" };

	log_debug("resume: %s -> %s: %s", names[resume->state], names[state], why);
	resume->state = state;
}

/* --- where the image is --- */

static void warn_of_location(int error)
{
	log_warn_errno(error, "cannot make the firmware forget where the system was hibernated to, "
			      "going on");
}

static void on_forgotten(void *userdata, const struct worker_message *reply)
{
	if (reply->code < 0 && reply->code != -ENOENT)
		warn_of_location(reply->code);
}

/* What the firmware says is true once; systemd clears it at the same point. */
static void forget_location(struct resume *resume)
{
	int r;

	if (!resume->is_from_firmware)
		return;
	resume->is_from_firmware = false;
	r = efi_remove_variable(resume->context->pool, HIBERNATE_LOCATION_VARIABLE, on_forgotten);
	if (r < 0)
		warn_of_location(r);
}

static void cancel_job(struct resume *resume)
{
	if (resume->job)
		pool_cancel(resume->job);
	resume->job = NULL;
}

static void settle(struct resume *resume, const char *why)
{
	cancel_job(resume);
	patience_set_running(resume->patience, false);
	forget_location(resume);
	set_state(resume, RESUME_SETTLED, why);
	pool_set_held(resume->context->pool, false);
}

static void on_location_reply(void *userdata, const struct worker_message *reply)
{
	struct resume *resume = userdata;
	int r = reply->code;

	resume->job = NULL;
	if (r >= 0)
		r = hibernate_location_parse(worker_message_get(reply, 0), &resume->device,
					     &resume->offset_pages);
	if (r < 0) {
		/* It has not hibernated; or the kernel has no efivarfs, or does not use it. */
		if (r != -ENOENT && r != -ENODEV && r != -EOPNOTSUPP)
			log_warn_errno(r, "cannot learn from the firmware whether there is a "
					  "hibernated system, going on without");
		settle(resume, "the firmware knows of no image");
		return;
	}
	log_info("according to the firmware, a system was hibernated to %s", resume->device.text);
	resume->is_from_firmware = true;
	set_state(resume, RESUME_AWAITED, "the firmware knows where it is");
}

/* Where to look, and so the state to begin in. */
static int locate(struct resume *resume)
{
	const struct goal_context *context = resume->context;
	const struct boot_config *config = context->config;
	int r;

	resume->state = RESUME_SETTLED;
	if (!config->resume_enabled)
		return 0;
	if (config->resume.kind != DEVICE_SPEC_NONE) {
		resume->state = RESUME_AWAITED;
		resume->offset_pages = config->resume_offset_pages;
		return device_spec_copy(&config->resume, &resume->device);
	}
	if (config->resume_offset_pages > 0)
		log_warn("resume_offset= means nothing without resume=, ignoring it");
	r = efi_read_variable(context->pool, context->sysfs, HIBERNATE_LOCATION_VARIABLE,
			      on_location_reply, resume, &resume->job);
	if (r == -ENOENT)
		return 0;
	resume->state = RESUME_LOCATING;
	return r;
}

/* --- the device --- */

/* Reading the wrong one of two copies would take back what was written since. */
static void refuse_all(struct resume *resume)
{
	consoles_say(resume->context->consoles,
		     "several devices are the device %s to resume from: %s; booting without "
		     "resuming from any of them",
		     resume->device.text, resume->doubt);
	resume->told_late = true;
	settle(resume, "several devices match");
}

static void on_patience_over(void *userdata)
{
	struct resume *resume = userdata;

	if (resume->state == RESUME_FOUND) {
		resume->hurried = true;
		return;
	}
	if (resume->doubt) {
		refuse_all(resume);
		return;
	}
	consoles_say(resume->context->consoles,
		     "the device %s to resume from did not appear in time, booting without "
		     "resuming; noresume on the command line saves the wait",
		     resume->device.text);
	settle(resume, "time is up");
}

int resume_new(const struct goal_context *context, struct resume **ret_resume)
{
	/* A stop at the root's own deadline would leave no time to look for the root. */
	uint64_t patience_usec = MIN(PATIENCE_USEC, context->config->timeout_usec / 2);
	struct resume *resume = calloc(1, sizeof(*resume));
	int r;

	if (!resume)
		return -ENOMEM;
	resume->context = context;
	r = patience_new(context->loop, patience_usec, on_patience_over, resume, &resume->patience);
	if (r >= 0)
		r = locate(resume);
	if (r < 0) {
		resume_free(resume);
		return r;
	}
	*ret_resume = resume;
	return 0;
}

struct resume *resume_free(struct resume *resume)
{
	if (resume) {
		cancel_job(resume);
		patience_free(resume->patience);
		device_spec_done(&resume->device);
		free(resume->node);
		free(resume->doubt);
		free(resume);
	}
	return NULL;
}

enum resume_state resume_get_state(const struct resume *resume)
{
	return resume->state;
}

const struct device_spec *resume_get_device(const struct resume *resume)
{
	return &resume->device;
}

const char *resume_get_types(const struct resume *resume)
{
	return resume->offset_pages > 0 ? resume->context->config->rootfstype : "swap,swsuspend";
}

/* There is an image, so nothing new is begun that could be in the way of reading it. */
static void on_image_found(struct resume *resume)
{
	trace_event("image-found", resume->node);
	pool_set_held(resume->context->pool, true);
	forget_location(resume);
	patience_limit(resume->patience, PATIENCE_WITH_WORKERS_USEC);
	set_state(resume, RESUME_FOUND, "the device has its signature");
}

static void give_up_check(struct resume *resume, const char *node, int error)
{
	consoles_say(resume->context->consoles,
		     "cannot look for a hibernated system on %s: %s, booting without resuming",
		     node, strerror(-error));
	settle(resume, "the device cannot be looked at");
}

static void on_check_reply(void *userdata, const struct worker_message *reply)
{
	struct resume *resume = userdata;

	resume->job = NULL;
	if (reply->code < 0) {
		give_up_check(resume, resume->node, reply->code);
	} else if (reply->number == 0) {
		log_info("there is no hibernated system on %s", resume->node);
		settle(resume, "the device has no image");
	} else {
		on_image_found(resume);
	}
}

static void check(struct resume *resume, const char *node, dev_t devnum)
{
	struct worker_message request;
	int r;

	worker_message_init(&request, WORKER_FIND_IMAGE, resume->offset_pages);
	resume->devnum = devnum;
	resume->node = strdup(node);
	r = resume->node ? worker_message_add(&request, node) : -ENOMEM;
	if (r >= 0)
		r = pool_submit(resume->context->pool, &request, POOL_PRIORITY_DEVICE,
				CHECK_TIMEOUT_USEC, on_check_reply, resume, &resume->job);
	if (r < 0) {
		give_up_check(resume, node, r);
		return;
	}
	patience_set_running(resume->patience, false);
	set_state(resume, RESUME_CHECKING, node);
}

/* Forgets the device, and what is under way with it. */
static void await_another(struct resume *resume, const char *why)
{
	if (resume->state != RESUME_CHECKING && resume->state != RESUME_FOUND)
		return;
	log_warn("%s, the device %s to resume from, %s", resume->node, resume->device.text, why);
	cancel_job(resume);
	free(TAKE_PTR(resume->node));
	resume->hurried = false;
	pool_set_held(resume->context->pool, false);
	set_state(resume, RESUME_AWAITED, why);
}

void resume_device_appeared(struct resume *resume, const char *node, dev_t devnum)
{
	if (resume->node && str_equal(resume->node, node))
		return;
	await_another(resume, "has another one built on it, going on with that");
	free(TAKE_PTR(resume->doubt));
	if (resume->state == RESUME_AWAITED)
		check(resume, node, devnum);
}

void resume_device_withdrawn(struct resume *resume)
{
	await_another(resume, "is gone, waiting for it to come back");
	free(TAKE_PTR(resume->doubt));
}

void resume_devices_doubted(struct resume *resume, const char *devices)
{
	await_another(resume, "is not the only one, taking none");
	free(resume->doubt);
	resume->doubt = strdup(devices);
	patience_limit(resume->patience, PATIENCE_IN_DOUBT_USEC);
}

void resume_device_late(struct resume *resume, const char *node)
{
	if (resume->told_late || (resume->node && str_equal(resume->node, node)))
		return;
	resume->told_late = true;
	if (resume->node)
		log_warn("%s is also the device %s to resume from, but boot has gone on with %s "
			 "alone",
			 node, resume->device.text, resume->node);
	else
		consoles_say(resume->context->consoles,
			     "the device %s to resume from came too late; if a system was "
			     "hibernated to %s, it must not be resumed any more",
			     resume->device.text, node);
}

void resume_give_up(struct resume *resume, const char *why)
{
	consoles_say(resume->context->consoles,
		     "the device %s to resume from cannot appear: %s; booting "
		     "without resuming",
		     resume->device.text, why);
	settle(resume, why);
}

/* --- the image --- */

static void on_resume_reply(void *userdata, const struct worker_message *reply)
{
	struct resume *resume = userdata;

	resume->job = NULL;
	consoles_say(resume->context->consoles,
		     "the system that was hibernated to %s cannot be resumed: %s; booting afresh",
		     resume->node, worker_message_get(reply, 0));
	settle(resume, "reading the image failed");
}

static int fill_request(const struct resume *resume, struct worker_message *request)
{
	_cleanup_strbuf_ struct strbuf power = { 0 };
	char devnum[32];
	int r = 0;

	strbuf_printf(&power, "%s/power", resume->context->sysfs);
	(void)snprintf(devnum, sizeof(devnum), "%u:%u", major(resume->devnum),
		       minor(resume->devnum));
	worker_message_init(request, WORKER_RESUME, resume->offset_pages);
	const char *const strings[] = { resume->node, devnum, strbuf_string(&power), KMSG };
	for (size_t i = 0; i < ARRAY_SIZE(strings) && r >= 0; i++)
		r = worker_message_add(request, strings[i]);
	return r;
}

static void read_image(struct resume *resume)
{
	struct worker_message request;
	int r = fill_request(resume, &request);

	patience_set_running(resume->patience, false);
	consoles_say(resume->context->consoles, "resuming the system that was hibernated to %s",
		     resume->node);
	if (r >= 0)
		r = pool_submit(resume->context->pool, &request, POOL_PRIORITY_DEVICE,
				USEC_INFINITY, on_resume_reply, resume, &resume->job);
	if (r < 0) {
		consoles_say(resume->context->consoles, "that cannot be begun: %s; booting afresh",
			     strerror(-r));
		settle(resume, "reading the image cannot be begun");
		return;
	}
	set_state(resume, RESUME_READING, resume->hurried ? "time is up" : "the workers rest");
}

void resume_step(struct resume *resume, bool making_progress)
{
	switch (resume->state) {
	case RESUME_AWAITED:
		patience_set_running(resume->patience, !making_progress);
		break;
	case RESUME_FOUND:
		patience_set_running(resume->patience, true);
		/* A worker that cannot be frozen would make the kernel give up on the image. */
		if (resume->hurried || !pool_is_busy(resume->context->pool))
			read_image(resume);
		break;
	case RESUME_LOCATING:
	case RESUME_CHECKING:
	case RESUME_READING:
	case RESUME_SETTLED:
		break;
	}
}

void resume_describe_awaited(const struct resume *resume, struct strbuf *buf)
{
	const char *separator = buf->size > 0 ? ", " : "";

	switch (resume->state) {
	case RESUME_LOCATING:
		strbuf_printf(buf, "%sthe firmware to say where a system was hibernated to",
			      separator);
		break;
	case RESUME_AWAITED:
		strbuf_printf(buf, "%sthe device %s to resume from", separator,
			      resume->device.text);
		if (resume->doubt)
			strbuf_printf(buf, ", which several devices are: %s", resume->doubt);
		break;
	case RESUME_CHECKING:
		strbuf_printf(buf, "%s%s to be looked at for a hibernated system", separator,
			      resume->node);
		break;
	case RESUME_FOUND:
	case RESUME_READING:
		strbuf_printf(buf, "%sthe system that was hibernated to %s", separator,
			      resume->node);
		break;
	case RESUME_SETTLED:
		break;
	}
}
