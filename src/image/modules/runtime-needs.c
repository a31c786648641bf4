/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no table of depmod(8) tells: a module that asks for another by request_module(), by
 * crypto_alloc_*(), which asks for "crypto-NAME", or by a device that it makes and that needs a
 * driver of its own. All of these fail in an image that lacks the other, and only then.
 *
 * The rows name functions of the kernel, so that it can be looked up whether they still hold. One
 * that does not any more, in some kernel, costs at most a module that is not used: nothing here
 * depends on a version.
 */
#include "image/modules/runtime-needs.h"

#include <stdlib.h>

#include "base/macro.h"
#include "base/str.h"
#include "image/modules/optional-modules.h"

struct need {
	const char *module;  /* with underscores */
	const char *aliases; /* modules or aliases, with spaces between */
};

static const struct need needs[] = {
	/*
	 * crypt_ctr(): what LUKS headers name unless they are told otherwise, now (xts-plain64),
	 * before 2013 (cbc-essiv:sha256), and for slow processors (adiantum). Where drivers do a
	 * whole mode in one, as on ARM, that has an alias of its own.
	 */
	{ "dm_crypt", "crypto-xts(aes) crypto-xts crypto-aes crypto-ecb(aes) crypto-ecb" },
	{ "dm_crypt", "crypto-cbc(aes) crypto-cbc crypto-essiv crypto-sha256" },
	{ "dm_crypt", "crypto-essiv(cbc(aes),sha256)" },
	{ "dm_crypt", "crypto-adiantum crypto-xchacha12 crypto-xchacha20 crypto-nhpoly1305" },
	/* __sock_create() and alg_bind(): libcryptsetup decrypts keyslots through AF_ALG. */
	{ "dm_crypt", "net-pf-38 algif-skcipher algif-hash" },
	/* crypt_ctr_cipher_new() with "integrity:": the key is that of an AEAD. */
	{ "dm_integrity", "crypto-authenc crypto-hmac crypto-hmac(sha256) crypto-sha256" },
	{ "dm_integrity", "crypto-crc32c" },
	{ "dm_verity", "crypto-sha256" },
	/* get_path_selector(), dm_cache_policy_create(), rs_ctr() by md_run(). */
	{ "dm_multipath", "dm-round-robin dm-service-time dm-queue-length" },
	{ "dm_multipath", "scsi_dh_alua scsi_dh_rdac scsi_dh_emc" },
	{ "dm_cache", "dm-cache-default" },
	{ "dm_raid", "md-level-0 md-level-1 md-level-10 md-level-5" },

	/* Templates ask for what they are made with: xts_create(), lrw_create() and so on. */
	{ "xts", "crypto-ecb" },
	{ "lrw", "crypto-ecb" },
	{ "adiantum", "crypto-aes crypto-xchacha12 crypto-xchacha20 crypto-nhpoly1305" },
	{ "ccm", "crypto-ctr crypto-cbcmac" },
	{ "gcm", "crypto-ctr crypto-ghash" },
	{ "drbg", "crypto-hmac crypto-sha512 crypto-sha256 jitterentropy_rng" },
	/* Libraries that find their implementation by its name. */
	{ "libcrc32c", "crypto-crc32c" },
	{ "crc_t10dif", "crypto-crct10dif" },
	{ "crc64_rocksoft", "crypto-crc64-rocksoft" },

	/* ext4_fill_super(), jbd2: checksums of metadata until 6.13; and what f2fs has had. */
	{ "ext4", "crypto-crc32c" },
	{ "jbd2", "crypto-crc32c" },
	{ "xfs", "crypto-crc32c" },
	{ "f2fs", "crypto-crc32 crypto-crc32c" },
	/* btrfs_init_csum_hash(): any of these may have been chosen by mkfs. */
	{ "btrfs", "crypto-crc32c crypto-xxhash64 crypto-sha256 crypto-blake2b-256" },
	{ "bcachefs", "crypto-crc32c crypto-chacha20 crypto-poly1305 crypto-sha256" },
	/* compr_init(): a file may have been compressed by any of these. */
	{ "ubifs", "crypto-deflate crypto-lzo crypto-zstd" },
	/* find_quota_format(), utf8_load(). */
	{ "ext4", "quota_v2 utf8data" },
	{ "f2fs", "quota_v2 utf8data" },
	/* load_nls(): FAT's defaults, and those that distributions have configured instead. */
	{ "fat", "nls_cp437 nls_ascii nls_iso8859-1 nls_utf8" },
	{ "vfat", "nls_cp437 nls_ascii nls_iso8859-1 nls_utf8" },
	{ "isofs", "nls_utf8 nls_iso8859-1" },
	{ "udf", "nls_utf8" },
	{ "exfat", "nls_utf8" },
	/* v9fs_get_trans_by_name(): virtual machines; before 5.17 nothing was asked for. */
	{ "9p", "9p-virtio 9pnet_virtio" },

	/* Buses whose devices have drivers of their own. */
	{ "scsi_mod", "sd_mod" },
	{ "libata", "sd_mod" },
	{ "usb_storage", "sd_mod" },
	{ "mmc_core", "mmc_block" },
	{ "hid", "hid_generic" },
	{ "usbhid", "hid_generic" },
	{ "i8042", "atkbd psmouse" },
	{ "atkbd", "i8042" },
	{ "virtio", "virtio_pci virtio_mmio" },
	/* Intel's firmware may be set to hide an NVMe disk, or half of a machine, behind it. */
	{ "nvme", "vmd" },
	/* uas_use_uas_driver(): what can do both is left to uas, even if that is not there. */
	{ "usb_storage", "uas" },
	/* From 6.12 a driver of its own, without which xhci_pci leaves the controller alone. */
	{ "xhci_pci", "xhci_pci_renesas" },
	/* One chip may be on any of them, as firmware and processor go. */
	{ "tpm", "tpm_crb tpm_tis tpm_tis_spi tpm_tis_i2c" },
	/* get_derived_key() and encrypted_init(); trusted keys are sealed by the TPM. */
	{ "encrypted_keys", "crypto-cbc(aes) crypto-cbc crypto-aes crypto-hmac crypto-sha256" },
	{ "encrypted_keys", "trusted" },
	{ "trusted", "tpm crypto-hmac crypto-sha1 asn1_encoder" },
};

