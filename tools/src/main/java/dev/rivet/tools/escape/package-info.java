/** Attacks of native code in a worker, as a suite: {@code rivet conform --suite escape}. */
package dev.rivet.tools.escape;
