/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As agents see it: files in a directory, and a socket. */
#include "init/ask-password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/str.h"
#include "init/loop.h"
#include "recent-log.h"
#include "support.h"

#define NOBODY 65534

/* Strings with NULs in them, and their sizes. */
#define BYTES(text) text, sizeof(text) - 1

static const struct ask_password_question question = {
	.message = "Please enter passphrase for disk A (b) on /: ",
	.id = "cryptsetup:/dev/sda",
	.is_silent = true,
};

static struct loop *loop;
static struct ask_password *ask;
static char answer[SECRET_MAX + 1];
static unsigned int n_answers;

static const char *directory(void)
{
	return scratch_path("run/systemd/ask-password");
}

static void on_answer(void *userdata, struct secret *secret)
{
	n_answers++;
	memcpy(answer, secret->bytes, secret->size);
	answer[secret->size] = '\0';
	for (size_t i = secret->size; i < SECRET_MAX; i++)
		assert_int_equal(secret->bytes[i], 0);
	(void)secret_free(secret);
	ask = ask_password_free(ask);
}

static int set_up(void **state)
{
	n_answers = 0;
	recent_log_start();
	assert_int_equal(file_make_directories(scratch_path("run"), 0755), 0);
	assert_int_equal(loop_new(&loop), 0);
	return 0;
}

static int tear_down(void **state)
{
	ask = ask_password_free(ask);
	loop = loop_free(loop);
	ask_password_clean_up(directory());
	/* Nothing is left. */
	assert_int_equal(rmdir(scratch_path("run")), 0);
	return 0;
}

static void begin(const struct ask_password_question *asked)
{
	assert_int_equal(ask_password_new(loop, directory(), asked, on_answer, NULL, &ask), 0);
}

/* The one file there whose name begins with @prefix; NULL if there is none. */
static char *find_path(const char *prefix)
{
	struct vec names = { 0 };
	char *path = NULL;
	const char *name;

	assert_int_equal(file_list_directory(directory(), NULL, &names), 0);
	vec_for_each(name, &names) {
		if (!str_after_prefix(name, prefix))
			continue;
		assert_null(path);
		path = str_format("%s/%s", directory(), name);
	}
	vec_done(&names, free);
	return path;
}

/* Of one line in the question's file, @name and all; the caller frees it. */
static char *find_line(const char *name)
{
	_cleanup_free_ char *path = find_path("ask."), *text = NULL;
	char *next, *line;
	size_t size;

	assert_non_null(path);
	assert_int_equal(file_read(path, 4096, &text, &size), 0);
	assert_non_null(str_after_prefix(text, "[Ask]\n"));
	for (next = text; (line = strsep(&next, "\n"));)
		if (str_after_prefix(line, name))
			return strdup(line);
	return NULL;
}

static void expect_line(const char *name, const char *value)
{
	_cleanup_free_ char *line = find_line(name), *expected = str_format("%s%s", name, value);

	assert_non_null(line);
	assert_string_equal(line, expected);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_file(void **state)
{
	_cleanup_free_ char *path = NULL, *socket_path = NULL, *pid = str_format("%d", getpid());

	begin(&question);
	path = find_path("ask.");
	socket_path = find_path("sck.");
	expect_line("PID=", pid);
	expect_line("Socket=", socket_path);
	expect_line("Message=", question.message);
	expect_line("Id=", question.id);
	expect_line("Icon=", "drive-harddisk");
	expect_line("AcceptCached=", "0");
	expect_line("Echo=", "0");
	expect_line("Silent=", "1");
	expect_line("NotAfter=", "0");
	assert_int_equal(mode_of(path), 0644);
	assert_int_equal(mode_of(socket_path), 0600);
	ask = ask_password_free(ask);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(socket_path, F_OK), -1);
}

static void test_end_of_time(void **state)
{
	struct ask_password_question timed = question;
	_cleanup_free_ char *line = NULL;
	struct timespec now;
	uint64_t end_usec;

	timed.timeout_usec = 100 * USEC_PER_SEC;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	begin(&timed);
	line = find_line("NotAfter=");
	assert_int_equal(str_parse_uint64(line + strlen("NotAfter="), &end_usec), 0);
	assert_in_range(end_usec, ((uint64_t)now.tv_sec + 100) * USEC_PER_SEC,
			((uint64_t)now.tv_sec + 200) * USEC_PER_SEC);
}

/* Whoever watches sees a file that is whole, under its name only, and then that it is gone. */
static void test_appears_as_a_whole(void **state)
{
	_Alignas(struct inotify_event) char events[4096];
	_cleanup_close_ int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	unsigned int n_moved = 0, n_deleted = 0;
	ssize_t size;

	assert_int_equal(file_make_directories(directory(), 0755), 0);
	assert_true(inotify_add_watch(fd, directory(), IN_ALL_EVENTS) >= 0);
	begin(&question);
	ask = ask_password_free(ask);
	size = read(fd, events, sizeof(events));
	for (ssize_t at = 0; at < size;) {
		const struct inotify_event *event = (const void *)(events + at);

		at += (ssize_t)(sizeof(*event) + event->len);
		if (event->len == 0 || !str_after_prefix(event->name, "ask."))
			continue;
		n_moved += !!(event->mask & IN_MOVED_TO);
		n_deleted += !!(event->mask & IN_DELETE);
		assert_false(event->mask & ~(uint32_t)(IN_MOVED_TO | IN_DELETE));
	}
	assert_int_equal(n_moved, 1);
	assert_int_equal(n_deleted, 1);
}

static void stop_loop(void *userdata)
{
	loop_stop(loop);
}

static void turn(void)
{
	struct loop_timer *timer;

	assert_int_equal(loop_timer_new(loop, stop_loop, NULL, &timer), 0);
	loop_timer_start(timer, 10 * USEC_PER_MSEC);
	assert_int_equal(loop_run(loop), 0);
	timer = loop_timer_free(timer);
}

