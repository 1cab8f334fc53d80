/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindred.LocalSpark;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalSpark.class)
class TestTable {
  private static final Table TABLE =
      SchemaFile.table(
          "measurements",
          """
          -- grain: a measurement
          -- keys: station
          -- filled by: measure

          station string not null comment 'where',
          id bigint not null comment 'which',
          values array<float> not null comment 'what it''s about; at least one',
            -- check: size(values) > 0
          counts map<int, bigint> comment 'how often'
          -- check: forall(values, x -> x between 0 and 1)
          """);

  @Test
  void aFileStatesATable() {
    assertThat(TABLE.grain()).isEqualTo("a measurement");
    assertThat(TABLE.partitionColumns()).containsExactly("station");
    assertThat(TABLE.filledBy()).isEqualTo("measure");
    assertThat(TABLE.covers()).isEmpty();
    assertThat(TABLE.checks())
        .containsExactly("size(values) > 0", "forall(values, x -> x between 0 and 1)");
    assertThat(TABLE.columns().sql())
        .isEqualTo(
            "STRUCT<station: STRING NOT NULL COMMENT 'where', id: BIGINT NOT NULL COMMENT 'which',"
                + " values: ARRAY<FLOAT> NOT NULL COMMENT 'what it\\'s about; at least one', counts:"
                + " MAP<INT, BIGINT> COMMENT 'how often'>");
    assertThat(TABLE.columns().apply("values").dataType())
        .isEqualTo(DataTypes.createArrayType(DataTypes.FloatType, false));
    assertThat(TABLE.columns().apply("counts").dataType())
        .isEqualTo(DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType, false));
  }

  @Test
  void aFileWithoutGrainIsNamed() {
    assertThatThrownBy(() -> SchemaFile.table("measurements", "-- keys: id\nid int"))
        .hasMessage("Missing line of table measurements: -- grain: ..");
  }

  @Test
  void fileColumnsAreAllButThePartitionColumns() {
    assertThat(TABLE.fileColumns().fieldNames()).containsExactly("id", "values", "counts");
  }

  @Test
  void conformPutsColumnsInTheTablesOrderAndDropsOthers(SparkSession spark) {
    StructType shuffled =
        new StructType()
            .add("counts", DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType))
            .add("remark", DataTypes.StringType)
            .add("id", DataTypes.LongType)
            .add("values", DataTypes.createArrayType(DataTypes.FloatType));
    Row row = RowFactory.create(Map.of(3, 4L), "none", 7L, new float[] {1, 2});

    Dataset<Row> conformed = TABLE.conform(spark.createDataFrame(List.of(row), shuffled));

    assertThat(conformed.columns()).containsExactly("id", "values", "counts");
    assertThat(conformed.head().getLong(0)).isEqualTo(7);
    assertThat(conformed.head().<Float>getList(1)).containsExactly(1f, 2f);
    assertThat(conformed.head().<Integer, Long>getJavaMap(2)).containsExactly(Map.entry(3, 4L));
  }

  @Test
  void conformIgnoresNullabilityAtEveryDepth(SparkSession spark) {
    StructType nullable =
        new StructType()
            .add("id", DataTypes.LongType, true)
            .add("values", DataTypes.createArrayType(DataTypes.FloatType, true), true)
            .add(
                "counts",
                DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType, true),
                true);

    Dataset<Row> conformed = TABLE.conform(spark.createDataFrame(List.of(), nullable));

    assertThat(conformed.schema()).isEqualTo(nullable);
  }

  @Test
  void conformNamesTheMissingColumn(SparkSession spark) {
    Dataset<Row> rows =
        spark.createDataFrame(List.of(), new StructType().add("id", DataTypes.LongType));

    assertThatThrownBy(() -> TABLE.conform(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Missing column of table measurements: values");
  }

  @Test
  void conformNamesTheMistypedColumnAndBothTypes(SparkSession spark) {
    Dataset<Row> rows =
        spark.createDataFrame(
            List.of(),
            new StructType()
                .add("id", DataTypes.LongType)
                .add("values", DataTypes.createArrayType(DataTypes.DoubleType))
                .add("counts", DataTypes.createMapType(DataTypes.IntegerType, DataTypes.LongType)));

    assertThatThrownBy(() -> TABLE.conform(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid column values of table measurements: array<double>, expected array<float>");
  }

  @Test
  void conformSeesAMapsValueType(SparkSession spark) {
    Dataset<Row> rows =
        spark.createDataFrame(
            List.of(),
            new StructType()
                .add("id", DataTypes.LongType)
                .add("values", DataTypes.createArrayType(DataTypes.FloatType))
                .add(
                    "counts",
                    DataTypes.createMapType(DataTypes.IntegerType, DataTypes.IntegerType)));

    assertThatThrownBy(() -> TABLE.conform(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid column counts of table measurements: map<int,int>, expected map<int,bigint>");
  }

  @Test
  void partitionColumnsOfEveryTableAreItsLeadingColumns() {
    for (Table table : Tables.ALL) {
      assertThat(List.of(table.columns().fieldNames()).subList(0, table.partitionColumns().size()))
          .as("leading columns of %s", table.name())
          .isEqualTo(table.partitionColumns());
    }
  }
}
