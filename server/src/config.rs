//! Settings: flag over environment (`LETHE_…`) over TOML file over default. The only place that reads the environment;
//! knows nothing of what the settings are used for.

use domain::{
    job::{HealthLimits, MEGABYTE},
    time::Timestamp,
};
use engine::HealthOptions;
use serde::Deserialize;
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// The data directory where nothing is said.
const DATA_DEFAULT: &str = "./lethe-data";
/// The port where nothing is said.
const PORT_DEFAULT: u16 = 3000;
/// What is logged where nothing is said.
const LOG_DEFAULT: &str = "info";
/// The page's own default start under `serve`: a day later, so that a mistake can be taken back.
const PAGE_WAIT_SECONDS_DEFAULT: i64 = 86_400;
/// Free space below which deletions wait; the reason stands beside `domain::job::FREE_BYTES_MIN`.
const MIN_FREE_DISK_MB_DEFAULT: u32 = 400;
/// Size of the log above which deletions wait; the reason stands beside `domain::job::LOG_BYTES_MAX`.
const WAL_LIMIT_MB_DEFAULT: u32 = 256;
/// Size of the ballast: what the log is cut back to, so that a checkpoint and the end of a batch fit into it.
const BALLAST_MB_DEFAULT: u32 = 64;

/// How long a request by OpenDSR waits before it is carried out: a day, in which its controller can take it back.
const OPENDSR_WAIT_SECONDS_DEFAULT: i64 = 86_400;

/// A text that is never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a layer (the flags, the environment or the file) says. Nothing is a valid answer to everything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    /// The data directory.
    pub(crate) data: Option<PathBuf>,
    /// Where to listen.
    pub(crate) listen: Option<SocketAddr>,
    /// The address by which browsers reach the server, such as `https://lethe.example.org`.
    pub(crate) public_origin: Option<String>,
    /// What is logged: a level, or a filter such as `info,engine=debug`.
    pub(crate) log: Option<String>,
    /// The waiting period that the delete page offers first.
    pub(crate) page_wait_seconds: Option<i64>,
    /// Free space on the disk of the data, in MB, below which deletions wait.
    pub(crate) min_free_disk_mb: Option<u32>,
    /// Size of the database's write-ahead log, in MB, above which deletions wait.
    pub(crate) wal_limit_mb: Option<u32>,
    /// Size of the ballast, in MB: space that is given up when the disk is full. 0: none.
    pub(crate) ballast_mb: Option<u32>,
    /// The domain by which this server is an OpenDSR processor; else the host of the public address.
    pub(crate) opendsr_domain: Option<String>,
    /// Its certificate, a PEM file, with those above it.
    pub(crate) opendsr_certificate: Option<PathBuf>,
    /// The private key that belongs to it, a PEM file.
    pub(crate) opendsr_key: Option<PathBuf>,
    /// How long a request by OpenDSR waits before it is carried out.
    pub(crate) opendsr_wait_seconds: Option<i64>,
    /// Fixes the clock, for tests: RFC 3339.
    pub(crate) now: Option<String>,
    /// The password of the sample's administrator.
    pub(crate) admin_password: Option<Secret>,
}

/// This server as an OpenDSR processor.
#[derive(Debug, Clone)]
pub(crate) struct OpenDsr {
    /// The domain; `None`: the host of the public address.
    pub(crate) domain: Option<String>,
    /// The certificate's file.
    pub(crate) certificate: Option<PathBuf>,
    /// The key's file.
    pub(crate) key: Option<PathBuf>,
    /// How long a request waits before it is carried out.
    pub(crate) wait_seconds: i64,
}

/// The settings as they hold.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The data directory.
    pub(crate) data: PathBuf,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The address by which browsers reach the server.
    pub(crate) public_origin: Option<String>,
    /// What is logged; `None`: the command decides.
    pub(crate) log: Option<String>,
    /// The waiting period that the delete page offers first; `None`: the command decides.
    pub(crate) page_wait_seconds: Option<i64>,
    /// Free space on the disk of the data, in MB, below which deletions wait.
    pub(crate) min_free_disk_mb: u32,
    /// Size of the database's write-ahead log, in MB, above which deletions wait.
    pub(crate) wal_limit_mb: u32,
    /// Size of the ballast, in MB; 0: none.
    pub(crate) ballast_mb: u32,
    /// This server as an OpenDSR processor.
    pub(crate) opendsr: OpenDsr,
    /// The moment at which the clock starts.
    pub(crate) now: Option<Timestamp>,
    /// The password of the sample's administrator.
    pub(crate) admin_password: Option<Secret>,
}

impl Settings {
    /// Reads file and environment and lays the flags over them.
    ///
    /// # Errors
    /// A sentence saying which setting cannot be read.
    pub(crate) fn load(flags: Layer, file: Option<PathBuf>) -> Result<Self, String> {
        let file = match file.or_else(|| env("LETHE_CONFIG").map(PathBuf::from)) {
            Some(path) => read_file(&path)?,
            None => Layer::default(),
        };
        Self::of(&[flags, environment()?, file])
    }

