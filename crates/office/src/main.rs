//! Candour: a data protection office in one program.

mod charter;
mod error;
mod holdings;
mod kit;
mod migrations;
mod office;
mod people;
mod proof;
mod register;
mod requests;
mod settings;
mod staff;

fn main() {}
