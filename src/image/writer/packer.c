/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue with as many places as there are entries. Workers take them in order, and stop while too
 * much waits for the caller; one entry may always be on its way, so that a file larger than the
 * limit goes through as well. A caller who would have to wait for an entry works, too.
 *
 * What a worker does depends on the entry alone, never on how many there are.
 */
#include "image/writer/packer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/checksum.h"
#include "image/tree/tree.h"
#include "image/writer/zstd-frame.h"

#define BYTES_AHEAD_MAX ((size_t)12 * 1024 * 1024)
#define WORKERS_MAX     16

struct place {
	const struct tree_entry *entry;
	void *owned; /* NULL if the content is the entry's own */
	struct packed packed;
	int result; /* 1 while there is none */
};

struct packer {
	struct packer_options options;
	char made_by[64]; /* for the cache: what a compressed file depends on besides its source */
	struct place *places;
	size_t n_places;
	pthread_t threads[WORKERS_MAX];
	unsigned int n_threads;
	struct zstd_framer *framer; /* the caller's */

	pthread_mutex_t mutex; /* guards what follows, and each place's result */
	pthread_cond_t is_done;
	pthread_cond_t may_go_on;
	size_t n_begun, n_taken;
	size_t bytes_ahead; /* of source files that have been begun and not been taken */
	bool must_end;
};

