/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/device-spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

#define PARTNROFF "/PARTNROFF="

#define DIGITS_MAX        8
#define PACKED_DIGITS_MIN 3
#define MAJOR_MAX         0xfff
#define MINOR_MAX         0xfffff

/* How a name is written: as in fstab(5), in quotes perhaps, or as a link that udev would make. */
static const struct {
	enum device_spec_kind kind;
	const char *prefix;
	bool is_quoted, is_escaped;
} prefixes[] = {
	{ DEVICE_SPEC_UUID, "UUID=", true, false },
	{ DEVICE_SPEC_LABEL, "LABEL=", true, true },
	{ DEVICE_SPEC_PARTUUID, "PARTUUID=", true, false },
	{ DEVICE_SPEC_PARTLABEL, "PARTLABEL=", true, true },
	{ DEVICE_SPEC_UUID, "/dev/disk/by-uuid/", false, true },
	{ DEVICE_SPEC_LABEL, "/dev/disk/by-label/", false, true },
	{ DEVICE_SPEC_PARTUUID, "/dev/disk/by-partuuid/", false, true },
	{ DEVICE_SPEC_PARTLABEL, "/dev/disk/by-partlabel/", false, true },
	{ DEVICE_SPEC_ID, "/dev/disk/by-id/", false, false },
	{ DEVICE_SPEC_PATH, "/dev/disk/by-path/", false, false },
	{ DEVICE_SPEC_MAPPER, "/dev/mapper/", false, false },
};

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decodes the \xNN of udev's link names in place. */
static void unescape_hex(char *string)
{
	char *to = string;

	for (const char *from = string; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
		    isxdigit((unsigned char)from[3])) {
			*to = (char)(hex_digit(from[2]) * 16 + hex_digit(from[3]));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Removes one pair of quotes, as in UUID="…" from fstab or blkid output. */
static void unquote(char *value)
{
	size_t size = strlen(value);

	if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
		memmove(value, value + 1, size - 2);
		value[size - 2] = '\0';
	}
}

int device_spec_make(enum device_spec_kind kind, const char *value, struct device_spec *ret_spec)
{
	struct device_spec spec = { .kind = kind, .value = strdup(value), .text = strdup(value) };

	if (!spec.value || !spec.text || !*value) {
		device_spec_done(&spec);
		return *value ? -ENOMEM : -ENODATA;
	}
	*ret_spec = spec;
	return 0;
}

int device_spec_copy(const struct device_spec *spec, struct device_spec *ret_copy)
{
	struct device_spec copy = *spec;

	copy.value = spec->value ? strdup(spec->value) : NULL;
	copy.text = spec->text ? strdup(spec->text) : NULL;
	if ((spec->value && !copy.value) || (spec->text && !copy.text)) {
		device_spec_done(&copy);
		return -ENOMEM;
	}
	*ret_copy = copy;
	return 0;
}

bool device_spec_equal(const struct device_spec *a, const struct device_spec *b)
{
	bool is_uuid = a->kind == DEVICE_SPEC_UUID || a->kind == DEVICE_SPEC_UUID_PART ||
		       a->kind == DEVICE_SPEC_PARTUUID;

	if (a->kind != b->kind || a->partition_offset != b->partition_offset)
		return false;
	if (a->kind == DEVICE_SPEC_NONE)
		return true;
	return is_uuid ? strcasecmp(a->value, b->value) == 0 : str_equal(a->value, b->value);
}

/* The digits at the beginning of @text, so few that the number fits; or none at all. */
static size_t count_digits(const char *text, const char *digits)
{
	size_t size = strspn(text, digits);

	return size > DIGITS_MAX ? 0 : size;
}

static bool parse_major_minor(const char *text, dev_t *ret_devnum)
{
	static const char digits[] = "0123456789";
	size_t major_size = count_digits(text, digits), minor_size;
	unsigned long major_number, minor_number;

	if (major_size == 0 || text[major_size] != ':')
		return false;
	minor_size = count_digits(text + major_size + 1, digits);
	if (minor_size == 0 || text[major_size + 1 + minor_size])
		return false;
	major_number = strtoul(text, NULL, 10);
	minor_number = strtoul(text + major_size + 1, NULL, 10);
	*ret_devnum = makedev(major_number, minor_number);
	return major_number <= MAJOR_MAX && minor_number <= MINOR_MAX;
}

/* As the kernel and LILO write it, "0x801" or "801"; major 0x103 and minor 1 are "10301". */
static bool parse_packed(const char *text, dev_t *ret_devnum)
{
	const char *digits = str_after_prefix(text, "0x");
	unsigned long packed;
	size_t size;

	digits = digits ? digits : text;
	size = count_digits(digits, "0123456789abcdefABCDEF");
	if (size < PACKED_DIGITS_MIN || digits[size])
		return false;
	packed = strtoul(digits, NULL, 16);
	*ret_devnum = makedev((packed >> 8) & MAJOR_MAX,
			      (packed & 0xff) | ((packed >> 12) & (MINOR_MAX & ~0xffUL)));
	return true;
}

static int make_number(dev_t devnum, struct device_spec *ret_spec)
{
	_cleanup_free_ char *value = str_format("%u:%u", major(devnum), minor(devnum));
	int r = value ? device_spec_make(DEVICE_SPEC_NUMBER, value, ret_spec) : -ENOMEM;

	if (r >= 0)
		ret_spec->devnum = devnum;
	return r;
}

/* Cuts "/PARTNROFF=n" off a PARTUUID. */
static int cut_partition_offset(char *value, int *ret_offset)
{
	char *suffix = strstr(value, PARTNROFF);

	*ret_offset = 0;
	if (!suffix)
		return 0;
	if (str_parse_int(suffix + strlen(PARTNROFF), ret_offset) < 0)
		return -EINVAL;
	*suffix = '\0';
	return 0;
}

static int make_named(size_t prefix, const char *raw_value, struct device_spec *ret_spec)
{
	enum device_spec_kind kind = prefixes[prefix].kind;
	_cleanup_free_ char *value = strdup(raw_value);
	int offset = 0, r = 0;

	if (!value)
		return -ENOMEM;
	if (prefixes[prefix].is_quoted)
		unquote(value);
	if (prefixes[prefix].is_escaped)
		unescape_hex(value);
	if (kind == DEVICE_SPEC_PARTUUID)
		r = cut_partition_offset(value, &offset);
	if (r >= 0)
		r = device_spec_make(kind, value, ret_spec);
	if (r >= 0)
		ret_spec->partition_offset = offset;
	return r;
}

/* Whatever else is below /dev. */
static int make_node(const char *text, struct device_spec *ret_spec)
{
	const char *name = str_after_prefix(text, "/dev/");

	if (!name)
		return -EINVAL;
	if (str_after_prefix(name, "disk/"))
		return -EOPNOTSUPP;
	return device_spec_make(DEVICE_SPEC_NODE, name, ret_spec);
}

static int parse_unquoted(const char *text, struct device_spec *ret_spec)
{
	dev_t devnum;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *value = str_after_prefix(text, prefixes[i].prefix);

		if (value)
			return make_named(i, value, ret_spec);
	}
	if (parse_major_minor(text, &devnum) || parse_packed(text, &devnum))
		return make_number(devnum, ret_spec);
	return make_node(text, ret_spec);
}

