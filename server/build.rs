//! Writes the table of the browser's files that a release build embeds: all that scripts/build.sh left in target/site.
//! With no such folder (a clean clone, where only lints and tests run) the table is empty.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    // Asked when it runs, not when it is compiled: a target folder may be shared by two checkouts.
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| io::Error::other("cargo sets no CARGO_MANIFEST_DIR"))?;
    let site = Path::new(&here).join("../target/site");
    // Cargo runs this script at every build for as long as a watched path is missing.
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed=build.rs");

    let mut table = String::new();
    if env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", site.display());
        let site = site.canonicalize()?;
        let mut files = Vec::new();
        collect(&site, &mut files)?;
        files.sort();
        for file in &files {
            row(&mut table, &site, file)?;
        }
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets no OUT_DIR"))?;
    fs::write(Path::new(&out).join("assets.rs"), format!("&[\n{table}]\n"))
}

/// Every file below `dir` but the packed forms, which belong to the file beside them.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_none_or(|extension| extension != "br" && extension != "gz")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn row(table: &mut String, site: &Path, file: &Path) -> io::Result<()> {
    let name = file.strip_prefix(site).map_err(io::Error::other)?;
    let mut hasher = DefaultHasher::new();
    fs::read(file)?.hash(&mut hasher);
    let packed = |ending: &str| {
        let path = PathBuf::from(format!("{}.{ending}", file.display()));
        if path.exists() {
            format!("Some(include_bytes!({path:?}))")
        } else {
            "None".to_owned()
        }
    };
    writeln!(
        table,
        "Embedded {{ path: {name:?}, tag: \"{:016x}\", plain: include_bytes!({file:?}), brotli: {}, gzip: {} }},",
        hasher.finish(),
        packed("br"),
        packed("gz"),
    )
    .map_err(io::Error::other)
}
