/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block devices there are and the tags they carry. The registry is fed twice, by coldplug and
 * by uevents, so everything here may be said again without harm: a device is known by its name,
 * number and disk sequence, and only a "change" makes a known one be read again. What changes
 * while it is being read is read once more afterwards.
 */
#include "init/blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "init/pool.h"
#include "init/trace.h"

#define PROBE_TIMEOUT_USEC (60 * USEC_PER_SEC) /* a drive may have to spin up */

struct blockdevs {
	struct pool *pool;
	char *sysfs;
	const struct blockdevs_ops *ops;
	void *userdata;
	bool names_wanted;
	struct list list;
	struct strmap known; /* names of devices that were read, or begun to be */
};

static void probe(struct blockdev *device);

/* Reads the attribute @name of a device, as file_read_attribute(). */
static int read_attribute(const struct blockdevs *devices, const char *sysname, const char *name,
			  char *buf, size_t size)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/class/block/%s/%s", devices->sysfs, sysname, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return file_read_attribute(AT_FDCWD, path, buf, size);
}

static uint64_t read_number(const struct blockdevs *devices, const char *sysname, const char *name)
{
	uint64_t value;
	char text[32];

	if (read_attribute(devices, sysname, name, text, sizeof(text)) < 0 ||
	    str_parse_uint64(text, &value) < 0)
		return 0;
	return value;
}

