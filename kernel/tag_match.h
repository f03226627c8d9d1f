#pragma once

#include <array>
#include <cstdint>

#include "kernel/policy.h"

// ThreadSanitizer cannot know that a vector load reads each of its words whole, so it gets the portable form.
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
#include <emmintrin.h>
#define UPOUT_TAG_MATCH_SSE2 1
#endif

namespace upout::kernel {

/// Eight words of one cache line, of which the upper 16 bits are a tag: a mask with bit i set if word i has
/// `tag`. Without branches, because where in a bucket a key sits cannot be predicted, and a wrong guess costs
/// as much as the rest of the probe. `words` is aligned to 64 bytes; each word is read whole, as by a load of
/// its own.
template <class Word>
inline unsigned match_tags(const Word* words, std::uint64_t tag) noexcept {
  static_assert(sizeof(Word) == 8);
#if defined(UPOUT_TAG_MATCH_SSE2)
  const auto* vectors = reinterpret_cast<const __m128i*>(words);
  const auto upper_halves =
      [vectors](int i) {  // of four words, as signed numbers of 32 bits, shifted down to the tag
        const __m128 low = _mm_castsi128_ps(_mm_load_si128(vectors + i));
        const __m128 high = _mm_castsi128_ps(_mm_load_si128(vectors + i + 1));
        return _mm_srai_epi32(_mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1))), 16);
      };
  const __m128i tags = _mm_packs_epi32(upper_halves(0), upper_halves(2));
  const __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16(static_cast<short>(tag)));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < 8; ++i) mask |= static_cast<unsigned>(words[i].load() >> 48 == tag) << i;
  return mask;
#endif
}

}  // namespace upout::kernel
