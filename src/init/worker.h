/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "init/worker-message.h"

/* argv[0] of a worker that is started by executing /init; its socket is then fd 3. */
#define WORKER_PROGRAM_NAME "kindling-worker"
#define WORKER_FD           3

/* Serves requests from @fd until its other end closes. Closes all other fds but 0 to 2. */
_noreturn_ void worker_run(int fd);

/*
 * The jobs. Each may block for as long as the kernel or the device does; each fills in strings of
 * @reply and returns what becomes its code.
 */
int worker_load_module(const struct worker_message *request, struct worker_message *reply);
int worker_probe(const struct worker_message *request, struct worker_message *reply);
int worker_mount(const struct worker_message *request, struct worker_message *reply);
int worker_set_keyboard(const struct worker_message *request, struct worker_message *reply);
int worker_set_screen(const struct worker_message *request, struct worker_message *reply);
int worker_read_fstab(const struct worker_message *request, struct worker_message *reply);
int worker_find_init(const struct worker_message *request, struct worker_message *reply);
int worker_find_image(const struct worker_message *request, struct worker_message *reply);
int worker_resume(const struct worker_message *request, struct worker_message *reply);
int worker_read_efi_variable(const struct worker_message *request, struct worker_message *reply);
int worker_remove_efi_variable(const struct worker_message *request, struct worker_message *reply);
