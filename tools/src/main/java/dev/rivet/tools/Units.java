package dev.rivet.tools;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes, durations and gas as the command line writes them. */
final class Units {
    private static final Map<String, Long> SIZES = Map.of("", 1L, "k", 1L << 10, "m", 1L << 20, "g", 1L << 30);
    private static final Map<String, Long> NANOS = Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L,
            "m",
            60_000_000_000L, "h", 3_600_000_000_000L);

    static final Size SIZE = new Size();
    static final Time TIME = new Time();
    static final Gas GAS = new Gas();

    private Units() {
    }

    /** Bytes: a whole number, with {@code k}, {@code m} or {@code g} for KiB, MiB or GiB. At least 1. */
    static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return scaled(text, SIZES,
                    "is not a size; write a whole number of bytes, or of KiB, MiB, GiB as in 512k, 64m, 1g");
        }
    }

    /** A duration of at least a nanosecond: a whole number and one of {@code ns us ms s m h}. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Duration.ofNanos(scaled(text, NANOS, "is not a duration; write it as in 500ms, 5s or 2m"));
        }
    }

    /** Gas: a whole number from 0 to 2⁶³−1. */
    static final class Gas implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            long gas = digits(text) == text.length() ? number(text) : -1;
            if (gas < 0) {
                throw new TypeConversionException(
                        "'" + text + "' is not an amount of gas; write a whole number from 0 to "
                                + Long.MAX_VALUE);
            }
            return gas;
        }
    }

    private static long scaled(String text, Map<String, Long> units, String hint) {
        int digits = digits(text);
        Long unit = units.get(text.substring(digits).toLowerCase(Locale.ROOT));
        long count = unit == null ? -1 : number(text.substring(0, digits));
        if (count < 1 || count > Long.MAX_VALUE / unit) {
            throw new TypeConversionException("'" + text + "' " + hint);
        }
        return count * unit;
    }

    private static int digits(String text) {
        int i = 0;
        while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
            i++;
        }
        return i;
    }

    /** The value of decimal digits, −1 when there are none or it exceeds a {@code long}. */
    private static long number(String digits) {
        try {
            return digits.isEmpty() ? -1 : Long.parseLong(digits);
        } catch (NumberFormatException tooLarge) {
            return -1;
        }
    }

    /** A duration as {@link Time} reads it, in the largest unit that keeps it whole. */
    static String show(Duration time) {
        long nanos = time.toNanos();
        for (String unit : new String[]{"h", "m", "s", "ms", "us"}) {
            if (nanos % NANOS.get(unit) == 0) {
                return nanos / NANOS.get(unit) + unit;
            }
        }
        return nanos + "ns";
    }
}
