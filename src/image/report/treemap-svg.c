/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture of what an image spends its bytes on: directories are frames, files are boxes in the
 * colour of their group. A picture without script or anything from elsewhere, so that it shows the
 * same in a browser, a viewer and a mail.
 *
 * Phases: the sorted paths become a tree; sizes are summed up and directories with but one thing in
 * them joined with it; then each directory is laid out (treemap.c) and written, outermost first.
 * What would be too small to be seen is drawn as one box for its whole directory.
 */
#include "image/report/treemap-svg.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/report/size-text.h"
#include "image/report/treemap.h"
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

/* A directory or a file. */
struct node {
	const struct treemap_item *item; /* of a file, else NULL */
	char *name;                      /* from its parent on: "usr/lib" */
	size_t path_size;                /* how much of any item's path below it is its own path */
	const char *path;                /* that item's path */
	struct vec children;             /* struct node */
	uint64_t size;
	size_t n_files;
};

static struct node *node_free(struct node *node)
{
	struct node *child;

	if (!node)
		return NULL;
	vec_for_each(child, &node->children)
		(void)node_free(child);
	vec_done(&node->children, NULL);
	free(node->name);
	free(node);
	return NULL;
}

static struct node *node_add(struct node *parent, const char *name, size_t name_size)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->name = strndup(name, name_size);
	if (!node->name || (parent && vec_push(&parent->children, node) < 0))
		return node_free(node);
	return node;
}

/* Sorted paths make it enough to look at the child that came last. */
static struct node *descend(struct node *parent, const char *name, size_t name_size)
{
	struct vec *children = &parent->children;
	struct node *last = children->n_items ? children->items[children->n_items - 1] : NULL;

	if (last && !last->item && strlen(last->name) == name_size &&
	    strncmp(last->name, name, name_size) == 0)
		return last;
	return node_add(parent, name, name_size);
}

static int add_item(struct node *root, const struct treemap_item *item)
{
	const char *rest = item->path;
	struct node *node = root;

	for (;;) {
		size_t size;

		node->size += item->size;
		node->n_files++;
		rest += strspn(rest, "/");
		size = strcspn(rest, "/");
		if (size == 0)
			break;
		node = descend(node, rest, size);
		if (!node)
			return -ENOMEM;
		rest += size;
		node->path = item->path;
		node->path_size = (size_t)(rest - item->path);
	}
	node->item = item;
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *const *node_a = a, *const *node_b = b;

	if ((*node_a)->size != (*node_b)->size)
		return (*node_a)->size < (*node_b)->size ? 1 : -1;
	return strcmp((*node_a)->name, (*node_b)->name);
}

/* Makes one of a directory and the only thing in it. */
static int join_with_child(struct node *node)
{
	struct node *child = node->children.items[0];
	char *name = *node->name && !child->item ? str_format("%s/%s", node->name, child->name)
						 : strdup(child->name);

	if (!name)
		return -ENOMEM;
	free(node->name);
	node->name = name;
	node->item = child->item;
	node->path = child->path;
	node->path_size = child->path_size;
	vec_done(&node->children, NULL);
	node->children = child->children;
	child->children = (struct vec){ 0 };
	(void)node_free(child);
	return 0;
}

static int arrange(struct node *node)
{
	struct vec *children = &node->children;
	struct node *child;
	int r = 0;

	while (r >= 0 && children->n_items == 1)
		r = join_with_child(node);
	vec_sort(children, compare_nodes);
	vec_for_each(child, children) {
		if (r < 0)
			break;
		r = arrange(child);
	}
	return r;
}

/* The group that the most of a directory's bytes belong to. */
static void sum_groups(const struct node *node, uint64_t *sums)
{
	const struct node *child;

	if (node->item)
		sums[node->item->group] += node->size;
	vec_for_each(child, &node->children)
		sum_groups(child, sums);
}

static int find_group(const struct treemap_picture *picture, const struct node *node,
		      const struct treemap_group **ret_group)
{
	_cleanup_free_ uint64_t *sums = calloc(picture->n_groups, sizeof(*sums));
	size_t largest = 0;

	if (!sums)
		return -ENOMEM;
	sum_groups(node, sums);
	for (size_t i = 1; i < picture->n_groups; i++)
		if (sums[i] > sums[largest])
			largest = i;
	*ret_group = &picture->groups[largest];
	return 0;
}

/*
 * How wide a character is in bold, in font sizes, of DejaVu Sans: which font a viewer has is not
 * known, and there are few that are wider.
 */
