/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of loads, over made-up modules. A load is answered later, in the order of asking, or
 * at once from within the call; what each module needs is looked at again at every load.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/modqueue.h"
#include "support.h"

#define ROW_MODULES_MAX 6
#define CHAIN_SIZE      1000
#define LADDER_STEPS    40
#define RANDOM_SIZE     20

struct fake_module {
	const char *name;
	const char *needs, *pre, *post; /* separated by spaces */
	const char *directory; /* below /lib/modules/KVER; NULL: a priority of its own it has not */
	enum module_presence presence;
	int result, second_result;        /* of the first load, and of the others */
	int describe_result, load_result; /* of the calls themselves */
};

struct fake_state {
	enum { UNKNOWN, KNOWN, LOADING, LIVE, FAILED } state;
	unsigned int n_loads;
};

/* A kernel, its index, and the queue that is tested. */
struct fake {
	const struct fake_module *modules;
	struct fake_state *states;
	size_t n_modules;
	bool hard_order,
		soft_order; /* such dependencies have no circles, so their order is checked */
	bool at_once;
	struct modqueue *queue;
	struct vec pending; /* of struct fake_module: loads without an answer */
	struct strbuf loads;
	unsigned int n_resolved;
};

static size_t find_index(const struct fake *fake, const char *name, size_t size)
{
	for (size_t i = 0; i < fake->n_modules; i++)
		if (strncmp(fake->modules[i].name, name, size) == 0 &&
		    strlen(fake->modules[i].name) == size)
			return i;
	fail_msg("no module %.*s", (int)size, name);
	return 0;
}

/* Cuts the next of the @separator-separated words off *@words; its size, 0 at the end. */
static size_t next_word(const char **words, char separator, const char **ret_word)
{
	size_t size;

	if (!*words)
		return 0;
	*words += **words == separator;
	*ret_word = *words;
	size = strcspn(*words, (const char[]){ separator, '\0' });
	*words += size;
	return size;
}

static void push_words(struct vec *vec, const char *words, char separator)
{
	const char *word;
	size_t size;

	while ((size = next_word(&words, separator, &word)) > 0)
		assert_int_equal(vec_push(vec, strndup(word, size)), 0);
}

/* An alias is the names of its modules with a + between them; "none" has no module. */
static int resolve(void *userdata, const char *alias, struct vec *ret_names)
{
	struct fake *fake = userdata;

	fake->n_resolved++;
	if (str_equal(alias, "broken"))
		return -EINVAL;
	if (!str_equal(alias, "none"))
		push_words(ret_names, alias, '+');
	return 0;
}

static int describe(void *userdata, const char *name, struct module_info *ret_info)
{
	struct fake *fake = userdata;
	size_t i = find_index(fake, name, strlen(name));
	const struct fake_module *module = &fake->modules[i];
	struct module_info info = { .presence = module->presence, .options = strdup("") };

	assert_int_equal(fake->states[i].state, UNKNOWN);
	if (module->describe_result < 0) {
		free(info.options);
		return module->describe_result;
	}
	fake->states[i].state = KNOWN;
	if (module->presence == MODULE_BUILT_IN || module->presence == MODULE_LOADED)
		fake->states[i].state = LIVE;
	assert_true(asprintf(&info.path, "/lib/modules/1/%s/%s.ko",
			     module->directory ? module->directory : "kernel/sound", name) > 0);
	push_words(&info.dependencies, module->needs, ' ');
	push_words(&info.softdeps_pre, module->pre, ' ');
	push_words(&info.softdeps_post, module->post, ' ');
	*ret_info = info;
	return 0;
}

static bool is_settled(const struct fake *fake, size_t i)
{
	switch (fake->states[i].state) {
	case LIVE:
	case FAILED:
		return true;
	case UNKNOWN:
	case KNOWN:
	case LOADING:
		break;
	}
	return fake->modules[i].presence != MODULE_PRESENT || fake->modules[i].describe_result < 0;
}

static void check_hard_order(const struct fake *fake, const struct fake_module *module)
{
	const char *words = module->needs, *word;
	size_t size;

	while ((size = next_word(&words, ' ', &word)) > 0)
		if (fake->states[find_index(fake, word, size)].state != LIVE)
			fail_msg("%s is loaded before %.*s", module->name, (int)size, word);
}

/* Whether @module, unless it has failed, waits for what may never be settled: a hard failure. */
static bool has_lost_dependency(const struct fake *fake, const struct fake_module *module)
{
	const char *words = module->needs, *word;
	size_t size;

	while ((size = next_word(&words, ' ', &word)) > 0) {
		size_t i = find_index(fake, word, size);

		if (fake->states[i].state == FAILED ||
		    (is_settled(fake, i) && fake->states[i].state != LIVE) ||
		    has_lost_dependency(fake, &fake->modules[i]))
			return true;
	}
	return false;
}

