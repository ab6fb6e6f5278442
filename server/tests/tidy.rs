//! The house rules that a compiler does not know: who may import whom, who alone may do what, and what may not enter
//! the tree. Reads the sources as text; a rule that fails names the files.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The longest file.
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A source file: its path below the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines that the compiler reads, with their numbers: no comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether it is there for tests alone.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.contains("/test") || self.path.ends_with("/tests.rs")
    }
}

/// Every Rust file below a folder, or none where the folder is not there.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("a readable source");
            let relative = path
                .strip_prefix(root())
                .expect("below the root")
                .display()
                .to_string();
            found.push(Source { path: relative, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
}

/// Every Rust file of ours.
fn all_sources() -> Vec<Source> {
    let folders = ["domain", "engine", "app", "frontend", "server", "faults"];
    let parts = folders
        .iter()
        .flat_map(|folder| ["src", "tests", "examples", "benches"].map(|part| format!("{folder}/{part}")));
    parts.flat_map(|folder| sources(&folder)).collect()
}

/// Whether `word` stands in the line by itself and not as part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let opens = !word.starts_with(part_of_name) || !before.is_some_and(part_of_name);
        let closes = !word.ends_with(part_of_name) || !after.is_some_and(part_of_name);
        opens && closes
    })
}

/// Collects what breaks a rule and fails with all of it at once.
struct Rule {
    text: &'static str,
    broken: String,
}

impl Rule {
    fn new(text: &'static str) -> Self {
        Self {
            text,
            broken: String::new(),
        }
    }

    fn broken_at(&mut self, source: &Source, line: usize, what: &str) {
        writeln!(self.broken, "  {}:{line}: {}", source.path, what.trim()).expect("writes to a string");
    }

    /// None of the words may stand in the code of the files.
    fn never(mut self, files: impl IntoIterator<Item = Source>, words: &[&str]) -> Self {
        for source in files {
            for (at, line) in source.code() {
                if words.iter().any(|word| has_word(line, word)) {
                    self.broken_at(&source, at, line);
                }
            }
        }
        self
    }

    fn check(self) {
        assert!(self.broken.is_empty(), "{}\n{}", self.text, self.broken);
    }
}

fn except(files: Vec<Source>, kept: impl Fn(&str) -> bool) -> impl Iterator<Item = Source> {
    files.into_iter().filter(move |source| !kept(&source.path))
}

#[test]
fn domain_is_pure_and_knows_none_of_ours() {
    let ours = ["engine::", "app::", "server::", "leptos", "axum", "sqlx", "tokio"];
    Rule::new("domain imports none of ours and no framework")
        .never(sources("domain/src"), &ours)
        .check();
    let impure = ["async fn", "SystemTime", "cfg(feature", "std::fs", "std::net"];
    Rule::new("domain has no I/O, no async, no clock, no features")
        .never(sources("domain/src"), &impure)
        .check();
}

#[test]
fn engine_knows_only_domain() {
    let words = ["leptos", "axum", "app::", "server::", "tower_http"];
    Rule::new("engine knows domain alone, never leptos or axum")
        .never(sources("engine/src"), &words)
        .check();
}

#[test]
fn app_names_the_engine_only_behind_its_doors() {
    let rest = except(sources("app/src"), |path| path.starts_with("app/src/api/"));
    Rule::new("app uses engine only in app/src/api")
        .never(rest, &["engine::", "engine"])
        .check();
    let words = ["sqlx", "tokio", "server::"];
    Rule::new("app knows no SQL and no runtime")
        .never(sources("app/src"), &words)
        .check();
}

#[test]
fn only_the_failing_file_system_is_unsafe() {
    let rest = except(all_sources(), |path| {
        path == "faults/src/vfs/layer.rs" || path == "server/tests/tidy.rs"
    });
    Rule::new("only faults/src/vfs/layer.rs is unsafe")
        .never(
            rest,
            &[
                "unsafe {",
                "unsafe fn",
                "unsafe impl",
                "unsafe extern",
                "allow(unsafe_code",
                "expect(unsafe_code",
            ],
        )
        .check();
}

