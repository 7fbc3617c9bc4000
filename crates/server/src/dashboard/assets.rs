//! The embedded files of the dashboard.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tokio::{
    sync::OnceCell,
    task::{JoinError, spawn_blocking},
};

/// The files by their paths, as they were built.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/dashboard_files.rs"));

/// The folder of files whose names contain a hash of their content.
const HASHED: &str = "assets/";

/// The media types by the endings of names.
const MEDIA_TYPES: [(&str, &str); 11] = [
    (".html", "text/html; charset=utf-8"),
    (".js", "text/javascript; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".svg", "image/svg+xml"),
    (".png", "image/png"),
    (".webp", "image/webp"),
    (".ico", "image/x-icon"),
    (".woff2", "font/woff2"),
    (".json", "application/json"),
    (".webmanifest", "application/manifest+json"),
    (".txt", "text/plain; charset=utf-8"),
];

/// All files, ready to be sent. They are compressed at the first request.
static ASSETS: OnceCell<Vec<Asset>> = OnceCell::const_new();

/// A file of the dashboard.
#[derive(Debug)]
pub(super) struct Asset {
    path: &'static str,
    /// The content.
    pub(super) plain: Bytes,
    /// The content as gzip.
    pub(super) gzip: Bytes,
    /// The start of the content's hash, for entity tags.
    pub(super) hash: String,
}

/// Finds a file by its path below `/dashboard/`.
///
/// # Errors
/// The files cannot be compressed.
pub(super) async fn find(path: &str) -> Result<Option<&'static Asset>, JoinError> {
    let prepare =
        async || spawn_blocking(|| FILES.iter().map(|(path, content)| Asset::new(path, content)).collect()).await;
    let assets = ASSETS.get_or_try_init(prepare).await?;
    Ok(assets.iter().find(|asset| asset.path == path))
}

impl Asset {
    fn new(path: &'static str, content: &'static [u8]) -> Self {
        let hash = hex::encode(&Sha256::digest(content)[..8]);
        // Memory takes all that is written.
        let gzip = compress(content).unwrap_or_default();
        Self { path, plain: Bytes::from_static(content), gzip: gzip.into(), hash }
    }

    pub(super) fn media_type(&self) -> &'static str {
        let known = MEDIA_TYPES.into_iter().find(|(ending, _)| self.path.ends_with(ending));
        known.map_or("application/octet-stream", |(_, media_type)| media_type)
    }

    /// A file with a hash in its name never changes. All others are asked for again, with their entity tag.
    pub(super) fn cache_control(&self) -> &'static str {
        if self.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    /// The largest size of all files together, compressed.
    const LARGEST: usize = 150 * 1024;

    #[test]
    fn the_dashboard_is_small() {
        let sizes: Vec<_> = FILES.iter().map(|(path, content)| (*path, Asset::new(path, content).gzip.len())).collect();
        let all: usize = sizes.iter().map(|(_, size)| size).sum();
        assert!(all < LARGEST, "{all} bytes: {sizes:?}");
    }

    #[tokio::test]
    async fn every_file_can_be_sent() {
        for (path, content) in FILES {
            let asset = find(path).await.unwrap().unwrap();
            assert_eq!((asset.path, &asset.plain[..]), (*path, *content));
            let mut inflated = Vec::new();
            GzDecoder::new(&asset.gzip[..]).read_to_end(&mut inflated).unwrap();
            assert_eq!(inflated, *content, "{path}");
            assert_ne!(asset.media_type(), "application/octet-stream", "{path}: its type is not in the table");
        }
        assert!(find("index.html").await.unwrap().is_some());
        assert!(find("../src/lib.rs").await.unwrap().is_none());
    }
}