static void check_pre_order(const struct fake *fake, const struct fake_module *module)
{
	const char *words = module->pre, *word;
	size_t size;

	while ((size = next_word(&words, ' ', &word)) > 0) {
		size_t i = find_index(fake, word, size);

		if (!is_settled(fake, i) && !has_lost_dependency(fake, &fake->modules[i]))
			fail_msg("%s is loaded before its soft %.*s", module->name, (int)size,
				 word);
	}
}

static bool is_listed(const char *words, const char *name)
{
	const char *word;
	size_t size;

	while ((size = next_word(&words, ' ', &word)) > 0)
		if (strncmp(word, name, size) == 0 && strlen(name) == size)
			return true;
	return false;
}

/* Nobody whose load @module shall come after is still to be loaded. */
static void check_post_order(const struct fake *fake, const struct fake_module *module)
{
	for (size_t i = 0; i < fake->n_modules; i++) {
		const struct fake_module *first = &fake->modules[i];

		if (fake->states[i].state != UNKNOWN && is_listed(first->post, module->name) &&
		    !is_settled(fake, i) && !has_lost_dependency(fake, first))
			fail_msg("%s is loaded before %s", module->name, first->name);
	}
}

static void check_soft_order(const struct fake *fake, const struct fake_module *module)
{
	check_pre_order(fake, module);
	check_post_order(fake, module);
}

static void record_load(struct fake *fake, const struct fake_module *module,
			enum pool_priority priority)
{
	static const char *const marks[N_POOL_PRIORITIES] = {
		[POOL_PRIORITY_DEVICE] = "/device",
		[POOL_PRIORITY_MODULE_STORAGE] = "/storage",
		[POOL_PRIORITY_MODULE_INPUT] = "/input",
		[POOL_PRIORITY_MODULE_FILESYSTEM] = "/fs",
		[POOL_PRIORITY_MODULE_OTHER] = "",
	};

	strbuf_printf(&fake->loads, "%s%s%s", fake->loads.size > 0 ? " " : "", module->name,
		      marks[priority]);
}

static void answer(struct fake *fake, const struct fake_module *module)
{
	struct fake_state *state = &fake->states[module - fake->modules];
	int result = state->n_loads == 1 ? module->result : module->second_result;

	if (result == 0 || result == -EEXIST)
		state->state = LIVE;
	else if (result != -EBUSY || state->n_loads > 1)
		state->state = FAILED;
	modqueue_loaded(fake->queue, module->name, result);
}

static int load(void *userdata, const char *name, const struct module_info *info,
		enum pool_priority priority)
{
	struct fake *fake = userdata;
	size_t i = find_index(fake, name, strlen(name));
	const struct fake_module *module = &fake->modules[i];

	assert_int_equal(info->presence, MODULE_PRESENT);
	assert_true(fake->states[i].n_loads == 0 || module->result == -EBUSY);
	if (fake->hard_order)
		check_hard_order(fake, module);
	/* A second try is not delayed by what came in between. */
	if (fake->soft_order && fake->states[i].n_loads == 0)
		check_soft_order(fake, module);
	record_load(fake, module, priority);
	fake->states[i].n_loads++;
	fake->states[i].state = LOADING;
	if (module->load_result < 0) {
		fake->states[i].state = FAILED;
		return module->load_result;
	}
	if (fake->at_once)
		answer(fake, module);
	else
		assert_int_equal(vec_push(&fake->pending, (void *)module), 0);
	return 0;
}

static void answer_pending(struct fake *fake, size_t index)
{
	const struct fake_module *module = fake->pending.items[index];

	fake->pending.n_items--;
	memmove(&fake->pending.items[index], &fake->pending.items[index + 1],
		(fake->pending.n_items - index) * sizeof(void *));
	answer(fake, module);
}

static void answer_all(struct fake *fake)
{
	while (fake->pending.n_items > 0)
		answer_pending(fake, 0);
}

static void fake_init(struct fake *fake, const struct fake_module *modules, size_t n_modules,
		      bool at_once)
{
	static const struct modqueue_ops ops = {
		.resolve = resolve,
		.describe = describe,
		.load = load,
	};

	*fake = (struct fake){ .modules = modules, .n_modules = n_modules, .at_once = at_once };
	fake->states = calloc(n_modules, sizeof(*fake->states));
	assert_int_equal(modqueue_new(&ops, fake, &fake->queue), 0);
}

