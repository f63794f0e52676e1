//! `auther serve`: the HTTP API and the back-office until SIGTERM or Ctrl-C.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::assembly::{Assembly, now};
use crate::back_office::{self, Rooms};
use crate::cli::Serve;
use crate::failure::{Failure, Outcome};
use crate::memory;
use crate::settings::{Settings, Switch};
use crate::status::Installation;
use crate::tls::{self, Files};

pub(super) fn run(mut assembly: Assembly, arguments: &Serve) -> Outcome {
    if let Some(listen) = arguments.listen {
        assembly.settings.listen = listen;
    }
    memory::configure_allocator();
    start_log(&assembly.settings)?;
    // Bound first: an address that is taken is the commonest mistake, and said at once.
    let listener = bind(assembly.settings.listen)?;
    let address = listener.local_addr()?;
    let rekognition_listener = assembly.settings.rekognition_listen.map(bind).transpose()?;
    let tls_files = assembly.settings.tls();
    let tls = tls_files.as_ref().map(Files::load).transpose()?;
    if let Some(files) = &tls_files {
        files.warn_of_exposed_key();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // From here on a hang-up ends nothing: certificates may be renewed while the models are loaded, too.
    let hangup = {
        let _entered = runtime.enter();
        signal(SignalKind::hangup())?
    };
    let rooms = Rooms::open(assembly)?;
    memory::give_back_free();
    rooms.accounts.set_free_limits(back_office::free_limits(&rooms.assembly.settings))?;
    back_office::introduce(&rooms, address)?;
    let settings = api_settings(&rooms.assembly.settings, address);
    let admission = api::admission(Arc::clone(&rooms.usage), &settings);
    let accounts = Arc::clone(&rooms.accounts);
    let api = api::router(Arc::clone(&rooms.operations), accounts, Arc::clone(&admission), settings.clone());
    let router = match rooms.assembly.settings.console {
        Switch::On => {
            let parts = console::Parts {
                accounts: Arc::clone(&rooms.accounts),
                usage: Arc::clone(&rooms.usage),
                operations: Arc::clone(&rooms.operations),
                api: api.clone(),
                openapi: api::openapi(),
                mailer: back_office::mailer(&rooms.assembly.settings)?,
                status: Arc::new(Installation::new(rooms.clone(), runtime.handle().clone())),
                clock: Arc::new(now),
                settings: back_office::settings(&rooms.assembly.settings, address),
            };
            api.merge(console::router(parts))
        }
        Switch::Off => api,
    };
    runtime.spawn(back_office::resume_erasures(rooms.clone()));
    let sweeper = runtime.spawn(back_office::sweep_collections(Arc::clone(&rooms.collections)));
    let rekognition =
        rekognition_listener.map(|listener| (listener, rekognition::router(rekognition_parts(&rooms, admission))));
    let workers = rooms.assembly.workers();
    drop(rooms);
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Every listener drains when the sender is dropped.
        let (running, ended) = watch::channel(());
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
                _ = interrupt.recv() => tracing::info!("interrupted: draining"),
            }
            drop(running);
        });
        tokio::spawn(tls::reload_on(hangup, tls_files.zip(tls.clone())));
        let rekognition = async {
            let Some((listener, router)) = rekognition else { return Ok(()) };
            tracing::info!(address = %listener.local_addr()?, "answering Amazon Rekognition's wire format");
            api::serve(TcpListener::from_std(listener)?, router, &settings, tls.clone(), over(ended.clone())).await
        };
        let listener = TcpListener::from_std(listener)?;
        tracing::info!(%address, tls = tls.is_some(), workers, "serving");
        let api = api::serve(listener, router, &settings, tls.clone(), over(ended.clone()));
        tokio::try_join!(api, rekognition)
    })?;
    sweeper.abort();
    // Ends the workers and closes the databases before the last word.
    drop(runtime);
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Ready once the sender is gone.
async fn over(mut running: watch::Receiver<()>) {
    while running.changed().await.is_ok() {}
}

fn bind(address: SocketAddr) -> Outcome<std::net::TcpListener> {
    let bound = std::net::TcpListener::bind(address);
    let listener = bound.map_err(Failure::context(format!("cannot listen on {address}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn rekognition_parts(rooms: &Rooms, admission: Arc<admission::Admission>) -> rekognition::Parts {
    let Settings { image_bytes_max, request_ms_max, .. } = rooms.assembly.settings;
    let trusted_proxies = rooms.assembly.settings.trusted_proxies.clone();
    let settings = rekognition::Settings { image_bytes_max, request_ms_max, trusted_proxies };
    let (collections, accounts) = (Arc::clone(&rooms.collections), Arc::clone(&rooms.accounts));
    rekognition::Parts { collections, accounts, admission, settings }
}

fn api_settings(settings: &Settings, address: SocketAddr) -> api::Settings {
    api::Settings {
        image_bytes_max: settings.image_bytes_max,
        requests_in_flight_max: settings.requests_in_flight_max,
        request_ms_max: settings.request_ms_max,
        connections_max: settings.connections_max,
        head_read_ms_max: settings.head_read_ms_max,
        drain_ms_max: settings.drain_ms_max,
        public_url: settings.public_url(address),
        trusted_proxies: settings.trusted_proxies.clone(),
        ..api::Settings::default()
    }
}

fn start_log(settings: &Settings) -> Outcome<()> {
    let filter = EnvFilter::try_new(&settings.log).map_err(Failure::context("setting log"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format.as_str() {
        "json" => log.json().flatten_event(true).init(),
        _ => log.init(),
    }
    Ok(())
}
