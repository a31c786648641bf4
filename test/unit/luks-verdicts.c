/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the unlock helper would think of headers in files: a line for each, as check-luks-headers.py
 * reads them. The files are named on standard input, so that there may be many.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "unlock/header-check.h"
#include "unlock/header-copy.h"

static void print_verdict(int r, const struct header_verdict *verdict)
{
	static const char *const copies[] = { "any", "first", "second" };

	if (r < 0) {
		(void)printf("refused %s\n", r == -EBADMSG ? verdict->text : strerror(-r));
		return;
	}
	(void)printf("accepted copy=%s memory=%" PRIu64, copies[verdict->copy_used],
		     verdict->memory_kib);
	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++)
		if (verdict->keyslots[i].is_active)
			(void)printf(" %zu=%s", i,
				     verdict->keyslots[i].is_left_out ? "left-out" : "tried");
	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++)
		if (verdict->keyslots[i].is_active && verdict->keyslots[i].is_left_out)
			(void)printf(" (%s)", verdict->keyslots[i].reason);
	(void)printf("\n");
}

/* What can be checked must also be copied. */
static int check_file(const char *path, struct header_context *context,
		      struct header_verdict *verdict)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC), copy_fd = -1;
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r;

	if (fd < 0)
		return -errno;
	r = header_read_metadata(fd, &bytes, &size, &context->device_size_bytes);
	if (r >= 0)
		r = header_check(bytes, size, context, verdict);
	if (r < 0)
		return r;
	copy_fd = header_copy_make(fd, bytes, size, verdict);
	return copy_fd < 0 ? copy_fd : 0;
}

int main(int argc, char **argv)
{
	struct header_context context = { 0 };
	struct vec warnings = { 0 };
	char path[4096];

	if (argc != 3 || str_parse_uint64(argv[1], &context.available_kib) < 0 ||
	    luks_limits_parse(argv[2], &context.limits, &warnings) < 0 || warnings.n_items > 0) {
		(void)fprintf(stderr,
			      "usage: %s AVAILABLE_KIB LIMITS, and paths on standard input\n",
			      argv[0]);
		return EXIT_FAILURE;
	}
	while (fgets(path, sizeof(path), stdin)) {
		struct header_verdict verdict;

		path[strcspn(path, "\n")] = '\0';
		print_verdict(check_file(path, &context, &verdict), &verdict);
	}
	return EXIT_SUCCESS;
}
