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
import dev.kindred.model.Blocks;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.Models;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of Hugging Face that are not as they should be: one line each, before the long work. */
class TestHuggingFaceFolder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String INDEX = "model.safetensors.index.json";
  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path folder;

  /** Copies a fixture's files. */
  private void copy(String checkpoint) throws IOException {
    try (Stream<Path> files =
        Files.list(Path.of(TestHuggingFaceFolder.class.getResource("/hf/" + checkpoint).toURI()))) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().startsWith("expected")) {
          Files.copy(file, folder.resolve(file.getFileName().toString()));
        }
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private ModelDirectory read() {
    return ModelDirectory.read(
        "--model", folder.toString(), Bos.AUTO, Blocks.ALL, new Configuration(false));
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused() {
    return assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInput.class)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** Writes the weights again, with other tensors. */
  private void rewrite(Consumer<Map<String, float[]>> change) throws IOException {
    Path path = folder.resolve(WEIGHTS);
    Safetensors file = Safetensors.parse(WEIGHTS, Files.readAllBytes(path));
    Map<String, float[]> values = new LinkedHashMap<>();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (Safetensors.Tensor tensor : file.tensors()) {
      if (!tensor.dtype().equals("BOOL")) {
        values.put(tensor.name(), file.floats(tensor));
        shapes.put(tensor.name(), tensor.shape());
      }
    }

    change.accept(values);
    values.forEach((name, found) -> shapes.putIfAbsent(name, new long[] {found.length}));
    shapes.keySet().retainAll(values.keySet());
    if (values.containsKey("lm_head.weight")) {
      shapes.put("lm_head.weight", shapes.get("transformer.wte.weight"));
    }

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(out, shapes, values::get, Safetensors.Dtype.F32, Map.of());
    Files.write(path, out.toByteArray());
  }

  @Test
  void aShardThatIsMissingIsNamed() throws IOException {
    copy("llama");
    Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
    assertRefused()
        .hasMessageEndingWith(
            "file model-00002-of-00003.safetensors is missing, which " + INDEX + " names");
  }

  @Test
  void anIndexThatLeavesTheFolderIsRefused() throws IOException {
    copy("llama");
    ObjectNode index = (ObjectNode) JSON.readTree(folder.resolve(INDEX).toFile());
    ((ObjectNode) index.get("weight_map")).put("model.norm.weight", "../other.safetensors");
    JSON.writeValue(folder.resolve(INDEX).toFile(), index);
    assertRefused().hasMessageContaining("weight_map names \"../other.safetensors\"");
  }

  @Test
  void filesBesideThoseOfTheIndexAreNotRead() throws IOException {
    copy("llama");
    Files.writeString(folder.resolve("consolidated.safetensors"), "other names");
    assertThat(((StoredWeights) read().weights()).files()).hasSize(3);
  }

  @Test
  void aPointerInPlaceOfWeightsIsSaidToBeOne() throws IOException {
    copy("gpt2");
    Files.writeString(
        folder.resolve(WEIGHTS),
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n");
    assertRefused().hasMessageContaining("pointer of Git LFS");
  }

  @Test
  void aShardThatIsCutShortIsRefused() throws IOException {
    copy("llama");
    Path shard = folder.resolve("model-00003-of-00003.safetensors");
    byte[] content = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(content, content.length - 5));
    assertRefused().hasMessageContaining("model-00003-of-00003.safetensors");
  }

  @Test
  void pickledWeightsAreRefusedWithTheRemedy() throws IOException {
    copy("gpt2");
    Files.move(folder.resolve(WEIGHTS), folder.resolve("pytorch_model.bin"));
    assertRefused()
        .hasMessageContaining("pytorch_model.bin")
        .hasMessageContaining("save_pretrained");
  }

  @Test
  void anAdapterIsRefused() throws IOException {
    copy("gpt2");
    Files.writeString(folder.resolve("adapter_config.json"), "{}");
    assertRefused().hasMessageContaining("adapter_config.json").hasMessageContaining("merge");
  }

  @Test
  void aTokenizerOfAnotherFormIsRefusedWithTheRemedy() throws IOException {
    copy("gpt2");
    Files.move(folder.resolve("tokenizer.json"), folder.resolve("vocab.json"));
    assertRefused().hasMessageContaining("tokenizer.json is missing; make it of vocab.json");
  }

  @Test
  void allTensorsThatAreWrongAreNamedByTheirBlocks() throws IOException {
    copy("gpt2");
    rewrite(
        values -> {
          values.keySet().removeIf(name -> name.endsWith(".ln_1.weight"));
          values.put("transformer.h.0.new", new float[3]);
        });
    assertRefused()
        .hasMessageContaining("tensors transformer.h.0-2.ln_1.weight are missing")
        .hasMessageContaining("tensor transformer.h.0.new is not part of this architecture");
  }

  @Test
  void aTensorThatIsStoredUnderTwoNamesIsRefused() throws IOException {
    copy("gpt2");
    rewrite(values -> values.put("ln_f.bias", values.get("transformer.ln_f.bias")));
    assertRefused().hasMessageContaining("tensor transformer.ln_f.bias is stored twice");
  }

  @Test
  void aTiedUnembeddingMayBeStoredIfItIsTheEmbedding() throws IOException {
    copy("gpt2");
    rewrite(values -> values.put("lm_head.weight", values.get("transformer.wte.weight").clone()));
    assertThat(read().shape().blocks()).isPositive();

    rewrite(values -> values.get("lm_head.weight")[5] += 1);
    assertRefused()
        .hasMessageContaining("lm_head.weight is stored and differs")
        .hasMessageContaining("tie_word_embeddings");
  }

  @Test
  void aNumberThatIsNotFiniteIsNamed() throws IOException {
    copy("gpt2");
    rewrite(values -> values.get("transformer.h.1.mlp.c_fc.bias")[2] = Float.NaN);
    assertRefused().hasMessageContaining("tensor transformer.h.1.mlp.c_fc.bias has a value that");
  }

  @Test
  void aTokenizerWithMoreTokensThanTheVocabularyIsRefused() throws IOException {
    copy("gpt2");
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(folder.resolve("tokenizer.json").toFile());
    ArrayNode added = (ArrayNode) tokenizer.get("added_tokens");
    ObjectNode far = added.get(0).deepCopy();
    added.add(far.put("content", "<far>").put("id", 5_000));
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    assertRefused().hasMessageContaining("more than the vocabulary of 320");
  }

  @Test
  void theSelfCheckNoticesWhatNormsDoNot() throws IOException {
    copy("gpt2");
    ModelDirectory unchecked = read();
    assertThat(unchecked.isChecked()).isFalse();
    Files.writeString(
        folder.resolve("selfcheck.json"),
        ModelCheck.run(unchecked).selfCheck(),
        StandardCharsets.UTF_8);
    try (LanguageModel model = read().load(Device.cpu())) {
      assertThat(model.shape().blocks()).isPositive();
    }

    // The exact GELU for the one by tanh: norms differ by less than a thousandth.
    ObjectNode config = (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
    JSON.writeValue(
        folder.resolve("config.json").toFile(), config.put("activation_function", "gelu"));
    JsonNode selfCheck = JSON.readTree(folder.resolve("selfcheck.json").toFile());
    ((ObjectNode) selfCheck).remove("sha256");
    JSON.writeValue(folder.resolve("selfcheck.json").toFile(), selfCheck);
    assertThatThrownBy(() -> read().load(Device.cpu()).close())
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("self-check failed");
  }

  @Test
  void aTokenizerOfAnotherModelIsNoticed() throws IOException {
    copy("gpt2");
    Files.writeString(folder.resolve("selfcheck.json"), ModelCheck.run(read()).selfCheck());
    ObjectNode selfCheck = (ObjectNode) JSON.readTree(folder.resolve("selfcheck.json").toFile());
    selfCheck.remove("sha256");
    JSON.writeValue(folder.resolve("selfcheck.json").toFile(), selfCheck);
    try (InputStream other =
        TestHuggingFaceFolder.class.getResourceAsStream("/hf/qwen2/tokenizer.json")) {
      Files.copy(other, folder.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
    }

    assertRefused().hasMessageContaining("tokenizer and model do not belong together");
  }

  @Test
  void aReferenceIsOfAsManyFiniteLogitsAsTheModelHas() throws IOException {
    copy("gpt2");
    int vocabulary = read().shape().vocabularySize();
    assertThat(compared(new float[vocabulary]).outputs()).isFinite();
    assertReferenceRefused(new float[vocabulary + 1], "expected " + vocabulary);
    float[] damaged = new float[vocabulary];
    damaged[3] = Float.NaN;
    assertReferenceRefused(damaged, "tensor last.logits has NaN in it");
  }

  private void assertReferenceRefused(float[] logits, String message) {
    assertThatThrownBy(() -> compared(logits))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }

  /** Compares the model with its own FFN outputs, and these logits. */
  private ModelCheck.Difference compared(float[] logits) throws IOException {
    ModelDirectory model = read();
    Map<String, float[]> values = new LinkedHashMap<>();
    try (LanguageModel engine = model.loadInEngine(Device.cpu())) {
      float[][] outputs = engine.predict(new int[][] {{1, 2, 3}}).vectors();
      for (int block = 0; block < outputs.length; block++) {
        values.put("last.ffn." + block, outputs[block]);
      }
    }

    values.put("last.logits", logits);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    values.forEach((name, found) -> shapes.put(name, new long[] {found.length}));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(out, shapes, values::get, Safetensors.Dtype.F32, Map.of());
    Files.write(folder.resolve("reference.safetensors"), out.toByteArray());
    Path json = Files.writeString(folder.resolve("reference.json"), "{\"sequences\": [[1, 2, 3]]}");
    return ModelCheck.compare(model, json.toString(), new Configuration());
  }

  private void setInConfig(String field, int value) throws IOException {
    Path config = folder.resolve("config.json");
    ObjectNode fields = (ObjectNode) JSON.readTree(config.toFile());
    JSON.writeValue(config.toFile(), fields.put(field, value));
  }

  @Test
  void aTokenizerThatBeginsTextsOtherwiseThanTheModelIsRefusedUnlessTheUserSaysWhatCounts()
      throws IOException {
    copy("llama");
    setInConfig("bos_token_id", 7);
    assertRefused()
        .hasMessageContaining(
            "bos_token_id is 7, but tokenizer.json puts token 1 before texts; is it of another"
                + " model? --bos yes takes the tokenizer's, --bos no none");
    for (Bos bos : new Bos[] {Bos.YES, Bos.NO}) {
      ModelDirectory read =
          ModelDirectory.read(
              "--model", folder.toString(), bos, Blocks.ALL, new Configuration(false));
      assertThat(read.firstToken()).isEqualTo(bos == Bos.YES ? (Integer) 1 : null);
    }
  }

  @Test
  void aTokenizerInWhichTheFirstTokenIsAnOrdinaryTextIsRefused() throws IOException {
    copy("gpt2");
    setInConfig("bos_token_id", 9);
    assertRefused()
        .hasMessageContaining("bos_token_id is 9, which in tokenizer.json is the text \"")
        .hasMessageContaining("is it of another model?");
  }

  @Test
  void aTokenizerWithFarFewerTokensThanTheModelIsRefused() throws IOException {
    copy("gpt2");
    try (InputStream other =
        Files.newInputStream(Models.folder(Models.DICKENS_SMALL).resolve("tokenizer.json"))) {
      Files.copy(other, folder.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
    }

    assertRefused().hasMessageMatching(".*/tokenizer.json has 77 tokens, the vocabulary of .*");
  }

  @Test
  void aPointerOfGitLfsInThePlaceOfAnyFileIsToldAsOne() throws IOException {
    for (String name : new String[] {"config.json", "tokenizer.json"}) {
      copy("gpt2");
      Files.writeString(folder.resolve(name), "version https://git-lfs.github.com/spec/v1\noid 1");
      assertRefused()
          .hasMessageEndingWith(
              "/"
                  + name
                  + ": not the file but a pointer of Git LFS to it; fetch it with git lfs pull");
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void aTokenizerThatIsNoJsonIsNamedWithItsFolder() throws IOException {
    copy("gpt2");
    Files.writeString(folder.resolve("tokenizer.json"), "{");
    assertRefused().hasMessageStartingWith(folder + "/tokenizer.json: not JSON");
  }

  @Test
  void weightsThatAreAFolderAreToldAsOne() throws IOException {
    copy("gpt2");
    Files.delete(folder.resolve(WEIGHTS));
    Files.createDirectory(folder.resolve(WEIGHTS));
    assertRefused().hasMessageEndingWith(": model.safetensors is a folder, expected a file");
  }
}
