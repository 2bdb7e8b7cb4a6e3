/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every server's program holds: the replies and calls that need more than one register in a
 * certain place, and the note that says which ABI it was built for.
 */
#include "server.h"

#include <skerry/image.h>

#include "gate.h"

#define NOTE __attribute__((section(".note.skerry"), aligned(4), used))

static const struct server_note note NOTE = {sizeof(SERVER_NOTE_NAME), sizeof(note.abi),
                                             SERVER_NOTE, SERVER_NOTE_NAME, ABI_VERSION};

_Noreturn void reply_four(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3) {
    register uint64_t r0 __asm__("x0") = x0;
    register uint64_t r1 __asm__("x1") = x1;
    register uint64_t r2 __asm__("x2") = x2;
    register uint64_t r3 __asm__("x3") = x3;
    __asm__ volatile("b gate_page + %4"
                     :
                     : "r"(r0), "r"(r1), "r"(r2), "r"(r3), "i"(VERDICT_FOUR * GATE_ENTRY_SIZE)
                     : "memory");
    __builtin_unreachable();
}

void log_text(const char *text) {
    while (*text != '\0') {
        uint64_t word[LOG_CALL_BYTES / 8] = {0};
        unsigned count = 0;
        for (; count < LOG_CALL_BYTES && text[count] != '\0'; count++)
            word[count / 8] |= (uint64_t)(uint8_t)text[count] << count % 8 * 8;
        (void)GATE_CALL(SYS_LOG, LOG_WRITE, count, word[0], word[1], word[2], word[3], word[4],
                        word[5]);
        text += count;
    }
}
