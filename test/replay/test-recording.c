/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole boot from its recording, with the walk, the registry, and the order of modules as they
 * are, and with the kernel, the disks and the time made up. A recording is a directory:
 *
 *	uevents   what `udevadm monitor --kernel --property` printed
 *	world     what sysfs and the disks said when
 *	modules   which aliases there are, and which module needs which
 *	expected  what /init then did, and what it knew in the end
 *
 * With UPDATE_EXPECTED=FILE in the environment, FILE gets what would have been as expected.
 */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "harness.h"
#include "init/coldplug.h"
#include "init/loop.h"
#include "init/modqueue.h"
#include "init/trace.h"

#define FILE_BYTES_MAX (1 << 20)
#define WALK_USEC      (500 * USEC_PER_MSEC)
#define PROBE_USEC     (20 * USEC_PER_MSEC)
#define LOAD_USEC      (15 * USEC_PER_MSEC)

/* How a recording is replayed. */
enum variant {
	AS_RECORDED,
	WITH_DUPLICATES, /* each event twice, as if triggered again */
	WALK_AT_THE_END, /* as if the walk met all that events had told */
};

static const char *recordings; /* the directory of all */

static struct {
	struct vec world;   /* of char *: lines that are not true yet */
	struct vec modules; /* of char *: lines */
	struct modqueue *queue;
	struct vec loads; /* of struct load, oldest first */
} recorded;

struct load {
	char *name;
	uint64_t started_usec;
};

static char *read_recorded(const char *recording, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s/%s", recordings, recording, name);
	char *data = NULL;

	assert_int_equal(file_read(path, FILE_BYTES_MAX, &data, NULL), 0);
	return data;
}

/* Appends the lines of @text but comments and empty ones. */
static void split_lines(char *text, struct vec *lines)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		if (*line && *line != '#')
			assert_int_equal(vec_push(lines, strdup(line)), 0);
}

static void note(const char *what, const char *name)
{
	machine_note("%s %s", what, name);
}

/* --- modules --- */

static int resolve(void *userdata, const char *alias, struct vec *ret_names)
{
	const char *line;

	note("look up", alias);
	vec_for_each(line, &recorded.modules) {
		char pattern[256], name[64];

		if (sscanf(line, "alias %255s %63s", pattern, name) == 2 &&
		    fnmatch(pattern, alias, 0) == 0)
			assert_int_equal(vec_push(ret_names, strdup(name)), 0);
	}
	return 0;
}

static int describe(void *userdata, const char *name, struct module_info *ret_info)
{
	const char *line;

	vec_for_each(line, &recorded.modules) {
		struct module_info info = { .presence = MODULE_PRESENT };
		_cleanup_free_ char *copy = strdup(line);
		char *next = copy, *word;

		if (!str_equal(strsep(&next, " "), "module") ||
		    !str_equal(strsep(&next, " "), name))
			continue;
		info.path = str_format("/usr/lib/modules/6.1.0/%s/%s.ko", strsep(&next, " "), name);
		info.options = strdup("");
		while ((word = strsep(&next, " ")))
			assert_int_equal(vec_push(&info.dependencies, strdup(word)), 0);
		*ret_info = info;
		return 0;
	}
	return -ENOENT;
}

static int start_load(void *userdata, const char *name, const struct module_info *info,
		      enum pool_priority priority)
{
	struct load *load = calloc(1, sizeof(*load));

	load->name = strdup(name);
	load->started_usec = machine.now_usec;
	assert_int_equal(vec_push(&recorded.loads, load), 0);
	note("load", name);
	return 0;
}

static void finish_load(void)
{
	struct load *load = recorded.loads.items[0];

	recorded.loads.n_items--;
	memmove(&recorded.loads.items[0], &recorded.loads.items[1],
		recorded.loads.n_items * sizeof(void *));
	modqueue_loaded(recorded.queue, load->name, 0);
	free(load->name);
	free(load);
}

static void request_module(const char *alias)
{
	modqueue_request(recorded.queue, alias);
}

/* --- time --- */

/* When the next probe or load ends. */
static uint64_t next_completion_usec(bool *ret_is_probe)
{
	uint64_t probe_usec = USEC_INFINITY, load_usec = USEC_INFINITY;

	if (!list_is_empty(&machine.probes))
		probe_usec = list_first(&machine.probes, struct pool_job, link)->submitted_usec +
			     PROBE_USEC;
	if (recorded.loads.n_items > 0)
		load_usec = ((struct load *)recorded.loads.items[0])->started_usec + LOAD_USEC;
	*ret_is_probe = probe_usec <= load_usec;
	return MIN(probe_usec, load_usec);
}

/* Lets the time pass, and what ends meanwhile end. */
static void advance_to(uint64_t usec)
{
	uint64_t completion_usec;
	bool is_probe;

	while ((completion_usec = next_completion_usec(&is_probe)) <= usec &&
	       completion_usec < USEC_INFINITY) {
		machine.now_usec = MAX(machine.now_usec, completion_usec);
		if (is_probe)
			probe_answer(list_first(&machine.probes, struct pool_job, link), false);
		else
			finish_load();
	}
	if (usec < USEC_INFINITY)
		machine.now_usec = MAX(machine.now_usec, usec);
}

