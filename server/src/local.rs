//! The local socket: how a command reaches the server that holds its data directory. One request a connection: the first
//! line of the body is the command, the rest its file; the answer is the outcome or the refusal. Only the server's own
//! user and root are let in, whatever the file's mode says.

use crate::command::{self, Command, Input, Outcome};
use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, State, connect_info::Connected},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
    serve::IncomingStream,
};
use domain::{
    access::Actor,
    problem::{Code, Problem},
};
use engine::Engine;
use futures_util::TryStreamExt as _;
use std::{
    fs::{File, Permissions},
    io,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::UnixListener,
};
use tokio_util::io::StreamReader;

/// The socket's name in the data directory.
const NAME: &str = "lethe.sock";
/// The longest path that a socket address holds.
const PATH_BYTES_MAX: usize = 107;
/// The longest command: what is longer than this is a file.
const COMMAND_BYTES_MAX: u64 = 1024 * 1024;

/// A path to the socket that fits an address. The file keeps a shorter way to a long directory open.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) path: PathBuf,
    _dir: Option<File>,
}

impl Address {
    /// The socket of a data directory.
    ///
    /// # Errors
    /// The directory cannot be opened.
    pub(crate) fn of(dir: &Path) -> io::Result<Self> {
        let path = dir.join(NAME);
        if path.as_os_str().len() <= PATH_BYTES_MAX {
            return Ok(Self { path, _dir: None });
        }
        let dir = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", dir.as_raw_fd()));
        Ok(Self {
            path,
            _dir: Some(dir),
        })
    }
}

/// Binds the socket. The instance lock must be held: then a socket that lies there is a dead server's.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn bind(dir: &Path) -> io::Result<UnixListener> {
    let address = Address::of(dir)?;
    unlink(dir);
    let listener = UnixListener::bind(&address.path)?;
    std::fs::set_permissions(&address.path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes the socket away.
pub(crate) fn unlink(dir: &Path) {
    // Where there is none, that is as it should be; where it cannot be removed, binding says so.
    let _ = std::fs::remove_file(dir.join(NAME));
}

/// The other end's user.
#[derive(Debug, Clone, Copy)]
struct Peer(Option<u32>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self(stream.io().peer_cred().ok().map(|cred| cred.uid()))
    }
}

/// Answers commands until `stop` resolves.
///
/// # Errors
/// The listener fails.
pub(crate) async fn serve(
    engine: Engine,
    listener: UnixListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new().route("/run", post(answer)).with_state(engine);
    let service = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

async fn answer(State(engine): State<Engine>, ConnectInfo(peer): ConnectInfo<Peer>, body: Body) -> Response {
    let own = rustix::process::geteuid().as_raw();
    let Some(uid) = peer.0.filter(|uid| *uid == own || *uid == 0) else {
        let message = "Only the user that runs the server, and root, may use its local socket.";
        return (
            StatusCode::FORBIDDEN,
            Json(Err::<Outcome, _>(Problem::because(Code::Forbidden, message))),
        )
            .into_response();
    };
    let outcome = run(&engine, &Actor::operator(uid), body).await;
    Json(outcome).into_response()
}

async fn run(engine: &Engine, actor: &Actor, body: Body) -> Result<Outcome, Problem> {
    let stream = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    let unreadable = |_| Problem::because(Code::BadRequest, "The command cannot be read.");
    (&mut reader)
        .take(COMMAND_BYTES_MAX)
        .read_until(b'\n', &mut line)
        .await
        .map_err(unreadable)?;
    let command: Command = serde_json::from_slice(&line).map_err(|_| {
        let message = "The server does not know this command. Use the same version of lethe on both sides.";
        Problem::because(Code::BadRequest, message)
    })?;
    let input: Input = Box::pin(reader);
    command::run(engine, actor, command, input).await
}
