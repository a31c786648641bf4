/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a worker tells the kernel of keymaps and fonts: on /dev/null, whose ioctls are ours. */
#include <errno.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "config/bkeymap.h"
#include "init/worker.h"
#include "support.h"

#define TERMINAL "null"

/* What the kernel was told, in its order. */
static struct {
	unsigned long requests[64]; /* but for the symbols */
	int modes[8];
	unsigned int n_requests, n_modes, n_symbols, n_tables_removed;
	unsigned short last_symbol;
	struct console_font_op font;
	unsigned char glyphs[512 * 64 * 2];
	struct unipair pairs[16];
	unsigned int n_pairs;
} kernel;

/* Of the request @fails_at, or of the symbol 500, by which error. */
static unsigned long fails_at;
static int failure;

int __wrap_ioctl(int fd, unsigned long request, ...);

static void take_symbol(const struct kbentry *entry)
{
	kernel.n_symbols += entry->kb_value != K_NOSUCHMAP;
	kernel.n_tables_removed += entry->kb_value == K_NOSUCHMAP && entry->kb_index == 0;
	kernel.last_symbol = entry->kb_value;
}

static void take_font(const struct console_font_op *font)
{
	size_t rows = font->op == KD_FONT_OP_SET ? 32 : font->height;
	size_t size = font->charcount * rows * ((font->width + 7) / 8);

	kernel.font = *font;
	memcpy(kernel.glyphs, font->data, size);
}

static void take_pairs(const struct unimapdesc *meaning)
{
	kernel.n_pairs = meaning->entry_ct;
	for (unsigned int i = 0; i < MIN(meaning->entry_ct, ARRAY_SIZE(kernel.pairs)); i++)
		kernel.pairs[i] = meaning->entries[i];
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (request == fails_at &&
	    (request != KDSKBENT || ((const struct kbentry *)argument)->kb_value == 500)) {
		errno = failure;
		return -1;
	}
	if (request == KDSKBENT) {
		take_symbol(argument);
		return 0;
	}
	kernel.requests[kernel.n_requests++] = request;
	if (request == KDSKBMODE)
		kernel.modes[kernel.n_modes++] = (int)(intptr_t)argument;
	else if (request == KDFONTOP)
		take_font(argument);
	else if (request == PIO_UNIMAP)
		take_pairs(argument);
	return 0;
}

static int set_up(void **state)
{
	memset(&kernel, 0, sizeof(kernel));
	fails_at = 0;
	failure = 0;
	return 0;
}

/* --- keyboard --- */

/* Plain keys from 0 on, and with Shift from 500 on. */
static void write_keymap(void)
{
	char file[sizeof("bkeymap") - 1 + BKEYMAP_TABLES + 2 * BKEYMAP_KEYS * sizeof(uint16_t)] =
		"bkeymap\1\1";
	uint16_t symbols[2][BKEYMAP_KEYS];

	for (unsigned int table = 0; table < 2; table++)
		for (unsigned int key = 0; key < BKEYMAP_KEYS; key++)
			symbols[table][key] = (uint16_t)(500 * table + key);
	memcpy(file + sizeof(file) - sizeof(symbols), symbols, sizeof(symbols));
	write_file(scratch_path("keymap"), file, sizeof(file));
}

static int run(int (*work)(const struct worker_message *, struct worker_message *),
	       const char *path, const char *terminals, bool is_unicode, const char *complaint)
{
	struct worker_message request, reply;
	int r;

	worker_message_init(&request, 0, is_unicode);
	worker_message_add(&request, path);
	worker_message_add(&request, terminals);
	worker_message_init(&reply, 0, 0);
	r = work(&request, &reply);
	assert_string_equal(worker_message_get(&reply, 0), complaint);
	return r;
}

static void a_keymap_is_set_whole(void **state)
{
	write_keymap();
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL, true, ""), 0);
	assert_int_equal(kernel.n_symbols, 256);
	assert_int_equal(kernel.last_symbol, K_NOSUCHMAP);
	assert_int_equal(kernel.n_tables_removed, 254);
	assert_int_equal(kernel.n_modes, 1);
	assert_int_equal(kernel.modes[0], K_UNICODE);
}

static void it_is_set_once_for_all_terminals(void **state)
{
	write_keymap();
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL " " TERMINAL,
			     true, ""),
			 0);
	assert_int_equal(kernel.n_symbols, 256);
	assert_int_equal(kernel.n_modes, 2);
}

/* It would not take characters of the keymap in the other mode. */
static void without_utf8_it_is_set_in_utf8_mode_all_the_same(void **state)
{
	write_keymap();
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL, false, ""), 0);
	assert_int_equal(kernel.n_symbols, 256);
	assert_int_equal(kernel.n_modes, 2);
	assert_int_equal(kernel.modes[0], K_UNICODE);
	assert_int_equal(kernel.modes[1], K_XLATE);
}