/* --- the world --- */

static void apply_world_line(const char *line)
{
	char target[256];
	int content_at = 0;

	assert_int_equal(sscanf(line, "%*u %255s %n", target, &content_at), 1);
	if (target[0] != '/')
		disk_set(target, line + content_at);
	else
		sysfs_set(target + 1, str_equal(line + content_at, "-") ? NULL : line + content_at);
}

/* Makes true what is recorded up to @seqnum; the lines are in its order. */
static void apply_world(unsigned long seqnum)
{
	size_t n = 0;

	while (n < recorded.world.n_items && strtoul(recorded.world.items[n], NULL, 10) <= seqnum) {
		apply_world_line(recorded.world.items[n]);
		free(recorded.world.items[n]);
		n++;
	}
	recorded.world.n_items -= n;
	memmove(&recorded.world.items[0], &recorded.world.items[n],
		recorded.world.n_items * sizeof(void *));
}

/* --- events --- */

/*
 * Sends one record. The kernel's header is its action and path; what libudev added to the name of
 * the node is taken off.
 */
static void send_recorded(char *lines)
{
	_cleanup_strbuf_ struct strbuf variables = { 0 };
	_cleanup_free_ char *action = NULL, *devpath = NULL;
	char *line;

	while ((line = strsep(&lines, "\n"))) {
		const char *node = str_after_prefix(line, "DEVNAME=/dev/");

		if (str_after_prefix(line, "ACTION="))
			action = strdup(line + strlen("ACTION="));
		else if (str_after_prefix(line, "DEVPATH="))
			devpath = strdup(line + strlen("DEVPATH="));
		else if (node)
			strbuf_printf(&variables, "DEVNAME=%s\n", node);
		else if (*line)
			strbuf_printf(&variables, "%s\n", line);
	}
	assert_non_null(action);
	assert_non_null(devpath);
	send_uevent(action, devpath, strbuf_string(&variables));
}

static unsigned long seqnum_of(const char *record)
{
	const char *seqnum = strstr(record, "\nSEQNUM=");

	assert_non_null(seqnum);
	return strtoul(seqnum + strlen("\nSEQNUM="), NULL, 10);
}

static void replay_record(const char *record, enum variant variant)
{
	unsigned int seconds, usec;
	const char *lines = strchr(record, '\n');

	assert_non_null(lines);
	assert_int_equal(sscanf(record, "KERNEL[%u.%6u]", &seconds, &usec), 2);
	advance_to(seconds * USEC_PER_SEC + usec);
	apply_world(seqnum_of(record));
	for (int n = variant == WITH_DUPLICATES ? 2 : 1; n > 0; n--) {
		_cleanup_free_ char *copy = strdup(lines + 1);

		send_recorded(copy);
	}
}

/* Records are separated by empty lines. */
static void replay_records(char *text, enum variant variant)
{
	while (text && *text) {
		char *end = strstr(text, "\n\n");

		if (end)
			*end = '\0';
		replay_record(text, variant);
		text = end ? end + 2 : NULL;
	}
}

/* --- the walk --- */

static void on_modalias(void *userdata, const char *modalias)
{
	request_module(modalias);
}

static void on_device(void *userdata, const char *class_name, const char *name)
{
	if (str_equal(class_name, "block"))
		blockdevs_add(machine.devices, name);
}

static void on_done(void *userdata)
{
	loop_stop(userdata);
}

static void walk(void)
{
	static const struct coldplug_ops ops = {
		.on_modalias = on_modalias,
		.on_device = on_device,
		.on_done = on_done,
	};
	struct coldplug *coldplug;
	struct loop *loop;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(coldplug_new(loop, machine_sysfs(), &ops, loop, &coldplug), 0);
	coldplug_start(coldplug);
	assert_true(coldplug_is_running(coldplug));
	assert_int_equal(loop_run(loop), 0);
	assert_false(coldplug_is_running(coldplug));
	coldplug_free(coldplug);
	loop_free(loop);
}

/* --- a replay --- */

static void append_device(void *userdata, struct blockdev *device)
{
	blockdev_describe(device, userdata);
	strbuf_append(userdata, "\n");
}

static void begin_replay(const char *recording)
{
	static const struct modqueue_ops ops = {
		.resolve = resolve,
		.describe = describe,
		.load = start_load,
	};
	_cleanup_free_ char *world = read_recorded(recording, "world");
	_cleanup_free_ char *modules = read_recorded(recording, "modules");

	assert_int_equal(machine_set_up(NULL), 0);
	assert_int_equal(modqueue_new(&ops, NULL, &recorded.queue), 0);
	split_lines(world, &recorded.world);
	split_lines(modules, &recorded.modules);
	machine_on_modalias = request_module;
	machine_with_times = true;
	advance_to(WALK_USEC);
	apply_world(0);
}

