/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop is real. Helpers, prompt, modules and time are the test's own: a helper is nothing but
 * the other ends of its socket and pipe, so that what it says, its end and the uevents about its
 * device can come in any order. What the user is told is compared word by word.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/crypt-volume.h"
#include "fake-timers.h"
#include "init/blockdev.h"
#include "init/child.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/prompt.h"
#include "init/unlock.h"
#include "kindling/image-layout.h"
#include "kindling/unlock-message.h"
#include "recent-log.h"
#include "support.h"

#define ROOT_UUID "11111111-aaaa-4aaa-8aaa-111111111111"
#define HOME_UUID "22222222-bbbb-4bbb-8bbb-222222222222"

#define ROOT_IS    "the LUKS volume root (UUID=" ROOT_UUID ") "
#define ROOT_FAILS "cannot open the LUKS volume root on /dev/sda1: "
#define ROOT_ASKS  "Please enter passphrase for disk /dev/sda1 (root): "
#define HOME_ASKS  "Please enter passphrase for disk /dev/sdb1 (home): "

#define REMOVAL_TIMEOUT_USEC (2 * USEC_PER_SEC)

#define FIRST_PID   1000
#define HELPERS_MAX 8

/* As waitpid(2) gives them. */
#define KILLED       SIGKILL
#define EXITED(code) ((code) << 8)

struct helper {
	bool by_tokens;
	char node[32], name[64], options[128];
	int message_fd, secret_fd;
	child_exit_cb on_exit; /* NULL: nobody watches */
	void *userdata;
	bool killed, has_ended;
};

static struct loop *loop;
static struct loop_fd *wakeup; /* always ready, so that each turn of the loop ends */
static int wakeup_fd;
static struct unlock *unlock;

static struct helper helpers[HELPERS_MAX];
static unsigned int n_helpers; /* that were ever started */
static int spawn_error, prompt_error;
static bool has_plug_ins, has_tpm, prompt_is_touched_now;
static const char *unsettled_module;
static const char *title;       /* of each disk; NULL: its node */
static struct strbuf requested; /* modules */
static unsigned int n_secrets;
static uint64_t available_kib;
static uint64_t delay_usec; /* of the next question, if the next answer is wrong */
static const char *cached;  /* a passphrase that the kernel keeps */
static struct strbuf newly_cached;

static struct {
	bool open;
	char text[128];
	prompt_answer_cb callback;
	void *userdata;
} question;

/* The linker puts these in the place of those; see meson.build. */
int __wrap_access(const char *path, int mode);
int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid);
int __wrap_children_watch(struct children *children, pid_t pid, child_exit_cb callback,
			  void *userdata);
void __wrap_children_unwatch(struct children *children, pid_t pid);
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);
char *__wrap_disk_title(const char *sysfs, const struct blockdev *device);
int __wrap_key_cache_add(const struct secret *secret);
void __wrap_key_cache_read(struct vec *secrets);
int __wrap_kill(pid_t pid, int signal);
uint64_t __wrap_memory_available_kib(void);
void __wrap_module_loader_request(struct module_loader *loader, const char *alias);
void __wrap_module_loader_request_first(struct module_loader *loader, const char *alias);
bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias);
bool __wrap_prompt_is_touched(const struct prompt *prompt);
int __wrap_prompt_ask(struct prompt *prompt, const struct prompt_question *asked,
		      prompt_answer_cb callback, void *userdata);
void __wrap_prompt_withdraw(struct prompt *prompt);
struct secret *__real_secret_free(struct secret *secret);
struct secret *__wrap_secret_free(struct secret *secret);

/* What the image holds, and what its firmware says. */
int __wrap_access(const char *path, int mode)
{
	if (str_equal(path, IMAGE_TOKEN_PLUG_INS))
		return has_plug_ins ? 0 : -1;
	if (str_equal(path, "/sys/firmware/acpi"))
		return 0;
	assert_string_equal(path, "/sys/firmware/acpi/tables/TPM2");
	return has_tpm ? 0 : -1;
}

static struct helper *find_helper(pid_t pid)
{
	assert_in_range(pid, FIRST_PID, FIRST_PID + n_helpers - 1);
	return &helpers[pid - FIRST_PID];
}

int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid)
{
	struct helper *helper = &helpers[n_helpers];
	const char *const *argv = params->argv;

	if (spawn_error < 0)
		return spawn_error;
	assert_true(n_helpers < HELPERS_MAX);
	assert_string_equal(params->path, IMAGE_UNLOCK);
	assert_string_equal(argv[0], IMAGE_UNLOCK);
	helper->by_tokens = str_equal(argv[1], UNLOCK_BY_TOKENS);
	argv += helper->by_tokens ? 2 : 1;
	(void)snprintf(helper->node, sizeof(helper->node), "%s", argv[0]);
	(void)snprintf(helper->name, sizeof(helper->name), "%s", argv[1]);
	(void)snprintf(helper->options, sizeof(helper->options), "%s", argv[2]);
	assert_null(argv[3]);
	helper->message_fd = fcntl(params->message_fd, F_DUPFD_CLOEXEC, 0);
	helper->secret_fd = fcntl(params->stdin_fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(fcntl(helper->secret_fd, F_SETFL, O_NONBLOCK), 0);
	*ret_pid = FIRST_PID + (pid_t)n_helpers++;
	return 0;
}

int __wrap_children_watch(struct children *children, pid_t pid, child_exit_cb callback,
			  void *userdata)
{
	struct helper *helper = find_helper(pid);

	helper->on_exit = callback;
	helper->userdata = userdata;
	return 0;
}

void __wrap_children_unwatch(struct children *children, pid_t pid)
{
	find_helper(pid)->on_exit = NULL;
}

void __wrap_consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[LOG_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_note(text);
}

char *__wrap_disk_title(const char *sysfs, const struct blockdev *device)
{
	return strdup(title ? title : device->node);
}

static struct secret *make_secret(const char *text)
{
	struct secret *secret = secret_new();

	assert_non_null(secret);
	n_secrets++;
	for (; *text; text++)
		assert_int_equal(secret_append(secret, *text), 0);
	return secret;
}

int __wrap_key_cache_add(const struct secret *secret)
{
	strbuf_printf(&newly_cached, "%.*s ", (int)secret->size, secret->bytes);
	return 0;
}

void __wrap_key_cache_read(struct vec *secrets)
{
	if (cached)
		assert_int_equal(vec_push(secrets, make_secret(cached)), 0);
	cached = NULL;
}

int __wrap_kill(pid_t pid, int signal)
{
	assert_int_equal(signal, SIGKILL);
	assert_false(find_helper(pid)->has_ended); /* its pid may be another's by now */
	find_helper(pid)->killed = true;
	return 0;
}

uint64_t __wrap_memory_available_kib(void)
{
	return available_kib;
}

void __wrap_module_loader_request(struct module_loader *loader, const char *alias)
{
	strbuf_printf(&requested, "%s ", alias);
}

void __wrap_module_loader_request_first(struct module_loader *loader, const char *alias)
{
	strbuf_printf(&requested, "%s! ", alias);
}

bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias)
{
	return !unsettled_module || !str_equal(alias, unsettled_module);
}

int __wrap_prompt_ask(struct prompt *prompt, const struct prompt_question *asked,
		      prompt_answer_cb callback, void *userdata)
{
	assert_false(question.open);
	if (prompt_error < 0)
		return prompt_error;
	question.open = true;
	(void)snprintf(question.text, sizeof(question.text), "%s", asked->text);
	question.callback = callback;
	question.userdata = userdata;
	return 0;
}

bool __wrap_prompt_is_touched(const struct prompt *prompt)
{
	return prompt_is_touched_now;
}

void __wrap_prompt_withdraw(struct prompt *prompt)
{
	question.open = false;
}

struct secret *__wrap_secret_free(struct secret *secret)
{
	if (secret)
		n_secrets--;
	return __real_secret_free(secret);
}

/* As a line of crypttab; without a @name it is to be found out. */
static struct crypt_volume *new_volume(const char *name, const char *device, const char *options)
{
	struct crypt_volume *volume = calloc(1, sizeof(*volume));
	struct vec warnings = { 0 };

	assert_non_null(volume);
	volume->name = name ? strdup(name) : NULL;
	assert_int_equal(device_spec_parse(device, &volume->device), 0);
	assert_int_equal(crypt_options_parse(options, "options", &volume->options, &warnings), 0);
	assert_int_equal(warnings.n_items, 0);
	return volume;
}

static void add_volume(const char *name, const char *device, const char *options)
{
	assert_int_equal(unlock_add_volume(unlock, new_volume(name, device, options)), 0);
}

/* A device with a LUKS header, in a partition of its own. */
static struct blockdev device_with(const char *node, const char *uuid)
{
	return (struct blockdev){
		.node = (char *)node,
		.superblocks = { { .type = SUPERBLOCK_LUKS, .uuid = uuid, .label = "secrets" } },
		.n_superblocks = 1,
		.partuuid = "0b0b0b0b-02",
		.partlabel = "",
	};
}

static void appear(const char *node, const char *uuid)
{
	const struct blockdev device = device_with(node, uuid);

	unlock_device_appeared(unlock, &device);
}

static void stop_loop(void *userdata)
{
	loop_stop(loop);
}

static int set_up(void **state)
{
	n_helpers = n_secrets = 0;
	spawn_error = prompt_error = 0;
	has_plug_ins = has_tpm = prompt_is_touched_now = false;
	unsettled_module = title = cached = NULL;
	delay_usec = USEC_PER_SEC;
	question.open = false;
	fake_timers_begin();
	clock_set_source(fake_timers_now_usec);
	assert_int_equal(loop_new(&loop), 0);
	wakeup_fd = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(loop_fd_new(loop, wakeup_fd, LOOP_READ, stop_loop, NULL, &wakeup), 0);
	assert_int_equal(unlock_new(loop, NULL, NULL, NULL, NULL, &unlock), 0);
	add_volume("root", "UUID=" ROOT_UUID, "");
	recent_log_start();
	return 0;
}

