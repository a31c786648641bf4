/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each row is a command line and what of the configuration differs from the default then, as
 * append_config() writes it: encrypted volumes as they are to be opened if the image has no
 * crypttab, what was said of others at the end, and then the complaints.
 */
#include "config/cmdline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "crypt-text.h"
#include "kindling/cmdline-keys.h"
#include "support.h"

#define LONG_SIZE 65536

static const char *const spellings[] = {
#define SECTION(title)
#define KEY(identifier, spellings, form, meaning) spellings,
	CMDLINE_KEYS(KEY, SECTION)
#undef KEY
#undef SECTION
};

static void append_text(struct strbuf *buf, const char *key, const char *value)
{
	if (value)
		strbuf_printf(buf, "%s=%s;", key, value);
}

static void append_flag(struct strbuf *buf, const char *key, bool differs)
{
	if (differs)
		strbuf_printf(buf, "%s;", key);
}

static void append_seconds(struct strbuf *buf, const char *key, uint64_t usec)
{
	if (usec == USEC_INFINITY)
		strbuf_printf(buf, "%s=ever;", key);
	else if (usec > 0)
		strbuf_printf(buf, "%s=%" PRIu64 ";", key, usec / USEC_PER_SEC);
}

static void append_spec(struct strbuf *buf, const char *key, const struct device_spec *spec)
{
	if (spec->kind == DEVICE_SPEC_NONE)
		return;
	strbuf_printf(buf, "%s=", key);
	append_device(buf, spec);
	strbuf_append(buf, ";");
}

static void append_list(struct strbuf *buf, const char *key, const struct vec *list)
{
	const char *item;

	vec_for_each(item, list) {
		append_text(buf, key, item);
	}
}

static void append_mounts(struct strbuf *buf, const struct boot_config *config)
{
	static const char *const modes[] = { "auto", "force", "skip" };
	static const char *const repairs[] = { "preen", "yes", "no" };

	append_spec(buf, "root", &config->root);
	append_flag(buf, "no-root", config->root_is_given && config->root.kind == DEVICE_SPEC_NONE);
	append_spec(buf, "fallback", &config->root_fallback);
	append_flag(buf, "prefer-boot-disk", config->root_duplicates == ROOT_DUPLICATES_BOOT_DISK);
	append_text(buf, "type", config->rootfstype);
	append_text(buf, "flags", config->rootflags);
	append_flag(buf, "rw", config->root_writable);
	append_text(buf, "init", config->init);
	if (config->timeout_usec != 180 * USEC_PER_SEC)
		append_seconds(buf, "timeout", config->timeout_usec);
	append_spec(buf, "usr", &config->usr);
	append_text(buf, "usr-type", config->usrfstype);
	append_text(buf, "usr-flags", config->usrflags);
	append_flag(buf, "no-fstab", !config->fstab_enabled);
	if (config->fsck_mode != FSCK_MODE_AUTO)
		append_text(buf, "fsck", modes[config->fsck_mode]);
	if (config->fsck_repair != FSCK_REPAIR_PREEN)
		append_text(buf, "repair", repairs[config->fsck_repair]);
	append_flag(buf, "no-resume", !config->resume_enabled);
	append_spec(buf, "resume", &config->resume);
	if (config->resume_offset_pages)
		strbuf_printf(buf, "offset=%" PRIu64 ";", config->resume_offset_pages);
	append_list(buf, "first", &config->modules_first);
	append_list(buf, "module", &config->modules);
	append_list(buf, "not", &config->modules_blacklist);
}

static void append_luks(struct strbuf *buf, const struct luks_config *luks)
{
	struct crypttab no_crypttab = { 0 };
	struct vec volumes, warnings = { 0 };
	const struct crypt_volume *volume;

	append_flag(buf, "no-luks", !luks->enabled);
	append_flag(buf, "no-crypttab", !luks->crypttab_enabled);
	assert_int_equal(luks_config_merge(luks, &no_crypttab, &volumes, &warnings), 0);
	vec_for_each(volume, &volumes) {
		append_volume(buf, volume);
	}
	append_warnings(buf, &warnings);
	vec_done(&volumes, crypt_volume_free);
	vec_done(&warnings, free);
	append_text(buf, "options", luks->options);
	if (key_source_is_set(&luks->key)) {
		strbuf_append(buf, "key=");
		append_key(buf, &luks->key);
		strbuf_append(buf, ";");
	}
	append_flag(buf, "discard", luks->discard);
	append_seconds(buf, "question", luks->timeout_usec);
	append_seconds(buf, "key-timeout", luks->key_timeout_usec);
}

static void append_console(struct strbuf *buf, const struct vconsole *vconsole)
{
	append_text(buf, "keymap", vconsole->keymap);
	append_text(buf, "toggle", vconsole->keymap_toggle);
	append_text(buf, "font", vconsole->font);
	append_text(buf, "map", vconsole->font_map);
	append_text(buf, "unimap", vconsole->font_unimap);
	append_flag(buf, "utf8", vconsole->unicode == VCONSOLE_UNICODE_YES);
	append_flag(buf, "no-utf8", vconsole->unicode == VCONSOLE_UNICODE_NO);
}

static void append_config(struct strbuf *buf, const struct boot_config *config)
{
	static const char *const actions[] = { "reboot", "poweroff", "halt" };

	append_mounts(buf, config);
	append_luks(buf, &config->luks);
	append_console(buf, &config->vconsole);
	append_text(buf, "console", config->console);
	for (unsigned int i = BREAKPOINT_EARLY; i <= BREAKPOINT_PRE_SWITCH; i++)
		if (config->breakpoints & 1u << i)
			append_text(buf, "break", breakpoint_name(i));
	append_flag(buf, "no-shell", !config->shell_enabled);
	if (config->emergency_action != EMERGENCY_ACTION_REBOOT)
		append_text(buf, "emergency", actions[config->emergency_action]);
	if (config->panic_sec)
		strbuf_printf(buf, "panic=%d;", config->panic_sec);
	append_flag(buf, "debug", config->debug);
	append_list(buf, "arg", &config->init_arguments);
	append_warnings(buf, &config->warnings);
}

#define BY_SCRIPT                                                                                  \
	"has the root found by a script of Debian's initramfs-tools, which is not in this image, " \
	"so no root is looked for: remove that word, and name the root with root=;"

struct cmdline_row {
	const char *name, *line, *expected;
};

#define UUID  "2a1b7c1c-912f-4429-8887-58eb88cefd29"
#define OTHER "c156b2c0-d516-48d7-805b-a78bac83d818"

/*
 * One for each key of kindling/cmdline-keys.h; the line begins with the key's first spelling, which
 * the others are put in place of.
 */
