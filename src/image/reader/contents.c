/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image as the kernel's init/initramfs.c would leave it in the root: entries are applied one
 * after the other. A later one replaces an earlier one of its name, except that a directory with
 * something in it stays; hard links are told by their inode number within one archive; and a link
 * above an entry is followed. Nothing is written anywhere, and no name leads out of the image.
 *
 * Contents are read once, for their checksum; those that the caller wants are kept.
 */
#include "image/reader/contents.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/checksum.h"
#include "image/reader/hard-link.h"
#include "image/reader/image-path.h"
#include "image/reader/image-reader.h"
#include "image/tree/link-walk.h"
#include "kindling/image-layout.h"

/* What is needed while an image is read. */
struct loader {
	struct contents contents;
	contents_wants_cb wants_data;
	XXH3_state_t *checksum; /* of the content that is being read */
	unsigned int n_entries; /* of the image, before the one at hand */
	struct strmap inodes;   /* hard_link_key() → struct contents_entry, the first such name */
};

static void entry_free(void *item)
{
	struct contents_entry *entry = item;

	free(entry->path);
	free(entry->target);
	free(entry);
}

static void segment_free(void *item)
{
	struct contents_segment *segment = item;

	free(segment->compression);
	free(segment);
}

static void file_free(void *item)
{
	struct contents_file *file = item;

	free(file->owned);
	free(file);
}

void contents_done(struct contents *contents)
{
	strmap_done(&contents->entries, entry_free);
	vec_done(&contents->segments, segment_free);
	vec_done(&contents->files, file_free);
	contents->reader = image_reader_free(contents->reader);
}

static void loader_done(struct loader *loader)
{
	contents_done(&loader->contents);
	(void)XXH3_freeState(loader->checksum);
	strmap_done(&loader->inodes, NULL);
}

static const char *get_target(const void *userdata, const char *path)
{
	const struct contents *contents = userdata;
	const struct contents_entry *entry = strmap_get(&contents->entries, path);

	return entry ? entry->target : NULL;
}

int contents_resolve(const struct contents *contents, const char *path, char **ret_path)
{
	return link_walk(get_target, contents, path, true, ret_path);
}

static const struct contents_entry *walk(const struct contents *contents, const char *path,
					 bool follows_last)
{
	_cleanup_free_ char *real = NULL;

	if (link_walk(get_target, contents, path, follows_last, &real) < 0)
		return NULL;
	return strmap_get(&contents->entries, real);
}

const struct contents_entry *contents_get(const struct contents *contents, const char *path)
{
	return walk(contents, path, false);
}

const struct contents_entry *contents_lookup(const struct contents *contents, const char *path)
{
	return walk(contents, path, true);
}

/* The segments up to the one of @entry; one that has no entries at all is none. */
static int note_segment(struct loader *loader, const struct image_entry *entry)
{
	struct vec *segments = &loader->contents.segments;
	struct contents_segment *segment;

	while (segments->n_items <= entry->segment) {
		segment = calloc(1, sizeof(*segment));
		if (!segment || vec_push(segments, segment) < 0) {
			free(segment);
			return -ENOMEM;
		}
		segment->compression = strdup(image_reader_compression(loader->contents.reader));
		if (!segment->compression)
			return -ENOMEM;
		segment->offset = image_reader_segment_offset(loader->contents.reader);
	}
	segment = segments->items[entry->segment];
	segment->n_entries++;
	return 0;
}

/* The path at which the kernel puts an entry of that name, or NULL where it cannot. */
static int place(struct loader *loader, const char *name, char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = image_path_normalise(name, &path);
	if (r == -EINVAL) {
		log_err("the image has an entry '%s', which may lead out of it; not reading on",
			name);
		return -EBADMSG;
	}
	if (r < 0)
		return r;
	r = link_walk(get_target, &loader->contents, path, false, ret_path);
	if (r == -ELOOP) {
		log_warn("%s is below links that go in circles, leaving it out as the kernel will",
			 path);
		*ret_path = NULL;
		return 0;
	}
	return r;
}

/* The directory that an entry at @path goes into, if the kernel will find it. */
static struct contents_entry *find_directory(const struct contents *contents, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(str_basename(path) - path - 1));
	struct contents_entry *entry = parent ? strmap_get(&contents->entries, parent) : NULL;

	return entry && S_ISDIR(entry->mode) && !entry->lacks_directory ? entry : NULL;
}