static void without_a_keymap_only_the_mode_is_set(void **state)
{
	assert_int_equal(run(worker_set_keyboard, "", TERMINAL, true, ""), 0);
	assert_int_equal(kernel.n_symbols, 0);
	assert_int_equal(kernel.n_tables_removed, 0);
	assert_int_equal(kernel.n_modes, 1);
}

static void an_unknown_symbol_is_passed_over(void **state)
{
	write_keymap();
	fails_at = KDSKBENT;
	failure = EINVAL;
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL, true, ""), 0);
	assert_int_equal(kernel.n_symbols, 255);
}

static void any_other_error_ends_it(void **state)
{
	write_keymap();
	fails_at = KDSKBENT;
	failure = EPERM;
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL, true,
			     "cannot set it"),
			 -EPERM);
	assert_int_equal(kernel.n_symbols, 128);
}

static void a_damaged_keymap_changes_nothing(void **state)
{
	write_text(scratch_path("keymap"), "bkeymap and no more");
	assert_int_equal(run(worker_set_keyboard, scratch_path("keymap"), TERMINAL, true,
			     "cannot read it"),
			 -EBADMSG);
	assert_int_equal(kernel.n_requests, 0);
}

static void a_terminal_that_is_not_there_is_an_error(void **state)
{
	assert_int_equal(run(worker_set_keyboard, "", "no-such-terminal", true, "cannot set it"),
			 -ENOENT);
}

/* --- screen --- */

/* Two glyphs, 12 pixels wide, of @height rows; the second is for A and for a letter of 17 bits. */
static void write_font(unsigned char height)
{
	unsigned char file[32 + 2 * 2 * 64 + 8] = {
		0x72,          0xb5,      0x4a,     0x86,
		[8] = 32,      [12] = 1,  [16] = 2, [20] = (unsigned char)(height * 2),
		[24] = height, [28] = 12,
	};
	size_t end = 32 + 4 * (size_t)height;

	for (unsigned int i = 0; i < 4U * height; i++)
		file[32 + i] = (unsigned char)(1 + i);
	memcpy(file + end,
	       "\xff"
	       "A\xf0\x90\x80\x80\xff",
	       7);
	write_file(scratch_path("font"), file, end + 7);
}

static void a_font_is_laid_out_as_the_kernel_takes_it(void **state)
{
	const unsigned long requests[] = { KDFONTOP, PIO_UNIMAPCLR, PIO_UNIMAP };

	write_font(3);
	assert_int_equal(run(worker_set_screen, scratch_path("font"), TERMINAL, true, ""), 0);
	assert_int_equal(kernel.n_requests, 3);
	assert_memory_equal(kernel.requests, requests, sizeof(requests));
	assert_int_equal(kernel.font.op, KD_FONT_OP_SET);
	assert_int_equal(kernel.font.width, 12);
	assert_int_equal(kernel.font.height, 3);
	assert_int_equal(kernel.font.charcount, 256);
	assert_memory_equal(kernel.glyphs, "\1\2\3\4\5\6\0", 7);
	assert_memory_equal(kernel.glyphs + 64, "\7\10\11\12\13\14\0", 7);
	assert_int_equal(kernel.n_pairs, 1);
	assert_int_equal(kernel.pairs[0].unicode, 'A');
	assert_int_equal(kernel.pairs[0].fontpos, 1);
}

static void a_tall_font_has_rows_of_its_own(void **state)
{
	write_font(40);
	assert_int_equal(run(worker_set_screen, scratch_path("font"), TERMINAL, true, ""), 0);
	assert_int_equal(kernel.font.op, 4); /* KD_FONT_OP_SET_TALL, of newer headers */
	assert_int_equal(kernel.font.height, 40);
	assert_int_equal(kernel.glyphs[80], 81);
}

static void a_screen_may_not_take_it(void **state)
{
	write_font(3);
	fails_at = KDFONTOP;
	failure = ENOSYS;
	assert_int_equal(run(worker_set_screen, scratch_path("font"), TERMINAL, true,
			     "the screen does not take it"),
			 -ENOSYS);
	assert_int_equal(kernel.n_requests, 0);
}

static void a_damaged_font_changes_nothing(void **state)
{
	write_text(scratch_path("font"), "not a font");
	assert_int_equal(run(worker_set_screen, scratch_path("font"), TERMINAL, true,
			     "cannot read it"),
			 -EBADMSG);
	assert_int_equal(kernel.n_requests, 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, a_keymap_is_set_whole);
	TEST(&list, it_is_set_once_for_all_terminals);
	TEST(&list, without_utf8_it_is_set_in_utf8_mode_all_the_same);
	TEST(&list, without_a_keymap_only_the_mode_is_set);
	TEST(&list, an_unknown_symbol_is_passed_over);
	TEST(&list, any_other_error_ends_it);
	TEST(&list, a_damaged_keymap_changes_nothing);
	TEST(&list, a_terminal_that_is_not_there_is_an_error);
	TEST(&list, a_font_is_laid_out_as_the_kernel_takes_it);
	TEST(&list, a_tall_font_has_rows_of_its_own);
	TEST(&list, a_screen_may_not_take_it);
	TEST(&list, a_damaged_font_changes_nothing);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
