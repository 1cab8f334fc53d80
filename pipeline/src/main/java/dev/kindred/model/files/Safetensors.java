/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindred.InvalidInput;
import dev.kindred.JsonProblem;
import dev.kindred.math.Half;
import dev.kindred.model.architecture.Tensors;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * A file in the safetensors format: eight bytes with the header's length, a JSON header with each
 * tensor's dtype, shape and place, then the data, little-endian and row-major.
 *
 * <p>This is the header; values are read from the file one tensor at a time, so that files may be
 * larger than memory. Read here and not by DJL, whose decoder ends the whole process on a dtype
 * that it does not know. Kindred widens F16 and BF16 to float32, takes F32 as it is, and rounds
 * F64.
 */
public final class Safetensors {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  /** What a pointer of Git LFS to a file begins with. */
  static final String POINTER = "version https://git-lfs";

  static final int HEADER_LENGTH_BYTES = 8;
  private static final int CHUNK_BYTES = 1 << 20; // a multiple of every dtype's size
  private static final long MOST_HEADER_BYTES = 100_000_000; // the format's own limit
  private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8; // of an array
  static final String METADATA = "__metadata__";

  private final String source;
  private final Content content;
  private final long dataStart;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  private Safetensors(
      String source,
      Content content,
      long dataStart,
      Map<String, Tensor> tensors,
      Map<String, String> metadata) {
    this.source = source;
    this.content = content;
    this.dataStart = dataStart;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /** The bytes of a file. */
  public interface Content {
    long length();

    /** Reads bytes from a place on, all of them. */
    void read(long from, byte[] into, int length) throws IOException;

    /** Bytes in memory. */
    static Content of(byte[] file) {
      return new Content() {
        @Override
        public long length() {
          return file.length;
        }

        @Override
        public void read(long from, byte[] into, int length) {
          System.arraycopy(file, (int) from, into, 0, length);
        }
      };
    }
  }

  /**
   * One tensor's entry in the header.
   *
   * @param dtype as written in the file, e.g. F16
   * @param begin first byte, from the start of the data
   * @param end byte after the last
   */
  public record Tensor(String name, String dtype, long[] shape, long begin, long end) {
    /** Fits, as {@link #open} has seen that a file has room for them. */
    private long elements() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
  }

  /** Reads the header of a file that is in memory; see {@link #open}. */
  public static Safetensors parse(String source, byte[] file) {
    return open(source, Content.of(file));
  }

  /**
   * Reads the header and checks that every tensor lies in the file.
   *
   * @param source the file's name, for messages
   * @throws InvalidInput if the file is no safetensors, or cannot be read
   */
  public static Safetensors open(String source, Content content) {
    checkIsNoPointer(source, content);
    if (content.length() < HEADER_LENGTH_BYTES) {
      throw new InvalidInput("%s: %d bytes are too few for safetensors", source, content.length());
    }

    long headerLength =
        ByteBuffer.wrap(bytes(source, content, 0, HEADER_LENGTH_BYTES))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    if (headerLength < 2
        || headerLength > content.length() - HEADER_LENGTH_BYTES
        || headerLength > MOST_HEADER_BYTES) {
      throw new InvalidInput(
          "%s: not safetensors, or cut short: header of %d bytes in a file of %d",
          source, headerLength, content.length());
    }

    JsonNode header;
    try {
      header = JSON.readTree(bytes(source, content, HEADER_LENGTH_BYTES, (int) headerLength));
    } catch (JsonProcessingException e) {
      throw new InvalidInput(
          "%s: not safetensors: its header is not JSON: %s", source, JsonProblem.line(e));
    } catch (IOException e) {
      throw new InvalidInput("%s: not safetensors: its header is not JSON", source);
    }

    if (!header.isObject()) {
      throw new InvalidInput("%s: not safetensors: its header is not a JSON object", source);
    }

    long dataStart = HEADER_LENGTH_BYTES + headerLength;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (entry.getKey().equals(METADATA)) {
        entry.getValue().properties().forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
      } else {
        tensors.put(
            entry.getKey(),
            tensor(source, entry.getKey(), entry.getValue(), content.length() - dataStart));
      }
    }

    return new Safetensors(source, content, dataStart, tensors, metadata);
  }

  /** Git leaves a short text in the place of a large file that it has not fetched. */
  private static void checkIsNoPointer(String source, Content content) {
    int length = (int) Math.min(content.length(), POINTER.length());
    String start = new String(bytes(source, content, 0, length), StandardCharsets.ISO_8859_1);
    if (start.equals(POINTER)) {
      throw new InvalidInput(
          "%s: not the weights but a pointer of Git LFS to them; fetch them with git lfs pull",
          source);
    }
  }

  private static byte[] bytes(String source, Content content, long from, int length) {
    byte[] bytes = new byte[length];
    read(source, content, from, bytes, length);
    return bytes;
  }

  private static void read(String source, Content content, long from, byte[] into, int length) {
    try {
      content.read(from, into, length);
    } catch (IOException e) {
      throw new InvalidInput("%s: cannot be read: %s", source, e.getMessage());
    }
  }

