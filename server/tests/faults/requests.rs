//! kill -9 while a privacy request is carried out: whatever was done before the kill, the next server brings it to its end,
//! once: one account, one receipt, the recipient told, and the person named nowhere.

use crate::rig::{LETHE, block_on, confirmed, connect, copy_all, number, plant, spawn};
use domain::{
    access::Actor,
    privacy::{
        clock::Regulation,
        request::{Manner, NewRequest, RequestKind, Subject},
    },
    profile::IdentityKind,
};
use engine::{Engine, OpenOptions, clock::Clock, receipt::verify};
use sqlx::Connection as _;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

const PERSON: &str = "p1@example.com";
/// Where it is killed, the first time that it comes there. The person has a profile in the store and a copy in the warehouse.
const POINTS: [&str; 12] = [
    "request.started",
    "erased.kept",
    "erase.store",
    "erasures.logged",
    "erase.warehouse",
    "erase.noted",
    "request.erased",
    "request.ended",
    "request.told",
    "erase.wiped",
    "erase.scrubbed",
    "request.signed",
];
/// Looks of 20 ms until the request must be over.
const LOOKS: u32 = 1_500;
/// What is still to be done.
const LEFT: &str = "SELECT (SELECT count(*) FROM privacy_requests WHERE forgotten_at IS NULL)
    + (SELECT count(*) FROM erasures WHERE scrubbed_at IS NULL)
    + (SELECT 1 - count(*) FROM receipts WHERE source = 'request')";

/// Takes word of erasures, and counts it.
fn recipient() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody comes");
            let (mut text, mut some) = (Vec::new(), [0; 4_096]);
            // The body is the end of it: one JSON object.
            while !text.ends_with(b"}") {
                match stream.read(&mut some) {
                    Ok(n) if n > 0 => text.extend_from_slice(&some[..n]),
                    _ => break,
                }
            }
            if text
                .windows(PERSON.len())
                .any(|window| window == PERSON.as_bytes())
            {
                count.fetch_add(1, Ordering::Relaxed);
            }
            // Whoever was killed while it waited does not hear it.
            let _ = stream
                .write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (url, told)
}

/// A request that is due, and a recipient to be told.
async fn enter(data: &Path, url: &str) {
    let options = OpenOptions {
        dir: data.to_owned(),
        clock: Clock::system(),
    };
    let engine = Engine::open(options).await.expect("open");
    let actor = Actor::system();
    let dataset = engine.dataset(&actor, "main").await.expect("main").id;
    engine
        .add_recipient(
            &actor,
            dataset,
            "Mail house",
            url,
            "0123456789abcdef0123456789abcdef",
        )
        .await
        .expect("a recipient");
    let new = NewRequest {
        kind: RequestKind::Erasure,
        regulation: Regulation::Gdpr,
        manner: Manner::Email,
        received_at: None,
        subjects: vec![Subject {
            kind: Some(IdentityKind::Email),
            value: PERSON.to_owned(),
        }],
        verified_how: Some("Answered from the address on file.".to_owned()),
    };
    engine
        .create_request(&actor, dataset, new)
        .await
        .expect("entered");
    engine.close().await;
    plant(data, "UPDATE privacy_requests SET run_at = 0").await;
}

/// Serves until nothing is left to be done, or the plan killed it. Whether it was killed.
fn carried_out(data: &Path, plan: &str) -> bool {
    let log = data.with_extension("log");
    let mut server: Child = spawn(data, plan, &log);
    for _ in 0..LOOKS {
        thread::sleep(Duration::from_millis(20));
        if server.try_wait().expect("looked at").is_some() {
            return true;
        }
        if block_on(number(data, LEFT)) == 0 {
            let pid = server.id().to_string();
            let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill");
            assert!(sent.success());
            assert!(server.wait().expect("it ends").success());
            return false;
        }
    }
    server.kill().expect("kill");
    server.wait().expect("dead");
    panic!("{plan}: {}", fs::read_to_string(&log).unwrap_or_default());
}

fn judge(data: &Path, point: &str) {
    for (sql, wanted) in [
        (
            "SELECT count(*) FROM privacy_requests WHERE state = 'completed'",
            1,
        ),
        (
            "SELECT json_extract(account, '$.deleted') FROM privacy_requests",
            1,
        ),
        (
            "SELECT json_extract(account, '$.profiles') FROM privacy_requests",
            1,
        ),
        (
            "SELECT json_extract(account, '$.events') FROM privacy_requests",
            2,
        ),
        (
            "SELECT json_extract(account, '$.warehouse_profiles') FROM privacy_requests",
            1,
        ),
        ("SELECT sum(people) FROM erasures", 1),
        ("SELECT count(*) FROM profiles", 17),
        ("SELECT count(*) FROM privacy_identities", 0),
        (
            "SELECT sum(length(hashes)) FROM erased WHERE source = 'request'",
            32,
        ),
        ("SELECT count(*) FROM audit WHERE action = 'request.started'", 1),
        ("SELECT count(*) FROM audit WHERE action = 'request.completed'", 1),
        ("SELECT count(*) FROM privacy_deliveries WHERE state = 'sent'", 1),
        ("SELECT count(*) FROM receipts", 2),
    ] {
        assert_eq!(block_on(number(data, sql)), wanted, "{point}: {sql}");
    }
    let out = Command::new(LETHE).arg("scan").arg("--data").arg(data).output();
    let out = out.expect("run lethe");
    assert!(
        out.status.success(),
        "{point}: {}",
        String::from_utf8_lossy(&out.stdout)
    );
    for file in fs::read_dir(data).expect("readable").flatten() {
        if file.path().is_file() {
            let bytes = fs::read(file.path()).expect("a file");
            let named = bytes
                .windows(PERSON.len())
                .any(|window| window == PERSON.as_bytes());
            assert!(!named, "{point}: {}", file.path().display());
        }
    }
    let receipt: String = block_on(async {
        let mut conn = connect(data).await;
        let file = sqlx::query_scalar("SELECT file FROM receipts WHERE source = 'request'")
            .fetch_one(&mut conn)
            .await
            .expect("a receipt");
        conn.close().await.expect("closed");
        file
    });
    let verified = verify(receipt.as_bytes(), None, None).unwrap_or_else(|why| panic!("{point}: {why}"));
    assert_eq!(verified.statement.entries.size, 2, "{point}");
}

#[test]
fn killed_at_any_step_of_a_request_the_next_server_brings_it_to_one_end() {
    let mut over = confirmed().copy();
    assert!(!over.serve(""), "the job came to its end");
    let (url, told) = recipient();
    block_on(enter(&over.data(), &url));
    for point in POINTS {
        let home = tempfile::tempdir().expect("a directory");
        let data = home.path().join("data");
        copy_all(&over.data(), &data);
        let before = told.load(Ordering::Relaxed);
        assert!(
            carried_out(&data, &format!("{point}:1=kill")),
            "{point} was never met"
        );
        assert!(!carried_out(&data, ""));
        judge(&data, point);
        assert!(told.load(Ordering::Relaxed) > before, "{point}: nobody was told");
    }
    println!("{} kills in a privacy request, 0 violations", POINTS.len());
}
