/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.train;

import dev.kindred.ContentId;
import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.corpus.BytePairVocabulary;
import dev.kindred.corpus.CharacterVocabulary;
import dev.kindred.corpus.Corpus;
import dev.kindred.corpus.TokenStream;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.option.CorpusOptions;
import dev.kindred.jobs.run.EmbeddedCorpus;
import dev.kindred.jobs.workspace.KindredVersion;
import dev.kindred.jobs.workspace.Progress;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.ModelShape;
import dev.kindred.model.architecture.ConfigJson;
import dev.kindred.model.family.Architectures;
import dev.kindred.model.files.SelfCheckSequences;
import dev.kindred.training.Checkpoint;
import dev.kindred.training.Recipe;
import dev.kindred.training.Trainer;
import dev.kindred.training.TrainingFolder;
import dev.kindred.training.TrainingRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** The command train: reads the corpus, trains, keeps checkpoints, writes the model directory. */
public final class Training {

  /** What computes a step, of those that a record names. */
  private static final List<String> VERSIONS_THAT_COUNT = List.of("kindred", "pytorch");

  private final SparkSession spark;
  private final Progress progress;
  private final Configuration hadoop;
  private final CorpusOptions corpusOptions;
  private final TrainingOptions training;
  private final TrainingFolder folder;

  /** Prepares a training that is to be begun or to go on. */
  public Training(Workspace workspace, CorpusOptions corpus, TrainingOptions training) {
    this.spark = workspace.spark();
    this.progress = workspace.progress();
    this.hadoop = workspace.hadoop();
    this.corpusOptions = corpus;
    this.training = training;
    this.folder = new TrainingFolder(training.out(), hadoop);
  }

  private Path out() {
    return Location.of("--out", training.out()).path();
  }

  public void run() {
    folder.checkWritable();
    progress.begin("corpus");
    Corpus corpus = corpus();
    String tokenizerJson = tokenizerJson(corpus);
    TokenStream stream = TokenStream.read(corpus, tokenizerJson);
    TrainingRecord record = record(stream, tokenizerJson);
    progress.end();
    boolean isFinished = folder.isFinished(record, training.dtype());
    SortedSet<Integer> missing = missing(record);
    if (isFinished) {
      checkNotPassed(missing, record.recipe().steps());
      System.err.printf(
          Locale.ROOT, "kindred: nothing to do: %s is this training's model%n", shown());
      return;
    }

    Optional<TrainingFolder.Resumed> resumed = folder.newest(record);
    resumed.ifPresent(from -> warn(from, record.versions()));
    // Those of the step itself can still be made.
    resumed.ifPresent(from -> checkNotPassed(missing, from.checkpoint().step() - 1));
    TrainingFolder.Form form =
        new TrainingFolder.Form(
            training.dtype(),
            tokenizerJson,
            selfCheck(record.blueprint().shape(), stream.tokens()));
    try (Trainer trainer =
        resumed.isPresent()
            ? new Trainer(
                record.blueprint(),
                record.recipe(),
                stream.tokens(),
                training.threads(),
                resumed.get().checkpoint())
            : new Trainer(
                record.blueprint(),
                record.recipe(),
                stream.tokens(),
                training.threads(),
                record.initialWeights())) {
      TrainingRecord done =
          train(trainer, resumed.map(TrainingFolder.Resumed::record).orElse(record), missing, form);
      progress.begin("self-check");
      folder.write(trainer.checkpoint(), done); // what follows may die, too
      folder.finish(trainer.checkpoint(), done, form);
      progress.end();
      TrainingRecord.Evaluation last = done.losses().get(done.losses().size() - 1);
      System.out.printf(
          Locale.ROOT,
          "kindred: model=%s steps=%d train_loss=%.4f validation_loss=%.4f%n",
          shown(),
          last.step(),
          last.trainLoss(),
          last.validationLoss());
    }
  }

  /** The steps whose models are to be kept, and are not. */
  private SortedSet<Integer> missing(TrainingRecord record) {
    return folder.missing(record, training.keptSteps(record.recipe().steps()));
  }

  /** Refuses steps that will not come again. */
  private void checkNotPassed(SortedSet<Integer> missing, int passed) {
    if (!missing.isEmpty() && missing.first() <= passed) {
      throw new InvalidInput(
          "--keep-checkpoints %d: this training, in --out %s, is past that step already; leave it"
              + " out, or name a new folder",
          missing.first(), shown());
    }
  }

