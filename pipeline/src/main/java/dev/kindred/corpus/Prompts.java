/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.corpus;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.table.Tables;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The token sequences to be explained: drawn from a corpus's windows, or given as a file. */
public final class Prompts {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final StructType RANKS =
      new StructType()
          .add("rank", DataTypes.LongType, false)
          .add("prompt_id", DataTypes.IntegerType, false);
  private static final StructType TEXTS =
      new StructType()
          .add("prompt_id", DataTypes.IntegerType, false)
          .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add("text", DataTypes.StringType, false);

  private Prompts() {}

  /** How many tokens a prompt has. */
  public record Lengths(int least, int most) {

    /** Returns the length of a corpus's windows. */
    public static Lengths ofWindows(int windowLength) {
      return new Lengths(windowLength, windowLength);
    }

    /** Returns lengths that allow any number of tokens. */
    public static Lengths any() {
      return new Lengths(0, Integer.MAX_VALUE);
    }

    /** All that a model reads. */
    public static Lengths upTo(int contextLength) {
      return new Lengths(1, contextLength);
    }

    @Override
    public String toString() {
      return least == most ? Integer.toString(most) : least + " to " + most;
    }

    /** The prompt, or the end of it where windows are shorter. */
    private Prompt fitted(String where, Prompt prompt, Tokenizer tokenizer) {
      int tokens = prompt.tokenIds().length;
      if (tokens >= least && tokens <= most) {
        return prompt;
      }

      if (least == most && tokens > most) {
        return prompt.end(most, tokenizer);
      }

      String found =
          String.format(
              Locale.ROOT,
              "%s: \"%s\" has %d tokens",
              where,
              prompt.text().replace("\n", "\\n"),
              tokens);
      throw least == most
          ? new InvalidInput(
              "%s, windows have %d (--window-length); add %d at its start",
              found, most, most - tokens)
          : new InvalidInput("%s, the model reads %s", found, this);
    }
  }

  /** The prompt set's id for {@link #draw}. */
  public static String drawnSet(String corpusId, int count, long seed) {
    return id("drawn", corpusId, Integer.toString(count), Long.toString(seed));
  }

  /** The prompt set's id for {@link #drawBeside}. */
  public static String drawnBeside(String otherSet, int count, long seed) {
    return id("drawn beside", otherSet, Integer.toString(count), Long.toString(seed));
  }

  /**
   * The prompt set's id for {@link #find}: the prompts, and the corpus in which they are looked up.
   */
  public static String givenSet(String corpusId, List<Prompt> prompts) {
    return id(
        "given",
        corpusId,
        prompts.stream()
            .map(prompt -> Arrays.toString(prompt.tokenIds()))
            .collect(Collectors.joining()));
  }

  private static String id(String... parts) {
    ContentId content = new ContentId();
    for (String part : parts) {
      content.add(part).add((byte) 0);
    }

    return content.id("p");
  }

  /**
   * Draws distinct windows at random, all alike likely. Windows are numbered in the order of their
   * first occurrence, and a seed draws what {@link RandomPermutation} says.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param distinctWindows their number
   * @return rows with the file columns of {@link Tables#PROMPTS}
   * @throws InvalidInput if there are fewer windows than prompts
   */
  public static Dataset<Row> draw(
      SparkSession spark, Dataset<Row> windows, long distinctWindows, int count, long seed) {
    if (count > distinctWindows) {
      throw new InvalidInput(
          "--prompts %d: the corpus has only %d distinct windows; ask for %d or fewer",
          count, distinctWindows, distinctWindows);
    }

    long[] ranks = RandomPermutation.first(distinctWindows, count, seed);
    List<Row> chosen = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chosen.add(RowFactory.create(ranks[i], i));
    }

    Dataset<Row> ordered = windows.select("window_id", "token_ids", "text").sort("window_id");
    Dataset<Row> ranked =
        spark.createDataFrame(
            ordered
                .toJavaRDD()
                .zipWithIndex()
                .map(
                    pair ->
                        RowFactory.create(
                            pair._2(), pair._1().get(0), pair._1().get(1), pair._1().get(2))),
            new StructType()
                .add("rank", DataTypes.LongType, false)
                .add("window_id", DataTypes.LongType, false)
                .add("token_ids", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
                .add("text", DataTypes.StringType, false));
    return ranked
        .join(functions.broadcast(spark.createDataFrame(chosen, RANKS)), "rank")
        .select("prompt_id", "token_ids", "text", "window_id")
        .sort("prompt_id");
  }

  /**
   * Draws distinct windows at random that are not among other prompts, all alike likely.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @param distinctWindows their number
   * @param others rows of {@link Tables#PROMPTS} with that corpus's windows
   * @return rows with the file columns of {@link Tables#PROMPTS}
   * @throws InvalidInput if there are not so many
   */
  public static Dataset<Row> drawBeside(
      SparkSession spark,
      Dataset<Row> windows,
      long distinctWindows,
      Dataset<Row> others,
      int count,
      long seed) {
    // So many are enough even if all the others are among them.
    int enough = Math.addExact(count, Math.toIntExact(others.count()));
    if (enough > distinctWindows) {
      throw new InvalidInput(
          "--tuning-prompts %d: the corpus has only %d distinct windows, %d of them may be prompts"
              + " already; ask for fewer",
          count, distinctWindows, enough - count);
    }

    return drawBeside(spark, windows, distinctWindows, others, enough, count, seed);
  }

