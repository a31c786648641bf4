/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpu.h"

#include <sched.h>

unsigned int cpu_count(void)
{
	cpu_set_t cpus;

	/* Fails on machines with more processors than a cpu_set_t has room for: 1,024. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	return (unsigned int)CPU_COUNT(&cpus);
}
