/** Runs good and bad guests for a long time while workers are killed, and counts what must not happen. */
package dev.rivet.tools.soak;
