/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of options, and whole files: what differs from the defaults, then the complaints. */
#include "config/crypttab.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/crypt-options.h"
#include "crypt-text.h"
#include "support.h"

struct row {
	const char *name, *text, *expected;
};

/* The names of options in the name's place. */
static const struct row option_rows[] = {
	{ "nothing", "", "" },
	{ "luks", "luks", "" },
	{ "plain", "plain", " plain" },
	{ "tcrypt", "tcrypt", " tcrypt" },
	{ "bitlk", "bitlk", " bitlk" },
	{ "fvault2", "fvault2", " fvault2" },
	{ "the last type wins", "plain,luks", "" },
	{ "header", "header=/h", " header=/h" },
	{ "header on a device", "header=/h:LABEL=boot", " header=/h@label:boot" },
	{ "header that is a device", "header=/dev/sdb", " header=@node:sdb" },
	{ "header relative", "header=h", "!here: header=h makes no sense, ignoring it;" },
	{ "key-slot", "key-slot=0", " key-slot=0" },
	{ "keyslot", "keyslot=31", " key-slot=31" },
	{ "key-slot too high", "key-slot=32", "!here: key-slot=32 makes no sense, ignoring it;" },
	{ "key-slot negative", "key-slot=-1", "!here: key-slot=-1 makes no sense, ignoring it;" },

	{ "noauto", "noauto", " noauto" },
	{ "auto", "noauto,auto", "" },
	{ "nofail", "nofail", " nofail" },
	{ "fail", "nofail,fail", "" },
	{ "_netdev", "_netdev", " netdev" },
	{ "x-initrd.attach", "x-initrd.attach", " attach" },
	{ "initramfs", "initramfs", " attach" },
	{ "noinitramfs", "initramfs,noinitramfs", "" },
	{ "force", "force", " attach" },
	{ "swap", "swap", " scratch" },
	{ "tmp", "tmp", " scratch" },
	{ "tmp=", "tmp=ext4", " scratch" },
	{ "x-systemd.device-timeout", "x-systemd.device-timeout=5min",
	  " device-timeout=300000000us" },
	{ "x-systemd.device-timeout=0", "x-systemd.device-timeout=0", " device-timeout=ever" },

	{ "discard", "discard", " discard" },
	{ "allow-discards", "allow-discards", " discard" },
	{ "discard=no", "discard,discard=no", "" },
	{ "readonly", "readonly", " readonly" },
	{ "read-only", "read-only", " readonly" },
	{ "same-cpu-crypt", "same-cpu-crypt", " same-cpu-crypt" },
	{ "submit-from-crypt-cpus", "submit-from-crypt-cpus", " submit-from-crypt-cpus" },
	{ "no-read-workqueue", "no-read-workqueue", " no-read-workqueue" },
	{ "no-write-workqueue", "no-write-workqueue", " no-write-workqueue" },
	{ "mkinitcpio's names",
	  "perf-same_cpu_crypt,perf-submit_from_crypt_cpus,perf-no_read_workqueue,"
	  "perf-no_write_workqueue",
	  " same-cpu-crypt submit-from-crypt-cpus no-read-workqueue no-write-workqueue" },
	{ "link-volume-key", "link-volume-key=@u::%user:vk", " link-volume-key=@u::%user:vk" },
	{ "fixate-volume-key", "fixate-volume-key=ab12", " fixate-volume-key=ab12" },

	{ "cipher", "cipher=aes-xts-plain64", " cipher=aes-xts-plain64" },
	{ "hash", "hash=sha256", " hash=sha256" },
	{ "size", "size=512", " size=512" },
	{ "offset", "offset=8", " offset=8" },
	{ "skip", "skip=16", " skip=16" },
	{ "sector-size", "sector-size=4096", " sector-size=4096" },
	{ "size that is none", "size=big", "!here: size=big makes no sense, ignoring it;" },
	{ "size of nothing", "size=", "!here: size= makes no sense, ignoring it;" },
	{ "bare size", "size", "!here: size needs a value, ignoring it;" },
	{ "tcrypt-hidden", "tcrypt-hidden", " tcrypt-hidden" },
	{ "tcrypthidden", "tcrypthidden", " tcrypt-hidden" },
	{ "tcrypt-system", "tcrypt-system", " tcrypt-system" },
	{ "tcrypt-veracrypt", "tcrypt-veracrypt", " tcrypt-veracrypt" },
	{ "veracrypt", "veracrypt", " tcrypt-veracrypt" },
	{ "veracrypt-pim", "veracrypt-pim=485", " veracrypt-pim=485" },
	{ "tcrypt-keyfile", "tcrypt-keyfile=/a,tcrypt-keyfile=/b",
	  " tcrypt-keyfile=/a tcrypt-keyfile=/b" },

	{ "tries", "tries=1", " tries=1" },
	{ "tries without end", "tries=0", " tries=0" },
	{ "tries negative", "tries=-1", "!here: tries=-1 makes no sense, ignoring it;" },
	{ "timeout", "timeout=90", " timeout=90000000us" },
	{ "timeout with a unit", "timeout=2min", " timeout=120000000us" },
	{ "timeout 0", "timeout=0", " timeout=ever" },
	{ "timeout senseless", "timeout=x", "!here: timeout=x makes no sense, ignoring it;" },
	{ "verify", "verify", "" },
	{ "headless", "headless", " headless" },
	{ "headless=", "headless=true", " headless" },
	{ "headless=no", "headless,headless=no", "" },
	{ "headless=maybe", "headless=maybe",
	  "!here: headless=maybe makes no sense, ignoring it;" },
	{ "try-empty-password", "try-empty-password", " try-empty-password" },
	{ "password-echo=yes", "password-echo=yes", " password-echo=yes" },
	{ "password-echo=no", "password-echo=no", " password-echo=no" },
	{ "password-echo=masked", "password-echo=no,password-echo=masked",
	  " password-echo=masked" },
	{ "password-echo bare", "password-echo",
	  "!here: password-echo needs a value, ignoring it;" },
	{ "password-cache=no", "password-cache=no", " password-cache=no" },
	{ "password-cache=read-only", "password-cache=read-only", " password-cache=read-only" },
	{ "password-cache=yes", "password-cache=no,password-cache=yes", "" },

	{ "keyfile-offset", "keyfile-offset=1024", " keyfile-offset=1024" },
	{ "keyfile-size", "keyfile-size=512", " keyfile-size=512" },
	{ "keyfile-timeout", "keyfile-timeout=10s", " keyfile-timeout=10000000us" },
	{ "keyfile-erase", "keyfile-erase", " keyfile-erase" },
	{ "keyscript", "keyscript=decrypt_keyctl", " keyscript=decrypt_keyctl" },
	{ "check", "check", " check=" },
	{ "check=", "check=blkid,checkargs=ext4", " check=blkid checkargs=ext4" },

	{ "token-timeout", "token-timeout=30", " token-timeout=30000000us" },
	{ "tpm2-device", "tpm2-device=auto", " tpm2-device=auto" },
	{ "tpm2-device bare", "tpm2-device", "!here: tpm2-device needs a value, ignoring it;" },
	{ "tpm2-pcrs", "tpm2-pcrs=7+11", " tpm2-pcrs=7+11" },
	{ "tpm2-signature", "tpm2-signature=/s", " tpm2-signature=/s" },
	{ "tpm2-pcrlock", "tpm2-pcrlock=/p", " tpm2-pcrlock=/p" },
	{ "tpm2-pin", "tpm2-pin=yes", " tpm2-pin" },
	{ "tpm2-measure-pcr=yes", "tpm2-measure-pcr=yes", " tpm2-measure-pcr=15" },
	{ "tpm2-measure-pcr=no", "tpm2-measure-pcr=yes,tpm2-measure-pcr=no", "" },
	{ "tpm2-measure-pcr=", "tpm2-measure-pcr=1", " tpm2-measure-pcr=1" },
	{ "tpm2-measure-pcr too high", "tpm2-measure-pcr=24",
	  "!here: tpm2-measure-pcr=24 makes no sense, ignoring it;" },
	{ "tpm2-measure-bank", "tpm2-measure-bank=sha256", " tpm2-measure-bank=sha256" },
	{ "tpm2-measure-keyslot-nvpcr", "tpm2-measure-keyslot-nvpcr=x",
	  " tpm2-measure-keyslot-nvpcr=x" },
	{ "fido2-device", "fido2-device=/dev/hidraw1", " fido2-device=/dev/hidraw1" },
	{ "fido2-cid", "fido2-cid=ab==", " fido2-cid=ab==" },
	{ "fido2-rp", "fido2-rp=org.example", " fido2-rp=org.example" },
	{ "fido2-pin", "fido2-pin=no", " fido2-pin=no" },
	{ "fido2-up", "fido2-up=1", " fido2-up=yes" },
	{ "fido2-uv", "fido2-uv", " fido2-uv=yes" },
	{ "pkcs11-uri", "pkcs11-uri=pkcs11:a;b", " pkcs11-uri=pkcs11:a;b" },

	{ "for others", "loud,quiet,noearly,none,-,x-whatever,x-systemd.automount=1", "" },
	{ "left by dracut", "timeout=0,-", " timeout=ever" },
	{ "commas alone", ",,,discard,", " discard" },
	{ "a comma in a value", "pkcs11-uri=a\\,b,discard", " discard pkcs11-uri=a,b" },
	{ "backslashes", "checkargs=a\\\\b\\c\\", " checkargs=a\\b\\c\\" },
	{ "unknown", "wonder,discard,tpm3=1",
	  " discard!here: the option wonder is not known here, ignoring it;"
	  "!here: the option tpm3 is not known here, ignoring it;" },
	{ "names that begin alike", "discards,sizes=1",
	  "!here: the option discards is not known here, ignoring it;"
	  "!here: the option sizes is not known here, ignoring it;" },
	{ "bytes that are no text", "\xff=\x80",
	  "!here: the option \xff is not known here, ignoring it;" },
	{ "the last value wins", "hash=a,hash=b", " hash=b" },
	{ "a value is needed", "hash=", "!here: hash needs a value, ignoring it;" },
	{ "no value is taken", "luks=1", "!here: luks=1 makes no sense, ignoring it;" },
};

