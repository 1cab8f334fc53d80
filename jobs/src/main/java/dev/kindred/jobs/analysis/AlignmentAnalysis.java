/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.alignment.Alignments;
import dev.kindred.alignment.Directions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.Values;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.Row;
import dev.kindred.jobs.report.Numbers;
import dev.kindred.model.BlockVector;
import dev.kindred.table.Figures;
import dev.kindred.table.Figures.Measure;
import dev.kindred.table.Table;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * Whether the feed-forward outputs of a run's prompts point at the tokens that follow their similar
 * strings, by the tokens' subspaces and by directions that were not learned.
 */
final class AlignmentAnalysis implements Analysis {
  private static final String NONE = "–";

  @Override
  public String name() {
    return "alignment";
  }

  @Override
  public List<Table> tables() {
    return List.of(Tables.ALIGNMENTS);
  }

  @Override
  public List<KindredCommand> commands(List<Analysis> all) {
    return List.of(new AlignCommand(this, all));
  }

  /** The command. */
  @Command(
      name = "align",
      description =
          "Says how often the feed-forward outputs of a published run's prompts point at the tokens"
              + " that follow their similar strings, by the tokens' subspaces, the unembedding and"
              + " random directions: in the run's report and summaries. Needs the subspaces of the"
              + " stage final; takes those of other stages that are there.",
      footer = "kindred align --run-id r-20261122-041500-3f2a")
  static final class AlignCommand extends RunAnalysisCommand {
    private static final String RECIPE = "fast_n100_s42";

    private final AlignmentAnalysis analysis;

    @Option(
        names = "--recipe",
        paramLabel = "KEY",
        converter = RecipeConverter.class,
        defaultValue = RECIPE,
        description = "the column recipe of the table subspaces (${DEFAULT-VALUE})")
    private String recipe;

    @Option(
        names = "--ranks",
        paramLabel = "K",
        converter = Values.Count.class,
        defaultValue = "1",
        description = "directions of each token that span its subspace (${DEFAULT-VALUE})")
    private int ranks;

    @Option(
        names = "--seed",
        paramLabel = "S",
        converter = Values.Whole.class,
        defaultValue = "42",
        description = "seed of the random directions (${DEFAULT-VALUE})")
    private long seed;

    private AlignCommand(AlignmentAnalysis analysis, List<Analysis> all) {
      super(analysis, all);
      this.analysis = analysis;
    }

    /** Takes the key of a recipe. */
    static final class RecipeConverter implements ITypeConverter<String> {
      @Override
      public String convert(String text) {
        if (!text.matches("[A-Za-z0-9_-]+")) {
          throw new TypeConversionException("expected a recipe of subspaces, as " + RECIPE);
        }

        return text;
      }
    }

    @Override
    Findings find(AnalysedRun run) {
      BlockVector vectors = run.plan().vectors();
      if (vectors != BlockVector.FFN_OUT) {
        throw new InvalidInput(
            "--run-id %s: is about %s, and align about FFN outputs; give a run without --vectors %s",
            run.plan().runId(), vectors.words(), vectors);
      }

      List<Note> missed = new Alignment(run, recipe, ranks, seed).measure(analysis.name());
      Findings found = analysis.ofRun(run).orElseThrow();
      List<Element> elements = new ArrayList<>(found.elements());
      elements.addAll(missed);
      return new Findings(found.title(), elements, found.statements());
    }

    /** Says NaN if no prompt has evidence in the last block. */
    @Override
    String figures(AnalysedRun run) {
      int last = run.model().shape().blocks() - 1;
      Figures figures = analysis.all(run);
      return String.format(
          Locale.ROOT,
          " last_block_agreement=%.4f last_block_chance=%.4f",
          figures.get(
              Measure.of(
                      Directions.source(recipe, ranks),
                      Alignments.AGREEMENT + Directions.FINAL_STAGE)
                  .block(last),
              "mean",
              Double.NaN),
          figures.get(Alignments.chance(last), "closed_form", Double.NaN));
    }
  }

  /** Returns the figures of all directions that have been used, and what they share. */
  private Figures all(AnalysedRun run) {
    Figures all = new Figures();
    run.figures(name()).ifPresent(all::putAll);
    for (String analysis : run.analyses()) {
      if (analysis.startsWith(name() + "-")) {
        run.figures(analysis).ifPresent(all::putAll);
      }
    }

    return all;
  }

