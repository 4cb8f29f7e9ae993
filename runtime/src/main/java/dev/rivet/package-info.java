/**
 * Runs untrusted RISC-V programs at near-native speed, sandboxed and metered.
 */
package dev.rivet;