static void parses_options(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct crypt_options options;
	struct vec warnings = { 0 };

	assert_int_equal(crypt_options_parse(row->text, "here", &options, &warnings), 0);
	append_options(&text, &options);
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	crypt_options_done(&options);
	vec_done(&warnings, free);
}

static const struct row rows[] = {
	{ "empty", "", "" },
	{ "comments", "# a b\n  # c d\n\t\n\n", "" },
	{ "two fields", "root UUID=12", "root uuid:12;" },
	{ "four fields", "root UUID=12 /key discard\n", "root uuid:12 /key discard;" },
	{ "tabs and carriage returns", "root\t UUID=12\t-\tdiscard\r\n", "root uuid:12 discard;" },
	{ "no key", "a /dev/sda none\nb /dev/sdb -\n", "a node:sda;b node:sdb;" },
	{ "key on a device", "a /dev/sda /k:LABEL=keys", "a node:sda /k@label:keys;" },
	{ "key on a device by its path", "a /dev/sda /k:/dev/disk/by-id/usb-x",
	  "a node:sda /k@id:usb-x;" },
	{ "colon in the path of a key", "a /dev/sda /k:l", "a node:sda /k:l;" },
	{ "key that is a device", "a /dev/sda /dev/disk/by-id/key keyfile-offset=1024",
	  "a node:sda @id:key keyfile-offset=1024;" },
	{ "key that is made up", "s /dev/sda /dev/urandom swap",
	  "s node:sda /dev/urandom scratch;" },
	{ "Debian's key on a stick", "a /dev/sda /dev/disk/by-label/keys:/k:10 luks",
	  "a node:sda /k@label:keys;" },
	{ "relative key", "a /dev/sda k",
	  "a node:sda;!line 1 of crypttab: the key file k is no absolute path, going on without "
	  "it;" },
	{ "what a keyscript gets", "a /dev/sda crypt_disks luks,keyscript=decrypt_keyctl",
	  "a node:sda (crypt_disks) keyscript=decrypt_keyctl;" },
	{ "escapes", "a LABEL=my\\040disk /my\\040key", "a label:my disk /my key;" },
	{ "escapes that are none", "a LABEL=a\\000b\\9\\40 -", "a label:a\\000b\\9\\40;" },
	{ "udev's escapes", "a /dev/disk/by-label/my\\x20disk", "a label:my disk;" },
	{ "quotes", "a UUID=\"12\"", "a uuid:12;" },
	{ "number", "a 8:1", "a number:8:1;" },
	{ "one field", "lone\nb /dev/sdb",
	  "b node:sdb;!line 1 of crypttab names no device for lone, ignoring the line;" },
	{ "five fields", "a /dev/sda - discard # comment\n",
	  "a node:sda discard;!line 1 of crypttab has more than four fields, ignoring the rest;" },
	{ "no device", "a /home/x.img\nb /dev/sdb\n",
	  "b node:sdb;!line 1 of crypttab: /home/x.img is not a device that can be looked for, "
	  "ignoring the line;" },
	{ "no value",
	  "\na UUID=", "!line 2 of crypttab: UUID= lacks the value, ignoring the line;" },
	{ "name with a slash", "a/b /dev/sda",
	  "!line 1 of crypttab: a/b cannot be the name of a volume, ignoring the line;" },
	{ "name that is taken", "control /dev/sda",
	  "!line 1 of crypttab: control cannot be the name of a volume, ignoring the line;" },
	{ "name that leads out", ".. /dev/sda",
	  "!line 1 of crypttab: .. cannot be the name of a volume, ignoring the line;" },
	{ "bad option", "a /dev/sda - wonder,discard\nb /dev/sdb - discard",
	  "a node:sda discard;b node:sdb discard;"
	  "!line 1 of crypttab: the option wonder is not known here, ignoring it;" },
	{ "bytes that are no text", "\xff /dev/\x80 \xfe \xfd",
	  "\xff node:\x80;"
	  "!line 1 of crypttab: the option \xfd is not known here, ignoring it;"
	  "!line 1 of crypttab: the key file \xfe is no absolute path, going on without it;" },

	{ "an installer's: Fedora",
	  "luks-2a1b7c1c-912f-4429-8887-58eb88cefd29 UUID=2a1b7c1c-912f-4429-8887-58eb88cefd29 "
	  "none "
	  "discard,x-initrd.attach\n",
	  "luks-2a1b7c1c-912f-4429-8887-58eb88cefd29 uuid:2a1b7c1c-912f-4429-8887-58eb88cefd29 "
	  "attach discard;" },
	{ "an installer's: Debian",
	  "# <target name>\t<source device>\t<key file>\t<options>\n"
	  "sda5_crypt UUID=2a1b7c1c-912f-4429-8887-58eb88cefd29 none luks,discard\n",
	  "sda5_crypt uuid:2a1b7c1c-912f-4429-8887-58eb88cefd29 discard;" },
	{ "a report: systemd 21993",
	  "luks-abc /dev/disk/by-id/luks-abc /dev/disk/by-id/key-storage luks,header=/h/luks-abc."
	  "header,keyfile-offset=1024,keyfile-size=1024,keyfile-timeout=5,timeout=0,password-echo="
	  "no",
	  "luks-abc id:luks-abc @id:key-storage header=/h/luks-abc.header timeout=ever "
	  "password-echo=no keyfile-offset=1024 keyfile-size=1024 keyfile-timeout=5000000us;" },
	{ "a report: dracut 2512",
	  "root_crypt /dev/md1 /etc/crypttab.headers/.key\n"
	  "luks-c156b2c0-d516-48d7-805b-a78bac83d818 /dev/md1 - timeout=0,-\n",
	  "root_crypt node:md1 /etc/crypttab.headers/.key;"
	  "luks-c156b2c0-d516-48d7-805b-a78bac83d818 node:md1 timeout=ever;" },
	{ "a report: one passphrase for three disks",
	  "md1_crypt UUID=aa cryptvols luks,keyscript=decrypt_keyctl,initramfs\n"
	  "raid6 UUID=bb cryptvols luks,keyscript=decrypt_keyctl,initramfs\n",
	  "md1_crypt uuid:aa (cryptvols) attach keyscript=decrypt_keyctl;"
	  "raid6 uuid:bb (cryptvols) attach keyscript=decrypt_keyctl;" },
};

