/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake-image.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "newc.h"
#include "support.h"

#define DIRECTORY "image"
#define FILE_MAX  (64 * 1024)

static struct strbuf archive; /* nftw(3) hands on nothing of the caller's */

void fake_image_new(void)
{
	remove_tree(scratch_path(DIRECTORY));
	assert_int_equal(mkdir(scratch_path(DIRECTORY), 0755), 0);
}

const char *fake_image_path(const char *path)
{
	char name[PATH_MAX];

	(void)snprintf(name, sizeof(name), DIRECTORY "%s", path);
	return scratch_path(name);
}

void fake_image_link(const char *path, const char *target)
{
	_cleanup_free_ char *parent = strdup(fake_image_path(path));

	assert_non_null(parent);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_make_directories(parent, 0755), 0);
	assert_int_equal(symlink(target, fake_image_path(path)), 0);
}

static int pack(const char *path, const struct stat *st, int type, struct FTW *position)
{
	struct newc_member member = { .mode = st->st_mode };
	_cleanup_free_ char *content = NULL;
	char target[PATH_MAX] = "";

	if (position->level == 0)
		return 0;
	member.name = path + strlen(fake_image_path("/"));
	if (S_ISLNK(st->st_mode)) {
		assert_true(readlink(path, target, sizeof(target) - 1) > 0);
		member.content = target;
	} else if (S_ISREG(st->st_mode)) {
		assert_int_equal(file_read(path, FILE_MAX, &content, &member.content_size), 0);
		member.content = content;
	}
	newc_add(&archive, &member);
	return 0;
}

void fake_image_load(struct contents *ret_contents)
{
	archive = (struct strbuf){ 0 };
	assert_int_equal(nftw(fake_image_path(""), pack, 16, FTW_PHYS), 0);
	newc_add_trailer(&archive);
	assert_false(archive.failed);
	write_file(scratch_path(DIRECTORY ".cpio"), archive.data, archive.size);
	strbuf_done(&archive);
	assert_int_equal(contents_load(scratch_path(DIRECTORY ".cpio"), verify_wants_data,
				       ret_contents),
			 0);
}

void fake_image_verify_configuration(struct verification *verification)
{
	_cleanup_contents_ struct contents contents = { 0 };
	struct sysroot sysroot = SYSROOT_NONE;

	assert_int_equal(sysroot_open(fake_machine_root(), &sysroot), 0);
	fake_image_load(&contents);
	verification->sysroot = &sysroot;
	verification->contents = &contents;
	assert_int_equal(verify_configuration(verification), 0);
	verification->sysroot = NULL;
	verification->contents = NULL;
	sysroot_close(&sysroot);
}
