/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel of the image can do, from the .config that distributions install beside it. A
 * symbol that such a file does not name depends on one that is not set, and so is not set either.
 *
 * A file that cannot be read, or is no such file, is passed over for the next: the caller has an
 * answer that fits any kernel when nothing is known.
 */
#include "image/modules/kernel-config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"

#define CONFIG_SIZE_MAX (8U << 20) /* real ones have 0.3 MiB */
#define PROC_CONFIG     "/proc/config.gz"

void kernel_config_done(struct kernel_config *config)
{
	strmap_done(&config->values, NULL);
	free(config->path);
	*config = (struct kernel_config){ 0 };
}

/* Takes a line "CONFIG_NAME=value"; comments, "# CONFIG_NAME is not set" among them, say nothing.
 */
static int parse_line(struct kernel_config *config, char *line)
{
	char *name = (char *)str_after_prefix(line, "CONFIG_");
	char *value = name ? strchr(name, '=') : NULL;
	enum kernel_config_value parsed = KERNEL_CONFIG_YES;

	if (!value)
		return 0;
	*value++ = '\0';
	if (str_equal(value, "m"))
		parsed = KERNEL_CONFIG_MODULE;
	else if (str_equal(value, "n"))
		parsed = KERNEL_CONFIG_NO;
	return strmap_set(&config->values, name, (void *)(uintptr_t)parsed);
}

/* 0, -EBADMSG if @text sets nothing at all, -ENOMEM. */
static int parse(struct kernel_config *config, char *text)
{
	char *rest = text, *line;
	int r = 0;

	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = parse_line(config, line);
	if (r >= 0 && config->values.n_entries == 0)
		r = -EBADMSG;
	return r;
}

/* What is not compressed, zlib reads as it is. */
static int read_text(const char *path, char **ret_text)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	gzFile file = gzopen(path, "rbe");
	char buffer[32768];
	int size;

	if (!file)
		return errno ? -errno : -ENOMEM;
	while ((size = gzread(file, buffer, sizeof(buffer))) > 0 && text.size <= CONFIG_SIZE_MAX)
		strbuf_append_bytes(&text, buffer, (size_t)size);
	/* Closing reports a stream that ends too early. */
	if (gzclose_r(file) != Z_OK || size < 0)
		return -EBADMSG;
	if (text.size > CONFIG_SIZE_MAX)
		return -EFBIG;
	if (text.size == 0)
		return -EBADMSG;
	*ret_text = strbuf_steal(&text);
	return *ret_text ? 0 : -ENOMEM;
}

/* 1 if @path tells, 0 if it does not, -ENOMEM. */
static int try_file(struct kernel_config *config, const char *path)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = read_text(path, &text);
	if (r >= 0)
		r = parse(config, text);
	if (r < 0) {
		strmap_done(&config->values, NULL);
		config->values = (struct strmap){ 0 };
		if (r != -ENOENT && r != -ENOMEM)
			log_debug_errno(r, "cannot read %s, looking for another", path);
		return r == -ENOMEM ? r : 0;
	}
	config->path = strdup(path);
	return config->path ? 1 : -ENOMEM;
}

/* As try_file(), for a path inside of the sysroot. */
static int try_in_sysroot(struct kernel_config *config, const struct sysroot *sysroot,
			  const char *kver)
{
	_cleanup_free_ char *path = str_format("/boot/config-%s", kver), *real = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = sysroot_resolve(sysroot, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return try_file(config, real);
}

static int try_below(struct kernel_config *config, const char *modules_dir, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", modules_dir, name);

	return path ? try_file(config, path) : -ENOMEM;
}

static bool is_running(const struct sysroot *sysroot, const char *kver)
{
	struct utsname running;

	return sysroot_is_machine(sysroot) && uname(&running) == 0 &&
	       str_equal(running.release, kver);
}

int kernel_config_read(const struct sysroot *sysroot, const char *modules_dir, const char *kver,
		       struct kernel_config *ret_config)
{
	_cleanup_kernel_config_ struct kernel_config config = { 0 };
	int r;

	r = try_below(&config, modules_dir, "config");
	if (r == 0)
		r = try_in_sysroot(&config, sysroot, kver);
	if (r == 0)
		r = try_below(&config, modules_dir, "build/.config");
	if (r == 0 && is_running(sysroot, kver))
		r = try_file(&config, PROC_CONFIG);
	if (r < 0)
		return r;
	if (r == 0)
		log_debug("nothing tells how kernel %s was configured", kver);
	*ret_config = config;
	config = (struct kernel_config){ 0 };
	return 0;
}

enum kernel_config_value kernel_config_get(const struct kernel_config *config, const char *symbol)
{
	void *value = strmap_get(&config->values, symbol);

	if (!config->path)
		return KERNEL_CONFIG_UNKNOWN;
	return value ? (enum kernel_config_value)(uintptr_t)value : KERNEL_CONFIG_NO;
}
