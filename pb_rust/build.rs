//! Stamps the crate with a checksum of its own sources, so that Python can refuse a stale build.

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

/// CRC-32 and Adler-32 as zlib has them: both come ready-made and fast in Python, which computes them at every start.
struct Checksum {
    crc: u32,
    low: u32,
    high: u32,
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.crc ^= u32::from(byte);
            for _ in 0..8 {
                let carry = 0u32.wrapping_sub(self.crc & 1);
                self.crc = (self.crc >> 1) ^ (0xedb8_8320 & carry);
            }
            self.low = (self.low + u32::from(byte)) % 65_521;
            self.high = (self.high + self.low) % 65_521;
        }
    }

    fn text(&self) -> String {
        format!("{:08x}{:08x}", !self.crc, (self.high << 16) | self.low)
    }
}

/// Checksum over the relative path and the bytes of each source file, in path order.
/// `pbtui/engine/build.py` computes the same.
fn source_hash(root: &Path) -> String {
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
    let mut sum = Checksum { crc: u32::MAX, low: 1, high: 0 };
    for (name, path) in named {
        sum.add(name.as_bytes());
        sum.add(&[0]);
        sum.add(&fs::read(&path).unwrap_or_default());
    }
    sum.text()
}

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.toml");
    println!("cargo:rustc-env=PB_RUST_SOURCE_HASH={}", source_hash(&root));
}
