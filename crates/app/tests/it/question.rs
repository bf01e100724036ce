//! Stories of questions about a declaration: asked, answered and closed by the two parties, with a clock that both see.

use crate::{
    story,
    support::{
        Browser, Page, Seat, World,
        money::{BLOOD, message, tick},
    },
};
use domain::{
    QuestionId,
    declaration::How,
    question::{CannotAnswer, CannotAsk, Question, Written},
};
use store::{Failed, StoreError, declaration::Filter, question::Ask};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;

/// The reference and the state of the only declaration that a person sees.
async fn only(world: &World, seat: Seat) -> (String, &'static str) {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 500), &by).await.unwrap();
    assert_eq!(found.total, 1);
    let one = &found.rows[0].declaration;
    (one.reference.clone(), one.state.name())
}

/// June's blood tests of the first practice, declared; gives the reference.
async fn declared(world: &World) -> String {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    only(world, MANAGER).await.0
}

/// Asks without a page.
async fn asked(world: &World, seat: Seat, reference: &str) -> Question {
    let (by, now) = (world.actor(seat).await, world.now());
    let ask = ask(world, seat, reference).await;
    store::question::ask(&world.db, reference, &ask, &by, &now).await.expect("it is asked")
}

/// What somebody asks about a declaration as it stands.
async fn ask(world: &World, seat: Seat, reference: &str) -> Ask {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let listed = store::declaration::find(&mut tx, reference, &by).await.unwrap();
    let written = Written { text: "Why so many?".into(), evidence: String::new() };
    Ask { written, seen_version: listed.declaration.version, ..Ask::default() }
}

/// Fills in the form that asks.
async fn ask_by_form(browser: &Browser, reference: &str, fields: &[(&str, &str)]) -> Page {
    let address = format!("/declarations/{reference}/question");
    let form = browser.get(&address).await;
    let version = form.expect(200).value("version");
    let mut all = vec![("version", &*version)];
    all.extend_from_slice(fields);
    browser.post(&address, &all).await
}

/// Presses the first button of a kind on the page of a declaration, with what was typed.
async fn press(browser: &Browser, page: &Page, what: &str, typed: &str) -> Page {
    let mut actions = page.links("/questions/").into_iter();
    let action = actions.find(|action| action.ends_with(what)).expect("the form is there");
    let version = page.value("version");
    browser.post(&action, &[("version", &*version), ("text", typed)]).await
}

/// The subjects of somebody's messages, newest first.
async fn subjects(browser: &Browser) -> Vec<String> {
    let mut subjects = Vec::new();
    for link in browser.get("/messages").await.expect(200).links("/messages/") {
        let text = browser.get(&link).await.expect(200).text();
        let (subject, _) = text.split_once(" – Messages").expect("the title names the section");
        subjects.push(subject.to_owned());
    }
    subjects
}

