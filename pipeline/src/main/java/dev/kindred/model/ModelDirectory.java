/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model;

import ai.djl.Device;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.kernel.TileKernels;
import dev.kindred.table.WholeFile;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of a model directory, small enough to travel to executors: {@code config.json},
 * {@code model.safetensors}, {@code tokenizer.json} and {@code selfcheck.json}.
 *
 * @param id hash of config and weights, {@code m-} and 16 hexadecimal digits
 * @param uri where it was read, for messages
 */
public record ModelDirectory(
    String id,
    String uri,
    String configJson,
    byte[] safetensors,
    String tokenizerJson,
    String selfcheckJson)
    implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
  private static final String CONFIG = "config.json";
  private static final int SHA256_BYTES = 32;

  /** The file with the weights. */
  public static final String WEIGHTS = "model.safetensors";

  private static final String TOKENIZER = "tokenizer.json";
  private static final String SELFCHECK = "selfcheck.json";

  /**
   * Reads a model directory and checks everything that can be checked without running the model:
   * also that its files are those that the self-check was written for.
   *
   * @param uri a folder on any file system that Hadoop knows
   * @throws InvalidInput for a missing or changed file, an impossible config, or weights that do
   *     not fit it
   */
  public static ModelDirectory read(String uri, Configuration hadoop) {
    return read("--model", uri, hadoop);
  }

  /**
   * Reads one that another setting names.
   *
   * @param option the setting, for messages: {@code --alternates}
   * @throws InvalidInput as {@link #read(String, Configuration)} does
   */
  public static ModelDirectory read(String option, String uri, Configuration hadoop) {
    try {
      Location location = Location.of(option, uri);
      Path folder = location.path();
      FileSystem files = location.fileSystem(hadoop);
      if (!files.exists(folder)) {
        throw new InvalidInput("%s %s: no such folder", option, uri);
      }

      byte[] config = file(option, files, folder, CONFIG);
      byte[] weights = file(option, files, folder, WEIGHTS);
      byte[] tokenizer = file(option, files, folder, TOKENIZER);
      Map<String, String> sha256 = sha256(config, weights, tokenizer);
      ModelDirectory directory =
          new ModelDirectory(
              new ContentId().add(config).add(weights).id("m"),
              uri,
              text(uri, CONFIG, config),
              weights,
              text(uri, TOKENIZER, tokenizer),
              text(uri, SELFCHECK, file(option, files, folder, SELFCHECK)));
      directory.check(sha256);
      return directory;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("%s %s: cannot be read: %s", option, uri, e.getMessage());
    }
  }

  /**
   * Reads what cuts text into tokens, for those who need no more of a model directory.
   *
   * @param option the setting that names it, for messages
   * @throws InvalidInput if it is missing
   */
  public static String readTokenizer(String option, String uri, Configuration hadoop) {
    try {
      Location location = Location.of(option, uri);
      return text(
          uri, TOKENIZER, file(option, location.fileSystem(hadoop), location.path(), TOKENIZER));
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("%s %s: cannot be read: %s", option, uri, e.getMessage());
    }
  }

  /**
   * Writes a model directory: its self-check holds what the engine finds with the weights as they
   * are stored, and the checksums of the other files; it is the last file to be written. Files of
   * these names are replaced.
   *
   * @param folder where it will be
   * @param weights name to values, row-major, as {@link GptConfig#tensors} has them
   * @param dtype what they are stored as
   * @param sequences of the self-check
   * @throws InvalidInput, before anything is written, if what the model computes is not finite
   */
  public static void write(
      FileSystem files,
      Path folder,
      GptConfig config,
      Function<String, float[]> weights,
      Safetensors.Dtype dtype,
      String tokenizerJson,
      List<int[]> sequences)
      throws IOException {
    ByteArrayOutputStream stored = new ByteArrayOutputStream();
    Safetensors.write(stored, config.tensors(), weights, dtype, Map.of());
    Safetensors rounded = Safetensors.parse(WEIGHTS, stored.toByteArray());
    rounded.check(config.tensors()); // float16 ends at 65504
    byte[] configFile = bytes(config.toJson());
    byte[] weightsFile = stored.toByteArray();
    byte[] tokenizerFile = bytes(tokenizerJson);
    String selfCheck;
    try (LanguageModel model = Gpt.load(config, rounded, Device.cpu())) {
      selfCheck =
          SelfCheck.of(
                  model,
                  Tokenizer.of(tokenizerJson),
                  sequences,
                  sha256(configFile, weightsFile, tokenizerFile))
              .toJson();
    }

    WholeFile.replace(files, new Path(folder, CONFIG), configFile);
    WholeFile.replace(files, new Path(folder, TOKENIZER), tokenizerFile);
    WholeFile.replace(files, new Path(folder, WEIGHTS), weightsFile);
    WholeFile.replace(files, new Path(folder, SELFCHECK), bytes(selfCheck));
  }

  /** The checksums that a self-check has, by file. */
  private static Map<String, String> sha256(byte[] config, byte[] weights, byte[] tokenizer) {
    Map<String, String> sha256 = new LinkedHashMap<>();
    sha256.put(CONFIG, sha256(config));
    sha256.put(WEIGHTS, sha256(weights));
    sha256.put(TOKENIZER, sha256(tokenizer));
    return sha256;
  }

  private static String sha256(byte[] content) {
    return HexFormat.of().formatHex(new ContentId().add(content).hash(SHA256_BYTES));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] file(String option, FileSystem files, Path folder, String name)
      throws IOException {
    Path path = new Path(folder, name);
    try {
      return WholeFile.read(files, path);
    } catch (FileNotFoundException e) {
      throw new InvalidInput("%s %s: file %s is missing", option, folder, name);
    }
  }

  private static String text(String folder, String name, byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInput("%s/%s: not UTF-8; is it damaged?", folder, name);
    }
  }

  private void check(Map<String, String> sha256) {
    GptConfig config = gptConfig();
    config.check(weights());
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    int tokens = tokenizer.vocabularySize();
    if (tokens > config.dVocab()) {
      throw new InvalidInput(
          "%s/%s has %d tokens, more than d_vocab %d of %s",
          uri, TOKENIZER, tokens, config.dVocab(), CONFIG);
    }

    SelfCheck selfCheck = selfCheck();
    if (!selfCheck.hasChecksums()) {
      LOG.info(
          "{}: self-check without checksums, so that damage may stay unnoticed; kindred"
              + " import-model writes them",
          uri);
    }

    selfCheck.checkFiles(uri, sha256);
    selfCheck.check(tokenizer);
  }

  private SelfCheck selfCheck() {
    return SelfCheck.parse(name(SELFCHECK), selfcheckJson, shape());
  }

  public ModelShape shape() {
    return gptConfig().shape();
  }

  /**
   * Loads the model on a device and runs its self-check. On a CPU with SIMD Kindred's own kernels
   * evaluate it, else the engine.
   */
  LanguageModel load(Device device) {
    return device.isGpu() || !TileKernels.isSimdPresent()
        ? loadInEngine(device)
        : checked(new GptOnCpu(gptConfig(), weights(), TileKernels.get(TileKernels.Choice.SIMD)));
  }

  /** Loads the model into the engine, on a device, and runs its self-check. */
  public LanguageModel loadInEngine(Device device) {
    return checked(Gpt.load(gptConfig(), weights(), device));
  }

  /**
   * Loads the model into the engine, on a device, so that its residual stream can be seen, and runs
   * its self-check.
   */
  public TappedGpt loadTapped(Device device) {
    TappedGpt model = TappedGpt.load(gptConfig(), weights(), device);
    check(model::predict, model::close);
    return model;
  }

  private LanguageModel checked(LanguageModel model) {
    check(sequence -> model.predict(new int[][] {sequence}), model::close);
    return model;
  }

  /** Runs the self-check; a model that fails is closed. */
  private void check(Function<int[], LanguageModel.Predictions> predict, Runnable close) {
    try {
      selfCheck().run(predict);
    } catch (RuntimeException e) {
      close.run();
      throw e;
    }
  }

  private GptConfig gptConfig() {
    return gptConfig(ConfigJson.parse(name(CONFIG), configJson));
  }

  /** The shape of the one architecture that there is. */
  static GptConfig gptConfig(ConfigJson config) {
    String architecture = config.string("architecture");
    if (!architecture.equals(GptConfig.ARCHITECTURE)) {
      throw config.invalid(
          "architecture is \"%s\", supported is \"%s\"", architecture, GptConfig.ARCHITECTURE);
    }

    return GptConfig.parse(config);
  }

  private Safetensors weights() {
    return Safetensors.parse(name(WEIGHTS), safetensors);
  }

  private String name(String file) {
    return uri + "/" + file;
  }
}
