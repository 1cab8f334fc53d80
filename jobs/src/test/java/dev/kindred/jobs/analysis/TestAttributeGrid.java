/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.attribution.Attribution.Question;
import dev.kindred.attribution.Attributions.Asked;
import dev.kindred.attribution.Objective;
import dev.kindred.attribution.Replacement;
import dev.kindred.attribution.Score;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.Models;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Warehouse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestAttributeGrid {
  private static final int TOGETHER = 2;

  @TempDir private Path folder;

  private static Asked asked(ModelDirectory model) {
    Replacement.Row zero = new Replacement.Row(new float[model.shape().modelDimension()]);
    return new Asked(
        new Question(EnumSet.of(Score.Method.GRADIENT), Objective::predicted, zero, zero, zero),
        "log-probability",
        "zero",
        null,
        null,
        List.of(new int[] {1, 2}, new int[] {3}, new int[] {4, 5}, new int[] {6}, new int[] {7}));
  }

  private static List<String> sorted(Dataset<Row> rows) {
    return rows.selectExpr("to_json(struct(*))").collectAsList().stream()
        .map(row -> row.getString(0))
        .sorted()
        .toList();
  }

  private AttributeGrid grid(Workspace workspace, ModelDirectory model, int together) {
    Warehouse warehouse = workspace.lock(folder.toString(), Duration.ZERO);
    return new AttributeGrid(workspace, warehouse, model, asked(model), together);
  }

  @Test
  void groupsThatAreThereStayAndTheOthersFollow() {
    LocalSpark.session();
    ModelDirectory model = Models.directory(Models.TWO_BLOCKS);
    Path stopped = folder.resolve("stopped");
    List<String> whole;
    List<String> wholeChecks;
    try (Workspace workspace = Workspace.open("attribute", List.of())) {
      AttributeGrid.Filled filled = grid(workspace, model, 1024).filled();
      whole = sorted(filled.scores());
      wholeChecks = sorted(filled.checks());
    }

    folder = stopped;
    try (Workspace workspace = Workspace.open("attribute", List.of())) {
      AttributeGrid grid = grid(workspace, model, TOGETHER);
      grid.append(2, grid.scores(), grid.checks());
      grid.append(0, grid.scores(), null); // and then it was stopped
      assertThat(grid.scores().isComplete()).isFalse();
    }

    try (Workspace workspace = Workspace.open("attribute", List.of())) {
      AttributeGrid.Filled filled = grid(workspace, model, TOGETHER).filled();
      assertThat(sorted(filled.scores())).hasSize(7 * 6).isEqualTo(whole);
      assertThat(sorted(filled.checks())).hasSize(5 * 3).isEqualTo(wholeChecks);
    }
  }
}
