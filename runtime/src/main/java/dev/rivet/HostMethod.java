package dev.rivet;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method that guests reach by {@code ecall}; see {@link HostFunctions#of}. Its parameters, in any order:
 *
 * <ul>
 * <li>{@code long}, {@code int}, {@code boolean}: the guest's next argument (a0, a1, …), as {@link HostCall#argument} gives
 * it, its low 32 bits, or whether it is not zero;
 * <li>{@link HostCall}, {@link Memory}, {@link Instance}: this call, the guest's memory, the instance that called;
 * <li>any other class or interface: what the host {@linkplain Instance#attach attached} to the instance.
 * </ul>
 *
 * <p>Its result goes to a0: {@code long} as it is, {@code int} sign-extended as the psABI has it, {@code boolean} as 0 or 1;
 * {@code void} leaves a0 alone.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface HostMethod {
    /** {@return the call's number} */
    long value();

    /** {@return gas charged before the method is called} */
    long gas() default 0;
}
