//! Receipts: what is signed, that nobody can change it unseen, that one person can be proven by it and nobody else. Every check is made
//! with nothing but the file and the public key, some by code that is not ours.

mod receipted;
#[expect(dead_code, reason = "each test file uses a part of it")]
mod world;

use domain::{problem::Code, receipt::FIRST};
use engine::receipt::verify;
use hmac::{Hmac, KeyInit as _, Mac as _};
use receipted::{deleted, file, holds, proof};
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;
use std::process::Command;
use world::spec;

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_states_what_was_done_and_what_was_kept() {
    let (world, id) = deleted().await;
    let file = file(&world, id).await;
    let verified = holds(&world, &file);
    let statement = &verified.statement;
    let count = |name: &str| statement.counts.get(name).copied();
    assert_eq!(
        (count("matched"), count("deleted"), count("events_deleted")),
        (Some(30), Some(30), Some(90))
    );
    assert_eq!((statement.no, statement.previous.as_str()), (1, FIRST));
    assert_eq!(statement.about.number, id.number());
    assert_eq!(statement.rule.as_deref(), Some("attr.group = \"a\""));
    assert_eq!(statement.reason.as_deref(), Some("Yearly clean-up – \"quoted\""));
    assert_eq!(
        (statement.ended.as_str(), statement.entries.size),
        ("completed", 60)
    );
    assert_eq!(statement.verification.get("dead_bytes_left"), Some(&0));
    assert!(statement.verification["pages"] > 0);
    let warehouse = statement
        .stores
        .iter()
        .find(|line| line.store == "Data warehouse")
        .expect("named");
    assert_eq!(
        (warehouse.became.as_str(), warehouse.profiles, warehouse.events),
        ("kept", Some(30), Some(90))
    );
    assert!(statement.plan_hash.as_ref().is_some_and(|hash| !hash.is_empty()));
    assert!(!file.contains("example.com"), "no identity of a person");
    // Without a key the one in the file is used, and that is said.
    let own = verify(file.as_bytes(), None, None).expect("holds");
    assert!(verified.key_given && !own.key_given && own.fingerprint == verified.fingerprint);
    let other = "11".repeat(32);
    assert!(
        verify(file.as_bytes(), Some(other.as_bytes()), None).is_err_and(|why| why.contains("another key"))
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_in_any_byte_but_white_space_it_fails() {
    let (world, id) = deleted().await;
    let file = file(&world, id).await.into_bytes();
    let refused = |bytes: &[u8], what: &str, at: usize| {
        assert!(
            verify(bytes, None, None).is_err(),
            "{what} at {at}: {}",
            String::from_utf8_lossy(bytes)
        );
    };
    for at in 0..file.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut other = file.clone();
            other[at] ^= flip;
            // A space in a text is no white space between parts, so this is a change wherever it is.
            refused(&other, "another byte", at);
        }
        let mut less = file.clone();
        less.remove(at);
        refused(&less, "one byte less", at);
        refused(&file[..at], "cut off", at);
        let mut more = file.clone();
        more.insert(at, file[at]);
        refused(&more, "one byte twice", at);
    }
    refused(&[file.as_slice(), b"{}"].concat(), "more behind it", file.len());
    let airy: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    let airy = serde_json::to_string_pretty(&airy).expect("JSON");
    assert_eq!(
        holds(&world, &airy),
        holds(&world, std::str::from_utf8(&file).expect("text"))
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_a_chain() {
    let (world, id) = deleted().await;
    let first = file(&world, id).await;
    let segment = world.segment("B", "attr.group = \"b\"").await;
    let next = world.start(spec(segment, "B", 30)).await.id;
    world.finished(next).await;
    let second = holds(&world, &file(&world, next).await);
    assert_eq!(
        (second.statement.no, &second.statement.previous),
        (2, &holds(&world, &first).hash)
    );
    assert_eq!(
        second.statement.previous,
        hex(&Sha256::digest(first.as_bytes())),
        "by another program: sha256sum of the file"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_verifies_the_signature_and_finds_a_changed_receipt() {
    let (world, id) = deleted().await;
    let whole: serde_json::Value = serde_json::from_str(&file(&world, id).await).expect("JSON");
    // serde_json writes fields in the order of their names and no white space: the canonical form of what stands here.
    let body = whole["receipt"].to_string();
    let signature = whole["signature"].as_str().expect("hex");
    let bytes: Vec<u8> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).expect("hex"))
        .collect();
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(at("key.pem"), world.engine.receipt_key()).expect("written");
    std::fs::write(at("signature"), bytes).expect("written");
    for (text, fits) in [
        (body.clone(), true),
        (body.replace("\"deleted\":30", "\"deleted\":31"), false),
    ] {
        std::fs::write(at("body"), &text).expect("written");
        let done = Command::new("openssl")
            .args([
                "pkeyutl",
                "-verify",
                "-rawin",
                "-pubin",
                "-inkey",
                &at("key.pem"),
                "-in",
                &at("body"),
                "-sigfile",
                &at("signature"),
            ])
            .output()
            .expect("openssl");
        assert_eq!(
            done.status.success(),
            fits,
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_is_that_of_a_tree_made_another_way() {
    let (world, id) = deleted().await;
    let key = std::fs::read(world.dir.path().join(format!("keys/receipts/job-{id}.key"))).expect("the key");
    let rows =
        sqlx::query("SELECT kind, hashes FROM erased WHERE source = 'job' AND source_id = $1 ORDER BY no")
            .bind(id.0)
            .fetch_all(&mut world.sql().await)
            .await
            .expect("rows");
    let mut leaves = Vec::new();
    for row in rows {
        let kind = u8::try_from(row.get::<i64, _>(0)).expect("a kind");
        for hash in row.get::<Vec<u8>, _>(1).chunks(16) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
            mac.update(&[&[kind], hash].concat());
            leaves.push(mac.finalize().into_bytes().to_vec());
        }
    }
    let statement = holds(&world, &file(&world, id).await).statement;
    assert_eq!(
        (statement.entries.size, statement.entries.root),
        (60, hex(&tree(&leaves)))
    );
    world.end().await;
}

/// The tree as RFC 6962 defines it, word for word.
fn tree(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => Sha256::digest([]).to_vec(),
        [one] => Sha256::digest([&[0], one.as_slice()].concat()).to_vec(),
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            Sha256::digest([&[1], tree(&more[..k]).as_slice(), tree(&more[k..]).as_slice()].concat()).to_vec()
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_proven_and_nobody_else() {
    let (world, id) = deleted().await;
    let key = world.engine.receipt_key();
    let check = |file: &str, identity: &str| verify(file.as_bytes(), Some(key.as_bytes()), Some(identity));
    for n in (2..=60).step_by(2) {
        for identity in [format!("p{n}"), format!("p{n}@example.com")] {
            let file = proof(&world, id, &identity).await.expect("deleted");
            // Two letters stand in any signature by chance.
            let readable = file.contains(&identity) || file.contains(&hex(identity.as_bytes()));
            assert!(!readable || identity.len() < 6, "holds no readable identifier");
            if n % 20 == 2 {
                let person = check(&file, &identity).expect("holds").person.expect("a person");
                assert!((1..=60).contains(&person.entry));
                for other in ["p1", "p3@example.com", "p2@example.co", ""] {
                    assert!(check(&file, other).is_err(), "{identity} is not {other}");
                }
            }
        }
    }
    let file = proof(&world, id, " P8@Example.com ")
        .await
        .expect("the same address");
    assert!(check(&file, "p8@EXAMPLE.com").is_ok());
    for other in ["p1", "p1@example.com", "p61", "nobody@example.com"] {
        assert_eq!(proof(&world, id, other).await, Err(Code::NotInReceipt), "{other}");
    }
    assert_eq!(proof(&world, id, "  ").await, Err(Code::Invalid));
    assert!(verify(file.as_bytes(), None, None).is_err_and(|why| why.contains("--identity")));
    let audit: Vec<String> =
        sqlx::query_scalar("SELECT detail FROM audit WHERE action = 'receipt.proof_asked'")
            .fetch_all(&mut world.sql().await)
            .await
            .expect("audit");
    assert_eq!(audit.len(), 65);
    assert!(
        audit
            .iter()
            .all(|detail| detail.contains("found") && !detail.contains("p1")),
        "{audit:?}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_was_changed_or_patched_together_fails() {
    let (world, id) = deleted().await;
    let (one, two) = (
        proof(&world, id, "p2").await.expect("one"),
        proof(&world, id, "p4").await.expect("two"),
    );
    let value = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("JSON") };
    let check = |it: &serde_json::Value| verify(it.to_string().as_bytes(), None, Some("p2"));
    assert!(check(&value(&one)).is_ok());
    for field in ["entry", "at", "path", "identity", "made_at", "receipt"] {
        let mut mixed = value(&one);
        let other = match field {
            "receipt" => serde_json::json!({ "receipt": {}, "signature": "" }),
            "made_at" => "2020-01-01T00:00:00.000Z".into(),
            _ => value(&two)["proof"][field].clone(),
        };
        mixed["proof"][field] = other;
        assert!(check(&mixed).is_err(), "{field} of another");
    }
    let mut mixed = value(&one);
    mixed["signature"] = value(&two)["signature"].clone();
    assert!(check(&mixed).is_err());
    // A proof is no receipt, and the receipt inside may not be taken for more than it is.
    assert!(verify(value(&one)["proof"]["receipt"].to_string().as_bytes(), None, None).is_ok());
    assert!(verify(one.as_bytes(), None, Some("p4")).is_err_and(|why| why.contains("somebody else")));
    world.end().await;
}

#[test]
fn another_kind_of_file_is_refused_with_a_sentence() {
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        "{\"receipt\":{},\"signature\":\"\"}",
        "-----BEGIN",
        "{\"receipt\":{\"lethe_receipt\":2},\"signature\":\"\"}",
    ] {
        let why = verify(bad.as_bytes(), None, None).expect_err("refused");
        assert!(why.ends_with('.') && why.len() > 20, "{bad}: {why}");
    }
}
