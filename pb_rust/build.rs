//! Stamps the crate with a hash of its own sources, so that Python can refuse a stale build.

use std::fs;
use std::path::{Path, PathBuf};

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// FNV-1a over the relative path and the bytes of each source file, in path order.
/// `pbtui/engine/build.py` computes the same number.
fn source_hash(root: &Path) -> u64 {
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    let mut named: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|p| {
            let rel = p.strip_prefix(root).expect("below root");
            (rel.to_string_lossy().replace('\\', "/"), p)
        })
        .collect();
    named.push(("Cargo.toml".into(), root.join("Cargo.toml")));
    named.sort();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, path) in named {
        let body = fs::read(&path).unwrap_or_default();
        for byte in name.bytes().chain([0u8]).chain(body) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.toml");
    println!("cargo:rustc-env=PB_RUST_SOURCE_HASH={:016x}", source_hash(&root));
}
