/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/key-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* A path or TAG=value; not a number: "/key:801" is a file. */
static int parse_device(const char *text, struct device_spec *ret_spec)
{
	if (text[0] != '/' && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '=')
		return -EINVAL;
	return device_spec_parse(text, ret_spec);
}

/* What the kernel makes up is read as a file. */
static bool is_device_of_data(const char *path)
{
	return str_after_prefix(path, "/dev/") &&
	       !str_list_has("/dev/random,/dev/urandom,/dev/hwrng,/dev/zero", path);
}

/*
 * "/path:DEVICE"; 1 if it is of that form. The last colon that makes sense, as names of devices
 * have some, too: "/key:/dev/disk/by-id/usb-Stick-0:0".
 */
static int parse_path_first(const char *text, struct key_source *ret_source)
{
	for (size_t i = strlen(text); i-- > 1;) {
		struct device_spec device;
		int r = text[i] == ':' ? parse_device(text + i + 1, &device) : -EINVAL;

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		*ret_source = (struct key_source){
			.path = strndup(text, i),
			.device = device,
		};
		return 1;
	}
	return 0;
}

/* "DEVICE:/path[:SECONDS]", what Debian's passdev takes; 1 if it is of that form. */
static int parse_device_first(const char *text, struct key_source *ret_source)
{
	const char *slash = strstr(text, ":/"), *end;
	_cleanup_free_ char *before = slash ? strndup(text, (size_t)(slash - text)) : NULL;
	struct device_spec device;
	int r;

	if (!slash)
		return 0;
	if (!before)
		return -ENOMEM;
	r = parse_device(before, &device);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	end = strrchr(slash + 1, ':');
	if (!end || !end[1] || strspn(end + 1, "0123456789") < strlen(end + 1))
		end = slash + strlen(slash);
	*ret_source = (struct key_source){
		.path = strndup(slash + 1, (size_t)(end - slash - 1)),
		.device = device,
	};
	return 1;
}

static int parse_whole(const char *text, struct key_source *ret_source)
{
	struct key_source source = { 0 };

	if (text[0] != '/')
		return -EINVAL;
	if (is_device_of_data(text)) {
		int r = device_spec_parse(text, &source.device);

		if (r < 0)
			return r == -ENOMEM ? r : -EINVAL;
	} else {
		source.path = strdup(text);
		if (!source.path)
			return -ENOMEM;
	}
	*ret_source = source;
	return 0;
}

int key_source_parse(const char *text, struct key_source *ret_source)
{
	struct key_source source;
	int r;

	if (!*text || str_equal(text, "-") || str_equal(text, "none")) {
		*ret_source = (struct key_source){ 0 };
		return 0;
	}
	r = parse_path_first(text, &source);
	if (r == 0)
		r = parse_device_first(text, &source);
	if (r == 0)
		return parse_whole(text, ret_source);
	if (r < 0)
		return r;
	if (!source.path || source.path[0] != '/') {
		r = source.path ? -EINVAL : -ENOMEM;
		key_source_done(&source);
		return r;
	}
	*ret_source = source;
	return 0;
}

int key_source_copy(const struct key_source *source, struct key_source *ret_copy)
{
	struct key_source copy = {
		.path = source->path ? strdup(source->path) : NULL,
		.fstype = source->fstype ? strdup(source->fstype) : NULL,
	};

	if ((source->path && !copy.path) || (source->fstype && !copy.fstype) ||
	    device_spec_copy(&source->device, &copy.device) < 0) {
		key_source_done(&copy);
		return -ENOMEM;
	}
	*ret_copy = copy;
	return 0;
}

void key_source_done(struct key_source *source)
{
	free(source->path);
	device_spec_done(&source->device);
	free(source->fstype);
	*source = (struct key_source){ 0 };
}
