/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /init: the prologue of PID 1, and the other names it is called by. The order matters: first
 * what everything else reads from (mounts, stdio), then the log, the configuration, the workers
 * while the process is still small, and only then the event loop, in boot.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cpu.h"
#include "base/log.h"
#include "base/str.h"
#include "config/cmdline.h"
#include "init/boot.h"
#include "init/cmdline-sources.h"
#include "init/emergency.h"
#include "init/modprobe.h"
#include "init/mounts.h"
#include "init/pool.h"
#include "init/stub-files.h"
#include "init/trace.h"
#include "init/worker.h"
#include "kindling/cmdline-keys.h"
#include "kindling/image-layout.h"

#define SYSLOG_CONSOLE_LEVEL     8 /* syslog(2), SYSLOG_ACTION_CONSOLE_LEVEL */
#define CONSOLE_LEVEL_EVERYTHING 8

/* Nothing may interrupt PID 1; what it wants to know of signals it reads from a signalfd. */
static void block_signals(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
}

static void read_configuration(struct boot_config *ret_config)
{
	_cleanup_free_ char *cmdline = NULL;
	const char *warning;
	int r;

	r = cmdline_sources_read("", &cmdline);
	if (r < 0)
		(void)log_err_errno(r, "cannot read the command line, going on without it");
	r = cmdline_parse(cmdline ? cmdline : "", ret_config);
	if (r < 0)
		(void)log_err_errno(r,
				    "cannot keep all of the command line, going on with the rest");
	vec_for_each(warning, &ret_config->warnings) {
		log_warn("command line: %s", warning);
	}
	if (ret_config->debug) {
		log_set_debug(true);
		(void)klogctl(SYSLOG_CONSOLE_LEVEL, NULL, CONSOLE_LEVEL_EVERYTHING);
	}
}

static _noreturn_ void run_as_init(char **argv)
{
	struct boot_config config;
	struct pool *pool;
	int mounts_error, r;

	block_signals();
	mounts_error = mounts_set_up();
	mounts_open_stdio();
	(void)log_open_kmsg();
	trace_event("start", NULL);
	if (mounts_error < 0)
		(void)log_err_errno(mounts_error, "cannot mount all of /dev, /proc, /sys and /run, "
						  "going on with what there is");
	stub_files_copy("");
	read_configuration(&config);
	emergency_catch_crashes(&config);
	r = pool_fork(cpu_count(), &pool);
	if (r < 0)
		emergency_without_loop("cannot start any worker process", r, &config);
	boot_run(&config, pool, argv);
}

/* "rd.luks, luks[=BOOL]" */
static void print_key(const char *spellings, const char *form, const char *meaning)
{
	printf("  ");
	for (; *spellings; spellings++)
		printf(*spellings == ' ' ? ", " : "%c", *spellings);
	printf("%s\n      %s\n", form, meaning);
}

static void print_help(void)
{
	printf(IMAGE_INIT_MARK
	       ", the program that a Linux machine runs first: it finds "
	       "the\n"
	       "root device, unlocks it, mounts it and starts the real init. It does so when the\n"
	       "kernel runs it from an initramfs; here it only prints this.\n\n"
	       "It obeys these words of the kernel's command line:\n");
#define SECTION(title)                            printf("\n" title ":\n");
#define KEY(identifier, spellings, form, meaning) print_key(spellings, form, meaning);
	CMDLINE_KEYS(KEY, SECTION)
#undef KEY
#undef SECTION
}

/* Somebody runs us by hand. */
static int run_as_program(int argc, char **argv)
{
	if (argc > 1 && str_equal(argv[1], "--version")) {
		printf("kindling %s\n", KINDLING_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && str_equal(argv[1], "--help")) {
		print_help();
		return EXIT_SUCCESS;
	}
	(void)fprintf(stderr,
		      IMAGE_INIT_MARK " %s. It does its work as process 1 of an "
				      "initramfs only; --help tells more.\n",
		      KINDLING_VERSION);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *name = str_basename(argc > 0 ? argv[0] : "");

	if (getpid() == 1)
		run_as_init(argv);
	if (str_equal(name, "modprobe"))
		return modprobe_main(argc, argv);
	if (str_equal(name, WORKER_PROGRAM_NAME))
		worker_run(WORKER_FD);
	return run_as_program(argc, argv);
}
