/**
 * Conformance: programs made instruction by instruction, run on several engines, and compared at every stop.
 *
 * <p>{@link dev.rivet.tools.conform.Asm} builds a program in memory (no compiler is involved),
 * {@link dev.rivet.tools.conform.Machine} runs it through the public API, and the suites ({@code registers},
 * {@code control}, {@code memory}, {@code atomics}, {@code gas}) enumerate what can be enumerated. The interpreter is the
 * oracle of translated code; qemu and a second writing of the manual judge the interpreter.
 */
package dev.rivet.tools.conform;
