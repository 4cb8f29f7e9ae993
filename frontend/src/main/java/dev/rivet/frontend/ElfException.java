package dev.rivet.frontend;

/** A file that Rivet does not run. The message is one line: what is wrong, where, what to do. */
public final class ElfException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String what;
    private final String where;
    private final String remedy;

    ElfException(String what, String where, String remedy) {
        super(what + " (" + where + "): " + remedy);
        this.what = what;
        this.where = where;
        this.remedy = remedy;
    }

    /** What is wrong. */
    public String what() {
        return what;
    }

    /** Where: an offset in the file, a segment's number, a field of the header. */
    public String where() {
        return where;
    }

    /** What to do about it. */
    public String remedy() {
        return remedy;
    }
}
