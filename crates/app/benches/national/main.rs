//! What Accord does at the size of England, in figures: `make bench` prints them and asserts no time.
//!
//! Every figure stands beside another of the same run (a floor, or a simpler way), so that it means something on a
//! machine that is busy with other things.

mod audit;
mod confirm;
mod declarations;
mod import;
mod load;
mod measure;
mod offers;
mod pages;
mod points;
mod preview;
mod saves;
mod world;

use measure::{count, heading, say};
use world::World;

/// As in the program, so that what is measured in this process costs what it costs there.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Done {
    // `make bench PART=pages`: what a part needs is always made, what is only measured can be left out.
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let is_wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let folder = tempfile::tempdir()?;
    // One thread, as the load generator must leave the other cores to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (file, people) = runtime.block_on(async {
        let mut world = World::new(folder.path()).await?;
        println!("{}", measure::machine(&world.db).await?);
        build(&mut world).await?;
        import::run(&mut world).await?;
        confirm::run(&mut world, folder.path()).await?;
        // The pages show what was saved.
        saves::run(&mut world).await?;
        if is_wanted("saves") {
            preview::run(&mut world).await?;
        }
        if is_wanted("offers") {
            offers::run(&mut world).await?;
        }
        if is_wanted("declarations") {
            declarations::run(&mut world).await?;
        }
        if is_wanted("audit") {
            audit::run(&mut world).await?;
        }
        let people = world.people().await?;
        world.db.close().await;
        Done::Ok((world.file, people))
    })?;
    if is_wanted("pages") {
        pages::run(&runtime, &file, &people)?;
    }
    if is_wanted("points") {
        points::run(folder.path())?;
    }
    println!("\nIn all {:.0} s.", measure::since_start().as_secs_f64());
    Ok(())
}

/// The nation before anything is measured; what it costs to load is worth a line of its own.
async fn build(world: &mut World) -> Done {
    heading("Load");
    measure::forget_peak();
    let (took, ()) = measure::timed(world.settle()).await?;
    let organisations = world.organisations();
    say("register and list sizes", &format!("{} rows, {took:.2?}", count(organisations)), "");
    let (took, offers) = measure::timed(world.contract_everyone()).await?;
    say("direct contracts of 42 ICBs", &format!("{} offers, {took:.2?}", count(offers)), "");
    let (took, rows) = measure::timed(world.load_extracts()).await?;
    let speed = rows as f64 / took.as_secs_f64();
    let text = format!(
        "{} rows, {took:.2?}, {} a second, declarations opened; peak {} MiB",
        count(rows),
        count(speed as usize),
        measure::peak("self")
    );
    say("extracts of a counted service", &text, "");
    Ok(())
}
