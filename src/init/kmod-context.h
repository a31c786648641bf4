/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct kmod_ctx;

/*
 * A libkmod context for the running kernel, which says what it has to say in our log and nowhere
 * else; to be given to kmod_unref(). @configuration is that of kmod_new(): NULL for modprobe.d and
 * the command line. NULL without memory.
 */
struct kmod_ctx *kmod_context_new(const char *const *configuration);
