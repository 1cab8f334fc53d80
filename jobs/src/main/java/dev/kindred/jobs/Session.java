/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import dev.kindred.DjlEngine;
import dev.kindred.InvalidInput;
import dev.kindred.Location;
import dev.kindred.WarehouseBusy;
import dev.kindred.corpus.Prompts;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.jobs.report.Explained;
import dev.kindred.jobs.report.ExplanationText;
import dev.kindred.jobs.report.LensText;
import dev.kindred.jobs.report.Lenses;
import dev.kindred.jobs.report.LossCurve;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.report.ReportData;
import dev.kindred.jobs.report.ReportQueries;
import dev.kindred.jobs.report.TokenSpectra;
import dev.kindred.jobs.sql.SqlShell;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.LoadedModels;
import dev.kindred.model.ModelDirectory;
import dev.kindred.model.ModelImport;
import dev.kindred.model.Safetensors;
import dev.kindred.model.TappedGpt;
import dev.kindred.table.Retention;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import dev.kindred.table.WarehouseLock;
import dev.kindred.table.WholeFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** A command's Spark session and its progress on the terminal. */
final class Session implements AutoCloseable {
  private static final int LENS_AT_END = 5; // tokens shown at a prompt's end

  private final String name; // of the program and the command, as in "kindred run"
  private final String command;
  private final SparkSession host; // that others have started, and that goes on after it, or null
  private volatile SparkSession spark; // null until rows are needed; the lock's thread stops it
  private Progress progress;
  private Configuration hadoop;
  private WarehouseLock lock; // of a command that writes
  private boolean goesOn; // where it was stopped

  private Session(String name, String command, SparkSession host) {
    this.name = name;
    this.command = command;
    this.host = host;
  }

  /**
   * Master, memory and cores come from spark-submit or the launch script. In a program that has
   * started Spark already, the command has a SQL session of its own and leaves Spark running. Spark
   * starts once it is needed: what can be checked without it is refused at once.
   */
  static Session open(String command) {
    SparkSession running = running();
    if (running == null) {
      TemporaryFolders.check(new SparkConf());
    }

    DjlEngine.setDefaults();
    return new Session("kindred " + command, command, running);
  }

  private SparkSession spark() {
    if (spark == null) {
      SparkSession opened =
          host != null ? host.newSession() : SparkSession.builder().appName(name).getOrCreate();
      opened.conf().set("spark.sql.session.timeZone", "UTC");
      // Else every generated class is first looked for over the network, in the driver's artifacts;
      // there are none.
      opened.conf().set("spark.sql.artifact.isolation.enabled", "false");
      SparkSession.setActiveSession(opened);
      progress = new Progress(opened.sparkContext(), Terminal.standardError());
      progress.plan(Steps.of(command));
      opened.sparkContext().addSparkListener(progress);
      AwaitedExecutors.watch(opened.sparkContext(), System.err);
      spark = opened;
      if (host == null) {
        Interruption.tell(() -> Interruption.message(progress.step(), lock != null || goesOn));
      }
    }

    return spark;
  }

  private Progress progress() {
    spark();
    return progress;
  }

  /** What file systems are set up with, the same with and without Spark. */
  private Configuration hadoop() {
    if (hadoop == null) {
      hadoop =
          host != null
              ? host.sparkContext().hadoopConfiguration()
              : SparkHadoopUtil.get().newConfiguration(new SparkConf());
    }

    return hadoop;
  }

  /** The warehouse, to write into if this session has its lock. */
  private Warehouse warehouse(Settings settings) {
    Runnable check = lock == null ? () -> {} : lock::check;
    return new Warehouse(hadoop(), this::spark, check, settings.warehouse());
  }

  /** The warehouse of a command that only reads. */
  private Warehouse warehouseThere(Settings settings) {
    Warehouse warehouse = warehouse(settings);
    Expiry.checkThere(warehouse);
    return warehouse;
  }

  /** The Spark that this program has started already, or null. */
  private static SparkSession running() {
    var session = SparkSession.getDefaultSession();
    return session.isDefined() && !session.get().sparkContext().isStopped() ? session.get() : null;
  }

  /** Makes this session the only one that writes into the warehouse, until it is closed. */
  WarehouseLock lock(Settings settings) {
    if (lock == null) {
      Warehouse warehouse = warehouse(settings);
      warehouse.checkWritable();
      lock =
          WarehouseLock.acquire(
              warehouse.fileSystem(),
              warehouse.root(),
              "the command " + command,
              settings.lockWait());
      progress().tell(lock::doing);
      lock.onLoss(this::stop);
    }

    return lock;
  }

