/** To be written. */
package dev.rivet;
