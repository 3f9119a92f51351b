"""What `make bench` prints."""

from collections.abc import Iterator

from tests.benchmarks.report import Row, measured, table

COLD = Row("cold start", "0.2 s", "0.5 s", ratio=0.4, met=True)
SIZE = Row("size of a package", "9 MB", "8 MB", met=False, counted=True)


def test_a_row_is_told_before_the_next_is_measured() -> None:
    told: list[str] = []

    def rows() -> Iterator[Row]:
        yield COLD
        assert told == ["  cold start  0.2 s  0.5 s  0.40  ok"]
        yield SIZE

    assert measured(rows(), told.append) == [COLD, SIZE]
    assert told[1:] == ["  size of a package  9 MB  8 MB  BROKEN"]


def test_the_table_holds_all_rows_in_columns() -> None:
    heading, *lines = table([COLD, SIZE]).splitlines()
    assert [line.index(row.ours) for line, row in zip(lines, (COLD, SIZE), strict=True)] == [
        heading.index("ours")
    ] * 2
