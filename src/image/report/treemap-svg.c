/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture of what an image spends its bytes on: directories are frames, files are boxes in the
 * colour of their group. A picture without script or anything from elsewhere, so that it shows the
 * same in a browser, a viewer and a mail.
 *
 * Phases: the sorted paths become a tree (treemap-tree.c); then each directory is laid out
 * (treemap-layout.c) and written, outermost first. What would be too small to be seen is drawn as
 * one box for its whole directory.
 */
#include "image/report/treemap-svg.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/report/size-text.h"
#include "image/report/svg-text.h"
#include "image/report/treemap-layout.h"
#include "image/report/treemap-tree.h"
#include "image/report/xml-text.h"

/* In the picture's own unit, which a viewer scales. */
#define WIDTH            1280.0
#define HEIGHT           840.0
#define MARGIN           18.0
#define MAP_TOP          92.0
#define FRAME_TITLE      17.0 /* height of a directory's name */
#define FRAME_PADDING    2.5
#define GAP              1.0 /* between boxes */
#define MIN_CHARACTERS   5   /* less of a name says nothing */
#define NAME_FONT_MAX    15.0
#define NAME_FONT_MIN    7.5
#define STRIP_FONT_MIN   5.0 /* in boxes that are lower than such a name */
#define TITLE_FONT       11.0
#define FRAME_MIN_WIDTH  46.0 /* smaller directories have no frame */
#define FRAME_MIN_HEIGHT 42.0
#define BOX_MIN          4.0 /* a directory that is narrower or lower is drawn as one box */
#define ALL_CHARACTERS   4096

/* A box in the colour of @group. */
static void write_fill(FILE *stream, const struct treemap_group *group,
		       const struct treemap_box *box, double radius)
{
	(void)fprintf(stream,
		      "<rect class=\"box\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
		      "rx=\"%.1f\" fill=\"%s\"/>",
		      box->x, box->y, box->width, box->height, radius, group->fill);
}

/* What a pointer that rests on the box is told. */
static void write_tooltip(FILE *stream, const struct treemap_node *node)
{
	_cleanup_free_ char *path =
		strndup(node->path ? node->path : "/", node->path ? node->path_size : 1);

	(void)fputs("<title>", stream);
	xml_write_text(stream, path ? path : "", ALL_CHARACTERS);
	if (!node->item)
		(void)fprintf(stream, "/ (%zu files)", node->n_files);
	(void)fprintf(stream, "&#10;%s</title>", size_text(node->size).text);
}

/* A file's name without what is the same for all modules. */
static char *make_label(const struct treemap_node *node)
{
	const char *suffix = strstr(node->name, ".ko");

	if (!node->item)
		return str_format("%s/", node->name);
	return suffix && suffix > node->name ? strndup(node->name, (size_t)(suffix - node->name))
					     : strdup(node->name);
}

/* The size goes below the name if there is room for all of it. */
static void write_size(FILE *stream, const struct treemap_node *node, double height,
		       const struct svg_line *name)
{
	double font_size = MAX(NAME_FONT_MIN, name->font_size * 0.85);
	struct svg_line line = { "size",    false,      name->x, name->y + font_size + 2.5,
				 font_size, name->width };
	struct size_text size = size_text(node->size);

	if (height > line.y + 4 && svg_count_fitting(&line, size.text) == strlen(size.text))
		svg_write_line(stream, &line, size.text);
}

/* A font for all of the name if that can be; false if too little of it could be read. */
static bool place_name(const char *label, double width, double height, struct svg_line *ret_line)
{
	struct svg_line line = { "name", true, 4, 0, 0, width - 7 };

	/* A hair less, as sums of the same widths are not always the same. */
	line.font_size = MIN(0.999 * line.width / svg_measure(label, true), height / 2.6);
	line.font_size = MAX(NAME_FONT_MIN, MIN(NAME_FONT_MAX, line.font_size));
	line.font_size = MIN(line.font_size, 0.8 * height);
	line.y = MIN(line.font_size + 2.5, height / 2 + 0.36 * line.font_size);
	*ret_line = line;
	return line.font_size >= STRIP_FONT_MIN &&
	       svg_count_fitting(&line, label) >= MIN(strlen(label), MIN_CHARACTERS);
}

