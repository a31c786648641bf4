/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/vec.h"

#define ENTRIES_MAX 4096 /* a boot has hundreds; one that waits for ever, as many as it likes */

struct trace_entry {
	uint64_t usec, took_usec;
	const char *phase;
	char *name;
	bool has_span;
	int result;
};

static struct vec trace_entries;

static void free_entry(struct trace_entry *entry)
{
	free(entry->name);
	free(entry);
}

/* When there are too many, the last one makes room: how it began and how it ended is told. */
static void add_entry(const char *phase, const char *name, struct trace_entry entry)
{
	struct trace_entry *copy = malloc(sizeof(*copy));

	/* Without memory the trace has a gap, and boot goes on. */
	if (!copy)
		return;
	*copy = entry;
	copy->phase = phase;
	copy->name = name ? strdup(name) : NULL;
	if (trace_entries.n_items == ENTRIES_MAX)
		free_entry(trace_entries.items[--trace_entries.n_items]);
	if (vec_push(&trace_entries, copy) < 0)
		free_entry(copy);
}

void trace_event(const char *phase, const char *name)
{
	add_entry(phase, name, (struct trace_entry){ .usec = clock_now_usec() });
}

void trace_span(const char *phase, const char *name, uint64_t started_usec, int result)
{
	uint64_t now = clock_now_usec();

	add_entry(phase, name,
		  (struct trace_entry){
			  .usec = now,
			  .took_usec = now - started_usec,
			  .has_span = true,
			  .result = result,
		  });
}

/* RFC 8259, section 7. Bytes above 0x7f pass: names come from disks and may be any UTF-8. */
static void append_json_string(struct strbuf *json, const char *string)
{
	strbuf_append(json, "\"");
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			strbuf_printf(json, "\\%c", *string);
		else if ((unsigned char)*string < 0x20)
			strbuf_printf(json, "\\u%04x", (unsigned int)*string);
		else
			strbuf_append_bytes(json, string, 1);
	}
	strbuf_append(json, "\"");
}

char *trace_to_json(void)
{
	struct strbuf json = { 0 };
	struct trace_entry *entry;

	strbuf_append(&json, "{\"clock\": \"CLOCK_BOOTTIME\", \"events\": [");
	vec_for_each(entry, &trace_entries) {
		strbuf_printf(&json,
			      "%s\n{\"usec\": %" PRIu64 ", \"phase\": ", entry_index ? "," : "",
			      entry->usec);
		append_json_string(&json, entry->phase);
		if (entry->name) {
			strbuf_append(&json, ", \"name\": ");
			append_json_string(&json, entry->name);
		}
		if (entry->has_span)
			strbuf_printf(&json, ", \"took_usec\": %" PRIu64 ", \"result\": %d",
				      entry->took_usec, entry->result);
		strbuf_append(&json, "}");
	}
	strbuf_append(&json, "\n]}\n");
	return strbuf_steal(&json);
}
