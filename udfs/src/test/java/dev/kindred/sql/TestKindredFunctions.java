/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.InvalidInput;
import dev.kindred.LocalSpark;
import dev.kindred.math.Cosine;
import dev.kindred.math.Hellinger;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LocalSpark.class)
class TestKindredFunctions {

  /** How Spark can run an expression. */
  private enum Mode {
    WHOLE_STAGE,
    PROJECTION,
    INTERPRETED
  }

  private static SparkSession session(SparkSession spark, Mode mode) {
    SparkSession session = spark.newSession();
    session.conf().set("spark.sql.catalog.kindred", KindredCatalog.class.getName());
    session.conf().set("spark.sql.codegen.wholeStage", mode == Mode.WHOLE_STAGE);
    session
        .conf()
        .set(
            "spark.sql.codegen.factoryMode",
            mode == Mode.INTERPRETED ? "NO_CODEGEN" : "CODEGEN_ONLY");
    // Else Spark computes on the driver what has no table.
    session
        .conf()
        .set(
            "spark.sql.optimizer.excludedRules",
            "org.apache.spark.sql.catalyst.optimizer.ConstantFolding,"
                + "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation");
    return session;
  }

  /** The value of an expression as JSON; "" for NULL. */
  private static String value(SparkSession session, String expression) {
    return values(session, List.of(expression)).get(0);
  }

  private static List<String> values(SparkSession session, List<String> expressions) {
    String columns =
        expressions.stream()
            .map(expression -> "to_json(named_struct('x', kindred." + expression + "))")
            .collect(Collectors.joining(", "));
    Row row = session.sql("select " + columns).first();
    return IntStream.range(0, row.size())
        .mapToObj(i -> row.getString(i).replaceAll("^\\{(\"x\":)?|\\}$", ""))
        .toList();
  }

  private static final List<Map.Entry<String, String>> VALUES =
      List.of(
          Map.entry("cosine_similarity(array(3f, 4f), array(4f, 3f))", "0.96"),
          Map.entry("cosine_similarity(array(3f, 4f), array(-6f, -8f))", "-1.0"),
          Map.entry("cosine_similarity(array(0f, 0f), array(4f, 3f))", "0.0"),
          Map.entry("cosine_similarity(array(3f), null)", ""),
          Map.entry("cosine_similarity(null, null)", ""),
          Map.entry("cosine_similarity(cast(null as array<float>), array(1f))", ""),
          Map.entry("hellinger_distance(array(1f, 0f), array(0f, 1f))", "1.0"),
          Map.entry("hellinger_distance(array(.5f, .5f), array(.5d, .5d))", "0.0"),
          Map.entry("hellinger_distance(map(7, 1d), map(7, 1d))", "0.0"),
          Map.entry("hellinger_distance(map(7, 1d), map(8, 1d))", "1.0"),
          Map.entry("hellinger_distance(map(1, 1d), array(0f, 1f))", "0.0"),
          Map.entry("hellinger_distance(array(0f, 1f), map(1, 1d))", "0.0"),
          Map.entry("hellinger_distance(map(1, .5d, 0, .5d), map(0, .5d, 1, .5d))", "0.0"),
          Map.entry("hellinger_distance(cast(map() as map<int, double>), array(0f, 1f))", "1.0"),
          Map.entry("hellinger_distance(map(1, 1d), null)", ""),
          Map.entry("hellinger_distance(cast(null as map<int, double>), array(0f, 1f))", ""),
          Map.entry("normalize_counts(map(7, 1L, 3, 3L))", "{\"7\":0.25,\"3\":0.75}"),
          Map.entry("normalize_counts(map(7, 1, 3, 3))", "{\"7\":0.25,\"3\":0.75}"),
          Map.entry("normalize_counts(map(7, 0L))", "{}"),
          Map.entry("normalize_counts(cast(map() as map<int, bigint>))", "{}"),
          Map.entry("normalize_counts(cast(null as map<int, bigint>))", ""),
          Map.entry("normalize_counts(null)", ""),
          Map.entry(
              "top_tokens(map(9, 5L, 7, 1L, 3, 5L), 2)",
              "[{\"token_id\":3,\"value\":5.0},{\"token_id\":9,\"value\":5.0}]"),
          Map.entry(
              "top_tokens(array(.25d, .75d), 5)",
              "[{\"token_id\":1,\"value\":0.75},{\"token_id\":0,\"value\":0.25}]"),
          Map.entry("top_tokens(array(.25f, .5f, .25f), 1)", "[{\"token_id\":1,\"value\":0.5}]"),
          Map.entry("top_tokens(cast(array() as array<double>), 1)", "[]"),
          Map.entry("top_tokens(cast(null as array<double>), 1)", ""),
          Map.entry("top_tokens(array(.25d), null)", ""),
          Map.entry("entropy(array(.25d, .25d, .25d, .25d))", "2.0"),
          Map.entry("entropy(array(.5f, 0f, .5f))", "1.0"),
          Map.entry("entropy(map(4, 2L, 5, 1L, 6, 1L))", "1.5"),
          Map.entry("entropy(map(4, 1d))", "0.0"),
          Map.entry("entropy(map(4, 0L))", ""),
          Map.entry("entropy(cast(array() as array<float>))", ""),
          Map.entry("entropy(cast(null as map<int, double>))", ""),
          Map.entry("entropy(null)", ""),
          Map.entry("vector(x'003c00c0ff7b')", "[1.0,-2.0,65504.0]"),
          Map.entry("vector(x'')", "[]"),
          Map.entry("vector(cast(null as binary))", ""),
          Map.entry("vector(null)", ""));

