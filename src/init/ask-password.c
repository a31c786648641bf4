/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The asking side of systemd's Password Agents protocol: a file "ask.…" says what is asked and
 * names a socket; agents watch the directory, and send one datagram there, "+" and the passphrase.
 * That the file is gone tells them that the question is over. It has to appear under its name as a
 * whole, since they read it the moment that it is there.
 */
#include "init/ask-password.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/loop.h"

struct ask_password {
	int fd;
	struct loop_fd *watch;
	char *file, *socket; /* paths; NULL until they exist */
	ask_password_cb callback;
	void *userdata;
};

/* --- answers --- */

struct datagram {
	char kind;
	struct secret *content;
	ssize_t size; /* of both; may be 0 */
	bool is_cut;
	struct ucred sender;
};

static void take_sender(struct msghdr *message, struct datagram *datagram)
{
	const struct cmsghdr *header;

	/* Nobody, if the kernel does not say who. */
	datagram->sender = (struct ucred){ .uid = (uid_t)-1 };
	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, (void *)header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
			memcpy(&datagram->sender, CMSG_DATA(header), sizeof(datagram->sender));
}

/* There is no room for fds that somebody sends along: the kernel closes them. */
static bool receive(const struct ask_password *ask, struct datagram *datagram)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec parts[] = {
		{ .iov_base = &datagram->kind, .iov_len = 1 },
		{ .iov_base = datagram->content->bytes, .iov_len = SECRET_MAX },
	};
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	datagram->size = recvmsg(ask->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (datagram->size < 0)
		return false;
	datagram->is_cut = message.msg_flags & MSG_TRUNC;
	take_sender(&message, datagram);
	return true;
}

/* Why it is no answer, or NULL. */
static const char *refuse(const struct datagram *datagram)
{
	if (datagram->sender.uid != 0)
		return "who may not answer";
	if (datagram->is_cut)
		return "which is longer than a passphrase may be";
	if (datagram->size > 0 && datagram->kind == '-')
		return "who does not want to answer";
	if (datagram->size == 0 || datagram->kind != '+')
		return "which does not speak the protocol of password agents";
	return NULL;
}

/* Of several passphrases, with NULs between them, the first; there may also be a NUL at the end. */
static void keep_first(struct secret *content, size_t size)
{
	content->size = strnlen(content->bytes, size);
	explicit_bzero(content->bytes + content->size, sizeof(content->bytes) - content->size);
}

static void on_readable(void *userdata)
{
	struct ask_password *ask = userdata;
	struct datagram datagram = { .content = secret_new() };
	const char *refusal;

	if (!datagram.content)
		return;
	if (!receive(ask, &datagram)) {
		(void)secret_free(datagram.content);
		return;
	}
	refusal = refuse(&datagram);
	if (refusal) {
		log_warn("ignoring an answer from process %d of user %d, %s; the question stays "
			 "open",
			 datagram.sender.pid, (int)datagram.sender.uid, refusal);
		(void)secret_free(datagram.content);
		return;
	}
	keep_first(datagram.content, (size_t)datagram.size - 1);
	ask->callback(ask->userdata, datagram.content);
}

/* --- the question --- */

static int bind_socket(struct ask_password *ask, const char *path)
{
	static const int yes = 1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	ask->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ask->fd < 0)
		return -errno;
	mask = umask(0177);
	r = bind(ask->fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (r < 0)
		return -errno;
	ask->socket = strdup(path);
	if (!ask->socket)
		(void)unlink(path);
	if (setsockopt(ask->fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return -errno;
	return ask->socket ? 0 : -ENOMEM;
}

/* The point in time that agents go by, or 0. */
static uint64_t find_end(uint64_t timeout_usec)
{
	struct timespec now;

	if (timeout_usec == 0 || timeout_usec == USEC_INFINITY ||
	    clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000 + timeout_usec;
}

static int publish(struct ask_password *ask, const struct ask_password_question *question,
		   const char *temporary, const char *path)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	int r;

	strbuf_printf(&text,
		      "[Ask]\nPID=%d\nSocket=%s\nAcceptCached=0\nEcho=%d\nSilent=%d\n"
		      "NotAfter=%" PRIu64 "\nMessage=%s\nIcon=drive-harddisk\n",
		      getpid(), ask->socket, question->is_echoed, question->is_silent,
		      find_end(question->timeout_usec), question->message);
	if (question->id)
		strbuf_printf(&text, "Id=%s\n", question->id);
	if (text.failed)
		return -ENOMEM;
	r = file_publish(temporary, text.data, text.size, 0644);
	if (r < 0)
		return r;
	if (rename(temporary, path) < 0) {
		r = -errno;
		(void)unlink(temporary);
		return r;
	}
	ask->file = strdup(path);
	if (!ask->file)
		(void)unlink(path);
	return ask->file ? 0 : -ENOMEM;
}

static int open_question(struct ask_password *ask, const char *directory,
			 const struct ask_password_question *question)
{
	static unsigned int n_questions;
	unsigned int number = n_questions++;
	_cleanup_free_ char *socket_path = str_format("%s/sck.%x-%x", directory, getpid(), number);
	_cleanup_free_ char *temporary = str_format("%s/tmp.%x-%x", directory, getpid(), number);
	_cleanup_free_ char *path = str_format("%s/ask.%x-%x", directory, getpid(), number);
	int r;

	if (!socket_path || !temporary || !path)
		return -ENOMEM;
	r = file_make_directories(directory, 0755);
	if (r >= 0)
		r = bind_socket(ask, socket_path);
	return r < 0 ? r : publish(ask, question, temporary, path);
}

int ask_password_new(struct loop *loop, const char *directory,
		     const struct ask_password_question *question, ask_password_cb callback,
		     void *userdata, struct ask_password **ret_ask)
{
	struct ask_password *ask = calloc(1, sizeof(*ask));
	int r;

	if (!ask)
		return -ENOMEM;
	ask->fd = -1;
	ask->callback = callback;
	ask->userdata = userdata;
	r = open_question(ask, directory, question);
	if (r >= 0)
		r = loop_fd_new(loop, ask->fd, LOOP_READ, on_readable, ask, &ask->watch);
	if (r < 0) {
		(void)ask_password_free(ask);
		return r;
	}
	*ret_ask = ask;
	return 0;
}

struct ask_password *ask_password_free(struct ask_password *ask)
{
	if (ask) {
		if (ask->file)
			(void)unlink(ask->file);
		if (ask->socket)
			(void)unlink(ask->socket);
		ask->watch = loop_fd_free(ask->watch);
		ask->fd = safe_close(ask->fd);
		free(ask->file);
		free(ask->socket);
		free(ask);
	}
	return NULL;
}

void ask_password_clean_up(const char *directory)
{
	_cleanup_free_ char *above = strdup(directory);

	(void)rmdir(directory);
	if (!above)
		return;
	*strrchr(above, '/') = '\0';
	(void)rmdir(above);
}
