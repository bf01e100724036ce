//! `accord calculate points`, run as a person runs it: on published data where it is there, and on made-up bad files.

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

const INDICATORS: &str = "indicator,domain,points,lower_pct,upper_pct,description\n\
    AF05,CLINICAL,10,40,90,stroke risk assessed\n\
    DM26,CLINICAL,27.5,40.5,50,\"decimals, and a comma\"\n\
    AF01,CLINICAL,5,,,register\n\
    BEDS,CLINICAL,6,20,10,a low percentage is the better one\n\
    PE01,EXPERIENCE,,,,points not published\n";

const COUNTS: &str = "practice_code,indicator,numerator,denominator,register,flag\n\
    10002,AF05,68,73,103,\n\
    10002,DM26,45,100,,\n\
    10002,AF01,,,103,\n\
    10002,BEDS,15,100,,\n\
    10005,AF05,,,,suppressed\n\
    10005,AF05,0,0,0,\n\
    10005,AF05,,12,,\n\
    10005,PE01,1,2,,\n\
    10005,XX99,1,2,,\n\
    10005,AF01,4,4,,\n\
    10005,AF01,3,4,,\n";

const POINTS: &str = "practice_code,indicator,numerator,denominator,points\n\
    10002,AF05,68,73,10\n\
    10002,DM26,45,100,13.026315789473684\n\
    10002,AF01,,,\n\
    10002,BEDS,15,100,3\n\
    10005,AF05,,,\n\
    10005,AF05,0,0,0\n\
    10005,AF05,,12,\n\
    10005,PE01,1,2,\n\
    10005,XX99,1,2,\n\
    10005,AF01,4,4,5\n\
    10005,AF01,3,4,0\n";

/// A folder with the two input files of one run.
struct Run {
    folder: TempDir,
}

impl Run {
    fn new(indicators: impl AsRef<[u8]>, counts: impl AsRef<[u8]>) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("indicators.csv"), indicators).unwrap();
        fs::write(folder.path().join("counts.csv"), counts).unwrap();
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("points.csv")
    }

    fn accord(&self) -> Output {
        let path = self.folder.path();
        calculate(&path.join("indicators.csv"), &path.join("counts.csv"), &self.out())
    }

    /// What the program wrote and what it said.
    fn good(&self) -> (String, String) {
        let output = self.accord();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        (fs::read_to_string(self.out()).unwrap(), said)
    }

    /// What the program said when it refused; checks that it wrote nothing.
    fn refused(&self) -> Vec<String> {
        let output = self.accord();
        assert_eq!(output.status.code(), Some(1));
        let left = fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(left, 2, "only the two input files are left in the folder");
        let said = String::from_utf8(output.stderr).unwrap();
        let mut lines: Vec<String> = said
            .lines()
            .map(|line| line.replace(&format!("{}/", self.folder.path().display()), ""))
            .collect();
        assert_eq!(lines.pop().as_deref(), Some("Nothing was written."));
        lines
    }
}

fn calculate(indicators: &Path, counts: &Path, out: &Path) -> Output {
    points_command(indicators, counts, out).output().unwrap()
}

fn points_command(indicators: &Path, counts: &Path, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
    command
        .args(["calculate", "points", "--indicators"])
        .arg(indicators)
        .arg("--counts")
        .arg(counts)
        .arg("--out")
        .arg(out);
    command
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::fast());
    packing.write_all(text.as_bytes()).unwrap();
    packing.finish().unwrap()
}

#[test]
fn every_row_keeps_its_place_and_a_missing_figure_gets_no_points() {
    let (points, said) = Run::new(INDICATORS, COUNTS).good();
    assert_eq!(points, POINTS);
    for sentence in [
        "Points calculated for 6 rows.",
        "5 rows have no points, because a figure is missing:",
        "2 without a denominator",
        "1 without a numerator",
        "1 of indicators that are not in",
        ": XX99",
        "1 of indicators without points in",
        ": PE01",
    ] {
        assert!(said.contains(sentence), "{sentence} in {said}");
    }
}

