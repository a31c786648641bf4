/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the cache, the symbols stand on lines of their own. */
#include "image/modules/module-imports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "image/checksum.h"
#include "image/modules/module-info.h"
#include "image/tree/stored-as.h"

#define WHAT "imports-1"

static int parse(char *text, struct vec *imports)
{
	char *symbol;
	int r = 0;

	while (r >= 0 && (symbol = strsep(&text, "\n")))
		r = *symbol ? vec_push_copy(imports, symbol) : 0;
	return r;
}

/* 1, 0 if the cache does not know them, or -ENOMEM. */
static int recall(const struct stat *st, struct cache *cache, struct vec *imports)
{
	_cleanup_free_ char *text = NULL;
	uint64_t checksum;
	void *data;
	size_t size;
	int r;

	r = cache_get(cache, st, WHAT, &data, &size, &checksum);
	if (r <= 0)
		return r;
	text = strndup(data, size);
	free(data);
	r = text ? parse(text, imports) : -ENOMEM;
	return r < 0 ? r : 1;
}

static void remember(const struct stat *st, struct cache *cache, const struct vec *imports)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *symbol;

	vec_for_each(symbol, imports) {
		strbuf_append(&text, symbol);
		strbuf_append(&text, "\n");
	}
	if (!text.failed)
		cache_put(cache, st, WHAT, strbuf_string(&text), text.size,
			  checksum_of(strbuf_string(&text), text.size));
}

int module_imports_read(const char *host_path, const struct stat *st, struct cache *cache,
			struct vec *ret_imports)
{
	_cleanup_module_info_ struct module_info info = { 0 };
	bool is_plain = stored_as_from_name(host_path) == STORED_PLAIN;
	int r = 0;

	if (!is_plain)
		r = recall(st, cache, &info.imports);
	if (r == 0) {
		r = module_info_read(host_path, MODULE_IMPORTS, &info);
		if (r >= 0 && !is_plain)
			remember(st, cache, &info.imports);
	}
	if (r < 0)
		return r;
	*ret_imports = info.imports;
	info.imports = (struct vec){ 0 };
	return 0;
}
