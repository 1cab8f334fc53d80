/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.serve;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.analysis.PromptLens;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.report.Glossary;
import dev.kindred.jobs.report.Report;
import dev.kindred.jobs.sql.ReadOnlyQueries;
import dev.kindred.lens.Lens;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Which question is answered how: every page has an address, and each is JSON, too. */
final class Pages {
  /** Similar strings of a block that are listed unless another number is asked for. */
  private static final int STRINGS = 5;

  private static final int MOST_STRINGS = 100;

  /** Positions that the lens shows: the last ones. */
  private static final int MOST_LENS = 40;

  /** Tokens of a document that are marked. */
  private static final int MOST_MARKED = 1000;

  /** Places of a text that are listed. */
  private static final int MOST_PLACES = 20;

  private final Explorer explorer;

  Pages(Explorer explorer) {
    this.explorer = explorer;
  }

  /**
   * Answers a question. What the asker can mend is an answer, too.
   *
   * @return none if there is no such page
   */
  Optional<Answer> answer(Question question) {
    try {
      return found(question);
    } catch (InvalidInput e) {
      return Optional.of(
          Answer.problem(
              400,
              e.getMessage(),
              question.isJson(),
              page(
                  question,
                  "not answered",
                  question.parameter("run").orElse(""),
                  field(question))));
    }
  }

  private Optional<Answer> found(Question question) {
    List<String> path = question.path();
    String first = path.isEmpty() ? "runs" : path.get(0);
    if (path.size() <= 1) {
      return switch (first) {
        case "runs" -> Optional.of(runs(question));
        case "explain" -> Optional.of(explain(question));
        case "bins" -> question.isJson() ? Optional.of(bins(question)) : Optional.empty();
        case "ngram" -> question.isJson() ? Optional.of(ngram(question)) : Optional.empty();
        case "text" -> Optional.of(text(question));
        case "lens" -> Optional.of(lens(question));
        case "trace" -> Optional.of(trace(question));
        case "count" -> Optional.of(count(question));
        case "compare" -> Optional.of(compare(question));
        case "documents" -> Optional.of(document(question));
        case "sql" -> Optional.of(sql(question));
        case "words" -> Optional.of(words(question));
        default -> Optional.empty();
      };
    }

    if (path.size() == 2) {
      return switch (first) {
        case "runs" -> Optional.of(run(question, path.get(1)));
        case "strings" -> Optional.of(string(question, path.get(1)));
        default -> Optional.empty();
      };
    }

    return Optional.empty();
  }

  private OpenRun asked(Question question) {
    return explorer.run(question.parameter("run").orElseGet(explorer::newest));
  }

  private ExplorerPage page(Question question, String title, String runId, String field) {
    return new ExplorerPage(
        title, runId, question.parameter("text").orElse(""), question.asJson(), field);
  }

  private Answer shown(
      Question question, String template, String title, String runId, Object found) {
    return question.isJson()
        ? Answer.json(found)
        : Answer.html(
            page(question, title, runId, field(question)).render(template, "found", found));
  }

  private static String field(Question question) {
    String first = question.path().isEmpty() ? "" : question.path().get(0);
    return List.of("text", "lens", "trace", "count").contains(first) ? first : "explain";
  }

  private Answer runs(Question question) {
    List<RunLine> runs = explorer.runs();
    return shown(
        new Question(List.of("runs"), question.isJson(), question.parameters()),
        "explorer_runs.jte",
        "runs",
        runs.isEmpty() ? "" : runs.get(0).runId(),
        runs);
  }

  private Answer run(Question question, String runId) {
    return shown(
        question,
        "explorer_run.jte",
        "run " + runId,
        runId,
        RunView.of(
            explorer.warehouse(),
            runId,
            question.parameter("q").orElse(""),
            question.parameter("order").orElse("worst"),
            question.number("low", 0, 0, RunView.BINS - 1),
            question.number("high", RunView.BINS, 1, RunView.BINS),
            question.number("from", 0, 0, 1 << 28)));
  }

  private Answer explain(Question question) {
    OpenRun run = asked(question);
    Optional<String> text = question.parameter("text");
    if (text.isEmpty()) {
      return empty(question, run, "ask");
    }

    OpenRun.Answered answered =
        run.ask(
            text.get(),
            question.number("strings", STRINGS, 1, MOST_STRINGS),
            question.isJson() && question.parameter("shading").isEmpty()
                ? Explain.Shades.NOTHING
                : Explain.Shades.TOKENS);
    if (question.parameter("save").isPresent()) {
      return Answer.html(Report.html(answered.explained()));
    }

    return question.isJson()
        ? Answer.json(answered.explained())
        : Answer.html(
            page(question, text.get(), run.plan().runId(), "explain")
                .render(
                    "explorer_explain.jte",
                    "found",
                    new OpenRun.Page(answered, run.ngram(answered).orElse(null))));
  }