static const struct cmdline_row key_rows[] = {
	{ "root", "root=/dev/vda2", "root=node:vda2;" },
	{ "real_root", "real_root=/dev/vda3 root=/dev/ram0", "root=node:vda3;" },
	{ "boot", "boot=live root=/dev/sda1", "no-root;!boot=live " BY_SCRIPT },
	{ "rootfstype", "rootfstype=ext4,btrfs", "type=ext4,btrfs;" },
	{ "rootflags", "rootflags=subvol=@,noatime", "flags=subvol=@,noatime;" },
	{ "ro", "ro", "" },
	{ "rw", "rw", "rw;" },
	{ "init", "init=/bin/sh", "init=/bin/sh;" },
	{ "rd.timeout", "rd.timeout=5", "timeout=5;" },
	{ "rootwait", "rootwait=5", "timeout=5;" },
	{ "rootdelay", "rootdelay=300", "timeout=300;" },
	{ "rootfallback", "rootfallback=LABEL=old", "fallback=label:old;" },
	{ "rd.root.duplicates", "rd.root.duplicates=boot-disk", "prefer-boot-disk;" },
	{ "mount.usr", "mount.usr=LABEL=usr", "usr=label:usr;" },
	{ "mount.usrfstype", "mount.usrfstype=xfs", "usr-type=xfs;" },
	{ "mount.usrflags", "mount.usrflags=ro", "usr-flags=ro;" },
	{ "rd.fstab", "rd.fstab=0", "no-fstab;" },
	{ "fsck.mode", "fsck.mode=skip", "fsck=skip;" },
	{ "fsck.repair", "fsck.repair=no", "repair=no;" },
	{ "fastboot", "fastboot", "fsck=skip;" },
	{ "forcefsck", "forcefsck", "fsck=force;" },
	{ "fsckfix", "fsckfix", "repair=yes;" },
	{ "resume", "resume=UUID=ab", "resume=uuid:ab;" },
	{ "resume_offset", "resume_offset=34816", "offset=34816;" },
	{ "noresume", "noresume", "no-resume;" },
	{ "hibernate", "hibernate=noresume", "no-resume;" },
	{ "rd.modules_load", "rd.modules_load=a,b", "module=a;module=b;" },
	{ "rd.driver.pre", "rd.driver.pre=a,b", "first=a;first=b;" },
	{ "rd.driver.blacklist", "rd.driver.blacklist=a,b", "not=a;not=b;" },
	{ "rd.luks", "rd.luks=0", "no-luks;" },
	{ "rd.luks.crypttab", "rd.luks.crypttab=0", "no-crypttab;" },
	{ "rd.luks.uuid", "rd.luks.uuid=" UUID, "luks-" UUID " uuid:" UUID ";" },
	{ "rd.luks.name", "rd.luks.name=" UUID "=root", "root uuid:" UUID ";" },
	{ "rd.luks.options", "rd.luks.options=discard", "options=discard;" },
	{ "rd.luks.key", "rd.luks.key=/key", "key=/key;" },
	{ "rd.luks.data", "rd.luks.data=" UUID "=/dev/sdb rd.luks.uuid=" UUID,
	  "luks-" UUID " node:sdb header=@uuid:" UUID ";" },
	{ "rd.luks.header", "rd.luks.header=" UUID "=/h rd.luks.uuid=" UUID,
	  "luks-" UUID " uuid:" UUID " header=/h;" },
	{ "rd.luks.partuuid", "rd.luks.partuuid=1-2", "? partuuid:1-2;" },
	{ "rd.luks.serial", "rd.luks.serial=S3Z", "? serial:S3Z;" },
	{ "rd.luks.allow-discards", "rd.luks.allow-discards", "discard;" },
	{ "rd.luks.timeout", "rd.luks.timeout=30", "question=30;" },
	{ "rd.luks.key.tout", "rd.luks.key.tout=10", "key-timeout=10;" },
	{ "cryptdevice", "cryptdevice=/dev/sda2:root", "root node:sda2;" },
	{ "cryptkey", "cryptkey=rootfs:/k cryptdevice=/dev/sda2:root", "root node:sda2 /k;" },
	{ "crypto", "crypto=sha512:aes-xts-plain64:512:0: cryptdevice=/dev/sda2:root",
	  "root node:sda2 plain cipher=aes-xts-plain64 hash=sha512 size=512;" },
	{ "cryptopts", "cryptopts=target=c,source=/dev/sda2,key=/k,discard",
	  "c node:sda2 /k discard;" },
	{ "crypt_root", "crypt_root=/dev/sda2", "root=mapper:root;root node:sda2;" },
	{ "root_key", "root_key=k crypt_root=/dev/sda2", "root=mapper:root;root node:sda2 /k;" },
	{ "root_keydev", "root_keydev=LABEL=k root_key=k crypt_root=/dev/sda2",
	  "root=mapper:root;root node:sda2 /k@label:k;" },
	{ "root_keydev_fstype",
	  "root_keydev_fstype=vfat root_keydev=LABEL=k root_key=k crypt_root=/dev/sda2",
	  "root=mapper:root;root node:sda2 /k@label:k(vfat);" },
	{ "root_trim", "root_trim=yes crypt_root=/dev/sda2",
	  "root=mapper:root;root node:sda2 discard;" },
	{ "crypt_swap", "crypt_swap=/dev/sda3", "swap node:sda3;" },
	{ "swap_key", "swap_key=k crypt_swap=/dev/sda3", "swap node:sda3 /k;" },
	{ "swap_keydev", "swap_keydev=LABEL=k swap_key=k crypt_swap=/dev/sda3",
	  "swap node:sda3 /k@label:k;" },
	{ "swap_keydev_fstype",
	  "swap_keydev_fstype=ext4 swap_keydev=LABEL=k swap_key=k crypt_swap=/dev/sda3",
	  "swap node:sda3 /k@label:k(ext4);" },
	{ "rd.vconsole.keymap", "rd.vconsole.keymap=de-latin1", "keymap=de-latin1;" },
	{ "rd.vconsole.keymap_toggle", "rd.vconsole.keymap_toggle=us", "toggle=us;" },
	{ "rd.vconsole.font", "rd.vconsole.font=ter-v16n", "font=ter-v16n;" },
	{ "rd.vconsole.font_map", "rd.vconsole.font_map=8859-1", "map=8859-1;" },
	{ "rd.vconsole.font_unimap", "rd.vconsole.font_unimap=iso01", "unimap=iso01;" },
	{ "rd.vconsole.unicode", "rd.vconsole.unicode=0", "no-utf8;" },
	{ "console", "console=hvc0", "console=hvc0;" },
	{ "quiet", "quiet", "" },
	{ "rd.debug", "rd.debug", "debug;" },
	{ "rd.break", "rd.break", "break=pre-switch;" },
	{ "break", "break", "break=pre-mount;" },
	{ "rd.shell", "rd.shell=0", "no-shell;" },
	{ "rd.emergency", "rd.emergency=poweroff", "emergency=poweroff;" },
	{ "panic", "panic=10", "panic=10;" },
};

/* How words are told apart. */
static const struct cmdline_row word_rows[] = {
	{ "nothing", "", "" },
	{ "white space only", " \t\n ", "" },
	{ "words of others are ignored",
	  "earlycon=uart mitigations=off nr_cpus=2 rdinit=/x systemd.unit=rescue.target splash",
	  "" },
	{ "keys that begin like ours", "rooty=1 quietly rwx rootflagsx=1 init_on_alloc=1", "" },
	{ "keys that are a part of ours", "roo=1 rootfs=1 q in=1 rd", "" },
	{ "keys in another case", "ROOT=/dev/sda RW Init=/x", "" },
	{ "a key that is two spellings", "rd.luks luks", "" },
	{ "a key that is two spellings in one word", "\"rd.luks luks\"",
	  "!not known here, so ignored: rd.luks luks;" },

	{ "a dash is an underscore", "resume-offset=5 real-root=/dev/sda rd.modules-load=a",
	  "root=node:sda;offset=5;module=a;" },
	{ "an underscore is a dash", "rd.luks.allow_discards", "discard;" },
	{ "neither is a dot", "rd-luks=0 rd_luks=0", "" },
	{ "dashes in values stay", "rd.modules_load=dm-crypt,dm_mod",
	  "module=dm-crypt;module=dm_mod;" },

	{ "what follows -- is not ours", "quiet -- rw root=/dev/sda", "arg=rw;arg=root=/dev/sda;" },
	{ "-- in a word is no end", "x--y rw", "rw;" },
	{ "--x is no end", "--x rw", "rw;" },
	{ "--= is no end", "--= rw", "rw;" },
	{ "-- in quotes ends as well", "quiet \"--\" rw", "arg=rw;" },
	{ "-- of one source does not end the others", "ro -- x\nrw", "rw;arg=x;" },
	{ "-- ends what follows --", "-- a -- b", "arg=a;" },
	{ "quotes behind --", "-- \"a b\" c=\"d e\" f\"g", "arg=a b;arg=c=d e;arg=f\"g;" },

	{ "single", "ro single quiet", "arg=single;" },
	{ "s", "s", "arg=s;" },
	{ "S", "S", "arg=S;" },
	{ "runlevels", "1 2 3 4 5", "arg=1;arg=2;arg=3;arg=4;arg=5;" },
	{ "no runlevels", "0 6 7 11 a", "" },
	{ "emergency and rescue", "emergency rescue", "arg=emergency;arg=rescue;" },
	{ "sysvinit's own", "auto -b -s", "arg=auto;arg=-b;arg=-s;" },
	{ "with a value they are variables", "single=1 s= 1=2", "" },
	{ "before and behind --", "single -- 3 x", "arg=single;arg=3;arg=x;" },

	{ "quotes around a value", "rootflags=\"a b\" rw", "flags=a b;rw;" },
	{ "quotes around a word", "\"rootflags=a b\" rw", "flags=a b;rw;" },
	{ "quotes around both", "\"rootflags=\"a b\"\" rw", "flags=a;rw;" },
	{ "quotes inside a root", "root=LABEL=\"my disk\"", "root=label:my disk;" },
	{ "quotes inside a value are kept", "rootflags=context=\"a:b,c d\"",
	  "flags=context=\"a:b,c d\";" },
	{ "quotes around a key", "\"root\"=/dev/sda", "" },
	{ "an open quote reaches to the end of its line", "rootflags=\"a rw quiet\nrw",
	  "flags=a rw quiet;rw;!the quote in rootflags is never closed, so it reaches to the "
	  "end;" },
	{ "an open quote around a word", "ro \"rootflags=a rw",
	  "flags=a rw;!the quote in rootflags is never closed, so it reaches to the end;" },
	{ "an open quote inside a value", "init=/a\"b c",
	  "init=/a\"b c;!the quote in init is never closed, so it reaches to the end;" },
	{ "an open quote alone", "rw \"",
	  "rw;!the quote in  is never closed, so it reaches to the end;" },
	{ "an open quote, truncated", "root=UUID=\"" UUID,
	  "root=uuid:\"" UUID ";!the quote in root is never closed, so it reaches to the end;" },
	{ "an empty quoted value", "rootflags=\"\"", "!rootflags needs a value, ignoring it;" },
	{ "single quotes are letters", "init='/a b'", "init='/a;" },
	{ "single quotes around a device", "root='/dev/sda'", "root=node:sda;" },
	{ "a space before = separates", "init =/bin/sh", "!init needs a value, ignoring it;" },
	{ "a space behind = separates", "init= /bin/sh", "!init needs a value, ignoring it;" },
	{ "= alone", "= == =x quiet", "" },
	{ "= in a value", "init=/a=b", "init=/a=b;" },
	{ "backslashes are letters", "init=/a\\ rw", "rw;init=/a\\;" },
	{ "tabs and ends of lines", "quiet\trw\ninit=/a\r\n", "rw;init=/a;" },
	{ "bytes that are no text", "init=/\xff\x80 rw", "rw;init=/\xff\x80;" },
	{ "a no-break space is a letter", "init=/a\xa0rw", "init=/a\xa0rw;" },
	{ "UTF-8", "root=LABEL=\xc3\xbc", "root=label:\xc3\xbc;" },
	{ "control characters", "init=/\x01\x1b[2J", "init=/\x01\x1b[2J;" },

	{ "unknown rd. word", "rd.wonder=vg/root", "!not known here, so ignored: rd.wonder;" },
	{ "unknown rd. words, each once", "rd.a=a rd.b=0 rd.a=b rd.c-d=0 rd.b rd.c_d",
	  "!not known here, so ignored: rd.a, rd.b, rd.c-d;" },
	{ "what is not done here", "rd.lvm.lv=vg/root ip=dhcp rd.md.uuid=a:b dolvm rd.lvm.lv=b",
	  "!asked for, but not done here: rd.lvm.lv, ip, rd.md.uuid, dolvm;" },
	{ "what would have guarded the root", "root=gpt-auto systemd.image_policy=root=encrypted",
	  "root=gpt-auto:;!asked for, but not done here: systemd.image_policy;" },
	{ "what is not done here, switched off",
	  "rd.lvm=0 rd.md=0 rd.dm=no ip=off zfs=none rd.plymouth=0", "" },
	{ "what only begins the same", "rd.lvmx ipx=1 rd.netroot",
	  "!not known here, so ignored: rd.lvmx, rd.netroot;" },
	{ "both", "rd.wonder rd.lvm.vg=a",
	  "!not known here, so ignored: rd.wonder;!asked for, but not done here: rd.lvm.vg;" },
	{ "unknown rd. word in two spellings", "rd.a-b rd.a_b",
	  "!not known here, so ignored: rd.a-b;" },
	{ "unknown rd. words, one the beginning of the other", "rd.ab rd.a",
	  "!not known here, so ignored: rd.ab, rd.a;" },
	{ "rd. alone", "rd.", "!not known here, so ignored: rd.;" },
};

