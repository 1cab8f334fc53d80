/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.ContentId;
import dev.kindred.corpus.Prompt;
import dev.kindred.corpus.Tokenizer;
import dev.kindred.head.LogitAttribution;
import dev.kindred.head.LogitPart;
import dev.kindred.head.LogitParts;
import dev.kindred.jobs.analysis.LogitGrids.Split;
import dev.kindred.jobs.option.Defaults.NoSetting;
import dev.kindred.jobs.option.ReadModelOptions;
import dev.kindred.jobs.option.WriterOptions;
import dev.kindred.jobs.report.Findings;
import dev.kindred.jobs.report.SnakeCaseJson;
import dev.kindred.jobs.run.Stages;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.ModelDirectory;
import dev.kindred.table.Part;
import dev.kindred.table.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Direct logit attribution. */
@Command(
    name = "logits",
    description =
        "Shows what the logit of the token after any prompts is made of: what the embedding, the"
            + " position, each head, each feed-forward network and biases add to it (direct logit"
            + " attribution). Needs the model directory only. With --warehouse it keeps what it found"
            + " in the table logit_parts.",
    footer = {
      "kindred logits 'And only l'",
      "kindred logits 'And only l' --token o --against a --model models/mine",
      "kindred logits --prompts prompts.jsonl --warehouse study"
    })
final class LogitsCommand extends PromptAnalysisCommand<Split> {
  @Mixin private WriterOptions warehouse;

  @NoSetting
  @Option(
      names = "--token",
      paramLabel = "TEXT",
      description = "the token whose logit it is (the most probable one)")
  private String token;

  @NoSetting
  @Option(
      names = "--against",
      paramLabel = "TEXT",
      description = "a token whose logit is taken away (the mean of all tokens' logits is)")
  private String against;

  private Integer tokenId; // null for the most probable
  private Integer againstId; // null for the mean

  private boolean isKept() {
    return settings().isGiven("warehouse");
  }

  @Override
  public Optional<WriterOptions> written() {
    return isKept() ? Optional.of(warehouse) : Optional.empty();
  }

  @Override
  ModelDirectory directory(Workspace workspace, ReadModelOptions named) {
    ModelDirectory directory = super.directory(workspace, named);
    tokenId = token == null ? null : OneToken.of("--token " + token, token, directory);
    againstId = against == null ? null : OneToken.of("--against " + against, against, directory);
    return directory;
  }

  @Override
  List<Split> find(Workspace workspace, ModelDirectory directory, List<Prompt> prompts) {
    LogitAttribution attribution = LogitAttribution.of(directory);
    Tokenizer tokenizer = Tokenizer.of(directory.tokenizerJson());
    List<Split> found = new ArrayList<>();
    for (Prompt prompt : prompts) {
      int[] read = directory.input(prompt.tokenIds());
      LogitParts parts = attribution.of(read, tokenId);
      LogitParts others = againstId == null ? null : attribution.of(read, againstId);
      found.add(Split.of(prompt.text(), read, parts, others, tokenizer));
    }

    if (isKept()) {
      keep(workspace, directory, found);
    }

    return found;
  }

  private void keep(Workspace workspace, ModelDirectory directory, List<Split> found) {
    ContentId id = new ContentId().add("logits 1 " + tokenId + " " + againstId);
    found.forEach(split -> id.add(Arrays.toString(split.tokenIds())));
    var tables = workspace.lock(warehouse.uri(), warehouse.lockWait());
    Part part = tables.part(Tables.LOGIT_PARTS, directory.id(), id.id("l"));
    if (part.isComplete()) {
      workspace.progress().reused("logits", part);
      return;
    }

    workspace.progress().begin("logits");
    List<Row> rows = new ArrayList<>();
    for (int prompt = 0; prompt < found.size(); prompt++) {
      Split split = found.get(prompt);
      for (int i = 0; i < split.parts().size(); i++) {
        LogitPart its = split.parts().get(i).part();
        rows.add(
            Tables.LOGIT_PARTS.row(
                prompt,
                split.tokenIds(),
                split.tokenId(),
                againstId,
                its.kind().text(),
                its.block() < 0 ? null : Integer.valueOf(its.block()),
                its.head() < 0 ? null : Integer.valueOf(its.head()),
                its.logit(),
                split.parts().get(i).against(),
                its.mean()));
      }
    }

    part.write(Tables.LOGIT_PARTS.rows(workspace.spark(), rows));
    Stages.audit(tables, directory.shape(), part);
    workspace.progress().end(part);
  }

  @Override
  Findings shown(Split split, String name) {
    return new Findings(split.text(), LogitGrids.of(split, name), List.of());
  }

  /** All prompts, with names in snake case. */
  private record Splits(String model, String modelId, List<Split> prompts) {}

  @Override
  String json(ModelDirectory directory, List<Split> found) {
    return SnakeCaseJson.of(new Splits(directory.uri(), directory.id(), found));
  }

  @Override
  List<String> head() {
    return List.of(
        "logits",
        "What each part of the model adds to the logit of the token after a prompt, by the folded"
            + " unembedding over what the final norm divides by.");
  }
}