/* Whether nobody holds the other ends any more, and left a passphrase that was never read. */
static bool is_left_alone(const struct helper *helper)
{
	char rest[SECRET_MAX];
	ssize_t n;

	while ((n = read(helper->secret_fd, rest, sizeof(rest))) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(rest[i], 0);
	return read(helper->secret_fd, rest, 1) == 0 &&
	       recv(helper->message_fd, rest, 1, MSG_DONTWAIT) == 0;
}

static void close_helper(struct helper *helper)
{
	helper->message_fd = safe_close(helper->message_fd);
	helper->secret_fd = safe_close(helper->secret_fd);
}

/* Whatever happened: no passphrase stays in memory, no helper and no timer behind. */
static int tear_down(void **state)
{
	unlock = unlock_free(unlock);
	assert_int_equal(n_secrets, 0);
	fake_timers_end();
	assert_false(question.open);
	for (unsigned int i = 0; i < n_helpers; i++) {
		assert_null(helpers[i].on_exit);
		if (!helpers[i].has_ended)
			assert_true(helpers[i].killed && is_left_alone(&helpers[i]));
		close_helper(&helpers[i]);
		helpers[i].killed = helpers[i].has_ended = false;
	}
	wakeup = loop_fd_free(wakeup);
	wakeup_fd = safe_close(wakeup_fd);
	loop = loop_free(loop);
	clock_set_source(NULL);
	strbuf_done(&requested);
	strbuf_done(&newly_cached);
	return 0;
}

/* --- what happens --- */

/* One batch of events, and the policy after it. */
static void turn(void)
{
	assert_int_equal(loop_run(loop), 0);
	unlock_step(unlock);
}

static struct helper *newest_helper(void)
{
	assert_true(n_helpers > 0);
	return &helpers[n_helpers - 1];
}

/* A message that PID 1 has not read yet. */
static void say(const struct helper *helper, enum unlock_message_type type, int result,
		const char *text)
{
	struct unlock_message message = { .type = type, .result = result };

	(void)snprintf(message.text, sizeof(message.text), "%s", text);
	(void)send(helper->message_fd, &message, sizeof(message), MSG_NOSIGNAL);
}

static void say_and_turn(const struct helper *helper, enum unlock_message_type type, int result,
			 const char *text)
{
	say(helper, type, result, text);
	turn();
}

static void read_header(const struct helper *helper)
{
	say(helper, UNLOCK_HEADER_READ, 0, "xts aes");
	turn();
}

static void read_greedy_header(const struct helper *helper, uint64_t memory_kib)
{
	struct unlock_message message = { .type = UNLOCK_HEADER_READ, .memory_kib = memory_kib };

	(void)send(helper->message_fd, &message, sizeof(message), MSG_NOSIGNAL);
	turn();
}

static void answer(const struct helper *helper, int result)
{
	say(helper, UNLOCK_RESULT, result, "no keyslot takes this passphrase");
	turn();
}

/* What it said last may still be unread. */
static void end(struct helper *helper, int status)
{
	child_exit_cb on_exit = helper->on_exit;

	helper->on_exit = NULL;
	helper->has_ended = true;
	close_helper(helper);
	if (on_exit)
		on_exit(helper->userdata, status);
}

/* The device appears; the helper that was started for it. */
static struct helper *plug(const char *node, const char *uuid)
{
	unsigned int n_before = n_helpers;

	appear(node, uuid);
	turn();
	assert_int_equal(n_helpers, n_before + 1);
	assert_string_equal(newest_helper()->node, node);
	return newest_helper();
}

static struct helper *plug_root(void)
{
	return plug("/dev/sda1", ROOT_UUID);
}

static struct helper *plug_home(void)
{
	add_volume("home", "UUID=" HOME_UUID, "");
	return plug("/dev/sdb1", HOME_UUID);
}

static void type(const char *text)
{
	assert_true(question.open);
	question.open = false;
	question.callback(question.userdata, make_secret(text));
	turn();
}

static void pass_time(uint64_t usec)
{
	fake_timers_advance_to(fake_timers_now_usec() + usec);
	turn();
}

/* Until somebody is asked again, after a wrong answer. */
static void pass_delay(void)
{
	pass_time(delay_usec - 1);
	assert_false(question.open);
	pass_time(1);
	delay_usec = MIN(2 * delay_usec, 30 * USEC_PER_SEC);
}

/* --- what must be so --- */

/* What the user was told since the last call, a line each. */
static void expect_told(const char *text)
{
	assert_string_equal(recent_log(), text);
	recent_log_start();
}

static void expect_question(const char *text)
{
	assert_string_equal(question.open ? question.text : "", text);
}

static void expect_description(const char *text)
{
	_cleanup_strbuf_ struct strbuf description = { 0 };

	unlock_describe(unlock, &description);
	assert_string_equal(strbuf_string(&description), text);
}

static void expect_awaited(const char *text)
{
	_cleanup_strbuf_ struct strbuf awaited = { 0 };

	unlock_describe_awaited(unlock, &awaited);
	assert_string_equal(strbuf_string(&awaited), text);
}

static void expect_no_passphrase(const struct helper *helper)
{
	char byte;

	assert_true(read(helper->secret_fd, &byte, 1) < 0);
	assert_int_equal(errno, EAGAIN);
}

/* And no other. */
static void expect_request(const struct helper *helper, enum unlock_request_type type,
			   const char *text)
{
	struct unlock_request_header header;
	char bytes[SECRET_MAX];

	assert_int_equal(read(helper->secret_fd, &header, sizeof(header)), sizeof(header));
	assert_int_equal(header.type, type);
	assert_int_equal(header.size, strlen(text));
	if (header.size > 0)
		assert_int_equal(read(helper->secret_fd, bytes, sizeof(bytes)), header.size);
	assert_memory_equal(bytes, text, header.size);
	expect_no_passphrase(helper);
}

static void expect_passphrase(const struct helper *helper, const char *text)
{
	expect_request(helper, UNLOCK_TRY_PASSPHRASE, text);
	assert_true(unlock_is_busy(unlock));
}

static void expect_failure(const char *reason)
{
	char text[256];

	(void)snprintf(text, sizeof(text), ROOT_IS "on /dev/sda1 was not opened: %s", reason);
	expect_description(text);
	(void)snprintf(text, sizeof(text), ROOT_FAILS "%s\n", reason);
	expect_told(text);
	assert_true(unlock_has_failed(unlock, "root"));
	assert_true(unlock_is_settled(unlock));
	assert_false(question.open);
	assert_int_equal(n_secrets, 0);
}

/* From the question to the end. */
static void open_with(struct helper *helper, const char *passphrase)
{
	char text[128];

	read_header(helper);
	type(passphrase);
	expect_passphrase(helper, passphrase);
	answer(helper, 0);
	(void)snprintf(text, sizeof(text), "opened the LUKS volume %s on %s\n", helper->name,
		       helper->node);
	expect_told(text);
	end(helper, 0);
}

/* --- the way of one volume --- */

struct other_row {
	const char *name;
	const char *wanted;          /* the device of the volume */
	const char *types[2];        /* of what is on /dev/vda */
	const char *partition_table; /* there, or "" */
	const char *holds;           /* said of it, NULL: nothing */
};

static const struct other_row other_rows[] = {
	{ "file system", "/dev/vda", { "ext4" }, "", "ext4 and no LUKS volume" },
	{ "one of two", "/dev/vda", { "ext4", "xfs" }, "", "ext4 or xfs and no LUKS volume" },
	{ "disk with partitions",
	  "/dev/vda",
	  { NULL },
	  "gpt",
	  "a table of partitions (gpt) and no LUKS volume" },
	{ "nothing", "/dev/vda", { NULL }, "", "no LUKS volume" },
	{ "UUID of a file system", "UUID=" HOME_UUID, { "ext4" }, "", "ext4 and no LUKS volume" },
	{ "another device", "/dev/vdb", { "ext4" }, "", NULL },
};

static struct blockdev make_other(const struct other_row *row)
{
	struct blockdev other = {
		.node = (char *)"/dev/vda",
		.partuuid = "",
		.partlabel = "",
		.pttype = row->partition_table,
	};

	for (size_t i = 0; i < ARRAY_SIZE(row->types) && row->types[i]; i++)
		other.superblocks[other.n_superblocks++] =
			(struct superblock){ row->types[i], HOME_UUID, "" };
	return other;
}

static void test_other_content(void **state)
{
	const struct other_row *row = *state;
	const struct blockdev other = make_other(row);
	char description[256];

	add_volume("data", row->wanted, "");
	unlock_device_appeared(unlock, &other);
	turn();
	(void)snprintf(description, sizeof(description),
		       ROOT_IS "has not appeared; the LUKS volume data (%s) has not appeared%s%s",
		       row->wanted, row->holds ? ": /dev/vda is there, but holds " : "",
		       row->holds ? row->holds : "");
	expect_description(description);
	unlock_device_removed(unlock, "/dev/vda");
	(void)snprintf(description, sizeof(description),
		       ROOT_IS "has not appeared; the LUKS volume data (%s) has not appeared",
		       row->wanted);
	expect_description(description);
}

static void test_open(void **state)
{
	struct helper *helper;

	turn();
	expect_description(ROOT_IS "has not appeared");
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID ")");
	expect_question("");

	helper = plug_root();
	assert_string_equal(helper->name, "root");
	expect_description(ROOT_IS "on /dev/sda1 is still locked");
	expect_question(ROOT_ASKS);
	assert_string_equal(strbuf_string(&requested), "dm_crypt ");

	read_header(helper);
	assert_string_equal(strbuf_string(&requested), "dm_crypt xts aes ");
	type("right");
	expect_passphrase(helper, "right");
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID
		       "), whose passphrase is being checked");

	answer(helper, 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	expect_description("");
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID ")");
	assert_false(unlock_is_busy(unlock));
	assert_false(unlock_is_settled(unlock));
	end(helper, 0);
	assert_true(unlock_is_settled(unlock));
	assert_false(unlock_has_failed(unlock, NULL));
	expect_awaited("");
	expect_told("");
}

