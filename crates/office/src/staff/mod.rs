//! Staff: accounts, roles and what each may do, sign-in with password and one-time code, sessions
//! that can be listed and ended, lock-out that a stranger
//! can not turn on the browsers of those who belong here.
//!
//! Others may use: [`Role`], [`Permission`] and `Role::may`, which every act asks first; and a
//! [`colleague`] by their id, all [`colleagues`].

pub mod acts;
pub mod cli;
pub mod code_app;
pub mod desk;
pub mod desk_account;
pub mod desk_set_up;
pub mod device;
mod rules;
pub mod set_up;
pub mod sql;
#[cfg(test)]
mod tests;

pub use rules::{Permission, Role};
pub use sql::{StaffRow, all as colleagues, by_id as colleague};