static void fake_done(struct fake *fake)
{
	modqueue_free(fake->queue);
	vec_done(&fake->pending, NULL);
	strbuf_done(&fake->loads);
	free(fake->states);
}

/* The modules that failed, as visited. */
struct failures {
	const struct fake *fake;
	char **reasons; /* by module; NULL: none */
};

static void collect_failure(void *userdata, const char *name, enum pool_priority priority,
			    const char *reason)
{
	struct failures *failures = userdata;
	size_t i = find_index(failures->fake, name, strlen(name));

	assert_null(failures->reasons[i]);
	failures->reasons[i] = strdup(reason);
}

static void append_failures(const struct fake *fake, struct strbuf *buf)
{
	struct failures failures = {
		.fake = fake,
		.reasons = calloc(fake->n_modules, sizeof(char *)),
	};

	modqueue_for_each_failed(fake->queue, collect_failure, &failures);
	for (size_t i = 0; i < fake->n_modules; i++) {
		if (failures.reasons[i])
			strbuf_printf(buf, "%s: %s;", fake->modules[i].name, failures.reasons[i]);
		free(failures.reasons[i]);
	}
	free(failures.reasons);
}

struct graph_row {
	const char *name;
	struct fake_module modules[ROW_MODULES_MAX];
	const char *requests; /* aliases separated by spaces, all before the first answer */
	const char *loads;    /* in their order, with their priorities; NULL: a circle, once each */
	const char *failures;
};