#[test]
fn what_makes_faults_is_no_part_of_a_release() {
    for at in ["domain", "engine", "frontend", "server"] {
        let named = |name| table(&format!("{at}/Cargo.toml"), name);
        let needs = |line: &str| line.starts_with("faults") && !line.contains("optional = true");
        let always = named("dependencies").lines().any(needs) || named("features").contains("default");
        assert!(!always, "{at} is built with faults");
    }
    let build = fs::read_to_string(root().join("scripts/build.sh")).expect("the build");
    assert!(!build.contains("faults"), "the release is built with faults");
}

#[test]
fn pages_never_import_pages() {
    let pages = except(sources("app/src/pages"), |path| path.ends_with("/mod.rs"));
    Rule::new("pages never import pages: what two share is a component")
        .never(pages, &["pages::", "use super::"])
        .check();
    let parts = ["components", "islands", "ui", "api"]
        .into_iter()
        .flat_map(|part| sources(&format!("app/src/{part}")));
    Rule::new("what pages are made of knows no page")
        .never(parts, &["pages::"])
        .check();
}

#[test]
fn ui_knows_no_word_of_ours() {
    let words = [
        "domain",
        "engine",
        "crate::api",
        "crate::components",
        "crate::islands",
    ];
    Rule::new("app/src/ui knows nothing of ours")
        .never(sources("app/src/ui"), &words)
        .check();
}

#[test]
fn only_the_store_speaks_sql() {
    let rest = except(sources("engine/src"), |path| {
        path.starts_with("engine/src/store/") || path == "engine/src/error.rs"
    });
    Rule::new("only engine/src/store and error.rs say sqlx")
        .never(rest.chain(sources("server/src")), &["sqlx"])
        .check();
}

#[test]
fn only_rule_sql_turns_rules_into_sql() {
    let rest = except(sources("engine/src"), |path| {
        path.starts_with("engine/src/store/rule_sql")
    });
    let words = [
        "Condition::",
        "Rule::And",
        "Rule::Or",
        "Rule::Not",
        "Test::",
        "Literal::",
    ];
    Rule::new("only store/rule_sql takes a rule apart")
        .never(rest, &words)
        .check();
}

#[test]
fn only_the_runner_writes_a_jobs_state() {
    let mut rule = Rule::new("only store/job_steps writes a job's state, and only the runner calls it");
    for source in sources("engine/src")
        .into_iter()
        .filter(|source| !source.is_test())
    {
        let steps = source.path == "engine/src/store/job_steps.rs";
        for (at, line) in source.code() {
            let set = line
                .split("UPDATE jobs SET")
                .nth(1)
                .map(|rest| rest.split(" WHERE ").next().unwrap_or(rest));
            if !steps && set.is_some_and(|set| has_word(set, "state =")) {
                rule.broken_at(&source, at, line);
            }
            let may_call =
                source.path.starts_with("engine/src/runner/") || source.path.starts_with("engine/src/store/");
            if !may_call && has_word(line, "job_steps") {
                rule.broken_at(&source, at, line);
            }
        }
    }
    rule.check();
}

#[test]
fn only_config_reads_the_environment() {
    let all = [
        "domain/src",
        "engine/src",
        "app/src",
        "frontend/src",
        "server/src",
    ]
    .into_iter()
    .flat_map(sources);
    let rest = all.filter(|source| source.path != "server/src/config.rs" && !source.is_test());
    Rule::new("only server/src/config.rs reads the environment")
        .never(rest, &["env::var", "env::var_os", "env::vars"])
        .check();
}

#[test]
fn only_the_clock_asks_the_time_and_only_output_prints() {
    let all = || {
        ["domain/src", "engine/src", "app/src", "server/src"]
            .into_iter()
            .flat_map(sources)
    };
    let rest = all().filter(|source| source.path != "engine/src/clock.rs" && !source.is_test());
    Rule::new("only engine/src/clock.rs asks the time")
        .never(rest, &["SystemTime::now", "Timestamp::now"])
        .check();
    let rest = all().filter(|source| source.path != "server/src/output.rs" && !source.is_test());
    let words = ["println!", "eprintln!", "print!", "eprint!", "stdout()", "dbg!"];
    Rule::new("only server/src/output.rs prints")
        .never(rest, &words)
        .check();
}

