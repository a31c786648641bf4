/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes an image apart as unpack_to_rootfs() of the kernel's init/initramfs.c does, which decides
 * what an initramfs is: zeros are skipped; a digit begins a plain archive, the magic of a
 * compression a stream, in which there are again zeros and archives; anything else is junk.
 *
 * libarchive does the unpacking (compressed-stream.c), but not the archives. Its reader of cpio is
 * for backups: it searches junk for the next header, allocates what a name says is its size, up to
 * 4 GiB, compares each file of several names with all before, does not look at checksums, and does
 * not know that archives follow each other. Here, bytes come from one window, of the file itself or
 * of what the stream unpacks to, and nothing is kept but a name and a target.
 *
 * This is stricter than the kernel in one thing: an archive must end with its trailer. Without
 * one the kernel has no way to tell that half of an image is missing; here it is an error.
 */
#include "image/reader/image-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/reader/compressed-stream.h"
#include "image/reader/standard-input.h"

#define BEGINNING_SIZE 4096 /* with zeros, and enough to tell a compression by */

#define HEADER_SIZE  110
#define MAGIC_SIZE   6
#define FIELD_DIGITS 8
#define TRAILER      "TRAILER!!!"
#define ALIGNMENT    4
#define STREAMS_MAX  1000
#define MEMBERS_MAX  1000000      /* some fifty times what the largest images have */
#define UNPACKED_MAX (8ULL << 30) /* of all compressed streams; more fits no machine's memory */

/* The numbers of a header, in their order. */
enum field {
	FIELD_INODE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_NLINK,
	FIELD_MTIME,
	FIELD_SIZE,
	FIELD_DEVICE_MAJOR,
	FIELD_DEVICE_MINOR,
	FIELD_RDEV_MAJOR,
	FIELD_RDEV_MINOR,
	FIELD_NAME_SIZE,
	FIELD_CHECKSUM,
	N_FIELDS,
};

struct image_reader {
	char *name; /* of the image, for messages */
	const uint8_t *data;
	size_t size;
	bool is_mapped;
	size_t position; /* in the file; that of the stream's start if there is one */
	struct compressed_stream *stream; /* NULL in a plain archive and between streams */
	const char *compression;
	uint64_t stream_position; /* in what the stream unpacks to */
	uint64_t unpacked;        /* of all streams so far */

	bool is_in_archive;
	size_t archive_offset; /* in the file; that of its stream if there is one */
	unsigned int n_archives, n_members, n_streams;
	uint64_t member_position; /* where its header was, for messages */
	uint32_t fields[N_FIELDS];
	uint64_t content_left;
	size_t lent; /* of the content, to the caller, and not consumed before it comes back */
	unsigned int padding;
	bool has_checksum;
	uint32_t sum;
	char *entry_name;   /* PATH_MAX bytes */
	char *entry_target; /* PATH_MAX bytes */
	int error;          /* once there is one, it stays */
};

/* Where something is, in one of the two ways. */
static void describe_position(const struct image_reader *reader, uint64_t position,
			      char text[static 128])
{
	if (reader->stream)
		(void)snprintf(text, 128, "at byte %llu of what the %s stream at byte %zu holds",
			       (unsigned long long)position, reader->compression, reader->position);
	else
		(void)snprintf(text, 128, "at byte %llu", (unsigned long long)position);
}

static uint64_t get_position(const struct image_reader *reader)
{
	return reader->stream ? reader->stream_position : reader->position;
}

/* Says that @what, a sentence's end, is so of what is at @position. */
static int damaged(struct image_reader *reader, uint64_t position, const char *what)
{
	char where[128];

	describe_position(reader, position, where);
	log_err("%s is damaged: %s %s", reader->name, where, what);
	return -EBADMSG;
}

/* The bytes that are next, at least one: how many there are at once, 0 at the end, or an error. */
static ssize_t peek(struct image_reader *reader, const uint8_t **ret_data)
{
	if (reader->stream)
		return compressed_stream_peek(reader->stream, ret_data);
	*ret_data = reader->data + reader->position;
	return (ssize_t)(reader->size - reader->position);
}

static int consume(struct image_reader *reader, size_t size)
{
	if (!reader->stream) {
		reader->position += size;
		return 0;
	}
	compressed_stream_consume(reader->stream, size);
	reader->stream_position += size;
	reader->unpacked += size;
	if (reader->unpacked > UNPACKED_MAX) {
		log_err("%s unpacks to more than %llu GiB, which no initramfs does; giving up",
			reader->name, UNPACKED_MAX >> 30);
		return -EBADMSG;
	}
	return 0;
}

/* The next bytes of the member at hand, at least one, as there must be more. */
static ssize_t peek_content(struct image_reader *reader, const uint8_t **ret_data)
{
	ssize_t available = peek(reader, ret_data);

	return available ? available
			 : damaged(reader, reader->member_position,
				   "is an entry that goes beyond the end; it has been cut off");
}

