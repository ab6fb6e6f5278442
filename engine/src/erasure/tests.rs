//! The parser against pages that SQLite made, against pages that were damaged, and against noise.

use super::{
    layout::{Geometry, Header, Owner, trunk},
    page::{Btree, not_zero},
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn noise_never_panics(
        size in prop::sample::select(vec![512_usize, 1024, 4096, 8192, 65_536]),
        seed in prop::collection::vec(any::<u8>(), 1..400),
        kind in prop::sample::select(vec![2_u8, 5, 10, 13, 0]),
        cells in 0_u8..40,
        content in any::<u16>(),
        first in any::<bool>(),
    ) {
        let mut page: Vec<u8> = seed.iter().copied().cycle().take(size).collect();
        let at = if first { 100 } else { 0 };
        page[at] = kind;
        page[at + 3] = 0;
        page[at + 4] = cells;
        page[at + 5..at + 7].copy_from_slice(&(content % (size.min(65_535) as u16)).to_be_bytes());
        let mut tree = Btree::default();
        if tree.read(&page, first).is_ok() {
            for dead in &tree.dead {
                prop_assert!(dead.from < dead.to && dead.to <= size);
            }
        }
        let _ = Header::read(&page);
        let _ = trunk(&page).map(|(_, leaves)| leaves.count());
        let geometry = Geometry::of(size);
        let _ = geometry.owner(&page, u32::from(content));
    }

    #[test]
    fn bytes_that_are_not_zero_are_counted_exactly(
        bytes in prop::collection::vec(prop_oneof![9 => Just(0_u8), 1 => any::<u8>()], 0..700)
    ) {
        prop_assert_eq!(not_zero(&bytes), bytes.iter().filter(|byte| **byte != 0).count());
    }
}

#[test]
fn the_pointer_map_is_where_sqlite_puts_it() {
    // 8192 / 5 = 1638 entries: the first map is page 2, the next 1639 pages later.
    let geometry = Geometry::of(8192);
    assert_eq!(
        (geometry.map_of(3), geometry.map_of(1640), geometry.map_of(1641)),
        (2, 2, 1641)
    );
    assert_eq!(
        (
            geometry.group_end(1),
            geometry.group_end(1640),
            geometry.group_end(1641)
        ),
        (1640, 1640, 3279)
    );
    assert!(geometry.is_map(2) && geometry.is_map(1641) && !geometry.is_map(1) && !geometry.is_map(1640));
    assert_eq!(geometry.pending(), 131_073);
    // Pages of 1 KiB: the map's place falls on the page that is never used, and moves behind it.
    for bytes in [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536] {
        let geometry = Geometry::of(bytes);
        assert!(!geometry.is_map(geometry.pending()), "{bytes}");
        assert_eq!(
            geometry.map_of(geometry.group_end(2) + 1),
            geometry.group_end(2) + 1
        );
    }
    let mut map = vec![0; 8192];
    map[5..10].copy_from_slice(&[3, 0, 0, 0, 9]);
    assert_eq!(geometry.owner(&map, 4), Ok(Owner::FirstOf(9)));
    assert!(geometry.owner(&map, 5).is_err() && geometry.owner(&map, 2).is_err());
}
