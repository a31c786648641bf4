/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc(5): lines of /proc/swaps, "Filename Type Size Used Priority"; the first has these words. */
#include "image/host/host-swaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/lines.h"
#include "base/str.h"
#include "config/fields.h"

#define BLANKS " \t"

static void swap_free(void *pointer)
{
	struct host_swap *swap = pointer;

	free(swap->path);
	free(swap);
}

/* The next word of *@line; "" at its end. */
static char *cut_word(char **line)
{
	char *word;

	if (!*line)
		return (char *)"";
	*line += strspn(*line, BLANKS);
	word = strsep(line, BLANKS);
	return word;
}

static int add_swap(void *userdata, char *line, unsigned int number)
{
	char *path = cut_word(&line), *type = cut_word(&line), *size = cut_word(&line);
	struct vec *swaps = userdata;
	struct host_swap *swap;
	int r;

	fields_unescape_octal(path);
	if (path[0] != '/' || !*type || str_after_prefix(path, "/dev/zram"))
		return 0;
	swap = calloc(1, sizeof(*swap));
	if (!swap)
		return -ENOMEM;
	swap->is_file = str_equal(type, "file");
	(void)str_parse_uint64(size, &swap->size_kib);
	swap->path = strdup(path);
	r = swap->path ? vec_push(swaps, swap) : -ENOMEM;
	if (r < 0)
		swap_free(swap);
	return r;
}

int host_swaps_read(const struct host_reader *reader, struct vec *ret_swaps)
{
	_cleanup_free_ char *text = NULL;
	int r = host_reader_read_file(reader, "/proc/swaps", &text);

	*ret_swaps = (struct vec){ 0 };
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return lines_for_each(text, add_swap, ret_swaps);
}

void host_swaps_done(struct vec *swaps)
{
	vec_done(swaps, swap_free);
}
