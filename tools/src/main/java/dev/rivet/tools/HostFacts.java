package dev.rivet.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a measurement should say about the machine it was made on.
 *
 * @param cpu the processor's name, or the architecture where the kernel tells none
 * @param processors how many this JVM may use
 * @param kernel name and version of the operating system
 * @param java version of Java
 * @param load runnable tasks in the mean of the last minute when measuring began; negative if unknown
 */
record HostFacts(String cpu, int processors, String kernel, String java, double load) {
    /** Of this machine, now. */
    static HostFacts now() {
        return new HostFacts(model(), Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.version"), loadNow());
    }

    private static String model() {
        String name = cpuName();
        return name.isEmpty() ? System.getProperty("os.arch") : name;
    }

    /** The processor's name, empty where the kernel tells none. */
    static String cpuName() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException unreadable) {
            // a courtesy
        }
        return "";
    }

    private static double loadNow() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        } catch (IOException | NumberFormatException unknown) {
            return -1;
        }
    }

    /** One line. */
    String line() {
        return cpu + ", " + processors + (processors == 1 ? " processor" : " processors")
                + (load < 0 ? "" : String.format(Locale.ROOT, ", load %.1f", load)) + "; " + kernel + "; Java " + java;
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("cpu", cpu);
        map.put("processors", processors);
        map.put("kernel", kernel);
        map.put("java", java);
        map.put("load", load);
        return map;
    }
}
