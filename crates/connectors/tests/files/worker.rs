//! The child that reads files, as the tests start it. The real binary does the same in a hidden
//! sub-command.

use std::process::ExitCode;

fn main() -> ExitCode {
    candour_connectors::worker::main()
}
