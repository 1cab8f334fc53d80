/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindred.InvalidInput;
import dev.kindred.model.ModelShape;
import dev.kindred.model.Models;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestModelDirectory {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @BeforeEach
  void copyModel() throws IOException {
    for (String file :
        new String[] {"config.json", "model.safetensors", "tokenizer.json", "selfcheck.json"}) {
      Files.copy(Models.folder(Models.DICKENS_SMALL).resolve(file), folder.resolve(file));
    }
  }

  @Test
  void readsTheShape() {
    assertThat(read().shape()).isEqualTo(new ModelShape(77, 192, 6, 256));
  }

  @Test
  void theIdIsOfTheContentNotThePlace() {
    assertThat(read().id())
        .isEqualTo(Models.directory(Models.DICKENS_SMALL).id())
        .isNotEqualTo(Models.directory(Models.TINYSHAKESPEARE).id());
  }

  @Test
  void aMissingFolderIsNamed() {
    assertThatThrownBy(() -> ModelDirectory.read("/no/such/model", new Configuration(false)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("--model /no/such/model: no such folder");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    for (String file :
        new String[] {"config.json", "model.safetensors", "tokenizer.json", "selfcheck.json"}) {
      Path path = folder.resolve(file);
      byte[] content = Files.readAllBytes(path);
      Files.delete(path);
      assertRefused().hasMessageContaining("file " + file + " is missing");
      Files.write(path, content);
    }
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    editHeader(header -> header.remove("h.3.mlp.fc.weight"));
    assertRefused().hasMessageContaining("tensor h.3.mlp.fc.weight is missing");
  }

  @Test
  void aTensorTooManyIsNamed() throws IOException {
    editHeader(header -> header.set("h.9.mlp.fc.weight", header.get("h.3.mlp.fc.weight")));
    assertRefused().hasMessageContaining("tensor h.9.mlp.fc.weight is not part of");
  }

  @Test
  void aMisshapenTensorIsNamedWithBothShapes() throws IOException {
    editHeader(header -> transpose((ArrayNode) header.get("h.3.mlp.fc.weight").get("shape")));
    assertRefused()
        .hasMessageContaining("tensor h.3.mlp.fc.weight has shape [192, 768], expected [768, 192]");
  }

  @Test
  void allThatIsWrongWithTensorsIsNamedAtOnce() throws IOException {
    editHeader(
        header -> {
          header.set("h.9.mlp.fc.weight", header.remove("h.3.mlp.fc.weight"));
          header.set("h.9.mlp.fc.bias", header.remove("h.3.mlp.fc.bias"));
          transpose((ArrayNode) header.get("h.2.mlp.fc.weight").get("shape"));
        });
    assertRefused()
        .hasMessageContaining("tensors h.3.mlp.fc.weight, h.3.mlp.fc.bias are missing; ")
        .hasMessageContaining(
            "tensors h.9.mlp.fc.weight, h.9.mlp.fc.bias are not part of this architecture; ")
        .hasMessageContaining("tensor h.2.mlp.fc.weight has shape [192, 768]");
  }

  @Test
  void aDtypeThatIsNotSupportedIsNamed() throws IOException {
    editHeader(header -> ((ObjectNode) header.get("wte.weight")).put("dtype", "I64"));
    assertRefused()
        .hasMessageContaining(
            "tensor wte.weight has dtype I64, supported are F16, BF16, F32 and F64");
  }

  @Test
  void notANumberIsNamedWithItsPlace() throws IOException {
    Path path = folder.resolve("model.safetensors");
    byte[] file = Files.readAllBytes(path);
    Safetensors tensors = Safetensors.parse("model", file);
    Safetensors.Tensor tensor =
        tensors.tensors().stream().filter(t -> t.name().equals("ln_f.bias")).findFirst().get();
    int data = 8 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    file[data + (int) tensor.begin() + 2 * 7 + 1] = 0x7e; // the high byte of a half: NaN
    Files.write(path, file);
    assertRefused()
        .hasMessageContaining("tensor ln_f.bias has a value that is not finite: NaN at element 7");
  }

  @Test
  void weightsCutShortAreRefused() throws IOException {
    Path path = folder.resolve("model.safetensors");
    Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 100_000));
    assertRefused().hasMessageContaining("is the file cut short?");
  }

  @Test
  void weightsThatAreNotSafetensorsAreRefused() throws IOException {
    Files.writeString(folder.resolve("model.safetensors"), "PK\u0003\u0004 a pickle");
    assertRefused().hasMessageContaining("not safetensors");
  }

  @Test
  void aMissingConfigFieldIsNamed() throws IOException {
    editConfig(config -> config.remove("n_heads"));
    assertRefused().hasMessageContaining("config.json: field \"n_heads\" is missing");
  }

  @Test
  void anImpossibleNumberOfHeadsIsRefused() throws IOException {
    editConfig(config -> config.put("n_heads", 7));
    assertRefused().hasMessageContaining("d_model 192 is not divisible by n_heads 7");
  }

  @Test
  void anUnknownArchitectureIsRefused() throws IOException {
    editConfig(config -> config.put("architecture", "llama"));
    assertRefused()
        .hasMessageContaining("architecture is \"llama\", supported are \"gpt\", \"mixer\"");
  }

  @Test
  void anUnknownActivationIsRefused() throws IOException {
    editConfig(config -> config.put("activation", "swish"));
    assertRefused().hasMessageContaining("activation is \"swish\", supported are [relu, gelu]");
  }

  @Test
  void aSelfCheckOfOtherWeightsFails() throws IOException {
    String text = changeSelfCheck();
    assertThatThrownBy(() -> read().load(Device.cpu()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("self-check failed for " + text)
        .hasMessageContaining("norm of the FFN output of block 2");
  }

  @Test
  void theTappedModelRunsTheSelfCheckItself() throws IOException {
    String text = changeSelfCheck();
    assertThatThrownBy(() -> read().loadStream(Device.cpu()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("self-check failed for " + text)
        .hasMessageContaining("norm of the FFN output of block 2");
  }

  /** Of the second case, whose text this returns, as JSON. */
  private String changeSelfCheck() throws IOException {
    Path path = folder.resolve("selfcheck.json");
    ObjectNode selfcheck = (ObjectNode) JSON.readTree(Files.readString(path));
    String text = selfcheck.get("cases").get(1).get("text").toString();
    ArrayNode norms = (ArrayNode) selfcheck.get("cases").get(1).get("ffn_out_norms");
    norms.set(2, JSON.getNodeFactory().numberNode(norms.get(2).asDouble() * 1.01));
    Files.writeString(path, selfcheck.toString());
    return text;
  }

  @Test
  void weightsThatAreNoLongerThoseThatWereReadAreNotLoaded() throws IOException {
    Path path = folder.resolve("model.safetensors");
    byte[] file = Files.readAllBytes(path);
    ModelDirectory directory = read();
    for (int place : new int[] {8 + 20, file.length - 100_000}) { // in the header, in a tensor
      byte[] changed = file.clone();
      changed[place] ^= 1;
      Files.write(path, changed);
      assertNotLoaded(directory).hasMessageContaining("changed since this command began");
    }

    Files.write(path, Arrays.copyOf(file, file.length - 1));
    assertNotLoaded(directory).hasMessageContaining("changed since this command began");
    Files.delete(path);
    assertNotLoaded(directory).hasMessageContaining("cannot be read any more");
    Files.write(path, file);
    directory.load(Device.cpu()).close();
  }

  private static AbstractThrowableAssert<?, ?> assertNotLoaded(ModelDirectory directory) {
    return assertThatThrownBy(() -> directory.load(Device.cpu()))
        .isInstanceOf(InvalidInput.class)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** By kernels and engine; the numbers were computed in double precision by neither. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "dickens-small",
        "dickens-small/alternates/seed-1442",
        "dickens-small/alternates/seed-88",
        "dickens-small/alternates/seed-99999",
        "tinyshakespeare",
        "tinyshakespeare/alternates/kindred-1337"
      })
  void everyBundledModelPassesItsSelfCheck(String name) {
    ModelDirectory directory = Models.directory("models/" + name);
    JsonNode selfCheck = json(directory.selfcheckJson());
    assertThat(selfCheck.get("relative_tolerance").asDouble()).isLessThanOrEqualTo(5e-5);
    assertThat(selfCheck.get("texts")).isNotEmpty();
    assertThat(selfCheck.get("cases"))
        .isNotEmpty()
        .allSatisfy(
            sequence -> {
              assertThat(sequence.get("ffn_out_projections"))
                  .hasSize(directory.shape().blocks())
                  .allSatisfy(block -> assertThat(block).hasSize(4));
              assertThat(sequence.get("probability_projections")).hasSize(4);
            });
    directory.load(Device.cpu()).close();
    directory.loadStream(Device.cpu()).close();
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private ModelDirectory read() {
    return ModelDirectory.read(folder.toUri().toString(), new Configuration(false));
  }

  private AbstractThrowableAssert<?, ?> assertRefused() {
    return assertThatThrownBy(this::read).isInstanceOf(InvalidInput.class);
  }

  private static void transpose(ArrayNode shape) {
    shape.add(shape.remove(0));
  }

  private void editConfig(Consumer<ObjectNode> edit) throws IOException {
    Path path = folder.resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(Files.readString(path));
    edit.accept(config);
    Files.writeString(path, config.toString());
  }

  private void editHeader(Consumer<ObjectNode> edit) throws IOException {
    Path path = folder.resolve("model.safetensors");
    byte[] file = Files.readAllBytes(path);
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    ObjectNode header = (ObjectNode) JSON.readTree(file, 8, length);
    edit.accept(header);
    byte[] edited = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer rewritten =
        ByteBuffer.allocate(8 + edited.length + file.length - 8 - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    rewritten.putLong(edited.length).put(edited).put(file, 8 + length, file.length - 8 - length);
    Files.write(path, rewritten.array());
  }
}
