/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.model.files;

import ai.djl.Device;
import dev.kindred.ContentId;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.kernel.TileKernels;
import dev.kindred.model.BlockVector;
import dev.kindred.model.Blocks;
import dev.kindred.model.Hook;
import dev.kindred.model.LanguageModel;
import dev.kindred.model.LogitMap;
import dev.kindred.model.ModelShape;
import dev.kindred.model.Precision;
import dev.kindred.model.ResidualStream;
import dev.kindred.model.TokenReader;
import dev.kindred.model.WithFirstToken;
import dev.kindred.model.architecture.Architecture;
import dev.kindred.model.architecture.Blueprint;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.architecture.Initialization;
import dev.kindred.model.architecture.Tensors;
import dev.kindred.model.architecture.Unembedding;
import dev.kindred.model.cpu.CpuModel;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.torch.TorchModel;
import dev.kindred.table.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model directory: {@code config.json}, weights, {@code tokenizer.json} and {@code
 * selfcheck.json}, which a directory of Hugging Face need not have. All but the weights are in it,
 * which may be larger than memory: processes read them when they load the model.
 *
 * @param id hash of config, weights, first token, chosen blocks and precision, {@code m-} and 16
 *     hexadecimal digits; then a hyphen and the name of the vectors, unless they are FFN outputs
 * @param uri where it was read, for messages
 * @param selfcheckJson null where there is none
 * @param firstToken what the model reads before every sequence; null for nothing
 * @param blocks those that are looked at
 * @param vectors what is looked at in them
 * @param precision that these are kept in
 * @param rule how it is to be explained by these vectors; null where the directory does not say
 * @param sha256 checksums of its other files, by name
 */