    /// The first layer that says something wins.
    fn of(layers: &[Layer]) -> Result<Self, String> {
        fn first<T>(layers: &[Layer], get: impl Fn(&Layer) -> Option<T>) -> Option<T> {
            layers.iter().find_map(get)
        }
        let now = match first(layers, |layer| layer.now.clone()) {
            Some(text) => Some(Timestamp::parse_rfc3339(&text).ok_or_else(|| {
                format!("LETHE_NOW must be a moment such as 2026-11-24T12:00:00Z, not {text:?}.")
            })?),
            None => None,
        };
        let public_origin = first(layers, |layer| layer.public_origin.clone());
        if let Some(origin) = &public_origin {
            check_origin(origin)?;
        }
        Ok(Self {
            data: first(layers, |layer| layer.data.clone()).unwrap_or_else(|| DATA_DEFAULT.into()),
            listen: first(layers, |layer| layer.listen)
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT))),
            public_origin,
            log: first(layers, |layer| layer.log.clone()),
            page_wait_seconds: first(layers, |layer| layer.page_wait_seconds),
            min_free_disk_mb: first(layers, |layer| layer.min_free_disk_mb)
                .unwrap_or(MIN_FREE_DISK_MB_DEFAULT),
            wal_limit_mb: match first(layers, |layer| layer.wal_limit_mb).unwrap_or(WAL_LIMIT_MB_DEFAULT) {
                0 => {
                    return Err(
                        "wal_limit_mb must be at least 1: with 0, every deletion would wait for ever."
                            .to_owned(),
                    );
                }
                limit => limit,
            },
            ballast_mb: first(layers, |layer| layer.ballast_mb).unwrap_or(BALLAST_MB_DEFAULT),
            opendsr: OpenDsr {
                domain: first(layers, |layer| layer.opendsr_domain.clone()),
                certificate: first(layers, |layer| layer.opendsr_certificate.clone()),
                key: first(layers, |layer| layer.opendsr_key.clone()),
                wait_seconds: match first(layers, |layer| layer.opendsr_wait_seconds) {
                    Some(..0) => return Err("opendsr_wait_seconds must be at least 0.".to_owned()),
                    seconds => seconds.unwrap_or(OPENDSR_WAIT_SECONDS_DEFAULT),
                },
            },
            now,
            admin_password: first(layers, |layer| layer.admin_password.clone()),
        })
    }

    /// Whether browsers reach the server by TLS: then the cookie is `__Host-` and Secure. Without a public address only
    /// a loopback listener is taken for plain http.
    pub(crate) fn https(&self) -> bool {
        match &self.public_origin {
            Some(origin) => origin.starts_with("https://"),
            None => !self.listen.ip().is_loopback(),
        }
    }

    /// What the engine is told about the health of the machine.
    pub(crate) fn health(&self) -> HealthOptions {
        let bytes = |megabytes: u32| i64::from(megabytes) * MEGABYTE;
        HealthOptions {
            limits: HealthLimits {
                free_bytes_min: bytes(self.min_free_disk_mb),
                log_bytes_max: bytes(self.wal_limit_mb),
            },
            ballast_bytes: bytes(self.ballast_mb).unsigned_abs(),
            ..HealthOptions::default()
        }
    }

    /// What is logged by a server.
    pub(crate) fn log_or_default(&self) -> &str {
        self.log.as_deref().unwrap_or(LOG_DEFAULT)
    }

    /// The waiting period that the delete page offers first, under `serve`.
    pub(crate) fn page_wait_seconds_or_default(&self) -> i64 {
        self.page_wait_seconds.unwrap_or(PAGE_WAIT_SECONDS_DEFAULT)
    }

    /// The settings as a TOML file, secrets hidden.
    pub(crate) fn shown(&self) -> String {
        let optional = |name: &str, value: Option<String>| match value {
            Some(value) => format!("{name} = {value:?}\n"),
            None => format!("# {name} is not set\n"),
        };
        let hidden = self.admin_password.as_ref().map(|_| "(hidden)".to_owned());
        [
            format!("data = {:?}\n", self.data.display().to_string()),
            format!("listen = \"{}\"\n", self.listen),
            optional("public_origin", self.public_origin.clone()),
            format!("log = {:?}\n", self.log_or_default()),
            format!("page_wait_seconds = {}\n", self.page_wait_seconds_or_default()),
            format!("min_free_disk_mb = {}\n", self.min_free_disk_mb),
            format!("wal_limit_mb = {}\n", self.wal_limit_mb),
            format!("ballast_mb = {}\n", self.ballast_mb),
            optional("opendsr_domain", self.opendsr.domain.clone()),
            optional(
                "opendsr_certificate",
                shown_path(self.opendsr.certificate.as_ref()),
            ),
            optional("opendsr_key", shown_path(self.opendsr.key.as_ref())),
            format!("opendsr_wait_seconds = {}\n", self.opendsr.wait_seconds),
            optional("now", self.now.map(Timestamp::to_rfc3339)),
            optional("admin_password", hidden),
        ]
        .concat()
    }
}

