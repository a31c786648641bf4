// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A password agent inside of an initramfs: agent FILE. Answers the first question with what the
 * file holds, after others have tried to: somebody who may not, and somebody who sends garbage.
 * Ends when the question is over. What it sees it tells on the console.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIRECTORY "/run/systemd/ask-password"
#define NOBODY    65534

static char answer[512] = "+";

/* The kernel shows it on its consoles, whatever else is there. */
static void tell(const char *format, ...)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (write(fd, text, strlen(text)) < 0)
		perror("/dev/kmsg");
	close(fd);
}

static void read_answer(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (read(fd, answer + 1, sizeof(answer) - 2) < 0)
		tell("<1>agent: no answer");
	close(fd);
}

static void send_to(int fd, const char *text)
{
	if (send(fd, text, strlen(text), 0) < 0)
		tell("<1>agent: the question cannot be answered: %m");
}

static void send_as_nobody(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setuid(NOBODY) == 0)
			send_to(fd, answer);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void answer_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		tell("<1>agent: nobody listens at %s: %m", path);
	send_as_nobody(fd);
	send_to(fd, "rubbish");
	send_to(fd, "-");
	send_to(fd, answer);
	close(fd);
}

static void take_question(const char *name)
{
	char path[PATH_MAX], line[1024], socket_path[108] = "";
	FILE *file;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "Message=", 8))
			tell("<1>agent: asked: %s", line + 8);
		if (!strncmp(line, "Socket=", 7))
			snprintf(socket_path, sizeof(socket_path), "%.107s", line + 7);
	}
	if (file)
		fclose(file);
	answer_at(socket_path);
}

/* Whether that was the end of the question. */
static bool take_event(const struct inotify_event *event)
{
	if (event->len == 0 || strncmp(event->name, "ask.", 4))
		return false;
	if (event->mask & IN_MOVED_TO)
		take_question(event->name);
	return event->mask & IN_DELETE;
}

int main(int argc, char **argv)
{
	_Alignas(struct inotify_event) char events[4096];
	int fd = inotify_init1(IN_CLOEXEC);
	bool is_over = false;

	if (argc != 2)
		return 1;
	read_answer(argv[1]);
	mkdir("/run/systemd", 0755);
	mkdir(DIRECTORY, 0755);
	inotify_add_watch(fd, DIRECTORY, IN_MOVED_TO | IN_DELETE);
	while (!is_over) {
		ssize_t size = read(fd, events, sizeof(events));

		for (ssize_t at = 0; at < size;) {
			const struct inotify_event *event = (const void *)(events + at);

			at += (ssize_t)(sizeof(*event) + event->len);
			is_over |= take_event(event);
		}
	}
	tell("<1>agent: the question is over");
	return 0;
}
