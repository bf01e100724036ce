//! List pages, signed in, over HTTP from a server of its own.

use crate::{
    Done,
    load::{Ask, Load, drive},
    measure::{self, count, heading, percentile, say},
    world::People,
};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::runtime::Runtime;

const WARM_UP: Duration = Duration::from_millis(400);
const DURING: Duration = Duration::from_millis(2_500);
/// One for each core, and as many as two cores can answer within the aim: 64 that ask without a pause would wait 32 ms
/// each at 2,000 a second, however fast a page is.
const CONNECTIONS: [usize; 2] = [2, 16];
const MANY: usize = CONNECTIONS[1];
const AIM: &str = "above 2,000 requests a second, p99 under 20 ms";

/// A server that goes when the bench does.
struct Server {
    child: Child,
    at: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have gone by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Server {
    fn start(file: &str) -> Done<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_accord"))
            .args(["serve", "--database", file, "--listen", "127.0.0.1:0"])
            // It warns of waiting, which is what is measured.
            .env("ACCORD_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("the server says nothing")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let at = line.trim().rsplit('/').next().unwrap_or_default().parse();
        Ok(Self { child, at: at.map_err(|_| format!("the server says {line:?}"))? })
    }

    fn process(&self) -> String {
        self.child.id().to_string()
    }
}

/// Asks each page with few and with many connections, beside an address that does nothing.
pub fn run(runtime: &Runtime, file: &str, people: &People) -> Done {
    heading("List pages, signed in, answers checked");
    let server = Server::start(file)?;
    // What has become due by today is calculated first, once.
    std::thread::sleep(Duration::from_secs(2));
    let [small, large] = &people.contracts;
    let contract = |reference: &str| format!("/contracts/{reference}");
    let cases = [
        ("Services of a practice", "/services".into(), &people.practice, "<h1", true),
        ("Achievement Results of a practice", "/achievement".into(), &people.practice, "<h1", true),
        ("contract of an ICB, 25 rows", contract(small), &people.icb, small.as_str(), true),
        ("contract of the nation, 25 rows", contract(large), &people.region, large.as_str(), true),
        (
            "Declaration Management of an ICB, 25 rows",
            "/declarations?rows=25".into(),
            &people.icb,
            "Declaration Management",
            true,
        ),
        (
            "Declaration Management of an ICB, 200 rows",
            "/declarations?rows=200".into(),
            &people.icb,
            "Declaration Management",
            false,
        ),
        (
            "Declaration Management of the nation, 25 rows",
            "/declarations?rows=25".into(),
            &people.region,
            "Declaration Management",
            false,
        ),
    ];
    let nothing = Ask::new("/healthz", None, "", false);
    let floor = measure(runtime, &server, &nothing, MANY)?;
    for connections in CONNECTIONS {
        line(
            "nothing (/healthz)",
            connections,
            &measure(runtime, &server, &nothing, connections)?,
            None,
            "",
        );
    }
    for (what, path, token, word, aimed) in &cases {
        for connections in CONNECTIONS {
            let ask = Ask::new(path, Some(token), word, false);
            let measured = measure(runtime, &server, &ask, connections)?;
            line(what, connections, &measured, Some(&floor), if *aimed { AIM } else { "" });
        }
    }
    let (what, path, token, ..) = &cases[0];
    let packed = measure(runtime, &server, &Ask::new(path, Some(token), "", true), MANY)?;
    line(&format!("{what}, gzip"), MANY, &packed, Some(&floor), AIM);
    say("server, peak memory", &format!("{} MiB", measure::peak(&server.process())), "");
    Ok(())
}

/// The load with the processor time of the server and of the generator.
struct Measured {
    load: Load,
    server: Duration,
    generator: Duration,
}

fn measure(runtime: &Runtime, server: &Server, ask: &Ask, connections: usize) -> Done<Measured> {
    runtime.block_on(async {
        drive(server.at, ask, connections, WARM_UP).await?;
        let process = server.process();
        let before = (measure::processor(&process), measure::processor("self"));
        let load = drive(server.at, ask, connections, DURING).await?;
        Ok(Measured {
            load,
            server: measure::processor(&process).saturating_sub(before.0),
            generator: measure::processor("self").saturating_sub(before.1),
        })
    })
}

fn line(what: &str, connections: usize, own: &Measured, floor: Option<&Measured>, aim: &str) {
    let mut answers = own.load.answers.clone();
    let requests = answers.len();
    let of_one = |time: Duration| time.div_f64(requests as f64);
    let cost = of_one(own.server);
    let mut text = format!(
        "{} a second, p50 {:.2?}, p99 {:.2?}; {} bytes; processor a request: server {cost:.1?}, generator {:.1?}",
        count((requests as f64 / own.load.took.as_secs_f64()) as usize),
        percentile(&mut answers, 0.5),
        percentile(&mut answers, 0.99),
        count(own.load.bytes),
        of_one(own.generator)
    );
    if let Some(floor) = floor {
        let nothing = floor.server.div_f64(floor.load.answers.len() as f64);
        text += &format!(", {:.0} times nothing", cost.as_secs_f64() / nothing.as_secs_f64());
    }
    say(&format!("{what}, {connections} connections"), &text, aim);
}
