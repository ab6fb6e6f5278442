//! Where the people of an export are read from: the file that a job has stored, or, while they still wait, the list itself.

use super::{Columns, SLICE, Source, person};
use crate::{
    error::{Error, Result},
    service::Engine,
    store,
};
use domain::{
    id::JobId,
    problem::{Code, Problem},
};
use person::Person;
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Seek as _},
};

/// The people of one job.
#[derive(Debug)]
pub(crate) enum People {
    /// Out of a stored export; `None` while a slice is being read.
    Stored(Option<BufReader<File>>),
    /// Out of the list, as they are now.
    Waiting {
        engine: Engine,
        job: JobId,
        /// The last one read.
        after: i64,
    },
}

impl People {
    /// Out of a stored export.
    pub(crate) fn stored(file: File) -> Self {
        Self::Stored(Some(BufReader::new(file)))
    }

    /// Begins again.
    fn rewind(&mut self) -> Result<()> {
        match self {
            Self::Stored(Some(reader)) => reader.rewind().map_err(Error::io("reading an export")),
            Self::Stored(None) => Err(broken_off()),
            Self::Waiting { after, .. } => {
                *after = 0;
                Ok(())
            }
        }
    }
}

impl Source for People {
    type Row = Person;

    async fn next(&mut self) -> Result<Vec<Person>> {
        match self {
            Self::Stored(reader) => {
                let open = reader.take().ok_or_else(broken_off)?;
                let (open, people) = tokio::task::spawn_blocking(move || lines(open))
                    .await
                    .map_err(|_| broken_off())??;
                *reader = Some(open);
                Ok(people)
            }
            Self::Waiting { engine, job, after } => waiting(engine, *job, after).await,
        }
    }

    async fn columns(&mut self) -> Result<Columns> {
        let mut columns = Columns::fixed(&person::COLUMNS);
        loop {
            let people = self.next().await?;
            if people.is_empty() {
                break;
            }
            for name in people.iter().flat_map(Person::attributes) {
                columns.add(name);
            }
        }
        self.rewind()?;
        Ok(columns)
    }
}

fn broken_off() -> Error {
    Error::io("reading an export")(std::io::Error::other("it was broken off"))
}

/// The next lines of a stored export. One that is wiped meanwhile is no JSON any more, so the download ends with an error.
fn lines(mut reader: BufReader<File>) -> Result<(BufReader<File>, Vec<Person>)> {
    let mut people = Vec::new();
    let mut line = String::new();
    while people.len() < usize::try_from(SLICE).unwrap_or(1) {
        line.clear();
        let read = reader
            .read_line(&mut line)
            .map_err(Error::io("reading an export"))?;
        if read == 0 {
            break;
        }
        // Somebody was struck out here.
        if line.trim().is_empty() {
            continue;
        }
        // The parser's own words would quote the line.
        people.push(serde_json::from_str(&line).map_err(|_| broken_off())?);
    }
    Ok((reader, people))
}

/// The next of the list who exist. Once deleting has begun the list is not whole any more.
async fn waiting(engine: &Engine, job: JobId, after: &mut i64) -> Result<Vec<Person>> {
    loop {
        let mut view = engine.inner.store.view().await?;
        let row = store::jobs::find(&mut view, job)
            .await?
            .ok_or_else(|| Problem::not_found("job"))?;
        if !row.state()?.before_deleting() {
            let message = format!("Deleting has begun, so the export of {} broke off.", job.number());
            return Err(Problem::because(Code::StateRefused, message).into());
        }
        let slice = store::exports::slice(&mut view, job, *after, SLICE).await?;
        drop(view);
        let Some(last) = slice.last else {
            return Ok(Vec::new());
        };
        *after = last;
        if !slice.people.is_empty() {
            return Ok(slice.people.into_iter().map(Person::from).collect());
        }
    }
}