static void test_names(void **state)
{
	const struct blockdev root =
		device_with("/dev/sda1", "11111111-AAAA-4aaa-8aaa-111111111111");
	const struct blockdev other = device_with("/dev/sdb1", HOME_UUID);

	assert_string_equal(unlock_get_name(unlock, &root), "root");
	assert_null(unlock_get_name(unlock, &other));
	appear("/dev/sdb1", HOME_UUID);
	turn();
	assert_int_equal(n_helpers, 0);
}

/* It was open before: somebody has opened it by hand, or an earlier helper that died. */
static void test_open_already(void **state)
{
	struct helper *helper = plug_root();

	expect_question(ROOT_ASKS);
	answer(helper, 0);
	expect_question("");
	expect_description("");
	end(helper, 0);
	assert_true(unlock_is_settled(unlock));
}

struct secret_waits_row {
	const char *name;
	bool header_read;
	const char *unsettled_module;
};

static const struct secret_waits_row secret_waits_rows[] = {
	{ "the secret waits for the header", false, NULL },
	{ "the secret waits for dm_crypt", true, "dm_crypt" },
	{ "the secret waits for the header's module", true, "aes" },
};

static void secret_waits(void **state)
{
	const struct secret_waits_row *row = *state;
	struct helper *helper = plug_root();

	unsettled_module = row->unsettled_module;
	if (row->header_read)
		read_header(helper);
	type("early");
	expect_no_passphrase(helper);
	assert_false(unlock_is_busy(unlock));
	expect_question("");

	unsettled_module = NULL;
	if (!row->header_read)
		read_header(helper);
	turn();
	expect_passphrase(helper, "early");
	expect_told("");
}

struct wrong_row {
	const char *name;
	unsigned int n_wrong;
	const char *told;
};

static const struct wrong_row wrong_rows[] = {
	{ "wrong once", 1, "wrong passphrase for root, 2 tries left, asking again in 1 s\n" },
	{ "wrong twice", 2,
	  "wrong passphrase for root, 2 tries left, asking again in 1 s\n"
	  "wrong passphrase for root, 1 try left, asking again in 2 s\n" },
};

static void type_wrong(const struct helper *helper, unsigned int n_times)
{
	for (unsigned int i = 0; i < n_times; i++) {
		type("wrong");
		expect_passphrase(helper, "wrong");
		answer(helper, -EPERM);
		pass_delay();
	}
}

static void wrong_and_then_right(void **state)
{
	const struct wrong_row *row = *state;
	struct helper *helper = plug_root();

	read_header(helper);
	type_wrong(helper, row->n_wrong);
	expect_told(row->told);
	expect_question(ROOT_ASKS);
	assert_int_equal(n_secrets, 0);
	type("right");
	expect_passphrase(helper, "right");
	answer(helper, 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	assert_int_equal(n_helpers, 1);
}

static void test_wrong_thrice(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	type_wrong(helper, 2);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n"
		    "wrong passphrase for root, 1 try left, asking again in 2 s\n");
	type_wrong(helper, 1);
	expect_failure("wrong passphrase, and no try is left");
	assert_true(helper->killed);
}

/* --- the device goes --- */

/*
 * What happens, in this order: 'm' the helper says that it cannot read any more, 'x' it ends, 'u'
 * the uevent comes, 't' the loop turns, '.' a second passes.
 */
struct vanish_row {
	const char *name;
	const char *events;
	const char *told;
};

#define GONE "/dev/sda1 with the LUKS volume root is gone, waiting for it to come back\n"
#define LOST "root: the unlock helper ended with status 1, starting it again\n"

static const struct vanish_row vanish_rows[] = {
	{ "only the uevent", "ut", GONE },
	{ "message, uevent, end", "mtutxt", GONE },
	{ "message, end, uevent", "mtxtut", GONE },
	{ "message and end, unread, then the uevent", "mxtut", GONE },
	{ "message and end, unread, and the uevent", "mxut", GONE },
	{ "message, unread, and the uevent, then the end", "mutxt", GONE },
	{ "message, end, and a late uevent", "mtxt.ut", GONE },
	{ "uevent, message, end", "utmtxt", GONE },
	{ "uevent, end, message never", "utxt", GONE },
	{ "end without a message, then the uevent", "xtut", LOST GONE },
	{ "end without a message, and the uevent", "xut", LOST GONE },
	{ "message, end, and a uevent that is much too late", "mtxt..ut",
	  ROOT_FAILS "it cannot be read: Input/output error\n" GONE },
};

static void happen(struct helper *helper, char event)
{
	switch (event) {
	case 'm':
		say(helper, UNLOCK_RESULT, -EIO, "it cannot be read: Input/output error");
		return;
	case 'x':
		end(helper, EXITED(1));
		return;
	case 'u':
		unlock_device_removed(unlock, "/dev/sda1");
		return;
	case 't':
		turn();
		return;
	case '.':
		pass_time(USEC_PER_SEC);
		return;
	}
	fail_msg("what is '%c'?", event);
}

/* The volume is awaited, and opens when its device comes back, under whichever name. */
static void come_back(const char *node)
{
	struct helper *helper;
	char text[128];

	expect_description(ROOT_IS "has not appeared");
	expect_question("");
	assert_int_equal(n_secrets, 0);
	assert_false(unlock_is_settled(unlock));
	assert_false(unlock_has_failed(unlock, NULL));

	helper = plug(node, ROOT_UUID);
	(void)snprintf(text, sizeof(text), "Please enter passphrase for disk %s (root): ", node);
	expect_question(text);
	open_with(helper, "right");
	assert_true(unlock_is_settled(unlock));
}

static void vanishes_while_its_header_is_read(void **state)
{
	const struct vanish_row *row = *state;
	struct helper *helper = plug_root();

	for (const char *event = row->events; *event; event++)
		happen(helper, *event);
	expect_told(row->told);
	come_back("/dev/sda1");
}

static void vanishes_while_a_passphrase_is_tried(void **state)
{
	const struct vanish_row *row = *state;
	struct helper *helper = plug_root();

	read_header(helper);
	type("right");
	expect_passphrase(helper, "right");
	for (const char *event = row->events; *event; event++)
		happen(helper, *event);
	expect_told(row->told);
	come_back("/dev/sdc1");
}

static void test_vanishes_while_asked_for(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	expect_question(ROOT_ASKS);
	unlock_device_removed(unlock, "/dev/sdb1");
	expect_question(ROOT_ASKS);
	unlock_device_removed(unlock, "/dev/sda1");
	expect_question("");
	expect_told(GONE);
	assert_true(helper->killed);
	come_back("/dev/sdc1");
}

/* Whoever brings the disk back may try once more; what was wrong before stays wrong. */
static void test_failed_volume_comes_back(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	type_wrong(helper, 3);
	unlock_device_removed(unlock, "/dev/sda1");
	recent_log_start();
	expect_description(ROOT_IS "has not appeared");

	helper = plug_root();
	read_header(helper);
	type_wrong(helper, 1);
	expect_failure("wrong passphrase, and no try is left");
}