/* The keys of all but encrypted volumes. */
static const struct cmdline_row rows[] = {
	{ "boot that changes nothing", "boot=local root=/dev/sda1", "root=node:sda1;" },
	{ "boot with a device for dracut", "boot=UUID=ab root=/dev/sda1", "root=node:sda1;" },
	{ "the last boot wins", "boot=casper\nboot=/dev/sda1 root=/dev/sda1", "root=node:sda1;" },
	{ "boot without a root", "boot=nfs", "no-root;!boot=nfs " BY_SCRIPT },
	{ "mount.usr by its type", "mount.usr=/dev/gpt-auto-root",
	  "!mount.usr=/dev/gpt-auto-root is not looked for: only the root is found by the type of "
	  "its partition, ignoring it;" },
	{ "genkernel's newer names", "crypt_roots=/dev/sda2 crypt_swaps=/dev/sda3",
	  "root=mapper:root;root node:sda2;swap node:sda3;" },
	{ "the last root wins", "root=/dev/sda1\nroot=LABEL=x", "root=label:x;" },
	{ "of two roots of one line that is told", "root=/dev/sda1 root=LABEL=x",
	  "root=label:x;!of root=/dev/sda1 and root=LABEL=x the last counts;" },
	{ "the same root twice", "root=/dev/sda1 root=/dev/sda1", "root=node:sda1;" },
	{ "three roots", "root=A root=/dev/sda1 root=/dev/sda2",
	  "root=node:sda2;!of root=A and root=/dev/sda1 the last counts;!of root=/dev/sda1 and "
	  "root=/dev/sda2 the last counts;!root=A is not a device that can be looked for, ignoring "
	  "it;" },
	{ "the last type wins", "rootfstype=ext4\nrootfstype=xfs", "type=xfs;" },
	{ "two types of one line", "rootfstype=ext4 fstype=xfs",
	  "type=xfs;!of fstype=ext4 and fstype=xfs the last counts;" },
	{ "the last flags win", "rootflags=a\nrootflags=b", "flags=b;" },
	{ "the last init wins", "init=/a\ninit=/b", "init=/b;" },
	{ "two inits of one line", "init=/a init=/b",
	  "init=/b;!of init=/a and init=/b the last counts;" },
	{ "the last timeout wins", "rd.timeout=1\nrd.timeout=2", "timeout=2;" },
	{ "the last of rw and ro wins", "ro rw", "rw;!of ro and rw the last counts;" },
	{ "ro after rw", "rw quiet ro", "!of rw and ro the last counts;" },
	{ "rw after rw", "rw rw", "rw;" },
	{ "rw after ro, of another line", "ro\nrw", "rw;" },
	{ "three times", "ro rw ro",
	  "!of ro and rw the last counts;!of rw and ro the last counts;" },
	{ "checks", "fsck.mode=skip fsck.mode=force fastboot",
	  "fsck=skip;!of fsck.mode=skip and fsck.mode=force the last counts;!of fsck.mode=force "
	  "and fastboot the last counts;" },
	{ "checks, the same in two ways", "fsck.mode=skip fastboot", "fsck=skip;" },
	{ "repairs", "fsckfix fsck.repair=no",
	  "repair=no;!of fsckfix and fsck.repair=no the last counts;" },
	{ "a root without /dev", "root=vda",
	  "no-root;!root=vda is not a device that can be looked for (did you mean /dev/vda?), "
	  "ignoring it;" },
	{ "a partition without /dev", "root=sda1",
	  "no-root;!root=sda1 is not a device that can be looked for (did you mean /dev/sda1?), "
	  "ignoring it;" },
	{ "to resume from, without /dev", "resume=nvme0n1p3",
	  "!resume=nvme0n1p3 is not a device that can be looked for (did you mean "
	  "/dev/nvme0n1p3?), ignoring it;" },
	{ "a mapping without /dev", "root=mapper/root",
	  "no-root;!root=mapper/root is not a device that can be looked for (did you mean "
	  "/dev/mapper/root?), ignoring it;" },
	{ "the last of ro and rw wins", "rw\nro", "" },
	{ "ro with a value", "rw\nro=1", "" },

	{ "by UUID", "root=UUID=" UUID, "root=uuid:" UUID ";" },
	{ "by UUID in capitals", "root=UUID=AB12-CD34", "root=uuid:AB12-CD34;" },
	{ "by quoted UUID", "root=\"UUID=ab\"", "root=uuid:ab;" },
	{ "by UUID that is quoted", "root=UUID=\"ab\"", "root=uuid:ab;" },
	{ "by label", "root=LABEL=my\\x20disk", "root=label:my disk;" },
	{ "by label with a slash", "root=LABEL=/", "root=label:/;" },
	{ "by PARTUUID of MBR", "root=PARTUUID=a66e351c-02", "root=partuuid:a66e351c-02;" },
	{ "by PARTNROFF", "root=PARTUUID=a66e351c-02/PARTNROFF=1", "root=partuuid:a66e351c-02+1;" },
	{ "by PARTLABEL", "root=PARTLABEL=\"Linux root\"", "root=partlabel:Linux root;" },
	{ "by-uuid path", "root=/dev/disk/by-uuid/AB12", "root=uuid:AB12;" },
	{ "by-label path", "root=/dev/disk/by-label/my\\x20disk", "root=label:my disk;" },
	{ "by-id path", "root=/dev/disk/by-id/ata-x-part2", "root=id:ata-x-part2;" },
	{ "by-path path", "root=/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part1",
	  "root=path:pci-0000:00:1f.2-ata-1-part1;" },
	{ "mapper path", "root=/dev/mapper/vg-root", "root=mapper:vg-root;" },
	{ "LVM path", "root=/dev/vg/root", "root=node:vg/root;" },
	{ "by number", "root=8:1", "root=number:8:1;" },
	{ "by hexadecimal number", "root=0x801", "root=number:8:1;" },
	{ "by LILO's number", "root=801", "root=number:8:1;" },
	{ "by partition types", "root=gpt-auto", "root=gpt-auto:;" },
	{ "by partition types, forced", "root=gpt-auto-force", "root=gpt-auto:;" },
	{ "virtiofs", "root=virtiofs:rootfs", "root=virtiofs:rootfs;" },
	{ "virtiofs by its type", "root=rootfs rootfstype=virtiofs",
	  "root=virtiofs:rootfs;type=virtiofs;" },
	{ "virtiofs by its type, said first", "rootfstype=virtiofs root=rootfs",
	  "root=virtiofs:rootfs;type=virtiofs;" },
	{ "9p", "root=9p:share", "root=9p:share;" },
	{ "9p as QEMU's users write it",
	  "root=/dev/root rootfstype=9p rootflags=trans=virtio,version=9p2000.L rw",
	  "root=9p:/dev/root;type=9p;flags=trans=virtio,version=9p2000.L;rw;" },
	{ "no device: zfs", "root=zfs:pool/root",
	  "no-root;!root=zfs:pool/root is not a device that can be looked for, ignoring it;" },
	{ "no device: nfs", "root=nfs:server:/x",
	  "no-root;!root=nfs:server:/x is on the network, where nothing is looked for here, "
	  "ignoring it;" },
	{ "no device: live", "root=live:CDLABEL=x",
	  "no-root;!root=live:CDLABEL=x is not a device that can be looked for, ignoring it;" },
	{ "no value", "root=UUID=", "no-root;!root=UUID= lacks the value, ignoring it;" },
	{ "a bad root leaves the good one", "root=/dev/sda1\nroot=nfs",
	  "root=node:sda1;!root=nfs is on the network, where nothing is looked for here, ignoring "
	  "it;" },
	{ "a link that is not resolved", "root=/dev/disk/by-diskseq/1",
	  "no-root;!root=/dev/disk/by-diskseq/1 is a kind of link that is not resolved here, "
	  "ignoring "
	  "it;" },
	{ "root without a value", "root", "!root needs a value, ignoring it;" },
	{ "empty root", "root=/dev/sda root=", "root=node:sda;!root needs a value, ignoring it;" },
	{ "real_root is stronger", "real_root=/dev/sda root=/dev/sdb", "root=node:sda;" },
	{ "a bad real_root", "real_root=x root=/dev/sdb",
	  "root=node:sdb;!real_root=x is not a device that can be looked for, ignoring it;" },
	{ "a fallback", "root=UUID=1 rootfallback=UUID=2", "root=uuid:1;fallback=uuid:2;" },
	{ "duplicates refused again", "rd.root.duplicates=boot-disk\nrd.root.duplicates=refuse",
	  "" },
	{ "duplicates, a word that is not known", "rd.root.duplicates=first",
	  "!rd.root.duplicates=first is neither refuse nor boot-disk, ignoring it;" },
	{ "a bad fallback", "rootfallback=x",
	  "!rootfallback=x is not a device that can be looked for, ignoring it;" },

	{ "type auto", "rootfstype=auto", "type=auto;" },
	{ "empty type", "rootfstype=", "!rootfstype needs a value, ignoring it;" },
	{ "empty flags", "rootflags=", "!rootflags needs a value, ignoring it;" },
	{ "empty init", "init=", "!init needs a value, ignoring it;" },

	{ "timeout 0 waits for ever", "rd.timeout=0", "timeout=ever;" },
	{ "largest timeout", "rd.timeout=4294967295", "timeout=4294967295;" },
	{ "timeout too large", "rd.timeout=4294967296",
	  "!rd.timeout=4294967296 is not a number of seconds, ignoring it;" },
	{ "negative timeout", "rd.timeout=7\nrd.timeout=-1",
	  "timeout=7;!rd.timeout=-1 is not a number of seconds, ignoring it;" },
	{ "timeout with a unit", "rd.timeout=10s",
	  "!rd.timeout=10s is not a number of seconds, ignoring it;" },
	{ "empty timeout", "rd.timeout=", "!rd.timeout needs a value, ignoring it;" },
	{ "rootwait", "rootwait", "timeout=ever;" },
	{ "rootwait empty", "rootwait=", "timeout=ever;" },
	{ "rootwait 0", "rootwait=0", "timeout=ever;" },
	{ "rootwait senseless", "rootwait=x",
	  "!rootwait=x is not a number of seconds, ignoring it;" },
	{ "rootwait and a timeout", "rootwait rd.timeout=9", "timeout=9;" },
	{ "rootdelay is a lower bound", "rootdelay=200", "timeout=200;" },
	{ "rootdelay below the timeout", "rootdelay=5", "" },
	{ "rootdelay above a timeout", "rd.timeout=3 rootdelay=5", "timeout=5;" },
	{ "rootdelay before a timeout", "rootdelay=5 rd.timeout=3", "timeout=5;" },
	{ "rootdelay and for ever", "rootdelay=5 rootwait", "timeout=ever;" },
	{ "rootdelay 0", "rootdelay=0", "" },
	{ "rootdelay senseless", "rootdelay=1.5",
	  "!rootdelay=1.5 is not a number of seconds, ignoring it;" },

	{ "/usr", "mount.usr=UUID=1 mount.usrfstype=ext4 mount.usrflags=ro,noatime",
	  "usr=uuid:1;usr-type=ext4;usr-flags=ro,noatime;" },
	{ "/usr of the root's type", "mount.usr=usr rootfstype=virtiofs root=root",
	  "root=virtiofs:root;type=virtiofs;usr=virtiofs:usr;" },
	{ "/usr of a type of its own",
	  "mount.usr=/dev/sda mount.usrfstype=ext4 rootfstype=9p root=r",
	  "root=9p:r;type=9p;usr=node:sda;usr-type=ext4;" },
	{ "/usr that is none", "mount.usr=x",
	  "!mount.usr=x is not a device that can be looked for, ignoring it;" },
	{ "fstab=no", "fstab=no", "no-fstab;" },
	{ "fstab bare", "fstab=0\nfstab", "" },

	{ "fsck.mode=auto", "fastboot\nfsck.mode=auto", "" },
	{ "fsck.mode=force", "fsck.mode=force", "fsck=force;" },
	{ "fsck.mode senseless", "fsck.mode=often",
	  "!fsck.mode=often is none of auto, force and skip, ignoring it;" },
	{ "fsck.mode, the last wins", "fsck.mode=skip\nforcefsck", "fsck=force;" },
	{ "fsck.repair=preen", "fsckfix\nfsck.repair=preen", "" },
	{ "fsck.repair=yes", "fsck.repair=yes", "repair=yes;" },
	{ "fsck.repair senseless", "fsck.repair=1",
	  "!fsck.repair=1 is none of preen, yes and no, ignoring it;" },
	{ "dracut's word", "rd.skipfsck", "fsck=skip;" },

	{ "resume", "resume=/dev/mapper/swap", "resume=mapper:swap;" },
	{ "resume by number", "resume=254:3 resume_offset=0", "resume=number:254:3;" },
	{ "resume from a file", "resume=UUID=" UUID " resume_offset=34816",
	  "resume=uuid:" UUID ";offset=34816;" },
	{ "resume=none", "resume=none",
	  "!resume=none is not a device that can be looked for, ignoring it;" },
	{ "no resume by type", "resume=gpt-auto",
	  "!resume=gpt-auto is not a device that can be looked for, ignoring it;" },
	{ "a bad resume leaves the good one", "resume=/dev/sda\nresume=x",
	  "resume=node:sda;!resume=x is not a device that can be looked for, ignoring it;" },
	{ "noresume wins", "noresume resume=/dev/sda",
	  "no-resume;resume=node:sda;!of resume=/dev/sda and noresume the latter counts;" },
	{ "so does hibernate=no", "resume=/dev/sda hibernate=no",
	  "no-resume;resume=node:sda;!of resume=/dev/sda and hibernate=no the latter counts;" },
	{ "other words of hibernate= do not", "resume=/dev/sda hibernate=nocompress",
	  "resume=node:sda;" },
	{ "noresume of another line", "resume=/dev/sda\nnoresume", "no-resume;resume=node:sda;" },
	{ "an offset that is none", "resume_offset=0x10",
	  "!resume_offset=0x10 is not a number, ignoring it;" },
	{ "an offset too large", "resume_offset=18446744073709551616",
	  "!resume_offset=18446744073709551616 is not a number, ignoring it;" },
	{ "hibernate=no", "hibernate=no", "no-resume;" },
	{ "hibernate=nocompress", "hibernate=nocompress", "" },
	{ "hibernate=protect_image", "hibernate=protect_image", "" },

	{ "modules add up", "modules_load=a rd.modules_load=b,c modules_load=a",
	  "module=a;module=b;module=c;module=a;" },
	{ "modules with empty items", "modules_load=,a,,", "module=a;" },
	{ "modules without a value", "modules_load=", "!modules_load needs a value, ignoring it;" },
	{ "modules late", "rd.driver.post=a", "module=a;" },
	{ "modules early", "earlymodules=a rd.driver.pre=b", "first=a;first=b;" },
	{ "blacklists add up",
	  "modprobe.blacklist=nouveau,pcspkr rd.driver.blacklist=a module_blacklist=b blacklist=c",
	  "not=nouveau;not=pcspkr;not=a;not=b;not=c;" },
	{ "parameters of modules are others'", "nouveau.modeset=0 i915.enable_psr=0", "" },

	{ "negative panic", "panic=-1", "panic=-1;" },
	{ "bad panic", "panic=3\npanic=soon",
	  "panic=3;!panic=soon is not a number of seconds, ignoring it;" },
	{ "panic too large", "panic=2147483648",
	  "!panic=2147483648 is not a number of seconds, ignoring it;" },
	{ "empty panic", "panic=", "!panic needs a value, ignoring it;" },
	{ "rd.debug=0", "rd.debug rd.debug=0", "" },
	{ "bad rd.debug", "rd.debug=x", "!rd.debug=x is neither yes nor no, ignoring it;" },
	{ "debug is the kernel's", "debug", "" },
	{ "rd.shell bare", "rd.shell=0 rd.shell", "" },
	{ "rd.shell=maybe", "rd.shell=maybe",
	  "!rd.shell=maybe is neither yes nor no, ignoring it;" },
	{ "rd.emergency=reboot", "rd.emergency=halt\nrd.emergency=reboot", "" },
	{ "rd.emergency=halt", "rd.emergency=halt", "emergency=halt;" },
	{ "rd.emergency bare", "rd.emergency", "!rd.emergency needs a value, ignoring it;" },
	{ "rd.emergency senseless", "rd.emergency=x",
	  "!rd.emergency=x is none of reboot, poweroff and halt, ignoring it;" },

	{ "our points", "rd.break=early,pre-mount,mounted,pre-switch",
	  "break=early;break=pre-mount;break=mounted;break=pre-switch;" },
	{ "points add up", "rd.break=early break=mounted", "break=early;break=mounted;" },
	{ "dracut's cmdline", "rd.break=cmdline", "break=early;" },
	{ "dracut's pre-udev", "rd.break=pre-udev", "break=early;" },
	{ "dracut's pre-trigger", "rd.break=pre-trigger", "break=early;" },
	{ "dracut's initqueue", "rd.break=initqueue", "break=early;" },
	{ "dracut's pre-mount", "rd.break=pre-mount", "break=pre-mount;" },
	{ "dracut's mount", "rd.break=mount", "break=pre-mount;" },
	{ "dracut's pre-pivot", "rd.break=pre-pivot", "break=pre-switch;" },
	{ "dracut's cleanup", "rd.break=cleanup", "break=pre-switch;" },
	{ "dracut's of old", "rdbreak=pre-pivot", "break=pre-switch;" },
	{ "systemd's pre-udev", "rd.systemd.break=pre-udev", "break=early;" },
	{ "systemd's pre-basic", "rd.systemd.break=pre-basic", "break=early;" },
	{ "systemd's pre-mount", "rd.systemd.break=pre-mount", "break=pre-mount;" },
	{ "systemd's pre-switch-root", "rd.systemd.break=pre-switch-root", "break=pre-switch;" },
	{ "systemd's for the host", "systemd.break=pre-basic", "" },
	{ "mkinitcpio's premount", "break=premount", "break=pre-mount;" },
	{ "mkinitcpio's y", "break=y", "break=pre-mount;" },
	{ "mkinitcpio's postmount", "break=postmount", "break=mounted;" },
	{ "Debian's top and modules", "break=top,modules", "break=early;" },
	{ "Debian's mount and mountroot", "break=mount break=mountroot", "break=pre-mount;" },
	{ "Debian's bottom and init", "break=bottom,init", "break=mounted;break=pre-switch;" },
	{ "no point", "rd.break=0 break=no", "" },
	{ "an unknown point", "rd.break=later,early",
	  "break=early;!rd.break=later is no point where boot can stop, ignoring it;" },
	{ "an empty point", "break=top,,",
	  "break=early;!break= is no point where boot can stop, ignoring it;" },

	{ "keymap", "rd.vconsole.keymap=de\nvconsole.keymap=fr", "keymap=fr;" },
	{ "keymap in one line", "KEYMAP=de keymap=fr",
	  "keymap=fr;!of keymap=de and keymap=fr the last counts;" },
	{ "keymap empty",
	  "rd.vconsole.keymap=", "!rd.vconsole.keymap needs a value, ignoring it;" },
	{ "dracut's font of old", "SYSFONT=latarcyrheb-sun16 KEYTABLE=us LANG=en_US.UTF-8",
	  "keymap=us;font=latarcyrheb-sun16;" },
	{ "unicode", "rd.vconsole.unicode", "utf8;" },
	{ "unicode senseless", "UNICODE=x", "!UNICODE=x is neither yes nor no, ignoring it;" },
	{ "the last console", "console=tty0 console=ttyS1,115200n8", "console=ttyS1;" },
	{ "no console", "console=hvc0 console=null console= console=,9600 console",
	  "console=hvc0;" },
	{ "dracut's words that nobody here knows", "rd.vconsole.keymap.ext=a rd.locale.LANG=C",
	  "!not known here, so ignored: rd.locale.LANG;"
	  "!asked for, but not done here: rd.vconsole.keymap.ext;" },
};

