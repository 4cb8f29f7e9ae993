/** Linux through Panama: shared memory, the worker process, its protocol and its hardening. Knows no RISC-V. */
module dev.rivet.sandbox {
    exports dev.rivet.sandbox;
}
