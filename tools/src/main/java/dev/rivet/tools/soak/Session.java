package dev.rivet.tools.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Who belongs to a session, whoever its parent is by now: a JVM started by {@code setsid} and all that it left behind. */
public final class Session {
    private Session() {
    }

    /** Processes of a session that are not dead, as {@code /proc/PID/stat} lines. */
    public static List<String> of(long leader) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path p : all.filter(f -> f.getFileName().toString().matches("[0-9]+")).toList()) {
                try {
                    String stat = Files.readString(p.resolve("stat"));
                    // PID (NAME) STATE PARENT GROUP SESSION ...
                    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    if (words[3].equals(Long.toString(leader)) && !words[0].equals("Z") && !words[0].equals("X")) {
                        found.add(stat);
                    }
                } catch (IOException gone) {
                    // ended meanwhile
                }
            }
        }
        return found;
    }
}
