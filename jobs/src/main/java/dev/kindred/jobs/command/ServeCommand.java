/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.command;

import dev.kindred.InvalidInput;
import dev.kindred.jobs.explain.Explain;
import dev.kindred.jobs.option.JoinOptions;
import dev.kindred.jobs.option.KindredCommand;
import dev.kindred.jobs.option.ModelOptions;
import dev.kindred.jobs.option.RecomputeOption;
import dev.kindred.jobs.option.RuleOptions;
import dev.kindred.jobs.option.TaskOptions;
import dev.kindred.jobs.option.WarehouseOptions;
import dev.kindred.jobs.serve.Explorer;
import dev.kindred.jobs.serve.ExplorerServer;
import dev.kindred.jobs.sql.ReadOnlyQueries;
import dev.kindred.jobs.workspace.Terminal;
import dev.kindred.jobs.workspace.Workspace;
import dev.kindred.table.Warehouse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "serve",
    description =
        "Opens a warehouse in the browser: ask about any text, see where each similar string stands,"
            + " count, trace and compare. Reads only, and answers this machine alone unless --host"
            + " is given. Ends with Ctrl-C.",
    footer = {
      "kindred serve",
      "kindred serve --warehouse warehouse --port 8041 --open",
      "kindred serve --warehouse warehouse --host 0.0.0.0"
    })
final class ServeCommand extends KindredCommand {
  @Mixin private WarehouseOptions warehouse;
  @Mixin private ModelOptions model;
  @Mixin private RuleOptions rule;
  @Mixin private JoinOptions join;
  @Mixin private TaskOptions tasks;
  @Mixin private RecomputeOption recompute;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8041",
      description = "where it listens; 0 takes any port that is free (${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "address that it listens at; others than this machine's own need the token that is printed"
              + " (${DEFAULT-VALUE})")
  private String host;

  @Option(names = "--open", description = "opens the browser")
  private boolean isOpened;

  @Override
  public void run(Workspace workspace) {
    if (port < 0 || port > 65535) {
      throw new InvalidInput("--port %d: expected a number from 0 to 65535", port);
    }

    join.check();
    Warehouse there = workspace.warehouseThere(warehouse.uri());
    String token = isOwn(host) ? null : newToken();
    ReadOnlyQueries queries = new ReadOnlyQueries(workspace::spark, warehouse.uri());
    try (Explorer explorer =
            new Explorer(there, runId -> explain(workspace, there, runId), queries);
        ExplorerServer server = new ExplorerServer(explorer, host, port, token)) {
      String address =
          String.format(
              Locale.ROOT,
              "http://%s:%d/%s",
              host.contains(":") ? "[" + host + "]" : host,
              server.port(),
              token == null ? "" : "?token=" + token);
      System.out.println(address);
      Terminal.standardError().line("kindred: serves until Ctrl-C");
      if (isOpened) {
        open(address);
      }

      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Explain explain(Workspace workspace, Warehouse there, String runId) {
    return new Explain(
        workspace.hadoop(), there, runId, model, rule, join, tasks, recompute, settings());
  }

  /** Whether only this machine can ask at an address. */
  private static boolean isOwn(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InvalidInput("--host %s: no such address", host);
    }
  }

  private static String newToken() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static void open(String address) {
    List<String> command =
        System.getProperty("os.name").startsWith("Mac")
            ? List.of("open", address)
            : List.of("xdg-open", address);
    try {
      new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      Terminal.standardError().line("kindred: no browser could be opened; open " + address);
    }
  }
}
