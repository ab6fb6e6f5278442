//! The tree of RFC 6962, section 2.1: leaves are hashed with a zero byte in front, inner nodes with a one, and a tree of n leaves
//! splits at the greatest power of two below n. Built leaf by leaf with the memory of its height. Knows nothing of entries.

use ring::digest::{Context, SHA256};

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// The hash of a leaf.
pub(super) fn leaf(entry: &[u8]) -> Hash {
    hashed(&[&[0], entry])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hashed(&[&[1], left, right])
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> Hash {
    hashed(&[bytes])
}

fn hashed(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// A tree that grows to the right: the roots of its complete subtrees, the greatest first, each with its height.
#[derive(Debug, Clone, Default)]
pub(super) struct Growing(Vec<(u32, Hash)>);

impl Growing {
    /// Appends the hash of a leaf.
    pub(super) fn push(&mut self, mut hash: Hash) {
        let mut height = 0;
        while let Some((_, left)) = self.0.pop_if(|(own, _)| *own == height) {
            hash = node(&left, &hash);
            height += 1;
        }
        self.0.push((height, hash));
    }

    /// The root; that of no leaves is the hash of nothing.
    pub(super) fn root(&self) -> Hash {
        let right_to_left = self.0.iter().rev().map(|(_, hash)| *hash);
        let root = right_to_left.reduce(|right, left| node(&left, &right));
        root.unwrap_or_else(|| sha256(&[]))
    }
}

/// The root of these leaves.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Growing::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// What has to be known beside leaf number `at` to work out the root of these leaves: from the leaf upwards.
pub(super) fn path(leaves: &[Hash], at: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut steps, beside) = if at < split {
        (path(left, at), root(right))
    } else {
        (path(right, at - split), root(left))
    };
    steps.push(beside);
    steps
}

/// Whether leaf number `at` of `size` with this hash and this path leads to the root (RFC 9162, section 2.1.3.2).
pub(super) fn leads_to(mut hash: Hash, at: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if at >= size {
        return false;
    }
    let (mut own, mut last) = (at, size - 1);
    for beside in path {
        if last == 0 {
            return false;
        }
        if own % 2 == 1 || own == last {
            hash = node(beside, &hash);
            while own.is_multiple_of(2) && own != 0 {
                own /= 2;
                last /= 2;
            }
        } else {
            hash = node(&hash, beside);
        }
        own /= 2;
        last /= 2;
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    /// The leaves and roots that implementations of Certificate Transparency are tested with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        ],
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: Vec<Hash> = LEAVES.iter().map(|entry| leaf(entry)).collect();
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(hex(&root(&leaves[..size])), *expected, "{size}");
        }
    }

    #[test]
    fn every_path_leads_to_the_root_and_no_other_does() {
        let leaves: Vec<Hash> = (0..70_u32).map(|n| leaf(&n.to_be_bytes())).collect();
        for size in 1..=leaves.len() {
            let these = &leaves[..size];
            let root = root(these);
            for (at, own) in these.iter().enumerate() {
                let path = path(these, at);
                let leads =
                    |hash, at: usize, path: &[Hash]| leads_to(hash, at as u64, size as u64, path, &root);
                assert!(leads(*own, at, &path), "{at} of {size}");
                assert!(!leads(leaf(b"x"), at, &path), "another leaf: {at} of {size}");
                assert!(!leads(*own, size, &path), "beyond the end");
                if at > 0 {
                    assert!(!leads(*own, at - 1, &path), "another place: {at} of {size}");
                    assert!(!leads(*own, at, &path[..path.len() - 1]), "too short");
                }
                let longer: Vec<Hash> = path.iter().copied().chain([root]).collect();
                assert!(!leads(*own, at, &longer), "too long");
            }
        }
    }
}