fn shown_path(path: Option<&PathBuf>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The plan of faults that this process is to follow: for tests, and no part of a release.
#[cfg(feature = "faults")]
pub(crate) fn fault_plan() -> Option<String> {
    env("LETHE_FAULT")
}

fn environment() -> Result<Layer, String> {
    let parsed = |name: &str, what: &str| format!("{name} must be {what}.");
    let listen = match env("LETHE_LISTEN") {
        Some(text) => Some(
            text.parse()
                .map_err(|_| parsed("LETHE_LISTEN", "an address such as 127.0.0.1:3000"))?,
        ),
        None => None,
    };
    let seconds = |name: &str| match env(name) {
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| parsed(name, "a number of seconds")),
        None => Ok(None),
    };
    let megabytes = |name: &str| match env(name) {
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| parsed(name, "a whole number of MB")),
        None => Ok(None),
    };
    Ok(Layer {
        data: env("LETHE_DATA").map(PathBuf::from),
        listen,
        public_origin: env("LETHE_PUBLIC_ORIGIN"),
        log: env("LETHE_LOG"),
        page_wait_seconds: seconds("LETHE_PAGE_WAIT_SECONDS")?,
        opendsr_domain: env("LETHE_OPENDSR_DOMAIN"),
        opendsr_certificate: env("LETHE_OPENDSR_CERTIFICATE").map(PathBuf::from),
        opendsr_key: env("LETHE_OPENDSR_KEY").map(PathBuf::from),
        opendsr_wait_seconds: seconds("LETHE_OPENDSR_WAIT_SECONDS")?,
        min_free_disk_mb: megabytes("LETHE_MIN_FREE_DISK_MB")?,
        wal_limit_mb: megabytes("LETHE_WAL_LIMIT_MB")?,
        ballast_mb: megabytes("LETHE_BALLAST_MB")?,
        now: env("LETHE_NOW"),
        admin_password: env("LETHE_ADMIN_PASSWORD").map(Secret),
    })
}

fn read_file(path: &Path) -> Result<Layer, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("The settings file {} cannot be read: {error}.", path.display()))?;
    // Only the parser's own sentence: its full form quotes the line, which may hold a secret.
    toml::from_str(&text).map_err(|error| format!("In {}: {}.", path.display(), error.message()))
}

fn check_origin(origin: &str) -> Result<(), String> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])) {
        return Ok(());
    }
    Err(format!(
        "public_origin must be scheme and host, such as https://lethe.example.org, not {origin:?}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let say = |data: Option<&str>| Layer {
            data: data.map(PathBuf::from),
            ..Layer::default()
        };
        let data = |layers: &[Layer]| Settings::of(layers).expect("reads").data;
        assert_eq!(
            data(&[say(Some("f")), say(Some("e")), say(Some("t"))]),
            PathBuf::from("f")
        );
        assert_eq!(
            data(&[say(None), say(Some("e")), say(Some("t"))]),
            PathBuf::from("e")
        );
        assert_eq!(data(&[say(None), say(None), say(Some("t"))]), PathBuf::from("t"));
        assert_eq!(
            data(&[say(None), say(None), say(None)]),
            PathBuf::from(DATA_DEFAULT)
        );
    }

    #[test]
    fn secrets_stay_hidden_and_what_is_shown_reads_back() {
        let layer = Layer {
            admin_password: Some(Secret("hunter22".to_owned())),
            ..Layer::default()
        };
        let settings = Settings::of(&[layer]).expect("reads");
        assert!(!settings.shown().contains("hunter22") && !format!("{settings:?}").contains("hunter22"));
        toml::from_str::<Layer>(&settings.shown()).expect("its own form");
    }

    #[test]
    fn the_health_settings_reach_the_engine_and_a_log_of_nothing_is_refused() {
        let say = |wal_limit_mb| Layer {
            min_free_disk_mb: Some(2_000),
            wal_limit_mb: Some(wal_limit_mb),
            ballast_mb: Some(0),
            ..Layer::default()
        };
        let health = Settings::of(&[say(32)]).expect("reads").health();
        assert_eq!(
            (
                health.limits.free_bytes_min,
                health.limits.log_bytes_max,
                health.ballast_bytes
            ),
            (2_000_000_000, 32_000_000, 0)
        );
        assert!(Settings::of(&[say(0)]).is_err());
        let usual = Settings::of(&[]).expect("reads").health();
        assert_eq!(usual.limits, HealthLimits::default(), "said twice, meant once");
    }

    #[test]
    fn unknown_words_in_the_file_are_refused() {
        assert!(toml::from_str::<Layer>("dta = \"x\"").is_err());
        assert!(check_origin("lethe.example.org").is_err() && check_origin("https://a.example/b").is_err());
        assert!(check_origin("https://a.example:8443").is_ok());
    }
}
