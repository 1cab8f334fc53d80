/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import dev.kindred.table.Retention.Begun;
import dev.kindred.table.Retention.Contents;
import dev.kindred.table.Retention.Plan;
import dev.kindred.table.Retention.StoredFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A warehouse of names only: what files there are and what their records list. */
final class PaperWarehouse {
  private static final int BLOCKS = 2;

  private final Map<String, StoredFile> files = new TreeMap<>();
  private final Map<String, List<String>> records = new TreeMap<>(); // by the record's path
  private final Map<String, Begun> plans = new TreeMap<>();
  private final List<Runs.Run> ended = new ArrayList<>();
  private long clock = 1_000;
  private long numbers;

  /** Nights with changing corpora and models, deaths, rejections, remains and foreign files. */
  static PaperWarehouse random(Random random) {
    PaperWarehouse warehouse = new PaperWarehouse();
    int nights = 1 + random.nextInt(8);
    int corpus = 0;
    for (int night = 0; night < nights; night++) {
      String model = "m-" + random.nextInt(2);
      String before = "c-" + corpus;
      if (random.nextInt(3) > 0) {
        corpus++;
      }

      if (random.nextBoolean()) {
        warehouse.appendDocuments(model, before, "c-" + corpus);
      }

      String runId = String.format("r-%03d", night);
      String prompts = "p-" + random.nextInt(2) + corpus;
      switch (random.nextInt(6)) {
        case 0 -> warehouse.begin(runId, model, "c-" + corpus, prompts);
        case 1 -> warehouse.reject(runId, model, "c-" + corpus, prompts);
        case 2 -> warehouse.inputs(model, "c-" + corpus, prompts);
        default -> warehouse.publish(runId, model, "c-" + corpus, prompts);
      }
    }

    for (String path : List.copyOf(warehouse.files.keySet())) {
      String folder = path.substring(0, path.lastIndexOf('/') + 1);
      switch (random.nextInt(20)) {
        case 0 -> warehouse.add(folder + "notes.txt");
        case 1 -> warehouse.add(folder + (isData(path) ? "part-00099-1-dead.parquet" : "notes"));
        case 2 -> warehouse.add(folder + "." + path.substring(folder.length()) + ".crc");
        default -> {}
      }
    }

    return warehouse;
  }

  void begin(String runId, String model, String corpus, String prompts) {
    numbers++;
    plans.put(runId, new Begun(runId, model, corpus, prompts, "none", numbers));
    add("run_plans/" + runId + ".json");
    inputs(model, corpus, prompts);
    for (int block = 0; block < BLOCKS; block++) {
      part("similar_strings/run_id=" + runId + "/block=" + block);
      part("block_distributions/run_id=" + runId + "/block=" + block);
    }
  }

  void publish(String runId, String model, String corpus, String prompts) {
    end(runId, Runs.PUBLISHED, model, corpus, prompts);
  }

  void reject(String runId, String model, String corpus, String prompts) {
    end(runId, Runs.REJECTED, model, corpus, prompts);
  }

  private void end(String runId, String status, String model, String corpus, String prompts) {
    begin(runId, model, corpus, prompts);
    part("approximations/run_id=" + runId);
    part("distances/run_id=" + runId);
    part("summaries/run_id=" + runId);
    part("runs/run_id=" + runId);
    add("reports/" + runId + ".html");
    ended.add(
        new Runs.Run(
            runId,
            status,
            Instant.ofEpochSecond(-clock), // clocks have no say
            model,
            corpus,
            prompts,
            "i-" + runId,
            new Runs.Order(numbers, numbers + 1, Set.of())));
    numbers++;
  }

  /** What a run needs, as far as it is not there. */
  void inputs(String model, String corpus, String prompts) {
    part("windows/corpus_id=" + corpus);
    part("tokens/corpus_id=" + corpus);
    part("prompts/prompt_set=" + prompts);
    vectors("activations/model_id=" + model + "/corpus_id=" + corpus, List.of());
    vectors("prompt_activations/model_id=" + model + "/prompt_set=" + prompts, List.of());
    part("predictions/model_id=" + model + "/prompt_set=" + prompts);
  }

