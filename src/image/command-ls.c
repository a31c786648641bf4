/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling ls`. It writes each entry as it comes: however large an image says
 * it is, nothing is kept but the sizes of files with several names. An archive tells such a size
 * with one of the names, mostly the last one, so where sizes are shown the image is read twice.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/strmap.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/reader/hard-link.h"
#include "image/reader/image-reader.h"
#include "image/report/json.h"
#include "image/report/terminal-text.h"

static const char help[] =
	"Usage: kindling ls [OPTION]... IMAGE\n"
	"\n"
	"Lists the files of an initramfs image, whichever tool made it: a name a line, as stored,\n"
	"with control characters and backslashes as \\ooo. IMAGE may be - for standard input.\n"
	"\n"
	"  -l, --long   also mode, links, owner, group, size (or number of the device), time\n"
	"               (UTC) and the target of a symbolic link\n"
	"      --json   an array of objects; bytes of names that are not UTF-8 are \\u00xx, and\n"
	"               name_hex has all of the name's\n"
	"  -h, --help   show this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 6 not an image, or a damaged one (what\n"
	"could be read has been listed; if the damage is in a compressed archive, that may be\n"
	"nothing of it), 7 the list cannot be written.\n";

struct listing {
	bool is_long, is_json;
	const char *image;
	struct strmap sizes;    /* of files with several names, as pointers, by hard_link_key() */
	unsigned int n_entries; /* to be shown; of a damaged image, those that are whole */
};

typedef void (*print_fn)(const struct image_reader *reader, const struct image_entry *entry,
			 bool is_first);

static void print_name(const struct image_reader *reader, const struct image_entry *entry,
		       bool is_first)
{
	terminal_write_text(stdout, entry->name);
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
	terminal_write_text(stdout, entry->name);
	if (entry->target) {
		(void)fputs(" -> ", stdout);
		terminal_write_text(stdout, entry->target);
	}
	(void)putchar('\n');
}

static void print_json(const struct image_reader *reader, const struct image_entry *entry,
		       bool is_first)
{
	(void)fputs(is_first ? "\n{" : ",\n{", stdout);
	json_write_bytes(stdout, "name", entry->name);
	(void)printf(", \"mode\": \"%06o\", \"uid\": %u, \"gid\": %u, \"size\": %llu"
		     ", \"mtime\": %lld, \"nlink\": %u, \"inode\": %llu",
		     entry->mode, entry->uid, entry->gid, (unsigned long long)entry->size,
		     (long long)entry->mtime, entry->nlink, (unsigned long long)entry->inode);
	if (is_device(entry))
		(void)printf(", \"major\": %u, \"minor\": %u", major(entry->rdev),
			     minor(entry->rdev));
	if (entry->target) {
		(void)fputs(", ", stdout);
		json_write_bytes(stdout, "target", entry->target);
	}
	(void)printf(", \"segment\": %u, ", entry->segment);
	json_write_member(stdout, "compression", image_reader_compression(reader));
	(void)putchar('}');
}

static int note_size(struct listing *listing, const struct image_entry *entry)
{
	_cleanup_free_ char *key = NULL;

	listing->n_entries++;
	if (!S_ISREG(entry->mode) || entry->nlink < 2 || entry->size == 0)
		return 0;
	key = hard_link_key(entry);
	return key ? strmap_set(&listing->sizes, key, (void *)(uintptr_t)entry->size) : -ENOMEM;
}

/* What is damaged has been logged here, and is not read again. */
static int note_sizes(struct listing *listing)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	int r;

	listing->n_entries = 0;
	r = image_reader_open(listing->image, &reader);
	while (r >= 0 && (r = image_reader_next(reader, &entry)) > 0)
		r = note_size(listing, &entry);
	return r;
}

static int find_size(const struct listing *listing, struct image_entry *entry)
{
	_cleanup_free_ char *key = NULL;

	if (!S_ISREG(entry->mode) || entry->nlink < 2 || entry->size > 0)
		return 0;
	key = hard_link_key(entry);
	if (!key)
		return -ENOMEM;
	entry->size = (uintptr_t)strmap_get(&listing->sizes, key);
	return 0;
}

static int list_entries(const struct listing *listing, struct image_reader *reader, print_fn print)
{
	struct image_entry entry;

	for (unsigned int n = 0; n < listing->n_entries && !ferror(stdout); n++) {
		int r = image_reader_next(reader, &entry);

		if (r <= 0)
			return r;
		r = find_size(listing, &entry);
		if (r < 0)
			return r;
		print(reader, &entry, n == 0);
	}
	return 0;
}

static int list_whole_entries(const struct listing *listing)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	int r;

	r = image_reader_open(listing->image, &reader);
	if (r < 0)
		return r;
	if (!listing->is_json)
		return list_entries(listing, reader, listing->is_long ? print_long : print_name);
	(void)putchar('[');
	r = list_entries(listing, reader, print_json);
	(void)fputs("\n]\n", stdout);
	return r;
}

static int list_image(struct listing *listing)
{
	int damage = listing->is_long || listing->is_json ? note_sizes(listing) : 0, r;

	if (damage < 0 && listing->n_entries == 0)
		return damage;
	r = list_whole_entries(listing);
	return damage < 0 ? damage : r;
}

int command_ls(int argc, char **argv)
{
	struct listing listing = { .n_entries = UINT_MAX };
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
	strmap_done(&listing.sizes, NULL);
	code = inspect_finish(stdout, "standard output");
	return (int)(code == EXIT_CODE_OK ? exit_code_of_image(r) : code);
}
