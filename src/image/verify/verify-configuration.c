/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the devices exist that the image's crypttab and the command line name. That is told from
 * udev's links and database; where there are none, as in a container, it is for kernel names only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "image/host/host-names.h"
#include "image/verify/configuration.h"

/* Says so if the machine has no device of that name; @where is the beginning of a sentence. */
static int need_device(struct configuration *configuration, const char *spec, const char *where,
		       bool is_vital)
{
	struct verification *verification = configuration->verification;
	_cleanup_free_ char *path = NULL;
	int r;

	r = host_names_find(configuration->reader, spec, &path);
	if (r != -ENOENT)
		return r == -ENOMEM ? r : 0;
	r = host_names_are_known(configuration->reader, spec);
	if (r < 0)
		return r;
	if (!is_vital)
		return verification_note(verification, "%s names the device %s, which is not here",
					 where, spec);
	if (r == 0)
		return verification_doubt(verification,
					  "%s names the device %s; whether this machine has it "
					  "cannot be told, as udev has left no such names",
					  where, spec);
	return verification_complain(verification,
				     "%s names the device %s, which this machine does not have",
				     where, spec);
}

/* dracut's part of a UUID and serial number of a disk are no names that udev makes links of. */
static bool can_be_looked_up(const struct device_spec *device)
{
	return device->kind != DEVICE_SPEC_UUID_PART && device->kind != DEVICE_SPEC_SERIAL;
}

/* A part of a UUID, as dracut takes it, has to be one of a UUID that there is. */
static int need_part(struct configuration *configuration, const struct crypt_volume *volume)
{
	struct verification *verification = configuration->verification;
	const char *part = volume->device.value;
	const struct host_volume *open;
	int r;

	vec_for_each(open, &verification->host->volumes) {
		if (open->uuid && strcasestr(open->uuid, part))
			return 0;
	}
	r = host_names_find_uuid_part(configuration->reader, part);

	if (r < 0)
		return r == -ENOMEM
			       ? r
			       : verification_doubt(verification,
						    "for a volume, %s names the part %s of a "
						    "UUID; whether this machine has one such "
						    "cannot be told, as udev has left no UUIDs",
						    configuration->line.noun, part);
	return r > 0 ? 0
		     : verification_complain(verification,
					     "for a volume, %s names the part %s of a UUID, and "
					     "this machine has none such",
					     configuration->line.noun, part);
}

static int check_volume(struct configuration *configuration, const struct crypt_volume *volume)
{
	_cleanup_free_ char *where = NULL;

	if (volume->options.noauto)
		return 0;
	if (volume->device.kind == DEVICE_SPEC_UUID_PART && !volume->options.nofail)
		return need_part(configuration, volume);
	if (!can_be_looked_up(&volume->device))
		return 0;
	where = volume->line > 0 ? str_format("line %u of the image's %s, for %s,", volume->line,
					      configuration->crypttab, volume->name)
				 : strdup("for a volume, the command line");
	return where ? need_device(configuration, volume->device.text, where,
				   !volume->options.nofail)
		     : -ENOMEM;
}

/* A mapped device is there only once it has been opened; the last three are no names of devices. */
static bool is_there_now(const struct device_spec *device)
{
	return device->kind != DEVICE_SPEC_NONE && device->kind != DEVICE_SPEC_MAPPER &&
	       device->kind != DEVICE_SPEC_GPT_AUTO && device->kind != DEVICE_SPEC_VIRTIOFS &&
	       device->kind != DEVICE_SPEC_9P;
}

static int check_named(struct configuration *configuration, const char *key,
		       const struct device_spec *device)
{
	_cleanup_free_ char *where = str_format("%s= of %s", key, configuration->line.noun);

	if (!is_there_now(device))
		return 0;
	return where ? need_device(configuration, device->text, where, true) : -ENOMEM;
}

/* Boot goes on without it, but not at once. */
static int check_resume(struct configuration *configuration)
{
	const struct device_spec *device = &configuration->boot.resume;
	_cleanup_free_ char *path = NULL;
	int r;

	if (!configuration->boot.resume_enabled || !is_there_now(device))
		return 0;
	r = host_names_find(configuration->reader, device->text, &path);
	if (r == -ENOENT)
		r = host_names_are_known(configuration->reader, device->text);
	else
		r = MIN(r, 0);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	return verification_warn(configuration->verification,
				 "resume= of %s names the device %s, which this machine does not "
				 "have: each start waits for it in vain, up to half a minute, and "
				 "then goes on without resuming",
				 configuration->line.noun, device->text);
}

static int check_devices(struct configuration *configuration)
{
	const struct boot_config *boot = &configuration->boot;
	const struct crypt_volume *volume;
	int r = check_named(configuration, "root", &boot->root);

	if (r >= 0 && boot->usr_is_given)
		r = check_named(configuration, "mount.usr", &boot->usr);
	if (r >= 0)
		r = check_resume(configuration);
	vec_for_each(volume, &configuration->volumes) {
		if (r >= 0)
			r = check_volume(configuration, volume);
	}
	return r;
}

static int judge(struct configuration *configuration)
{
	int r = check_devices(configuration);

	if (r >= 0)
		r = verify_forbidden(configuration);
	if (r >= 0)
		r = verify_root(configuration);
	if (r >= 0)
		r = verify_contents(configuration);
	if (r >= 0)
		r = verify_words(configuration);
	if (r >= 0 && verification_knows_init(configuration->verification))
		r = verify_volumes(configuration);
	return r;
}

int verify_configuration(struct verification *verification)
{
	struct configuration configuration;
	struct host unused = { 0 };
	struct host_reader reader;
	int r;

	if (!verification->host->has_sysfs)
		return 0;
	host_reader_open(verification->sysroot, &unused, &reader);
	r = configuration_read(verification, &reader, &configuration);
	if (r >= 0)
		r = judge(&configuration);
	configuration_done(&configuration);
	host_reader_close(&reader);
	host_done(&unused);
	return r;
}
