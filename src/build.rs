//! Says how the command is linked. It knows nothing of what is in it.

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let target = |what: &str| std::env::var(what).unwrap_or_default();
    // At a fixed address nothing has to be relocated when it starts: docs/decisions/0018-fixed-address.md.
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
