/**
 * The common language of Rivet's parts.
 *
 * <p>The frontend turns the executable bytes of an ELF file into a {@link dev.rivet.ir.Code}: one packed
 * {@code long} (see {@link dev.rivet.ir.Inst}) for each instruction of the linear sweep, with the leaders marked. The
 * interpreter runs it, a {@link dev.rivet.ir.Backend} translates it, and both charge gas by the same
 * {@link dev.rivet.ir.CostModel} through {@link dev.rivet.ir.Code#blockCost}.
 *
 * <p>An {@link dev.rivet.ir.Op} has the name and the meaning of a RISC-V instruction (compressed ones are expanded to
 * their 32-bit form first), but nothing here knows an encoding.
 */
@NullMarked
package dev.rivet.ir;

import org.jspecify.annotations.NullMarked;
