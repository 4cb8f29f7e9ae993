package dev.rivet;

import java.util.concurrent.atomic.LongAdder;

/** Counts what happens in one engine. Adding costs a few nanoseconds and never waits. */
final class Tally {
    final LongAdder calls = new LongAdder();
    final LongAdder hostCalls = new LongAdder();
    final LongAdder traps = new LongAdder();
    final LongAdder outOfGas = new LongAdder();
    final LongAdder timeouts = new LongAdder();
    final LongAdder gas = new LongAdder();
    final LongAdder translations = new LongAdder();
    final LongAdder translationNanos = new LongAdder();
    final LongAdder started = new LongAdder();
    final LongAdder lost = new LongAdder();
    final LongAdder borrowed = new LongAdder();
    final LongAdder waits = new LongAdder();
    final LongAdder refused = new LongAdder();
}
