/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.jobs.command.Commands;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/**
 * The program as a user meets it: help, and one line with status 2 for input that cannot be used.
 */
class TestKindred {
  private static final String TEXT =
      "It was the best of times, it was the worst of times. ".repeat(4);

  @TempDir private Path folder;

  @Test
  void helpIsAlsoAWord() {
    assertThat(CommandLineRun.of("help").out()).isEqualTo(CommandLineRun.of("--help").out());
    assertThat(CommandLineRun.of("help", "explain").out())
        .isEqualTo(CommandLineRun.of("explain", "--help").out());
  }

  @Test
  void helpListsTheCommands() {
    CommandLineRun run = CommandLineRun.of("--help");
    assertThat(run.status()).isZero();
    assertThat(Commands.program().getSubcommands()).hasSizeGreaterThan(15);
    for (String command : Commands.program().getSubcommands().keySet()) {
      assertThat(run.out()).contains("  " + command + " ");
    }
  }

  @Test
  void everyCommandHasHelpWithAnExampleAndDefaults() {
    for (CommandLine command : Commands.all(Commands.program())) {
      CommandLineRun run = CommandLineRun.of(command.getCommandName(), "--help");
      assertThat(run.status()).as(command.getCommandName()).isZero();
      assertThat(run.out())
          .contains("Example: submit-scripts/kindred.sh " + command.getCommandName())
          .doesNotContain("DEFAULT-VALUE", "(null)", "()", ".....", "\\s*");
      if (command.getCommandSpec().findOption("--warehouse") != null) {
        assertThat(run.out()).contains("--warehouse=DIR").contains("(warehouse)");
      }

      if (command.getCommandSpec().findOption("--corpus") != null) {
        assertThat(run.out()).contains("--corpus=URI").containsAnyOf("(embedded)", "(none)");
      }
    }
  }

  @Test
  void helpBeginsWithTheOptionsThatMostPeopleNeed() {
    assertThat(CommandLineRun.of("run", "--help").out())
        .containsSubsequence(
            "\nOptions:\n",
            " --corpus=",
            " --model=",
            " --prompts=",
            " --warehouse=",
            " --report=",
            " --help ",
            " --name=",
            "\nFurther options:\n",
            " --blocks=",
            " --lock-wait=",
            " --version ");
  }

