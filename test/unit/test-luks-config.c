/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes are to be opened, of what the command line and the image's crypttab say together.
 */
#include "config/luks-config.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "crypt-text.h"
#include "support.h"

#define UUID  "2a1b7c1c-912f-4429-8887-58eb88cefd29"
#define OTHER "c156b2c0-d516-48d7-805b-a78bac83d818"
#define THIRD "f0479b00-1552-46ae-be6c-2a52ece53b73"

struct row {
	const char *name, *cmdline, *crypttab, *expected;
};

static const struct row rows[] = {
	{ "nothing", "", "", "" },
	{ "crypttab alone", "ro quiet", "a UUID=" UUID " /k discard\nb /dev/sdb",
	  "a uuid:" UUID " /k discard;b node:sdb;" },
	{ "command line alone", "rd.luks.uuid=" UUID, "", "luks-" UUID " uuid:" UUID ";" },
	{ "switched off", "rd.luks=0\nrd.luks.uuid=" UUID " cryptdevice=/dev/sda:a", "b /dev/sdb",
	  "" },
	{ "crypttab switched off", "rd.luks.crypttab=0 rd.luks.uuid=" UUID,
	  "a UUID=" UUID "\nb /dev/sdb", "luks-" UUID " uuid:" UUID ";" },

	{ "a UUID leaves only its line", "rd.luks.uuid=" UUID,
	  "a UUID=" UUID "\nb UUID=" OTHER "\nc /dev/sdb", "a uuid:" UUID ";" },
	{ "a name leaves only its line", "rd.luks.name=" UUID "=x",
	  "a UUID=" UUID "\nb UUID=" OTHER "\nc /dev/sdb", "a uuid:" UUID ";" },
	{ "dracut's words do so, too", "rd.luks.partuuid=1-2", "a UUID=" UUID "\nb PARTUUID=1-2",
	  "b partuuid:1-2;" },
	{ "bare options leave all lines", "rd.luks.options=discard", "a UUID=" UUID "\nb /dev/sdb",
	  "a uuid:" UUID ";b node:sdb;" },
	{ "options for a UUID leave all lines", "rd.luks.options=" OTHER "=discard",
	  "a UUID=" UUID "\nb UUID=" OTHER, "a uuid:" UUID ";b uuid:" OTHER " discard;" },
	{ "options for a UUID save its line",
	  "rd.luks.uuid=" UUID " rd.luks.options=" OTHER "=discard",
	  "a UUID=" UUID "\nb UUID=" OTHER "\nc UUID=" THIRD,
	  "a uuid:" UUID ";b uuid:" OTHER " discard;" },
	{ "a line for a link", "rd.luks.uuid=" UUID, "a /dev/disk/by-uuid/" UUID " /k",
	  "a uuid:" UUID " /k;" },
	{ "a line by its name", "rd.luks.uuid=" UUID, "luks-" UUID " /dev/sda2 /k\nb /dev/sdb",
	  "luks-" UUID " node:sda2 /k;" },
	{ "a line in another case", "rd.luks.uuid=" UUID,
	  "a UUID=2A1B7C1C-912F-4429-8887-58EB88CEFD29",
	  "a uuid:2A1B7C1C-912F-4429-8887-58EB88CEFD29;" },
	{ "a line for a part of a UUID", "rd.luks.uuid=2a1b7c1c", "a UUID=" UUID "\nb UUID=" OTHER,
	  "a uuid:" UUID ";" },
	{ "no line", "rd.luks.uuid=" UUID " rd.luks.name=" OTHER "=x", "c UUID=" THIRD,
	  "luks-" UUID " uuid:" UUID ";x uuid:" OTHER ";" },
	{ "lines come first", "rd.luks.uuid=" UUID " rd.luks.uuid=" OTHER, "b UUID=" OTHER,
	  "b uuid:" OTHER ";luks-" UUID " uuid:" UUID ";" },

	{ "name and key are the line's", "rd.luks.name=" UUID "=x rd.luks.key=" UUID "=/l",
	  "a UUID=" UUID " /k", "a uuid:" UUID " /k;" },
	{ "no key is the line's, too", "rd.luks.uuid=" UUID " rd.luks.key=/l",
	  "a UUID=" UUID " none", "a uuid:" UUID ";" },
	{ "options for its UUID replace the line's",
	  "rd.luks.uuid=" UUID " rd.luks.options=" UUID "=tries=1",
	  "a UUID=" UUID " /k discard,timeout=9", "a uuid:" UUID " /k tries=1;" },
	{ "bare options do not", "rd.luks.uuid=" UUID " rd.luks.options=tries=1",
	  "a UUID=" UUID " - discard", "a uuid:" UUID " discard;" },
	{ "bare options do not, where the line has none",
	  "rd.luks.uuid=" UUID " rd.luks.options=tries=1", "a UUID=" UUID, "a uuid:" UUID ";" },
	{ "bare options and key where there is no line",
	  "rd.luks.uuid=" UUID " rd.luks.options=tries=1 rd.luks.key=/k", "",
	  "luks-" UUID " uuid:" UUID " /k tries=1;" },
	{ "data of a line", "rd.luks.uuid=" UUID " rd.luks.data=" UUID "=/dev/sdb",
	  "a UUID=" UUID " /k", "a node:sdb /k header=@uuid:" UUID ";" },
	{ "header of a line", "rd.luks.uuid=" UUID " rd.luks.header=" UUID "=/h", "a UUID=" UUID,
	  "a uuid:" UUID " header=/h;" },
	{ "header among the options",
	  "rd.luks.uuid=" UUID " rd.luks.header=" UUID "=/h rd.luks.options=" UUID "=header=/i",
	  "a UUID=" UUID, "a uuid:" UUID " header=/i;" },

	{ "dracut's discards of all", "rd.luks.allow-discards",
	  "a UUID=" UUID "\nb /dev/sdb - luks", "a uuid:" UUID " discard;b node:sdb discard;" },
	{ "dracut's discards of one", "rd.luks.allow-discards=" UUID, "a UUID=" UUID "\nb /dev/sdb",
	  "a uuid:" UUID " discard;b node:sdb;" },
	{ "dracut's timeouts", "rd.luks.timeout=5 rd.luks.key.tout=6",
	  "a /dev/sda - timeout=1\nb /dev/sdb",
	  "a node:sda timeout=1000000us keyfile-timeout=6000000us;"
	  "b node:sdb timeout=5000000us keyfile-timeout=6000000us;" },

	{ "noauto", "", "a /dev/sda - noauto", "a node:sda noauto;" },
	{ "noauto of what is named", "rd.luks.uuid=" UUID, "a UUID=" UUID " - noauto",
	  "a uuid:" UUID ";" },
	{ "noauto of what is only described", "rd.luks.key=" UUID "=/k", "a UUID=" UUID " - noauto",
	  "a uuid:" UUID " noauto;" },
	{ "made anew at each start", "",
	  "s /dev/sda /dev/urandom swap\nt /dev/sdb /dev/urandom tmp", "" },

	{ "mkinitcpio's beside crypttab", "cryptdevice=/dev/sda:root", "home /dev/sdb /k",
	  "home node:sdb /k;root node:sda;" },
	{ "mkinitcpio's for the same device", "cryptdevice=UUID=" UUID ":root:discard",
	  "a UUID=" UUID " /k", "root uuid:" UUID " discard;" },
	{ "mkinitcpio's for the same name", "cryptdevice=/dev/sda:root", "root UUID=" UUID " /k",
	  "root node:sda;" },
	{ "genkernel's for the same name", "crypt_root=/dev/sda", "root UUID=" UUID,
	  "root node:sda;" },
	{ "Debian's for the same name", "cryptopts=source=/dev/sda", "cryptroot UUID=" UUID,
	  "cryptroot node:sda;" },
	{ "two dialects", "cryptdevice=UUID=" UUID ":root rd.luks.uuid=" UUID, "",
	  "root uuid:" UUID ";" },
	{ "two dialects, one with options", "cryptdevice=/dev/sda:root rd.luks.options=discard", "",
	  "root node:sda discard;" },
	{ "two dialects, two volumes of one name",
	  "rd.luks.name=" UUID "=root cryptdevice=/dev/sda:root", "",
	  "root uuid:" UUID
	  ";!the name root is taken by another volume, ignoring that on /dev/sda;" },

	{ "two lines of one name", "", "a /dev/sda\na /dev/sdb",
	  "a node:sda;!the name a is taken by another volume, ignoring that on /dev/sdb;" },
	{ "a line has the name of a UUID without one",
	  "rd.luks.name=" OTHER "=a rd.luks.uuid=" UUID, "a UUID=" UUID,
	  "a uuid:" UUID ";!the name a is taken by another volume, ignoring that on "
	  "UUID=" OTHER ";" },
	{ "two lines for one UUID", "rd.luks.uuid=" UUID, "a UUID=" UUID "\nb UUID=" UUID,
	  "a uuid:" UUID ";b uuid:" UUID ";" },
	{ "a part that names more than one line", "rd.luks.uuid=8",
	  "a UUID=" UUID "\nb UUID=" OTHER "\nc UUID=ab12", "a uuid:" UUID ";b uuid:" OTHER ";" },
	{ "a part, and the whole with options",
	  "rd.luks.uuid=2a1b rd.luks.options=" UUID "=discard", "a UUID=" UUID,
	  "a uuid:" UUID " discard;" },
};

