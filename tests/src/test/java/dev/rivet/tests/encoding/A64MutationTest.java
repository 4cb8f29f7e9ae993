package dev.rivet.tests.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.aarch64.A64Assembler;
import dev.rivet.aarch64.A64Forms;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The sweep is worth something only if it fails when a rule is missing. So rules are taken out of the direct assembler's own
 * bytecode, one at a time, and each time the comparison with what LLVM MC made must fail: every row of the table of
 * encodings loses a bit, and every operation that puts a field into a word (or, shift, mask) is left out.
 */
class A64MutationTest {
    private static final String PACKAGE = "dev.rivet.aarch64.";
    private static final long ORIGIN = 0x10_8000_0000L;
    private static final Set<Opcode> FIELD_OPERATIONS = EnumSet.of(Opcode.IOR, Opcode.ISHL, Opcode.ISHR, Opcode.IUSHR,
            Opcode.IAND);
    private static final List<A64Forms.Form> FORMS = A64Forms.all();

    /** One thing to leave out: the n-th place in a class. */
    private record Rule(String owner, int place, int bit, String what) {
    }

    private static byte[] bytes(String name) {
        try (InputStream in = A64Assembler.class
                .getResourceAsStream(name.substring(name.lastIndexOf('.') + 1) + ".class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
    }

    /** Rules of one class; {@code bits} are how many literal bits of each row are tried, the last ones first. */
    private static List<Rule> rules(String owner, boolean rows, int bits) {
        List<Rule> rules = new ArrayList<>();
        int[] place = {0};
        ClassFile.of().parse(bytes(owner)).methods().forEach(m -> m.code().ifPresent(code -> {
            for (CodeElement e : code) {
                if (rows && isRow(e)) {
                    String row = row(e);
                    int left = bits;
                    for (int at = row.length() - 1; at >= 0 && left > 0; at--) {
                        if ("01".indexOf(row.charAt(at)) >= 0 && isLiteral(row, at)) {
                            rules.add(new Rule(owner, place[0], at, row));
                            left--;
                        }
                    }
                    place[0]++;
                } else if (!rows && isFieldOperation(e)) {
                    rules.add(new Rule(owner, place[0]++, -1, m.methodName().stringValue() + " " + e));
                }
            }
        }));
        return rules;
    }

    private static boolean isFieldOperation(CodeElement e) {
        return e instanceof OperatorInstruction o && FIELD_OPERATIONS.contains(o.opcode());
    }

    /** A row of the Arm manual: a string constant with bits and names of fields. */
    private static boolean isRow(CodeElement e) {
        return e instanceof ConstantInstruction c && c.constantValue() instanceof String s
                && s.matches("[A-Za-z01][A-Za-z0-9 ]{17,}");
    }

    private static String row(CodeElement e) {
        return (String) ((ConstantInstruction) e).constantValue();
    }

    /** Whether a digit belongs to a literal, not to a field's name. */
    private static boolean isLiteral(String row, int at) {
        int from = row.lastIndexOf(' ', at) + 1;
        return "01".indexOf(row.charAt(from)) >= 0;
    }

    private static byte[] without(Rule rule) {
        int[] place = {0};
        CodeTransform code = (b, e) -> {
            if (rule.bit >= 0 ? isRow(e) : isFieldOperation(e)) {
                if (place[0]++ == rule.place) {
                    if (rule.bit >= 0) {
                        StringBuilder row = new StringBuilder(row(e));
                        row.setCharAt(rule.bit, (char) (row.charAt(rule.bit) ^ 1));
                        b.loadConstant(row.toString());
                    } else {
                        b.pop(); // the first operand as it is
                    }
                    return;
                }
            }
            b.with(e);
        };
        return ClassFile.of().transformClass(ClassFile.of().parse(bytes(rule.owner)),
                ClassTransform.transformingMethodBodies(code));
    }

    /** The backend's classes once more, one of them changed. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> changed = new HashMap<>();

        Loader(Rule rule) {
            super(A64MutationTest.class.getClassLoader());
            changed.put(rule.owner, without(rule));
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(PACKAGE)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                if (known == null) {
                    byte[] code = changed.computeIfAbsent(name, A64MutationTest::bytes);
                    known = defineClass(name, code, 0, code.length);
                }
                return known;
            }
        }
    }

    /** Operands for each form: every value of each operand while the others stand, some of all together. */
    private static List<List<long[]>> cases(int together, int most) {
        List<List<long[]>> all = new ArrayList<>();
        for (int form = 0; form < FORMS.size(); form++) {
            List<long[]> cases = new ArrayList<>();
            List<long[]> domains = FORMS.get(form).domains();
            Random random = new Random(form);
            for (int moving = 0; moving < domains.size(); moving++) {
                long[] domain = domains.get(moving);
                int step = Math.max(1, domain.length / most);
                for (int k = 0; k < domain.length; k += step) {
                    long[] v = new long[domains.size()];
                    for (int d = 0; d < v.length; d++) {
                        v[d] = domains.get(d)[domains.get(d).length / 3];
                    }
                    v[moving] = domain[k];
                    cases.add(v);
                }
            }
            for (int i = 0; i < together || cases.isEmpty(); i++) {
                cases.add(domains.stream().mapToLong(d -> d[random.nextInt(d.length)]).toArray());
            }
            all.add(cases);
        }
        return all;
    }

    /** Whether the assembler of these classes makes other bytes for some case, or refuses it. */
    private static boolean differs(ClassLoader loader, List<List<long[]>> cases, List<byte[]> expected) {
        try {
            Class<?> assembler = loader.loadClass(PACKAGE + "A64Assembler");
            Method create = assembler.getMethod("create", String.class, long.class, int.class);
            Method finish = assembler.getMethod("finish");
            Method position = assembler.getMethod("position");
            Method code = assembler.getMethod("bytes");
            Method emit = loader.loadClass(PACKAGE + "A64Forms$Emitter").getMethod("emit", assembler, long[].class);
            Method emitter = loader.loadClass(PACKAGE + "A64Forms$Form").getMethod("emitter");
            List<?> forms = (List<?>) loader.loadClass(PACKAGE + "A64Forms").getMethod("all").invoke(null);
            for (int form = 0; form < forms.size(); form++) {
                Object a = create.invoke(null, "direct", ORIGIN, 4096);
                Object how = emitter.invoke(forms.get(form));
                for (long[] v : cases.get(form)) {
                    emit.invoke(how, a, v);
                }
                finish.invoke(a);
                if (!Arrays.equals(Arrays.copyOf((byte[]) code.invoke(a), (int) position.invoke(a)),
                        expected.get(form))) {
                    return true;
                }
            }
            return false;
        } catch (InvocationTargetException refused) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static List<byte[]> llvm(List<List<long[]>> cases) {
        List<byte[]> all = new ArrayList<>();
        for (int form = 0; form < FORMS.size(); form++) {
            A64Assembler a = A64Assembler.create("llvm-mc", ORIGIN, 4096);
            for (long[] v : cases.get(form)) {
                FORMS.get(form).emitter().emit(a, v);
            }
            a.finish();
            all.add(Arrays.copyOf(a.bytes(), a.position()));
        }
        return all;
    }

    private static void run(int bits) {
        List<List<long[]>> cases = cases(20, 64);
        List<byte[]> expected = llvm(cases);
        assertTrue(!differs(A64MutationTest.class.getClassLoader(), cases, expected), "nothing is left out");
        List<Rule> rules = new ArrayList<>(rules(PACKAGE + "A64Direct", false, 0));
        int operations = rules.size();
        rules.addAll(rules(PACKAGE + "A64Direct", true, bits));
        rules.addAll(rules(PACKAGE + "A64Assembler", true, bits));
        for (Class<?> table : A64Assembler.class.getDeclaredClasses()) {
            rules.addAll(rules(table.getName(), true, bits));
        }
        List<String> survivors = new ArrayList<>();
        for (Rule rule : rules) {
            if (!differs(new Loader(rule), cases, expected)) {
                survivors.add(rule.owner + ": " + rule.what);
            }
        }
        System.out.println("AArch64 encodings: " + rules.size() + " rules left out one at a time (" + operations
                + " operations on fields, " + (rules.size() - operations) + " bits of rows), "
                + (rules.size() - survivors.size()) + " noticed");
        assertEquals(List.of(), survivors);
        assertTrue(operations >= 100 && rules.size() - operations >= 100 * Math.min(bits, 8), rules.size() + " rules");
    }

    @Test
    void everyRuleThatIsLeftOutIsNoticed() {
        run(1);
    }

    @Test
    @Tag("exhaustive")
    void everyBitOfEveryRow() {
        run(32);
    }
}
