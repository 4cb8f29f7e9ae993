package dev.rivet.tools;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reading a user's files with one clear line for each way it can fail. */
final class Input {
    private Input() {
    }

    /** All bytes of a regular file. */
    static byte[] read(Path file) {
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
            throw new Failure(Status.CANNOT_READ, file + ": cannot read: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new Failure(Status.BAD_INPUT, file + ": too large", e);
        }
    }
}
