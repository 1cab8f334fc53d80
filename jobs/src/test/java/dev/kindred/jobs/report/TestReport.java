/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.kindred.jobs.report.Findings.Cell;
import dev.kindred.jobs.report.Findings.Column;
import dev.kindred.jobs.report.Findings.Element;
import dev.kindred.jobs.report.Findings.Grid;
import dev.kindred.jobs.report.Findings.Note;
import dev.kindred.jobs.report.Findings.OfPrompt;
import dev.kindred.table.FormerNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TestReport {

  private static final String HOSTILE = "\"'><script>alert(1)</script>";
  private static final String ESCAPED = "&gt;&lt;script&gt;alert(1)&lt;/script&gt;";
  private static final Pattern SOURCE = Pattern.compile("src(set)?=");

  private static final String EVERY_METRIC =
      Report.html(ReportSamples.withMetrics(ReportSamples.METRICS));
  private static final String ONE_PROMPT =
      Report.html(ReportSamples.withPrompts(ReportSamples.prompt(1, "text")));

  @Test
  void promptTextIsEscaped() {
    assertShownEscaped(ReportSamples.withPrompts(ReportSamples.prompt(1, HOSTILE)));
  }

  @Test
  void tokenTextIsEscaped() {
    assertShownEscaped(
        ReportSamples.withPrompts(ReportSamples.prompt(1, "text", HOSTILE, "similar")));
  }

  @Test
  void similarStringTextIsEscaped() {
    assertShownEscaped(ReportSamples.withPrompts(ReportSamples.prompt(1, "text", "the", HOSTILE)));
  }

  @Test
  void factNameIsEscaped() {
    assertShownEscaped(ReportSamples.withFact(HOSTILE, "value"));
  }

  @Test
  void factValueIsEscaped() {
    assertShownEscaped(ReportSamples.withFact("name", HOSTILE));
  }

  @Test
  void whatAnalysesFindIsEscaped() {
    Cell cell = Cell.token(HOSTILE, HOSTILE, .5);
    List<Element> elements =
        List.of(
            new Grid(HOSTILE, HOSTILE, List.of(Column.of(HOSTILE)), List.of(row(cell))),
            Note.everywhere(HOSTILE));
    Findings findings = new Findings(HOSTILE, elements, List.of());

    assertThat(Report.html(new FindingsPage(HOSTILE, HOSTILE, HOSTILE, List.of(findings))))
        .contains(ESCAPED)
        .doesNotContain("<script>alert");
    assertShownEscaped(
        ReportSamples.withFound(
            ReportSamples.prompt(1, "text"), new OfPrompt(HOSTILE, HOSTILE, elements)));
  }

  private static Findings.Row row(Cell cell) {
    return new Findings.Row(cell, List.of(cell));
  }

  @Test
  void whatAnAnalysisFindsAboutAPromptIsFoldedBelowItsEvidence() {
    OfPrompt found = new OfPrompt("A title", "and a lede", List.of(Note.onPage("an element")));

    assertThat(Report.html(ReportSamples.withFound(ReportSamples.prompt(17, "first"), found)))
        .containsSubsequence(
            "Prompt 17<",
            "similar strings",
            "<summary><span class=\"block\">A title</span> and a lede</summary>",
            "an element",
            "</details>");
    assertThat(ONE_PROMPT).doesNotContain("A title");
  }

  private static void assertShownEscaped(ReportData data) {
    assertThat(Report.html(data)).contains(ESCAPED).doesNotContain("<script>alert");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.1711", "0.0722", "0.0033", "0.9944", "81.5%", "20,000", "1,234", "0.2566", "67.7%"
      })
  void everyMetricShows(String value) {
    assertThat(EVERY_METRIC).contains("<dd>" + value + "</dd>");
  }

  @Test
  void absentMetricLeavesNoTrace() {
    assertThat(Report.html(ReportSamples.withMetrics(Map.of())))
        .doesNotContain("mean Hellinger distance");
  }

  @Test
  void everyPromptShows() {
    assertThat(
            Report.html(
                ReportSamples.withPrompts(
                    ReportSamples.prompt(17, "first"), ReportSamples.prompt(23, "second"))))
        .containsSubsequence("Prompt 17<", "first", "Prompt 23<", "second");
  }

  @Test
  void everySimilarStringShowsWithItsCosineAndNextTokens() {
    assertThat(
            Report.html(
                ReportSamples.withPrompts(
                    ReportSamples.prompt(1, "candlewick", "Weller", "Pickwick"))))
        .containsSubsequence(
            "4,321 similar strings",
            "62.5% of the result",
            "alone 0.3456",
            "Weller",
            "75.0%",
            "Pick",
            "<mark>",
            "wick",
            "0.9877",
            "Weller",
            "×1,111");
  }

  @Test
  void everyBlockShows() {
    assertThat(EVERY_METRIC)
        .containsSubsequence("0.9123", "0.1667", "1,234.6 ± 78.9", "2", "98,765");
  }

  @Test
  void everyJoinShowsHowItsPairsWereSettled() {
    assertThat(
            Report.html(
                ReportSamples.withJoins(
                    new ReportData.Join(0, 24, 0.9321, 0.0678, 0.0001),
                    new ReportData.Join(1, 0, 0, 0.998, 0.002))))
        .containsSubsequence(
            "How the join settled its pairs",
            "24 axes",
            "93.2%",
            "6.8%",
            "&lt;0.1%",
            "all in full",
            "0.0%",
            "99.8%",
            "0.2%");
  }

  @Test
  void runsThatDidNotRecordTheirJoinsShowNone() {
    assertThat(Report.html(ReportSamples.withJoins()))
        .doesNotContain("How the join settled its pairs");
    assertThat(ReportQueries.joins(FormerNames.figures(ReportSamples.METRICS), List.of(0, 1, 2)))
        .isEmpty();
  }

  @Test
  void joinsAreReadFromTheSummaries() {
    assertThat(
            ReportQueries.joins(
                FormerNames.figures(
                    Map.of(
                        "block.1.join.axes", 16.0,
                        "block.1.join.by_prefix", 0.5,
                        "block.1.join.by_float", 0.125,
                        "block.1.join.by_double", 0.0625)),
                List.of(0, 1)))
        .containsExactly(new ReportData.Join(1, 16, 0.5, 0.125, 0.0625));
  }

  @Test
  void theNoiseFloorShowsWhereItIsKnown() {
    Map<String, Double> metrics = new TreeMap<>(ReportSamples.METRICS);
    metrics.put("noise_floor.hellinger.mean", 0.1064);

    assertThat(Report.html(ReportSamples.withMetrics(metrics))).contains("<dd>0.1064</dd>");
    assertThat(EVERY_METRIC).doesNotContain("0.1064");
  }

  @Test
  void columnsOfThePictureLeadToPromptsWhereAnExplorerListsThem() {
    String linked =
        Report.html(ReportSamples.withExplorer(new PromptExplorer(0, 0, ""), List.of()));

    assertThat(linked).contains("data-address=\"from=0.10&amp;to=0.12\"", "leads to its prompts");
    assertThat(EVERY_METRIC).doesNotContain("leads to its prompts");
  }

  @Test
  void everyEntryOfTheContentsIsThere() {
    Matcher entries = Pattern.compile("<li><a href=\"#([\\w-]+)\">").matcher(EVERY_METRIC);
    List<String> named = new ArrayList<>();
    while (entries.find()) {
      named.add(entries.group(1));
    }

    assertThat(named)
        .contains("distances", "prompts", "origin")
        .allMatch(id -> EVERY_METRIC.contains("id=\"" + id + "\""));
  }

  @Test
  void theLossesOfTheTrainingShowWhereTheyAreKnown() {
    LossCurve losses =
        LossCurve.parse(
            "{\"losses\":[{\"step\":250,\"train_loss\":2.2,\"validation_loss\":2.3,\"seconds\":9},"
                + "{\"step\":500,\"train_loss\":1.6228,\"validation_loss\":1.7921}]}");

    assertThat(Report.html(ReportSamples.withLosses(losses)))
        .contains("Losses over 500 steps of training; at the end 1.6228 on the training split")
        .contains("1.7921");
    assertThat(EVERY_METRIC).doesNotContain("steps of training");
  }

  @Test
  void aBlocksCurveShowsItsBestThresholdAndTheRuns() {
    ThresholdCurve curve =
        new ThresholdCurve(
            3,
            0.76,
            List.of(
                new ThresholdCurve.Point(0.7, 0.25),
                new ThresholdCurve.Point(0.85, 0.1726),
                new ThresholdCurve.Point(0.99, 0.9)),
            1);

    assertThat(Report.html(ReportSamples.withCurves(curve)))
        .contains("Block 3: at best 0.1726, at 0.85; the run has 0.76.")
        .contains("class=\"chosen\"");
    assertThat(EVERY_METRIC).doesNotContain("Each block alone");
  }

  @Test
  void anythingElseThanLossesIsNoCurve() {
    assertThat(LossCurve.parse("no json")).isNull();
    assertThat(LossCurve.parse("{\"losses\":[{\"step\":1}]}")).isNull();
    assertThat(LossCurve.parse("{\"losses\":7}")).isNull();
  }

  @Test
  void promptWithoutEvidenceSaysSo() {
    assertThat(Report.html(ReportSamples.withPrompts(ReportSamples.promptWithoutEvidence(5))))
        .containsSubsequence("Prompt 5<", "No string of the corpus is similar enough");
  }

  @Test
  void namesNoAddress() {
    assertThat(ONE_PROMPT).doesNotContain("http://", "https://", "@import", "url(");
  }

  @Test
  void loadsNothingButWhatItCarries() {
    assertThat(ONE_PROMPT).doesNotContainPattern(SOURCE);
  }

  @Test
  void whatScrollsCanBeReachedByKeyboardAndHasAName() {
    List<String> regions =
        Pattern.compile("<div class=\"scroll[^>]*>")
            .matcher(ONE_PROMPT)
            .results()
            .map(MatchResult::group)
            .toList();

    assertThat(regions)
        .isNotEmpty()
        .doesNotHaveDuplicates()
        .allSatisfy(
            region -> assertThat(region).contains("tabindex=\"0\" role=\"region\" aria-label=\""));
  }

  @Test
  void everyTableHasACaptionAndNoHeaderIsEmpty() {
    for (String page : List.of(ONE_PROMPT, EVERY_METRIC)) {
      assertThat(page.split("<table", -1)).hasSameSizeAs(page.split("<caption", -1));
      assertThat(page).doesNotContainPattern("<th[^>]*>\\s*</th>");
    }
  }

  @Test
  void titleAndHeadingSayOfWhichModelAndCorpusItIs() {
    Map<String, Double> metrics = new TreeMap<>(ReportSamples.METRICS);
    for (String protocol : List.of("honest", "compatible")) {
      metrics.put(protocol + ".hellinger.ci95_low", 0.25);
      metrics.put(protocol + ".hellinger.ci95_high", 0.26);
    }

    assertThat(ONE_PROMPT).contains("<h1>a model on a corpus</h1>");
    assertThat(ONE_PROMPT).contains("<title>a model on a corpus</title>");
    assertThat(ReportSamples.withMetrics(metrics).title()).isEqualTo("a model on a corpus: 0.2566");
  }

  @Test
  void whatIsLinkedToIsThereOnce() {
    for (String page : List.of(ONE_PROMPT, EVERY_METRIC)) {
      List<String> linked =
          Pattern.compile("href=\"#([^\"]*)\"")
              .matcher(page)
              .results()
              .map(found -> found.group(1))
              .toList();

      assertThat(linked).contains("found", "distances", "prompts", "words", "honest");
      assertThat(linked)
          .allSatisfy(id -> assertThat(page.split(" id=\"" + id + "\"", -1)).hasSize(2));
    }
  }

  @Test
  void statementsAreCalledByTheTablesThatTheyRead() {
    assertThat(EVERY_METRIC)
        .contains("<summary>SQL: summaries, distances</summary>", "<summary>SQL: runs</summary>");
  }

  @Test
  void promptsComeBeforeHowTheyWereComputed() {
    assertThat(Report.html(ReportSamples.withJoins(new ReportData.Join(0, 24, 0.9, 0.1, 0))))
        .containsSubsequence(
            "<section id=\"distances\">",
            "<section id=\"prompts\">",
            "<section id=\"blocks\"",
            "How the join settled its pairs",
            "<section id=\"words\">",
            "<section id=\"origin\">");
  }

  @Test
  void eachSliceHasADotForItsStringsAndOneForItsNGram() {
    Comparison.Mean strings = new Comparison.Mean(0.2, 0.15, 0.25);
    Comparison.Mean ngram = new Comparison.Mean(0.3, 0.25, 0.36);
    SliceRow row = new SliceRow("kind", 1, "slice", 9, strings, strings, ngram, null, 0.5);
    SliceDots dots = SliceDots.of(List.of(row));

    assertThat(dots.axis().greatest()).isEqualTo(0.4, offset(1e-9));
    assertThat(dots.across(0.3)).isEqualTo("75.00%");
    assertThat(Templates.render("slices.jte", Map.of("slices", List.of(row))).split("<circle", -1))
        .as("two in the picture, two in the legend")
        .hasSize(5);
  }

  @Test
  void slicesOfOneKindShareItsHeader() {
    Map<String, Double> metrics = new TreeMap<>(ReportSamples.METRICS);
    for (String slice : List.of("split.inside", "split.outside", "occurrences.once")) {
      metrics.put("slice." + slice + ".prompts", 10.0);
      metrics.put("slice." + slice + ".honest.top1", 0.5);
    }

    assertThat(SliceRow.of(FormerNames.figures(metrics)).stream().map(SliceRow::kindRows))
        .containsExactly(2, 0, 1);
  }
}
