/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.locality;

import dev.kindred.ContentId;
import dev.kindred.locality.Protocol.Places;
import dev.kindred.model.ModelShape;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is asked of how far a model looks back in a corpus.
 *
 * @param lengths how many last tokens are read, ascending
 * @param firstTokens that stand before texts, each a token id or {@link Protocol#NONE}
 * @param places where the last tokens stand
 * @param textLength tokens of each text that is read as a whole, without a first token
 * @param isEvery whether every token is looked at that has enough before it, not a sample alone
 * @param sample tokens of the sample
 * @param seed of the sample
 */
public record LocalityQuestion(
    List<Integer> lengths,
    List<Integer> firstTokens,
    List<Places> places,
    int textLength,
    boolean isEvery,
    int sample,
    long seed)
    implements Serializable {
  /** Tokens of a text that are in the sample. */
  public static final int OF_A_TEXT = 10;

  /** Tokens of the sample that others are compared with, at most; a text has {@link #OF_A_TEXT}. */
  public static final int COMPARED = 2000;

  /** Tokens of the sample of which each block is cut, at most. */
  public static final int CUT = 500;

  /** Texts of which the mean stream is taken, at most. */
  public static final int MEAN_TEXTS = 400;

  /**
   * Work of a token of a whole text, in tokens of what is read besides: attention sees more, and
   * hardly anything of it is read for several places at once.
   */
  static final long OF_WHOLE = 4;

  /** Floats of their streams, at most: 256 MiB. */
  private static final long COMPARED_FLOATS = 64L * 1024 * 1024;

  /** Says with which formulas rows were made. */
  private static final int VERSION = 1;

  /**
   * The first token of a text that is looked at: it has as many before it, by which texts of a
   * document overlap.
   */
  public static int first() {
    return StreamSums.FROM;
  }

  /** Returns the name under which tables keep the answer. */
  public String key(String corpusId) {
    return new ContentId()
        .add(
            String.join(
                " ",
                String.valueOf(VERSION),
                corpusId,
                lengths.toString(),
                firstTokens.toString(),
                places.toString(),
                String.valueOf(textLength),
                String.valueOf(isEvery),
                String.valueOf(sample),
                String.valueOf(seed)))
        .id("l");
  }

  /** All combinations of first tokens and places. */
  List<Protocol> protocols() {
    List<Protocol> protocols = new ArrayList<>();
    for (int firstToken : firstTokens) {
      places.forEach(where -> protocols.add(new Protocol(firstToken, where)));
    }

    return protocols;
  }

  /** Texts that the sample is of. */
  public int sampledTexts() {
    return Math.max(1, sample / OF_A_TEXT);
  }

  /** The tokens of each text that are in the sample: evenly spread, the same in all texts. */
  int[] sampledIndexes() {
    int all = textLength - first();
    return IntStream.range(0, OF_A_TEXT)
        .map(i -> first() + (int) ((2L * i + 1) * all / (2 * OF_A_TEXT)))
        .distinct()
        .toArray();
  }

  /** Texts of the sample whose tokens are compared with one another: one process has them all. */
  int comparedTexts(ModelShape shape) {
    long floatsOfText = (shape.blocks() + 1L) * shape.modelDimension() * OF_A_TEXT;
    return (int) Math.max(1, Math.min(COMPARED / OF_A_TEXT, COMPARED_FLOATS / floatsOfText));
  }

  /** The tokens of each text that are looked at. */
  public int[] indexes() {
    return isEvery ? IntStream.range(first(), textLength).toArray() : sampledIndexes();
  }

  /**
   * Work on some texts, in tokens that are read: what {@link Localities#measure} counts, but for
   * what is wanted of the first and last few of a text.
   */
  public long work(long texts) {
    long whole = OF_WHOLE * firstTokens.size() * textLength;
    return texts * (whole + indexes().length * tokensOfEach());
  }

  /**
   * Sequences of tokens that are read for each token that is looked at, in tokens: how long it
   * takes is in proportion. Where every token is looked at, the longest sequences have the others
   * in them.
   */
  public long tokensOfEach() {
    IntStream tokens = lengths.stream().mapToInt(Integer::intValue);
    return (long) firstTokens.size()
        * places.size()
        * (isEvery ? tokens.max().orElse(0) : tokens.sum());
  }
}
