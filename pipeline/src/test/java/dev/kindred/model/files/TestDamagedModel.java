/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import dev.kindred.model.RandomGpt;
import dev.kindred.model.architecture.Activation;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tiny model whose files are damaged: it is refused in one line that names the file, whatever the
 * damage, and never by another exception.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TestDamagedModel {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FILES =
      List.of("config.json", "model.safetensors", "tokenizer.json");
  private static final String SELFCHECK = "selfcheck.json";
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
       "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\\\s\\\\S]"},
                         "behavior": "Isolated", "invert": false},
       "model": {"type": "WordLevel", "vocab": {"a": 0, "e": 1, "t": 2, " ": 3},
                 "unk_token": "[UNK]"}}
      """;
  private static final ConfigJson CONFIG =
      RandomGpt.config(4, 4, 1, 2, 8, 6, Activation.RELU, false, true, false, true, 1e-5f);

  /** What each value of a JSON file is replaced by. */
  private static final List<String> REPLACEMENTS =
      List.of(
          "null",
          "-1",
          "0",
          "1",
          "2147483647",
          "2147483648",
          "4294967295",
          "9007199254740992",
          "1e308",
          "1e400",
          "1.5",
          "\"\"",
          "[]",
          "{}",
          "[null]",
          "true");

  @TempDir private Path folder;

  @BeforeEach
  void writeModel() throws IOException {
    write(RandomGpt.values(Architectures.read(CONFIG), 1));
  }

  private void write(Map<String, float[]> weights) throws IOException {
    LocalFileSystem local = FileSystem.getLocal(new Configuration(false));
    ModelDirectory.write(
        local.getRaw(),
        new org.apache.hadoop.fs.Path(folder.toUri()),
        CONFIG,
        weights::get,
        Safetensors.Dtype.F32,
        TOKENIZER,
        List.of(new int[] {2, 1, 0, 3, 0}));
  }

  private ModelDirectory read() {
    return ModelDirectory.read(folder.toString(), new Configuration(false));
  }

  private byte[] content(String file) throws IOException {
    return Files.readAllBytes(folder.resolve(file));
  }

  private void replace(String file, byte... content) throws IOException {
    Files.write(folder.resolve(file), content);
  }

  private void replace(String file, UnaryOperator<String> edit) throws IOException {
    String text = new String(content(file), StandardCharsets.UTF_8);
    String edited = edit.apply(text);
    assertThat(edited).isNotEqualTo(text);
    replace(file, edited.getBytes(StandardCharsets.UTF_8));
  }

  private void removeChecksums() throws IOException {
    ObjectNode selfCheck = (ObjectNode) JSON.readTree(content(SELFCHECK));
    assertThat(selfCheck.remove("sha256")).isNotNull();
    replace(SELFCHECK, JSON.writeValueAsBytes(selfCheck));
  }

  @Test
  void aFlipOfAnyBitIsNoticedAndItsFileNamed() throws IOException {
    Random random = new Random(7);
    for (String file : FILES) {
      byte[] content = content(file);
      for (int i = 0; i < 200; i++) {
        byte[] damaged = content.clone();
        int place = random.nextInt(content.length);
        damaged[place] ^= (byte) (1 << random.nextInt(8));
        replace(file, damaged);
        assertThatThrownBy(this::read)
            .as("%s, byte %d", file, place)
            .isInstanceOf(InvalidInput.class)
            .hasMessageContaining(file);
      }

      replace(file, content);
    }

    assertThat(read().load(Device.cpu())).isNotNull();
  }

  @Test
  void aFileThatIsCutShortIsNoticedAndNamed() throws IOException {
    for (String file : FILES) {
      byte[] content = content(file);
      for (int length = 0; length < content.length; length += 1 + content.length / 40) {
        replace(file, Arrays.copyOf(content, length));
        assertThatThrownBy(this::read)
            .as("%s, %d bytes", file, length)
            .isInstanceOf(InvalidInput.class)
            .hasMessageContaining(file);
      }

      replace(file, content);
    }
  }

  @Test
  void aChecksumThatDiffersIsSaidWithBothAndARemedy() throws IOException {
    replace("tokenizer.json", text -> text + " ");
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(folder + "/tokenizer.json: damaged or changed: its SHA-256 is ")
        .hasMessageContaining("kindred import-model --from");
  }

  @Test
  void withoutChecksumsTextsAndTokensOfTheSelfCheckMustAgree() throws IOException {
    removeChecksums();
    assertThat(read().load(Device.cpu())).isNotNull();
    replace("tokenizer.json", text -> text.replace("\"a\": 0, \"e\": 1", "\"e\": 0, \"a\": 1"));
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            folder
                + "/selfcheck.json: self-check failed for \"tea a\": its tokens [2, 1, 0, 3, 0] are"
                + " \"tae e\" by tokenizer.json; tokenizer and model do not belong together");
  }

  /** With and without checksums, which hide from later checks what is damaged. */
  @Test
  void everyValueOfEveryJsonMayBeAnythingAndOnlyInvalidInputFollows() throws IOException {
    replaceEveryValue();
    removeChecksums();
    replaceEveryValue();
  }

  private void replaceEveryValue() throws IOException {
    for (String file : List.of("config.json", "tokenizer.json", SELFCHECK)) {
      byte[] content = content(file);
      for (String damaged : variants(JSON.readTree(content))) {
        replace(file, damaged.getBytes(StandardCharsets.UTF_8));
        assertLoadsOrIsInvalid(file + ": " + damaged);
      }

      replace(file, content);
    }

    byte[] weights = content("model.safetensors");
    int length = (int) ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (String header : variants(JSON.readTree(weights, 8, length))) {
      replace("model.safetensors", withHeader(weights, length, header));
      assertLoadsOrIsInvalid("header " + header);
    }

    for (long damaged : new long[] {0, 1, -1, Long.MIN_VALUE, 1L << 31, 1L << 32, length + 1}) {
      byte[] file = weights.clone();
      ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(damaged);
      replace("model.safetensors", file);
      assertLoadsOrIsInvalid("header of " + damaged);
    }

    replace("model.safetensors", weights);
  }

  private static byte[] withHeader(byte[] weights, int length, String header) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    int data = weights.length - 8 - length;
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(weights, 8 + length, data)
        .array();
  }

  private void assertLoadsOrIsInvalid(String damage) {
    try {
      read().load(Device.cpu()).close();
    } catch (InvalidInput e) {
      assertThat(e.getMessage().lines()).as(damage).hasSize(1);
    } catch (RuntimeException e) {
      throw new AssertionError(damage, e);
    }
  }

  /** A document with each of its values, also its root, replaced by everything. */
  private static List<String> variants(JsonNode root) throws IOException {
    List<String> variants = new ArrayList<>(REPLACEMENTS);
    for (String replacement : REPLACEMENTS) {
      addVariants(root, root, JSON.readTree(replacement), variants);
    }

    return variants;
  }

  private static void addVariants(
      JsonNode root, JsonNode node, JsonNode replacement, List<String> variants) {
    if (node instanceof ObjectNode object) {
      for (String name : namesOf(object)) {
        JsonNode value = object.get(name);
        object.set(name, replacement);
        variants.add(root.toString());
        object.set(name, value);
        addVariants(root, value, replacement, variants);
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        JsonNode value = array.get(i);
        array.set(i, replacement);
        variants.add(root.toString());
        array.set(i, value);
        addVariants(root, value, replacement, variants);
      }
    }
  }

  private static List<String> namesOf(ObjectNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  @Test
  void sizesThatNoFileHasAreRefusedBeforeAnythingIsMadeOfThem() throws IOException {
    assertRefused("config.json", "\"n_layers\" : 1,", "\"n_layers\" : 2147483647,", "too few for");
    assertRefused("config.json", "\"d_vocab\" : 4", "\"d_vocab\" : 1073741824", "has shape [4, 4]");
    assertRefused("config.json", "\"n_ctx\" : 6", "\"n_ctx\" : 1e9", "n_ctx is 1.0E9, expected");
    assertRefused("tokenizer.json", "\"t\": 2", "\"t\": 2147483647", "the id of token \"t\" is");
    assertRefused("tokenizer.json", "\"t\": 2", "\"t\": 4294967295", "the id of token \"t\" is");
    assertRefused(
        "tokenizer.json", "\"t\": 2", "\"t\": 2147483646", "more than the vocabulary of 4");
    assertRefused(SELFCHECK, "5.0E-5", "1e308", "relative_tolerance is 1.0E308");
  }

  private void assertRefused(String file, String from, String to, String message)
      throws IOException {
    byte[] content = content(file);
    replace(file, text -> text.replace(from, to));
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(file)
        .hasMessageContaining(message);
    replace(file, content);
  }

  @Test
  void weightsThatOverlapAreRefused() throws IOException {
    byte[] weights = content("model.safetensors");
    int length = (int) ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN).getLong();
    ObjectNode header = (ObjectNode) JSON.readTree(weights, 8, length);
    ((ObjectNode) header.get("ln_f.bias"))
        .set("data_offsets", header.get("ln_f.weight").get("data_offsets"));
    replace("model.safetensors", withHeader(weights, length, header.toString()));
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("where the one before it ends");
  }

  @Test
  void namesThatBeginAlikeAreSaidToDoSo() throws IOException {
    byte[] weights = content("model.safetensors");
    int length = (int) ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (String prefix : List.of("_orig_mod.", "module.", "transformer.model.")) {
      ObjectNode renamed = JSON.createObjectNode();
      for (Map.Entry<String, JsonNode> tensor : JSON.readTree(weights, 8, length).properties()) {
        renamed.set(prefix + tensor.getKey(), tensor.getValue());
      }

      replace("model.safetensors", withHeader(weights, length, renamed.toString()));
      assertThatThrownBy(this::read)
          .isInstanceOf(InvalidInput.class)
          .hasMessageContaining("all names of tensors begin with \"" + prefix + "\"")
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
    }
  }

  @Test
  void weightsThatOverflowMakeNoDirectory() throws IOException {
    Map<String, float[]> weights = RandomGpt.values(Architectures.read(CONFIG), 1);
    Arrays.fill(weights.get("h.0.mlp.fc.weight"), 1e38f);
    Arrays.fill(weights.get("h.0.mlp.proj.weight"), 1e38f);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }

    assertThatThrownBy(() -> write(weights))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("model.safetensors: the FFN output of block 0 of this model is ")
        .hasMessageContaining("its weights overflow in float32");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aWebAddressIsNoModel() {
    assertThatThrownBy(
            () -> ModelDirectory.read("http://localhost/model", new Configuration(false)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("a web address cannot be used");
  }
}