static const struct graph_row rows[] = {
	{ "one module", { { "a" } }, "a", "a", "" },
	{ "nothing for this alias", { { "a" } }, "none", "", "" },
	{ "an alias that cannot be looked up", { { "a" } }, "broken", "", "" },
	{ "an alias of two modules", { { "a" }, { "b" } }, "a+b", "a b", "" },
	{ "one module by two aliases", { { "a" }, { "b" } }, "a a+b", "a b", "" },
	{ "first come first served", { { "a" }, { "b" }, { "c" } }, "c a b", "c a b", "" },

	{ "a chain, as the index tells it",
	  { { "a", .needs = "b c" }, { "b", .needs = "c" }, { "c" } },
	  "a",
	  "c b a",
	  "" },
	{ "a chain, the other way round",
	  { { "a", .needs = "c b" }, { "b", .needs = "c" }, { "c" } },
	  "a",
	  "c b a",
	  "" },
	{ "a diamond",
	  { { "a", .needs = "b c d" }, { "b", .needs = "d" }, { "c", .needs = "d" }, { "d" } },
	  "a",
	  "d b c a",
	  "" },
	{ "two that need the same",
	  { { "a", .needs = "c" }, { "b", .needs = "c" }, { "c" } },
	  "a b",
	  "c a b",
	  "" },
	{ "a dependency that is built in",
	  { { "a", .needs = "b" }, { "b", .presence = MODULE_BUILT_IN } },
	  "a",
	  "a",
	  "" },
	{ "a dependency that is loaded",
	  { { "a", .needs = "b" }, { "b", .presence = MODULE_LOADED } },
	  "a",
	  "a",
	  "" },

	{ "an absent module",
	  { { "a", .presence = MODULE_ABSENT } },
	  "a",
	  "",
	  "a: not in this image;" },
	{ "a disabled module",
	  { { "a", .presence = MODULE_DISABLED } },
	  "a",
	  "",
	  "a: replaced by a command in modprobe.d, which is not run here;" },
	{ "a module that the index does not know",
	  { { "a", .describe_result = -ENOENT } },
	  "a",
	  "",
	  "a: not in this image;" },
	{ "an absent dependency",
	  { { "a", .needs = "b c" }, { "b", .presence = MODULE_ABSENT }, { "c" } },
	  "a",
	  "c",
	  "a: it needs b: not in this image;b: not in this image;" },
	{ "no memory for a dependency",
	  { { "a", .needs = "b" }, { "b", .describe_result = -ENOMEM } },
	  "a",
	  "",
	  "a: Cannot allocate memory;" },
	{ "a load that fails", { { "a", .result = -EIO } }, "a", "a", "a: Input/output error;" },
	{ "a load that cannot be asked for",
	  { { "a", .needs = "b" }, { "b", .load_result = -EMSGSIZE } },
	  "a",
	  "b",
	  "a: it needs b: Message too long;b: Message too long;" },
	{ "a failure passes on",
	  { { "a", .needs = "b c" }, { "b", .needs = "c" }, { "c", .result = -ENODEV } },
	  "a",
	  "c",
	  "a: it needs b: it needs c: No such device;b: it needs c: No such device;"
	  "c: No such device;" },
	{ "a failure spares the others",
	  { { "a", .needs = "c" }, { "b", .needs = "d" }, { "c", .result = -EIO }, { "d" } },
	  "a b",
	  "c d b",
	  "a: it needs c: Input/output error;c: Input/output error;" },

	{ "somebody loaded it meanwhile",
	  { { "a", .needs = "b" }, { "b", .result = -EEXIST } },
	  "a",
	  "b a",
	  "" },
	{ "busy once", { { "a", .needs = "b" }, { "b", .result = -EBUSY } }, "a", "b b a", "" },
	{ "busy, then there",
	  { { "a", .needs = "b" }, { "b", .result = -EBUSY, .second_result = -EEXIST } },
	  "a",
	  "b b a",
	  "" },
	{ "busy twice",
	  { { "a", .needs = "b" }, { "b", .result = -EBUSY, .second_result = -EBUSY } },
	  "a",
	  "b b",
	  "a: it needs b: Device or resource busy;b: Device or resource busy;" },

	{ "a soft dependency before", { { "a", .pre = "b" }, { "b" } }, "a", "b a", "" },
	{ "a soft dependency before, with its own",
	  { { "a", .pre = "b" }, { "b", .needs = "c" }, { "c" } },
	  "a",
	  "c b a",
	  "" },
	{ "a soft dependency before that fails",
	  { { "a", .pre = "b" }, { "b", .result = -EIO } },
	  "a",
	  "b a",
	  "b: Input/output error;" },
	{ "a soft dependency before that is absent",
	  { { "a", .pre = "b" }, { "b", .presence = MODULE_ABSENT } },
	  "a",
	  "a",
	  "b: not in this image;" },
	{ "a soft dependency before that lacks something",
	  { { "a", .pre = "b" }, { "b", .needs = "c" }, { "c", .presence = MODULE_ABSENT } },
	  "a",
	  "a",
	  "b: it needs c: not in this image;c: not in this image;" },
	{ "a soft dependency after", { { "a", .post = "b" }, { "b" } }, "a", "a b", "" },
	{ "a soft dependency after that needs it",
	  { { "a", .post = "b" }, { "b", .needs = "a" } },
	  "a",
	  "a b",
	  "" },
	{ "a soft dependency after that was wanted first",
	  { { "a", .post = "b" }, { "b", .needs = "c" }, { "c" } },
	  "b a",
	  "c a b",
	  "" },
	{ "a soft dependency after a failure",
	  { { "a", .post = "b", .result = -EIO }, { "b" } },
	  "a",
	  "a b",
	  "a: Input/output error;" },

	{ "needing itself", { { "a", .needs = "a" } }, "a", NULL, "" },
	{ "needing each other", { { "a", .needs = "b" }, { "b", .needs = "a" } }, "a", NULL, "" },
	{ "needing each other in a ring of three",
	  { { "a", .needs = "b" }, { "b", .needs = "c" }, { "c", .needs = "a" } },
	  "a",
	  NULL,
	  "" },
	{ "softly before each other", { { "a", .pre = "b" }, { "b", .pre = "a" } }, "a", NULL, "" },
	{ "softly before and after", { { "a", .pre = "b", .post = "b" }, { "b" } }, "a", NULL, "" },
	{ "a hard dependency wins over a soft one",
	  { { "a", .needs = "b" }, { "b", .pre = "a" } },
	  "a",
	  "b a",
	  "" },
	{ "a hard dependency wins over a soft one, from the other side",
	  { { "a", .needs = "b" }, { "b", .pre = "a" } },
	  "b",
	  "b a",
	  "" },
	{ "a hard dependency wins over a soft one on a detour",
	  { { "a", .needs = "b" }, { "b", .pre = "c" }, { "c", .needs = "a" } },
	  "a",
	  "b a c",
	  "" },

	{ "a disk's driver and what it needs",
	  { { "a", .needs = "b", .directory = "kernel/drivers/nvme/host" },
	    { "b", .directory = "kernel/lib" } },
	  "a",
	  "b/storage a/storage",
	  "" },
	{ "what a disk's driver softly needs",
	  { { "a", .pre = "b", .directory = "kernel/drivers/nvme/host" }, { "b" } },
	  "a",
	  "b/storage a/storage",
	  "" },
	{ "a dependency that matters more by itself",
	  { { "a", .needs = "b", .directory = "kernel/fs/ext4" },
	    { "b", .directory = "kernel/drivers/block" } },
	  "a",
	  "b/storage a/fs",
	  "" },
	{ "a disk's driver makes what waits matter",
	  { { "a", .needs = "b c" },
	    { "b", .needs = "c" },
	    { "c" },
	    { "d", .needs = "b", .directory = "kernel/drivers/ata" } },
	  "a d",
	  "c b/storage a d/storage",
	  "" },
	{ "and what that waits for",
	  { { "a", .needs = "b" },
	    { "b", .needs = "c" },
	    { "c", .needs = "d" },
	    { "d" },
	    { "e", .needs = "a", .directory = "kernel/drivers/hid" } },
	  "a e",
	  "d c/input b/input a/input e/input",
	  "" },
};

