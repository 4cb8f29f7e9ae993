package dev.rivet.tools.escape;

import java.util.Set;

/**
 * One attack: native code of the {@link Arsenal} with values of its own.
 *
 * @param group what kind of attack it is
 * @param name what it tries
 * @param weapon the piece of native code
 * @param slots values it finds in the register slots of the control page, at most 32
 * @param allowed how it may end
 * @param signal the one signal it may be killed or trapped by, 0 for any
 */
record Attack(Group group, String name, String weapon, long[] slots, Set<Ending.Kind> allowed, int signal) {
    /** Kinds of attack, in the order they are made. */
    enum Group {
        NUMBERS("every system call number"), FOREIGN("other ways into the kernel"), CALLS(
                "system calls in earnest"), FUTEX(
                        "futex on any word, in any way"), PRIVILEGED("instructions"), STATE(
                                "processor state"), MEMORY(
                                        "reads and writes outside the guest"), JUMPS("jumps"), SIGNALS(
                                                "signal stack and frames"), OWN_TEXT(
                                                        "jumps into the worker's own code"), PROTOCOL(
                                                                "lies to the JVM");

        final String text;

        Group(String text) {
            this.text = text;
        }
    }

    /** Whether it makes system calls that only the filter keeps from the kernel. */
    boolean needsFilter() {
        return switch (group) {
            case NUMBERS, FOREIGN, CALLS, FUTEX, OWN_TEXT -> true;
            case PRIVILEGED, STATE, MEMORY, JUMPS, SIGNALS, PROTOCOL -> false;
        };
    }

    boolean allows(Ending e) {
        boolean named = e.kind() == Ending.Kind.KILLED || e.kind() == Ending.Kind.TRAPPED;
        return allowed.contains(e.kind()) && (signal == 0 || !named || e.number() == signal);
    }
}