  /** Ends whatever is being computed, with an exception in the thread that waits for it. */
  private void stop() {
    if (spark != null) {
      spark.sparkContext().cancelAllJobs();
      if (host == null) {
        spark.stop();
      }
    }
  }

  Experiment experiment(Settings settings) {
    return withoutPrompts(settings).withPrompts();
  }

  /** The same for what needs the corpus alone, however few windows it has. */
  Experiment withoutPrompts(Settings settings) {
    Experiment.Checked checked = Experiment.Checked.of(Command.of(command), settings, hadoop());
    lock(settings);
    return new Experiment(spark(), progress(), checked, warehouse(settings), Experiment.CORPORA);
  }

  /** What chooses settings by the evidence that the experiment has kept by bins. */
  Tuning tuning(Settings settings, Experiment experiment) {
    Experiment.Inputs inputs = experiment.inputs();
    return new Tuning(
        spark(), progress(), settings, inputs.warehouse(), inputs.model(), inputs.corpusId());
  }

  /** What learns embeddings, or finds them learned. */
  LearnEmbeddings embeddings(Settings settings, Map<String, String> options) {
    EmbeddingSelection selection = selection(settings, options);
    return new LearnEmbeddings(spark(), progress(), warehouse(settings), selection);
  }

  /** What finds the subspaces of learned embeddings. */
  TokenSubspaces subspaces(Settings settings, Map<String, String> options) {
    checkPage("--html", options.get("--html"));
    warehouseThere(settings);
    EmbeddingSelection selection = selection(settings, options);
    return new TokenSubspaces(progress(), warehouse(settings), selection);
  }

  private EmbeddingSelection selection(Settings settings, Map<String, String> options) {
    settings.check();
    EmbeddingSelection selection =
        EmbeddingSelection.of(ModelDirectory.read(settings.model(), hadoop()), options);
    lock(settings);
    return selection;
  }

  /** Prints singular values, and writes their page if that is asked for. */
  void show(TokenSpectra spectra, String html) {
    if (html != null) {
      Path file = Location.of("--html", html).path();
      write("--html", file, Report.html(spectra));
      Terminal.standardError().line("kindred: " + Location.shown(file));
    }

    System.out.print(spectra.text());
  }

  /** What a run would take, for the terminal. Leaves nothing behind in the warehouse. */
  String estimate(Settings settings) {
    Experiment.Checked checked = Experiment.Checked.of(Command.of(command), settings, hadoop());
    Warehouse warehouse = warehouse(settings);
    NewFolders made = NewFolders.of(warehouse, Tables.ACTIVATIONS.name());
    // Of its own: a run that begins meanwhile may read the one that runs share.
    Path corpora = new Path(warehouse.root(), "_plan-" + UUID.randomUUID());
    try {
      warehouse.fileSystem().deleteOnExit(corpora);
      Experiment experiment =
          new Experiment(spark(), progress(), checked, warehouse, corpora.getName()).withPrompts();
      return new Plan(spark(), progress(), settings, experiment).text();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      NewFolders.delete(warehouse.fileSystem(), corpora);
      made.deleteIfEmpty();
    }
  }

  Evaluation evaluation(Settings settings) {
    WarehouseLock held = lock(settings);
    return new Evaluation(spark(), progress(), warehouse(settings), held);
  }

  /** What deletes old runs of a warehouse, which must be there. */
  Expiry expiry(Settings settings) {
    settings.check();
    Warehouse warehouse = warehouseThere(settings);
    return new Expiry(warehouse, lock(settings), System.out);
  }

  /** Converts a folder to a model directory, and runs its self-check. */
  void importModel(String from, String out, Safetensors.Dtype dtype) {
    Configuration hadoop = hadoop();
    String target = Location.of("--out", out).path().toString();
    ModelImport.convert(Location.of("--from", from).path().toString(), target, dtype, hadoop);
    ModelDirectory model = ModelDirectory.read("--out", target, hadoop);
    LoadedModels.get(model);
    System.out.printf(
        Locale.ROOT, "kindred: model=%s id=%s%n", Location.shown(new Path(target)), model.id());
  }

  /** A training that is to be begun or to go on. */
  Training training(Settings settings, TrainingSettings training) {
    settings.check();
    goesOn = true;
    return new Training(spark(), progress(), settings, training);
  }

  SqlShell sqlShell(Settings settings, String format) {
    SqlShell.checkFormat(format);
    warehouseThere(settings);
    return new SqlShell(spark(), settings.warehouse(), format, System.out);
  }

