/**
 * LLVM as Rivet uses it: clang and lld to build guests, and the MC layer as second assembler and outside judge. All of it
 * comes from the LLVM jar on the class path and is loaded only when asked for; nothing of it is needed to run a guest.
 *
 * <ul>
 * <li>{@link dev.rivet.tools.llvm.Toolchain} compiles and links C for the guest variants of
 * {@link dev.rivet.tools.llvm.CTarget} and for the hosts.
 * <li>Failures are {@link dev.rivet.tools.llvm.LlvmException}s whose message is meant for a user.
 * </ul>
 */
package dev.rivet.tools.llvm;
