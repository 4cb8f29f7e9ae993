package dev.rivet.tools.conform;

import java.util.ArrayList;
import java.util.List;

/** Branches, jumps, calls, returns, and everything that can go wrong with them. */
final class ControlSuite implements Suite {
    @Override
    public String name() {
        return "control";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        for (Isa each : setting.isas()) {
            for (Isa isa : new Isa[]{each, each.withCompressed(false)}) {
                List<Scenario> scenarios = new ArrayList<>(BranchPrograms.of(isa));
                scenarios.addAll(JumpPrograms.of(isa));
                for (Scenario s : scenarios) {
                    if (!tally.enough()) {
                        s.run(setting, tally);
                        tally.line(isa + " " + s.name, "calls");
                    }
                }
            }
        }
    }
}
