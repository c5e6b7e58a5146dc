//! What a child takes away from itself before it looks at a byte of a file.
//!
//! Ceilings hold everywhere. Landlock and seccomp hold where the kernel has them; on an older
//! kernel the rest still stands, so their absence is no error.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::wire::Guard;

/// Set the ceilings: processor seconds, bytes of address space, no core file, nothing written to
/// disk, and few open files.
pub(super) fn ceilings(cpu: u64, memory: u64, files: u64) -> rustix::io::Result<()> {
    // A second between the two, so that the child dies of the signal that says why.
    let time = Rlimit { current: Some(cpu), maximum: Some(cpu + 1) };
    setrlimit(Resource::Cpu, time)?;
    for (resource, most) in [
        (Resource::As, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, files),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// No file, no socket, no other program. Answers what the kernel took part in.
pub(super) fn alone() -> Guard {
    let landlock = landlock(&[]).unwrap_or(0); // An old kernel has no Landlock.
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let seccomp = seccomp(ALONE, refused, SeccompAction::Allow).is_ok();
    Guard { landlock, seccomp }
}

/// May run one program and read what it is made of; no socket, nothing written.
pub(super) fn program(of: &Path) {
    let shared = ["/usr", "/lib", "/lib64", "/etc", "/opt", "/nix"].map(Path::new);
    let mut readable = shared.to_vec();
    readable.extend(of.parent());
    let _ = landlock(&readable); // An old kernel has no Landlock.
    let _ = seccomp(REACH_OUT, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32));
}

/// Answers the version of Landlock that holds; 0 where there is none.
fn landlock(readable: &[&Path]) -> Result<u8, RulesetError> {
    let all = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?;
    let mut rules = all.create()?;
    for path in readable {
        let Ok(opened) = PathFd::new(path) else { continue };
        rules = rules.add_rule(PathBeneath::new(opened, AccessFs::from_read(ABI::V5)))?;
    }
    Ok(match rules.restrict_self()?.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi as u8,
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    })
}

/// Calls in the list are treated as `listed`, all others as `others`.
fn seccomp(
    list: &[i64],
    others: SeccompAction,
    listed: SeccompAction,
) -> Result<(), seccompiler::Error> {
    let rules = list.iter().map(|call| (*call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into()?;
    let filter: BpfProgram = SeccompFilter::new(rules, others, listed, arch)?.try_into()?;
    seccompiler::apply_filter(&filter)
}

/// Memory, time, the two open streams, and an end. Nothing that opens anything.
const ALONE: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_ppoll,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Ways from a process to other machines and other processes.
const REACH_OUT: &[i64] = &[
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
    libc::SYS_prlimit64,
];
