/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/unlock-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/strbuf.h"
#include "init/child.h"
#include "init/loop.h"
#include "kindling/image-layout.h"

void unlock_helper_describe_end(int status, struct strbuf *buf)
{
	if (WIFSIGNALED(status))
		strbuf_printf(buf, "was ended by signal %d (%s)", WTERMSIG(status),
			      strsignal(WTERMSIG(status)));
	else
		strbuf_printf(buf, "ended with status %d", WEXITSTATUS(status));
}

/*
 * Nobody wipes the pages of a pipe that is gone. But the page that was read last is the one that is
 * written next (tmp_page in fs/pipe.c), so what comes behind a passphrase takes its place.
 */
static void wipe_pipe(int fd)
{
	static const char zeros[4096];
	_cleanup_close_ int reader = -1;
	char path[32], unread[sizeof(zeros)];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader < 0)
		return;
	(void)!read(reader, unread, sizeof(unread));
	explicit_bzero(unread, sizeof(unread));
	(void)!write(fd, zeros, sizeof(zeros));
}

void unlock_helper_end(struct unlock_helper *helper)
{
	if (helper->pid > 0) {
		children_unwatch(helper->children, helper->pid);
		(void)kill(helper->pid, SIGKILL);
	}
	helper->pid = 0;
	helper->watch = loop_fd_free(helper->watch);
	helper->message_fd = safe_close(helper->message_fd);
	if (helper->request_fd >= 0)
		wipe_pipe(helper->request_fd);
	helper->request_fd = safe_close(helper->request_fd);
}

/* Whether there was a message; if the helper has ended there will be none any more. */
static bool receive_message(struct unlock_helper *helper)
{
	struct unlock_message message;
	ssize_t n;

	if (!helper->watch)
		return false;
	n = recv(helper->message_fd, &message, sizeof(message), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != (ssize_t)sizeof(message)) {
		helper->watch = loop_fd_free(helper->watch);
		return false;
	}
	message.text[sizeof(message.text) - 1] = '\0';
	helper->on_message(helper->userdata, &message);
	return true;
}

static void on_readable(void *userdata)
{
	(void)receive_message(userdata);
}

static void on_exit_of_helper(void *userdata, int status)
{
	struct unlock_helper *helper = userdata;

	helper->pid = 0;
	while (receive_message(helper)) {
		/* Its last words may still be unread. */
	}
	helper->on_exit(helper->userdata, status);
}

static int spawn(struct unlock_helper *helper, const char *const *argv, int message_fd,
		 int request_fd)
{
	static const char *const envp[] = {
		"DM_DISABLE_UDEV=1", /* libdevmapper: nobody runs udev, so make the nodes yourself
				      */
		"TSS2_LOG=all+NONE", /* libtss2: those who call it tell what failed */
		NULL,
	};
	struct child_params params = {
		.path = IMAGE_UNLOCK,
		.argv = argv,
		.envp = envp,
		.stdin_fd = request_fd,
		.output_fd = -1,
		.message_fd = message_fd,
	};

	return child_spawn(&params, &helper->pid);
}

/* Fills in our ends; theirs are the caller's to close. */
static int open_channels(struct unlock_helper *helper, int *ret_message_fd, int *ret_request_fd)
{
	int sockets[2], pipe_fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	helper->message_fd = sockets[0];
	*ret_message_fd = sockets[1];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_request_fd = pipe_fds[0];
	helper->request_fd = pipe_fds[1];
	/* A pipe takes far more than one request, so writing it never waits. */
	(void)fcntl(helper->request_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int unlock_helper_start(struct unlock_helper *helper, const char *mode, const char *node,
			const char *name, const char *options)
{
	const char *const argv[] = { IMAGE_UNLOCK, mode, node, name, options, NULL };
	const char *const argv_without_mode[] = { IMAGE_UNLOCK, node, name, options, NULL };
	_cleanup_close_ int their_message_fd = -1, their_request_fd = -1;
	int r;

	helper->pid = 0;
	helper->watch = NULL;
	helper->message_fd = helper->request_fd = -1;
	r = open_channels(helper, &their_message_fd, &their_request_fd);
	if (r >= 0)
		r = spawn(helper, mode ? argv : argv_without_mode, their_message_fd,
			  their_request_fd);
	if (r >= 0)
		r = loop_fd_new(helper->loop, helper->message_fd, LOOP_READ, on_readable, helper,
				&helper->watch);
	if (r >= 0)
		r = children_watch(helper->children, helper->pid, on_exit_of_helper, helper);
	if (r < 0)
		unlock_helper_end(helper);
	return r;
}

int unlock_helper_request(struct unlock_helper *helper, enum unlock_request_type type,
			  const void *data, size_t size)
{
	struct unlock_request_header header = { .type = type, .size = (uint32_t)size };
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)data, .iov_len = size },
	};
	ssize_t n = writev(helper->request_fd, parts, ARRAY_SIZE(parts));

	if (n < 0)
		return -errno;
	return n == (ssize_t)(sizeof(header) + size) ? 0 : -EPIPE;
}
