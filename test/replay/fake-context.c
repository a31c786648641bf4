/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake-context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/str.h"
#include "harness.h"
#include "init/boot-partition.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/unlock.h"
#include "init/volumes.h"

struct loop_timer {
	struct list link;
	loop_timer_cb callback;
	void *userdata;
	bool is_running;
};

struct goal_context fake_context;
struct boot_config fake_config;
const char *fake_boot_partition;
const char *fake_closed_volume;
static struct list timers;

/* The linker puts these in the place of the real ones; see meson.build. */
int __wrap_loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
			  struct loop_timer **ret_timer);
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t delay_usec);
void __wrap_loop_timer_stop(struct loop_timer *timer);
struct loop_timer *__wrap_loop_timer_free(struct loop_timer *timer);
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);
const char *__wrap_volumes_open(struct volumes *volumes, const struct blockdev *device,
				const char *default_name);
bool __wrap_unlock_has_failed(const struct unlock *unlock, const char *name);
const char *__wrap_boot_partition_find(struct boot_partition *partition);

int __wrap_loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
			  struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	assert_non_null(timer);
	timer->callback = callback;
	timer->userdata = userdata;
	list_append(&timers, &timer->link);
	*ret_timer = timer;
	return 0;
}

void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t delay_usec)
{
	assert_int_equal(delay_usec, 2000000);
	timer->is_running = true;
}

void __wrap_loop_timer_stop(struct loop_timer *timer)
{
	timer->is_running = false;
}

struct loop_timer *__wrap_loop_timer_free(struct loop_timer *timer)
{
	if (timer) {
		list_remove(&timer->link);
		free(timer);
	}
	return NULL;
}

void __wrap_consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	machine_note("say %s", text);
}

const char *__wrap_volumes_open(struct volumes *volumes, const struct blockdev *device,
				const char *default_name)
{
	const char *uuid = device->superblocks[0].uuid;
	const char *name = str_equal(uuid, "named") ? "cryptroot" : default_name;

	machine_note("volume %s on %s as %s", uuid, device->node, name);
	return name;
}

bool __wrap_unlock_has_failed(const struct unlock *unlock, const char *name)
{
	return fake_closed_volume && str_equal(name, fake_closed_volume);
}

const char *__wrap_boot_partition_find(struct boot_partition *partition)
{
	return fake_boot_partition;
}

void fake_context_begin(const char *cmdline)
{
	list_init(&timers);
	assert_int_equal(cmdline_parse(cmdline, &fake_config), 0);
	fake_boot_partition = "";
	fake_closed_volume = NULL;
	fake_context = (struct goal_context){
		.devices = machine.devices,
		.sysfs = machine_sysfs(),
		.config = &fake_config,
	};
}

void fake_context_end(void)
{
	boot_config_done(&fake_config);
	/* Whoever made a timer has freed it. */
	assert_true(list_is_empty(&timers));
}

bool fake_timer_is_running(void)
{
	const struct loop_timer *timer;

	list_for_each(timer, &timers, link)
		if (timer->is_running)
			return true;
	return false;
}

void fake_timers_run_out(void)
{
	struct loop_timer *timer;

	list_for_each(timer, &timers, link) {
		if (timer->is_running) {
			timer->is_running = false;
			timer->callback(timer->userdata);
		}
	}
}