#[test]
fn the_same_points_come_from_every_way_a_file_can_be_written() {
    let crlf = COUNTS.replace('\n', "\r\n");
    let bom = format!("\u{feff}{INDICATORS}");
    let reordered = COUNTS.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{},{},{}\n", cells[3], cells[2], cells[1], cells[0])
    });
    for (name, run) in [
        ("gzip", Run::new(gzipped(INDICATORS), gzipped(COUNTS))),
        ("CRLF", Run::new(INDICATORS.replace('\n', "\r\n"), &crlf)),
        ("BOM", Run::new(&bom, format!("\u{feff}{COUNTS}"))),
        ("BOM, CRLF and gzip", Run::new(gzipped(&bom), gzipped(&crlf))),
        ("other order of columns", Run::new(INDICATORS, reordered.collect::<String>())),
        ("no line end at the end", Run::new(INDICATORS.trim_end(), COUNTS.trim_end())),
        ("lone CR", Run::new(INDICATORS.replace('\n', "\r"), COUNTS.replace('\n', "\r"))),
        ("every cell quoted", Run::new(INDICATORS, quoted(COUNTS))),
        ("spaces around cells and names", Run::new(INDICATORS, COUNTS.replace(',', " , "))),
        ("empty columns at the end", Run::new(INDICATORS, COUNTS.replace('\n', ",,\n"))),
        ("empty lines", Run::new(INDICATORS, COUNTS.replace('\n', "\n\n"))),
        ("gzip in two parts", Run::new(INDICATORS, in_two_parts(COUNTS))),
        ("text that is not UTF-8 in a column nobody reads", {
            let mut counts = COUNTS.replace("suppressed", "?").into_bytes();
            let place = counts.iter().position(|byte| *byte == b'?').unwrap();
            counts[place] = 0xa3;
            Run::new(INDICATORS, counts)
        }),
    ] {
        assert_eq!(run.good().0, POINTS, "{name}");
    }
}

fn quoted(text: &str) -> String {
    let line = |line: &str| format!("\"{}\"\n", line.replace(',', "\",\""));
    text.lines().map(line).collect()
}

fn in_two_parts(text: &str) -> Vec<u8> {
    let (first, second) = text.split_at(text.len() / 2);
    [gzipped(first), gzipped(second)].concat()
}

/// Codes and thresholds that no release has had so far.
#[test]
fn any_code_and_any_decimals_are_calculated() {
    let indicators = "description,upper_pct,lower_pct,points,indicator,flag\n\
        a comma in the code,75.125,40.375,0.5,\"QP 03, part (a)\",x\n\
        not Latin,90.0,50.00,007.50,Größe/§7,\n\
        only an upper threshold,65,,3,UP1,\n\
        one percentage for both,80,80,4,EQ1,\n\
        nothing to earn,90,40,0,ZERO,\n\
        a formula to a spreadsheet,100,0,1,=1+1,\n\
        the most and the least,100,99.999999,9999,EDGE,\n";
    let counts = "flag,denominator,practice_code,numerator,indicator,achieved_points\n\
        ,1000,Ñ-1,577,\"QP 03, part (a)\",0.28\n\
        suppressed,8,10002,6,Größe/§7,\n\
        ,100,10002,64,UP1,\n\
        ,100,10002,65,UP1,\n\
        ,10,10002,8,EQ1,\n\
        ,3,10002,3,ZERO,\n\
        ,3,10002,1,=1+1,\n\
        ,999999999,10002,999999998,EDGE,\n\
        ,0,10002,,EDGE,\n";
    let (points, _) = Run::new(indicators, counts).good();
    assert_eq!(
        points,
        "practice_code,indicator,numerator,denominator,points\n\
         Ñ-1,\"QP 03, part (a)\",577,1000,0.249280575539568\n\
         10002,Größe/§7,6,8,4.6875\n\
         10002,UP1,64,100,0\n\
         10002,UP1,65,100,3\n\
         10002,EQ1,8,10,4\n\
         10002,ZERO,3,3,0\n\
         10002,=1+1,1,3,0.333333333333333\n\
         10002,EDGE,999999998,999999999,8999.099999000099999\n\
         10002,EDGE,,0,0\n"
    );
}