static int connect_as_agent(void)
{
	_cleanup_free_ char *path = find_path("sck.");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_non_null(path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_datagram(const void *data, size_t size)
{
	_cleanup_close_ int fd = connect_as_agent();

	assert_int_equal(send(fd, data, size, 0), size);
	turn();
}

struct answer_row {
	const char *name;
	const char *datagram;
	size_t size;
	const char *answer;
};

static const struct answer_row answer_rows[] = {
	{ "an answer", BYTES("+secret"), "secret" },
	{ "an answer with a NUL at its end", BYTES("+secret\0"), "secret" },
	{ "the first of two", BYTES("+secret\0other\0"), "secret" },
	{ "the empty passphrase", BYTES("+"), "" },
	{ "the empty passphrase with a NUL", BYTES("+\0"), "" },
	{ "a sign that is part of it", BYTES("+-"), "-" },
	{ "what is no text", BYTES("+\xff\n\1"), "\xff\n\1" },
};

static void is_answered(void **state)
{
	const struct answer_row *row = *state;

	begin(&question);
	send_datagram(row->datagram, row->size);
	assert_int_equal(n_answers, 1);
	assert_string_equal(answer, row->answer);
	assert_null(ask);
}

static void test_longest_answer(void **state)
{
	char datagram[1 + SECRET_MAX];

	memset(datagram, 'x', sizeof(datagram));
	datagram[0] = '+';
	begin(&question);
	send_datagram(datagram, sizeof(datagram));
	assert_int_equal(n_answers, 1);
	assert_int_equal(strlen(answer), SECRET_MAX);
}

/* Then it is answered all the same. */
static void expect_ignored(const char *why)
{
	_cleanup_free_ char *told = str_format("ignoring an answer from process %d of user 0, %s; "
					       "the question stays open\n",
					       getpid(), why);

	assert_int_equal(n_answers, 0);
	assert_string_equal(recent_log(), told);
	send_datagram(BYTES("+right"));
	assert_int_equal(n_answers, 1);
	assert_string_equal(answer, "right");
}

struct ignored_row {
	const char *name;
	const char *datagram;
	size_t size;
	const char *why;
};

static const struct ignored_row ignored_rows[] = {
	{ "nothing", BYTES(""), "which does not speak the protocol of password agents" },
	{ "another sign", BYTES("secret"), "which does not speak the protocol of password agents" },
	{ "a NUL", BYTES("\0+secret"), "which does not speak the protocol of password agents" },
	{ "no", BYTES("-"), "who does not want to answer" },
	{ "no, with more", BYTES("-secret"), "who does not want to answer" },
};

static void is_ignored(void **state)
{
	const struct ignored_row *row = *state;

	begin(&question);
	send_datagram(row->datagram, row->size);
	expect_ignored(row->why);
}

static void test_too_long(void **state)
{
	static char datagram[100000];

	memset(datagram, '+', sizeof(datagram));
	begin(&question);
	send_datagram(datagram, 1 + SECRET_MAX + 1);
	expect_ignored("which is longer than a passphrase may be");
	begin(&question);
	n_answers = 0;
	send_datagram(datagram, sizeof(datagram));
	assert_int_equal(n_answers, 0);
}

static size_t count_fds(void)
{
	struct vec names = { 0 };
	size_t n;

	assert_int_equal(file_list_directory("/proc/self/fd", NULL, &names), 0);
	n = names.n_items;
	vec_done(&names, free);
	return n;
}

/* Fds that come along are nobody's. */
static void test_fds(void **state)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = (char *)"+secret", .iov_len = 7 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	_cleanup_close_ int fd = -1, null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t n_before = count_fds();

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &null_fd, sizeof(int));
	begin(&question);
	fd = connect_as_agent();
	assert_int_equal(sendmsg(fd, &message, 0), 7);
	turn();
	assert_int_equal(n_answers, 1);
	assert_string_equal(answer, "secret");
	assert_int_equal(count_fds(), n_before + 1);
}

/* Who has the socket, but is not root. */
static void test_other_user(void **state)
{
	_cleanup_free_ char *told = NULL;
	_cleanup_close_ int fd = -1;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	begin(&question);
	fd = connect_as_agent();
	pid = fork();
	if (pid == 0)
		_exit(setuid(NOBODY) < 0 || send(fd, "+secret", 7, 0) != 7);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	turn();
	assert_int_equal(n_answers, 0);
	told = str_format("ignoring an answer from process %d of user %d, who may not answer; the "
			  "question stays open\n",
			  pid, NOBODY);
	assert_string_equal(recent_log(), told);
}

static void test_no_directory(void **state)
{
	write_text(scratch_path("run/systemd"), "");
	assert_int_equal(ask_password_new(loop, directory(), &question, on_answer, NULL, &ask),
			 -ENOTDIR);
	assert_int_equal(unlink(scratch_path("run/systemd")), 0);
}

/* What somebody else has there stays. */
static void test_clean_up(void **state)
{
	write_text(scratch_path("run/systemd/ask-password/other"), "");
	ask_password_clean_up(directory());
	assert_int_equal(unlink(scratch_path("run/systemd/ask-password/other")), 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_file);
	TEST(&list, test_end_of_time);
	TEST(&list, test_appears_as_a_whole);
	TEST_ROWS(&list, is_answered, answer_rows);
	TEST(&list, test_longest_answer);
	TEST_ROWS(&list, is_ignored, ignored_rows);
	TEST(&list, test_too_long);
	TEST(&list, test_fds);
	TEST(&list, test_other_user);
	TEST(&list, test_no_directory);
	TEST(&list, test_clean_up);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