/* Encrypted volumes. */
static const struct cmdline_row luks_rows[] = {
	{ "rd.luks without a value", "rd.luks=0\nrd.luks", "" },
	{ "rd.luks twice", "rd.luks=0 rd.luks=1", "!of rd.luks=0 and rd.luks=1 the last counts;" },
	{ "rd.luks=no", "luks=no", "no-luks;" },
	{ "rd.luks=no and a volume", "rd.luks=no rd.luks.uuid=" UUID,
	  "no-luks;!of rd.luks.uuid=" UUID " and rd.luks=no the latter counts;" },
	{ "rd.luks=no and a volume of the image", "rd.luks.uuid=" UUID "\nrd.luks=no", "no-luks;" },
	{ "bad rd.luks", "rd.luks=0 rd.luks=maybe",
	  "no-luks;!rd.luks=maybe is neither yes nor no, ignoring it;" },
	{ "empty rd.luks", "rd.luks=", "!rd.luks= is neither yes nor no, ignoring it;" },

	{ "luks- before a UUID", "rd.luks.uuid=luks-" UUID, "luks-" UUID " uuid:" UUID ";" },
	{ "luks- before a UUID with a name", "rd.luks.name=luks-" UUID "=root",
	  "root uuid:" UUID ";" },
	{ "a part of a UUID", "rd.luks.uuid=2a1b7c1c", "? uuid-part:2a1b7c1c;" },
	{ "a part of a UUID with a name", "rd.luks.name=2a1b=root", "root uuid-part:2a1b;" },
	{ "a device with keys", "rd.luks.uuid=keysource:" UUID, "luks-" UUID " uuid:" UUID ";" },
	{ "several volumes in their order",
	  "rd.luks.uuid=" OTHER " rd.luks.name=" UUID "=one rd.luks.uuid=3",
	  "luks-" OTHER " uuid:" OTHER ";one uuid:" UUID ";? uuid-part:3;" },
	{ "a name after its UUID", "rd.luks.uuid=" UUID " rd.luks.name=" UUID "=root",
	  "root uuid:" UUID ";" },
	{ "a UUID after its name", "rd.luks.name=" UUID "=root rd.luks.uuid=" UUID,
	  "root uuid:" UUID ";" },
	{ "the last name wins", "rd.luks.name=" UUID "=one rd.luks.name=" UUID "=two",
	  "two uuid:" UUID ";" },
	{ "UUIDs in any case", "rd.luks.uuid=AB rd.luks.name=ab=root", "root uuid-part:AB;" },
	{ "the same UUID twice", "rd.luks.uuid=" UUID " luks.uuid=luks-" UUID,
	  "luks-" UUID " uuid:" UUID ";" },
	{ "no UUID", "rd.luks.uuid=/dev/sda2",
	  "!rd.luks.uuid=/dev/sda2 is not a UUID, ignoring it;" },
	{ "no UUID but its prefix", "rd.luks.uuid=luks-",
	  "!rd.luks.uuid=luks- is not a UUID, ignoring it;" },
	{ "empty UUID", "rd.luks.uuid=", "!rd.luks.uuid needs a value, ignoring it;" },
	{ "no name", "rd.luks.name=ab",
	  "!rd.luks.name=ab is not of the form UUID=NAME, ignoring it;" },
	{ "empty name",
	  "rd.luks.name=ab=", "!rd.luks.name=ab= is not of the form UUID=NAME, ignoring it;" },
	{ "a name that is a path", "rd.luks.name=ab=a/b",
	  "!rd.luks.name=ab=a/b is not of the form UUID=NAME, ignoring it;" },
	{ "a name that leads out", "rd.luks.name=ab=..",
	  "!rd.luks.name=ab=.. is not of the form UUID=NAME, ignoring it;" },
	{ "a name that is device-mapper's", "rd.luks.name=ab=control",
	  "!rd.luks.name=ab=control is not of the form UUID=NAME, ignoring it;" },
	{ "a name with =", "rd.luks.name=ab=a=b", "a=b uuid-part:ab;" },
	{ "a name of another volume", "rd.luks.name=ab=root rd.luks.name=cd=root",
	  "root uuid-part:ab;!the name root is taken by another volume, ignoring cd;" },

	{ "options of a volume", "rd.luks.uuid=" UUID " rd.luks.options=" UUID "=discard,tries=1",
	  "luks-" UUID " uuid:" UUID " discard tries=1;" },
	{ "options of all", "rd.luks.uuid=" UUID " rd.luks.options=tpm2-device=auto",
	  "luks-" UUID " uuid:" UUID " tpm2-device=auto;options=tpm2-device=auto;" },
	{ "options of a volume before those of all",
	  "rd.luks.uuid=" UUID " rd.luks.options=discard rd.luks.options=" UUID "=tries=1",
	  "luks-" UUID " uuid:" UUID " tries=1;options=discard;" },
	{ "options alone open nothing", "rd.luks.options=" UUID "=discard", "" },
	{ "empty options of a volume",
	  "rd.luks.uuid=" UUID " rd.luks.options=discard rd.luks.options=" UUID "=",
	  "luks-" UUID " uuid:" UUID ";options=discard;" },
	{ "unknown options", "rd.luks.name=" UUID "=root rd.luks.options=wonder,discard",
	  "root uuid:" UUID " discard;!the options of root on the command line: the option wonder "
	  "is not known here, ignoring it;options=wonder,discard;" },
	{ "a header among the options", "rd.luks.uuid=ab rd.luks.options=ab=header=/h:LABEL=boot",
	  "? uuid-part:ab header=/h@label:boot;" },
	{ "noauto of what is named", "rd.luks.uuid=ab rd.luks.options=noauto",
	  "? uuid-part:ab;options=noauto;" },

	{ "key of a volume", "rd.luks.uuid=ab rd.luks.key=ab=/k", "? uuid-part:ab /k;" },
	{ "key of a volume on a device", "rd.luks.uuid=ab rd.luks.key=ab=/k:LABEL=keys",
	  "? uuid-part:ab /k@label:keys;" },
	{ "key of all", "rd.luks.uuid=ab rd.luks.key=/k", "? uuid-part:ab /k;key=/k;" },
	{ "key of a volume before that of all", "rd.luks.uuid=ab rd.luks.key=/k rd.luks.key=ab=/l",
	  "? uuid-part:ab /l;key=/k;" },
	{ "key of a volume that nobody opens", "rd.luks.key=ab=/k", "" },
	{ "key with a colon", "rd.luks.key=/k:l", "key=/k:l;" },
	{ "key that is no path", "rd.luks.key=k", "!rd.luks.key=k names no file, ignoring it;" },
	{ "key of a volume that is no path", "rd.luks.key=ab=k",
	  "!rd.luks.key=k names no file, ignoring it;" },
	{ "key of none", "rd.luks.key=none", "" },
	{ "dracut's key on a device", "rd.luks.key=/k:LABEL=keys", "key=/k@label:keys;" },
	{ "dracut's key for a device", "rd.luks.key=/k:LABEL=keys:UUID=" UUID " rd.luks.uuid=" UUID,
	  "luks-" UUID " uuid:" UUID " /k@label:keys;" },
	{ "dracut's key in the image", "rd.luks.key=/k:/", "key=/k;" },
	{ "dracut's key in the image for a device",
	  "rd.luks.key=/k:/:UUID=" UUID " rd.luks.uuid=" UUID, "luks-" UUID " uuid:" UUID " /k;" },
	{ "dracut's key on any device for a device",
	  "rd.luks.key=/k::UUID=" UUID " rd.luks.uuid=" UUID, "luks-" UUID " uuid:" UUID " /k;" },
	{ "dracut's key on a device by its path",
	  "rd.luks.key=/k:/dev/sdb1:UUID=" UUID " rd.luks.uuid=" UUID,
	  "luks-" UUID " uuid:" UUID " /k@node:sdb1;" },
	{ "dracut's encrypted key", "rd.luks.key=/k.gpg:UUID=ab", "key=/k.gpg@uuid:ab;" },

	{ "dracut's key on what is no device", "rd.luks.key=/dev/disk/x:UUID=ab rd.luks.uuid=ab",
	  "? uuid-part:ab;!rd.luks.key=/dev/disk/x:UUID=ab names no file, ignoring it;" },

	{ "data that is no device", "rd.luks.data=ab=x",
	  "!rd.luks.data=ab=x: x is not a device that can be looked for, ignoring it;" },
	{ "data of nothing", "rd.luks.data=/dev/sdb",
	  "!rd.luks.data=/dev/sdb is not of the form UUID=DEVICE, ignoring it;" },
	{ "data with a header in a file",
	  "rd.luks.name=ab=c rd.luks.data=ab=/dev/sdb rd.luks.options=ab=header=/h",
	  "c node:sdb header=/h;" },
	{ "booster's header", "rd.luks.name=ab=c rd.luks.header=ab=/h:UUID=1",
	  "c uuid-part:ab header=/h@uuid:1;" },
	{ "header of nothing", "rd.luks.header=/h",
	  "!rd.luks.header=/h is not of the form UUID=PATH[:DEVICE], ignoring it;" },
	{ "header that is no path", "rd.luks.header=ab=h",
	  "!rd.luks.header=h names no file, ignoring it;" },

	{ "discards of a volume", "rd.luks.uuid=ab rd.luks.uuid=cd rd.luks.allow-discards=ab",
	  "? uuid-part:ab discard;? uuid-part:cd;" },
	{ "discards of all", "rd.luks.uuid=ab rd.luks.allow-discards",
	  "? uuid-part:ab discard;discard;" },
	{ "discards of no volume", "rd.luks.allow-discards=x",
	  "!rd.luks.allow-discards=x is not a UUID, ignoring it;" },
	{ "timeouts", "rd.luks.uuid=ab rd.luks.timeout=30 rd.luks.key.tout=0",
	  "? uuid-part:ab timeout=30000000us keyfile-timeout=ever;question=30;key-timeout=ever;" },
	{ "timeouts that options have, too",
	  "rd.luks.uuid=ab rd.luks.timeout=30 rd.luks.options=timeout=5",
	  "? uuid-part:ab timeout=5000000us;options=timeout=5;question=30;" },
	{ "dracut's serial and PARTUUID",
	  "rd.luks.serial=X rd.luks.partuuid=1-2 rd.luks.partuuid=3-4",
	  "? serial:X;? partuuid:1-2;? partuuid:3-4;" },

	{ "cryptdevice with options",
	  "cryptdevice=UUID=" UUID ":root:allow-discards,no-read-workqueue,sector-size=4096",
	  "root uuid:" UUID " sector-size=4096 discard no-read-workqueue;" },
	{ "cryptdevice without a name", "cryptdevice=/dev/sda2", "root node:sda2;" },
	{ "cryptdevice with an empty name", "cryptdevice=/dev/sda2:",
	  "!cryptdevice: \"\" cannot be the name of a volume, ignoring it;" },
	{ "cryptdevice that is none", "cryptdevice=x:root",
	  "!cryptdevice: \"x\" is not a device that can be looked for, ignoring it;" },
	{ "cryptdevice by quoted label", "cryptdevice=\"LABEL=my disk:root\"",
	  "root label:my disk;" },
	{ "cryptdevice, the last wins", "cryptdevice=/dev/sda:a\ncryptdevice=/dev/sdb:b",
	  "b node:sdb;" },
	{ "cryptkey on a device", "cryptdevice=/dev/sda:a cryptkey=LABEL=k:vfat:/k/f",
	  "a node:sda /k/f@label:k(vfat);" },
	{ "cryptkey on a device of any type", "cryptdevice=/dev/sda:a cryptkey=/dev/sdb1:auto:/k",
	  "a node:sda /k@node:sdb1;" },
	{ "cryptkey of a device's bytes",
	  "cryptdevice=/dev/sda:a:discard cryptkey=/dev/sdb:512:256",
	  "a node:sda @node:sdb discard keyfile-offset=512 keyfile-size=256;" },
	{ "cryptkey in the image", "cryptdevice=/dev/sda:a cryptkey=rootfs:/k", "a node:sda /k;" },
	{ "cryptkey that is none", "cryptdevice=/dev/sda:a cryptkey=/k",
	  "a node:sda;!cryptkey=/k names no key, asking for the passphrase instead;" },
	{ "cryptkey relative", "cryptdevice=/dev/sda:a cryptkey=rootfs:k",
	  "a node:sda;!cryptkey=rootfs:k names no key, asking for the passphrase instead;" },
	{ "cryptkey of senseless bytes", "cryptdevice=/dev/sda:a cryptkey=/dev/sdb:1:x",
	  "a node:sda;!cryptkey=/dev/sdb:1:x names no key, asking for the passphrase instead;" },
	{ "cryptkey alone", "cryptkey=rootfs:/k", "" },
	{ "crypto with empty parts", "cryptdevice=/dev/sda:a crypto=:aes-xts-plain64::0:8",
	  "a node:sda plain cipher=aes-xts-plain64 skip=8;" },

	{ "cryptopts of old", "cryptopts=target=cryptroot,source=/dev/hda2,hash=sha256",
	  "cryptroot node:hda2 hash=sha256;" },
	{ "cryptopts without a target", "cryptopts=source=/dev/hda2", "cryptroot node:hda2;" },
	{ "cryptopts without a source", "cryptopts=target=a",
	  "!cryptopts: \"\" is not a device that can be looked for, ignoring it;" },
	{ "cryptopts add up",
	  "cryptopts=target=a,source=/dev/sda cryptopts=target=b,source=/dev/sdb,key=none",
	  "a node:sda;b node:sdb;" },
	{ "cryptopts with a bad key", "cryptopts=source=/dev/sda,key=k",
	  "cryptroot node:sda;!cryptopts: the key file k is no absolute path, going on without "
	  "it;" },
	{ "cryptopts with an unknown option", "cryptopts=source=/dev/sda,lvm=vg",
	  "cryptroot node:sda;!the options of cryptroot on the command line: the option lvm is not "
	  "known here, ignoring it;" },

	{ "genkernel's root", "crypt_root=UUID=ab root=/dev/mapper/root",
	  "root=mapper:root;root uuid:ab;" },
	{ "genkernel's root of old", "root=/dev/ram0 crypt_root=/dev/sda2",
	  "root=mapper:root;root node:sda2;" },
	{ "genkernel's root on LVM",
	  "root=/dev/ram0 crypt_root=/dev/sda2 real_root=/dev/vg/root dolvm",
	  "root=node:vg/root;root node:sda2;!asked for, but not done here: dolvm;" },
	{ "genkernel's root that is none", "crypt_root=x",
	  "root=mapper:root;!crypt_root: \"x\" is not a device that can be looked for, ignoring "
	  "it;" },
	{ "genkernel's key device that is none", "crypt_root=/dev/sda root_key=k root_keydev=x",
	  "root=mapper:root;root node:sda;!root_keydev=x is not a device that can be looked for, "
	  "asking for the passphrase instead;" },
	{ "genkernel's root and swap", "crypt_root=/dev/sda2 crypt_swap=/dev/sda3 root_trim=no",
	  "root=mapper:root;root node:sda2;swap node:sda3;" },
};

