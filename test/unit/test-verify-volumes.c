/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an image opens the volume that a made-up machine's root is on, and by that name. */
#include <string.h>

#include "expect-host.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "support.h"

#define UUID     "35a0a5c5-f930-5ee2-93ea-5e5afb7c3edd"
#define OTHER    "c156b2c0-d516-48d7-805b-a78bac83d818"
#define CRYPTTAB "cryptroot UUID=" UUID " none luks\n"
#define SDA1     "pci0000:00/block/sda/sda1"
#define MAPPER   "root=/dev/mapper/cryptroot"
#define CLOSED                                                                            \
	"/ is on the LUKS volume cryptroot, which nothing opens: add rd.luks.name=" UUID  \
	"=cryptroot to the command line, or the line \"cryptroot UUID=" UUID " none luks" \
	"\" to the image's crypttab"
#define OF_CRYPTTAB "line 1 of the image's " IMAGE_CRYPTTAB ", for cryptroot, "
#define IS_ASKED    ": the passphrase will be asked for"

#define NO_LINE                                                                          \
	"cannot be told, as there is no /etc/kernel/cmdline, and /proc/cmdline is that " \
	"of another system, which runs outside of this root"
#define IS_UNKNOWN "; whether the command line does " NO_LINE

/* Where the words are. */
enum place {
	RUNNING, /* /proc/cmdline */
	NEXT,    /* /etc/kernel/cmdline, and the machine was started with others */
	CHROOT,  /* nowhere: those of the kernel are another system's */
	IMAGE,   /* the same, but the image has them */
};

struct row {
	const char *name, *cmdline, *crypttab;
	const char *complaint, *warning;
	const char *file; /* that the image has besides */
	const char *doubt;
	enum place place;
	const char *fstab;
};

