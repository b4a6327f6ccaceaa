"""What `--help` says of each command, with examples."""

from __future__ import annotations

# "\b" keeps the lines of the paragraph that it begins as they are.
RUN_SHORT = "Simulate a scenario and compare its options."
RUN_HELP = """Simulate every option of a scenario and compare it with the baseline.

The tables go to stdout. Everything is kept in a folder of its own below runs/; the same command with
--resume continues a run that was stopped, and with more --replications it extends a finished one.

\b
Examples:
  journeysim run scenarios/lunch-hour.yaml
  journeysim run journeys/city-branch.yaml --set staff.tellers.count=5 --replications 100
  journeysim run scenarios/lunch-hour.yaml --json > answer.json
  journeysim run scenarios/lunch-hour.yaml --resume
  journeysim run scenarios/lunch-hour.yaml --within 60s
  journeysim run scenarios/lunch-hour.yaml --report

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped early with what finished kept, 1 a fault of ours.
"""

REPORT_SHORT = "Write the report on a run, one HTML file to forward."
REPORT_HELP = """Write the report on a run that was kept: one HTML file that needs no network and prints well.

The answer comes first, a sentence for each option, then the numbers and the few figures that carry them,
what is assumed and with what sources, what is uncertain, and how to get the numbers again. Nothing is
simulated. `journeysim run SCENARIO --report` does both at once.

\b
Examples:
  journeysim report runs/lunch-hour-relief-bd62a432
  journeysim report runs/lunch-hour-relief-bd62a432 -o for-the-board.html

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped before the file was written, 1 a fault of ours.
"""

GOLDEN_SHORT = "Find the improvement that is worth most for its cost."
GOLDEN_HELP = """Find the touchpoint that, improved by one notch, raises customer equity most for its cost.

Every notch of the baseline is tried beside it with the same luck: shorter service at a touchpoint, attentive
staff in a group, better waiting in a queue, fewer failures. The best two are then estimated again on fresh
replications. The scenario must have a market.

Costs are assumptions, printed with the answer. --cost puts yours in place of them: a value with % is a share
of the yearly cost of the staff that serves there, one without a sum a year. Levers are service, attentive,
conditions and fails.

\b
Examples:
  journeysim golden scenarios/lunch-hour.yaml
  journeysim golden scenarios/lunch-hour.yaml --months 6 --replications 8
  journeysim golden scenarios/lunch-hour.yaml --cost service=10% --cost conditions=3000
  journeysim golden scenarios/lunch-hour.yaml --cost service.counter=20000 --json

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped early with what finished kept, 1 a fault of ours.
"""

SELECT_SHORT = "Choose the best of many options, with a guarantee."
SELECT_HELP = """Choose the best option of a scenario by one metric, with a stated probability of being right.

Options are replicated together with the same luck; after every replication those that lie too far behind
are out (the procedure KN of Kim and Nelson). If the best leads all others by --lead or more, it is chosen
with a probability of at least 1 - alpha. The chosen option is then estimated again on fresh replications.

\b
Examples:
  journeysim select scenarios/lunch-hour.yaml --metric net_value_per_year --lead 10000
  journeysim select scenarios/lunch-hour.yaml --metric wait_mean_min --smallest --lead 0.5
  journeysim select scenarios/lunch-hour.yaml --metric satisfied_fraction --lead 0.01 --alpha 0.1 --json

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped early with what finished kept, 1 a fault of ours.
"""

STAFF_SHORT = "Find the cheapest roster that meets a target."
STAFF_HELP = """Find the cheapest roster of a staff group, slot by slot, that meets a target.

The search begins at what the Erlang formulas say, adds and takes away servers as the simulation says under
the same luck, and estimates the result again on fresh replications, beside today's roster and the formula's.
A bare journey map will do; a scenario with a market can be held to what it keeps, but takes longer.

A target is a metric over all visits or customers, or that of one touchpoint, segment or staff group:
touchpoints.NAME.METRIC, segments.NAME.METRIC, staff.NAME.METRIC. What was simulated is kept below runs/, and
the same command with --resume continues a search that was stopped.

\b
Examples:
  journeysim staff journeys/city-branch.yaml --target 'wait_within_target_fraction >= 0.9'
  journeysim staff journeys/city-branch.yaml --target 'wait_mean_min <= 5' --group tellers
  journeysim staff journeys/city-branch.yaml --target 'touchpoints.counter.wait_mean_min <= 5'
  journeysim staff journeys/city-branch.yaml --target 'satisfied_fraction >= 60%' --shift-hours 4..8
  journeysim staff journeys/city-branch.yaml --target 'reneged_fraction <= 2%' --slot 30min --json
  journeysim staff scenarios/lunch-hour.yaml --target 'retained_fraction >= 0.94' --replications 4 --fresh 10

\b
Exit codes: 0 done (no roster meeting the target is an answer too), 2 the input is wrong, 3 stopped early with
what finished kept, 1 a fault of ours.
"""

