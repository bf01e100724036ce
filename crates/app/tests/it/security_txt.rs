//! Stories of whom to tell about a weakness.

use crate::story;

const ADDRESS: &str = "/.well-known/security.txt";

story!(whoever_finds_a_weakness_reads_whom_to_tell, world, {
    let mut world = world;
    world.stranger().get(ADDRESS).await.expect(404).says("Page not found");
    world.serve(|web| {
        web.settings.security_contact = Some("mailto:security@icb.example".into());
        web.settings.address = Some("https://accord.icb.example".into());
    });
    let page = world.stranger().get(ADDRESS).await;
    assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        page.expect(200).html,
        "Contact: mailto:security@icb.example\nExpires: 2026-04-09T12:00:00Z\nPreferred-Languages: en\n\
         Canonical: https://accord.icb.example/.well-known/security.txt\n"
    );
});

story!(behind_https_no_answer_allows_another_way, world, {
    let mut world = world;
    let plain = world.stranger().get("/sign-in").await;
    assert!(!plain.headers.contains_key("strict-transport-security"));
    world.serve(|web| web.is_https = true);
    for address in ["/sign-in", "/nothing-here", "/healthz"] {
        let page = world.stranger().get(address).await;
        assert!(page.headers.contains_key("strict-transport-security"), "{address}");
    }
});

story!(an_address_without_https_is_not_called_canonical, world, {
    let mut world = world;
    world.serve(|web| {
        web.settings.security_contact = Some("https://icb.example/weakness".into());
        web.settings.address = Some("http://127.0.0.1:8080".into());
    });
    let page = world.stranger().get(ADDRESS).await;
    page.expect(200).says("Contact: https://icb.example/weakness").does_not_say("Canonical");
});