static void test_keeps_its_device(void **state)
{
	struct helper *helper = plug_root();

	appear("/dev/sdc1", ROOT_UUID);
	turn();
	assert_int_equal(n_helpers, 1);
	read_header(helper);
	type("right");
	answer(helper, 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	/* The mapping stays, whether its helper has ended or not. */
	unlock_device_removed(unlock, "/dev/sda1");
	end(helper, 0);
	unlock_device_removed(unlock, "/dev/sda1");
	appear("/dev/sdc1", ROOT_UUID);
	turn();
	assert_int_equal(n_helpers, 1);
	expect_told("");
	expect_description("");
}

/* --- the helper fails --- */

static void test_helper_dies_once(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	type("right");
	end(helper, KILLED);
	expect_told("root: the unlock helper was ended by signal 9 (Killed), starting it again\n");
	assert_int_equal(n_helpers, 2);

	/* What was typed is still known. */
	turn();
	expect_question("");
	helper = newest_helper();
	expect_no_passphrase(helper);
	read_header(helper);
	expect_passphrase(helper, "right");
	answer(helper, 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
}

static void test_helper_dies_twice(void **state)
{
	end(plug_root(), EXITED(1));
	expect_told(LOST);
	turn();
	expect_question(ROOT_ASKS);
	end(newest_helper(), EXITED(2));
	turn();
	expect_failure("the unlock helper ended with status 2");
	assert_int_equal(n_helpers, 2);
}

static void test_helper_cannot_be_started_again(void **state)
{
	struct helper *helper = plug_root();

	spawn_error = -ENOMEM;
	end(helper, KILLED);
	turn();
	expect_failure("the unlock helper was ended by signal 9 (Killed)");
}

struct start_row {
	const char *name;
	int error;
	const char *reason;
};

static const struct start_row start_rows[] = {
	{ "no helper in the image", -ENOENT, "this image holds no unlock helper" },
	{ "no memory for a helper", -ENOMEM, "Cannot allocate memory" },
};

static void helper_cannot_be_started(void **state)
{
	const struct start_row *row = *state;

	spawn_error = row->error;
	appear("/dev/sda1", ROOT_UUID);
	turn();
	expect_failure(row->reason);
}

struct refuse_row {
	const char *name;
	int error;
	const char *reason;
};

static const struct refuse_row refuse_rows[] = {
	{ "the header is broken", -EINVAL, "its LUKS header cannot be used: Invalid argument" },
	/* Nothing was tried: this is no wrong passphrase. */
	{ "the device may not be opened", -EPERM, "/dev/sda1 cannot be opened: Not permitted" },
};

static void helper_refuses(void **state)
{
	const struct refuse_row *row = *state;
	struct helper *helper = plug_root();

	say(helper, UNLOCK_RESULT, row->error, row->reason);
	turn();
	expect_question("");
	expect_told("");
	expect_description(ROOT_IS "on /dev/sda1 is still locked");
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID ")");
	pass_time(REMOVAL_TIMEOUT_USEC - 1);
	assert_false(unlock_has_failed(unlock, NULL));
	pass_time(1);
	expect_failure(row->reason);
	assert_true(helper->killed);
}

/* Its end comes before its last words are read. */
static void test_helper_refuses_and_ends(void **state)
{
	struct helper *helper = plug_root();

	say(helper, UNLOCK_HEADER_READ, 0, "xts aes");
	say(helper, UNLOCK_RESULT, -EINVAL, "no memory for a passphrase: Invalid argument");
	end(helper, EXITED(1));
	pass_time(REMOVAL_TIMEOUT_USEC);
	expect_failure("no memory for a passphrase: Invalid argument");
}

static void test_helper_does_not_listen(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	helper->secret_fd = safe_close(helper->secret_fd);
	type("right");
	assert_false(unlock_is_busy(unlock));
	expect_told("");
	end(helper, KILLED);
	expect_told("root: the unlock helper was ended by signal 9 (Killed), starting it again\n");
	read_header(newest_helper());
	expect_question("");
	expect_passphrase(newest_helper(), "right");
}

static void test_header_takes_too_long(void **state)
{
	struct helper *helper = plug_root();

	pass_time(60 * USEC_PER_SEC - 1);
	expect_told("");
	expect_question(ROOT_ASKS);
	pass_time(1);
	expect_failure("its header could not be read in a minute");
	assert_true(helper->killed);
}

/* Whoever is asked has all the time in the world; the helper has not. */
static void test_passphrase_takes_too_long(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	pass_time(24 * 3600 * USEC_PER_SEC);
	type("wrong");
	pass_time(600 * USEC_PER_SEC - 1);
	answer(helper, -EPERM);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n");
	pass_time(24 * 3600 * USEC_PER_SEC);
	type("right");
	pass_time(600 * USEC_PER_SEC - 1);
	expect_told("");
	pass_time(1);
	expect_failure("checking the passphrase took more than ten minutes");
	assert_true(helper->killed);
}

/* --- the question --- */

static void test_no_console(void **state)
{
	prompt_error = -ENXIO;
	plug_root();
	expect_failure("there is no console where its passphrase could be typed");
	assert_true(newest_helper()->killed);
}

static void test_question_is_put_later(void **state)
{
	prompt_error = -ENOMEM;
	plug_root();
	expect_told("");
	prompt_error = 0;
	turn();
	expect_question(ROOT_ASKS);
}

static void test_one_passphrase_for_two(void **state)
{
	struct helper *root = plug_root(), *home = plug_home();

	read_header(home);
	expect_question(ROOT_ASKS);
	open_with(root, "shared");
	turn();
	expect_question("");
	expect_passphrase(home, "shared");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
}

static void test_passphrase_of_another_costs_no_try(void **state)
{
	struct helper *root = plug_root(), *home = plug_home();

	read_header(home);
	open_with(root, "of root");
	turn();
	expect_passphrase(home, "of root");
	answer(home, -EPERM);
	expect_told("");
	expect_question(HOME_ASKS);
	type("wrong");
	expect_passphrase(home, "wrong");
	answer(home, -EPERM);
	expect_told("wrong passphrase for home, 2 tries left, asking again in 1 s\n");
	/* And the other's is not tried again. */
	expect_no_passphrase(home);
	pass_delay();
	expect_question(HOME_ASKS);
}

struct memory_row {
	const char *name;
	uint64_t home_kib, data_kib, available_kib;
	bool is_at_once;
};

static const struct memory_row memory_rows[] = {
	{ "both fit", 500, 500, 1000, true },
	{ "both do not fit", 500, 501, 1000, false },
	{ "not even one fits", 2000, 2000, 1000, false },
	{ "the second takes none", 2000, 0, 1000, true },
	{ "the first takes none", 0, 2000, 1000, true },
	{ "nobody knows", 2000, 2000, UINT64_MAX, true },
};

/* Two volumes that the passphrase of a third one is tried on. */
static void several_derive_as_memory_allows(void **state)
{
	const struct memory_row *row = *state;
	struct helper *root = plug_root(), *home = plug_home(), *data;

	add_volume("data", "/dev/sdc1", "");
	data = plug("/dev/sdc1", "2b7d4c1f-0f7a-4d5a-a2f4-9c0c9f0a1b2c");
	available_kib = row->available_kib;
	read_greedy_header(home, row->home_kib);
	read_greedy_header(data, row->data_kib);
	open_with(root, "shared");
	turn();
	expect_passphrase(home, "shared");
	if (row->is_at_once)
		expect_passphrase(data, "shared");
	else
		expect_no_passphrase(data);
	answer(home, 0);
	turn();
	if (!row->is_at_once)
		expect_passphrase(data, "shared");
	answer(data, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n"
		    "opened the LUKS volume data on /dev/sdc1\n");
}

static void test_remark(void **state)
{
	struct helper *helper = plug_root();

	say(helper, UNLOCK_REMARK, 0, "its keyslot 1 will not be tried: it is too slow");
	turn();
	expect_told("the LUKS volume root on /dev/sda1: its keyslot 1 will not be tried: it is too "
		    "slow\n");
	open_with(helper, "right");
}

/* The volume is there, so what the helper still does is of no concern. */
static void test_helper_does_not_end(void **state)
{
	struct helper *helper = plug_root();

	read_header(helper);
	type("right");
	expect_passphrase(helper, "right");
	answer(helper, 0);
	assert_false(unlock_is_settled(unlock));
	pass_time(10 * USEC_PER_SEC);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	assert_true(is_left_alone(helper));
	assert_true(unlock_is_settled(unlock));
	assert_false(unlock_has_failed(unlock, "root"));
}

static void test_two_questions(void **state)
{
	struct helper *root = plug_root(), *home = plug_home();

	read_header(home);
	read_header(root);
	expect_question(ROOT_ASKS);
	type("wrong");
	expect_passphrase(root, "wrong");
	/* While one is tried the other is not asked for. */
	expect_question("");
	answer(root, -EPERM);
	expect_question("");
	pass_delay();
	expect_question(ROOT_ASKS);
	type_wrong(root, 2);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n"
		    "wrong passphrase for root, 1 try left, asking again in 2 s\n" ROOT_FAILS
		    "wrong passphrase, and no try is left\n");
	assert_true(unlock_has_failed(unlock, "root"));
	assert_false(unlock_has_failed(unlock, "home"));
	assert_false(unlock_is_settled(unlock));

	expect_question(HOME_ASKS);
	type("right");
	expect_passphrase(home, "right");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
	end(home, 0);
	assert_true(unlock_is_settled(unlock));
	expect_description(ROOT_IS
			   "on /dev/sda1 was not opened: wrong passphrase, and no try is left");
}

/* Its question makes room for the other's, and is put again after that. */
static void test_asking_device_goes(void **state)
{
	struct helper *home;

	(void)plug_root();
	home = plug_home();
	unlock_device_removed(unlock, "/dev/sda1");
	turn();
	expect_told(GONE);
	expect_question(HOME_ASKS);
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID
		       "), the LUKS volume home (UUID=" HOME_UUID ")");
	(void)plug_root();
	expect_question(HOME_ASKS);
	open_with(home, "of home");
	read_header(newest_helper());
	expect_passphrase(newest_helper(), "of home");
	answer(newest_helper(), -EPERM);
	expect_question(ROOT_ASKS);
}

/* --- other names than a UUID --- */

struct spec_row {
	const char *name;
	const char *mapping, *device, *told;
};

static const struct spec_row spec_rows[] = {
	{ "a device", "cryptdata", "/dev/sdb1", "cryptdata" },
	{ "PARTUUID=", "cryptdata", "PARTUUID=0B0B0B0B-02", "cryptdata" },
	{ "LABEL= of LUKS2", "cryptdata", "LABEL=secrets", "cryptdata" },
	{ "without a name", NULL, "/dev/sdb1", "luks-" HOME_UUID },
};

static void named_otherwise(void **state)
{
	const struct spec_row *row = *state;
	const struct blockdev device = device_with("/dev/sdb1", HOME_UUID);
	struct helper *helper;
	char text[256];

	add_volume(row->mapping, row->device, "");
	(void)snprintf(text, sizeof(text),
		       ROOT_IS "has not appeared; the LUKS volume %s%s%s%s has not appeared",
		       row->mapping ? row->mapping : "", row->mapping ? " (" : "", row->device,
		       row->mapping ? ")" : "");
	expect_description(text);
	helper = plug("/dev/sdb1", HOME_UUID);
	assert_string_equal(helper->name, row->told);
	assert_string_equal(unlock_get_name(unlock, &device), row->told);
	(void)snprintf(text, sizeof(text),
		       "Please enter passphrase for disk /dev/sdb1 (%s): ", row->told);
	expect_question(text);
}

struct question_row {
	const char *name;
	const char *title, *purpose, *question;
};

#define ASKS_FOR(disk) "Please enter passphrase for disk " disk ": "

static const struct question_row question_rows[] = {
	{ "what for", "Samsung SSD 980", "on /", ASKS_FOR("Samsung SSD 980 (data) on /") },
	{ "what for, nobody knows", "Samsung SSD 980", NULL, ASKS_FOR("Samsung SSD 980 (data)") },
	{ "no name", NULL, "to resume from", ASKS_FOR("/dev/sdb1 (data) to resume from") },
	{ "the volume's name", "data", "on /usr", ASKS_FOR("data on /usr") },
};

static void is_asked_for_by_name(void **state)
{
	const struct question_row *row = *state;
	struct crypt_volume *volume = new_volume("data", "UUID=" HOME_UUID, "");

	volume->purpose = row->purpose;
	assert_int_equal(unlock_add_volume(unlock, volume), 0);
	title = row->title;
	(void)plug("/dev/sdb1", HOME_UUID);
	expect_question(row->question);
}

/* A file system that was made over the header. */
static void test_without_a_header(void **state)
{
	struct blockdev device = device_with("/dev/sdb1", HOME_UUID);

	add_volume("data", "/dev/sdb1", "");
	device.superblocks[0].type = "ext4";
	unlock_device_appeared(unlock, &device);
	turn();
	assert_int_equal(n_helpers, 0);
}