SENSITIVITY_SHORT = "Say what an answer hangs on."
SENSITIVITY_HELP = """Move every number by itself and rank them by what that does to a metric.

The numbers of the map (arrivals, services, patience, acceptable waits, staff, attentiveness, failures, shares
of segments and needs) go a fifth down and a fifth up, staff one server less and one more, all with the same
luck. --option asks about the difference that an option makes to the baseline: what a planner has to defend.
A tornado is drawn into the run's folder.

\b
Examples:
  journeysim sensitivity scenarios/lunch-hour.yaml --metric retained_fraction
  journeysim sensitivity scenarios/lunch-hour.yaml --metric customers_end --option 'Fifth teller at lunch'
  journeysim sensitivity journeys/city-branch.yaml --metric wait_mean_min --vary staff.tellers.count=3..6
  journeysim sensitivity scenarios/lunch-hour.yaml --metric told_bad --vary behaviour.telling.probability
  journeysim sensitivity scenarios/lunch-hour.yaml --metric net_value_per_year --behaviour --json

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped early with what finished kept, 1 a fault of ours.
"""

EXPORT_SHORT = "Write a run for other programs."
EXPORT_HELP = """Write a kept run for other programs: event logs, tables, a diagram.

\b
Formats:
  xes      event log of IEEE 1849, for process mining     ocel     object-centric event log, OCEL 2.0 (JSON)
  csv      a table as text                                parquet  a table as Parquet
  mermaid  the journey with its scores as a diagram       vidigi   event log for animations with vidigi

Event logs, and tables of steps or visits, need a run that was made with --steps. An event log is of one
option and one replication: each is a history of its own.

\b
Examples:
  journeysim run journeys/city-branch.yaml --replications 2 --steps --out logs
  journeysim export logs/* --format xes
  journeysim export logs/* --format ocel --option Today --replication 2 -o log.ocel.json
  journeysim export logs/* --format csv --table metrics -o metrics.csv
  journeysim export logs/* --format mermaid

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped before the file was written, 1 a fault of ours.
"""

CHECK_SHORT = "Say what is wrong with maps, scenarios and behaviours."
CHECK_HELP = """Say everything that is wrong with maps, scenarios and behaviours, without running them.

Every problem is one line, file:line:column: path: what is wrong, what was found, and a hint.

\b
Examples:
  journeysim check journeys/city-branch.yaml
  journeysim check journeys/*.yaml scenarios/*.yaml

\b
Exit codes: 0 all files can be run, 2 at least one cannot.
"""

DRAW_SHORT = "Draw a journey map, before a run or after it."
DRAW_HELP = """Draw a journey map: stages, touchpoints on both sides of the line of visibility, queues, staff.

With --run the drawing shows what a kept run came to beside what the map expects: the emotion curve with its
band, waits by mean and 90th percentile, the worst point. --golden flags the golden point as well: the answer
that `journeysim golden --json` printed into a file, or a touchpoint by name. The file's ending says the
format: .svg, .png or .pdf.

\b
Examples:
  journeysim draw journeys/city-branch.yaml
  journeysim draw journeys/wangdian.yaml -o wangdian.pdf
  journeysim draw journeys/city-branch.yaml --run runs/city-branch-cfb49db3 -o after.png
  journeysim draw journeys/city-branch.yaml --run runs/lunch-hour-relief-bd62a432 \\
      --option 'Fifth teller at lunch' --golden golden.json

\b
Exit codes: 0 done, 2 the input is wrong, 3 stopped before the file was written, 1 a fault of ours.
"""

ASSUMPTIONS_SHORT = "List every constant of how people behave, with its source."
ASSUMPTIONS_HELP = """List every constant of how people judge, tell, leave and choose, with its source.

With a scenario, values that it has set say so, and what its options change is listed below. The numbers of
a journey map (arrivals, service times, patience, ...) have their sources in the comments of the map itself.

\b
Examples:
  journeysim assumptions
  journeysim assumptions evidence
  journeysim assumptions scenarios/lunch-hour.yaml
  journeysim assumptions scenarios/lunch-hour.yaml --json
"""

SCHEMA_SHORT = "Print a JSON Schema for editors."
SCHEMA_HELP = """Print the JSON Schema with which an editor completes and checks a file while it is written.

\b
Examples:
  journeysim schema journey > schemas/journey.json
  journeysim schema scenario > schemas/scenario.json

\b
Then begin the YAML file with this line:
  # yaml-language-server: $schema=../schemas/journey.json
"""