static const struct row rows[] = {
	{ "nothing opens it", MAPPER " ro quiet", .complaint = CLOSED },
	{ "nothing opens it, root by its file system", "root=UUID=12-ab", .complaint = CLOSED },
	{ "by name", MAPPER " rd.luks.name=" UUID "=cryptroot" },
	{ "by UUID, root by its file system", "root=UUID=12-ab rd.luks.uuid=" UUID },
	{ "by a part of the UUID", "root=UUID=12-ab rd.luks.uuid=35a0a5c5" },
	{ "by UUID, so with another name", MAPPER " rd.luks.uuid=" UUID,
	  .complaint = MAPPER " of the command line does not come about: the LUKS volume is "
			      "opened as luks-" UUID "; add rd.luks.name=" UUID "=cryptroot" },
	{ "another one", MAPPER " rd.luks.name=" UUID "=x rd.luks.name=" OTHER "=cryptroot",
	  .complaint = "for a volume, the command line names the device UUID=" OTHER
		       ", which this machine does not have" },
	{ "of mkinitcpio", MAPPER " cryptdevice=UUID=" UUID ":cryptroot" },
	{ "root is the volume", "root=UUID=" UUID },
	{ "root is the volume, by its partition", "root=/dev/sda1" },
	{ "switched off", MAPPER " rd.luks=0 rd.luks.name=" UUID "=cryptroot",
	  .complaint = "/ is on the LUKS volume cryptroot, and rd.luks=0 on the command line keeps "
		       "it closed: take that word away" },

	{ "by crypttab", MAPPER, CRYPTTAB },
	{ "by crypttab, root by its file system", "root=UUID=12-ab", CRYPTTAB },
	{ "by crypttab and command line", MAPPER " rd.luks.name=" UUID "=cryptroot", CRYPTTAB },
	{ "crypttab is switched off", MAPPER " rd.luks.crypttab=0", CRYPTTAB, CLOSED },
	{ "crypttab has another name for it", MAPPER, "x UUID=" UUID,
	  MAPPER " of the command line does not come about: the LUKS volume is opened as x; add "
		 "rd.luks.name=" UUID "=cryptroot" },
	{ "crypttab does not have it", MAPPER, "x /dev/sda none luks", CLOSED },
	{ "not automatic, and named", MAPPER, "cryptroot UUID=" UUID " none luks,noauto" },
	{ "not automatic", "root=UUID=12-ab", "cryptroot UUID=" UUID " none luks,noauto", CLOSED },
	{ "by crypttab, with no header", MAPPER, "cryptroot UUID=" UUID " none plain",
	  "/ is on the volume cryptroot, which cannot be opened: it has no LUKS header, and plain "
	  "dm-crypt is not opened here",
	  OF_CRYPTTAB "is for a volume that stays closed: it has no LUKS header, and plain "
		      "dm-crypt is not opened here" },

	{ "no key file", MAPPER, "cryptroot UUID=" UUID " /root.key luks",
	  .warning = OF_CRYPTTAB "has the key file /root.key, which is not in the image" IS_ASKED },
	{ "no key file on the command line", MAPPER " rd.luks.key=" UUID "=/root.key", CRYPTTAB },
	{ "key file", MAPPER, "cryptroot UUID=" UUID " /root.key luks",
	  .warning =
		  OF_CRYPTTAB "asks for the key /root.key, which /init does not serve yet" IS_ASKED,
	  .file = "/root.key" },
	{ "keyscript", MAPPER, "cryptroot UUID=" UUID " none luks,keyscript=/bin/k",
	  .warning =
		  OF_CRYPTTAB "asks for its keyscript, which /init does not serve yet" IS_ASKED },
	{ "TPM", MAPPER, "cryptroot UUID=" UUID " none luks,tpm2-device=auto",
	  .warning = OF_CRYPTTAB
	  "shall be opened by the TPM, and the image has no plug-in for that" IS_ASKED },
	{ "TPM, with its plug-in", MAPPER, "cryptroot UUID=" UUID " none luks,tpm2-device=auto",
	  .file = IMAGE_TOKEN_PLUG_INS "/libcryptsetup-token-systemd-tpm2.so" },
	{ "security key, with another plug-in", MAPPER,
	  "cryptroot UUID=" UUID " none luks,fido2-device=auto",
	  .warning = OF_CRYPTTAB
	  "shall be opened by the security key, and the image has no plug-in for that" IS_ASKED,
	  .file = IMAGE_TOKEN_PLUG_INS "/libcryptsetup-token-systemd-tpm2.so" },

	{ "a mapping of nobody", "root=/dev/mapper/x rd.luks.uuid=" UUID,
	  .complaint = "root=/dev/mapper/x is the name of a volume that nothing opens: add "
		       "rd.luks.name=UUID=x to the command line, with the UUID of its LUKS "
		       "header" },
	{ "hibernated to what nothing opens",
	  MAPPER " rd.luks.name=" UUID "=cryptroot resume=/dev/mapper/swap",
	  .warning = "resume=/dev/mapper/swap is the name of a volume that nothing opens: add "
		     "rd.luks.name=UUID=swap to the command line, with the UUID of its LUKS "
		     "header" },
	{ "not resumed",
	  MAPPER " rd.luks.name=" UUID "=cryptroot resume=/dev/mapper/swap noresume" },
	{ "/usr in what nothing opens", MAPPER " rd.luks.name=" UUID "=cryptroot",
	  .complaint = "mount.usr=/dev/mapper/usr is the name of a volume that nothing opens: add "
		       "rd.luks.name=UUID=usr to the command line, with the UUID of its LUKS "
		       "header",
	  .fstab = "/dev/mapper/usr /usr ext4 defaults 0 2\n" },
	{ "/usr that is left to the real init", MAPPER " rd.luks.name=" UUID "=cryptroot",
	  .fstab = "/dev/mapper/usr /usr ext4 noauto 0 2\n" },

	{ "by name at the next boot", MAPPER " rd.luks.name=" UUID "=cryptroot", .place = NEXT },
	{ "nothing opens it at the next boot", MAPPER,
	  .complaint =
		  "/ is on the LUKS volume cryptroot, which nothing opens: add rd.luks.name=" UUID
		  "=cryptroot to the command line in /etc/kernel/cmdline, or the line "
		  "\"cryptroot UUID=" UUID " none luks\" to the image's crypttab",
	  .place = NEXT },
	{ "somebody may open it", MAPPER,
	  .doubt = "/ is on the LUKS volume cryptroot, which nothing in the image opens" IS_UNKNOWN,
	  .place = IMAGE },
	{ "another system's words count for nothing", MAPPER " rd.luks.name=" UUID "=cryptroot",
	  .doubt = "which root this machine's command line names " NO_LINE, .place = CHROOT },
	{ "a mapping that somebody may make",
	  MAPPER " rd.luks.name=" UUID "=cryptroot resume=/dev/mapper/swap",
	  .warning = "resume=/dev/mapper/swap is the name of a volume that nothing in the image "
		     "opens" IS_UNKNOWN,
	  .place = IMAGE },
	{ "by the image's own words", MAPPER " rd.luks.name=" UUID "=cryptroot", .place = IMAGE },
};