  /**
   * Draws as {@link #drawBeside} does, but takes as many windows as there are where it would
   * refuse.
   *
   * @param most how many at most
   */
  public static Dataset<Row> drawAtMostBeside(
      SparkSession spark,
      Dataset<Row> windows,
      long distinctWindows,
      Dataset<Row> others,
      int most,
      long seed) {
    int enough = (int) Math.min(distinctWindows, most + others.count());
    return drawBeside(spark, windows, distinctWindows, others, enough, most, seed);
  }

  private static Dataset<Row> drawBeside(
      SparkSession spark,
      Dataset<Row> windows,
      long distinctWindows,
      Dataset<Row> others,
      int enough,
      int count,
      long seed) {
    Dataset<Row> first =
        draw(spark, windows, distinctWindows, enough, seed)
            .join(others.select("window_id"), new String[] {"window_id"}, "left_anti")
            .sort("prompt_id")
            .limit(count);
    return spark
        .createDataFrame(
            first
                .select("prompt_id", "token_ids", "text", "window_id")
                .toJavaRDD()
                .zipWithIndex()
                .map(
                    pair ->
                        Tables.PROMPTS.row(
                            pair._2().intValue(),
                            pair._1().get(1),
                            pair._1().get(2),
                            pair._1().get(3))),
            Tables.PROMPTS.fileColumns())
        .sort("prompt_id");
  }

