/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code that runs in a worker process: takes a request, does the blocking call, answers. All
 * signals stay blocked, because an interrupted finit_module(2) would report a failure that the
 * kernel did not mean. Knows nothing of goals, queues or other workers.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

static int serve(const struct worker_message *request, struct worker_message *reply)
{
	switch ((enum worker_op)request->code) {
	case WORKER_LOAD_MODULE:
		return worker_load_module(request, reply);
	case WORKER_PROBE:
		return worker_probe(request, reply);
	case WORKER_MOUNT:
		return worker_mount(request, reply);
	case WORKER_SET_KEYBOARD:
		return worker_set_keyboard(request, reply);
	case WORKER_SET_SCREEN:
		return worker_set_screen(request, reply);
	case WORKER_READ_FSTAB:
		return worker_read_fstab(request, reply);
	case WORKER_FIND_INIT:
		return worker_find_init(request, reply);
	case WORKER_FIND_IMAGE:
		return worker_find_image(request, reply);
	case WORKER_RESUME:
		return worker_resume(request, reply);
	case WORKER_READ_EFI_VARIABLE:
		return worker_read_efi_variable(request, reply);
	case WORKER_REMOVE_EFI_VARIABLE:
		return worker_remove_efi_variable(request, reply);
	}
	return -ENOTSUP;
}

/* Leaves stdio and the socket, which moves to WORKER_FD. */
static void close_inherited_fds(int fd)
{
	if (fd != WORKER_FD)
		(void)dup3(fd, WORKER_FD, O_CLOEXEC);
	(void)close_range(WORKER_FD + 1, ~0U, 0);
}

static void reset_signals(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		(void)signal(signal_number, SIG_DFL);
}

_noreturn_ void worker_run(int fd)
{
	struct worker_message request, reply;

	reset_signals();
	log_close_kmsg();
	close_inherited_fds(fd);
	(void)log_open_kmsg();
	(void)prctl(PR_SET_NAME, WORKER_PROGRAM_NAME);

	for (;;) {
		ssize_t n = recv(WORKER_FD, &request, sizeof(request), 0);

		if (n <= 0 || worker_message_validate(&request, (size_t)n) < 0)
			_exit(EXIT_SUCCESS);
		worker_message_init(&reply, 0, 0);
		reply.code = serve(&request, &reply);
		if (send(WORKER_FD, &reply, worker_message_size(&reply), MSG_NOSIGNAL) < 0)
			_exit(EXIT_SUCCESS);
	}
}
