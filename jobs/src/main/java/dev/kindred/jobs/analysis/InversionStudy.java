/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.inversion.BlockPart;
import dev.kindred.inversion.Experiment.Method;
import dev.kindred.inversion.InversionLoss;
import dev.kindred.inversion.InversionLoss.Kind;
import dev.kindred.inversion.Target;
import dev.kindred.inversion.Target.Outputs;
import dev.kindred.inversion.TokenRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The questions of the two studies that invert models. Claims are numbered: D of "Language modeling
 * and discrete encodings", I of "Information between tokens".
 */
enum InversionStudy {
  /** What a layer's output knows of all tokens. */
  DISCRETE,
  /** What the output at some positions knows of other ones. */
  INFORMATION;

  /** Sentences of the studies, and of the code that belongs to them. */
  private static final List<String> SENTENCES =
      List.of(
          "The sky is blue.",
          "This is a prompt sentence",
          "Mario the man versus Mario the idea",
          "Mario, the Idea, versus Mario, the Man",
          "Geralt of Rivia",
          "The sky is blue or red depending on the time of day.",
          "Four score and seven years ago, our forefathers",
          "An apple a day keeps the doctor away",
          "Attention mechanisms that confer selective focus",
          "Numbers are the things themselves.",
          "Weather, whither by the whithywindle");

  /** Tokens that are few, of which whole outputs are inverted. */
  private static final List<String> SHORT = List.of("George", "the sky");

  /** Tokens that a sentence has at most: those of models of characters take long. */
  private static final int LONGEST = 40;

  /** Positions before the last that are left out of an output. */
  private static final int HIDDEN = 3;

  /**
   * A question.
   *
   * @param claims numbers of the claims that it is about
   * @param isAsPublished whether the recipe is the published one
   */
  record Question(
      String claims, Method method, Target target, InversionLoss loss, boolean isAsPublished) {}

  /** The name: {@code discrete}. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The texts that are asked about. */
  List<String> texts() {
    return this == DISCRETE
        ? Stream.concat(SENTENCES.stream(), SHORT.stream()).toList()
        : SENTENCES;
  }

  /** Whether a text of so many tokens is asked about. */
  boolean takes(int tokens) {
    return tokens <= LONGEST && (this == DISCRETE || tokens > HIDDEN + 1);
  }

  /** Sets of allowed tokens: a prompt's own, and so many others. */
  List<Integer> allowedOthers() {
    return this == DISCRETE ? List.of(0, 8, 32, 128) : List.of(0, 16);
  }

  /** The questions that a model of so many blocks allows. */
  List<Question> questions(int blocks) {
    List<Question> all = new ArrayList<>();
    List<Integer> depths = Stream.of(1, 2, 4, blocks).filter(n -> n <= blocks).distinct().toList();
    if (this == DISCRETE) {
      discrete(all, depths, blocks);
    } else {
      information(all, depths);
    }

    return all;
  }

  private static void discrete(List<Question> all, List<Integer> depths, int blocks) {
    Target one = Target.of(1);
    for (int depth : depths) {
      all.add(sound("D1 D2 D3 D10 D15", Target.of(depth), Kind.L1));
    }

    all.add(new Question("D1", Method.INDIRECT, one, InversionLoss.AS_PUBLISHED, true));
    all.add(sound("D1", one, Kind.L2));
    all.add(new Question("D1 D4", Method.DIRECT, one, InversionLoss.of(Kind.L1, 1), false));
    all.add(new Question("D12", Method.DIRECT, one, InversionLoss.of(Kind.COSINE, 1), false));
    if (blocks >= 3) {
      all.add(sound("D5", outputs(Outputs.LAST), Kind.L1));
      all.add(sound("D5", outputs(Outputs.EACH), Kind.L1));
      all.add(sound("D5", outputs(Outputs.FIRST_AGAIN), Kind.L1));
    }

    for (int depth : depths) {
      all.add(sound("D6 D12 D16", Target.of(depth), Kind.COSINE));
    }

    all.add(new Question("D6", Method.INDIRECT, one, InversionLoss.balanced(), false));
    for (Method method : List.of(Method.PER_TOKEN, Method.EXPANDING, Method.SEQUENTIAL)) {
      all.add(new Question("D7", method, one, InversionLoss.of(Kind.L1, 1), false));
    }

    all.add(sound("D13", of(BlockPart.NO_LN, 1, TokenRange.ALL), Kind.COSINE));
    all.add(sound("D14", of(BlockPart.ATTENTION_ONLY, 1, TokenRange.ALL), Kind.COSINE));
    all.add(sound("D14", of(BlockPart.ATTENTION_ONLY, 1, TokenRange.ALL), Kind.L1));
    if (blocks >= 4) {
      all.add(sound("D14", of(BlockPart.ATTENTION_ONLY, 4, TokenRange.ALL), Kind.COSINE));
    }
  }

  private static void information(List<Question> all, List<Integer> depths) {
    TokenRange rest = TokenRange.parse("", "[" + HIDDEN + ":]");
    TokenRange butFirst = TokenRange.parse("", "[1:]");
    TokenRange last = TokenRange.parse("", "[-1]");
    all.add(sound("I1", Target.of(1).with(TokenRange.upTo(HIDDEN)), Kind.L1));
    for (int depth : depths) {
      all.add(sound("I2 I3 I4 I5 I8", Target.of(depth).with(butFirst), Kind.L1));
    }

    for (TokenRange range : List.of(rest, last)) {
      all.add(sound("I2 I3 I4", Target.of(1).with(range), Kind.L1));
    }

    for (TokenRange range : List.of(butFirst, rest, last)) {
      all.add(sound("I2 I4", Target.of(1).with(range), Kind.COSINE));
    }

    all.add(sound("I4", Target.of(1).with(rest), Kind.L2));
    for (int depth : depths.stream().filter(n -> n <= 2).toList()) {
      all.add(sound("I6", of(BlockPart.ATTENTION_ONLY, depth, butFirst), Kind.COSINE));
    }

    all.add(sound("I7", of(BlockPart.NO_ATTN_RESIDUAL, 1, TokenRange.ALL), Kind.L1));
  }

  private static Question sound(String claims, Target target, Kind loss) {
    return new Question(claims, Method.INDIRECT, target, InversionLoss.of(loss, 1), false);
  }

  private static Target outputs(Outputs outputs) {
    return new Target(3, outputs, BlockPart.BLOCK, true, TokenRange.ALL, null);
  }

  private static Target of(BlockPart part, int blocks, TokenRange range) {
    return new Target(blocks, Outputs.LAST, part, true, range, null);
  }
}
