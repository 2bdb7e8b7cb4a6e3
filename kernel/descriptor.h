/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of translation tables: the bits, and attributes (enum pagetable_attr) to bits and
 * back, for the three formats. Only pagetable.c includes this. */
#pragma once

#include "pagetable.h"

/* Arm ARM D8.3, "Translation table descriptor formats". */
#define DESC_VALID  UINT64_C(1)
#define DESC_TABLE  UINT64_C(3) /* at the last level: a page */
#define DESC_TYPE   UINT64_C(3)
#define PA_END      (UINT64_C(1) << 48)
#define DESC_OUTPUT (PA_END - IMAGE_PAGE)

/* The attributes go together and this format can express them. */
bool descriptor_valid(enum pagetable_format format, uint32_t attr);

/* All bits of a leaf but its type and output address; and the attributes that they were made of. */
uint64_t descriptor_encode(enum pagetable_format format, uint32_t attr);
uint32_t descriptor_decode(enum pagetable_format format, uint64_t desc);
