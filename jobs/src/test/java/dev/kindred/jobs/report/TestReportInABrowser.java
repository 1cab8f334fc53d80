/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindred.LocalSpark;
import dev.kindred.explanation.Explanation;
import dev.kindred.jobs.Browser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The report as a reader meets it; skipped where there is no browser. */
@ExtendWith(LocalSpark.class)
class TestReportInABrowser {
  private static final int PROMPTS = 60;

  private static final String BYTES = "the <0xE4><0xBD> \ufffd\u2764\ufe0f <0x3C>0xE4> the";

  /** Waits for the prompts to be unpacked, then goes on. */
  private static final String WHEN_READY =
      "const timer = setInterval(() => {"
          + " if (document.querySelector('#explorer form').hidden) return;"
          + " clearInterval(timer); const explorer = document.querySelector('#explorer');"
          + " const finds = () => [...explorer.querySelectorAll('.find-text')]"
          + ".map(find => find.textContent);"
          + " const type = text => { const input = explorer.querySelector('input');"
          + " input.value = text; input.dispatchEvent(new Event('input', {bubbles: true})); };"
          + " %s }, 50);";

  private static Browser browser;

  @TempDir private Path folder;
  private String html;
  private String someOfAThousand;

  @BeforeAll
  static void start() throws Exception {
    browser = Browser.start("the report");
  }

