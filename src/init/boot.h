/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct boot_config;
struct pool;

/*
 * Boots: finds, unlocks and mounts the root that @config asks for and becomes the real init, with
 * @argv as the kernel gave it. Or tells why that is impossible, and reboots.
 */
_noreturn_ void boot_run(const struct boot_config *config, struct pool *pool, char **argv);
