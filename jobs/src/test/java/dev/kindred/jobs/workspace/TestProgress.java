/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import dev.kindred.table.Warehouse;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a step looks like in Spark's user interface, in logs and on the terminal. */
@ExtendWith(LocalSpark.class)
class TestProgress {
  @TempDir private Path folder;

  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

  /** What Spark was told of jobs and stages. */
  private static final class Names extends SparkListener {
    private final List<String> stages = Collections.synchronizedList(new ArrayList<>());
    private final List<Properties> jobs = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void onJobStart(SparkListenerJobStart started) {
      jobs.add(started.properties());
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
      stages.add(submitted.stageInfo().name());
    }
  }

  private Names afterAStep(SparkSession spark) throws Exception {
    Names names = new Names();
    spark.sparkContext().addSparkListener(names);
    Part part = new Warehouse(spark, folder.toString()).part(Tables.SUMMARIES, "r-1", "run");
    Progress progress =
        new Progress(
            spark.sparkContext(),
            new Terminal(new PrintStream(terminal, true, StandardCharsets.UTF_8), 0, false, ""));
    progress.setRun("r-1");
    progress.step(
        "counting",
        () ->
            part.write(
                spark
                    .range(0, 50, 1, 2)
                    .selectExpr("string(id % 5) as series", "double(id) as value")
                    .groupBy("series")
                    .sum("value")
                    .selectExpr(
                        "series",
                        "string(null) as protocol",
                        "string(null) as slice",
                        "int(null) as block",
                        "'number' as quantity",
                        "'sum' as statistic",
                        "`sum(value)` as value")),
        part);
    spark.sparkContext().listenerBus().waitUntilEmpty();
    spark.sparkContext().removeSparkListener(names);
    return names;
  }

  @Test
  void sparkShowsStagesUnderTheStepsName(SparkSession spark) throws Exception {
    assertThat(afterAStep(spark).stages).isNotEmpty().containsOnly("kindred: counting");
  }

  @Test
  void sparkShowsJobsUnderTheStepsNameAndTasksKnowTheRun(SparkSession spark) throws Exception {
    assertThat(afterAStep(spark).jobs)
        .isNotEmpty()
        .allSatisfy(
            job -> {
              assertThat(job.getProperty("spark.job.description")).isEqualTo("kindred: counting");
              assertThat(job.getProperty("mdc.run_id")).isEqualTo("r-1");
              assertThat(job.getProperty("mdc.stage")).isEqualTo("counting");
            });
  }

  @Test
  void theTerminalShowsBeginningAndEnd(SparkSession spark) throws Exception {
    afterAStep(spark);
    assertThat(terminal.toString(StandardCharsets.UTF_8).lines().toList())
        .first()
        .asString()
        .matches("counting +started");
    assertThat(terminal.toString(StandardCharsets.UTF_8)).containsPattern("counting +done in ");
  }
}