/* What the kernel's own NFS root and dracut write. */
static bool is_on_network(const char *text)
{
	static const char *const prefixes_of_network[] = { "nfs:", "nfs4:", "cifs:", "nbd:",
							   "iscsi:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes_of_network); i++)
		if (str_after_prefix(text, prefixes_of_network[i]))
			return true;
	return str_list_has("/dev/nfs,/dev/cifs,nfs,dhcp,dhcp6", text);
}

/* "/dev/gpt-auto-root" and by-designator/root are what systemd's udev rules call it. */
static bool is_gpt_auto(const char *text)
{
	return str_list_has("gpt-auto,gpt-auto-force,/dev/gpt-auto-root,/dev/gpt-auto-root-luks,"
			    "/dev/disk/by-designator/root,/dev/disk/by-designator/root-luks",
			    text);
}

/* Whether the first of @types is @type. */
static bool begins_with_type(const char *types, const char *type)
{
	return types && str_item_is(types, strcspn(types, ","), type);
}

static int parse_unquoted_mount(const char *text, const char *types, struct device_spec *ret_spec)
{
	static const struct {
		enum device_spec_kind kind;
		const char *type, *prefix;
	} tagged[] = {
		{ DEVICE_SPEC_VIRTIOFS, "virtiofs", "virtiofs:" },
		{ DEVICE_SPEC_9P, "9p", "9p:" },
		{ DEVICE_SPEC_9P, "9p", "virtfs:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tagged); i++) {
		const char *tag = str_after_prefix(text, tagged[i].prefix);

		if (tag)
			return device_spec_make(tagged[i].kind, tag, ret_spec);
	}
	for (size_t i = 0; i < ARRAY_SIZE(tagged); i++)
		if (begins_with_type(types, tagged[i].type))
			return device_spec_make(tagged[i].kind, text, ret_spec);
	if (is_on_network(text))
		return -EPROTONOSUPPORT;
	if (is_gpt_auto(text)) {
		int r = device_spec_make(DEVICE_SPEC_GPT_AUTO, text, ret_spec);

		if (r >= 0)
			*ret_spec->value = '\0';
		return r;
	}
	return parse_unquoted(text, ret_spec);
}

static int parse(const char *text, bool is_mount, const char *types, struct device_spec *ret_spec)
{
	_cleanup_free_ char *copy = strdup(text), *plain = strdup(text);
	struct device_spec spec;
	int r;

	if (!copy || !plain)
		return -ENOMEM;
	unquote(plain);
	r = is_mount ? parse_unquoted_mount(plain, types, &spec) : parse_unquoted(plain, &spec);
	if (r < 0)
		return r;
	free(spec.text);
	spec.text = TAKE_PTR(copy);
	*ret_spec = spec;
	return 0;
}

int device_spec_parse(const char *text, struct device_spec *ret_spec)
{
	return parse(text, false, NULL, ret_spec);
}

int device_spec_parse_mount(const char *text, const char *types, struct device_spec *ret_spec)
{
	return parse(text, true, types, ret_spec);
}

bool device_spec_is_udev_name(const struct device_spec *spec)
{
	return spec->kind == DEVICE_SPEC_ID || spec->kind == DEVICE_SPEC_PATH ||
	       spec->kind == DEVICE_SPEC_SERIAL;
}

bool device_spec_is_unique(const struct device_spec *spec)
{
	switch (spec->kind) {
	case DEVICE_SPEC_NONE:
	case DEVICE_SPEC_NODE:
	case DEVICE_SPEC_MAPPER:
	case DEVICE_SPEC_NUMBER:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return true;
	case DEVICE_SPEC_UUID:
	case DEVICE_SPEC_UUID_PART:
	case DEVICE_SPEC_LABEL:
	case DEVICE_SPEC_PARTUUID:
	case DEVICE_SPEC_PARTLABEL:
	case DEVICE_SPEC_ID:
	case DEVICE_SPEC_PATH:
	case DEVICE_SPEC_SERIAL:
	case DEVICE_SPEC_GPT_AUTO:
		break;
	}
	return false;
}

const char *device_spec_error(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "is a kind of link that is not resolved here";
	case -EPROTONOSUPPORT:
		return "is on the network, where nothing is looked for here";
	case -ENODATA:
		return "lacks the value";
	case -ENOMEM:
		return "does not fit into memory";
	}
	return "is not a device that can be looked for";
}

bool device_spec_lacks_dev(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
	static const struct {
		const char *prefix,
			*next; /* of the characters behind the prefix the first is one */
	} names[] = {
		{ "sd", letters },       { "vd", letters },  { "hd", letters },
		{ "xvd", letters },      { "nvme", digits }, { "mmcblk", digits },
		{ "md", digits },        { "dm-", digits },  { "mapper/", letters },
		{ "disk/by-", letters },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *rest = str_after_prefix(text, names[i].prefix);

		if (rest && *rest && strchr(names[i].next, *rest))
			return true;
	}
	return false;
}

void device_spec_done(struct device_spec *spec)
{
	free(spec->value);
	free(spec->text);
	*spec = (struct device_spec){ 0 };
}