#[test]
fn every_file_says_what_it_is_for_and_can_be_read_whole() {
    let mut rule = Rule::new("every file opens with `//!` and has at most 500 lines");
    for source in all_sources() {
        // A test's own folder may begin with its attribute.
        let first = source
            .text
            .lines()
            .find(|line| !line.starts_with("#!["))
            .unwrap_or("");
        if !first.starts_with("//!") {
            rule.broken_at(&source, 1, "opens without `//!`");
        }
        let lines = source.text.lines().count();
        if lines > LINES_MAX {
            rule.broken_at(&source, lines, "is too long");
        }
    }
    rule.check();
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let mut rule = Rule::new("#[expect(…, reason = …)], never a bare allow");
    for source in all_sources()
        .into_iter()
        .filter(|source| source.path != "server/tests/tidy.rs")
    {
        for (at, line) in source.code() {
            if line.contains("#[allow(") || line.contains("#![allow(") {
                rule.broken_at(&source, at, line);
            }
        }
    }
    rule.check();
}

#[test]
fn no_style_and_no_script_stands_in_the_markup() {
    let words = ["style=", "style:", "onclick="];
    Rule::new("app has no inline style and no inline handler: the policy of the page forbids them")
        .never(sources("app/src"), &words)
        .check();
    // The shell's own script is a constant and carries the nonce.
    let rest = except(sources("app/src"), |path| path == "app/src/shell.rs");
    Rule::new("no raw HTML in pages: what people typed is only ever shown as text")
        .never(rest, &["inner_html"])
        .check();
}

#[test]
fn no_path_of_a_machine_is_named() {
    let mut rule = Rule::new("no path of a machine");
    for source in all_sources()
        .into_iter()
        .filter(|source| source.path != "server/tests/tidy.rs")
    {
        for (at, line) in source.text.lines().enumerate() {
            if ["/root/", "/home/", "/tmp/"]
                .iter()
                .any(|path| line.contains(path))
            {
                rule.broken_at(&source, at + 1, line);
            }
        }
    }
    rule.check();
}

/// The named table of a Cargo.toml, up to the next one.
fn table(manifest: &str, name: &str) -> String {
    let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line.trim() == format!("[{name}]");
        } else if inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_packages_that_were_asked_for_are_direct_dependencies() {
    let all: String = ["app", "engine", "frontend", "server"]
        .iter()
        .map(|at| table(&format!("{at}/Cargo.toml"), "dependencies"))
        .collect();
    for name in [
        "leptos",
        "leptos_axum",
        "axum",
        "tokio",
        "sqlx",
        "serde",
        "wasm-bindgen",
        "gloo-timers",
    ] {
        let named = all
            .lines()
            .any(|line| line.starts_with(&format!("{name}.")) || line.starts_with(&format!("{name} ")));
        assert!(named, "{name} is not a direct dependency of any crate");
    }
}

#[test]
fn the_server_functions_that_were_asked_for_exist_and_are_used() {
    let api = sources("app/src/api");
    let users: Vec<_> = ["pages", "islands", "components"]
        .iter()
        .flat_map(|at| sources(&format!("app/src/{at}")))
        .collect();
    for name in ["start_job", "list_dependencies", "compute_estimate", "poll_job"] {
        let marked = |source: &Source| {
            let lines: Vec<_> = source.code().map(|(_, line)| line.trim()).collect();
            let at = lines
                .iter()
                .position(|line| line.contains(&format!("fn {name}(")));
            at.is_some_and(|at| {
                lines[..at]
                    .iter()
                    .rev()
                    .take(4)
                    .any(|line| line.starts_with("#[server"))
            })
        };
        assert!(
            api.iter().any(marked),
            "app/src/api has no server function {name}"
        );
        let used = users
            .iter()
            .any(|source| source.code().any(|(_, line)| has_word(line, name)));
        assert!(used, "no page, island or component uses {name}");
    }
}

#[test]
fn the_lock_file_holds_one_of_each_and_nothing_unwanted() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let count = |name: &str| {
        lock.lines()
            .filter(|line| *line == format!("name = \"{name}\""))
            .count()
    };
    for name in [
        "sqlx",
        "sqlx-sqlite",
        "libsqlite3-sys",
        "leptos",
        "leptos_axum",
        "axum",
        "tokio",
    ] {
        assert_eq!(count(name), 1, "{name}");
    }
    for name in [
        "openssl",
        "openssl-sys",
        "rsa",
        "chrono",
        "aws-lc-sys",
        "native-tls",
    ] {
        assert_eq!(count(name), 0, "{name}");
    }
}
