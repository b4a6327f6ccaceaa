"""The commands and their options; nothing heavy is imported before a command has work to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from journeysim.cli import help_texts as texts
from journeysim.cli.guard import guarded

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


@app.command(help=texts.RUN_HELP, short_help=texts.RUN_SHORT)
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


@app.command(help=texts.REPORT_HELP, short_help=texts.REPORT_SHORT)
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


@app.command(help=texts.GOLDEN_HELP, short_help=texts.GOLDEN_SHORT)
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


@app.command(help=texts.SELECT_HELP, short_help=texts.SELECT_SHORT)
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
    from journeysim.experiment.selection.rule import SelectionRule

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


@app.command(help=texts.STAFF_HELP, short_help=texts.STAFF_SHORT)
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
    cluster: Cluster = None,
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
            cluster=cluster,
            out=out,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=texts.SENSITIVITY_HELP, short_help=texts.SENSITIVITY_SHORT)
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
    months: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Months of the horizon; default: the scenario's.")
    ] = None,
    replications: Annotated[
        int, typer.Option(metavar="N", min=2, help="Replications of every end; default: 4.")
    ] = 4,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
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
            months=months,
            replications=replications,
            seed=seed,
            jobs=jobs,
            cluster=cluster,
            out=out,
            picture=picture,
            resume=resume,
            as_json=json_,
        )
    )


@app.command(help=texts.EXPORT_HELP, short_help=texts.EXPORT_SHORT)
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
        str | None,
        typer.Option(
            metavar="NAME",
            help="For csv and parquet: steps, visits, metrics, months, summary, ...; default: steps.",
        ),
    ] = None,
    option: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose event log or diagram; default: the baseline's.")
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Which replication's event log, from 1; default: 1."),
    ] = None,
) -> None:
    """Write a kept run for other programs: event logs, tables, a diagram."""
    from journeysim.cli.export_command import ExportRequest, export_command

    export_command(ExportRequest(run_, format_.value, output, table, option, replication))


@app.command(help=texts.CHECK_HELP, short_help=texts.CHECK_SHORT)
@guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Maps, scenarios and behaviours.")],
) -> None:
    """Say everything that is wrong with maps, scenarios and behaviours, without running them."""
    from journeysim.cli.check_command import check_command

    check_command(files)


@app.command(help=texts.DRAW_HELP, short_help=texts.DRAW_SHORT)
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


@app.command(help=texts.ASSUMPTIONS_HELP, short_help=texts.ASSUMPTIONS_SHORT)
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


@app.command(help=texts.SCHEMA_HELP, short_help=texts.SCHEMA_SHORT)
@guarded
def schema(
    of: Annotated[SchemaChoice, typer.Argument(metavar="journey|scenario", help="Which kind of file.")],
) -> None:
    """Print the JSON Schema with which an editor completes and checks a file while it is written."""
    from journeysim.cli.schema_command import schema_command

    schema_command(of.value)
