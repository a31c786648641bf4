/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/macro.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "image/host/host.h"
#include "image/reader/contents.h"
#include "image/tree/sysroot.h"

/* Modules of the image that are loaded on the way to the root. */
struct verification_driver {
	struct vec modules; /* char *: names; any of them will do */
	struct vec needs;   /* char *: these, and all that they depend on */
	char *why;
};

/*
 * Whether an image can bring a machine to its root, told from what is in the image itself and not
 * from what the generator meant to put there; so images of other tools can be judged as well.
 */
struct verification {
	const struct sysroot *sysroot;   /* of the machine that it is for */
	const struct host *host;         /* what that machine needs */
	const struct contents *contents; /* of the image, with the data of verify_wants_data() */
	char *kver;                      /* of the kernel whose modules are judged, or NULL */
	char *modules_dir; /* all modules of that kernel, or NULL if they are not here */

	struct vec drivers; /* struct verification_driver *, of what is essential */

	/* What is to be said, char *, one sentence each. */
	struct vec complaints; /* what is missing, and why it is needed */
	struct vec doubts;     /* what is needed and could not be judged */
	struct vec warnings;   /* what will be otherwise than somebody expects, though it boots */
	struct vec notes;      /* what does not matter to whoever does not ask */

	/* What was looked at and is there. */
	char *root; /* as the command line names it, or NULL */
	size_t n_modules, n_programs, n_volumes;
};

enum verdict {
	VERDICT_PROVEN,
	VERDICT_UNPROVEN, /* nothing is known to be missing, but not all could be judged */
	VERDICT_REFUTED,
};

/* What contents_load() is to keep for it. */
bool verify_wants_data(const char *path);

/*
 * Judges the image. @kver and @modules_dir may be NULL: then the kernel is the one that the image
 * has modules of, and its modules are looked for in the sysroot's /lib/modules. All arguments
 * outlive the result. 0, -ENOMEM, or a negative errno, logged, if that cannot be done: -ESTALE if
 * @modules_dir does not have the modules of that kernel. In any case the caller ends with
 * verification_done(). Blocks on the disk.
 */
int verify_image(const struct contents *contents, const struct host *host,
		 const struct sysroot *sysroot, const char *modules_dir, const char *kver,
		 struct verification *ret_verification);
void verification_done(struct verification *verification);

enum verdict verification_get_verdict(const struct verification *verification);

/* Logs all sentences, the notes by @note_level. */
void verification_tell(const struct verification *verification, int note_level);

/* Appends what was proven, the end of a sentence that begins with what the image is called. */
void verification_describe(const struct verification *verification, struct strbuf *buf);

/* For the parts below, which add sentences, each once. 0 or -ENOMEM. */
int verification_complain(struct verification *verification, const char *format, ...)
	_printf_(2, 3);
int verification_doubt(struct verification *verification, const char *format, ...) _printf_(2, 3);
int verification_warn(struct verification *verification, const char *format, ...) _printf_(2, 3);
int verification_note(struct verification *verification, const char *format, ...) _printf_(2, 3);

/* Whether the image's /init is Kindling's; those of other tools go ways of their own. */
bool verification_knows_init(const struct verification *verification);

/* /init, the unlock helper if the root is encrypted, and all that their loader will look for. */
int verify_programs(struct verification *verification);

/* Every driver of ->kver and what it depends on, and the indexes by which they are found. */
int verify_modules(struct verification *verification);

/* For vec_done(). */
void verification_driver_free(void *driver);

/* What the image's crypttab and the command line name, and whether that leads to the root. */
int verify_configuration(struct verification *verification);
