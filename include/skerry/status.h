/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answers of the kernel, to servers and in its own functions. One list for everybody:
 * a number is never given a second meaning.
 */
#pragma once

enum status {
    STATUS_OK = 0,
    STATUS_BAD_CALL = 1,    /* no system call, or no operation of it, has this number */
    STATUS_BAD_HANDLE = 2,  /* the handle, VM, vCPU or INTID names nothing */
    STATUS_DENIED = 3,      /* it names something that the caller was not granted */
    STATUS_RANGE = 4,       /* an argument is outside its range or misaligned */
    STATUS_BUSY = 5,        /* the thing is in use: vCPU already on, server busy */
    STATUS_DEAD = 6,        /* the callee is down, or died while it answered */
    STATUS_NO_MEMORY = 7,   /* the quota of page-table pages is used up */
    STATUS_OVERLAP = 8,     /* memory has another owner, or the address is already mapped */
    STATUS_FORMAT = 9,      /* an image table is not what its header says */
    STATUS_UNSUPPORTED = 10 /* this CPU cannot do it */
};