#[test]
fn each_row_can_be_explained() {
    let run = Run::new(
        format!(
            "{INDICATORS}UP1,ORG,3,,65,only an upper threshold\nEQ1,ORG,4,80,80,one for both\n"
        ),
        format!(
            "{COUNTS}10005,AF05,23,50,,\n10005,AF05,20,50,,\n10005,BEDS,5,100,,\n10005,BEDS,20,100,,\n\
             10005,UP1,64,100,,\n10005,UP1,65,100,,\n10005,EQ1,7,10,,\n10005,EQ1,8,10,,\n"
        ),
    );
    let path = run.folder.path();
    let (indicators, counts) = (path.join("indicators.csv"), path.join("counts.csv"));
    let output = points_command(&indicators, &counts, &run.out()).arg("--explain").output();
    assert_eq!(output.unwrap().status.code(), Some(0));
    assert_eq!(
        fs::read_to_string(run.out()).unwrap(),
        "practice_code,indicator,numerator,denominator,points,available,lower_pct,upper_pct,score_pct,working\n\
         10002,AF05,68,73,10,10,40,90,93.150685,at or above 90%: all 10\n\
         10002,DM26,45,100,13.026315789473684,27.5,40.5,50,45,27.5 × (45 − 40.5) ÷ 9.5\n\
         10002,AF01,,,,5,,,,without a denominator\n\
         10002,BEDS,15,100,3,6,20,10,15,6 × (20 − 15) ÷ 10\n\
         10005,AF05,,,,10,40,90,,without a denominator\n\
         10005,AF05,0,0,0,10,40,90,,nobody in the denominator\n\
         10005,AF05,,12,,10,40,90,,without a numerator\n\
         10005,PE01,1,2,,,,,,an indicator without points\n\
         10005,XX99,1,2,,,,,,not among the indicators\n\
         10005,AF01,4,4,5,5,,,100,at or above 100%: all 5\n\
         10005,AF01,3,4,0,5,,,75,below 100%: none\n\
         10005,AF05,23,50,1.2,10,40,90,46,10 × (46 − 40) ÷ 50\n\
         10005,AF05,20,50,0,10,40,90,40,at or below 40%: none\n\
         10005,BEDS,5,100,6,6,20,10,5,at or below 10%: all 6\n\
         10005,BEDS,20,100,0,6,20,10,20,at or above 20%: none\n\
         10005,UP1,64,100,0,3,,65,64,below 65%: none\n\
         10005,UP1,65,100,3,3,,65,65,at or above 65%: all 3\n\
         10005,EQ1,7,10,0,4,80,80,70,below 80%: none\n\
         10005,EQ1,8,10,4,4,80,80,80,at or above 80%: all 4\n"
    );
}

#[test]
fn the_help_names_columns_an_example_and_the_exit_statuses() {
    for (of, words) in [
        (
            vec!["calculate", "--help"],
            ["accord calculate points --indicators", "Exit status:", "gzipped"],
        ),
        (
            vec!["calculate", "points", "--help"],
            ["lower_pct", "practice_code, indicator", "Exit status:"],
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_accord")).args(&of).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{of:?}");
        for word in words {
            assert!(said.contains(word), "{word} in {said}");
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_accord")).args(["calculate", "points"]).output();
    assert_eq!(output.unwrap().status.code(), Some(2), "a command that is not understood");
}

#[test]
fn a_numerator_above_its_denominator_is_pointed_out() {
    let (points, said) =
        Run::new(INDICATORS, "practice_code,indicator,numerator,denominator\nP1,AF05,9,8\n").good();
    assert!(points.ends_with("P1,AF05,9,8,10\n"), "{points}");
    assert!(
        said.contains("1 rows have a numerator above the denominator. Check lines 2"),
        "{said}"
    );
}

#[test]
fn every_bad_row_and_column_is_named_and_nothing_is_written() {
    let header = "practice_code,indicator,numerator,denominator\n";
    let good = format!("{header}P1,AF05,1,2\n");
    let whole = "allowed a whole number from 0 to 999999999, or nothing";
    for (indicators, counts, expected) in [
        (
            INDICATORS.to_owned(),
            format!("{header}P1,AF05,-1,x\nP1,AF05,1,2\nP1,AF05,1.5,1e3\n,AF05,1,9999999999\nP1,,1,2\nP1,AF05,1\n"),
            vec![
                format!("counts.csv: line 2, numerator: found \"-1\", {whole}"),
                format!("counts.csv: line 2, denominator: found \"x\", {whole}"),
                format!("counts.csv: line 4, numerator: found \"1.5\", {whole}"),
                format!("counts.csv: line 4, denominator: found \"1e3\", {whole}"),
                "counts.csv: line 5, practice_code: found nothing, allowed a practice code".to_owned(),
                format!("counts.csv: line 5, denominator: found \"9999999999\", {whole}"),
                "counts.csv: line 6, indicator: found nothing, allowed an indicator code".to_owned(),
                "counts.csv: line 7, the whole row: found 3 cells, allowed 4 cells, one for each column".to_owned(),
            ],
        ),
        (
            "indicator,points,lower_pct,upper_pct\nA,ten,40%,90\nB,-1,-5,101\nB,1,40,\n".to_owned(),
            good.clone(),
            vec![
                "indicators.csv: line 2, points: found \"ten\", allowed a number, like 12.5, or nothing".to_owned(),
                "indicators.csv: line 2, lower_pct: found \"40%\", allowed a number, like 12.5, or nothing".to_owned(),
                "indicators.csv: line 3, points: found -1, allowed 0 to 9999 with at most 6 decimals".to_owned(),
                "indicators.csv: line 3, lower_pct: found -5, allowed 0 to 100 with at most 6 decimals".to_owned(),
                "indicators.csv: line 3, upper_pct: found 101, allowed 0 to 100 with at most 6 decimals".to_owned(),
                "indicators.csv: line 4, upper_pct: found nothing, allowed 0 to 100, because there is a lower threshold"
                    .to_owned(),
                "indicators.csv: line 4, indicator: found \"B\", allowed a code once, and it stands on line 3".to_owned(),
            ],
        ),
        (
            "code,points\n".to_owned(),
            String::new(),
            vec![
                "indicators.csv: line 1, indicator: found no such column among code, points, allowed the column once"
                    .to_owned(),
                "indicators.csv: line 1, lower_pct: found no such column among code, points, allowed the column once"
                    .to_owned(),
                "indicators.csv: line 1, upper_pct: found no such column among code, points, allowed the column once"
                    .to_owned(),
                "counts.csv: line 1, practice_code: found an empty file, allowed the column once".to_owned(),
                "counts.csv: line 1, indicator: found an empty file, allowed the column once".to_owned(),
                "counts.csv: line 1, numerator: found an empty file, allowed the column once".to_owned(),
                "counts.csv: line 1, denominator: found an empty file, allowed the column once".to_owned(),
            ],
        ),
    ] {
        assert_eq!(Run::new(indicators, counts).refused(), expected);
    }
}

#[test]
fn a_damaged_or_missing_file_is_refused_and_the_last_good_result_stays() {
    let mut damaged = gzipped(COUNTS);
    damaged.truncate(damaged.len() / 2);
    let said = Run::new(INDICATORS, damaged).refused();
    // How far it can be unpacked is the unpacker's matter.
    assert!(
        said[0].starts_with("counts.csv: line ")
            && said[0].contains(", the whole file: found a damaged gzip file"),
        "{said:?}"
    );

    let run = Run::new(INDICATORS, COUNTS);
    let before = run.good().0;
    fs::remove_file(run.folder.path().join("counts.csv")).unwrap();
    let output = run.accord();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("counts.csv: No such file"));
    assert_eq!(fs::read_to_string(run.out()).unwrap(), before);
}

#[test]
fn an_input_is_never_written_over() {
    let run = Run::new(INDICATORS, COUNTS);
    let (indicators, counts) =
        (run.folder.path().join("indicators.csv"), run.folder.path().join("counts.csv"));
    let output = calculate(&indicators, &counts, &counts);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("give --out another file"));
    assert_eq!(fs::read_to_string(&counts).unwrap(), COUNTS);
}

