//! The actions, a file each or a file for those that are one subject: fields in, one call of the engine, shape out.

mod collections;
mod compare_faces;
mod delete_faces;
mod detect_faces;
mod index_faces;
mod list_faces;
mod search_faces_by_image;

use axum::response::Response;

use crate::Action;
use crate::call::Call;
use crate::exception::Exception;

/// Does what was asked for.
pub(crate) async fn run(action: Action, call: Call) -> Result<Response, Exception> {
    match action {
        Action::CompareFaces => compare_faces::run(call).await,
        Action::CreateCollection => collections::create(call).await,
        Action::DeleteCollection => collections::delete(call).await,
        Action::DeleteFaces => delete_faces::run(call).await,
        Action::DetectFaces => detect_faces::run(call).await,
        Action::IndexFaces => index_faces::run(call).await,
        Action::ListCollections => collections::list(call).await,
        Action::ListFaces => list_faces::run(call).await,
        Action::SearchFacesByImage => search_faces_by_image::run(call).await,
    }
}

/// Reads a body off the runtime's threads: megabytes of base64 take milliseconds. The body is overwritten before the
/// engine is called.
async fn read<T: Send + 'static>(
    call: &mut Call,
    work: impl FnOnce(&[u8]) -> Result<T, Exception> + Send + 'static,
) -> Result<T, Exception> {
    let body = std::mem::take(&mut call.body);
    let done = call.app.admission.compute(move || work(&body)).await;
    done.map_err(|error| Exception::internal(format!("body: {error}")))?
}