static int read_devnum(const struct blockdevs *devices, const char *sysname, dev_t *ret_devnum)
{
	unsigned int major_number, minor_number;
	char text[32];
	int r;

	r = read_attribute(devices, sysname, "dev", text, sizeof(text));
	if (r < 0)
		return r;
	if (sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return -EBADMSG;
	*ret_devnum = makedev(major_number, minor_number);
	return 0;
}

/* Kinds that never hold what boot looks for; probing a floppy drive blocks for seconds. */
static bool is_ignored(const char *sysname)
{
	static const char *const prefixes[] = { "fd", "ram", "zram" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *number = str_after_prefix(sysname, prefixes[i]);
		uint64_t value;

		if (number && str_parse_uint64(number, &value) >= 0)
			return true;
	}
	return false;
}

static struct blockdev *find(struct blockdevs *devices, const char *sysname)
{
	struct blockdev *device;

	list_for_each(device, &devices->list, link)
		if (str_equal(device->sysname, sysname))
			return device;
	return NULL;
}

static void cancel_probe(struct blockdev *device)
{
	if (!device->probe)
		return;
	pool_cancel(device->probe);
	device->probe = NULL;
}

static void free_device(struct blockdev *device)
{
	cancel_probe(device);
	list_remove(&device->link);
	free(device->sysname);
	free(device->node);
	free(device->dm_name);
	free(device->tags);
	free(device);
}

/* The node's name has slashes where sysfs has to write '!'. */
static char *node_of(const char *sysname)
{
	char *node;

	if (asprintf(&node, "/dev/%s", sysname) < 0)
		return NULL;
	for (char *c = node; *c; c++)
		if (*c == '!')
			*c = '/';
	return node;
}

static void forget_tags(struct blockdev *device)
{
	device->n_superblocks = 0;
	device->partuuid = device->partlabel = device->parttype = device->pttype = "";
	device->partflags = 0;
	device->partition_number = 0;
	device->partition_disk = 0;
	device->tags_size = 0;
	free(device->tags);
	device->tags = NULL;
}

static struct blockdev *new_device(struct blockdevs *devices, const char *sysname, dev_t devnum)
{
	struct blockdev *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	list_append(&devices->list, &device->link);
	device->owner = devices;
	device->devnum = devnum;
	forget_tags(device);
	device->sysname = strdup(sysname);
	device->node = node_of(sysname);
	if (!device->sysname || !device->node) {
		free_device(device);
		return NULL;
	}
	return device;
}

/* The fields that one KEY=value string may fill, of the device or of @superblock, unless NULL. */
static const char **find_tag(struct blockdev *device, struct superblock *superblock,
			     const char *key, size_t key_size)
{
	const struct {
		const char *key;
		const char **field;
	} fields[] = {
		{ "TYPE", superblock ? &superblock->type : NULL },
		{ "UUID", superblock ? &superblock->uuid : NULL },
		{ "LABEL", superblock ? &superblock->label : NULL },
		{ "PTTYPE", &device->pttype },
		{ "PARTUUID", &device->partuuid },
		{ "PARTLABEL", &device->partlabel },
		{ "PARTTYPE", &device->parttype },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (str_item_is(key, key_size, fields[i].key))
			return fields[i].field;
	return NULL;
}

/* Values that are numbers are read for what they are. */
static void set_number(struct blockdev *device, const char *tag)
{
	unsigned int major_number, minor_number;
	const char *value;
	uint64_t number;

	if ((value = str_after_prefix(tag, "PARTFLAGS=0x")))
		device->partflags = strtoull(value, NULL, 16);
	else if ((value = str_after_prefix(tag, "PARTN=")) &&
		 str_parse_uint64(value, &number) >= 0 && number <= UINT_MAX)
		device->partition_number = (unsigned int)number;
	else if ((value = str_after_prefix(tag, "PARTDISK=")) &&
		 sscanf(value, "%u:%u", &major_number, &minor_number) == 2)
		device->partition_disk = makedev(major_number, minor_number);
}

/* TYPE begins another superblock; NULL if there are too many to be kept. */
static struct superblock *begin_superblock(struct blockdev *device)
{
	struct superblock *superblock;

	if (device->n_superblocks == BLOCKDEV_SUPERBLOCKS_MAX)
		return NULL;
	superblock = &device->superblocks[device->n_superblocks++];
	*superblock = (struct superblock){ .type = "", .uuid = "", .label = "" };
	return superblock;
}

int blockdev_set_tags(struct blockdev *device, const struct worker_message *reply)
{
	struct superblock *superblock = NULL;
	const char *tag, *end;

	forget_tags(device);
	device->tags = malloc(reply->strings_size + 1);
	if (!device->tags)
		return -ENOMEM;
	memcpy(device->tags, reply->strings, reply->strings_size);
	device->tags_size = reply->strings_size;
	end = device->tags + reply->strings_size;
	for (tag = device->tags; tag < end; tag += strlen(tag) + 1) {
		const char *equals = strchr(tag, '=');
		const char **field;

		if (!equals)
			continue;
		if (str_after_prefix(tag, "TYPE="))
			superblock = begin_superblock(device);
		field = find_tag(device, superblock, tag, (size_t)(equals - tag));
		if (field)
			*field = equals + 1;
		else
			set_number(device, tag);
	}
	return 0;
}

/* The next value of @key behind @tag, or the first; NULL if there are no more. */
static const char *next_value(const struct blockdev *device, const char *key, const char *value)
{
	const char *end = device->tags + device->tags_size;
	const char *tag = value ? value + strlen(value) + 1 : device->tags;

	for (; tag < end; tag += strlen(tag) + 1) {
		const char *rest = str_after_prefix(tag, key);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

bool blockdev_has_tag(const struct blockdev *device, const char *key, const char *value)
{
	const char *found = NULL;

	while ((found = next_value(device, key, found)))
		if (str_equal(found, value))
			return true;
	return false;
}

bool blockdev_has_tag_with(const struct blockdev *device, const char *key, const char *part)
{
	const char *found = NULL;

	while ((found = next_value(device, key, found)))
		if (strstr(found, part))
			return true;
	return false;
}

/* What was said of the device is no longer true. */
static void withdraw(struct blockdev *device)
{
	struct blockdevs *devices = device->owner;

	if (device->announced)
		devices->ops->on_removed(devices->userdata, device);
	device->announced = false;
	forget_tags(device);
}

static void remove_device(struct blockdev *device)
{
	withdraw(device);
	free_device(device);
}

static void set_failed(struct blockdev *device, int error)
{
	withdraw(device);
	device->state = BLOCKDEV_FAILED;
	device->error = error;
	(void)log_message_errno(error == -ENOMEDIUM ? LOG_DEBUG : LOG_WARNING, error,
				"cannot read %s, going on without it until it changes",
				device->node);
}

static void on_probe_reply(void *userdata, const struct worker_message *reply)
{
	struct blockdev *device = userdata;
	struct blockdevs *devices = device->owner;
	int r = reply->code;

	device->probe = NULL;
	trace_span("probe", device->sysname, device->probe_started_usec, r);
	if (device->changed_meanwhile) {
		probe(device);
		return;
	}
	if (r >= 0)
		r = blockdev_set_tags(device, reply);
	if (r < 0) {
		set_failed(device, r);
		return;
	}
	device->state = BLOCKDEV_PROBED;
	device->announced = true;
	devices->ops->on_probed(devices->userdata, device);
}

/* Whether nobody of that name has been read before. */
static bool is_unknown(struct blockdevs *devices, const char *sysname)
{
	static char known[] = "known";

	return !strmap_get(&devices->known, sysname) &&
	       strmap_set(&devices->known, sysname, known) >= 0;
}

/* Has a worker read what stands on the device. */
static void probe(struct blockdev *device)
{
	struct blockdevs *devices = device->owner;
	struct worker_message request;
	int r;

	if (device->probe) {
		device->changed_meanwhile = true;
		return;
	}
	device->changed_meanwhile = false;
	device->state = BLOCKDEV_PROBING;
	device->probe_started_usec = clock_now_usec();
	device->is_new = is_unknown(devices, device->sysname);
	worker_message_init(&request, WORKER_PROBE, devices->names_wanted ? WORKER_PROBE_NAMES : 0);
	r = worker_message_add(&request, device->node);
	if (r >= 0)
		r = pool_submit(devices->pool, &request, POOL_PRIORITY_DEVICE, PROBE_TIMEOUT_USEC,
				on_probe_reply, device, &device->probe);
	if (r < 0)
		set_failed(device, r);
}

static int replace_attribute(const struct blockdev *device, const char *name, char **field)
{
	char text[256];
	int r;

	r = read_attribute(device->owner, device->sysname, name, text, sizeof(text));
	free(*field);
	*field = r > 0 ? strdup(text) : NULL;
	return r;
}

/*
 * Device-mapper's devices exist before they have a table and a name; the "change" event after
 * resume says that they are ready.
 */
static bool mapping_is_ready(struct blockdev *device)
{
	if (replace_attribute(device, "dm/name", &device->dm_name) < 0)
		return true;
	return read_number(device->owner, device->sysname, "dm/suspended") == 0;
}

/* Looks at the device again: in sysfs first, and if it can hold something, inside. */
static void refresh(struct blockdev *device)
{
	struct blockdevs *devices = device->owner;
	bool ready = mapping_is_ready(device);

	if (ready && read_number(devices, device->sysname, "size") > 0) {
		probe(device);
		return;
	}
	/* What is being read is no longer there. */
	cancel_probe(device);
	withdraw(device);
	device->state = BLOCKDEV_UNUSABLE;
}

static void update(struct blockdevs *devices, const char *sysname, bool changed)
{
	struct blockdev *device = find(devices, sysname);
	uint64_t diskseq;
	dev_t devnum;

	if (is_ignored(sysname))
		return;
	if (read_devnum(devices, sysname, &devnum) < 0) {
		/* Gone before we came to look. */
		if (device)
			remove_device(device);
		return;
	}
	diskseq = read_number(devices, sysname, "diskseq");
	if (device && (device->devnum != devnum || device->diskseq != diskseq)) {
		remove_device(device);
		device = NULL;
	}
	/*
	 * The kernel shows a disk in sysfs before it can be opened, and says "add" after that: what
	 * could not be read is worth another look.
	 */
	if (device && !changed &&
	    (device->state == BLOCKDEV_PROBING || device->state == BLOCKDEV_PROBED))
		return;
	if (!device)
		device = new_device(devices, sysname, devnum);
	if (!device) {
		log_warn("no memory for the device %s, going on without it", sysname);
		return;
	}
	device->diskseq = diskseq;
	refresh(device);
}

int blockdevs_new(struct pool *pool, const char *sysfs, const struct blockdevs_ops *ops,
		  void *userdata, struct blockdevs **ret_devices)
{
	struct blockdevs *devices = calloc(1, sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	list_init(&devices->list);
	devices->pool = pool;
	devices->ops = ops;
	devices->userdata = userdata;
	devices->sysfs = strdup(sysfs);
	if (!devices->sysfs) {
		free(devices);
		return -ENOMEM;
	}
	*ret_devices = devices;
	return 0;
}

struct blockdevs *blockdevs_free(struct blockdevs *devices)
{
	struct blockdev *device, *following;

	if (devices) {
		list_for_each_safe(device, following, &devices->list, link)
			free_device(device);
		strmap_done(&devices->known, NULL);
		free(devices->sysfs);
		free(devices);
	}
	return NULL;
}

void blockdevs_want_names(struct blockdevs *devices)
{
	struct blockdev *device, *following;

	if (devices->names_wanted)
		return;
	devices->names_wanted = true;
	list_for_each_safe(device, following, &devices->list, link)
		refresh(device);
}

void blockdevs_add(struct blockdevs *devices, const char *sysname)
{
	update(devices, sysname, false);
}

void blockdevs_change(struct blockdevs *devices, const char *sysname)
{
	update(devices, sysname, true);
}

void blockdevs_remove(struct blockdevs *devices, const char *sysname)
{
	struct blockdev *device = find(devices, sysname);

	if (device)
		remove_device(device);
}

void blockdevs_reconcile(struct blockdevs *devices)
{
	struct blockdev *device, *following;
	dev_t devnum;

	list_for_each_safe(device, following, &devices->list, link)
		if (read_devnum(devices, device->sysname, &devnum) < 0 || devnum != device->devnum)
			remove_device(device);
}

bool blockdevs_is_idle(const struct blockdevs *devices)
{
	const struct blockdev *device;

	list_for_each(device, &devices->list, link)
		if (device->probe)
			return false;
	return true;
}

bool blockdevs_have_news(const struct blockdevs *devices)
{
	const struct blockdev *device;

	list_for_each(device, &devices->list, link)
		if (device->probe && device->is_new)
			return true;
	return false;
}

void blockdevs_for_each(struct blockdevs *devices,
			void (*visit)(void *userdata, struct blockdev *device), void *userdata)
{
	struct blockdev *device, *following;

	list_for_each_safe(device, following, &devices->list, link)
		visit(userdata, device);
}

/*
 * The size of the UTF-8 character at @text, or 0 for a byte that is none or that a terminal would
 * obey: the control characters of ASCII and those of C1, which begin at U+0080.
 */
static size_t shown_size(const char *text)
{
	uint32_t character;
	size_t size = utf8_decode(text, &character);

	if (size > 0 && (character < 0x20 || (character >= 0x7f && character < 0xa0)))
		return 0;
	return size;
}

static void describe_tag(struct strbuf *buf, const char *key, const char *value)
{
	if (!*value)
		return;
	strbuf_printf(buf, " %s=\"", key);
	while (*value) {
		size_t size = shown_size(value);

		/* Tags come from disks: nothing that a terminal would obey may pass. */
		if (size > 0)
			strbuf_append_bytes(buf, value, size);
		else
			strbuf_printf(buf, "\\x%02x", (unsigned char)*value);
		value += size ? size : 1;
	}
	strbuf_append(buf, "\"");
}

/* They are there only if one of them is looked for. */
static void describe_names(const struct blockdev *device, const char *key, struct strbuf *buf)
{
	const char *name = NULL;

	while ((name = next_value(device, key, name)))
		describe_tag(buf, key, name);
}

void blockdev_get_source(const struct blockdev *device, char ret_source[static BLOCKDEV_SOURCE_MAX])
{
	if (device->dm_name)
		(void)snprintf(ret_source, BLOCKDEV_SOURCE_MAX, "/dev/mapper/%s", device->dm_name);
	else
		(void)snprintf(ret_source, BLOCKDEV_SOURCE_MAX, "%s", device->node);
}

void blockdev_describe(const struct blockdev *device, struct strbuf *buf)
{
	strbuf_printf(buf, "%s:", device->node);
	describe_tag(buf, "NAME", device->dm_name ? device->dm_name : "");
	switch (device->state) {
	case BLOCKDEV_UNUSABLE:
		strbuf_append(buf, " empty");
		return;
	case BLOCKDEV_PROBING:
		strbuf_append(buf, " still being read");
		return;
	case BLOCKDEV_FAILED:
		strbuf_printf(buf, " cannot be read: %s", strerror(-device->error));
		return;
	case BLOCKDEV_PROBED:
		break;
	}
	for (unsigned int i = 0; i < device->n_superblocks; i++) {
		const struct superblock *superblock = &device->superblocks[i];

		strbuf_append(buf, i ? " or" : "");
		describe_tag(buf, "TYPE", superblock->type);
		describe_tag(buf, "UUID", superblock->uuid);
		describe_tag(buf, "LABEL", superblock->label);
	}
	describe_tag(buf, "PTTYPE", device->pttype);
	describe_tag(buf, "PARTUUID", device->partuuid);
	describe_tag(buf, "PARTLABEL", device->partlabel);
	describe_names(device, "BYID", buf);
	describe_names(device, "BYPATH", buf);
	if (device->n_superblocks == 0 && !*device->pttype)
		strbuf_append(buf, " nothing known on it");
}
