package dev.rivet.x64;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.WorkerFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * Prints what a call, a fault, a start and a reset cost in µs. Run with the module's test class path:
 * {@code java --enable-native-access=ALL-UNNAMED -cp … dev.rivet.x64.WorkerBench}; under {@code taskset -c 0} for both sides
 * on one CPU.
 */
final class WorkerBench {
    private WorkerBench() {
    }

    private static void print(String what, double[] micros) {
        Arrays.sort(micros);
        int n = micros.length;
        System.out.printf(Locale.ROOT, "%-44s median %8.2f  min %8.2f  p99 %8.2f  max %9.2f%n", what, micros[n / 2],
                micros[0], micros[n * 99 / 100], micros[n - 1]);
    }

    private static void time(String what, int warm, int n, Runnable r) {
        for (int i = 0; i < warm; i++) {
            r.run();
        }
        double[] micros = new double[n];
        for (int i = 0; i < n; i++) {
            long t = System.nanoTime();
            r.run();
            micros[i] = (System.nanoTime() - t) / 1e3;
        }
        print(what, micros);
    }

    public static void main(String[] args) throws InterruptedException {
        try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL))) {
            for (int i = 0; i < 3; i++) {
                time("call and return", 50_000, 100_000, rig::run);
            }
            double[] gaps = new double[500];
            for (int i = 0; i < gaps.length; i++) {
                Thread.sleep(1);
                long t = System.nanoTime();
                rig.run();
                gaps[i] = (System.nanoTime() - t) / 1e3;
            }
            print("call after 1 ms of nothing", gaps);
            time("reset, nothing touched", 1000, 5000, rig.memory::reset);
            time("reset, 8 pages and 16 KiB of heap touched", 1000, 5000, () -> {
                for (int p = 0; p < 4; p++) {
                    rig.memory.view().set(java.lang.foreign.ValueLayout.JAVA_BYTE, WorkerRig.DATA + p * 4096, (byte) 1);
                    rig.memory.view().set(java.lang.foreign.ValueLayout.JAVA_BYTE,
                            rig.memory.plan().stackEnd() - 1 - p * 4096, (byte) 1);
                }
                rig.memory.brk(rig.memory.plan().heapStart() + 16384);
                rig.memory.reset();
            });
        }
        try (WorkerRig rig = new WorkerRig(a -> a.plain(X64Assembler.Plain.UD2))) {
            time("fault and return", 2000, 10_000, rig::run);
        }
        time("whole instance, no spare worker", 20, 200, () -> new WorkerRig(a -> WorkerRig.exit(a, 2)).close());
        try (WorkerRig rig = new WorkerRig(a -> WorkerRig.exit(a, 2));
                WorkerFactory pool = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 4)) {
            time("worker, no spare", 20, 200, () -> rig.factory.start(rig.code, rig.memory).close());
            for (int round = 0; round < 2; round++) {
                double[] start = new double[100];
                double[] end = new double[100];
                for (int i = 0; i < start.length; i++) {
                    Thread.sleep(10);
                    long t = System.nanoTime();
                    var worker = pool.start(rig.code, rig.memory);
                    long u = System.nanoTime();
                    worker.close();
                    start[i] = (u - t) / 1e3;
                    end[i] = (System.nanoTime() - u) / 1e3;
                }
                print("worker from four spare ones", start);
                print("closing a worker", end);
            }
        }
    }
}
