/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static dev.kindred.jobs.Setting.ALTERNATES;
import static dev.kindred.jobs.Setting.CORPUS_FORMAT;
import static dev.kindred.jobs.Setting.KEEP;
import static dev.kindred.jobs.Setting.KEEP_SIMILAR;
import static dev.kindred.jobs.Setting.KERNEL;
import static dev.kindred.jobs.Setting.LOCK_WAIT;
import static dev.kindred.jobs.Setting.MODEL;
import static dev.kindred.jobs.Setting.NODES_IN_FLIGHT;
import static dev.kindred.jobs.Setting.PREFIX_AXES;
import static dev.kindred.jobs.Setting.PROMPT_SEED;
import static dev.kindred.jobs.Setting.REPORT_PROMPTS;
import static dev.kindred.jobs.Setting.SATURATION;
import static dev.kindred.jobs.Setting.TEXT_COLUMN;
import static dev.kindred.jobs.Setting.THRESHOLDS;
import static dev.kindred.jobs.Setting.WAREHOUSE;
import static dev.kindred.jobs.Setting.WEIGHTS;
import static dev.kindred.jobs.Setting.WINDOWS_PER_TASK;
import static dev.kindred.jobs.Setting.WINDOW_LENGTH;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.sql.SqlShell;
import dev.kindred.lens.LogitLens;
import dev.kindred.model.Safetensors;
import dev.kindred.subspace.Optimizer;
import dev.kindred.subspace.Subspaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The commands: {@code run} for everything, and each of its stages by itself. */
enum Command {
  RUN(
      "Runs all stages and shows the result.",
      "kindred run --corpus 'texts/*.txt' --model models/tinyshakespeare --prompts 20000",
      EnumSet.complementOf(EnumSet.of(KEEP))) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("run")) {
        session.checkReport(options.settings());
        Experiment experiment = session.experiment(options.settings());
        Optional<RunPlan> published = experiment.published();
        if (published.isPresent()) {
          session.nothingToDo(options.settings(), published.get());
          return;
        }

        RunPlan run = experiment.begin();
        experiment.windows();
        experiment.activations();
        experiment.prompts();
        experiment.fittingWindows();
        experiment.compare();
        experiment.similar(run);
        session.evaluation(options.settings()).evaluate(run, session.model(run));
        session.report(options.settings(), run);
      }
    }
  },

  PLAN(
      "Estimates what a run with the same settings would take: windows, floating-point operations,"
          + " memory, disk and time of each stage, from a calibration of some seconds.",
      "kindred plan --corpus 'texts/*.txt' --model models/tinyshakespeare --prompts 20000",
      Groups.JOIN) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("plan")) {
        System.out.print(session.estimate(options.settings()));
      }
    }
  },

  WINDOWS(
      "Extracts the corpus's windows into the table windows.",
      "kindred windows --corpus s3a://bucket/corpus --warehouse s3a://bucket/warehouse",
      Groups.CORPUS) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("windows")) {
        session.withoutPrompts(options.settings()).windows();
      }
    }
  },

  ACTIVATIONS(
      "Evaluates the model on all windows into the table activations.",
      "kindred activations --corpus texts --model models/tinyshakespeare",
      Groups.CORPUS) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("activations")) {
        session.withoutPrompts(options.settings()).activations();
      }
    }
  },

  PROMPTS(
      "Chooses the prompts and evaluates the model on them: tables prompts, prompt_activations,"
          + " predictions.",
      "kindred prompts --prompts 20000 --prompt-seed 1337",
      Groups.CORPUS) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("prompts")) {
        Experiment experiment = session.experiment(options.settings());
        experiment.prompts();
        experiment.fittingWindows();
      }
    }
  },

  COMPARE_MODELS(
      "Compares the model's predictions with those of models of other seeds: the noise floor that an"
          + " approximation should reach.",
      "kindred compare-models --model models/mine --alternates models/seed-1,models/seed-2"
          + " --prompts 2000",
      Groups.CORPUS) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("compare-models")) {
        Experiment experiment = session.experiment(options.settings());
        experiment.checkAlternates();
        experiment.windows();
        experiment.prompts();
        System.out.print(experiment.noiseFloor());
      }
    }
  },

  SIMILAR(
      "Joins prompts and windows by cosine similarity: tables similar_strings, block_distributions."
          + " Starts a run and prints its id.",
      "kindred similar --thresholds .95,.94,.85,.76,.81,.89 --keep-similar 100",
      Groups.JOIN) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("similar")) {
        Experiment experiment = session.experiment(options.settings());
        RunPlan run = experiment.begin();
        experiment.similar(run);
        System.out.println("kindred: run_id=" + run.runId());
      }
    }
  },

  EVALUATE(
      "Computes a run's approximations, distances and summaries, and publishes it.",
      "kindred evaluate --run-id r-20261122-041500-3f2a",
      EnumSet.of(WAREHOUSE, LOCK_WAIT)) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("evaluate")) {
        RunPlan run = session.plan(options.settings(), options.runId());
        session.evaluation(options.settings()).evaluate(run, session.model(run));
        System.out.println("kindred: run_id=" + run.runId());
      }
    }
  },

  TUNE(
      "Finds the thresholds and weights whose approximations are closest to the model, on windows that"
          + " are not among the prompts, and says how close the prompts' come with them.",
      "kindred tune --model models/tinyshakespeare --corpus texts --tuning-prompts 5000",
      EnumSet.complementOf(EnumSet.of(KEEP, Setting.REPORT, REPORT_PROMPTS))) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("tune")) {
        Experiment experiment = session.experiment(options.settings());
        experiment.windows();
        experiment.prompts();
        experiment.fittingWindows();
        String tuningSet = experiment.tuningPrompts();
        experiment.activations();
        experiment.bins(tuningSet);
        String promptSet = experiment.inputs().promptSet();
        experiment.bins(promptSet);
        System.out.print(session.tuning(options.settings(), experiment).tune(promptSet, tuningSet));
      }
    }
  },

  REPORT(
      "Prints a published run's summary and writes its report.",
      "kindred report --run-id r-20261122-041500-3f2a --report report.html",
      EnumSet.of(WAREHOUSE, Setting.REPORT, REPORT_PROMPTS)) {
    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("report")) {
        session.report(options.settings(), session.plan(options.settings(), options.runId()));
      }
    }
  },

  EXPLAIN(
      "Explains the model's next token after any prompts by the strings of the corpus that its"
          + " feed-forward layers find alike, as a published run of the warehouse would have. Needs"
          + " the warehouse and the model directory only, and writes nothing there.",
      "kindred explain 'And only l'",
      EnumSet.of(MODEL, WAREHOUSE, THRESHOLDS, WEIGHTS, SATURATION, KERNEL)) {
    @Override
    List<String> examples() {
      return List.of(
          "kindred explain 'And only l'",
          "kindred explain 'said.\\n\\nThe' 'Mr. Quilp ' --strings 3 --warehouse warehouse",
          "kindred explain --prompts prompts.jsonl --json > explanations.json",
          "kindred explain 'And only l' --html explanation.html --run-id r-20261122-041500-3f2a");
    }

    @Override
    List<PositionalParamSpec> ownArguments() {
      return promptArguments();
    }

    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          promptFile(),
          ownOption(
              "--run-id",
              "ID",
              "the run whose corpus, thresholds, weights and ranks count (the model's last)"),
          ownOption(
              "--strings", "N", "similar strings shown for each block (" + SHOWN_STRINGS + ")"),
          ownFlag("--json", "prints one JSON object"),
          ownOption("--html", "FILE", "writes a page instead of printing"));
    }

    @Override
    void run(CommandOptions options) {
      String strings = options.own().getOrDefault("--strings", SHOWN_STRINGS);
      if (!strings.matches("[1-9]\\d{0,5}")) {
        throw new InvalidInput("--strings %s: expected a whole number of 1 or more", strings);
      }

      try (Session session = Session.open("explain")) {
        session.explain(options, Integer.parseInt(strings));
      }
    }
  },

  LENS(
      "Shows what the model would predict next at each position of any prompts if it ended before the"
          + " first block or after each: the logit lens. Needs the model directory only.",
      "kindred lens 'And only l'",
      EnumSet.of(MODEL)) {
    @Override
    List<String> examples() {
      return List.of(
          "kindred lens 'And only l'",
          "kindred lens 'said.\\n\\nThe' 'Mr. Quilp ' --parts --model models/mine",
          "kindred lens --prompts prompts.jsonl --html lens.html");
    }

    @Override
    List<PositionalParamSpec> ownArguments() {
      return promptArguments();
    }

    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          promptFile(),
          ownFlag("--parts", "shows the stream after each block's attention, too"),
          ownFlag("--json", "prints one JSON object"),
          ownOption("--html", "FILE", "writes a page instead of printing"));
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("lens")) {
        session.lens(
            options,
            options.own().containsKey("--parts")
                ? LogitLens.Layers.PARTS
                : LogitLens.Layers.BLOCKS);
      }
    }
  },

  ABLATE(
      "Takes attention's or the feed-forward network's output away, block by block, and says how far"
          + " each prompt's prediction moves: of a published run, in its report and summaries.",
      "kindred ablate --run-id r-20261122-041500-3f2a",
      Groups.ANALYSIS) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(analysedRun());
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("ablate")) {
        AnalysedRun run = session.analysedRun(options);
        session.show(options.settings(), run, Ablate.ablate(run), "analysis=" + Ablate.ANALYSIS);
      }
    }
  },

  LEARN_EMBEDDINGS(
      "Learns, for each token, vectors that make the rest of the model predict it with certainty when"
          + " they stand at a stage of the residual stream: table learned_embeddings.",
      "kindred learn-embeddings --model models/tinyshakespeare --stage final --restarts 100",
      EnumSet.of(MODEL, WAREHOUSE, LOCK_WAIT)) {
    @Override
    List<OptionSpec> ownOptions() {
      return embeddingOptions();
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("learn-embeddings")) {
        System.out.print(session.embeddings(options.settings(), options.own()).learn());
      }
    }
  },

  SUBSPACES(
      "Finds the directions in which each token's learned embeddings lie, by singular value"
          + " decomposition: table subspaces. Takes the options with which learn-embeddings made"
          + " them.",
      "kindred subspaces --model models/tinyshakespeare --html subspaces.html",
      EnumSet.of(MODEL, WAREHOUSE, LOCK_WAIT)) {
    @Override
    List<String> examples() {
      return List.of(
          "kindred subspaces --model models/tinyshakespeare --html subspaces.html",
          "kindred subspaces --model models/tinyshakespeare --mix ag");
    }

    @Override
    List<OptionSpec> ownOptions() {
      List<OptionSpec> options = new ArrayList<>(embeddingOptions());
      options.add(
          ownOption("--ranks", "K", "directions kept of each token (" + Subspaces.RANKS + ")"));
      options.add(
          ownOption(
              "--mix", "TEXT", "a text of two tokens, whose directions are mixed and balanced"));
      options.add(ownOption("--html", "FILE", "writes a page with the singular values"));
      return options;
    }

    @Override
    void run(CommandOptions options) {
      Map<String, String> own = options.own();
      try (Session session = Session.open("subspaces")) {
        TokenSubspaces subspaces = session.subspaces(options.settings(), own);
        int ranks = EmbeddingSelection.wholeNumber("--ranks", own, String.valueOf(Subspaces.RANKS));
        subspaces.checkMix(own.get("--mix"));
        session.show(subspaces.find(ranks), own.get("--html"));
        System.out.print(subspaces.mix(own.get("--mix")));
        System.out.println(subspaces.lastLine());
      }
    }
  },

  GEOMETRY(
      "Measures the residual stream's vectors: how far its direction is from that of the feed-forward"
          + " outputs alone, what scaling and noise do to it, and one prompt's picture in the plane:"
          + " of a published run, in its report and summaries.",
      "kindred geometry --prompt 'And only l'",
      Groups.ANALYSIS) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          analysedRun(),
          ownOption("--prompt", "TEXT", "the prompt whose vectors are drawn (the run's first)"));
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("geometry")) {
        AnalysedRun run = session.analysedRun(options);
        String given = options.own().get("--prompt");
        String drawn = given == null ? null : run.prompt("--prompt", given);
        session.show(
            options.settings(),
            run,
            MeasureGeometry.measure(run),
            "analysis=" + MeasureGeometry.ANALYSIS,
            drawn);
      }
    }
  },

  ALIGN(
      "Says how often the feed-forward outputs of a published run's prompts point at the tokens that"
          + " follow their similar strings, by the tokens' subspaces, the unembedding and random"
          + " directions: in the run's report and summaries. Needs the subspaces of the stage"
          + " final; takes those of other stages that are there.",
      "kindred align --run-id r-20261122-041500-3f2a",
      Groups.ANALYSIS) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          analysedRun(),
          ownOption(
              "--recipe", "KEY", "the column recipe of the table subspaces (" + Align.RECIPE + ")"),
          ownOption("--ranks", "K", "directions of each token that span its subspace (1)"),
          ownOption("--seed", "S", "seed of the random directions (42)"));
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("align")) {
        AnalysedRun run = session.analysedRun(options);
        Align align = Align.of(run, options.own());
        session.show(options.settings(), run, align.align(), align.lastLine());
      }
    }
  },

  TRAIN(
      "Trains a model of the gpt architecture on a corpus, and writes a model directory. A training"
          + " that was stopped goes on from its last checkpoint, to the same result.",
      "kindred train --corpus 'texts/*.txt' --out models/mine --preset small --epochs 10",
      EnumSet.of(Setting.CORPUS, CORPUS_FORMAT, TEXT_COLUMN)) {
    @Override
    List<OptionSpec> ownOptions() {
      return Arrays.stream(TrainingSetting.values())
          .map(
              setting -> {
                String value = TrainingSettings.defaultOf(setting);
                return ownOption(
                    "--" + setting.key(),
                    setting.parameter(),
                    setting.description() + (value.isEmpty() ? "" : " (" + value + ")"));
              })
          .toList();
    }

    @Override
    void run(CommandOptions options) {
      TrainingSettings training = TrainingSettings.resolve(options.file(), options.own());
      training.check();
      try (Session session = Session.open("train")) {
        session.training(options.settings(), training).run();
      }
    }
  },

  IMPORT_MODEL(
      "Makes a model directory, with a self-check, of a folder with config.json, model.safetensors in"
          + " f16, bf16 or f32, and tokenizer.json.",
      "kindred import-model --from downloads/mine --out models/mine",
      EnumSet.noneOf(Setting.class)) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          ownOption("--from", "DIR", "the folder"),
          ownOption("--out", "DIR", "the model directory, which must not exist"),
          ownOption("--dtype", "f16|f32", "what weights are stored as (f32)"));
    }

    @Override
    void run(CommandOptions options) {
      String from = required(options, "--from");
      String out = required(options, "--out");
      String dtype = options.own().getOrDefault("--dtype", "f32");
      if (!dtype.matches("(?i)f16|f32")) {
        throw new InvalidInput("--dtype %s: expected f16 or f32", dtype);
      }

      try (Session session = Session.open("import-model")) {
        session.importModel(from, out, Safetensors.Dtype.valueOf(dtype.toUpperCase(Locale.ROOT)));
      }
    }
  },

  EXPIRE(
      "Deletes old runs and the inputs that only they needed, and what commands that died have"
          + " left. The newest published runs stay, and runs begun after them.",
      "kindred expire --keep 14 --dry-run",
      EnumSet.of(WAREHOUSE, KEEP, LOCK_WAIT)) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(ownFlag("--dry-run", "shows what the command would do, and does nothing"));
    }

    @Override
    void run(CommandOptions options) {
      try (Session session = Session.open("expire")) {
        session
            .expiry(options.settings())
            .expire(options.settings().keep(), options.own().containsKey("--dry-run"));
      }
    }
  },

  SQL(
      "Runs SQL over the warehouse's tables, with Kindred's functions; without -e and -f it reads"
          + " statements that end with a semicolon from standard input.",
      "kindred sql -e 'select * from kindred.current.distances order by hellinger desc limit 5'",
      EnumSet.of(WAREHOUSE)) {
    @Override
    List<OptionSpec> ownOptions() {
      return List.of(
          ownOption("-e", "SQL", "statements, separated by semicolons"),
          ownOption("-f", "FILE", "a file of statements"),
          ownOption("--format", "table|csv|json", "how rows are printed (table)"));
    }

    @Override
    void run(CommandOptions options) {
      Map<String, String> own = options.own();
      if (own.containsKey("-e") && own.containsKey("-f")) {
        throw new InvalidInput("-e and -f: only one of them can be given");
      }

      try (Session session = Session.open("sql")) {
        SqlShell shell =
            session.sqlShell(options.settings(), own.getOrDefault("--format", "table"));
        if (own.containsKey("-e")) {
          shell.runAll(own.get("-e"));
        } else if (own.containsKey("-f")) {
          shell.runFile(own.get("-f"));
        } else {
          shell.run(System.in, System.console() != null);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  };

  private static final String SHOWN_STRINGS = "5";

  /** Settings that several commands share. */
  private static final class Groups {
    private static final Set<Setting> CORPUS =
        EnumSet.of(
            Setting.CORPUS,
            CORPUS_FORMAT,
            TEXT_COLUMN,
            MODEL,
            ALTERNATES,
            WINDOW_LENGTH,
            Setting.PROMPTS,
            PROMPT_SEED,
            WINDOWS_PER_TASK,
            NODES_IN_FLIGHT,
            WAREHOUSE,
            LOCK_WAIT);
    private static final Set<Setting> JOIN = EnumSet.copyOf(CORPUS);
    private static final Set<Setting> ANALYSIS =
        EnumSet.of(MODEL, WAREHOUSE, LOCK_WAIT, Setting.REPORT, REPORT_PROMPTS);

    static {
      JOIN.addAll(EnumSet.of(THRESHOLDS, WEIGHTS, SATURATION));
      JOIN.add(KEEP_SIMILAR);
      JOIN.add(KERNEL);
      JOIN.add(PREFIX_AXES);
    }
  }

  private final String description;
  private final String example;
  private final Set<Setting> settings;

  Command(String description, String example, Set<Setting> settings) {
    this.description = description;
    this.example = example;
    this.settings = settings;
  }

  static Command of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  String commandName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String description() {
    return description;
  }

  /** Command lines, the simplest first. */
  List<String> examples() {
    return List.of(example);
  }

  Set<Setting> settings() {
    return settings;
  }

  boolean writesIntoWarehouse() {
    return settings.contains(LOCK_WAIT) && this != PLAN;
  }

  /** Whether the command is about a run that an earlier one has started. */
  boolean needsRun() {
    return this == EVALUATE || this == REPORT;
  }

  /** Options that only this command has. */
  List<OptionSpec> ownOptions() {
    return List.of();
  }

  /** What only this command takes beside options. */
  List<PositionalParamSpec> ownArguments() {
    return List.of();
  }

  private static OptionSpec analysedRun() {
    return ownOption("--run-id", "ID", "the run to analyse (the last published)");
  }

  /** What says which embeddings of a model. */
  private static List<OptionSpec> embeddingOptions() {
    return List.of(
        ownOption(
            "--stage", "final|block-B", "before the final norm, or before block B, from 0 (final)"),
        ownOption("--restarts", "N", "embeddings of each token (100)"),
        ownOption(
            "--optimizer",
            "fast|study",
            "the study's AdamW, or the same path in fewer, longer steps (fast)"),
        ownOption("--seed", "S", "seed of the vectors that are begun with (42)"),
        ownOption("--tokens", "TEXT", "the tokens in this text; \\n is a line break (all tokens)"),
        ownOption(
            "--max-steps",
            "N",
            String.format(
                Locale.ROOT,
                "steps after which a token has not converged (fast: %d, study: %d)",
                Optimizer.FAST.maxSteps(),
                Optimizer.STUDY.maxSteps())));
  }

  private static List<PositionalParamSpec> promptArguments() {
    return List.of(
        PositionalParamSpec.builder()
            .paramLabel("PROMPT")
            .index("0..*")
            .arity("0..*")
            .type(String[].class)
            .description("a prompt; \\n in it is a line break, \\t a tab, two backslashes are one")
            .build());
  }

  private static OptionSpec promptFile() {
    return ownOption("--prompts", "FILE", "one prompt a line; JSON strings if it ends with .jsonl");
  }

  private static OptionSpec ownFlag(String name, String description) {
    return OptionSpec.builder(name).arity("0").type(boolean.class).description(description).build();
  }

  private static String required(CommandOptions options, String name) {
    String value = options.own().get(name);
    if (value == null) {
      throw new InvalidInput("%s: missing; see --help", name);
    }

    return value;
  }

  private static OptionSpec ownOption(String name, String parameter, String description) {
    return OptionSpec.builder(name)
        .paramLabel(parameter)
        .type(String.class)
        .description(description)
        .build();
  }

  abstract void run(CommandOptions options);
}