static double measure_character(char character)
{
	if (((unsigned char)character & 0xc0) == 0x80)
		return 0; /* a part of the one before */
	if (strchr("mwMW%@", character))
		return 1.02;
	if (strchr("ijlft.,:;'|!()[]-/ ", character))
		return 0.42;
	return character >= 'A' && character <= 'Z' ? 0.78 : 0.69;
}

/* Where a text goes: the left end of its base line, and how wide it may be. */
struct line {
	const char *class;
	bool is_bold;
	double x, y, font_size, width;
};

/* How wide one font size of @text is. */
static double measure(const char *text, bool is_bold)
{
	double width = 0;

	for (; *text; text++)
		width += measure_character(*text);
	return is_bold ? width : width * 0.9;
}

/* How many characters of @text fit; all of them if it fits. */
static size_t count_fitting(const struct line *line, const char *text)
{
	double unit = line->font_size * (line->is_bold ? 1 : 0.9), used = 0;
	size_t n = 0;

	for (; *text; text++) {
		double width = measure_character(*text) * unit;

		used += width;
		if (used > line->width)
			break;
		n += width > 0;
	}
	return n;
}

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
static void write_tooltip(FILE *stream, const struct node *node)
{
	_cleanup_free_ char *path =
		strndup(node->path ? node->path : "/", node->path ? node->path_size : 1);

	(void)fputs("<title>", stream);
	xml_write_text(stream, path ? path : "", ALL_CHARACTERS);
	if (!node->item)
		(void)fprintf(stream, "/ (%zu files)", node->n_files);
	(void)fprintf(stream, "&#10;%s</title>", size_text(node->size).text);
}

static void write_line(FILE *stream, const struct line *line, const char *text)
{
	size_t n_fitting = count_fitting(line, text);

	if (n_fitting == 0)
		return;
	(void)fprintf(stream, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" font-size=\"%.1f\">",
		      line->class, line->x, line->y, line->font_size);
	xml_write_text(stream, text, n_fitting);
	(void)fputs("</text>", stream);
}

/* A file's name without what is the same for all modules. */
static char *make_label(const struct node *node)
{
	const char *suffix = strstr(node->name, ".ko");

	if (!node->item)
		return str_format("%s/", node->name);
	return suffix && suffix > node->name ? strndup(node->name, (size_t)(suffix - node->name))
					     : strdup(node->name);
}

/* The size goes below the name if there is room for all of it. */
static void write_size(FILE *stream, const struct node *node, double height,
		       const struct line *name)
{
	double font_size = MAX(NAME_FONT_MIN, name->font_size * 0.85);
	struct line line = { "size",    false,      name->x, name->y + font_size + 2.5,
			     font_size, name->width };
	struct size_text size = size_text(node->size);

	if (height > line.y + 4 && count_fitting(&line, size.text) == strlen(size.text))
		write_line(stream, &line, size.text);
}

/* A font for all of the name if that can be; false if too little of it could be read. */
static bool place_name(const char *label, double width, double height, struct line *ret_line)
{
	struct line line = { "name", true, 4, 0, 0, width - 7 };

	/* A hair less, as sums of the same widths are not always the same. */
	line.font_size = MIN(0.999 * line.width / measure(label, true), height / 2.6);
	line.font_size = MAX(NAME_FONT_MIN, MIN(NAME_FONT_MAX, line.font_size));
	line.font_size = MIN(line.font_size, 0.8 * height);
	line.y = MIN(line.font_size + 2.5, height / 2 + 0.36 * line.font_size);
	*ret_line = line;
	return line.font_size >= STRIP_FONT_MIN &&
	       count_fitting(&line, label) >= MIN(strlen(label), MIN_CHARACTERS);
}

/* In a box that is high and too narrow, the name runs downwards. */
static bool is_turned(const char *label, const struct treemap_box *box)
{
	return box->height > 1.5 * box->width &&
	       NAME_FONT_MIN * measure(label, true) > box->width - 7;
}

/* The nested svg element clips, should the viewer's font be wider than was thought. */
static int write_label(FILE *stream, const struct treemap_group *group, const struct node *node,
		       const struct treemap_box *box)
{
	_cleanup_free_ char *label = make_label(node);
	double width = box->width, height = box->height;
	bool turned = label && is_turned(label, box);
	struct line line;

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
	write_line(stream, &line, label);
	write_size(stream, node, height, &line);
	(void)fputs(turned ? "</g></svg>" : "</svg>", stream);
	return 0;
}

