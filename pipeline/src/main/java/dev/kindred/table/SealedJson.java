/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JSON files of a warehouse: records and plans. Each says in which format it is, in its first
 * member, and ends with a checksum of all its bytes, so that what was changed is never believed.
 *
 * <p>Kindred 0.2 wrote neither. Its files are known by having exactly the members that they had
 * then; a file of this version that lost its checksum has others and is damaged.
 */
public final class SealedJson {
  /** The format that is written, the newest that is read. Files of Kindred 0.2 are of format 1. */
  public static final int FORMAT = 2;

  private static final int SHA256_BYTES = 32;
  private static final String UNSEALED = "0".repeat(2 * SHA256_BYTES);
  private static final Pattern SEAL =
      Pattern.compile("\"checksum\"\\s*:\\s*\"([0-9a-f]{64})\"\\s*\\}\\s*\\z");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();
  private static final Logger LOG = LoggerFactory.getLogger(SealedJson.class);
  private static final AtomicBoolean NOTED = new AtomicBoolean();

  private SealedJson() {}

  /**
   * What a file says.
   *
   * @param content its members but for format and checksum
   * @param format 1 if Kindred 0.2 wrote it
   * @param digest SHA-256 of the file, 64 hexadecimal digits
   */
  public record Opened(ObjectNode content, int format, String digest) {
    /**
     * Binds a member, or all of them, to a type.
     *
     * @throws IllegalArgumentException if something is missing, null, unknown or of another type
     */
    public static <T> T bind(JsonNode node, Class<T> type) {
      try {
        T bound = JSON.treeToValue(node, type);
        if (bound == null) {
          throw new IllegalArgumentException("null where a value is expected");
        }

        return bound;
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(JsonProblem.line(e), e);
      }
    }

    /**
     * Checks that it has exactly some members.
     *
     * @throws IllegalArgumentException if it has others
     */
    public void checkMembers(String... names) {
      Set<String> found = new TreeSet<>();
      content.fieldNames().forEachRemaining(found::add);
      Set<String> expected = new TreeSet<>(List.of(names));
      if (!found.equals(expected)) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "it has %s instead of %s", found, expected));
      }
    }
  }

  /** Makes something of what a file says; an exception means that it is damaged. */
  public interface Reading<T> {
    T of(Opened opened);
  }

  /** The members of a value, for {@link #seal}. */
  public static ObjectNode content(Object value) {
    return JSON.valueToTree(value);
  }

  public static ObjectNode content() {
    return JSON.createObjectNode();
  }

  /** The bytes of a file with format and checksum. */
  public static byte[] seal(ObjectNode content) {
    return seal(content, JSON.writer());
  }

  /**
   * Returns what {@link #seal(ObjectNode)} returns, with a line for each member, for people who
   * look.
   */
  public static byte[] sealIndented(ObjectNode content) {
    return seal(content, JSON.writerWithDefaultPrettyPrinter());
  }

  private static byte[] seal(ObjectNode content, ObjectWriter writer) {
    ObjectNode sealed = JSON.createObjectNode();
    sealed.put("format", FORMAT);
    sealed.setAll(content);
    sealed.put("checksum", UNSEALED);
    try {
      String text = writer.writeValueAsString(sealed) + "\n";
      int start = text.lastIndexOf(UNSEALED);
      return (text.substring(0, start) + hash(text) + text.substring(start + UNSEALED.length()))
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a file.
   *
   * @param kind of file, for messages: {@code record}
   * @param remedy what to do if it is damaged
   * @throws FileNotFoundException if it is not there
   * @throws InvalidInput in a line that names it if it cannot be read, is damaged, or is of a newer
   *     version
   */
  public static <T> T read(
      FileSystem files, Path path, String kind, String remedy, Reading<T> reading)
      throws IOException {
    byte[] bytes;
    try (var in = files.open(path)) {
      bytes = in.readAllBytes();
    } catch (ChecksumException | EOFException e) {
      throw damaged(kind, path, firstLine(e), remedy);
    } catch (AccessControlException | RuntimeException e) {
      throw new InvalidInput("%s %s cannot be read: %s", kind, path, firstLine(e));
    }

    return read(bytes, path, kind, remedy, reading);
  }

  static <T> T read(byte[] bytes, Path path, String kind, String remedy, Reading<T> reading) {
    try {
      Opened opened = open(bytes);
      if (opened.format() > FORMAT) {
        throw new InvalidInput(
            "%s %s is of format %d, a newer version of Kindred wrote it; this one knows formats up"
                + " to %d: use that version",
            kind, path, opened.format(), FORMAT);
      }

      T value = reading.of(opened);
      if (opened.format() == 1 && NOTED.compareAndSet(false, true)) {
        LOG.info(
            "{} {} is of Kindred 0.2, whose records and plans have no checksums: not all damage to"
                + " them can be seen",
            kind,
            path);
      }

      return value;
    } catch (InvalidInput e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw damaged(kind, path, firstLine(e), remedy);
    }
  }

  /** The line that says that a file is damaged. */
  private static InvalidInput damaged(String kind, Path path, String reason, String remedy) {
    return new InvalidInput("%s %s is damaged: %s; %s", kind, path, reason, remedy);
  }

  private static Opened open(byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    String digest = hash(bytes);
    Matcher seal = SEAL.matcher(text);
    boolean sealed = seal.find();
    if (sealed) {
      String unsealed = text.substring(0, seal.start(1)) + UNSEALED + text.substring(seal.end(1));
      if (!hash(unsealed).equals(seal.group(1))
          || bytes.length != text.getBytes(StandardCharsets.UTF_8).length) {
        throw new IllegalArgumentException("its checksum is not that of its content");
      }
    }

    if (!(JSON.readTree(bytes) instanceof ObjectNode content)) {
      throw new IllegalArgumentException("it is no JSON object");
    }

    if (!sealed) {
      return new Opened(content, 1, digest);
    }

    JsonNode format = content.remove("format");
    content.remove("checksum");
    if (format == null || !format.canConvertToInt() || format.intValue() < 2) {
      throw new IllegalArgumentException("its format is " + format);
    }

    return new Opened(content, format.intValue(), digest);
  }

  private static String hash(String text) {
    return hash(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hash(byte[] bytes) {
    return HexFormat.of().formatHex(new ContentId().add(bytes).hash(SHA256_BYTES));
  }

  private static String firstLine(Exception thrown) {
    return thrown instanceof JsonProcessingException json
        ? JsonProblem.line(json)
        : String.valueOf(thrown.getMessage()).lines().findFirst().orElse("");
  }
}