static void run_row(const struct graph_row *row, struct fake *fake, bool at_once)
{
	struct vec aliases = { 0 };
	const char *alias;
	size_t n = 0;

	while (n < ROW_MODULES_MAX && row->modules[n].name)
		n++;
	fake_init(fake, row->modules, n, at_once);
	fake->hard_order = row->loads;
	fake->soft_order = row->loads && !strstr(row->name, "wins over");
	push_words(&aliases, row->requests, ' ');
	vec_for_each(alias, &aliases) {
		modqueue_request(fake->queue, alias);
	}
	answer_all(fake);
	assert_true(modqueue_is_idle(fake->queue));
	vec_for_each(alias, &aliases) {
		assert_true(modqueue_is_settled(fake->queue, alias));
	}
	vec_done(&aliases, free);
}

static void assert_each_loaded_once(const struct fake *fake)
{
	for (size_t i = 0; i < fake->n_modules; i++)
		assert_int_equal(fake->states[i].n_loads, 1);
}

static void orders_loads(void **state)
{
	const struct graph_row *row = *state;
	_cleanup_strbuf_ struct strbuf failures = { 0 };
	struct fake fake;

	run_row(row, &fake, false);
	append_failures(&fake, &failures);
	if (row->loads)
		assert_string_equal(strbuf_string(&fake.loads), row->loads);
	else
		assert_each_loaded_once(&fake);
	assert_string_equal(strbuf_string(&failures), row->failures);
	fake_done(&fake);
}

/* The same loads and failures, whatever their order. */
static void orders_loads_at_once(void **state)
{
	const struct graph_row *row = *state;
	_cleanup_strbuf_ struct strbuf failures = { 0 };
	struct fake later, at_once;

	run_row(row, &later, false);
	run_row(row, &at_once, true);
	append_failures(&at_once, &failures);
	assert_string_equal(strbuf_string(&failures), row->failures);
	for (size_t i = 0; i < later.n_modules; i++)
		assert_int_equal(at_once.states[i].n_loads, later.states[i].n_loads);
	fake_done(&later);
	fake_done(&at_once);
}

struct path_row {
	const char *directory;
	const char *loads;
	const char *module; /* NULL: "a" */
};

static const struct path_row path_rows[] = {
	{ "kernel/drivers/block", "a/storage" },
	{ "kernel/drivers/block", "floppy", "floppy" },
	{ "kernel/drivers/virtio", "a/storage" },
	{ "kernel/drivers/usb/host", "a/storage" },
	{ "kernel/drivers/usb/storage", "a/storage" },
	{ "kernel/drivers/scsi", "a/storage" },
	{ "kernel/drivers/mmc/host", "a/storage" },
	{ "kernel/drivers/md", "a/storage" },
	{ "kernel/drivers/hid/usbhid", "a/input" },
	{ "kernel/drivers/input/keyboard", "a/input" },
	{ "kernel/drivers/tty/serial/8250", "a/input" },
	{ "kernel/drivers/usb/serial", "a/input" },
	{ "kernel/drivers/char", "virtio_console/input", "virtio_console" },
	{ "kernel/drivers/char", "a" },
	{ "kernel/fs/btrfs", "a/fs" },
	{ "kernel/arch/x86/crypto", "a/fs" },
	{ "kernel/crypto", "a/fs" },
	{ "kernel/drivers/usb/misc", "a" },
	{ "kernel/drivers/gpu/drm/i915", "a" },
	{ "kernel/net/ipv6", "a" },
	{ "updates/dkms", "a" },
};

static void finds_priority(void **state)
{
	const struct path_row *row = *state;
	const struct fake_module module = { .name = row->module ? row->module : "a",
					    .directory = row->directory };
	struct fake fake;

	fake_init(&fake, &module, 1, true);
	modqueue_request(fake.queue, module.name);
	assert_string_equal(strbuf_string(&fake.loads), row->loads);
	fake_done(&fake);
}

static void test_alias_is_looked_up_once(void **state)
{
	static const struct fake_module modules[] = { { "a" } };
	struct fake fake;

	fake_init(&fake, modules, ARRAY_SIZE(modules), false);
	for (unsigned int i = 0; i < 3; i++) {
		modqueue_request(fake.queue, "a");
		modqueue_request(fake.queue, "none");
		modqueue_request(fake.queue, "broken");
	}
	answer_all(&fake);
	modqueue_request(fake.queue, "a");
	assert_int_equal(fake.n_resolved, 3);
	assert_string_equal(strbuf_string(&fake.loads), "a");
	fake_done(&fake);
}

