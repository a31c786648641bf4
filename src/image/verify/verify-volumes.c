/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which encrypted volumes /init will open, by the rules that it goes by itself, and whether those
 * are among them that root, /usr and the hibernated system are on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/crypt-served.h"
#include "config/crypt-volume.h"
#include "config/token-kind.h"
#include "image/host/host-contents.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"
#include "image/verify/configuration.h"
#include "kindling/image-layout.h"

/* Which of the volumes that are opened is that one: by its device, or else, if that cannot be
 * looked up, by its name. */
static int find_opener(const struct configuration *configuration, const struct host_volume *open,
		       const struct crypt_volume **ret_volume)
{
	const struct crypt_volume *volume, *namesake = NULL;

	*ret_volume = NULL;
	vec_for_each(volume, &configuration->volumes) {
		int r;

		if (!configuration_opens(configuration, volume))
			continue;
		r = configuration_names_volume(configuration, &volume->device, open);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret_volume = volume;
			return 0;
		}
		if (volume->name && str_equal(volume->name, open->name))
			namesake = volume;
	}
	if (namesake && host_names_are_known(configuration->reader, namesake->device.text) == 0)
		*ret_volume = namesake;
	return 0;
}

/* root= may name the LUKS volume itself, which is opened then; and so may the partition's type. */
static int is_root_itself(const struct configuration *configuration, const struct host_volume *open)
{
	const struct boot_config *boot = &configuration->boot;

	if (!boot->luks.enabled)
		return 0;
	if (boot->root.kind == DEVICE_SPEC_NONE && !configuration->line.text)
		return 0;
	if (boot->root.kind == DEVICE_SPEC_NONE || boot->root.kind == DEVICE_SPEC_GPT_AUTO)
		return str_equal(open->goal, "/");
	return configuration_names_volume(configuration, &boot->root, open);
}

static int complain_of_closed(struct configuration *configuration, const struct host_volume *open)
{
	struct verification *verification = configuration->verification;

	if (!configuration->boot.luks.enabled)
		return verification_complain(verification,
					     "%s is on the LUKS volume %s, and rd.luks=0 on %s "
					     "keeps it closed: take that word away",
					     open->goal, open->name, configuration->line.noun);
	if (!configuration->line.text)
		return verification_doubt(verification,
					  "%s is on the LUKS volume %s, which nothing in the image "
					  "opens; whether the command line does cannot be told, %s",
					  open->goal, open->name, configuration->line.reason);
	return verification_complain(
		verification,
		"%s is on the LUKS volume %s, which nothing opens: add rd.luks.name=%s=%s to %s, "
		"or the line \"%s UUID=%s none luks\" to the image's crypttab",
		open->goal, open->name, open->uuid, open->name, configuration->line.noun,
		open->name, open->uuid);
}

static int check_open_volume(struct configuration *configuration, const struct host_volume *open)
{
	const struct crypt_volume *opener;
	const char *refusal;
	int r = find_opener(configuration, open, &opener);

	if (r < 0)
		return r;
	if (!opener) {
		r = is_root_itself(configuration, open);
		configuration->verification->n_volumes += r > 0;
		return r == 0 ? complain_of_closed(configuration, open) : r;
	}
	configuration->verification->n_volumes++;
	refusal = crypt_served_refuse(opener);
	return refusal ? verification_complain(configuration->verification,
					       "%s is on the volume %s, which cannot be opened: %s",
					       open->goal, open->name, refusal)
		       : 0;
}

/* Without a header it is no volume of LUKS, and what that means is said elsewhere. */
static int check_open_volumes(struct configuration *configuration)
{
	const struct host_volume *open;
	int r = 0;

	vec_for_each(open, &configuration->verification->host->volumes) {
		if (r >= 0 && open->is_essential && open->uuid)
			r = check_open_volume(configuration, open);
	}
	return r;
}

static bool is_opened_as(const struct configuration *configuration, const char *name)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, &configuration->volumes) {
		if (volume->name && str_equal(volume->name, name) &&
		    configuration_opens(configuration, volume))
			return true;
	}
	return false;
}

typedef int (*sentence_fn)(struct verification *verification, const char *format, ...)
	_printf_(2, 3);

/*
 * The mapping that is awaited gets its name from who opens it. Without the one to resume
 * from the root is reached all the same.
 */
static int check_mapping(struct configuration *configuration, const struct configuration_spec *spec)
{
	bool is_resume = spec->device == &configuration->boot.resume;
	sentence_fn complain = is_resume ? verification_warn : verification_complain,
		    doubt = is_resume ? verification_warn : verification_doubt;
	const char *name = spec->device->value;
	const struct host_volume *open = host_get_volume(configuration->verification->host, name);
	const struct crypt_volume *opener = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	if (is_opened_as(configuration, name))
		return 0;
	if (!open) {
		r = host_names_find(configuration->reader, spec->device->text, &path);
		if (r >= 0 || r == -ENOMEM)
			return MIN(r, 0); /* a volume of another kind, of which others complain */
	} else {
		r = find_opener(configuration, open, &opener);
		if (r < 0)
			return r;
	}
	if (opener)
		return complain(configuration->verification,
				"%s=%s of %s does not come about: the LUKS volume is "
				"opened as %s; add rd.luks.name=%s=%s",
				spec->key, spec->device->text, configuration->line.noun,
				opener->name, open->uuid ? open->uuid : "UUID", name);
	if (open && open->is_essential)
		return 0; /* has been complained of */
	if (!configuration->line.text)
		return doubt(configuration->verification,
			     "%s=%s is the name of a volume that nothing in the image "
			     "opens; whether the command line does cannot be told, %s",
			     spec->key, spec->device->text, configuration->line.reason);
	return complain(configuration->verification,
			"%s=%s is the name of a volume that nothing opens: add "
			"rd.luks.name=UUID=%s to %s, with the UUID of its LUKS "
			"header",
			spec->key, spec->device->text, name, configuration->line.noun);
}

