/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "init/child.h"
#include "init/console.h"
#include "kindling/image-layout.h"

#define TTY_CLASS "/sys/class/tty"

struct shell {
	struct children *children;
	struct consoles *consoles;
	bool is_enabled;
	pid_t pid; /* 0: not open */
	shell_end_cb on_end;
	void *userdata;
};

int shell_new(struct children *children, struct consoles *consoles, bool is_enabled,
	      struct shell **ret_shell)
{
	struct shell *shell = calloc(1, sizeof(*shell));

	if (!shell)
		return -ENOMEM;
	shell->children = children;
	shell->consoles = consoles;
	shell->is_enabled = is_enabled;
	*ret_shell = shell;
	return 0;
}

struct shell *shell_free(struct shell *shell)
{
	if (shell && shell->pid > 0) {
		children_unwatch(shell->children, shell->pid);
		(void)kill(shell->pid, SIGKILL);
	}
	free(shell);
	return NULL;
}

const char *shell_refuse(const struct shell *shell)
{
	if (access(IMAGE_SHELL, X_OK) < 0)
		return "this image has no shell";
	return shell->is_enabled ? NULL : "rd.shell=0 forbids a shell";
}

/* The last of the terminals in @attribute, which is that in use. */
static int read_active(const char *attribute, char *buf, size_t size)
{
	ssize_t n = file_read_attribute(AT_FDCWD, attribute, buf, size);
	char *last;

	if (n <= 0)
		return n < 0 ? (int)n : -ENXIO;
	last = strrchr(buf, ' ');
	if (last)
		memmove(buf, last + 1, strlen(last));
	return 0;
}

/* A controlling terminal must be a real one: neither console nor tty0 are. */
static int find_terminal(char *path, size_t size)
{
	char name[256];
	int r = read_active(TTY_CLASS "/console/active", name, sizeof(name));

	if (r >= 0 && str_equal(name, "tty0"))
		r = read_active(TTY_CLASS "/tty0/active", name, sizeof(name));
	if (r >= 0 && snprintf(path, size, "/dev/%s", name) >= (int)size)
		r = -ENAMETOOLONG;
	return r;
}

static void on_exit_of_shell(void *userdata, int status)
{
	struct shell *shell = userdata;

	shell->pid = 0;
	/* The end of a session hangs up its terminal, for everybody. */
	consoles_reopen(shell->consoles);
	shell->on_end(shell->userdata);
}

static int spawn(struct shell *shell, const char *terminal)
{
	const char *term = getenv("TERM");
	char term_variable[64];
	const char *const argv[] = { "sh", NULL };
	const char *const envp[] = { term_variable, "HOME=/", "PS1=initramfs# ",
				     "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const struct child_params params = {
		.path = IMAGE_SHELL,
		.argv = argv,
		.envp = envp,
		.stdin_fd = -1,
		.output_fd = -1,
		.message_fd = -1,
		.terminal = terminal,
	};

	(void)snprintf(term_variable, sizeof(term_variable), "TERM=%s", term ? term : "linux");
	return child_spawn(&params, &shell->pid);
}

int shell_open(struct shell *shell, shell_end_cb on_end, void *userdata)
{
	char terminal[64];
	int r = find_terminal(terminal, sizeof(terminal));

	if (r < 0)
		return r;
	consoles_lend(shell->consoles);
	r = spawn(shell, terminal);
	if (r >= 0)
		r = children_watch(shell->children, shell->pid, on_exit_of_shell, shell);
	if (r < 0) {
		if (shell->pid > 0)
			(void)kill(shell->pid, SIGKILL);
		shell->pid = 0;
		consoles_reopen(shell->consoles);
		return r;
	}
	shell->on_end = on_end;
	shell->userdata = userdata;
	return 0;
}

bool shell_is_open(const struct shell *shell)
{
	return shell->pid > 0;
}
