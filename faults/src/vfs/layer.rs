//! The file system itself, as SQLite asks for it: C structs and functions that pass every call on, after asking the rest
//! of the module whether it fails.
#![expect(
    unsafe_code,
    reason = "SQLite asks for a file system as C structs of function pointers"
)]

use super::{Call, NAME, power, reached, verdict};
use libsqlite3_sys as sql;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    mem::size_of,
    path::{Path, PathBuf},
    ptr,
    sync::OnceLock,
};

/// The default file system, and ours over it. Registered once and never taken away.
struct Layer {
    real: *mut sql::sqlite3_vfs,
    ours: *mut sql::sqlite3_vfs,
}

// SAFETY: both live as long as the process; SQLite uses them from any thread and guards what it changes in them.
unsafe impl Send for Layer {}
// SAFETY: as above.
unsafe impl Sync for Layer {}

static LAYER: OnceLock<Option<Layer>> = OnceLock::new();
static REGISTERED: OnceLock<bool> = OnceLock::new();

fn layer() -> Option<&'static Layer> {
    let make = || {
        // SAFETY: a null name asks for the default file system; SQLite initialises itself first.
        let real = unsafe { sql::sqlite3_vfs_find(ptr::null()) };
        if real.is_null() {
            return None;
        }
        // SAFETY: `real` was just given by SQLite and lives as long as the process.
        let mut ours = unsafe { ptr::read(real) };
        ours.zName = NAME.as_ptr();
        ours.pNext = ptr::null_mut();
        ours.szOsFile += c_int::try_from(size_of::<File>()).unwrap_or(0);
        ours.xOpen = Some(open);
        let ours = Box::into_raw(Box::new(ours));
        Some(Layer { real, ours })
    };
    LAYER.get_or_init(make).as_ref()
}

/// Makes the file system known to SQLite, once. False where SQLite refuses.
pub(super) fn registered() -> bool {
    *REGISTERED.get_or_init(|| {
        layer().is_some_and(|layer| {
            // SAFETY: the struct was leaked on purpose, so it lives as long as SQLite's list of file systems.
            unsafe { sql::sqlite3_vfs_register(layer.ours, 0) == sql::SQLITE_OK }
        })
    })
}

/// An open file: ours first, as SQLite wants it, then the real one in the same allocation.
#[repr(C)]
struct File {
    base: sql::sqlite3_file,
    /// Its path, a `Box` made in `open` and taken back in `close`; null for a temporary file.
    path: *mut PathBuf,
    /// A write or sync of it has failed.
    doubtful: bool,
}

/// The real file behind ours.
unsafe fn real(file: *mut sql::sqlite3_file) -> *mut sql::sqlite3_file {
    // SAFETY: SQLite allocated `szOsFile` bytes, which is `File` and the real one after it; `File` is a multiple of 8 bytes.
    unsafe { file.cast::<File>().add(1).cast() }
}

unsafe fn fails(file: *mut sql::sqlite3_file, call: Call) -> Option<c_int> {
    // SAFETY: every file with our methods was opened by `open`; a connection uses its files from one thread at a time.
    let ours = unsafe { &mut *file.cast::<File>() };
    // SAFETY: `open` set the path, and it lives until `close`.
    let path = unsafe { ours.path.as_ref() }?;
    verdict(path, call, &mut ours.doubtful)
}

