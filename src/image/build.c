/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of work of `kindling build`: which kernel, then everything into one tree (layout, our
 * programs and their libraries, modules with their firmware, configuration, the user's own files),
 * then the tree into a new file, which is read back and verified, and only then takes the place of
 * the old one. Nothing is written before the tree is complete.
 */
#include "image/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/log.h"
#include "image/cache.h"
#include "image/default-image.h"
#include "image/elf-closure.h"
#include "image/extra-files.h"
#include "image/image-format.h"
#include "image/image.h"
#include "image/kernel-config.h"
#include "image/kmod-closure.h"
#include "image/layout.h"
#include "image/locate.h"
#include "image/manifest.h"
#include "image/microcode.h"
#include "image/module-choice.h"
#include "image/programs.h"
#include "image/replacement.h"
#include "image/tree.h"
#include "image/verify.h"

/* What is built, and what it takes. */
struct build {
	const struct build_options *options;
	const struct sysroot *sysroot;
	uint64_t start_usec;
	char *output;
	struct kernel kernel;
	struct kernel_config config;
	struct cache *cache;
	struct tree tree;
	struct tree early; /* for the kernel before it looks at the tree: microcode */
	struct kmod_closure *modules;
	struct image_format format;
};

static void build_done(struct build *build)
{
	build->modules = kmod_closure_free(build->modules);
	tree_done(&build->early);
	tree_done(&build->tree);
	build->cache = cache_close(build->cache);
	kernel_config_done(&build->config);
	kernel_done(&build->kernel);
	free(build->output);
}
