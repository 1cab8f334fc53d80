/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.analysis;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.model.files.FileContent;
import dev.kindred.model.files.Safetensors;
import dev.kindred.model.files.SafetensorsWriter;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;

/** Files of vectors, a row for each position, T x D. */
final class VectorRows {
  private static final String OPTION = "--vectors";
  private static final String PARQUET = ".parquet";
  private static final String NAME = "vectors";

  private VectorRows() {}

  /**
   * Reads a file.
   *
   * @param dimension D
   * @throws InvalidInput if it is no such file, or its vectors have another length
   */
  static float[] read(String uri, int dimension, Workspace workspace) throws IOException {
    return uri.endsWith(PARQUET)
        ? parquet(uri, dimension, workspace)
        : safetensors(uri, dimension, workspace.hadoop());
  }

  private static float[] safetensors(String uri, int dimension, Configuration hadoop)
      throws IOException {
    Path path = new Path(uri);
    try (FileContent content = FileContent.open(path.getFileSystem(hadoop), path)) {
      Safetensors file = Safetensors.open(OPTION + " " + uri, content);
      List<Safetensors.Tensor> tensors = file.tensors();
      if (tensors.size() != 1
          || tensors.get(0).shape().length != 2
          || tensors.get(0).shape()[0] == 0
          || tensors.get(0).shape()[1] != dimension) {
        throw new InvalidInput(
            "%s %s: expected one tensor of shape [T, %d], the length of the model's vectors",
            OPTION, uri, dimension);
      }

      return checked(uri, file.floats(tensors.get(0)));
    } catch (FileNotFoundException e) {
      throw new InvalidInput("%s %s: there is no such file", OPTION, uri);
    }
  }

  private static float[] parquet(String uri, int dimension, Workspace workspace) {
    try {
      List<Row> rows =
          workspace
              .spark()
              .read()
              .parquet(uri)
              .selectExpr(
                  "cast(position as int) as position", "cast(vector as array<float>) as vector")
              .orderBy("position")
              .collectAsList();
      float[] values = new float[rows.size() * dimension];
      for (int t = 0; t < rows.size(); t++) {
        List<Float> vector = rows.get(t).isNullAt(1) ? List.of() : rows.get(t).getList(1);
        if (vector.size() != dimension || rows.get(t).isNullAt(0) || rows.get(t).getInt(0) != t) {
          throw new InvalidInput(
              "%s %s: expected positions 0, 1, .. and vectors of %d numbers, the model's; row %d has"
                  + " position %s and %d numbers",
              OPTION, uri, dimension, t, rows.get(t).get(0), vector.size());
        }

        for (int i = 0; i < dimension; i++) {
          values[t * dimension + i] = vector.get(i) == null ? Float.NaN : vector.get(i);
        }
      }

      if (rows.isEmpty()) {
        throw new InvalidInput("%s %s: there is no vector in it", OPTION, uri);
      }

      return checked(uri, values);
    } catch (Exception e) {
      // Spark's Scala methods throw this checked exception without saying so.
      if (e instanceof AnalysisException) {
        throw new InvalidInput(
            "%s %s: expected a Parquet file with the columns position and vector", OPTION, uri);
      }

      throw e;
    }
  }

  private static float[] checked(String uri, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidInput("%s %s: number %d is not finite", OPTION, uri, i);
      }
    }

    return values;
  }

  /**
   * Checks that a file can be written.
   *
   * @throws InvalidInput if there is one already
   */
  static void checkIsNew(String option, String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    if (path.getFileSystem(hadoop).exists(path)) {
      throw new InvalidInput("%s %s: the file is there already; give another name", option, uri);
    }
  }

  /** Writes vectors, T x D. */
  static void write(String uri, float[] vectors, int dimension, Configuration hadoop)
      throws IOException {
    Path path = new Path(uri);
    try (OutputStream out = path.getFileSystem(hadoop).create(path, false)) {
      SafetensorsWriter.write(
          out,
          Map.of(NAME, new long[] {vectors.length / dimension, dimension}),
          name -> vectors,
          Safetensors.Dtype.F32,
          Map.of());
    }
  }
}
