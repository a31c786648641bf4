/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of `kindling size`: what it shows, in which colours and under which title. */
#include "image/report/costs-picture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/report/size-text.h"
#include "image/report/treemap-svg.h"

/* Light boxes with dark text, told apart also by those who see fewer colours. */
static const struct treemap_group colours[COST_GROUP_COUNT] = {
	[COST_MODULES] = { NULL, "#e9a15b", "#3d1f05" },
	[COST_FIRMWARE] = { NULL, "#cf6a50", "#fff4ee" },
	[COST_LIBRARIES] = { NULL, "#7fa8c9", "#10283c" },
	[COST_PROGRAMS] = { NULL, "#3f6d8f", "#f1f7fc" },
	[COST_INDEXES] = { NULL, "#b9b08f", "#2d2914" },
	[COST_OTHER] = { NULL, "#c9c4bd", "#2f2b27" },
};

/* One line on what the picture shows. */
static int describe(const struct costs *costs, char **ret_text)
{
	struct vec kvers;
	int r;

	r = contents_list_kernels(&costs->image->contents, &kvers);
	if (r < 0)
		return r;
	*ret_text =
		str_format("%s in %zu files, %s as an image%s%s", size_text(costs->all.size).text,
			   costs->all.n_files, size_text(costs->image->size).text,
			   kvers.n_items == 1 ? ", for kernel " : "",
			   kvers.n_items == 1 ? (const char *)kvers.items[0] : "");
	vec_done(&kvers, free);
	return *ret_text ? 0 : -ENOMEM;
}

int costs_write_picture(FILE *stream, const struct costs *costs)
{
	_cleanup_free_ struct treemap_item *items = NULL;
	struct treemap_group groups[COST_GROUP_COUNT];
	_cleanup_free_ char *subtitle = NULL;
	const struct contents_entry *entry;
	int r;

	items = calloc(costs->files.n_items + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	vec_for_each(entry, &costs->files)
		items[entry_index] = (struct treemap_item){ .path = entry->path,
							    .size = entry->file->size,
							    .group = cost_group_of(entry) };
	for (enum cost_group group = 0; group < COST_GROUP_COUNT; group++) {
		groups[group] = colours[group];
		groups[group].name = cost_group_name(group);
	}
	r = describe(costs, &subtitle);
	if (r < 0)
		return r;
	return treemap_write_svg(stream,
				 &(struct treemap_picture){ .title = costs->image->path,
							    .subtitle = subtitle,
							    .groups = groups,
							    .n_groups = COST_GROUP_COUNT,
							    .items = items,
							    .n_items = costs->files.n_items });
}