  @ParameterizedTest
  @EnumSource(Mode.class)
  void givesTheSameValuesInEveryWayThatSparkComputes(Mode mode, SparkSession spark) {
    List<String> values =
        values(session(spark, mode), VALUES.stream().map(Map.Entry::getKey).toList());
    for (int i = 0; i < values.size(); i++) {
      assertThat(values.get(i)).as(VALUES.get(i).getKey()).isEqualTo(VALUES.get(i).getValue());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cosine_similarity(array(1f, 2f), array(1f)) | cosine_similarity: lengths differ: 2 and 1",
        "cosine_similarity(array(1f, null), array(1f, 1f)) |"
            + " cosine_similarity: element 1 is NULL; it takes arrays and maps without NULLs",
        "hellinger_distance(array(.5f, .5f), array(1f)) |"
            + " hellinger_distance: lengths differ: 2 and 1",
        "hellinger_distance(map(2, 1d), array(.5f, .5f)) |"
            + " hellinger_distance: the map has token 2, the array only tokens 0 to 1",
        "hellinger_distance(map(2, 42d), map(2, 1d)) | hellinger_distance: probabilities sum to"
            + " 42.00, not to 1; make counts a distribution with normalize_counts",
        "cosine_similarity(array(1f, float('infinity')), array(1f, 1f)) |"
            + " cosine_similarity: element 1 is Infinity",
        "hellinger_distance(map(2, double('NaN')), map(2, 1d)) |"
            + " hellinger_distance: element 0 is NaN",
        "normalize_counts(map(2, -1L)) | normalize_counts: the value of token 2 is negative: -1.0",
        "normalize_counts(map(1, 1L, 2, null)) |"
            + " normalize_counts: element 1 is NULL; it takes arrays and maps without NULLs",
        "top_tokens(array(1f), 0) | top_tokens: k is 0; it must be at least 1",
        "entropy(array(1f, float('infinity'))) | entropy: element 1 is Infinity",
        "entropy(map(7, -1)) | entropy: the value of token 7 is negative: -1.0"
      })
  void saysInOneLineWhatIsWrongWithAValue(String expression, String message, SparkSession spark) {
    assertThatThrownBy(() -> value(session(spark, Mode.WHOLE_STAGE), expression))
        .extracting(InvalidInput::findIn)
        .extracting(Throwable::getMessage)
        .isEqualTo(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cosine_similarity(array(1f), array(1d)) | cosine_similarity takes (array<float>,"
            + " array<float>), got (array<float>, array<double>)",
        "cosine_similarity(array(1f)) |"
            + " cosine_similarity takes (array<float>, array<float>), got (array<float>)",
        "hellinger_distance(map(1, 1L), map(1, 1d)) | hellinger_distance takes (array or map<int,"
            + " ..> of float or double, array or map<int, ..> of float or double), got"
            + " (map<int,bigint>, map<int,double>)",
        "normalize_counts(map(1, 1d)) |"
            + " normalize_counts takes (map<int, int or bigint>), got (map<int,double>)",
        "normalize_counts(array(1L)) |"
            + " normalize_counts takes (map<int, int or bigint>), got (array<bigint>)",
        "top_tokens(array(1f)) | top_tokens takes (array or map<int, ..> of float, double, int or"
            + " bigint, int k), got (array<float>)",
        "top_tokens(array('a'), 1) | top_tokens takes (array or map<int, ..> of float, double, int"
            + " or bigint, int k), got (array<string>, int)",
        "top_tokens(array(1f), 1L) | top_tokens takes (array or map<int, ..> of float, double, int"
            + " or bigint, int k), got (array<float>, bigint)",
        "entropy(map('a', 1d)) | entropy takes (array or map<int, ..> of float, double, int or"
            + " bigint), got (map<string,double>)"
      })
  void saysWhatItTakesAndWhatItGot(String expression, String message, SparkSession spark) {
    assertThatThrownBy(() -> value(session(spark, Mode.WHOLE_STAGE), expression))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void agreesWithThePipelineOnColumns(Mode mode, SparkSession spark) {
    Random random = new Random(7);
    StructType columns =
        StructType.fromDDL(
            "id int, a array<float>, b array<float>, p map<int,double>, q array<float>");
    List<Row> rows =
        random
            .ints(50)
            .mapToObj(
                seed -> {
                  Random own = new Random(seed);
                  float share = own.nextFloat();
                  return RowFactory.create(
                      seed,
                      List.of(own.nextFloat(), own.nextFloat() - 1, own.nextFloat()),
                      List.of(own.nextFloat(), own.nextFloat() - 1, own.nextFloat()),
                      Map.of(2, (double) share, 0, 1 - (double) share),
                      List.of(share / 2, .5f, .5f - share / 2));
                })
            .toList();
    SparkSession session = session(spark, mode);
    session.createDataFrame(rows, columns).repartition(3).createOrReplaceTempView("t");

    List<Row> found =
        session
            .sql(
                "select *, kindred.cosine_similarity(a, b), kindred.hellinger_distance(p, q),"
                    + " kindred.hellinger_distance(q, p), kindred.hellinger_distance(p, p) from t")
            .collectAsList();
    assertThat(found).hasSize(50);
    for (Row row : found) {
      assertThat(row.getDouble(5)).isEqualTo(Cosine.similarity(floats(row, 1), floats(row, 2)));
      Map<Integer, Double> p = row.getJavaMap(3);
      double[] q = new double[3];
      for (int i = 0; i < 3; i++) {
        q[i] = floats(row, 4)[i];
      }

      double expected = Hellinger.distance(q, new double[] {p.get(0), 0, p.get(2)});
      assertThat(row.getDouble(6)).isEqualTo(expected);
      assertThat(row.getDouble(7)).isEqualTo(expected);
      assertThat(row.getDouble(8)).isZero();
    }
  }

  private static float[] floats(Row row, int column) {
    List<Float> list = row.getList(column);
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = list.get(i);
    }

    return floats;
  }

  @Test
  void isComputedInGeneratedCodeWithoutObjectsForElements(SparkSession spark) {
    SparkSession session = session(spark, Mode.WHOLE_STAGE);
    String code =
        session
            .sql(
                "explain codegen select kindred.cosine_similarity(array(float(id)), array(1f)),"
                    + " kindred.entropy(array(float(id))) from range(3)")
            .first()
            .getString(0);

    assertThat(code)
        .contains("dev.kindred.sql.CosineSimilarityFunction.invoke(")
        .contains("(dev.kindred.sql.EntropyFunction) references[");
  }

  @Test
  void everyNameHasAFunctionWithUsage() {
    assertThat(new HashSet<>(KindredFunctions.NAMES)).hasSameSizeAs(KindredFunctions.NAMES);
    for (String name : KindredFunctions.NAMES) {
      DeclaredFunction function =
          KindredFunctions.find(name, () -> null, () -> null, () -> null).orElseThrow();
      assertThat(function.name()).isEqualTo(name);
      assertThat(function.usage()).startsWith(name + "(").contains("): ");
    }
  }

  @Test
  void aFunctionThatIsNotThereIsReportedAsSuch(SparkSession spark) {
    assertThatThrownBy(() -> value(session(spark, Mode.WHOLE_STAGE), "nonsense(1)"))
        .isInstanceOf(AnalysisException.class)
        .hasMessageContaining("nonsense");
  }
}