static void parses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct crypt_volume *volume;
	struct crypttab crypttab;

	assert_int_equal(crypttab_parse(row->text, &crypttab), 0);
	vec_for_each(volume, &crypttab.volumes) {
		append_volume(&text, volume);
	}
	append_warnings(&text, &crypttab.warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	crypttab_done(&crypttab);
}

static void test_line_numbers(void **state)
{
	const struct crypt_volume *volume;
	struct crypttab crypttab;

	assert_int_equal(crypttab_parse("#\n\na /dev/sda\n\nb /dev/sdb", &crypttab), 0);
	assert_int_equal(crypttab.volumes.n_items, 2);
	volume = crypttab.volumes.items[0];
	assert_int_equal(volume->line, 3);
	volume = crypttab.volumes.items[1];
	assert_int_equal(volume->line, 5);
	crypttab_done(&crypttab);
	crypttab_done(&crypttab);
}

static void test_long_fields(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct crypttab crypttab;

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int n = 0; n < 65536; n++)
			strbuf_append(&text, "x");
		strbuf_append(&text, i == 0 ? " /dev/" : " ");
	}
	strbuf_append(&text, "\na /dev/sda\n");
	assert_int_equal(crypttab_parse(strbuf_string(&text), &crypttab), 0);
	assert_int_equal(crypttab.volumes.n_items, 1);
	assert_int_equal(crypttab.warnings.n_items, 1);
	crypttab_done(&crypttab);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses_options, option_rows);
	TEST_ROWS(&list, parses, rows);
	TEST(&list, test_line_numbers);
	TEST(&list, test_long_fields);
	return test_list_run(&list);
}
