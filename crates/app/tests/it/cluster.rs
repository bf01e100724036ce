//! Stories of clusters: sets of providers kept under a name, and chosen together in contracts.

use crate::contract::started;
use crate::story;
use crate::support::{Browser, Page, Seat, World};
use domain::Role;
use domain::cluster::{CannotCluster, Details};
use std::collections::BTreeSet;
use store::Failed;

/// Keeps the clusters of the ICB.
const KEEPER: Seat =
    Seat { name: "Del Ward", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

/// The one who keeps clusters, signed in.
async fn keeper(world: &World) -> Browser {
    world.add_seat(KEEPER).await;
    world.sign_in(KEEPER).await
}

/// Makes a cluster by its form; gives the answer.
async fn save(keeper: &Browser, name: &str, codes: &str) -> Page {
    let fields =
        [("name", name), ("description", "Near the sea"), ("codes", codes), ("go", "next")];
    keeper.post("/clusters/new", &fields).await
}

/// A cluster with these codes; gives its address.
async fn kept(world: &World, name: &str, codes: &str) -> String {
    save(&keeper(world).await, name, codes).await.expect(303).location().to_owned()
}

story!(an_organisation_administrator_keeps_a_cluster_of_providers, world, {
    let keeper = keeper(&world).await;
    keeper.get("/clusters").await.expect(200).says("Your organisation has no clusters.");
    keeper.get("/clusters/new").await.expect(200).says("Riverside Surgery").says("Hill Top");
    let address = kept(&world, " Coast ", "Y00001, u00001").await;
    assert_eq!(address, "/clusters/CL-2025-000001");
    let page = keeper.get(&address).await;
    page.expect(200)
        .says("CL-2025-000001 Coast")
        .says("Near the sea")
        .says("2 providers")
        .says("Riverside PCN")
        .does_not_say("Hill Top")
        .says("Cluster Coast created with 2 providers");
    keeper.get("/clusters").await.says("Coast 2 Near the sea");

    let change = keeper.get(&format!("{address}/change")).await;
    assert_eq!(change.expect(200).value("name"), "Coast");
    let version = change.value("version");
    let fields = [
        ("version", &*version),
        ("name", "Coast and hills"),
        ("description", ""),
        ("searched", ""),
        ("provider", "Y00001"),
        ("provider", "Y00002"),
        ("go", "next"),
    ];
    let sent = keeper.post(&format!("{address}/change"), &fields).await;
    assert_eq!(sent.expect(303).location(), address);
    keeper
        .get(&address)
        .await
        .says("Hill Top Practice")
        .says("Cluster Coast and hills changed, added: Y00002, taken out: U00001");
    // The same form again is an old page now, and the same content under the new version changes nothing.
    let old = keeper.post(&format!("{address}/change"), &fields).await;
    old.expect(409).says("Someone else changed this while you were working");
    let mut same = fields;
    same[0].1 = "2";
    keeper.post(&format!("{address}/change"), &same).await.expect(303);
    assert_eq!(world.facts("cluster_changed").await, 1);

    let check = keeper.get(&format!("{address}/delete")).await;
    check.expect(200).says("The cluster has 2 providers.");
    let fields = [("version", &*check.value("version"))];
    let sent = keeper.post(&format!("{address}/delete"), &fields).await;
    assert_eq!(sent.expect(303).location(), "/clusters");
    keeper.get(&address).await.expect(404);
    keeper.post(&format!("{address}/delete"), &fields).await.expect(404);
    assert_eq!(world.facts("cluster_deleted").await, 1);
    world.assert_history_is_whole().await;
});

story!(what_is_wrong_with_a_cluster_is_named_and_nothing_is_lost, world, {
    kept(&world, "Coast", "Y00001").await;
    let keeper = keeper(&world).await;
    let (long, longer) = ("x".repeat(81), "y".repeat(501));
    for (name, description, codes, status, message) in [
        ("", "", "Y00001", 422, "Enter a name for the cluster"),
        (&*long, "", "Y00001", 422, "Cluster name must be 80 characters or less"),
        ("Hills", &*longer, "Y00001", 422, "Description must be 500 characters or less"),
        ("Hills", "", "", 422, "Select at least 1 provider"),
        ("Hills", "", "Y00001\nY99999", 422, "Line 2: Y99999 is not an ODS code"),
        ("Hills", "", "Y00003", 422, "Far Away Surgery) is not a provider of your organisation"),
        ("cOAST", "", "Y00001", 409, "Your organisation has a cluster called cOAST"),
    ] {
        let fields =
            [("name", name), ("description", description), ("codes", codes), ("go", "next")];
        let page = keeper.post("/clusters/new", &fields).await;
        page.expect(status).says("There is a problem").says(message);
        assert_eq!(page.value("name"), name);
    }
    // A search saves nothing, and what was ticked stays ticked.
    let fields = [
        ("name", "Hills"),
        ("searched", ""),
        ("search", "hill"),
        ("provider", "Y00001"),
        ("go", "next"),
    ];
    let page = keeper.post("/clusters/new", &fields).await;
    page.expect(200).says("Hill Top Practice").does_not_say("Riverside Surgery");
    assert_eq!((page.value("name"), page.value("kept")), ("Hills".into(), "Y00001".into()));
    assert_eq!(world.facts("cluster_created").await, 1);
});

story!(a_cluster_is_added_to_the_providers_of_a_contract, world, {
    kept(&world, "Coast", "Y00001 Y00002").await;
    world.close("Y00002").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let address = format!("{}/providers", started(&commissioner).await);
    let page = commissioner.get(&address).await;
    let version = page.value("version");
    // Under another choice a cluster is not read past.
    let fields = [
        ("version", &*version),
        ("whom", "all"),
        ("searched", ""),
        ("cluster", "CL-2025-000001"),
        ("go", "next"),
    ];
    commissioner.post(&address, &fields).await.expect(422).says("You chose a cluster. Select");
    let nothing = [("version", &*version), ("whom", "chosen"), ("cluster", ""), ("go", "cluster")];
    commissioner.post(&address, &nothing).await.expect(422).says("Select a cluster to add");
    let mut next = fields;
    next[1].1 = "chosen";
    let page = commissioner.post(&address, &next).await;
    page.expect(200)
        .says("1 provider of Coast ticked.")
        .says("Not ticked because they have closed or left your organisation: Hill Top Practice (Y00002).")
        .says("Coast (2 providers)");
    assert_eq!(page.checked("provider"), ["Y00001"]);
    let fields = [
        ("version", &*version),
        ("whom", "chosen"),
        ("searched", ""),
        ("cluster", ""),
        ("provider", "Y00001"),
        ("go", "next"),
    ];
    commissioner.post(&address, &fields).await.expect(303);
    let mut tx = world.db.read().await.expect("a question");
    let by = world.actor(Seat::COMMISSIONER).await;
    let contract =
        store::contract::find(&mut tx, "C-2025-000001", &by).await.expect("the contract");
    let chosen = store::contract::chosen_codes(&mut tx, &contract).await.expect("its providers");
    assert!(chosen.iter().eq(["Y00001"]), "{chosen:?}");
    drop(tx);

    // The closed one stays in the cluster until somebody takes it out.
    let keeper = keeper(&world).await;
    let cluster = "/clusters/CL-2025-000001";
    keeper.get(cluster).await.says("Hill Top Practice (Y00002), closed on 9 April 2025");
    let change = format!("{cluster}/change");
    assert_eq!(keeper.get(&change).await.checked("gone"), ["Y00002"]);
    let fields = [
        ("version", "1"),
        ("name", "Coast"),
        ("description", "Near the sea"),
        ("searched", ""),
        ("provider", "Y00001"),
        ("gone", "Y00002"),
        ("go", "next"),
    ];
    keeper.post(&change, &fields).await.expect(303);
    assert_eq!(world.facts("cluster_changed").await, 0);
    let without: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "gone").collect();
    keeper.post(&change, &without).await.expect(303);
    keeper.get(cluster).await.does_not_say("closed on").says("taken out: Y00002");
});