/* What distributions' installers write, and lines of people who reported that theirs did not boot.
 */
static const struct cmdline_row real_rows[] = {
	{ "Fedora",
	  "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8.5-301.fc40.x86_64 root=UUID=" OTHER
	  " ro rootflags=subvol=root rd.luks.uuid=luks-" UUID " rhgb quiet",
	  "root=uuid:" OTHER ";flags=subvol=root;luks-" UUID " uuid:" UUID ";" },
	{ "Fedora with LVM",
	  "root=/dev/mapper/fedora-root ro rd.luks.uuid=luks-" UUID
	  " rd.lvm.lv=fedora/root rd.lvm.lv=fedora/swap resume=/dev/mapper/fedora-swap rhgb quiet",
	  "root=mapper:fedora-root;resume=mapper:fedora-swap;luks-" UUID " uuid:" UUID
	  ";!asked for, but not done here: rd.lvm.lv;" },
	{ "Fedora CoreOS",
	  "BOOT_IMAGE=(hd0,gpt3)/ostree/fedora-coreos/vmlinuz mitigations=auto,nosmt "
	  "ignition.platform.id=qemu console=tty0 console=ttyS0,115200n8 ostree=/ostree/boot.1/x "
	  "root=UUID=" UUID " rw rootflags=prjquota boot=UUID=" OTHER,
	  "root=uuid:" UUID ";flags=prjquota;rw;console=ttyS0;" },
	{ "Arch", "BOOT_IMAGE=/vmlinuz-linux root=UUID=" UUID " rw  loglevel=3 quiet",
	  "root=uuid:" UUID ";rw;" },
	{ "Arch with encrypt",
	  "cryptdevice=UUID=" UUID ":root root=/dev/mapper/root rw quiet splash",
	  "root=mapper:root;rw;root uuid:" UUID ";" },
	{ "Arch with sd-encrypt",
	  "initrd=\\intel-ucode.img initrd=\\initramfs-linux.img rd.luks.name=" UUID
	  "=root root=/dev/mapper/root rootflags=subvol=@ rd.luks.options=" UUID "=discard rw",
	  "root=mapper:root;flags=subvol=@;rw;root uuid:" UUID " discard;" },
	{ "Arch with a UKI", "quiet rw", "rw;" },
	{ "Debian", "BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=UUID=" UUID " ro quiet splash",
	  "root=uuid:" UUID ";" },
	{ "Debian with LUKS and LVM",
	  "BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/mapper/debian--vg-root ro quiet splash",
	  "root=mapper:debian--vg-root;" },
	{ "Ubuntu",
	  "BOOT_IMAGE=/boot/vmlinuz-6.8.0-31-generic root=UUID=" UUID
	  " ro quiet splash $vt_handoff",
	  "root=uuid:" UUID ";" },
	{ "Gentoo with genkernel",
	  "root=/dev/mapper/vg0-root crypt_root=UUID=" UUID " dolvm domdadm "
	  "real_root=/dev/mapper/vg0-root keymap=de rootfstype=ext4 scandelay=3",
	  "root=mapper:vg0-root;type=ext4;root uuid:" UUID
	  ";keymap=de;!asked for, but not done here: dolvm, domdadm;" },
	{ "openSUSE",
	  "BOOT_IMAGE=/boot/vmlinuz-6.4.0 root=UUID=" UUID
	  " splash=silent resume=/dev/disk/by-uuid/" OTHER " mitigations=auto quiet "
	  "security=apparmor",
	  "root=uuid:" UUID ";resume=uuid:" OTHER ";" },
	{ "Raspberry Pi",
	  "console=serial0,115200 console=tty1 root=PARTUUID=a66e351c-02 rootfstype=ext4 "
	  "fsck.repair=yes rootwait quiet splash plymouth.ignore-serial-consoles",
	  "root=partuuid:a66e351c-02;type=ext4;timeout=ever;repair=yes;console=tty1;" },
	{ "systemd-boot with discoverable partitions",
	  "root=gpt-auto rw quiet systemd.machine_id=1234", "root=gpt-auto:;rw;" },
	{ "tiny-initramfs", "root=0x801 rootdelay=5 rootwait ro init=/sbin/init",
	  "root=number:8:1;init=/sbin/init;timeout=ever;" },
	{ "booster",
	  "rd.luks.uuid=" UUID " root=UUID=" OTHER " rootflags=compress-force=zstd,noatime "
	  "booster.log=debug",
	  "root=uuid:" OTHER ";flags=compress-force=zstd,noatime;luks-" UUID " uuid:" UUID ";" },
	{ "minitrd",
	  "rd.luks=1 rd.luks.uuid=" UUID " rd.luks.name=" UUID
	  "=cryptroot root=/dev/mapper/cryptroot rd.vconsole.keymap=de",
	  "root=mapper:cryptroot;cryptroot uuid:" UUID ";keymap=de;" },
	{ "Fedora's password reset", "root=UUID=" UUID " ro rd.break enforcing=0",
	  "root=uuid:" UUID ";break=pre-switch;" },
	{ "init=/bin/bash", "root=UUID=" UUID " rw init=/bin/bash",
	  "root=uuid:" UUID ";rw;init=/bin/bash;" },

	{ "a report: two roots (systemd 6381)",
	  "BOOT_IMAGE=/vmlinuz-linux root=UUID=" OTHER " rw luks.uuid=" UUID " luks.name=" UUID
	  "=cryptroot root=/dev/mapper/cryptroot quiet",
	  "root=mapper:cryptroot;rw;cryptroot uuid:" UUID ";!of root=UUID=" OTHER
	  " and root=/dev/mapper/cryptroot the last counts;" },
	{ "a report: keys on a stick (systemd 15779)",
	  "rd.luks.name=" UUID "=cryptroot rd.luks.key=" UUID
	  "=/keyfile:LABEL=keydev rd.luks.name=" OTHER "=cryptdata rd.luks.key=" OTHER
	  "=/keyfile:LABEL=keydev "
	  "rd.luks.options=keyfile-timeout=10s root=/dev/mapper/cryptroot rw "
	  "initrd=\\initramfs-linux.img",
	  "root=mapper:cryptroot;rw;cryptroot uuid:" UUID
	  " /keyfile@label:keydev keyfile-timeout=10000000us;cryptdata uuid:" OTHER
	  " /keyfile@label:keydev keyfile-timeout=10000000us;options=keyfile-timeout=10s;" },
	{ "a report: ChromeOS hardware (depthcharge-tools 3)",
	  "cros_secure cryptdevice=/dev/mmcblk0p2:root:allow-discards root=/dev/mapper/root "
	  "rootfstype=ext4 console=tty1 quiet systemd.showstatus=0 rootwait rw",
	  "root=mapper:root;type=ext4;rw;timeout=ever;root node:mmcblk0p2 discard;"
	  "console=tty1;" },
	{ "a report: genkernel's words for dracut (dracut 1566)",
	  "crypt_root=UUID=" UUID " root=UUID=" OTHER, "root=uuid:" OTHER ";root uuid:" UUID ";" },
	{ "a report: a mapping of dracut's",
	  "rd.luks.uuid=" UUID " rd.luks.key=/keyfile:UUID=ab12 "
	  "root=/dev/mapper/luks-" UUID " rd.luks.timeout=60 rd.luks.key.tout=5",
	  "root=mapper:luks-" UUID ";luks-" UUID " uuid:" UUID
	  " /keyfile@uuid:ab12 timeout=60000000us keyfile-timeout=5000000us;key=/keyfile@uuid:ab12;"
	  "question=60;key-timeout=5;" },
	{ "a report: clr-boot-manager 107", "rd.luks.uuid=" UUID " rd.luks.options=timeout=90",
	  "luks-" UUID " uuid:" UUID " timeout=90000000us;options=timeout=90;" },
	{ "a report: Omarchy's key",
	  "cryptdevice=UUID=" UUID
	  ":root:allow-discards cryptkey=rootfs:/etc/omarchy/provisioning.key "
	  "root=/dev/mapper/root rootflags=subvol=@ rw",
	  "root=mapper:root;flags=subvol=@;rw;root uuid:" UUID
	  " /etc/omarchy/provisioning.key discard;" },
	{ "a report: the TPM for what partition types say",
	  "rd.luks.options=tpm2-device=auto quiet rw", "rw;options=tpm2-device=auto;" },
	{ "a report: a resume device in capitals",
	  "resume=UUID=" OTHER " resume_offset=4501504 root=UUID=" UUID " ro",
	  "root=uuid:" UUID ";resume=uuid:" OTHER ";offset=4501504;" },
	{ "a report: a quoted root", "BOOT_IMAGE=/vmlinuz root=\"UUID=" UUID "\" ro",
	  "root=uuid:" UUID ";" },
	{ "a report: a SELinux context",
	  "root=/dev/sda2 "
	  "rootflags=rootcontext=\"system_u:object_r:root_t:s0:c1,c2\",noatime ro",
	  "root=node:sda2;flags=rootcontext=\"system_u:object_r:root_t:s0:c1,c2\",noatime;" },
};

