/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which words the next boot will have, is told by what entries of boot loaders and unified images
 * are made of: a file, or without one the words that the machine was started with. In a chroot
 * these are another system's, and nobody knows. What grub-mkconfig has in /etc/default/grub are
 * only some of them, and may not have been made use of yet.
 */
#include "image/host/host-boot-line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/strbuf.h"
#include "config/cmdline-text.h"
#include "image/host/host-mounts.h"

#define NOUN         "the command line"
#define PROC_CMDLINE "/proc/cmdline"
#define ETC_CMDLINE  "/etc/kernel/cmdline"
#define USR_CMDLINE  "/usr/lib/kernel/cmdline"

static const struct {
	const char *path, *noun;
} files[] = {
	{ ETC_CMDLINE, NOUN " in " ETC_CMDLINE },
	{ USR_CMDLINE, NOUN " in " USR_CMDLINE },
};

/* As text for cmdline_parse(). */
static int read_words(const struct host_reader *reader, const char *path,
		      struct host_boot_line *line)
{
	_cleanup_strbuf_ struct strbuf words = { 0 };
	_cleanup_free_ char *text = NULL;
	int r = host_reader_read_file(reader, path, &text);

	if (r < 0)
		return r;
	cmdline_text_append(&words, text);
	line->text = strdup(strbuf_string(&words));
	return words.failed || !line->text ? -ENOMEM : 0;
}

/* Its words, if they are those of the system that is looked at. */
static int read_running(const struct host_reader *reader, struct host_boot_line *line)
{
	int r = host_mounts_is_root_of_init(reader);

	if (r < 0)
		return r;
	line->noun = NOUN;
	if (r == 0) {
		line->reason = "as there is no " ETC_CMDLINE ", and " PROC_CMDLINE
			       " is that of another system, which runs outside of this root";
		return 0;
	}
	r = read_words(reader, PROC_CMDLINE, line);
	if (r < 0)
		line->reason = "as there is no " PROC_CMDLINE;
	return r == -ENOMEM ? r : 0;
}

int host_boot_line_read(const struct host_reader *reader, struct host_boot_line *ret_line)
{
	struct host_boot_line *line = ret_line;

	*line = (struct host_boot_line){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = read_words(reader, files[i].path, line);

		line->noun = files[i].noun;
		if (r >= 0 || r == -ENOMEM)
			return r;
	}
	return read_running(reader, line);
}

void host_boot_line_done(struct host_boot_line *line)
{
	free(line->text);
	*line = (struct host_boot_line){ 0 };
}