/* What a file begins with tells whether it is what its name says; a bad disk may leave zeros. */
static bool is_what_it_is_called(const struct tree_entry *entry, const void *data, size_t size)
{
	static const struct {
		const char *suffix, *magic;
		size_t size;
	} kinds[] = {
		{ ".ko",
		  "\x7f"
		  "ELF",
		  4 },
		{ ".ko.zst", "\x28\xb5\x2f\xfd", 4 },
		{ ".ko.xz",
		  "\xfd"
		  "7zXZ",
		  5 },
		{ ".ko.gz", "\x1f\x8b", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_has_suffix(entry->source, kinds[i].suffix))
			return size >= kinds[i].size &&
			       memcmp(data, kinds[i].magic, kinds[i].size) == 0;
	return true;
}

/* The whole file. One that shrinks meanwhile is an error, as half a file would be in the image. */
static int read_file(const struct tree_entry *entry, int fd, size_t size, void **ret_data)
{
	_cleanup_free_ char *data = malloc(size + 1);
	ssize_t n = data ? file_read_fd(fd, data, size) : -ENOMEM;

	if (n < 0)
		return (int)n;
	if ((size_t)n < size)
		return -EIO;
	if (!is_what_it_is_called(entry, data, size))
		return -EBADMSG;
	*ret_data = TAKE_PTR(data);
	return 0;
}

static int compress(struct packer *packer, struct zstd_framer *framer, const struct stat *st,
		    struct place *place)
{
	_cleanup_free_ void *data = NULL;
	const void *frame;
	size_t size;
	int r;

	data = TAKE_PTR(place->owned);
	r = zstd_framer_compress(framer, data, place->packed.size, &frame, &size);
	if (r < 0)
		return r;
	place->owned = malloc(size);
	if (!place->owned)
		return -ENOMEM;
	memcpy(place->owned, frame, size);
	place->packed.size = size;
	place->packed.checksum = checksum_of(frame, size);
	cache_put(packer->options.cache, st, packer->made_by, frame, size, place->packed.checksum);
	return 0;
}

static int pack_file(struct packer *packer, struct zstd_framer *framer, struct place *place)
{
	const struct tree_entry *entry = place->entry;
	struct packed *packed = &place->packed;
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (entry->is_to_be_compressed) {
		r = cache_get(packer->options.cache, &entry->host, packer->made_by, &place->owned,
			      &packed->size, &packed->checksum);
		if (r != 0)
			return MIN(r, 0);
	}
	fd = open(entry->source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	packed->size = (size_t)st.st_size;
	r = read_file(entry, fd, packed->size, &place->owned);
	if (r < 0)
		return r;
	if (entry->is_to_be_compressed)
		return compress(packer, framer, &st, place);
	packed->checksum = checksum_of(place->owned, packed->size);
	return 0;
}

static int pack(struct packer *packer, struct zstd_framer *framer, struct place *place)
{
	const struct tree_entry *entry = place->entry;
	struct packed *packed = &place->packed;
	int r = 0;

	switch (entry->kind) {
	case TREE_FILE:
		r = pack_file(packer, framer, place);
		packed->data = place->owned;
		return r;
	case TREE_DATA:
		packed->size = entry->size;
		break;
	case TREE_SYMLINK:
		packed->size = strlen(entry->source);
		break;
	case TREE_DIRECTORY:
	case TREE_NODE:
		break;
	}
	packed->data = entry->source;
	packed->checksum = checksum_of(packed->data, packed->size);
	return 0;
}

/*
 * The next place to fill, or NULL if there is none left or, now, no room. As the functions below,
 * called with the mutex held.
 */
static struct place *begin_place(struct packer *packer)
{
	struct place *place = &packer->places[packer->n_begun];
	bool is_next_wanted = packer->n_begun == packer->n_taken;

	if (packer->n_begun == packer->n_places ||
	    (!is_next_wanted && packer->bytes_ahead + place->entry->size > BYTES_AHEAD_MAX))
		return NULL;
	packer->n_begun++;
	packer->bytes_ahead += place->entry->size;
	return place;
}

static void fill_place(struct packer *packer, struct zstd_framer *framer, struct place *place)
{
	int r;

	(void)pthread_mutex_unlock(&packer->mutex);
	r = framer ? pack(packer, framer, place) : -ENOMEM;
	(void)pthread_mutex_lock(&packer->mutex);
	place->result = r;
	(void)pthread_cond_signal(&packer->is_done);
}

static void *work(void *userdata)
{
	struct packer *packer = userdata;
	struct zstd_framer *framer = NULL;

	(void)zstd_framer_new(packer->options.level, &framer);
	(void)pthread_mutex_lock(&packer->mutex);
	while (!packer->must_end && packer->n_begun < packer->n_places) {
		struct place *place = begin_place(packer);

		if (place)
			fill_place(packer, framer, place);
		else
			(void)pthread_cond_wait(&packer->may_go_on, &packer->mutex);
	}
	(void)pthread_mutex_unlock(&packer->mutex);
	zstd_framer_free(framer);
	return NULL;
}

/* Until the place is filled. */
static void work_for(struct packer *packer, const struct place *wanted)
{
	while (wanted->result > 0) {
		struct place *place = begin_place(packer);

		if (place)
			fill_place(packer, packer->framer, place);
		else
			(void)pthread_cond_wait(&packer->is_done, &packer->mutex);
	}
}

int packer_new(const struct vec *entries, const struct packer_options *options,
	       struct packer **ret_packer)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return -ENOMEM;
	packer->options = *options;
	(void)snprintf(packer->made_by, sizeof(packer->made_by), "zstd-%d-%u", options->level,
		       zstd_framer_version());
	(void)pthread_mutex_init(&packer->mutex, NULL);
	(void)pthread_cond_init(&packer->is_done, NULL);
	(void)pthread_cond_init(&packer->may_go_on, NULL);
	packer->n_places = entries->n_items;
	packer->places = calloc(entries->n_items + 1, sizeof(*packer->places));
	if (!packer->places || zstd_framer_new(options->level, &packer->framer) < 0) {
		packer_free(packer);
		return -ENOMEM;
	}
	for (size_t i = 0; i < entries->n_items; i++)
		packer->places[i] = (struct place){ .entry = entries->items[i], .result = 1 };
	/* The caller is one of the workers, so it is no failure if there is no other. */
	while (packer->n_threads + 1 < MIN(options->workers, WORKERS_MAX)) {
		if (pthread_create(&packer->threads[packer->n_threads], NULL, work, packer) != 0)
			break;
		packer->n_threads++;
	}
	*ret_packer = packer;
	return 0;
}

struct packer *packer_free(struct packer *packer)
{
	if (!packer)
		return NULL;
	(void)pthread_mutex_lock(&packer->mutex);
	packer->must_end = true;
	(void)pthread_cond_broadcast(&packer->may_go_on);
	(void)pthread_mutex_unlock(&packer->mutex);
	for (unsigned int i = 0; i < packer->n_threads; i++)
		(void)pthread_join(packer->threads[i], NULL);
	for (size_t i = 0; packer->places && i < packer->n_places; i++)
		free(packer->places[i].owned);
	free(packer->places);
	zstd_framer_free(packer->framer);
	(void)pthread_cond_destroy(&packer->may_go_on);
	(void)pthread_cond_destroy(&packer->is_done);
	(void)pthread_mutex_destroy(&packer->mutex);
	free(packer);
	return NULL;
}

/* Here and not by the workers: so it is one message, about the first in order, whoever was faster.
 */
static int log_failure(const struct tree_entry *entry, int error)
{
	if (error == -ENOMEM)
		return error;
	if (error != -EBADMSG)
		return log_err_errno(error, "cannot read %s (%s), giving up", entry->source,
				     entry->why);
	log_err("%s does not begin as a kernel module does, so it is damaged; install the kernel's "
		"package again",
		entry->source);
	return error;
}

int packer_next(struct packer *packer, struct packed *ret_packed)
{
	struct place *place = &packer->places[packer->n_taken];
	int r;

	(void)pthread_mutex_lock(&packer->mutex);
	if (packer->n_taken > 0) {
		struct place *last = place - 1;

		free(TAKE_PTR(last->owned));
		packer->bytes_ahead -= last->entry->size;
		(void)pthread_cond_broadcast(&packer->may_go_on);
	}
	work_for(packer, place);
	packer->n_taken++;
	r = place->result;
	(void)pthread_mutex_unlock(&packer->mutex);
	if (r < 0)
		return log_failure(place->entry, r);
	*ret_packed = place->packed;
	return 0;
}