static void test_settled_and_idle(void **state)
{
	static const struct fake_module modules[] = {
		{ "a", .needs = "b" },
		{ "b" },
		{ "c", .result = -EIO },
		{ "d", .presence = MODULE_ABSENT },
	};
	struct fake fake;

	fake_init(&fake, modules, ARRAY_SIZE(modules), false);
	assert_true(modqueue_is_idle(fake.queue));
	assert_true(modqueue_is_settled(fake.queue, "never asked for"));
	modqueue_request(fake.queue, "none");
	modqueue_request(fake.queue, "d");
	assert_true(modqueue_is_settled(fake.queue, "none"));
	assert_true(modqueue_is_settled(fake.queue, "d"));
	assert_true(modqueue_is_idle(fake.queue));

	modqueue_request(fake.queue, "a+c");
	modqueue_request(fake.queue, "b");
	assert_false(modqueue_is_idle(fake.queue));
	answer_pending(&fake, 0);
	assert_true(modqueue_is_settled(fake.queue, "b"));
	assert_false(modqueue_is_settled(fake.queue, "a+c"));
	answer_pending(&fake, 0);
	assert_false(modqueue_is_settled(fake.queue, "a+c"));
	assert_false(modqueue_is_idle(fake.queue));
	answer_pending(&fake, 0);
	assert_true(modqueue_is_settled(fake.queue, "a+c"));
	assert_true(modqueue_is_idle(fake.queue));
	fake_done(&fake);
}

static void test_answers_nobody_waits_for(void **state)
{
	static const struct fake_module modules[] = { { "a", .needs = "b" }, { "b" } };
	_cleanup_strbuf_ struct strbuf failures = { 0 };
	struct fake fake;

	fake_init(&fake, modules, ARRAY_SIZE(modules), false);
	modqueue_loaded(fake.queue, "a", -EIO);
	modqueue_request(fake.queue, "a");
	modqueue_loaded(fake.queue, "a", -EIO);
	answer_all(&fake);
	modqueue_loaded(fake.queue, "a", -EIO);
	modqueue_loaded(fake.queue, "b", -EBUSY);
	append_failures(&fake, &failures);
	assert_string_equal(strbuf_string(&fake.loads), "b a");
	assert_string_equal(strbuf_string(&failures), "");
	assert_true(modqueue_is_idle(fake.queue));
	fake_done(&fake);
}

static void test_stop(void **state)
{
	static const struct fake_module modules[] = {
		{ "a", .needs = "b" },
		{ "b" },
		{ "c" },
		{ "d", .result = -EBUSY },
	};
	_cleanup_strbuf_ struct strbuf failures = { 0 };
	struct fake fake;

	fake_init(&fake, modules, ARRAY_SIZE(modules), false);
	modqueue_request(fake.queue, "a");
	modqueue_request(fake.queue, "d");
	assert_false(modqueue_is_settled(fake.queue, "a"));
	modqueue_stop(fake.queue);
	/* Whoever waits for a module waits in vain now, and had better go on. */
	assert_true(modqueue_is_settled(fake.queue, "a"));
	modqueue_request(fake.queue, "c");
	answer_all(&fake);
	assert_string_equal(strbuf_string(&fake.loads), "b d");
	append_failures(&fake, &failures);
	assert_string_equal(strbuf_string(&failures), "d: Device or resource busy;");
	fake_done(&fake);
}

struct first_row {
	const char *name;
	const char *early, *first, *late; /* aliases; NULL: none */
	const char *loads;
};

static const struct fake_module first_modules[] = {
	{ "a", .needs = "b" },
	{ "b" },
	{ "c" },
	{ "d", .pre = "c" },
	{ "bad", .result = -EIO },
	{ "lost", .needs = "absent" },
	{ "absent", .presence = MODULE_ABSENT },
	{ "there", .presence = MODULE_BUILT_IN },
	{ "e", .directory = "kernel/drivers/ata" },
};

static const struct first_row first_rows[] = {
	{ "what it needs comes first as well", NULL, "a", "c+e", "b a c e/storage" },
	{ "and so does its soft dependency", NULL, "d", "b", "c d b" },
	{ "what has begun goes on", "e", "a", "c", "e/storage b a c" },
	{ "what waited already waits longer", "a", "c", NULL, "b c a" },
	{ "one that fails makes room", NULL, "bad", "c", "bad c" },
	{ "one that cannot be loaded does, too", NULL, "lost", "c", "c" },
	{ "one that is there already holds nothing", NULL, "there", "c", "c" },
	{ "none of that name holds nothing", NULL, "none", "c", "c" },
	{ "asked for before", "c+b", "c", "a", "c b a" },
};

