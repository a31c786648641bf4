/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How many processors this process may run on; at least 1. */
unsigned int cpu_count(void);
