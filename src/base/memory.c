/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define MEMINFO_MAX 65536

uint64_t memory_parse_available_kib(const char *meminfo)
{
	const char *line = strstr(meminfo, "MemAvailable:");
	unsigned long long kib;

	return line && sscanf(line, "MemAvailable: %llu kB", &kib) == 1 ? kib : UINT64_MAX;
}

uint64_t memory_available_kib(void)
{
	_cleanup_free_ char *meminfo = NULL;
	size_t size;

	if (file_read("/proc/meminfo", MEMINFO_MAX, &meminfo, &size) < 0)
		return UINT64_MAX;
	return memory_parse_available_kib(meminfo);
}