  @AfterAll
  static void close() throws IOException {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void render(SparkSession spark) {
    List<Explanation> prompts =
        IntStream.range(0, PROMPTS)
            .mapToObj(
                id ->
                    id == 7
                        ? ReportSamples.prompt(id, "said\n Mr <b>", " a<i>", "unsaid\u202e Mr <b>")
                        : id == 8
                            ? ReportSamples.promptWithoutEvidence(id)
                            : id == 9
                                ? ReportSamples.prompt(id, BYTES, " the", "a<0xBD> the")
                                : ReportSamples.prompt(
                                    id, "prompt " + id, "the", "similar".repeat(20)))
            .toList();
    PromptExplorer explorer =
        PromptExplorer.pack(
            JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(prompts),
            IntStream.range(0, PROMPTS).toArray(),
            PROMPTS,
            1 << 20);
    html = Report.html(ReportSamples.withExplorer(explorer, prompts.subList(6, 10)));
    someOfAThousand =
        Report.html(
            ReportSamples.withExplorer(
                new PromptExplorer(PROMPTS, 1_000, explorer.data()), List.of()));
  }

  private String run(int width, String script) throws IOException, InterruptedException {
    return run(html, width, String.format(WHEN_READY, script));
  }

  private String run(String page, int width, String script)
      throws IOException, InterruptedException {
    browser.width(width);
    return browser.reported(folder, page, script);
  }

  @Test
  void nothingGoesWrongWhileItIsRead() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "document.querySelectorAll('details').forEach(d => d.open = true);"
                    + " setTimeout(() => report('problems: ' + problems.length + problems), 200);"))
        .isEqualTo("problems: 0");
  }

  @Test
  void promptsAreFoundByText() throws IOException, InterruptedException {
    assertThat(run(1400, "type('mpt 4'); report(finds().sort().join('|'));"))
        .isEqualTo(
            "prompt·4|"
                + String.join(
                    "|", IntStream.range(40, 50).mapToObj(id -> "prompt·" + id).toList()));
  }

  @Test
  void scriptAndPageShowTheSameSigns() throws IOException, InterruptedException {
    String signs = "[...%s.querySelectorAll('i')].map(i => i.textContent).join(' ')";
    assertThat(
            run(
                1400,
                "type('#9'); report("
                    + String.format(signs, "explorer.querySelector('.find-text')")
                    + ");"))
        .isEqualTo("· <0xE4> <0xBD> · U+FE0F · <0x3C> ·");
    assertThat(
            run(
                1400,
                "const shown = [...document.querySelectorAll('p.prompt')]"
                    + ".find(p => p.textContent.includes('0xE4')); report("
                    + String.format(signs, "shown")
                    + ");"))
        .isEqualTo("· <0xE4> <0xBD> · U+FE0F · <0x3C> ·");
  }

  @Test
  void lineBreaksAreFoundAsTheyAreShown() throws IOException, InterruptedException {
    assertThat(run(1400, "type('SAID⏎·mr'); report(finds().join('|'));")).isEqualTo("said⏎·Mr·<b>");
    assertThat(run(1400, "type('said\\\\n'); report(finds().join('|'));"))
        .isEqualTo("said⏎·Mr·<b>");
  }

  @ParameterizedTest
  @CsvSource({"mpt%204, mpt 4", "mpt%, mpt%"})
  void anAddressNamesASearch(String address, String text) throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "location.hash = '#find="
                    + address
                    + "'; setTimeout(() => report(explorer.querySelector('input').value"
                    + " + problems.length), 200);"))
        .isEqualTo(text + "0");
  }

  @Test
  void whatIsTypedBecomesTheAddress() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "type('mpt 4+'); const found = location.hash; type('#8');"
                    + " report(found + ' ' + location.hash"
                    + " + ' ' + explorer.querySelectorAll('.find[open]').length);"))
        .isEqualTo("#find=mpt%204%2B #prompt=8 1");
  }

  @Test
  void anAddressNamesAPromptAndAnOrder() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "location.hash = '#prompt=8&order=few'; setTimeout(() => report("
                    + "finds().join('|') + ' ' + explorer.querySelector('[name=order]').value), 200);"))
        .isEqualTo("alone few");
  }

  @Test
  void aColumnOfThePictureListsItsPrompts() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const columns = [...document.querySelectorAll('#distances a.column')];"
                    + " columns[0].focus(); columns[0].dispatchEvent(new KeyboardEvent('keydown',"
                    + " {key: 'ArrowRight', bubbles: true}));"
                    + " const at = columns.indexOf(document.activeElement);"
                    + " columns[0].dispatchEvent(new MouseEvent('click', {bubbles: true}));"
                    + " location.hash = '#from=0.22&to=0.24'; setTimeout(() => report(at + ' '"
                    + " + explorer.querySelector('[role=status]').textContent + ' '"
                    + " + explorer.querySelector('[name=to]').value + ' '"
                    + " + columns[0].getAttribute('href')), 200);"))
        .isEqualTo("1 59 prompts 0.24 #from=0.10&to=0.12");
  }

  @Test
  void aChoiceLeavesPromptsOfAKindAndBecomesTheAddress() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const only = explorer.querySelector('[name=only]'); report([...only.options]"
                    + ".map(option => { only.value = option.value;"
                    + " only.dispatchEvent(new Event('input', {bubbles: true}));"
                    + " return location.hash + ' '"
                    + " + explorer.querySelector('[role=status]').textContent; }).join('|'));"))
        .isEqualTo(
            " 60 prompts|#only=disagree No prompt is like this.|#only=sure 1 prompt"
                + "|#only=few 1 prompt|#only=differ 1 prompt|#only=model 59 prompts"
                + "|#only=strings No prompt is like this.|#only=neither No prompt is like this.");
  }

  @Test
  void whatIsFoundIsCopiedAsCsv() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "let copied = ''; Object.defineProperty(navigator, 'clipboard', {value:"
                    + " {writeText: text => { copied = text; return Promise.resolve(); }}});"
                    + " type('#7'); explorer.querySelector('[name=csv]').click();"
                    + " const csv = copied; explorer.querySelector('[name=link]').click();"
                    + " report(csv + copied.replace(/.*#/, '#'));"))
        .isEqualToNormalizingNewlines(
            "prompt_id,text,occurrences,hellinger,hellinger_leave_one_out,model_top_token,"
                + "model_probability,strings_top_token,strings_probability,similar_strings,follows\n"
                + "7,\"said\n Mr <b>\",1,0.1234,0.2345, a<i>,0.5000, a<i>,0.2500,4321, a<i>\n"
                + "#prompt=7");
  }

  @Test
  void stringsAreChosenByWhatFollowsThem() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "type('#7'); setTimeout(() => {"
                    + " const button = explorer.querySelector('.followers button'); button.click();"
                    + " const shown = explorer.querySelector('.followers td').textContent;"
                    + " button.click(); report(button.textContent + '|' + shown + '|'"
                    + " + explorer.querySelectorAll('.followers td').length); }, 200);"))
        .isEqualTo("·a<i>1|unsaidU+202E·Mr·<b>|0");
  }

  @Test
  void theBlockThatCountsMostIsOpenOnPaper() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const open = () => document.querySelectorAll('#prompts details[open]').length;"
                    + " dispatchEvent(new Event('beforeprint')); const onPaper = open();"
                    + " dispatchEvent(new Event('afterprint')); report(onPaper + ' ' + open());"))
        .isEqualTo("3 0");
  }

  @Test
  void promptsAreFoundByNumber() throws IOException, InterruptedException {
    assertThat(run(1400, "type('#8'); report(finds().join('|'));")).isEqualTo("alone");
  }

  @Test
  void theWorstExplainedComeFirstUntilAskedOtherwise() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const first = finds()[0]; const order = explorer.querySelector('select');"
                    + " order.value = 'text';"
                    + " order.dispatchEvent(new Event('input', {bubbles: true}));"
                    + " report(first + ' ' + finds().length + ' ' + finds()[0]);"))
        .isEqualTo("alone 25 alone");
  }

  @Test
  void morePromptsAreShownWhenAsked() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const more = explorer.querySelector('.more'); more.click(); more.click();"
                    + " report(finds().length + ' ' + more.hidden);"))
        .isEqualTo("60 true");
  }

  @Test
  void aFoundPromptShowsWhatThePageShowsOfIt() throws IOException, InterruptedException {
    // White space between parts is the template's; places and effects are too large to pack.
    assertThat(
            run(
                1400,
                "type('#7'); const find = explorer.querySelector('.find'); find.open = true;"
                    + " setTimeout(() => {"
                    + " const flat = article => { const copy = article.cloneNode(true);"
                    + " copy.querySelectorAll('.place, .effect, .followers').forEach(part => part.remove());"
                    + " return copy.textContent.replace(/\\s+/g, '')"
                    + ".replace(',the1mostsimilar', ''); };"
                    + " const there = [...document.querySelectorAll('main > section > article')]"
                    + ".find(a => a.textContent.includes('Prompt 7'));"
                    + " report(flat(find.querySelector('article')) === flat(there)"
                    + " ? 'same' : flat(find.querySelector('article')) + '\\\\n' + flat(there));"
                    + " }, 200);"))
        .isEqualTo("same");
  }

  @ParameterizedTest
  @ValueSource(ints = {390, 1400})
  void noTextLeavesItsPlace(int width) throws IOException, InterruptedException {
    assertThat(
            run(
                width,
                "document.querySelectorAll('details').forEach(d => d.open = true);"
                    + " setTimeout(() => { document.querySelectorAll('details')"
                    + ".forEach(d => d.open = true);"
                    + " const scrolls = e => e.closest('.scroll, pre');"
                    + " const out = [...document.body.querySelectorAll('*')].filter(e =>"
                    + " !scrolls(e) && e.getClientRects().length > 0 &&"
                    + " (e.getBoundingClientRect().right > innerWidth + 1 ||"
                    + " e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1));"
                    + " report('wide ' + (document.documentElement.scrollWidth > innerWidth)"
                    + " + ', out ' + out.map(e => e.outerHTML.slice(0, 80))); }, 200);"))
        .isEqualTo("wide false, out ");
  }

  /** What the page says when texts are typed. */
  private List<String> said(String page, String... typed) throws IOException, InterruptedException {
    String all = Arrays.stream(typed).map(text -> "'" + text + "'").collect(joining(","));
    return run(
            page,
            1400,
            String.format(
                WHEN_READY,
                "report(["
                    + all
                    + "].map(text => { type(text);"
                    + " return explorer.querySelector('[role=status]').textContent; })"
                    + ".join('\\n'));"))
        .lines()
        .toList();
  }

  @Test
  void aPromptThatIsNotInThePageIsNotDenied() throws IOException, InterruptedException {
    String others = "940 of the run’s 1,000 prompts are not in this page";
    String run = " --run-id run-7";
    assertThat(said(someOfAThousand, "#700", "it\\'s ⏎", "prompt 12", "#12", "#1000"))
        .containsExactly(
            "Prompt #700 is not shown: "
                + others
                + ". Its text, to explain it: select text from kindred.`run-7`.prompts where"
                + " prompt_id = 700",
            "No prompt here has this text; "
                + others
                + ". To explain any prompt: submit-scripts/kindred.sh explain 'it'\\''s \\n'"
                + run,
            "1 prompt; "
                + others
                + ". To explain any prompt: submit-scripts/kindred.sh explain 'prompt 12'"
                + run,
            "1 prompt",
            "The run has no prompt #1000: its prompts are #0 to #999.");
  }

  @Test
  void aPageWithAllPromptsSaysThatThereAreNoOthers() throws IOException, InterruptedException {
    assertThat(said(html, "nowhere", "#60", "prompt 12"))
        .containsExactly(
            "No prompt has this text.",
            "The run has no prompt #60: its prompts are #0 to #59.",
            "1 prompt");
  }

  @Test
  void rowsShowWhatTheyAreOrderedBy() throws IOException, InterruptedException {
    assertThat(
            run(
                1400,
                "const order = explorer.querySelector('select'); report([...order.options]"
                    + ".map(option => { order.value = option.value; type('prompt 12');"
                    + " return explorer.querySelector('.find-figure').textContent; })"
                    + ".join('|'));"))
        .isEqualTo(
            "distance 0.1234|distance 0.1234|leave-one-out 0.2345|changed by 0.1111|"
                + "4,321 similar strings|distance 0.1234");
  }
}
