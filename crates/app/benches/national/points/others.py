"""The same work as the points bench in DuckDB and in plain SQLite, one piece for each line that is read.

Takes the folder with indicators.csv and counts.csv, answers each line with the wall and processor seconds it took, and
"check" with two sums of the hundredths of points, so that the caller can compare them with its own.
"""

import csv
import sqlite3
import sys
import time

import duckdb

folder = sys.argv[1]
indicators, counts = f"{folder}/indicators.csv", f"{folder}/counts.csv"

# Hundredths of a point, rounded half up: points are in hundredths and thresholds in whole per cent.
SUM = """CASE WHEN {d} = 0 OR 100 * {n} <= lower * {d} THEN 0
     WHEN 100 * {n} >= upper * {d} THEN points
     ELSE (2 * points * (100 * {n} - lower * {d}) + (upper - lower) * {d}) {by} (2 * (upper - lower) * {d}) END"""
EXACT = SUM.format(n="n::HUGEINT", d="d::HUGEINT", by="//")
WHOLE = SUM.format(n="n", d="d", by="/")
ROUGH = """round(points * least(greatest(
    (100.0 * n / d - lower) / (upper - lower), 0), 1))::BIGINT"""
READ = f"""SELECT practice_code, c.indicator AS indicator, numerator AS n, denominator AS d, i.points AS available,
    (i.points * 100)::BIGINT AS points, lower_pct AS lower, upper_pct AS upper
    FROM read_csv('{counts}') c JOIN read_csv('{indicators}') i USING (indicator)"""

duck = duckdb.connect()
lite = sqlite3.connect(":memory:")


def load():
    # The place in the file, which the join does not keep.
    row = "substr(practice_code, 2)::BIGINT * 76 + substr(indicator, 4)::BIGINT"
    duck.execute(f"CREATE TABLE wide AS SELECT {row} AS row, * FROM ({READ}) ORDER BY row")
    lite.execute("CREATE TABLE wide (row, n, d, points, lower, upper)")
    rows = duck.execute("SELECT row, n, d, points, lower, upper FROM wide ORDER BY row").fetchall()
    lite.executemany("INSERT INTO wide VALUES (?, ?, ?, ?, ?, ?)", rows)


def in_duckdb(sum):
    duck.execute(f"CREATE OR REPLACE TABLE result AS SELECT row, {sum} AS hundredths FROM wide")


def in_sqlite():
    lite.execute("DROP TABLE IF EXISTS result")
    lite.execute(f"CREATE TABLE result AS SELECT row, {WHOLE} AS hundredths FROM wide")


def duckdb_files(explained):
    more = """, available, lower, upper, round(100.0 * n / d, 6) AS score,
        CASE WHEN 100 * n <= lower * d THEN 'at or below ' || lower || '%: none'
             WHEN 100 * n >= upper * d THEN 'at or above ' || upper || '%: all ' || available
             ELSE available || ' × (' || round(100.0 * n / d, 6) || ' − ' || lower || ') ÷ ' || (upper - lower) END AS working"""
    with duckdb.connect() as fresh:
        fresh.execute(
            f"""COPY (SELECT practice_code, indicator, n AS numerator, d AS denominator,
                ({EXACT})::DECIMAL(18, 0) * 0.01 AS points{more if explained else ""} FROM ({READ}))
                TO '{folder}/duckdb.csv' (HEADER)"""
        )


def sqlite_files():
    fresh = sqlite3.connect(f"{folder}/others.db")
    fresh.executescript(
        """PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        DROP TABLE IF EXISTS rule; DROP TABLE IF EXISTS given; DROP TABLE IF EXISTS result;
        CREATE TABLE rule (indicator TEXT PRIMARY KEY, points, lower, upper);
        CREATE TABLE given (practice TEXT, indicator TEXT, n INTEGER, d INTEGER)"""
    )
    with fresh:
        with open(indicators, newline="") as file:
            rows = csv.reader(file)
            next(rows)
            rules = ((code, round(float(p) * 100), int(l), int(u)) for code, p, l, u in rows)
            fresh.executemany("INSERT INTO rule VALUES (?, ?, ?, ?)", rules)
        with open(counts, newline="") as file:
            rows = csv.reader(file)
            next(rows)
            fresh.executemany("INSERT INTO given VALUES (?, ?, ?, ?)", rows)
        fresh.execute(
            f"""CREATE TABLE result AS SELECT practice, indicator, n, d, {WHOLE} AS hundredths
                FROM given JOIN rule USING (indicator)"""
        )
    with open(f"{folder}/sqlite.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["practice_code", "indicator", "numerator", "denominator", "points"])
        for practice, code, n, d, hundredths in fresh.execute("SELECT * FROM result"):
            out.writerow([practice, code, n, d, f"{hundredths // 100}.{hundredths % 100:02}"])
    fresh.close()


WORK = {
    "load": load,
    "duckdb exact": lambda: in_duckdb(EXACT),
    "duckdb double": lambda: in_duckdb(ROUGH),
    "sqlite": in_sqlite,
    "duckdb files": lambda: duckdb_files(False),
    "duckdb files explained": lambda: duckdb_files(True),
    "sqlite files": sqlite_files,
}

for line in sys.stdin:
    what = line.strip()
    if what.startswith("check "):
        where = lite if what == "check sqlite" else duck
        one, two = where.execute("SELECT sum(hundredths), sum(hundredths * (row % 97)) FROM result").fetchone()
        print(one, two, flush=True)
        continue
    wall, used = time.perf_counter(), time.process_time()
    WORK[what]()
    print(time.perf_counter() - wall, time.process_time() - used, flush=True)