static void parses(void **state)
{
	const struct cmdline_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct boot_config config;

	assert_int_equal(cmdline_parse(row->line, &config), 0);
	append_config(&text, &config);
	assert_string_equal(strbuf_string(&text), row->expected);
	boot_config_done(&config);
}

/* A key that is added to the table gets a row here, at the same place. */
static void test_each_key_has_a_row(void **state)
{
	assert_int_equal(ARRAY_SIZE(spellings), ARRAY_SIZE(key_rows));
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		size_t size = strlen(key_rows[i].name);

		assert_int_equal(strcspn(spellings[i], " "), size);
		assert_memory_equal(spellings[i], key_rows[i].name, size);
		assert_memory_equal(key_rows[i].line, key_rows[i].name, size);
	}
}

/* Each other spelling does what the first does. */
static void test_spellings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		const char *next = strchr(spellings[i], ' ');

		for (; next; next = strchr(next, ' ')) {
			_cleanup_strbuf_ struct strbuf line = { 0 }, text = { 0 };
			struct boot_config config;

			next++;
			strbuf_append_bytes(&line, next, strcspn(next, " "));
			strbuf_append(&line, key_rows[i].line + strlen(key_rows[i].name));
			assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
			append_config(&text, &config);
			assert_string_equal(strbuf_string(&text), key_rows[i].expected);
			boot_config_done(&config);
		}
	}
}

