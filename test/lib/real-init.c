// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The init of the small root that test disks carry: says that it was reached, reports what it was
 * handed, one `report: KEY=VALUE` per line, and turns the machine off.
 *
 * It mounts nothing and changes nothing before it has looked: everything it reports is what the
 * initramfs left. What is right and what is not is decided by test/lib/report.py.
 *
 * Words on the kernel command line (with a dot, so that the kernel hands them to no init):
 *   kindling-test.report=DEVICE   where to report to, when it is not /dev/console
 *   kindling-test.attribute=FILE  a file of sysfs to report as well
 *   kindling-test.stay            sleep at the end instead of turning the machine off
 *   kindling-test.enter           wait for Enter before turning it off
 *   kindling-test.cached          look for passphrases that the host's cryptsetup would find,
 *                                 as systemd does; and have the kernel forget them
 *   kindling-test.swapon=DEVICE   swap there first, as swapon(8) does: without an old image
 *   kindling-test.hibernate=PATH  report nothing, but hibernate to this device, or to this file,
 *                                 which is made; and once back from there, say so
 *   kindling-test.tell-firmware=UUID   and tell the firmware before: the area's, or that of the
 *                                 file system that the file is on
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define KLOG_SET_CONSOLE_LEVEL 8

static FILE *out;

static const char *link_target(const char *path)
{
	static char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return target;
}

/* Calls per_entry for every name in the directory, dot entries left out. */
static void for_each_entry(const char *directory, void (*per_entry)(const char *, const char *))
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			per_entry(directory, entry->d_name);
	}
	closedir(stream);
}

/* One report line per line of the file; a line may be preceded by a name of where it came from. */
static void report_lines(const char *key, const char *path, const char *prefix)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		fprintf(out, "report: error=%s: %s\n", path, strerror(errno));
		return;
	}
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		fprintf(out, "report: %s=%s%s\n", key, prefix, line);
	}
	free(line);
	fclose(file);
}

static void report_mapping(const char *directory, const char *name)
{
	char path[PATH_MAX];
	const char *target;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	target = link_target(path);
	fprintf(out, "report: mapper=%s -> %s\n", name, target ? target : "(not a link)");
}

static void report_dm_device(const char *directory, const char *name)
{
	char path[PATH_MAX], prefix[PATH_MAX];

	if (strncmp(name, "dm-", 3))
		return;
	snprintf(path, sizeof(path), "%s/%s/dev", directory, name);
	snprintf(prefix, sizeof(prefix), "%s ", name);
	report_lines("dm", path, prefix);
}

static void report_udev_record(const char *directory, const char *name)
{
	char path[PATH_MAX], prefix[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	snprintf(prefix, sizeof(prefix), "%s ", name);
	report_lines("udev", path, prefix);
}

static void report_run_entry(const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (lstat(path, &st) < 0)
		return;
	fprintf(out, "report: run=%s\n", path);
	if (S_ISDIR(st.st_mode))
		for_each_entry(path, report_run_entry);
}

/* Every process but this one, kernel threads (which have no executable to link to) left out. */
static void report_process(const char *directory, const char *name)
{
	char path[PATH_MAX], prefix[PATH_MAX];

	if (!isdigit((unsigned char)name[0]) || !strcmp(name, "1"))
		return;
	snprintf(path, sizeof(path), "%s/%s/exe", directory, name);
	if (!link_target(path) && errno == ENOENT)
		return;
	snprintf(path, sizeof(path), "%s/%s/comm", directory, name);
	snprintf(prefix, sizeof(prefix), "%s ", name);
	report_lines("process", path, prefix);
}

/* The lines of the file that begin with one of the names. */
static void report_named_lines(const char *key, const char *path, const char *const *names)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file) {
		fprintf(out, "report: error=%s: %s\n", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		for (const char *const *name = names; *name; name++) {
			if (!strncmp(line, *name, strlen(*name)))
				fprintf(out, "report: %s=%s", key, line);
		}
	}
	fclose(file);
}

/* What every descriptor below the limit points to; "" for one that is not open. */
#define FD_LIMIT 256
static char fd_targets[FD_LIMIT][128];

/* To be called before this program opens anything that stays. */
static void remember_fds(void)
{
	char path[64];

	for (int fd = 0; fd < FD_LIMIT; fd++) {
		const char *target;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		target = link_target(path);
		snprintf(fd_targets[fd], sizeof(fd_targets[fd]), "%s",
			 target ? target : "(unknown)");
	}
}

