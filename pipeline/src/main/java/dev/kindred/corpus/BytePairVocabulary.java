/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import scala.Tuple2;

/**
 * A byte-level tokenizer of the pairs that a corpus has most often, in the manner of GPT-2: words
 * are what its pattern cuts, blanks before them included, and every byte is a token, so that no
 * text is lost.
 */
public final class BytePairVocabulary {
  /** Tokens to begin with: all bytes. */
  public static final int BYTES = 256;

  /** The most tokens that can be asked for. */
  public static final int MOST = 1_000_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private BytePairVocabulary() {}

  /**
   * A tokenizer with so many tokens. It depends on the corpus's words alone, and not on how they
   * are spread over tasks.
   *
   * @param size tokens, in [{@link #BYTES}, {@link #MOST}]
   * @return the content of a {@code tokenizer.json}
   * @throws InvalidInput if the corpus cannot be read, is empty, or has too few pairs
   */
  public static String tokenizerJson(Corpus corpus, int size) {
    byte[] alphabet = alphabet();
    String ofBytes = json(alphabet, List.of(), List.of());
    JavaPairRDD<String, Long> counted =
        corpus
            .pieces(Tokenizer.of(ofBytes).cutPlaces(), 0)
            .flatMapToPair(piece -> words(piece, ofBytes))
            .reduceByKey(Long::sum);
    List<Tuple2<String, Long>> words =
        counted.collect().stream().sorted(Comparator.comparing(Tuple2::_1)).toList();
    if (words.isEmpty()) {
      throw new InvalidInput("--corpus: empty, there is no text in it");
    }

    BytePairs pairs =
        BytePairs.of(
            alphabet,
            words.stream().map(word -> word._1.chars().toArray()).toArray(int[][]::new),
            words.stream().mapToLong(Tuple2::_2).toArray(),
            size);
    if (pairs.tokens().size() < size) {
      throw new InvalidInput(
          "--tokenizer bpe:%d: the corpus has pairs for %d tokens and no more; give bpe:%d, or a"
              + " longer corpus",
          size, pairs.tokens().size(), pairs.tokens().size());
    }

    return json(alphabet, pairs.tokens(), pairs.merges());
  }

  /** The words of a piece, each as a text with a character of the id of every byte. */
  private static Iterator<Tuple2<String, Long>> words(Piece piece, String ofBytes) {
    if (piece.problem() != null) {
      throw new Problem(piece.document(), piece.problem()).asInvalidInput();
    }

    List<Tuple2<String, Long>> words = new ArrayList<>();
    for (int[] word : Tokenizer.of(ofBytes).encodeWords(piece.text())) {
      words.add(new Tuple2<>(new String(word, 0, word.length), 1L));
    }

    return words.iterator();
  }

  /**
   * The bytes in the order of the characters that GPT-2 writes for them: those that can be seen as
   * they are, then the others.
   */
  private static byte[] alphabet() {
    List<Integer> bytes =
        IntStream.range(0, BYTES)
            .boxed()
            .sorted(Comparator.comparingInt(BytePairVocabulary::written))
            .toList();
    byte[] alphabet = new byte[BYTES];
    for (int id = 0; id < BYTES; id++) {
      alphabet[id] = bytes.get(id).byteValue();
    }

    return alphabet;
  }

  /** The character that stands for a byte: itself, or one from 256 on where it cannot be seen. */
  private static int written(int one) {
    if (isVisible(one)) {
      return one;
    }

    return BYTES + (int) IntStream.range(0, one).filter(other -> !isVisible(other)).count();
  }

  private static boolean isVisible(int one) {
    return one >= '!' && one <= '~' || one >= 0xa1 && one <= 0xac || one >= 0xae;
  }

  private static String written(byte[] token) {
    StringBuilder text = new StringBuilder();
    for (byte one : token) {
      text.appendCodePoint(written(one & 0xff));
    }

    return text.toString();
  }

  private static String json(byte[] alphabet, List<byte[]> tokens, List<BytePairs.Merge> merges) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding").putArray("added_tokens");
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"));
    root.putNull("post_processor");
    byteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (byte one : alphabet) {
      vocabulary.put(written(new byte[] {one}), vocabulary.size());
    }

    for (byte[] token : tokens.subList(Math.min(BYTES, tokens.size()), tokens.size())) {
      vocabulary.put(written(token), vocabulary.size());
    }

    ArrayNode pairs = model.putArray("merges");
    for (BytePairs.Merge merge : merges) {
      pairs
          .addArray()
          .add(written(tokens.get(merge.first())))
          .add(written(tokens.get(merge.second())));
    }

    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts, numbers and booleans are always JSON", e);
    }
  }

  private static void byteLevel(ObjectNode part) {
    part.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true);
    part.put("use_regex", true);
  }
}
