"""The commands and their help; nothing heavy is imported before a command has work to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from journeysim.cli.guard import guarded

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
Exit codes: 0 done, 2 the folder holds no finished run, 3 the file cannot be written, 1 a fault of ours.
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
Exit codes: 0 done, 2 the input is wrong, 3 the file cannot be written, 1 a fault of ours.
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
Exit codes: 0 done, 2 the input is wrong, 3 the drawing could not be written, 1 a fault of ours.
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

app = typer.Typer(
    name="journeysim",
    help="Simulates a bank's branch days from a journey map and compares what-if options.",
    epilog="Begin with:  journeysim run scenarios/lunch-hour.yaml",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


# Options that several commands have.
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, max=2**63 - 1, help="Seed of all luck.")]
Jobs = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Processes to work in; default: one for each core.")
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Work on the Dask cluster of this scheduler, as tcp://HOST:8786."),
]
TablesAsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document in place of the tables.")]
ChangedFirst = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change the scenario first; repeatable."),
]
TwoRuns = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder in which the two runs get their own folders.")
]


class EngineChoice(StrEnum):
    """Engines that exist."""

    AUTO = "auto"
    SIMPY = "simpy"


class ExportChoice(StrEnum):
    """Formats of other programs."""

    XES = "xes"
    OCEL = "ocel"
    CSV = "csv"
    PARQUET = "parquet"
    MERMAID = "mermaid"
    VIDIGI = "vidigi"


class SchemaChoice(StrEnum):
    """Files that have a schema."""

    JOURNEY = "journey"
    SCENARIO = "scenario"


def _show_version(wanted: bool) -> None:
    if wanted:
        import journeysim

        typer.echo(f"journeysim {journeysim.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


@app.command(help=RUN_HELP, short_help=RUN_SHORT)
@guarded
def run(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A scenario file, or a bare journey map (one option).")
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change every option: staff.tellers.count=5, behaviour.telling.told_bad=12; repeatable.",
        ),
    ] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Independent replications of each option.")
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    engine: Annotated[
        EngineChoice, typer.Option(help="What simulates a day; the results are equal.")
    ] = EngineChoice.AUTO,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder in which the run gets its own folder.")
    ] = Path("runs"),
    within: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Run as many of the replications as fit into this time, such as 60s or 5min; 2 at least.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a run that was stopped.")] = False,
    json_: TablesAsJson = False,
    steps: Annotated[
        bool, typer.Option("--steps", help="Keep every step of every visit as Parquet tables.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option("--report", help="Also write the report, report.html in the run's folder, to forward."),
    ] = False,
) -> None:
    """Simulate every option of a scenario and compare it with the baseline."""
    from journeysim.cli.run_command import RunRequest, run_command

    run_command(
        RunRequest(
            scenario=scenario,
            changes=tuple(set_ or ()),
            replications=replications,
            seed=seed,
            jobs=jobs,
            cluster=cluster,
            engine=engine.value,
            out=out,
            resume=resume,
            as_json=json_,
            steps=steps,
            within=within,
            report=report,
        )
    )


@app.command(help=REPORT_HELP, short_help=REPORT_SHORT)
@guarded
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder in which a run is kept.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Default: report.html in the run's folder."),
    ] = None,
) -> None:
    """Write the report on a run that was kept."""
    from journeysim.cli.report_command import report_command

    report_command(run, output)


@app.command(help=GOLDEN_HELP, short_help=GOLDEN_SHORT)
@guarded
def golden(
    scenario: Annotated[
        Path,
        typer.Argument(metavar="SCENARIO", help="A scenario file with a market; its baseline is improved."),
    ],
    set_: ChangedFirst = None,
    months: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Months of the horizon; default: the scenario's.")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEVER=VALUE",
            help="Yearly cost of a lever, or of LEVER.PLACE: a share with %, else a sum; repeatable.",
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(metavar="N", min=2, help="Replications of every improvement; default: 4.")
    ] = 4,
    fresh: Annotated[
        int, typer.Option(metavar="N", min=2, help="Fresh replications of the best two; default: 10.")
    ] = 10,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    out: TwoRuns = Path("runs"),
    resume: Annotated[bool, typer.Option("--resume", help="Continue a search that was stopped.")] = False,
    json_: TablesAsJson = False,
) -> None:
    """Find the touchpoint that, improved by one notch, raises customer equity most for its cost."""
    from journeysim.cli.golden_command import GoldenRequest, golden_command

    golden_command(
        GoldenRequest(
            scenario=scenario,
            changes=tuple(set_ or ()),
            months=months,
            costs=tuple(cost or ()),
            replications=replications,
            fresh=fresh,
            seed=seed,
            jobs=jobs,
            cluster=cluster,
            out=out,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=SELECT_HELP, short_help=SELECT_SHORT)
@guarded
def select(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A scenario file with two options or more.")
    ],
    metric: Annotated[
        str, typer.Option(metavar="METRIC", help="What to choose by, such as net_value_per_year.")
    ],
    lead: Annotated[
        float, typer.Option(metavar="X", help="Smallest difference worth telling apart, in its units.")
    ],
    alpha: Annotated[
        float, typer.Option(metavar="P", help="Largest probability of a wrong choice; default: 0.05.")
    ] = 0.05,
    smallest: Annotated[bool, typer.Option("--smallest", help="The smallest mean is best.")] = False,
    first: Annotated[
        int, typer.Option(metavar="N", min=20, help="First replications of every option; default: 20.")
    ] = 20,
    at_most: Annotated[
        int, typer.Option(metavar="N", min=20, help="Replications of an option at most; default: 500.")
    ] = 500,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change every option; repeatable."),
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    out: TwoRuns = Path("runs"),
    resume: Annotated[bool, typer.Option("--resume", help="Continue a selection that was stopped.")] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON document in place of the table.")
    ] = False,
) -> None:
    """Choose the best option of a scenario by one metric, with a stated probability of being right."""
    from journeysim.cli.select_command import SelectRequest, select_command
    from journeysim.experiment.selection import SelectionRule

    select_command(
        SelectRequest(
            scenario=scenario,
            metric=metric,
            rule=SelectionRule(lead, alpha, first, at_most, smallest),
            changes=tuple(set_ or ()),
            seed=seed,
            jobs=jobs,
            cluster=cluster,
            out=out,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=STAFF_HELP, short_help=STAFF_SHORT)
@guarded
def staff(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A scenario of one branch, or a bare journey map.")
    ],
    target: Annotated[
        list[str],
        typer.Option(
            metavar="'METRIC >= VALUE'",
            help="What the roster must reach; <= for at most; repeatable: all must be met.",
        ),
    ],
    group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The staff group; default: the one whose queues miss the target most."
        ),
    ] = None,
    slot: Annotated[
        str, typer.Option(metavar="DURATION", help="Length of a slot, 60min or 30min; default: 60min.")
    ] = "60min",
    shift_hours: Annotated[
        str | None,
        typer.Option(metavar="MIN..MAX", help="Shortest and longest shift, such as 4..9; default: none."),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=200, help="Most servers in a slot; default: two more than seen."
        ),
    ] = None,
    set_: ChangedFirst = None,
    replications: Annotated[
        int, typer.Option(metavar="N", min=2, help="Replications of each roster; default: 10.")
    ] = 10,
    fresh: Annotated[
        int, typer.Option(metavar="N", min=2, help="Fresh replications of the result; default: 30.")
    ] = 30,
    seed: Seed = None,
    jobs: Jobs = None,
    out: TwoRuns = Path("runs"),
    resume: Annotated[bool, typer.Option("--resume", help="Continue a search that was stopped.")] = False,
    json_: TablesAsJson = False,
) -> None:
    """Find the cheapest roster of a staff group, slot by slot, that meets a target."""
    from journeysim.cli.staff_command import StaffRequest, staff_command

    staff_command(
        StaffRequest(
            scenario=scenario,
            targets=tuple(target),
            changes=tuple(set_ or ()),
            group=group,
            slot=slot,
            shift_hours=shift_hours,
            most=most,
            replications=replications,
            fresh=fresh,
            seed=seed,
            jobs=jobs,
            out=out,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=SENSITIVITY_HELP, short_help=SENSITIVITY_SHORT)
@guarded
def sensitivity(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="A scenario file, or a bare journey map.")
    ],
    metric: Annotated[
        str, typer.Option(metavar="METRIC", help="What is asked about, such as retained_fraction.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[=LOW..HIGH]",
            help="Move this alone, between values, factors (x0.7..x1.3) or steps (-1..+1); repeatable.",
        ),
    ] = None,
    option: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Ask about this option's difference from the baseline."),
    ] = None,
    behaviour: Annotated[
        bool, typer.Option("--behaviour", help="Also the constants of behaviour that are assumptions.")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="All of these, and routes, money and constants with a source.")
    ] = False,
    set_: ChangedFirst = None,
    replications: Annotated[
        int, typer.Option(metavar="N", min=2, help="Replications of every end; default: 4.")
    ] = 4,
    seed: Seed = None,
    jobs: Jobs = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder in which the run gets its own folder.")
    ] = Path("runs"),
    picture: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Write the tornado here too: .svg, .png or .pdf."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a run that was stopped.")] = False,
    json_: TablesAsJson = False,
) -> None:
    """Say what an answer hangs on: every number moved by itself, ranked by what it does to a metric."""
    from journeysim.cli.sensitivity_command import SensitivityRequest, sensitivity_command

    sensitivity_command(
        SensitivityRequest(
            scenario=scenario,
            metric=metric,
            vary=tuple(vary or ()),
            option=option,
            behaviour=behaviour,
            everything=all_,
            changes=tuple(set_ or ()),
            replications=replications,
            seed=seed,
            jobs=jobs,
            out=out,
            picture=picture,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=EXPORT_HELP, short_help=EXPORT_SHORT)
@guarded
def export(
    run_: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that keeps a finished run.")],
    format_: Annotated[ExportChoice, typer.Option("--format", help="What to write.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="PATH", help="The file; default: exports/ in the run's folder."
        ),
    ] = None,
    table: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="For csv and parquet: steps, visits, metrics, months, summary, ..."
        ),
    ] = "steps",
    option: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose event log or diagram; default: the baseline's.")
    ] = None,
    replication: Annotated[
        int, typer.Option(metavar="N", min=1, help="Which replication's event log, from 1; default: 1.")
    ] = 1,
) -> None:
    """Write a kept run for other programs: event logs, tables, a diagram."""
    from journeysim.cli.export_command import ExportRequest, export_command

    export_command(ExportRequest(run_, format_.value, output, table, option, replication))


@app.command(help=CHECK_HELP, short_help=CHECK_SHORT)
@guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Maps, scenarios and behaviours.")],
) -> None:
    """Say everything that is wrong with maps, scenarios and behaviours, without running them."""
    from journeysim.cli.check_command import check_command

    check_command(files)


@app.command(help=DRAW_HELP, short_help=DRAW_SHORT)
@guarded
def draw(
    journey: Annotated[
        Path, typer.Argument(metavar="MAP", help="A journey map, or a scenario whose option is drawn.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to draw; default: the map's name with .svg, here."
        ),
    ] = None,
    run_folder: Annotated[
        Path | None, typer.Option("--run", metavar="RUN_FOLDER", help="Show what this kept run came to.")
    ] = None,
    option: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which option; default: the baseline.")
    ] = None,
    golden_from: Annotated[
        str | None,
        typer.Option(
            "--golden", metavar="FILE|NAME", help="Flag the golden point of a kept answer, or a touchpoint."
        ),
    ] = None,
) -> None:
    """Draw a journey map, after a run with what it came to."""
    from journeysim.cli.draw_command import DrawRequest, draw_command

    draw_command(DrawRequest(journey, output, run_folder, option, golden_from))


@app.command(help=ASSUMPTIONS_HELP, short_help=ASSUMPTIONS_SHORT)
@guarded
def assumptions(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario, a map, the file of a behaviour, or a preset; default: rules-of-thumb.",
        ),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON document in place of the table.")
    ] = False,
) -> None:
    """List every constant of how people behave, with its source."""
    from journeysim.cli.assumptions_command import assumptions_command

    assumptions_command(scenario, as_json=json_)


@app.command(help=SCHEMA_HELP, short_help=SCHEMA_SHORT)
@guarded
def schema(
    of: Annotated[SchemaChoice, typer.Argument(metavar="journey|scenario", help="Which kind of file.")],
) -> None:
    """Print the JSON Schema with which an editor completes and checks a file while it is written."""
    from journeysim.cli.schema_command import schema_command

    schema_command(of.value)
