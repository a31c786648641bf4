/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/confine.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/macro.h"

/* Libraries, plug-ins, and what a header is parsed into. */
#define OWN_MEMORY_KIB (256U << 10)

/* The largest file that it makes is its copy of a header with 128 MiB of keyslots. */
#define FILE_BYTES_MAX (160U << 20)
#define FILES_MAX      256U

static void limit(int resource, rlim_t value)
{
	struct rlimit limits;

	/* None can be refused but for values that are beyond the hard limit, which is as good. */
	if (getrlimit(resource, &limits) < 0)
		return;
	limits.rlim_cur = MIN(value, limits.rlim_max);
	(void)setrlimit(resource, &limits);
}

void confine_memory(uint64_t kib)
{
	/* Of the data, not the address space: threads reserve a lot of that which they never use.
	 */
	limit(RLIMIT_DATA, (kib + OWN_MEMORY_KIB) << 10);
}

void confine_process(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, FILE_BYTES_MAX);
	limit(RLIMIT_NOFILE, FILES_MAX);
	confine_memory(0);
	(void)file_write_existing("/proc/self/oom_score_adj", "1000");
}