/* In a box that is high and too narrow, the name runs downwards. */
static bool is_turned(const char *label, const struct treemap_box *box)
{
	return box->height > 1.5 * box->width &&
	       NAME_FONT_MIN * svg_measure(label, true) > box->width - 7;
}

/* The nested svg element clips, should the viewer's font be wider than was thought. */
static int write_label(FILE *stream, const struct treemap_group *group,
		       const struct treemap_node *node, const struct treemap_box *box)
{
	_cleanup_free_ char *label = make_label(node);
	double width = box->width, height = box->height;
	bool turned = label && is_turned(label, box);
	struct svg_line line;

	if (!label)
		return -ENOMEM;
	if (turned) {
		width = box->height;
		height = box->width;
	}
	if (!place_name(label, width, height, &line))
		return 0;
	(void)fprintf(stream,
		      "<svg x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\">",
		      box->x, box->y, box->width, box->height, group->text);
	if (turned)
		(void)fprintf(stream, "<g transform=\"translate(%.2f 0) rotate(90)\">", height);
	svg_write_line(stream, &line, label);
	write_size(stream, node, height, &line);
	(void)fputs(turned ? "</g></svg>" : "</svg>", stream);
	return 0;
}

static int write_leaf(FILE *stream, const struct treemap_picture *picture,
		      const struct treemap_node *node, const struct treemap_box *box)
{
	double gap = MIN(GAP, MIN(box->width, box->height) / 4);
	struct treemap_box inner = { box->x + gap / 2, box->y + gap / 2, box->width - gap,
				     box->height - gap };
	const struct treemap_group *group;
	size_t group_index;
	int r;

	r = treemap_node_find_group(node, picture->n_groups, &group_index);
	if (r < 0)
		return r;
	group = &picture->groups[group_index];
	(void)fputs("<g>", stream);
	write_tooltip(stream, node);
	write_fill(stream, group, &inner, MIN(2.0, MIN(inner.width, inner.height) / 4));
	r = write_label(stream, group, node, &inner);
	(void)fputs("</g>\n", stream);
	return r;
}

/* The directory's name on the left and, where there is room, its size on the right. */
static void write_frame_title(FILE *stream, const struct treemap_node *node,
			      const struct treemap_box *frame)
{
	const char *text = *node->name ? node->name : "/";
	struct size_text size = size_text(node->size);
	/* The class lets the size end at its x. */
	struct svg_line name = { "directory", true, 5, 12.5, TITLE_FONT, frame->width - 9 };
	struct svg_line total = { "total", false, frame->width - 5, 12.5, 10, frame->width };
	double total_width = 10 * svg_measure(size.text, false) + 12;

	(void)fprintf(stream, "<svg x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\">",
		      frame->x, frame->y, frame->width, FRAME_TITLE);
	if (TITLE_FONT * svg_measure(text, true) + total_width < name.width)
		svg_write_line(stream, &total, size.text);
	name.font_size = MIN(TITLE_FONT, 0.999 * name.width / svg_measure(text, true));
	name.font_size = MAX(NAME_FONT_MIN, name.font_size);
	svg_write_line(stream, &name, text);
	(void)fputs("</svg>", stream);
}

/* The frame of a directory with its name; @ret_inner is for what is in it. */
static void write_frame(FILE *stream, const struct treemap_node *node,
			const struct treemap_box *box, struct treemap_box *ret_inner)
{
	struct treemap_box outer = { box->x + GAP / 2, box->y + GAP / 2, box->width - GAP,
				     box->height - GAP };

	(void)fputs("<g>", stream);
	write_tooltip(stream, node);
	(void)fprintf(stream,
		      "<rect class=\"frame\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
		      "rx=\"3\"/>",
		      outer.x, outer.y, outer.width, outer.height);
	write_frame_title(stream, node, &outer);
	(void)fputs("</g>\n", stream);
	*ret_inner = (struct treemap_box){ outer.x + FRAME_PADDING, outer.y + FRAME_TITLE,
					   outer.width - 2 * FRAME_PADDING,
					   outer.height - FRAME_TITLE - FRAME_PADDING };
}

