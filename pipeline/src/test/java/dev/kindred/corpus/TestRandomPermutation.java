/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TestRandomPermutation {
  private static final long WINDOWS = 858_923; // distinct windows of TinyShakespeare
  private static final int PROMPTS = 20_000;
  private static final long SEED = 1337;

  @Test
  void beginsAsTheStudysPromptListDoes() {
    assertThat(RandomPermutation.first(WINDOWS, 10, SEED))
        .containsExactly(
            198285, 757514, 418141, 25043, 646889, 551388, 677589, 749213, 128267, 45321);
  }

  @ParameterizedTest
  @CsvSource({
    "22, 725102",
    "33, 615022",
    "36, 667895",
    "40, 298661",
    "55, 794764",
    "57, 622348",
    "68, 658122",
    "74, 309746",
    "852, 304695"
  })
  void goesOnAsTheStudysPromptListDoes(int place, long expected) {
    assertThat(RandomPermutation.first(WINDOWS, PROMPTS, SEED)[place]).isEqualTo(expected);
  }

  @Test
  void elementsAreDistinct() {
    assertThat(RandomPermutation.first(WINDOWS, PROMPTS, SEED)).doesNotHaveDuplicates();
  }

  @Test
  void elementsAreBelowTheSize() {
    assertThat(LongStream.of(RandomPermutation.first(WINDOWS, PROMPTS, SEED)).boxed())
        .allMatch(element -> element >= 0 && element < WINDOWS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 100})
  void aFullPermutationContainsEverything(int size) {
    assertThat(RandomPermutation.first(size, size, SEED))
        .containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
  }

  @Test
  void fewerElementsAreTheBeginningOfMore() {
    long[] more = RandomPermutation.first(1000, 1000, SEED);

    assertThat(RandomPermutation.first(1000, 10, SEED))
        .containsExactly(java.util.Arrays.copyOf(more, 10));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, SEED, 0x7fffffffL, 0x80000000L, 0xffffffffL, (7L << 32) + 42})
  void followsTheDocumentedRecipeForEverySeed(long seed) {
    int size = 1000;
    int[] outputs = mersenneTwister((int) seed, size);
    long[] expected = LongStream.range(0, size).toArray();
    for (int i = 0; i < size; i++) {
      int other = i + Integer.remainderUnsigned(outputs[i], size - i);
      long element = expected[other];
      expected[other] = expected[i];
      expected[i] = element;
    }

    assertThat(RandomPermutation.first(size, size, seed)).containsExactly(expected);
  }

  /**
   * The first outputs of MT19937 as Matsumoto and Nishimura publish it, seeded by init_genrand.
   * Ints wrap around as their unsigned 32-bit words do.
   */
  private static int[] mersenneTwister(int seed, int count) {
    int[] words = new int[count + 624];
    words[0] = seed;
    for (int i = 1; i < 624; i++) {
      words[i] = 1812433253 * (words[i - 1] ^ (words[i - 1] >>> 30)) + i;
    }

    int[] outputs = new int[count];
    for (int i = 0; i < count; i++) {
      int joined = (words[i] & 0x80000000) | (words[i + 1] & 0x7fffffff);
      words[i + 624] = words[i + 397] ^ (joined >>> 1) ^ ((joined & 1) == 0 ? 0 : 0x9908b0df);
      int y = words[i + 624];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      outputs[i] = y ^ (y >>> 18);
    }

    return outputs;
  }
}