/* Answers one after the other; what is loaded by an answer comes after all that waits. */
static void comes_first(void **state)
{
	const struct first_row *row = *state;
	struct fake fake;

	for (unsigned int at_once = 0; at_once <= 1; at_once++) {
		fake_init(&fake, first_modules, ARRAY_SIZE(first_modules), at_once && !row->early);
		if (row->early)
			modqueue_request(fake.queue, row->early);
		modqueue_request_first(fake.queue, row->first);
		if (row->late)
			modqueue_request(fake.queue, row->late);
		answer_all(&fake);
		assert_string_equal(strbuf_string(&fake.loads), row->loads);
		assert_true(modqueue_is_idle(fake.queue));
		fake_done(&fake);
	}
}

static void check_chain(struct fake_module *modules, bool at_once, int result)
{
	struct fake fake;

	modules[CHAIN_SIZE - 1].result = result;
	fake_init(&fake, modules, CHAIN_SIZE, at_once);
	modqueue_request(fake.queue, modules[0].name);
	answer_all(&fake);
	assert_true(modqueue_is_idle(fake.queue));
	for (size_t i = 0; i < CHAIN_SIZE - 1; i++)
		assert_int_equal(fake.states[i].state, result < 0 ? KNOWN : LIVE);
	fake_done(&fake);
}

/* As deep as no kernel's modules are: the stack has to hold out, and so has our patience. */
static void test_deep_chain(void **state)
{
	static struct fake_module modules[CHAIN_SIZE];
	static char names[CHAIN_SIZE][16];

	for (size_t i = 0; i < CHAIN_SIZE; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "module_%zu", i);
		modules[i].name = names[i];
		modules[i].needs = i + 1 < CHAIN_SIZE ? names[i + 1] : NULL;
	}
	check_chain(modules, false, 0);
	check_chain(modules, true, 0);
	check_chain(modules, false, -EIO);
	check_chain(modules, true, -EIO);
}

static void test_wide(void **state)
{
	static struct fake_module modules[CHAIN_SIZE];
	static char names[CHAIN_SIZE][16];
	struct fake fake;

	for (size_t i = 0; i < CHAIN_SIZE; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "module_%zu", i);
		modules[i].name = names[i];
		modules[i].needs = i > 0 ? names[0] : NULL;
	}
	fake_init(&fake, modules, CHAIN_SIZE, false);
	for (size_t i = 1; i < CHAIN_SIZE; i++)
		modqueue_request(fake.queue, names[i]);
	assert_string_equal(strbuf_string(&fake.loads), "module_0");
	answer_pending(&fake, 0);
	assert_int_equal(fake.pending.n_items, CHAIN_SIZE - 1);
	answer_all(&fake);
	assert_true(modqueue_is_idle(fake.queue));
	fake_done(&fake);
}

/* Two by two, each needs both of the next: there are as many ways down as no one can go. */
static void test_ladder(void **state)
{
	static struct fake_module modules[2 * LADDER_STEPS];
	static char names[2 * LADDER_STEPS][16], needs[2 * LADDER_STEPS][32];
	struct fake fake;

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "module_%zu", i);
		(void)snprintf(needs[i], sizeof(needs[i]), "module_%zu module_%zu", i / 2 * 2 + 2,
			       i / 2 * 2 + 3);
		modules[i].name = names[i];
		modules[i].needs = i / 2 + 1 < LADDER_STEPS ? needs[i] : NULL;
	}
	fake_init(&fake, modules, ARRAY_SIZE(modules), false);
	fake.hard_order = true;
	modqueue_request(fake.queue, names[0]);
	answer_all(&fake);
	assert_true(modqueue_is_idle(fake.queue));
	assert_int_equal(fake.states[0].state, LIVE);
	fake_done(&fake);
}

/* --- random graphs --- */

static const char random_names[RANDOM_SIZE][2] = {
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
	"k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
};

/* One of @n modules in three, from number @from on, as words; the caller frees. */
static char *random_words(uint32_t *random, size_t from, size_t to)
{
	struct strbuf words = { 0 };

	for (size_t i = from; i < to; i++)
		if (next_random(random) % 8 == 0)
			strbuf_printf(&words, "%s%s", words.size > 0 ? " " : "", random_names[i]);
	return strbuf_steal(&words);
}

