//! Dangol: a drop-in server for i'mport's subscription payments.

mod cli;
mod config;
mod http;
mod listen;
mod log;
mod ports;
mod sandbox;
mod setup;
mod shop;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
