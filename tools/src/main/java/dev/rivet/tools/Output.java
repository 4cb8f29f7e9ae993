package dev.rivet.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Writing files a user asked for, with one clear line for each way that can fail. */
final class Output {
    private Output() {
    }

    /** Fails if a file cannot be written, before the work is done whose result it is to hold. Changes nothing. */
    static void check(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (file.toString().isEmpty()) {
            throw new Failure(Status.HOST_LACKS, "the name of a file is empty");
        } else if (Files.isDirectory(file)) {
            throw new Failure(Status.HOST_LACKS, file + ": cannot write: it is a directory");
        } else if (parent != null && !Files.isDirectory(parent)) {
            throw new Failure(Status.HOST_LACKS, file + ": cannot write: there is no directory " + parent);
        } else if (Files.exists(file) ? !Files.isWritable(file) : !Files.isWritable(parent)) {
            throw new Failure(Status.HOST_LACKS, file + ": cannot write: permission denied");
        }
    }

    /** Writes a file. */
    static void write(Path file, String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a file. */
    static void write(Path file, byte[] bytes) {
        check(file);
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new Failure(Status.HOST_LACKS, file + ": cannot write: " + reason(e), e);
        }
    }

    /** Why a file cannot be used, without its name. */
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "permission denied";
            case NoSuchFileException none -> "no such file or directory";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> e.getMessage();
        };
    }
}