  /** Says what is not as it was when a training was stopped. */
  private static void warn(TrainingFolder.Resumed resumed, Map<String, String> versions) {
    if (!resumed.damaged().isEmpty()) {
      System.err.printf(
          Locale.ROOT,
          "train            warning: goes on from an older checkpoint: %s%n",
          String.join("; ", resumed.damaged()));
    }

    Map<String, String> before = resumed.record().versions();
    for (String what : VERSIONS_THAT_COUNT) {
      if (!versions.get(what).equals(before.get(what))) {
        System.err.printf(
            Locale.ROOT,
            "train            warning: the checkpoint is of %s %s, this is %s: weights may differ"
                + " from those of one version%n",
            what,
            before.get(what),
            versions.get(what));
      }
    }
  }

  private Corpus corpus() {
    return Corpus.open(
        spark,
        corpusOptions.isEmbedded() ? embeddedCorpus() : corpusOptions.uri(),
        corpusOptions.format(),
        corpusOptions.textColumn());
  }

  private String embeddedCorpus() {
    try {
      // A folder of this process's own: others could have put another text into a shared one.
      Path own = new Path(Files.createTempDirectory("kindred-corpus").toUri());
      FileSystem local = FileSystem.getLocal(hadoop);
      local.deleteOnExit(own);
      return EmbeddedCorpus.copyInto(local, own);
    } catch (IOException e) {
      throw new InvalidInput("--corpus embedded: cannot be copied: %s", e.getMessage());
    }
  }

  private String tokenizerJson(Corpus corpus) {
    OptionalInt bytePairs = training.bytePairTokens();
    if (bytePairs.isPresent()) {
      return BytePairVocabulary.tokenizerJson(corpus, bytePairs.getAsInt());
    }

    return training.tokenizer().isEmpty()
        ? CharacterVocabulary.tokenizerJson(corpus)
        : read(training.tokenizer());
  }

  private String read(String tokenizer) {
    try {
      Location location = Location.of("--tokenizer", tokenizer);
      try (var in = location.fileSystem(hadoop).open(location.path())) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new InvalidInput("--tokenizer %s: cannot be read: %s", tokenizer, e.getMessage());
    }
  }

  private TrainingRecord record(TokenStream stream, String tokenizerJson) {
    int tokens = stream.tokens().length;
    int trainTokens = (int) Trainer.trainingTokens(tokens);
    ConfigJson model = training.model(Tokenizer.of(tokenizerJson).vocabularySize());
    int context = Architectures.read(model).shape().contextLength();
    Recipe recipe = training.recipe(trainTokens);
    int shorter = Math.min(trainTokens, tokens - trainTokens);
    if (shorter <= context) {
      throw new InvalidInput(
          "--context %d: longer than the corpus's validation split, which has %d of its %d tokens;"
              + " give a longer corpus or a shorter context",
          context, tokens - trainTokens, tokens);
    }

    Map<String, String> versions = new TreeMap<>();
    versions.put("kindred", KindredVersion.current());
    versions.put("java", System.getProperty("java.version"));
    versions.put("pytorch", pytorchVersion());
    return new TrainingRecord(
        corpusOptions.uri(),
        stream.sha256(),
        HexFormat.of().formatHex(new ContentId().add(tokenizerJson).hash(32)),
        trainTokens,
        tokens - trainTokens,
        model.fields(),
        recipe,
        versions,
        List.of());
  }

  private static String pytorchVersion() {
    DjlEngine.load();
    return DjlEngine.pytorchVersion();
  }

  /** Takes the self-check's sequences from the validation split, evenly spread. */
  private static List<int[]> selfCheck(ModelShape model, int[] tokens) {
    int from = (int) Trainer.trainingTokens(tokens.length);
    return SelfCheckSequences.of(
        model,
        (i, length) -> {
          long places = tokens.length - from - length;
          int start = from + (int) (places * i / SelfCheckSequences.COUNT);
          return Arrays.copyOfRange(tokens, start, start + length);
        });
  }

