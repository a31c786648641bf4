/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake-context.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "fake-timers.h"
#include "harness.h"
#include "init/boot-partition.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/unlock.h"
#include "init/volumes.h"

#define TWINS_TIMEOUT_USEC (2 * USEC_PER_SEC)

struct goal_context fake_context;
struct boot_config fake_config;
const char *fake_boot_partition;
const char *fake_closed_volume;

/* The linker puts these in the place of the real ones; see meson.build. */
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);
const char *__wrap_volumes_open(struct volumes *volumes, const struct blockdev *device,
				const char *default_name);
bool __wrap_unlock_has_failed(const struct unlock *unlock, const char *name);
const char *__wrap_boot_partition_find(struct boot_partition *partition);

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
	fake_timers_begin();
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
	fake_timers_end();
}

bool fake_context_timer_runs(void)
{
	uint64_t next_usec = fake_timers_next_usec();

	if (next_usec == USEC_INFINITY)
		return false;
	assert_int_equal(next_usec - fake_timers_now_usec(), TWINS_TIMEOUT_USEC);
	return true;
}

void fake_context_timers_run_out(void)
{
	while (fake_context_timer_runs())
		fake_timers_fire();
}