/* No spelling has two meanings. */
static void test_spellings_are_unique(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		for (size_t j = 0; j < i; j++) {
			_cleanup_free_ char *copy = strdup(spellings[i]);
			_cleanup_free_ char *others = str_format(" %s ", spellings[j]);
			char *rest = copy, *spelling;

			while ((spelling = strsep(&rest, " "))) {
				_cleanup_free_ char *word = str_format(" %s ", spelling);

				assert_null(strstr(others, word));
			}
		}
	}
}

static void test_done_twice(void **state)
{
	struct boot_config config;

	assert_int_equal(cmdline_parse("root=/dev/sda rd.luks.uuid=1 rd.x init=/a", &config), 0);
	boot_config_done(&config);
	boot_config_done(&config);
	assert_null(config.init);
}

struct long_row {
	const char *name;
	const char *begin;
	char fill;
	const char *expected_end;
};

/* 64 KiB of one letter after the beginning, then " rd.debug" in a line of its own. */
static const struct long_row long_rows[] = {
	{ "a long word", "", 'a', "" },
	{ "a long value", "init=", 'a', "" },
	{ "a long key", "rd.", 'a', ";" },
	{ "a long UUID", "rd.luks.uuid=", 'f', "" },
	{ "a long name", "rd.luks.name=1=", 'n', "is not of the form UUID=NAME, ignoring it;" },
	{ "a long number", "rd.timeout=", '9', "is not a number of seconds, ignoring it;" },
	{ "a long root", "root=UUID=", '1', "" },
	{ "a long list", "rd.modules_load=", ',', "" },
	{ "a long list of options", "rd.luks.options=", ',', "" },
	{ "a long key for a volume", "rd.luks.key=/", ':', "" },
	{ "a long device number", "root=8:", '1',
	  "is not a device that can be looked for, ignoring it;" },
	{ "a long point", "rd.break=", 'x', "is no point where boot can stop, ignoring it;" },
	{ "equals signs", "", '=', "" },
	{ "quotes", "", '"', "" },
	{ "an open quote", "init=\"", 'a', "is never closed, so it reaches to the end;" },
	{ "spaces", "", ' ', "" },
	{ "bytes that are no text", "", '\xff', "" },
};

