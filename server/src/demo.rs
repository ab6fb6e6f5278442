//! What `lethe demo` adds to `lethe serve`: the sample, and someone who may log in.

use crate::{
    config::Settings,
    output,
    serve::{Demo, preparer},
};
use domain::{access::Role, problem::Code};
use engine::{Engine, Error, SampleSpec};
use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// The sample's administrator.
const USER: &str = "admin";
/// Where the password is kept, in the data directory.
const PASSWORD_FILE: &str = "demo-password";
/// Letters and digits that cannot be mistaken for each other.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a made-up password: 80 bits.
const PASSWORD_CHARS: usize = 16;

/// Who may log in.
#[derive(Debug)]
pub(crate) struct People {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Loads the sample unless it is there, and sees to the administrator.
///
/// # Errors
/// A sentence.
pub(crate) async fn prepare(settings: &Settings, demo: Demo, engine: &Engine) -> Result<People, String> {
    let actor = preparer();
    // It goes on where an earlier start was cut off, and does nothing where all is there.
    let spec = SampleSpec {
        extra_profiles: demo.extra_profiles,
    };
    engine
        .load_sample(spec, output::note)
        .await
        .map_err(|error| error.to_string())?;
    let password =
        password(settings).map_err(|error| format!("The sample's password cannot be kept: {error}."))?;
    match engine
        .create_user(&actor, USER, Role::Administrator, None, &password)
        .await
    {
        Ok(()) => {}
        // A second start; a password from the environment may be a new one.
        Err(Error::Problem(problem)) if problem.code == Code::NameTaken => {
            if engine.log_in(USER, &password).await.is_err() {
                engine
                    .set_password(&actor, USER, &password)
                    .await
                    .map_err(|error| error.to_string())?;
            }
        }
        Err(error) => return Err(error.to_string()),
    }
    Ok(People {
        user: USER.to_owned(),
        password,
    })
}

/// The password: from the settings, else the one that was made up before, else a new one.
fn password(settings: &Settings) -> std::io::Result<String> {
    let file = settings.data.join(PASSWORD_FILE);
    if let Some(given) = &settings.admin_password {
        keep(&file, &given.0)?;
        return Ok(given.0.clone());
    }
    if let Ok(kept) = fs::read_to_string(&file)
        && !kept.trim().is_empty()
    {
        return Ok(kept.trim().to_owned());
    }
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]);
    let made: String = rand::random::<[u8; PASSWORD_CHARS]>()
        .into_iter()
        .map(letter)
        .collect();
    keep(&file, &made)?;
    Ok(made)
}

fn keep(file: &Path, password: &str) -> std::io::Result<()> {
    let mut open = fs::OpenOptions::new();
    let mut file = open
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    writeln!(file, "{password}")?;
    file.sync_all()
}