static void end_replay(void)
{
	assert_int_equal(recorded.world.n_items, 0);
	assert_true(modqueue_is_idle(recorded.queue));
	assert_true(blockdevs_is_idle(machine.devices));
	recorded.queue = modqueue_free(recorded.queue);
	vec_done(&recorded.world, free);
	vec_done(&recorded.modules, free);
	vec_done(&recorded.loads, NULL);
	(void)machine_tear_down(NULL);
}

/* What was done, and the registry in the end; the caller ends with strbuf_done(). */
static void replay(const char *recording, enum variant variant, struct strbuf *actions,
		   struct strbuf *devices)
{
	_cleanup_free_ char *uevents = read_recorded(recording, "uevents");

	begin_replay(recording);
	if (variant != WALK_AT_THE_END)
		walk();
	replay_records(uevents, variant);
	if (variant == WALK_AT_THE_END)
		walk();
	advance_to(USEC_INFINITY);
	strbuf_append(actions, strbuf_string(&machine.actions));
	blockdevs_for_each(machine.devices, append_device, devices);
	end_replay();
}

/* Complains of the first line that differs. */
static void assert_same_lines(char *actual, char *expected)
{
	for (unsigned int number = 1; actual || expected; number++) {
		const char *line = strsep(&actual, "\n"), *wanted = strsep(&expected, "\n");

		if (!line || !wanted || !str_equal(line, wanted))
			fail_msg("line %u is \"%s\", not \"%s\"", number, line ? line : "missing",
				 wanted ? wanted : "missing");
	}
}

static void replays_as_expected(void **state)
{
	const char *recording = *state;
	_cleanup_free_ char *expected = read_recorded(recording, "expected");
	_cleanup_strbuf_ struct strbuf actions = { 0 }, devices = { 0 };
	const char *update = getenv("UPDATE_EXPECTED");

	replay(recording, AS_RECORDED, &actions, &devices);
	strbuf_printf(&actions, "\n%s", strbuf_string(&devices));
	if (update)
		write_text(update, strbuf_string(&actions));
	assert_same_lines(actions.data, expected);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of @text from @word on, where they have it, in alphabetical order. */
static char *sorted_lines(const char *text, const char *word)
{
	_cleanup_free_ char *copy = strdup(text);
	struct strbuf sorted = { 0 };
	struct vec lines = { 0 };
	char *next = copy, *line;

	while ((line = strsep(&next, "\n"))) {
		line = strstr(line, word);
		if (line)
			assert_int_equal(vec_push(&lines, line), 0);
	}
	qsort(lines.items, lines.n_items, sizeof(void *), compare_lines);
	vec_for_each(line, &lines) {
		strbuf_printf(&sorted, "%s\n", line);
	}
	vec_done(&lines, NULL);
	return strbuf_steal(&sorted);
}

static void assert_same_set(const char *actual, const char *expected, const char *word)
{
	_cleanup_free_ char *actual_lines = sorted_lines(actual, word);
	_cleanup_free_ char *expected_lines = sorted_lines(expected, word);

	assert_string_equal(actual_lines, expected_lines);
}

struct variant_row {
	const char *name, *recording;
	enum variant variant;
};

static const struct variant_row variant_rows[] = {
	{ "virtio-usb with each event twice", "virtio-usb", WITH_DUPLICATES },
	{ "virtio-usb with the walk at the end", "virtio-usb", WALK_AT_THE_END },
};

/* The same is known in the end, and nothing was looked up or loaded twice or not at all. */
static void replays_otherwise(void **state)
{
	const struct variant_row *row = *state;
	_cleanup_free_ char *expected = read_recorded(row->recording, "expected");
	_cleanup_strbuf_ struct strbuf actions = { 0 }, devices = { 0 };
	char *expected_devices = strstr(expected, "\n\n");

	assert_non_null(expected_devices);
	*expected_devices = '\0';
	replay(row->recording, row->variant, &actions, &devices);
	assert_same_set(strbuf_string(&actions), expected, "look up ");
	assert_same_set(strbuf_string(&actions), expected, "load ");
	assert_same_set(strbuf_string(&devices), expected_devices + 1, "/dev/");
}

static void test_trace_has_the_probes(void **state)
{
	_cleanup_free_ char *json = trace_to_json();

	assert_non_null(strstr(json, "{\"usec\": 569312, \"phase\": \"probe\", \"name\": \"vda\", "
				     "\"took_usec\": 20000, \"result\": 0}"));
}

int main(int argc, char **argv)
{
	static const char *const recording = "virtio-usb";
	struct test_list list = { 0 };

	if (argc != 2)
		return EXIT_FAILURE;
	recordings = argv[1];
	test_list_add(&list, recording, replays_as_expected, recording);
	TEST(&list, test_trace_has_the_probes);
	TEST_ROWS(&list, replays_otherwise, variant_rows);
	return test_list_run(&list);
}
