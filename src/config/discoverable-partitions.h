/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What partitions say of themselves in a GPT (UAPI group, Discoverable Partitions). */

#include <stdint.h>

/* The type of the root of a machine like this one. */
#if defined(__x86_64__)
#define GPT_ROOT_TYPE "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#elif defined(__i386__)
#define GPT_ROOT_TYPE "44479540-f297-41b2-9af7-d131d5f0458a"
#elif defined(__aarch64__)
#define GPT_ROOT_TYPE "b921b045-1df0-41c3-af44-4c6f280d3fae"
#elif defined(__arm__)
#define GPT_ROOT_TYPE "69dad710-2ce4-4e3c-b16c-21a1d49abed3"
#elif defined(__riscv) && __riscv_xlen == 64
#define GPT_ROOT_TYPE "72ec70a6-cf74-40e6-bd49-4bda08e8f224"
#elif defined(__loongarch64)
#define GPT_ROOT_TYPE "77055800-792c-4f94-b39a-98c91b762bb6"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define GPT_ROOT_TYPE "c31c45e6-3f39-412e-80fb-4809c4980599"
#elif defined(__powerpc64__)
#define GPT_ROOT_TYPE "912ade1d-a839-4913-8964-a10eee08fbd2"
#elif defined(__s390x__)
#define GPT_ROOT_TYPE "5eead9a9-fe09-4a1e-a1d7-520d00531306"
#else
#define GPT_ROOT_TYPE "" /* of no partition */
#endif

/* Flags of file systems. That it should be made to grow (59) is for the host. */
#define GPT_FLAG_READ_ONLY (UINT64_C(1) << 60)
#define GPT_FLAG_NO_AUTO   (UINT64_C(1) << 63)
