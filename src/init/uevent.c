/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's uevents. Anybody may send to a netlink socket, so a message counts only if the
 * kernel sent it: port 0, multicast group 1 alone, credentials of uid 0. What a message says is
 * checked for its form here; whether the device exists is for sysfs to say.
 *
 * The socket is opened before coldplug. A device is then seen by the walk, by its event, or by
 * both, but never by neither.
 */
#include "init/uevent.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "init/loop.h"

#define KERNEL_GROUP         1          /* 2 is udevd's */
#define RECEIVE_BUFFER_BYTES (16 << 20) /* a few ten thousand events; taken as they come */
#define UEVENT_SIZE_MAX      8192       /* the kernel's own limit is 2 KiB of variables */
#define EVENTS_PER_WAKEUP    64

struct uevent_monitor {
	struct mnl_socket *socket;
	struct loop_fd *watch;
	uevent_cb on_event;
	uevent_overrun_cb on_overrun;
	void *userdata;
	bool overrun_reported;
};

static void apply_variable(const char *variable, struct uevent *event)
{
	static const struct {
		const char *prefix;
		size_t offset;
	} variables[] = {
		{ "ACTION=", offsetof(struct uevent, action) },
		{ "DEVPATH=", offsetof(struct uevent, devpath) },
		{ "SUBSYSTEM=", offsetof(struct uevent, subsystem) },
		{ "DEVNAME=", offsetof(struct uevent, devname) },
		{ "MODALIAS=", offsetof(struct uevent, modalias) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = str_after_prefix(variable, variables[i].prefix);

		if (value)
			*(const char **)(void *)((char *)event + variables[i].offset) = value;
	}
}

int uevent_parse(const char *message, size_t size, struct uevent *ret_event)
{
	struct uevent event = {
		.action = "", .devpath = "", .subsystem = "", .devname = "", .modalias = ""
	};
	const char *end = message + size, *at;

	if (size == 0 || message[size - 1] != '\0')
		return -EBADMSG;
	at = strchr(message, '@');
	if (!at || at == message || at[1] != '/')
		return -EBADMSG;
	for (const char *variable = message + strlen(message) + 1; variable < end;
	     variable += strlen(variable) + 1)
		apply_variable(variable, &event);

	/* The header repeats two of the variables; where they differ it is not the kernel's. */
	if (!str_equal(event.devpath, at + 1) ||
	    !str_item_is(message, (size_t)(at - message), event.action))
		return -EBADMSG;
	if (strstr(event.devpath, "/../") || str_has_suffix(event.devpath, "/.."))
		return -EBADMSG;
	*ret_event = event;
	return 0;
}

static bool sent_by_kernel(const struct msghdr *header, const struct sockaddr_nl *sender)
{
	if (header->msg_namelen != sizeof(*sender) || sender->nl_pid != 0 ||
	    sender->nl_groups != KERNEL_GROUP)
		return false;
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control;
	     control = CMSG_NXTHDR((struct msghdr *)header, control)) {
		struct ucred credentials;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_CREDENTIALS ||
		    control->cmsg_len != CMSG_LEN(sizeof(credentials)))
			continue;
		memcpy(&credentials, CMSG_DATA(control), sizeof(credentials));
		return credentials.uid == 0;
	}
	return false;
}

/* Receives one message. 1: delivered or dropped, look for more; 0: none left; or an error. */
static int receive_one(struct uevent_monitor *monitor)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr alignment;
	} control;
	char message[UEVENT_SIZE_MAX];
	struct sockaddr_nl sender;
	struct iovec part = { .iov_base = message, .iov_len = sizeof(message) };
	struct msghdr header = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct uevent event;
	ssize_t n;

	n = recvmsg(mnl_socket_get_fd(monitor->socket), &header, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !sent_by_kernel(&header, &sender) ||
	    uevent_parse(message, (size_t)n, &event) < 0) {
		log_debug("ignoring a message on the uevent socket that the kernel did not write");
		return 1;
	}
	monitor->on_event(monitor->userdata, &event);
	return 1;
}

static void report_overrun(struct uevent_monitor *monitor)
{
	if (!monitor->overrun_reported)
		log_warn("the kernel had more events than could be kept, walking sysfs again");
	monitor->overrun_reported = true;
	monitor->on_overrun(monitor->userdata);
}

static void on_readable(void *userdata)
{
	struct uevent_monitor *monitor = userdata;

	for (unsigned int i = 0; i < EVENTS_PER_WAKEUP; i++) {
		int r = receive_one(monitor);

		if (r == 0)
			return;
		if (r == -ENOBUFS)
			report_overrun(monitor);
		else if (r < 0 && r != -EINTR)
			log_warn_errno(r, "cannot read the kernel's events, trying again");
	}
}

static int open_socket(struct mnl_socket **ret_socket)
{
	struct mnl_socket *socket;
	int fd, r, on = 1, size = RECEIVE_BUFFER_BYTES;

	socket = mnl_socket_open2(NETLINK_KOBJECT_UEVENT, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!socket)
		return -errno;
	fd = mnl_socket_get_fd(socket);
	/* Before binding: the very first message must carry credentials. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    mnl_socket_bind(socket, KERNEL_GROUP, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		(void)mnl_socket_close(socket);
		return r;
	}
	*ret_socket = socket;
	return 0;
}

int uevent_monitor_new(struct loop *loop, uevent_cb on_event, uevent_overrun_cb on_overrun,
		       void *userdata, struct uevent_monitor **ret_monitor)
{
	struct uevent_monitor *monitor = calloc(1, sizeof(*monitor));
	int r;

	if (!monitor)
		return -ENOMEM;
	monitor->on_event = on_event;
	monitor->on_overrun = on_overrun;
	monitor->userdata = userdata;
	r = open_socket(&monitor->socket);
	if (r >= 0)
		r = loop_fd_new(loop, mnl_socket_get_fd(monitor->socket), LOOP_READ, on_readable,
				monitor, &monitor->watch);
	if (r < 0) {
		uevent_monitor_free(monitor);
		return r;
	}
	*ret_monitor = monitor;
	return 0;
}

struct uevent_monitor *uevent_monitor_free(struct uevent_monitor *monitor)
{
	if (monitor) {
		monitor->watch = loop_fd_free(monitor->watch);
		if (monitor->socket)
			(void)mnl_socket_close(monitor->socket);
		free(monitor);
	}
	return NULL;
}
