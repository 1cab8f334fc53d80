/* SPDX-License-Identifier: Apache-2.0 */
package dev.kindred.jobs.workspace;

import java.util.List;
import java.util.function.Supplier;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.spark.util.SignalUtils;

/**
 * A signal that ends the program, from Ctrl-C, a scheduler or a terminal that closes: it is said in
 * one line, and what breaks off while Spark stops is not said at all.
 */
public final class Interruption {
  private static final int INTERRUPTED = 130; // 128 and the signal's number

  private static volatile boolean isStopping;
  private static boolean isWatched;
  private static volatile Supplier<String> message;

  private Interruption() {}

  /**
   * From now on signals are told of. The process ends with the status that it would have anyway,
   * 128 and the signal's number.
   *
   * @param what says what is being stopped, when that happens
   */
  static synchronized void tell(Supplier<String> what) {
    message = what;
    if (isWatched) {
      return;
    }

    isWatched = true;
    for (String signal : List.of("INT", "TERM", "HUP")) {
      SignalUtils.register(signal, Interruption::stop);
    }
  }

  /** Does what Ctrl-C does, for a terminal that keeps the signal from the process. */
  public static void interrupt() {
    stop();
    System.exit(INTERRUPTED);
  }

  /**
   * Says, the first time, what is being stopped. Returns false: what the signal does otherwise is
   * still to be done.
   */
  private static Object stop() {
    if (!isStopping) {
      isStopping = true;
      System.err.println("kindred: " + Messages.line(message.get()));
      Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
    }

    return false;
  }

  /** What is said of a command that a signal stops. */
  static String message(String step, boolean goesOn) {
    return "stopped"
        + (step.isEmpty() ? "" : " in " + step)
        + (goesOn ? "; the same command goes on from there" : "");
  }

  /** Whether the program is ending for a signal, so that whatever fails now is no news. */
  public static boolean isStopping() {
    return isStopping;
  }
}
