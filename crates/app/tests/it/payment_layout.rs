//! Stories of the layout of a payment file: chosen when it is made, kept with it, and loaded by an operator.

use crate::{
    story,
    support::{Page, Seat, World},
};
use std::{fs, process::Command};

const OWN: &str = include_str!("../../../../layouts/contract-variation.toml");

/// The SHA-256 of the layout with a name, as the check page offers it.
fn offered(check: &Page, name: &str) -> String {
    let before = check.html.split(name).next().unwrap_or_default();
    let input = before.rsplit("<input").next().unwrap_or_default();
    let value = input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no layout {name} on the page:\n{}", check.text())).to_owned()
}

impl World {
    /// Two practices with £420.00, £70.00 and £50.00 approved, in no file.
    async fn three_approved(&self) {
        self.blood_tests(&["Y00001", "Y00002"]).await;
        self.count(Seat::PRACTICE_MANAGER, "2025-05-31", 42).await;
        self.count(Seat::SECOND_PRACTICE, "2025-05-31", 7).await;
        self.count(Seat::SECOND_PRACTICE, "2025-06-30", 5).await;
        for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
            self.declare_all(seat).await.expect(303);
        }
        for seat in [Seat::APPROVER, Seat::FINANCE] {
            self.approve_all(seat).await.expect(303);
        }
    }

    /// Makes a file in the layout with a name.
    async fn pay_in(&self, name: &str) -> Page {
        let finance = self.sign_in(Seat::FINANCE).await;
        let check = finance.get("/payments/new").await;
        let layout = offered(&check, name);
        let (lines, total) = (check.value("lines"), check.value("total"));
        let form = [("lines", &*lines), ("total", &*total), ("layout", &*layout)];
        finance.post("/payments/new", &form).await
    }
}

/// Runs `accord import layout` on the world's database; gives the exit status, what it said, and what was wrong.
fn load(world: &World, text: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layout.toml");
    fs::write(&file, text).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "layout"])
        .arg(&file)
        .output()
        .unwrap();
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&format!("{}: ", file.display()), "");
    (run.status.code().unwrap(), text(&run.stdout), text(&run.stderr))
}

story!(a_file_is_made_in_the_layout_that_finance_chooses, world, {
    world.three_approved().await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let check = finance.get("/payments/new").await;
    check.expect(200).says("Layout of the file").says("its own layout is not published");
    // Who chooses nothing gets the layout that stands first.
    assert_eq!(check.checked("layout"), [offered(&check, "Accord CSV")]);
    let made = world.pay_in("Payables import, header and line rows").await;
    let address = made.expect(303).location().to_owned();
    let page = finance.get(&address).await;
    page.expect(200).says("Layout Payables import, header and line rows").says("Total £540.00");
    page.says("Payment file created with 3 lines in layout oracle-payables: £540.00");
    let file = finance.get(&format!("{address}.csv")).await;
    let rows: Vec<&str> = file.expect(200).html.split("\r\n").collect();
    assert_eq!(
        rows[..2],
        [
            "HEADER,QAA,ACCORD,D-2025-000001,420.00,2025/07/02,Y00001,Riverside Surgery,Y00001,GBP,\
             Blood tests near home,PF-2025-000001,STANDARD",
            "LINE,D-2025-000001,1,ITEM,420.00,2025/07/02,May 2025,BLOOD,BLD2526",
        ]
    );
    assert_eq!(rows.len(), 7, "3 headers, 3 lines and the end: {rows:?}");
    page.says(&domain::hash::sha256(file.html.as_bytes()));
    world.send(&address).await.expect(303);
    // The payer answers by the same references, whatever the layout.
    world.answer(&address, "D-2025-000001,420.00,paid,2025-07-02,BACS,\n").await.expect(303);
    finance.get(&address).await.says("1 of 3 confirmed");
    // The next file starts with the layout of the last one.
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 1).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
    let check = finance.get("/payments/new").await;
    assert_eq!(check.checked("layout"), [offered(&check, "Payables import")]);
    world.assert_history_is_whole().await;
});