static void survives_long_line(void **state)
{
	const struct long_row *row = *state;
	_cleanup_free_ char *fill = calloc(1, LONG_SIZE + 1);
	_cleanup_strbuf_ struct strbuf line = { 0 }, text = { 0 };
	struct boot_config config;

	memset(fill, row->fill, LONG_SIZE);
	strbuf_printf(&line, "%s%s\nrd.debug", row->begin, fill);
	assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
	assert_true(config.debug);
	append_config(&text, &config);
	assert_true(str_has_suffix(strbuf_string(&text), row->expected_end));
	boot_config_done(&config);
}

/* The longest line that the kernel takes on most architectures, full of words that count. */
static void test_full_line(void **state)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };
	struct boot_config config;
	size_t n_words = 0;

	for (; line.size < 4096 - strlen("rd.modules_load=m "); n_words++)
		strbuf_append(&line, "rd.modules_load=m ");
	strbuf_append(&line, "rw");
	assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
	assert_int_equal(config.modules.n_items, n_words);
	assert_true(config.root_writable);
	assert_int_equal(config.warnings.n_items, 0);
	boot_config_done(&config);
}

/* Nothing crashes, leaks, or is neither understood nor warned of as a whole. */
static void test_garbage(void **state)
{
	static const char letters[] = "abr=\"-_.,/: \\\tUID0\x80\xff";
	static const char *const pieces[] = { "root=",
					      "rd.luks.name=",
					      "rd.luks.uuid=",
					      "rd.timeout=",
					      "panic=",
					      "rd.",
					      "rd.luks.key=",
					      "cryptdevice=",
					      "cryptopts=source=",
					      "cryptkey=",
					      "UUID=",
					      "/dev/",
					      "rd.break=",
					      "--x" };
	uint32_t random = 20240229;

	for (unsigned int i = 0; i < 2000; i++) {
		_cleanup_strbuf_ struct strbuf line = { 0 }, text = { 0 };
		struct boot_config config;

		for (unsigned int n = next_random(&random) % 40; n > 0; n--) {
			if (next_random(&random) % 4 == 0)
				strbuf_append(&line,
					      pieces[next_random(&random) % ARRAY_SIZE(pieces)]);
			else
				strbuf_append_bytes(
					&line, letters + next_random(&random) % strlen(letters), 1);
		}
		strbuf_append(&line, "\nrw");
		assert_int_equal(cmdline_parse(strbuf_string(&line), &config), 0);
		assert_true(config.root_writable);
		assert_true((config.root.kind == DEVICE_SPEC_NONE) == !config.root.value);
		append_config(&text, &config);
		boot_config_done(&config);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, key_rows);
	TEST_ROWS(&list, parses, word_rows);
	TEST_ROWS(&list, parses, rows);
	TEST_ROWS(&list, parses, luks_rows);
	TEST_ROWS(&list, parses, real_rows);
	TEST(&list, test_each_key_has_a_row);
	TEST(&list, test_spellings);
	TEST(&list, test_spellings_are_unique);
	TEST(&list, test_done_twice);
	TEST_ROWS(&list, survives_long_line, long_rows);
	TEST(&list, test_full_line);
	TEST(&list, test_garbage);
	return test_list_run(&list);
}
