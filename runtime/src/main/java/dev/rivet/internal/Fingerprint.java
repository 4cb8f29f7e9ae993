package dev.rivet.internal;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.frontend.Sweep;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Digests, among them that of the very classes that translate: two builds of Rivet never take each other's machine code
 * for their own, whatever their version numbers say.
 */
public final class Fingerprint {
    private static final ConcurrentHashMap<Class<?>, byte[]> TRANSLATORS = new ConcurrentHashMap<>();

    private Fingerprint() {
    }

    /** SHA-256 of some bytes. */
    public static byte[] sha256(byte[]... parts) {
        MessageDigest digest = sha256();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    /** SHA-256 of what is left in a buffer. */
    public static byte[] sha256(ByteBuffer bytes) {
        MessageDigest digest = sha256();
        digest.update(bytes);
        return digest.digest();
    }

    /** An empty SHA-256. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Digest of the classes of the frontend, the ir and a backend; null where they cannot be read. Counted once. */
    public static byte[] of(Backend backend) {
        byte[] known = TRANSLATORS.computeIfAbsent(backend.getClass(), type -> {
            MessageDigest digest = sha256();
            for (Class<?> part : List.of(Code.class, Sweep.class, type)) {
                if (!add(digest, part)) {
                    return new byte[0];
                }
            }
            return digest.digest();
        });
        return known.length == 0 ? null : known;
    }

    private static boolean add(MessageDigest digest, Class<?> part) {
        CodeSource source = part.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null || !source.getLocation().getProtocol().equals("file")) {
            return false;
        }
        try {
            Path place = Path.of(URI.create(source.getLocation().toString()));
            if (!Files.isDirectory(place)) {
                digest.update(Files.readAllBytes(place));
                return true;
            }
            try (Stream<Path> files = Files.walk(place)) {
                for (Path file : files.filter(Files::isRegularFile).sorted(Comparator.comparing(Path::toString))
                        .toList()) {
                    digest.update(file.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file));
                }
            }
            return true;
        } catch (IOException | IllegalArgumentException unreadable) {
            return false;
        }
    }
}
