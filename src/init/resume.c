/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to a hibernated system:
 *
 *	LOCATING --the firmware knows--> AWAITED --device--> CHECKING --image--> FOUND --> READING
 *	                                    ^--device gone------/------------------/
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
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/hibernate-location.h"
#include "init/console.h"
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

#define FIRMWARE_TIMEOUT_USEC (10 * USEC_PER_SEC)
#define CHECK_TIMEOUT_USEC    (60 * USEC_PER_SEC) /* a drive may have to spin up */

#define KMSG "/dev/kmsg"

struct resume {
	struct pool *pool;
	struct consoles *consoles;
	const struct boot_config *config;
	const char *sysfs;
	struct patience *patience;
	enum resume_state state;

	struct device_spec device;
	uint64_t offset_pages;
	bool is_from_firmware; /* where it is to be forgotten */
	bool has_news;         /* for resume_step() to tell */

	char *node; /* NULL until the device appeared */
	dev_t devnum;
	struct pool_job *job; /* LOCATING, CHECKING and READING */
	bool device_lost;     /* while CHECKING */
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

static void on_forgotten(void *userdata, const struct worker_message *reply)
{
	if (reply->code < 0 && reply->code != -ENOENT)
		log_warn_errno(reply->code, "cannot make the firmware forget where the system was "
					    "hibernated to, going on");
}

/* What the firmware says is true once; systemd clears it at the same point. */
static void forget_location(struct resume *resume)
{
	struct worker_message request;
	int r;

	if (!resume->is_from_firmware)
		return;
	resume->is_from_firmware = false;
	worker_message_init(&request, WORKER_REMOVE_EFI_VARIABLE, 0);
	r = worker_message_add(&request, HIBERNATE_LOCATION_VARIABLE);
	if (r >= 0)
		r = pool_submit(resume->pool, &request, POOL_PRIORITY_DEVICE, FIRMWARE_TIMEOUT_USEC,
				on_forgotten, NULL, NULL);
	if (r < 0)
		log_warn_errno(r, "cannot make the firmware forget where the system was hibernated "
				  "to, going on");
}

static void settle(struct resume *resume, const char *why)
{
	patience_set_running(resume->patience, false);
	forget_location(resume);
	set_state(resume, RESUME_SETTLED, why);
	pool_set_held(resume->pool, false);
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
	resume->has_news = true;
	set_state(resume, RESUME_AWAITED, "the firmware knows where it is");
}

static int ask_firmware(struct resume *resume)
{
	struct worker_message request;
	int r;

	worker_message_init(&request, WORKER_READ_EFI_VARIABLE, 0);
	r = worker_message_add(&request, HIBERNATE_LOCATION_VARIABLE);
	return r < 0 ? r
		     : pool_submit(resume->pool, &request, POOL_PRIORITY_DEVICE,
				   FIRMWARE_TIMEOUT_USEC, on_location_reply, resume, &resume->job);
}

static bool has_efi(const struct resume *resume)
{
	_cleanup_strbuf_ struct strbuf path = { 0 };

	strbuf_printf(&path, "%s/firmware/efi", resume->sysfs);
	return access(strbuf_string(&path), F_OK) >= 0;
}

/* Where to look, and so the state to begin in. */
static int locate(struct resume *resume)
{
	const struct boot_config *config = resume->config;

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
	if (!has_efi(resume))
		return 0;
	resume->state = RESUME_LOCATING;
	return ask_firmware(resume);
}

/* --- the device --- */

static void on_patience_over(void *userdata)
{
	struct resume *resume = userdata;

	if (resume->state == RESUME_FOUND) {
		resume->hurried = true;
		return;
	}
	consoles_say(resume->consoles,
		     "the device %s to resume from did not appear in time, booting without "
		     "resuming; noresume on the command line saves the wait",
		     resume->device.text);
	settle(resume, "time is up");
}

int resume_new(struct loop *loop, struct pool *pool, struct consoles *consoles,
	       const struct boot_config *config, const char *sysfs, struct resume **ret_resume)
{
	/* A stop at the root's own deadline would leave no time to look for the root. */
	uint64_t patience_usec = MIN(PATIENCE_USEC, config->timeout_usec / 2);
	struct resume *resume = calloc(1, sizeof(*resume));
	int r;

	if (!resume)
		return -ENOMEM;
	resume->pool = pool;
	resume->consoles = consoles;
	resume->config = config;
	resume->sysfs = sysfs;
	r = patience_new(loop, patience_usec, on_patience_over, resume, &resume->patience);
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
		if (resume->job)
			pool_cancel(resume->job);
		patience_free(resume->patience);
		device_spec_done(&resume->device);
		free(resume->node);
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
	return resume->offset_pages > 0 ? resume->config->rootfstype : "swap,swsuspend";
}

static void await_again(struct resume *resume)
{
	log_warn("the device %s to resume from is gone, waiting for it to come back", resume->node);
	free(TAKE_PTR(resume->node));
	resume->device_lost = false;
	pool_set_held(resume->pool, false);
	set_state(resume, RESUME_AWAITED, "its device is gone");
}

/* There is an image, so nothing new is begun that could be in the way of reading it. */
static void on_image_found(struct resume *resume)
{
	trace_event("image-found", resume->node);
	pool_set_held(resume->pool, true);
	forget_location(resume);
	patience_limit(resume->patience, PATIENCE_WITH_WORKERS_USEC);
	set_state(resume, RESUME_FOUND, "the device has its signature");
}

static void on_check_reply(void *userdata, const struct worker_message *reply)
{
	struct resume *resume = userdata;

	resume->job = NULL;
	if (resume->state == RESUME_SETTLED)
		return;
	if (resume->device_lost) {
		await_again(resume);
	} else if (reply->code < 0) {
		consoles_say(resume->consoles,
			     "cannot look for a hibernated system on %s: %s, booting without "
			     "resuming",
			     resume->node, strerror(-reply->code));
		settle(resume, "the device cannot be read");
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
		r = pool_submit(resume->pool, &request, POOL_PRIORITY_DEVICE, CHECK_TIMEOUT_USEC,
				on_check_reply, resume, &resume->job);
	if (r < 0) {
		consoles_say(resume->consoles,
			     "cannot look for a hibernated system on %s: %s, booting without "
			     "resuming",
			     node, strerror(-r));
		settle(resume, "the device cannot be looked at");
		return;
	}
	set_state(resume, RESUME_CHECKING, node);
}

/* Reading the wrong one of two copies would take back what was written since. */
static void refuse_both(struct resume *resume, const char *node)
{
	consoles_say(resume->consoles,
		     "both %s and %s are the device %s to resume from, booting without resuming "
		     "from either",
		     resume->node, node, resume->device.text);
	resume->told_late = true;
	settle(resume, "two devices match");
}

static void tell_late(struct resume *resume, const char *node)
{
	if (resume->told_late)
		return;
	resume->told_late = true;
	if (resume->node)
		log_warn("%s is also the device %s to resume from, but boot has gone on with %s "
			 "alone",
			 node, resume->device.text, resume->node);
	else
		consoles_say(resume->consoles,
			     "the device %s to resume from came too late; if a system was "
			     "hibernated to %s, it must not be resumed any more",
			     resume->device.text, node);
}

void resume_device_appeared(struct resume *resume, const char *node, dev_t devnum)
{
	if (resume->node && str_equal(resume->node, node))
		return;
	switch (resume->state) {
	case RESUME_AWAITED:
		check(resume, node, devnum);
		break;
	case RESUME_CHECKING:
	case RESUME_FOUND:
		refuse_both(resume, node);
		break;
	case RESUME_SETTLED:
		tell_late(resume, node);
		break;
	case RESUME_LOCATING:
	case RESUME_READING:
		break;
	}
}

void resume_device_removed(struct resume *resume, const char *node)
{
	if (!resume->node || !str_equal(resume->node, node))
		return;
	if (resume->state == RESUME_FOUND)
		await_again(resume);
	resume->device_lost = resume->state == RESUME_CHECKING;
}

void resume_give_up(struct resume *resume, const char *why)
{
	consoles_say(resume->consoles,
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
	consoles_say(resume->consoles,
		     "the system that was hibernated to %s cannot be resumed: %s; booting afresh",
		     resume->node, worker_message_get(reply, 0));
	settle(resume, "reading the image failed");
}

static int fill_request(const struct resume *resume, struct worker_message *request)
{
	_cleanup_strbuf_ struct strbuf power = { 0 };
	char devnum[32];
	int r = 0;

	strbuf_printf(&power, "%s/power", resume->sysfs);
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
	consoles_say(resume->consoles, "resuming the system that was hibernated to %s",
		     resume->node);
	if (r >= 0)
		r = pool_submit(resume->pool, &request, POOL_PRIORITY_DEVICE, USEC_INFINITY,
				on_resume_reply, resume, &resume->job);
	if (r < 0) {
		consoles_say(resume->consoles, "that cannot be begun: %s; booting afresh",
			     strerror(-r));
		settle(resume, "reading the image cannot be begun");
		return;
	}
	set_state(resume, RESUME_READING, resume->hurried ? "time is up" : "the workers rest");
}

bool resume_step(struct resume *resume, bool making_progress)
{
	bool had_news = resume->has_news;

	resume->has_news = false;
	switch (resume->state) {
	case RESUME_AWAITED:
		patience_set_running(resume->patience, !making_progress);
		break;
	case RESUME_FOUND:
		patience_set_running(resume->patience, true);
		/* A worker that cannot be frozen would make the kernel give up on the image. */
		if (resume->hurried || !pool_is_busy(resume->pool))
			read_image(resume);
		break;
	case RESUME_LOCATING:
	case RESUME_CHECKING:
	case RESUME_READING:
	case RESUME_SETTLED:
		break;
	}
	return had_news;
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