/* Whether @entry has a directory, and the directory @entry. */
static void put_into_directory(const struct contents *contents, struct contents_entry *entry,
			       bool is_new)
{
	bool was_there = !is_new && !entry->lacks_directory;
	struct contents_entry *directory;

	if (strchr(entry->path + 1, '/') == NULL)
		return; /* the root is always there */
	directory = find_directory(contents, entry->path);
	entry->lacks_directory = !directory;
	if (directory && !was_there)
		directory->n_entries++;
}

static int add_file(struct contents *contents, struct contents_entry *entry)
{
	struct contents_file *file = calloc(1, sizeof(*file));

	if (!file || vec_push(&contents->files, file) < 0) {
		free(file);
		return -ENOMEM;
	}
	entry->file = file;
	return 0;
}

/* The entry at @path with whatever it was, or a new one, which has no mode. */
static int obtain_entry(struct contents *contents, const char *path,
			struct contents_entry **ret_entry)
{
	struct contents_entry *entry = strmap_get(&contents->entries, path);
	bool is_new = !entry;

	if (is_new) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->path = strdup(path);
		if (!entry->path || strmap_set(&contents->entries, path, entry) < 0) {
			entry_free(entry);
			return -ENOMEM;
		}
	}
	put_into_directory(contents, entry, is_new);
	*ret_entry = entry;
	return 0;
}

/*
 * Gives @entry its file: its former one, or a new one, and 0; or that of the name it is a hard link
 * of, and 1.
 */
static int attach_file(struct loader *loader, struct contents_entry *entry,
		       const struct image_entry *header)
{
	_cleanup_free_ char *key = hard_link_key(header);
	const struct contents_entry *first;
	int r = 0;

	if (!key)
		return -ENOMEM;
	first = header->nlink > 1 ? strmap_get(&loader->inodes, key) : NULL;
	if (first && first->file) {
		entry->file = first->file;
		return 1;
	}
	if (!entry->file)
		r = add_file(&loader->contents, entry);
	if (r >= 0 && header->nlink > 1)
		r = strmap_set(&loader->inodes, key, entry);
	return r;
}

static int log_too_large(const char *path)
{
	log_err("%s in the image is too large to be read, giving up", path);
	return -EBADMSG;
}

/* What a stream unpacks to does not stay, so it is copied. */
static int keep_copy(const char *path, struct strbuf *copy, const void *data, size_t size)
{
	if (copy->size + size > CONTENTS_DATA_MAX)
		return log_too_large(path);
	strbuf_append_bytes(copy, data, size);
	return copy->failed ? -ENOMEM : 0;
}

/* The file's bytes pass by: each of them for the checksum, and if wanted, to be kept. */
static int read_data(struct loader *loader, const char *path, bool is_wanted,
		     struct contents_file *file)
{
	struct image_reader *reader = loader->contents.reader;
	bool is_copied = is_wanted && !image_reader_is_plain(reader);
	_cleanup_strbuf_ struct strbuf copy = { 0 };
	const void *data, *first = "";
	uint64_t size = 0;
	ssize_t n;

	(void)XXH3_64bits_reset(loader->checksum);
	while ((n = image_reader_read(reader, &data)) > 0) {
		int r = is_copied ? keep_copy(path, &copy, data, (size_t)n) : 0;

		if (r < 0)
			return r;
		if (size == 0)
			first = data;
		(void)XXH3_64bits_update(loader->checksum, data, (size_t)n);
		size += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	free(file->owned);
	file->owned = NULL;
	file->data = is_wanted ? first : NULL;
	if (is_copied) {
		file->data = file->owned = strbuf_steal(&copy);
		if (!file->owned)
			return -ENOMEM;
	}
	file->size = size;
	file->checksum = XXH3_64bits_digest(loader->checksum);
	return 0;
}

static int load_file(struct loader *loader, struct contents_entry *entry,
		     const struct image_entry *header)
{
	bool is_wanted;
	int r;

	r = attach_file(loader, entry, header);
	if (r < 0)
		return r;
	/* Of hard links, cpio gives but one the content; for the others the size is 0. */
	if (r > 0 && header->size == 0)
		return 0;
	is_wanted = loader->wants_data && loader->wants_data(entry->path);
	r = read_data(loader, entry->path, is_wanted, entry->file);
	entry->file->number = loader->n_entries;
	if (r >= 0) {
		struct contents_segment *segment = loader->contents.segments.items[entry->segment];

		segment->size += entry->file->size;
	}
	return r;
}

/* Applies one entry at @path, as do_name() of init/initramfs.c does. */
static int apply(struct loader *loader, const char *path, const struct image_entry *header)
{
	struct contents *contents = &loader->contents;
	struct contents_entry *entry;
	int r;

	r = obtain_entry(contents, path, &entry);
	if (r < 0)
		return r;
	if (S_ISDIR(entry->mode) && !S_ISDIR(header->mode) && entry->n_entries > 0)
		return 0;
	free(entry->target);
	entry->target = NULL;
	entry->mode = header->mode;
	entry->uid = header->uid;
	entry->gid = header->gid;
	entry->rdev = S_ISBLK(header->mode) || S_ISCHR(header->mode) ? header->rdev : 0;
	entry->segment = header->segment;
	if (S_ISREG(header->mode))
		return load_file(loader, entry, header);
	entry->file = NULL;
	if (S_ISLNK(header->mode)) {
		entry->target = strdup(header->target);
		r = entry->target ? 0 : -ENOMEM;
	}
	return r;
}

static int load_entry(struct loader *loader, const struct image_entry *header)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = note_segment(loader, header);
	if (r >= 0)
		r = place(loader, header->name, &path);
	if (r < 0 || !path || str_equal(path, "/"))
		return r;
	return apply(loader, path, header);
}

