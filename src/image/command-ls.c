/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling ls`. It writes each entry as it comes: however large an image says
 * it is, nothing is kept.
 */
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/cleanup.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/reader/image-reader.h"
#include "image/report/json.h"

static const char help[] =
	"Usage: kindling ls [OPTION]... IMAGE\n"
	"\n"
	"Lists the files of an initramfs image, whichever tool made it: a name a line, as stored,\n"
	"with control characters and backslashes as \\ooo.\n"
	"\n"
	"  -l, --long   also mode, links, owner, group, size (or number of the device), time\n"
	"               (UTC) and the target of a symbolic link\n"
	"      --json   an array of objects; bytes of names that are not UTF-8 as \\u00xx\n"
	"  -h, --help   show this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 6 not an image, or a damaged one (what\n"
	"was whole has been listed), 7 the list cannot be written.\n";

struct listing {
	bool is_long, is_json;
	const char *image;
};

typedef void (*print_fn)(const struct image_reader *reader, const struct image_entry *entry,
			 bool is_first);

static void print_name(const struct image_reader *reader, const struct image_entry *entry,
		       bool is_first)
{
	inspect_print(entry->name);
	(void)putchar('\n');
}

static char get_type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return '-';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '?';
	}
}

/* As ls(1) writes them: the bits beyond the nine take the place of an x. */
static void format_mode(mode_t mode, char text[static 11])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = get_type_letter(mode);
	for (unsigned int i = 0; i < 9; i++)
		text[1 + i] = mode & (0400U >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		text[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & 0010 ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & 0001 ? 't' : 'T';
	text[10] = '\0';
}

static bool is_device(const struct image_entry *entry)
{
	return S_ISCHR(entry->mode) || S_ISBLK(entry->mode);
}

static void print_long(const struct image_reader *reader, const struct image_entry *entry,
		       bool is_first)
{
	char mode[11], size[32], date[32];
	time_t mtime = entry->mtime;
	struct tm tm;

	format_mode(entry->mode, mode);
	if (is_device(entry))
		(void)snprintf(size, sizeof(size), "%u, %u", major(entry->rdev),
			       minor(entry->rdev));
	else
		(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)entry->size);
	(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", gmtime_r(&mtime, &tm));
	(void)printf("%s %3u %5u %5u %10s %s ", mode, entry->nlink, entry->uid, entry->gid, size,
		     date);
	inspect_print(entry->name);
	if (entry->target) {
		(void)fputs(" -> ", stdout);
		inspect_print(entry->target);
	}
	(void)putchar('\n');
}

static void print_json(const struct image_reader *reader, const struct image_entry *entry,
		       bool is_first)
{
	(void)fputs(is_first ? "\n{\"name\": " : ",\n{\"name\": ", stdout);
	json_write_string(stdout, entry->name);
	(void)printf(", \"mode\": \"%06o\", \"uid\": %u, \"gid\": %u, \"size\": %llu"
		     ", \"mtime\": %lld, \"nlink\": %u, \"inode\": %llu",
		     entry->mode, entry->uid, entry->gid, (unsigned long long)entry->size,
		     (long long)entry->mtime, entry->nlink, (unsigned long long)entry->inode);
	if (is_device(entry))
		(void)printf(", \"major\": %u, \"minor\": %u", major(entry->rdev),
			     minor(entry->rdev));
	if (entry->target) {
		(void)fputs(", \"target\": ", stdout);
		json_write_string(stdout, entry->target);
	}
	(void)printf(", \"segment\": %u, \"compression\": ", entry->segment);
	json_write_string(stdout, image_reader_compression(reader));
	(void)putchar('}');
}

static int list_entries(struct image_reader *reader, print_fn print)
{
	struct image_entry entry;
	bool is_first = true;
	int r;

	while ((r = image_reader_next(reader, &entry)) > 0) {
		print(reader, &entry, is_first);
		is_first = false;
		if (ferror(stdout))
			return 0;
	}
	return r;
}

static int list_image(const struct listing *listing)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	int r;

	r = image_reader_open(listing->image, &reader);
	if (r < 0)
		return r;
	if (!listing->is_json)
		return list_entries(reader, listing->is_long ? print_long : print_name);
	(void)putchar('[');
	r = list_entries(reader, print_json);
	(void)fputs("\n]\n", stdout);
	return r;
}

int command_ls(int argc, char **argv)
{
	struct listing listing = { 0 };
	const struct command_option options[] = {
		{ "json", .is_given = &listing.is_json },
		{ "long", 'l', &listing.is_long },
		{ 0 },
	};
	const struct command_line line = {
		.name = "ls",
		.help = help,
		.options = options,
		.n_arguments_min = 1,
		.n_arguments_max = 1,
		.expectation = "ls takes one image",
	};
	enum exit_code code;
	int r;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	listing.image = argv[optind];
	r = list_image(&listing);
	code = inspect_finish(stdout, "standard output");
	return (int)(code == EXIT_CODE_OK ? exit_code_of_image(r) : code);
}
