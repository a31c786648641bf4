// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The init of a root whose machine is to be recorded: prints what `kindling build --mode host`
 * reads of a running machine to the second serial line, and turns the machine off.
 * test/lib/machines.py makes a tree of it again.
 *
 * One line each, "\" and what is not printable as \xHH:
 *   dir PATH
 *   link PATH<TAB>TARGET
 *   file PATH<TAB>CONTENT
 * and at the end "end COUNT", with the number of the lines before it.
 *
 * A device is a directory below /sys/devices with a file `uevent`. What is left out are attributes
 * that nobody reads who looks for drivers, because a serial line is slow.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define KLOG_SET_CONSOLE_LEVEL 8
#define RECORD_TO              "/dev/ttyS1"

/* Of a device; a slash leads to a directory of attributes. */
static const char *const attributes[] = {
	"modalias",
	"uevent",
	"dev",
	"partition",
	"size",
	"class",
	"name",
	"dm/name",
	"dm/uuid",
	"md/level",
	"md/metadata_version",
	"capabilities/ev",
	"capabilities/key",
	"id/bustype",
	"bInterfaceClass",
	"removable",
	"hidden",
};

static const char *const process_files[] = {
	"/proc/self/mountinfo", "/proc/mounts",  "/proc/cmdline",
	"/proc/swaps",          "/proc/cpuinfo", "/proc/filesystems",
	"/proc/crypto",         "/proc/version", "/proc/sys/kernel/osrelease",
	"/sys/power/resume",
};

static FILE *out;
static unsigned long records;

/* Large enough for /proc/crypto. */
static char content[128 * 1024];

static void print_escaped(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] > ' ' && text[i] < 0x7f && text[i] != '\\')
			fputc(text[i], out);
		else
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
	}
}

static void print_record(const char *kind, const char *path, const char *value, size_t size)
{
	fprintf(out, "%s ", kind);
	print_escaped(path, strlen(path));
	if (value) {
		fputc('\t', out);
		print_escaped(value, size);
	}
	fputc('\n', out);
	records++;
}

/* Nothing for a file that is not there, or that cannot be read, as some attributes cannot. */
static void record_file(const char *path)
{
	size_t size = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while ((n = read(fd, content + size, sizeof(content) - size)) > 0)
		size += (size_t)n;
	close(fd);
	if (n == 0)
		print_record("file", path, content, size);
}

static void record_link(const char *path)
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target));

	if (size >= 0)
		print_record("link", path, target, (size_t)size);
}

/* Calls per_entry with the path and the name of everything in the directory. */
static void for_each_entry(const char *directory, void (*per_entry)(const char *, const char *))
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) < PATH_MAX)
			per_entry(path, entry->d_name);
	}
	closedir(stream);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void record_if_link(const char *path, const char *name)
{
	(void)name;
	record_link(path);
}

static void record_attributes(const char *device)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", device, attributes[i]) < PATH_MAX)
			record_file(path);
	}
}

static void record_below_devices(const char *path, const char *name)
{
	char uevent[PATH_MAX];

	if (!is_directory(path)) {
		record_link(path);
		return;
	}
	if (!strcmp(name, "slaves") || !strcmp(name, "holders")) {
		print_record("dir", path, NULL, 0);
		for_each_entry(path, record_if_link);
		return;
	}
	if (snprintf(uevent, sizeof(uevent), "%s/uevent", path) < PATH_MAX &&
	    access(uevent, F_OK) == 0)
		record_attributes(path);
	for_each_entry(path, record_below_devices);
}

static void record_links_in(const char *path, const char *name)
{
	(void)name;
	if (is_directory(path))
		for_each_entry(path, record_if_link);
}

/* A driver of a bus: where its module is. A built-in one has no such link. */
static void record_driver(const char *path, const char *name)
{
	char link[PATH_MAX];

	(void)name;
	print_record("dir", path, NULL, 0);
	if (snprintf(link, sizeof(link), "%s/module", path) < PATH_MAX)
		record_link(link);
}

static void record_bus(const char *path, const char *name)
{
	char directory[PATH_MAX];

	(void)name;
	if (snprintf(directory, sizeof(directory), "%s/devices", path) < PATH_MAX)
		for_each_entry(directory, record_if_link);
	if (snprintf(directory, sizeof(directory), "%s/drivers", path) < PATH_MAX)
		for_each_entry(directory, record_driver);
}

/* `initstate` tells a loaded module from one that is built in and only has parameters. */
static void record_module(const char *path, const char *name)
{
	char file[PATH_MAX];

	(void)name;
	print_record("dir", path, NULL, 0);
	if (snprintf(file, sizeof(file), "%s/initstate", path) < PATH_MAX)
		record_file(file);
}

static void record_all(void)
{
	for_each_entry("/sys/devices", record_below_devices);
	for_each_entry("/sys/block", record_if_link);
	for_each_entry("/sys/dev", record_links_in);
	for_each_entry("/sys/class", record_links_in);
	for_each_entry("/sys/bus", record_bus);
	for_each_entry("/sys/module", record_module);
	for (size_t i = 0; i < sizeof(process_files) / sizeof(process_files[0]); i++)
		record_file(process_files[i]);
}

int main(void)
{
	struct termios mode;
	int fd;

	klogctl(KLOG_SET_CONSOLE_LEVEL, NULL, 1);
	fd = open(RECORD_TO, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (out) {
		if (tcgetattr(fd, &mode) == 0) {
			cfmakeraw(&mode);
			(void)tcsetattr(fd, TCSANOW, &mode);
		}
		record_all();
		fprintf(out, "end %lu\n", records);
		fflush(out);
		tcdrain(fd);
		fclose(out);
	}
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