public record ModelDirectory(
    String id,
    String uri,
    String configJson,
    Weights weights,
    String tokenizerJson,
    String selfcheckJson,
    Integer firstToken,
    Blocks blocks,
    BlockVector vectors,
    Precision precision,
    OwnRule rule,
    Map<String, String> sha256)
    implements Serializable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
  private static final String CONFIG = "config.json";
  private static final int SHA256_BYTES = 32;

  /** The file with the weights, in directories that Kindred writes. */
  public static final String WEIGHTS = WeightsFolder.FILE;

  private static final String TOKENIZER = "tokenizer.json";
  private static final String SELFCHECK = "selfcheck.json";
  private static final String ADAPTER = "adapter_config.json";
  private static final List<String> OTHER_TOKENIZERS = List.of("tokenizer.model", "vocab.json");

  /**
   * Reads a model directory and checks everything that can be checked without running the model:
   * also that its files are those that the self-check was written for.
   *
   * @param uri a folder on any file system that Hadoop knows
   * @throws InvalidInput for a missing or changed file, an impossible config, or weights that do
   *     not fit it
   */
  public static ModelDirectory read(String uri, Configuration hadoop) {
    return read("--model", uri, Bos.AUTO, Blocks.ALL, hadoop);
  }

  /** Reads one whose FFN outputs are looked at. */
  public static ModelDirectory read(
      String option, String uri, Bos bos, String blocks, Configuration hadoop) {
    return read(option, uri, bos, blocks, BlockVector.FFN_OUT, hadoop);
  }

  /**
   * Reads one that another setting names.
   *
   * @param option the setting, for messages: {@code --alternates}
   * @param bos whether it reads a token before every sequence
   * @param blocks that are looked at, as {@link Blocks#of} reads them
   * @param vectors what is looked at in them
   * @throws InvalidInput as {@link #read(String, Configuration)} does
   */
  public static ModelDirectory read(
      String option,
      String uri,
      Bos bos,
      String blocks,
      BlockVector vectors,
      Configuration hadoop) {
    try {
      Location location = Location.of(option, uri);
      Path folder = location.path();
      FileSystem files = location.fileSystem(hadoop);
      checkExists(option, uri, files, folder);
      if (files.exists(new Path(folder, ADAPTER))) {
        throw new InvalidInput(
            "%s %s: %s: adapters are not supported; merge it into its model with"
                + " merge_and_unload()",
            option, uri, ADAPTER);
      }

      byte[] config = file(option, files, folder, CONFIG);
      String configJson = text(uri, CONFIG, config);
      ConfigJson parsed = ConfigJson.parse(name(uri, CONFIG), configJson);
      Architecture architecture = Architectures.of(parsed);
      Blueprint blueprint = architecture.read(parsed);
      try (WeightsFolder weights =
          WeightsFolder.open(option, uri, files, folder, blueprint, architecture.storedNames())) {
        byte[] tokenizer = tokenizer(option, files, folder);
        ContentId id = new ContentId().add(config);
        Map<String, ContentId> scanned = weights.scan(id::add);
        String tokenizerJson = text(uri, TOKENIZER, tokenizer);
        Integer firstToken = bos.token(loaded(uri, tokenizerJson), parsed);
        if (firstToken != null) {
          id.add("after token " + firstToken);
        }

        Blocks chosen = Blocks.of(blocks, blueprint.shape().blocks());
        if (!chosen.isAll()) {
          id.add("blocks " + chosen);
        }

        boolean hasSelfCheck =
            !Architectures.isHuggingFace(parsed) || files.exists(new Path(folder, SELFCHECK));
        ModelDirectory directory =
            new ModelDirectory(
                named(id, vectors),
                uri,
                configJson,
                weights.weights(new SerializableConfiguration(hadoop)),
                tokenizerJson,
                hasSelfCheck ? text(uri, SELFCHECK, file(option, files, folder, SELFCHECK)) : null,
                firstToken,
                chosen,
                vectors,
                Precision.F32,
                vectors == BlockVector.FFN_OUT // which such a file is about
                    ? rule(uri, files, folder, blueprint.shape().blocks())
                    : null,
                sha256(config, scanned, tokenizer));
        directory.check();
        return directory;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("%s %s: cannot be read: %s", option, uri, e.getMessage());
    }
  }

  /**
   * Describes a model of the same kind that was never trained: it needs no weights, and no
   * tokenizer either where it is to read but a few texts.
   *
   * @param option the setting that names the directory, for messages
   * @param seed of the weights
   * @param texts whose words are the tokens, where there is no {@code tokenizer.json}
   * @throws InvalidInput if there is no config that can be used
   */
  public static ModelDirectory untrained(
      String option, String uri, Bos bos, long seed, List<String> texts, Configuration hadoop) {
    try {
      Location location = Location.of(option, uri);
      Path folder = location.path();
      FileSystem files = location.fileSystem(hadoop);
      checkExists(option, uri, files, folder);
      byte[] config = file(option, files, folder, CONFIG);
      String configJson = text(uri, CONFIG, config);
      ConfigJson parsed = ConfigJson.parse(name(uri, CONFIG), configJson);
      Blueprint blueprint = Architectures.read(parsed);
      ModelShape shape = blueprint.shape();
      checkSizes(name(uri, CONFIG), blueprint);
      String tokenizerJson =
          files.exists(new Path(folder, TOKENIZER))
              ? text(uri, TOKENIZER, tokenizer(option, files, folder))
              : WordTokenizer.json(texts, shape.vocabularySize());
      ContentId id =
          new ContentId().add(config).add("untrained " + Initialization.VERSION + " " + seed);
      Integer firstToken = bos.token(loaded(uri, tokenizerJson), parsed);
      if (firstToken != null) {
        id.add("after token " + firstToken);
      }

      ModelDirectory directory =
          new ModelDirectory(
              id.id("m"),
              uri,
              configJson,
              new UntrainedWeights(name(uri, CONFIG), configJson, seed),
              tokenizerJson,
              null,
              firstToken,
              Blocks.of(Blocks.ALL, shape.blocks()),
              BlockVector.FFN_OUT,
              Precision.F32,
              null,
              Map.of());
      directory.check();
      return directory;
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidInput("%s %s: cannot be read: %s", option, uri, e.getMessage());
    }
  }

  /** Checks that an array can hold each tensor. */
  private static void checkSizes(String source, Blueprint blueprint) {
    blueprint
        .tensors()
        .forEach(
            (tensor, shape) -> {
              double size = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
              if (size > Integer.MAX_VALUE - Byte.SIZE) {
                throw new InvalidInput(
                    "%s: %s has %s numbers, more than an array can hold; give smaller sizes",
                    source, tensor, Arrays.toString(shape).replace(", ", " x "));
              }
            });
  }

  /**
   * The same model with the token vectors of one that was never trained.
   *
   * @param seed of these vectors
   */
  public ModelDirectory withUntrainedEmbedding(long seed) {
    ContentId changed =
        new ContentId().add(id).add("untrained embedding " + Initialization.VERSION + " " + seed);
    return new ModelDirectory(
        changed.id("m"),
        uri,
        configJson,
        new OtherEmbedding(
            weights,
            new UntrainedWeights(name(uri, CONFIG), configJson, seed),
            blueprint().embedding().table()),
        tokenizerJson,
        null, // which is of the whole model
        firstToken,
        blocks,
        vectors,
        precision,
        null,
        Map.of());
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
      return text(uri, TOKENIZER, tokenizer(option, location.fileSystem(hadoop), location.path()));
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
   * @param weights as {@link Blueprint#tensors} has them
   * @param dtype what they are stored as
   * @param sequences of the self-check
   * @throws InvalidInput if what the model computes is not finite; no file is left then
   */
  public static void write(
      FileSystem files,
      Path folder,
      ConfigJson config,
      Tensors weights,
      Safetensors.Dtype dtype,
      String tokenizerJson,
      List<int[]> sequences)
      throws IOException {
    Blueprint blueprint = Architectures.read(config);
    byte[] configFile = bytes(config.text());
    byte[] tokenizerFile = bytes(tokenizerJson);
    Path stored = new Path(folder, "." + WEIGHTS + "." + UUID.randomUUID());
    try {
      try (OutputStream out = files.create(stored, false)) {
        // Without it, transformers does not read a file.
        Map<String, String> metadata =
            Architectures.isHuggingFace(config) ? Map.of("format", "pt") : Map.of();
        SafetensorsWriter.write(out, blueprint.tensors(), weights::floats, dtype, metadata);
      }

      String selfCheck;
      try (FileContent content = FileContent.open(files, stored)) {
        Safetensors rounded = Safetensors.open(WEIGHTS, content);
        StoredTensors.of(rounded, blueprint.tensors());
        ContentId ofWeights = new ContentId();
        Safetensors.Checksums checksums = // float16 ends at 65504
            rounded.scan(ofWeights::add, name -> true);
        try (LanguageModel model =
            TorchModel.load(blueprint, rounded.unchanged(checksums), Device.cpu())) {
          selfCheck =
              SelfCheck.of(
                      model,
                      Tokenizer.of(tokenizerJson),
                      sequences,
                      sha256(configFile, Map.of(WEIGHTS, ofWeights), tokenizerFile),
                      SelfCheck.TOLERANCE)
                  .toJson();
        }
      }

      WholeFile.replace(files, new Path(folder, CONFIG), configFile);
      WholeFile.replace(files, new Path(folder, TOKENIZER), tokenizerFile);
      files.delete(new Path(folder, WEIGHTS), false);
      if (!files.rename(stored, new Path(folder, WEIGHTS))) {
        throw new IOException("Cannot be renamed to " + new Path(folder, WEIGHTS));
      }

      WholeFile.replace(files, new Path(folder, SELFCHECK), bytes(selfCheck));
    } finally {
      files.delete(stored, false); // where it has not got its name
    }
  }

  /** The checksums that a self-check has, by file. */
  private static Map<String, String> sha256(
      byte[] config, Map<String, ContentId> weights, byte[] tokenizer) {
    Map<String, String> sha256 = new LinkedHashMap<>();
    sha256.put(CONFIG, sha256(new ContentId().add(config)));
    weights.forEach((file, content) -> sha256.put(file, sha256(content)));
    sha256.put(TOKENIZER, sha256(new ContentId().add(tokenizer)));
    return sha256;
  }

  private static String sha256(ContentId content) {
    return HexFormat.of().formatHex(content.hash(SHA256_BYTES));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void checkExists(String option, String uri, FileSystem files, Path folder)
      throws IOException {
    if (!files.exists(folder)) {
      throw new InvalidInput("%s %s: no such folder", option, uri);
    }
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

  private static OwnRule rule(String uri, FileSystem files, Path folder, int blocks)
      throws IOException {
    Path path = new Path(folder, OwnRule.FILE);
    return files.exists(path)
        ? OwnRule.parse(
            name(uri, OwnRule.FILE), text(uri, OwnRule.FILE, WholeFile.read(files, path)), blocks)
        : null;
  }

  private static byte[] tokenizer(String option, FileSystem files, Path folder) throws IOException {
    for (String other : OTHER_TOKENIZERS) {
      if (!files.exists(new Path(folder, TOKENIZER)) && files.exists(new Path(folder, other))) {
        throw new InvalidInput(
            "%s %s: file %s is missing; make it of %s:"
                + " AutoTokenizer.from_pretrained(\"DIR\").save_pretrained(\"DIR\")",
            option, folder, TOKENIZER, other);
      }
    }

    return file(option, files, folder, TOKENIZER);
  }

  private static String text(String folder, String name, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInput("%s: not UTF-8; is it damaged?", name(folder, name));
    }

    if (text.startsWith(Safetensors.POINTER)) {
      throw new InvalidInput(
          "%s: not the file but a pointer of Git LFS to it; fetch it with git lfs pull",
          name(folder, name));
    }

    return text;
  }

  private static Tokenizer loaded(String uri, String tokenizerJson) {
    try {
      return Tokenizer.of(tokenizerJson);
    } catch (InvalidInput e) { // which knows no folder
      throw new InvalidInput("%s", name(uri, e.getMessage()));
    }
  }

  private void check() {
    Tokenizer tokenizer = Tokenizer.of(tokenizerJson);
    int tokens = tokenizer.vocabularySize();
    if (tokens > shape().vocabularySize()) {
      throw new InvalidInput(
          "%s has %d tokens, more than the vocabulary of %d of %s",
          name(uri, TOKENIZER), tokens, shape().vocabularySize(), CONFIG);
    }

    if (2L * tokens < shape().vocabularySize()) { // padding is a few in a hundred
      throw new InvalidInput(
          "%s has %d tokens, the vocabulary of %s has %d; it is of another model",
          name(uri, TOKENIZER), tokens, CONFIG, shape().vocabularySize());
    }

    if (firstToken != null && firstToken >= shape().vocabularySize()) {
      throw new InvalidInput(
          "%s: the first token %d is outside [0, %d); --bos no leaves it out",
          uri, firstToken, shape().vocabularySize());
    }

    if (!isChecked()) {
      LOG.info("{}: no self-check; kindred check-model makes one", uri);
      return;
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

  /** Returns the vectors that a model's {@link #id} is about. */
  public static BlockVector vectorsOf(String id) {
    String[] parts = id.split("-"); // m, the hash, and perhaps the vectors
    return parts.length < 3 ? BlockVector.FFN_OUT : BlockVector.of(parts[2]);
  }

  /** Whether its weights are drawn, not read. */
  boolean isUntrained() {
    return weights.areDrawn();
  }

  /** Whether it has a self-check. */
  public boolean isChecked() {
    return selfcheckJson != null;
  }

  private SelfCheck selfCheck() {
    return SelfCheck.parse(name(uri, SELFCHECK), selfcheckJson, shape());
  }

  /**
   * Writes a self-check of what the engine computes now, which also holds the checksums of the
   * files that were read.
   *
   * @throws InvalidInput if what it computes is not finite
   */
  String newSelfCheck(LanguageModel engine, List<int[]> sequences, double tolerance) {
    return SelfCheck.of(engine, Tokenizer.of(tokenizerJson), sequences, sha256, tolerance).toJson();
  }

  /** Returns what the model is put together of. */
  public Blueprint blueprint() {
    return Architectures.read(ConfigJson.parse(name(uri, CONFIG), configJson));
  }

  public ModelShape shape() {
    return blueprint().shape();
  }

  /** The places where a pass can be looked into. */
  public List<Hook> hooks() {
    return blueprint().hooks();
  }

  /** Whether the FFN output of block 0 is a token's, whatever stands before it. */
  public boolean hasNetworkOfLastToken() {
    return blueprint().hasNetworkOfLastToken();
  }

  /**
   * Returns the model with another precision of what is kept: another model to all tables, so that
   * nothing of different precisions is ever compared.
   */
  public ModelDirectory in(Precision other) {
    if (other == precision) {
      return this;
    }

    if (precision != Precision.F32) {
      throw new IllegalStateException("What is kept of " + uri + " has a precision already");
    }

    ContentId rounded = new ContentId().add(id).add("in " + other.name().toLowerCase(Locale.ROOT));
    return with(named(rounded, vectors), weights, other);
  }

  /** The id of a model that is looked at by some vectors. */
  private static String named(ContentId id, BlockVector vectors) {
    return vectors == BlockVector.FFN_OUT ? id.id("m") : id.id("m") + "-" + vectors;
  }

  /** The directory for tasks, which may run where its folder is not seen. */
  public Broadcast<ModelDirectory> onExecutors(SparkSession spark) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .broadcast(with(id, weights.onExecutors(spark.sparkContext(), id), precision));
  }

  private ModelDirectory with(String otherId, Weights readable, Precision other) {
    return new ModelDirectory(
        otherId,
        uri,
        configJson,
        readable,
        tokenizerJson,
        selfcheckJson,
        firstToken,
        blocks,
        vectors,
        other,
        rule,
        sha256);
  }

  /**
   * Loads the model on a device and runs its self-check. On a CPU with SIMD Kindred's own kernels
   * evaluate what they can, else the engine does.
   */
  public LanguageModel load(Device device) {
    return isForKernels(device)
        ? withFirstToken(
            checked(
                weights.read(
                    tensors ->
                        new CpuModel(
                            blueprint(), tensors, TileKernels.get(TileKernels.Choice.SIMD)))))
        : loadInEngine(device);
  }

  /** Loads the map from final vectors to logits alone. */
  public LogitMap loadLogitMap() {
    Unembedding end = blueprint().unembedding();
    return weights.read(
        tensors ->
            new LogitMap(
                TileKernels.get(TileKernels.Choice.AUTO),
                end.head().weight(tensors),
                end.head().bias(tensors),
                end.head().inputs(),
                end.cap()));
  }

  /** Whether Kindred's own kernels evaluate the model on a device; else the engine does. */
  boolean isForKernels(Device device) {
    return !device.isGpu() && TileKernels.isSimdPresent() && CpuModel.supports(blueprint());
  }

  /** What the model reads for a sequence: with the first token before it, where there is one. */
  public int[] input(int[] tokenIds) {
    return firstToken == null ? tokenIds : WithFirstToken.prepend(firstToken, tokenIds);
  }

  /** Tokens that the model reads at once, without the first token. */
  public int contextLength() {
    return shape().contextLength() - (firstToken == null ? 0 : 1);
  }

  /** Loads the model into the engine, on a device, and runs its self-check. */
  public LanguageModel loadInEngine(Device device) {
    return withFirstToken(loadWithoutFirstToken(device));
  }

  /** The same, for a caller that gives every token that the model reads. */
  TorchModel loadWithoutFirstToken(Device device) {
    return checked(weights.read(tensors -> TorchModel.load(blueprint(), tensors, device)));
  }

  /** Loads the model for Kindred's own kernels; none if they do not evaluate it. */
  Optional<LanguageModel> loadOnKernels() {
    Blueprint described = blueprint();
    return CpuModel.supports(described)
        ? Optional.of(
            weights.read(
                tensors ->
                    new CpuModel(described, tensors, TileKernels.get(TileKernels.Choice.AUTO))))
        : Optional.empty();
  }

  /**
   * Loads the model into the engine, on a device, so that its residual stream can be seen, and runs
   * its self-check. It reads what it is given: {@link #input} is for the caller.
   */
  public ResidualStream loadStream(Device device) {
    return loadWithoutFirstToken(device).stream();
  }

  /**
   * Loads the model into the engine, on a device, to read texts token by token, and runs its
   * self-check. It reads what it is given: the first token is for the caller.
   */
  public TokenReader loadReader(Device device) {
    return loadWithoutFirstToken(device).reader();
  }

  /** Runs the self-check; a model that fails is closed. */
  private <M extends LanguageModel> M checked(M model) {
    if (!isChecked()) {
      return model;
    }

    try {
      selfCheck().run(sequence -> model.predict(new int[][] {sequence}));
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  LanguageModel withFirstToken(LanguageModel model) {
    return firstToken == null ? model : new WithFirstToken(model, firstToken);
  }

  private static String name(String folder, String file) {
    return folder.replaceFirst("/+$", "") + "/" + file;
  }
}
