/** To be written. */
package dev.rivet.x64;
