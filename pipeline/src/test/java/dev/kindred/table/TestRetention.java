/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.kindred.table.Retention.Deletion;
import dev.kindred.table.Retention.Plan;
import dev.kindred.table.Retention.Reason;
import dev.kindred.table.Retention.StoredFile;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TestRetention {

  @Test
  void theNewestPublishedRunsStayAndTheOthersGo() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.publish("r-2", "m-a", "c-2", "p-2");
    warehouse.publish("r-3", "m-a", "c-2", "p-2");
    assertThat(warehouse.plan(3).deletions()).isEmpty();
    Plan plan = warehouse.plan(2);
    assertThat(plan.published()).containsExactly("r-2", "r-3");
    assertThat(plan.deletions())
        .extracting(Deletion::reason, Deletion::what)
        .containsExactly(
            tuple(Reason.RUN, "r-1"),
            tuple(Reason.INPUT, "activations/model_id=m-a/corpus_id=c-1"),
            tuple(Reason.INPUT, "predictions/model_id=m-a/prompt_set=p-1"),
            tuple(Reason.INPUT, "prompt_activations/model_id=m-a/prompt_set=p-1"),
            tuple(Reason.INPUT, "prompts/prompt_set=p-1"),
            tuple(Reason.INPUT, "tokens/corpus_id=c-1"),
            tuple(Reason.INPUT, "windows/corpus_id=c-1"));
    assertThat(deleted(plan))
        .contains("run_plans/r-1.json", "reports/r-1.html")
        .allMatch(path -> path.contains("r-1") || path.contains("c-1") || path.contains("p-1"));
  }

  @Test
  void embeddingsStayAsLongAsARunWithTheirModelDoes() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.embeddings("m-a");
    warehouse.embeddings("m-b");
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.publish("r-2", "m-b", "c-1", "p-1");
    assertThat(warehouse.plan(1).deletions())
        .extracting(Deletion::what)
        .contains(
            "learned_embeddings/model_id=m-a/stage=final/recipe=fast_n100_s42",
            "subspaces/model_id=m-a/stage=final/recipe=fast_n100_s42")
        .noneMatch(what -> what.contains("m-b"));
  }

  @Test
  void aRunsRecordGoesFirstAndRecordsBeforeWhatTheyList() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.publish("r-2", "m-b", "c-2", "p-2");
    List<String> order = deleted(warehouse.plan(1));
    assertThat(order.get(0)).isEqualTo("runs/run_id=r-1/_commits/complete.json");
    assertThat(order.get(1)).isEqualTo("run_plans/r-1.json");
    int firstData = order.indexOf(order.stream().filter(PaperWarehouse::isData).findFirst().get());
    assertThat(order.subList(firstData, order.size()))
        .noneMatch(path -> path.contains("/_commits/"));
  }

  @Test
  void filesThatAKeptCorpusSharesStayWithTheRecordBesideThem() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.appendDocuments("m-a", "c-1", "c-2");
    warehouse.publish("r-2", "m-a", "c-2", "p-2");
    List<String> shared = warehouse.listed("activations/model_id=m-a/corpus_id=c-1");
    assertThat(warehouse.listed("activations/model_id=m-a/corpus_id=c-2")).containsAll(shared);
    assertThat(deleted(warehouse.plan(1)))
        .contains("windows/corpus_id=c-1/_commits/complete.json")
        .doesNotContainAnyElementsOf(shared)
        .doesNotContain("activations/model_id=m-a/corpus_id=c-1/_commits/complete.json");
  }

  @Test
  void sharedFilesStayThoughTheFolderThatTheyAreInHasNoRecord() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.appendDocuments("m-a", "c-1", "c-2");
    warehouse.publish("r-2", "m-a", "c-2", "p-2");
    String folder = "activations/model_id=m-a/corpus_id=c-1";
    List<String> shared = warehouse.listed(folder);
    warehouse.delete(folder + "/_commits/complete.json");
    assertThat(deleted(warehouse.plan(1))).doesNotContainAnyElementsOf(shared);
  }

  @Test
  void anUnfinishedRunStaysIfItIsYoungerThanTheNewestPublishedOne() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.begin("r-1", "m-a", "c-1", "p-1");
    warehouse.publish("r-2", "m-a", "c-2", "p-2");
    warehouse.begin("r-3", "m-a", "c-3", "p-3");
    Plan plan = warehouse.plan(1);
    assertThat(plan.deletions())
        .filteredOn(deletion -> deletion.reason() == Reason.RUN)
        .extracting(Deletion::what)
        .containsExactly("r-1");
    assertThat(deleted(plan)).noneMatch(path -> path.contains("-3"));
  }

  @Test
  void whatIsNewestDoesNotDependOnIdsWhichHaveTimesInThem() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-9", "m-a", "c-1", "p-1");
    warehouse.publish("r-5", "m-a", "c-2", "p-2");
    warehouse.begin("r-1", "m-a", "c-3", "p-3");
    Plan plan = warehouse.plan(1);
    assertThat(plan.published()).containsExactly("r-5");
    assertThat(plan.deletions())
        .filteredOn(deletion -> deletion.reason() == Reason.RUN)
        .extracting(Deletion::what)
        .containsExactly("r-9");
  }

  @Test
  void aRejectedRunKeepsItsResultsUntilALaterOneIsPublishedAndItsRecordLonger() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.reject("r-2", "m-a", "c-2", "p-2");
    assertThat(warehouse.plan(2).deletions()).isEmpty();
    warehouse.publish("r-3", "m-a", "c-3", "p-3");
    Plan plan = warehouse.plan(2);
    assertThat(plan.deletions().get(0))
        .extracting(Deletion::reason, Deletion::what)
        .containsExactly(Reason.REJECTED, "r-2");
    assertThat(deleted(plan))
        .contains("windows/corpus_id=c-2/_commits/complete.json")
        .doesNotContain("run_plans/r-2.json", "reports/r-2.html")
        .noneMatch(path -> path.startsWith("runs/"));
    assertThat(deleted(warehouse.plan(1))).contains("runs/run_id=r-2/_commits/complete.json");
  }

  @Test
  void inputsThatWereCompletedAfterTheNewestPublicationStay() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.inputs("m-a", "c-1", "p-1");
    warehouse.publish("r-2", "m-a", "c-2", "p-2");
    warehouse.inputs("m-a", "c-3", "p-3");
    assertThat(deleted(warehouse.plan(1)))
        .anyMatch(path -> path.contains("c-1"))
        .noneMatch(path -> path.contains("-3"));
  }

  @Test
  void theNameOfARunGoesWithIt() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    warehouse.add("run_plans/r-1.name.json");
    warehouse.publish("r-2", "m-a", "c-1", "p-1");
    warehouse.add("run_plans/r-2.name.json");
    assertThat(deleted(warehouse.plan(1)))
        .contains("run_plans/r-1.name.json")
        .doesNotContain("run_plans/r-2.name.json");
  }

  @Test
  void filesThatNoRecordListsGoAndUnknownOnesStay() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.publish("r-1", "m-a", "c-1", "p-1");
    String windows = "windows/corpus_id=c-1/";
    List<String> remains =
        List.of(
            windows + "part-00099-7-dead.zstd.parquet",
            windows + ".part-00099-7-dead.zstd.parquet.crc",
            windows + "_commits/.complete.json.0b8f8a5c-0a0e-4b5e-8a77-0f2f0a4c1d11",
            "run_plans/.r-1.json.0b8f8a5c-0a0e-4b5e-8a77-0f2f0a4c1d11");
    List<String> unknown =
        List.of(
            "windows/notes.txt",
            windows + "notes.txt",
            windows + "_commits/notes.txt",
            "run_plans/notes.json",
            "reports/comparison.html");
    remains.forEach(warehouse::add);
    unknown.forEach(warehouse::add);
    warehouse.add(windows + ".part-00000-1-c-1.zstd.parquet.crc");
    Plan plan = warehouse.plan(1);
    assertThat(deleted(plan)).containsExactlyInAnyOrderElementsOf(remains);
    assertThat(plan.unknown()).containsExactlyInAnyOrderElementsOf(unknown);
  }

  @Test
  void nothingGoesWhileNothingIsPublished() {
    PaperWarehouse warehouse = new PaperWarehouse();
    warehouse.begin("r-1", "m-a", "c-1", "p-1");
    warehouse.reject("r-2", "m-a", "c-2", "p-2");
    assertThat(warehouse.plan(1).deletions()).isEmpty();
  }

  @Test
  void atLeastOneRunIsKept() {
    assertThatThrownBy(() -> new PaperWarehouse().plan(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid number of runs to keep: 0");
  }

  @Test
  void inNoWarehouseAnythingGoesThatAKeptRecordLists() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      PaperWarehouse warehouse = PaperWarehouse.random(random);
      int keep = 1 + random.nextInt(4);
      Set<String> needed = warehouse.neededByNewest(keep);
      List<String> order = deleted(warehouse.plan(keep));
      assertThat(order).as("seed %d", seed).noneMatch(needed::contains).doesNotHaveDuplicates();
      assertThat(warehouse.paths()).as("seed %d", seed).containsAll(order);
      assertThat(order).as("seed %d", seed).noneMatch(path -> path.contains("notes"));

      Set<String> undisturbed = new TreeSet<>(warehouse.paths());
      undisturbed.removeAll(order);
      int killedAfter = random.nextInt(order.size() + 1);
      for (int i = 0; i < order.size(); i++) {
        if (i == killedAfter) {
          assertThat(deleted(warehouse.plan(keep)))
              .as("seed %d, killed after %d files", seed, i)
              .containsExactlyInAnyOrderElementsOf(order.subList(i, order.size()));
        }

        warehouse.delete(order.get(i));
        assertThat(warehouse.listedButMissing()).as("seed %d, file %d", seed, i).isEmpty();
      }

      assertThat(warehouse.paths()).as("seed %d", seed).isEqualTo(undisturbed);
      assertThat(warehouse.plan(keep).deletions()).as("seed %d", seed).isEmpty();
      if (!needed.isEmpty()) {
        assertThat(warehouse.dataWithoutRecordOfItsFolder()).as("seed %d", seed).isEmpty();
      }
    }
  }

  private static List<String> deleted(Plan plan) {
    return plan.filesInOrder().stream().map(StoredFile::path).collect(Collectors.toList());
  }
}
