/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How a text goes on: token by token, each drawn by the model's probabilities. Where the context is
 * full, the last half of the text begins another, at the first position; so nothing is read at
 * positions that the model does not have.
 */
public final class Generation {
  private final TokenReader reader;
  private final Integer firstToken;
  private final int tokens;
  private final double temperature;
  private final SplittableRandom random;

  /**
   * A token that was drawn.
   *
   * @param probability that the model gave it, whatever the temperature
   */
  public record Drawn(int tokenId, double probability) {}

  /**
   * Texts of a model.
   *
   * @param firstToken what the model reads before every text; null for nothing
   * @param tokens how many ids can be drawn, from 0: those that the tokenizer has
   * @param temperature T, where a token is drawn with a probability in proportion to p^(1 / T); 0
   *     for the most probable, of equals the lowest
   * @param seed of the draws
   */
  public Generation(
      TokenReader reader, Integer firstToken, int tokens, double temperature, long seed) {
    this.reader = reader;
    this.firstToken = firstToken;
    this.tokens = tokens;
    this.temperature = temperature;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Goes on with a prompt.
   *
   * @param prompt at least one token, or none where there is a first token; no more than fit the
   *     context with it
   * @param count how many tokens are drawn
   */
  public List<Drawn> of(int[] prompt, int count) {
    List<Drawn> drawn = new ArrayList<>();
    int[] text = Arrays.copyOf(prompt, prompt.length + count);
    int room = reader.shape().contextLength() - (firstToken == null ? 0 : 1);
    float[] logits = reader.begin(read(prompt));
    while (drawn.size() < count) {
      Drawn next = draw(logits);
      drawn.add(next);
      int length = prompt.length + drawn.size();
      text[length - 1] = next.tokenId();
      if (drawn.size() < count) {
        logits =
            reader.length() < reader.shape().contextLength()
                ? reader.next(next.tokenId())
                : reader.begin(
                    read(Arrays.copyOfRange(text, length - Math.max(1, room / 2), length)));
      }
    }

    return drawn;
  }

  private int[] read(int[] tokenIds) {
    return firstToken == null ? tokenIds : WithFirstToken.prepend(firstToken, tokenIds);
  }

  private Drawn draw(float[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    int best = 0;
    for (int token = 0; token < tokens; token++) {
      if (logits[token] > greatest) {
        greatest = logits[token];
        best = token;
      }
    }

    int token = temperature == 0 ? best : drawn(logits, greatest);
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - greatest);
    }

    return new Drawn(token, Math.exp(logits[token] - greatest) / sum);
  }

  private int drawn(float[] logits, double greatest) {
    double[] upTo = new double[tokens]; // sums of shares
    double sum = 0;
    for (int token = 0; token < tokens; token++) {
      sum += Math.exp((logits[token] - greatest) / temperature);
      upTo[token] = sum;
    }

    double at = sum * random.nextDouble();
    int token = 0;
    while (token < tokens - 1 && upTo[token] <= at) {
      token++;
    }

    return token;
  }
}
