#include "clookups.h"

#include <string.h>

#include "clones.h"

size_t cairn_sort_lookups(size_t count, const float *ids, size_t entries, uint32_t *numbers, uint32_t *places,
                          uint32_t *spare) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    // NaN fails every comparison.
    if (!(ids[i] >= 0 && ids[i] < (float)entries && (float)(uint32_t)ids[i] == ids[i])) continue;
    numbers[kept] = (uint32_t)ids[i];
    places[kept++] = (uint32_t)i;
  }
  // Byte by byte from the lowest: stable, and no more passes than the table's numbers have bytes.
  uint32_t *from_numbers = numbers, *from_places = places, *to_numbers = spare, *to_places = spare + count;
  int passes = 0;
  for (uint32_t shift = 0; shift < 32 && ((entries - 1) >> shift) > 0; shift += 8, passes++) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < kept; i++) starts[((from_numbers[i] >> shift) & 255) + 1]++;
    for (size_t b = 0; b < 256; b++) starts[b + 1] += starts[b];
    for (size_t i = 0; i < kept; i++) {
      const size_t place = starts[(from_numbers[i] >> shift) & 255]++;
      to_numbers[place] = from_numbers[i];
      to_places[place] = from_places[i];
    }
    uint32_t *swap = from_numbers;
    from_numbers = to_numbers, to_numbers = swap;
    swap = from_places;
    from_places = to_places, to_places = swap;
  }
  if (passes % 2) {
    memcpy(numbers, from_numbers, kept * sizeof(uint32_t));
    memcpy(places, from_places, kept * sizeof(uint32_t));
  }
  return kept;
}

/// The first of a shard's rows whose number is not below `number`.
static size_t first_from(const cairn_lookups *shard, size_t number) {
  size_t low = 0, high = shard->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (shard->numbers[middle] < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const uint32_t nothing = UINT32_MAX;

CAIRN_CLONES
void cairn_sum_lookups(const cairn_lookups *lookups, size_t shards, size_t columns, size_t first, size_t end, float *table,
                       float *scratch) {
  memset(table + first, 0, (end - first) * sizeof(float));
  if (first >= end || shards == 0) return;
  uint32_t *const next = (uint32_t *)(scratch + shards * columns);
  uint32_t *const has = next + shards;
  for (size_t s = 0; s < shards; s++) next[s] = (uint32_t)first_from(lookups + s, first / columns);
  for (;;) {
    uint32_t number = nothing;
    for (size_t s = 0; s < shards; s++)
      if (next[s] < lookups[s].count && lookups[s].numbers[next[s]] < number) number = lookups[s].numbers[next[s]];
    if (number == nothing || (size_t)number * columns >= end) return;
    // A part may begin and end within a row.
    const size_t start = (size_t)number * columns;
    const size_t low = start < first ? first - start : 0, high = start + columns > end ? end - start : columns;
    for (size_t s = 0; s < shards; s++) {
      has[s] = next[s] < lookups[s].count && lookups[s].numbers[next[s]] == number;
      if (!has[s]) continue;
      float *const sum = scratch + s * columns;
      for (size_t c = low; c < high; c++) sum[c] = 0;
      for (; next[s] < lookups[s].count && lookups[s].numbers[next[s]] == number; next[s]++) {
        const float *const row = lookups[s].rows + (size_t)lookups[s].places[next[s]] * columns;
        for (size_t c = low; c < high; c++) sum[c] += row[c];
      }
    }
    // A sum of floats that begins at 0 is never -0, so that adding a shard that has nothing would change no bit.
    for (size_t distance = 1; distance < shards; distance *= 2)
      for (size_t s = 0; s + distance < shards; s += 2 * distance) {
        if (!has[s + distance]) continue;
        float *const left = scratch + s * columns;
        const float *const right = scratch + (s + distance) * columns;
        if (has[s])
          for (size_t c = low; c < high; c++) left[c] += right[c];
        else
          memcpy(left + low, right + low, (high - low) * sizeof(float));
        has[s] = 1;
      }
    memcpy(table + start + low, scratch + low, (high - low) * sizeof(float));
  }
}
