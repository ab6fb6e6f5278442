//! The way to the data: opened by the command itself where no server holds the directory, else through the server's
//! local socket. The same answer either way.

use super::client::{Client, Failure};
use crate::{
    command::{self, Command, Input, Outcome},
    config::Settings,
};
use domain::access::Actor;
use engine::{Engine, OpenOptions, Tasks, clock::Clock};
use std::{
    fs::{File, TryLockError},
    path::Path,
    time::Duration,
};

/// How often a directory that is held, but by no server that listens, is looked at again: a server that is starting
/// holds it a moment before it listens, and another command holds it only for as long as it takes.
const TRIES: u32 = 50;
/// The pause between two looks.
const BETWEEN: Duration = Duration::from_millis(100);

/// How a command reaches the engine.
pub(super) enum Way {
    /// The directory is open here.
    Own {
        /// The engine.
        engine: Engine,
        /// The operator.
        actor: Actor,
        /// What deletes, once it was started.
        tasks: Option<Tasks>,
    },
    /// A server holds it.
    Server(Client),
}

impl Way {
    /// Finds the way.
    pub(super) async fn to(settings: &Settings) -> Result<Self, Failure> {
        let dir = &settings.data;
        let mut tries = 0;
        loop {
            if let Some(client) = Client::find(dir).await {
                return Ok(Self::Server(client));
            }
            let options = OpenOptions {
                dir: dir.clone(),
                clock: clock(settings),
            };
            match Engine::open_with(options, settings.health()).await {
                Ok(engine) => {
                    let actor = Actor::operator(rustix::process::getuid().as_raw());
                    return Ok(Self::Own {
                        engine,
                        actor,
                        tasks: None,
                    });
                }
                Err(_) if tries < TRIES && held(dir) => {
                    tries += 1;
                    tokio::time::sleep(BETWEEN).await;
                }
                Err(error) => return Err(Failure::Failed(error.to_string())),
            }
        }
    }

    /// Runs a command.
    pub(super) async fn run(&self, command: Command, input: Option<Input>) -> Result<Outcome, Failure> {
        match self {
            Self::Server(client) => client.run(&command, input).await,
            Self::Own { engine, actor, .. } => {
                let input = input.unwrap_or_else(|| Box::pin(tokio::io::empty()));
                command::run(engine, actor, command, input)
                    .await
                    .map_err(Failure::Refused)
            }
        }
    }

    /// Whether no server is there to carry out jobs.
    pub(super) const fn alone(&self) -> bool {
        matches!(self, Self::Own { .. })
    }

    /// Carries out jobs here, where no server does.
    pub(super) fn work(&mut self) {
        if let Self::Own { engine, tasks, .. } = self
            && tasks.is_none()
        {
            *tasks = Some(engine.start_tasks());
        }
    }

    /// Leaves the directory in good order: the open batch is finished first.
    pub(super) async fn leave(self) {
        if let Self::Own { engine, tasks, .. } = self {
            if let Some(tasks) = tasks {
                tasks.stop().await;
            }
            engine.settle_erasures().await;
            engine.close().await;
        }
    }
}

/// The clock that the settings ask for.
pub(crate) fn clock(settings: &Settings) -> Clock {
    settings.now.map_or_else(Clock::system, Clock::starting_at)
}

/// Whether another process holds the directory. Asked only after opening has failed.
fn held(dir: &Path) -> bool {
    let lock = File::open(dir.join("instance.lock"));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