/* Hard dependencies go to later modules; soft ones do as well, or anywhere. */
static void make_random_modules(uint32_t *random, bool soft_circles, struct fake_module *modules)
{
	static const int results[] = { 0, 0, 0, 0, 0, -EEXIST, -EBUSY, -EIO };
	static const enum module_presence presences[] = {
		MODULE_PRESENT, MODULE_PRESENT, MODULE_PRESENT, MODULE_PRESENT, MODULE_PRESENT,
		MODULE_PRESENT, MODULE_PRESENT, MODULE_PRESENT, MODULE_LOADED,  MODULE_ABSENT,
	};

	for (size_t i = 0; i < RANDOM_SIZE; i++)
		modules[i] = (struct fake_module){
			.name = random_names[i],
			.needs = random_words(random, i + 1, RANDOM_SIZE),
			.pre = random_words(random, soft_circles ? 0 : i + 1, RANDOM_SIZE),
			.post = random_words(random, 0, soft_circles ? RANDOM_SIZE : i),
			.presence = presences[next_random(random) % ARRAY_SIZE(presences)],
			.result = results[next_random(random) % ARRAY_SIZE(results)],
		};
}

static void free_random_modules(struct fake_module *modules)
{
	for (size_t i = 0; i < RANDOM_SIZE; i++) {
		free((char *)modules[i].needs);
		free((char *)modules[i].pre);
		free((char *)modules[i].post);
	}
}

/* What must become of a module that is wanted, told by its own result and its hard dependencies. */
static bool should_be_live(const struct fake *fake, size_t i)
{
	const struct fake_module *module = &fake->modules[i];
	const char *words = module->needs, *word;
	size_t size;

	if (module->presence != MODULE_PRESENT)
		return module->presence == MODULE_LOADED;
	while ((size = next_word(&words, ' ', &word)) > 0)
		if (!should_be_live(fake, find_index(fake, word, size)))
			return false;
	return module->result != -EIO;
}

static void check_outcome(const struct fake *fake)
{
	_cleanup_strbuf_ struct strbuf failures = { 0 };
	_cleanup_strbuf_ struct strbuf wanted = { 0 };

	append_failures(fake, &failures);
	strbuf_printf(&wanted, ";%s", strbuf_string(&failures));
	for (size_t i = 0; i < fake->n_modules; i++) {
		char mark[8];

		if (fake->states[i].state == UNKNOWN)
			continue;
		(void)snprintf(mark, sizeof(mark), ";%s: ", fake->modules[i].name);
		assert_int_equal(strstr(strbuf_string(&wanted), mark) == NULL,
				 should_be_live(fake, i));
		assert_int_equal(fake->states[i].state == LIVE, should_be_live(fake, i));
	}
}

static void check_random_graph(uint32_t seed, bool soft_circles, bool at_once)
{
	struct fake_module modules[RANDOM_SIZE];
	uint32_t random = seed;
	struct fake fake;

	make_random_modules(&random, soft_circles, modules);
	fake_init(&fake, modules, RANDOM_SIZE, at_once);
	fake.hard_order = true;
	fake.soft_order = !soft_circles;
	for (unsigned int i = 0; i < 12; i++) {
		modqueue_request(fake.queue, random_names[next_random(&random) % RANDOM_SIZE]);
		while (fake.pending.n_items > 0 && next_random(&random) % 2)
			answer_pending(&fake, next_random(&random) % fake.pending.n_items);
	}
	while (fake.pending.n_items > 0)
		answer_pending(&fake, next_random(&random) % fake.pending.n_items);
	assert_true(modqueue_is_idle(fake.queue));
	check_outcome(&fake);
	fake_done(&fake);
	free_random_modules(modules);
}

static void test_random_graphs(void **state)
{
	for (uint32_t seed = 1; seed <= 120; seed++) {
		check_random_graph(seed, false, false);
		check_random_graph(seed, false, true);
	}
}

static void test_random_graphs_with_soft_circles(void **state)
{
	for (uint32_t seed = 1; seed <= 120; seed++) {
		check_random_graph(seed, true, false);
		check_random_graph(seed, true, true);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, orders_loads, rows);
	TEST_ROWS(&list, orders_loads_at_once, rows);
	TEST_ROWS(&list, finds_priority, path_rows);
	TEST(&list, test_alias_is_looked_up_once);
	TEST(&list, test_settled_and_idle);
	TEST(&list, test_answers_nobody_waits_for);
	TEST(&list, test_stop);
	TEST_ROWS(&list, comes_first, first_rows);
	TEST(&list, test_deep_chain);
	TEST(&list, test_wide);
	TEST(&list, test_ladder);
	TEST(&list, test_random_graphs);
	TEST(&list, test_random_graphs_with_soft_circles);
	return test_list_run(&list);
}
