//! A server from start to stop: open the data, listen on the port and on the local socket, carry out jobs, and leave all
//! of it in good order when asked to stop.

use crate::{
    cli,
    config::Settings,
    demo, local, log, opendsr_setup, output,
    router::{self, Site},
};
use domain::access::Actor;
use engine::{Engine, OpenOptions};
use std::{io, process::ExitCode, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

/// How long open requests are waited for when asked to stop; an import is rolled back then.
const LAST_REQUESTS: Duration = Duration::from_millis(1_500);

/// Serve with sample data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demo {
    /// Made-up profiles on top of the real sample.
    pub(crate) extra_profiles: u64,
}

/// Serves until asked to stop.
///
/// # Errors
/// A sentence saying what stands in the way.
pub(crate) async fn run(settings: &Settings, demo: Option<Demo>, json: bool) -> Result<ExitCode, String> {
    log::start(settings.log_or_default());
    let clock = cli::clock(settings);
    let options = OpenOptions {
        dir: settings.data.clone(),
        clock,
    };
    let opened = Engine::open_with(options, settings.health()).await;
    let engine = opened.map_err(|error| error.to_string())?;
    match opendsr_setup::processor(settings) {
        Ok(Some(processor)) => engine.set_processor(processor),
        Ok(None) => {}
        Err(why) => {
            engine.close().await;
            return Err(why);
        }
    }
    let served = serve(settings, demo, json, &engine).await;
    engine.close().await;
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(settings: &Settings, demo: Option<Demo>, json: bool, engine: &Engine) -> Result<(), String> {
    let people = match demo {
        Some(demo) => Some(demo::prepare(settings, demo, engine).await?),
        None => None,
    };
    let listener = TcpListener::bind(settings.listen).await;
    let listener =
        listener.map_err(|error| format!("{} cannot be listened on: {error}.", settings.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let socket =
        local::bind(&settings.data).map_err(|error| format!("The local socket cannot be made: {error}."))?;
    let site = Site {
        engine: engine.clone(),
        clock: cli::clock(settings),
        public_origin: settings.public_origin.clone(),
        https: settings.https(),
        forms: app::KeptForms::default(),
        page_wait_seconds: match demo {
            Some(_) => settings.page_wait_seconds.unwrap_or(0),
            None => settings.page_wait_seconds_or_default(),
        },
    };
    let router = router::build(&site)?;
    // Before anyone is told that the server is there.
    let mut asked = Stop::listen().map_err(|error| error.to_string())?;
    let tasks = engine.start_tasks();
    announce(
        settings,
        &format!("http://{address}"),
        people.as_ref(),
        engine,
        json,
    )
    .await;

    let stop = CancellationToken::new();
    let web = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let web = tokio::spawn(web.into_future());
    let local = tokio::spawn(local::serve(
        engine.clone(),
        socket,
        stop.clone().cancelled_owned(),
    ));
    asked.asked().await;
    tracing::info!("stopping: the open batch is finished first");
    stop.cancel();
    let (abort_web, abort_local) = (web.abort_handle(), local.abort_handle());
    let last = async { tokio::join!(web, local) };
    let (_, waited) = tokio::join!(tasks.stop(), tokio::time::timeout(LAST_REQUESTS, last));
    if waited.is_err() {
        abort_web.abort();
        abort_local.abort();
    }
    local::unlink(&settings.data);
    Ok(())
}

/// Says where the console is and how to come in.
async fn announce(
    settings: &Settings,
    address: &str,
    people: Option<&demo::People>,
    engine: &Engine,
    json: bool,
) {
    if json {
        let mut answer = serde_json::json!({ "address": address });
        if let Some(people) = people {
            answer["user"] = people.user.clone().into();
            answer["password"] = people.password.clone().into();
        }
        return output::answer(&answer.to_string());
    }
    output::answer(&format!("Lethe is listening on {address}"));
    if let Some(people) = people {
        output::answer(&format!(
            "user      {}\npassword  {}",
            people.user, people.password
        ));
    } else if matches!(engine.has_users().await, Ok(false)) {
        output::answer(&format!(
            "Nobody can log in yet. Make the first administrator, while the server runs or not:\n  \
             lethe user add NAME --role administrator --password-stdin --data {}",
            settings.data.display()
        ));
    }
    if settings.https() && settings.public_origin.is_none() {
        output::note(
            "This address is not loopback, so log-ins need https: put a TLS proxy in front and set public_origin.",
        );
    }
}

/// The actor that prepares the sample.
pub(crate) fn preparer() -> Actor {
    Actor::operator(rustix::process::getuid().as_raw())
}

/// Whether the process was asked to stop: SIGTERM or SIGINT. From the moment it is made, they no longer end it.
#[derive(Debug)]
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn listen() -> io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    /// Resolves when it was asked.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
