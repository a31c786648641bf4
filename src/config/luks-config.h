/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/device-spec.h"
#include "config/key-source.h"

struct crypt_volume;
struct crypttab;

/* What the command line says of one encrypted volume. */
struct luks_request {
	struct device_spec device; /* that carries its header; UUID= is that of the header */
	bool is_named;             /* it is to be opened, not only described */
	bool is_whole; /* of a dialect without a crypttab: replaces a line for the same volume */
	char *name;    /* NULL if not given */
	char *options; /* as in crypttab; NULL if not given */
	struct key_source key, header;
	struct device_spec data; /* if the header is detached */
	bool discard;
};

/* What genkernel's crypt_root= and its like say, for finish to put together. */
struct luks_genkernel {
	char *device, *key, *key_device, *key_fstype;
	bool trim;
};

/* All that the command line says of encrypted volumes. */
struct luks_config {
	bool enabled, crypttab_enabled;
	bool is_allow_list;  /* of crypttab only what is named */
	struct vec requests; /* of struct luks_request */

	/* For volumes that have nothing of their own. */
	char *options;
	struct key_source key;
	bool discard;
	uint64_t timeout_usec, key_timeout_usec; /* 0 if not given, USEC_INFINITY for ever */

	/* What is only understood together, until luks_config_finish(). */
	char *cryptdevice, *cryptkey, *crypto;
	struct luks_genkernel root, swap;
};

/*
 * One function a key of the command line: @value is its value. What makes no sense becomes a
 * sentence in @warnings and changes nothing. 0 or -ENOMEM.
 */
int luks_config_add_uuid(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_name(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_options(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_key(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_data(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_header(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_partuuid(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_serial(struct luks_config *luks, const char *value, struct vec *warnings);
int luks_config_add_cryptopts(struct luks_config *luks, const char *value, struct vec *warnings);

/* @value is NULL for all volumes. */
int luks_config_add_discard(struct luks_config *luks, const char *value, struct vec *warnings);

/* Puts together what mkinitcpio and genkernel distribute over several keys. 0 or -ENOMEM. */
int luks_config_finish(struct luks_config *luks, struct vec *warnings);

/* The request for @device, made if there is none; NULL if there is no memory. */
struct luks_request *luks_config_get_request(struct luks_config *luks,
					     const struct device_spec *device);

/*
 * Which volumes are to be opened, in @ret_volumes, a vec of struct crypt_volume: those of
 * @crypttab, which is left without them, and then those of the command line. The rules are
 * systemd's: once a UUID is named, lines of crypttab for others are dropped; a line for one that is
 * named keeps its name, device and key, but options for its UUID replace those of the line; bare
 * options and keys are for what has no line. A line is for a UUID if its device or its name,
 * "luks-UUID", says so. Volumes that are made anew at each start are dropped as well; noauto is
 * left for the caller to obey, but a volume that is named has it no more. 0 or -ENOMEM; in both
 * cases @ret_volumes is the caller's to free, with crypt_volume_free().
 */
int luks_config_merge(const struct luks_config *luks, struct crypttab *crypttab,
		      struct vec *ret_volumes, struct vec *warnings);

/*
 * A volume that nobody named but the root turned out to be on: as @name, on @device, a UUID, with
 * what is said for that, or the bare options and key. 0 or -ENOMEM.
 */
int luks_config_make_volume(const struct luks_config *luks, const struct device_spec *device,
			    const char *name, struct crypt_volume **ret_volume,
			    struct vec *warnings);

void luks_config_done(struct luks_config *luks);
