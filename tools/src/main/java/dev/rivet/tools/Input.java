package dev.rivet.tools;

import dev.rivet.frontend.ElfException;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ElfReader;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reading a user's files, with one clear line for each way that can fail. */
final class Input {
    private Input() {
    }

    /** All bytes of a regular file. */
    static byte[] read(Path file) {
        if (file.toString().isEmpty()) {
            throw new Failure(Status.CANNOT_READ, "the name of a file is empty");
        }
        try {
            if (Files.isDirectory(file)) {
                throw new Failure(Status.CANNOT_READ, file + ": is a directory");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new Failure(Status.CANNOT_READ, file + ": no such file", e);
        } catch (AccessDeniedException e) {
            throw new Failure(Status.CANNOT_READ, file + ": permission denied", e);
        } catch (IOException e) {
            throw new Failure(Status.CANNOT_READ, file + ": cannot read: " + Output.reason(e), e);
        } catch (OutOfMemoryError e) {
            throw new Failure(Status.BAD_INPUT, file + ": too large", e);
        }
    }

    /** A program, read by the reader that {@code rivet run} uses; its memory limit is what 32 bits can address. */
    static ElfFile elf(Path file) {
        try {
            return ElfReader.read(read(file), 1L << 32);
        } catch (ElfException e) {
            throw new Failure(Status.BAD_INPUT, file + ": " + e.getMessage(), e);
        }
    }
}
