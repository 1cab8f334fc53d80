/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.InvalidInput;
import dev.kindred.causal.Datamodels;
import dev.kindred.causal.Explained;
import dev.kindred.causal.Retraining;
import dev.kindred.causal.TextUnits;
import dev.kindred.causal.TrainingText;
import dev.kindred.causal.UnitScores;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.table.Part;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;

/** The study that trains on random halves of the text. */
final class HalvesStudy {
  private final CausalRun run;
  private final CausalOptions options;

  HalvesStudy(CausalRun run, CausalOptions options) {
    this.run = run;
    this.options = options;
  }

  /** Does what is left, and returns the part with the answer. */
  Part run() {
    Tokenizer tokenizer = Tokenizer.of(run.model().tokenizerJson());
    TrainingText text = run.text();
    TextUnits units =
        TextUnits.of(text.tokens(), text.trainTokens(), options.units(), tokenizer::text);
    if (units.size() < 2) {
      throw new InvalidInput(
          "--study halves: the training text has no blank lines that part it into paragraphs");
    }

    run.progress().note("%,d units of the training text", units.size());
    Part scores = run.part(Tables.UNIT_SCORES);
    run.write("scores", scores, () -> Tables.UNIT_SCORES.rows(run.spark(), scores(units)));
    List<Row> rows = scores.read().collectAsList();
    List<BitSet> halves =
        IntStream.range(0, options.halves())
            .mapToObj(half -> units.half(half, options.draw()))
            .toList();
    List<Retraining> trainings = new ArrayList<>();
    for (int half = 0; half < halves.size(); half++) {
      trainings.add(Retraining.half(half, run.seed(0), units.others(halves.get(half))));
    }

    for (int half = 0; half < options.again(); half++) {
      trainings.add(Retraining.half(half, run.seed(1), units.others(halves.get(half))));
    }

    run.train(trainings, CausalRun.prompts(rows));
    Part correlations = run.part(Tables.DATAMODEL_SCORES);
    run.write(
        "correlations",
        correlations,
        () ->
            Tables.DATAMODEL_SCORES.rows(
                run.spark(),
                Datamodels.correlated(
                    run.predictions(trainings),
                    halves,
                    rows.stream().map(HalvesStudy::unitScores).toList(),
                    run.seed(0))));
    return correlations;
  }

  private static UnitScores unitScores(Row row) {
    return new UnitScores(
        row.getAs("prompt_id"),
        row.getAs("score"),
        StoredVectors.doubles(row, row.fieldIndex("scores")));
  }

  private List<Row> scores(TextUnits units) {
    int[] drawn = run.text().unseen(options.draw());
    if (drawn.length < options.prompts()) {
      throw new InvalidInput(
          "--explained %d: the validation text has only %d strings that the training text has not",
          options.prompts(), drawn.length);
    }

    List<UnitScores> scores = new ArrayList<>();
    List<Explained> prompts = new ArrayList<>();
    for (int from = 0; from < options.prompts(); from += CausalRun.TOGETHER) {
      int to = Math.min(options.prompts(), from + CausalRun.TOGETHER);
      for (CausalRun.Found found : run.evidence(Arrays.copyOfRange(drawn, from, to), from)) {
        prompts.add(found.prompt());
        scores.addAll(
            UnitScores.byText(
                run.text(), units, found.prompt(), found.shares(), run.model().blocks().numbers()));
      }

      run.progress().count(to, 2. * options.prompts());
    }

    scores.addAll(
        UnitScores.byGradient(
            UnitScores.products(run.spark(), run.asked(), prompts, units, CausalRun.PIECES)
                .collectAsList(),
            prompts));
    return scores.stream()
        .map(
            score -> {
              Explained prompt = prompts.get(score.promptId());
              return Tables.UNIT_SCORES.row(
                  score.score(),
                  score.promptId(),
                  prompt.tokens(),
                  prompt.token(),
                  score.ofUnits());
            })
        .toList();
  }
}