static int write_node(FILE *stream, const struct treemap_picture *picture,
		      const struct treemap_node *node, const struct treemap_box *box)
{
	_cleanup_free_ struct treemap_box *boxes = NULL;
	_cleanup_free_ double *weights = NULL;
	size_t n = node->children.n_items;
	struct treemap_box inner = *box;
	int r = 0;

	if (node->item || box->width < BOX_MIN || box->height < BOX_MIN)
		return write_leaf(stream, picture, node, box);
	if (box->width >= FRAME_MIN_WIDTH && box->height >= FRAME_MIN_HEIGHT)
		write_frame(stream, node, box, &inner);
	boxes = calloc(n, sizeof(*boxes));
	weights = calloc(n, sizeof(*weights));
	if (!boxes || !weights)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		weights[i] = (double)((const struct treemap_node *)node->children.items[i])->size;
	treemap_layout(weights, n, &inner, boxes);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = write_node(stream, picture, node->children.items[i], &boxes[i]);
	return r;
}

static const char style[] =
	"<style>\n"
	"text { font-family: Inter, \"Segoe UI\", \"Helvetica Neue\", \"Noto Sans\", "
	"\"DejaVu Sans\", Arial, sans-serif; }\n"
	".name { font-weight: 600; }\n"
	".size { opacity: 0.8; }\n"
	".directory { fill: #443c36; font-weight: 600; }\n"
	".total { fill: #857a70; text-anchor: end; }\n"
	".title { fill: #2b2420; font-weight: 700; }\n"
	".note { fill: #6f655c; }\n"
	".frame { fill: #6b4f3a; fill-opacity: 0.055; stroke: #6b4f3a; stroke-opacity: 0.2; }\n"
	"g:hover > .box { stroke: #1b1512; stroke-width: 1.5; }\n"
	"</style>\n";

/* A square of each group's colour, its name, its bytes and its part of the whole. */
static void write_legend(FILE *stream, const struct treemap_picture *picture, uint64_t total,
			 const uint64_t *sums)
{
	struct svg_line name = { "directory", true, MARGIN, 78, 12, WIDTH };
	struct svg_line note = { "note", false, MARGIN, 78, 12, WIDTH };

	for (size_t i = 0; i < picture->n_groups; i++) {
		const struct treemap_group *group = &picture->groups[i];
		char text[64];

		if (sums[i] == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s, %.1f%%", size_text(sums[i]).text,
			       100 * (double)sums[i] / (double)total);
		write_fill(stream, group, &(struct treemap_box){ name.x, 67, 13, 13 }, 3);
		name.x += 19;
		svg_write_line(stream, &name, group->name);
		note.x = name.x + name.font_size * svg_measure(group->name, true) + 7;
		svg_write_line(stream, &note, text);
		name.x = note.x + note.font_size * svg_measure(text, false) + 20;
	}
}

static int write_head(FILE *stream, const struct treemap_picture *picture,
		      const struct treemap_node *root)
{
	_cleanup_free_ uint64_t *sums = calloc(picture->n_groups, sizeof(*sums));

	if (!sums)
		return -ENOMEM;
	treemap_node_sum_groups(root, sums);
	(void)fprintf(stream,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		      "width=\"%.0f\" height=\"%.0f\">\n%s",
		      WIDTH, HEIGHT, WIDTH, HEIGHT, style);
	(void)fprintf(stream, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fbf8f4\"/>\n", WIDTH,
		      HEIGHT);
	svg_write_line(stream,
		       &(struct svg_line){ "title", true, MARGIN, 34, 21, WIDTH - 2 * MARGIN },
		       picture->title);
	svg_write_line(stream,
		       &(struct svg_line){ "note", false, MARGIN, 54, 13, WIDTH - 2 * MARGIN },
		       picture->subtitle);
	write_legend(stream, picture, root->size, sums);
	(void)fputs("\n", stream);
	return 0;
}

static int write_picture(FILE *stream, const struct treemap_picture *picture,
			 const struct treemap_node *root)
{
	const struct treemap_box map = { MARGIN, MAP_TOP, WIDTH - 2 * MARGIN,
					 HEIGHT - MAP_TOP - MARGIN };
	int r;

	r = write_head(stream, picture, root);
	if (r >= 0 && root->size > 0)
		r = write_node(stream, picture, root, &map);
	(void)fputs("</svg>\n", stream);
	return r;
}

int treemap_write_svg(FILE *stream, const struct treemap_picture *picture)
{
	_cleanup_treemap_node_ struct treemap_node *root = NULL;
	int r = treemap_tree_make(picture->items, picture->n_items, &root);

	return r < 0 ? r : write_picture(stream, picture, root);
}