  /** Explains prompts, and shows that as the options say. */
  void explain(CommandOptions options, int strings) {
    checkPage("--html", options.own().get("--html"));
    options.settings().check();
    Explain explain =
        new Explain(
            hadoop(), warehouseThere(options.settings()), options.settings(), options.runId());
    List<String> prompts =
        explain.fitted(
            prompts(options, explain.model(), Prompts.Lengths.any()),
            Terminal.standardError()::line);
    Explained explained = explain.explain(spark(), progress(), prompts, strings);
    show(
        options,
        () -> Report.html(explained),
        explained::json,
        () -> ExplanationText.of(explained, isColoured()));
  }

  /** Shows prompts through the logit lens, as the options say. */
  void lens(CommandOptions options, LogitLens.Layers layers) {
    checkPage("--html", options.own().get("--html"));
    Configuration hadoop = hadoop();
    ModelDirectory directory = ModelDirectory.read(options.settings().model(), hadoop);
    List<String> prompts =
        prompts(options, directory, Prompts.Lengths.upTo(directory.shape().contextLength()));
    TappedGpt model = LoadedModels.tapped(directory);
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    Lenses lenses =
        new Lenses(
            directory.uri(),
            directory.id(),
            prompts.stream()
                .map(prompt -> LogitLens.of(model, tokenizer, prompt, layers, LENS_AT_END))
                .toList());
    show(options, () -> Report.html(lenses), lenses::json, () -> LensText.of(lenses, isColoured()));
  }

  /** The prompts of the command line, or of the file that it names. */
  private List<String> prompts(
      CommandOptions options, ModelDirectory model, Prompts.Lengths lengths) {
    String file = options.own().get("--prompts");
    if (options.arguments().isEmpty() == (file == null)) {
      throw new InvalidInput(
          "%s: give prompts such as \"And only l\", or a file of them with --prompts",
          file == null ? "no prompt" : "--prompts " + file + " and a prompt");
    }

    return file == null
        ? Prompts.parse(options.arguments(), model.tokenizerJson(), lengths)
        : Prompts.read(hadoop(), file, model.tokenizerJson(), lengths);
  }

  /** As a page, as JSON, or on the terminal. */
  private void show(
      CommandOptions options,
      Supplier<String> html,
      Supplier<String> json,
      Supplier<String> terminal) {
    String page = options.own().get("--html");
    if (page != null) {
      Path file = Location.of("--html", page).path();
      write("--html", file, html.get());
      Terminal.standardError().line("kindred: " + Location.shown(file));
    }

    if (options.own().containsKey("--json")) {
      System.out.println(json.get());
    } else if (page == null) {
      System.out.print(terminal.get());
    }
  }

  /** Only people see colours, and those who set NO_COLOR do not want to. */
  private static boolean isColoured() {
    String noColour = System.getenv("NO_COLOR");
    return System.console() != null
        && (noColour == null || noColour.isEmpty())
        && !"dumb".equals(System.getenv("TERM"));
  }

  /** The plan of a run that an earlier command has started. */
  RunPlan plan(Settings settings, String runId) {
    return RunPlan.read(warehouseThere(settings), runId);
  }

