/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.util.Locale;

/**
 * The settings of {@code conf/kindred.conf}, as command-line options. Defaults stand only there.
 */
enum Setting {
  CORPUS("URI", "text to search: a file, a folder or a glob; embedded is a Dickens novel"),
  CORPUS_FORMAT("auto|text|parquet|jsonl", "how corpus files are read"),
  TEXT_COLUMN("NAME", "column with a document's text, for parquet and jsonl"),
  MODEL("DIR", "model directory"),
  ALTERNATES(
      "auto|none|DIR,DIR,..", "models trained again, as with another seed, for the noise floor"),
  WINDOW_LENGTH("L", "tokens in a window and in a prompt"),
  PROMPTS("N|FILE", "windows to draw as prompts, or a file with one prompt a line"),
  PROMPT_SEED("S", "seed of the draw"),
  THRESHOLDS("a,b,..", "cosine similarity above which a string is evidence, one for each block"),
  TUNING_PROMPTS("N", "other windows to draw, on which tune chooses thresholds and weights"),
  BIN_FLOOR("X", "lowest threshold that tune tries"),
  BIN_STEP("X", "steps between thresholds that tune tries"),
  WEIGHTS("a,b,..", "factor of each block's next-token counts"),
  SATURATION("X|none", "next tokens at which a block has half of its greatest share"),
  KEEP_SIMILAR("N|all", "similar strings kept for each prompt and block"),
  KERNEL("auto|simd|scalar", "implementation of the similarity kernel"),
  PREFIX_AXES("auto|N", "axes of the join's first bound; 0 computes every similarity in full"),
  WINDOWS_PER_TASK("N", "windows that a task evaluates with the model"),
  NODES_IN_FLIGHT("N", "distinct prefixes of windows that a task evaluates at once, at most"),
  REPORT_PROMPTS("N", "prompts shown in the report"),
  WAREHOUSE("DIR", "folder of all tables"),
  KEEP("N", "published runs that expiry leaves"),
  LOCK_WAIT("SECONDS", "how long to wait for another command that writes there"),
  REPORT("FILE", "the HTML report; default: <warehouse>/reports/<run_id>.html");

  private final String parameter;
  private final String description;

  Setting(String parameter, String description) {
    this.parameter = parameter;
    this.description = description;
  }

  /** The name in kindred.conf, and with two dashes before it on the command line. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String parameter() {
    return parameter;
  }

  String description() {
    return description;
  }
}