  /**
   * Does all steps that are left.
   *
   * @param keep steps whose models are to be kept
   */
  private TrainingRecord train(
      Trainer trainer, TrainingRecord from, SortedSet<Integer> keep, TrainingFolder.Form form) {
    TrainingRecord record = from;
    int steps = record.recipe().steps();
    int first = trainer.step();
    progress.begin("train");
    progress.note(
        "%sfrom step %,d of %,d: %,d train and %,d validation tokens",
        first == 0 ? "" : "goes on ",
        first,
        steps,
        record.trainTokens(),
        record.validationTokens());
    long before =
        record.losses().isEmpty() ? 0 : record.losses().get(record.losses().size() - 1).seconds();
    Pace pace = new Pace();
    long checkpoint = System.nanoTime();
    // What is due waits for the next step's loss, which tells whether its weights are good.
    Runnable due = () -> {};
    // Steps that are kept already are evaluated, too: the record is that of a training that was
    // never stopped.
    SortedSet<Integer> asked = training.keptSteps(steps);
    if (asked.contains(first)) {
      record = evaluated(trainer, record, before);
    }

    if (keep.contains(first)) {
      due = keep(trainer.checkpoint(), record, form);
    }

    while (trainer.step() < steps) {
      Trainer.Step step = trainer.next();
      if (!step.isFinite()) {
        throw diverged(
            "loss %s with gradients of length %s at step %d",
            step.loss(), step.gradientNorm(), step.number());
      }

      due.run();
      due = () -> {};
      pace.add(step.tokens());
      boolean last = trainer.step() == steps;
      boolean isKept = keep.contains(trainer.step());
      boolean isAsked = asked.contains(trainer.step());
      if (last || isAsked || trainer.step() % record.recipe().evaluateEvery() == 0) {
        record = evaluated(trainer, record, before + pace.elapsed().toSeconds());
      }

      progress.count(trainer.step() - first, steps - first);
      progress.detail(
          "step %,d of %,d, loss %.4f, %,.0f tokens/s",
          step.number(), steps, step.loss(), pace.tokensPerSecond());
      if (last) {
        progress.noteDetail();
      }

      boolean isDue =
          !last && System.nanoTime() - checkpoint >= training.checkpointInterval().toNanos();
      if (isDue || isKept) {
        Checkpoint taken = trainer.checkpoint();
        TrainingRecord until = record;
        // A training that goes on from the checkpoint will not make what is to be kept of before.
        Runnable kept = isKept ? keep(taken, until, form) : () -> {};
        due =
            () -> {
              kept.run();
              if (isDue) {
                folder.write(taken, until);
              }
            };
        checkpoint = isDue ? System.nanoTime() : checkpoint;
      }
    }

    due.run(); // whose losses are evaluated
    progress.end();
    return record;
  }

  private Runnable keep(Checkpoint taken, TrainingRecord until, TrainingFolder.Form form) {
    return () -> {
      folder.keep(taken, until, form);
      progress.note("step %,d: its model is kept", taken.step());
    };
  }

  /** Returns the record with the losses of a model as it is, which has them only once. */
  private TrainingRecord evaluated(Trainer trainer, TrainingRecord record, long seconds) {
    Trainer.Losses losses = trainer.evaluate();
    if (!losses.isFinite()) {
      throw diverged(
          "train loss %s and validation loss %s after step %d",
          losses.trainLoss(), losses.validationLoss(), losses.step());
    }

    progress.note(
        "step %,d: train loss %.4f, validation loss %.4f",
        losses.step(), losses.trainLoss(), losses.validationLoss());
    boolean isKnown = record.losses().stream().anyMatch(its -> its.step() == losses.step());
    return isKnown
        ? record
        : record.with(
            new TrainingRecord.Evaluation(
                losses.step(), losses.trainLoss(), losses.validationLoss(), seconds));
  }

  private InvalidInput diverged(String how, Object... numbers) {
    return new InvalidInput(
        "--learning-rate: %s; train again with a lower one in a new folder; %s",
        String.format(Locale.ROOT, how, numbers),
        folder
            .lastGood()
            .map(path -> "the last good checkpoint is " + path)
            .orElse("there is no checkpoint yet"));
  }

  /** A local folder as a path that can be opened as it stands. */
  private String shown() {
    return Location.shown(out());
  }

  /** How fast a training is. */
  private static final class Pace {
    private final long started = System.nanoTime();
    private long tokens;

    private void add(int more) {
      tokens += more;
    }

    private Duration elapsed() {
      return Duration.ofNanos(System.nanoTime() - started);
    }

    private double tokensPerSecond() {
      return tokens / (elapsed().toNanos() / 1e9);
    }
  }
}
