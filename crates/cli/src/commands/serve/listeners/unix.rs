//! Listening Unix sockets.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, bail};
use nix::unistd::{Group, User};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use super::BACKLOG;
use crate::config::UnixPlace;

/// The file of a socket. It is removed when the server stops, unless another server has replaced it.
#[derive(Debug)]
pub(in crate::commands::serve) struct SocketFile {
    path: PathBuf,
    id: (u64, u64),
}

/// Listens on a Unix socket. A file without a listening server is replaced.
///
/// The socket is created under a temporary name, gets its owner and mode, and is then renamed, so that no process
/// connects before the rights are set. A lock on the folder serializes servers that start at the same time.
pub(super) fn bind(place: &UnixPlace) -> anyhow::Result<(UnixListener, SocketFile)> {
    let path = place.path.as_path();
    let shown = path.display();
    let folder = path.parent().unwrap_or(Path::new("/"));
    let (user, group) = (user_id(place.user.as_deref())?, group_id(place.group.as_deref())?);
    let lock = File::open(folder).with_context(|| format!("cannot listen on {shown}: its folder cannot be opened"))?;
    flock(&lock, FlockOperation::LockExclusive).with_context(|| format!("the folder of {shown} cannot be locked"))?;
    check_free(path)?;
    let new = folder.join(format!(".clairon-{}", process::id()));
    // A temporary file left behind by an earlier process with the same id.
    let _ = fs::remove_file(&new);
    let make = || -> io::Result<_> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SockAddr::unix(&new)?)?;
        if user.is_some() || group.is_some() {
            chown(&new, user, group)?;
        }
        if let Some(mode) = place.mode {
            fs::set_permissions(&new, Permissions::from_mode(mode))?;
        }
        socket.listen(BACKLOG)?;
        let file = SocketFile { path: path.to_owned(), id: file_id(&new)? };
        fs::rename(&new, path)?;
        Ok((UnixListener::from_std(socket.into())?, file))
    };
    make().with_context(|| {
        // The file may not exist.
        let _ = fs::remove_file(&new);
        format!("cannot listen on {shown}")
    })
}

/// Fails if a server listens on the socket, or if the file is not a socket.
fn check_free(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(metadata) if metadata.file_type().is_socket() => {}
        Ok(_) => {
            bail!("cannot listen on {shown}: there is a file that is no socket; remove it, or choose another path")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot listen on {shown}")),
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server whose queue is full must not block this one.
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.raw_os_error() == Some(Errno::CONNREFUSED.raw_os_error()) => Ok(()),
        _ => bail!("the socket {shown} is in use by another program: stop it, or choose another path in server.listen"),
    }
}

/// Device and inode of a file.
fn file_id(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if file_id(&self.path).is_ok_and(|id| id == self.id) {
            // If the file cannot be removed, the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn user_id(name: Option<&str>) -> anyhow::Result<Option<u32>> {
    let Some(name) = name else { return Ok(None) };
    if let Ok(id) = name.parse() {
        return Ok(Some(id));
    }
    let user = User::from_name(name).with_context(|| format!("the user {name} cannot be looked up"))?;
    user.map(|user| Some(user.uid.as_raw())).with_context(|| format!("the system has no user {name}"))
}

fn group_id(name: Option<&str>) -> anyhow::Result<Option<u32>> {
    let Some(name) = name else { return Ok(None) };
    if let Ok(id) = name.parse() {
        return Ok(Some(id));
    }
    let group = Group::from_name(name).with_context(|| format!("the group {name} cannot be looked up"))?;
    group.map(|group| Some(group.gid.as_raw())).with_context(|| format!("the system has no group {name}"))
}