/// The folder with data others published, where there is one.
#[allow(clippy::disallowed_methods, reason = "a test's own setting, not the program's")]
pub fn published() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("ACCORD_SHARED_DATA").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// Every practice in Scotland, 2012/13: published counts, thresholds and points, to 1e-9 of the published double.
#[test]
fn published_points_of_every_scottish_practice_are_reproduced() {
    let Some(folder) =
        published().map(|data| data.join("scotland")).filter(|folder| folder.is_dir())
    else {
        eprintln!(
            "skipped: set ACCORD_SHARED_DATA to the folder with scotland/achievement_201213.csv.gz"
        );
        return;
    };
    let temporary = TempDir::new().unwrap();
    let (counts, out) =
        (folder.join("achievement_201213.csv.gz"), temporary.path().join("points.csv"));
    let output = calculate(&folder.join("indicators_201213.csv"), &counts, &out);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));

    let mut known = csv::Reader::from_path(folder.join("known_exceptions_201213.csv")).unwrap();
    let known: HashSet<(String, String)> = known
        .records()
        .map(Result::unwrap)
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    let mut theirs = csv::Reader::from_reader(GzDecoder::new(File::open(counts).unwrap()));
    let columns = theirs.headers().unwrap().clone();
    let place = columns.iter().position(|name| name == "achieved_points").unwrap();
    let mut ours = csv::Reader::from_path(out).unwrap();
    let (mut compared, mut differing) = (0, HashSet::new());
    for (theirs, ours) in
        theirs.records().map(Result::unwrap).zip(ours.records().map(Result::unwrap))
    {
        assert_eq!(
            theirs.iter().take(4).collect::<Vec<_>>(),
            ours.iter().take(4).collect::<Vec<_>>()
        );
        if theirs[3].is_empty() {
            assert_eq!(&ours[4], "", "no denominator: {ours:?}");
            continue;
        }
        compared += 1;
        let (published, own): (f64, f64) =
            (theirs[place].parse().unwrap(), ours[4].parse().unwrap());
        if (published - own).abs() > 1e-9 {
            differing.insert((ours[0].to_owned(), ours[1].to_owned()));
        }
    }
    assert_eq!(compared, 70_392);
    assert_eq!(differing, known, "only points that were awarded by hand may differ");
}