static void write_chroot(void)
{
	fake_machine_text("proc/1/mountinfo", FAKE_ROOT_MOUNT("7:0", "squashfs", "/dev/loop0"));
}

static void write_cmdline(const struct row *row)
{
	const char *cmdline = row->cmdline;

	switch (row->place) {
	case RUNNING:
		fake_machine_text("proc/cmdline", cmdline);
		break;
	case NEXT:
		fake_machine_text("etc/kernel/cmdline", cmdline);
		fake_machine_text("proc/cmdline", "root=/dev/sdz");
		break;
	case CHROOT:
		fake_machine_text("proc/cmdline", cmdline);
		write_chroot();
		break;
	case IMAGE:
		fake_machine_text("proc/cmdline", "root=/dev/sdz");
		write_text(fake_image_path(IMAGE_CMDLINE), cmdline);
		write_chroot();
		break;
	}
}

static void write_machine(void)
{
	fake_machine_new();
	fake_machine_block("pci0000:00/block/sda", "8:0");
	fake_machine_partition(SDA1, "8:1");
	fake_machine_mapped("dm-0", "253:0", "cryptroot",
			    "CRYPT-LUKS2-35a0a5c5f9305ee293ea5e5afb7c3edd-cryptroot", SDA1);
	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("253:0", "ext4", "/dev/mapper/cryptroot"));
	fake_machine_link("dev/disk/by-uuid/12-ab", "dev/dm-0");
	fake_machine_link("dev/disk/by-uuid/" UUID, "dev/sda1");
}

static void write_image(const struct row *row)
{
	fake_image_new();
	write_text(fake_image_path(IMAGE_UNLOCK), "by which Kindling's images are known");
	if (row->crypttab)
		write_text(fake_image_path(IMAGE_CRYPTTAB), row->crypttab);
	if (row->file)
		write_text(fake_image_path(row->file), "key");
}

/* What follows from it may be said as well. */
static void expect_first(const struct vec *sentences, const char *expected)
{
	if (expected && sentences->n_items > 0)
		assert_string_equal(sentences->items[0], expected);
	else
		expect_sentence(sentences, expected);
}

static void test_volumes(void **state)
{
	const struct row *row = *state;
	_cleanup_host_ struct host host = { 0 };
	struct verification verification = { .host = &host };

	write_machine();
	if (row->fstab)
		fake_machine_text("etc/fstab", row->fstab);
	write_image(row);
	write_cmdline(row);
	read_machine(&host);
	fake_image_verify_configuration(&verification);
	expect_first(&verification.complaints, row->complaint);
	expect_sentence(&verification.warnings, row->warning);
	expect_first(&verification.doubts, row->doubt);
	verification_done(&verification);
}

/* Nobody but a tool of its own knows what another tool's image opens. */
static void test_image_of_another_tool(void **state)
{
	_cleanup_host_ struct host host = { 0 };
	struct verification verification = { .host = &host };

	write_machine();
	fake_machine_text("proc/cmdline", MAPPER);
	fake_image_new();
	read_machine(&host);
	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.complaints, NULL);
	verification_done(&verification);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_volumes, rows);
	TEST(&list, test_image_of_another_tool);
	return test_list_run(&list);
}