story!(a_question_is_asked_answered_and_closed, world, {
    let reference = declared(&world).await;
    let address = format!("/declarations/{reference}");
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get(&address).await;
    page.says("Nobody has asked a question about this declaration.").says("Ask a question");
    let form = approver.get(&page.links(&format!("{address}/question"))[0]).await;
    form.expect(200).says("Riverside Surgery is told and has 10 days to answer.");
    form.says("Nobody can approve this declaration until you close your question.");
    let words = [("text", "Why so many?\r\nMay had 4."), ("evidence", "counts-may.xlsx")];
    let sent = ask_by_form(&approver, &reference, &words).await;
    assert_eq!(sent.expect(303).location(), address);
    assert_eq!(message(&sent), "Question sent. You see the answer on this page.");
    approver
        .get(&address)
        .await
        .says("Question open, provider's turn, day 1")
        .says("Question from NHS Anytown ICB Provider's turn")
        .says("Asked today. It is the provider's turn. Answer by 12 July 2025.")
        .says("Tom Hill, NHS Anytown ICB, 2 July 2025 at 1pm Why so many? May had 4.")
        .says("Evidence: counts-may.xlsx")
        .says("The commissioner asked a question")
        .says("Close without an answer")
        .does_not_say("Ask a question");

    world.set_today("2025-07-04");
    let provider = world.sign_in(MANAGER).await;
    provider
        .get("/")
        .await
        .says("Answer or close 1 question")
        .says("The first answer is due by 12 July 2025.");
    let list = provider.get("/questions").await;
    list.expect(200).says("Showing 1 to 1 of 1 open question. 1 waits for you.");
    list.says("Blood tests near home").says("NHS Anytown ICB").says("Day 3");
    let line = "Question of the commissioner open, your turn, day 3";
    provider.get("/achievement/declare").await.says(line);
    let achievement = provider.get("/achievement").await.links("/achievement/");
    let own = achievement.iter().find(|link| link.len() > 40).expect("the achievement").clone();
    provider.get(&own).await.expect(200).says(line);
    let page = provider.get(&address).await;
    page.says(line).says("Open for 2 days. It is your turn.").says("Your answer");
    page.does_not_say("This answers my question").does_not_say("Close without");
    let sent = press(&provider, &page, "/answer", "A school was tested.").await;
    assert_eq!(sent.expect(303).location(), address);
    assert_eq!(message(&sent), "Sent. It is the turn of NHS Anytown ICB.");
    provider.get("/").await.does_not_say("question");
    provider.get(&address).await.says("It is the commissioner's turn. Answer by 14 July 2025.");

    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Answer or close 1 question");
    let page = finance.get(&address).await;
    page.says("Sam Ahmed, Riverside Surgery, 4 July 2025 at 1pm A school was tested.");
    page.says("This answers my question").says("Add to your question");
    let closed = press(&finance, &page, "/close", "").await;
    assert_eq!(message(closed.expect(303)), "Question closed. Riverside Surgery is told.");
    let page = finance.get(&address).await;
    page.says("Question from NHS Anytown ICB, closed on 4 July 2025");
    page.says("Ana Ruiz closed it on 4 July 2025 at 1pm.").says("Ask a question");
    page.says("The commissioner closed its question").says("The provider wrote an answer");
    page.does_not_say("question open").does_not_say("Question open");
    finance.get("/questions").await.says("There are no open questions.");
    world.approve_all(Seat::APPROVER).await.expect(303);
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_finance");

    let about = "about Blood tests near home, June 2025";
    assert_eq!(
        subjects(&provider).await[..2],
        ["Question closed: Blood tests near home, June 2025", &format!("Question {about}")]
    );
    for seat in [Seat::APPROVER, Seat::FINANCE, Seat::APPROVER_AND_FINANCE] {
        let told = subjects(&world.sign_in(seat).await).await;
        assert_eq!(told, [format!("Answer {about}")], "{seat:?}");
    }
    assert!(subjects(&world.sign_in(Seat::COMMISSIONER).await).await.is_empty());
    for fact in ["question_asked", "question_answered", "question_closed"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(a_question_returns_the_declaration_to_the_provider, world, {
    let reference = declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let words = [("text", "Is May in it?"), ("returns", "yes")];
    let sent = ask_by_form(&approver, &reference, &words).await;
    assert_eq!(
        message(sent.expect(303)),
        "Question sent. The provider must answer it and declare again."
    );
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_provider");
    let address = format!("/declarations/{reference}");
    approver
        .get(&address)
        .await
        .says("The declaration went back to the provider with this question.")
        .says("The commissioner asked a question, and returned to the provider");
    let provider = world.sign_in(MANAGER).await;
    let list = provider.get("/achievement/declare").await;
    list.says("Question of the commissioner open, your turn, day 1").says("£420.00");
    list.does_not_say("The figures changed");
    // The provider declares again; the question still stops approval, by whoever approves.
    world.declare_all(MANAGER).await.expect(303);
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_commissioner");
    let list = approver.get("/declarations").await;
    assert!(list.values("declaration").is_empty(), "the row has no tick box");
    let page = provider.get(&address).await;
    press(&provider, &page, "/answer", "No, only June.").await.expect(303);
    let page = approver.get(&address).await;
    press(&approver, &page, "/close", "").await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_finance");
    assert_eq!(world.facts("declaration_returned").await, 0, "the question is the fact");
    world.assert_history_is_whole().await;
});

story!(an_open_question_stops_approval_and_is_named_among_many, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.declare_all(MANAGER).await.expect(303);
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    let reference = only(&world, MANAGER).await.0;
    let approver = world.sign_in(Seat::APPROVER).await;
    let before = approver.get("/declarations").await;
    before.says("You can approve 2 of the rows shown");
    asked(&world, Seat::FINANCE, &reference).await;
    let why = "There is an open question about this declaration. Close it before you approve.";
    // A page from before, with both rows ticked.
    let answer =
        tick(&approver, "/declarations/approve", &before, &before.values("declaration")).await;
    answer.expect(409).says("1 payment declaration approved, £70.00 in all.");
    answer.says(&format!("Riverside Surgery, Blood tests near home, June 2025: {why}"));
    let list = approver.get("/declarations").await;
    list.says("Question open, provider's turn, day 1").says(why);
    assert!(list.values("declaration").is_empty(), "the row has no tick box");
    let one = approver.get(&format!("/declarations/{reference}")).await;
    one.says(why).does_not_say("these people can approve").does_not_say("Approve £420.00");
    approver.get("/declarations?question=open").await.says("Riverside Surgery");
    let none = approver.get("/declarations?question=open&provider=hill").await;
    none.says("There are no payment declarations with these filters").says("With an open question");
    // After the commissioner's approval it stops finance alike.
    let page = approver.get(&format!("/declarations/{reference}")).await;
    press(&approver, &page, "/close", "").await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    let before = finance.get("/declarations").await;
    asked(&world, Seat::APPROVER, &reference).await;
    let list = finance.get("/declarations").await;
    list.says("1 row has an open question and cannot be approved until it is closed: Riverside Surgery, Blood tests near home, June 2025.");
    assert_eq!(list.values("declaration").len(), 1);
    let answer =
        tick(&finance, "/declarations/approve", &before, &before.values("declaration")).await;
    answer.expect(409).says(why).says("1 payment declaration approved, £70.00 in all.");
    assert_eq!(world.facts("declaration_finance_approved").await, 1);
});

story!(a_provider_asks_about_a_payment_and_stops_nothing, world, {
    let reference = declared(&world).await;
    let provider = world.sign_in(MANAGER).await;
    asked(&world, MANAGER, &reference).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get("/declarations").await;
    page.says("Question of the provider open, your turn, day 1");
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
    let page = provider.get(&format!("/declarations/{reference}")).await;
    press(&provider, &page, "/close", "").await.expect(303);
    world.pay_all(Seat::FINANCE).await;
    let payments = provider.get("/payments").await;
    payments.says("Ask about this payment");
    let link = payments.links(&format!("/declarations/{reference}/question"))[0].clone();
    let form = provider.get(&link).await;
    form.expect(200).says(&format!("Your question is about the payment {reference}."));
    form.says("Your question does not stop the payment.").does_not_say("Return it");
    let words = [("text", "This does not match my bank."), ("payment", "1"), ("returns", "yes")];
    ask_by_form(&provider, &reference, &words).await.expect(409).says("cannot be returned");
    ask_by_form(&provider, &reference, &words[..2]).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Answer or close 1 question");
    finance.get("/questions").await.says(&format!("About payment {reference}"));
    let page = finance.get(&format!("/declarations/{reference}")).await;
    page.says(&format!("About the payment {reference}.")).says("This does not match my bank.");
    page.says(&format!("The provider asked a question about payment {reference}"));
    page.does_not_say("Ask a question");
    press(&finance, &page, "/answer", "It was sent today.").await.expect(303);
    provider.get("/payments").await.says("Question open, your turn, day 1");
    // Nobody asks the other way round once it is locked.
    let late = finance.get(&format!("/declarations/{reference}/question")).await;
    late.expect(200).says("because Ana Ruiz approved it for finance on 2 July 2025 at 1pm");
    assert_eq!(only(&world, MANAGER).await.1, "approved");
});

story!(what_is_wrong_is_said_at_its_field_and_what_was_typed_stays, world, {
    let reference = declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let empty = ask_by_form(&approver, &reference, &[("text", "  "), ("returns", "yes")]).await;
    empty.expect(422).says("There is a problem").says("Enter your question");
    assert_eq!(empty.checked("returns"), ["yes"]);
    let patient = "Is 943 476 5919 in it?";
    let words = [("text", patient), ("evidence", "9434765919.pdf")];
    let refused = ask_by_form(&approver, &reference, &words).await;
    let looks = "Take the number that looks like an NHS number out of your";
    refused.expect(422).says(&format!("{looks} question")).says(&format!("{looks} evidence"));
    refused.says(patient);
    assert_eq!(refused.value("evidence"), "9434765919.pdf");
    let long = "x".repeat(1001);
    let refused = ask_by_form(&approver, &reference, &[("text", &long)]).await;
    refused.expect(422).says("Your question must be 1,000 characters or less").says(&long);
    assert_eq!(world.facts("question_asked").await, 0);

    asked(&world, Seat::APPROVER, &reference).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(&format!("/declarations/{reference}")).await;
    let refused = press(&provider, &page, "/answer", patient).await;
    refused.expect(422).says(&format!("{looks} answer")).says(patient);
    press(&provider, &page, "/answer", "").await.expect(422).says("Enter your answer");
    assert_eq!(world.facts("question_answered").await, 0);
});

story!(late_clicks_are_refused_by_name_and_keep_what_was_typed, world, {
    let reference = declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let address = format!("/declarations/{reference}/question");
    let tab = approver.get(&address).await;
    let version = tab.value("version");
    let fields = [("version", &*version), ("text", "Why so many?")];
    approver.post(&address, &fields).await.expect(303);
    let again = approver.post(&address, &fields).await;
    again.expect(409).says("Your organisation has an open question").says("Why so many?");
    approver.get(&address).await.expect(200).says("Your organisation has an open question");

    let provider = world.sign_in(MANAGER).await;
    let tab = provider.get(&format!("/declarations/{reference}")).await;
    press(&provider, &tab, "/answer", "A school.").await.expect(303);
    let again = press(&provider, &tab, "/answer", "A school, twice.").await;
    again.expect(409).says("Somebody else wrote here").says("A school, twice.");
    // On the page that came back, the same form is sent again and goes through.
    press(&provider, &again, "/answer", "A school, twice.").await.expect(303);
    // A question that its asker closed from an old page is still open.
    let old = approver.get(&format!("/declarations/{reference}")).await;
    let page = provider.get(&format!("/declarations/{reference}")).await;
    press(&provider, &page, "/answer", "In May.").await.expect(303);
    press(&approver, &old, "/close", "").await.expect(409).says("Somebody else wrote here");
    let page = approver.get(&format!("/declarations/{reference}")).await;
    press(&approver, &page, "/close", "").await.expect(303);
    press(&approver, &page, "/close", "").await.expect(409).says("Tom Hill closed this question");
    let late = press(&provider, &tab, "/answer", "Too late.").await;
    late.expect(409).says("Tom Hill closed this question on 2 July 2025 at 1pm.");

    // The declaration moved on while somebody wrote.
    let tab = approver.get(&address).await;
    let version = tab.value("version");
    world.approve_all(Seat::APPROVER).await.expect(303);
    let fields = [("version", &*version), ("text", "And April?")];
    let late = approver.post(&address, &fields).await;
    late.expect(409).says("This declaration changed while you were writing.").says("And April?");
    assert_eq!(world.facts("question_asked").await, 1);
});

story!(another_organisations_question_is_not_there, world, {
    let reference = declared(&world).await;
    let question = asked(&world, Seat::APPROVER, &reference).await.id;
    let address = format!("/questions/{question}");
    let words = [("version", "1"), ("text", "Hello?")];
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::OTHER_APPROVER] {
        let stranger = world.sign_in(seat).await;
        stranger.get(&address).await.expect(404);
        stranger.get(&format!("/declarations/{reference}/question")).await.expect(404);
        stranger.post(&format!("/declarations/{reference}/question"), &words).await.expect(404);
        stranger.post(&format!("{address}/answer"), &words).await.expect(404);
        stranger.post(&format!("{address}/close"), &words).await.expect(404);
        stranger.get("/questions").await.expect(200).says("There are no open questions.");
        stranger.get("/").await.does_not_say("question");
    }
    // A region reads what its ICBs ask, and does nothing.
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    region.get("/").await.does_not_say("Answer or close");
    region.get("/questions").await.says("Riverside Surgery").does_not_say("waits for you");
    let page = region.get(&format!("/declarations/{reference}")).await;
    page.says("Question of the commissioner open, provider's turn, day 1").says("Why so many?");
    page.does_not_say("Your answer").does_not_say("Close without").does_not_say("Ask a question");
    region.post(&format!("{address}/answer"), &words).await.expect(409).says("two other");
    region.post(&format!("{address}/close"), &words).await.expect(409).says("two other");
    let form = region.get(&format!("/declarations/{reference}/question")).await;
    form.says("between two other organisations");
    assert_eq!(world.facts("question_answered").await + world.facts("question_closed").await, 0);
});

story!(the_role_view_sees_that_there_is_a_question_and_no_words, world, {
    let reference = declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let words = [("text", "Is £420.00 right?"), ("evidence", "letter of £420")];
    ask_by_form(&approver, &reference, &words).await.expect(303);
    for seat in [Seat::PRACTICE_VIEW, Seat::COMMISSIONER_VIEW] {
        let (viewer, by) = (world.sign_in(seat).await, world.actor(seat).await);
        let mut tx = world.db.read().await.unwrap();
        let about = store::declaration::find(&mut tx, &reference, &by).await.unwrap().declaration;
        let all = store::question::of_declaration(&mut tx, about.id, &by).await.unwrap();
        drop(tx);
        // Not only the page leaves them out: they do not leave the store.
        assert!(all[0].said[0].text.is_empty() && all[0].said[0].evidence.is_empty());
        let page = viewer.get(&format!("/declarations/{reference}")).await;
        page.expect(200).says("Question from NHS Anytown ICB").says("Tom Hill, NHS Anytown ICB");
        page.says("they are for people who may see money").does_not_say("£").does_not_say("420");
        page.does_not_say("Your answer")
            .does_not_say("Close without")
            .does_not_say("Ask a question");
        let question =
            world.sign_in(MANAGER).await.get(&format!("/declarations/{reference}")).await;
        let action = question.links("/questions/")[0].clone();
        let one = viewer.get(action.trim_end_matches("/answer")).await;
        one.expect(200).does_not_say("£").does_not_say("420");
        viewer.get("/questions").await.expect(200).does_not_say("£");
        let refused = viewer.post(&action, &[("version", "1"), ("text", "Yes.")]).await;
        refused.expect(403).says("to ask and answer questions about declarations");
        viewer.get(&format!("/declarations/{reference}/question")).await.expect(403);
        ask_without_form(&viewer, &reference).await.expect(403);
    }
    let entry = world.sign_in(Seat::COMMISSIONER).await;
    entry.get(&format!("/declarations/{reference}/question")).await.expect(403).says("Tom Hill");
});

async fn ask_without_form(browser: &Browser, reference: &str) -> Page {
    let fields = [("version", "2"), ("text", "Why?")];
    browser.post(&format!("/declarations/{reference}/question"), &fields).await
}

story!(what_is_late_says_so_to_both, world, {
    let reference = declared(&world).await;
    asked(&world, Seat::APPROVER, &reference).await;
    world.set_today("2025-07-12");
    let provider = world.sign_in(MANAGER).await;
    provider.get("/").await.does_not_say("late");
    let last_day = provider.get(&format!("/declarations/{reference}")).await;
    last_day.says("Answer by 12 July 2025.").does_not_say("late");
    world.set_today("2025-07-13");
    let (provider, approver) = (world.sign_in(MANAGER).await, world.sign_in(Seat::APPROVER).await);
    provider.get("/").await.says("The first answer is due by 12 July 2025. 1 is late.");
    approver.get("/").await.does_not_say("Answer or close");
    for browser in [&provider, &approver] {
        browser.get("/questions").await.says("1 day late, answer was due by 12 July 2025");
        browser
            .get(&format!("/declarations/{reference}"))
            .await
            .says("turn, day 12, late")
            .says("1 day late, answer was due by 12 July 2025.");
    }
});

story!(an_approval_that_takes_itself_waits_until_the_question_is_closed, world, {
    let by_itself = BLOOD.replace("approval_required = true", "approval_required = false");
    world.takes_part(&by_itself, &["Y00001"]).await;
    world.set_today("2025-07-02");
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    let (reference, state) = only(&world, MANAGER).await;
    assert_eq!(state, "awaiting_finance");
    let finance = world.sign_in(Seat::FINANCE).await;
    let words = [("text", "Why so many?"), ("returns", "yes")];
    ask_by_form(&finance, &reference, &words).await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_commissioner");
    let page = finance.get(&format!("/declarations/{reference}")).await;
    press(&finance, &page, "/close", "").await.expect(303);
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_finance");
    world.assert_history_is_whole().await;
});

story!(of_fifty_who_ask_at_once_one_does, world, {
    let reference = declared(&world).await;
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let what = Ask { returns: true, ..ask(&world, Seat::APPROVER, &reference).await };
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (db, by, what, reference) =
            (world.db.clone(), by.clone(), what.clone(), reference.clone());
        callers.spawn(async move { store::question::ask(&db, &reference, &what, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotAsk::AlreadyOpen))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("question_asked").await), (1, 1));
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_provider");
    world.assert_history_is_whole().await;
});