story!(clusters_are_read_by_the_commissioner_and_kept_by_its_administrator, world, {
    let address = kept(&world, "Coast", "Y00001").await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner
        .get("/clusters")
        .await
        .expect(200)
        .says("Coast")
        .says("Organisation Administrator");
    commissioner.get(&address).await.expect(200).does_not_say("Change this cluster");
    save(&commissioner, "Hills", "Y00002").await.expect(403);
    for act in ["change", "delete"] {
        commissioner.get(&format!("{address}/{act}")).await.expect(403);
        commissioner.post(&format!("{address}/{act}"), &[("version", "1")]).await.expect(403);
    }
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    other.get("/clusters").await.expect(200).does_not_say("Coast");
    other.get(&address).await.expect(404);
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/clusters").await.expect(403);
    assert_eq!(world.facts("cluster_created").await, 1);
});

story!(of_fifty_callers_one_takes_a_name, world, {
    keeper(&world).await;
    let (by, now) = (world.actor(KEEPER).await, world.now());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..50 {
        let (db, by) = (world.db.clone(), by.clone());
        let name = if caller % 2 == 0 { "Coast" } else { "COAST" }.to_owned();
        let providers = BTreeSet::from(["Y00001".to_owned()]);
        let details = Details { name, description: String::new(), providers };
        callers.spawn(async move { store::cluster::create(&db, details, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotCluster::NameTaken(_))) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("cluster_created").await), (1, 1));
    world.assert_history_is_whole().await;
});