static void test_two_names_for_one(void **state)
{
	struct helper *helper;

	add_volume("again", "PARTUUID=0b0b0b0b-02", "");
	helper = plug_root();
	assert_string_equal(helper->name, "root");
	assert_int_equal(n_helpers, 1);
	expect_told("cannot open the volume again (PARTUUID=0b0b0b0b-02): /dev/sda1 is opened as "
		    "root already\n");
	/* No disk was seen that could not be opened. */
	assert_false(unlock_has_failed(unlock, NULL));
	assert_true(unlock_has_failed(unlock, "again"));
}

/* --- options --- */

struct option_row {
	const char *name;
	const char *options, *handed_on;
	const char *told; /* as it is added */
};

#define TELLS(what)                                                                        \
	"of the volume data (UUID=" HOME_UUID "), " what " cannot be used here, going on " \
	"without; its passphrase opens it\n"
#define REFUSES(why) "cannot open the volume data (UUID=" HOME_UUID "): " why "\n"

static const struct option_row option_rows[] = {
	{ "none", "", "", "" },
	{ "discard", "luks,discard,x-initrd.attach", "discard", "" },
	{ "all that the helper knows",
	  "read-only,allow-discards,same-cpu-crypt,submit-from-crypt-cpus,no-read-workqueue,"
	  "no-write-workqueue,key-slot=1",
	  "discard,readonly,same-cpu-crypt,submit-from-crypt-cpus,no-read-workqueue,"
	  "no-write-workqueue,key-slot=1",
	  "" },
	{ "tokens", "tpm2-device=/dev/tpmrm1,tpm2-signature=/a\\,b,tpm2-pcrlock=/c,token-timeout=9",
	  "tpm2-device=/dev/tpmrm1,tpm2-signature=/a\\,b,tpm2-pcrlock=/c", "" },
	{ "a measurement", "fido2-device=auto,tpm2-measure-pcr=yes,discard",
	  "discard,fido2-device=auto", TELLS("tpm2-measure-pcr=") },
	{ "a keyscript", "keyscript=decrypt_keyctl", "", TELLS("its keyscript") },
	{ "plain", "plain,cipher=aes-xts-plain64", NULL,
	  REFUSES("it has no LUKS header, and plain dm-crypt is not opened here") },
	{ "BitLocker", "bitlk", NULL, REFUSES("volumes of BitLocker are not opened here") },
	{ "VeraCrypt", "tcrypt-veracrypt,tcrypt", NULL,
	  REFUSES("volumes of TrueCrypt and VeraCrypt are not opened here") },
	{ "a detached header", "header=/header.img", NULL,
	  REFUSES("its header is detached, and such ones are not read here") },
};

static void with_options(void **state)
{
	const struct option_row *row = *state;

	add_volume("data", "UUID=" HOME_UUID, row->options);
	expect_told(row->told);
	assert_int_equal(unlock_has_failed(unlock, "data"), !row->handed_on);
	appear("/dev/sdb1", HOME_UUID);
	turn();
	assert_int_equal(n_helpers, row->handed_on ? 1 : 0);
	if (row->handed_on)
		assert_string_equal(newest_helper()->options, row->handed_on);
}

/* What the parser leaves out of the options: the field of its own. */
static void test_key_file(void **state)
{
	struct crypt_volume *volume = new_volume("data", "UUID=" HOME_UUID, "");

	assert_int_equal(key_source_parse("/data.key:LABEL=keys", &volume->key), 0);
	assert_int_equal(unlock_add_volume(unlock, volume), 0);
	expect_told(TELLS("the key /data.key on LABEL=keys"));
	(void)plug("/dev/sdb1", HOME_UUID);
	expect_question("Please enter passphrase for disk /dev/sdb1 (data): ");
}

static void test_tries(void **state)
{
	struct helper *helper;

	add_volume("home", "UUID=" HOME_UUID, "tries=1");
	helper = plug("/dev/sdb1", HOME_UUID);
	read_header(helper);
	type_wrong(helper, 1);
	expect_told("cannot open the LUKS volume home on /dev/sdb1: wrong passphrase, and no try "
		    "is left\n");
}

static void test_tries_without_end(void **state)
{
	struct helper *helper;
	char told[128];

	add_volume("home", "UUID=" HOME_UUID, "tries=0");
	helper = plug("/dev/sdb1", HOME_UUID);
	read_header(helper);
	for (unsigned int i = 0; i < 10; i++) {
		static const char *const delays[] = { "1", "2", "4", "8", "16" };

		(void)snprintf(told, sizeof(told),
			       "wrong passphrase for home, asking again in %s s\n",
			       i < ARRAY_SIZE(delays) ? delays[i] : "30");
		type_wrong(helper, 1);
		expect_told(told);
	}
	open_with(helper, "right");
}

static void test_question_times_out(void **state)
{
	struct helper *helper;

	add_volume("home", "UUID=" HOME_UUID, "timeout=20");
	helper = plug("/dev/sdb1", HOME_UUID);
	read_header(helper);
	pass_time(20 * USEC_PER_SEC - 1);
	type_wrong(helper, 1);
	expect_told("wrong passphrase for home, 2 tries left, asking again in 1 s\n");
	pass_time(20 * USEC_PER_SEC - 1);
	expect_question(HOME_ASKS);
	pass_time(1);
	expect_question("");
	expect_told("cannot open the LUKS volume home on /dev/sdb1: nobody has typed its "
		    "passphrase in time\n");
}

static void test_nofail(void **state)
{
	struct helper *helper;

	add_volume("home", "UUID=" HOME_UUID, "nofail");
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID ")");
	helper = plug_root();
	open_with(helper, "of root");
	assert_true(unlock_is_settled(unlock));
	/* But if it is there it is opened. */
	helper = plug("/dev/sdb1", HOME_UUID);
	assert_false(unlock_is_settled(unlock));
	read_header(helper);
	expect_passphrase(helper, "of root");
	answer(helper, 0);
	end(helper, 0);
	assert_true(unlock_is_settled(unlock));
}

static void test_headless_alone(void **state)
{
	struct helper *root, *home;

	add_volume("home", "UUID=" HOME_UUID, "headless");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	/* The root has not appeared: its passphrase may be the one. */
	expect_question("");
	root = plug_root();
	read_header(root);
	type_wrong(root, 3);
	turn();
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n"
		    "wrong passphrase for root, 1 try left, asking again in 2 s\n" ROOT_FAILS
		    "wrong passphrase, and no try is left\n"
		    "cannot open the LUKS volume home on /dev/sdb1: it is headless, so nobody is "
		    "asked for its passphrase\n");
}

/* Before anybody is asked, and before what opened another volume; it costs no try. */
static void test_empty_passphrase_is_refused(void **state)
{
	struct helper *root = plug_root(), *home;

	open_with(root, "common");
	add_volume("home", "UUID=" HOME_UUID, "try-empty-password,tries=1");
	home = plug("/dev/sdb1", HOME_UUID);
	expect_question("");
	expect_no_passphrase(home);
	read_header(home);
	expect_passphrase(home, "");
	expect_question("");
	answer(home, -EPERM);
	expect_passphrase(home, "common");
	answer(home, -EPERM);
	expect_question(HOME_ASKS);
	type("right");
	expect_passphrase(home, "right");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
	end(home, 0);
}

/* It is no passphrase for others. */
static void test_empty_passphrase_opens(void **state)
{
	struct helper *home, *root;

	add_volume("home", "UUID=" HOME_UUID, "try-empty-password,headless");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	expect_passphrase(home, "");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
	end(home, 0);
	root = plug_root();
	expect_question(ROOT_ASKS);
	open_with(root, "right");
}

static void test_empty_passphrase_after_the_device_is_back(void **state)
{
	struct helper *home;

	add_volume("home", "UUID=" HOME_UUID, "try-empty-password");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	expect_passphrase(home, "");
	unlock_device_removed(unlock, "/dev/sdb1");
	turn();
	recent_log_start();
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	expect_passphrase(home, "");
}

static void test_headless_with_another(void **state)
{
	struct helper *root, *home;

	add_volume("home", "UUID=" HOME_UUID, "headless");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	root = plug_root();
	open_with(root, "shared");
	turn();
	expect_passphrase(home, "shared");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
}

struct cache_row {
	const char *name;
	const char *of_root, *of_home;
};

static const struct cache_row cache_rows[] = {
	{ "one keeps its passphrase to itself", "password-cache=no", "" },
	{ "one may use what is known, and keeps its own", "password-cache=read-only", "" },
	{ "one does not take that of another", "", "password-cache=no" },
};

static void passphrase_is_not_shared(void **state)
{
	const struct cache_row *row = *state;
	struct helper *first, *second;

	add_volume("first", "UUID=" HOME_UUID, row->of_root);
	add_volume("home", "/dev/sdc1", row->of_home);
	first = plug("/dev/sdb1", HOME_UUID);
	open_with(first, "shared");
	second = plug("/dev/sdc1", "33333333-cccc-4ccc-8ccc-333333333333");
	read_header(second);
	expect_no_passphrase(second);
	expect_question("Please enter passphrase for disk /dev/sdc1 (home): ");
	assert_string_equal(strbuf_string(&newly_cached), *row->of_root ? "" : "shared ");
}

static void test_is_kept_for_the_real_init(void **state)
{
	struct helper *root = plug_root();

	read_header(root);
	type_wrong(root, 1);
	recent_log_start();
	open_with(root, "right");
	assert_string_equal(strbuf_string(&newly_cached), "right ");
}

struct kept_row {
	const char *name;
	const char *options;
	bool is_used;
};

static const struct kept_row kept_rows[] = {
	{ "by default", "", true },
	{ "and nobody need be asked", "headless", true },
	{ "read-only", "password-cache=read-only", true },
	{ "not", "password-cache=no", false },
};

static void what_the_kernel_keeps_is_tried(void **state)
{
	const struct kept_row *row = *state;
	struct helper *home;

	add_volume("home", "UUID=" HOME_UUID, row->options);
	cached = "kept";
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	turn();
	if (!row->is_used) {
		expect_question(HOME_ASKS);
		expect_no_passphrase(home);
		return;
	}
	expect_question("");
	expect_passphrase(home, "kept");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
	assert_string_equal(strbuf_string(&newly_cached), "");
}

