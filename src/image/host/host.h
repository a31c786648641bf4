/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "image/tree/sysroot.h"

/*
 * What one machine needs to reach its root, as facts about its devices and configuration; which
 * modules of a kernel that makes is for others to say.
 */
enum host_need_kind {
	HOST_NEED_ALIAS,  /* what a kernel would ask for: the modalias of a device, "md-raid1" */
	HOST_NEED_MODULE, /* the module of a driver, or the name of one without a module */
	HOST_NEED_FILESYSTEM, /* a type: "ext4" */
	HOST_NEED_CIPHER,    /* as dm-crypt has it, "aes-xts-plain64", or a single part: "sha256" */
	HOST_NEED_DM_TARGET, /* "crypt", "linear" */
};

struct host_need {
	enum host_need_kind kind;
	char *name;
	char *why;    /* a phrase whose last word is no absolute path, as tree_add_file() has it */
	char *device; /* its absolute path in /sys, or NULL; needs of one device back each other */
	bool is_essential; /* without it root, or what the user named, cannot be reached */
};

/* What a device may be that lies between a place and the hardware. */
enum host_layer_kind {
	HOST_LAYER_PARTITION,
	HOST_LAYER_LUKS,
	HOST_LAYER_CRYPT, /* encrypted, without such a header */
	HOST_LAYER_LVM,
	HOST_LAYER_MULTIPATH,
	HOST_LAYER_MAPPING, /* others of device-mapper */
	HOST_LAYER_MD,
	HOST_LAYER_BCACHE,
	HOST_LAYER_LOOP,
	HOST_LAYER_SEVERAL, /* a file system that needs more devices than this one */
	HOST_LAYER_ZFS,     /* a data set */
	HOST_LAYER_NETWORK, /* a disk or a file system on another machine */
};

struct host_layer {
	enum host_layer_kind kind;
	char *goal; /* a noun: "/", "the swap area to resume from" */
	char *name; /* "vg-root", "md0", "server:/root" */
	char *path; /* of the device, below /sys; or NULL */
	bool is_essential;
};

/* An encrypted volume that is open. */
struct host_volume {
	char *name;   /* of the mapping */
	char *uuid;   /* of its LUKS header, or NULL */
	char *device; /* that it is on: a path below /sys, or NULL */
	char *goal;   /* what is on it, as in struct host_layer */
	bool is_essential;
	bool is_for_resume; /* ->resume leads to it, so that the image is to open it */
};

struct host {
	struct vec needs;    /* struct host_need *, as they were found */
	struct vec layers;   /* struct host_layer * */
	struct vec volumes;  /* struct host_volume * */
	struct vec crypttab; /* char *: lines of crypttab for what is to be opened, as they are */
	char *resume; /* words for /init, "resume=UUID=…", if the command line has none; or NULL */
	struct vec gaps; /* char *: what root needs and could not be found out, one sentence each */
	struct vec notes;    /* char *: the same of what is not essential */
	struct vec warnings; /* char *: what will be otherwise than somebody expects, the same */
	bool has_sysfs;
	bool has_tpm;
	struct strmap needs_by_name; /* to find what is in @needs already */
};

#define _cleanup_host_ __attribute__((cleanup(host_done)))

/*
 * Reads sysfs, proc, files of configuration and the links and database of udev of @sysroot. No
 * device is opened, no program run, and the list of loaded modules does not matter. What is missing
 * or broken becomes a note. 0 or -ENOMEM; in both cases the caller ends with host_done().
 */
int host_read(const struct sysroot *sysroot, struct host *ret_host);

void host_done(struct host *host);