story!(of_fifty_who_answer_or_close_at_once_one_does, world, {
    let reference = declared(&world).await;
    let id: QuestionId = asked(&world, Seat::APPROVER, &reference).await.id;
    let now = world.now();
    let both = [world.actor(MANAGER).await, world.actor(Seat::APPROVER).await];
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (db, by) = (world.db.clone(), both[number % 2].clone());
        callers.spawn(async move {
            let written = Written { text: "Flu.".into(), evidence: String::new() };
            match number % 2 {
                0 => store::question::answer(&db, id, &written, 1, &by, &now).await,
                _ => store::question::close(&db, id, 1, &by, &now).await,
            }
        });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotAnswer::Changed | CannotAnswer::AlreadyClosed(_)))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let facts = [world.facts("question_answered").await, world.facts("question_closed").await];
    assert_eq!((winners, facts.iter().sum::<i64>()), (1, 1));
    world.assert_history_is_whole().await;
});

story!(of_those_who_ask_and_approve_at_once_one_is_first, world, {
    let reference = declared(&world).await;
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let what = ask(&world, Seat::APPROVER, &reference).await;
    let mut tx = world.db.read().await.unwrap();
    let one = store::declaration::find(&mut tx, &reference, &by).await.unwrap().declaration;
    drop(tx);
    let seen = [store::declaration::Seen {
        reference: reference.clone(),
        version: one.version,
        calculation: one.calculation,
    }];
    let (asks, approves) = tokio::join!(
        store::question::ask(&world.db, &reference, &what, &by, &now),
        store::declaration::approve(&world.db, &seen, How::Alone, &by, &now)
    );
    let is_approved = approves.expect("a right")[0].result.is_ok();
    // Whoever was second met the other: a question that was asked first stops the approval, and an approval that was
    // first makes what was seen old.
    assert_ne!(asks.is_ok(), is_approved);
});
