//! `candour serve`: the web faces and the workers, in one process.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;

use clap::Args;

use crate::cli::At;
use crate::error::{Error, Result};
use crate::office::Office;
use crate::{charter, routes, work};

/// Where it listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420);

/// `candour serve`
#[derive(Args)]
#[command(
    after_help = "Examples:\n  candour serve --data office\n  candour serve --data office --listen 0.0.0.0:8420   (behind a proxy that speaks https)"
)]
pub struct ServeArgs {
    /// Where to listen.
    #[arg(long, default_value_t = LISTEN, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// How many jobs are worked on at once.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    #[command(flatten)]
    at: At,
}

/// Serves until interrupted.
///
/// # Errors
/// The office can't be opened, or the address is taken.
pub fn run(a: &ServeArgs) -> Result<u8> {
    log_to_stderr();
    let office = a.at.open()?;
    if office.read(charter::orgs)?.is_empty() {
        let token = crate::staff::set_up::set_up_token(&office)?;
        eprintln!("This office has no organisation yet. Set it up, once, at:");
        eprintln!("  http://{}/set-up/{token}", a.listen);
    }
    serve(&office, a.listen, a.workers)?;
    Ok(0)
}

/// Log lines go to standard error; RUST_LOG chooses how many.
pub fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Serves an open office on an address until interrupted.
///
/// # Errors
/// The address is taken.
pub fn serve(office: &Office, listen: SocketAddr, workers: usize) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(64)
        .enable_all()
        .build()?;
    let stop = work::Stop::default();
    let mut threads = Vec::new();
    for n in 0..workers {
        let (office, stop) = (office.clone(), stop.clone());
        let thread = std::thread::Builder::new().name(format!("work-{n}"));
        threads.push(thread.spawn(move || work::run(&office, &stop))?);
    }
    work::start_rounds(office)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(|e| {
            Error::Unavailable(format!("{listen} can't be listened on: {}", e.kind()))
        })?;
        // Port 0 asks for a free one: say which it became.
        let at = listener.local_addr()?;
        office.listens_at(at)?;
        eprintln!("The office is at http://{at}/office and the public page at http://{at}/");
        let app = routes::all(office.clone());
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(interrupted())
            .await?;
        Ok(())
    });
    stop.store(true, Ordering::Relaxed);
    for t in threads {
        // A worker that panicked has logged it; its job's lease runs out and is taken up again.
        let _ = t.join();
    }
    served
}

async fn interrupted() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut term) => tokio::select! {
            _ = interrupt => {}
            _ = term.recv() => {}
        },
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