  /**
   * Looks given prompts up among a corpus's windows.
   *
   * @param windows rows of {@link Tables#WINDOWS} of one corpus
   * @return rows with the file columns of {@link Tables#PROMPTS}; window_id is null where a prompt
   *     is not a window of the corpus
   */
  public static Dataset<Row> find(SparkSession spark, Dataset<Row> windows, List<Prompt> prompts) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(RowFactory.create(i, prompts.get(i).tokenIds(), prompts.get(i).text()));
    }

    Dataset<Row> given = spark.createDataFrame(rows, TEXTS);
    Dataset<Row> found =
        windows
            .join(functions.broadcast(given.select("token_ids").distinct()), "token_ids")
            .select(col("token_ids"), col("window_id"));
    return given
        .join(functions.broadcast(found), new String[] {"token_ids"}, "left")
        .select("prompt_id", "token_ids", "text", "window_id")
        .sort("prompt_id");
  }

  /**
   * Reads prompts from a file: one a line, or JSON one a line if its name ends with .jsonl: a
   * string, for prompts that contain a line break, or a list of token ids. Of prompts that are
   * longer than windows the end is taken.
   *
   * @param longer takes how many those are, if there are any
   * @throws InvalidInput naming the first line that is not such a prompt
   */
  public static List<Prompt> read(
      Configuration hadoop, String uri, String tokenizerJson, Lengths lengths, IntConsumer longer) {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    List<Prompt> prompts = new ArrayList<>();
    int line = 0;
    int cut = 0;
    for (String text : lines(hadoop, uri)) {
      line++;
      if (text.isEmpty()) {
        continue;
      }

      String where = String.format(Locale.ROOT, "--prompts %s: line %d", uri, line);
      Prompt prompt =
          uri.endsWith(".jsonl") ? ofJson(where, text, tokenizer) : known(where, text, tokenizer);
      Prompt fitted = lengths.fitted(where, prompt, tokenizer);
      prompts.add(fitted);
      cut += fitted.tokenIds().length < prompt.tokenIds().length ? 1 : 0;
    }

    if (prompts.isEmpty()) {
      throw new InvalidInput("--prompts %s: no prompts in it", uri);
    }

    if (cut > 0) {
      longer.accept(cut);
    }

    return prompts;
  }

  /**
   * Returns the texts of a file of prompts, for those who have no tokenizer yet. Lists of token
   * ids, and lines that are no prompt, are left to {@link #read}.
   */
  public static List<String> texts(Configuration hadoop, String uri) {
    List<String> texts = new ArrayList<>();
    for (String line : lines(hadoop, uri)) {
      if (!uri.endsWith(".jsonl")) {
        texts.add(line);
        continue;
      }

      try {
        JsonNode value = JSON.readTree(line);
        if (value.isTextual()) {
          texts.add(value.asText());
        }
      } catch (JsonProcessingException e) {
        continue;
      }
    }

    return texts;
  }

  /**
   * Prompts as a command line gives them: a backslash begins an escape as in Java's string
   * literals, {@code \\n} for a line break and two of them for a backslash.
   *
   * @throws InvalidInput naming the first that is not such a prompt
   */
  public static List<Prompt> parse(List<String> arguments, String tokenizerJson, Lengths lengths) {
    List<Prompt> prompts = new ArrayList<>();
    for (String argument : arguments) {
      prompts.add(parse("prompt " + (prompts.size() + 1), argument, tokenizerJson, lengths));
    }

    return prompts;
  }

  /**
   * Parses one prompt that was given as an argument.
   *
   * @param where it was given, for messages
   */
  public static Prompt parse(String where, String argument, String tokenizerJson, Lengths lengths) {
    return lengths.fitted(
        where, parse(where, argument, tokenizerJson), Tokenizer.of(tokenizerJson));
  }

  /**
   * The prompt of a text in which a backslash is a backslash, of any length.
   *
   * @param where it was given, for messages
   * @throws InvalidInput if the model has no tokens for it
   */
  public static Prompt ofText(String where, String text, String tokenizerJson) {
    return known(where, text, Tokenizer.of(tokenizerJson));
  }

  /** Parses one prompt of any length, even one without tokens. */
  public static Prompt parse(String where, String argument, String tokenizerJson) {
    String text;
    try {
      text = argument.translateEscapes();
    } catch (IllegalArgumentException e) {
      throw new InvalidInput(
          "%s: %s: a backslash begins an escape such as \\n; write \\\\ for a backslash",
          where, argument);
    }

    return known(where, text, Tokenizer.of(tokenizerJson));
  }

  /**
   * A prompt of token ids.
   *
   * @param where they were given, for messages
   * @throws InvalidInput if the tokenizer has not one of them
   */
  public static Prompt ofTokens(
      String where, List<Integer> tokenIds, String tokenizerJson, Lengths lengths) {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    return lengths.fitted(where, ofTokens(where, tokenIds, tokenizer), tokenizer);
  }

  private static Prompt ofTokens(String where, List<Integer> tokenIds, Tokenizer tokenizer) {
    for (int id : tokenIds) {
      if (id < 0 || id >= tokenizer.vocabularySize()) {
        throw new InvalidInput(
            "%s: token id %d is outside [0, %d)", where, id, tokenizer.vocabularySize());
      }
    }

    return Prompt.of(tokenIds.stream().mapToInt(Integer::intValue).toArray(), tokenizer);
  }

  /**
   * Reads prompts where all lengths are taken as they are, or it need not be said that some were
   * cut.
   */
  public static List<Prompt> read(
      Configuration hadoop, String uri, String tokenizerJson, Lengths lengths) {
    return read(hadoop, uri, tokenizerJson, lengths, cut -> {});
  }

  private static List<String> lines(Configuration hadoop, String uri) {
    Location location = Location.of("--prompts", uri);
    location.fileSystem(hadoop);
    try (var in = CorpusFile.fileSystem(location.path(), hadoop).open(location.path())) {
      byte[] bytes = in.readAllBytes();
      Optional<String> other = Content.otherThanText(bytes);
      if (other.isPresent()) {
        throw new InvalidInput("%s", other.get());
      }

      int start = Utf8.afterMark(bytes, bytes.length);
      return List.of(Utf8.decode(bytes, start, bytes.length, 0).split("\r?\n", -1));
    } catch (FileNotFoundException e) {
      throw new InvalidInput("--prompts %s: neither a number nor a file", uri);
    } catch (InvalidInput e) {
      throw new InvalidInput("--prompts %s: %s", uri, e.getMessage());
    } catch (IOException | RuntimeException e) {
      throw new InvalidInput("--prompts %s: cannot be read: %s", uri, e.getMessage());
    }
  }

  private static Prompt ofJson(String where, String text, Tokenizer tokenizer) {
    try {
      JsonNode value = JSON.readTree(text);
      if (value.isTextual()) {
        return known(where, value.asText(), tokenizer);
      }

      if (value.isArray()
          && StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isInt)) {
        return ofTokens(
            where,
            StreamSupport.stream(value.spliterator(), false).map(JsonNode::asInt).toList(),
            tokenizer);
      }
    } catch (JsonProcessingException e) {
      // Falls through: whatever is no such JSON gets the same message.
    }

    throw new InvalidInput(
        "%s: not a JSON string such as \"And only l\", or a list of token ids such as [1, 2]",
        where);
  }

  private static Prompt known(String where, String text, Tokenizer tokenizer) {
    checkKnown(where, text, tokenizer);
    return Prompt.of(text, tokenizer);
  }

  private static void checkKnown(String where, String prompt, Tokenizer tokenizer) {
    int surrogate = Utf8.loneSurrogate(prompt);
    if (surrogate >= 0) {
      throw new InvalidInput(
          "%s: half of a surrogate pair, %s, at character %d; write the whole character",
          where,
          Characters.describe(prompt.charAt(surrogate)),
          prompt.codePointCount(0, surrogate) + 1);
    }

    Tokenizer.Loss loss = tokenizer.firstLoss(prompt);
    if (loss != null) {
      throw new InvalidInput(
          loss.isUnknown()
              ? "%s: the model has no token for %s at character %d"
              : "%s: the tokenizer does not keep %s at character %d",
          where,
          loss.describe(prompt),
          prompt.codePointCount(0, loss.start()) + 1);
    }
  }
}