static void test_what_the_kernel_keeps_is_wrong(void **state)
{
	struct helper *root;

	cached = "kept";
	root = plug_root();
	read_header(root);
	turn();
	expect_passphrase(root, "kept");
	answer(root, -EPERM);
	expect_told("");
	expect_question(ROOT_ASKS);
	type_wrong(root, 1);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n");
}

/* --- wrong answers --- */

#define RECOVERY_KEY "vbcrnbjn-vkrkihnf-vkkibvlg-biuenien-ffjkcvkd-hllicbtu-ehkvnibe-itkluebr"

static void test_recovery_key(void **state)
{
	struct helper *root = plug_root();

	read_header(root);
	type("VBCRNBJNVKRKIHNFVKKIBVLGBIUENIENFFJKCVKDHLLICBTUEHKVNIBEITKLUEBR");
	expect_passphrase(root, "VBCRNBJNVKRKIHNFVKKIBVLGBIUENIENFFJKCVKDHLLICBTUEHKVNIBEITKLUEBR");
	answer(root, -EPERM);
	expect_told("");
	expect_passphrase(root, RECOVERY_KEY);
	answer(root, 0);
	assert_string_equal(strbuf_string(&newly_cached), RECOVERY_KEY " ");
}

static void test_wrong_recovery_key(void **state)
{
	struct helper *root = plug_root();

	read_header(root);
	type("VBCRNBJNVKRKIHNFVKKIBVLGBIUENIENFFJKCVKDHLLICBTUEHKVNIBEITKLUEBR");
	expect_passphrase(root, "VBCRNBJNVKRKIHNFVKKIBVLGBIUENIENFFJKCVKDHLLICBTUEHKVNIBEITKLUEBR");
	answer(root, -EPERM);
	expect_passphrase(root, RECOVERY_KEY);
	answer(root, -EPERM);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n");
	expect_no_passphrase(root);
}

/* Whoever knows none of them, whichever volume is asked for. */
static void test_delay_is_for_all(void **state)
{
	struct helper *root, *home;

	add_volume("home", "UUID=" HOME_UUID, "tries=1");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	type_wrong(home, 1);
	recent_log_start();
	root = plug_root();
	read_header(root);
	expect_question(ROOT_ASKS);
	type("wrong");
	expect_passphrase(root, "wrong");
	answer(root, -EPERM);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 2 s\n");
	assert_true(unlock_is_busy(unlock));
	pass_delay();
	assert_false(unlock_is_busy(unlock));
	expect_question(ROOT_ASKS);
}

static void test_delay_begins_anew_after_a_right_one(void **state)
{
	struct helper *root = plug_root(), *home;

	read_header(root);
	type_wrong(root, 2);
	recent_log_start();
	open_with(root, "of root");
	home = plug_home();
	read_header(home);
	expect_passphrase(home, "of root");
	answer(home, -EPERM);
	recent_log_start();
	delay_usec = USEC_PER_SEC;
	type_wrong(home, 1);
	expect_told("wrong passphrase for home, 2 tries left, asking again in 1 s\n");
}

/* Whoever has the patience: one question a time, and at the end it has failed, as any volume. */
static void test_ten_thousand_wrong_answers(void **state)
{
	static const char *const wrong[] = { "", "wrong", "\xff",
					     "a longer one that is wrong, too" };
	struct helper *home;
	uint64_t before_usec = fake_timers_now_usec();

	add_volume("home", "UUID=" HOME_UUID, "tries=10000");
	home = plug("/dev/sdb1", HOME_UUID);
	read_header(home);
	for (unsigned int i = 0; i < 10000; i++) {
		const char *text = wrong[i % ARRAY_SIZE(wrong)];

		assert_false(unlock_has_failed(unlock, "home"));
		expect_question(HOME_ASKS);
		type(text);
		expect_passphrase(home, text);
		answer(home, -EPERM);
		pass_delay();
		assert_int_equal(n_secrets, 0);
	}
	expect_question("");
	assert_true(unlock_has_failed(unlock, "home"));
	assert_true(fake_timers_now_usec() - before_usec > 9990 * 30 * USEC_PER_SEC);
	pass_time(3600 * USEC_PER_SEC);
	expect_question("");
}

/* --- tokens --- */

#define PIN_ASKS                                                                    \
	"Please enter the PIN of the TPM for disk /dev/sda1 (root), or nothing to " \
	"use its passphrase: "
#define OPENED_BY_TOKEN "opened the LUKS volume root on /dev/sda1 by a token\n"
#define TAKES_TIME      "root: its tokens take their time, going on without\n"
#define TPM_ABSENT      "root: the TPM may open it, but is not there, going on without\n"

#define TOKEN_PATIENCE_USEC (2 * USEC_PER_SEC)

/* The one for tokens is started by what the first one, @helper, has read. */
static struct helper *find_tokens(const struct helper *helper, const char *types)
{
	say_and_turn(helper, UNLOCK_TOKENS_FOUND, 0, types);
	read_header(helper);
	assert_true(newest_helper()->by_tokens);
	assert_string_equal(newest_helper()->node, helper->node);
	assert_string_equal(newest_helper()->name, helper->name);
	return newest_helper();
}

/* From now on in an image that has plug-ins, with a root of these options. */
static void put_plug_ins(const char *options)
{
	has_plug_ins = true;
	unlock = unlock_free(unlock);
	assert_int_equal(unlock_new(loop, NULL, NULL, NULL, NULL, &unlock), 0);
	add_volume("root", "UUID=" ROOT_UUID, options);
}

static struct helper *plug_root_with(const char *types)
{
	struct helper *helper;

	if (!has_plug_ins)
		put_plug_ins("");
	helper = plug_root();
	expect_question("");
	return find_tokens(helper, types);
}

/* It wants a PIN, and waits for it. */
static void want_pin(const struct helper *tokens, int result)
{
	say(tokens, UNLOCK_PIN_WANTED, result, "systemd-tpm2");
	say(tokens, UNLOCK_TOKENS_TRIED, 0, "");
	turn();
	turn();
}

static void expect_opened_by(struct helper *tokens)
{
	say_and_turn(tokens, UNLOCK_RESULT, 0, "");
	expect_told(OPENED_BY_TOKEN);
	expect_question("");
	assert_true(helpers[0].killed);
	assert_false(unlock_is_settled(unlock));
	end(tokens, 0);
	assert_true(unlock_is_settled(unlock));
	assert_false(unlock_has_failed(unlock, NULL));
}

static void test_token_opens(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	assert_string_equal(strbuf_string(&requested), "dm_crypt tpm_crb! tpm_tis! xts aes ");
	expect_question("");
	pass_time(TOKEN_PATIENCE_USEC - 1);
	expect_question("");
	expect_told("");
	expect_opened_by(tokens);
}

/* It has done its work: how it ends is nobody's concern. */
static void test_tokens_opened_and_do_not_end(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	say_and_turn(tokens, UNLOCK_RESULT, 0, "");
	pass_time(10 * USEC_PER_SEC - 1);
	assert_false(unlock_is_settled(unlock));
	pass_time(1);
	assert_true(unlock_is_settled(unlock));
	assert_true(tokens->killed);
	expect_told(OPENED_BY_TOKEN);
}

/* Then the question is there first, and is taken back. */
static void test_token_opens_without_a_mark(void **state)
{
	struct helper *helper = plug_root();

	expect_question(ROOT_ASKS);
	expect_opened_by(find_tokens(helper, "luks2-keyring"));
}

static void test_no_tokens_but_plug_ins(void **state)
{
	struct helper *helper;

	put_plug_ins("");
	helper = plug_root();
	expect_question("");
	read_header(helper);
	assert_int_equal(n_helpers, 1);
	expect_question(ROOT_ASKS);
}

static void test_unknown_tokens(void **state)
{
	struct helper *helper = plug_root();

	say(helper, UNLOCK_TOKENS_FOUND, 0, "systemd-recovery,clevis");
	read_header(helper);
	turn();
	assert_int_equal(n_helpers, 1);
	expect_question(ROOT_ASKS);
}

static void test_tokens_hang(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	pass_time(TOKEN_PATIENCE_USEC);
	expect_told(TAKES_TIME);
	expect_question(ROOT_ASKS);
	assert_false(tokens->killed);
	pass_time(24 * 3600 * USEC_PER_SEC);
	type("right");
	expect_passphrase(&helpers[0], "right");
	answer(&helpers[0], 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	assert_true(tokens->killed);
	end(&helpers[0], 0);
	assert_true(unlock_is_settled(unlock));
}

/* It is late, and still welcome: whatever the passphrase is about to do. */
static void test_token_opens_late(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	pass_time(TOKEN_PATIENCE_USEC);
	type("right");
	expect_passphrase(&helpers[0], "right");
	recent_log_start();
	expect_opened_by(tokens);
	assert_int_equal(n_secrets, 0);
}

struct race_row {
	const char *name;
	bool token_first;
	const char *told;
};

static const struct race_row race_rows[] = {
	{ "the passphrase is first", false, "opened the LUKS volume root on /dev/sda1\n" },
	{ "the token is first", true, OPENED_BY_TOKEN },
};

/* Both have opened it, which libcryptsetup takes for a success, before either is heard. */
static void both_open(void **state)
{
	const struct race_row *row = *state;
	struct helper *tokens = plug_root_with("systemd-tpm2"), *helper = &helpers[0];

	pass_time(TOKEN_PATIENCE_USEC);
	type("right");
	expect_passphrase(helper, "right");
	recent_log_start();
	say_and_turn(row->token_first ? tokens : helper, UNLOCK_RESULT, 0, "");
	expect_told(row->told);
	say_and_turn(row->token_first ? helper : tokens, UNLOCK_RESULT, 0, "");
	end(row->token_first ? tokens : helper, 0);
	assert_true(unlock_is_settled(unlock));
	expect_told("");
	assert_true((row->token_first ? helper : tokens)->killed);
}

struct absent_row {
	const char *name;
	bool has_tpm;
	const char *options, *types, *absent;
	uint64_t waits_usec;
	const char *told; /* with the question */
};

static const struct absent_row absent_rows[] = {
	{ "a TPM that may come", true, "", "systemd-tpm2", "systemd-tpm2", TOKEN_PATIENCE_USEC,
	  TPM_ABSENT },
	{ "a TPM, with a time for it", true, "token-timeout=7", "systemd-tpm2", "systemd-tpm2",
	  7 * USEC_PER_SEC, TPM_ABSENT },
	{ "a TPM that is not in the machine", false, "token-timeout=7", "systemd-tpm2",
	  "systemd-tpm2", 0, TPM_ABSENT },
	{ "a security key", true, "", "systemd-fido2", "systemd-fido2", 0,
	  "root: the security key may open it, but is not there, going on without\n" },
	{ "one of each", true, "", "systemd-tpm2,systemd-fido2", "systemd-tpm2,systemd-fido2",
	  TOKEN_PATIENCE_USEC,
	  "root: the TPM and the security key may open it, but is not there, going on without\n" },
};

static void hardware_is_absent(void **state)
{
	const struct absent_row *row = *state;
	struct helper *tokens;

	put_plug_ins(row->options);
	has_tpm = row->has_tpm;
	tokens = plug_root_with(row->types);
	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, row->absent);
	if (row->waits_usec > 0) {
		pass_time(row->waits_usec - 1);
		expect_question("");
		expect_told("");
		pass_time(1);
	}
	expect_told(row->told);
	expect_question(ROOT_ASKS);
	expect_no_passphrase(tokens);

	unlock_hardware_came(unlock);
	expect_request(tokens, UNLOCK_TRY_TOKENS, "");
	expect_question(ROOT_ASKS);
	expect_opened_by(tokens);
}

