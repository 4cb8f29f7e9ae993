package dev.rivet.aarch64;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.GasPlan;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;

/** The AArch64 backend (Armv8.0-A with Advanced SIMD, which every Linux host has). Needs no AArch64 host to translate. */
public final class A64Backend implements Backend {
    /** The backend; all of them are alike. */
    public A64Backend() {
        // stateless
    }

    @Override
    public Target target() {
        return Target.AARCH64;
    }

    @Override
    public int maxBytesPerInst() {
        return A64Lowering.MAX_BYTES;
    }

    @Override
    public String missing() {
        return null;
    }

    /** Gas never leaves its register. */
    @Override
    public boolean parksGas(Op op) {
        return false;
    }

    @Override
    public boolean nothingDone(HostCode host, int index, int offset) {
        return offset >= host.offsets[index] && offset < host.offsets[index + 1]
                && A64Effects.none(host, host.offsets[index], offset);
    }

    @Override
    public GasPlan gasPlan(HostCode host) {
        if (host.options.metering() != Metering.SYNC) {
            return null;
        }
        boolean whole = host.enterStub >= 0;
        return whole
                ? GasPlan.of(host.code, host.options.costs())
                : GasPlan.ofSide(host.code, host.options.costs());
    }

    @Override
    public HostCode translate(Code code, Options options) {
        if (options.metering() == Metering.FPU) {
            throw new UnsupportedOperationException("metering mode fpu exists on x86-64 only: AArch64 does not"
                    + " guarantee that floating-point exceptions trap; use sync, which stops at the same places");
        }
        return A64Lowering.program(code, options);
    }

    @Override
    public HostCode translateSide(HostCode main, Code side, int hostOffset) {
        return A64Lowering.side(main, side, hostOffset);
    }
}