  private static Tensor tensor(String source, String name, JsonNode entry, long dataLength) {
    JsonNode offsets = entry.path("data_offsets");
    if (!entry.path("dtype").isTextual() || !entry.path("shape").isArray() || offsets.size() != 2) {
      throw new InvalidInput("%s: tensor %s has no dtype, shape or data_offsets", source, name);
    }

    long[] shape = new long[entry.get("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = length(source, name, "shape", entry.get("shape").get(i));
    }

    if (!isWithin(shape, dataLength)) {
      throw new InvalidInput(
          "%s: tensor %s has shape %s, more numbers than the file has bytes",
          source, name, Arrays.toString(shape));
    }

    long begin = length(source, name, "data_offsets", offsets.get(0));
    long end = length(source, name, "data_offsets", offsets.get(1));
    if (begin < 0 || end < begin || end > dataLength) {
      throw new InvalidInput(
          "%s: tensor %s lies outside the file (bytes %d to %d of %d); is the file cut short?",
          source, name, begin, end, dataLength);
    }

    return new Tensor(name, entry.get("dtype").asText(), shape, begin, end);
  }

  private static long length(String source, String name, String field, JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
      throw new InvalidInput(
          "%s: tensor %s has %s in its %s, expected whole numbers of 0 or more",
          source, name, value, field);
    }

    return value.asLong();
  }

  /** Whether the product of lengths is at most a bound; it may itself be too large for a long. */
  private static boolean isWithin(long[] shape, long bound) {
    if (Arrays.stream(shape).anyMatch(length -> length == 0)) {
      return Arrays.stream(shape).allMatch(length -> length <= bound);
    }

    long left = bound;
    for (long length : shape) {
      left /= length;
    }

    return left > 0;
  }

  /** An error about this file. */
  InvalidInput invalid(String format, Object... arguments) {
    return new InvalidInput("%s: %s", source, String.format(Locale.ROOT, format, arguments));
  }

  /**
   * Checks that tensors follow each other without overlaps and gaps, in any order, up to the end.
   *
   * @throws InvalidInput naming the first that does not
   */
  void checkPlaces() {
    long end = 0;
    for (Tensor tensor : inOrder()) {
      if (tensor.begin() != end) {
        throw invalid(
            "tensor %s begins at byte %d of the data, expected %d, where the one before it ends",
            tensor.name(), tensor.begin(), end);
      }

      end = tensor.end();
    }

    long length = content.length() - dataStart;
    if (end != length) {
      throw invalid(
          "its tensors end at byte %d of %d of the data; the rest is no tensor's", end, length);
    }
  }

