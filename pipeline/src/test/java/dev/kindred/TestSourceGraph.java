/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TestSourceGraph {
  private static final String TWO = "package p;\nfinal class Two {}\n";

  @Test
  void aCircleIsNamedOnceByItsShortestWay() {
    SourceGraph graph =
        SourceGraph.ofTexts(
            Map.of(
                "One.java", "package p;\nclass One {\n  Two two;\n}\n",
                "Two.java", "package p;\nclass Two {\n  Three<Four> three;\n}\n",
                "Three.java", "package p;\nclass Three<T> {\n  Object o = new One();\n}\n",
                "Four.java", "package p;\nrecord Four(Five five) {}\n",
                "Five.java", "package p;\n@Six(1)\nfinal class Five {}\n",
                "Six.java", "package p;\n@interface Six {\n  int value();\n}\n",
                "Seven.java", "package p;\nenum Seven {\n  A;\n  p.Eight o;\n}\n",
                "Eight.java", "package p;\ninterface Eight {\n  Object o = Seven.A;\n}\n"));

    assertThat(graph.circles())
        .containsExactly("p: Eight -> Seven -> Eight", "p: One -> Two -> Three -> One");
  }

  @Test
  void commentsAndLiteralsCountForNothing() {
    String one =
        """
        package p;
        /** See {@link Two}. */
        final class One { // Two
          char quote = '"'; /* Two "
          */ String text = "\\" Two // ";
          String block = \"""
              Two "Two" \\\""" Two
              \""";
        }
        """;

    assertThat(SourceGraph.ofTexts(Map.of("One.java", one, "Two.java", TWO)).known().get("p.One"))
        .isEmpty();
    assertThat(
            SourceGraph.ofTexts(Map.of("One.java", one + "class O extends Two {}", "Two.java", TWO))
                .known()
                .get("p.One"))
        .containsExactly("p.Two");
  }

  @Test
  void aNameIsThatOfTheNestedOrImportedTypeWhereThereIsOne() {
    SourceGraph graph =
        SourceGraph.ofTexts(
            Map.of(
                "Nested.java",
                "package p;\nclass Nested {\n  private record Two(int i) {}\n  Two two;\n}\n",
                "Imported.java",
                "package p;\nimport java.util.Two;\nclass Imported {\n  Two two;\n}\n",
                "Member.java",
                "package p;\nclass Member {\n  Object o = Nested\n      .Two.class;\n}\n",
                "Two.java",
                TWO));

    assertThat(graph.known().get("p.Nested")).isEmpty();
    assertThat(graph.known().get("p.Imported")).isEmpty();
    assertThat(graph.known().get("p.Member")).containsExactly("p.Nested");
  }

  @Test
  void theTypesOfAFileAreOne() {
    SourceGraph graph =
        SourceGraph.ofTexts(
            Map.of(
                "Shape.java",
                "package p;\nsealed interface Shape permits Round {}\n"
                    + "final class Round implements Shape {}\n",
                "Plane.java",
                "package p;\nclass Plane {\n  Round round;\n}\n"));

    assertThat(graph.circles()).isEmpty();
    assertThat(graph.known().get("p.Plane")).containsExactly("p.Shape");
  }

  @Test
  void whatStandsBelowKnowsNothingAboveByImportOrByName() {
    PackageOrder order =
        PackageOrder.of(
            """
            ## Floors

            | floor | packages | what lives there |
            |---|---|---|
            | upper | `b` -> `c`, `d` | much |
            | lower | `dev.kindred` -> `a` | little |

            ## Others
            """);
    SourceGraph graph =
        SourceGraph.ofTexts(
            Map.of(
                "A.java", "package dev.kindred.a;\nimport dev.kindred.b.B.Part;\nclass A {}\n",
                "B.java", "package dev.kindred.b;\nclass B {\n  dev.kindred.a.A a;\n}\n",
                "C.java", "package dev.kindred.c;\nclass C {\n  dev.kindred.d.D.Part d;\n}\n",
                "D.java", "package dev.kindred.d;\nimport static dev.kindred.b.B.b;\nclass D {}\n",
                "E.java", "package dev.kindred;\nclass E {\n  dev.kindred.a.A a;\n}\n"));

    assertThat(order.upwards(graph))
        .containsExactly(
            "dev.kindred.E knows dev.kindred.a.A",
            "dev.kindred.a.A knows dev.kindred.b.B",
            "dev.kindred.c.C knows dev.kindred.d.D");
    assertThatThrownBy(
            () ->
                order.upwards(
                    SourceGraph.ofTexts(
                        Map.of(
                            "A.java", "package dev.kindred.a;\nclass A {}\n",
                            "X.java",
                                "package dev.kindred.x;\nclass X {\n  dev.kindred.a.A a;\n}\n"))))
        .hasMessage("no floor for the package dev.kindred.x");
  }
}