  /**
   * Says which published run has what is asked for, with its figures. Its report is written where
   * there is none yet, or where the settings ask for another.
   */
  void nothingToDo(Settings settings, RunPlan run) {
    Terminal.standardError()
        .line(
            "kindred: nothing to do: run "
                + run.runId()
                + " has this model, corpus, prompts and settings");
    Path file = reportFile(settings, run.runId());
    try {
      boolean isOther =
          settings.isGiven(Setting.REPORT) || settings.isGiven(Setting.REPORT_PROMPTS);
      if (isOther || !file.getFileSystem(hadoop()).exists(file)) {
        report(settings, run);
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }

    Map<String, Double> metrics = ReportQueries.metrics(warehouse(settings), run.runId());
    print(run, metrics, file);
  }

  /** The run that an analysis is about, checked, in a warehouse that is this session's to write. */
  AnalysedRun analysedRun(CommandOptions options) {
    options.settings().check();
    checkReport(options.settings());
    // Or else a warehouse comes to be that was not there.
    AnalysedRun.check(warehouseThere(options.settings()), hadoop(), options);
    lock(options.settings());
    AnalysedRun run = // as it is after the wait
        AnalysedRun.find(spark(), progress(), warehouse(options.settings()), options);
    progress().setRun(run.plan().runId());
    return run;
  }

  /** Ends an analysis: prints what it found, and writes the run's report anew, with it. */
  void show(Settings settings, AnalysedRun run, String found, String line) {
    show(settings, run, found, line, null);
  }

  /**
   * The same with a prompt's vectors drawn in the report.
   *
   * @param drawnPrompt null for the run's first
   */
  void show(Settings settings, AnalysedRun run, String found, String line, String drawnPrompt) {
    Path file = writeReport(settings, reportData(settings, run.plan(), run.model(), drawnPrompt));
    System.out.print(found);
    System.out.printf(
        Locale.ROOT,
        "kindred: run_id=%s %s report=%s%n",
        run.plan().runId(),
        line,
        Location.shown(file));
  }

  /** Prints a run's summary, writes its report, and prints the line that scripts read. */
  void report(Settings settings, RunPlan run) {
    checkReport(settings);
    ReportData data = reportData(settings, run, model(run), null);
    print(run, data.metrics(), writeReport(settings, data));
  }

  private static void print(RunPlan run, Map<String, Double> metrics, Path report) {
    System.out.print(
        Summary.text(metrics, ReportData.Block.of(metrics, run.thresholds(), run.mixture())));
    System.out.printf(
        Locale.ROOT,
        "kindred: run_id=%s prompts=%.0f mean_hellinger=%.4f top1=%.4f report=%s%n",
        run.runId(),
        metrics.get("compatible.prompts"),
        metrics.get("compatible.hellinger.mean"),
        metrics.get("compatible.top1"),
        Location.shown(report));
  }

  private ReportData reportData(
      Settings settings, RunPlan run, ModelDirectory model, String drawnPrompt) {
    Warehouse warehouse = warehouse(settings);
    return ReportQueries.read(
        warehouse,
        run.runId(),
        model,
        run.thresholds(),
        run.mixture(),
        losses(model),
        run.command(),
        settings.reportPrompts(),
        drawnPrompt);
  }

  private Path writeReport(Settings settings, ReportData data) {
    Path file = reportFile(settings, data.runId());
    String html = Report.html(data);
    if (!settings.report().isEmpty()) {
      write("--report", file, html);
      return file;
    }

    try { // A later command takes a report that is there for a whole one.
      byte[] page = html.getBytes(StandardCharsets.UTF_8);
      WholeFile.replace(pages("--warehouse", file), file, page);
      return file;
    } catch (IOException e) {
      throw notWritable("--report", Location.shown(file), e);
    }
  }

  private static Path reportFile(Settings settings, String runId) {
    return settings.report().isEmpty()
        ? new Path(
            Location.of("--warehouse", settings.warehouse()).path(),
            Retention.REPORTS + "/" + runId + ".html")
        : Location.of("--report", settings.report()).path();
  }

  /** As the model's directory tells, which need not. */
  private LossCurve losses(ModelDirectory model) {
    Path path = new Path(model.uri(), "training.json");
    try (var in = path.getFileSystem(hadoop()).open(path)) {
      return LossCurve.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return null;
    } catch (IOException e) {
      throw new InvalidInput("--model %s: training.json cannot be read: %s", model.uri(), e);
    }
  }

  /** The model that a run was begun with. */
  ModelDirectory model(RunPlan run) {
    return run.model(hadoop());
  }

  /** Checks that a report can be written where it is to be, before what it shows is computed. */
  void checkReport(Settings settings) {
    checkPage("--report", settings.report().isEmpty() ? null : settings.report());
  }

  /** The same of any page; null is none. Leaves everything as it is. */
  private void checkPage(String option, String name) {
    if (name == null) {
      return;
    }

    try {
      Location location = Location.of(option, name);
      Path file = location.path();
      FileSystem files = location.fileSystem(hadoop());
      if (files.exists(file) && files.getFileStatus(file).isDirectory()) {
        throw new IOException("it is a folder");
      }

      WholeFile.checkCreatable(files, file.getParent());
      if (files.exists(file)
          && "file".equals(file.toUri().getScheme())
          && !Files.isWritable(java.nio.file.Path.of(file.toUri().getPath()))) {
        throw new IOException("it may not be changed");
      }
    } catch (IOException e) {
      throw notWritable(option, name, e);
    }
  }

  private void write(String option, Path file, String html) {
    try {
      try (var out = pages(option, file).create(file, true)) {
        out.write(html.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw notWritable(option, Location.shown(file), e);
    }
  }

  private FileSystem pages(String option, Path file) {
    return Location.withoutChecksums(new Location(option, file).fileSystem(hadoop()));
  }

  private static InvalidInput notWritable(String option, String file, Exception e) {
    return new InvalidInput(
        "%s %s: cannot be written: %s; name a file in a folder that you may write to",
        option, file, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
  }

  /**
   * Gives the lock back.
   *
   * @throws WarehouseBusy if it was taken away, which is why what was being computed has failed
   */
  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }

    if (lock != null) {
      lock.close();
    }

    if (spark != null && host != null) {
      spark.sparkContext().removeSparkListener(progress);
      progress.forget();
      SparkSession.clearActiveSession();
    } else if (spark != null) {
      spark.stop();
    }

    if (lock != null && lock.loss().isPresent()) {
      throw lock.loss().get();
    }
  }
}