  void embeddings(String model) {
    part("learned_embeddings/model_id=" + model + "/stage=final/recipe=fast_n100_s42");
    part("subspaces/model_id=" + model + "/stage=final/recipe=fast_n100_s42");
  }

  /** Activations of a corpus that shares those of a shorter one, if there are such. */
  void appendDocuments(String model, String shorter, String longer) {
    String folder = "activations/model_id=" + model + "/corpus_id=";
    if (!shorter.equals(longer)
        && files.containsKey(folder + shorter + "/_commits/complete.json")) {
      vectors(folder + longer, listed(folder + shorter));
    }
  }

  private void vectors(String part, List<String> shared) {
    String record = part + "/_commits/complete.json";
    if (files.containsKey(record)) {
      return;
    }

    List<String> listed = new ArrayList<>(shared);
    for (int block = 0; block < BLOCKS; block++) {
      listed.add(data(part + "/block=" + block, part));
    }

    add(record);
    records.put(record, listed);
  }

  /** A part with one file and its record. */
  private void part(String part) {
    String record = part + "/_commits/complete.json";
    if (!files.containsKey(record)) {
      String data = data(part, part);
      add(record);
      records.put(record, List.of(data));
    }
  }

  private String data(String folder, String part) {
    String name = part.substring(part.lastIndexOf('=') + 1);
    String path = folder + "/part-00000-1-" + name + ".zstd.parquet";
    add(path);
    return path;
  }

  void add(String path) {
    clock++;
    files.putIfAbsent(path, new StoredFile(path, path.length(), clock));
  }

  void delete(String path) {
    files.remove(path);
    records.remove(path);
    ended.removeIf(run -> path.equals("runs/run_id=" + run.runId() + "/_commits/complete.json"));
  }

  Plan plan(int keep) {
    return Retention.plan(
        new Contents(ended, List.copyOf(files.values()), this::listed, plans::get, set -> "none"),
        keep);
  }

  /** What the records in a part's folder list. */
  List<String> listed(String part) {
    return records.getOrDefault(part + "/_commits/complete.json", List.of());
  }

  /** Files of the newest published runs, found by trying every record against their keys. */
  Set<String> neededByNewest(int keep) {
    List<Runs.Run> published = ended.stream().filter(Runs.Run::isPublished).toList();
    Set<String> needed = new HashSet<>();
    for (Runs.Run run : published.subList(Math.max(0, published.size() - keep), published.size())) {
      needed.add("run_plans/" + run.runId() + ".json");
      needed.add("reports/" + run.runId() + ".html");
      Set<String> keys =
          Set.of(
              "run_id=" + run.runId(),
              "model_id=" + run.modelId(),
              "corpus_id=" + run.corpusId(),
              "prompt_set=" + run.promptSet());
      records.forEach(
          (record, listed) -> {
            boolean ofRun =
                List.of(record.split("/")).stream()
                    .filter(name -> name.contains("=") && !name.startsWith("block="))
                    .allMatch(keys::contains);
            if (ofRun) {
              needed.add(record);
              needed.addAll(listed);
            }
          });
    }

    return needed;
  }

  Set<String> paths() {
    return new TreeSet<>(files.keySet());
  }

  List<String> listedButMissing() {
    return records.values().stream()
        .flatMap(List::stream)
        .filter(path -> !files.containsKey(path))
        .toList();
  }

  List<String> dataWithoutRecordOfItsFolder() {
    return files.keySet().stream()
        .filter(PaperWarehouse::isData)
        .filter(
            path ->
                records.entrySet().stream()
                    .noneMatch(
                        record ->
                            path.startsWith(record.getKey().replaceAll("_commits/.*", ""))
                                && record.getValue().contains(path)))
        .toList();
  }

  static boolean isData(String path) {
    return path.substring(path.lastIndexOf('/') + 1).startsWith("part-");
  }
}