static void report_fds(void)
{
	for (int fd = 0; fd < FD_LIMIT; fd++) {
		if (fd_targets[fd][0])
			fprintf(out, "report: fd=%d -> %s\n", fd, fd_targets[fd]);
	}
}

/* The value of KEY= on the kernel command line, "" for a bare KEY, NULL when it is not there. */
static const char *kernel_option(const char *key)
{
	char line[4096];
	size_t length = strlen(key);
	FILE *file = fopen("/proc/cmdline", "re");

	if (!file)
		return NULL;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		if (!strncmp(word, key, length) && word[length] == '=')
			return strdup(word + length + 1);
		if (!strcmp(word, key))
			return "";
	}
	return NULL;
}

/* The column of /proc/keys that says when it expires. */
static void append_expiry(const char *description, char *text, size_t size)
{
	FILE *file = fopen("/proc/keys", "re");
	char line[256], expiry[16];

	while (file && fgets(line, sizeof(line), file)) {
		if (strstr(line, description) && sscanf(line, "%*s %*s %*s %15s", expiry) == 1)
			snprintf(text + strlen(text), size - strlen(text), " %s", expiry);
	}
	if (file)
		fclose(file);
}

static void report_cached(void)
{
	long key = syscall(SYS_request_key, "user", "cryptsetup", NULL, 0), size, n = 1;
	char payload[4096], text[64] = "";

	size = key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, payload, sizeof(payload));
	if (size < 0) {
		fprintf(out, "report: cached=%s\n", strerror(errno));
		return;
	}
	for (long i = 0; i < size; i++)
		n += payload[i] == '\0';
	append_expiry(" cryptsetup: ", text, sizeof(text));
	fprintf(out, "report: cached=%ld in %ld bytes%s\n", n, size, text);
	explicit_bzero(payload, sizeof(payload));
	if (syscall(SYS_keyctl, KEYCTL_REVOKE, key) < 0)
		fprintf(out, "cannot forget them: %s\n", strerror(errno));
	/* The kernel wipes it when nobody can be reading it any more. */
	sleep(1);
}

static void report_all(char **argv, char **envp)
{
	static const char *const signal_masks[] = { "SigPnd:", "ShdPnd:", "SigBlk:",
						    "SigIgn:", "SigCgt:", NULL };
	static const char *const memory_counters[] = { "MemTotal:", "MemAvailable:", "Shmem:",
						       "Unevictable:", NULL };
	const char *attribute;
	char cwd[PATH_MAX];
	mode_t mask = umask(0);

	umask(mask);
	fprintf(out, "report: pid=%d\n", getpid());
	for (; *argv; argv++)
		fprintf(out, "report: argv=%s\n", *argv);
	for (; *envp; envp++)
		fprintf(out, "report: env=%s\n", *envp);
	report_fds();
	report_named_lines("signals", "/proc/self/status", signal_masks);
	fprintf(out, "report: umask=%04o\n", (unsigned int)mask);
	fprintf(out, "report: cwd=%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "(unknown)");
	report_lines("mount", "/proc/self/mounts", "");
	report_lines("cmdline", "/proc/cmdline", "");
	attribute = kernel_option("kindling-test.attribute");
	if (attribute)
		report_lines("attribute", attribute, "");
	for_each_entry("/run", report_run_entry);
	for_each_entry("/run/udev/data", report_udev_record);
	for_each_entry("/dev/mapper", report_mapping);
	for_each_entry("/sys/class/block", report_dm_device);
	if (kernel_option("kindling-test.cached"))
		report_cached();
	report_named_lines("memory", "/proc/meminfo", memory_counters);
	for_each_entry("/proc", report_process);
	report_lines("trace", "/run/initramfs/trace.json", "");
	fprintf(out, "report: end\n");
}

#define EFI_VARIABLES   "/sys/firmware/efi/efivars"
#define PAGE            4096
#define SWAP_FILE_PAGES (64 * 1024 * 1024 / PAGE)
#define SIGNATURE_AT    (PAGE - 10) /* ten bytes */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(out, "cannot write %s to %s: %s\n", text, path, strerror(errno));
	close(fd);
}

/* What mkswap(8) writes: version 1, and which page is the last. */
static bool make_swap_file(const char *path)
{
	static uint32_t page[PAGE / sizeof(uint32_t)];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0;

	for (unsigned int i = 0; i < SWAP_FILE_PAGES && ok; i++) {
		memset(page, 0, sizeof(page));
		if (i == 0) {
			page[1024 / sizeof(uint32_t)] = 1;
			page[1024 / sizeof(uint32_t) + 1] = SWAP_FILE_PAGES - 1;
			memcpy((char *)page + SIGNATURE_AT, "SWAPSPACE2", 10);
		}
		ok = write(fd, page, PAGE) == PAGE;
	}
	ok = ok && fsync(fd) == 0;
	if (!ok)
		fprintf(out, "cannot make %s: %s\n", path, strerror(errno));
	close(fd);
	return ok;
}

