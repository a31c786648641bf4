/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/key-source.h"

enum crypt_type {
	CRYPT_TYPE_LUKS,
	CRYPT_TYPE_PLAIN,
	CRYPT_TYPE_TCRYPT,
	CRYPT_TYPE_BITLK,
	CRYPT_TYPE_FVAULT2,
};

/* What shows of a passphrase while it is typed. */
enum crypt_echo {
	CRYPT_ECHO_ON_TAB, /* as if masked, once Tab is pressed */
	CRYPT_ECHO_MASKED, /* a star for each character */
	CRYPT_ECHO_NO,
	CRYPT_ECHO_YES,
};

enum crypt_cache {
	CRYPT_CACHE_YES,
	CRYPT_CACHE_NO,
	CRYPT_CACHE_READ_ONLY,
};

/* For what the volume's token says if nobody else does. */
enum crypt_choice {
	CRYPT_CHOICE_OF_TOKEN,
	CRYPT_CHOICE_NO,
	CRYPT_CHOICE_YES,
};

#define CRYPT_KEY_SLOT_ANY       -1
#define CRYPT_MEASURE_PCR_NONE   -1
#define CRYPT_MEASURE_PCR_COMMON 15 /* of tpm2-measure-pcr=yes */

/*
 * The options of crypttab(5), systemd's and Debian's. A string that was not given is NULL, a time
 * or a number that was not given 0 unless it says otherwise, and a time without an end, which users
 * write as 0, USEC_INFINITY.
 */
struct crypt_options {
	enum crypt_type type;
	struct key_source header;
	int key_slot; /* CRYPT_KEY_SLOT_ANY */

	/* What becomes of the volume. */
	bool noauto, nofail, netdev;
	bool attach_in_initrd; /* x-initrd.attach, Debian's initramfs, dracut's force */
	bool is_scratch;       /* swap or tmp: made anew at each start, not in an initramfs */
	uint64_t device_timeout_usec; /* x-systemd.device-timeout= */

	/* How it is activated. */
	bool discard, readonly;
	bool same_cpu_crypt, submit_from_crypt_cpus, no_read_workqueue, no_write_workqueue;
	char *link_volume_key, *fixate_volume_key;

	/* Only without a LUKS header. */
	char *cipher, *hash;
	uint64_t key_size_bits, offset_sectors, skip_sectors, sector_size_bytes;
	bool tcrypt_hidden, tcrypt_system, tcrypt_veracrypt;
	uint64_t veracrypt_pim;
	struct vec tcrypt_keyfiles; /* of char *, paths */

	/* The passphrase. */
	unsigned int tries;    /* 3 if not given, 0: without end */
	uint64_t timeout_usec; /* of the question */
	bool headless, try_empty_password;
	enum crypt_echo password_echo;
	enum crypt_cache password_cache;

	/* The key file. */
	uint64_t keyfile_offset_bytes, keyfile_size_bytes, keyfile_timeout_usec;
	bool keyfile_erase;
	char *keyscript, *check, *checkargs;

	/* Tokens; a device is "auto" or a path. */
	uint64_t token_timeout_usec;
	char *tpm2_device, *tpm2_pcrs, *tpm2_signature, *tpm2_pcrlock;
	bool tpm2_pin;
	int tpm2_measure_pcr; /* CRYPT_MEASURE_PCR_NONE */
	char *tpm2_measure_bank, *tpm2_measure_keyslot_nvpcr;
	char *fido2_device, *fido2_cid, *fido2_rp;
	enum crypt_choice fido2_pin, fido2_up, fido2_uv;
	char *pkcs11_uri;
};

/*
 * Parses a comma-separated list, in which "\," is a comma. Options that only the host's init obeys
 * are passed over, unknown and senseless ones become a sentence in @warnings that begins with
 * @where, "line 3 of crypttab", and change nothing. The last of two values wins. 0 or -ENOMEM; in
 * both cases the caller ends with crypt_options_done().
 */
int crypt_options_parse(const char *text, const char *where, struct crypt_options *ret_options,
			struct vec *warnings);

void crypt_options_done(struct crypt_options *options);
