/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "base/vec.h"
#include "image/host/host.h"
#include "image/reader/contents.h"
#include "image/tree/sysroot.h"

/*
 * Whether an image can bring a machine to its root, told from what is in the image itself and not
 * from what the generator meant to put there; so images of other tools can be judged as well.
 */
struct verification {
	const struct sysroot *sysroot;   /* of the machine that it is for */
	const struct host *host;         /* what that machine needs */
	const struct contents *contents; /* of the image, with the data of verify_wants_data() */
	char *kver;                      /* of the kernel whose modules are judged, or NULL */
	char *modules_dir;     /* all modules of that kernel, or NULL if they are not here */
	struct vec complaints; /* char *: what is missing and why it is needed, one sentence each */
	struct vec notes;      /* char *: what could not be judged */
};

/* What contents_load() is to keep for it. */
bool verify_wants_data(const char *path);

/*
 * Fills in the complaints; none means that the image will do. @kver and @modules_dir may be NULL:
 * then the kernel is the one that the image has modules of, and its modules are looked for in the
 * sysroot's /lib/modules. All arguments outlive the result. 0, -ENOMEM, or a negative errno,
 * logged, if that cannot be done; in any case the caller ends with verification_done(). Blocks on
 * the disk.
 */
int verify_image(const struct contents *contents, const struct host *host,
		 const struct sysroot *sysroot, const char *modules_dir, const char *kver,
		 struct verification *ret_verification);
void verification_done(struct verification *verification);

/* For the parts below, which add sentences, each once. 0 or -ENOMEM. */
int verification_complain(struct verification *verification, const char *format, ...)
	_printf_(2, 3);
int verification_note(struct verification *verification, const char *format, ...) _printf_(2, 3);

/* /init, the unlock helper if the root is encrypted, and all that their loader will look for. */
int verify_programs(struct verification *verification);

/* Every driver of ->kver and what it depends on, and the indexes by which they are found. */
int verify_modules(struct verification *verification);

/* The devices that the image's crypttab and the command line name. */
int verify_configuration(struct verification *verification);
