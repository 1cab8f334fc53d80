/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.model.files.ModelDirectory;
import dev.kindred.model.files.Safetensors;
import dev.kindred.model.files.SafetensorsWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command import-model, on a bundled model without its self-check. */
class TestImportModel {
  private static final Path MODEL =
      Path.of(System.getProperty("kindred.home"), "models/dickens-small");

  @TempDir private Path folder;
  private Path from;
  private Path out;

  @BeforeEach
  void copyWithoutSelfCheck() throws IOException {
    from = Files.createDirectory(folder.resolve("from"));
    out = folder.resolve("out");
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(MODEL.resolve(name), from.resolve(name));
    }
  }

  private CommandLineRun convert(String... options) {
    String[] arguments = new String[5 + options.length];
    System.arraycopy(
        new String[] {"import-model", "--from", from.toString(), "--out", out.toString()},
        0,
        arguments,
        0,
        5);
    System.arraycopy(options, 0, arguments, 5, options.length);
    return CommandLineRun.of(arguments);
  }

  @Test
  void theResultIsAModelDirectoryWithTheSameWeights() throws IOException {
    CommandLineRun run = convert();

    assertThat(run.status()).as(run.err()).isZero();
    ModelDirectory imported = read(out);
    assertThat(run.lastLine()).isEqualTo("kindred: model=" + out + " id=" + imported.id());
    assertSameValues(tensors(out), tensors(MODEL));
    assertThat(tensors(out).tensors()).allMatch(tensor -> tensor.dtype().equals("F32"));
  }

  @Test
  void halvesStayHalves() throws IOException {
    CommandLineRun run = convert("--dtype", "f16");

    assertThat(run.status()).as(run.err()).isZero();
    assertSameValues(tensors(out), tensors(MODEL));
    assertThat(tensors(out).tensors()).allMatch(tensor -> tensor.dtype().equals("F16"));
  }

  @Test
  void brainFloatsAreWidened() throws IOException {
    rewrite("BF16", Float.BYTES / 2);
    CommandLineRun run = convert();

    assertThat(run.status()).as(run.err()).isZero();
    Safetensors found = tensors(out);
    Safetensors expected = tensors(MODEL);
    for (Safetensors.Tensor tensor : expected.tensors()) {
      float[] values = expected.floats(tensor);
      float[] widened = found.floats(of(found, tensor.name()));
      for (int i = 0; i < values.length; i++) {
        assertThat(widened[i])
            .isEqualTo(Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) & 0xffff0000));
      }
    }
  }

  /** Writes the weights with only the upper half of each float. */
  private void rewrite(String dtype, int bytes) throws IOException {
    Safetensors tensors = tensors(MODEL);
    StringBuilder header = new StringBuilder("{");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      int begin = data.size();
      float[] values = tensors.floats(tensor);
      ByteBuffer encoded =
          ByteBuffer.allocate(values.length * bytes).order(ByteOrder.LITTLE_ENDIAN);
      for (float value : values) {
        encoded.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      }

      data.writeBytes(encoded.array());
      header.append(
          String.format(
              "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              header.length() > 1 ? "," : "",
              tensor.name(),
              dtype,
              java.util.Arrays.toString(tensor.shape()),
              begin,
              data.size()));
    }

    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
    file.writeBytes(json);
    file.writeBytes(data.toByteArray());
    Files.write(from.resolve("model.safetensors"), file.toByteArray());
  }

  @Test
  void allTensorsThatAreWrongAreNamed() throws IOException {
    Safetensors tensors = tensors(MODEL);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Safetensors.Tensor tensor : tensors.tensors()) {
      String name = tensor.name().replace("h.5.", "h.7.");
      shapes.put(name, tensor.shape());
      values.put(name, tensors.floats(tensor));
    }

    shapes.put("ln_f.bias", new long[] {96, 2});
    try (var file = Files.newOutputStream(from.resolve("model.safetensors"))) {
      SafetensorsWriter.write(file, shapes, values::get, Safetensors.Dtype.F32, Map.of());
    }

    CommandLineRun run = convert();

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).hasSize(1);
    assertThat(run.messages().get(0))
        .contains("h.5.ln_1.bias, h.5.attn.qkv.weight, ", "h.5.mlp.proj.bias are missing; ")
        .contains("h.7.mlp.proj.bias are not part of this architecture; ")
        .contains("tensor ln_f.bias has shape [96, 2], expected [192]");
    assertThat(out).doesNotExist();
  }

  @Test
  void tensorsOfADtypeThatIsNotKnownAreNamedBesideOthersThatAreWrong() throws IOException {
    rewrite("I16", Short.BYTES);
    Path file = from.resolve("model.safetensors");
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    Files.writeString(
        file, bytes.replaceFirst("h[.]5[.]mlp", "h.7.mlp"), StandardCharsets.ISO_8859_1);

    CommandLineRun run = convert();

    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).hasSize(1);
    assertThat(run.messages().get(0))
        .contains(" is missing; ", " is not part of this architecture; ")
        .contains(
            "tensors wte.weight, wpe.weight, h.0-5.ln_1.weight, ",
            " have dtype I16, supported are F16, BF16, F32 and F64");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(from.resolve("tokenizer.json"));

    assertRefused(convert(), "--from file:" + from + ": file tokenizer.json is missing");
  }

  @Test
  void nothingIsOverwritten() throws IOException {
    Files.createDirectory(out);

    assertRefused(convert(), "--out file:" + out + ": is there already");
  }

  @Test
  void badOptionsAreNamed() {
    assertRefused(convert("--dtype", "f64"), "--dtype f64: expected f16 or f32");
    assertRefused(CommandLineRun.of("import-model", "--out", "x"), "--from: missing");
  }

  private static void assertRefused(CommandLineRun run, String message) {
    assertThat(run.status()).as(run.err()).isEqualTo(2);
    assertThat(run.messages()).hasSize(1);
    assertThat(run.messages().get(0)).startsWith("kindred: " + message);
  }

  private static ModelDirectory read(Path model) {
    return ModelDirectory.read(model.toString(), new Configuration(false));
  }

  private static Safetensors tensors(Path model) throws IOException {
    return Safetensors.parse("model", Files.readAllBytes(model.resolve("model.safetensors")));
  }

  private static Safetensors.Tensor of(Safetensors tensors, String name) {
    return tensors.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static void assertSameValues(Safetensors found, Safetensors expected) {
    for (Safetensors.Tensor tensor : expected.tensors()) {
      assertThat(found.floats(of(found, tensor.name())))
          .as(tensor.name())
          .isEqualTo(expected.floats(tensor));
    }
  }
}
