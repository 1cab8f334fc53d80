/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A submit script that was run over a spark-submit that only writes down what it is given.
 *
 * @param status exit status
 * @param output standard output and error
 * @param submissions arguments of each call of spark-submit
 */
record ScriptRun(int status, String output, List<List<String>> submissions) {
  /**
   * Ends its arguments with a byte 0 and its calls with a line feed, says what a run says, and ends
   * with the status that its call's number has in the file {@code statuses}.
   */
  private static final String SPARK_SUBMIT =
      """
      #!/usr/bin/env bash
      printf '%s\\0' "$@" >> "$SUBMISSIONS"
      printf '\\n\\0' >> "$SUBMISSIONS"
      case " $* " in *" run "*) echo "kindred: run_id=r-20261122-064036-027e prompts=5 report=/r.html" ;; esac
      [ ! -e "$SUBMISSIONS.wait" ] || exec sleep 60
      calls=$(tr -cd '\\n' < "$SUBMISSIONS" | wc -c)
      exit "$(sed -n "${calls}p" "$SUBMISSIONS.statuses")"
      """;

  private static final String END = "\n";
  private static final String HOME = System.getProperty("kindred.home");

  /** Copies what an installation has, which is no source, and returns its folder of scripts. */
  static Path install(Path folder) throws IOException {
    for (String part : List.of("conf", "submit-scripts")) {
      try (Stream<Path> files = Files.walk(Path.of(HOME, part))) {
        for (Path file : files.toList()) {
          Files.copy(file, folder.resolve(Path.of(HOME).relativize(file)), COPY_ATTRIBUTES);
        }
      }
    }

    return folder.resolve("submit-scripts");
  }

  /**
   * Runs a script of this project to its end.
   *
   * @param folder for files of the run
   * @param script its name, or the path of one that is installed
   * @param statuses what calls of spark-submit end with, in their order
   * @param environment further variables
   */
  static ScriptRun of(
      Path folder,
      List<Integer> statuses,
      Map<String, String> environment,
      String script,
      String... arguments)
      throws IOException, InterruptedException {
    Process process = start(folder, statuses, environment, script, arguments);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new ScriptRun(process.waitFor(), output, submissions(folder));
  }

  /** Starts a script; spark-submit takes a minute if {@code folder} has a file calls.wait. */
  static Process start(
      Path folder,
      List<Integer> statuses,
      Map<String, String> environment,
      String script,
      String... arguments)
      throws IOException {
    Path sparkSubmit = Files.createDirectories(folder.resolve("spark/bin")).resolve("spark-submit");
    Files.writeString(sparkSubmit, SPARK_SUBMIT);
    if (!sparkSubmit.toFile().setExecutable(true)) {
      throw new IOException("Cannot be made executable: " + sparkSubmit);
    }

    Path calls = folder.resolve("calls");
    Files.writeString(
        folder.resolve("calls.statuses"),
        String.join("\n", statuses.stream().map(String::valueOf).toList()) + "\n");
    List<String> command = new ArrayList<>();
    command.add(Path.of(HOME, "submit-scripts").resolve(script).toString());
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> variables = builder.environment();
    variables.keySet().removeAll(List.of("MASTER", "DEVICE", "DEPLOY_MODE", "SPARK_CONF"));
    variables.put("SPARK_HOME", folder.resolve("spark").toString());
    variables.put("KINDRED_JAR", "local:///kindred.jar");
    variables.put("SUBMISSIONS", calls.toString());
    variables.putAll(environment);
    return builder.start();
  }

  private static List<List<String>> submissions(Path folder) throws IOException {
    List<List<String>> submissions = new ArrayList<>();
    Path calls = folder.resolve("calls");
    if (!Files.exists(calls)) {
      return submissions;
    }

    List<String> submission = new ArrayList<>();
    for (String argument : Files.readString(calls).split("\0")) {
      if (argument.equals(END)) {
        submissions.add(submission);
        submission = new ArrayList<>();
      } else {
        submission.add(argument);
      }
    }

    return submissions;
  }

  /** What the first call gave to Kindred: what follows the jar. */
  List<String> arguments() {
    List<String> all = submissions.get(0);
    return all.subList(all.indexOf("local:///kindred.jar") + 1, all.size());
  }

  /** The value that spark-submit would use for a setting, of those that the first call gave it. */
  String conf(String key) {
    String value = null;
    List<String> all = submissions.get(0);
    for (int i = 0; i < all.size() - 1; i++) {
      if (all.get(i).equals("--conf") && all.get(i + 1).startsWith(key + "=")) {
        value = all.get(i + 1).substring(key.length() + 1);
      }
    }

    return value;
  }

  String lastLine() {
    return output.lines().reduce((first, second) -> second).orElse("");
  }
}
