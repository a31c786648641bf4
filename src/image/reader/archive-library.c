/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/reader/archive-library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define SONAME "libarchive.so.13"

static struct archive_library library;
static bool is_loaded;

static void load(void)
{
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	is_loaded = handle != NULL;
#define LOOK_UP(name)                                                        \
	library.name = handle ? (typeof(name) *)dlsym(handle, #name) : NULL; \
	is_loaded = is_loaded && library.name;
	ARCHIVE_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
}

const struct archive_library *archive_library_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	if (is_loaded)
		return &library;
	log_err("compressed images are read with " SONAME ", which cannot be loaded; install it");
	return NULL;
}
