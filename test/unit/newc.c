/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "newc.h"

#include <string.h>
#include <sys/stat.h>

static void pad(struct strbuf *archive)
{
	strbuf_append_bytes(archive, "\0\0\0", -archive->size % 4);
}

void newc_add(struct strbuf *archive, const struct newc_member *member)
{
	const char *content = member->content ? member->content : "";
	size_t size = member->content_size ? member->content_size : strlen(content),
	       name_size = strlen(member->name) + 1;

	strbuf_printf(archive, "%s%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
		      member->magic ? member->magic : "070701", member->inode, member->mode, 0, 0,
		      member->nlink ? member->nlink : 1, 1700000000,
		      member->claimed_size ? member->claimed_size : size, 8, 1, member->rdev_major,
		      member->rdev_minor,
		      member->claimed_name_size ? member->claimed_name_size : name_size,
		      member->checksum);
	strbuf_append_bytes(archive, member->name, name_size);
	pad(archive);
	strbuf_append_bytes(archive, content, size);
	pad(archive);
}

void newc_add_file(struct strbuf *archive, const char *name, const char *content)
{
	newc_add(archive,
		 &(struct newc_member){ .name = name, .mode = S_IFREG | 0644, .content = content });
}

void newc_add_trailer(struct strbuf *archive)
{
	newc_add(archive, &(struct newc_member){ .name = "TRAILER!!!" });
}