static int check_mappings(struct configuration *configuration)
{
	struct configuration_spec specs[CONFIGURATION_SPECS_MAX];
	size_t n_specs = configuration_list_specs(configuration, specs);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n_specs; i++)
		if (specs[i].device->kind == DEVICE_SPEC_MAPPER)
			r = check_mapping(configuration, &specs[i]);
	return r;
}

/* The beginning of a sentence about the volume. */
static char *make_where(const struct configuration *configuration,
			const struct crypt_volume *volume)
{
	const char *name = volume->name ? volume->name : volume->device.text;

	return volume->line > 0 ? str_format("line %u of the image's %s, for %s,", volume->line,
					     configuration->crypttab, name)
				: str_format("%s, for %s,", configuration->line.noun, name);
}

static bool lacks_key_file(const struct configuration *configuration,
			   const struct crypt_volume *volume)
{
	return volume->key.path && volume->key.device.kind == DEVICE_SPEC_NONE &&
	       !contents_lookup(configuration->verification->contents, volume->key.path);
}

static bool lacks_plug_in(const struct configuration *configuration, enum token_kind kind)
{
	_cleanup_free_ char *path = str_format(IMAGE_TOKEN_PLUG_INS "/libcryptsetup-token-%s.so",
					       token_kind_get_type(kind));

	return path && !contents_lookup(configuration->verification->contents, path);
}

/* What shall open it and cannot, for want of a plug-in; or NULL. */
static const char *find_useless_token(const struct configuration *configuration,
				      const struct crypt_options *options)
{
	if (options->tpm2_device && lacks_plug_in(configuration, TOKEN_KIND_TPM2))
		return token_kind_get_title(TOKEN_KIND_TPM2);
	if (options->fido2_device && lacks_plug_in(configuration, TOKEN_KIND_FIDO2))
		return token_kind_get_title(TOKEN_KIND_FIDO2);
	return NULL;
}

/* What of its options comes to nothing, though it can be opened. */
static int warn_of_options(struct configuration *configuration, const struct crypt_volume *volume)
{
	_cleanup_free_ char *where = make_where(configuration, volume);
	_cleanup_strbuf_ struct strbuf unserved = { 0 };
	const char *refusal = crypt_served_refuse(volume);
	const char *token = find_useless_token(configuration, &volume->options);

	if (!where)
		return -ENOMEM;
	if (refusal)
		return verification_warn(configuration->verification,
					 "%s is for a volume that stays closed: %s", where,
					 refusal);
	if (lacks_key_file(configuration, volume))
		return verification_warn(configuration->verification,
					 "%s has the key file %s, which is not in the image: the "
					 "passphrase will be asked for",
					 where, volume->key.path);
	if (token)
		return verification_warn(configuration->verification,
					 "%s shall be opened by %s, and the image has no plug-in "
					 "for that: the passphrase will be asked for",
					 where, token);
	crypt_served_append_unserved(volume, &unserved);
	if (unserved.failed)
		return -ENOMEM;
	if (unserved.size == 0)
		return 0;
	return verification_warn(configuration->verification,
				 "%s asks for %s, which /init does not serve yet: the passphrase "
				 "will be asked for",
				 where, strbuf_string(&unserved));
}

/* A header that lies elsewhere leaves its device without any. */
static bool needs_header(const struct crypt_volume *volume)
{
	const struct key_source *header = &volume->options.header;

	return !header->path && header->device.kind == DEVICE_SPEC_NONE &&
	       !volume->options.nofail && !crypt_served_refuse(volume);
}

static bool is_open_volume(const struct configuration *configuration, const char *path)
{
	const struct host_volume *open;

	vec_for_each(open, &configuration->verification->host->volumes) {
		if (open->device && open->uuid && str_equal(open->device, path))
			return true;
	}
	return false;
}

/* Whether the device of a volume that is to be opened is one. */
static int check_header(struct configuration *configuration, const struct crypt_volume *volume)
{
	_cleanup_free_ char *path = NULL, *type = NULL, *where = NULL;
	int r = host_names_find(configuration->reader, volume->device.text, &path);

	if (r >= 0)
		r = is_open_volume(configuration, path)
			    ? 0
			    : host_contents_find(configuration->reader, path, &type);
	if (r <= 0 || (type && str_equal(type, "crypto_LUKS")))
		return r == -ENOMEM ? r : 0;
	where = make_where(configuration, volume);
	return where ? verification_complain(configuration->verification,
					     "%s names the device %s, which is %s, not a LUKS "
					     "volume",
					     where, volume->device.text,
					     type ? type : "blank or partitioned")
		     : -ENOMEM;
}

int verify_volumes(struct configuration *configuration)
{
	const struct crypt_volume *volume;
	int r;

	r = check_open_volumes(configuration);
	if (r >= 0)
		r = check_mappings(configuration);
	vec_for_each(volume, &configuration->volumes) {
		if (r >= 0 && configuration_opens(configuration, volume))
			r = warn_of_options(configuration, volume);
		if (r >= 0 && configuration_opens(configuration, volume) && needs_header(volume))
			r = check_header(configuration, volume);
	}
	return r;
}
