/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header on the disk is read once, into memory, and checked there; libcryptsetup gets that copy
 * as a detached header, so a disk that answers differently the second time gains nothing. What
 * libcryptsetup makes of it, from the sources of 2.6.1 and 2.7.5:
 *
 * - crypt_init_data_device() keeps two devices. Headers and key material are read from the first
 *   (crypt_metadata_device()), which may be a regular file: device_ready() leaves it be with
 *   -ENOTBLK, and a loop device is attached only by device_block_adjust(), which is for what a
 *   mapping needs. That is called for the first device by nothing but the old way of LUKS1 to
 *   decrypt a keyslot with dm-crypt, when neither its crypto library nor AF_ALG can.
 * - The mapping is made on the second (crypt_data_device()): LUKS1_activate() and LUKS2_activate()
 *   pass it to dm_crypt_target_set() with the offset that the header says, payload-offset or
 *   segments.0.offset, whether the header is detached or not.
 * - With integrity, dm-integrity's own superblock is read from the second as well
 *   (INTEGRITY_metadata_device() for LUKS2), at that same offset.
 * - It does not compare where the data begin with where the header ends, as it does for a header on
 *   the device of the data (_check_header_data_overlap()); our check does.
 * - The lock of a regular file is flock() on itself (DEV_LOCK_FILE): /run/cryptsetup is not needed.
 * - Of LUKS2's two copies one may be absent. It is written anew, into our copy.
 * - What it writes, it writes to the first device. So removing a keyslot from there removes it for
 *   this boot only. And so re-encryption that is under way must be given the device itself: what is
 *   written to the data while it recovers has to be noted in the header that the next boot reads.
 *   That is the one header that is read again, by libcryptsetup; the image must allow it.
 */
#include "unlock/volume-header.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "unlock/channel.h"
#include "unlock/complaint.h"
#include "unlock/header-check.h"
#include "unlock/header-copy.h"

/* What else grows while a key is derived. */
#define MEMORY_RESERVE_KIB (16U << 10)

/* What was read of a header, and what is thought of it. */
struct opening {
	const struct volume_header *header;
	int fd; /* where it was read from */
	uint8_t *bytes;
	size_t size;
	struct header_verdict verdict;
};

static int refuse(const char *reason)
{
	char text[sizeof(((struct unlock_message *)0)->text)];

	(void)snprintf(text, sizeof(text), "its LUKS header is refused: %s", reason);
	return channel_send(UNLOCK_RESULT, -EBADMSG, text);
}

static void tell_what_is_left_out(const struct header_verdict *verdict)
{
	char text[sizeof(((struct unlock_message *)0)->text)];

	if (verdict->copy_used == HEADER_COPY_FIRST)
		(void)channel_send(UNLOCK_REMARK, 0,
				   "the second copy of its LUKS header is damaged or outdated, "
				   "using the first");
	if (verdict->copy_used == HEADER_COPY_SECOND)
		(void)channel_send(UNLOCK_REMARK, 0,
				   "the first copy of its LUKS header is damaged or outdated, "
				   "using the second");
	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++) {
		if (!verdict->keyslots[i].is_active || !verdict->keyslots[i].is_left_out)
			continue;
		(void)snprintf(text, sizeof(text), "its keyslot %zu will not be tried: %s", i,
			       verdict->keyslots[i].reason);
		(void)channel_send(UNLOCK_REMARK, 0, text);
	}
}

static int check(struct opening *opening, const struct luks_limits *limits, uint64_t device_bytes)
{
	const struct volume_header *header = opening->header;
	const struct header_verdict *verdict = &opening->verdict;
	uint64_t available_kib = memory_available_kib();
	const struct header_context context = {
		.limits = *limits,
		.available_kib = available_kib - MIN(available_kib, MEMORY_RESERVE_KIB),
		.device_size_bytes = device_bytes,
		.is_detached = header->data_path != NULL,
	};
	int r = header_check(opening->bytes, opening->size, &context, &opening->verdict);

	if (r == -EBADMSG)
		return refuse(verdict->text);
	if (r < 0)
		return channel_send_failure(r, "its LUKS header cannot be checked");
	if (header->key_slot >= 0 && header->key_slot < HEADER_KEYSLOTS_MAX &&
	    verdict->keyslots[header->key_slot].is_left_out)
		return refuse(verdict->keyslots[header->key_slot].reason);
	tell_what_is_left_out(verdict);
	return 0;
}

/* A keyslot that costs too much must not be tried, whatever asks for that: it is not there. */
static int remove_keyslots(struct crypt_device *device, const struct header_verdict *verdict)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < HEADER_KEYSLOTS_MAX; i++)
		if (verdict->keyslots[i].is_active && verdict->keyslots[i].is_left_out)
			r = crypt_keyslot_destroy(device, i);
	return r;
}

static int load(struct crypt_device *device)
{
	complaint_listen(device);
	return crypt_load(device, CRYPT_LUKS, NULL);
}

/* The copy lives as long as its descriptor: as the helper. */
static int load_copy(const struct opening *opening, struct crypt_device **ret_device)
{
	const struct volume_header *header = opening->header;
	struct crypt_device *device;
	char path[64];
	int r;

	r = header_copy_make(opening->fd, opening->bytes, opening->size, &opening->verdict);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", r);
	r = crypt_init_data_device(&device, path,
				   header->data_path ? header->data_path : header->path);
	if (r < 0)
		return r;
	r = load(device);
	if (r >= 0)
		r = remove_keyslots(device, &opening->verdict);
	if (r < 0) {
		crypt_free(device);
		return r;
	}
	*ret_device = device;
	return 0;
}

static int load_device(const struct opening *opening, struct crypt_device **ret_device)
{
	const struct volume_header *header = opening->header;
	struct crypt_device *device;
	int r = crypt_init_data_device(&device, header->path, header->data_path);

	if (r < 0)
		return r;
	r = load(device);
	if (r < 0) {
		crypt_free(device);
		return r;
	}
	*ret_device = device;
	return 0;
}

static int open_header(struct opening *opening, const struct luks_limits *limits,
		       struct crypt_device **ret_device)
{
	uint64_t device_bytes;
	int r;

	opening->fd = open(opening->header->path, O_RDONLY | O_CLOEXEC);
	if (opening->fd < 0)
		return channel_send_failure(-errno, "%s cannot be opened", opening->header->path);
	r = header_read_metadata(opening->fd, &opening->bytes, &opening->size, &device_bytes);
	if (r < 0)
		return channel_send_failure(r, "its LUKS header cannot be read");
	r = check(opening, limits, device_bytes);
	if (r < 0)
		return r;
	r = opening->verdict.is_reencrypting ? load_device(opening, ret_device)
					     : load_copy(opening, ret_device);
	return r < 0 ? channel_send_failure(r, "its LUKS header cannot be used") : 0;
}

int volume_header_open(const struct volume_header *header, const struct luks_limits *limits,
		       struct crypt_device **ret_device, uint64_t *ret_memory_kib)
{
	struct opening opening = { .header = header, .fd = -1 };
	int r = open_header(&opening, limits, ret_device);

	*ret_memory_kib = opening.verdict.memory_kib;
	opening.fd = safe_close(opening.fd);
	free(opening.bytes);
	return r;
}
