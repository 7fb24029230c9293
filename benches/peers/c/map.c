/* Maps: SIZE counts in a map with 1000 text keys and in one with 4093 integer keys. */
#include "harness.h"
#include <stdbool.h>
#include <string.h>

/* Open addressing, never more than half full; a slot without text and with used == false is free. */
#define SLOTS 16384

struct slot {
    const char *text;
    int64_t number;
    int64_t value;
    bool used;
};

static struct slot *text_slot(struct slot *slots, const char *text) {
    uint64_t hash = 14695981039346656037u;
    for (const char *c = text; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    }
    size_t at = hash % SLOTS;
    while (slots[at].used && strcmp(slots[at].text, text) != 0) {
        at = (at + 1) % SLOTS;
    }
    return &slots[at];
}

static struct slot *number_slot(struct slot *slots, int64_t number) {
    size_t at = ((uint64_t)number * 11400714819323198485u >> 32) % SLOTS;
    while (slots[at].used && slots[at].number != number) {
        at = (at + 1) % SLOTS;
    }
    return &slots[at];
}

static int64_t run(int64_t size) {
    static char keys[1000][8];
    struct slot *texts = calloc(SLOTS, sizeof *texts);
    struct slot *numbers = calloc(SLOTS, sizeof *numbers);
    if (texts == NULL || numbers == NULL) {
        free(texts);
        free(numbers);
        return -1;
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(keys[i], sizeof keys[i], "key%d", i);
        struct slot *slot = text_slot(texts, keys[i]);
        slot->used = true;
        slot->text = keys[i];
    }
    for (int64_t i = 0; i < size; i++) {
        text_slot(texts, keys[i * 31 % 1000])->value += 1;
        int64_t number = i * 7919 % 4093;
        struct slot *slot = number_slot(numbers, number);
        if (slot->used) {
            slot->value += i % 3;
        } else {
            slot->used = true;
            slot->number = number;
            slot->value = 1;
        }
    }
    int64_t sum = 0;
    for (int i = 0; i < 1000; i++) {
        sum += text_slot(texts, keys[i])->value * i;
    }
    for (int i = 0; i < 4093; i++) {
        struct slot *slot = number_slot(numbers, i);
        if (slot->used) {
            sum += slot->value * i;
        }
    }
    free(texts);
    free(numbers);
    return sum;
}

int main(int argc, char **argv) {
    return measure("map", run, argc, argv);
}
