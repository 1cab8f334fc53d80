/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@code SparkSession} parameter: two local cores, no UI, UTC, two shuffle
 * partitions.
 *
 * <p>One session per JVM, which ends with it: starting Spark takes longer than most tests. Commands
 * that a test runs in its JVM are guests of it. A test that needs other SQL settings takes {@code
 * spark.newSession()}.
 */
public final class LocalSpark implements BeforeAllCallback, ParameterResolver {
  private static SparkSession session;
  private static Map<String, String> begunWith;

  @Override
  public void beforeAll(ExtensionContext context) {
    session();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == SparkSession.class;
  }

  @Override
  public SparkSession resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return session();
  }

  /**
   * The session of this JVM.
   *
   * <p>It is the same one until it is stopped, or until system properties of Spark ({@code
   * spark.*}) are others than those it was begun with: then it is a new one, and that before ends.
   */
  public static synchronized SparkSession session() {
    Map<String, String> properties = properties();
    if (session == null || session.sparkContext().isStopped() || !begunWith.equals(properties)) {
      if (session != null) {
        session.stop();
      }

      session = begin(properties);
      begunWith = properties;
    }

    return session;
  }

  private static SparkSession begin(Map<String, String> properties) {
    Map<String, String> settings =
        new TreeMap<>(
            Map.of(
                "spark.master", "local[2]",
                "spark.driver.host", "127.0.0.1",
                "spark.driver.bindAddress", "127.0.0.1",
                "spark.sql.session.timeZone", "UTC",
                "spark.sql.shuffle.partitions", "2",
                "spark.sql.artifact.isolation.enabled", "false",
                // More than a run's queries have, which would else be compiled for every run anew.
                "spark.sql.codegen.cache.maxEntries", "5000",
                "spark.ui.enabled", "false",
                "spark.ui.showConsoleProgress", "false"));
    settings.putAll(properties);
    SparkSession.Builder builder = SparkSession.builder().appName("kindred-tests");
    settings.forEach(builder::config);
    return builder.getOrCreate();
  }

  private static Map<String, String> properties() {
    Map<String, String> properties = new TreeMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("spark.")) {
        properties.put(name, System.getProperty(name));
      }
    }

    return properties;
  }
}