/* "[" tells less of what a file is than its other names, though it comes before them. */
static bool is_telling(const struct contents_entry *entry)
{
	return isalnum((unsigned char)*str_basename(entry->path));
}

static void add_name(struct contents_file *file, const struct contents_entry *entry)
{
	if (!file->owner || (is_telling(entry) && !is_telling(file->owner)))
		file->owner = entry;
	file->n_names++;
}

/* Only now is it known which names have remained. Files that have lost theirs get no owner. */
static int choose_owners(struct contents *contents)
{
	struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries)
		if (entry->file)
			add_name(entry->file, entry);
	vec_done(&entries, NULL);
	return 0;
}

int contents_load(const char *path, contents_wants_cb wants_data, struct contents *ret_contents)
{
	_cleanup_(loader_done) struct loader loader = {
		.wants_data = wants_data,
		.checksum = XXH3_createState(),
	};
	struct image_entry header;
	int r;

	if (!loader.checksum)
		return -ENOMEM;
	r = image_reader_open(path, &loader.contents.reader);
	if (r < 0)
		return r;
	while ((r = image_reader_next(loader.contents.reader, &header)) > 0) {
		r = load_entry(&loader, &header);
		if (r < 0)
			return r;
		loader.n_entries++;
	}
	if (r >= 0)
		r = choose_owners(&loader.contents);
	if (r < 0)
		return r;
	*ret_contents = loader.contents;
	loader.contents = (struct contents){ 0 };
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct contents_entry *const *entry_a = a, *const *entry_b = b;

	return strcmp((*entry_a)->path, (*entry_b)->path);
}

int contents_sort(const struct contents *contents, struct vec *ret_entries)
{
	struct vec entries = { 0 };
	const struct strmap_entry *slot;

	strmap_for_each(slot, &contents->entries) {
		if (vec_push(&entries, slot->value) < 0) {
			vec_done(&entries, NULL);
			return -ENOMEM;
		}
	}
	vec_sort(&entries, compare_entries);
	*ret_entries = entries;
	return 0;
}

uint64_t contents_total_size(const struct contents *contents)
{
	const struct contents_file *file;
	uint64_t total = 0;

	vec_for_each(file, &contents->files)
		if (file->owner)
			total += file->size;
	return total;
}

/* The name of the directory, if it is one of a kernel's modules. */
static const char *get_kver(const struct contents_entry *entry)
{
	static const char *const parents[] = { IMAGE_MODULES "/", "/lib/modules/" };

	for (size_t i = 0; S_ISDIR(entry->mode) && i < ARRAY_SIZE(parents); i++) {
		const char *kver = str_after_prefix(entry->path, parents[i]);

		if (kver && !strchr(kver, '/'))
			return kver;
	}
	return NULL;
}

int contents_list_kernels(const struct contents *contents, struct vec *ret_kvers)
{
	struct vec kvers = { 0 };
	const struct strmap_entry *slot;

	strmap_for_each(slot, &contents->entries) {
		const char *kver = get_kver(slot->value);

		if (kver && vec_push_copy(&kvers, kver) < 0) {
			vec_done(&kvers, free);
			return -ENOMEM;
		}
	}
	vec_sort_strings(&kvers);
	*ret_kvers = kvers;
	return 0;
}
