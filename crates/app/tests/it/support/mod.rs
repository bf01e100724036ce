//! What a story needs: a fresh world on either engine, people who sign in, and a browser without a screen.

mod browser;
pub mod figures;
mod history;
pub mod money;
pub mod place;
pub mod provider;
pub mod served;
mod world;

pub use browser::{Browser, Page};
pub use world::{Seat, World, listed};

/// A story: runs on SQLite, and on PostgreSQL when `ACCORD_TEST_POSTGRES` names a server, each in a world of its own.
///
/// ```ignore
/// story!(a_provider_accepts_an_offer, world, {
///     let provider = world.sign_in(Seat::PRACTICE_MANAGER).await;
///     …
/// });
/// ```
#[macro_export]
macro_rules! story {
    ($name:ident, $world:ident, $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn tell($world: $crate::support::World) {
                $body
            }

            #[tokio::test]
            async fn on_sqlite() {
                tell($crate::support::World::on_sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                match $crate::support::World::on_postgresql().await {
                    Some(world) => tell(world).await,
                    None => eprintln!("skipped: ACCORD_TEST_POSTGRES names no server"),
                }
            }
        }
    };
}
