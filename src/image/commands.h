/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/exit-code.h"

/*
 * One function for each sub-command. argv[0] is what messages begin with, "kindling"; the result is
 * an enum exit_code.
 */
int command_build(int argc, char **argv);
int command_cat(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_size(int argc, char **argv);
int command_unpack(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_why(int argc, char **argv);

/*
 * What a command returns after reading an image: @result is 0 or the error of a function of
 * image-reader.h, and for -ENOMEM, which those do not log, this does.
 */
enum exit_code exit_code_of_image(int result);
