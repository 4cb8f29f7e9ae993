/**
 * From the bytes of an ELF file to {@link dev.rivet.ir.Code}.
 *
 * <p>The pieces, in the order a program goes through them:
 *
 * {@snippet :
 * ElfFile file = ElfReader.read(Files.readAllBytes(path), 256 << 20); // ElfException: one line that says why not
 * Code code = Sweep.of(file);                                         // instructions, leaders, blocks
 * int cost = code.blockCost(code.indexOf(code.entry), CostModel.UNIT);
 * String text = Disassembler.textAt(code.insts[0], code.xlen, code.pcs[0]);
 * }
 *
 * <ol>
 * <li>{@link dev.rivet.frontend.ElfReader} refuses what Rivet does not run and gives an
 * {@link dev.rivet.frontend.ElfFile}: segments with their rights, entry, names.
 * <li>{@link dev.rivet.frontend.Sweep} decodes every executable segment from its start to its end and finds the blocks.
 * It asks {@link dev.rivet.frontend.Decoder} for one packed instruction after the other.
 * <li>{@link dev.rivet.frontend.Rv} and {@link dev.rivet.frontend.RvC} are the tables that say which bits are which
 * instruction. All else about encodings derives from them or is tested against them for every row.
 * <li>At run time a jump may reach an address that is no leader; {@link dev.rivet.frontend.SideSweep} decodes from there.
 * </ol>
 *
 * <p>A program of a few instructions for a test needs no file: {@link dev.rivet.frontend.ElfFile#flat}, and
 * {@link dev.rivet.frontend.Rv#encode} for its words.
 *
 * <p>Nothing here knows what an instruction does, what it costs, or that there are host architectures.
 */
package dev.rivet.frontend;
