/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the fstab of the root that has just been mounted. Whoever wrote it may have been anybody,
 * and it may be large: it is parsed here, and only the lines that matter before the hand-over go to
 * PID 1, as they are.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/open-in-root.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/fstab.h"
#include "config/submounts.h"

#define FSTAB_PATH      "/etc/fstab"
#define FSTAB_BYTES_MAX (1 << 20)

/* Only a regular file: to open anything else for reading could take for ever. */
static int read_file(const char *directory, char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = root < 0 ? -errno : open_in_root(root, FSTAB_PATH, O_PATH);
	char path[64];
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read(path, FSTAB_BYTES_MAX, ret_text, ret_size);
}

/* The lines of @text, of which @fstab was made, that matter. */
static int copy_lines(const char *text, const struct fstab *fstab, struct worker_message *reply)
{
	_cleanup_strbuf_ struct strbuf lines = { 0 };
	const struct fstab_entry *entry;
	unsigned int number = 1;

	vec_for_each(entry, &fstab->entries) {
		for (; number < entry->line; number++)
			text = strchr(text, '\n') + 1;
		if (!submounts_want_entry(fstab, entry))
			continue;
		strbuf_append_bytes(&lines, text, strcspn(text, "\n"));
		strbuf_append(&lines, "\n");
	}
	return lines.failed ? -ENOMEM : worker_message_add(reply, strbuf_string(&lines));
}

int worker_read_fstab(const struct worker_message *request, struct worker_message *reply)
{
	_cleanup_free_ char *text = NULL;
	struct fstab fstab;
	const char *warning;
	size_t size;
	int r;

	r = read_file(worker_message_get(request, 0), &text, &size);
	if (r < 0)
		return r;
	/* A crash may leave some, and what follows one would be lost without a word. */
	if (str_replace_nuls(text, size))
		log_warn("there are NUL bytes in the root's fstab, going on as if they were ends "
			 "of lines");
	r = fstab_parse(text, &fstab);
	if (r >= 0)
		r = copy_lines(text, &fstab, reply);
	/* As many as there is room for. */
	vec_for_each(warning, &fstab.warnings) {
		if (r < 0 || worker_message_add(reply, warning) < 0)
			break;
	}
	fstab_done(&fstab);
	return r;
}