static void merges(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct crypt_volume *volume;
	struct vec volumes, warnings = { 0 };
	struct crypttab crypttab;
	struct boot_config config;

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	assert_int_equal(config.warnings.n_items, 0);
	assert_int_equal(crypttab_parse(row->crypttab, &crypttab), 0);
	assert_int_equal(crypttab.warnings.n_items, 0);
	assert_int_equal(luks_config_merge(&config.luks, &crypttab, &volumes, &warnings), 0);
	assert_int_equal(crypttab.volumes.n_items, 0);
	vec_for_each(volume, &volumes) {
		append_volume(&text, volume);
	}
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	vec_done(&volumes, crypt_volume_free);
	vec_done(&warnings, free);
	crypttab_done(&crypttab);
	boot_config_done(&config);
}

struct found_row {
	const char *name, *cmdline, *expected;
	const char *device; /* NULL: /dev/sda3 */
};

/* Of a volume that is to be the root. */
static const struct found_row found_rows[] = {
	{ "nothing", "", "root node:sda3;" },
	{ "bare options", "rd.luks.options=tpm2-device=auto,discard",
	  "root node:sda3 discard tpm2-device=auto;" },
	{ "bare key", "rd.luks.key=/k", "root node:sda3 /k;" },
	{ "options for others", "rd.luks.options=" UUID "=discard rd.luks.key=" UUID "=/k",
	  "root node:sda3;" },
	{ "dracut's discards", "rd.luks.allow-discards", "root node:sda3 discard;" },
	{ "unknown options", "rd.luks.options=wonder",
	  "root node:sda3;!the options of root on the command line: the option wonder is not known "
	  "here, ignoring it;" },
	{ "options for it", "rd.luks.options=" UUID "=discard", "root uuid:" UUID " discard;",
	  "UUID=" UUID },
	{ "options for it, before a part of its UUID",
	  "rd.luks.options=" UUID "=discard rd.luks.uuid=2a1b", "root uuid:" UUID " discard;",
	  "UUID=" UUID },
	{ "options for it, after a part of its UUID",
	  "rd.luks.uuid=2a1b rd.luks.options=" UUID "=discard", "root uuid:" UUID " discard;",
	  "UUID=" UUID },
};

static void makes_volume(void **state)
{
	const struct found_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct crypt_volume *volume;
	struct device_spec device;
	struct vec warnings = { 0 };
	struct boot_config config;

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	assert_int_equal(device_spec_parse(row->device ? row->device : "/dev/sda3", &device), 0);
	assert_int_equal(luks_config_make_volume(&config.luks, &device, "root", &volume, &warnings),
			 0);
	append_volume(&text, volume);
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	crypt_volume_free(volume);
	device_spec_done(&device);
	vec_done(&warnings, free);
	boot_config_done(&config);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, merges, rows);
	TEST_ROWS(&list, makes_volume, found_rows);
	return test_list_run(&list);
}
