/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/host/host.h"
#include "image/tree/tree.h"

/*
 * Adds what an image in host mode takes of the host's configuration: the lines of crypttab for the
 * volumes that root, /usr and the hibernated system are on, and where that is if the command line
 * does not say so; but for files that @tree has already. A negative errno has been logged, except
 * for -ENOMEM.
 */
int host_files_add(struct tree *tree, const struct build_options *options, const struct host *host);