  @Override
  public Optional<Findings> ofRun(AnalysedRun run) {
    if (run.figures(name()).isEmpty()) { // or not yet what all directions share
      return Optional.empty();
    }

    return Optional.of(
        new Findings(
            "Alignment with token subspaces",
            List.of(
                Note.onPage(
                    "For each prompt, all tokens are placed by the cosine of the block’s feed-forward"
                        + " output and the token’s direction. The block agrees if the tokens that it"
                        + " needs for more than 90 % of its own approximation, the most probable"
                        + " first and of equally probable ones the lowest id, are all in the first"
                        + " half. Final stage and own stage: the directions in which embeddings lie"
                        + " that were learned before the final norm, and right after the block."
                        + " Unembedding: the direction in which the token’s logit grows. Signed: an"
                        + " output that points away from a token is far from it; otherwise, as in the"
                        + " study, both ends are near. Random directions are one draw; other draws"
                        + " (--seed) differ from it by some points. Chance: the share of prompts that"
                        + " would agree if tokens were placed at random; beside the simulation stands"
                        + " its standard error."),
                grid(all(run), run.model().shape().blocks())),
            List.of(
                """
                select directions, block, avg(considered) as considered,
                       avg(if(agrees, 1, 0)) as agreement
                from {run}.alignments
                group by directions, block
                order by directions, block""")));
  }

  /** A source of directions and a use of them, learned ones first. */
  private record Use(String source, String quantity) {
    private int order() {
      return source.equals(Directions.UNEMBEDDING) ? 1 : source.startsWith("random") ? 2 : 0;
    }

    private Column column() {
      return Column.of(
          source.replace('_', ' ').equals(source) || order() == 0
              ? source
              : source.replace('_', ' '),
          quantity
              .substring(Alignments.AGREEMENT.length())
              .replace("_signed", ", signed")
              .replace('_', ' '));
    }
  }

  private static Grid grid(Figures figures, int blocks) {
    SortedSet<Use> uses =
        new TreeSet<>(
            Comparator.comparingInt(Use::order)
                .thenComparing(Use::source)
                .thenComparing(Use::quantity));
    for (Measure measure : figures.measures()) {
      if (measure.quantity().startsWith(Alignments.AGREEMENT)) {
        uses.add(new Use(measure.series(), measure.quantity()));
      }
    }

    List<Column> columns = new ArrayList<>(List.of(Column.of("tokens considered (most)")));
    uses.forEach(use -> columns.add(use.column()));
    columns.add(Column.of("chance", "closed form"));
    columns.add(Column.of("chance", "simulated"));
    return new Grid(
        "How often blocks align with tokens’ directions",
        "block",
        columns,
        IntStream.range(0, blocks)
            .mapToObj(
                block ->
                    Row.of(
                        String.valueOf(block),
                        cells(figures, uses, block, blocks).toArray(String[]::new)))
            .toList());
  }

  private static List<String> cells(Figures figures, Set<Use> uses, int block, int blocks) {
    List<String> cells = new ArrayList<>();
    Measure considered = Alignments.considered(block);
    cells.add(
        figures.has(considered, "mean")
            ? String.format(
                Locale.ROOT,
                "%.2f ± %.2f (%.0f)",
                figures.get(considered, "mean"),
                figures.get(considered, "std"),
                figures.get(considered, "max"))
            : NONE);
    for (Use use : uses) {
      Measure agreement = Measure.of(use.source(), use.quantity()).block(block);
      // What is right after the last block is before the final norm.
      Measure ofFinal =
          Measure.of(
                  use.source(),
                  use.quantity().replace(Directions.OWN_STAGE, Directions.FINAL_STAGE))
              .block(block);
      double share =
          figures.get(
              agreement,
              "mean",
              block == blocks - 1 ? figures.get(ofFinal, "mean", Double.NaN) : Double.NaN);
      cells.add(Double.isNaN(share) ? NONE : Numbers.percent(share));
    }

    Measure chance = Alignments.chance(block);
    cells.add(
        figures.has(chance, "closed_form")
            ? Numbers.percent(figures.get(chance, "closed_form"))
            : NONE);
    cells.add(
        figures.has(chance, "simulated_mean")
            ? String.format(
                Locale.ROOT,
                "%.1f ± %.1f%%",
                100 * figures.get(chance, "simulated_mean"),
                100 * figures.get(chance, "simulated_error"))
            : NONE);
    return cells;
  }
}
