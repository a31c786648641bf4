/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"

struct modalias;

enum module_presence {
	MODULE_PRESENT,  /* its file can be loaded */
	MODULE_BUILT_IN, /* part of the kernel */
	MODULE_LOADED,   /* somebody loaded it already */
	MODULE_ABSENT,   /* the index knows it, the image lacks its file */
	MODULE_DISABLED, /* modprobe.d replaces it by a command, and commands are not run here */
};

/* What the indexes and the configuration say of one module. */
struct module_info {
	enum module_presence presence;
	char *path;               /* NULL unless MODULE_PRESENT or MODULE_ABSENT */
	char *options;            /* of modprobe.d and the command line; "" for none */
	struct vec dependencies;  /* of char *: hard ones, the indirect ones included */
	struct vec softdeps_pre;  /* of char *: to be tried before */
	struct vec softdeps_post; /* of char *: to be tried after */
};

void module_info_done(struct module_info *info);

/*
 * Looks up modules in the running kernel's indexes, nothing more. May read files of the image,
 * never a disk. sysfs and proc must be mounted. 0 or negative errno.
 */
int modalias_new(struct modalias **ret_modalias);
struct modalias *modalias_free(struct modalias *modalias);

/*
 * Appends the names (char *, the caller's to free) of the modules that @alias, which may also be
 * a module's name, stands for; those that are on a blacklist to @ret_forbidden instead. None is not
 * an error. 0 or negative errno.
 */
int modalias_resolve(struct modalias *modalias, const char *alias, struct vec *ret_names,
		     struct vec *ret_forbidden);

/* The same for what somebody asks for by its name: that it is on a blacklist does not count. */
int modalias_resolve_named(struct modalias *modalias, const char *name, struct vec *ret_names);

/* 0 or negative errno; the caller ends with module_info_done(). */
int modalias_describe(struct modalias *modalias, const char *name, struct module_info *ret_info);