unsafe extern "C" fn open(
    _vfs: *mut sql::sqlite3_vfs,
    name: *const c_char,
    file: *mut sql::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let Some(layer) = layer() else {
        return sql::SQLITE_CANTOPEN;
    };
    // SAFETY: SQLite gives room for both files, and a name that lives as long as the file.
    unsafe {
        let ours = file.cast::<File>();
        ptr::write(
            ours,
            File {
                base: sql::sqlite3_file {
                    pMethods: ptr::null(),
                },
                path: ptr::null_mut(),
                doubtful: false,
            },
        );
        let Some(real_open) = (*layer.real).xOpen else {
            return sql::SQLITE_CANTOPEN;
        };
        let code = real_open(layer.real, name, real(file), flags, flags_out);
        // A file with methods is closed by SQLite even where opening failed.
        if !(*real(file)).pMethods.is_null() {
            if !name.is_null() {
                let path = CStr::from_ptr(name).to_string_lossy().into_owned();
                (*ours).path = Box::into_raw(Box::new(PathBuf::from(path)));
            }
            (*ours).base.pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn close(file: *mut sql::sqlite3_file) -> c_int {
    // SAFETY: the path was made by `open` and is taken back once, here; after that SQLite does not use the file.
    unsafe {
        let path = (*file.cast::<File>()).path;
        if !path.is_null() {
            drop(Box::from_raw(path));
            (*file.cast::<File>()).path = ptr::null_mut();
        }
        let below = real(file);
        (*(*below).pMethods)
            .xClose
            .map_or(sql::SQLITE_OK, |close| close(below))
    }
}

/// A method that is passed on; with a call, it may fail before.
macro_rules! forward {
    ($name:ident, $method:ident ( $($arg:ident : $type:ty),* ) $(, $call:expr)?) => {
        unsafe extern "C" fn $name(file: *mut sql::sqlite3_file $(, $arg: $type)*) -> c_int {
            // SAFETY: called by SQLite on a file that `open` made; the real file behind it has all methods of version 2.
            unsafe {
                $(if let Some(code) = fails(file, $call) {
                    return code;
                })?
                let below = real(file);
                match (*(*below).pMethods).$method {
                    Some(method) => method(below $(, $arg)*),
                    None => sql::SQLITE_IOERR,
                }
            }
        }
    };
}

forward!(read, xRead(into: *mut c_void, bytes: c_int, at: i64), Call::Read);
forward!(real_write, xWrite(from: *const c_void, bytes: c_int, at: i64), Call::Write);
forward!(real_truncate, xTruncate(bytes: i64));
forward!(real_sync, xSync(flags: c_int), Call::Sync);
forward!(size, xFileSize(bytes: *mut i64), Call::Size);
forward!(lock, xLock(level: c_int));
forward!(unlock, xUnlock(level: c_int));
forward!(reserved, xCheckReservedLock(held: *mut c_int));
forward!(control, xFileControl(what: c_int, with: *mut c_void));
forward!(sector, xSectorSize());
forward!(traits, xDeviceCharacteristics());
forward!(shm_map, xShmMap(page: c_int, bytes: c_int, extend: c_int, out: *mut *mut c_void));
forward!(shm_lock, xShmLock(from: c_int, count: c_int, flags: c_int));
forward!(shm_unmap, xShmUnmap(remove: c_int));

/// The path of an open file; `None`: a temporary one.
unsafe fn path<'a>(file: *mut sql::sqlite3_file) -> Option<&'a Path> {
    // SAFETY: `open` set the path, and it lives until `close`, which SQLite does not call while a method runs.
    unsafe { (*file.cast::<File>()).path.as_ref() }.map(PathBuf::as_path)
}

/// What stands in a file now: its size, and up to `bytes` bytes from `at` on, fewer where it ends before.
unsafe fn content(file: *mut sql::sqlite3_file, at: i64, bytes: i64) -> Option<(i64, Vec<u8>)> {
    // SAFETY: the real file behind ours has all methods; the room that is read into is as long as said.
    unsafe {
        let (below, mut length) = (real(file), 0_i64);
        let methods = &*(*below).pMethods;
        if methods.xFileSize?(below, &raw mut length) != sql::SQLITE_OK {
            return None;
        }
        let there = bytes.min(length - at).max(0);
        let mut old = vec![0_u8; usize::try_from(there).ok()?];
        let code = methods.xRead?(below, old.as_mut_ptr().cast(), c_int::try_from(there).ok()?, at);
        (there == 0 || code == sql::SQLITE_OK).then_some((length, old))
    }
}

unsafe extern "C" fn write(
    file: *mut sql::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: i64,
) -> c_int {
    reached("io.write");
    // SAFETY: SQLite gives `bytes` bytes at `from`; the rest as for the methods above.
    unsafe {
        let Some(mut unsynced) = path(file).and_then(power::unsynced) else {
            return real_write(file, from, bytes, at);
        };
        if let Some((length, old)) = content(file, at, i64::from(bytes)) {
            let new = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(bytes).unwrap_or(0));
            unsynced.write(length, at, old, new.to_vec());
        }
        real_write(file, from, bytes, at)
    }
}

unsafe extern "C" fn truncate(file: *mut sql::sqlite3_file, bytes: i64) -> c_int {
    reached("io.truncate");
    // SAFETY: as for the methods above.
    unsafe {
        let Some(mut unsynced) = path(file).and_then(power::unsynced) else {
            return real_truncate(file, bytes);
        };
        if let Some((length, tail)) = content(file, bytes, i64::MAX - bytes) {
            unsynced.truncate(length, bytes, tail);
        }
        real_truncate(file, bytes)
    }
}

unsafe extern "C" fn sync(file: *mut sql::sqlite3_file, flags: c_int) -> c_int {
    reached("io.sync");
    // SAFETY: as for the methods above.
    unsafe {
        let Some(mut unsynced) = path(file).and_then(power::unsynced) else {
            return real_sync(file, flags);
        };
        let code = real_sync(file, flags);
        if code == sql::SQLITE_OK {
            unsynced.synced();
        }
        code
    }
}

unsafe extern "C" fn shm_barrier(file: *mut sql::sqlite3_file) {
    // SAFETY: as for the methods above.
    unsafe {
        let below = real(file);
        if let Some(barrier) = (*(*below).pMethods).xShmBarrier {
            barrier(below);
        }
    }
}

/// Version 2: with the shared memory that a write-ahead log needs, without mapped reading.
static METHODS: sql::sqlite3_io_methods = sql::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(traits),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