/* Tells the kernel where the swap file is, as systemd-sleep(8) does, and whoever types the next
 * command line. */
static int name_swap_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), block = 0;
	struct stat st;
	char text[32];

	if (fd < 0 || fstat(fd, &st) < 0 || ioctl(fd, FIBMAP, &block) < 0)
		fprintf(out, "cannot find %s: %s\n", path, strerror(errno));
	close(fd);
	fprintf(out, "resume_offset=%d\n", block);
	snprintf(text, sizeof(text), "%d", block);
	write_text("/sys/power/resume_offset", text);
	snprintf(text, sizeof(text), "%u:%u", major(st.st_dev), minor(st.st_dev));
	write_text("/sys/power/resume", text);
	return block;
}

/* As systemd-sleep(8) does: the four bytes say that it is kept, and for whom. */
static void tell_firmware(const char *uuid, int offset)
{
	char text[256], variable[4 + 2 * sizeof(text)] = { 7 };
	size_t size;
	int fd;

	snprintf(text, sizeof(text),
		 "{\"uuid\":\"%s\",\"offset\":%d,\"kernelVersion\":\"6\",\"osReleaseId\":"
		 "\"debian\"}",
		 uuid, offset);
	size = 4 + 2 * (strlen(text) + 1);
	for (size_t i = 0; text[i]; i++)
		variable[4 + 2 * i] = text[i];
	if (mount("efivarfs", EFI_VARIABLES, "efivarfs", 0, NULL) < 0)
		fprintf(out, "cannot mount the firmware's variables: %s\n", strerror(errno));
	fd = open(EFI_VARIABLES "/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67",
		  O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, variable, size) != (ssize_t)size)
		fprintf(out, "cannot tell the firmware: %s\n", strerror(errno));
	close(fd);
}

static void swap_on(const char *path)
{
	char signature[10] = "";
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && pread(fd, signature, sizeof(signature), SIGNATURE_AT) > 0 &&
	    !memcmp(signature, "S1SUSPEND", sizeof(signature)) &&
	    pwrite(fd, "SWAPSPACE2", sizeof(signature), SIGNATURE_AT) > 0)
		fprintf(out, "an old image on %s is no more\n", path);
	fsync(fd);
	close(fd);
	if (swapon(path, 0) < 0)
		fprintf(out, "cannot swap to %s: %s\n", path, strerror(errno));
}

static void hibernate(const char *path)
{
	bool is_file = strncmp(path, "/dev/", strlen("/dev/"));
	const char *uuid = kernel_option("kindling-test.tell-firmware");
	int offset = 0;

	if (is_file && !make_swap_file(path))
		return;
	swap_on(path);
	if (is_file)
		offset = name_swap_file(path);
	if (uuid)
		tell_firmware(uuid, offset);
	fprintf(out, "HIBERNATING TO %s\n", path);
	fflush(out);
	tcdrain(fileno(out));
	write_text("/sys/power/disk", "shutdown");
	write_text("/sys/power/state", "disk");
	fprintf(out, "BACK FROM HIBERNATION\n");
}

/* What the words on the kernel command line say. */
static void do_all(char **argv, char **envp)
{
	const char *path = kernel_option("kindling-test.hibernate");

	if (path) {
		hibernate(path);
		return;
	}
	path = kernel_option("kindling-test.swapon");
	if (path)
		swap_on(path);
	fprintf(out, "\nREAL ROOT REACHED\n");
	report_all(argv, envp);
}

int main(int argc, char **argv, char **envp)
{
	const char *report_to;

	(void)argc;
	remember_fds();

	/* A kernel message in the middle of a report line would spoil it. */
	klogctl(KLOG_SET_CONSOLE_LEVEL, NULL, 1);

	report_to = kernel_option("kindling-test.report");
	out = fopen(report_to ? report_to : "/dev/console", "we");
	if (out) {
		do_all(argv, envp);
		fflush(out);
		tcdrain(fileno(out));
		fclose(out);
	}
	if (kernel_option("kindling-test.enter"))
		getchar();
	while (kernel_option("kindling-test.stay"))
		pause();
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
