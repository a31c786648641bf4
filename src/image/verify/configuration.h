/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "config/cmdline.h"
#include "image/host/host-boot-line.h"
#include "image/host/host-reader.h"
#include "image/verify/verify.h"

struct crypt_volume;

/* What /init will be told, by the image and by the boot loader, as it understands it. */
struct configuration {
	struct verification *verification;
	struct host_reader *reader;
	struct host_boot_line line; /* what is missing there, may be told all the same if unknown */
	struct boot_config boot;
	struct vec volumes;   /* struct crypt_volume *: of command line and crypttab together */
	const char *crypttab; /* the path of the image's, or NULL */
	bool is_root_here;    /* root= is what / is on now; known after verify_contents() */
};

#define CONFIGURATION_SPECS_MAX 4

/*
 * Reads it; what its parsers complain of becomes a warning. 0 or -ENOMEM; in both cases the caller
 * ends with configuration_done().
 */
int configuration_read(struct verification *verification, struct host_reader *reader,
		       struct configuration *ret_configuration);
void configuration_done(struct configuration *configuration);

/* The text of a file of the image, for the caller to free. 1, 0 if it is none, or -ENOMEM. */
int configuration_read_file(const struct contents *contents, const char *path, char **ret_text);

/* A device that boot waits for, and the word that says so. */
struct configuration_spec {
	const char *key; /* "root" */
	const struct device_spec *device;
};

/* Those that are named, in @ret_specs; how many. */
size_t configuration_list_specs(const struct configuration *configuration,
				struct configuration_spec ret_specs[CONFIGURATION_SPECS_MAX]);

/* Whether /init opens that volume, one of ->volumes. */
bool configuration_opens(const struct configuration *configuration,
			 const struct crypt_volume *volume);

/* Whether @spec names the device that the open volume is on. 1, 0, or -ENOMEM. */
int configuration_names_volume(const struct configuration *configuration,
			       const struct device_spec *spec, const struct host_volume *open);

/* Parts of verify_configuration(). 0 or -ENOMEM. */
int verify_contents(struct configuration *configuration);
int verify_words(struct configuration *configuration);
int verify_volumes(struct configuration *configuration);
int verify_root(struct configuration *configuration);
int verify_forbidden(struct configuration *configuration);