  private List<Tensor> inOrder() {
    return tensors.values().stream()
        .sorted(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end))
        .toList();
  }

  /** What is wrong with a tensor that is expected to have a shape; none for nothing. */
  static Optional<String> problem(Tensor tensor, long[] expected) {
    if (!Arrays.equals(tensor.shape(), expected)) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "tensor %s has shape %s, expected %s by config.json",
              tensor.name(),
              Arrays.toString(tensor.shape()),
              Arrays.toString(expected)));
    }

    OptionalInt bytes = bytesPerElement(tensor);
    if (bytes.isPresent()
        && tensor.end() - tensor.begin() != tensor.elements() * bytes.getAsInt()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "tensor %s has %d bytes, too many or too few for shape %s in %s",
              tensor.name(),
              tensor.end() - tensor.begin(),
              Arrays.toString(tensor.shape()),
              tensor.dtype()));
    }

    return tensor.elements() <= MOST_ELEMENTS
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "tensor %s has %d numbers, more than the %d that are read at once",
                tensor.name(),
                tensor.elements(),
                MOST_ELEMENTS));
  }

  /** Empty for a dtype that Kindred does not take. */
  static OptionalInt bytesPerElement(Tensor tensor) {
    return switch (tensor.dtype()) {
      case "F16", "BF16" -> OptionalInt.of(Short.BYTES);
      case "F32" -> OptionalInt.of(Float.BYTES);
      case "F64" -> OptionalInt.of(Double.BYTES);
      default -> OptionalInt.empty();
    };
  }

  /**
   * What tells whether a file is still the one that was scanned.
   *
   * @param length of the file
   * @param dataStart bytes before the data
   * @param header CRC-32C of these bytes
   * @param tensors CRC-32C of each tensor's bytes, by name
   */
  public record Checksums(long length, int dataStart, long header, Map<String, Long> tensors)
      implements Serializable {}

  /**
   * Reads the whole file once, in its order, if {@link #checkPlaces} has passed.
   *
   * @param bytes receives all of them
   * @param isWeight which tensors must be finite numbers, by name
   * @throws InvalidInput naming the first value that is not finite
   */
  Checksums scan(Consumer<ByteBuffer> bytes, Predicate<String> isWeight) {
    ByteBuffer header = ByteBuffer.wrap(bytes(source, content, 0, (int) dataStart));
    bytes.accept(header.duplicate());
    LinkedHashMap<String, Long> ofTensors = new LinkedHashMap<>();
    for (Tensor tensor : inOrder()) {
      CRC32C checksum = new CRC32C();
      forEachChunk(
          tensor,
          (first, chunk) -> {
            bytes.accept(chunk.duplicate());
            checksum.update(chunk.duplicate());
            if (isWeight.test(tensor.name())) {
              checkFinite(tensor, first, chunk);
            }
          });
      ofTensors.put(tensor.name(), checksum.getValue());
    }

    return new Checksums(content.length(), (int) dataStart, checksum(header), ofTensors);
  }

  private static long checksum(ByteBuffer bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return checksum.getValue();
  }

  /** Reads a tensor's bytes; the function is given the first value's number, and some values. */
  private void forEachChunk(Tensor tensor, BiConsumer<Integer, ByteBuffer> chunks) {
    int size = bytesPerElement(tensor).orElse(1);
    byte[] buffer = new byte[(int) Math.min(CHUNK_BYTES, tensor.end() - tensor.begin())];
    for (long at = tensor.begin(); at < tensor.end(); at += buffer.length) {
      int length = (int) Math.min(buffer.length, tensor.end() - at);
      read(source, content, dataStart + at, buffer, length);
      chunks.accept(
          (int) ((at - tensor.begin()) / size),
          ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  private void checkFinite(Tensor tensor, int first, ByteBuffer chunk) {
    float[] values = new float[chunk.limit() / bytesPerElement(tensor).orElseThrow()];
    widen(tensor.dtype(), chunk, values, 0);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw invalid(
            "tensor %s has a value that is not finite: %s at element %d",
            tensor.name(), values[i], first + i);
      }
    }
  }

  /** The file's name, for messages. */
  String source() {
    return source;
  }

  /** All tensors, in the file's order. */
  public List<Tensor> tensors() {
    return new ArrayList<>(tensors.values());
  }

  /** Reads a tensor's values in float32, row-major, if they are of a dtype that Kindred takes. */
  public float[] floats(Tensor tensor) {
    return floats(tensor, new CRC32C());
  }

  /** Reads a tensor's values; the checksum receives the tensor's bytes. */
  private float[] floats(Tensor tensor, CRC32C checksum) {
    float[] values = new float[(int) tensor.elements()];
    forEachChunk(
        tensor,
        (first, chunk) -> {
          checksum.update(chunk.duplicate());
          widen(tensor.dtype(), chunk, values, first);
        });
    return values;
  }

  /**
   * The tensors of a file that was scanned before, by whichever process.
   *
   * @param source the file's name, for messages
   * @throws InvalidInput if the file's header is another; later, when a tensor is read that is
   */
  public static Tensors unchanged(String source, Content content, Checksums expected) {
    if (content.length() != expected.length()
        || checksum(ByteBuffer.wrap(bytes(source, content, 0, expected.dataStart())))
            != expected.header()) {
      throw new InvalidInput("%s: has been changed since this command began; run it again", source);
    }

    return open(source, content).unchanged(expected);
  }

  /**
   * The tensors of this file, if it has been scanned. The last one that was read is kept, as it may
   * hold several of a model's maps.
   */
  public Tensors unchanged(Checksums expected) {
    return new Tensors() {
      private String lastName;
      private float[] last;

      @Override
      public float[] floats(String name) {
        if (!name.equals(lastName)) {
          last = null; // not both at once
          last = unchanged(tensors.get(name), expected.tensors().get(name));
          lastName = name;
        }

        return last;
      }
    };
  }

  private float[] unchanged(Tensor tensor, long expected) {
    CRC32C checksum = new CRC32C();
    float[] values = floats(tensor, checksum);
    if (checksum.getValue() != expected) {
      throw invalid(
          "has been changed since this command began, in tensor %s; run it again", tensor.name());
    }

    return values;
  }

  private static void widen(String dtype, ByteBuffer chunk, float[] values, int from) {
    int size =
        switch (dtype) {
          case "F64" -> Double.BYTES;
          case "F32" -> Float.BYTES;
          default -> Short.BYTES;
        };
    int end = from + chunk.remaining() / size;
    switch (dtype) {
      case "F32" -> chunk.asFloatBuffer().get(values, from, end - from);
      case "F64" -> {
        for (int i = from; i < end; i++) {
          values[i] = (float) chunk.getDouble();
        }
      }
      case "BF16" -> {
        for (int i = from; i < end; i++) {
          values[i] = Float.intBitsToFloat(chunk.getShort() << 16); // a float's upper half
        }
      }
      default -> {
        for (int i = from; i < end; i++) {
          values[i] = Half.toFloat(chunk.getShort());
        }
      }
    }
  }

  /** What the file says about itself. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Dtypes that Kindred writes. */
  public enum Dtype {
    F16(Short.BYTES),
    F32(Float.BYTES);

    final int bytes; // of a number

    Dtype(int bytes) {
      this.bytes = bytes;
    }
  }
}
