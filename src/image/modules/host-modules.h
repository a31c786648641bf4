/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host.h"
#include "image/modules/kmod-closure.h"

/*
 * Adds the modules that meet the host's needs in the kernel of the closure, whatever that builds
 * in, and besides what lets root be reached after small changes: another disk, another keyboard.
 * What those ask for at run time is left to runtime_needs_add().
 * What that kernel does not have is passed over, with a warning if it is a file system or a kind of
 * volume that root is on. A negative errno has been logged, except for -ENOMEM.
 */
int host_modules_add(struct kmod_closure *closure, const struct host *host);

/* Looks up a module or alias: 1 if it is known, built in or not, 0 if not, or a negative errno. */
typedef int (*host_try_cb)(void *userdata, const char *name, const char *why);

/*
 * Tries the names by which a kernel may know what is needed. 1 if that is met: one of those that
 * will do is known, or all of those that are needed together; 0 if not; or the error of @try.
 */
int host_need_meet(const struct host_need *need, host_try_cb try, void *userdata);

/*
 * Adds the modules that meet one need. 1 if the kernel of the closure has what that takes, built in
 * or not; 0 if it knows nothing of that name, or not of all parts of a cipher. Errors as
 * host_modules_add().
 */
int host_modules_add_need(struct kmod_closure *closure, const struct host_need *need);
