//! The beginning of an input: gzip or not, which encoding, CSV or NDJSON. Blocking; knows nothing of rows.

use super::limits::{GZIP_FREE_BYTES, GZIP_RATIO_MAX, HEAD_BYTES, READ_BYTES};
use domain::problem::{Code, Problem};
use flate2::read::MultiGzDecoder;
use std::{
    io::{self, BufReader, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated, or by semicolons or tabs.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Nothing but blanks.
    Empty,
}

/// Why an input cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It is no input of ours; nothing was read.
    Refused(Problem),
    /// Reading failed on the way.
    Failed(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Unreadable {
    /// As a sentence for the person who sent it. An `io::Error` of ours or of the decoder never quotes the content.
    pub(super) fn into_problem(self) -> Problem {
        let error = match self {
            Self::Refused(problem) => return problem,
            Self::Failed(error) => error,
        };
        match error.kind() {
            io::ErrorKind::FileTooLarge => Problem::because(
                Code::TooLarge,
                format!(
                    "The gzip file grows to more than {GZIP_RATIO_MAX} times its size. Unpack it first if that is meant."
                ),
            ),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Problem::because(
                    Code::BadRequest,
                    "The gzip file is damaged or ends in the middle.",
                )
            }
            _ => Problem::because(Code::BadRequest, "The input broke off before its end."),
        }
    }
}

/// An input of which the beginning has been looked at.
pub(super) type Source = BufReader<Box<dyn Read + Send>>;

/// Looks at the beginning, unpacks, skips a byte order mark.
pub(super) fn open(input: impl Read + Send + 'static) -> Result<(Format, Source), Unreadable> {
    let (head, input) = peek(input, 4)?;
    if let Some(sentence) = refused(&head) {
        return Err(Unreadable::Refused(Problem::because(
            Code::UnsupportedMedia,
            sentence,
        )));
    }
    let plain: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        unpack(input, GZIP_FREE_BYTES)
    } else {
        Box::new(input)
    };
    let (mut head, mut input) = peek(plain, 4)?;
    if let Some(sentence) = refused(&head) {
        return Err(Unreadable::Refused(Problem::because(
            Code::UnsupportedMedia,
            sentence,
        )));
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        input.read_exact(&mut [0; 3])?;
        head.drain(..3);
    }
    let (format, input) = recognise(input)?;
    Ok((format, BufReader::with_capacity(READ_BYTES, input)))
}

/// Says by the first byte that is not blank what follows. Reads on to the end of that line, so that whoever looks for
/// the delimiter has the whole header at hand.
fn recognise(mut input: impl Read + Send + 'static) -> Result<(Format, Box<dyn Read + Send>), Unreadable> {
    let mut head = Vec::new();
    let mut ended = false;
    loop {
        let begin = head
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        match begin {
            None if ended => return Ok((Format::Empty, Box::new(io::empty()))),
            None if head.len() >= HEAD_BYTES => {
                let sentence = "The input begins with more than 64 KiB of blanks.";
                return Err(Unreadable::Refused(Problem::because(Code::BadRequest, sentence)));
            }
            Some(begin) if ended || head.len() >= HEAD_BYTES || head[begin..].contains(&b'\n') => {
                let format = match head[begin] {
                    b'{' => Format::Ndjson,
                    b'[' => {
                        let sentence = "This is a JSON array. Send one JSON object a line, or CSV.";
                        return Err(Unreadable::Refused(Problem::because(
                            Code::UnsupportedMedia,
                            sentence,
                        )));
                    }
                    _ => Format::Csv,
                };
                return Ok((format, Box::new(Cursor::new(head).chain(input))));
            }
            _ => {}
        }
        let mut more = [0; 4096];
        let read = input.read(&mut more)?;
        ended = read == 0;
        head.extend_from_slice(&more[..read]);
    }
}

/// Formats that people send by mistake.
fn refused(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"PK\x03\x04") {
        Some("This is a ZIP or Excel file. Save it as CSV, plain or gzip.")
    } else if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        Some("The text is UTF-16. Save it as UTF-8.")
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Some("This is a zstd file. Send it plain or gzip.")
    } else {
        None
    }
}

/// A reader of which the beginning was looked at.
type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes, and a reader that still has them.
fn peek<R: Read>(mut input: R, wanted: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(wanted);
    input.by_ref().take(wanted as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

fn unpack(input: impl Read + Send + 'static, free: u64) -> Box<dyn Read + Send> {
    let packed = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        input,
        read: Arc::clone(&packed),
    };
    let decoder = MultiGzDecoder::new(BufReader::with_capacity(READ_BYTES, counted));
    Box::new(Guarded {
        input: decoder,
        packed,
        unpacked: 0,
        free,
    })
}

/// Counts what is read of the packed file.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Stops a gzip bomb.
struct Guarded<R> {
    input: R,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    free: u64,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.unpacked += read as u64;
        let allowed = self
            .packed
            .load(Ordering::Relaxed)
            .saturating_mul(GZIP_RATIO_MAX)
            .max(self.free);
        if self.unpacked > allowed {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn read(input: &[u8]) -> Result<(Format, String), Problem> {
        let (format, mut source) = open(Cursor::new(input.to_vec())).map_err(Unreadable::into_problem)?;
        let mut text = String::new();
        source
            .read_to_string(&mut text)
            .map_err(|e| Unreadable::from(e).into_problem())?;
        Ok((format, text))
    }

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn csv_and_json_are_told_apart_packed_or_not() {
        assert_eq!(read(b"\xef\xbb\xbfa,b\n").unwrap(), (Format::Csv, "a,b\n".into()));
        assert_eq!(
            read(b"\r\n {\"a\":1}").unwrap(),
            (Format::Ndjson, "\r\n {\"a\":1}".into())
        );
        assert_eq!(
            read(&pack(b"\xef\xbb\xbfa,b\n")).unwrap(),
            (Format::Csv, "a,b\n".into())
        );
        assert_eq!(read(b"").unwrap().0, Format::Empty);
        assert_eq!(read(b" \n").unwrap().0, Format::Empty);
        let mut two = pack(b"a,b\n");
        two.extend(pack(b"1,2\n"));
        assert_eq!(read(&two).unwrap().1, "a,b\n1,2\n");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_to_do() {
        for input in [
            &b"PK\x03\x04..."[..],
            b"\xff\xfea\0",
            b"[{}]",
            &[0x28, 0xb5, 0x2f, 0xfd, 0],
        ] {
            assert_eq!(read(input).unwrap_err().code, Code::UnsupportedMedia);
        }
        let packed = pack(b"a,b\n1,2\n");
        assert_eq!(
            read(&packed[..packed.len() - 6]).unwrap_err().code,
            Code::BadRequest
        );
    }

    #[test]
    fn a_gzip_bomb_is_stopped() {
        let bomb = pack(&vec![b' '; 1 << 20]).repeat(8);
        let mut guarded = unpack(Cursor::new(bomb), 1 << 20);
        let error = io::copy(&mut guarded, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
