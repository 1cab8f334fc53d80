/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.causal;

import dev.kindred.InvalidInput;
import dev.kindred.causal.Choice;
import dev.kindred.causal.Explained;
import dev.kindred.causal.Groups;
import dev.kindred.causal.ModelRankings;
import dev.kindred.causal.Ranking;
import dev.kindred.causal.Rankings;
import dev.kindred.causal.RemovalEffects;
import dev.kindred.causal.Retraining;
import dev.kindred.table.Part;
import dev.kindred.table.StoredVectors;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;

/** The study that takes chosen occurrences away. */
final class TakenAwayStudy {
  private final CausalRun run;
  private final CausalOptions options;

  TakenAwayStudy(CausalRun run, CausalOptions options) {
    this.run = run;
    this.options = options;
  }

  /** Does what is left, and returns the part with the answer. */
  Part run() {
    Part chosen = run.part(Tables.REMOVED_OCCURRENCES);
    run.write("occurrences", chosen, () -> Tables.REMOVED_OCCURRENCES.rows(run.spark(), chosen()));
    List<Row> rows = chosen.read().collectAsList();
    List<Retraining> trainings = trainings(rows);
    run.train(trainings, CausalRun.prompts(rows));
    Part effects = run.part(Tables.REMOVAL_EFFECTS);
    run.write(
        "effects",
        effects,
        () -> {
          Map<Integer, Integer> groups = new HashMap<>();
          rows.forEach(row -> groups.put(row.getAs("prompt_id"), row.getAs("prompt_group")));
          return Tables.REMOVAL_EFFECTS.rows(
              run.spark(), RemovalEffects.summarized(run.predictions(trainings), groups));
        });
    return effects;
  }

  /** Chooses prompts and, in every way, the occurrences that are taken away for them. */
  private List<Row> chosen() {
    int most = options.takenAway().get(options.takenAway().size() - 1);
    int wanted = options.prompts();
    Groups groups = new Groups(options.groups(), wanted / options.groups());
    int[] places = run.text().unseen(options.draw());
    Map<Explained, Integer> groupOf = new LinkedHashMap<>();
    Map<Integer, List<Ranking>> rankings = new HashMap<>();
    for (int from = 0; from < places.length && !groups.areFull(); from += CausalRun.TOGETHER) {
      int to = Math.min(places.length, from + CausalRun.TOGETHER);
      for (CausalRun.Found found : run.evidence(Arrays.copyOfRange(places, from, to), from)) {
        Explained prompt = found.prompt();
        Ranking ranking = Rankings.byEvidence(run.text(), prompt, found.shares(), most);
        int group = ranking.places().length < most ? -1 : groups.add(prompt.token());
        if (group >= 0) {
          groupOf.put(prompt, group);
          rankings.put(
              prompt.id(),
              new ArrayList<>(
                  List.of(
                      ranking,
                      Rankings.bySuffix(run.text(), prompt, most),
                      Rankings.drawn(run.text(), prompt, true, options.draw(), most),
                      Rankings.drawn(run.text(), prompt, false, options.draw(), most))));
        }
      }
    }

    if (!groups.areFull()) {
      throw new InvalidInput(
          "--explained %d: the validation text has only %d prompts with %,d occurrences of evidence"
              + " whose explained tokens differ within each of %d groups; ask for fewer, for more"
              + " groups, or take fewer occurrences away",
          wanted, groups.prompts(), most, options.groups());
    }

    List<Explained> prompts = List.copyOf(groupOf.keySet());
    List<Row> best =
        run.progress()
            .counted(
                ModelRankings.bestOfPieces(
                    run.spark(), run.asked(), prompts, run.text().length(), most, CausalRun.PIECES),
                2. * prompts.size() * most * CausalRun.PIECES)
            .collectAsList();
    ModelRankings.merged(best, prompts, most)
        .forEach(ranking -> rankings.get(ranking.promptId()).add(ranking));
    List<Row> rows = new ArrayList<>();
    for (int number = 0; number < prompts.size(); number++) {
      Explained prompt = prompts.get(number);
      for (Ranking ranking : rankings.get(prompt.id())) {
        rows.add(row(ranking, number, prompt, groupOf.get(prompt)));
      }
    }

    return rows;
  }

  private static Row row(Ranking ranking, int number, Explained prompt, int group) {
    return Tables.REMOVED_OCCURRENCES.row(
        ranking.choice().text(),
        number,
        prompt.tokens(),
        prompt.token(),
        group,
        ranking.places(),
        ranking.scores());
  }

  /** All trainings, those on the whole text first: each of the others is compared with one. */
  private List<Retraining> trainings(List<Row> rows) {
    List<Retraining> trainings = new ArrayList<>();
    IntStream.range(0, options.wholeSeeds())
        .forEach(i -> trainings.add(Retraining.whole(run.seed(i))));
    for (int count : options.takenAway()) {
      for (Choice choice : Choice.values()) {
        for (int group = 0; group < options.groups(); group++) {
          int its = group;
          BitSet leftOut = new BitSet();
          rows.stream()
              .filter(row -> row.getAs("choice").equals(choice.text()))
              .filter(row -> row.<Integer>getAs("prompt_group") == its)
              .forEach(
                  row ->
                      Arrays.stream(StoredVectors.ints(row, row.fieldIndex("places")))
                          .limit(count)
                          .forEach(leftOut::set));
          for (int i = 0; i < options.seeds(); i++) {
            trainings.add(
                Retraining.without(
                    choice,
                    count,
                    group,
                    run.seed(i),
                    leftOut,
                    options.isBlanked() ? run.text().length() : 0));
          }
        }
      }
    }

    return trainings;
  }
}