  /** What the explanation's sliders are moved over. */
  private Answer bins(Question question) {
    return Answer.json(asked(question).bins(given(question)));
  }

  /** What the best n-gram says, beside the strings. */
  private Answer ngram(Question question) {
    OpenRun run = asked(question);
    return Answer.json(
        run.ngram(run.ask(given(question), 1, Explain.Shades.NOTHING))
            .orElseThrow(
                () ->
                    new InvalidInput(
                        "ngram.json: run %s has fitted no n-gram", run.plan().runId())));
  }

  private static String given(Question question) {
    return question
        .parameter("text")
        .orElseThrow(() -> new InvalidInput("text: is not there; ask with ?text="));
  }

  private Answer text(Question question) {
    return aboutText(question, "text", OpenRun::text);
  }

  /** An answer that is a template's, or the page that asks. */
  private Answer aboutText(
      Question question, String name, BiFunction<OpenRun, String, Object> found) {
    OpenRun run = asked(question);
    return question.parameter("text").isEmpty()
        ? empty(question, run, name)
        : shown(
            question,
            "explorer_" + name + ".jte",
            name,
            run.plan().runId(),
            found.apply(run, question.parameters().get("text")));
  }

  private Answer lens(Question question) {
    OpenRun run = asked(question);
    if (question.parameter("text").isEmpty()) {
      return empty(question, run, "lens");
    }

    Lens lens = run.lens(question.parameters().get("text"), MOST_LENS);
    return question.isJson()
        ? Answer.json(lens)
        : Answer.html(
            page(question, "lens", run.plan().runId(), "lens")
                .render("explorer_findings.jte", "found", PromptLens.findings(lens, "the text")));
  }

  private Answer trace(Question question) {
    return aboutText(question, "trace", (run, text) -> run.corpus().trace(text));
  }

  private Answer count(Question question) {
    return aboutText(question, "count", (run, text) -> run.corpus().count(text, MOST_PLACES));
  }

  private Answer string(Question question, String number) {
    if (!number.matches("\\d{1,18}")) {
      throw new InvalidInput("string %s: not a string's number", number);
    }

    OpenRun run = asked(question);
    return shown(
        question,
        "explorer_string.jte",
        "string " + number,
        run.plan().runId(),
        run.string(Long.parseLong(number)));
  }

  private Answer document(Question question) {
    OpenRun run = asked(question);
    String name =
        question
            .parameter("document")
            .orElseThrow(() -> new InvalidInput("document: is not there"));
    return shown(
        question,
        "explorer_document.jte",
        name,
        run.plan().runId(),
        run.corpus()
            .document(
                name,
                question.number("at", 0, 0, Integer.MAX_VALUE / 4),
                question.number("tokens", 1, 1, MOST_MARKED)));
  }

  private Answer compare(Question question) {
    String a = question.parameter("a").orElseThrow(() -> missing("a"));
    String b = question.parameter("b").orElseThrow(() -> missing("b"));
    return shown(
        question,
        "explorer_compare.jte",
        "compare " + a + " and " + b,
        a,
        RunComparison.of(explorer.warehouse(), a, b));
  }

  private static InvalidInput missing(String name) {
    return new InvalidInput("compare needs two runs: /compare?a=RUN&b=RUN; %s is not there", name);
  }

  private Answer words(Question question) {
    return question.isJson()
        ? Answer.json(Glossary.WORDS)
        : Answer.html(
            page(question, "words", question.parameter("run").orElse(""), "explain")
                .render("explorer_words.jte", "found", Glossary.WORDS));
  }

  private Answer sql(Question question) {
    Optional<String> asked = question.parameter("sql");
    String runId = question.parameter("run").orElse("");
    if (asked.isEmpty()) {
      return question.isJson()
          ? Answer.json(QueryView.EXAMPLES)
          : Answer.html(
              page(question, "SQL", runId, "explain")
                  .render("explorer_sql.jte", "found", QueryView.NOTHING));
    }

    try {
      ReadOnlyQueries.Result result = explorer.queries().run(asked.get());
      if (question.parameter("save").isPresent()) {
        return Answer.csv(result.csv());
      }

      return question.isJson()
          ? Answer.json(result)
          : Answer.html(
              page(question, "SQL", runId, "explain")
                  .render("explorer_sql.jte", "found", QueryView.of(result)));
    } catch (InvalidInput e) {
      return question.isJson()
          ? Answer.problem(400, e.getMessage(), true)
          : Answer.html(
                  page(question, "SQL", runId, "explain")
                      .render("explorer_sql.jte", "found", QueryView.of(asked.get(), e)))
              .with(400);
    }
  }

  /** A page that asks. */
  private Answer empty(Question question, OpenRun run, String title) {
    if (question.isJson()) {
      throw new InvalidInput("text: is not there; ask with ?text=");
    }

    return Answer.html(
        page(question, title, run.plan().runId(), field(question))
            .render("explorer_ask.jte", "found", Map.of()));
  }
}
