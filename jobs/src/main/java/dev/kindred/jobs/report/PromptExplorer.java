/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.kindred.explanation.BlockExplanation;
import dev.kindred.explanation.Distance;
import dev.kindred.explanation.Explanation;
import dev.kindred.explanation.NextToken;
import dev.kindred.explanation.SimilarString;
import dev.kindred.explanation.TokenCount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Explanations of many prompts in one text that a page carries and its script unpacks: JSON, gzip,
 * Base64.
 *
 * <p>The JSON is an array of prompts. A prompt is [prompt_id, text, occurrences, distance, closer,
 * leave-one-out distance, closer, next tokens, what follows, reasons, strings, blocks]; next tokens
 * are [token, model, approximation, ..], what follows is a sentence, who is right (1 for the model
 * and 2 for the strings, added) and the tokens, [] if unknown, strings [[own beginning, length of
 * the shared suffix, [token, count, ..]], ..], and blocks [[similar strings, share, distance,
 * [token, share, ..], [index in strings, similarity, ..]], ..]. Numbers between 0 and 1 are in
 * ten-thousandths, at least one if they are not 0; what is not known is -1.
 *
 * @param shown prompts in it
 * @param all prompts of the run
 * @param data Base64
 */
public record PromptExplorer(int shown, int all, String data) {
  private static final int TOKENS_OF_BLOCK = 6;
  private static final int TOKENS_OF_STRING = 6;
  private static final int MODEL_IS_RIGHT = 1;
  private static final int STRINGS_ARE_RIGHT = 2;
  private static final int WHOLE = 10_000;

  /**
   * Packs as many explanations as fit.
   *
   * @param explanations of at least the wanted prompts, in any order
   * @param wanted prompt ids, the most wanted first
   * @param all prompts of the run
   * @param bytes of Base64, at most unless the first prompts are larger
   */
  static PromptExplorer pack(JavaRDD<Explanation> explanations, int[] wanted, int all, long bytes) {
    Map<Integer, Integer> places = new HashMap<>();
    for (int place = 0; place < wanted.length; place++) {
      places.put(wanted[place], place);
    }

    Broadcast<Map<Integer, Integer>> broadcast =
        JavaSparkContext.fromSparkContext(explanations.context()).broadcast(places);
    // Partition by partition: all prompts at once could be more than the driver holds.
    Iterator<byte[]> prompts =
        explanations
            .filter(prompt -> broadcast.value().containsKey(prompt.promptId()))
            .mapToPair(
                prompt -> new Tuple2<>(broadcast.value().get(prompt.promptId()), json(prompt)))
            .repartitionAndSortWithinPartitions(new ByPlace(wanted.length))
            .values()
            .toLocalIterator();
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    int shown = 0;
    try (GZIPOutputStream gzip = new SmallestGzip(packed)) {
      gzip.write('[');
      while (prompts.hasNext() && 4L * packed.size() / 3 < bytes) {
        if (shown > 0) {
          gzip.write(',');
        }

        gzip.write(prompts.next());
        shown++;
      }

      gzip.write(']');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return new PromptExplorer(shown, all, Base64.getEncoder().encodeToString(packed.toByteArray()));
  }

  /** Places in ranges of a size that the driver can take at once. */
  private static final class ByPlace extends Partitioner {
    private static final long serialVersionUID = 1L;
    private static final int PROMPTS_AT_ONCE = 2_000;

    private final int partitions;

    private ByPlace(int places) {
      this.partitions = 1 + places / PROMPTS_AT_ONCE;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object place) {
      return (Integer) place / PROMPTS_AT_ONCE;
    }
  }

  private static final class SmallestGzip extends GZIPOutputStream {
    private SmallestGzip(ByteArrayOutputStream out) throws IOException {
      super(out, 1 << 16);
      def.setLevel(Deflater.BEST_COMPRESSION);
    }
  }

  /** One prompt. */
  static byte[] json(Explanation prompt) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      write(prompt, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(Explanation prompt, JsonGenerator json) throws IOException {
    Map<Long, SimilarString> strings = new LinkedHashMap<>(); // once for all blocks
    prompt
        .blocks()
        .forEach(
            block -> block.strings().forEach(string -> strings.put(string.windowId(), string)));
    json.writeStartArray();
    json.writeNumber(prompt.promptId());
    json.writeString(prompt.text());
    json.writeNumber(prompt.occurrences());
    write(prompt.compatible(), json);
    write(prompt.leaveOneOut(), json);
    json.writeStartArray();
    for (NextToken token : prompt.nextTokens()) {
      json.writeString(token.text());
      json.writeNumber(tenThousandths(token.model()));
      json.writeNumber(tenThousandths(token.approximation()));
    }

    json.writeEndArray();
    json.writeStartArray();
    if (prompt.following() != null) {
      json.writeString(FollowingText.of(prompt));
      json.writeNumber(
          (prompt.following().modelIsRight() ? MODEL_IS_RIGHT : 0)
              + (prompt.following().stringsAreRight() ? STRINGS_ARE_RIGHT : 0));
      for (TokenCount token : prompt.following().tokens()) {
        json.writeString(token.text());
      }
    }

    json.writeEndArray();
    json.writeStartArray();
    for (String reason : Reasons.of(prompt)) {
      json.writeString(reason);
    }

    json.writeEndArray();
    json.writeStartArray();
    for (SimilarString string : strings.values()) {
      json.writeStartArray();
      json.writeString(string.ownBeginning());
      json.writeNumber(string.sharedSuffix().length());
      json.writeStartArray();
      for (TokenCount next : first(string.nextTokens(), TOKENS_OF_STRING)) {
        json.writeString(next.text());
        json.writeNumber(next.count());
      }

      json.writeEndArray();
      json.writeEndArray();
    }

    json.writeEndArray();
    json.writeStartArray();
    List<Long> indices = new ArrayList<>(strings.keySet());
    for (BlockExplanation block : prompt.blocks()) {
      write(block, indices, json);
    }

    json.writeEndArray();
    json.writeEndArray();
  }

  private static void write(Distance distance, JsonGenerator json) throws IOException {
    json.writeNumber(distance == null ? -1 : tenThousandths(distance.hellinger()));
    json.writeNumber(distance == null ? -1 : tenThousandths(distance.closer()));
  }

  private static void write(BlockExplanation block, List<Long> indices, JsonGenerator json)
      throws IOException {
    json.writeStartArray();
    json.writeNumber(block.similarCount());
    json.writeNumber(tenThousandths(block.share()));
    json.writeNumber(tenThousandths(block.hellinger()));
    json.writeStartArray();
    for (TokenCount next : first(block.nextTokens(), TOKENS_OF_BLOCK)) {
      json.writeString(next.text());
      json.writeNumber(tenThousandths(next.share()));
    }

    json.writeEndArray();
    json.writeStartArray();
    for (SimilarString string : block.strings()) {
      json.writeNumber(indices.indexOf(string.windowId()));
      json.writeNumber(tenThousandths(string.similarity()));
    }

    json.writeEndArray();
    json.writeEndArray();
  }

  private static <T> List<T> first(List<T> list, int size) {
    return list.subList(0, Math.min(size, list.size()));
  }

  /** Something is never written as nothing. */
  private static long tenThousandths(double value) {
    return value > 0 ? Math.max(1, Math.round(WHOLE * value)) : Math.round(WHOLE * value);
  }
}
