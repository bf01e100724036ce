//! Stories of separation of duties: roles that check each other are not given to one person unless that is allowed.

use crate::{
    access::of,
    deputy::hand_over,
    story,
    support::{Seat, money::message},
};
use domain::{
    Actor, Role,
    access::{CannotManage, separation::Together},
};
use store::{
    Failed,
    person::{self, NewPerson},
};

const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
const DECIDES: Seat =
    Seat { name: "Del Ward", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

story!(roles_that_check_each_other_are_not_given_to_one_person_unless_allowed, world, {
    for seat in [OF_ICB, DECIDES] {
        world.add_seat(seat).await;
    }
    let ines = world.sign_in(OF_ICB).await;
    let tom = of(&ines, "", Seat::APPROVER.name).await;
    let both = [
        ("seen", "Approval Management"),
        ("role", "Approval Management"),
        ("role", "Second Approval"),
    ];
    let refused = ines.post(&tom, &both).await;
    refused.expect(409).says("One person may not give the first and the second approval here");
    let invite = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "manager"),
        ("role", "Achievement Entry"),
        ("role", "Finance Management"),
    ];
    let refused = ines.post("/people/invite", &invite).await;
    refused.expect(409).says("One person may not enter figures and approve here");
    // What is asked for is not given either.
    let mut asked = invite.to_vec();
    asked.extend([("phone", "0113 496 0000"), ("reason", "New here")]);
    world.stranger().post("/ask-for-access/QAA", &asked).await.expect(303);
    let request = ines.get("/people/requests").await.links("/people/requests/")[0].clone();
    let mut given = vec![("version", "1")];
    given.extend(invite.iter().filter(|(name, _)| *name == "role").copied());
    let refused = ines.post(&format!("{request}/approve"), &given).await;
    refused.expect(409).says("One person may not enter figures and approve here");

    let del = world.sign_in(DECIDES).await;
    del.get("/organisation").await.says("See which roles one person may hold together");
    let page = del.get("/people/together").await;
    page.expect(200)
        .says("May one person give the first and the second approval? No.")
        .says("Lou Webb Tester Approve and give financial approval: not allowed")
        .says("Nobody sends a payment file that they made");
    // Nor does a command give them.
    let command = Actor::system("accord person add");
    let at = world.organisations["QAA"];
    let tom_again = NewPerson {
        email: "tom.hill@nhs.net".into(),
        name: Seat::APPROVER.name.into(),
        job_title: "tester".into(),
        password: None,
        is_persona: false,
    };
    let more = [(at, Role::FinanceManagement)];
    let refused = person::add(&world.db, &tom_again, &more, &command, &world.now()).await;
    let pair = CannotManage::NotTogether(Together::ApprovalAndFinance);
    assert!(matches!(refused, Err(Failed::Refused(why)) if why == pair));
    let allow = [("pair", "two_approvals"), ("allow", "yes"), ("reason", "")];
    del.post("/people/together", &allow).await.expect(422).says("Enter a reason");
    let allow = [("pair", "two_approvals"), ("allow", "yes"), ("reason", "A team of two")];
    // Whoever gives the roles does not decide whether they go together.
    ines.get("/people/together").await.expect(200).does_not_say("Allow that");
    ines.post("/people/together", &allow).await.expect(403);
    let done = del.post("/people/together", &allow).await;
    let said = "One person may give the first and the second approval now.";
    assert_eq!(message(done.expect(303)), said);
    del.post("/people/together", &allow).await.expect(409).says("decided the same already");
    ines.get("/people/together").await.says("Allowed by Del Ward on 10 April 2025");
    ines.post(&tom, &both).await.expect(303);
    ines.get("/people/together").await.says("Give the first and the second approval: allowed");
    ines.get("/people/review")
        .await
        .says("Can give the first and the second approval, which your organisation allows.");

    let forbid = [("pair", "two_approvals"), ("allow", "no"), ("reason", "We have grown")];
    del.post("/people/together", &forbid).await.expect(303);
    // What is held stays, and can be made less.
    ines.get("/people/together").await.says("Give the first and the second approval: not allowed");
    let less =
        [("seen", "Approval Management"), ("seen", "Second Approval"), ("role", "Second Approval")];
    ines.post(&tom, &less).await.expect(303);
    for (seat, status) in [(Seat::APPROVER, 403), (Seat::PRACTICE_MANAGER, 403)] {
        world.sign_in(seat).await.get("/people/together").await.expect(status);
    }
    del.post("/people/together", &[("pair", "all"), ("allow", "yes")]).await.expect(400);
    assert_eq!(world.facts("separation_changed").await, 2);
    del.get("/people/together")
        .await
        .says("One person may give the first and the second approval: A team of two")
        .says("One person may not give the first and the second approval: We have grown");
    world.assert_history_is_whole().await;
});

story!(who_holds_such_roles_for_a_colleague_is_shown_with_the_last_day, world, {
    world.add_seat(DECIDES).await;
    let tom = world.sign_in(Seat::APPROVER).await;
    hand_over(&tom, "Ana Ruiz", &["Approval Management"], ("2025-04-10", "2025-04-20"))
        .await
        .expect(303);
    let del = world.sign_in(DECIDES).await;
    let page = del.get("/people/together").await;
    page.says(
        "Ana Ruiz Tester Approve and give financial approval: not allowed Until 20 April 2025",
    );
    world.set_today("2025-04-21");
    let del = world.sign_in(DECIDES).await;
    del.get("/people/together").await.does_not_say("Ana Ruiz");
});
