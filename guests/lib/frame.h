/* SPDX-License-Identifier: BSD-2-Clause */
/* Where vectors.S puts things; exception.c asserts that struct frame agrees. */
#pragma once

#define FRAME_X30  240
#define FRAME_SPSR 256
#define FRAME_FAR  272
#define FRAME_SIZE 288
