/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images in which /init, or what unlocks the root, can be started, and others. */
#include <string.h>
#include <sys/stat.h>

#include "fake-image.h"
#include "image/host/host-needs.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "loader-files.h"
#include "support.h"

#define LOADER        "/lib64/ld-linux-x86-64.so.2"
#define LIBDIR        "/usr/lib/x86_64-linux-gnu"
#define WHY_INIT      "it is what the kernel starts first"
#define WHY_UNLOCK    "it unlocks the volume that the root is on"
#define MISSING(name) "the library " name " is not in the image where its loader would look; "

/* An ELF file, unless it is a text or a link. */
struct file {
	const char *path;
	struct elf_recipe elf;
	const char *text, *target;
	mode_t mode; /* 0: executable */
};

#define ELF(path, ...)                 \
	{                              \
		path,                  \
		{                      \
			0, __VA_ARGS__ \
		}                      \
	}
#define TEXT(path_, text_)                     \
	{                                      \
		.path = (path_), .text = text_ \
	}
#define LINK(path_, target_)                       \
	{                                          \
		.path = (path_), .target = target_ \
	}

struct row {
	const char *name;
	struct file files[6];
	const char *complaint;
	bool is_encrypted; /* the root */
};

static const struct row rows[] = {
	{ "static", { ELF("/init") } },
	{ "a link", { ELF("/usr/sbin/init"), LINK("/init", "usr/sbin/init") } },
	{ "nothing", { TEXT("/etc/motd", "hello") }, "/init is not in the image; " WHY_INIT },
	{ "a directory", { TEXT("/init/x", "") }, "/init is not in the image; " WHY_INIT },
	{ "a link to nowhere",
	  { LINK("/init", "usr/sbin/init") },
	  "/init is not in the image; " WHY_INIT },
	{ "not executable",
	  { { "/init", .mode = 0644 } },
	  "/init cannot be run, as it is not executable; " WHY_INIT },
	{ "no program",
	  { TEXT("/init", "hello") },
	  "/init is neither an ELF file nor a script, so it cannot be run" },
	{ "empty",
	  { TEXT("/init", "") },
	  "/init is neither an ELF file nor a script, so it cannot be run" },
	{ "broken",
	  { TEXT("/init", "\x7f"
			  "ELF") },
	  "/init is a broken ELF file" },

	{ "script",
	  { TEXT("/init", "#!/bin/sh\n"), ELF("/usr/bin/dash"), LINK("/bin", "usr/bin"),
	    LINK("/usr/bin/sh", "dash") } },
	{ "script with blanks", { TEXT("/init", "#! \t/bin/sh -x\n"), ELF("/bin/sh") } },
	{ "script without its shell",
	  { TEXT("/init", "#!/bin/sh\n") },
	  "/bin/sh is not in the image; the kernel needs it to start /init" },
	{ "script whose shell lacks a library",
	  { TEXT("/init", "#!/bin/sh\n"), ELF("/bin/sh", .needed = { "libc.so.6" }) },
	  MISSING("libc.so.6") "/bin/sh needs it" },

	{ "loader", { ELF("/init", .interpreter = LOADER), ELF(LOADER) } },
	{ "without its loader",
	  { ELF("/init", .interpreter = LOADER) },
	  LOADER " is not in the image; the kernel needs it to start /init" },
	{ "without a library",
	  { ELF("/init", .needed = { "liba.so.1" }) },
	  MISSING("liba.so.1") "/init needs it" },
	{ "library of a library",
	  { ELF("/init", .needed = { "liba.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }) },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it" },
	{ "library is a directory",
	  { ELF("/init", .needed = { "liba.so.1" }), TEXT("/lib/liba.so.1/x", "") },
	  MISSING("liba.so.1") "/init needs it" },
	{ "library is broken",
	  { ELF("/init", .needed = { "liba.so.1" }), TEXT("/lib/liba.so.1", "\x7f"
									    "ELF") },
	  "/lib/liba.so.1 is a broken ELF file" },
	{ "libraries in a circle",
	  { ELF("/init", .needed = { "liba.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }),
	    ELF("/lib/libb.so.1", .needed = { "liba.so.1" }) } },
	{ "library of two",
	  { ELF("/init", .needed = { "liba.so.1", "libb.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }),
	    ELF("/lib/libb.so.1", .needed = { "libc.so.6" }) },
	  MISSING("libc.so.6") "/lib/libb.so.1 needs it" },

	{ "library in " LIBDIR,
	  { ELF("/init", .needed = { "liba.so.1" }), ELF(LIBDIR "/liba.so.1") } },
	{ "library in /lib/x86_64-linux-gnu",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/lib/x86_64-linux-gnu/liba.so.1") } },
	{ "library in /lib64",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/lib64/liba.so.1") } },
	{ "library in /usr/lib64",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/usr/lib64/liba.so.1") } },
	{ "library in /usr/lib",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/usr/lib/liba.so.1") } },
	{ "link to a library",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/opt/liba.so.1.0"),
	    LINK("/lib", "usr/lib"), LINK("/usr/lib/liba.so.1", "/opt/liba.so.1.0") } },
	{ "library of another machine's directory",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/usr/lib/aarch64-linux-gnu/liba.so.1") },
	  MISSING("liba.so.1") "/init needs it" },
	{ "library elsewhere",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/opt/liba.so.1") },
	  MISSING("liba.so.1") "/init needs it" },
	{ "library elsewhere, and a cache",
	  { ELF("/init", .needed = { "liba.so.1" }), ELF("/opt/liba.so.1"),
	    TEXT("/etc/ld.so.cache", "") } },
	{ "links to nowhere elsewhere, and a cache",
	  { ELF("/init", .needed = { "liba.so.1" }), LINK("/a/liba.so.1", "x"),
	    LINK("/b/liba.so.1", "x"), LINK("/c/liba.so.1", "x"), ELF("/z/liba.so.1"),
	    TEXT("/etc/ld.so.cache", "") } },
	{ "library by its path",
	  { ELF("/init", .needed = { "/opt/liba.so.1" }), ELF("/opt/liba.so.1") } },
	{ "library by its path from the root",
	  { ELF("/init", .needed = { "opt/liba.so.1" }), ELF("/opt/liba.so.1") } },
	{ "library by its path from the object",
	  { ELF("/init", .needed = { "/opt/liba.so.1" }),
	    ELF("/opt/liba.so.1", .needed = { "$ORIGIN/b/libb.so.1" }), ELF("/opt/b/libb.so.1") } },
	{ "library not at its path",
	  { ELF("/init", .needed = { "/opt/liba.so.1" }), ELF("/lib/liba.so.1") },
	  MISSING("/opt/liba.so.1") "/init needs it" },

	{ "rpath",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/absent:/opt"),
	    ELF("/opt/liba.so.1") } },
	{ "runpath",
	  { ELF("/init", .needed = { "liba.so.1" }, .runpath = "/absent::/opt"),
	    ELF("/opt/liba.so.1") } },
	{ "runpath puts rpath out of force",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt", .runpath = "/absent"),
	    ELF("/opt/liba.so.1") },
	  MISSING("liba.so.1") "/init needs it" },
	{ "origin",
	  { ELF("/init", .needed = { "liba.so.1" }, .runpath = "/opt"),
	    ELF("/opt/liba.so.1", .needed = { "libb.so.1" }, .runpath = "$ORIGIN/b"),
	    ELF("/opt/b/libb.so.1", .needed = { "libc.so.6" }, .rpath = "${ORIGIN}/../c"),
	    ELF("/opt/c/libc.so.6") } },

	{ "what depends on the loader",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/$LIB:/usr/$PLATFORM"),
	    ELF("/$LIB/liba.so.1"), ELF("/usr/$PLATFORM/liba.so.1") },
	  MISSING("liba.so.1") "/init needs it" },
	{ "origin of a link",
	  { ELF("/init", .needed = { "liba.so.1" }), LINK("/lib/liba.so.1", "/opt/liba.so.1.0"),
	    ELF("/opt/liba.so.1.0", .needed = { "libb.so.1" }, .runpath = "$ORIGIN/b"),
	    ELF("/lib/b/libb.so.1") } },
	{ "origin with a suffix",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "${ORIGIN}/opt/./"),
	    ELF("/opt/liba.so.1") } },

	{ "runpath is for the object's own origin",
	  { ELF("/init", .needed = { "liba.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }, .runpath = "$ORIGIN/b"),
	    ELF("/b/libb.so.1") },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it" },

	{ "rpath of the parent",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }), ELF("/opt/libb.so.1") } },
	{ "rpath of the parent's parent",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }, .rpath = "/absent"),
	    ELF("/lib/libb.so.1", .needed = { "libc.so.6" }), ELF("/opt/libc.so.6") } },
	{ "rpath behind a parent's runpath",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }, .runpath = "/b"),
	    ELF("/b/libb.so.1", .needed = { "libc.so.6" }), ELF("/opt/libc.so.6") } },
	{ "origin of the parent",
	  { ELF("/usr/bin/init", .needed = { "liba.so.1" }, .rpath = "$ORIGIN/../b"),
	    LINK("/init", "usr/bin/init"), ELF("/lib/liba.so.1", .needed = { "libb.so.1" }),
	    ELF("/usr/b/libb.so.1") } },
	{ "runpath of the parent",
	  { ELF("/init", .needed = { "liba.so.1" }, .runpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }), ELF("/opt/libb.so.1") },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it" },
	{ "rpath of a parent with a runpath",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt", .runpath = "/absent"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }), ELF("/opt/libb.so.1") },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it" },
	{ "rpath of the parent, and a runpath",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }, .runpath = "/absent"),
	    ELF("/opt/libb.so.1") },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it" },
	{ "rpath of the one that comes first",
	  { ELF("/init", .needed = { "liba.so.1", "libb.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }, .rpath = "/opt"),
	    ELF("/lib/libb.so.1", .needed = { "libc.so.6" }), ELF("/opt/libc.so.6") },
	  MISSING("libc.so.6") "/lib/libb.so.1 needs it" },
	{ "rpath of another program",
	  { ELF("/init", .needed = { "liba.so.1" }, .rpath = "/opt"),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }), ELF("/opt/libb.so.1"),
	    ELF(IMAGE_UNLOCK, .needed = { "liba.so.1" }) },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it",
	  true },
	{ "both programs lack the same",
	  { ELF("/init", .needed = { "liba.so.1" }),
	    ELF("/lib/liba.so.1", .needed = { "libb.so.1" }),
	    ELF(IMAGE_UNLOCK, .needed = { "liba.so.1" }) },
	  MISSING("libb.so.1") "/lib/liba.so.1 needs it",
	  true },

	{ "encrypted",
	  { ELF("/init"), ELF(IMAGE_UNLOCK), TEXT(IMAGE_MANIFEST, "") },
	  .is_encrypted = true },
	{ "not to be unlocked", { ELF("/init"), TEXT(IMAGE_MANIFEST, "") } },
	{ "nothing unlocks it",
	  { ELF("/init") },
	  IMAGE_UNLOCK " is not in the image; " WHY_UNLOCK,
	  true },
	{ "what unlocks it is not executable",
	  { ELF("/init"), { IMAGE_UNLOCK, .mode = 0600 } },
	  IMAGE_UNLOCK " cannot be run, as it is not executable; " WHY_UNLOCK,
	  true },
	{ "what unlocks it lacks a library",
	  { ELF("/init"), ELF(IMAGE_UNLOCK, .needed = { "liba.so.1" }) },
	  MISSING("liba.so.1") IMAGE_UNLOCK " needs it",
	  true },
	{ "systemd unlocks it",
	  { ELF("/init"), ELF("/usr/lib/systemd/systemd-cryptsetup") },
	  .is_encrypted = true },
	{ "cryptsetup unlocks it",
	  { ELF("/init"), ELF("/sbin/cryptsetup") },
	  .is_encrypted = true },
	{ "cryptsetup lacks a library",
	  { ELF("/init"), ELF("/sbin/cryptsetup", .needed = { "liba.so.1" }) },
	  MISSING("liba.so.1") "/sbin/cryptsetup needs it",
	  true },
	{ "cryptsetup is not asked where ours is",
	  { ELF("/init"), ELF("/sbin/cryptsetup"), ELF(IMAGE_UNLOCK, .needed = { "liba.so.1" }) },
	  MISSING("liba.so.1") IMAGE_UNLOCK " needs it",
	  true },
	{ "our own /init does not use cryptsetup",
	  { ELF("/init"), TEXT(IMAGE_MANIFEST, ""), ELF("/sbin/cryptsetup") },
	  IMAGE_UNLOCK " is not in the image; " WHY_UNLOCK,
	  true },
};

static void write_image_file(const struct file *file)
{
	const char *path = fake_image_path(file->path);

	if (file->target) {
		fake_image_link(file->path, file->target);
		return;
	}
	if (file->text)
		write_text(path, file->text);
	else
		write_elf(path, &file->elf);
	assert_int_equal(chmod(path, file->mode ? file->mode : 0755), 0);
}

static void test_programs(void **state)
{
	const struct row *row = *state;
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification = { .host = &host, .contents = &contents };

	fake_image_new();
	for (size_t i = 0; i < ARRAY_SIZE(row->files) && row->files[i].path; i++)
		write_image_file(&row->files[i]);
	fake_image_load(&contents);
	/* That another volume is encrypted does not keep the root from being reached. */
	assert_int_equal(host_add_need(&host, HOST_NEED_DM_TARGET, "crypt", NULL, row->is_encrypted,
				       "it is encrypted"),
			 0);
	assert_int_equal(verify_programs(&verification), 0);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.notes, NULL);
	verification_done(&verification);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_programs, rows);
	return test_list_run(&list);
}
