/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Map;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Gives the processes that a cluster starts the logging of this jar: executors {@code
 * log4j2-executor.properties}, whose lines carry the run's id, and a driver that runs on the
 * cluster {@code log4j2.properties}. {@code spark.plugins} names it in {@code conf/cluster}.
 *
 * <p>A plugin, since it is the one way that is the same on all kinds of cluster: the configuration
 * need not be a file on each host before the process starts. A process whose command line says
 * where its configuration is ({@code -Dlog4j2.configurationFile}) keeps it.
 */
public final class ClusterLogs implements SparkPlugin {
  private static final String CONFIGURATION = "log4j2.configurationFile";

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext spark, PluginContext context) {
        if (context.conf().get("spark.submit.deployMode", "client").equals("cluster")) {
          configure("log4j2.properties");
        }

        return Map.of();
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> fromDriver) {
        if (!context.executorID().equals("driver")) { // as it is in local mode
          configure("log4j2-executor.properties");
        }
      }
    };
  }

  private static void configure(String resource) {
    if (System.getProperty(CONFIGURATION) != null) {
      return;
    }

    URL found = ClusterLogs.class.getResource(resource);
    if (found == null) {
      throw new IllegalStateException("Not in the jar: " + resource);
    }

    try {
      Configurator.reconfigure(new URI(found.toString()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
