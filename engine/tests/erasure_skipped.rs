//! The proof can fail: without the scrub the same people can still be read, and the scan says so. A process of its own, for
//! what is planted holds for the whole of it.

mod remains;
#[expect(dead_code, reason = "a part of it is used here")]
mod world;

use engine::erasure::scan;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scrub_the_scan_finds_what_is_left() {
    engine::fault::arm("skip-scrub").expect("armed");
    let world = World::new().await;
    remains::moved_about(&world, 4_000).await;
    let job = remains::delete(&world, 4_000).await;
    assert_eq!(job.scrubbed_at, None, "nothing is claimed");
    let dir = world.keep_dir().await;
    let found = scan(dir.path()).expect("a scan");
    assert!(found.files[0].personal().gap > 0, "{found:?}");
    assert!(found.objection().is_some());
    assert!(remains::readable(dir.path()) > 0);
}
