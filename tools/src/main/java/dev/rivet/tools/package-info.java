/**
 * The command line. {@link dev.rivet.tools.Main} registers the commands, one class each; {@link dev.rivet.tools.Failure}
 * is how a command ends with a line on stderr and one of the exit statuses of {@link dev.rivet.tools.Status}. Nothing of
 * ours goes to stdout while a guest runs.
 */
package dev.rivet.tools;
