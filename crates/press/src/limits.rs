//! What the process takes away from itself before it reads a byte: more than its share of time and
//! memory, and every file, socket and other program.
//!
//! Ceilings hold everywhere. Landlock and seccomp hold where the kernel has them; on an older
//! kernel the rest still stands, so their absence is no error.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, Scope};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// Processor seconds for a page; thousands of lines take a few.
const SECONDS: u64 = 60;
/// Bytes of address space. A page of a thousand lines takes a quarter of it.
const MEMORY: u64 = 2 << 30;

/// Takes it away for good.
///
/// # Errors
/// The system refuses a ceiling.
pub fn alone() -> rustix::io::Result<()> {
    // A second between the two, so that the process dies of the signal that says why.
    ceiling(Resource::Cpu, SECONDS, SECONDS + 1)?;
    ceiling(Resource::As, MEMORY, MEMORY)?;
    ceiling(Resource::Core, 0, 0)?;
    let _ = landlock();
    // Nothing is opened beside the three streams; after Landlock, which opens something for itself.
    ceiling(Resource::Nofile, 3, 3)?;
    let _ = seccomp();
    Ok(())
}

/// A ceiling, or the one that is there already and lower.
fn ceiling(of: Resource, current: u64, maximum: u64) -> rustix::io::Result<()> {
    let there = getrlimit(of);
    let lower = |ours: u64, theirs: Option<u64>| Some(theirs.map_or(ours, |t| t.min(ours)));
    let current = lower(current, there.current);
    setrlimit(of, Rlimit { current, maximum: lower(maximum, there.maximum) })
}

fn landlock() -> Result<(), RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    Ok(())
}

/// Threads stay possible, since Typst sets pages side by side; a list of what is allowed would
/// have to follow every version of it. So this one lists what is not.
fn seccomp() -> Result<(), seccompiler::Error> {
    let rules = NEVER.iter().map(|call| (*call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into()?;
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let filter: BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?.try_into()?;
    seccompiler::apply_filter(&filter)
}

/// Ways to files, other machines and other processes.
const NEVER: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_kill,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_keyctl,
    libc::SYS_mount,
];