story!(a_layout_that_cannot_be_chosen_makes_no_file, world, {
    world.three_approved().await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let form = [("lines", "3"), ("total", "54000"), ("layout", "abc")];
    let refused = finance.post("/payments/new", &form).await;
    refused.expect(409).says("The layout you chose has changed or cannot be chosen any more.");
    assert_eq!(world.facts("payment_file_created").await, 0);
});

story!(an_operator_loads_a_layout_and_a_made_file_stays_as_it_was, world, {
    world.three_approved().await;
    let (status, _, why) = load(&world, OWN);
    assert_eq!(status, 1);
    assert!(why.contains("The layout contract-variation comes with Accord"), "{why}");
    let ours = OWN
        .replace("\"contract-variation\"", "\"ours\"")
        .replace("Contract variation CSV", "Our ledger");
    let wrong = ours.replace("\"pay_code\"", "\"cost_centre\"").replace("dd/mm/yyyy", "d/m/y");
    let (status, said, why) = load(&world, &wrong);
    assert_eq!((status, &*said), (1, ""));
    assert!(
        why.contains("record 1, column 3, field: found \"cost_centre\", allowed nothing,"),
        "{why}"
    );
    assert!(why.contains("column 9, format: found \"d/m/y\", allowed yyyy-mm-dd"), "{why}");
    assert!(why.ends_with("Nothing was saved.\n"), "{why}");
    assert_eq!(
        load(&world, &ours),
        (0, "ours Our ledger, version 1: loaded\n".into(), String::new())
    );
    assert_eq!(load(&world, &ours).1, "ours Our ledger, version 1: already loaded\n");
    let finance = world.sign_in(Seat::FINANCE).await;
    let check = finance.get("/payments/new").await;
    let before = offered(&check, "Our ledger");
    let later =
        ours.replace("ending = \"csv\"", "ending = \"txt\"").replace("\"comma\"", "\"bar\"");
    assert_eq!(load(&world, &later).1, "ours Our ledger, version 2: loaded\n");
    // What was looked at is not what would be made now.
    let form = [("lines", "3"), ("total", "54000"), ("layout", &*before)];
    finance.post("/payments/new", &form).await.expect(409).says("Choose the layout again.");
    let address = world.pay_in("Our ledger").await.expect(303).location().to_owned();
    let file = finance.get(&format!("{address}.txt")).await;
    file.expect(200).says("Y00001|Riverside Surgery|BLOOD|PAYMENT|420.00|07/2025|2025/26|");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"PF-2025-000001.txt\"");
    finance.get(&format!("{address}.csv")).await.expect(404);
    let page = finance.get(&address).await;
    page.says("Layout Our ledger").says("Download payment file (TXT)");
    assert_eq!(
        load(&world, &ours.replace("Amount", "Pounds")).1,
        "ours Our ledger, version 3: loaded\n"
    );
    assert_eq!(finance.get(&format!("{address}.txt")).await.html, file.html);
    page.says(&domain::hash::sha256(file.html.as_bytes()));
    assert_eq!(world.facts("payment_layout_loaded").await, 3);
    world.assert_history_is_whole().await;
});

story!(each_layout_of_a_frozen_file_adds_up_to_its_control_totals, world, {
    world.three_approved().await;
    let address = world.pay_in("Contract variation CSV").await.expect(303).location().to_owned();
    let finance = world.sign_in(Seat::FINANCE).await;
    let content = finance.get(&format!("{address}.csv")).await.html;
    let amounts = content.lines().skip(1).filter_map(|row| row.split(',').nth(4));
    let sum: i64 = amounts.filter_map(domain::Pence::from_plain).map(|amount| amount.0).sum();
    assert_eq!(sum, 54_000, "{content}");
    finance.get(&address).await.says("Total £540.00");
});
