/**
 * x86-64: assembler ({@link dev.rivet.x64.X64Assembler}), register map, translation,
 * and the worker's machine code. Of RISC-V it knows only {@code dev.rivet.ir}.
 */
package dev.rivet.x64;