/* It is looked for again after what was under way, once. */
static void test_hardware_comes_meanwhile(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	has_tpm = true;
	unlock_hardware_came(unlock);
	unlock_hardware_came(unlock);
	expect_no_passphrase(tokens);
	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-tpm2");
	expect_request(tokens, UNLOCK_TRY_TOKENS, "");
	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-tpm2");
	expect_no_passphrase(tokens);
	expect_question("");
	expect_told("");
}

static void test_hardware_for_nobody(void **state)
{
	struct helper *tokens;

	unlock_hardware_came(unlock);
	tokens = plug_root_with("systemd-tpm2");
	want_pin(tokens, 0);
	unlock_hardware_came(unlock);
	expect_no_passphrase(tokens);
}

static void test_tokens_refused(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2,systemd-fido2");

	say_and_turn(tokens, UNLOCK_TOKEN_REFUSED, -ENOLCK, "the TPM does not open it: why");
	expect_told("root: the TPM does not open it: why, going on without it\n");
	expect_question("");
	say_and_turn(tokens, UNLOCK_TOUCH_WANTED, 0, "systemd-fido2");
	expect_told("root: if the security key blinks, touch it\n");
	end(tokens, EXITED(1));
	turn();
	expect_told("");
	expect_question(ROOT_ASKS);
	assert_int_equal(n_helpers, 2);
	unlock_hardware_came(unlock);
	open_with(&helpers[0], "right");
}

struct lost_row {
	const char *name;
	int status;
	const char *told;
};

static const struct lost_row lost_rows[] = {
	{ "a plug-in crashes", SIGSEGV,
	  "root: the helper for its tokens was ended by signal 11 (Segmentation fault), going on "
	  "without them\n" },
	{ "a plug-in takes all the memory", KILLED,
	  "root: the helper for its tokens was ended by signal 9 (Killed), going on without "
	  "them\n" },
	{ "a plug-in ends it", EXITED(127),
	  "root: the helper for its tokens ended with status 127, going on without them\n" },
	{ "no token is left", EXITED(1), "" },
};

static void tokens_are_lost(void **state)
{
	const struct lost_row *row = *state;
	struct helper *tokens = plug_root_with("systemd-tpm2");

	end(tokens, row->status);
	turn();
	expect_told(row->told);
	expect_question(ROOT_ASKS);
	assert_int_equal(n_helpers, 2);
	open_with(&helpers[0], "right");
}

static void tokens_are_lost_with_a_question(void **state)
{
	const struct lost_row *row = *state;
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	expect_question(PIN_ASKS);
	end(tokens, row->status);
	turn();
	expect_told(row->told);
	expect_question(ROOT_ASKS);
}

static void test_tokens_cannot_be_tried(void **state)
{
	struct helper *helper = plug_root();

	spawn_error = -ENOMEM;
	say(helper, UNLOCK_TOKENS_FOUND, 0, "systemd-tpm2");
	read_header(helper);
	expect_told("root: its tokens cannot be tried, going on without them: Cannot allocate "
		    "memory\n");
	expect_question(ROOT_ASKS);
	open_with(helper, "right");
}

/* The one for passphrases dies: that has nothing to do with the tokens. */
static void test_helper_dies_beside_tokens(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	end(&helpers[0], KILLED);
	turn();
	expect_told("root: the unlock helper was ended by signal 9 (Killed), starting it again\n");
	assert_int_equal(n_helpers, 3);
	say(newest_helper(), UNLOCK_TOKENS_FOUND, 0, "systemd-tpm2");
	read_header(newest_helper());
	assert_int_equal(n_helpers, 3);
	say_and_turn(tokens, UNLOCK_RESULT, 0, "");
	expect_told(OPENED_BY_TOKEN);
	assert_true(newest_helper()->killed);
	end(tokens, 0);
}

static void test_device_with_tokens_goes(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	unlock_device_removed(unlock, "/dev/sda1");
	turn();
	expect_told(GONE);
	expect_question("");
	assert_true(tokens->killed);
	/* Whoever has brought it back may try again. */
	tokens = plug_root_with("systemd-tpm2");
	say_and_turn(tokens, UNLOCK_RESULT, 0, "");
	expect_told(OPENED_BY_TOKEN);
}

/* --- PINs --- */

static void test_pin(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	expect_question(PIN_ASKS);
	pass_time(3600 * USEC_PER_SEC);
	expect_told("");
	type("1234");
	expect_request(tokens, UNLOCK_TRY_PIN, "1234");
	expect_question("");
	assert_int_equal(n_secrets, 0);
	expect_opened_by(tokens);
}

static void test_pin_hangs(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	type("1234");
	pass_time(TOKEN_PATIENCE_USEC - 1);
	expect_question("");
	pass_time(1);
	expect_told(TAKES_TIME);
	expect_question(ROOT_ASKS);
	open_with(&helpers[0], "right");
	assert_true(tokens->killed);
}

static void type_wrong_pin(const struct helper *tokens)
{
	expect_question(PIN_ASKS);
	type("wrong");
	expect_request(tokens, UNLOCK_TRY_PIN, "wrong");
	want_pin(tokens, -EPERM);
}

/* As often as a passphrase may be, and none of its tries is lost. */
static void test_wrong_pins(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	type_wrong_pin(tokens);
	expect_told("wrong PIN of the TPM for root, 2 tries left\n");
	type_wrong_pin(tokens);
	expect_told("wrong PIN of the TPM for root, 1 try left\n");
	type_wrong_pin(tokens);
	expect_told("wrong PIN of the TPM for root, 0 tries left\n");
	expect_request(tokens, UNLOCK_TRY_PIN, "");
	end(tokens, EXITED(1));
	turn();
	expect_question(ROOT_ASKS);
	type_wrong(&helpers[0], 2);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n"
		    "wrong passphrase for root, 1 try left, asking again in 2 s\n");
}

static void test_pin_locked(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	type("1234");
	say(tokens, UNLOCK_TOKEN_REFUSED, -ENOLCK, "the TPM does not open it: locked");
	end(tokens, EXITED(1));
	turn();
	expect_told("root: the TPM does not open it: locked, going on without it\n");
	expect_question(ROOT_ASKS);
}

static void test_no_pin(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	type("");
	expect_request(tokens, UNLOCK_TRY_PIN, "");
	end(tokens, EXITED(1));
	turn();
	expect_question(ROOT_ASKS);
	expect_told("");
}

/* It was put late: nobody loses what is typed. */
static void test_pin_instead_of_a_passphrase(void **state)
{
	struct helper *tokens = plug_root_with("systemd-fido2");

	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-fido2");
	recent_log_start();
	expect_question(ROOT_ASKS);
	prompt_is_touched_now = true;
	want_pin(tokens, 0);
	expect_question(ROOT_ASKS);
	prompt_is_touched_now = false;
	turn();
	expect_question(PIN_ASKS);
}

static void test_pin_after_a_passphrase(void **state)
{
	struct helper *tokens = plug_root_with("systemd-fido2");

	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-fido2");
	recent_log_start();
	type("wrong");
	expect_passphrase(&helpers[0], "wrong");
	want_pin(tokens, 0);
	expect_question("");
	answer(&helpers[0], -EPERM);
	expect_told("wrong passphrase for root, 2 tries left, asking again in 1 s\n");
	expect_question(PIN_ASKS);
}

/* One question at a time, whosoever. */
static void test_pin_beside_another_volume(void **state)
{
	struct helper *root, *home = plug_home(), *tokens;

	expect_question(HOME_ASKS);
	root = plug_root();
	tokens = find_tokens(root, "systemd-tpm2");
	want_pin(tokens, 0);
	expect_question(HOME_ASKS);
	open_with(home, "shared");
	expect_passphrase(root, "shared");
	answer(root, -EPERM);
	expect_question(PIN_ASKS);
}

/* What another volume was opened with is tried beside the question. */
static void test_known_passphrase_beside_a_pin(void **state)
{
	struct helper *home = plug_home(), *root, *tokens;

	read_header(home);
	type("shared");
	expect_passphrase(home, "shared");
	root = plug_root();
	tokens = find_tokens(root, "systemd-tpm2");
	want_pin(tokens, 0);
	expect_question("");
	answer(home, 0);
	expect_told("opened the LUKS volume home on /dev/sdb1\n");
	expect_question(PIN_ASKS);
	expect_passphrase(root, "shared");
	answer(root, 0);
	expect_told("opened the LUKS volume root on /dev/sda1\n");
	expect_question("");
	assert_true(tokens->killed);
}

