/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A build takes some 40 MB, in pieces that come and go, and lives for 50 ms, of which a sixth went
 * into pages that the kernel zeroed one by one, and once more after they had been given back. So
 * memory comes in large pages, where the system leaves that to programs
 * (Documentation/admin-guide/mm/transhuge.rst), and what is freed stays.
 */
#include "image/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE_PAGE  ((uintptr_t)2 * 1024 * 1024)
#define AHEAD_BYTES (32 * 1024 * 1024) /* also the largest threshold that malloc(3) takes */
#define KEPT_BYTES  (1024 * 1024 * 1024)

void heap_prepare(void)
{
#ifdef M_TOP_PAD
	uintptr_t begin = (uintptr_t)sbrk(0), end;
	/* Volatile, as else the compiler does without. */
	void *volatile block;

	(void)mallopt(M_ARENA_MAX, 1); /* one heap for all threads */
	(void)mallopt(M_MMAP_THRESHOLD, AHEAD_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	(void)mallopt(M_TOP_PAD, AHEAD_BYTES);
	block = malloc(1);
	free(block);
	end = (uintptr_t)sbrk(0);
	begin = (begin + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#endif
}
