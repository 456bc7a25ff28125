"""What all tests share: how hypothesis searches, what is slow, what nbval leaves uncompared.

It lies at the root because a hook sees only the folders below its own, and notebooks are tests.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

NOT_COMPARED = (
    "stderr",  # warnings name files and lines
    "text/html",  # says what text/plain says, but for times, which are never the same
    "image/svg+xml",  # holds a date and random ids
    "application/papermill.record/image/png",  # a glued figure
)

SLOW_MODULES = {
    "test_baseline",
    "test_bench",
    "test_cluster",
    "test_datasets_real",
    "test_engines_cache",
    "test_fuzz",
    "test_histories",
    "test_lab_training",
    "test_pictures_in_notebooks",
    "test_runs",
    "test_stopping",
}
"""Modules whose tests mostly train, start processes, or wait for them."""

SLOW_TESTS = {
    "test_a_first_training_loads_what_it_uses_and_no_more",
    "test_a_long_run_of_the_book_begins_as_it_is_recorded",
    "test_a_run_is_recorded_where_nothing_can_be_shown",
    "test_a_terminated_command_leaves_no_file",
    "test_agrees_for_every_depth_and_batch_size",
    "test_agrees_with_autograd_after_1000_updates",
    "test_claims_come_in_three_forms",
    "test_equations_5_to_7_hold_on_average_in_linear_networks_of_unequal_widths",
    "test_every_verdict_says_what_it_rests_on",
    "test_float64_by_default_in_a_process_of_its_own",
    "test_importing_the_package_leaves_global_state_alone",
    "test_killed_20_times_and_resumed_the_result_is_the_same",
    "test_run_chooses_the_rate_before_it_spends_the_full_budget",
    "test_run_goes_on_past_a_failure_and_says_so_in_the_end",
    "test_the_books_own_ledger_judges_what_is_recorded",
    "test_the_fixed_examples_are_the_beginning_of_the_stream",
    "test_the_statements_of_the_overview_are_answered_by_claims",
    "test_train_writes_what_it_promises_and_goes_on",
    "test_two_processes_fetch_once",
}
"""Other tests that take seconds."""

# an example may run long on a loaded machine, and a failure there must be the same on any other
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare a notebook's text strictly and its pictures not at all."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out: what takes seconds, and all that looks at built pages."""
    for item in items:
        name = getattr(item, "originalname", item.name)
        of_pages = {"browser", "site"} & set(getattr(item, "fixturenames", ()))
        if of_pages or item.path.stem in SLOW_MODULES or name in SLOW_TESTS:
            item.add_marker("slow")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured (fixture `tell`); what they print themselves is lost where
    they are shared out to several processes.
    """
    reports = terminalreporter.stats.get("passed", [])
    found = [text for r in reports for name, text in r.user_properties if name == "measured"]
    if found:
        terminalreporter.section("measured, other tests beside")
        terminalreporter.write_line("\n".join(found))
