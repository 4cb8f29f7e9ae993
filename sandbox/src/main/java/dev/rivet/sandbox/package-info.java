/**
 * Linux through Panama: shared memory, worker processes, their protocol and their hardening. Knows no RISC-V.
 *
 * <p>A program is a {@link dev.rivet.sandbox.ProgramImage} (what its memory holds at first) and a
 * {@link dev.rivet.sandbox.CodeSpace} (machine code and dispatch table). Each instance has a
 * {@link dev.rivet.sandbox.GuestMemory}; a {@link dev.rivet.sandbox.WorkerFactory} makes the
 * {@link dev.rivet.sandbox.Worker} that runs it. {@link dev.rivet.sandbox.Layout} says where everything lies in the worker,
 * {@link dev.rivet.sandbox.Control} what the two sides tell each other.
 */
package dev.rivet.sandbox;