/*
 * Takes exactly @size bytes of the member at hand, which must be there. Without @buffer they are
 * skipped; in a plain archive that costs nothing.
 */
static int take(struct image_reader *reader, void *buffer, uint64_t size)
{
	uint8_t *to = buffer;

	while (size > 0) {
		const uint8_t *from;
		ssize_t available = peek_content(reader, &from);
		size_t part;
		int r;

		if (available < 0)
			return (int)available;
		part = (size_t)MIN((uint64_t)available, size);
		if (to)
			to = mempcpy(to, from, part);
		r = consume(reader, part);
		if (r < 0)
			return r;
		size -= part;
	}
	return 0;
}

static unsigned int measure_padding(uint64_t size)
{
	return (unsigned int)(-size % ALIGNMENT);
}

/* Whether that is a header; its numbers go to @reader. */
static bool parse_header(struct image_reader *reader, const char header[static HEADER_SIZE])
{
	char digits[FIELD_DIGITS + 1] = { 0 };

	reader->has_checksum = memcmp(header, "070702", MAGIC_SIZE) == 0;
	if (!reader->has_checksum && memcmp(header, "070701", MAGIC_SIZE) != 0)
		return false;
	for (size_t i = 0; i < N_FIELDS; i++) {
		memcpy(digits, header + MAGIC_SIZE + i * FIELD_DIGITS, FIELD_DIGITS);
		if (strspn(digits, "0123456789abcdefABCDEF") != FIELD_DIGITS)
			return false;
		reader->fields[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	return true;
}

static int read_name(struct image_reader *reader)
{
	uint32_t size = reader->fields[FIELD_NAME_SIZE];
	int r;

	if (size == 0 || size > PATH_MAX)
		return damaged(reader, reader->member_position,
			       "is an entry whose name is of a length that no name has");
	r = take(reader, reader->entry_name, size);
	if (r < 0)
		return r;
	if (reader->entry_name[size - 1] != '\0')
		return damaged(reader, reader->member_position,
			       "is an entry whose name does not end");
	return take(reader, NULL, measure_padding(HEADER_SIZE + size));
}

static int read_target(struct image_reader *reader)
{
	uint64_t size = reader->content_left;
	int r;

	if (size >= PATH_MAX)
		return damaged(reader, reader->member_position,
			       "is a symbolic link whose target is longer than any path");
	r = take(reader, reader->entry_target, size);
	if (r < 0)
		return r;
	reader->entry_target[size] = '\0';
	reader->content_left = 0;
	return 0;
}

/* Reads a header with its name and leaves the content to come. */
static int read_member(struct image_reader *reader)
{
	char header[HEADER_SIZE];
	const uint8_t *data;
	ssize_t available;
	int r;

	reader->member_position = get_position(reader);
	available = peek(reader, &data);
	if (available < 0)
		return (int)available;
	if (available == 0)
		return damaged(reader, reader->member_position,
			       "an archive ends without its trailer; it has been cut off");
	r = take(reader, header, sizeof(header));
	if (r < 0)
		return r;
	if (!parse_header(reader, header))
		return damaged(reader, reader->member_position,
			       "there should be an entry of an archive, and there is none");
	if (++reader->n_members > MEMBERS_MAX) {
		log_err("%s has more than %d files, which no initramfs has; giving up",
			reader->name, MEMBERS_MAX);
		return -EBADMSG;
	}
	reader->content_left = reader->fields[FIELD_SIZE];
	reader->padding = measure_padding(reader->content_left);
	reader->sum = 0;
	return read_name(reader);
}

/* Takes back what the caller has been lent. */
static int take_back(struct image_reader *reader)
{
	size_t size = reader->lent;

	reader->lent = 0;
	return consume(reader, size);
}

/* What the caller has not read of the member at hand. */
static int skip_rest(struct image_reader *reader)
{
	int r;

	r = take_back(reader);
	if (r >= 0)
		r = take(reader, NULL, reader->content_left + reader->padding);
	reader->content_left = 0;
	reader->padding = 0;
	return r;
}

static void fill_entry(const struct image_reader *reader, struct image_entry *ret_entry)
{
	const uint32_t *fields = reader->fields;

	*ret_entry = (struct image_entry){
		.name = reader->entry_name,
		.mode = fields[FIELD_MODE],
		.uid = fields[FIELD_UID],
		.gid = fields[FIELD_GID],
		.size = fields[FIELD_SIZE],
		.mtime = fields[FIELD_MTIME],
		.rdev = makedev(fields[FIELD_RDEV_MAJOR], fields[FIELD_RDEV_MINOR]),
		.nlink = fields[FIELD_NLINK],
		.inode = fields[FIELD_INODE],
		.device = makedev(fields[FIELD_DEVICE_MAJOR], fields[FIELD_DEVICE_MINOR]),
		.target = S_ISLNK(fields[FIELD_MODE]) ? reader->entry_target : NULL,
		.segment = reader->n_archives - 1,
	};
}

/* The next entry of the archive at hand: 1, 0 at its trailer, or an error. */
static int next_in_archive(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	r = skip_rest(reader);
	if (r < 0)
		return r;
	r = read_member(reader);
	if (r < 0)
		return r;
	if (str_equal(reader->entry_name, TRAILER)) {
		reader->is_in_archive = false;
		return skip_rest(reader);
	}
	if (S_ISLNK(reader->fields[FIELD_MODE])) {
		r = read_target(reader);
		if (r < 0)
			return r;
	}
	fill_entry(reader, ret_entry);
	return 1;
}

static void begin_archive(struct image_reader *reader)
{
	if (get_position(reader) % ALIGNMENT != 0) {
		char where[128];

		describe_position(reader, get_position(reader), where);
		log_warn("%s: the kernel will not find the archive %s, which is no multiple of "
			 "four; reading it nevertheless",
			 reader->name, where);
	}
	reader->is_in_archive = true;
	reader->archive_offset = reader->position;
	reader->n_archives++;
}

static int begin_stream(struct image_reader *reader)
{
	const uint8_t *data = reader->data + reader->position;
	size_t size = reader->size - reader->position;
	const char *compression = compressed_stream_identify(data, size);
	char origin[PATH_MAX + 64];

	if (!compression) {
		if (reader->n_archives > 0)
			return damaged(reader, reader->position,
				       "there is neither an archive nor a compressed stream");
		log_err("%s is no initramfs image: it begins with neither an archive nor a "
			"compressed stream",
			reader->name);
		return -EBADMSG;
	}
	if (++reader->n_streams > STREAMS_MAX) {
		log_err("%s has more than %d compressed streams, which no initramfs has; giving up",
			reader->name, STREAMS_MAX);
		return -EBADMSG;
	}
	(void)snprintf(origin, sizeof(origin), "%s at byte %zu", reader->name, reader->position);
	reader->compression = compression;
	reader->stream_position = 0;
	return compressed_stream_open(data, size, origin, &reader->stream);
}

static void end_stream(struct image_reader *reader)
{
	reader->position += compressed_stream_size(reader->stream);
	reader->stream = compressed_stream_free(reader->stream);
	reader->compression = "none";
}

/* Skips zeros; what follows them is as peek() says. */
static ssize_t skip_zeros(struct image_reader *reader, const uint8_t **ret_data)
{
	ssize_t available;

	while ((available = peek(reader, ret_data)) > 0) {
		ssize_t zeros = 0;
		int r;

		while (zeros < available && (*ret_data)[zeros] == 0)
			zeros++;
		r = consume(reader, (size_t)zeros);
		if (r < 0)
			return r;
		if (zeros < available) {
			*ret_data += zeros;
			return available - zeros;
		}
	}
	return available;
}

/* Goes on to where an archive begins: 1, 0 at the end of the image, or an error. */
static int find_archive(struct image_reader *reader)
{
	for (;;) {
		const uint8_t *data;
		ssize_t available = skip_zeros(reader, &data);
		int r = 0;

		if (available < 0)
			return (int)available;
		if (available == 0 && !reader->stream)
			return 0;
		if (available == 0) {
			end_stream(reader);
			continue;
		}
		if (*data == '0') {
			begin_archive(reader);
			return 1;
		}
		if (reader->stream)
			return damaged(reader, get_position(reader), "there is no archive");
		r = begin_stream(reader);
		if (r < 0)
			return r;
	}
}

static int find_next(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	for (;;) {
		if (!reader->is_in_archive) {
			r = find_archive(reader);
			if (r <= 0)
				return r;
		}
		r = next_in_archive(reader, ret_entry);
		if (r != 0)
			return r;
	}
}

int image_reader_next(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	if (reader->error < 0)
		return reader->error;
	r = find_next(reader, ret_entry);
	if (r < 0)
		reader->error = r;
	return r;
}

/* Adds up what an archive with checksums says of its content; a sum that is wrong is an error. */
static int check_sum(struct image_reader *reader, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		reader->sum += data[i];
	if (reader->content_left == 0 && reader->sum != reader->fields[FIELD_CHECKSUM])
		return damaged(reader, reader->member_position,
			       "is an entry whose content does not have the checksum it should");
	return 0;
}

/* Lends the next bytes of content, of which there are some. */
static ssize_t lend(struct image_reader *reader, const uint8_t **ret_data)
{
	ssize_t available;
	int r;

	r = take_back(reader);
	if (r < 0)
		return r;
	available = peek_content(reader, ret_data);
	if (available < 0)
		return available;
	reader->lent = (size_t)MIN((uint64_t)available, reader->content_left);
	reader->content_left -= reader->lent;
	r = reader->has_checksum ? check_sum(reader, *ret_data, reader->lent) : 0;
	return r < 0 ? r : (ssize_t)reader->lent;
}

ssize_t image_reader_read(struct image_reader *reader, const void **ret_data)
{
	const uint8_t *data = NULL;
	ssize_t size;

	if (reader->error < 0)
		return reader->error;
	if (!S_ISREG(reader->fields[FIELD_MODE]) || reader->content_left == 0)
		return 0;
	size = lend(reader, &data);
	if (size < 0)
		reader->error = (int)size;
	*ret_data = data;
	return size;
}

bool image_reader_is_plain(const struct image_reader *reader)
{
	return !reader->stream;
}

const char *image_reader_compression(const struct image_reader *reader)
{
	return reader->compression;
}

uint64_t image_reader_segment_offset(const struct image_reader *reader)
{
	return reader->archive_offset;
}

struct image_reader *image_reader_free(struct image_reader *reader)
{
	if (reader) {
		compressed_stream_free(reader->stream);
		if (reader->is_mapped)
			(void)munmap((void *)reader->data, reader->size);
		free(reader->entry_name);
		free(reader->entry_target);
		free(reader->name);
		free(reader);
	}
	return NULL;
}

void image_reader_cleanup(struct image_reader **reader)
{
	*reader = image_reader_free(*reader);
}

/* So that what is no image at all is known before the caller has begun anything. */
static int check_beginning(struct image_reader *reader)
{
	const uint8_t *data;
	ssize_t available = skip_zeros(reader, &data);

	if (available == 0) {
		log_err("%s is no initramfs image: it is empty", reader->name);
		return -EBADMSG;
	}
	return *data == '0' ? 0 : begin_stream(reader);
}

int image_reader_open_memory(const void *data, size_t size, const char *name,
			     struct image_reader **ret_reader)
{
	_cleanup_image_reader_ struct image_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	*reader = (struct image_reader){
		.name = strdup(name),
		.data = data,
		.size = size,
		.compression = "none",
		.entry_name = malloc(PATH_MAX),
		.entry_target = malloc(PATH_MAX),
	};
	if (!reader->name || !reader->entry_name || !reader->entry_target)
		return -ENOMEM;
	r = check_beginning(reader);
	if (r < 0)
		return r;
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

static int open_file(const char *path)
{
	int fd;

	if (str_equal(path, STANDARD_INPUT))
		return standard_input_open();
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? log_err_errno(-errno, "%s cannot be opened", path) : fd;
}

/* Maps the file; one of no bytes cannot be, and is an empty image. */
static int map_file(const char *path, void **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = open_file(path);
	struct stat st;

	*ret_data = NULL;
	*ret_size = 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return log_err_errno(-errno, "%s cannot be read", path);
	if (!S_ISREG(st.st_mode)) {
		log_err("%s is no initramfs image: it is no regular file", path);
		return -EBADMSG;
	}
	if (st.st_size == 0)
		return 0;
	*ret_data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (*ret_data == MAP_FAILED)
		return log_err_errno(-errno, "%s cannot be read", path);
	*ret_size = (size_t)st.st_size;
	return 0;
}

bool image_reader_is_image(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t data[BEGINNING_SIZE];
	ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof(data)), at = 0;

	while (at < size && data[at] == 0)
		at++;
	return at < size &&
	       (data[at] == '0' || compressed_stream_identify(data + at, (size_t)(size - at)));
}

int image_reader_open(const char *path, struct image_reader **ret_reader)
{
	void *data;
	size_t size;
	int r;

	r = map_file(path, &data, &size);
	if (r < 0)
		return r;
	r = image_reader_open_memory(data, size, path, ret_reader);
	if (r < 0) {
		if (data)
			(void)munmap(data, size);
		return r;
	}
	(*ret_reader)->is_mapped = data != NULL;
	return 0;
}

int image_path_normalise(const char *name, char **ret_path)
{
	_cleanup_strbuf_ struct strbuf path = { 0 };

	for (const char *part = name, *end; *part; part = end + strspn(end, "/")) {
		size_t size;

		end = strchrnul(part, '/');
		size = (size_t)(end - part);
		if (size == 2 && part[0] == '.' && part[1] == '.')
			return -EINVAL;
		if (size == 0 || (size == 1 && part[0] == '.'))
			continue;
		strbuf_append(&path, "/");
		strbuf_append_bytes(&path, part, size);
	}
	if (path.size == 0)
		strbuf_append(&path, "/");
	*ret_path = strbuf_steal(&path);
	return *ret_path ? 0 : -ENOMEM;
}
