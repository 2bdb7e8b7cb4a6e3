/* SPDX-License-Identifier: BSD-2-Clause */
/* From the image's tables to the objects of the kernel. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct vm;

extern bool fast_path; /* fast.S is used: vectors, otherwise vectors_plain */

/* Checks the payload and builds everything; stops the machine with one line if it cannot. */
void boot_build(void);

/* Where a load or segment of the payload is. */
const void *boot_payload(uint64_t offset);

/* A VM's memory as its description says: loads where they belong, zeros elsewhere. */
void boot_fill_vm(struct vm *vm);