  @Test
  void aShellCompletesCommandsAndOptions() throws IOException, InterruptedException {
    Path script =
        Files.writeString(folder.resolve("completion"), CommandLineRun.of("completion").out());
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "source "
                    + script
                    + "; complete -p kindred.sh; COMP_WORDS=(kindred.sh repo) COMP_CWORD=1;"
                    + " _complete_kindred; echo ${COMPREPLY[@]};"
                    + " COMP_WORDS=(kindred.sh sql --for) COMP_CWORD=2; _complete_kindred;"
                    + " echo ${COMPREPLY[@]}")
            .redirectError(ProcessBuilder.Redirect.DISCARD) // outside of a completion it warns
            .start();
    assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
        .containsExactly(
            "complete -o default -F _complete_kindred kindred.sh", "report", "--format");
    assertThat(bash.waitFor()).isZero();
  }

  @Test
  void withoutACommandTheyAreListed() {
    CommandLineRun run = CommandLineRun.of();
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("  explain ").endsWith("kindred: which command?\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --promts 5|there is no option --promts; did you mean --prompts? (see PROGRAM run",
        "explain --trheshold=1 x|there is no option --trheshold; did you mean --thresholds?",
        "explian x|there is no command explian; did you mean explain? (see PROGRAM --help)",
        "learn_embeddings|there is no command learn_embeddings; did you mean learn-embeddings?",
        "frobnicate|there is no command frobnicate (see PROGRAM --help)",
        "lens --dashes-of-somebody|write -- before a prompt that begins with -",
        "run corpus.txt|unexpected argument corpus.txt"
      })
  void whatIsMistypedIsNamedWithWhatMayBeMeant(String arguments, String message) {
    CommandLineRun run = CommandLineRun.of(arguments.split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains(message.replace("PROGRAM", "submit-scripts/kindred.sh"));
  }

  @Test
  void aPromptThatIsTakenForOptionsIsNamed() {
    CommandLineRun run = CommandLineRun.of("lens", "-q dashes of somebody");
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains("\"-q dashes of somebody\"; write -- before a prompt that begins with -");
  }

  @Test
  void whatTheMachineHasTooLittleOfIsOneLineWithStatus2() {
    assertThat(explained(new OutOfMemoryError("Java heap space")))
        .startsWith("2 kindred: out of memory: the heap of this process has ");
    assertThat(
            explained(
                new IllegalStateException(
                    "Job aborted", new IOException("No space left on device"))))
        .startsWith("2 kindred: the disk of the warehouse or of temporary files is full");
    assertThat(
            explained(
                new IllegalStateException(
                    "Task failed",
                    new IOException(
                        "The NameSpace quota (directories and files) of directory /w is"
                            + " exceeded: quota=50 file count=51"))))
        .startsWith("2 kindred: the file system refuses: The NameSpace quota");
    assertThat(
            explained(
                new IOException(
                    "org.apache.hadoop.security.AccessControlException: Permission denied:"
                        + " user=analyst, access=EXECUTE")))
        .startsWith("2 kindred: the file system refuses: Permission denied: user=analyst");
  }

  @Test
  void aBugKeepsItsStackTraceAndStatus1() {
    assertThat(explained(new NoClassDefFoundError("x")))
        .startsWith("1 java.lang.NoClassDefFoundError: x")
        .contains("\tat ");
  }

  /** The exit status and what is said. */
  private static String explained(Throwable thrown) {
    PrintStream before = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return Kindred.explain(thrown) + " " + err.toString(StandardCharsets.UTF_8);
    } finally {
      System.setErr(before);
    }
  }

  @Test
  void aMissingCorpusIsNamed() throws IOException {
    assertRefused(
        runWithout("--corpus", "--corpus", "/no/such/text.txt"),
        "kindred: --corpus /no/such/text.txt: no such file or folder");
  }

  @Test
  void anEmptyCorpusIsNamed() throws IOException {
    Path empty = Files.writeString(folder.resolve("empty.txt"), "");
    assertRefused(
        runWithout("--corpus", "--corpus", empty.toString()),
        "kindred: --corpus: empty, there is no text in it");
  }

  @Test
  void aCorpusShorterThanAWindowIsNamed() throws IOException {
    Path tiny = Files.writeString(folder.resolve("tiny.txt"), "It was");
    assertRefused(
        runWithout("--corpus", "--corpus", tiny.toString()),
        "kindred: --corpus: shorter than a window: no document has 10 tokens, see --window-length");
  }

  @Test
  void aCorpusThatIsNotUtf8IsNamedWithTheOffset() throws IOException {
    Path latin = folder.resolve("latin.txt");
    Files.write(latin, "It was the caf\u00e9 of times".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(
        runWithout("--corpus", "--corpus", latin.toString()),
        "kindred: --corpus: "
            + latin.toUri().toString().replace("///", "/")
            + ": not UTF-8: byte 0xE9 at byte offset 14; convert the file to UTF-8");
  }

  @Test
  void aCharacterThatTheModelDoesNotKnowIsNamedWithItsPlace() throws IOException {
    Path strange =
        Files.writeString(folder.resolve("strange.txt"), "It was \u20ac the best of times");
    CommandLineRun run = runWithout("--corpus", "--corpus", strange.toString());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains("the model has no token for \"\u20ac\" (U+20AC) at byte offset 7");
  }

  @Test
  void aMissingModelIsNamed() throws IOException {
    assertRefused(
        runWithout("--model", "--model", "file:/no/such/model"),
        "kindred: --model file:/no/such/model: no such folder");
  }

  @Test
  void aPromptWithTheWrongNumberOfTokensIsNamed() throws IOException {
    Path prompts = Files.writeString(folder.resolve("prompts.txt"), "It was the\nbest of\n");
    assertRefused(
        runWithout("--prompts", "--prompts", prompts.toString()),
        "kindred: --prompts "
            + prompts
            + ": line 2: \"best of\" has 7 tokens, windows have 10 (--window-length); add 3 at its"
            + " start");
  }

  @Test
  void morePromptsThanWindowsAreRefused() throws IOException {
    CommandLineRun run = runWithout("--prompts", "--prompts", "5000");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .startsWith("kindred: --prompts 5000: the corpus has only");
  }

  @Test
  void thresholdsOutsideTheRangeOfACosineAreRefused() throws IOException {
    CommandLineRun run = runWithout("", "--thresholds", "1.5,0,0,0,0,0");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).singleElement().asString().contains("outside [-1, 1]");
  }

  @Test
  void aWindowLongerThanTheContextIsRefused() throws IOException {
    assertRefused(
        runWithout("", "--window-length", "257"),
        "kindred: --window-length 257: the model's context has 256 tokens");
  }

  @Test
  void aWarehouseThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    CommandLineRun run = runWithout("--warehouse", "--warehouse", file.resolve("below").toString());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).singleElement().asString().contains("is not writable");
  }

  @Test
  void aStageWithoutItsInputNamesTheCommandThatMakesIt() throws IOException {
    List<String> arguments = new ArrayList<>(List.of("prompts"));
    arguments.addAll(usable(""));
    CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages())
        .singleElement()
        .asString()
        .contains("is not there yet; run the command windows with the same settings first");
  }

  @Test
  void anUnknownRunIsNamed() {
    CommandLineRun run =
        CommandLineRun.of("report", "--run-id", "r-none", "--warehouse", folder.toString());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.messages()).singleElement().asString().contains("--run-id r-none: no such run");
  }

  private static void assertRefused(CommandLineRun run, String message) {
    assertThat(run.messages()).containsExactly(message);
    assertThat(run.status()).isEqualTo(2);
  }

  /** {@code run} with usable arguments, but for one that is replaced. */
  private CommandLineRun runWithout(String option, String... instead) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(usable(option));
    arguments.addAll(Arrays.asList(instead));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private List<String> usable(String without) throws IOException {
    Path corpus = Files.writeString(folder.resolve("corpus.txt"), TEXT);
    List<String> arguments = new ArrayList<>();
    for (String[] option :
        new String[][] {
          {"--corpus", corpus.toString()},
          {"--prompts", "5"},
          {"--warehouse", folder.resolve("warehouse").toString()}
        }) {
      if (!option[0].equals(without)) {
        arguments.addAll(List.of(option));
      }
    }

    return arguments;
  }
}