/* load_compressed_image() of a hibernated system, which is built in and may have used either. */
static const char hibernation[] = "crypto-lzo crypto-lz4";

static int add_needs(struct kmod_closure *closure, const char *module)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(needs); i++)
		if (str_equal(needs[i].module, module))
			r = optional_modules_add_all(closure, needs[i].aliases,
						     "asked for at run time by", module);
	return r;
}

/*
 * Adds to @ret_names the modules of the closure that are not in @seen, and puts them there. They
 * are copies, as what kmod_closure_list() gives does not outlive the next addition.
 */
static int list_new(const struct kmod_closure *closure, struct strmap *seen, struct vec *ret_names)
{
	const struct kmod_closure_module *module;
	struct vec modules = { 0 };
	int r;

	r = kmod_closure_list(closure, &modules);
	vec_for_each(module, &modules) {
		if (r < 0)
			break;
		if (strmap_get(seen, module->name))
			continue;
		r = vec_push_copy(ret_names, module->name);
		if (r >= 0)
			r = strmap_set(seen, module->name, seen);
	}
	vec_done(&modules, NULL);
	return r;
}

/* One round over what is new since the last; 1 if there was any, 0 if not, a negative errno. */
static int add_round(struct kmod_closure *closure, struct strmap *seen)
{
	struct vec names = { 0 };
	const char *name;
	int r;

	r = list_new(closure, seen, &names);
	vec_for_each(name, &names) {
		if (r < 0)
			break;
		r = add_needs(closure, name);
	}
	if (r >= 0)
		r = names.n_items > 0;
	vec_done(&names, free);
	return r;
}

int runtime_needs_add(struct kmod_closure *closure)
{
	struct strmap seen = { 0 };
	int r;

	r = optional_modules_add_all(closure, hibernation, "reads the image of a hibernated system",
				     NULL);
	if (r >= 0)
		do
			r = add_round(closure, &seen);
		while (r > 0);
	strmap_done(&seen, NULL);
	return r;
}