static void test_pin_without_a_console(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	prompt_error = -ENXIO;
	want_pin(tokens, 0);
	expect_request(tokens, UNLOCK_TRY_PIN, "");
	expect_told("root: there is no console where a PIN could be typed\n");
	/* Another token may still open it. */
	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-fido2");
	recent_log_start();
	expect_description(ROOT_IS "on /dev/sda1 is still locked");
	end(tokens, EXITED(1));
	turn();
	expect_failure("there is no console where its passphrase could be typed");
}

/* Nobody is asked: there is time for hardware, and then the end. */
static void test_headless_with_tokens(void **state)
{
	struct helper *root = plug_root(), *home, *tokens;

	open_with(root, "of root");
	add_volume("home", "UUID=" HOME_UUID, "headless");
	home = plug("/dev/sdb1", HOME_UUID);
	tokens = find_tokens(home, "systemd-tpm2,systemd-fido2");
	expect_passphrase(home, "of root");
	answer(home, -EPERM);
	want_pin(tokens, 0);
	expect_request(tokens, UNLOCK_TRY_PIN, "");
	say_and_turn(tokens, UNLOCK_TOKENS_TRIED, 0, "systemd-fido2");
	pass_time(30 * USEC_PER_SEC - 1);
	assert_false(unlock_has_failed(unlock, "home"));
	pass_time(1);
	expect_told("home: no token has opened it in time\n"
		    "cannot open the LUKS volume home on /dev/sdb1: it is headless, so nobody is "
		    "asked for its passphrase\n");
	assert_true(tokens->killed);
	expect_question("");
}

static void test_abandon_with_a_pin(void **state)
{
	struct helper *tokens = plug_root_with("systemd-tpm2");

	want_pin(tokens, 0);
	expect_question(PIN_ASKS);
	unlock_abandon(unlock);
	expect_question("");
	assert_true(tokens->killed);
	assert_true(helpers[0].killed);
}

/* --- the end --- */

static void test_abandon(void **state)
{
	struct helper *root = plug_root(), *home = plug_home();

	open_with(root, "of root");
	read_header(home);
	expect_passphrase(home, "of root");
	answer(home, -EPERM);
	type("of home");
	expect_passphrase(home, "of home");
	assert_int_equal(n_secrets, 2);

	unlock_abandon(unlock);
	assert_int_equal(n_secrets, 0);
	assert_true(home->killed);
	assert_true(is_left_alone(home));
	expect_told("");
}

static void test_abandon_with_a_question(void **state)
{
	struct helper *helper = plug_root();

	expect_question(ROOT_ASKS);
	unlock_abandon(unlock);
	expect_question("");
	assert_true(helper->killed);
	/* For the report on why boot ended. */
	expect_description(ROOT_IS "on /dev/sda1 is still locked");
}

/* --- how long a device is waited for --- */

#define DATA_IS   "the LUKS volume data (/dev/sdc) "
#define LATE      "its device did not appear in the time that x-systemd.device-timeout= gives it"
#define DATA_FAIL "cannot open the volume data (/dev/sdc): " LATE "\n"

/* Seconds of the boot's clock, which runs or stands still. */
static void wait(unsigned int seconds, bool is_running)
{
	unlock_let_time_run(unlock, is_running);
	pass_time(seconds * USEC_PER_SEC);
	unlock_let_time_run(unlock, is_running);
}

static void test_device_has_a_time_of_its_own(void **state)
{
	add_volume("data", "/dev/sdc", "x-systemd.device-timeout=5");
	wait(4, true);
	wait(100, false);
	expect_told("");
	wait(1, true);
	expect_told(DATA_FAIL);
	assert_true(unlock_has_failed(unlock, "data"));
	expect_description(ROOT_IS "has not appeared; " DATA_IS "was not opened: " LATE);
	expect_awaited("the LUKS volume root (UUID=" ROOT_UUID ")");
	/* A volume that was never seen says nothing of where the root is. */
	assert_false(unlock_has_failed(unlock, NULL));
}

static void test_device_may_have_no_end_of_its_time(void **state)
{
	add_volume("data", "/dev/sdc", "x-systemd.device-timeout=0");
	wait(1000000, true);
	expect_told("");
}

static void test_device_comes_in_its_time(void **state)
{
	struct helper *helper;

	add_volume("data", "/dev/sdc", "x-systemd.device-timeout=5");
	wait(4, true);
	helper = plug("/dev/sdc", HOME_UUID);
	read_header(helper);
	wait(100, true);
	type("secret");
	answer(helper, 0);
	end(helper, 0);
	wait(100, true);
	expect_told("opened the LUKS volume data on /dev/sdc\n");
}

static void test_device_goes_and_has_its_time_again(void **state)
{
	add_volume("data", "/dev/sdc", "x-systemd.device-timeout=5");
	wait(4, true);
	plug("/dev/sdc", HOME_UUID);
	unlock_device_removed(unlock, "/dev/sdc");
	recent_log_start();
	wait(4, true);
	expect_told("");
	wait(1, true);
	expect_told("cannot open the LUKS volume data on /dev/sdc: " LATE "\n");
}

int main(void)
{
	struct test_list list = { 0 };

	(void)signal(SIGPIPE, SIG_IGN);
	TEST_ROWS(&list, test_other_content, other_rows);
	TEST(&list, test_open);
	TEST(&list, test_names);
	TEST(&list, test_open_already);
	TEST_ROWS(&list, secret_waits, secret_waits_rows);
	TEST_ROWS(&list, wrong_and_then_right, wrong_rows);
	TEST(&list, test_wrong_thrice);
	TEST_ROWS(&list, vanishes_while_its_header_is_read, vanish_rows);
	TEST_ROWS(&list, vanishes_while_a_passphrase_is_tried, vanish_rows);
	TEST(&list, test_vanishes_while_asked_for);
	TEST(&list, test_failed_volume_comes_back);
	TEST(&list, test_keeps_its_device);
	TEST(&list, test_helper_dies_once);
	TEST(&list, test_helper_dies_twice);
	TEST(&list, test_helper_cannot_be_started_again);
	TEST_ROWS(&list, helper_cannot_be_started, start_rows);
	TEST_ROWS(&list, helper_refuses, refuse_rows);
	TEST(&list, test_helper_refuses_and_ends);
	TEST(&list, test_helper_does_not_listen);
	TEST(&list, test_header_takes_too_long);
	TEST(&list, test_passphrase_takes_too_long);
	TEST(&list, test_no_console);
	TEST(&list, test_question_is_put_later);
	TEST(&list, test_one_passphrase_for_two);
	TEST(&list, test_passphrase_of_another_costs_no_try);
	TEST_ROWS(&list, several_derive_as_memory_allows, memory_rows);
	TEST(&list, test_remark);
	TEST(&list, test_helper_does_not_end);
	TEST(&list, test_two_questions);
	TEST(&list, test_asking_device_goes);
	TEST_ROWS(&list, named_otherwise, spec_rows);
	TEST_ROWS(&list, is_asked_for_by_name, question_rows);
	TEST(&list, test_without_a_header);
	TEST(&list, test_two_names_for_one);
	TEST_ROWS(&list, with_options, option_rows);
	TEST(&list, test_key_file);
	TEST(&list, test_tries);
	TEST(&list, test_tries_without_end);
	TEST(&list, test_question_times_out);
	TEST(&list, test_nofail);
	TEST(&list, test_headless_alone);
	TEST(&list, test_headless_with_another);
	TEST(&list, test_empty_passphrase_is_refused);
	TEST(&list, test_empty_passphrase_opens);
	TEST(&list, test_empty_passphrase_after_the_device_is_back);
	TEST_ROWS(&list, passphrase_is_not_shared, cache_rows);
	TEST(&list, test_token_opens);
	TEST(&list, test_tokens_opened_and_do_not_end);
	TEST(&list, test_token_opens_without_a_mark);
	TEST(&list, test_no_tokens_but_plug_ins);
	TEST(&list, test_unknown_tokens);
	TEST(&list, test_tokens_hang);
	TEST(&list, test_token_opens_late);
	TEST_ROWS(&list, both_open, race_rows);
	TEST_ROWS(&list, hardware_is_absent, absent_rows);
	TEST(&list, test_hardware_comes_meanwhile);
	TEST(&list, test_hardware_for_nobody);
	TEST(&list, test_tokens_refused);
	TEST_ROWS(&list, tokens_are_lost, lost_rows);
	TEST_ROWS(&list, tokens_are_lost_with_a_question, lost_rows);
	TEST(&list, test_tokens_cannot_be_tried);
	TEST(&list, test_helper_dies_beside_tokens);
	TEST(&list, test_device_with_tokens_goes);
	TEST(&list, test_pin);
	TEST(&list, test_pin_hangs);
	TEST(&list, test_wrong_pins);
	TEST(&list, test_pin_locked);
	TEST(&list, test_no_pin);
	TEST(&list, test_pin_instead_of_a_passphrase);
	TEST(&list, test_pin_after_a_passphrase);
	TEST(&list, test_pin_beside_another_volume);
	TEST(&list, test_known_passphrase_beside_a_pin);
	TEST(&list, test_pin_without_a_console);
	TEST(&list, test_headless_with_tokens);
	TEST(&list, test_abandon_with_a_pin);
	TEST(&list, test_is_kept_for_the_real_init);
	TEST_ROWS(&list, what_the_kernel_keeps_is_tried, kept_rows);
	TEST(&list, test_what_the_kernel_keeps_is_wrong);
	TEST(&list, test_recovery_key);
	TEST(&list, test_wrong_recovery_key);
	TEST(&list, test_delay_is_for_all);
	TEST(&list, test_delay_begins_anew_after_a_right_one);
	TEST(&list, test_ten_thousand_wrong_answers);
	TEST(&list, test_abandon);
	TEST(&list, test_abandon_with_a_question);
	TEST(&list, test_device_has_a_time_of_its_own);
	TEST(&list, test_device_may_have_no_end_of_its_time);
	TEST(&list, test_device_comes_in_its_time);
	TEST(&list, test_device_goes_and_has_its_time_again);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
