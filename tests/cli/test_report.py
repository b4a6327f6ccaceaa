"""The command that writes the report, and `run --report`."""

from __future__ import annotations


def test_a_report_beside_the_tables_and_again_from_the_folder(cli):
    cli.write("scenario.yaml", "scenario: 一天 <b>\njourney: map.yaml\ndays: 1\nreplications: 2\n")
    done = cli("run", "scenario.yaml", "--report", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-1]
    (folder,) = (cli.folder / "runs").iterdir()
    assert told == f"Report in runs/{folder.name}/report.html"
    page = (folder / "report.html").read_bytes()
    assert "一天 &lt;b&gt;</h1>".encode() in page
    again = cli("report", str(folder), "-o", "board.html")
    assert (again.returncode, again.stdout) == (0, "Report in board.html\n")
    assert (cli.folder / "board.html").read_bytes() == page
    assert str(cli.folder).encode() not in page


def test_beside_a_json_document_stands_nothing_else(cli):
    done = cli("run", "map.yaml", "--replications", "1", "--json", "--report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{")
    assert done.stdout.endswith("}\n")
    assert "report.html" in done.stderr


def test_what_is_no_run_is_said(cli):
    refused = cli("report", ".")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no folder of a run" in refused.stderr
