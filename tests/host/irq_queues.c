/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queues of kernel/irq.c against a recount of all words: each word that waits for a list
 * register, or is active in none, stands in one ring, that of its vCPU, group and level or that of
 * the active, and nothing else does. Of irq.c's own knowledge it has the names of the fields.
 */
#include "irq_world.h"

static bool waits(uint32_t w, uint32_t vcpu) {
    if (w & WORD_HELD) return false;
    if (w & WORD_ACTIVE) return field_get(w, WORD_OWNER) == vcpu;
    return (w & WORD_DELIVER) && word_pending(w) && field_get(w, WORD_TARGET) == vcpu;
}

static uint32_t ring_check(uint32_t vcpu, uint32_t kind, uint32_t level) {
    uint32_t count = 0, first = vm.queues[vcpu].first[kind][level], intid = first;
    do {
        assert_in_range(intid, 0, SPI_END - 1);
        uint32_t w = entry_at(&vm, vcpu, intid)->word, next = entry_at(&vm, vcpu, intid)->next;
        assert_true(waits(w, vcpu));
        assert_int_equal(w & WORD_ACTIVE ? IRQ_ACTIVE : field_get(w, WORD_GROUP1), kind);
        assert_int_equal(w & WORD_ACTIVE ? 0 : field_get(w, WORD_LEVEL), level);
        assert_in_range(next, 0, SPI_END - 1);
        assert_int_equal(entry_at(&vm, vcpu, next)->previous, intid);
        assert_in_range(++count, 1, intids);
        intid = next;
    } while (intid != first);
    return count;
}

void queues_check(void) {
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        uint32_t waiting = 0;
        for (uint32_t intid = 0; intid < intids; intid++)
            waiting += waits(entry_at(&vm, vcpu, intid)->word, vcpu);
        for (uint32_t kind = 0; kind < IRQ_QUEUES; kind++)
            for (uint32_t bits = vm.queues[vcpu].levels[kind]; bits != 0; bits &= bits - 1)
                waiting -= ring_check(vcpu, kind, (uint32_t)__builtin_ctz(bits));
        assert_int_equal(waiting, 0);
    }
}