static int write_leaf(FILE *stream, const struct treemap_picture *picture, const struct node *node,
		      const struct treemap_box *box)
{
	double gap = MIN(GAP, MIN(box->width, box->height) / 4);
	struct treemap_box inner = { box->x + gap / 2, box->y + gap / 2, box->width - gap,
				     box->height - gap };
	const struct treemap_group *group;
	int r;

	r = find_group(picture, node, &group);
	if (r < 0)
		return r;
	(void)fputs("<g>", stream);
	write_tooltip(stream, node);
	write_fill(stream, group, &inner, MIN(2.0, MIN(inner.width, inner.height) / 4));
	r = write_label(stream, group, node, &inner);
	(void)fputs("</g>\n", stream);
	return r;
}

/* The directory's name on the left and, where there is room, its size on the right. */
static void write_frame_title(FILE *stream, const struct node *node,
			      const struct treemap_box *frame)
{
	const char *text = *node->name ? node->name : "/";
	struct size_text size = size_text(node->size);
	/* The class lets the size end at its x. */
	struct line name = { "directory", true, 5, 12.5, TITLE_FONT, frame->width - 9 };
	struct line total = { "total", false, frame->width - 5, 12.5, 10, frame->width };
	double total_width = 10 * measure(size.text, false) + 12;

	(void)fprintf(stream, "<svg x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\">",
		      frame->x, frame->y, frame->width, FRAME_TITLE);
	if (TITLE_FONT * measure(text, true) + total_width < name.width)
		write_line(stream, &total, size.text);
	name.font_size = MIN(TITLE_FONT, 0.999 * name.width / measure(text, true));
	name.font_size = MAX(NAME_FONT_MIN, name.font_size);
	write_line(stream, &name, text);
	(void)fputs("</svg>", stream);
}

/* The frame of a directory with its name; @ret_inner is for what is in it. */
static void write_frame(FILE *stream, const struct node *node, const struct treemap_box *box,
			struct treemap_box *ret_inner)
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

static int write_node(FILE *stream, const struct treemap_picture *picture, const struct node *node,
		      const struct treemap_box *box)
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
		weights[i] = (double)((const struct node *)node->children.items[i])->size;
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
	struct line name = { "directory", true, MARGIN, 78, 12, WIDTH };
	struct line note = { "note", false, MARGIN, 78, 12, WIDTH };

	for (size_t i = 0; i < picture->n_groups; i++) {
		const struct treemap_group *group = &picture->groups[i];
		char text[64];

		if (sums[i] == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s, %.1f%%", size_text(sums[i]).text,
			       100 * (double)sums[i] / (double)total);
		write_fill(stream, group, &(struct treemap_box){ name.x, 67, 13, 13 }, 3);
		name.x += 19;
		write_line(stream, &name, group->name);
		note.x = name.x + name.font_size * measure(group->name, true) + 7;
		write_line(stream, &note, text);
		name.x = note.x + note.font_size * measure(text, false) + 20;
	}
}

static int write_head(FILE *stream, const struct treemap_picture *picture, const struct node *root)
{
	_cleanup_free_ uint64_t *sums = calloc(picture->n_groups, sizeof(*sums));

	if (!sums)
		return -ENOMEM;
	sum_groups(root, sums);
	(void)fprintf(stream,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
		      "width=\"%.0f\" height=\"%.0f\">\n%s",
		      WIDTH, HEIGHT, WIDTH, HEIGHT, style);
	(void)fprintf(stream, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fbf8f4\"/>\n", WIDTH,
		      HEIGHT);
	write_line(stream, &(struct line){ "title", true, MARGIN, 34, 21, WIDTH - 2 * MARGIN },
		   picture->title);
	write_line(stream, &(struct line){ "note", false, MARGIN, 54, 13, WIDTH - 2 * MARGIN },
		   picture->subtitle);
	write_legend(stream, picture, root->size, sums);
	(void)fputs("\n", stream);
	return 0;
}

static int write_picture(FILE *stream, const struct treemap_picture *picture,
			 const struct node *root)
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
	struct node *root = node_add(NULL, "", 0);
	int r = root ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < picture->n_items; i++)
		if (picture->items[i].size > 0)
			r = add_item(root, &picture->items[i]);
	if (r >= 0)
		r = arrange(root);
	if (r >= 0)
		r = write_picture(stream, picture, root);
	root = node_free(root);
	return r;
}
