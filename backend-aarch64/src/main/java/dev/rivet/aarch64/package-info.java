/** To be written. */
package dev.rivet.aarch64;
