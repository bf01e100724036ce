//! What is embedded: static files under names that change with their content, and the tables that list them.

use crate::fetch::short_hash;
use crate::{files_below, read, write};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// A static file on its way into the program.
struct File {
    name: String,
    content: Vec<u8>,
}

impl File {
    /// The address it is served at: `accord.css` becomes `/assets/accord-0123456789ab.css`.
    fn address(&self) -> String {
        let (stem, ending) = self.name.rsplit_once('.').unwrap_or((&self.name, ""));
        format!("/assets/{stem}-{}.{ending}", short_hash(&self.content))
    }

    fn kind(&self) -> Result<&'static str, String> {
        match self.name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("css") => Ok("text/css; charset=utf-8"),
            Some("js") => Ok("text/javascript; charset=utf-8"),
            Some("svg") => Ok("image/svg+xml"),
            _ => Err(format!(
                "{} has an ending whose media type is not known to the build.",
                self.name
            )),
        }
    }
}

/// Compiles the styles, gathers scripts and images, and writes the table `assets.rs`.
pub fn assets(ours: &Path, package: &Path, out: &Path) -> Result<(), String> {
    let library = package.join("dist/nhsuk");
    let mut css = stylesheet(ours, &library, out)?;
    let mut files = Vec::new();

    // Styles name their images by address, so the images get their final names first.
    for name in files_below(&library.join("assets/images"), ".svg")? {
        let plain_address = format!("/assets/images/{name}");
        if css.contains(&plain_address) {
            let image = File { content: read(&library.join("assets/images").join(&name))?, name };
            css = css.replace(&plain_address, &image.address());
            files.push(image);
        }
    }
    refuse_foreign_addresses(&css)?;
    files.push(File { name: "accord.css".into(), content: css.into_bytes() });

    let script = File {
        name: "nhsuk-frontend.js".into(),
        content: without_source_map(&read(&library.join("nhsuk-frontend.min.js"))?),
    };
    for name in files_below(ours, "")?.into_iter().filter(|name| !name.ends_with(".scss")) {
        let mut content = read(&ours.join(&name))?;
        if name.ends_with(".js") {
            content = String::from_utf8_lossy(&content)
                .replace("/assets/nhsuk-frontend.js", &script.address())
                .into_bytes();
        }
        files.push(File { name, content });
    }
    files.push(script);
    files.sort_by(|one, other| one.name.cmp(&other.name));
    write_table(&files, out)
}

/// Our stylesheet with the whole library in it. Compiling takes a second, so it is kept while nothing it reads has changed.
fn stylesheet(ours: &Path, library: &Path, out: &Path) -> Result<String, String> {
    let entry = ours.join("accord.scss");
    let mut inputs = library.display().to_string().into_bytes();
    for name in files_below(ours, ".scss")? {
        inputs.extend(read(&ours.join(name))?);
    }
    let kept = out.join(format!("css/{}.css", short_hash(&inputs)));
    if let Ok(css) = std::fs::read_to_string(&kept) {
        return Ok(css);
    }
    let options = grass::Options::default()
        .style(grass::OutputStyle::Compressed)
        .load_path(library)
        .load_path(ours)
        .quiet(true);
    let css = grass::from_path(&entry, &options)
        .map_err(|why| format!("The styles do not compile: {why}"))?;
    write(&kept, css.as_bytes())?;
    Ok(css)
}

/// The library's ready-made styles load a licensed font from another host; ours must name no host at all.
fn refuse_foreign_addresses(css: &str) -> Result<(), String> {
    match ["url(http", "url(\"http", "url(//", "url(\"//", "frutiger", "@font-face"]
        .iter()
        .find(|text| css.to_lowercase().contains(**text))
    {
        Some(text) => Err(format!(
            "The styles hold {text:?}: they must not load anything from elsewhere, nor use the licensed font."
        )),
        None => Ok(()),
    }
}

fn without_source_map(script: &[u8]) -> Vec<u8> {
    let script = String::from_utf8_lossy(script);
    script
        .lines()
        .filter(|line| !line.starts_with("//# sourceMappingURL"))
        .collect::<Vec<_>>()
        .join("\n")
        .into_bytes()
}

fn write_table(files: &[File], out: &Path) -> Result<(), String> {
    let mut table = String::from("[\n");
    for file in files {
        let address = file.address();
        let path = format!("{}{address}", out.display());
        write(Path::new(&path), &file.content)?;
        write(Path::new(&format!("{path}.gz")), &gzip(&file.content)?)?;
        let _ = writeln!(
            table,
            "    File {{ name: {:?}, address: {address:?}, kind: {:?}, plain: include_bytes!({path:?}), gzip: include_bytes!({:?}) }},",
            file.name,
            file.kind()?,
            format!("{path}.gz"),
        );
    }
    table.push(']');
    write(&out.join("assets.rs"), table.as_bytes())
}

fn gzip(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .map_err(|why| format!("A file cannot be compressed: {why}."))
}

/// Writes the tables of templates: ours, the library's, and its components by name.
pub fn templates(ours: &Path, macros: &Path, out: &Path) -> Result<(), String> {
    for (table, folder, ending) in [("pages.rs", ours, ".html"), ("macros.rs", macros, ".jinja")] {
        let mut text = String::from("[\n");
        for name in files_below(folder, ending)? {
            let _ = writeln!(
                text,
                "    ({name:?}, include_str!({:?})),",
                folder.join(&name).display().to_string()
            );
        }
        text.push(']');
        write(&out.join(table), text.as_bytes())?;
    }
    components(macros, out)
}

/// Each `macro.jinja` defines one macro and includes the template beside it: macro name to template name.
fn components(macros: &Path, out: &Path) -> Result<(), String> {
    let mut found = Vec::new();
    for name in files_below(macros, "/macro.jinja")? {
        let source = String::from_utf8_lossy(&read(&macros.join(&name))?).into_owned();
        let component = source
            .split_once("macro ")
            .and_then(|(_, rest)| rest.split_once('('))
            .map(|(component, _)| component.trim().to_owned());
        let component = component.ok_or_else(|| format!("{name} does not define a macro."))?;
        found.push((component, name.replace("macro.jinja", "template.jinja")));
    }
    found.sort();
    let mut text = String::from("[\n");
    for (component, template) in found {
        let _ = writeln!(text, "    ({component:?}, {template:?}),");
    }
    text.push(']');
    write(&out.join("components.rs"), text.as_bytes())
}
